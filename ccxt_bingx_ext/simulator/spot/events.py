"""spot.executionReport: the event about a spot order. Numbers are JSON numbers."""

from __future__ import annotations

from typing import Any, Final

from ..events import execution_type
from ..orders import Fill, Order, number, plain
from ..quotes import is_maker

DATA_TYPE: Final = "spot.executionReport"


def execution_report(order: Order, fill: Fill | None, now: int) -> dict[str, Any]:
    """The event about a new order, a trade, or the end of an order."""
    base, _, quote = order.symbol.partition("-")
    fee_coin = base if order.side == "BUY" else quote
    last_cost = plain(fill.cost) if fill else "0"
    data = {
        "e": "executionReport",
        "E": now,
        "s": order.symbol,
        "S": order.side,
        "o": order.type,
        "q": number(order.quantity),
        "p": number(order.price),
        "x": execution_type(order, fill),
        "X": order.status,
        "i": order.order_id,
        "l": number(fill.quantity) if fill else 0,
        "z": number(order.executed),
        "L": number(fill.price) if fill else 0,
        "n": 0,
        "C": order.client_order_id,
        "N": fee_coin if fill else "",
        "T": order.updated_ms if fill else 0,
        "t": fill.trade_id if fill else 0,
        "O": order.created_ms,
        "Z": number(order.cost),
        "Y": number(last_cost),
        "Q": number(order.quote_quantity),
        "m": fill is not None and is_maker(fill),
    }
    return {"code": 0, "dataType": DATA_TYPE, "data": data}
