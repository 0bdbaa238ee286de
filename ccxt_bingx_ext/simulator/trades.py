"""The trades of an account: which of them the history endpoints list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from .orders import Fill
from .parameters import parse_order_id, whole_number
from .quotes import limit_of

DEFAULT_LIMIT: Final = 500
MAX_LIMIT: Final = 1000


def select(fills: Iterable[Fill], params: Mapping[str, str], suffix: Literal["Time", "Ts"]) -> list[Fill]:
    """The newest trades that a request selects, oldest first.

    ``suffix``: how the names of its first and last time end.
    """
    since = whole_number(params, "start" + suffix, 0)
    until = whole_number(params, "end" + suffix, 2**63)
    order_id = parse_order_id(params["orderId"]) if params.get("orderId") else None
    limit = limit_of(params, DEFAULT_LIMIT, MAX_LIMIT)
    return [
        fill
        for fill in fills
        if since <= fill.order.updated_ms <= until and order_id in (None, fill.order.order_id)
    ][-limit:]
