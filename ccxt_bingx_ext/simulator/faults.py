"""Things that go wrong on demand: which, when, how often, and what they do to an answer."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final, Literal, get_args

from . import errors
from .calls import CancelRefusal
from .http.responses import JSON_TYPE, Response, encode, html_page, refusal, success

Kind = Literal[
    "drop",
    "reset",
    "hang",
    "delay",
    "http",
    "busy",
    "garbage",
    "cut_off",
    "null_data",
    "forget",
    "refuse",
    "dribble",
    "ban",
    "race",
    "canned",
]
When = Literal["before", "after"]

_AFTER_BY_DEFAULT: Final = frozenset({"cut_off", "forget", "dribble"})
_ALLOWED: Final[dict[str, frozenset[str]]] = {
    "drop": frozenset(),
    "reset": frozenset(),
    "hang": frozenset({"seconds"}),
    "delay": frozenset({"seconds"}),
    "http": frozenset({"status", "body", "content_type"}),
    "busy": frozenset({"code"}),
    "garbage": frozenset({"body"}),
    "cut_off": frozenset({"keep", "declare_whole"}),
    "null_data": frozenset(),
    "forget": frozenset({"ids", "fraction"}),
    "refuse": frozenset({"ids", "fraction", "code", "text"}),
    "dribble": frozenset({"seconds", "chunk"}),
    "ban": frozenset({"seconds"}),
    "race": frozenset({"action", "order_id", "quantity"}),
    "canned": frozenset({"body", "status", "content_type"}),
}


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. What each ``kind`` does, and which of the details it takes:

    ========== ================================================================================
    drop       closes the connection without an answer
    reset      the same with a TCP reset
    hang       holds the request until the client goes away, or for ``seconds``
    delay      waits ``seconds``, whether or not the client is still there
    http       answers with ``status`` and a gateway's HTML page, or with ``body``
    busy       answers with ``code`` 100500, or the one given
    garbage    answers HTTP 200 with something that is not JSON
    cut_off    sends the first part (``keep``) of the answer only; with ``declare_whole`` the
               Content-Length is the whole answer's, and the connection is closed
    null_data  answers success with ``data`` null
    forget     leaves ``ids`` (order ids or client order ids, as the answer writes them), or a
               ``fraction`` of the entries of each of its lists, out of the answer
    refuse     cancels neither the open orders of ``ids`` nor a ``fraction`` of those that it is
               asked for, and lists them as failed with ``code`` (spot: all or nothing only) and
               ``text``; of a cancel only
    dribble    sends the answer ``chunk`` bytes at a time, ``seconds`` apart
    ban        bans the account from the endpoint for ``seconds``, beginning with this request
    race       runs ``action``: "fill", "cancel" or "fail" on ``order_id``, or a callable
    canned     answers with exactly these bytes
    ========== ================================================================================

    ``when="before"``: it strikes before the request is executed, and where it brings its own answer the
    request is not executed at all. ``when="after"``: the request is executed first, and its answer suffers.
    """

    kind: Kind
    path: str
    """The whole path, with a method before it where only that one is meant."""
    when: When
    times: int | None = 1
    """How often it strikes; None: until `Faults.clear`."""
    skip: int = 0
    """How many requests it lets pass first."""
    seconds: float | None = None
    status: int = 200
    code: int = errors.BUSY
    text: str = errors.BUSY_TEXT
    body: bytes | None = None
    content_type: str = ""
    keep: float = 0.5
    declare_whole: bool = False
    ids: frozenset[str] = frozenset()
    fraction: float = 0.5
    chunk: int = 16
    action: Callable[[], object] | Literal["fill", "cancel", "fail"] | None = None
    order_id: int = 0
    quantity: str | None = None

    @property
    def replaces_response(self) -> bool:
        """Whether it brings an answer (or takes the connection) of its own."""
        return self.kind in ("drop", "reset", "http", "busy", "garbage", "cut_off", "null_data", "canned")

    @property
    def cancel_refusal(self) -> CancelRefusal | None:
        """What the request it befalls does not cancel."""
        return CancelRefusal(self.code, self.text, self.ids, self.fraction) if self.kind == "refuse" else None


class Faults:
    """The faults that are waiting for requests; safe to change while the server runs."""

    def __init__(self, full_path: Callable[[str], str]) -> None:
        self._full_path = full_path
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(
        self,
        kind: Kind,
        *,
        when: When | None = None,
        times: int | None = 1,
        skip: int = 0,
        path: str = "cancelOrders",
        **details: Any,
    ) -> Fault:
        """Let something go wrong with the next request(s) to an endpoint; see `Fault` for what can.

        ``when`` is "before" unless given, but "after" for the kinds that spoil a real answer: cut_off,
        forget and dribble. A ``path`` that several methods lead to means all of them, unless one stands
        before it: ``DELETE swap/v2/trade/order``. Requests refused by the gate (signature, limit, ban) meet
        no faults.
        """
        if kind not in get_args(Kind):
            raise ValueError(f"unknown fault {kind!r}; there are {', '.join(get_args(Kind))}")
        if unknown := sorted(details.keys() - _ALLOWED[kind]):
            raise ValueError(f"{kind} does not take {', '.join(unknown)}")
        if when not in (None, "before", "after"):
            raise ValueError(f"when must be 'before' or 'after', not {when!r}")
        if kind in ("forget", "dribble") and when == "before":
            raise ValueError(f"{kind} needs the answer of a request that was executed")
        if kind == "refuse" and when == "after":
            raise ValueError("refuse strikes while the request is executed: there is nothing after it")
        if (times is not None and times < 1) or skip < 0:
            raise ValueError("times must be at least 1, and skip not negative")
        action = details.get("action")
        if kind == "race" and not (callable(action) or action in ("fill", "cancel", "fail")):
            raise ValueError("race needs an action: 'fill', 'cancel', 'fail' or a callable")
        fault = Fault(
            kind=kind,
            path=self._full_path(path),
            when=when or ("after" if kind in _AFTER_BY_DEFAULT else "before"),
            times=times,
            skip=skip,
            **_normal(kind, details),
        )
        with self._lock:
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    @property
    def waiting(self) -> list[Fault]:
        """What has not struck yet, or not often enough; with what is left of ``times`` and ``skip``."""
        with self._lock:
            return list(self._waiting)

    def strike(self, *names: str) -> Fault | None:
        """The fault that befalls the request now at an endpoint that goes by these names, if any.

        Of several it is the oldest that is due.
        """
        with self._lock:
            struck: Fault | None = None
            still: list[Fault] = []
            for fault in self._waiting:
                if fault.path not in names:
                    still.append(fault)
                elif fault.skip:
                    still.append(replace(fault, skip=fault.skip - 1))
                elif struck:
                    still.append(fault)
                else:
                    struck = fault
                    if fault.times is None:
                        still.append(fault)
                    elif fault.times > 1:
                        still.append(replace(fault, times=fault.times - 1))
            self._waiting = still
            return struck


def _normal(kind: Kind, details: dict[str, Any]) -> dict[str, Any]:
    normal = dict(details)
    if isinstance(normal.get("body"), str):
        normal["body"] = normal["body"].encode()
    if "ids" in normal:
        normal["ids"] = frozenset(str(one) for one in normal["ids"])
    if "order_id" in normal:
        normal["order_id"] = int(normal["order_id"])
    if kind == "http":
        normal.setdefault("status", 502)
    return normal


def spoil(fault: Fault, response: Response) -> Response:
    """The answer that goes out instead of the right one."""
    if fault.kind == "http":
        return _http(fault)
    if fault.kind == "busy":
        return refusal(fault.code, errors.BUSY_TEXT)
    if fault.kind == "garbage":
        body = b"<html><body>checking your browser</body></html>" if fault.body is None else fault.body
        return Response(body, content_type="text/html; charset=utf-8")
    if fault.kind == "null_data":
        return success(None)
    if fault.kind == "canned":
        return Response(fault.body or b"", status=fault.status, content_type=fault.content_type or JSON_TYPE)
    if fault.kind == "cut_off":
        part = response.body[: max(1, math.floor(len(response.body) * fault.keep))]
        return replace(
            response, body=part, declared_length=len(response.body) if fault.declare_whole else None
        )
    if fault.kind == "forget":
        return replace(response, body=_forget(fault, response.body))
    if fault.kind == "dribble":
        pause = 0.05 if fault.seconds is None else fault.seconds
        return replace(response, chunk=fault.chunk, pause=pause)
    return response


def _http(fault: Fault) -> Response:
    if fault.body is None:
        return html_page(fault.status, HTTPStatus(fault.status).phrase)
    content_type = fault.content_type or (JSON_TYPE if fault.body[:1] in (b"{", b"[") else "text/html")
    return Response(fault.body, status=fault.status, content_type=content_type)


def _forget(fault: Fault, body: bytes) -> bytes:
    response = json.loads(body)
    data = response.get("data")
    if not isinstance(data, dict):
        return body
    for key, entries in data.items():
        if isinstance(entries, list):
            data[key] = _remembered(fault, entries)
    return encode(response)


def _remembered(fault: Fault, entries: list[Any]) -> Iterable[Any]:
    if fault.ids:
        return [entry for entry in entries if not fault.ids & {str(value) for value in entry.values()}]
    return entries[: len(entries) - math.ceil(len(entries) * fault.fraction)]
