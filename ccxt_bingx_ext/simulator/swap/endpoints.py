"""The swap endpoints: what linear and inverse share, and how their responses differ."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .. import errors, history
from ..calls import Call, Result
from ..cancel_all import CancelAllRules, cancel_all
from ..errors import Refused
from ..markets import SwapMarket
from ..named import Named
from ..orders import Order, OrderBook
from ..parameters import first_given, known_contract, one_of, parse_order_id
from ..repeats import Submissions
from ..replacing import OLD_CLIENT_ID_NAMES, mode_of, replace
from ..rules import SwapRules
from ..single_cancel import cancel_one, restriction_of
from . import cancel_replace, placing
from .batch_cancel import cancel_batch
from .payloads import (
    inverse_all_cancelled,
    inverse_cancelled,
    inverse_failed,
    inverse_lookup,
    inverse_placed,
    linear_all_cancelled,
    linear_cancelled,
    linear_failed,
    linear_lookup,
    linear_placed,
)

Payload = Callable[[Order], dict[str, Any]]

_ALL_REQUEST: Final = "AllOrdersCancelRequest"


@dataclass(frozen=True)
class Shapes:
    """How the responses of a market show an order."""

    placed: Payload
    looked_up: Payload
    cancelled: Payload
    all_cancelled: Payload
    failed: Callable[[Order, Refused], dict[str, Any]]
    """An order that cancelling all open orders left open."""
    bare_placed: bool
    """Whether the response to placing is the order itself, not ``{"code": 0, "data": {"order": …}}``."""


SHAPES: Final[dict[SwapMarket, Shapes]] = {
    "linear": Shapes(
        linear_placed, linear_lookup, linear_cancelled, linear_all_cancelled, linear_failed, bare_placed=False
    ),
    "inverse": Shapes(
        inverse_placed,
        inverse_lookup,
        inverse_cancelled,
        inverse_all_cancelled,
        inverse_failed,
        bare_placed=True,
    ),
}


class Swap:
    """The endpoints of one of the two swap markets."""

    def __init__(
        self,
        market: SwapMarket,
        book: OrderBook,
        rules: SwapRules,
        cancel_all_rules: CancelAllRules,
        submissions: Submissions,
        is_dual: Callable[[str], bool],
    ) -> None:
        self._market = market
        self._book = book
        self._rules = rules
        self._cancel_all_rules = cancel_all_rules
        self._submissions = submissions
        self._placing = placing.Placing(market, book, is_dual)
        self._shapes = SHAPES[market]
        strict = market == "inverse" and rules.inverse_cancel_id == "clientOrderId"
        self._cancel_names = ("clientOrderId",) if strict else placing.CLIENT_ID_NAMES

    def place(self, call: Call) -> Result:
        placed = self._shapes.placed(self._placing.place(call.uid, call.params))
        return Result(placed, bare=True) if self._shapes.bare_placed else Result({"order": placed})

    def place_batch(self, call: Call) -> Result:
        placed = self._placing.place_batch(call.uid, call.params)
        return Result({"orders": [self._shapes.placed(order) for order in placed]})

    def cancel(self, call: Call) -> Result:
        with self._book.lock:
            named = self._find(call, "OrderCancelRequest", self._cancel_names)
            cancelled = self._cancel(call, named)
        payload = self._shapes.cancelled(cancelled)
        flat = self._market == "inverse" and self._rules.inverse_cancel_flat
        return Result(payload if flat else {"order": payload}, (cancelled.order_id,))

    def _cancel(self, call: Call, named: Named, restriction: str | None = None) -> Order:
        symbol = call.params["symbol"]

        def gone(one: Named) -> Refused:
            return self._rules.gone(one, self._market, symbol)

        return cancel_one(self._book, self._submissions, call, self._market, named, gone, restriction)

    def replace(self, call: Call) -> Result:
        """Linear only: the exchange has no such endpoint for inverse orders."""
        mode, restriction = mode_of(call.params), restriction_of(call.params)
        with self._book.lock:
            old = self._find(call, "CancelReplaceRequest", OLD_CLIENT_ID_NAMES, "cancelOrderId")
            place = self._placing.checked(call.uid, call.params)
            replacement = replace(
                call,
                old,
                lambda one: self._cancel(call, one, restriction),
                place,
                mode,
                self._rules.replace_stopped,
            )
        return cancel_replace.response(replacement)

    def cancel_open(self, call: Call) -> Result:
        with self._book.lock:
            all_orders = cancel_all(self._book, self._submissions, call, self._market, self._covered(call))
        lists = {
            "success": [self._shapes.all_cancelled(order) for order in all_orders.cancelled],
            "failed": [self._shapes.failed(order, why) for order, why in all_orders.failed],
        }
        return Result(self._rules.lists(lists), all_orders.ids)

    def _covered(self, call: Call) -> list[Order]:
        """The orders that a request for all open orders cancels."""
        type = ""
        if self._market == "inverse":
            known_contract(self._market, call.params, _ALL_REQUEST)
        elif call.params.get("type"):
            type = one_of(call.params, "type", placing.TYPES)
        elif self._cancel_all_rules.type_required:
            raise errors.missing(_ALL_REQUEST, "Type")
        return [order for order in self._orders(call) if self._cancel_all_rules.covers(order, type)]

    def cancel_batch(self, call: Call) -> Result:
        """Linear only: the exchange has no such endpoint for inverse orders."""
        known_contract(self._market, call.params, "BatchCancelRequest")
        return Result(*cancel_batch(self._book, self._rules, self._submissions, call))

    def query(self, call: Call) -> Result:
        named = self._find(call, "OrderQueryRequest")
        seen = call.view.queried(self._book, named.order)
        forgotten = seen and seen.is_trigger and not seen.is_open and self._rules.forgets_triggers
        if seen is None or forgotten:
            raise self._rules.gone(
                dataclasses.replace(named, order=None), self._market, call.params["symbol"]
            )
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
        return call.view.listed(self._book, self._orders(call))

    def _orders(self, call: Call) -> list[Order]:
        given = call.params.get("symbol")
        symbol = known_contract(self._market, call.params, "").symbol if given else None
        return self._book.of(call.uid, self._market, symbol)

    def _find(
        self,
        call: Call,
        request_name: str,
        client_id_names: Sequence[str] = placing.CLIENT_ID_NAMES,
        order_id_name: str = "orderId",
    ) -> Named:
        market = self._market
        symbol = known_contract(market, call.params, request_name).symbol
        order_id = call.params.get(order_id_name)
        client_order_id = first_given(call.params, client_id_names)
        if order_id:
            order = self._book.find(call.uid, symbol, parse_order_id(order_id), market)
            return Named("orderId", order_id, order)
        if client_order_id:
            order = self._book.find_by_client_id(call.uid, symbol, client_order_id, market)
            return Named("clientOrderId", self._book.stored_client_id(market, client_order_id), order)
        raise errors.missing(request_name, "OrderId")
