"""What a kept lane is told (`Acquire`, `Withdraw`, `Pause`, `Ban`), and the lane that this process keeps.

Plainly (``do``) or awaited (``do_async``); `_redis` keeps one that several processes share.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeAlias

from .schedule import Decision, RateLimit, Schedule


class Ticket:
    """A place in a lane's queue. `wake` makes its owner ask again, from any thread."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self.wake = wake
        self.name = os.urandom(12).hex()
        self.has_asked = False  # a shared lane, which has to be told when it leaves
        self.was_answered = False  # by a shared lane


class Acquire(NamedTuple):
    """May `ticket` go? The result is a `Decision`."""

    ticket: Ticket
    pace: RateLimit


class Withdraw(NamedTuple):
    """Give the place of `ticket` back."""

    ticket: Ticket


class Pause(NamedTuple):
    """Nobody goes for `seconds`: the window is used up."""

    seconds: float


class Ban(NamedTuple):
    """The exchange refuses everything for `seconds`."""

    seconds: float


Signal: TypeAlias = Acquire | Withdraw | Pause | Ban
GO = Decision(0.0)


class Limiter(Protocol):
    def do(self, order: Signal) -> Decision: ...

    async def do_async(self, order: Signal) -> Decision: ...


class LocalLimiter:
    """A lane of this process. Everything may be called from any thread and any event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._lane = Schedule()
        self._waiting: dict[Ticket, None] = {}

    def do(self, order: Signal) -> Decision:
        behind: list[Ticket] = []
        verdict = GO
        with self._lock:
            now = self._clock()
            if isinstance(order, Acquire):
                verdict = self._lane.ask(order.ticket, now, order.pace)
                if verdict.delay:
                    self._waiting[order.ticket] = None
                else:
                    self._waiting.pop(order.ticket, None)
            elif isinstance(order, Withdraw):
                self._lane.leave(order.ticket)
                self._waiting.pop(order.ticket, None)
                behind = [*self._waiting]
            elif isinstance(order, Pause):
                self._lane.hold(now + order.seconds)
            else:
                self._lane.close(now + order.seconds)
                behind = [*self._waiting]
        for ticket in behind:
            ticket.wake()
        return verdict

    async def do_async(self, order: Signal) -> Decision:
        return self.do(order)

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
