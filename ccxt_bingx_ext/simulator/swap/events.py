"""ORDER_TRADE_UPDATE: the event about a linear order. Numbers are strings.

No known payload has ``l`` and ``L``, the quantity and the price of the last trade. ccxt reads them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..events import execution_type
from ..orders import Fill, Order


def order_trade_update(order: Order, fill: Fill | None, now: int) -> dict[str, Any]:
    """The event about a new order, a trade, or the end of an order. The outer T is the time of the change."""
    update = {
        "s": order.symbol,
        "c": order.client_order_id,
        "i": order.order_id,
        "S": order.side,
        "o": order.type,
        "q": _padded(order.quantity),
        "p": _padded(order.price),
        "sp": _padded(order.stop_price),
        "ap": _padded(order.average),
        "x": execution_type(order, fill),
        "X": order.status,
        "N": "USDT",
        "n": _padded("0"),
        "T": order.updated_ms if fill else 0,
        "wt": "MARK_PRICE",
        "ps": order.position_side,
        "rp": _padded("0"),
        "z": _padded(order.executed),
        "sg": "false",
        "ti": 0,
        "ro": order.reduce_only,
        "td": fill.trade_id if fill else 0,
    }
    if fill:
        update |= {"l": _padded(fill.quantity), "L": _padded(fill.price)}
    return {"e": "ORDER_TRADE_UPDATE", "E": now, "T": order.updated_ms, "o": update}


def _padded(decimal: str) -> str:
    return f"{Decimal(decimal):.8f}"
