"""The truth about orders: what the exchange knows of each, and how a test places and ends them itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .cancel_all_after import Timers
from .markets import Market
from .orders import Order, OrderBook

_SYMBOLS: Final[Mapping[Market, str]] = {"spot": "BTC-USDT", "linear": "BTC-USDT", "inverse": "BTC-USD"}


class Truth:
    """The part of `Simulator` that reads and changes the order book without a request."""

    uid: str
    _timers: Timers
    _unsettled_book: OrderBook

    @property
    def _book(self) -> OrderBook:
        """The book, with everything in it that is due by the clock."""
        self._timers.settle()
        return self._unsettled_book

    def place(
        self,
        symbol: str | None = None,
        side: str = "BUY",
        price: str = "1",
        quantity: str = "1",
        client_order_id: str | None = None,
        uid: str | None = None,
        market: Market = "spot",
        type: str = "LIMIT",
        position_side: str = "BOTH",
    ) -> Order:
        """Put a resting order into the book, without a request and without checks.

        A ``type`` other than LIMIT is a trigger order. ``symbol`` defaults to BTC-USDT, and to BTC-USD in
        the inverse market. ``position_side`` is that of a swap order: BOTH, LONG or SHORT.
        """
        return self._book.place(
            uid=self.uid if uid is None else uid,
            symbol=_SYMBOLS[market] if symbol is None else symbol,
            side=side,
            type=type,
            status="PENDING" if type == "LIMIT" else "NEW",
            price=price,
            quantity=quantity,
            client_order_id=client_order_id or "",
            market=market,
            position_side="" if market == "spot" else position_side,
        )

    def fill(self, order_id: int | str, quantity: str | None = None) -> Order:
        """Fill an open order, completely or by ``quantity``."""
        return self._book.fill(int(order_id), quantity)

    def cancel(self, order_id: int | str) -> Order:
        """Cancel an open order without its owner."""
        return self._book.cancel(int(order_id))

    def fail(self, order_id: int | str) -> Order:
        """End an open order as FAILED."""
        return self._book.fail(int(order_id))

    def expire(self, order_id: int | str) -> Order:
        """End an open order as EXPIRED."""
        return self._book.expire(int(order_id))

    def order(self, order_id: int | str) -> Order:
        order = self._book.get(int(order_id))
        if order is None:
            raise LookupError(f"there is no order {order_id}")
        return order

    def order_by_client_id(
        self, client_order_id: str, uid: str | None = None, market: Market | None = None
    ) -> Order:
        """The order with this client order id, in any market or in ``market``."""
        owner = self.uid if uid is None else uid
        asked: tuple[Market, ...] = tuple(_SYMBOLS) if market is None else (market,)
        found = [self._book.by_client_id(owner, client_order_id, one) for one in asked]
        orders = [order for order in found if order]
        if len(orders) > 1:
            raise LookupError(f"{client_order_id!r} is an order in several markets: pass market=")
        if not orders:
            raise LookupError(f"there is no order {client_order_id!r}")
        return orders[0]

    def status(self, order_id: int | str) -> str:
        return self.order(order_id).status

    def orders(self) -> list[Order]:
        """Every order of every account, in the order of placing."""
        return list(self._book)
