"""Orders as the endpoints show them, and order ids as the endpoints take them."""

from __future__ import annotations

import re
from typing import Any, Final

from .. import errors
from ..errors import Refused
from ..orders import Order

_INT64_MAX: Final = 2**63 - 1


def parse_order_id(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,20}", text) or abs(int(text)) > _INT64_MAX:
        raise Refused(errors.INVALID_PARAMETER, f"Invalid parameters, err: {text!r} is not an order id")
    return int(text)


def order_payload(order: Order) -> dict[str, Any]:
    """An order in an answer to placing or cancelling. ``transactTime`` stays the time of placing."""
    return {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "transactTime": order.created_ms,
        "price": order.price,
        "stopPrice": order.stop_price,
        "origQty": order.quantity,
        "executedQty": order.executed,
        "cummulativeQuoteQty": order.cost,
        "status": order.status,
        "type": order.type,
        "side": order.side,
        "clientOrderID": order.client_order_id,
    }


def lookup_payload(order: Order) -> dict[str, Any]:
    """An order in an answer to a question about orders. The capital S of ``StopPrice`` is the exchange's."""
    base, _, quote = order.symbol.partition("-")
    return {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "price": order.price,
        "StopPrice": order.stop_price,
        "origQty": order.quantity,
        "executedQty": order.executed,
        "cummulativeQuoteQty": order.cost,
        "status": order.status,
        "type": order.type,
        "side": order.side,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "origQuoteOrderQty": order.quote_quantity,
        "fee": "0",
        "feeAsset": base if order.side == "BUY" else quote,
        "avgPrice": order.average,
        "clientOrderID": order.client_order_id,
    }
