"""Three processes trade on one account, and keep its limit of cancels together through a Redis.

You need a Redis, and the package: ``pip install redis``. On the simulator
(``python -m ccxt_bingx_ext simulate``), where the example places the orders::

    REDIS_URL=redis://127.0.0.1:6379/0 BINGX_SIMULATOR=http://127.0.0.1:8000 \\
        python examples/several_processes.py

Live, with your orders::

    REDIS_URL=... BINGX_APIKEY=... BINGX_SECRET=... python examples/several_processes.py ID [ID ...]
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from typing import Any

import ccxt

from _exchange import config, ids_to_cancel, setting
from ccxt_bingx_ext import bingx, is_gone

SYMBOL = "BTC/USDT"


def bot(settings: dict[str, Any], ids: list[str]) -> None:
    """One process. It shares only the account and the Redis with the others."""
    exchange = bingx(settings)
    maybe_live = []
    for one in ids:  # one by one, to make more requests than the limit allows
        try:
            orders = exchange.cancel_orders([one], SYMBOL, {"process": 1})
        except ccxt.BaseError as error:
            print(error)
            orders = getattr(error, "orders", [])
        if any(order["id"] == one and is_gone(order) for order in orders):
            # In one write: print() may write the line break by itself, and the processes share the output.
            sys.stdout.write(f"process {os.getpid()}: {one} is gone\n")
        else:
            maybe_live.append(one)
    if maybe_live:
        sys.exit(f"not known to be gone: {maybe_live}")


def main() -> int:
    settings = {**config(), "options": {"cancelOrders": {"storage": setting("REDIS_URL")}}}
    ids = ids_to_cancel(SYMBOL, count=9)
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=bot, args=(settings, ids[n::3])) for n in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return 0 if all(process.exitcode == 0 for process in processes) else 1


if __name__ == "__main__":
    sys.exit(main())
