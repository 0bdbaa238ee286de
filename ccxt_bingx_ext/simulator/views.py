"""The book as a look-up sees it: as it is, or as it was some time ago."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .orders import Order, OrderBook


@dataclass(frozen=True)
class View:
    """How a look-up sees the book."""

    stale: float = 0.0
    """The look-up sees the book as it was so many seconds ago."""
    unseen: float = 0.0
    """A query by id does not find an order for so many seconds after it was cancelled."""

    def queried(self, book: OrderBook, order: Order | None) -> Order | None:
        """An order as a query by id sees it. The query sees a new order as it was placed."""
        if order is None or (order.status == "CANCELED" and book.age(order) < self.unseen):
            return None
        return book.as_of(order, self.stale) or book.placed(order)

    def listed(self, book: OrderBook, orders: Iterable[Order]) -> list[Order]:
        """Orders as a list sees them. It does not see new orders yet."""
        return [seen for order in orders if (seen := book.as_of(order, self.stale))]
