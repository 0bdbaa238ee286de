"""Spot prices as the public endpoints show them. They never move, because nobody trades."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from ..calls import Call, Result
from ..errors import invalid
from ..markets import SPOT_PAIRS, SpotPair
from ..orders import plain
from ..parameters import known_pair, one_of, whole_number

OFFERED: Final = "1000"
"""The quantity at the best price of each side. There is only one price on each side."""
MAX_LEVELS: Final = 1000
MAX_KLINES: Final = 1440

_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
INTERVALS: Final = {
    **{f"{minutes}m": minutes * _MINUTE for minutes in (1, 3, 5, 15, 30)},
    **{f"{hours}h": hours * _HOUR for hours in (1, 2, 4, 6, 12)},
    "1d": _DAY,
}


class Quotes:
    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms

    def tickers(self, call: Call) -> Result:
        """The last 24 hours of one pair, or of all active pairs."""
        if call.params.get("symbol"):
            pairs = [known_pair(call.params, "")]
        else:
            pairs = [pair for pair in SPOT_PAIRS.values() if pair.active]
        return Result([self._ticker(pair) for pair in pairs])

    def depth(self, call: Call) -> Result:
        pair = known_pair(call.params, "DepthRequest")
        if not 1 <= whole_number(call.params, "limit", 100) <= MAX_LEVELS:
            raise invalid(f"limit is 1 to {MAX_LEVELS}")
        bid, ask = _best(pair)
        return Result({"bids": [[bid, OFFERED]], "asks": [[ask, OFFERED]], "ts": self._now_ms()})

    def klines(self, call: Call) -> Result:
        """The newest candles that start in the requested time, oldest first."""
        pair = known_pair(call.params, "KlineRequest")
        length = INTERVALS[one_of(call.params, "interval", tuple(INTERVALS))]
        limit = whole_number(call.params, "limit", 500)
        if not 1 <= limit <= MAX_KLINES:
            raise invalid(f"limit is 1 to {MAX_KLINES}")
        now = self._now_ms()
        until = min(whole_number(call.params, "endTime", now), now)
        newest = until - until % length
        since = whole_number(call.params, "startTime", 0)
        times = range(newest, max(since, newest - limit * length + 1) - 1, -length)
        price = float(pair.last_price)
        return Result([[time, price, price, price, price, 0, time + length - 1, 0] for time in times[::-1]])

    def _ticker(self, pair: SpotPair) -> dict[str, Any]:
        now = self._now_ms()
        bid, ask = _best(pair)
        return {
            "symbol": pair.symbol,
            "openPrice": pair.last_price,
            "highPrice": pair.last_price,
            "lowPrice": pair.last_price,
            "lastPrice": pair.last_price,
            "priceChange": "0",
            "priceChangePercent": "0%",
            "volume": "0",
            "quoteVolume": "0",
            "openTime": now - _DAY,
            "closeTime": now,
            "bidPrice": float(bid),
            "bidQty": float(OFFERED),
            "askPrice": float(ask),
            "askQty": float(OFFERED),
        }


def _best(pair: SpotPair) -> tuple[str, str]:
    """Bid and ask, one tick below and above the last price."""
    last, tick = Decimal(pair.last_price), Decimal(str(pair.tick))
    return plain(last - tick), plain(last + tick)
