"""freqtrade with linear swaps of BingX: ``python freqtrade_futures.py trade --config ...``

freqtrade 2026.9 refuses futures on BingX, and it sets the leverage without naming a side, as BingX requires.
This program allows futures, and names the side. Everything else is freqtrade's own, its cancel code too.
"""

from __future__ import annotations

import sys
from typing import Any

from freqtrade.enums import MarginMode, TradingMode
from freqtrade.exchange import Bingx
from freqtrade.main import main


def _set_leverage(self: Any, leverage: float, pair: str | None = None, accept_fail: bool = False) -> None:
    self._api.set_leverage(int(leverage), pair, {"side": "BOTH"})


Bingx._supported_trading_mode_margin_pairs = [(TradingMode.FUTURES, MarginMode.ISOLATED)]
Bingx._set_leverage = _set_leverage

if __name__ == "__main__":
    main(sys.argv[1:])
