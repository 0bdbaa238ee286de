"""Decide when each request may go. Arithmetic only: no clock, no lock, no sleep.

Tickets queue in calling order. The exchange counts when requests *arrive*, and a request arrives after its
ticket was granted. So of any n + 1 requests under a limit of n per period, the last is granted no sooner than
one period after the first has certainly arrived. That moment becomes known step by step:

==========================  ======================================================================
state of a request          the latest moment at which it arrives
==========================  ======================================================================
granted                     `slack` after its grant, by when it has to be written, and `in_flight`
written                     `in_flight` after it was written
answered                    when the response came, if that is sooner
never written               it does not arrive, and does not count
==========================  ======================================================================

The limit holds in every period, provided that a request arrives within `in_flight` of being written. A
request that hangs, and a process that dies, delay others by no more than that.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from math import inf
from typing import Generic, NamedTuple, TypeVar

from .queue import Queue

T = TypeVar("T", bound=Hashable)

# Slots. The exchange's limits allow far fewer in a period.
MOST_REMEMBERED = 1000
# s after which a ticket that does not ask again blocks no other: its event loop has stopped.
OVERDUE = 0.5
# s within which a granted request has to be written. A busy event loop, or a new connection, may take longer.
SLACK = 0.05
# s that a ban without a time holds at first, and at most: a proxy's page must not stop cancels for minutes.
FIRST_HOLD, LONGEST_HOLD = 1.0, 60.0


class RateLimit(NamedTuple):
    """At most `requests` per `period` (s).

    A granted request has to be written within `slack` (s), and arrives within `in_flight` (s) of that.
    """

    requests: int
    period: float
    slack: float = SLACK
    in_flight: float = 0.25

    @classmethod
    def of(cls, limit: float | None, margin: float) -> RateLimit:
        """Allow `limit` requests per second (None: any number), with `margin` (s) between two windows.

        The exchange counts by the second, so 2.5 allows no more than 2. Below 1, the period grows.
        """
        if limit is None:
            return cls(MOST_REMEMBERED + 1, 0.0)
        requests = max(1, int(limit))
        return cls(requests, max(1.0, requests / limit) + margin)

    @property
    def per_second(self) -> float | None:
        """The most requests per second. None: any number."""
        return self.requests / self.period if self.period else None


class Decision(NamedTuple):
    """Go now (`delay` 0), or ask again after `delay` s. `banned`: the delay is the rest of a ban.

    `is_named`: the exchange named the end of the ban. If not, the delay is how long the limiter holds.
    """

    delay: float
    banned: bool = False
    is_named: bool = True


class Schedule(Generic[T]):
    """The queue of tickets and the last slots of one limiter. All times are s, on any one clock.

    An interrupt at any point leaves a schedule that works: a ticket whose owner is gone is soon overdue. A
    call from a signal handler cannot exceed the limit, because the call that it interrupts is in the queue.
    """

    def __init__(self) -> None:
        self.paused_until = -inf
        self.banned_until = -inf
        self.held_until = -inf  # the end of a hold: a ban without a time
        self._hold = 0.0  # s, of the last such ban, or 0
        self._queue: Queue[T] = Queue()  # due after the delay of their last decision
        self._slots: OrderedDict[T, float] = OrderedDict()  # granted ticket -> the latest moment it arrives
        self._width, self._longest_period = 1, 0.0  # the largest of any rate limit so far

    def acquire(self, ticket: T, now: float, rate_limit: RateLimit) -> Decision:
        """Decide whether `ticket` goes `now`.

        With a delay of 0 the ticket leaves the queue and has a slot. Its owner must use the slot within
        ``rate_limit.slack``, or `renew` it. Otherwise the ticket keeps its place, and its owner must ask
        again after the delay, or `withdraw`.
        """
        self._queue.put(ticket, now)  # a ticket that asks is not overdue
        decision = self._decide(ticket, now, rate_limit)
        if decision.delay:
            self._queue.put(ticket, now + decision.delay)
        else:
            self.grant(ticket, now, rate_limit)
            self._queue.remove(ticket)
        return decision

    def renew(self, ticket: T, now: float, rate_limit: RateLimit) -> Decision:
        """Decide whether `ticket`, whose slot was not used in time, goes `now`. If not, it loses the slot."""
        decision = self._decide(ticket, now, rate_limit)
        if decision.delay:
            self._slots.pop(ticket, None)
        else:
            self.grant(ticket, now, rate_limit)
        return decision

    def _decide(self, ticket: T, now: float, rate_limit: RateLimit) -> Decision:
        self._width = max(self._width, rate_limit.requests)
        self._longest_period = max(self._longest_period, rate_limit.period)
        ban = self.rest_of_ban(now)
        if ban.delay:
            return ban
        return Decision(self._free_at(ticket, now, rate_limit) - now)

    def _free_at(self, ticket: T, now: float, rate_limit: RateLimit) -> float:
        """Return when `ticket` may go, provided that the tickets before it go as soon as they may."""
        arrivals = sorted(latest for one, latest in [*self._slots.items()] if one != ticket)
        ahead = 0
        if ticket in self._queue:  # otherwise it has a slot already, and comes before the queue
            self._queue.first(rate_limit.requests, now - OVERDUE)
            ahead = self._queue.rank(ticket)
        rounds, place = divmod(ahead, rate_limit.requests)
        earlier = place - rate_limit.requests + len(arrivals)  # the request one window earlier
        free = arrivals[earlier] + rate_limit.period if earlier >= 0 else now
        return max(free, now, self.paused_until) + rounds * rate_limit.period

    def grant(self, ticket: T, now: float, rate_limit: RateLimit) -> None:
        """Give `ticket` a slot that begins `now`."""
        if self._hold:
            self.held_until = now + self._hold  # this request probes, and the others wait for its response
        self._slots[ticket] = now + rate_limit.slack + rate_limit.in_flight
        past = [one for one, latest in [*self._slots.items()] if latest + self._longest_period <= now]
        for one in past + [*self._slots][:-MOST_REMEMBERED]:
            self._slots.pop(one, None)

    def written(self, ticket: T, now: float, rate_limit: RateLimit) -> None:
        """The request of `ticket` was written `now`."""
        self._arrives_by(ticket, now + rate_limit.in_flight)

    def answered(self, ticket: T, now: float) -> None:
        """The response to the request of `ticket` came `now`."""
        self._arrives_by(ticket, now)

    def _arrives_by(self, ticket: T, latest: float) -> None:
        known = self._slots.get(ticket)
        if known is not None:
            self._slots[ticket] = min(known, latest)

    def withdraw(self, ticket: T) -> None:
        """Remove `ticket`, if known: its request was never written. The tickets behind it move up."""
        self._queue.remove(ticket)
        self._slots.pop(ticket, None)

    @property
    def waiting(self) -> list[T]:
        """The tickets in the queue, in calling order."""
        return self._queue.tickets

    def next_overdue(self) -> T | None:
        """Return a ticket that no longer blocks others, each in turn: its owner may be gone."""
        return self._queue.next_aside()

    def is_idle(self, now: float) -> bool:
        """Whether nothing is left to remember: no ban, no pause, and no request that still counts."""
        counts = any(latest + self._longest_period > now for latest in [*self._slots.values()])
        return not counts and max(self.banned_until, self.held_until, self.paused_until) <= now

    def next_up(self, now: float) -> list[T]:
        """The first tickets in the queue, as many as may go at once. The others need not ask before them."""
        return self._queue.first(self._width, now - OVERDUE)

    def arrivals(self, since: float) -> list[tuple[T, float]]:
        """The tickets with a slot whose requests may arrive at `since` or later, and the latest moment."""
        return [(ticket, latest) for ticket, latest in [*self._slots.items()] if latest >= since]

    def clear_queue(self) -> None:
        """Remove every ticket from the queue. Slots, pause and ban stay."""
        self._queue.clear()

    def pause(self, until: float) -> None:
        """Grant nothing before `until`. A shorter pause never shortens a longer one."""
        self.paused_until = max(self.paused_until, until)

    def hold(self, now: float) -> None:
        """Begin a ban without a time: hold for 1 s, twice as long each further time, up to `LONGEST_HOLD`."""
        self._hold = min(max(FIRST_HOLD, 2 * self._hold), LONGEST_HOLD)
        self.held_until = max(self.held_until, now + self._hold)

    @property
    def is_held(self) -> bool:
        """Whether a ban without a time holds the requests, or a request probes whether it has ended."""
        return self._hold > 0

    def resume(self) -> None:
        """End a ban without a time: the exchange accepts requests again."""
        self.held_until, self._hold = -inf, 0.0

    def rest_of_ban(self, now: float) -> Decision:
        """The rest of a ban, as a decision. Its delay is 0 without one."""
        until = max(self.banned_until, self.held_until)
        return Decision(max(0.0, until - now), banned=True, is_named=self.banned_until >= self.held_until)

    def ban(self, until: float) -> None:
        """Grant nothing before `until`, and report the ban. A shorter ban never shortens a longer one."""
        self.banned_until = max(self.banned_until, until)
