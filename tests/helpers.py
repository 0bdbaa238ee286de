"""The three worlds of ccxt, called alike: one test serves sync, async and pro."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ccxt
import ccxt.async_support
import ccxt.pro

import ccxt_bingx_ext
import ccxt_bingx_ext.async_support
import ccxt_bingx_ext.pro

WORLDS = ("sync", "async", "pro")
OURS: dict[str, Any] = {
    "sync": ccxt_bingx_ext.bingx,
    "async": ccxt_bingx_ext.async_support.bingx,
    "pro": ccxt_bingx_ext.pro.bingx,
}
# Looked up once: a test of register() must not change what "ccxt's own" means to the others.
CCXTS: dict[str, Any] = {
    "sync": ccxt.bingx,
    "async": ccxt.async_support.bingx,
    "pro": ccxt.pro.bingx,
}


class Bot:
    """An exchange whose methods can be called plainly, whichever world it is of."""

    def __init__(self, exchange: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.exchange = exchange
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self.exchange, name)
        return self._plainly(attribute) if callable(attribute) else attribute

    def _plainly(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            result = method(*args, **kwargs)
            return self._loop.run_until_complete(result) if inspect.isawaitable(result) else result

        return call

    def close(self) -> None:
        if inspect.iscoroutinefunction(self.exchange.close):
            # Without True ccxt 4.5.60 leaves its session open.
            self._loop.run_until_complete(self.exchange.close(True))


@contextmanager
def bot_of(exchange_class: Any, config: dict[str, Any]) -> Iterator[Bot]:
    """A bot on `exchange_class`, with ccxt's throttle off unless `config` says otherwise."""
    loop = asyncio.new_event_loop()
    bot = Bot(exchange_class({"enableRateLimit": False, "timeout_on_exit": 0, **config}), loop)
    try:
        yield bot
    finally:
        bot.close()
        loop.run_until_complete(_end_what_is_left())
        loop.close()


async def _end_what_is_left() -> None:
    """Where one request of load_markets fails, ccxt leaves the others running, connections and all."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await asyncio.sleep(0.01)  # connections are closed a round of the loop later
