"""ccxt's async BingX class with a `cancel_orders` that accounts for every id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ccxt.async_support.bingx import bingx as upstream

from ._drive import run_async
from ._gate import pass_gate_async
from ._mixin import BingxMixin, LaneCost
from ._settings import read_settings
from ._storage import Close, Hold

__all__ = ["bingx"]


class bingx(BingxMixin, upstream):
    """``ccxt.async_support.bingx`` with a `cancel_orders` that accounts for every id."""

    async def cancel_orders(
        self,
        ids: Iterable[str | int] | None,
        symbol: str | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[dict[str, Any]]:
        """Cancel several orders of one market: see the sync class, which takes and gives the same."""
        return await run_async(self._cancel_orders(ids, symbol, params), self._perform)

    async def throttle(self, cost: Any = None) -> None:
        if not isinstance(cost, LaneCost):
            await super().throttle(cost)
            return
        settings = read_settings(self.options)
        await pass_gate_async(self._lane(), settings.pace, settings.max_wait)

    async def _tell_lane(self, order: Hold | Close) -> None:
        await self._lane().do_async(order)
