"""The schedule decides which request goes when. The tests choose the time."""

from __future__ import annotations

import heapq
import math
from collections.abc import Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccxt_bingx_ext._ratelimit import registry
from ccxt_bingx_ext._ratelimit.local import LocalLimiter
from ccxt_bingx_ext._ratelimit.messages import Acquire, Ticket
from ccxt_bingx_ext._ratelimit.schedule import Decision, RateLimit, Schedule

LIMIT = RateLimit.of(2, 0.05)
GO = Decision(0.0)


def approx(delay: float, banned: bool = False) -> Decision:
    return Decision(pytest.approx(delay), banned)  # type: ignore[arg-type]


def worst_window(times: list[float], seconds: float = 1.0) -> int:
    return max((sum(start <= one < start + seconds for one in times) for start in times), default=0)


def test_within_the_limit_no_wait() -> None:
    """Two per second: the first two go at once, the third after a period."""
    schedule = Schedule[Hashable]()
    assert [schedule.acquire(name, 10.0, LIMIT) for name in "abc"] == [GO, GO, approx(1.05)]
    assert schedule.acquire("c", 11.06, LIMIT) == GO


def test_calling_order() -> None:
    """Each ticket gets its own time. Asking again changes neither the time nor the order."""
    schedule = Schedule[Hashable]()
    for name in "ab":
        schedule.acquire(name, 0.0, LIMIT)
    delays = [schedule.acquire(name, 0.0, LIMIT) for name in "cdefg"]
    assert delays == [approx(one) for one in (1.05, 1.05, 2.1, 2.1, 3.15)]
    assert [schedule.acquire(name, 0.5, LIMIT) for name in "gc"] == [approx(2.65), approx(0.55)]


def test_withdrawals_move_the_queue_up() -> None:
    """Ten tickets withdraw: the next one waits for one period, not for six."""
    schedule = Schedule[Hashable]()
    for number in range(12):
        schedule.acquire(number, 0.0, LIMIT)
    schedule.acquire("behind", 0.0, LIMIT)
    for number in range(2, 12):
        schedule.withdraw(number)
    assert schedule.acquire("behind", 0.1, LIMIT) == approx(0.95)
    assert schedule.acquire("next", 0.1, LIMIT) == approx(0.95)


def test_withdrawing_an_absent_ticket() -> None:
    """A granted or unknown ticket is not in the queue. Withdrawing it changes nothing."""
    schedule = Schedule[Hashable]()
    schedule.acquire("a", 0.0, LIMIT)
    schedule.withdraw("a")
    schedule.withdraw("nobody")
    assert schedule.acquire("b", 0.0, LIMIT) == GO
    assert schedule.acquire("c", 0.0, LIMIT) == approx(1.05)


def test_slightly_late_wakers() -> None:
    """With every waiter 10 ms late, 95 % of the limit still goes: 1 s of every 1.05 s."""
    schedule, now, went = Schedule[Hashable](), 0.0, 0
    while now < 1000:
        delay = schedule.acquire("a", now, LIMIT).delay
        went += delay == 0
        now += delay + 0.01 if delay else 0.0
    assert went >= 0.95 * 2 * 1000


def test_very_late_wakers() -> None:
    """A request that goes later than the slack counts when it goes: the window must hold."""
    schedule = Schedule[Hashable]()
    for name in "abc":
        schedule.acquire(name, 0.0, LIMIT)
    assert schedule.acquire("c", 3.0, LIMIT) == GO
    assert schedule.acquire("d", 3.0, LIMIT) == GO
    assert schedule.acquire("e", 3.0, LIMIT) == approx(1.05)


def test_overdue_tickets_hold_nobody_up() -> None:
    """Their event loop has stopped. They keep their places, and those behind go past."""
    schedule = Schedule[Hashable]()
    for name in ("a", "b", "stuck", "stuck too"):
        schedule.acquire(name, 0.0, LIMIT)
    assert schedule.acquire("behind", 0.1, LIMIT) == approx(2.0)
    assert schedule.acquire("behind", 1.7, LIMIT) == GO
    assert schedule.acquire("stuck", 1.8, LIMIT) == GO
    assert schedule.acquire("stuck too", 1.8, LIMIT) == approx(0.95)


def test_slightly_late_tickets_keep_their_turn() -> None:
    """The ticket behind them waits for a whole period."""
    schedule = Schedule[Hashable]()
    for name in ("a", "b", "late", "late too"):
        schedule.acquire(name, 0.0, LIMIT)
    assert schedule.acquire("behind", 1.5, LIMIT) == approx(1.05)


def test_overdue_tickets_after_a_ban() -> None:
    """The same for tickets that were due when the ban ended."""
    schedule = Schedule[Hashable]()
    schedule.ban(10.0)
    for name in ("stuck", "stuck too", "behind"):
        assert schedule.acquire(name, 0.0, LIMIT).banned
    assert schedule.acquire("behind", 10.6, LIMIT) == GO


def test_tickets_that_moved_up() -> None:
    """They go before their first due time, because others withdrew. The next window begins when they go."""
    schedule = Schedule[Hashable]()
    for name in "abcdef":
        schedule.acquire(name, 0.0, LIMIT)
    for name in "cd":
        schedule.withdraw(name)
    assert [schedule.acquire(name, 1.1, LIMIT) for name in "ef"] == [GO, GO]
    assert schedule.acquire("g", 1.1, LIMIT) == approx(1.05)


def test_pause() -> None:
    """The exchange said that the window is used up. The longer of two pauses counts."""
    schedule = Schedule[Hashable]()
    schedule.pause(5.0)
    schedule.pause(4.0)
    assert [schedule.acquire(name, 4.5, LIMIT) for name in "abc"] == [approx(0.5), approx(0.5), approx(1.55)]
    assert schedule.acquire("a", 5.0, LIMIT) == GO


def test_ban() -> None:
    """Every ticket learns how long the ban lasts, and keeps its place for afterwards."""
    schedule = Schedule[Hashable]()
    schedule.ban(300.0)
    schedule.ban(200.0)
    decisions = [schedule.acquire(name, 10.0, LIMIT) for name in "ab"]
    assert decisions == [approx(290.0, True), approx(290.0, True)]
    assert [schedule.acquire(name, 300.0, LIMIT) for name in "cba"] == [approx(1.05), GO, GO]


def test_no_limit() -> None:
    """limit None: the schedule delays nothing, but a ban still counts."""
    schedule, unlimited = Schedule[Hashable](), RateLimit.of(None, 0.05)
    assert all(schedule.acquire(number, 0.0, unlimited) == GO for number in range(2500))
    schedule.ban(5.0)
    assert schedule.acquire("a", 0.0, unlimited).banned
    assert schedule.acquire("a", 5.0, unlimited) == GO


def test_two_rate_limits() -> None:
    """Two instances of one account may have different limits. Each counts all requests."""
    schedule, fast = Schedule[Hashable](), RateLimit.of(5, 0.0)
    assert [schedule.acquire(n, 0.0, fast).delay for n in range(5)] == [0.0] * 5
    assert schedule.acquire("slow", 0.5, LIMIT) == approx(0.55)


ARRIVALS = st.lists(st.tuples(st.floats(0, 10), st.floats(0, 0.2), st.booleans()), min_size=1, max_size=40)


@given(arrivals=ARRIVALS, limit=st.sampled_from([1, 2, 3, 5]), margin=st.sampled_from([0.0, 0.05, 0.3]))
def test_no_window_exceeds_the_limit(
    arrivals: list[tuple[float, float, bool]], limit: int, margin: float
) -> None:
    """Any arrivals, any lateness, some withdrawals: never more than the limit in any second."""
    schedule, rate_limit = Schedule[Hashable](), RateLimit.of(limit, margin)
    events = [(at, number, late, leaves) for number, (at, late, leaves) in enumerate(arrivals)]
    heapq.heapify(events)
    asked: list[int] = []
    went: list[tuple[float, int]] = []
    while events:
        now, number, late, leaves = heapq.heappop(events)
        delay = schedule.acquire(number, now, rate_limit).delay
        if number not in asked:
            asked.append(number)
            if leaves and delay:
                schedule.withdraw(number)
                continue
        if delay:
            # Rounding may leave a delay too small to move the clock.
            heapq.heappush(
                events, (max(now + delay, math.nextafter(now, math.inf)) + late, number, late, leaves)
            )
        else:
            went.append((now, number))
    assert worst_window([at for at, _ in went]) <= limit
    stayed = [number for number in asked if number in {one for _, one in went}]
    assert len(went) == len(stayed)
    if all(late == 0 for _, late, _ in arrivals):
        assert [number for _, number in went] == stayed


def test_old_grants_are_dropped() -> None:
    """The memory of a bot that runs for months does not grow."""
    schedule = Schedule[Hashable]()
    for number in range(5000):
        schedule.acquire(number, number * 2.0, LIMIT)
    assert len(schedule.grants) <= 1000


def test_fork() -> None:
    """In a child the waiters are gone, the lock is free, and the grants still count."""
    registry.forget()
    limiter = registry.limiter_for("key", "host", "endpoint", None)
    assert isinstance(limiter, LocalLimiter)
    one_per_minute = RateLimit(1, 60.0, 0.0)
    assert limiter.do(Acquire(Ticket(lambda: None), one_per_minute)).delay == 0
    waiting = Ticket(lambda: None)
    assert limiter.do(Acquire(waiting, one_per_minute)).delay > 0
    limiter._lock.acquire()
    registry._after_fork()
    assert registry.limiter_for("key", "host", "endpoint", None) is limiter
    delay = limiter.do(Acquire(Ticket(lambda: None), one_per_minute)).delay
    assert delay < 61, "the queue is empty, and one request has gone"
    assert waiting not in limiter._schedule.waiting
