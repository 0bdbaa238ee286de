"""The commands that a test sends to a small bot: a line on stdin, and a line of JSON on stdout in response.

place        -> {"order": its id}
cancel ID    -> {"believed": what the bot believes of the order now}
(the end)    -> the bot stops
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, Protocol

# All of ccxt's packages, so that `choose` reaches the classes of each.
import ccxt
import ccxt.async_support
import ccxt.pro  # noqa: F401

# The bots print, too.
_out, sys.stdout = sys.stdout, sys.stderr


class Bot(Protocol):
    async def place(self) -> str:
        """Place an order that rests, and return its id."""
        ...

    async def cancel(self, order_id: str) -> str:
        """Cancel the order by the bot's own code, and return what the bot believes of the order then."""
        ...


def choose(world: str) -> None:
    """Give the bot ccxt's own classes, if `world` is "ccxt". Call it before you import the bot.

    `ccxt-bingx-ext run --simulator` has put the plugin's in their place. The exchange is the simulator in
    both worlds.
    """
    if world == "ccxt":
        from ccxt_bingx_ext import unregister

        unregister()


async def serve(bot: Bot, exchange: Any) -> None:
    """Execute the commands of the test, until it closes stdin."""
    _respond({"package": type(exchange).__module__.partition(".")[0]})
    while words := (await asyncio.to_thread(sys.stdin.readline)).split():
        if words[0] == "place":
            _respond({"order": await bot.place()})
        else:
            _respond({"believed": await bot.cancel(words[1])})


def _respond(what: dict[str, str]) -> None:
    print(json.dumps(what), file=_out, flush=True)
