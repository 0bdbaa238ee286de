"""One run: what a flow knows of the call that it carries out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from types import MappingProxyType
from typing import NamedTuple

from ccxt.base.errors import BaseError

from .._bingx.endpoints import Endpoint
from .._bingx.limit_headers import WINDOW
from .._ids import Batch, OrderRef
from .commands import Cancel, FetchHistory, FetchOpenOrders, FetchOrder, Sleep, Steps
from .events import note_ambiguous, note_omitted, note_settled, note_unsettled, values_of
from .failures import out_of_time
from .forms import RequestForm
from .hosts import Hosts
from .ledger import Ledger, OrderReport
from .matching import client_id_of, names_of
from .outcome import Order, Outcome
from .spacing import Spacing


class Pauses(NamedTuple):
    """How long (s) a flow waits before it tries once more."""

    reconcile: float = 0.25  # before the first attempt to reconcile; each further pause is twice as long
    back_off: float = WINDOW  # after a refusal for the limit that names no time
    same_order: float = 1.05  # between two cancels of one order: the exchange's second, and a margin
    lag: float = 1.0  # for so long after a cancel, a query may find the order open as it was before (live)


class CancelContext(NamedTuple):
    """What a flow needs to know beside the batch.

    `method`: the one that the bot called, for messages. `endpoint`: where to cancel, with at most
    `batch_size` ids per request and `at_once` requests under way together. `max_wait`: s for which a flow may
    wait out a refusal for the limit. `resolve_attempts`, `resolve_timeout` (s): how often and how long it
    tries to reconcile an ambiguous request. `fallbacks`: hostnames to try if the first is unreachable.
    `build_order` makes the order structure of a report. `clock`: s. `form`: which form of the request works;
    None if the endpoint has one form, or the options name it. `spacing`: when each order may be submitted.
    `queried_meanwhile`: so few orders are queried while the exchange would not accept their cancel again.
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
    pauses: Pauses = Pauses()
    queried_meanwhile: int = 5


class CancelRun:
    """A batch of one symbol, and what is known of it so far.

    `reconciled` holds the orders of ambiguous requests whose fate the flow has reconciled. `not_found` holds
    those that one query did not find, `missing` those that two did not find, `live` what a query found open
    after the exchange had refused the list for good, `refused` those whose ids the exchange refuses to take.
    `gone` holds the refusals of single orders as gone. `inferred` holds those that were cancelled by a client
    order id, and of which another id or the history tells: an open order may have the client order id, too.
    `failure`: an ambiguous one, of a single order. `ban`: why no further query was possible. `list_refused`:
    the exchange refused a ``process`` 1 list as if it were all or nothing. `too_many`: so many ids the
    exchange does not accept in one request.

    `also_known_as`: under which id to query an order, if not under the one by which it is cancelled.
    `repeats`: whether an order that is found open may be cancelled again.
    `joins`: whether a batch of several calls may submit the one order of this run, once.
    `deadline`: after this time (s on the flow's clock) nothing more begins; `begin_to_resolve` sets it.
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
        self.not_found: set[OrderRef] = set()  # by one query; a second look has to agree
        self.missing: set[OrderRef] = set()  # by two looks
        self.live: dict[OrderRef, OrderReport] = {}  # by a query after the exchange refused them for good
        self.splits = 0  # requests that refused lists cost in addition
        self.refused: dict[OrderRef, BaseError] = {}  # orders that the exchange refuses to take at all
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
        self._doubtful: dict[OrderRef, None] = {}  # the log has that their outcome is unknown

    def take_over(self, other: CancelRun, ref: OrderRef) -> None:
        """Go on with `ref` from where `other`, a run of several orders, has brought it."""
        report = other.ledger.said(ref)
        if report is not None:
            self.ledger.enter(ref, report)
        self.not_found |= other.not_found & {ref}
        self.missing |= other.missing & {ref}
        self.deadline = min(self.deadline, other.deadline)
        self._doubtful.update(dict.fromkeys(other._doubtful.keys() & {ref}))
        if ref in other._submitted_at:
            self._submitted_at[ref] = other._submitted_at[ref]

    def cancel(self, part: Batch) -> Cancel:
        """The command that cancels `part` of the batch."""
        endpoint = self.context.endpoint
        request = endpoint.request(part, self.market_id)
        return Cancel(endpoint, request, give_up=self.deadline, refs=part.refs)

    def give_up(self) -> float:
        """Until when (s on the flow's clock) an attempt to resolve that begins now may go on."""
        return min(self.deadline, self.context.clock() + self.context.resolve_timeout)

    def begin_to_resolve(self) -> None:
        """From now on, the whole run may take no longer than `resolve_timeout`."""
        self.deadline = self.give_up()

    def queried(self, ref: OrderRef) -> OrderRef:
        """The id by which to query the order of `ref`."""
        return self.also_known_as.get(ref, ref)

    def belies(self, ref: OrderRef, found: OrderReport) -> bool:
        """Whether the query by another id `found` an order that does not have the client order id `ref`."""
        client_id = client_id_of(found.entry)
        if self.queried(ref) == ref or client_id is None:
            return False
        spelt = self.context.endpoint.schema.spelt
        return spelt(OrderRef(ref.field, client_id)) != spelt(ref)

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
        if new := self._note_doubt(refs):
            note_ambiguous(*self._about, values_of(new), failure)

    def note_omitted(self, refs: Sequence[OrderRef]) -> None:
        """Log that a response omits `refs`, once for each."""
        if new := self._note_doubt(refs):
            note_omitted(*self._about, values_of(new))

    def _note_doubt(self, refs: Sequence[OrderRef]) -> list[OrderRef]:
        new = [ref for ref in refs if ref not in self._doubtful]
        self._doubtful.update(dict.fromkeys(new))
        return new

    @property
    def _about(self) -> tuple[str, str, str]:
        return self.context.method, self.context.endpoint.route, self.market_id

    def _report(self) -> None:
        """Log what became of the orders whose outcome was unknown."""
        if self._doubtful:
            settled = {ref: report.status for ref, report in self.ledger.known if ref in self._doubtful}
            unsettled = [ref for ref in self._doubtful if ref not in settled]
            if settled:
                note_settled(*self._about, values_of(settled), [*settled.values()])
            if unsettled:
                note_unsettled(*self._about, values_of(unsettled))
            self._doubtful.clear()

    def wait_for_turn(self, refs: Sequence[OrderRef]) -> Steps:
        """Wait until the exchange accepts a cancel of `refs` again.

        The caller has to `end_turn`, whatever ends the wait: an interrupt may come as soon as `refs` are
        reserved.
        """
        names, reserved = self._names_of_orders(refs), False
        while not reserved:
            now = self.context.clock()
            seconds, reserved = self.context.spacing.reserve(names, now, self)
            if now + seconds > self.deadline:
                raise out_of_time(self.context.method)
            if seconds:
                yield Sleep(seconds)

    def note_submission(self, at: float) -> None:
        """The request for all open orders, which was over `at` (s on the flow's clock), submitted these."""
        context, refs = self.context, self.batch.refs
        self._submitted_at.update(dict.fromkeys(refs, at))
        context.spacing.submitted(self._names_of_orders(refs), at + context.pauses.same_order)

    def end_turn(self, refs: Sequence[OrderRef], *, submitted: bool) -> None:
        """The cancel of `refs` is over. `submitted`: the exchange may have handled the orders."""
        context, now = self.context, self.context.clock()
        if submitted:
            self._submitted_at.update(dict.fromkeys(refs, now))
        free_at = now + context.pauses.same_order if submitted else None
        context.spacing.release(self._names_of_orders(refs), free_at, self)

    def rest_of_lag(self, ref: OrderRef) -> float:
        """For how many s more a query may find `ref` open, although a cancel of this call has ended it."""
        submitted_at = self._submitted_at.get(ref)
        if submitted_at is None:
            return 0.0
        return max(0.0, submitted_at + self.context.pauses.lag - self.context.clock())

    def read(self, response: object, refs: Sequence[OrderRef]) -> list[OrderReport]:
        """Enter the `response` to a cancel of `refs` into the ledger, and return its reports.

        Orders that reports know by both ids count as one order each for the spacing. Raises
        `UnexpectedResponse`; then nothing has been entered.
        """
        reports = self.ledger.read(response, refs)
        self.inferred.difference_update(ref for ref in refs if self.ledger.is_final(ref))
        for ref, name in zip(refs, self._names_of_orders(refs), strict=True):
            report = self.ledger.said(ref)
            names = names_of(report.entry) if report is not None else ()
            if name in names:
                self.context.spacing.link(name, names)
        return reports

    def _names_of_orders(self, refs: Sequence[OrderRef]) -> list[OrderRef]:
        """`refs` as the exchange spells them: in either case they name the same orders."""
        return [self.context.endpoint.schema.spelt(ref) for ref in refs]

    def outcome(self, error: BaseError | None = None) -> Outcome:
        """What came of it."""
        self._report()
        build_order = self.context.build_order
        return Outcome(
            orders={ref: build_order(ref, report) for ref, report in self.ledger.known},
            strays=[build_order(None, stray) for stray in self.ledger.strays],
            unresolved=self.ledger.unsettled,
            error=error,
        )
