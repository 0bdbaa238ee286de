"""A small bot on OctoBot's trading engine.

    ccxt-bingx-ext run --simulator URL -- python octobot_bot.py {ccxt|plugin} [unsynchronized]

With ``unsynchronized`` it cancels while OctoBot's synchronization of orders is off.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import nullcontext, suppress
from decimal import Decimal
from typing import Any

import talk

talk.choose(sys.argv[1])

import octobot_commons.configuration as configuration  # noqa: E402
import octobot_commons.enums as commons_enums  # noqa: E402
import octobot_trading.api as api  # noqa: E402
import octobot_trading.enums as enums  # noqa: E402
import octobot_trading.errors as errors  # noqa: E402
import octobot_trading.personal_data as personal_data  # noqa: E402

SYMBOL = "BTC/USDT"


def configured() -> dict[str, Any]:
    """What OctoBot reads from its config.json: real trading of one pair, with encrypted keys."""
    return {
        "crypto-currencies": {"Bitcoin": {"pairs": [SYMBOL], "enabled": True}},
        "exchanges": {
            "bingx": {
                "api-key": configuration.encrypt("simulator-key").decode(),
                "api-secret": configuration.encrypt("simulator-secret").decode(),
                "enabled": True,
            }
        },
        "trader": {"enabled": True, "load-trade-history": False},
        "trader-simulator": {"enabled": False, "starting-portfolio": {}},
        "trading": {"reference-market": "USDT", "risk": 0.5},
        "time_frame": [commons_enums.TimeFrames.ONE_HOUR],
        "tentacles_required_candles_count": 10,
    }


class OctoBot:
    def __init__(self, manager: Any, is_synchronized: bool) -> None:
        self._manager = manager
        self._is_synchronized = is_synchronized
        self._orders: dict[str, Any] = {}

    async def place(self) -> str:
        wanted = personal_data.create_order_instance(
            trader=self._manager.trader,
            order_type=enums.TraderOrderType.BUY_LIMIT,
            symbol=SYMBOL,
            current_price=Decimal(60000),
            quantity=Decimal("0.001"),
            price=Decimal(25000),
        )
        order = await self._manager.trader.create_order(wanted)
        self._orders[order.exchange_order_id] = order
        return str(order.exchange_order_id)

    async def cancel(self, order_id: str) -> str:
        """The state of OctoBot's own order object after its trader has tried to cancel it."""
        order = self._orders[order_id]
        orders = self._manager.exchange_personal_data.orders_manager
        unsynchronized = orders.disabled_order_auto_synchronization
        with (
            nullcontext() if self._is_synchronized else unsynchronized(),
            # As OctoBot's trading modes do. OctoBot has then asked the exchange for the order.
            suppress(errors.OrderCancelError, errors.UnexpectedExchangeSideOrderStateError),
        ):
            await self._manager.trader.cancel_order(order)
        if order.is_cancelled():
            return "canceled"
        return "filled" if order.filled_quantity == order.origin_quantity else str(order.status.value)


async def main() -> None:
    builder = api.create_exchange_builder(configured(), "bingx")
    builder.disable_trading_mode().use_tentacles_setup_config(None)
    builder.is_spot_only().is_rest_only().is_real()
    manager = await builder.build()
    try:
        bot = OctoBot(manager, is_synchronized=sys.argv[2:] == [])
        await talk.serve(bot, manager.exchange.connector.client)
    finally:
        await manager.stop()
        api.cancel_ccxt_throttle_task()


asyncio.run(main())
