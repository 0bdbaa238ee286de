"""A lane kept in Redis: the arithmetic of `_lane` in one atomic script, on the server's own clock.

Where Redis cannot be reached the local lane takes over, with a warning: a cancel must get out.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import threading
import time
from collections.abc import Generator
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from .._runner import run, run_async
from .local import LocalLimiter
from .messages import GO, Acquire, Ban, Pause, Signal, Ticket, Withdraw
from .schedule import Decision, RateLimit

log = logging.getLogger("ccxt_bingx_ext")

TIMEOUT = 0.25  # s, to connect and to answer: a cancel must not wait for a limiter that is gone
RETRY_AFTER = 2.0  # s without asking a Redis that could not be reached
CHECK_EVERY = 0.5  # s at most between two questions of a waiting ticket: nobody can wake it from elsewhere
MOST_ASKING = 8  # tickets of one process that ask at a time
STALE_AFTER = 2.0  # s after which a ticket that asks no more is taken out: its process has died


@functools.cache
def _script() -> str:
    """The text of acquire.lua. A packager may lose the file: read it where an error counts as an outage."""
    return files("ccxt_bingx_ext._ratelimit").joinpath("acquire.lua").read_text("utf-8")


class RedisLimiter:
    """A lane in the Redis at `url`, and the process's own one behind it."""

    def __init__(self, url: str, name: str, local: LocalLimiter) -> None:
        self._url = url
        self._keys = [f"{{ccxt-bingx-ext:{name}}}:{part}" for part in ("q", "s", "p", "g", "state")]
        self._local = local
        self._lock = threading.Lock()
        self._lost_until: float | None = None  # None: Redis answered last time
        self._asking: dict[Ticket, float] = {}  # in calling order -> when it asked last

    def do(self, signal: Signal) -> Decision:
        return run(self._steps(signal), self._eval)

    async def do_async(self, signal: Signal) -> Decision:
        return await run_async(self._steps(signal), self._eval_async)

    def _steps(self, signal: Signal) -> Generator[list[Any], Any, Decision]:
        lost_until = self._lost_until
        is_lost = lost_until is not None and time.monotonic() < lost_until
        if isinstance(signal, Acquire):
            banned_for = self._local.banned_for
            if banned_for > 0:
                return Decision(banned_for, banned=True)
            if not is_lost and not self._is_in_front(signal.ticket, signal.rate_limit):
                return Decision(CHECK_EVERY)
        else:
            self._local.do(signal)  # it may be the local lane that is asked next
            if isinstance(signal, Withdraw) and not signal.ticket.has_asked:
                self._forget(signal)
                return GO
        if is_lost:
            return self._locally(signal)
        if isinstance(signal, Acquire):
            signal.ticket.has_asked = True
        answer = yield self._arguments(signal, lost_until is not None)
        if isinstance(answer, Exception):
            self._lose(answer)
            return self._locally(signal)
        if lost_until is not None:
            self._lost_until = None
            log.warning("the shared rate limit is back: %s", self._where)
        if not isinstance(signal, Acquire):
            self._forget(signal)
            return GO
        verdict = Decision(float(answer[0]), bool(answer[1]))
        self._local.do(Withdraw(signal.ticket))  # it may have queued there while Redis was away
        if verdict.banned:
            self._local.do(Ban(verdict.delay))
            return verdict
        self._let_the_next_ask(signal.ticket)
        if not verdict.delay:
            self._local.count_grant()
            self._forget(signal)
        return Decision(min(verdict.delay, CHECK_EVERY))

    def _locally(self, signal: Signal) -> Decision:
        verdict = self._local.do(signal) if isinstance(signal, Acquire) else GO
        if not verdict.delay:
            self._forget(signal)
        return verdict

    def _is_in_front(self, ticket: Ticket, pace: RateLimit) -> bool:
        # A hundred waiting tasks would be a hundred questions at once, and none answered in time: those far
        # back in this process need not ask, for the ones before them go first in any case. And questions
        # that are on their way together would overtake each other.
        now, ahead = time.monotonic(), 0
        with self._lock:
            self._asking[ticket] = now
            for one, asked in self._asking.items():  # pragma: no branch - the ticket itself is among them
                if one is ticket:
                    break
                if now - asked <= STALE_AFTER:
                    ahead += 1
                    if not one.was_answered or ahead >= MOST_ASKING + pace.requests:
                        return False
        return True

    def _let_the_next_ask(self, ticket: Ticket) -> None:
        ticket.was_answered = True
        with self._lock:
            waiting = next((one for one in self._asking if not one.was_answered), None)
        if waiting is not None:
            waiting.wake()

    def _forget(self, signal: Signal) -> None:
        if isinstance(signal, (Acquire, Withdraw)):
            with self._lock:
                self._asking.pop(signal.ticket, None)

    def _arguments(self, signal: Signal, was_lost: bool = False) -> list[Any]:
        if isinstance(signal, Withdraw):
            return ["withdraw", signal.ticket.name]
        if isinstance(signal, (Pause, Ban)):
            return [type(signal).__name__.lower(), "", signal.seconds]
        pace = signal.rate_limit
        # What went by the local lane while Redis was away, or has been forgotten there, counts, too.
        ages = self._local.grant_ages(pace.period)
        settings = [pace.requests, pace.period, pace.slack, STALE_AFTER]
        return ["acquire", signal.ticket.name, *settings, int(was_lost), *ages]

    def _lose(self, error: Exception) -> None:
        with self._lock:
            if self._lost_until is None:
                log.warning(
                    "the shared rate limit at %s cannot be reached, each process keeps its own: %s %s",
                    self._where,
                    type(error).__name__,
                    "" if isinstance(error, ValueError) else error,  # of the URL, password and all
                )
            self._lost_until = time.monotonic() + RETRY_AFTER

    @property
    def _where(self) -> str:
        try:
            url = urlsplit(self._url)
            return f"{url.hostname or 'this machine'}:{url.port or 6379}"
        except ValueError:
            return "an unreadable URL"

    # A connection per question: there are a few in a second at most, and so neither event loops nor forks
    # nor the closing of exchanges concern it.

    def _eval(self, arguments: list[Any]) -> Any:
        try:
            import redis

            with redis.Redis.from_url(self._url, **_options()) as client:
                return client.eval(_script(), len(self._keys), *self._keys, *arguments)
        except Exception as error:
            return error

    async def _eval_async(self, arguments: list[Any]) -> Any:
        question = asyncio.ensure_future(self._question(arguments))
        try:
            return await asyncio.shield(question)
        except asyncio.CancelledError:
            # redis-py leaves a connection open that is given up while it is being made (seen with 8.1). It is
            # a matter of milliseconds, and of TIMEOUT at the most.
            await asyncio.wait({question})
            raise

    async def _question(self, arguments: list[Any]) -> Any:
        try:
            from redis import asyncio as redis

            async with redis.Redis.from_url(self._url, **_options()) as client:
                return await client.eval(_script(), len(self._keys), *self._keys, *arguments)
        except Exception as error:
            return error


def _options() -> dict[str, Any]:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT, "retry": Retry(NoBackoff(), 0)}
