"""DELETE swap/v2/trade/batchOrders: cancel up to ten linear swap orders in one request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from .. import errors
from ..calls import Call
from ..errors import invalid
from ..named import Named, refuse
from ..orders import OrderBook
from ..parameters import NumberText, parse_order_id
from ..repeats import Submissions
from ..rules import SwapRules
from .payloads import linear_cancelled

_REQUEST: Final = "BatchCancelRequest"


def cancel_batch(
    book: OrderBook, rules: SwapRules, submissions: Submissions, call: Call
) -> tuple[dict[str, Any], tuple[int, ...]]:
    """Cancel the open orders. Returns the ``data`` of the response and the ids of the cancelled orders."""
    symbol = call.params["symbol"]
    with book.lock:
        named = _named(book, rules, call.uid, symbol, call.params)
        named = refuse(named, submissions, call, "linear", partial=True)
        open_ids = dict.fromkeys(one.order.order_id for one in named if one.order and one.is_cancelled)
        failed = [_failed(rules, one, symbol) for one in named if not one.is_cancelled]
        success = [linear_cancelled(book.cancel(order_id)) for order_id in open_ids]
    return rules.lists({"success": success, "failed": failed}), tuple(open_ids)


def _named(
    book: OrderBook, rules: SwapRules, uid: str, symbol: str, params: Mapping[str, str]
) -> list[Named]:
    order_ids = _order_ids(params)
    client_ids = _client_ids(params)
    if not order_ids and not client_ids:
        raise errors.missing(_REQUEST, "OrderIdList")
    if order_ids and client_ids and rules.mixed_ids == "order_ids_only":
        client_ids = []
    elif order_ids and client_ids and rules.mixed_ids == "client_ids_only":
        order_ids = []
    if len(order_ids) + len(client_ids) > rules.max_ids:
        raise invalid(f"more than {rules.max_ids} ids")
    return [
        *(Named("orderId", str(id), book.find(uid, symbol, id, "linear")) for id in dict.fromkeys(order_ids)),
        *(
            Named("clientOrderId", id, book.find_by_client_id(uid, symbol, id, "linear"))
            for id in dict.fromkeys(book.stored_client_id("linear", id) for id in client_ids)
        ),
    ]


def _order_ids(params: Mapping[str, str]) -> list[int]:
    entries = _json_list(params, "orderIdList")
    if not all(isinstance(entry, NumberText) for entry in entries):
        raise invalid("orderIdList must hold numbers")
    return [parse_order_id(entry) for entry in entries]


def _client_ids(params: Mapping[str, str]) -> list[str]:
    given = [key for key in ("clientOrderIdList", "clientOrderIDList") if params.get(key)]
    if len(given) > 1:
        raise invalid(f"both {' and '.join(given)}")
    entries = _json_list(params, given[0]) if given else []
    if not all(isinstance(entry, str) and not isinstance(entry, NumberText) and entry for entry in entries):
        raise invalid(f"{given[0]} must hold strings")
    return entries


def _json_list(params: Mapping[str, str], key: str) -> list[Any]:
    text = params.get(key)
    if not text:
        return []
    try:
        entries = json.loads(text, parse_int=NumberText, parse_float=NumberText)
    except (ValueError, RecursionError):
        raise invalid(f"{key} is not JSON") from None
    if not isinstance(entries, list):
        raise invalid(f"{key} is not a list")
    return entries


def _failed(rules: SwapRules, one: Named, symbol: str) -> dict[str, Any]:
    why = one.refusal or rules.gone(one, "linear", symbol)
    code, text = why.code, why.message
    if one.name == "orderId":
        return {"orderId": int(one.id), "errorCode": code, "errorMessage": text}
    # The response names the order id of an open or filled order, not of an order that "does not exist".
    known = one.order if one.order and (one.order.is_open or one.order.status == "FILLED") else None
    failed: dict[str, Any] = {"orderId": known.order_id if known else 0}
    if rules.failed_key == "text":
        text = f"{text}, clientOrderId:{one.id}"
    elif rules.failed_key != "none":
        failed[rules.failed_key] = one.id
    return {**failed, "errorCode": code, "errorMessage": text}
