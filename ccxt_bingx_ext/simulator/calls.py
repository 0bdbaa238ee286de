"""The call that an endpoint receives, and the result that it returns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import Refused
from .orders import Order
from .views import View


@dataclass(frozen=True)
class CancelRefusal:
    """A refusal to cancel some open orders, with its ``words``.

    It applies to the orders in ``ids`` (order ids or client order ids), or without ``ids`` to the last
    ``fraction`` of the orders.
    """

    words: Refused
    ids: frozenset[str]
    fraction: float

    def order_ids(self, open_orders: Iterable[Order]) -> frozenset[int]:
        """The ids of the ``open_orders`` that stay open."""
        if self.ids:
            return frozenset(
                one.order_id for one in open_orders if self.ids & {str(one.order_id), one.client_order_id}
            )
        order_ids = [*dict.fromkeys(one.order_id for one in open_orders)]
        return frozenset(order_ids[len(order_ids) - math.ceil(len(order_ids) * self.fraction) :])


@dataclass(frozen=True)
class Call:
    """An accepted request: the account, the parameters, what a fault does to it, and when it arrived."""

    uid: str
    params: Mapping[str, str]
    refusal: CancelRefusal | None = None
    new_refusal: Refused | None = None
    """Why the new order of a replacement is refused after the cancel."""
    arrived: float = 0.0
    """`time.perf_counter` when the request arrived."""
    form: str = "query"
    """The form in which the parameters came."""
    number: int = 0
    """The number of the request in the log."""
    path: str = ""
    view: View = field(default_factory=View)
    """The book as a look-up sees it."""

    def refusals(self, orders: Iterable[Order | None]) -> dict[int, Refused]:
        """The refusals by order id, for the open orders among ``orders``."""
        if self.refusal is None:
            return {}
        refused = self.refusal.order_ids(one for one in orders if one and one.is_open)
        return dict.fromkeys(refused, self.refusal.words)

    def raise_if_refused(self, order: Order) -> None:
        """Raise the refusal to cancel the open ``order``, if there is one."""
        if refusal := self.refusals([order]).get(order.order_id):
            raise refusal


@dataclass(frozen=True)
class Result:
    """The ``data`` of the response, and the ids of the orders that the call cancelled."""

    data: Any
    cancelled: tuple[int, ...] = ()
    bare: bool = False
    """Whether the response is ``data`` itself, without a code around it."""
    refused: Refused | None = None
    """The refusal that is the response, although the call changed orders."""
