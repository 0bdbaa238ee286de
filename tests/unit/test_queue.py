"""The queue of tickets, compared with a plain model, and the cost of its operations when it is long."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccxt_bingx_ext._ratelimit.local import LocalLimiter
from ccxt_bingx_ext._ratelimit.messages import Acquire, Answered, Signal, Ticket, Withdraw
from ccxt_bingx_ext._ratelimit.queue import Queue
from ccxt_bingx_ext._ratelimit.redis import RedisLimiter
from ccxt_bingx_ext._ratelimit.schedule import RateLimit

from .tracing import instructions

AN_HOUR = RateLimit(2, 3600.0)

STEP = st.tuples(st.sampled_from(["put", "remove", "first"]), st.sampled_from("abcdef"), st.integers(0, 9))


@given(steps=st.lists(STEP, max_size=40))
def test_like_a_plain_list(steps: list[tuple[str, str, int]]) -> None:
    """Places, ranks and the first tickets equal those of a plain list."""
    queue, due, aside = Queue[str](), dict[str, int](), set[str]()
    for step, ticket, number in steps:
        if step == "put":
            queue.put(ticket, number)
            due[ticket] = number
            aside.discard(ticket)
        elif step == "remove":
            queue.remove(ticket)
            due.pop(ticket, None)
            aside.discard(ticket)
        else:
            first = list[str]()
            for one in due:
                if len(first) == 2:
                    break
                if one not in aside and due[one] >= number:
                    first.append(one)
                else:
                    aside.add(one)
            assert queue.first(2, number) == first
        assert queue.tickets == [*due]
        assert len(queue) == len(due)
        counting = [one for one in due if one not in aside]
        assert [queue.rank(one) for one in counting] == [*range(len(counting))]
    each = {queue.next_aside() for _ in range(6)}
    assert each == (aside or {None})  # type: ignore[arg-type]
    queue.clear()
    assert (queue.tickets, queue.first(9, 0), queue.next_aside()) == ([], [], None)


def test_what_an_interrupt_leaves_behind() -> None:
    """An entry whose ticket is gone blocks no other ticket, and a ticket that left the line comes back."""
    queue = Queue[str]()
    for one in "abc":
        queue.put(one, 1.0)
    del queue._places["a"], queue._due["a"]
    del queue._line[1]
    assert queue.first(3, 0.0) == ["c"]
    queue.remove("b")
    queue.put("b", 1.0)
    assert queue.first(3, 0.0) == ["c", "b"]
    assert queue.next_aside() is None


def local() -> Callable[[Signal], object]:
    return LocalLimiter(lambda: 0.0).do


def shared() -> Callable[[Signal], object]:
    limiter: Any = RedisLimiter("redis://there:1", "name", LocalLimiter(lambda: 0.0))
    limiter.stale_after = 3600.0
    calls = count(1)
    limiter._connection.call = lambda keys, arguments: ["3600", 0, "0", next(calls), "0"]
    return limiter.do  # type: ignore[no-any-return]


@pytest.mark.parametrize("limiter", [local, shared])
def test_a_long_queue_costs_no_more(limiter: Callable[[], Callable[[Signal], object]]) -> None:
    """Asking, asking again, leaving and a response cost as much behind 3000 tickets as behind 100."""

    def cost(length: int) -> list[int]:
        do, slot = limiter(), Ticket(lambda: True)
        for one in (slot, Ticket(lambda: True)):
            do(Acquire(one, AN_HOUR))
        tickets = [Ticket(lambda: True) for _ in range(length)]
        for one in tickets:
            do(Acquire(one, AN_HOUR))
        middle = tickets[length // 2]
        signals = [Acquire(Ticket(lambda: True), AN_HOUR), Acquire(middle, AN_HOUR)]
        signals += [Withdraw(middle), Answered(slot), Withdraw(tickets[0])]  # type: ignore[list-item]
        return [instructions(lambda one=one: do(one)) for one in signals]  # type: ignore[misc]

    assert cost(3000) == pytest.approx(cost(100), abs=50)
