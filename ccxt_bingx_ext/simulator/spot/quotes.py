"""Spot prices and trades as the public endpoints show them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..calls import Call, Result
from ..markets import SPOT_PAIRS, SpotPair
from ..orders import OrderBook, number
from ..parameters import known_pair
from ..quotes import DAY, MAX_LEVELS, OFFERED, best, candle_times, is_buyer_maker, limit_of

MAX_TRADES: Final = 500


class SpotQuotes:
    def __init__(self, book: OrderBook, now_ms: Callable[[], int]) -> None:
        self._book = book
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
        limit_of(call.params, 100, MAX_LEVELS)
        bid, ask = _best(pair)
        return Result({"bids": [[bid, OFFERED]], "asks": [[ask, OFFERED]], "ts": self._now_ms()})

    def klines(self, call: Call) -> Result:
        pair = known_pair(call.params, "KlineRequest")
        price = float(pair.last_price)
        times = candle_times(call.params, self._now_ms())
        return Result([[start, price, price, price, price, 0, end, 0] for start, end in times])

    def trades(self, call: Call) -> Result:
        """The newest trades of every account, oldest first."""
        pair = known_pair(call.params, "TradesRequest")
        limit = limit_of(call.params, 100, MAX_TRADES)
        return Result(
            [
                {
                    "id": fill.trade_id,
                    "price": number(fill.price),
                    "qty": number(fill.quantity),
                    "time": fill.order.updated_ms,
                    "buyerMaker": is_buyer_maker(fill),
                }
                for fill in self._book.fills("spot", pair.symbol)[-limit:]
            ]
        )

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
            "openTime": now - DAY,
            "closeTime": now,
            "bidPrice": float(bid),
            "bidQty": float(OFFERED),
            "askPrice": float(ask),
            "askQty": float(OFFERED),
        }


def _best(pair: SpotPair) -> tuple[str, str]:
    return best(pair.last_price, str(pair.tick))
