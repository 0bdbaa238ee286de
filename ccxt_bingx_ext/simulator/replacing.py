"""Replacing an order by a new one: what spot and linear swap share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from .calls import Call
from .errors import Refused
from .named import Named
from .orders import Order
from .parameters import one_of
from .rules import ReplaceStopped

STOP: Final = "STOP_ON_FAILURE"
ALLOW: Final = "ALLOW_FAILURE"
OLD_CLIENT_ID_NAMES: Final = ("cancelClientOrderID", "cancelClientOrderId")


@dataclass(frozen=True)
class Replacement:
    """The outcome: whether the old order was cancelled, and the new order placed."""

    old: Named
    """The old order as it was before."""
    cancelled: Order | None
    not_cancelled: Refused | None
    placed: Order | None
    not_placed: Refused | None
    """None without a placed order: the failed cancel stopped the request."""

    @property
    def cancelled_ids(self) -> tuple[int, ...]:
        return (self.cancelled.order_id,) if self.cancelled else ()


def mode_of(params: Mapping[str, str]) -> str:
    """Whether the new order is placed even if the old one cannot be cancelled."""
    return one_of(params, "cancelReplaceMode", (STOP, ALLOW))


def replace(
    call: Call,
    old: Named,
    cancel: Callable[[Named], Order],
    place: Callable[[], Order],
    mode: str,
    stopped: ReplaceStopped,
) -> Replacement:
    """Cancel the old order, then place the new one, if the first succeeds or may fail."""
    cancelled, not_cancelled = _attempt(lambda: cancel(old))
    if not_cancelled and mode == STOP:
        if stopped == "refused":
            raise not_cancelled
        return Replacement(old, None, not_cancelled, None, None)
    placed, not_placed = (None, call.new_refusal) if call.new_refusal else (place(), None)
    return Replacement(old, cancelled, not_cancelled, placed, not_placed)


def _attempt(cancel: Callable[[], Order]) -> tuple[Order | None, Refused | None]:
    try:
        return cancel(), None
    except Refused as refused:
        return None, refused
