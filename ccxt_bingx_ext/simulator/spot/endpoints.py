"""The spot endpoints other than the batch cancel."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

from .. import errors, history, trades
from ..calls import Call, Result
from ..cancel_all import CancelAllRules, cancel_all
from ..errors import Refused, invalid
from ..markets import spot_symbols
from ..named import Named
from ..orders import Order, OrderBook
from ..parameters import first_given, known_pair, parse_order_id, whole_number
from ..repeats import Submissions
from ..replacing import OLD_CLIENT_ID_NAMES, mode_of, replace
from ..rules import SpotRules
from ..single_cancel import cancel_one, restriction_of
from . import cancel_replace, placing
from .balances import balances
from .batch_cancel import cancel_batch
from .payloads import lookup_payload, order_payload, trade_payload

MAX_OPEN_LISTED: Final = 2000
MAX_PAGE: Final = 100


class Spot:
    def __init__(
        self, book: OrderBook, rules: SpotRules, cancel_all_rules: CancelAllRules, submissions: Submissions
    ) -> None:
        self._book = book
        self._rules = rules
        self._cancel_all_rules = cancel_all_rules
        self._submissions = submissions

    def symbols(self, call: Call) -> Result:
        return Result(spot_symbols(call.params.get("symbol") or None))

    def balance(self, call: Call) -> Result:
        return Result({"balances": balances(self._book.fills("spot", uid=call.uid))})

    def place(self, call: Call) -> Result:
        return Result(order_payload(placing.place(self._book, call.uid, call.params)))

    def place_batch(self, call: Call) -> Result:
        placed = placing.place_batch(self._book, call.uid, call.params)
        return Result({"orders": [order_payload(order) for order in placed]})

    def cancel_batch(self, call: Call) -> Result:
        known_pair(call.params, "OrdersCancelRequest")
        return Result(*cancel_batch(self._book, self._rules, self._submissions, call))

    def cancel(self, call: Call) -> Result:
        with self._book.lock:
            named = self._find(call, "OrderCancelRequest")
            cancelled = self._cancel(call, named, restriction_of(call.params))
        return Result(order_payload(cancelled), (cancelled.order_id,))

    def _cancel(
        self, call: Call, named: Named, restriction: str | None, documented: Refused | None = None
    ) -> Order:
        symbol = call.params["symbol"]
        return cancel_one(
            self._book,
            self._submissions,
            call,
            "spot",
            named,
            lambda one: self._rules.gone(one, symbol, documented),
            restriction,
        )

    def cancel_open(self, call: Call) -> Result:
        """The documented response has no list of failures: an order that stays open is missing from it."""
        with self._book.lock:
            covered = [order for order in self._listed(call) if self._cancel_all_rules.covers(order)]
            all_orders = cancel_all(self._book, self._submissions, call, "spot", covered)
        payloads = [order_payload(order) for order in all_orders.cancelled]
        return Result(self._rules.lists({"orders": payloads}), all_orders.ids)

    def replace(self, call: Call) -> Result:
        mode, restriction = mode_of(call.params), restriction_of(call.params)
        with self._book.lock:
            old = self._find(call, "CancelReplaceRequest", OLD_CLIENT_ID_NAMES, "cancelOrderId")
            unknown = None if old.order else cancel_replace.UNKNOWN
            place = placing.checked(self._book, call.uid, call.params)
            replacement = replace(
                call,
                old,
                lambda one: self._cancel(call, one, restriction, unknown),
                place,
                mode,
                self._rules.replace_stopped,
            )
        return cancel_replace.response(replacement)

    def query(self, call: Call) -> Result:
        return Result(lookup_payload(self._existing(call)))

    def open_orders(self, call: Call) -> Result:
        listed = [order for order in call.view.listed(self._book, self._listed(call)) if order.is_open]
        return Result({"orders": [lookup_payload(order) for order in listed[:MAX_OPEN_LISTED]]})

    def history(self, call: Call) -> Result:
        """The finished orders of the account."""
        page = whole_number(call.params, "pageIndex", 1)
        size = whole_number(call.params, "pageSize", MAX_PAGE)
        if not (page >= 1 and 1 <= size <= MAX_PAGE):
            raise invalid(f"pageSize is 1 to {MAX_PAGE}")
        status = call.params.get("status") or None
        seen = call.view.listed(self._book, self._listed(call))
        over = [order for order in seen if not order.is_open and status in (None, order.status)]
        listed = history.select(over, call.params)
        shown = listed[(page - 1) * size : page * size]
        return Result({"orders": [lookup_payload(order) for order in shown]})

    def trades(self, call: Call) -> Result:
        """The trades of the account in one pair."""
        pair = known_pair(call.params, "MyTradesRequest")
        fills = self._book.fills("spot", pair.symbol, call.uid)
        return Result({"fills": [trade_payload(one) for one in trades.select(fills, call.params, "Time")]})

    def _listed(self, call: Call) -> list[Order]:
        symbol = known_pair(call.params, "").symbol if call.params.get("symbol") else None
        return self._book.of(call.uid, "spot", symbol)

    def _existing(self, call: Call) -> Order:
        """The order that a query names."""
        named = self._find(call, "OrderQueryRequest")
        seen = call.view.queried(self._book, named.order)
        if seen is None:
            raise self._rules.gone(dataclasses.replace(named, order=None), call.params["symbol"])
        return seen

    def _find(
        self,
        call: Call,
        request_name: str,
        client_id_names: Sequence[str] = ("clientOrderID",),
        order_id_name: str = "orderId",
    ) -> Named:
        symbol = known_pair(call.params, request_name).symbol
        order_id = call.params.get(order_id_name)
        client_order_id = first_given(call.params, client_id_names)
        if order_id:
            order = self._book.find(call.uid, symbol, parse_order_id(order_id))
            return Named("orderId", order_id, order)
        if client_order_id:
            order = self._book.find_by_client_id(call.uid, symbol, client_order_id)
            return Named("clientOrderID", client_order_id, order)
        raise errors.missing(request_name, "OrderID")
