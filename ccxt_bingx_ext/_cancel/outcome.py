"""What came of a call: a value inside, order structures or an exception at the edge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

from ccxt.base.errors import BaseError, OrderNotFound

from .._ids import OrderRef, SymbolRef
from .._redact import redact_chain
from .failures import is_ambiguous

Order: TypeAlias = dict[str, Any]
Ref: TypeAlias = OrderRef | SymbolRef

UNKNOWN_OUTCOME = "the outcome is unknown: orders in .unresolved may still be live"


class Outcome(NamedTuple):
    """What came of a call: every ref stands either in `orders` or in `unresolved`.

    `orders`: order structures in asking order. `strays`: those of entries that match no id of the call.
    `unresolved`: orders that may still be live, sent or not. `error`: why not everything was settled.
    """

    orders: Mapping[Any, Order]  # by OrderRef, or by SymbolRef
    strays: Sequence[Order]
    unresolved: Sequence[Ref]
    error: BaseError | None = None

    @property
    def structures(self) -> list[Order]:
        """The order structures as callers get them: in asking order, strays at the end."""
        return [*self.orders.values(), *self.strays]


def conclude(outcome: Outcome) -> list[Order]:
    """The order structures of `outcome`, or its error, raised with ``orders`` and ``unresolved``."""
    error = outcome.error
    if error is None:
        return outcome.structures
    if is_ambiguous(error):
        add_to_message(error, UNKNOWN_OUTCOME)
    redact_chain(error)
    attach_outcome(error, outcome.structures, [ref.public for ref in outcome.unresolved])
    raise error


def most_severe(errors: Sequence[BaseError]) -> BaseError:
    """The most severe error: an unknown outcome outranks a refusal.

    ``OrderNotFound`` ranks last, because it tells a bot that the order is gone.
    """
    return min(errors, key=lambda one: (not is_ambiguous(one), isinstance(one, OrderNotFound)))


def add_to_message(error: BaseError, remark: str) -> None:
    """Append `remark` to the message of `error`, which stays the same object and class."""
    error.args = (f"{error} - {remark}",)


def attach_outcome(error: BaseError, orders: Sequence[Mapping[str, Any]], unresolved: Sequence[Any]) -> None:
    """Put on `error` what is known (``orders``) and what may still be live (``unresolved``)."""
    error.orders = list(orders)
    error.unresolved = list(unresolved)


def bare_message(error: BaseError, *prefixes: str) -> str:
    """The message of `error` without the first of `prefixes`, or ccxt's own prefix, that it begins with."""
    text = str(error)
    begins = next((one for one in (*prefixes, "bingx") if text.startswith(f"{one} ")), None)
    return text if begins is None else text[len(begins) + 1 :]


@contextmanager
def unresolved_on_error(unresolved: Sequence[Any], method: str | None = None) -> Iterator[None]:
    """Give every ccxt error that leaves the block the two lists, and no signature.

    An error without lists gets all of `unresolved`. With `method`, every message begins with it.
    """
    try:
        yield
    except BaseError as error:
        if method is not None:
            error.args = (f"{method} {bare_message(error, method)}",)
        redact_chain(error)
        if not hasattr(error, "unresolved"):
            attach_outcome(error, [], unresolved)
        raise
