"""Cancelling all open orders at once: what spot and swap share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .calls import Call
from .errors import Refused
from .markets import Market
from .orders import Order, OrderBook
from .repeats import Submissions


@dataclass(frozen=True)
class CancelAllRules:
    """How cancelling all open orders behaves where only the exchange knows."""

    triggers: bool = True
    """Whether it cancels trigger orders, too. A request that names their ``type`` always does."""
    type_required: bool = False
    """Whether a linear request without ``type`` is refused."""

    def covers(self, order: Order, type: str = "") -> bool:
        """Whether a request for ``type``, or for every type, cancels the order."""
        wanted = order.type == type if type else self.triggers or not order.is_trigger
        return order.is_open and wanted


@dataclass(frozen=True)
class CancelledAll:
    cancelled: Sequence[Order]
    failed: Sequence[tuple[Order, Refused]]
    """The orders that stay open, and why."""

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(order.order_id for order in self.cancelled)


def cancel_all(
    book: OrderBook, submissions: Submissions, call: Call, market: Market, covered: Sequence[Order]
) -> CancelledAll:
    """Cancel the ``covered`` orders, except orders that a fault or the once-per-second rule refuses."""
    repeated = submissions.repeated_in_cancel_all(covered, call.arrived)
    refusals = call.refusals(covered) | dict.fromkeys(repeated, submissions.refusal(market))
    return CancelledAll(
        cancelled=[book.cancel(order.order_id) for order in covered if order.order_id not in refusals],
        failed=[(order, refusals[order.order_id]) for order in covered if order.order_id in refusals],
    )
