"""The limiter of one process. `_ratelimit.redis` has the one that several processes share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from .messages import GO, Acquire, Pause, Signal, Ticket, Withdraw
from .schedule import Decision, Schedule


class LocalLimiter:
    """A lane of this process. Everything may be called from any thread and any event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._lane = Schedule()
        self._waiting: dict[Ticket, None] = {}

    def do(self, signal: Signal) -> Decision:
        behind: list[Ticket] = []
        verdict = GO
        with self._lock:
            now = self._clock()
            if isinstance(signal, Acquire):
                verdict = self._lane.ask(signal.ticket, now, signal.rate_limit)
                if verdict.delay:
                    self._waiting[signal.ticket] = None
                else:
                    self._waiting.pop(signal.ticket, None)
            elif isinstance(signal, Withdraw):
                self._lane.leave(signal.ticket)
                self._waiting.pop(signal.ticket, None)
                behind = [*self._waiting]
            elif isinstance(signal, Pause):
                self._lane.hold(now + signal.seconds)
            else:
                self._lane.close(now + signal.seconds)
                behind = [*self._waiting]
        for ticket in behind:
            ticket.wake()
        return verdict

    async def do_async(self, signal: Signal) -> Decision:
        return self.do(signal)

    def after_fork(self) -> None:
        """In a child: the lock may be held by a thread, and the queue by waiters, that are not there."""
        self._lock = threading.Lock()
        self._lane.forget_queue()
        self._waiting.clear()

    @property
    def closed_for(self) -> float:
        """For how many s the lane is still closed, 0 if it is open."""
        return max(0.0, self._lane.closed_until - self._clock())

    def count_granted(self) -> None:
        """Remember that one went now by a grant from elsewhere."""
        with self._lock:
            self._lane.grant(self._clock())

    def granted_within(self, seconds: float) -> list[float]:
        """How many s ago those went that went within the last `seconds`."""
        with self._lock:
            now = self._clock()
            return [now - grant for grant in self._lane.grants if now - grant < seconds]
