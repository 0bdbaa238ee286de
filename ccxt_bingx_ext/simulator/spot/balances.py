"""Spot balances after the trades of an account. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ..markets import BALANCE, coins
from ..orders import Fill, plain


def balances(fills: Iterable[Fill]) -> list[dict[str, str]]:
    """Every coin of the account that made these trades. Open orders lock nothing."""
    free = dict.fromkeys(coins(), Decimal(BALANCE))
    for fill in fills:
        base, _, quote = fill.order.symbol.partition("-")
        free[base] += fill.signed_quantity
        free[quote] -= fill.signed_quantity * Decimal(fill.price)
    return [{"asset": coin, "free": plain(amount), "locked": "0"} for coin, amount in free.items()]
