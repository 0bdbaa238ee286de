"""One kept connection to a Redis, which every thread and event loop of this process shares.

A thread of its own owns the connection. So callers can bound a call as a whole: no timeout of redis-py bounds
a name server that hangs, or a reply that trickles. Calls reach Redis in the order in which they were made,
also when a task is cancelled meanwhile. And no event loop has anything to close.
"""

from __future__ import annotations

import functools
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.resources import files
from queue import Empty, SimpleQueue
from typing import Any

from .outage import Outage

TIMEOUT = 0.25  # s for a call as a whole: a request must not wait for a Redis that is gone
LONGEST_TIMEOUT = 3600.0  # s; what a URL may ask for
# Calls that go to Redis together. More may be waiting after the network hung.
MOST_TOGETHER = 50

_connections: weakref.WeakValueDictionary[str, Connection] = weakref.WeakValueDictionary()


def connection_to(url: str) -> Connection:
    """Return the connection of this process to the Redis at `url`. It closes when nobody holds it."""
    # Two threads may both make one: that costs a second connection, and nothing else.
    connection = _connections.get(url)
    if connection is None:
        connection = _connections[url] = Connection(url)
    return connection


def after_fork() -> None:
    """Forget the parent's connections: their threads and the holders of their locks stayed there."""
    _connections.clear()


class Moment(float):
    """An argument of a call: a moment (s of ``time.monotonic``), which Redis gets as how long ago it is.

    The age is read when the call goes to Redis. An age that was read before would be wrong by as long as
    the call waited for its turn.
    """


class Call:
    """A call of the script. `reply`: what it returned, or the exception that it met."""

    def __init__(self, keys: Sequence[str], arguments: Sequence[Any], wake: Callable[[], object]) -> None:
        self.keys, self.arguments, self.wake = keys, arguments, wake
        self.expires = 0.0
        self.reply: Any = TimeoutError("no reply in time")


class Connection:
    """Calls acquire.lua in the Redis at `url`, from any thread and any event loop.

    A call takes `timeout` s at most: 0.25, or the longer one of ``socket_timeout`` and
    ``socket_connect_timeout`` in the URL. Every option of redis-py in the URL is the user's own. The first
    call makes the connection, and the next call after a fork or a failure makes it again.

    `outage`: whether this Redis is away. Those who call say so, and ask it first.
    """

    def __init__(self, url: str) -> None:
        self.timeout = TIMEOUT
        self.outage = Outage(url)
        self._url = url
        self._lock = threading.RLock()  # a signal handler or a finalizer may call on the same thread
        self._thread: threading.Thread | None = None
        self._calls: SimpleQueue[Call | None] = SimpleQueue()  # its `put` may interrupt itself

    def call(self, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Return the script's reply, or the exception that the call met."""
        # Not an Event: a second Ctrl-C can leave the lock in it locked, and then the thread hangs.
        done = threading.Lock()
        done.acquire()
        call = Call(keys, arguments, done.release)
        if self._put(call):
            done.acquire(timeout=self.timeout)
        return call.reply

    async def call_async(self, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Do what `call` does, in an event loop. The call of a cancelled task goes on without it."""
        import asyncio

        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits there
                loop.call_soon_threadsafe(done.set_result, None)

        call = Call(keys, arguments, wake)
        if self._put(call):
            await asyncio.wait({done}, timeout=self.timeout)
        return call.reply

    def post(self, keys: Sequence[str], arguments: Sequence[Any]) -> None:
        """Call the script without waiting for it."""
        self._put(Call(keys, arguments, lambda: None))

    def _put(self, call: Call) -> bool:
        try:
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._start()
                call.expires = time.monotonic() + self.timeout
                self._calls.put(call)
        except Exception as error:  # no redis package, a URL that it does not understand, no more threads
            call.reply = error
            return False
        return True

    def _start(self) -> None:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.connection import parse_url
        from redis.exceptions import ConnectionError as Disconnected
        from redis.retry import Retry

        client = Redis.from_url(
            self._url,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            retry=Retry(NoBackoff(), 1, (Disconnected,)),  # the kept connection may be dead
        )
        options = parse_url(self._url)  # type: ignore[no-untyped-call]
        own = [options[name] for name in ("socket_timeout", "socket_connect_timeout") if name in options]
        timeout = max(own, default=TIMEOUT)
        if not 0 < timeout <= LONGEST_TIMEOUT:
            raise ValueError("a timeout in the URL is not a number of seconds")
        self.timeout = timeout
        self._calls = SimpleQueue()
        self._thread = threading.Thread(
            target=_serve, args=(self._calls, client), name="ccxt-bingx-ext-redis", daemon=True
        )
        self._thread.start()
        weakref.finalize(self, self._calls.put, None)


def _serve(calls: SimpleQueue[Call | None], client: Any) -> None:
    """Carry out calls until a None comes."""
    while _carry_out(_taken(calls), client):
        pass
    client.close()


def _taken(calls: SimpleQueue[Call | None]) -> list[Call | None]:
    """Wait for a call, and take those that wait behind it, too."""
    taken = [calls.get()]
    with suppress(Empty):
        while len(taken) < MOST_TOGETHER:
            taken.append(calls.get_nowait())
    return taken


def _carry_out(taken: list[Call | None], client: Any) -> bool:
    """Call the script, and wake those who wait for its reply. Return whether more is to come."""
    # Who waited for an expired call does without the reply: a late grant would be nobody's.
    calls = [call for call in taken if call is not None and time.monotonic() < call.expires]
    for call, reply in zip(calls, _replies(client, calls), strict=True):
        call.reply = reply
        call.wake()
    return None not in taken


def _replies(client: Any, calls: list[Call]) -> list[Any]:
    try:
        pipeline = client.pipeline(transaction=False)
        for call in calls:
            pipeline.eval(_script(), len(call.keys), *call.keys, *_sent_now(call.arguments))
        replies: list[Any] = pipeline.execute(raise_on_error=False)
    except Exception as error:
        replies = [error] * len(calls)
    if any(isinstance(reply, Exception) for reply in replies):
        # A server that has become a replica refuses all that comes over this connection. A new one may reach
        # another server.
        client.connection_pool.disconnect()
    return replies


def _sent_now(arguments: Sequence[Any]) -> list[Any]:
    now = time.monotonic()
    return [now - one if isinstance(one, Moment) else one for one in arguments]


@functools.cache
def _script() -> str:
    """The text of acquire.lua. A packager may lose the file: read it where an error counts as an outage."""
    return files("ccxt_bingx_ext._ratelimit").joinpath("acquire.lua").read_text("utf-8")
