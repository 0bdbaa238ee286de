"""Faults that act beside others: what a request sees of the book, and what its response says too much."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from .errors import INVALID_PARAMETER, Refused, final_state_text, invalid
from .faults import Fault
from .http.responses import Response, encode
from .markets import Market
from .orders import NO_ORDER
from .spot.payloads import cancelled_payload
from .views import View

_ID_PARAMETERS: Final = re.compile(r"(cancel)?(client)?orderId(s|List)?", re.IGNORECASE)
_OTHER_ID: Final = 22


def view_of(conditions: Iterable[Fault]) -> View:
    """The book as a look-up sees it under these conditions."""
    seconds = {fault.kind: fault.seconds or 0.0 for fault in conditions}
    return View(stale=seconds.get("stale", 0.0), unseen=seconds.get("unseen", 0.0))


def poisoned(conditions: Iterable[Fault], params: Mapping[str, str]) -> Refused | None:
    """The refusal of a request that names a poisoned id."""
    named = {
        id
        for name, value in params.items()
        if _ID_PARAMETERS.fullmatch(name)
        for id in re.findall(r"[^\s,\"\[\]]+", value)
    }
    for fault in conditions:
        if fault.kind == "poison" and (ids := sorted(fault.ids & named)):
            words = invalid(f"orderId:{ids[0]} is invalid")
            return Refused(
                words.code if fault.code is None else fault.code,
                words.message if fault.text is None else fault.text,
            )
    return None


def disturb(conditions: Sequence[Fault], response: Response) -> Response:
    """Let a successful response say what the conditions add to it."""
    body = json.loads(response.body)
    for fault in conditions:
        if fault.kind == "respell":
            body["data"] = _respelled(body["data"], fault.states)
        elif isinstance(body["data"], dict):
            _disturb(fault, body["data"])
    return replace(response, body=encode(body))


def _respelled(data: Any, states: Mapping[str, str]) -> Any:
    if isinstance(data, list):
        return [_respelled(one, states) for one in data]
    if not isinstance(data, dict):
        return data
    return {
        key: states.get(value, value)
        if key == "status" and isinstance(value, str)
        else _respelled(value, states)
        for key, value in data.items()
    }


def _disturb(fault: Fault, data: dict[str, Any]) -> None:
    done, failed = ("success", "failed") if "success" in data or "failed" in data else ("orders", "fails")
    market = "spot" if failed == "fails" else _swap_market(data)
    if fault.kind == "zero_order" and done in data:
        data[done] = [cancelled_payload(NO_ORDER), *(data[done] or [])]
    elif fault.kind == "contradict":
        ids = [str(one["orderId"]) for one in data.get(done) or []]
        contradicted = [id for id in ids if not fault.ids or id in fault.ids]
        entries = [{**_failed_id(market, id), **_words(market, id, "FILLED")} for id in contradicted]
        if entries:
            data[failed] = [*(data.get(failed) or []), *entries]
    elif fault.kind == "misname":
        other = str(fault.order_id or _OTHER_ID)
        for entry in data.get(failed) or []:
            if not fault.ids or fault.ids & {str(value) for value in entry.values()}:
                entry.update(_words(market, other, "CANCELED"))


def _swap_market(data: Mapping[str, Any]) -> Market:
    """The market of a response about swap orders: inverse order ids are strings, and failures have a msg."""
    strings = any(isinstance(one["orderId"], str) for one in data.get("success") or [])
    return "inverse" if strings or any("msg" in one for one in data.get("failed") or []) else "linear"


def _failed_id(market: Market, id: str) -> dict[str, Any]:
    return {"orderId": int(id) if market == "linear" else id}


def _words(market: Market, named: str, status: str) -> dict[str, Any]:
    """The words of an entry of ``fails`` or ``failed``: that the order ``named`` has ended as ``status``."""
    text = final_state_text("orderId", named, status)
    if market == "spot":
        return {"error": text}
    code, message = ("code", "msg") if market == "inverse" else ("errorCode", "errorMessage")
    return {code: INVALID_PARAMETER, message: text}
