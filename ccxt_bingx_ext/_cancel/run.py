"""One run: what a flow knows of the call that it carries out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ccxt.base.errors import BaseError

from .._bingx.endpoints import Endpoint
from .._bingx.limit_headers import WINDOW
from .._ids import Batch, OrderRef
from .commands import Cancel, FetchOrder
from .hosts import Hosts
from .ledger import Ledger, OrderReport
from .outcome import Order, Outcome


class Pauses(NamedTuple):
    """How long (s) a flow waits before it tries once more."""

    reconcile: float = 0.25  # before the first attempt to reconcile; each further pause is twice as long
    back_off: float = WINDOW  # after a refusal for the limit that names no time


class CancelContext(NamedTuple):
    """What a flow needs to know beside the batch.

    `method`: the one that the bot called, for messages. `endpoint`: where to cancel, with at most
    `batch_size` ids per request and `at_once` requests under way together. `max_wait`: s for which a flow may
    wait out a refusal for the limit. `resolve_attempts`, `resolve_timeout` (s): how often and how long it
    tries to reconcile an ambiguous request. `fallbacks`: hostnames to try if the first is unreachable.
    `build_order` makes the order structure of a report. `clock`: s.
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
    pauses: Pauses = Pauses()


class CancelRun:
    """A batch of one symbol, and what is known of it so far.

    `reconciled` holds the orders of ambiguous requests whose fate the flow has reconciled.
    """

    def __init__(self, batch: Batch, market_id: str, context: CancelContext) -> None:
        self.batch = batch
        self.market_id = market_id
        self.context = context
        self.ledger = Ledger(batch.refs, context.endpoint.schema)
        self.reconciled: list[OrderRef] = []

    def cancel(self, part: Batch) -> Cancel:
        """The command that cancels `part` of the batch."""
        endpoint = self.context.endpoint
        return Cancel(endpoint, endpoint.request(part, self.market_id))

    def fetch(self, ref: OrderRef) -> FetchOrder:
        """The command that queries one order."""
        endpoint = self.context.endpoint
        return FetchOrder(endpoint, endpoint.fetch_request(ref, self.market_id))

    def outcome(self, error: BaseError | None = None) -> Outcome:
        """What came of it."""
        build_order = self.context.build_order
        return Outcome(
            orders={ref: build_order(ref, report) for ref, report in self.ledger.known},
            strays=[build_order(None, stray) for stray in self.ledger.strays],
            unresolved=self.ledger.unsettled,
            error=error,
        )
