"""One run: the call that a flow carries out, and what the flow knows about its orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from types import MappingProxyType
from typing import NamedTuple

from ccxt.base.errors import BaseError

from .._bingx.endpoints import Endpoint
from .._bingx.limit_headers import WINDOW
from .._ids import Batch, OrderRef
from .commands import Cancel, FetchHistory, FetchOpenOrders, FetchOrder, Sleep, Steps, Turn
from .events import note_ambiguous, note_omitted, note_settled, note_unsettled, values_of
from .failures import out_of_time
from .forms import RequestForm
from .hosts import Hosts
from .ledger import Ledger, OrderReport
from .matching import names_of
from .outcome import Order, Outcome
from .spacing import Spacing


class Pauses(NamedTuple):
    """How long (s) a flow waits before it tries again."""

    reconcile: float = 0.25  # before the first attempt to reconcile. Each further pause is twice as long
    back_off: float = WINDOW  # after a refusal for the limit that names no time
    same_order: float = 1.05  # between two cancels of one order: the exchange's second, and a margin
    lag: float = 1.0  # how long after a cancel a query may still find the order open (live)
    lists: float = 2.0  # the longest wait of calls that share a batch for lists of orders


class CancelContext(NamedTuple):
    """The settings and helpers that a flow needs besides the batch.

    `method`: the method that the bot called, for messages. `endpoint`: where to cancel, with at most
    `batch_size` ids per request and `at_once` requests under way together. `max_wait`: how long (s) a flow
    may wait after a refusal for the limit. `resolve_attempts`, `resolve_timeout` (s): how often and how long
    it tries to reconcile an ambiguous request. `fallbacks`: hostnames to try if the first is unreachable.
    `build_order` makes the order structure of a report. `clock`: s. `form`: the form of the request that
    works; None if the endpoint has one form, or the options name the form. `spacing`: when each order may be
    submitted. `blocks`: the call blocks its thread until it returns. `queried_meanwhile`: up to this number
    of orders, the flow queries them while the exchange would not accept another cancel of them.
    """

    method: str
    endpoint: Endpoint
    batch_size: int
    at_once: int
    max_wait: float
    build_order: Callable[[OrderRef | None, OrderReport], Order]
    resolve_attempts: int
    resolve_timeout: float
    fallbacks: Sequence[str]
    hosts: Hosts
    clock: Callable[[], float]
    spacing: Spacing
    form: RequestForm | None = None
    blocks: bool = False
    pauses: Pauses = Pauses()
    queried_meanwhile: int = 5


class CancelRun:
    """A batch of one symbol, and what the flow knows about it so far.

    `reconciled`: the orders of ambiguous requests that the flow has reconciled. `not_found`: orders that one
    query did not find. `missing`: orders that two queries did not find. `live`: reports of open orders, after
    the exchange had refused their list for good. `refused`: errors by order whose id the exchange does not
    accept. `gone`: refusals of single orders as gone. `inferred`: orders that the request named by a client
    order id, but whose report comes from another id or from the history. Another, open order may have the
    client order id. `failure`: the first ambiguous failure of a single order. `ban`: the reason why no
    further query was possible. `list_refused`: the exchange refused a ``process`` 1 list as if it were all or
    nothing. `too_many`: a number of ids that the exchange does not accept in one request.

    `also_known_as`: the id by which to query an order, if not the one by which the flow cancels it.
    `repeats`: whether the flow may cancel an order again that a query finds open.
    `joins`: whether a batch of several calls may submit the one order of this run, once.
    `deadline`: the flow begins nothing after this time (s on its clock). `begin_to_resolve` sets it.
    """

    def __init__(
        self,
        batch: Batch,
        market_id: str,
        context: CancelContext,
        *,
        also_known_as: Mapping[OrderRef, OrderRef] = MappingProxyType({}),
        repeats: bool = True,
        joins: bool = False,
    ) -> None:
        self.batch = batch
        self.market_id = market_id
        self.context = context
        self.ledger = Ledger(batch.refs, context.endpoint.schema)
        self.reconciled: list[OrderRef] = []
        self.not_found: set[OrderRef] = set()
        self.missing: set[OrderRef] = set()
        self.live: dict[OrderRef, OrderReport] = {}
        self.splits = 0  # further requests that refused lists have cost
        self.refused: dict[OrderRef, BaseError] = {}
        self.gone: dict[OrderRef, BaseError] = {}
        self.inferred: set[OrderRef] = set()
        self.failure: BaseError | None = None
        self.ban: BaseError | None = None
        self.list_refused = False
        self.too_many: float = inf
        self.also_known_as = also_known_as
        self.repeats = repeats
        self.joins = joins
        self.deadline = inf
        self._submitted_at: dict[OrderRef, float] = {}
        self._ambiguous: dict[OrderRef, None] = {}  # the log says that their outcome is unknown

    def take_over(self, other: CancelRun, ref: OrderRef) -> None:
        """Continue with `ref` where `other`, a run of several orders, has stopped."""
        report = other.ledger.report_on(ref)
        if report is not None:
            self.ledger.enter(ref, report)
        self.not_found |= other.not_found & {ref}
        self.missing |= other.missing & {ref}
        self._ambiguous.update(dict.fromkeys(other._ambiguous.keys() & {ref}))
        if ref in other._submitted_at:
            self._submitted_at[ref] = other._submitted_at[ref]

    def cancel(self, part: Batch) -> Cancel:
        """The command that cancels `part` of the batch."""
        endpoint = self.context.endpoint
        request = endpoint.request(part, self.market_id)
        return Cancel(endpoint, request, give_up=self.deadline, refs=part.refs)

    def give_up(self) -> float:
        """Until when (s on the flow's clock) an attempt to reconcile that begins now may go on."""
        return min(self.deadline, self.context.clock() + self.context.resolve_timeout)

    def begin_to_resolve(self) -> None:
        """Limit the rest of the run to `resolve_timeout`."""
        self.deadline = self.give_up()

    def queried(self, ref: OrderRef) -> OrderRef:
        """The id by which to query the order of `ref`."""
        return self.also_known_as.get(ref, ref)

    def contradicts(self, ref: OrderRef, found: OrderReport) -> bool:
        """Whether the order that a query by another id has `found` has another client order id than `ref`."""
        spelt = self.context.endpoint.schema.spelt
        clients = [spelt(name) for name in names_of(found.entry) if name.field != "id"]
        return self.queried(ref) != ref and bool(clients) and spelt(ref) not in clients

    def fetch(self, ref: OrderRef, give_up: float) -> FetchOrder:
        """The command that queries one order, and waits to be sent until `give_up` at most."""
        endpoint = self.context.endpoint
        request = endpoint.fetch_request(ref, self.market_id)
        return FetchOrder(endpoint, request, give_up=give_up, refs=(ref,))

    def history(self, ref: OrderRef, give_up: float) -> FetchHistory:
        """The command that lists orders from `ref` on, or the latest ones for a client order id."""
        endpoint = self.context.endpoint
        request = endpoint.history_request(ref, self.market_id)
        return FetchHistory(endpoint, request, give_up=give_up, refs=(ref,))

    def fetch_open(self, give_up: float) -> FetchOpenOrders:
        """The command that lists the open orders of the market."""
        return FetchOpenOrders(self.context.endpoint, {"symbol": self.market_id}, give_up=give_up)

    def note_ambiguous(self, refs: Sequence[OrderRef], failure: BaseError) -> None:
        """Log that the outcome of the cancel of `refs` is unknown, once for each."""
        if new := self._note_new(refs):
            note_ambiguous(*self._about, values_of(new), failure)

    def note_omitted(self, refs: Sequence[OrderRef]) -> None:
        """Log that a response omits `refs`, once for each."""
        if new := self._note_new(refs):
            note_omitted(*self._about, values_of(new))

    def _note_new(self, refs: Sequence[OrderRef]) -> list[OrderRef]:
        new = [ref for ref in refs if ref not in self._ambiguous]
        self._ambiguous.update(dict.fromkeys(new))
        return new

    @property
    def _about(self) -> tuple[str, str, str]:
        return self.context.method, self.context.endpoint.route, self.market_id

    def _report(self) -> None:
        """Log what became of the orders whose outcome was unknown."""
        if self._ambiguous:
            settled = {ref: report.status for ref, report in self.ledger.known if ref in self._ambiguous}
            unsettled = [ref for ref in self._ambiguous if ref not in settled]
            if settled:
                note_settled(*self._about, values_of(settled), [*settled.values()])
            if unsettled:
                note_unsettled(*self._about, values_of(unsettled))
            self._ambiguous.clear()

    def reserve(self, refs: Sequence[OrderRef], owner: object) -> tuple[float, bool]:
        """How long (s) `owner` has to wait with a cancel of `refs`, and whether it may send then."""
        context = self.context
        apart = context.pauses.same_order if context.blocks else None
        return context.spacing.reserve(self._names_of_orders(refs), context.clock(), owner, apart)

    def wait_for_turn(self, turn: Turn) -> Steps:
        """Wait until the exchange accepts another cancel of the orders of `turn`.

        The caller has to call `end_turn`, whatever ends the wait, because an interrupt may come as soon as
        the orders are reserved.
        """
        reserved = False
        while not reserved:
            now = self.context.clock()
            seconds, reserved = turn()
            if now + seconds > self.deadline:
                raise out_of_time(self.context.method)
            if seconds:
                yield Sleep(seconds)

    def note_submission(self, at: float) -> None:
        """Note that a request for all open orders, which ended `at` (s), submitted the orders of this run."""
        context, refs = self.context, self.batch.refs
        self._submitted_at.update(dict.fromkeys(refs, at))
        context.spacing.submitted(self._names_of_orders(refs), at + context.pauses.same_order)

    def end_turn(self, refs: Sequence[OrderRef], owner: object, *, submitted: bool) -> None:
        """Note that the cancel of `refs` by `owner` is over.

        `submitted`: the exchange may have handled the orders.
        """
        context, now = self.context, self.context.clock()
        if submitted:
            self._submitted_at.update(dict.fromkeys(refs, now))
        free_at = now + context.pauses.same_order if submitted else None
        context.spacing.release(self._names_of_orders(refs), free_at, owner)

    def rest_of_lag(self, ref: OrderRef) -> float:
        """How long (s) a query may still find `ref` open although this call has cancelled it."""
        submitted_at = self._submitted_at.get(ref)
        if submitted_at is None:
            return 0.0
        return max(0.0, submitted_at + self.context.pauses.lag - self.context.clock())

    def read(self, response: object, refs: Sequence[OrderRef]) -> list[OrderReport]:
        """Enter the `response` to a cancel of `refs` into the ledger, and return its reports.

        If a report names both ids of an order, the spacing counts them as one order. Raises
        `UnexpectedResponse`, and then enters nothing.
        """
        reports = self.ledger.read(response, refs)
        self.inferred.difference_update(ref for ref in refs if self.ledger.is_final(ref))
        for ref, name in zip(refs, self._names_of_orders(refs), strict=True):
            report = self.ledger.report_on(ref)
            names = names_of(report.entry) if report is not None else ()
            if name in names:
                self.context.spacing.link(name, names)
        return reports

    def _names_of_orders(self, refs: Sequence[OrderRef]) -> list[OrderRef]:
        """`refs` as the exchange spells them, because upper and lower case name the same order."""
        return [self.context.endpoint.schema.spelt(ref) for ref in refs]

    def outcome(self, error: BaseError | None = None) -> Outcome:
        """The outcome of the run. Logs what became of ambiguous requests."""
        self._report()
        build_order = self.context.build_order
        return Outcome(
            orders={ref: build_order(ref, report) for ref, report in self.ledger.known},
            strays=[build_order(None, stray) for stray in self.ledger.strays],
            unresolved=self.ledger.unsettled,
            error=error,
        )
