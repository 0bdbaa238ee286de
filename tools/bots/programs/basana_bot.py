"""A small bot on basana: ``ccxt-bingx-ext run --simulator URL -- python basana_bot.py {ccxt|plugin}``"""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal

import talk

talk.choose(sys.argv[1])

import basana as bs  # noqa: E402
from basana.external.ccxt.exchange import Exchange  # noqa: E402

PAIR = bs.Pair("BTC", "USDT")


class BasanaBot:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def place(self) -> str:
        order = await self._exchange.create_limit_order(
            bs.OrderOperation.BUY, PAIR, Decimal("0.001"), Decimal(25000)
        )
        return str(order.id)

    async def cancel(self, order_id: str) -> str:
        """basana keeps no orders: it returns a `CanceledOrder`, or the strategy gets ccxt's exception."""
        try:
            cancelled = await self._exchange.cancel_order(PAIR, order_id)
        except Exception as error:
            return type(error).__name__
        assert (cancelled.id, cancelled.amount) == (order_id, Decimal("0.001"))
        return "canceled"


async def main() -> None:
    exchange = Exchange(bs.realtime_dispatcher(), "bingx", "simulator-key", "simulator-secret")
    try:
        await talk.serve(BasanaBot(exchange), exchange.ccxt)
    finally:
        await exchange.close()


asyncio.run(main())
