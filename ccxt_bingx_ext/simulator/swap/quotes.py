"""Linear prices and trades as the public endpoints show them, in the shapes of ccxt's examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..calls import Call, Result
from ..markets import LINEAR_CONTRACTS, Contract
from ..orders import OrderBook, plain
from ..parameters import known_contract
from ..quotes import DAY, MAX_LEVELS, OFFERED, best, candle_times, is_buyer_maker, limit_of

MAX_TRADES: Final = 1000


class LinearQuotes:
    def __init__(self, book: OrderBook, now_ms: Callable[[], int]) -> None:
        self._book = book
        self._now_ms = now_ms

    def tickers(self, call: Call) -> Result:
        """The last 24 hours of one contract, or of all active contracts."""
        if call.params.get("symbol"):
            contracts = [known_contract("linear", call.params, "")]
        else:
            contracts = [contract for contract in LINEAR_CONTRACTS.values() if contract.active]
        return Result([self._ticker(contract) for contract in contracts])

    def depth(self, call: Call) -> Result:
        contract = known_contract("linear", call.params, "DepthRequest")
        limit_of(call.params, 20, MAX_LEVELS)
        bids, asks = ([[price, OFFERED]] for price in _best(contract))
        sides = {"bids": bids, "asks": asks, "bidsCoin": bids, "asksCoin": asks}
        return Result({"T": self._now_ms(), **sides})

    def klines(self, call: Call) -> Result:
        price = known_contract("linear", call.params, "KlineRequest").last_price
        prices = dict.fromkeys(("open", "close", "high", "low"), price)
        times = candle_times(call.params, self._now_ms())
        return Result([{**prices, "volume": "0", "time": start} for start, _ in times])

    def trades(self, call: Call) -> Result:
        """The newest trades of every account, oldest first."""
        contract = known_contract("linear", call.params, "TradesRequest")
        limit = limit_of(call.params, 500, MAX_TRADES)
        return Result(
            [
                {
                    "time": fill.order.updated_ms,
                    "isBuyerMaker": is_buyer_maker(fill),
                    "price": fill.price,
                    "qty": fill.quantity,
                    "quoteQty": plain(fill.cost),
                }
                for fill in self._book.fills("linear", contract.symbol)[-limit:]
            ]
        )

    def _ticker(self, contract: Contract) -> dict[str, Any]:
        now = self._now_ms()
        bid, ask = _best(contract)
        return {
            "symbol": contract.symbol,
            "priceChange": "0",
            "priceChangePercent": "0%",
            "lastPrice": contract.last_price,
            "lastQty": "0",
            "highPrice": contract.last_price,
            "lowPrice": contract.last_price,
            "volume": "0",
            "quoteVolume": "0",
            "openPrice": contract.last_price,
            "openTime": now - DAY,
            "closeTime": now,
            "bidPrice": bid,
            "bidQty": OFFERED,
            "askPrice": ask,
            "askQty": OFFERED,
        }


def _best(contract: Contract) -> tuple[str, str]:
    return best(contract.last_price, f"1e-{contract.price_precision}")
