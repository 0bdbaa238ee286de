"""Cancel orders through freqtrade's exchange object, and print the results. Needs freqtrade.

    python freqtrade_cancels.py {ccxt|plugin} <configuration files, by commas> <id of a gone order>...

It builds the exchange as freqtrade does: with freqtrade's resolver, from freqtrade's reading of the
configuration.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from freqtrade.configuration import Configuration
from freqtrade.enums import RunMode
from freqtrade.exceptions import ExchangeError
from freqtrade.resolvers import ExchangeResolver

PAIR = "BTC/USDT"


def cancel(exchange: Any, order_id: str) -> dict[str, Any]:
    try:
        return {"status": exchange.cancel_order(order_id, PAIR)["status"]}
    except ExchangeError as error:
        return {"error": type(error).__name__, "cause": type(error.__cause__).__name__}


def main(world: str, files: list[str], gone: list[str]) -> dict[str, Any]:
    if world == "plugin":
        import ccxt_bingx_ext

        ccxt_bingx_ext.register()
    config = Configuration({"config": files}, RunMode.LIVE).get_config()
    # freqtrade leaves BingX's websocket off. A user can switch it on, which creates a third instance.
    config["exchange"]["_ft_has_params"] = {"ws_enabled": True}
    exchange = ExchangeResolver.load_exchange(config)
    try:
        instances = {"sync": exchange._api, "async": exchange._api_async, "websocket": exchange._ws_async}
        placed = exchange.create_order(
            pair=PAIR, ordertype="limit", side="buy", amount=0.001, rate=25000, leverage=1
        )
        cancelled = cancel(exchange, placed["id"])
        time.sleep(1.1)  # the exchange accepts a cancel of the same order once per second
        return {
            "packages": {name: type(one).__module__.partition(".")[0] for name, one in instances.items()},
            "balance": exchange.get_balances()["USDT"]["free"],
            "last": exchange.get_tickers([PAIR])[PAIR]["last"],
            "placed": placed["id"],
            "cancelled": cancelled,
            "gone": {order_id: cancel(exchange, order_id) for order_id in [placed["id"], *gone]},
        }
    finally:
        exchange.close()


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2].split(","), sys.argv[3:])))
