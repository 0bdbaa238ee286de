"""Add one line to a bot that looks up its exchange in ccxt by name, as freqtrade and others do.

On the simulator (``python -m ccxt_bingx_ext simulate``), where the example places the orders::

    BINGX_SIMULATOR=http://127.0.0.1:8000 python examples/register.py

Live, with your orders::

    BINGX_APIKEY=... BINGX_SECRET=... python examples/register.py ID [ID ...]
"""

from __future__ import annotations

import sys

import ccxt

import ccxt_bingx_ext
from _exchange import config, ids_to_cancel, not_gone

ccxt_bingx_ext.register()  # before the bot builds its exchange

SYMBOL = "BTC/USDT"


def bot(exchange_name: str, ids: list[str]) -> list[str]:
    """The bot, which knows nothing about the plugin. Returns the ids that are not known to be gone."""
    exchange = getattr(ccxt, exchange_name)(config())
    try:
        orders = exchange.cancel_orders(ids, SYMBOL, {"process": 1})
    except ccxt.BaseError as error:
        print(error)
        orders = getattr(error, "orders", [])  # the orders whose state is known
    for order in orders:
        print(order["id"], order["status"], order["info"])
    return not_gone(ids, orders)


maybe_live = bot("bingx", ids_to_cancel(SYMBOL))
if maybe_live:
    sys.exit(f"not known to be gone: {maybe_live}")
