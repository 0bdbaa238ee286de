"""ccxt's websocket BingX class with cancels that report what became of every order."""

from __future__ import annotations

from ccxt.pro.bingx import bingx as upstream

from . import async_support

__all__ = ["bingx"]


class bingx(async_support.bingx, upstream):
    """``ccxt.pro.bingx`` with cancels that report what became of every order.

    As in ccxt, it is an `async_support.bingx`, too. The cancels go over HTTP, not over the websocket.
    """

    def __repr__(self) -> str:
        return "ccxt_bingx_ext.pro.bingx()"
