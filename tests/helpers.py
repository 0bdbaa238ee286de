"""Helpers of several test modules: ccxt's three worlds called alike, orders, the rate limit, Redis."""

from __future__ import annotations

import asyncio
import inspect
import os
import shutil
import socket
import subprocess
import threading
import time
import types
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import combinations, product
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

import ccxt_bingx_ext
import ccxt_bingx_ext.async_support
import ccxt_bingx_ext.pro
from ccxt_bingx_ext._cancel import forms, spacing, together
from ccxt_bingx_ext._ccxt_releases import numbers, takes_clean_instance_data
from ccxt_bingx_ext._ratelimit import registry
from ccxt_bingx_ext.simulator import Request, Simulator

SYNC_AND_ASYNC = ("sync", "async")
WORLDS = (*SYNC_AND_ASYNC, "pro")
OURS: dict[str, Any] = {
    "sync": ccxt_bingx_ext.bingx,
    "async": ccxt_bingx_ext.async_support.bingx,
    "pro": ccxt_bingx_ext.pro.bingx,
}
# Looked up once: a test of register() must not change which class is "ccxt's own" in the other tests.
CCXTS: dict[str, Any] = {
    "sync": ccxt.bingx,
    "async": ccxt.async_support.bingx,
    "pro": ccxt.pro.bingx,
}


class Bot:
    """An exchange whose methods return their result at once, also those of the async worlds."""

    def __init__(self, exchange: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.exchange = exchange
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self.exchange, name)
        return self._blocking(attribute) if callable(attribute) else attribute

    def run(self, scenario: Callable[[Any], Coroutine[Any, Any, Any]]) -> None:
        """Run a scenario that needs several calls of an async exchange at once."""
        self._loop.run_until_complete(scenario(self.exchange))

    def _blocking(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            result = method(*args, **kwargs)
            return self._loop.run_until_complete(result) if inspect.isawaitable(result) else result

        return call

    def close(self) -> None:
        # ccxt's sync classes have no `close` before 4.5.60: they close their session when they are deleted.
        if inspect.iscoroutinefunction(getattr(self.exchange, "close", None)):
            self._loop.run_until_complete(close(self.exchange))


async def close(exchange: Any) -> None:
    """Close an async exchange, ccxt's or ours, with its session: 4.5.60 needs True, older ones refuse it."""
    await exchange.close(*([True] if takes_clean_instance_data(exchange.close) else []))


@contextmanager
def bot_of(exchange_class: Any, config: dict[str, Any]) -> Iterator[Bot]:
    """A bot on `exchange_class`. ccxt's throttle is off unless `config` turns it on."""
    loop = asyncio.new_event_loop()
    bot = Bot(exchange_class({"enableRateLimit": False, "timeout_on_exit": 0, **config}), loop)
    try:
        yield bot
    finally:
        bot.close()
        loop.run_until_complete(_cancel_leftover_tasks())
        loop.close()


async def _cancel_leftover_tasks() -> None:
    """Cancel the requests that ccxt leaves running when another request of load_markets fails."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await asyncio.sleep(0.01)  # the loop closes connections in its next round


def is_ccxt_from(lowest: str) -> bool:
    """Whether the ccxt at work is `lowest` or newer: for what ccxt's own classes do otherwise before."""
    return numbers(ccxt.__version__) >= numbers(lowest)


def forget_accounts() -> None:
    """Forget the process's knowledge of every account: limits, bans, cancelled orders, and request forms."""
    registry.forget()
    spacing.forget()
    forms.forget()
    together.forget()


def wait_until(condition: Callable[[], Any]) -> None:
    """Wait until `condition` holds. A machine may take a minute for that, however slow it is."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come to hold"
        time.sleep(0.002)


_taken: list[socket.socket] = []


def unused_port() -> int:
    """A port on loopback that refuses connections until this process ends: no other program can take it."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    _taken.append(taken)
    port: int = taken.getsockname()[1]
    return port


def pairwise(first: Iterable[Any], second: Iterable[Any], *more: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Return rows in which every two values of two parameters meet at least once.

    Most defects show with one value, or with two together. These rows find all such defects, and are few: 12
    instead of the 36 of the full product, 15 instead of 45. They may miss a defect that takes three values.

    Each row is the first of the product with the most pairs that did not meet yet, so the rows never change.
    """
    rows = list(product(first, second, *more))
    pairs = [frozenset(combinations(enumerate(row), 2)) for row in rows]
    missing = frozenset[Any]().union(*pairs)
    chosen = []
    while missing:
        best = max(range(len(rows)), key=lambda number: len(pairs[number] & missing))
        chosen.append(rows[best])
        missing -= pairs[best]
    return chosen


# Orders in the simulator, and a bot's view of them

FAULTS: dict[str, dict[str, Any]] = {
    "drop": {},
    "reset": {},
    "hang": {},
    "http": {"status": 504},
    "http ": {"status": 502},
    "http  ": {"status": 500},
    "busy": {},
    "busy ": {"code": 110500},
    "garbage": {},
    "cut_off": {},
    "cut_off ": {"declare_whole": True},
    "null_data": {},
}
"""Faults after which the outcome is unknown, with their details. Spaces keep apart what is one fault."""


def patience(fault: str) -> int:
    """A timeout in ms. It is short only for a fault that holds the response: the machine may stall, too."""
    return 1000 if fault.strip() in ("hang", "delay") else 10_000


def place(simulator: Simulator, count: int = 1, **order: Any) -> list[str]:
    """Place `count` equal orders and return their ids."""
    return [str(simulator.place(**order).order_id) for _ in range(count)]


def cancels(simulator: Simulator, path: str = "cancelOrders") -> list[Request]:
    """The requests to a cancel endpoint, in the order of their arrival."""
    endpoint = simulator.path(path)
    return [request for request in simulator.requests if endpoint in (request.path, request.endpoint)]


def reported(orders: list[dict[str, Any]]) -> list[tuple[str | None, str | None]]:
    """The id and the status of each order structure."""
    return [(order["id"], order["status"]) for order in orders]


def reported_by_client_id(orders: list[dict[str, Any]]) -> list[tuple[str | None, str | None]]:
    """The client order id and the status of each order structure."""
    return [(order["clientOrderId"], order["status"]) for order in orders]


# Everything reachable from an error


def reached(value: object, seen: dict[int, object] | None = None) -> Iterator[str]:
    """Every text reachable from `value`: by its items, attributes, and chain, but not by its frames."""
    seen = {} if seen is None else seen
    if id(value) in seen or isinstance(value, (type, types.ModuleType, types.TracebackType)):
        return
    seen[id(value)] = value
    if isinstance(value, (str, bytes)):
        yield value if isinstance(value, str) else value.decode("utf-8", "replace")
        return
    below: list[object] = [*getattr(value, "__dict__", {}).values()]
    if isinstance(value, Mapping):
        below += [*value.keys(), *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        below += value
    elif isinstance(value, BaseException):
        below += [str(value), repr(value), value.args, value.__cause__, value.__context__]
        below += [getattr(value, name, None) for name in ("object", "exceptions", "doc")]
    for one in below:
        yield from reached(one, seen)


# The rate limit


def config_of(simulator: Simulator, **options: Any) -> dict[str, Any]:
    """A configuration with the rate limit on.

    ``inFlight`` is long: the limit holds only if requests arrive within it, and the simulator may stall.
    """
    return simulator.ccxt_config(
        enableRateLimit=True, options={"cancelOrders": {"inFlight": 2000, **options}}
    )


def in_threads(calls: list[Any]) -> None:
    """Run each call in a thread of its own. No call may fail."""
    failures: list[BaseException] = []

    def guarded(call: Any) -> None:
        try:
            call()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def cancel_each(exchange: Any, ids: list[str]) -> None:
    """Cancel the orders one by one, each by a call of its own."""
    for one in ids:
        assert exchange.cancel_orders([one], "BTC/USDT")[0]["status"] == "canceled"


async def cancel_all_at_once(config: dict[str, Any], ids: list[str]) -> None:
    """Cancel the orders from one task each, all at the same time."""
    exchange = ccxt_bingx_ext.async_support.bingx(config)
    try:
        orders = await asyncio.gather(*(exchange.cancel_orders([one], "BTC/USDT") for one in ids))
        assert [order["status"] for (order,) in orders] == ["canceled"] * len(ids)
    finally:
        await exchange.close(True)


def refused(simulator: Simulator) -> int:
    """How many requests the simulator refused for the limit."""
    return sum(request.limited for request in simulator.requests)


# How long (s) this process has stalled since a simulator started. On a machine that keeps up it is 0.
stalled: WeakKeyDictionary[Simulator, Callable[[], float]] = WeakKeyDictionary()


def assert_paced(simulator: Simulator, count: int) -> None:
    """Check that all `count` cancels arrived: at most 2 in any second, none refused, near full speed."""
    lost = stalled[simulator]()
    arrivals = simulator.arrivals("cancelOrders")
    assert len(arrivals) == count
    assert refused(simulator) == 0
    assert simulator.worst_window("cancelOrders", 1.0) <= 2
    # Two at once, then two a second. The bots reach at least 94 % of the limit.
    assert arrivals[-1] - arrivals[0] - lost <= (-(-count // 2) - 1) / 0.94 + 0.5


class RedisServer:
    """A redis-server on a free loopback port. It keeps its port when a test stops and starts it again."""

    def __init__(self, folder: Path) -> None:
        binary = shutil.which("redis-server")
        if binary is None:
            reason = "redis-server is not installed (Debian: apt-get install redis-server)"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self._command = [
            binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder),
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """With a long timeout: a busy machine must not look like a Redis outage."""
        return f"{self.url_without_timeout}?socket_timeout=60"

    @property
    def url_without_timeout(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_until(self._is_listening)

    def _is_listening(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "redis-server did not start"
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None
