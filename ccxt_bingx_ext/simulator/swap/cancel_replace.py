"""POST swap/v1/trade/cancelReplace: the response."""

from __future__ import annotations

from typing import Any

from ..calls import Result
from ..errors import Refused
from ..named import Named
from ..orders import NO_ORDER, Order
from ..replacing import Replacement
from .payloads import linear_cancelled, linear_placed


def response(replacement: Replacement) -> Result:
    """The result of each step, as a string. The cancelled order comes in the status that it had before."""
    cancelled = replacement.old.order if replacement.cancelled else None
    data = {
        "cancelResult": _text(replacement.cancelled),
        "cancelMsg": _message(replacement.not_cancelled),
        "cancelResponse": _cancel_response(replacement.old, cancelled or NO_ORDER),
        "replaceResult": _text(replacement.placed),
        "replaceMsg": _message(replacement.not_placed),
        "newOrderResponse": _new_order(replacement.placed or NO_ORDER),
    }
    return Result(data, replacement.cancelled_ids)


def _text(order: Order | None) -> str:
    return "true" if order else "false"


def _message(why: Refused | None) -> str:
    return why.message if why else ""


def _cancel_response(old: Named, order: Order) -> dict[str, Any]:
    by_order_id = old.name == "orderId"
    return {
        "cancelClientOrderId": "" if by_order_id else old.id,
        "cancelOrderId": int(old.id) if by_order_id else 0,
        **linear_cancelled(order),
        "leverage": "",
        "workingType": "MARK_PRICE" if order.order_id else "",
        "onlyOnePosition": False,
        "reduceOnly": order.reduce_only,
    }


def _new_order(order: Order) -> dict[str, Any]:
    payload = linear_placed(order)
    client_order_id = payload.pop("clientOrderID")
    return {**payload, "clientOrderId": client_order_id}
