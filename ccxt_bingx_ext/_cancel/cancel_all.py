"""All open orders at once: cancel them by one request, and learn which of them are left.

The request goes out once. It is never repeated if it may have been executed: another task may have placed
orders meanwhile, which nobody wants cancelled. What it left is cancelled by order id:

=====================================  =======================================================================
an order                               what happens
=====================================  =======================================================================
the response calls it cancelled        it is returned
the response calls it failed           it is cancelled by its id
listed as open, older than the         a plain limit order is cancelled by its id; any other one (a stop-loss,
request                                say) is queried, and reported if it is open
listed as open, as old as the request  it is queried, and reported if it is open: it may have been placed on
                                       either side of the request
listed as open, younger                it is left alone
=====================================  =======================================================================

"Reported" means that the call raises, with the order in ``.unresolved``. If the response is lost and the list
cannot be had, nobody knows which orders are open: `UnknownOrders`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ccxt.base.errors import BadResponse, BaseError

from .._bingx.vocabulary import STATUS_OF_STATE, spelled_out, state_of
from .._ids import Batch, OrderRef, SymbolRef, UnknownOrders
from .._log import log
from .._runner import Gather
from .attempt import send
from .commands import CancelAll, FetchOpenOrders, MeasureClock, Sleep, Steps
from .failures import is_ambiguous, signed_at_of
from .flow import Flow, cancel_batch
from .ledger import OrderReport, UnexpectedResponse, listed_orders, reports_of
from .matching import order_id_of
from .outcome import Order, Outcome, most_severe
from .reconcile import query_unsettled
from .run import CancelContext, CancelRun

# How far (ms) the request's timestamp may be from the exchange's clock. The exchange accepts 5 s (docs).
_UNMEASURED = 5000.0
_MEASURED = 500.0

_NOT_OPEN = frozenset(state for state, status in STATUS_OF_STATE.items() if status != "open")


class Market(NamedTuple):
    """The market of an order, and how to cancel some of its orders by their ids."""

    symbol: str
    market_id: str
    context: CancelContext


class Scope(NamedTuple):
    """What to cancel, and what the flow needs to know for that.

    `symbol`: None for all symbols of the endpoint. `request`: the parameters. `context`: how to send it.
    `market_of` finds the market of an order by the exchange's name of it. `verifies`: whether to read the
    list of open orders if the response is complete. `clock_offset`: ms by which this machine's clock was
    found to be ahead of the exchange's; None if nobody has measured it.
    """

    symbol: str | None
    request: Mapping[str, Any]
    context: CancelContext
    market_of: Callable[[Any], Market]
    verifies: bool
    clock_offset: Callable[[], float | None]


class _Left(NamedTuple):
    """Orders of one market that the request may have left open. Only the `plain` ones may be cancelled."""

    market: Market
    plain: list[OrderRef]
    others: list[OrderRef]


def cancel_all(scope: Scope) -> Flow:
    """Cancel the orders of `scope`. No ccxt error leaves: it stands in the outcome."""
    context, account = scope.context, _Account(scope)
    failure: BaseError | None = None
    signed_at: float | None = None
    try:
        received = yield from send(CancelAll(context.endpoint, scope.request), context)
        signed_at = received.signed_at
        for report in reports_of(received.body, context.endpoint.schema):
            account.enter(report)
    except UnexpectedResponse as unexpected:
        failure = BadResponse(f"{context.method} the response is not the documented one: {unexpected}")
        failure.__cause__ = unexpected
    except BaseError as error:
        if not is_ambiguous(error):
            return account.outcome_of_unknown_orders(error)
        failure, signed_at = error, signed_at_of(error)
    submitted_at = context.clock()
    if failure is not None or scope.verifies:
        try:
            listed = yield from _list_open(scope, waits=failure is not None)
        except (BaseError, UnexpectedResponse) as error:
            if failure is not None:
                return account.outcome_of_unknown_orders(failure)
            log.warning("%s could not read which orders are still open: %s", context.method, error)
        else:
            unknown = [order for order in listed if not account.knows(order)]
            ages = yield from _ages(scope, signed_at, unknown)
            for order, age in zip(unknown, ages, strict=True):
                account.sort(order, age)
    left = account.left
    outcomes = yield Gather([_settle(one, submitted_at) for one in left])
    return account.outcome(zip(left, outcomes, strict=True), failure)


class _Account:
    """What is known of every order that the request was about."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._known: dict[SymbolRef, Order] = {}
        self._left: dict[str, _Left] = {}
        self._markets: dict[str, Market] = {}

    @property
    def left(self) -> list[_Left]:
        """The orders that may still be open, by market."""
        return [*self._left.values()]

    def enter(self, report: OrderReport) -> None:
        """Keep what the response says of one order. An order that is not final is left."""
        order_id = order_id_of(report.entry)
        if order_id is None:
            return
        market, ref = self._market_of(report.entry), OrderRef("id", order_id)
        if report.status in (None, "open"):
            self._left_of(market).plain.append(ref)
        else:
            self._known[SymbolRef(market.symbol, ref)] = market.context.build_order(ref, report)

    def knows(self, order: Mapping[str, Any]) -> bool:
        """Whether the response settled a listed `order`, or the list itself does."""
        ref = SymbolRef(self._market_of(order).symbol, _ref_of(order))
        return ref in self._known or state_of(order.get("status")) in _NOT_OPEN

    def sort(self, order: Mapping[str, Any], age: float | None) -> None:
        """Add a listed `order` to those left, unless it is younger than the request."""
        if age is not None and age < 0:
            return
        its, ref = self._left_of(self._market_of(order)), _ref_of(order)
        is_plain = age is not None and spelled_out(order.get("type")).upper() == "LIMIT"
        if ref not in its.plain:
            (its.plain if is_plain else its.others).append(ref)

    def outcome_of_unknown_orders(self, error: BaseError) -> Outcome:
        """What came of it if nobody knows which orders are open."""
        return Outcome(self._known, [], [UnknownOrders(self._scope.symbol)], error)

    def outcome(self, settled: Iterable[tuple[_Left, Outcome]], failure: BaseError | None) -> Outcome:
        """What came of it, once the orders that were left are `settled`."""
        orders = dict(self._known)
        unresolved: list[SymbolRef] = []
        errors: list[BaseError] = []
        for left, outcome in settled:
            errors += [] if outcome.error is None else [outcome.error]
            for ref in (*left.plain, *left.others):
                order, named = outcome.orders.get(ref), SymbolRef(left.market.symbol, ref)
                if order is None or order["status"] in (None, "open"):
                    unresolved.append(named)
                else:
                    orders[named] = order
        if not unresolved:
            return Outcome(orders, [], [])
        still_open = BadResponse(f"{self._scope.context.method} some orders may still be open")
        error = failure or (most_severe(errors) if errors else still_open)
        return Outcome(orders, [], unresolved, error)

    def _market_of(self, order: Any) -> Market:
        name = spelled_out(order.get("symbol"))
        if name not in self._markets:
            self._markets[name] = self._scope.market_of(name)
        return self._markets[name]

    def _left_of(self, market: Market) -> _Left:
        return self._left.setdefault(market.symbol, _Left(market, [], []))


def _ref_of(order: Mapping[str, Any]) -> OrderRef:
    return OrderRef("id", spelled_out(order_id_of(order)))


def _list_open(scope: Scope, *, waits: bool) -> Steps:
    """The open orders. `waits`: until the list holds those that were placed just before (it lags, live)."""
    context = scope.context
    if waits:
        yield Sleep(context.pauses.lag)
    request = {name: one for name, one in scope.request.items() if name == "symbol"}
    give_up = context.clock() + context.resolve_timeout
    query = FetchOpenOrders(context.endpoint, request, give_up=give_up)
    return listed_orders((yield from send(query, context)))


def _ages(scope: Scope, signed_at: float | None, orders: Sequence[Mapping[str, Any]]) -> Steps:
    """How much older (ms) than the request each of `orders` is; None if either may be the older one.

    The age of a younger order is negative. If it matters, the flow measures the exchange's clock.
    """
    if not scope.clock_offset():
        ages = [_age(signed_at, one, _UNMEASURED) for one in orders]
        if signed_at is None or None not in ages:
            return ages
        try:
            yield MeasureClock()
        except BaseError:
            return ages
        signed_at -= scope.clock_offset() or 0.0
    return [_age(signed_at, one, _MEASURED) for one in orders]


def _age(signed_at: float | None, order: Mapping[str, Any], margin: float) -> float | None:
    try:
        age = signed_at - float(order["time"]) if signed_at is not None else 0.0
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return age if abs(age) > margin else None


def _settle(left: _Left, submitted_at: float) -> Flow:
    """Cancel the plain orders by their ids, a second after the request, and query the others."""
    market, context = left.market, left.market.context
    run = CancelRun(Batch((*left.plain, *left.others), process=1), market.market_id, context)
    run.end_turn(run.batch.refs, submitted=True, at=submitted_at)  # by the request for all
    few = left.plain if len(left.plain) <= context.queried_meanwhile else []
    yield from query_unsettled(run, [*few, *left.others])
    outcome = run.outcome()
    to_cancel = [ref for ref in left.plain if not run.ledger.is_final(ref)]
    if not to_cancel:
        return outcome
    cancelled: Outcome = yield from cancel_batch(run.batch.again(to_cancel), market.market_id, context)
    return outcome._replace(orders={**outcome.orders, **cancelled.orders}, error=cancelled.error)
