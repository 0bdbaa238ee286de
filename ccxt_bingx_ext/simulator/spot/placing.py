"""Placing spot orders: what is accepted, and what becomes of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from .. import errors
from ..errors import Refused
from ..markets import SPOT_PAIRS, Market, SpotPair
from ..orders import Order, OrderBook, plain

SIDES: Final = ("BUY", "SELL")
TYPES: Final = (
    "MARKET",
    "LIMIT",
    "TAKE_STOP_LIMIT",
    "TAKE_STOP_MARKET",
    "TRIGGER_LIMIT",
    "TRIGGER_MARKET",
)
TIMES_IN_FORCE: Final = ("GTC", "IOC", "FOK", "PostOnly")
MAX_OPEN_ORDERS: Final = 1000
MAX_BATCH: Final = 5

_CLIENT_ORDER_ID: Final = re.compile(r"[A-Za-z0-9_]{1,40}")


def place(book: OrderBook, uid: str, params: Mapping[str, str]) -> Order:
    with book.lock:
        new = _check(book, uid, params)
        return carry_out(book, uid, "spot", new, params)


def place_batch(book: OrderBook, uid: str, params: Mapping[str, str]) -> list[Order]:
    """Place a list of orders: all of them, or none where one of them is refused."""
    batch = batch_of(params, "data")
    with book.lock:
        checked = [_check(book, uid, one) for one in batch]
        client_ids = [one["newClientOrderId"] for one in batch if one.get("newClientOrderId")]
        if len(set(client_ids)) < len(client_ids):
            raise invalid("clientOrderID already exists")
        return [carry_out(book, uid, "spot", new, one) for new, one in zip(checked, batch, strict=True)]


def known_pair(params: Mapping[str, str], request_name: str) -> SpotPair:
    symbol = params.get("symbol")
    if not symbol:
        raise errors.missing(request_name, "Symbol")
    pair = SPOT_PAIRS.get(symbol)
    if pair is None:
        raise invalid(f"symbol {symbol} not exist, please verify it")
    return pair


def invalid(why: str) -> Refused:
    return Refused(errors.INVALID_PARAMETER, f"Invalid parameters, err: {why}")


def batch_of(params: Mapping[str, str], key: str) -> list[dict[str, str]]:
    """The list of orders in a parameter."""
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


def amount(params: Mapping[str, str], key: str) -> str | None:
    text = params.get(key)
    if text is None or text == "":
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise invalid(f"{key} is not a number") from None
    if not value.is_finite() or value <= 0 or abs(value.adjusted()) > 30 or len(text) > 60:
        raise invalid(f"{key} must be greater than 0")
    return plain(value)


def whole_number(params: Mapping[str, str], key: str, default: int) -> int:
    text = params.get(key) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise invalid(f"{key} is not a whole number")
    return int(text)


def one_of(params: Mapping[str, str], key: str, allowed: tuple[str, ...]) -> str:
    value = params.get(key, "")
    if value not in allowed:
        raise invalid(f"{key} must be one of {', '.join(allowed)}")
    return value


def _check(book: OrderBook, uid: str, params: Mapping[str, str]) -> dict[str, str]:
    """What the book needs to know of a new order; `Refused` where the order is not acceptable."""
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


def carry_out(
    book: OrderBook, uid: str, market: Market, new: dict[str, str], params: Mapping[str, str]
) -> Order:
    """A limit order rests, a market order fills, a trigger order waits for its trigger."""
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
    # There is nobody to trade with: what must be filled at once is cancelled at once.
    return book.cancel(order.order_id) if params.get("timeInForce") in ("IOC", "FOK") else order
