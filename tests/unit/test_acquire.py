"""A slot: acquire it, use it in time or renew it, and report the outcome of the request."""

from __future__ import annotations

import asyncio
import gc
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ccxt_bingx_ext._bingx.errors import not_sent
from ccxt_bingx_ext._ratelimit import acquire as module
from ccxt_bingx_ext._ratelimit.acquire import Slot
from ccxt_bingx_ext._ratelimit.local import LocalLimiter, is_any_held
from ccxt_bingx_ext._ratelimit.messages import Acquire, Ban, Resume, Ticket, Withdraw
from ccxt_bingx_ext._ratelimit.schedule import RateLimit

AN_HOUR = RateLimit(1, 3600.0, slack=60.0, in_flight=600.0)


class World:
    """A limiter on a clock that the test sets, and its functions, called alike in both worlds."""

    def __init__(self, name: str) -> None:
        self.now = 0.0
        self.limiter = LocalLimiter(lambda: self.now)
        self._is_sync = name == "sync"

    def _call(self, name: str, *arguments: Any) -> Any:
        if self._is_sync:
            return getattr(module, name)(*arguments)
        function: Callable[..., Awaitable[Any]] = getattr(module, f"{name}_async")

        async def main() -> Any:
            return await function(*arguments)

        return asyncio.run(main())

    def acquire(self, rate_limit: RateLimit = AN_HOUR) -> Slot:
        slot: Slot = self._call("acquire", self.limiter, rate_limit, 0.0, not_sent)
        return slot

    def try_acquire(self) -> Slot | None:
        slot: Slot | None = self._call("try_acquire", self.limiter, AN_HOUR)
        return slot

    def renew(self, slot: Slot) -> bool:
        renewed: bool = self._call("renew", slot)
        return renewed

    def give_back(self, slot: Slot) -> None:
        if self._is_sync:
            slot.never_written()
        else:
            asyncio.run(slot.never_written_async())

    def next_in(self) -> float:
        """How long (s) the next request waits."""
        asking = Ticket(lambda: True)
        delay = self.limiter.do(Acquire(asking, AN_HOUR)).delay
        self.limiter.do(Withdraw(asking))
        return delay


@pytest.fixture(params=["sync", "async"])
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


def test_slot(world: World) -> None:
    """A slot may be used within the slack. Its request's outcome decides how long it counts."""
    slot = world.acquire()
    assert slot.id != world.acquire(RateLimit.of(None, 0.0)).id
    assert slot.usable(time.monotonic())
    assert not slot.usable(time.monotonic() + 61.0)
    assert world.next_in() == 60.0 + 600.0 + 3600.0
    world.now = 10.0
    slot.written()
    assert world.next_in() == 600.0 + 3600.0
    world.now = 20.0
    slot.answered()
    assert world.next_in() == 3600.0


def test_slot_that_is_given_back(world: World) -> None:
    """If a request is abandoned unsent, another request goes at once."""
    slot = world.acquire()
    world.give_back(slot)
    assert world.next_in() == 0


def test_late_slot(world: World) -> None:
    """A late slot is usable again if it is still free, and gone if another request has it."""
    slot = world.acquire()
    slot.usable_until = 0.0
    assert world.renew(slot)
    assert slot.usable(time.monotonic())
    world.now = 60.0 + 600.0 + 3600.0
    world.acquire()
    assert not world.renew(slot)


def test_slow_renewals(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a reply that comes too late, renew asks again, each time for a slot that lasts longer."""
    slot, apply = world.acquire(), world.limiter.do
    asked: list[float] = []

    def slow(signal: Any) -> Any:
        asked.append(signal.rate_limit.slack)
        world.now += 150.0
        return apply(signal)

    monkeypatch.setattr(world.limiter, "do", slow)
    monkeypatch.setattr(time, "monotonic", lambda: world.now)
    assert world.renew(slot)
    assert asked == [60.0, 120.0, 240.0]
    assert slot.usable(world.now)


def test_try_acquire(world: World) -> None:
    """try_acquire returns a free slot, otherwise None at once, without a place in the queue."""
    slot = world.try_acquire()
    assert slot is not None
    assert world.try_acquire() is None
    assert world.limiter._schedule.waiting == []
    world.give_back(slot)
    assert world.try_acquire() is not None


def test_who_waits(world: World) -> None:
    """The limiter reports whether a caller waits. Waiting callers go first: `try_acquire` returns None."""
    assert not world.limiter.has_waiting
    slot, waiting = world.acquire(), Ticket(lambda: True)
    assert not world.limiter.has_waiting
    world.limiter.do(Acquire(waiting, AN_HOUR))
    assert world.limiter.has_waiting
    world.give_back(slot)
    assert world.try_acquire() is None
    world.limiter.do(Withdraw(waiting))
    assert not world.limiter.has_waiting
    assert world.try_acquire() is not None


def test_who_waits_no_more(world: World) -> None:
    """A ticket whose event loop has stopped does not count once it is overdue."""
    world.acquire()
    world.limiter.do(Acquire(Ticket(lambda: True), AN_HOUR))
    world.now = 20_000.0
    assert not world.limiter.has_waiting


def test_response_wakes_the_next(world: World) -> None:
    """A response wakes the waiting callers, because they may go sooner."""
    slot, woken = world.acquire(), list[str]()

    def waiting(name: str) -> Ticket:
        ticket = Ticket(lambda: woken.append(name) or True)  # type: ignore[func-returns-value]
        world.limiter.do(Acquire(ticket, AN_HOUR))
        return ticket

    tickets = [waiting(name) for name in "abc"]
    slot.answered()
    assert woken == ["a"]
    world.limiter.do(Withdraw(tickets[0]))
    assert woken == ["a", "b"]


def test_end_of_a_hold_wakes_all(world: World) -> None:
    """Every response sends a `Resume`. It wakes the queue only if a ban without a time held it."""
    world.acquire()
    woken = list[int]()

    def wake(number: int) -> bool:
        woken.append(number)
        return True

    for number in range(5):
        ticket = Ticket(lambda number=number: wake(number))  # type: ignore[misc]
        world.limiter.do(Acquire(ticket, AN_HOUR))
    world.limiter.do(Resume())
    assert woken == []
    assert not is_any_held()
    world.limiter.do(Ban(None))
    assert woken == [*range(5)]
    assert is_any_held()
    world.limiter.do(Resume())
    assert woken == [*range(5)] * 2
    assert not is_any_held()


def test_hold_of_a_forgotten_limiter(world: World) -> None:
    """A forgotten limiter no longer counts as held, without a `Resume`."""
    world.limiter.do(Ban(None))
    assert is_any_held()
    del world.limiter
    gc.collect()
    assert not is_any_held()


def test_owners_that_are_gone() -> None:
    """A ticket whose event loop is closed leaves the queue when its turn comes."""
    limiter = LocalLimiter()
    limiter.do(Acquire(Ticket(lambda: True), AN_HOUR))
    for _ in range(3):
        limiter.do(Acquire(Ticket(lambda: False), AN_HOUR))
    staying = Ticket(lambda: True)
    limiter.do(Acquire(staying, AN_HOUR))
    for _ in range(3):
        limiter.do(Withdraw(Ticket(lambda: True)))
    assert limiter._schedule.waiting == [staying]


def test_event_loops_that_are_closed() -> None:
    """Tickets of closed loops leave once they are overdue and others ask. Tickets of a stopped loop stay."""
    now = 0.0
    limiter = LocalLimiter(lambda: now)
    limiter.do(Acquire(Ticket(lambda: True), AN_HOUR))
    stopped = Ticket(lambda: True, lambda: False)
    for one in (Ticket(lambda: True, lambda: True), stopped, Ticket(lambda: True, lambda: True)):
        limiter.do(Acquire(one, AN_HOUR))
    now = 20_000.0
    for _ in range(4):
        slot = Ticket(lambda: True)
        assert limiter.do(Acquire(slot, AN_HOUR)).delay == 0
        limiter.do(Withdraw(slot))
    assert limiter._schedule.waiting == [stopped]


def test_cancelled_twice(world: World) -> None:
    """A task that is cancelled twice leaves no entry."""

    async def main() -> None:
        task = asyncio.ensure_future(module.acquire_async(world.limiter, AN_HOUR, 0.0, not_sent))
        for _ in range(2):
            await asyncio.sleep(0)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    world.acquire()
    asyncio.run(main())
    assert world.limiter._schedule.waiting == []
    assert len(world.limiter.arrivals(math.inf)) == 1


def test_leaving_a_long_queue() -> None:
    """If half of 3000 tickets leave, the limiter wakes only the tickets that may go next."""
    limiter, woken = LocalLimiter(), list[int]()
    limiter.do(Acquire(Ticket(lambda: True), AN_HOUR))

    def wake(number: int) -> bool:
        woken.append(number)
        return True

    tickets = [Ticket(lambda number=number: wake(number)) for number in range(3000)]  # type: ignore[misc]
    for ticket in tickets:
        limiter.do(Acquire(ticket, AN_HOUR))
    for ticket in tickets[::2]:
        limiter.do(Withdraw(ticket))
    assert len(woken) == 1500
    assert limiter._schedule.waiting == tickets[1::2]
