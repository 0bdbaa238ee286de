"""Placing orders: what spot and swap share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from . import errors
from .errors import invalid
from .markets import Market
from .orders import Order, OrderBook, plain

SIDES: Final = ("BUY", "SELL")
TIMES_IN_FORCE: Final = ("GTC", "IOC", "FOK", "PostOnly")
MAX_BATCH: Final = 5


def batch_of(params: Mapping[str, str], key: str) -> list[dict[str, str]]:
    """Read the list of orders in a parameter."""
    text = params.get(key)
    if not text:
        raise errors.missing("BatchOrderRequest", key[:1].upper() + key[1:])
    try:
        batch = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise invalid(f"{key} is not JSON") from None
    if not isinstance(batch, list) or not all(isinstance(one, dict) for one in batch):
        raise invalid(f"{key} is not a list of orders")
    if not 1 <= len(batch) <= MAX_BATCH:
        raise invalid(f"{key} must hold 1 to {MAX_BATCH} orders")
    return [{key: str(value) for key, value in one.items() if value is not None} for one in batch]


def carry_out(
    book: OrderBook, uid: str, market: Market, new: dict[str, str], params: Mapping[str, str]
) -> Order:
    """Place a checked order: a limit order rests, a market order fills, a trigger order waits."""
    type = new["type"]
    if type == "MARKET" and "quantity" not in new:
        new["quantity"] = plain(round(Decimal(new["quote_quantity"]) / Decimal(new["price"]), 8))
    fields = {"uid": uid, **new}
    if type == "MARKET":
        order = book.place(**fields, market=market, status="NEW")
        return book.fill(order.order_id)
    if type != "LIMIT":
        return book.place(**fields, market=market, status="NEW")
    order = book.place(**fields, market=market, status="PENDING")
    # The simulator matches no orders, so it cancels an order that must fill at once.
    return book.cancel(order.order_id) if params.get("timeInForce") in ("IOC", "FOK") else order
