"""POST spot/v1/trade/cancelOrders: cancel several spot orders in one request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .. import errors
from ..calls import Call
from ..errors import Refused, invalid
from ..named import Named, refuse
from ..orders import Order, OrderBook
from ..parameters import NumberText, parse_order_id
from ..repeats import Submissions
from ..rules import SpotRules
from .payloads import order_payload

_REQUEST: Final = "OrdersCancelRequest"


def cancel_batch(
    book: OrderBook, rules: SpotRules, submissions: Submissions, call: Call
) -> tuple[dict[str, Any], tuple[int, ...]]:
    """Cancel the open orders. Returns the ``data`` of the response and the ids of the cancelled orders."""
    symbol = call.params["symbol"]
    partial = _process(call.params) and call.form not in rules.process_ignored
    with book.lock:
        named = _named(book, rules, call.uid, symbol, call.params)
        named = refuse(named, submissions, call, "spot", partial=partial)
        wrong = [one for one in named if not one.is_cancelled]
        if wrong and not partial:
            raise _whole_refusal(rules, wrong[0], symbol)
        open_ids = dict.fromkeys(one.order.order_id for one in named if one.order and one.is_cancelled)
        cancelled = [book.cancel(order_id) for order_id in open_ids]
    orders = [_cancelled(order, partial=bool(wrong)) for order in cancelled]
    fails = [_fail(rules, one, symbol) for one in wrong]
    return rules.lists({"orders": orders, "fails": fails}), tuple(open_ids)


def _process(params: Mapping[str, str]) -> bool:
    process = params.get("process") or "0"
    if process not in ("0", "1"):
        raise invalid("process must be 0 or 1")
    return process == "1"


def _named(
    book: OrderBook, rules: SpotRules, uid: str, symbol: str, params: Mapping[str, str]
) -> list[Named]:
    order_ids = [parse_order_id(text) for text in _list(params, "orderIds")]
    client_ids = _list(params, "clientOrderIDs")
    if not order_ids and not client_ids:
        raise errors.missing(_REQUEST, "OrderIDs")
    if order_ids and client_ids and rules.mixed_ids == "order_ids_only":
        client_ids = []
    elif order_ids and client_ids and rules.mixed_ids == "client_ids_only":
        order_ids = []
    if rules.max_ids is not None and len(order_ids) + len(client_ids) > rules.max_ids:
        raise invalid(f"more than {rules.max_ids} ids")
    return [
        *(Named("orderId", str(id), book.find(uid, symbol, id)) for id in dict.fromkeys(order_ids)),
        *(
            Named("clientOrderID", id, book.find_by_client_id(uid, symbol, id))
            for id in dict.fromkeys(client_ids)
        ),
    ]


def _list(params: Mapping[str, str], key: str) -> list[str]:
    text = params.get(key, "")
    if isinstance(text, NumberText):
        raise invalid(f"{key} is a number, not a string")
    ids = text.split(",") if text else []
    if "" in ids:
        raise invalid(f"empty id in {key}")
    return ids


def _documented_text(one: Named, symbol: str) -> str:
    if one.order is None:
        return errors.not_found_text(one.name, one.id, symbol)
    return errors.final_state_text(one.name, one.id, one.order.status)


def _whole_refusal(rules: SpotRules, first_wrong: Named, symbol: str) -> Refused:
    if first_wrong.refusal:
        return first_wrong.refusal
    documented = Refused(errors.INVALID_PARAMETER, _documented_text(first_wrong, symbol))
    if first_wrong.order is None and rules.not_found_code == errors.NOT_FOUND:
        documented = Refused(errors.NOT_FOUND, errors.ORDER_NOT_FOUND_TEXT)
    elif first_wrong.order is None:
        documented = Refused(rules.not_found_code, documented.message)
    return rules.gone(first_wrong, symbol, documented)


def _fail(rules: SpotRules, one: Named, symbol: str) -> dict[str, str]:
    key = "orderId" if one.name == "orderId" else rules.fails_key
    refusal = one.refusal or rules.gone(
        one, symbol, Refused(errors.INVALID_PARAMETER, _documented_text(one, symbol))
    )
    text = refusal.message
    if key != "text":
        return {key: one.id, "error": text}
    return {"error": text if one.id in text else f"{text}, {one.name}:{one.id}"}


def _cancelled(order: Order, *, partial: bool) -> dict[str, Any]:
    """A cancelled order. As in the known payloads, a response with ``fails`` has the client id twice."""
    payload = order_payload(order)
    if partial:
        client_id = payload.pop("clientOrderID")
        payload |= {"origClientOrderId": client_id, "clientOrderID": client_id}
    return payload
