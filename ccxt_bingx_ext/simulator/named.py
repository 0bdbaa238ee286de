"""The ids that a request names, and what refuses them before the order handling does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from .calls import Call
from .errors import Refused
from .markets import Market
from .orders import Order
from .repeats import Submissions


@dataclass(frozen=True)
class Named:
    """An id of a request, and its order, if there is one."""

    name: str
    """The name of the parameter for one such id: orderId or a spelling of the client order id."""
    id: str
    order: Order | None
    refusal: Refused | None = None
    """Why the once-per-second rule or a fault refuses to cancel the order."""

    @property
    def is_cancelled(self) -> bool:
        """Whether the request cancels the order."""
        return self.order is not None and self.order.is_open and self.refusal is None


def refuse(
    named: Sequence[Named], submissions: Submissions, call: Call, market: Market, *, partial: bool
) -> list[Named]:
    """Let the once-per-second rule refuse some of the ids of a list, and then a fault.

    Raises `Refused` if that refuses the whole request. ``partial``: the request cancels what it can.
    """
    subjects = [submissions.subject(call.uid, market, one.order, one.id) for one in named]
    whole = submissions.refuses_whole(partial=partial)
    repeated = submissions.repeated(subjects, call.arrived, whole=whole)
    too_early = submissions.refusal(market)
    if repeated and whole:
        raise too_early
    refusals = call.refusals(one.order for one in named)
    return [
        replace(one, refusal=too_early if subject in repeated else _refusal(one, refusals))
        for one, subject in zip(named, subjects, strict=True)
    ]


def _refusal(named: Named, refusals: Mapping[int, Refused]) -> Refused | None:
    return refusals.get(named.order.order_id) if named.order else None


def submit(named: Named, submissions: Submissions, call: Call, market: Market) -> None:
    """Submit a single cancel. Raises `Refused` if it comes too early after another."""
    subject = submissions.subject(call.uid, market, named.order, named.id)
    if submissions.repeated([subject], call.arrived):
        raise submissions.refusal(market)
