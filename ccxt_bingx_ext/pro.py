"""ccxt's websocket BingX class with a `cancel_orders` that accounts for every id."""

from __future__ import annotations

from ccxt.pro.bingx import bingx as upstream

from . import async_support

__all__ = ["bingx"]


class bingx(async_support.bingx, upstream):
    """``ccxt.pro.bingx`` with a `cancel_orders` that accounts for every id.

    As in ccxt, it is an `async_support.bingx`, too.
    """

    def __repr__(self) -> str:
        return "ccxt_bingx_ext.pro.bingx()"
