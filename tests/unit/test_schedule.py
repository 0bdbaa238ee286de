"""The schedule decides when each request may go. The tests set the time."""

from __future__ import annotations

import heapq
import math
from collections.abc import Hashable
from typing import Any

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


def ask(schedule: Schedule[Hashable], ticket: Hashable, now: float, rate_limit: RateLimit) -> Decision:
    """Ask for a slot, and have the response at once, so that the request arrives when it is granted."""
    decision = schedule.acquire(ticket, now, rate_limit)
    if not decision.delay:
        schedule.answered(ticket, now)
    return decision


def worst_window(times: list[float], seconds: float = 1.0) -> int:
    return max((sum(start <= one < start + seconds for one in times) for start in times), default=0)


def test_within_the_limit_no_wait() -> None:
    """Two per second: the first two go at once, the third after a period."""
    schedule = Schedule[Hashable]()
    assert [ask(schedule, name, 10.0, LIMIT) for name in "abc"] == [GO, GO, approx(1.05)]
    assert ask(schedule, "c", 11.06, LIMIT) == GO


def test_calling_order() -> None:
    """Each ticket gets its own time. Asking again changes neither the time nor the sequence."""
    schedule = Schedule[Hashable]()
    for name in "ab":
        ask(schedule, name, 0.0, LIMIT)
    delays = [ask(schedule, name, 0.0, LIMIT) for name in "cdefg"]
    assert delays == [approx(one) for one in (1.05, 1.05, 2.1, 2.1, 3.15)]
    assert [ask(schedule, name, 0.5, LIMIT) for name in "gc"] == [approx(2.65), approx(0.55)]


def test_withdrawals_move_the_queue_up() -> None:
    """Ten tickets withdraw: the next one waits for one period, not for six."""
    schedule = Schedule[Hashable]()
    for number in range(12):
        ask(schedule, number, 0.0, LIMIT)
    ask(schedule, "behind", 0.0, LIMIT)
    for number in range(2, 12):
        schedule.withdraw(number)
    assert ask(schedule, "behind", 0.1, LIMIT) == approx(0.95)
    assert ask(schedule, "next", 0.1, LIMIT) == approx(0.95)


def test_withdrawing_an_absent_ticket() -> None:
    """Withdrawing an unknown ticket changes nothing."""
    schedule = Schedule[Hashable]()
    schedule.withdraw("nobody")
    assert [ask(schedule, name, 0.0, LIMIT) for name in "abc"] == [GO, GO, approx(1.05)]


def test_slightly_late_wakers() -> None:
    """With every waiter 10 ms late, 98 % of the limit still goes."""
    schedule, now, went, rate_limit = Schedule[Hashable](), 0.0, 0, RateLimit.of(2, 0.0)
    while now < 1000:
        delay = ask(schedule, went, now, rate_limit).delay
        went += delay == 0
        now += delay + 0.01 if delay else 0.0
    assert went >= 0.98 * 2 * 1000


def test_very_late_wakers() -> None:
    """A late request counts from when it goes: the window must hold."""
    schedule = Schedule[Hashable]()
    for name in "abc":
        ask(schedule, name, 0.0, LIMIT)
    assert ask(schedule, "c", 3.0, LIMIT) == GO
    assert ask(schedule, "d", 3.0, LIMIT) == GO
    assert ask(schedule, "e", 3.0, LIMIT) == approx(1.05)


def test_overdue_tickets_hold_nobody_up() -> None:
    """Tickets of a stopped event loop keep their places, and the tickets behind overtake them."""
    schedule = Schedule[Hashable]()
    for name in ("a", "b", "stuck", "stuck too"):
        ask(schedule, name, 0.0, LIMIT)
    assert ask(schedule, "behind", 0.1, LIMIT) == approx(2.0)
    assert ask(schedule, "behind", 1.7, LIMIT) == GO
    assert ask(schedule, "stuck", 1.8, LIMIT) == GO
    assert ask(schedule, "stuck too", 1.8, LIMIT) == approx(0.95)


def test_slightly_late_tickets_keep_their_turn() -> None:
    """The ticket behind overdue tickets waits for a whole period."""
    schedule = Schedule[Hashable]()
    for name in ("a", "b", "late", "late too"):
        ask(schedule, name, 0.0, LIMIT)
    assert ask(schedule, "behind", 1.5, LIMIT) == approx(1.05)


def test_whether_a_ban_has_a_time() -> None:
    """A decision during a ban says whether the exchange named its end. The later end decides."""
    schedule = Schedule[Hashable]()
    schedule.ban(0.5)
    assert ask(schedule, "a", 0.0, LIMIT) == (0.5, True, True)
    schedule.hold(0.0)
    assert ask(schedule, "a", 0.0, LIMIT) == (1.0, True, False)
    schedule.ban(2.0)
    assert ask(schedule, "a", 0.0, LIMIT) == (2.0, True, True)


def test_overdue_tickets_after_a_ban() -> None:
    """The same holds for tickets that were due when the ban ended."""
    schedule = Schedule[Hashable]()
    schedule.ban(10.0)
    for name in ("stuck", "stuck too", "behind"):
        assert ask(schedule, name, 0.0, LIMIT).banned
    assert ask(schedule, "behind", 10.6, LIMIT) == GO


def test_tickets_that_moved_up() -> None:
    """Tickets may go before their due time if others withdraw. The next window begins when they go."""
    schedule = Schedule[Hashable]()
    for name in "abcdef":
        ask(schedule, name, 0.0, LIMIT)
    for name in "cd":
        schedule.withdraw(name)
    assert [ask(schedule, name, 1.1, LIMIT) for name in "ef"] == [GO, GO]
    assert ask(schedule, "g", 1.1, LIMIT) == approx(1.05)


def test_pause() -> None:
    """A pause means that the window is used up. The longer of two pauses counts."""
    schedule = Schedule[Hashable]()
    schedule.pause(5.0)
    schedule.pause(4.0)
    assert [ask(schedule, name, 4.5, LIMIT) for name in "abc"] == [approx(0.5), approx(0.5), approx(1.55)]
    assert ask(schedule, "a", 5.0, LIMIT) == GO


def test_ban() -> None:
    """Every ticket gets the rest of the ban as its delay, and keeps its place."""
    schedule = Schedule[Hashable]()
    schedule.ban(300.0)
    schedule.ban(200.0)
    decisions = [ask(schedule, name, 10.0, LIMIT) for name in "ab"]
    assert decisions == [approx(290.0, True), approx(290.0, True)]
    assert [ask(schedule, name, 300.0, LIMIT) for name in "cba"] == [approx(1.05), GO, GO]


def test_no_limit() -> None:
    """limit None: the schedule delays nothing, but a ban still counts."""
    schedule, unlimited = Schedule[Hashable](), RateLimit.of(None, 0.05)
    assert all(ask(schedule, number, 0.0, unlimited) == GO for number in range(2500))
    schedule.ban(5.0)
    assert ask(schedule, "a", 0.0, unlimited).banned
    assert ask(schedule, "a", 5.0, unlimited) == GO


def test_two_rate_limits() -> None:
    """Two instances of one account may have different limits. Each counts all requests."""
    schedule, fast = Schedule[Hashable](), RateLimit.of(5, 0.0)
    assert [ask(schedule, n, 0.0, fast).delay for n in range(5)] == [0.0] * 5
    assert ask(schedule, "slow", 0.5, LIMIT) == approx(0.55)


ARRIVALS = st.lists(st.tuples(st.floats(0, 10), st.floats(0, 0.2), st.booleans()), min_size=1, max_size=40)


@given(arrivals=ARRIVALS, limit=st.sampled_from([1, 2, 3, 5]), margin=st.sampled_from([0.0, 0.05, 0.3]))
def test_no_window_exceeds_the_limit(
    arrivals: list[tuple[float, float, bool]], limit: int, margin: float
) -> None:
    """For any arrivals, lateness and withdrawals, no second sees more than the limit."""
    schedule, rate_limit = Schedule[Hashable](), RateLimit.of(limit, margin)
    events = [(at, number, late, leaves) for number, (at, late, leaves) in enumerate(arrivals)]
    heapq.heapify(events)
    asked: list[int] = []
    went: list[tuple[float, int]] = []
    while events:
        now, number, late, leaves = heapq.heappop(events)
        delay = ask(schedule, number, now, rate_limit).delay
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


# When a request arrives

EXACT = RateLimit(requests=1, period=1.0, slack=0.05, in_flight=0.25)


def after_one(*events: tuple[str, float]) -> float:
    """One request goes at 0 and meets the `events`. Return when the next one may go."""
    schedule = Schedule[Hashable]()
    assert schedule.acquire("first", 0.0, EXACT) == GO
    now = 0.0
    for event, now in events:
        if event == "written":
            schedule.written("first", now, EXACT)
        elif event == "answered":
            schedule.answered("first", now)
        else:
            schedule.withdraw("first")
    return now + schedule.acquire("next", now, EXACT).delay


def test_a_granted_request_may_come_late() -> None:
    """A granted request is written within the slack, and arrives within 250 ms of that, if at all."""
    assert after_one() == pytest.approx(0.05 + 0.25 + 1.0)


def test_a_written_request_is_on_its_way() -> None:
    """A written request arrives within 250 ms. If it hangs, it delays others by no more than that."""
    assert after_one(("written", 0.01)) == pytest.approx(0.01 + 0.25 + 1.0)


def test_an_answered_request_has_arrived() -> None:
    """The next window begins with the response."""
    assert after_one(("written", 0.01), ("answered", 0.1)) == pytest.approx(0.1 + 1.0)
    assert after_one(("answered", 0.1)) == pytest.approx(0.1 + 1.0)


def test_a_late_response_changes_nothing() -> None:
    """A late response changes nothing: the request had arrived long before."""
    assert after_one(("written", 0.01), ("answered", 0.9)) == pytest.approx(0.01 + 0.25 + 1.0)


def test_a_request_that_was_never_written() -> None:
    """A request that was never written does not count: the next goes at once."""
    assert after_one(("never written", 0.2)) == 0.2


def test_events_of_a_forgotten_request() -> None:
    """Events of a forgotten request change nothing: a response may come after a minute."""
    schedule = Schedule[Hashable]()
    schedule.written("unknown", 0.0, EXACT)
    schedule.answered("unknown", 0.0)
    assert schedule.arrivals(-math.inf) == []


def test_renewing_a_slot() -> None:
    """A late request goes now, before the waiting ones, if no other has taken its slot."""
    schedule = Schedule[Hashable]()
    schedule.acquire("late", 0.0, EXACT)
    schedule.acquire("waiting", 0.0, EXACT)
    assert schedule.renew("late", 0.2, EXACT) == GO
    assert schedule.acquire("waiting", 0.2, EXACT) == approx(1.3)


def test_a_slot_that_is_gone() -> None:
    """If another request has gone meanwhile, the late request loses its slot, and does not count."""
    schedule = Schedule[Hashable]()
    schedule.acquire("late", 0.0, EXACT)
    assert ask(schedule, "other", 1.3, EXACT) == GO
    assert schedule.renew("late", 1.4, EXACT) == approx(0.9)
    assert [name for name, _ in schedule.arrivals(0.0)] == ["other"]


def test_slots_that_were_only_renewed() -> None:
    """The schedule also remembers renewed slots for a period: another limiter may have granted them."""
    schedule = Schedule[Hashable]()
    for name in ("first", "second"):
        assert schedule.renew(name, 0.0, LIMIT) == GO
        schedule.answered(name, 0.0)
    assert schedule.renew("third", 0.5, LIMIT) == approx(0.55)


def test_renewing_during_a_ban() -> None:
    """If a ban began meanwhile, the late request must not be written."""
    schedule = Schedule[Hashable]()
    schedule.acquire("late", 0.0, EXACT)
    schedule.ban(300.0)
    assert schedule.renew("late", 0.2, EXACT) == approx(299.8, True)
    assert schedule.arrivals(0.0) == []


def test_next_up() -> None:
    """next_up returns as many tickets as the limit allows at once, without overdue tickets."""
    schedule = Schedule[Hashable]()
    for name in "abstuck":
        ask(schedule, name, 0.0, LIMIT)
    assert schedule.next_up(0.0) == ["s", "t"]
    schedule.withdraw("t")
    assert schedule.next_up(0.0) == ["s", "u"]
    assert schedule.next_up(1.7) == ["u", "c"], "s should have come at 1.05"


STORY = st.tuples(
    st.floats(0, 6),  # when the request asks
    st.floats(0, 0.4),  # how long until the request can be written
    st.floats(0, 0.25),  # how long the request is under way
    st.sampled_from([0.0, 0.1, 0.6, None]),  # how long the response takes. None: it hangs
    st.booleans(),  # whether the process dies before it writes
)


@given(stories=st.lists(STORY, min_size=1, max_size=25), limit=st.sampled_from([1, 2, 5]))
def test_no_window_exceeds_the_limit_on_arrival(stories: list[Any], limit: int) -> None:
    """Handshakes, slow networks, hanging requests and dying processes: no second sees more than the limit."""
    schedule, rate_limit = Schedule[Hashable](), EXACT._replace(requests=limit)
    arrived: list[float] = []
    events: list[tuple[float, int, str]] = [(one[0], n, "ask") for n, one in enumerate(stories)]
    granted_at: dict[int, float] = {}
    heapq.heapify(events)

    def after(seconds: float, number: int, event: str) -> None:
        heapq.heappush(events, (max(now + seconds, math.nextafter(now, math.inf)), number, event))

    while events:
        now, number, event = heapq.heappop(events)
        _, handshake, flight, response, dies = stories[number]
        if event == "ask":
            delay = schedule.acquire(number, now, rate_limit).delay
            granted_at[number] = now
            if delay:
                after(delay, number, "ask")
            elif not dies:
                after(handshake, number, "write")
        elif event == "write":
            if now > granted_at[number] + rate_limit.slack and schedule.renew(number, now, rate_limit).delay:
                after(0.0, number, "ask")
                stories[number] = (now, 0.0, flight, response, dies)  # the connection is open now
                continue
            schedule.written(number, now, rate_limit)
            arrived.append(now + flight)
            if response is not None:
                after(flight + response, number, "answer")
        else:
            schedule.answered(number, now)
    assert len(arrived) == sum(not dies for *_, dies in stories)
    assert worst_window(arrived, 1.0 - 1e-9) <= limit


def test_old_grants_are_dropped() -> None:
    """The memory of a bot that runs for months does not grow."""
    schedule = Schedule[Hashable]()
    for number in range(5000):
        ask(schedule, number, number * 2.0, LIMIT)
    assert len(schedule.arrivals(0.0)) <= LIMIT.requests
    unlimited = RateLimit.of(None, 0.0)
    for number in range(5000):
        schedule.acquire(number, 10_000.0, unlimited)
    assert len(schedule.arrivals(0.0)) <= 1000


def test_fork() -> None:
    """In a child the waiters are gone, the lock is free, and the grants still count."""
    registry.forget()
    limiter = registry.limiter_for("key", "host", "endpoint", None)
    assert isinstance(limiter, LocalLimiter)
    one_per_minute = RateLimit(1, 60.0, 0.0)
    assert limiter.do(Acquire(Ticket(lambda: True), one_per_minute)).delay == 0
    waiting = Ticket(lambda: True)
    assert limiter.do(Acquire(waiting, one_per_minute)).delay > 0
    limiter._lock.acquire()
    registry._after_fork()
    assert registry.limiter_for("key", "host", "endpoint", None) is limiter
    delay = limiter.do(Acquire(Ticket(lambda: True), one_per_minute)).delay
    assert delay < 61, "the queue is empty, and one request has gone"
    assert waiting not in limiter._schedule.waiting
