"""Which orders: the values that every module passes on. No I/O, no exchange object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple


class ClientOrderId(str):
    """A client order id. It equals the plain string; its type distinguishes it from an order id.

    `cancel_orders` accepts such an id among `ids` and cancels by client order id, so that you can pass an
    error's ``unresolved`` back as it is.
    """

    __slots__ = ()


class OrderRef(NamedTuple):
    """One order as the caller named it. `field` is the order structure's name for the id."""

    field: str  # "id" or "clientOrderId"
    value: str

    @property
    def public(self) -> str:
        """The id as callers see it in ``unresolved``."""
        return self.value if self.field == "id" else ClientOrderId(self.value)


class SymbolRef(NamedTuple):
    """One order of one symbol, where a call names several symbols."""

    symbol: str
    ref: OrderRef

    @property
    def public(self) -> dict[str, str]:
        """The entry as callers see it in ``unresolved``."""
        return {self.ref.field: self.ref.value, "symbol": self.symbol}


class Batch(NamedTuple):
    """Distinct orders of one symbol in asking order (order ids first), and how to cancel them.

    `process` is 0, 1 or None (not sent; the exchange's default is 0). `extra` holds the caller's further
    parameters, as they will be sent.
    """

    refs: tuple[OrderRef, ...]
    process: int | None = None
    extra: tuple[tuple[str, Any], ...] = ()

    @property
    def all_or_nothing(self) -> bool:
        """Whether one invalid id makes the exchange refuse the whole request (``process`` 0)."""
        return self.process != 1

    def parts(self, size: int) -> Iterator[Batch]:
        """The batches to send: of at most `size` ids each, or a single one if it is all or nothing."""
        step = len(self.refs) if self.all_or_nothing else size
        for start in range(0, len(self.refs), max(step, 1)):
            yield self._replace(refs=self.refs[start : start + step])

    def again(self, refs: Sequence[OrderRef]) -> Batch:
        """A batch that cancels `refs` once more, each id on its own merits (``process`` 1)."""
        return self._replace(refs=tuple(refs), process=1)
