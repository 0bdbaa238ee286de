"""The history endpoints: which of an account's orders they list, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from .errors import invalid
from .orders import Order
from .parameters import parse_order_id, whole_number

DEFAULT_LIMIT: Final = 500
MAX_LIMIT: Final = 1000


def select(orders: Iterable[Order], params: Mapping[str, str]) -> list[Order]:
    """The orders that the times and the order id of a request select.

    Newest first. With ``orderId``: that order and later ones, oldest first.
    """
    first_id = parse_order_id(params["orderId"]) if params.get("orderId") else None
    since = whole_number(params, "startTime", 0)
    until = whole_number(params, "endTime", 2**63)
    selected = [
        order
        for order in orders
        if since <= order.created_ms <= until and (first_id is None or order.order_id >= first_id)
    ]
    return selected if first_id is not None else selected[::-1]


def limited(orders: list[Order], params: Mapping[str, str]) -> list[Order]:
    """At most ``limit`` of the orders."""
    limit = whole_number(params, "limit", DEFAULT_LIMIT)
    if not 1 <= limit <= MAX_LIMIT:
        raise invalid(f"limit is 1 to {MAX_LIMIT}")
    return orders[:limit]
