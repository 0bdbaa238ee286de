"""A bot that knows nothing about the plugin cancels order by order, under the documented limits."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ccxt.base.errors import BaseError

from .contenders import SYMBOL, Contender, class_of, progress
from .exchange_process import ExchangeProcess

CONTENDERS: tuple[Contender, ...] = ("ours", "loop")
GATHERED = (50, 500, 1000)
LOOPED = (20,)
_SLOW_LOOP = 500  # orders; from here on ccxt's loop takes minutes
_REST = 1.1  # s; so that an account's first requests do not count towards the limit


class Outcome(NamedTuple):
    """The wall time (s), the cancels that arrived, those refused by a limit or ban, and orders left open."""

    seconds: float
    requests: int
    limited: int
    left_open: int


class Run(NamedTuple):
    """`how`: "gather" (async) or "loop" (sync). `outcomes` lacks a contender that would take too long."""

    how: str
    orders: int
    outcomes: dict[Contender, Outcome]


def measure(exchange: ExchangeProcess, *, quick: bool) -> list[Run]:
    """Measure each way to cancel one by one, with both classes on the same work."""
    runs = [_measured(exchange, "loop", count, _loop) for count in LOOPED]
    for count in GATHERED[:1] if quick else GATHERED:
        runs.append(_measured(exchange, "gather", count, _gather))
    return runs


def _measured(exchange: ExchangeProcess, how: str, count: int, cancel: Callable[..., float]) -> Run:
    outcomes: dict[Contender, Outcome] = {}
    for contender in CONTENDERS:
        if contender != "ours" and count > _SLOW_LOOP:
            continue
        progress(f"{how} of {count} cancel_order: {contender}")
        outcomes[contender] = _once(exchange, contender, count, cancel)
    return Run(how, count, outcomes)


def _once(
    exchange: ExchangeProcess, contender: Contender, count: int, cancel: Callable[..., float]
) -> Outcome:
    account = exchange.new_account()
    ids = exchange.place(account, count)
    exchange.clear_log()
    seconds = cancel(
        class_of(contender, "async" if cancel is _gather else "sync"), exchange.config(account), ids
    )
    return Outcome(
        seconds, len(exchange.cancels(account)), exchange.tally().limited, exchange.count_open(ids)
    )


def _loop(exchange_class: Any, config: dict[str, Any], ids: Sequence[str]) -> float:
    bot = exchange_class({**config, "enableRateLimit": False})
    bot.load_markets()  # without the throttle, to save time
    bot.enableRateLimit = True
    time.sleep(_REST)
    began = time.perf_counter()
    for one in ids:
        with contextlib.suppress(BaseError):
            bot.cancel_order(one, SYMBOL)
    return time.perf_counter() - began


def _gather(exchange_class: Any, config: dict[str, Any], ids: Sequence[str]) -> float:
    return asyncio.run(_gathered(exchange_class({**config, "enableRateLimit": False}), ids))


async def _gathered(bot: Any, ids: Sequence[str]) -> float:
    try:
        await bot.load_markets()
        bot.enableRateLimit = True
        await asyncio.sleep(_REST)
        began = time.perf_counter()
        await asyncio.gather(*(bot.cancel_order(one, SYMBOL) for one in ids), return_exceptions=True)
        return time.perf_counter() - began
    finally:
        await bot.close()
