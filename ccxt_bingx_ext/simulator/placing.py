"""Placing orders: what spot and swap share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from . import errors
from .errors import invalid
from .markets import Market
from .orders import Order, OrderBook, Status, plain

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
    return [{key: _text(value) for key, value in one.items() if value is not None} for one in batch]


def _text(value: object) -> str:
    """A value as the client wrote it, so that true stays "true"."""
    return value if isinstance(value, str) else json.dumps(value)


def quantity_of(new: Mapping[str, str]) -> str:
    """The quantity of a checked order: given, or what its cost pays for."""
    return new.get("quantity") or plain(round(Decimal(new["quote_quantity"]) / Decimal(new["price"]), 8))


def carry_out(
    book: OrderBook,
    uid: str,
    market: Market,
    new: Mapping[str, str],
    params: Mapping[str, str],
    *,
    reduce_only: bool = False,
) -> Order:
    """Place a checked order: a limit order rests, a market order fills, a trigger order waits."""
    type = new["type"]
    fields = {"uid": uid, **new}
    if type == "MARKET":
        fields["quantity"] = quantity_of(new)
    status: Status = "PENDING" if type == "LIMIT" else "NEW"
    order = book.place(**fields, market=market, status=status, reduce_only=reduce_only)
    if type == "MARKET":
        return book.fill(order.order_id)
    # The simulator matches no orders, so it cancels an order that must fill at once.
    must_fill = type == "LIMIT" and params.get("timeInForce") in ("IOC", "FOK")
    return book.cancel(order.order_id) if must_fill else order
