"""What became of the orders asked for, and the exit code that says so. No I/O of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .. import ClientOrderId, is_gone
from .._bingx.vocabulary import spelled_out
from .ids import key_of, spelled

CANCELLED, NOT_CANCELLED, UNRESOLVED = 0, 1, 2

Order = dict[str, Any]


class Outcome(NamedTuple):
    """Together `orders` (order structures) and `unresolved` (may be live) speak of every id asked."""

    orders: list[Order]
    unresolved: list[str]
    error: BaseException | None = None

    @property
    def exit_code(self) -> int:
        """0 only where everything asked is cancelled."""
        if self.unresolved:
            return UNRESOLVED
        cancelled = all(order["status"] == "canceled" for order in self.orders)
        return CANCELLED if cancelled and self.error is None else NOT_CANCELLED

    @property
    def maybe_live(self) -> list[str]:
        """The ids of all orders that may be live: unresolved ones, and those in a state that is not final."""
        live = [order for order in self.orders if not is_gone(order)]
        named = [order["id"] or ClientOrderId(order["clientOrderId"] or "") for order in live]
        return [*filter(None, named), *self.unresolved]

    @property
    def why(self) -> str | None:
        """The error in words."""
        if self.error is None:
            return None
        return "interrupted" if isinstance(self.error, KeyboardInterrupt) else str(self.error)

    def document(self, symbol: str) -> dict[str, Any]:
        """For scripts."""
        named = ("id", "clientOrderId", "symbol", "status", "info")
        return {
            "symbol": symbol,
            "orders": [{name: _writable(order.get(name)) for name in named} for order in self.orders],
            "unresolved": [spelled(one) for one in self.unresolved],
            "error": None
            if self.error is None
            else {"class": type(self.error).__name__, "message": self.why},
        }


def cancel_in_parts(
    cancel: Callable[[list[str]], list[Order]],
    asked: Sequence[str],
    part_size: int,
    advance: Callable[[int], object],
) -> Outcome:
    """Hand `asked` to `cancel`, `part_size` at a time, and keep account of all of them.

    Whatever goes wrong, Ctrl-C among it, ends it: what is known by then is kept, and the rest is unresolved.
    `advance` is told how many ids have been dealt with.
    """
    orders: list[Order] = []
    error: BaseException | None = None
    try:
        for start in range(0, len(asked), part_size):
            part = list(asked[start : start + part_size])
            orders += cancel(part)
            advance(len(part))
    except (Exception, KeyboardInterrupt) as raised:
        error = raised
        orders += getattr(raised, "orders", ())
    # By what the orders say, not by what was raised or returned: silence about an id is no news of it.
    spoken_of = {(False, str(order["id"])) for order in orders if order["id"] is not None}
    spoken_of |= {(True, str(one)) for order in orders if (one := order["clientOrderId"]) is not None}
    spoken_of -= {key_of(one) for one in getattr(error, "unresolved", ())}
    return Outcome(orders, [one for one in asked if key_of(one) not in spoken_of], error)


def _writable(value: Any) -> Any:
    """`value`, if JSON can be written of it: an odd answer must not keep back what became of the orders."""
    try:
        json.dumps(value, default=str)
    except RecursionError:
        return "nested too deeply to show it"
    return value


def words_of(order: Order) -> str:
    """What the exchange itself said of `order`."""
    info = order["info"]
    if not isinstance(info, dict):
        return spelled_out(info)
    said = (info.get(name) for name in ("error", "errorMessage", "status"))
    return next((spelled_out(one) for one in said if one), "")


def row_of(one: str) -> tuple[str, str]:
    """An id in the columns of order ids and client order ids."""
    return ("", str(one)) if isinstance(one, ClientOrderId) else (one, "")
