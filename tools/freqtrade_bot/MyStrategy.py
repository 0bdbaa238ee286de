"""A strategy that always buys."""

from __future__ import annotations

from typing import Any

from freqtrade.strategy import IStrategy


class MyStrategy(IStrategy):  # type: ignore[misc]
    stoploss = -0.5

    def populate_indicators(self, dataframe: Any, metadata: Any) -> Any:
        return dataframe

    def populate_entry_trend(self, dataframe: Any, metadata: Any) -> Any:
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: Any, metadata: Any) -> Any:
        return dataframe
