"""A websocket bot cancels over REST, through the same exchange; `watch_orders` and the rest are as in ccxt.

On the simulator (``python -m ccxt_bingx_ext simulate``), with orders that are placed there for it::

    BINGX_SIMULATOR=http://127.0.0.1:8000 python examples/pro.py

Live, with yours::

    BINGX_APIKEY=... BINGX_SECRET=... python examples/pro.py ID [ID ...]
"""

from __future__ import annotations

import asyncio
import sys

import ccxt

from _exchange import config, ids_to_cancel, not_gone
from ccxt_bingx_ext.pro import bingx

SYMBOL = "BTC/USDT"


async def cancel(ids: list[str]) -> list[str]:
    """Cancel, and return the ids that are not known to be gone."""
    exchange = bingx(config())
    try:
        orders = await exchange.cancel_orders(ids, SYMBOL, {"process": 1})
    except ccxt.BaseError as error:
        print(error)
        orders = getattr(error, "orders", [])  # what is known all the same; nothing where nothing was sent
    finally:
        await exchange.close(True)  # without True ccxt 4.5.60 leaves its session open
    for order in orders:
        print(order["id"], order["status"], order["info"])
    return not_gone(ids, orders)


maybe_live = asyncio.run(cancel(ids_to_cancel(SYMBOL)))
if maybe_live:
    sys.exit(f"not known to be gone: {maybe_live}")
