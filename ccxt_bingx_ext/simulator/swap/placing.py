"""Placing swap orders: what the exchange accepts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from .. import errors
from ..errors import Refused, invalid
from ..markets import SwapMarket
from ..orders import Order, OrderBook
from ..parameters import amount, first_given, known_contract, one_of
from ..placing import SIDES, TIMES_IN_FORCE, batch_of, carry_out
from .closing import check_mode, is_reduce_only, quantity_to_place

LIMIT_TYPES: Final = ("LIMIT", "TRIGGER_LIMIT", "STOP", "TAKE_PROFIT")
MARKET_TYPES: Final = ("MARKET", "TRIGGER_MARKET", "STOP_MARKET", "TAKE_PROFIT_MARKET")
TYPES: Final = LIMIT_TYPES + MARKET_TYPES
POSITION_SIDES: Final = ("BOTH", "LONG", "SHORT")
CLIENT_ID_NAMES: Final = ("clientOrderId", "clientOrderID")
"""``clientOrderId`` is the documented name, ``clientOrderID`` mostly works too."""
MAX_CLIENT_ID: Final = 40


class Placing:
    """Places the orders of one of the two swap markets."""

    def __init__(self, market: SwapMarket, book: OrderBook, is_dual: Callable[[str], bool]) -> None:
        """``is_dual``: whether an account is in hedge mode. It concerns linear orders only."""
        self._market = market
        self._book = book
        self._is_dual = is_dual

    def place(self, uid: str, params: Mapping[str, str]) -> Order:
        with self._book.lock:
            return self.checked(uid, params)()

    def checked(self, uid: str, params: Mapping[str, str]) -> Callable[[], Order]:
        """Check a new order now, and return what places it later."""
        new = self._check(uid, params)
        return lambda: self._carry_out(uid, new, params)

    def place_batch(self, uid: str, params: Mapping[str, str]) -> list[Order]:
        """Place a list of orders: all of them, or none if one is refused."""
        batch = batch_of(params, "batchOrders")
        with self._book.lock:
            checked = [self.checked(uid, one) for one in batch]
            client_ids = [
                self._book.stored_client_id(self._market, id)
                for one in batch
                if (id := first_given(one, CLIENT_ID_NAMES))
            ]
            if len(set(client_ids)) < len(client_ids):
                raise invalid("clientOrderId already exists")
            return [place() for place in checked]

    def _check(self, uid: str, params: Mapping[str, str]) -> dict[str, str]:
        new = _check(self._book, self._market, uid, params)
        if self._market == "linear":
            check_mode(params, self._is_dual(uid))
            new["quantity"] = quantity_to_place(self._book, uid, new, is_reduce_only(params))
        return new

    def _carry_out(self, uid: str, new: dict[str, str], params: Mapping[str, str]) -> Order:
        reduce_only = self._market == "linear" and is_reduce_only(params)
        return carry_out(self._book, uid, self._market, new, params, reduce_only=reduce_only)


def _check(book: OrderBook, market: SwapMarket, uid: str, params: Mapping[str, str]) -> dict[str, str]:
    """Return what the book needs of a new order. Raises `Refused` if the exchange would not accept it."""
    contract = known_contract(market, params, "OrderRequest")
    if not contract.active:
        raise Refused(errors.SWAP_INACTIVE_SYMBOL, "The trading pair is offline")
    position_side = params.get("positionSide") or "LONG"
    type = one_of(params, "type", TYPES)
    new = {
        "symbol": contract.symbol,
        "side": one_of(params, "side", SIDES),
        "type": type,
        "position_side": one_of({"positionSide": position_side}, "positionSide", POSITION_SIDES),
    }
    if params.get("timeInForce"):
        one_of(params, "timeInForce", TIMES_IN_FORCE)
    by_cost = type == "MARKET" and market == "linear"
    amounts = {
        "quantity": amount(params, "quantity"),
        "quote_quantity": amount(params, "quoteOrderQty") if by_cost else None,
        "price": amount(params, "price") if type in LIMIT_TYPES else contract.last_price,
        "stop_price": None if type in ("LIMIT", "MARKET") else amount(params, "stopPrice"),
    }
    needed = set() if amounts["quote_quantity"] else {"quantity"}
    needed |= {"price"} | (set() if type in ("LIMIT", "MARKET") else {"stop_price"})
    lacking = sorted(name for name in needed if not amounts[name])
    if lacking:
        raise invalid(f"{lacking[0]} is required")
    new |= {name: value for name, value in amounts.items() if value}
    if client_order_id := first_given(params, CLIENT_ID_NAMES):
        if len(client_order_id) > MAX_CLIENT_ID:
            raise invalid(f"clientOrderId must be 1 to {MAX_CLIENT_ID} characters")
        if book.by_client_id(uid, client_order_id, market):
            raise invalid("clientOrderId already exists")
        new["client_order_id"] = client_order_id
    return new
