"""Prices: what spot and linear quotes share. Prices never move, because the simulator matches no orders."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from .errors import invalid
from .orders import Fill, plain
from .parameters import one_of, whole_number

OFFERED: Final = "1000"
"""The quantity at the best price of each side. There is only one price on each side."""
MAX_LEVELS: Final = 1000
MAX_KLINES: Final = 1440

_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE
DAY: Final = 24 * _HOUR
INTERVALS: Final = {
    **{f"{minutes}m": minutes * _MINUTE for minutes in (1, 3, 5, 15, 30)},
    **{f"{hours}h": hours * _HOUR for hours in (1, 2, 4, 6, 12)},
    "1d": DAY,
}


def limit_of(params: Mapping[str, str], default: int, most: int) -> int:
    limit = whole_number(params, "limit", default)
    if not 1 <= limit <= most:
        raise invalid(f"limit is 1 to {most}")
    return limit


def best(last_price: str, tick: str) -> tuple[str, str]:
    """Bid and ask, one tick below and above the last price."""
    return plain(Decimal(last_price) - Decimal(tick)), plain(Decimal(last_price) + Decimal(tick))


def candle_times(params: Mapping[str, str], now: int) -> list[tuple[int, int]]:
    """When the candles begin and end that start in the requested time, oldest first.

    If they are more than the limit: the oldest if only ``startTime`` is given, otherwise the newest.
    """
    length = INTERVALS[one_of(params, "interval", tuple(INTERVALS))]
    limit = limit_of(params, 500, MAX_KLINES)
    since = whole_number(params, "startTime", 0)
    until = min(whole_number(params, "endTime", now), now)
    times = range(-(-since // length) * length, until + 1, length)
    onward = params.get("startTime") and not params.get("endTime")
    return [(time, time + length - 1) for time in (times[:limit] if onward else times[-limit:])]


def is_maker(fill: Fill) -> bool:
    """Whether the order of a trade was resting."""
    return fill.order.type != "MARKET"


def is_buyer_maker(fill: Fill) -> bool:
    return is_maker(fill) == (fill.order.side == "BUY")
