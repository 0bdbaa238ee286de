"""Which request goes when. Arithmetic only: no clock, no lock, no sleep.

Tickets queue in calling order. If the limit allows n requests per period, each request goes at least one
period after the request n places before it.

A period is the limit's own second plus a margin, because the exchange counts when requests *arrive*. With a
period of exactly 1 s, the server saw 3 to 4 requests of a limit of 2 within a second, with 1.02 s never more
than 2 (lab notes, 8 threads or 20 tasks on loopback; a real network needs more).
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Hashable
from itertools import takewhile
from math import inf
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T", bound=Hashable)

# Grants: far more than any limit of the exchange allows in a period.
MOST_REMEMBERED = 1000
# s after which a ticket that does not come back holds nobody up: its event loop has stopped.
OVERDUE = 0.5
# s that a ban without a time holds at first, and at most: a proxy's page must not stop cancels for minutes.
FIRST_HOLD, LONGEST_HOLD = 1.0, 60.0


class RateLimit(NamedTuple):
    """At most `requests` per `period` (s).

    A ticket that comes back at most `slack` (s) late counts as punctual.
    """

    requests: int
    period: float
    slack: float

    @classmethod
    def of(cls, limit: float | None, margin: float) -> RateLimit:
        """Allow `limit` requests per second (None: any number), with `margin` (s) between two windows.

        The exchange counts by the second, so 2.5 allows no more than 2. Below 1, the period grows.
        """
        if limit is None:
            return cls(MOST_REMEMBERED + 1, 0.0, 0.0)
        requests = max(1, int(limit))
        return cls(requests, max(1.0, requests / limit) + margin, margin / 2)


class Decision(NamedTuple):
    """Go now (`delay` 0), or ask again after `delay` s. `banned`: the delay is the rest of a ban."""

    delay: float
    banned: bool = False


class Schedule(Generic[T]):
    """The queue of tickets and the last grants of one limiter. All times are s, on any one clock.

    An interrupt at any point leaves a schedule that works: a ticket whose owner is gone is soon overdue. A
    call from a signal handler exceeds no limit, because the call that it interrupts is in the queue.
    """

    def __init__(self) -> None:
        self.grants: list[float] = []  # sorted
        self.paused_until = -inf
        self.banned_until = -inf
        self.held_until = -inf  # by a ban without a time
        self._hold = 0.0  # how long the last such ban held; 0 without one
        self._queue: dict[T, float] = {}  # ticket -> when it was last told to come back

    def acquire(self, ticket: T, now: float, rate_limit: RateLimit) -> Decision:
        """Decide whether `ticket` goes `now`.

        With a delay of 0 the ticket is granted and leaves the queue. Otherwise it keeps its place, and has to
        ask again after the delay, or to `withdraw`.
        """
        due = self._queue.get(ticket, now)
        self._queue[ticket] = now  # it is here, and not overdue
        until = max(self.banned_until, self.held_until)
        if now < until:
            self._queue[ticket] = until
            return Decision(until - now, banned=True)
        slot = self._slot(ticket, now, rate_limit)
        if slot > now:
            self._queue[ticket] = slot
            return Decision(slot - now)
        # A ticket that wakes up a little late counts as punctual. Otherwise each window would grow by the
        # lateness, and requests would stay below the limit.
        self.grant(due if 0 <= now - due <= rate_limit.slack else now)
        self.withdraw(ticket)
        return Decision(0.0)

    def _slot(self, ticket: T, now: float, rate_limit: RateLimit) -> float:
        """Return when `ticket` may go, provided that those before it go as soon as they may."""
        grants = [*self.grants]
        before = takewhile(lambda place: place[0] != ticket, [*self._queue.items()])
        ahead = sum(now - due <= OVERDUE for _, due in before)
        rounds, place = divmod(ahead, rate_limit.requests)
        earlier = place - rate_limit.requests + len(grants)  # the grant one window earlier
        free = grants[earlier] + rate_limit.period if earlier >= 0 else now
        return max(free, now, self.paused_until) + rounds * rate_limit.period

    def grant(self, at: float) -> None:
        """Count a request that goes `at` that time."""
        if self._hold:
            self.held_until = at + self._hold  # this request probes; the others wait for what comes of it
        insort(self.grants, at)
        del self.grants[:-MOST_REMEMBERED]

    @property
    def waiting(self) -> list[T]:
        """The tickets in the queue, in calling order."""
        return [*self._queue]

    def withdraw(self, ticket: T) -> None:
        """Remove `ticket` from the queue. The tickets behind it move up. An unknown ticket is ignored."""
        self._queue.pop(ticket, None)

    def clear_queue(self) -> None:
        """Remove every ticket. Grants, pause and ban stay."""
        self._queue.clear()

    def pause(self, until: float) -> None:
        """Grant nothing before `until`. A shorter pause never shortens a longer one."""
        self.paused_until = max(self.paused_until, until)

    def hold(self, now: float) -> None:
        """A ban without a time: hold for 1 s, twice as long each further time, up to `LONGEST_HOLD`."""
        self._hold = min(max(FIRST_HOLD, 2 * self._hold), LONGEST_HOLD)
        self.held_until = max(self.held_until, now + self._hold)

    def resume(self) -> None:
        """End a ban without a time: the exchange accepts requests again."""
        self.held_until, self._hold = -inf, 0.0

    def ban(self, until: float) -> None:
        """Grant nothing before `until`, and report the ban. A shorter ban never shortens a longer one."""
        self.banned_until = max(self.banned_until, until)
