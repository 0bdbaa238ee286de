"""A bot that looks its exchange up in ccxt by name, as freqtrade and others do: one line before it starts.

On the simulator (``python -m ccxt_bingx_ext simulate``), with orders that are placed there for it::

    BINGX_SIMULATOR=http://127.0.0.1:8000 python examples/register.py

Live, with yours::

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
    """The bot, which knows nothing of the plugin. Returns the ids that are not known to be gone."""
    exchange = getattr(ccxt, exchange_name)(config())
    try:
        orders = exchange.cancel_orders(ids, SYMBOL, {"process": 1})
    except ccxt.BaseError as error:
        print(error)
        orders = getattr(error, "orders", [])  # what is known all the same; nothing where nothing was sent
    for order in orders:
        print(order["id"], order["status"], order["info"])
    return not_gone(ids, orders)


maybe_live = bot("bingx", ids_to_cancel(SYMBOL))
if maybe_live:
    sys.exit(f"not known to be gone: {maybe_live}")
