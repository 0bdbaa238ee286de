"""The swap endpoints: what linear and inverse share, and how their responses differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from .. import errors, history
from ..calls import Call, Result
from ..markets import SwapMarket
from ..named import Named, submit
from ..orders import Order, OrderBook
from ..parameters import known_contract, parse_order_id
from ..repeats import Submissions
from ..rules import SwapRules
from . import placing
from .batch_cancel import cancel_batch
from .payloads import (
    inverse_cancelled,
    inverse_lookup,
    inverse_placed,
    linear_cancelled,
    linear_lookup,
    linear_placed,
)

Payload = Callable[[Order], dict[str, Any]]


@dataclass(frozen=True)
class Shapes:
    """How the responses of a market show an order."""

    placed: Payload
    looked_up: Payload
    cancelled: Payload
    bare_placed: bool
    """Whether the response to placing is the order itself, not ``{"code": 0, "data": {"order": …}}``."""


SHAPES: Final[dict[SwapMarket, Shapes]] = {
    "linear": Shapes(linear_placed, linear_lookup, linear_cancelled, bare_placed=False),
    "inverse": Shapes(inverse_placed, inverse_lookup, inverse_cancelled, bare_placed=True),
}


class Swap:
    """The endpoints of one of the two swap markets."""

    def __init__(
        self, market: SwapMarket, book: OrderBook, rules: SwapRules, submissions: Submissions
    ) -> None:
        self._market = market
        self._book = book
        self._rules = rules
        self._submissions = submissions
        self._shapes = SHAPES[market]
        strict = market == "inverse" and rules.inverse_cancel_id == "clientOrderId"
        self._cancel_names = ("clientOrderId",) if strict else placing.CLIENT_ID_NAMES

    def place(self, call: Call) -> Result:
        placed = self._shapes.placed(placing.place(self._book, self._market, call.uid, call.params))
        return Result(placed, bare=True) if self._shapes.bare_placed else Result({"order": placed})

    def place_batch(self, call: Call) -> Result:
        placed = placing.place_batch(self._book, self._market, call.uid, call.params)
        return Result({"orders": [self._shapes.placed(order) for order in placed]})

    def cancel(self, call: Call) -> Result:
        with self._book.lock:
            named = self._find(call, "OrderCancelRequest", self._cancel_names)
            submit(named, self._submissions, call, self._market)
            order = named.order
            if order is None or not order.is_open:
                raise self._rules.gone(named, self._market, call.params["symbol"])
            call.raise_if_refused(order)
            cancelled = self._book.cancel(order.order_id)
        return Result({"order": self._shapes.cancelled(cancelled)}, (cancelled.order_id,))

    def cancel_batch(self, call: Call) -> Result:
        """Linear only: the exchange has no such endpoint for inverse orders."""
        known_contract(self._market, call.params, "BatchCancelRequest")
        return Result(*cancel_batch(self._book, self._rules, self._submissions, call))

    def query(self, call: Call) -> Result:
        named = self._find(call, "OrderQueryRequest")
        seen = call.view.queried(self._book, named.order)
        forgotten = seen and seen.is_trigger and not seen.is_open and self._rules.forgets_triggers
        if seen is None or forgotten:
            raise self._rules.gone(replace(named, order=None), self._market, call.params["symbol"])
        return Result({"order": self._shapes.looked_up(seen)})

    def open_orders(self, call: Call) -> Result:
        listed = [order for order in self._listed(call) if order.is_open]
        return Result({"orders": [self._shapes.looked_up(order) for order in listed]})

    def all_orders(self, call: Call) -> Result:
        """The orders of the account, open or not."""
        return self._history(call, self._listed(call))

    def finished_orders(self, call: Call) -> Result:
        return self._history(call, [order for order in self._listed(call) if not order.is_open])

    def _history(self, call: Call, orders: list[Order]) -> Result:
        selected = history.limited(history.select(orders, call.params), call.params)
        return Result({"orders": [self._shapes.looked_up(order) for order in selected]})

    def _listed(self, call: Call) -> list[Order]:
        given = call.params.get("symbol")
        symbol = known_contract(self._market, call.params, "").symbol if given else None
        return call.view.listed(self._book, self._book.of(call.uid, self._market, symbol))

    def _find(self, call: Call, request_name: str, names: Sequence[str] = placing.CLIENT_ID_NAMES) -> Named:
        market = self._market
        symbol = known_contract(market, call.params, request_name).symbol
        order_id, client_order_id = call.params.get("orderId"), placing.client_id_of(call.params, names)
        if order_id:
            order = self._book.find(call.uid, symbol, parse_order_id(order_id), market)
            return Named("orderId", order_id, order)
        if client_order_id:
            order = self._book.find_by_client_id(call.uid, symbol, client_order_id, market)
            return Named("clientOrderId", self._book.stored_client_id(market, client_order_id), order)
        raise errors.missing(request_name, "OrderId")
