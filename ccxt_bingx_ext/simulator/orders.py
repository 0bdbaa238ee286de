"""The order book: the truth about every order. Pure, apart from the clock that it receives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Final, Literal, cast

from .markets import Market

Status = Literal["NEW", "PENDING", "PARTIALLY_FILLED", "FILLED", "CANCELED", "FAILED", "EXPIRED"]

OPEN_STATUSES: Final[frozenset[str]] = frozenset({"NEW", "PENDING", "PARTIALLY_FILLED"})
CLIENT_ID_LIFETIME_MS: Final = 2 * 60 * 60 * 1000


@dataclass(frozen=True)
class Order:
    """A snapshot of an order, which never changes. Amounts are decimal strings."""

    order_id: int
    client_order_id: str
    uid: str
    symbol: str
    side: str
    type: str
    price: str
    stop_price: str
    quantity: str
    quote_quantity: str
    executed: str
    cost: str
    status: Status
    created_ms: int
    updated_ms: int
    market: Market = "spot"
    position_side: str = ""
    """LONG, SHORT or BOTH. Empty for a spot order."""
    reduce_only: bool = False
    """Whether a linear order with BOTH may close a position, but not open one."""

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def is_trigger(self) -> bool:
        """Whether it waits for a price before it becomes a limit or market order."""
        return self.type not in ("LIMIT", "MARKET")

    @property
    def average(self) -> str:
        executed = Decimal(self.executed)
        if not executed:
            return "0"
        with localcontext() as context:
            context.prec = 18
            return plain(Decimal(self.cost) / executed)


@dataclass(frozen=True)
class Fill:
    """A trade of an order. It has no other side, because the simulator matches no orders."""

    trade_id: int
    order: Order
    """The order after the trade."""
    quantity: str
    price: str

    @property
    def cost(self) -> Decimal:
        return Decimal(self.quantity) * Decimal(self.price)

    @property
    def signed_quantity(self) -> Decimal:
        """The change of the account's base coins: negative for a sell."""
        return Decimal(self.quantity) if self.order.side == "BUY" else -Decimal(self.quantity)


NO_ORDER: Final = Order(
    order_id=0,
    client_order_id="",
    uid="",
    symbol="",
    side="",
    type="",
    price="0",
    stop_price="0",
    quantity="0",
    quote_quantity="0",
    executed="0",
    cost="0",
    status=cast(Status, ""),
    created_ms=0,
    updated_ms=0,
)
"""The object of zeros that the exchange sends in place of an order that does not exist."""


def plain(value: Decimal | str) -> str:
    """Write a decimal as the exchange does: without exponent or trailing zeros."""
    text = f"{Decimal(value):f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def number(decimal: str) -> int | float:
    """A decimal as a JSON number: some endpoints write numbers where others write strings."""
    value = Decimal(decimal)
    return int(value) if value == value.to_integral_value() else float(value)


_CASE_KEPT: tuple[Market, ...] = ("spot",)


class OrderBook:
    """Every order of every account. Hold ``lock`` to make several steps atomic."""

    def __init__(
        self, first_order_id: int, now_ms: Callable[[], int], case_kept: Collection[Market] = _CASE_KEPT
    ) -> None:
        """``case_kept``: the markets that store client order ids as they came, not in lower case."""
        self.lock = threading.RLock()
        self._next_id = first_order_id
        self._now_ms = now_ms
        self._case_kept = case_kept
        self._orders: dict[int, Order] = {}
        self._versions: dict[int, list[Order]] = {}
        self._by_client_id: dict[tuple[str, Market, str], int] = {}
        self._fills: list[Fill] = []
        self.on_change: Callable[[Order, Fill | None], object] = lambda order, fill: None
        """Called with every new version of an order, and with the trade that made it, if a trade did."""

    def __iter__(self) -> Iterator[Order]:
        with self.lock:
            return iter(list(self._orders.values()))

    def place(
        self,
        *,
        uid: str,
        symbol: str,
        side: str,
        type: str,
        price: str = "0",
        stop_price: str = "0",
        quantity: str = "0",
        quote_quantity: str = "0",
        client_order_id: str = "",
        status: Status = "PENDING",
        market: Market = "spot",
        position_side: str = "",
        reduce_only: bool = False,
    ) -> Order:
        """Add an order. Raises `ValueError` if the uid has used the client order id in this market before."""
        client_order_id = self.stored_client_id(market, client_order_id)
        with self.lock:
            if client_order_id and (uid, market, client_order_id) in self._by_client_id:
                raise ValueError(f"client order id {client_order_id!r} is taken on {market} for uid {uid}")
            now = self._now_ms()
            order = Order(
                order_id=self._next_id,
                client_order_id=client_order_id,
                uid=uid,
                symbol=symbol,
                side=side,
                type=type,
                price=plain(price),
                stop_price=plain(stop_price),
                quantity=plain(quantity),
                quote_quantity=plain(quote_quantity),
                executed="0",
                cost="0",
                status=status,
                created_ms=now,
                updated_ms=now,
                market=market,
                position_side=position_side,
                reduce_only=reduce_only,
            )
            self._next_id += 1
            self._keep(order)
            if client_order_id:
                self._by_client_id[uid, market, client_order_id] = order.order_id
            self.on_change(order, None)
            return order

    def stored_client_id(self, market: Market, client_order_id: str) -> str:
        """A client order id as the exchange stores it: in lower case for swap orders."""
        return client_order_id if market in self._case_kept else client_order_id.lower()

    def get(self, order_id: int) -> Order | None:
        with self.lock:
            return self._orders.get(order_id)

    def of(self, uid: str, market: Market, symbol: str | None = None) -> list[Order]:
        """The orders of an account in a market, or of one symbol, in the order of placing."""
        return [
            order
            for order in self
            if (order.uid, order.market, symbol or order.symbol) == (uid, market, order.symbol)
        ]

    def by_client_id(self, uid: str, client_order_id: str, market: Market = "spot") -> Order | None:
        with self.lock:
            order_id = self._by_client_id.get((uid, market, self.stored_client_id(market, client_order_id)))
            return None if order_id is None else self._orders[order_id]

    def find(self, uid: str, symbol: str, order_id: int, market: Market = "spot") -> Order | None:
        """The order that the exchange finds by its id: of this account, and of this symbol only."""
        order = self.get(order_id)
        return order if order and (order.uid, order.market, order.symbol) == (uid, market, symbol) else None

    def find_by_client_id(
        self, uid: str, symbol: str, client_order_id: str, market: Market = "spot"
    ) -> Order | None:
        """The same for a client order id, which spot forgets two hours after the order's creation."""
        order = self.by_client_id(uid, client_order_id, market)
        if order is None or order.symbol != symbol:
            return None
        if market != "spot":
            return order
        return order if self._now_ms() - order.created_ms <= CLIENT_ID_LIFETIME_MS else None

    def fills(self, market: Market, symbol: str | None = None, uid: str | None = None) -> list[Fill]:
        """The trades in a market, oldest first: of one symbol or all, of one account or all."""
        with self.lock:
            fills = list(self._fills)
        return [
            fill
            for fill in fills
            if fill.order.market == market
            and symbol in (None, fill.order.symbol)
            and uid in (None, fill.order.uid)
        ]

    def age(self, order: Order) -> float:
        """For how many seconds the order has been as it is."""
        return (self._now_ms() - order.updated_ms) / 1000

    def placed(self, order: Order) -> Order:
        """The order as it was placed."""
        with self.lock:
            return self._versions[order.order_id][0]

    def as_of(self, order: Order, seconds: float) -> Order | None:
        """The order as it was ``seconds`` ago. None if it did not exist yet."""
        if not seconds:
            return order
        moment = self._now_ms() - seconds * 1000
        with self.lock:
            past = [one for one in self._versions[order.order_id] if one.updated_ms <= moment]
        return past[-1] if past else None

    def cancel(self, order_id: int, at_ms: int | None = None) -> Order:
        """Cancel an open order, now or at a moment that has passed."""
        return self._finish(order_id, "CANCELED", at_ms)

    def fail(self, order_id: int) -> Order:
        return self._finish(order_id, "FAILED")

    def expire(self, order_id: int) -> Order:
        return self._finish(order_id, "EXPIRED")

    def fill(self, order_id: int, quantity: str | None = None, price: str | None = None) -> Order:
        """Fill an open order, completely or by ``quantity``, at its own price or at ``price``."""
        with self.lock:
            order = self._open(order_id)
            rest = Decimal(order.quantity) - Decimal(order.executed)
            amount = rest if quantity is None else Decimal(quantity)
            if not 0 < amount <= rest:
                raise ValueError(f"cannot fill {amount} of order {order_id}: {rest} is left")
            at = plain(price or order.price)
            filled = self._update(
                order,
                status="FILLED" if amount == rest else "PARTIALLY_FILLED",
                executed=plain(Decimal(order.executed) + amount),
                cost=plain(Decimal(order.cost) + amount * Decimal(at)),
            )
            fill = Fill(len(self._fills) + 1, filled, plain(amount), at)
            self._fills.append(fill)
            self.on_change(filled, fill)
            return filled

    def _finish(self, order_id: int, status: Status, at_ms: int | None = None) -> Order:
        with self.lock:
            finished = self._update(self._open(order_id), status=status, at_ms=at_ms)
            self.on_change(finished, None)
            return finished

    def _open(self, order_id: int) -> Order:
        order = self._orders.get(order_id)
        if order is None:
            raise ValueError(f"there is no order {order_id}")
        if not order.is_open:
            raise ValueError(f"order {order_id} is {order.status}, no longer open")
        return order

    def _update(
        self,
        order: Order,
        *,
        status: Status,
        executed: str | None = None,
        cost: str | None = None,
        at_ms: int | None = None,
    ) -> Order:
        changed = replace(
            order,
            status=status,
            executed=order.executed if executed is None else executed,
            cost=order.cost if cost is None else cost,
            updated_ms=self._now_ms() if at_ms is None else at_ms,
        )
        self._keep(changed)
        return changed

    def _keep(self, order: Order) -> None:
        self._orders[order.order_id] = order
        self._versions.setdefault(order.order_id, []).append(order)
