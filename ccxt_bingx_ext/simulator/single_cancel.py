"""Cancelling one order: what spot and swap share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from . import errors
from .calls import Call
from .errors import Refused
from .markets import Market
from .named import Named, submit
from .orders import Order, OrderBook
from .parameters import one_of
from .repeats import Submissions

RESTRICTIONS: Final = ("NEW", "PENDING", "PARTIALLY_FILLED")

Gone = Callable[[Named], Refused]
"""The refusal about an order that is not open, or does not exist."""


def restriction_of(params: Mapping[str, str]) -> str | None:
    """The only status in which the request wants the order to be cancelled, if it names one."""
    # The documented swap request writes ONLY_NEW where spot writes NEW.
    given = params.get("cancelRestrictions", "").removeprefix("ONLY_")
    return one_of({"cancelRestrictions": given}, "cancelRestrictions", RESTRICTIONS) if given else None


def cancel_one(
    book: OrderBook,
    submissions: Submissions,
    call: Call,
    market: Market,
    named: Named,
    gone: Gone,
    restriction: str | None = None,
) -> Order:
    """Submit and cancel the order. Raises `Refused` if it stays as it is."""
    submit(named, submissions, call, market)
    order = named.order
    if order is None or not order.is_open:
        raise gone(named)
    if restriction not in (None, order.status):
        raise errors.invalid(f"cancelRestrictions is {restriction}, but the order is {order.status}")
    call.raise_if_refused(order)
    return book.cancel(order.order_id)
