"""Who may go when: the lane's arithmetic, on a fake clock."""

from __future__ import annotations

import heapq
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccxt_bingx_ext._ratelimit import registry as _lanes
from ccxt_bingx_ext._ratelimit.local import LocalLimiter
from ccxt_bingx_ext._ratelimit.messages import Acquire, Ticket
from ccxt_bingx_ext._ratelimit.schedule import Decision, RateLimit, Schedule

PACE = RateLimit.of(2, 0.05)
GO = Decision(0.0)


def approx(delay: float, banned: bool = False) -> Decision:
    return Decision(pytest.approx(delay), banned)  # type: ignore[arg-type]


def worst_window(times: list[float], seconds: float = 1.0) -> int:
    return max((sum(start <= one < start + seconds for one in times) for start in times), default=0)


def test_within_the_budget_it_goes_at_once() -> None:
    """Two a second: the first two wait for nothing, the third for the period."""
    lane = Schedule()
    assert [lane.acquire(name, 10.0, PACE) for name in "abc"] == [GO, GO, approx(1.05)]
    assert lane.acquire("c", 11.06, PACE) == GO


def test_the_queue_is_in_calling_order() -> None:
    """Each is told its own time; asking again does not change it, nor the order."""
    lane = Schedule()
    for name in "ab":
        lane.acquire(name, 0.0, PACE)
    delays = [lane.acquire(name, 0.0, PACE) for name in "cdefg"]
    assert delays == [approx(one) for one in (1.05, 1.05, 2.1, 2.1, 3.15)]
    assert [lane.acquire(name, 0.5, PACE) for name in "gc"] == [approx(2.65), approx(0.55)]


def test_a_place_given_back_moves_those_behind_up() -> None:
    """Ten waiters leave: who comes next waits for one period, not for six."""
    lane = Schedule()
    for number in range(12):
        lane.acquire(number, 0.0, PACE)
    lane.acquire("behind", 0.0, PACE)
    for number in range(2, 12):
        lane.withdraw(number)
    assert lane.acquire("behind", 0.1, PACE) == approx(0.95)
    assert lane.acquire("next", 0.1, PACE) == approx(0.95)


def test_leaving_twice_or_never_having_come_is_nothing() -> None:
    """A granted ticket has left already."""
    lane = Schedule()
    lane.acquire("a", 0.0, PACE)
    lane.withdraw("a")
    lane.withdraw("nobody")
    assert lane.acquire("b", 0.0, PACE) == GO
    assert lane.acquire("c", 0.0, PACE) == approx(1.05)


def test_waking_up_a_little_late_costs_the_limit_nothing() -> None:
    """Saturated, with every waiter 10 ms late, 95 % of the limit still goes: 1 s of every 1.05 s."""
    lane, now, went = Schedule(), 0.0, 0
    while now < 1000:
        delay = lane.acquire("a", now, PACE).delay
        went += delay == 0
        now += delay + 0.01 if delay else 0.0
    assert went >= 0.95 * 2 * 1000


def test_waking_up_very_late_counts_from_then() -> None:
    """What goes later than the slack allows is counted when it goes: the window must hold."""
    lane = Schedule()
    for name in "abc":
        lane.acquire(name, 0.0, PACE)
    assert lane.acquire("c", 3.0, PACE) == GO
    assert lane.acquire("d", 3.0, PACE) == GO
    assert lane.acquire("e", 3.0, PACE) == approx(1.05)


def test_nobody_waits_for_a_ticket_that_does_not_come() -> None:
    """Its event loop has stopped: it keeps its place, but those behind go past it."""
    lane = Schedule()
    for name in ("a", "b", "stuck", "stuck too"):
        lane.acquire(name, 0.0, PACE)
    assert lane.acquire("behind", 0.1, PACE) == approx(2.0)
    assert lane.acquire("behind", 1.7, PACE) == GO
    assert lane.acquire("stuck", 1.8, PACE) == GO
    assert lane.acquire("stuck too", 1.8, PACE) == approx(0.95)


def test_those_before_that_are_a_little_late_still_come_first() -> None:
    """Who is behind them is told a whole period from now."""
    lane = Schedule()
    for name in ("a", "b", "late", "late too"):
        lane.acquire(name, 0.0, PACE)
    assert lane.acquire("behind", 1.5, PACE) == approx(1.05)


def test_nobody_waits_for_a_ticket_that_does_not_come_after_a_ban() -> None:
    """The same for one that was told to come back when the ban ends."""
    lane = Schedule()
    lane.ban(10.0)
    for name in ("stuck", "stuck too", "behind"):
        assert lane.acquire(name, 0.0, PACE).banned
    assert lane.acquire("behind", 10.6, PACE) == GO


def test_one_that_moved_up_counts_when_it_goes() -> None:
    """It goes before its planned time, because those before it left: the next window begins now."""
    lane = Schedule()
    for name in "abcdef":
        lane.acquire(name, 0.0, PACE)
    for name in "cd":
        lane.withdraw(name)
    assert [lane.acquire(name, 1.1, PACE) for name in "ef"] == [GO, GO]
    assert lane.acquire("g", 1.1, PACE) == approx(1.05)


def test_a_held_lane_waits() -> None:
    """The exchange said that the window is used up; the longer of two holds counts."""
    lane = Schedule()
    lane.pause(5.0)
    lane.pause(4.0)
    assert [lane.acquire(name, 4.5, PACE) for name in "abc"] == [approx(0.5), approx(0.5), approx(1.55)]
    assert lane.acquire("a", 5.0, PACE) == GO


def test_a_closed_lane_says_so() -> None:
    """A ban: everybody is told until when, and keeps the order for afterwards."""
    lane = Schedule()
    lane.ban(300.0)
    lane.ban(200.0)
    assert [lane.acquire(name, 10.0, PACE) for name in "ab"] == [approx(290.0, True), approx(290.0, True)]
    assert [lane.acquire(name, 300.0, PACE) for name in "cba"] == [approx(1.05), GO, GO]


def test_without_a_limit_all_go() -> None:
    """limit None: no pace of ours, but a ban still counts."""
    lane, free = Schedule(), RateLimit.of(None, 0.05)
    assert all(lane.acquire(number, 0.0, free) == GO for number in range(2500))
    lane.ban(5.0)
    assert lane.acquire("a", 0.0, free).banned
    assert lane.acquire("a", 5.0, free) == GO


def test_two_paces_on_one_lane_each_keep_their_own() -> None:
    """Instances of one account may be set differently; each looks at all that went."""
    lane, fast = Schedule(), RateLimit.of(5, 0.0)
    assert [lane.acquire(n, 0.0, fast).delay for n in range(5)] == [0.0] * 5
    assert lane.acquire("slow", 0.5, PACE) == approx(0.55)


ARRIVALS = st.lists(st.tuples(st.floats(0, 10), st.floats(0, 0.2), st.booleans()), min_size=1, max_size=40)


@given(arrivals=ARRIVALS, limit=st.sampled_from([1, 2, 3, 5]), margin=st.sampled_from([0.0, 0.05, 0.3]))
def test_no_window_ever_holds_more_than_the_limit(
    arrivals: list[tuple[float, float, bool]], limit: int, margin: float
) -> None:
    """Any arrivals, any lateness in waking up, some leaving: never more than the limit in any second."""
    lane, pace = Schedule(), RateLimit.of(limit, margin)
    events = [(at, number, late, leaves) for number, (at, late, leaves) in enumerate(arrivals)]
    heapq.heapify(events)
    asked: list[int] = []
    went: list[tuple[float, int]] = []
    while events:
        now, number, late, leaves = heapq.heappop(events)
        delay = lane.acquire(number, now, pace).delay
        if number not in asked:
            asked.append(number)
            if leaves and delay:
                lane.withdraw(number)
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


def test_the_lane_forgets_what_is_long_past() -> None:
    """A bot that runs for months does not grow."""
    lane = Schedule()
    for number in range(5000):
        lane.acquire(number, number * 2.0, PACE)
    assert len(lane.grants) <= 1000


def test_a_child_process_forgets_who_waits_and_remembers_what_went() -> None:
    """After a fork: the waiters are not there, the lock is free, the limit is the same one."""
    _lanes.forget()
    lane = _lanes.limiter_for("key", "host", "endpoint", None)
    assert isinstance(lane, LocalLimiter)
    pace = RateLimit(1, 60.0, 0.0)
    assert lane.do(Acquire(Ticket(lambda: None), pace)).delay == 0
    waiting = Ticket(lambda: None)
    assert lane.do(Acquire(waiting, pace)).delay > 0
    lane._lock.acquire()
    _lanes._after_fork()
    assert _lanes.limiter_for("key", "host", "endpoint", None) is lane
    assert lane.do(Acquire(Ticket(lambda: None), pace)).delay < 61, "the queue is empty, and one has gone"
    assert waiting not in lane._waiting
