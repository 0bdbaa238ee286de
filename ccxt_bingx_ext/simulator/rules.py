"""How cancels behave where the documentation is silent. `Simulator` takes these as settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from . import errors
from .errors import Refused
from .markets import SwapMarket
from .named import Named
from .orders import Order
from .wording import Wording

FailsKey = Literal["orderId", "clientOrderID", "clientOrderId", "text"]
MixedIds = Literal["union", "order_ids_only", "client_ids_only"]
ReplaceStopped = Literal["zero", "refused"]
EmptyLists = Literal["documented", "absent", "null", "empty"]
InverseCancelId = Literal["clientOrderId", "either"]
FailedKey = Literal["clientOrderId", "clientOrderID", "orderId", "text", "none"]


@dataclass(frozen=True)
class SpotRules:
    """How the spot endpoints behave where only the exchange knows."""

    fails_key: FailsKey = "clientOrderID"
    """The key of a failed client order id in ``fails``. "text": only the error text names the id."""
    mixed_ids: MixedIds = "union"
    """Which ids count if a request names both order ids and client order ids."""
    empty_lists: EmptyLists = "documented"
    """How the response writes an empty list. "documented": ``orders`` is null, ``fails`` is absent."""
    not_found_code: int = errors.INVALID_PARAMETER
    """The code that refuses a whole request (``process=0``) because of an unknown id."""
    max_ids: int | None = None
    """The exchange refuses requests that name more ids."""
    process_ignored: frozenset[str] = frozenset()
    """The forms ("json", "query", "form") in which the exchange ignores ``process``, as if it were 0."""
    wording: Wording = field(default_factory=lambda: Wording("documented"))
    """The words of refusals."""
    replace_stopped: ReplaceStopped = "zero"
    """How a replacement responds that a failed cancel stopped: with two orders of zeros, or as a refusal."""

    def lists(self, data: dict[str, list[Any]]) -> dict[str, list[Any] | None]:
        """The lists of a response, with the empty ones as the exchange writes them."""
        written: dict[str, list[Any] | None] = {}
        for key, entries in data.items():
            if entries or self.empty_lists == "empty":
                written[key] = entries
            elif self.empty_lists == "null" or (self.empty_lists == "documented" and key != "fails"):
                written[key] = None
        return written

    def gone(self, named: Named, symbol: str, documented: Refused | None = None) -> Refused:
        """The refusal about an order that is not open, or does not exist.

        ``documented``: the words of a list; without it those of a request about one order.
        """
        return self.wording.gone(documented or _about_one(named.order), named, "spot", symbol)


def _about_one(order: Order | None) -> Refused:
    if order is None:
        return Refused(errors.NOT_FOUND, errors.ORDER_NOT_FOUND_TEXT)
    text = errors.final_state_text("orderId", str(order.order_id), order.status)
    return Refused(errors.INVALID_PARAMETER, text)


@dataclass(frozen=True)
class SwapRules:
    """How the swap endpoints behave where only the exchange knows."""

    not_found_code: int = errors.SWAP_ORDER_NOT_FOUND
    """The code for an order that is unknown, or was cancelled before."""
    failed_key: FailedKey = "clientOrderId"
    """The key of a failed client order id in ``failed``. "text": only the error text names the id. "none":
    the entry does not name the id."""
    mixed_ids: MixedIds = "union"
    """Which ids count if a request names both order ids and client order ids."""
    empty_lists: EmptyLists = "documented"
    """How the response writes an empty list. "documented": null."""
    max_ids: int = 10
    """The exchange refuses requests that name more ids, of both kinds together."""
    inverse_cancel_id: InverseCancelId = "clientOrderId"
    """How the cancel of an inverse order names a client order id. "either": ``clientOrderID`` works too."""
    inverse_cancel_flat: bool = False
    """Whether the response to cancelling an inverse order holds the order as ``data``, not ``data.order``."""
    forgets_triggers: bool = True
    """Whether the query by id does not find trigger orders that are over. The history has them."""
    replace_stopped: ReplaceStopped = "zero"
    """How a replacement responds that a failed cancel stopped: with two orders of zeros, or as a refusal."""
    wording: Wording = field(default_factory=lambda: Wording("documented"))
    """The words of refusals."""

    def lists(self, data: dict[str, list[Any]]) -> dict[str, list[Any] | None]:
        """The lists of a response, with the empty ones as the exchange writes them."""
        if self.empty_lists == "absent":
            return {key: entries for key, entries in data.items() if entries}
        return {
            key: entries or ([] if self.empty_lists == "empty" else None) for key, entries in data.items()
        }

    def gone(self, named: Named, market: SwapMarket, symbol: str) -> Refused:
        """The refusal about an order that is not open: the same for a cancelled and an unknown order."""
        documented = Refused(self.not_found_code, errors.ORDER_NOT_FOUND_TEXT)
        if named.order is not None and named.order.status == "FILLED":
            documented = Refused(errors.SWAP_ORDER_FILLED, errors.ORDER_FILLED_TEXT)
        return self.wording.gone(documented, named, market, symbol)
