"""Order events: what spot and linear share."""

from __future__ import annotations

from .orders import Fill, Order


def execution_type(order: Order, fill: Fill | None) -> str:
    """The type of an event. No source names the type of an end other than CANCELED."""
    if fill:
        return "TRADE"
    return "NEW" if order.is_open else order.status
