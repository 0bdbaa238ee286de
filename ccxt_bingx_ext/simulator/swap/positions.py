"""Positions: the sum of an account's trades in linear contracts. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from ..orders import Fill

_ZERO: Final = Decimal(0)
_PLACES: Final = 8


@dataclass(frozen=True)
class Position:
    symbol: str
    position_id: int = 0
    """The id of the order that opened it."""
    amount: Decimal = _ZERO
    """In coins. Negative if it is short."""
    entry: Decimal = _ZERO
    """The average price at which it was opened."""
    realised: Decimal = _ZERO
    """The profit of the parts that were closed."""
    updated_ms: int = 0

    @property
    def side(self) -> str:
        return "LONG" if self.amount > 0 else "SHORT"

    def profit(self, price: Decimal) -> Decimal:
        """The profit of closing it at ``price``."""
        return self.amount * (price - self.entry)


@dataclass(frozen=True)
class Holdings:
    positions: list[Position]
    """The open positions."""
    realised: Decimal
    """The profit of everything that was closed."""


def add_up(fills: Iterable[Fill]) -> Holdings:
    """Add up trades, oldest first.

    Orders with ``positionSide`` LONG or SHORT (hedge mode) change the position of that side only. Orders with
    BOTH (one-way mode) change a single position, which becomes short if they sell more than it holds.
    """
    positions: dict[tuple[str, str], Position] = {}
    total = _ZERO
    for fill in fills:
        key = (fill.order.symbol, fill.order.position_side)
        positions[key], profit = _after(positions.get(key) or Position(fill.order.symbol), fill)
        total += profit
    return Holdings([one for one in positions.values() if one.amount], total)


def only_closes(side: str, position_side: str, reduce_only: bool) -> bool:
    """Whether an order cannot open a position. In hedge mode only a buy opens a long, only a sell a short."""
    return reduce_only or position_side == ("SHORT" if side == "BUY" else "LONG")


def closable(fills: Iterable[Fill], side: str, position_side: str) -> Decimal:
    """How much of the position that the trades in one contract add up to an order of ``side`` can close."""
    held = add_up(fill for fill in fills if fill.order.position_side == position_side).positions
    amount = held[0].amount if held else _ZERO
    return max(_ZERO, -amount if side == "BUY" else amount)


def _after(position: Position, fill: Fill) -> tuple[Position, Decimal]:
    """The position after a trade, and the profit of what the trade closed."""
    change, price = fill.signed_quantity, Decimal(fill.price)
    held = abs(position.amount)
    closed = min(held, abs(change)) if position.amount * change < 0 else _ZERO
    profit = closed * (price - position.entry) * (1 if position.amount > 0 else -1)
    order = fill.order
    closes = only_closes(order.side, order.position_side, order.reduce_only)
    opened = _ZERO if closes else abs(change) - closed
    direction = 1 if change > 0 else -1
    kept = replace(
        position,
        amount=position.amount + direction * closed,
        realised=position.realised + profit,
        updated_ms=order.updated_ms,
    )
    if not opened:
        return kept, profit
    if not kept.amount:  # a new position, also if the trade has just closed the opposite one
        kept = replace(kept, position_id=order.order_id, entry=_ZERO, realised=_ZERO)
    cost = abs(kept.amount) * kept.entry + opened * price
    entry = round(cost / (abs(kept.amount) + opened), _PLACES)
    return replace(kept, amount=kept.amount + direction * opened, entry=entry), profit
