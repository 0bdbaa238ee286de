"""The same order is accepted for cancelling at most once per second. Pure: it has no clock of its own."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from . import errors
from .errors import Refused
from .markets import Market
from .orders import Order

RepeatedInBatch = Literal["entry", "whole"]

_REFUSALS: Final[dict[Market, Refused]] = {
    "spot": Refused(errors.INVALID_PARAMETER, errors.SPOT_ONCE_PER_SECOND_TEXT),
    "linear": Refused(errors.SWAP_ONCE_PER_SECOND, errors.SWAP_ONCE_PER_SECOND_TEXT),
    "inverse": Refused(errors.SWAP_ONCE_PER_SECOND, errors.SWAP_ONCE_PER_SECOND_TEXT),
}


@dataclass(frozen=True)
class RepeatRule:
    """How the once-per-second rule behaves where only the exchange knows."""

    seconds: float | None = 1.0
    """How long an accepted submission blocks the next one. None switches the rule off."""
    in_batch: RepeatedInBatch = "entry"
    """Spot with ``process=1`` and the linear batch: a repeated order is a failed entry, or refuses the whole
    request. A spot batch with ``process=0`` is always refused as a whole."""
    unknown_ids: bool = True
    """Whether the rule also counts ids that name no order."""
    in_cancel_all: bool = False
    """Whether cancelling all open orders submits each of them. A repeated one then stays open."""


class Submissions:
    """The cancels that reached order handling, by order. One order has one history, whichever id names it.

    The rule goes by the time at which a request arrived, like the rate limit. A refused submission does not
    count as one.
    """

    def __init__(self, rule: RepeatRule) -> None:
        self._rule = rule
        self._arrived: dict[Hashable, list[float]] = {}
        self.refused: list[str] = []
        """The order ids, or unknown ids, of the submissions that were refused because they came too early."""

    def subject(self, uid: str, market: Market, order: Order | None, id: int | str) -> Hashable | None:
        """The order that the rule counts, or an id that no order has. None: the rule counts neither."""
        if order is not None:
            return order.order_id
        return (uid, market, str(id)) if self._rule.unknown_ids else None

    def repeated(
        self, subjects: Iterable[Hashable | None], arrived: float, *, whole: bool = False
    ) -> set[Hashable]:
        """Submit the subjects of one request. Returns the subjects that the rule refuses as repeated.

        If a subject is repeated, ``whole`` refuses the request. The request then submits no other subject.
        """
        seconds = self._rule.seconds
        if seconds is None:
            return set()
        counted = {one for one in subjects if one is not None}
        repeated = {
            one for one in counted if any(abs(arrived - at) < seconds for at in self._arrived.get(one, ()))
        }
        self.refused += [str(one[-1] if isinstance(one, tuple) else one) for one in repeated]
        for one in set() if whole and repeated else counted - repeated:
            self._arrived.setdefault(one, []).append(arrived)
        return repeated

    def repeated_in_cancel_all(self, orders: Iterable[Order], arrived: float) -> set[Hashable]:
        """The ids of the orders that cancelling all open orders must leave open."""
        if not self._rule.in_cancel_all:
            return set()
        return self.repeated((order.order_id for order in orders), arrived)

    def refuses_whole(self, *, partial: bool) -> bool:
        """Whether a repeated order refuses the whole batch."""
        return not partial or self._rule.in_batch == "whole"

    @staticmethod
    def refusal(market: Market) -> Refused:
        return _REFUSALS[market]
