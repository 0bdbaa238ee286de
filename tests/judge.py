"""Measure the limit: how much of it bots in trouble use, and whether they exceed it."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from random import Random
from typing import Any, NamedTuple
from unittest.mock import patch

import aiohttp
import urllib3.connection

from ccxt_bingx_ext.simulator.limits import worst_window

from .delaying_proxy import SPAWN
from .helpers import OURS, in_threads

SYMBOL = "BTC/USDT"


# Trouble between a bot and the exchange


class Trouble(NamedTuple):
    """The delays of a bot's requests. All times are (least, most) in s, drawn from a seeded generator."""

    handshake: tuple[float, float] = (0.0, 0.0)  # of a new connection
    burners: int = 0  # threads that compute without a pause
    block: tuple[float, float] = (0.0, 0.0)  # of the event loop, every 50 to 300 ms
    latency: tuple[float, float] = (0.0, 0.0)  # of each request's way to the exchange
    slow_replies: float = 0.0  # the share of Redis' replies that take 220 ms

    @property
    def longest(self) -> float:
        """How long (s) a request may take from its turn to its response, or a request for a turn may take."""
        slow_reply, computing = (0.22 if self.slow_replies else 0.0), (0.25 if self.burners else 0.0)
        return max(self.handshake[1], self.block[1], self.latency[1], slow_reply, computing)


@contextmanager
def held_handshakes(seconds: Callable[[], float]) -> Iterator[None]:
    """Hold every new connection of this process, below the classes that the plugin watches."""
    upstream: Any = urllib3.connection.HTTPConnection.connect
    upstream_async: Any = aiohttp.TCPConnector._create_connection

    def connect(self: Any) -> Any:
        time.sleep(seconds())
        return upstream(self)

    async def create_connection(self: Any, *args: Any, **named: Any) -> Any:
        await asyncio.sleep(seconds())
        return await upstream_async(self, *args, **named)

    with (
        patch.object(urllib3.connection.HTTPConnection, "connect", connect),
        patch.object(aiohttp.TCPConnector, "_create_connection", create_connection),
    ):
        yield


@contextmanager
def _burning(count: int) -> Iterator[None]:
    """Compute in `count` threads, which take the interpreter's lock for as long as it lets them."""
    stopped = threading.Event()

    def burn() -> None:
        while not stopped.is_set():
            sum(range(1000))

    threads = [threading.Thread(target=burn) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


async def _block_now_and_then(random: Random, block: tuple[float, float]) -> None:
    while True:
        await asyncio.sleep(random.uniform(0.05, 0.3))
        time.sleep(random.uniform(*block))


# Bots


def cancel_as(kind: str, config: dict[str, Any], ids: Sequence[str], trouble: Trouble, seed: str) -> None:
    """Cancel each order by a call of its own, with instances whose first connection opens late.

    A request over a new connection arrives late after its turn, and a request over a kept connection at once.
    So two successive requests come closest if the first is late. Of every two windows of the limit, each
    request of the first has a new instance, and the requests of the second reuse these instances.

    `kind`: "sync" (one thread), "threads" (as many as the limit), "async", or "pro".
    """
    random = Random(seed)
    limit: int = config["options"]["cancelOrders"]["limit"]
    with ExitStack() as stack:
        if trouble.handshake[1]:
            stack.enter_context(held_handshakes(lambda: random.uniform(*trouble.handshake)))
        stack.enter_context(_burning(trouble.burners))
        instances = [OURS[_world(kind)](config) for _ in range(-(-len(ids) // (2 * limit)) * limit)]

        def call(number: int) -> Any:
            instance = instances[number // (2 * limit) * limit + number % limit]
            return instance.cancel_orders([ids[number]], SYMBOL)

        def in_turn(first: int, step: int) -> None:
            for number in range(first, len(ids), step):
                assert [order["status"] for order in call(number)] == ["canceled"]

        if kind == "sync":
            in_turn(0, 1)
        elif kind == "threads":
            in_threads([lambda one=one: in_turn(one, limit) for one in range(limit)])
        else:
            asyncio.run(
                _cancel_async([call(number) for number in range(len(ids))], instances, random, trouble)
            )


def _world(kind: str) -> str:
    return kind if kind in ("async", "pro") else "sync"


async def _cancel_async(
    calls: Sequence[Awaitable[Any]], instances: Sequence[Any], random: Random, trouble: Trouble
) -> None:
    blocker = asyncio.ensure_future(_block_now_and_then(random, trouble.block)) if trouble.block[1] else None
    try:
        orders = await asyncio.gather(*calls)
        assert [order["status"] for (order,) in orders] == ["canceled"] * len(calls)
    finally:
        if blocker is not None:
            blocker.cancel()
        await asyncio.gather(*(one.close(True) for one in instances))


class _Warnings(logging.Handler):
    """Keeps the plugin's warnings."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _serve_bot(jobs: Connection) -> None:
    """Do one job after the other, until the other end closes. Reply to each with its failures."""
    while True:
        try:
            job = jobs.recv()
        except EOFError:
            return
        warnings = _Warnings()
        log = logging.getLogger("ccxt_bingx_ext")
        log.addHandler(warnings)
        try:
            cancel_as(*job)
        except BaseException:
            warnings.lines.append(traceback.format_exc())
        log.removeHandler(warnings)
        jobs.send(warnings.lines)


class Fleet:
    """Bots in `count` processes of their own, which serve one test after the other."""

    def __init__(self, count: int) -> None:
        self._pipes: list[Connection] = []
        self._processes = []
        for _ in range(count):
            ours, theirs = SPAWN.Pipe()
            process = SPAWN.Process(target=_serve_bot, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def cancel_as(
        self, kinds: Sequence[str], config: dict[str, Any], ids: Sequence[str], trouble: Trouble, seed: str
    ) -> None:
        """Share the orders among bots of these kinds, one per process. They must not fail or warn.

        A process that cannot reach Redis warns, and counts by itself. All together may exceed the limit then.
        """
        for number, (pipe, kind) in enumerate(zip(self._pipes, kinds, strict=True)):
            pipe.send((kind, config, ids[number :: len(kinds)], trouble, f"{seed}, process {number}"))
        assert [pipe.recv() for pipe in self._pipes] == [[]] * len(kinds)

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(10)


# The judgement


class Judgement(NamedTuple):
    """`worst`: the most requests in any second.

    `use`: the share of the limit that the bots used from the first request to the last, including the time
    that they took to start. `pace`: the share that they used once they had started. It follows from the
    times between each request and the request that may follow it after a period.
    """

    worst: int
    use: float
    pace: float


def judge(arrivals: Sequence[float], limit: int) -> Judgement:
    """Judge moments of arrival (s). The first `limit` requests may go at once."""
    first, *_, last = in_order = sorted(arrivals)
    gaps = [later - earlier for earlier, later in zip(in_order, in_order[limit:], strict=False)]
    use = (len(in_order) - limit) / (last - first) / limit
    return Judgement(worst_window(in_order, 1.0), use, len(gaps) / sum(gaps))
