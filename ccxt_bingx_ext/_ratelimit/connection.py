"""One kept connection to a Redis, which every thread and event loop of this process shares.

A thread of its own owns the connection. So callers can bound a call as a whole: none of redis-py's timeouts
bounds a name server that hangs, or a reply that trickles. Calls reach Redis in the order in which they were
made, even if a task is cancelled meanwhile. And an event loop has nothing to close.
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

from .outage import Outage, UnusableUrl

TIMEOUT = 0.25  # s for a call as a whole: a request must not wait for a Redis that does not reply
LONGEST_TIMEOUT = 3600.0  # s; the most that a URL may set
# The most calls that go to Redis together. More may wait after the network hung.
MOST_TOGETHER = 50

_connections: weakref.WeakValueDictionary[str, Connection] = weakref.WeakValueDictionary()


def connection_to(url: str) -> Connection:
    """Return this process's connection to the Redis at `url`. It closes when no limiter holds it."""
    # Two threads may both make a connection. That only costs a second one.
    connection = _connections.get(url)
    if connection is None:
        connection = _connections[url] = Connection(url)
    return connection


def after_fork() -> None:
    """Forget the parent's connections: their threads and the holders of their locks stayed in the parent."""
    _connections.clear()


class Moment(float):
    """An argument of a call: a moment (s of ``time.monotonic``). Redis receives its age in s.

    `_sent_now` computes the age when the call goes to Redis. An earlier age would be wrong by the time that
    the call waited for its turn.
    """


class Call:
    """A call of the script. `reply`: the script's reply, or the exception that the call met."""

    def __init__(self, keys: Sequence[str], arguments: Sequence[Any], wake: Callable[[], object]) -> None:
        self.keys, self.arguments, self.wake = keys, arguments, wake
        self.expires = 0.0
        self.reply: Any = TimeoutError("no reply in time")


class Connection:
    """Calls acquire.lua in the Redis at `url`, from any thread and any event loop.

    A call takes `timeout` s at most: 0.25, or the longer one of ``socket_timeout`` and
    ``socket_connect_timeout`` in the URL. The user may set every option of redis-py in the URL. The first
    call makes the connection, and the next call after a fork or a failure makes it again.

    `outage`: whether this Redis is away. Callers report outages to it, and ask it before each call.
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
        # Not an Event: a second Ctrl-C can leave its inner lock locked, and then the thread hangs.
        done = threading.Lock()
        done.acquire()
        call = Call(keys, arguments, done.release)
        if self._put(call):
            done.acquire(timeout=self.timeout)
        return call.reply

    async def call_async(self, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Do what `call` does, in an event loop. If the task is cancelled, the call still reaches Redis."""
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
        except Exception as error:  # no redis package, an unreadable URL, too many threads
            call.reply = error
            return False
        return True

    def _start(self) -> None:
        try:
            client, self.timeout = _client_of(self._url)
        except ModuleNotFoundError:
            raise
        except Exception as error:
            raise UnusableUrl(type(error).__name__) from None
        self._calls = SimpleQueue()
        self._thread = threading.Thread(
            target=_serve, args=(self._calls, client), name="ccxt-bingx-ext-redis", daemon=True
        )
        self._thread.start()
        weakref.finalize(self, self._calls.put, None)


def _client_of(url: str) -> tuple[Any, float]:
    """A client of the Redis at `url`, and the s that a call may take. What this raises may quote `url`."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.connection import parse_url
    from redis.exceptions import ConnectionError as Disconnected
    from redis.retry import Retry

    client = Redis.from_url(
        url,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 1, (Disconnected,)),  # the kept connection may be dead
    )
    pool = client.connection_pool
    # redis-py would read the options of the URL at the first call. An option may be part of a password.
    pool.connection_class(**pool.connection_kwargs)
    options = parse_url(url)  # type: ignore[no-untyped-call]
    own = [options[name] for name in ("socket_timeout", "socket_connect_timeout") if name in options]
    timeout = max(own, default=TIMEOUT)
    if not 0 < timeout <= LONGEST_TIMEOUT:
        raise ValueError(f"a timeout in the URL must be above 0 and at most {LONGEST_TIMEOUT:g} s")
    return client, timeout


def _serve(calls: SimpleQueue[Call | None], client: Any) -> None:
    """Carry out calls until a None comes."""
    while _carry_out(_taken(calls), client):
        pass
    client.close()


def _taken(calls: SimpleQueue[Call | None]) -> list[Call | None]:
    """Wait for a call, and take the calls behind it, too."""
    taken = [calls.get()]
    with suppress(Empty):
        while len(taken) < MOST_TOGETHER:
            taken.append(calls.get_nowait())
    return taken


def _carry_out(taken: list[Call | None], client: Any) -> bool:
    """Call the script, and wake the callers that wait for replies. Return whether more calls may come."""
    # Drop expired calls: their callers went on without a reply, so a late grant would have no owner.
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
        # A server that has become a replica refuses every call over this connection. A new connection may
        # reach another server.
        client.connection_pool.disconnect()
    return replies


def _sent_now(arguments: Sequence[Any]) -> list[Any]:
    now = time.monotonic()
    return [now - one if isinstance(one, Moment) else one for one in arguments]


@functools.cache
def _script() -> str:
    """The text of acquire.lua. Read it here, where an error counts as an outage: a packager may lose it."""
    return files("ccxt_bingx_ext._ratelimit").joinpath("acquire.lua").read_text("utf-8")
