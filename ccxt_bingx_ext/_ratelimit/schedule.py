"""The endpoint's own rate-limit lane: who may go when. Arithmetic only: no clock, no sleeping, no lock.

Requests queue in calling order. The k-th in the queue may go one period after the request n places before it,
n being how many the limit allows per period. A period is a margin longer than the limit's own second, because
what counts is when requests *arrive*: with a period of exactly 1 s three were seen in a second (measured).
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Hashable
from itertools import takewhile
from math import inf
from typing import NamedTuple

MOST_REMEMBERED = 1000  # grants; far more than any limit of the exchange allows in a period
OVERDUE = (
    0.5  # s after which nobody waits for a ticket that does not come for its grant (its loop has stopped)
)


class RateLimit(NamedTuple):
    """So many `requests` per `period` (s), of which the last `slack` (s) makes up for waking up late."""

    requests: int
    period: float
    slack: float

    @classmethod
    def of(cls, limit: float | None, margin: float) -> RateLimit:
        """The pace of `limit` requests per second (None: any number) with a `margin` (s) between windows."""
        if limit is None:
            return cls(MOST_REMEMBERED + 1, 0.0, 0.0)
        count = max(1, int(limit))
        # The exchange counts by the second: a fraction of a request more per second is none.
        return cls(count, max(1.0, count / limit) + margin, margin / 2)


class Decision(NamedTuple):
    """`delay` s to wait before asking again, 0 to go; `closed`: because the exchange shut the lane."""

    delay: float
    closed: bool = False


class Schedule:
    """The queue and the last grants. Times are seconds on any one clock."""

    def __init__(self) -> None:
        self.grants: list[float] = []  # sorted
        self.held_until = -inf
        self.closed_until = -inf
        self._queue: dict[Hashable, float | None] = {}  # ticket -> when it was told to come back

    def ask(self, ticket: Hashable, now: float, pace: RateLimit) -> Decision:
        """May `ticket` go `now`? With a delay of 0 it has been granted, and is out of the queue."""
        planned = self._queue.setdefault(ticket, None)
        if now < self.closed_until:
            self._queue[ticket] = self.closed_until
            return Decision(self.closed_until - now, closed=True)
        ahead = takewhile(lambda one: one[0] != ticket, self._queue.items())
        coming = sum(told is None or now - told <= OVERDUE for _, told in ahead)
        rounds, place = divmod(coming, pace.requests)
        before = place - pace.requests + len(self.grants)
        free = self.grants[before] + pace.period if before >= 0 else now
        at = max(free, now, self.held_until) + rounds * pace.period
        if at > now:
            self._queue[ticket] = at
            return Decision(at - now)
        self.leave(ticket)
        # What wakes up a little late is counted as if it had been on time: else every period would be
        # longer by the lateness, and the limit not be reached.
        in_time = planned is not None and 0 <= now - planned <= pace.slack
        self.grant(planned if planned is not None and in_time else now)
        return Decision(0.0)

    def grant(self, at: float) -> None:
        """Count one that went `at`."""
        insort(self.grants, at)
        del self.grants[:-MOST_REMEMBERED]

    def forget_queue(self) -> None:
        """Nobody who was waiting is any more."""
        self._queue.clear()

    def leave(self, ticket: Hashable) -> None:
        """Give the place in the queue back; those behind move up."""
        self._queue.pop(ticket, None)

    def hold(self, until: float) -> None:
        """Nobody goes before `until`: the exchange said that this window is used up."""
        self.held_until = max(self.held_until, until)

    def close(self, until: float) -> None:
        """The exchange refuses everything before `until`."""
        self.closed_until = max(self.closed_until, until)
