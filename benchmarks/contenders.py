"""The contenders: this plugin, plain ccxt, and the loop of single cancels that most bots use."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import ccxt
import ccxt.async_support
import ccxt.pro

import ccxt_bingx_ext
import ccxt_bingx_ext.async_support
import ccxt_bingx_ext.pro

Contender: TypeAlias = Literal["ours", "ccxt", "loop"]
World: TypeAlias = Literal["sync", "async", "pro"]

CONTENDERS: tuple[Contender, ...] = ("ours", "ccxt", "loop")
SYMBOL = "BTC/USDT"
PROCESS = {"process": 1}  # cancel every order that can be cancelled

_OURS: dict[World, Any] = {
    "sync": ccxt_bingx_ext.bingx,
    "async": ccxt_bingx_ext.async_support.bingx,
    "pro": ccxt_bingx_ext.pro.bingx,
}
_CCXTS: dict[World, Any] = {
    "sync": ccxt.bingx,
    "async": ccxt.async_support.bingx,
    "pro": ccxt.pro.bingx,
}


def class_of(contender: Contender, world: World) -> Any:
    """The class of a contender. The loop uses ccxt's class."""
    return (_OURS if contender == "ours" else _CCXTS)[world]


def first_cancel(exchange: Any, contender: Contender, ids: Sequence[str]) -> Any:
    """Start to cancel ``ids``: all at once, or only the first in the loop."""
    if contender == "loop":
        return exchange.cancel_order(ids[0], SYMBOL)
    return exchange.cancel_orders(ids, SYMBOL, PROCESS)


def running(contender: Contender, config: dict[str, Any]) -> Any:
    """A sync exchange with its markets loaded and ccxt's throttle on."""
    exchange = class_of(contender, "sync")({**config, "enableRateLimit": False})
    exchange.load_markets()  # without the throttle, to save time
    exchange.enableRateLimit = True
    return exchange


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
