"""Shared by the examples: where they connect, and which orders they cancel. Your bot has its own code."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import Any

from ccxt_bingx_ext import ClientOrderId, bingx, is_gone


def config() -> dict[str, Any]:
    """The live exchange with your keys, or the simulator that BINGX_SIMULATOR names."""
    url = os.environ.get("BINGX_SIMULATOR")
    if url is None:
        return {"apiKey": setting("BINGX_APIKEY"), "secret": setting("BINGX_SECRET")}
    api = dict.fromkeys(bingx().urls["api"], f"{url}/openApi")
    # Never your keys: even if that URL leads elsewhere, nobody can trade on your account there.
    return {"apiKey": "simulator-key", "secret": "simulator-secret", "urls": {"api": api}}


def setting(name: str) -> str:
    """The value of an environment variable. The example exits if it is not set."""
    value = os.environ.get(name)
    if not value:
        or_simulator = ", or BINGX_SIMULATOR to use a simulator" if name.startswith("BINGX_") else ""
        sys.exit(f"the environment variable {name} is not set: set it{or_simulator}")
    return value


def ids_to_cancel(symbol: str, count: int = 3) -> list[str]:
    """The order ids on the command line. On the simulator, if you give none: the ids of new orders."""
    if sys.argv[1:]:
        return sys.argv[1:]
    if "BINGX_SIMULATOR" not in os.environ:
        sys.exit("no order ids were given: add the ids of the orders to cancel to the command line")
    exchange = bingx(config())
    ids = []
    for _ in range(count):
        ids.append(exchange.create_order(symbol, "limit", "buy", 0.001, 25_000)["id"])
        time.sleep(0.25)  # ccxt's throttle alone sometimes exceeds the limit
    return ids


def not_gone(ids: Sequence[str], orders: Sequence[Any]) -> list[str]:
    """Return the `ids` whose orders are not known to be in a final state.

    Compare client order ids apart: one may be spelled like the order id of another order, which may be live.
    """
    final = [order for order in orders if is_gone(order)]
    gone, gone_clients = ({order[field] for order in final} for field in ("id", "clientOrderId"))
    return [one for one in ids if one not in (gone_clients if isinstance(one, ClientOrderId) else gone)]
