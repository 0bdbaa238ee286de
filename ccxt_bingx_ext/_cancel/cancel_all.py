"""Cancel all open orders by one request, and find those that are left.

The plugin never repeats the request if it may have been executed, because a second request would also cancel
orders that another task placed meanwhile. Instead, the flow cancels the orders that are left by their ids:

=====================================  =======================================================================
an order                               the flow
=====================================  =======================================================================
the response calls it cancelled        returns it
the response names it in any other     cancels it by its id, if it is open
way
listed as open, older than the         cancels a plain limit order by its id. Queries any other order (such as
request                                a stop-loss), and reports it if it is open
listed as open, as old as the request  queries it, and reports it if it is open: it may have been placed
                                       before or after the request
listed as open, younger                leaves it alone
=====================================  =======================================================================

"Reported" means that the call raises, with the order in ``.unresolved``. If the plugin cannot read the list,
it does not know which orders are open, and reports `UnknownOrders`. One exception: if the response is
complete and the key may not read, the call returns the response and logs a warning.

The exchange's clock decides how old an order is. This machine's clock, even with a measured correction, may
be wrong by as much as the exchange accepts.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ccxt.base.errors import BadResponse, BaseError, OperationFailed, OrderNotFound, PermissionDenied

from .._bingx.errors import carry_ban
from .._bingx.vocabulary import STATUS_OF_STATE, spelled_out, state_of
from .._ids import Batch, OrderRef, OrderWithoutSymbol, SymbolRef, UnknownOrders
from .._log import WARNING, event
from .._redact import shorten
from .._runner import Gather
from .attempt import send
from .commands import CancelAll, FetchOpenOrders, FetchTime, Received, Sleep
from .events import fields_of, note_ambiguous, note_settled, note_unsettled, values_of
from .failures import is_ambiguous, signed_at_of
from .flow import Flow, cancel_batch
from .ledger import OrderReport, UnexpectedResponse, listed_orders, reports_of
from .matching import names_of
from .outcome import Order, Outcome, most_severe
from .reconcile import forbids_more, named_pause, query_unsettled
from .run import CancelContext, CancelRun

# How far (ms) a timestamp that the exchange has just accepted may be from its own clock (docs).
_ACCEPTED = 5000.0
# The same if the flow has asked for the exchange's time, without the time that the response took.
_ASKED = 500.0
# The range of an order's time (ms), until 2096. 0 or a time in another unit means nothing.
_TIMES = (1e12, 4e12)

_NOT_OPEN = frozenset(state for state, status in STATUS_OF_STATE.items() if status != "open")


class Market(NamedTuple):
    """The market of an order, and how to cancel some of its orders by their ids.

    `symbol`: None if an entry does not name the market of its order.
    """

    symbol: str | None
    market_id: str
    context: CancelContext


class Scope(NamedTuple):
    """The orders to cancel, and what the flow needs for that.

    `symbol`: None for all symbols of the endpoint. `request`: the parameters. `context`: how to send it.
    `market_of` finds the market of an order by the exchange's name of the market. `verifies`: whether to read
    the list of open orders although the response is complete. `cancels_listed`: whether the flow may cancel
    every order of the list. It may not if the caller's own parameters can select some. `timestamp`: the time
    (ms) by which the plugin would sign a request now.
    """

    symbol: str | None
    request: Mapping[str, Any]
    context: CancelContext
    market_of: Callable[[str], Market]
    verifies: bool
    cancels_listed: bool
    timestamp: Callable[[], float]


class _Left(NamedTuple):
    """Orders of one market that the request may have left open. Only the `plain` ones may be cancelled."""

    symbol: str
    market: Market
    plain: list[OrderRef]
    others: list[OrderRef]


def cancel_all(scope: Scope) -> Flow:
    """Cancel the orders of `scope`. The outcome holds any ccxt error, so that none is raised."""
    context, account = scope.context, _Account(scope)
    failure: BaseError | None = None
    signed_at: float | None = None
    try:
        received = yield from send(CancelAll(context.endpoint, scope.request), context)
        signed_at = received.signed_at
        for report in reports_of(received.body, context.endpoint.schema):
            account.enter(report)
    except UnexpectedResponse as unexpected:
        failure = BadResponse(f"{context.method} {unexpected}")
        failure.__cause__ = unexpected
    except BaseError as error:
        # No document shows the response if no order is open. It may be "order not exist".
        if not (is_ambiguous(error) or isinstance(error, OrderNotFound)):
            return account.outcome_of_unknown_orders(error)
        failure, signed_at = error, signed_at_of(error)
    is_lost = failure is not None and is_ambiguous(failure)
    if failure is not None and is_lost:
        note_ambiguous(context.method, context.endpoint.route, scope.request.get("symbol"), (), failure)
    submitted_at = context.clock()
    account.note_submission(submitted_at)
    if failure is not None or scope.verifies:
        try:
            listed = yield from _list_open(scope, is_lost=failure is not None)
        except (BaseError, UnexpectedResponse) as error:
            why = f"{context.method} could not read which orders are still open: {shorten(str(error), 300)}"
            if failure is None and isinstance(error, PermissionDenied):
                event(WARNING, "unverified", why, method=context.method, **fields_of(error))
            else:
                if failure is None:
                    failure = BadResponse(why)
                    failure.__cause__ = error
                carry_ban(failure, *([error] if isinstance(error, BaseError) else []))
                account.lose_sight()
        else:
            unknown = account.unknown_of(listed)
            ages = yield from _ages(scope, signed_at, unknown)
            for order, age in zip(unknown, ages, strict=True):
                account.sort(order, age)
    left = account.left
    outcomes = yield Gather([_settle(one, submitted_at) for one in left])
    outcome = account.outcome(zip(left, outcomes, strict=True), failure)
    if is_lost:
        _report(scope, outcome)
    return outcome


def _report(scope: Scope, outcome: Outcome) -> None:
    """Log the result of a request whose outcome was unknown."""
    about = (scope.context.method, scope.context.endpoint.route, scope.request.get("symbol"))
    if outcome.unresolved:
        named = [one.ref for one in outcome.unresolved if not isinstance(one, (OrderRef, UnknownOrders))]
        note_unsettled(*about, values_of(named))
    else:
        ids = values_of(ref for _, ref in outcome.orders)
        note_settled(*about, ids, [order["status"] for order in outcome.orders.values()])


class _Account:
    """The known state of every order that the request was about."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._known: dict[tuple[str | None, OrderRef], Order] = {}
        self._left: dict[str, _Left] = {}
        self._unplaced: list[OrderRef] = []  # left, in an unknown market
        self._has_nameless = False  # whether an order with an unknown id may be open
        self._markets: dict[str, Market] = {}

    @property
    def left(self) -> list[_Left]:
        """The orders that may still be open, by market."""
        return [*self._left.values()]

    def enter(self, report: OrderReport) -> None:
        """Keep the `report` on one order. An order that is not final counts as left."""
        is_final = report.status not in (None, "open")
        ref = next(iter(names_of(report.entry)), None)
        market = self._market_of(report.entry)
        if ref is None:
            self._has_nameless = self._has_nameless or not is_final
        elif is_final:
            self._known[market.symbol, ref] = market.context.build_order(ref, report)
        elif market.symbol is None:
            self._unplaced.append(ref)
        else:
            self._left_of(market.symbol, market).plain.append(ref)

    def note_submission(self, at: float) -> None:
        """Note that the request, which ended `at`, submitted every order that the response names."""
        context = self._scope.context
        context.spacing.submitted((ref for _, ref in self._known), at + context.pauses.same_order)

    def unknown_of(self, listed: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The `listed` orders that neither the response nor the list settles."""
        self._has_nameless = False  # the list names every order that is open
        return [one for one in listed if not self._knows(one)]

    def sort(self, order: Mapping[str, Any], age: float | None) -> None:
        """Add a listed `order` to the orders left, unless it is younger than the request."""
        names, market = names_of(order), self._market_of(order)
        if not names:
            self._has_nameless = True
            return
        ref = names[0]
        is_failed = any(name in self._unplaced for name in names)
        self._unplaced = [one for one in self._unplaced if one not in names]
        if not is_failed and age is not None and age < 0:
            return
        if market.symbol is None:
            self._unplaced.append(ref)
            return
        its = self._left_of(market.symbol, market)
        if any(name in its.plain for name in names):
            return
        is_plain = self._scope.cancels_listed and age is not None and _is_limit_order(order, market)
        (its.plain if is_failed or is_plain else its.others).append(ref)

    def lose_sight(self) -> None:
        """Note that the plugin could not read the list of open orders."""
        self._has_nameless = True

    def outcome_of_unknown_orders(self, error: BaseError) -> Outcome:
        """The outcome if the plugin does not know which orders are open."""
        return Outcome(self._known, [], [UnknownOrders(self._scope.symbol)], error)

    def outcome(self, settled: Iterable[tuple[_Left, Outcome]], failure: BaseError | None) -> Outcome:
        """The outcome once the flow has `settled` the orders that were left."""
        orders = dict(self._known)
        unresolved: list[SymbolRef | OrderWithoutSymbol | UnknownOrders] = []
        errors: list[BaseError] = []
        for left, outcome in settled:
            errors += [] if outcome.error is None else [outcome.error]
            for ref in (*left.plain, *left.others):
                order = outcome.orders.get(ref)
                if order is None or order["status"] in (None, "open"):
                    unresolved.append(SymbolRef(left.symbol, ref))
                else:
                    orders[left.symbol, ref] = order
        unresolved += [OrderWithoutSymbol(ref) for ref in self._unplaced]
        if self._has_nameless:
            unresolved.append(UnknownOrders(self._scope.symbol))
        if not unresolved:
            return Outcome(orders, [], [])
        still_open = BadResponse(f"{self._scope.context.method} some orders may still be open")
        error = failure or (most_severe(errors) if errors else still_open)
        carry_ban(error, *errors)
        return Outcome(orders, [], unresolved, error)

    def _knows(self, order: Mapping[str, Any]) -> bool:
        symbols = (self._market_of(order).symbol, None)
        keys = ((symbol, name) for symbol in symbols for name in names_of(order))
        return state_of(order.get("status")) in _NOT_OPEN or any(key in self._known for key in keys)

    def _market_of(self, entry: Any) -> Market:
        name = spelled_out(entry.get("symbol") or "") if isinstance(entry, Mapping) else ""
        if name not in self._markets:
            self._markets[name] = self._scope.market_of(name)
        return self._markets[name]

    def _left_of(self, symbol: str, market: Market) -> _Left:
        return self._left.setdefault(symbol, _Left(symbol, market, [], []))


def _is_limit_order(order: Mapping[str, Any], market: Market) -> bool:
    """Whether a listed `order` is a plain limit order of `market`, which the flow may cancel by its id."""
    return spelled_out(order.get("type")).upper() == "LIMIT" and order.get("symbol") == market.market_id


def _list_open(scope: Scope, *, is_lost: bool) -> Generator[Any, Any, list[dict[str, Any]]]:
    """List the open orders. If the response `is_lost`, wait first, so that the list holds the latest orders.

    Lists lag (live). Raises the error of the last attempt.
    """
    context = scope.context
    attempts = context.resolve_attempts if is_lost else max(context.resolve_attempts, 1)
    request = {name: one for name, one in scope.request.items() if name == "symbol"}
    pause = context.pauses.lag if is_lost else 0.0
    give_up = context.clock() + pause + context.resolve_timeout
    failure: Exception = UnexpectedResponse("resolveAttempts is 0")
    for _ in range(attempts):
        if context.clock() + pause > give_up:
            break
        if pause:
            yield Sleep(pause)
        try:
            query = FetchOpenOrders(context.endpoint, request, give_up=give_up)
            return listed_orders((yield from send(query, context)))
        except UnexpectedResponse as unexpected:
            failure = unexpected
        except BaseError as error:
            failure = error
            if forbids_more(error, context) or not (
                is_ambiguous(error) or isinstance(error, OperationFailed)
            ):
                break
        pause = max(2 * pause, context.pauses.reconcile, named_pause(failure))
    raise failure


def _ages(
    scope: Scope, signed_at: float | None, orders: Sequence[Mapping[str, Any]]
) -> Generator[Any, Any, list[float | None]]:
    """How much older (ms) than the request each of `orders` is. None if either may be older.

    The age of a younger order is negative. If the age is unclear, the flow fetches the exchange's time.
    """
    clock = scope.context.clock
    if signed_at is None:
        return [None for _ in orders]
    placed = [_time_of(one) for one in orders]
    requested = scope.timestamp() - (clock() - signed_at) * 1000
    ages = [_age(requested, one, _ACCEPTED) for one in placed]
    if not any(one is not None and age is None for one, age in zip(placed, ages, strict=True)):
        return ages
    try:
        asked: Received = yield FetchTime()
    except BaseError:
        return ages
    if asked.body is None or asked.signed_at is None:
        return ages
    now = clock()
    requested = asked.body - (now - signed_at) * 1000
    return [_age(requested, one, _ASKED + (now - asked.signed_at) * 1000) for one in placed]


def _time_of(order: Mapping[str, Any]) -> float | None:
    """The time (ms) at which `order` was placed, by the exchange; None if it names none."""
    try:
        at = float(order["time"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return at if _TIMES[0] < at < _TIMES[1] else None


def _age(requested: float, placed: float | None, margin: float) -> float | None:
    if placed is None or abs(requested - placed) <= margin:
        return None
    return requested - placed


def _settle(left: _Left, submitted_at: float) -> Flow:
    """Cancel the plain orders by their ids, a second after the request, and query the others."""
    market, context = left.market, left.market.context
    run = CancelRun(Batch((*left.plain, *left.others), process=1), market.market_id, context)
    run.note_submission(submitted_at)
    few = left.plain if len(left.plain) <= context.queried_meanwhile else []
    yield from query_unsettled(run, [*few, *left.others])
    to_cancel = [ref for ref in left.plain if not run.ledger.is_final(ref)]
    if not to_cancel:
        return run.outcome()
    cancelled: Outcome = yield from cancel_batch(run.batch.again(to_cancel), market.market_id, context)
    # The exchange may call such an order unknown because the request has ended it.
    denied = [ref for ref, order in cancelled.orders.items() if order["status"] is None]
    run.ledger.forget_live(denied)
    yield from query_unsettled(run, denied)
    found = run.outcome().orders
    settled = {ref: found[ref] for ref in denied if ref in found}
    return Outcome({**found, **cancelled.orders, **settled}, [], [], cancelled.error)
