"""How the cancels behave where the documentation is silent: the settings of `Simulator` for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from . import errors
from .orders import Order

FailsKey = Literal["orderId", "clientOrderID", "clientOrderId", "text"]
MixedIds = Literal["union", "order_ids_only", "client_ids_only"]
EmptyLists = Literal["documented", "absent", "null", "empty"]
FailedKey = Literal["clientOrderId", "clientOrderID", "orderId", "text", "none"]


@dataclass(frozen=True)
class SpotRules:
    """How the endpoint behaves where nobody outside the exchange knows how it does."""

    fails_key: FailsKey = "clientOrderID"
    """How a failed client order id is keyed in ``fails``; "text": named in the error text only."""
    mixed_ids: MixedIds = "union"
    """Whether client order ids count when order ids are given in the same request."""
    empty_lists: EmptyLists = "documented"
    """How an empty list is written; "documented": ``orders`` null, ``fails`` left out."""
    not_found_code: int = errors.INVALID_PARAMETER
    """The code that refuses a whole request (``process=0``) for an id that is not found."""
    max_ids: int | None = None
    """Refuse requests that name more ids than this."""


@dataclass(frozen=True)
class SwapRules:
    """How the swap endpoints behave where nobody outside the exchange knows how they do."""

    not_found_code: int = errors.SWAP_ORDER_NOT_FOUND
    """The code for an order that is unknown or was cancelled before."""
    failed_key: FailedKey = "clientOrderId"
    """How a failed client order id is keyed in ``failed``; "text": named in the error text only; "none":
    not named at all."""
    mixed_ids: MixedIds = "union"
    """Whether client order ids count when order ids are given in the same request."""
    empty_lists: EmptyLists = "documented"
    """How an empty list is written; "documented": null."""
    max_ids: int = 10
    """Requests that name more ids than this, of both kinds together, are refused."""

    def why_not(self, order: Order | None) -> tuple[int, str] | None:
        """The error for an order that cannot be cancelled. It does not tell a cancelled one from an
        unknown one."""
        if order is None or order.status in ("CANCELED", "FAILED"):
            return self.not_found_code, errors.ORDER_NOT_FOUND_TEXT
        if order.status == "FILLED":
            return errors.SWAP_ORDER_FILLED, errors.ORDER_FILLED_TEXT
        return None
