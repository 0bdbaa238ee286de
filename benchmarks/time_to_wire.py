"""Time to wire: from the call until its first request reaches the server."""

from __future__ import annotations

import asyncio
import time
from statistics import median
from typing import NamedTuple

from .contenders import CONTENDERS, SYMBOL, Contender, World, class_of, first_cancel, progress, running
from .exchange_process import ExchangeProcess

IDS = 10
AIM = 0.002


class Case(NamedTuple):
    """When the bot cancels: ``rested`` s after another call (sync), or behind ``queued`` calls (async)."""

    world: World
    queued: int = 0
    rested: float = 0.0

    @property
    def label(self) -> str:
        if self.world != "sync":
            return f"{self.world}, behind {self.queued} queued calls"
        return (
            f"sync, {self.rested:g} s after another call" if self.rested else "sync, right after another call"
        )


class WireTime(NamedTuple):
    """The median of each contender in s, and its number of repeats."""

    case: Case
    seconds: dict[Contender, float]
    repeats: dict[Contender, int]


CASES = (
    Case("sync"),
    Case("sync", rested=1.0),
    *(Case("async", queued) for queued in (0, 5, 20, 50)),
    *(Case("pro", queued) for queued in (0, 50)),
)


def measure(exchange: ExchangeProcess, *, quick: bool) -> list[WireTime]:
    """Measure all cases. Each repeat has a new account and a new instance."""
    return [_measure_case(exchange, case, quick) for case in CASES]


def _measure_case(exchange: ExchangeProcess, case: Case, quick: bool) -> WireTime:
    repeats: dict[Contender, int] = (
        {"ours": 3, "ccxt": 1, "loop": 1} if quick else {"ours": 9, "ccxt": 3, "loop": 3}
    )
    if case.rested and not quick:
        repeats = dict.fromkeys(CONTENDERS, repeats["ours"])  # this case is quick for every contender
    progress(f"time to wire: {case.label}")
    seconds: dict[Contender, list[float]] = {one: [] for one in CONTENDERS}
    for number in range(max(repeats.values())):
        for one in CONTENDERS:  # take turns, so that a busy machine slows all of them
            if number < repeats[one]:
                seconds[one].append(_once(exchange, case, one))
    return WireTime(case, {one: median(taken) for one, taken in seconds.items()}, repeats)


def _once(exchange: ExchangeProcess, case: Case, contender: Contender) -> float:
    if case.world == "sync":
        return _once_sync(exchange, case, contender)
    return asyncio.run(_once_async(exchange, case, contender))


def _once_sync(exchange: ExchangeProcess, case: Case, contender: Contender) -> float:
    account = exchange.new_account()
    ids = exchange.place(account, IDS)
    bot = running(contender, exchange.config(account))
    bot.fetch_open_orders(SYMBOL)
    time.sleep(case.rested)
    called = time.perf_counter()
    first_cancel(bot, contender, ids)
    return exchange.cancels(account)[0] - called


async def _once_async(exchange: ExchangeProcess, case: Case, contender: Contender) -> float:
    account = exchange.new_account()
    ids = exchange.place(account, IDS)
    bot = class_of(contender, case.world)(exchange.config(account, enableRateLimit=False))
    try:
        await bot.load_markets()
        bot.enableRateLimit = True
        # ccxt's bucket does not refill while idle: after one call it is as full as after any later call.
        await bot.fetch_open_orders(SYMBOL)
        queued = [asyncio.ensure_future(bot.fetch_open_orders(SYMBOL)) for _ in range(case.queued)]
        await asyncio.sleep(0)
        called = time.perf_counter()
        await first_cancel(bot, contender, ids)
        for task in queued:
            task.cancel()
        await asyncio.gather(*queued, return_exceptions=True)
    finally:
        await bot.close()
    return exchange.cancels(account)[0] - called
