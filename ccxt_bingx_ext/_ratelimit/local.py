"""The limiter of one process. The shared `RedisLimiter` (redis.py) falls back on it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from weakref import WeakSet

from .messages import (
    GO,
    Acquire,
    Answered,
    Ban,
    Pause,
    Renew,
    Resume,
    Signal,
    Ticket,
    Withdraw,
    Written,
)
from .schedule import Decision, Schedule

_held: WeakSet[LocalLimiter] = WeakSet()  # limiters that a ban without a time holds


def is_any_held() -> bool:
    """Whether a ban without a time holds any limiter of this process. If not, no `Resume` is needed."""
    return len(_held) > 0


class LocalLimiter:
    """A `Schedule` behind a lock, on the process's own clock (s).

    You may call every method from any thread and any event loop. The lock is reentrant: a signal handler, or
    a finalizer that the garbage collector runs, may interrupt a call and call again on the same thread. The
    limiter wakes tickets without the lock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, endpoint: str = "") -> None:
        self.endpoint = endpoint
        self._clock = clock
        self._lock = threading.RLock()
        self._schedule: Schedule[Ticket] = Schedule()
        self._longest_life = 0.0  # s from a grant to the latest arrival, by any rate limit

    def do(self, signal: Signal) -> Decision:
        """Apply `signal`, and wake the tickets that may now go sooner than their last decision said."""
        if isinstance(signal, Resume) and not self.is_held:
            return GO  # every response sends a Resume, which would wake the whole queue
        with self._lock:
            now = self._clock()
            decision = self._apply(signal, now)
            self._drop_if_gone(self._schedule.next_overdue())
            # An `if` must not come last: an interrupt at its end would leave the lock locked (CPython 3.11).
            to_wake = self._woken_by(signal, decision, now)
        for ticket in to_wake:
            if not ticket.wake():
                with self._lock:
                    self._schedule.withdraw(ticket)
        return decision

    def _apply(self, signal: Signal, now: float) -> Decision:
        if isinstance(signal, (Acquire, Renew)):
            life = signal.rate_limit.slack + signal.rate_limit.in_flight
            self._longest_life = max(self._longest_life, life)
        if isinstance(signal, Acquire):
            return self._schedule.acquire(signal.ticket, now, signal.rate_limit)
        if isinstance(signal, Renew):
            return self._schedule.renew(signal.ticket, now, signal.rate_limit)
        if isinstance(signal, Written):
            self._schedule.written(signal.ticket, now, signal.rate_limit)
        elif isinstance(signal, Answered):
            self._schedule.answered(signal.ticket, now)
            signal.ticket.has_arrived = True
        elif isinstance(signal, Withdraw):
            self._schedule.withdraw(signal.ticket)
        elif isinstance(signal, Pause):
            self._schedule.pause(now + signal.seconds)
        elif isinstance(signal, Resume):
            self._schedule.resume()
            _held.discard(self)
        elif signal.seconds is None:
            _held.add(self)  # first: an interrupt must not leave a hold that no Resume ends
            self._schedule.hold(now)
        else:
            self._schedule.ban(now + signal.seconds)
        return GO

    def _drop_if_gone(self, ticket: Ticket | None) -> None:
        if ticket is not None and ticket.is_gone():
            self._schedule.withdraw(ticket)

    def _woken_by(self, signal: Signal, decision: Decision, now: float) -> list[Ticket]:
        if isinstance(signal, (Ban, Resume)):
            return self._schedule.waiting
        if isinstance(signal, Pause) or (isinstance(signal, Acquire) and decision.delay):
            return []
        return self._schedule.next_up(now)

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
        """How long a ban still lasts (s), 0 without a ban."""
        return self.rest_of_ban.delay

    @property
    def rest_of_ban(self) -> Decision:
        """The decision for every ticket during a ban. Its delay is 0 without one."""
        return self._schedule.rest_of_ban(self._clock())

    @property
    def timed_ban(self) -> float:
        """How long a ban whose end the exchange named still lasts (s), 0 without one."""
        return max(0.0, self._schedule.banned_until - self._clock())

    @property
    def has_waiting(self) -> bool:
        """See `Limiter`."""
        with self._lock:
            return len(self._schedule.next_up(self._clock())) > 0

    @property
    def is_held(self) -> bool:
        """Whether `Resume` would change anything: there was a ban without a time."""
        return self._schedule.is_held

    @property
    def is_idle(self) -> bool:
        """Whether the limiter remembers nothing: no ban, no pause, and no request that still counts."""
        with self._lock:
            return self._schedule.is_idle(self._clock())

    def arrivals(self, within: float) -> list[tuple[str, float]]:
        """Return each slot's name, and the age (s) of the latest moment its request arrived, up to `within`.

        Without a response the age is that of a new grant, below 0. The slot may be renewed before the caller
        reads the age, and an older age would undo the renewal.
        """
        with self._lock:
            now = self._clock()
            slots = self._schedule.arrivals(now - within)
            return [(one.name, now - at if one.has_arrived else -self._longest_life) for one, at in slots]
