"""The limiter of one process. `RedisLimiter` in redis.py is shared by several, and falls back on this one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from .messages import GO, Acquire, Ban, Pause, Resume, Signal, Ticket, Withdraw
from .schedule import Decision, Schedule


class LocalLimiter:
    """A `Schedule` behind a lock, on the process's own clock (s).

    You may call every method from any thread and any event loop. A signal handler, or a finalizer that the
    garbage collector runs, may interrupt a call and call again on the same thread: hence a lock that its
    owner may take again. The limiter wakes tickets without the lock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._schedule: Schedule[Ticket] = Schedule()

    def do(self, signal: Signal) -> Decision:
        """Apply `signal`. A withdrawal, a ban and its end wake the waiting tickets: their delays change."""
        with self._lock:
            now = self._clock()
            if isinstance(signal, Acquire):
                return self._schedule.acquire(signal.ticket, now, signal.rate_limit)
            self._apply(signal, now)
            to_wake = [] if isinstance(signal, Pause) else self._schedule.waiting
        for ticket in to_wake:
            ticket.wake()
        return GO

    def _apply(self, signal: Withdraw | Pause | Ban | Resume, now: float) -> None:
        if isinstance(signal, Withdraw):
            self._schedule.withdraw(signal.ticket)
        elif isinstance(signal, Pause):
            self._schedule.pause(now + signal.seconds)
        elif isinstance(signal, Resume):
            self._schedule.resume()
        elif signal.seconds is None:
            self._schedule.hold(now)
        else:
            self._schedule.ban(now + signal.seconds)

    async def do_async(self, signal: Signal) -> Decision:
        return self.do(signal)

    def after_fork(self) -> None:
        """Make the limiter usable in a child process, where neither its lock's holder nor its waiters exist.

        Grants, pause and ban stay: the exchange still counts them.
        """
        self._lock = threading.RLock()
        self._schedule.clear_queue()

    @property
    def banned_for(self) -> float:
        """The s that a ban still lasts, 0 without one."""
        until = max(self._schedule.banned_until, self._schedule.held_until)
        return max(0.0, until - self._clock())

    def count_grant(self) -> None:
        """Count a request that goes now because another limiter granted it."""
        with self._lock:
            self._schedule.grant(self._clock())

    def grant_ages(self, within: float) -> list[float]:
        """Return how many s ago each grant of the last `within` s went."""
        with self._lock:
            now = self._clock()
            return [now - grant for grant in self._schedule.grants if now - grant < within]
