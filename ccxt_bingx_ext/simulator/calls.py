"""What an endpoint is called with, and what comes of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import Refused
from .orders import Order


@dataclass(frozen=True)
class CancelRefusal:
    """Open orders that a cancel leaves alone, and the ``code`` and ``text`` with which it does.

    Meant are the orders of `ids` (order ids or client order ids), or else the last `fraction` of them.
    """

    code: int
    text: str
    ids: frozenset[str]
    fraction: float

    def order_ids(self, open_orders: Iterable[Order]) -> frozenset[int]:
        """The ids of those of `open_orders` that are left alone."""
        if self.ids:
            return frozenset(
                one.order_id for one in open_orders if self.ids & {str(one.order_id), one.client_order_id}
            )
        order_ids = [*dict.fromkeys(one.order_id for one in open_orders)]
        return frozenset(order_ids[len(order_ids) - math.ceil(len(order_ids) * self.fraction) :])


@dataclass(frozen=True)
class Call:
    """A request that may be carried out: by whom, with which parameters; and what it will not cancel."""

    uid: str
    params: Mapping[str, str]
    refusal: CancelRefusal | None = None

    def refusals(self, orders: Iterable[Order | None]) -> dict[int, Refused]:
        """Why those of `orders` that are open are not cancelled all the same, by order id."""
        if self.refusal is None:
            return {}
        refused = self.refusal.order_ids(one for one in orders if one and one.is_open)
        return dict.fromkeys(refused, Refused(self.refusal.code, self.refusal.text))

    def raise_if_refused(self, order: Order) -> None:
        """Raise what refuses to cancel an open `order`, if anything does."""
        if refusal := self.refusals([order]).get(order.order_id):
            raise refusal


@dataclass(frozen=True)
class Result:
    """What carrying it out came to: the answer's ``data``, and the orders it cancelled."""

    data: Any
    cancelled: tuple[int, ...] = ()
    bare: bool = False
    """The answer is ``data`` itself, without a code around it."""
