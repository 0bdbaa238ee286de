"""Placing spot orders: what the exchange accepts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from .. import errors
from ..errors import Refused, invalid
from ..orders import Order, OrderBook
from ..parameters import amount, known_pair, one_of
from ..placing import SIDES, TIMES_IN_FORCE, batch_of, carry_out

TYPES: Final = (
    "MARKET",
    "LIMIT",
    "TAKE_STOP_LIMIT",
    "TAKE_STOP_MARKET",
    "TRIGGER_LIMIT",
    "TRIGGER_MARKET",
)
MAX_OPEN_ORDERS: Final = 1000

_CLIENT_ORDER_ID: Final = re.compile(r"[A-Za-z0-9_]{1,40}")


def place(book: OrderBook, uid: str, params: Mapping[str, str]) -> Order:
    with book.lock:
        return checked(book, uid, params)()


def checked(book: OrderBook, uid: str, params: Mapping[str, str]) -> Callable[[], Order]:
    """Check a new order now, and return what places it later."""
    new = _check(book, uid, params)
    return lambda: carry_out(book, uid, "spot", new, params)


def place_batch(book: OrderBook, uid: str, params: Mapping[str, str]) -> list[Order]:
    """Place a list of orders: all of them, or none if one is refused."""
    batch = batch_of(params, "data")
    with book.lock:
        checked = [_check(book, uid, one) for one in batch]
        client_ids = [one["newClientOrderId"] for one in batch if one.get("newClientOrderId")]
        if len(set(client_ids)) < len(client_ids):
            raise invalid("clientOrderID already exists")
        return [carry_out(book, uid, "spot", new, one) for new, one in zip(checked, batch, strict=True)]


def _check(book: OrderBook, uid: str, params: Mapping[str, str]) -> dict[str, str]:
    """Return what the book needs of a new order. Raises `Refused` if the exchange would not accept it."""
    pair = known_pair(params, "OrderRequest")
    if not pair.active:
        raise Refused(errors.CLOCK_OR_PAIR, "This pair is currently restricted from API trading")
    type = one_of(params, "type", TYPES)
    new = {"symbol": pair.symbol, "side": one_of(params, "side", SIDES), "type": type}
    if params.get("timeInForce"):
        one_of(params, "timeInForce", TIMES_IN_FORCE)
    amounts = {
        "quantity": amount(params, "quantity"),
        "quote_quantity": amount(params, "quoteOrderQty"),
        "price": amount(params, "price"),
        "stop_price": amount(params, "stopPrice"),
    }
    if type.endswith("LIMIT"):
        amounts["quote_quantity"] = None
        needed = {"quantity", "price"}
    else:
        amounts["price"] = pair.last_price
        needed = set() if amounts["quote_quantity"] else {"quantity"}
    if type in ("MARKET", "LIMIT"):
        amounts["stop_price"] = None
    else:
        needed.add("stop_price")
    lacking = sorted(name for name in needed if not amounts[name])
    if lacking:
        raise invalid(f"{lacking[0]} is required")
    new |= {name: amount for name, amount in amounts.items() if amount}
    client_order_id = params.get("newClientOrderId", "")
    if client_order_id:
        new["client_order_id"] = _new_client_order_id(book, uid, client_order_id)
    if sum(order.is_open for order in book.of(uid, "spot")) >= MAX_OPEN_ORDERS:
        raise Refused(errors.CLOCK_OR_PAIR, "too many open orders")
    return new


def _new_client_order_id(book: OrderBook, uid: str, client_order_id: str) -> str:
    if not _CLIENT_ORDER_ID.fullmatch(client_order_id):
        raise invalid("clientOrderID must be 1 to 40 letters, digits or _")
    if book.by_client_id(uid, client_order_id):
        raise invalid("clientOrderID already exists")
    return client_order_id
