"""Cancel several orders, and treat an order as gone only if the exchange said so.

On the simulator (``python -m ccxt_bingx_ext simulate``), where the example places the orders::

    BINGX_SIMULATOR=http://127.0.0.1:8000 python examples/sync.py

Live, with your orders::

    BINGX_APIKEY=... BINGX_SECRET=... python examples/sync.py ID [ID ...]
"""

from __future__ import annotations

import sys

import ccxt

from _exchange import config, ids_to_cancel, not_gone
from ccxt_bingx_ext import bingx

SYMBOL = "BTC/USDT"

exchange = bingx(config())
ids = ids_to_cancel(SYMBOL)
try:
    orders = exchange.cancel_orders(ids, SYMBOL, {"process": 1})
except ccxt.BaseError as error:
    print(error)
    orders = getattr(error, "orders", [])  # the orders whose state is known
for order in orders:
    print(order["id"], order["status"], order["info"])

maybe_live = not_gone(ids, orders)
if maybe_live:
    sys.exit(f"not known to be gone: {maybe_live}")
