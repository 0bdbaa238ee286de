"""The kept connection to Redis: shared, bounded as a whole, and made again when it breaks."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis

from ccxt_bingx_ext._ratelimit import connection as module
from ccxt_bingx_ext._ratelimit.connection import Connection, Moment, connection_to
from ccxt_bingx_ext._ratelimit.outage import UnusableUrl

from .helpers import RedisServer, in_threads

KEYS = ["q", "s", "a", "state"]
WITHDRAW = ["withdraw", "ticket"]
GONE = [b"0", 0]


def decision(reply: Any) -> Any:
    return reply[:2] if isinstance(reply, list) else reply


def call_async(connection: Connection) -> Any:
    async def main() -> Any:
        return await connection.call_async(KEYS, WITHDRAW)

    return decision(asyncio.run(main()))


def call_sync(connection: Connection) -> Any:
    return decision(connection.call(KEYS, WITHDRAW))


CALLS = pytest.mark.parametrize("call", [call_sync, call_async])


def connections_made(server: RedisServer) -> int:
    """How many connections the server has had, except for those of this function."""
    with redis.Redis.from_url(server.url) as client:
        return int(client.info("stats")["total_connections_received"])


@contextmanager
def replying(handle: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that accepts each connection and passes it to `handle`. Yields its URL."""

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                one = listener.accept()[0]
                threading.Thread(target=serve, args=(one,), daemon=True).start()

    def serve(one: socket.socket) -> None:
        with one, contextlib.suppress(OSError):
            handle(one)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_one_connection(server: RedisServer) -> None:
    """Threads and event loops, even those that end without closing anything, use one connection."""
    connection, before = connection_to(server.url), connections_made(server)
    replies: list[Any] = []
    in_threads([lambda: replies.append(call_sync(connection_to(server.url))) for _ in range(8)])
    in_threads([lambda: replies.append(call_async(connection_to(server.url))) for _ in range(8)])
    assert connection_to(server.url) is connection
    assert replies == [GONE] * 16
    assert connections_made(server) == before + 2


def test_it_closes_when_nobody_holds_it(server: RedisServer) -> None:
    """When no limiter holds a connection, its thread ends, and the server has one client less."""
    connection = connection_to(server.url)
    assert call_sync(connection) == GONE
    thread: Any = connection._thread
    del connection
    gc.collect()
    thread.join(20)
    assert not thread.is_alive()
    with redis.Redis.from_url(server.url) as client:
        assert len(client.client_list()) == 1


@CALLS
def test_broken_connection(call: Callable[[Connection], Any], server: RedisServer) -> None:
    """A call over a connection that the server has closed is made over a new one."""
    connection = connection_to(server.url)
    for _ in range(2):
        assert call(connection) == GONE
        with redis.Redis.from_url(server.url) as client:
            client.client_kill_filter(_type="normal", skipme=True)
    assert call(connection) == GONE
    server.stop()
    assert isinstance(call(connection), redis.ConnectionError)
    server.start()
    assert call(connection) == GONE


def test_failover(server: RedisServer) -> None:
    """A server that has become a replica refuses calls. The next call opens a new connection."""
    connection = connection_to(server.url)
    assert call_sync(connection) == GONE
    with redis.Redis.from_url(server.url) as client:
        client.replicaof("127.0.0.1", 1)
        before = connections_made(server)
        assert isinstance(call_sync(connection), redis.ResponseError)
        client.replicaof("NO", "ONE")
    assert call_sync(connection) == GONE
    assert connections_made(server) == before + 2


def trickle(one: socket.socket) -> None:
    """Send a byte of an endless reply every 50 ms."""
    while True:
        one.sendall(b"+")
        time.sleep(0.05)


def say_nothing(one: socket.socket) -> None:
    while one.recv(4096):
        pass


@CALLS
@pytest.mark.parametrize("handle", [trickle, say_nothing])
def test_bounded(
    call: Callable[[Connection], Any], handle: Callable[[socket.socket], None], loopback: None
) -> None:
    """A call ends in time if its reply trickles, and so does the call behind it."""
    with replying(handle) as url:
        connection, start = connection_to(url), time.monotonic()
        for _ in range(2):
            assert isinstance(call(connection), (TimeoutError, redis.TimeoutError))
        assert time.monotonic() - start < 5


@CALLS
def test_name_server_hangs(
    call: Callable[[Connection], Any], server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hanging name server, which redis-py does not bound, delays no caller. Its calls never go late."""
    look_up, over = socket.getaddrinfo, threading.Event()

    def hang(*arguments: Any, **named: Any) -> Any:
        over.wait(60)
        return look_up(*arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    connection = connection_to(server.url)
    connection._start()
    connection.timeout = 0.25
    for _ in range(3):
        assert isinstance(call(connection), TimeoutError)
    over.set()
    connection.timeout = 60.0
    assert call(connection) == GONE
    with redis.Redis.from_url(server.url) as client:
        assert client.info("commandstats")["cmdstat_eval"]["calls"] == 2


@pytest.mark.parametrize(
    ("options", "timeout"),
    [
        ("", 0.25),
        ("?socket_timeout=7", 7.0),
        ("?socket_connect_timeout=8", 8.0),
        ("?socket_timeout=0.1", 0.1),
        ("?socket_timeout=7&socket_connect_timeout=8", 8.0),
    ],
)
def test_timeouts_in_the_url(options: str, timeout: float, server: RedisServer) -> None:
    """The user's timeouts apply, and bound a call as a whole."""
    connection = connection_to(f"{server.url_without_timeout}{options}")
    call_sync(connection)
    assert connection.timeout == timeout


@CALLS
@pytest.mark.parametrize("value", ["nan", "inf", "-1", "0", "1e9", "soon"])
def test_odd_timeouts(call: Callable[[Connection], Any], value: str, server: RedisServer) -> None:
    """An unusable timeout counts as an outage."""
    connection = connection_to(
        f"{server.url_without_timeout}?socket_timeout={value}&socket_connect_timeout={value}"
    )
    reply = call(connection)
    assert (type(reply), str(reply)) == (UnusableUrl, "ValueError")


def test_cancelled_while_it_calls(server: RedisServer) -> None:
    """If a task is cancelled twice during a call, its next call reaches Redis after that call."""
    connection, order = connection_to(server.url), list[str]()
    call_sync(connection)

    async def use() -> None:
        try:
            await connection.call_async(KEYS, ["pause", "", 1.0])
        finally:
            await connection.call_async(KEYS, WITHDRAW)

    async def main() -> None:
        task = asyncio.ensure_future(use())
        for _ in range(2):
            await asyncio.sleep(0)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with redis.Redis.from_url(server.url) as client, client.monitor() as monitor:
        asyncio.run(main())
        call_sync(connection)
        while order.count("withdraw") < 2:
            command = monitor.next_command()["command"]
            order += [message for message in ("pause ", "withdraw") if f"state {message}" in command]
    assert order == ["pause ", "withdraw", "withdraw"]


def test_closed_event_loop(server: RedisServer) -> None:
    """A reply for an event loop that is closed goes nowhere, and the next call works."""
    connection, loop = connection_to(server.url), asyncio.new_event_loop()
    waiting = connection.call_async(KEYS, WITHDRAW)
    with connection._lock:

        async def begin() -> None:
            waiting.send(None)

        loop.run_until_complete(begin())
        loop.close()
    assert call_sync(connection) == GONE
    with contextlib.suppress(RuntimeError):  # asyncio's own clean-up needs the loop
        waiting.close()


def test_script_missing(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing acquire.lua, which a packager may lose, counts as an outage."""

    def missing() -> str:
        raise FileNotFoundError("acquire.lua")

    monkeypatch.setattr(module, "_script", missing)
    assert isinstance(call_sync(connection_to(server.url)), FileNotFoundError)


def _call_in_child(url: str, parent: Any) -> None:
    assert connection_to(url) is not parent
    assert call_sync(connection_to(url)) == GONE
    assert call_sync(parent) == GONE
    os._exit(0)  # the other tests' finalizers are the parent's


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork")
def test_moments(server: RedisServer) -> None:
    """A moment reaches Redis as a time on its own clock, and no earlier than it was."""
    connection, start = connection_to(server.url), time.monotonic()
    keys = [f"moments:{part}" for part in ("q", "seen", "a", "state")]
    connection.call(keys, ["arrived", "slot", "slot", Moment(start - 5.0)])
    with redis.Redis.from_url(server.url) as client:
        seconds, microseconds = client.time()
        arrived = client.zscore(keys[2], "slot")
    age = seconds + microseconds / 1e6 - arrived
    assert 5.0 - 0.001 <= age <= 5.0 + (time.monotonic() - start)


def test_age_of_a_call_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The age of a moment grows while the call waits for its turn."""
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    arguments = ["arrived", Moment(now), -0.3]
    now += 7.0
    assert module._sent_now(arguments) == ["arrived", 7.0, -0.3]


def test_fork(server: RedisServer) -> None:
    """A child makes a connection of its own, and the parent keeps its connection."""
    connection = connection_to(server.url)
    assert call_sync(connection) == GONE
    child = multiprocessing.get_context("fork").Process(target=_call_in_child, args=(server.url, connection))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    before = connections_made(server)
    assert call_sync(connection) == GONE
    assert connections_made(server) == before + 1


def test_more_than_go_together(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that do not fit into one round trip take the next, in their order."""
    monkeypatch.setattr(module, "MOST_TOGETHER", 2)
    connection = connection_to(server.url)

    async def main() -> list[Any]:
        return await asyncio.gather(*(connection.call_async(KEYS, WITHDRAW) for _ in range(7)))

    calls = [reply[3] for reply in asyncio.run(main())]
    assert calls == [*range(1, 8)]
