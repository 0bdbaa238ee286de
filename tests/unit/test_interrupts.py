"""Ctrl-C, or another signal handler, at every point of a call where CPython looks at signals."""

from __future__ import annotations

import _thread
import contextlib
import dis
import gc
import itertools
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from ccxt_bingx_ext._bingx.errors import not_sent
from ccxt_bingx_ext._cancel.spacing import Spacing
from ccxt_bingx_ext._ids import OrderRef
from ccxt_bingx_ext._ratelimit.acquire import acquire
from ccxt_bingx_ext._ratelimit.local import LocalLimiter
from ccxt_bingx_ext._ratelimit.messages import Acquire, Ticket, Withdraw
from ccxt_bingx_ext._ratelimit.schedule import OVERDUE, RateLimit

from .tracing import traced

# CPython looks at signals at the end of such an instruction.
LOOKS = ("CALL", "JUMP", "RESUME", "SEND", "YIELD", "FOR_ITER", "POP_JUMP")
BRIEF = RateLimit(1, 0.001, 0.0, in_flight=0.0)
LONG = RateLimit(1, 3600.0, 0.0, in_flight=0.0)


class Interrupt(int):
    """Reading `now` makes a signal pending and runs no instruction that looks at signals.

    So CPython meets the signal where it would meet the user's: in the code under test, not in the tracer.
    """

    now = property(_thread.interrupt_main)


INTERRUPT = Interrupt(signal.SIGINT)


@contextmanager
def interrupts(points: tuple[int, ...]) -> Iterator[list[int]]:
    """Interrupt the code inside at these points, counted from 0. The list gets the number of points."""
    seen = [0]

    def interrupt(frame: FrameType, event: str, _: Any) -> bool:
        if frame.f_code.co_filename in (__file__, contextlib.__file__):
            return False
        if event == "opcode" and dis.opname[frame.f_code.co_code[frame.f_lasti]].startswith(LOOKS):
            point = seen[0]
            seen[0] += 1
            if point in points:
                INTERRUPT.now  # noqa: B018
        return True

    gc.disable()  # other libraries' callbacks would meet the interrupt
    try:
        with traced(interrupt):
            yield seen
    finally:
        gc.enable()


def ticket() -> Ticket:
    return Ticket(lambda: True)


class World:
    """A limiter, and another thread that uses it after an interrupt."""

    def __init__(self) -> None:
        self.limiter = LocalLimiter(lambda: 0.0)

    def ask(self, ticket: Ticket, rate_limit: RateLimit = BRIEF) -> float:
        return self.limiter.do(Acquire(ticket, rate_limit)).delay

    def assert_works(self) -> None:
        """Another thread leaves the queue, which wakes the others there, and gets its slot."""
        self.limiter._clock = lambda: OVERDUE + 1.0
        delays = list[float]()

        def use() -> None:
            self.limiter.do(Withdraw(ticket()))
            delays.append(self.ask(ticket()))

        thread = threading.Thread(target=use, daemon=True)
        thread.start()
        thread.join(20)
        assert delays == [0.0], "a lock is held, or a place in the queue never becomes free"


def points_of(call: Callable[[], object], *interrupted: int) -> int:
    """How many points `call` has if it is interrupted at these."""
    with interrupts(interrupted) as seen, contextlib.suppress(KeyboardInterrupt):
        call()
    return seen[0]


def waiting_call(world: World) -> Callable[[], object]:
    """A call of acquire that has to wait once."""
    world.ask(ticket())
    times = itertools.chain([0.0], itertools.repeat(0.0015))
    world.limiter._clock = lambda: next(times)
    return lambda: acquire(world.limiter, BRIEF, 1.0, not_sent)


def free_call(world: World) -> Callable[[], object]:
    """A call of acquire that goes at once."""
    return lambda: acquire(world.limiter, BRIEF, 1.0, not_sent)


@pytest.mark.parametrize("prepare", [free_call, waiting_call])
def test_ctrl_c_anywhere(prepare: Callable[[World], Callable[[], object]]) -> None:
    """After one interrupt at any point of `acquire` the limiter works for the other threads."""
    for point in itertools.count():
        world = World()
        points = points_of(prepare(world), point)
        world.assert_works()
        if points <= point:
            break
    assert point > 20


def test_ctrl_c_twice() -> None:
    """The same holds after a second interrupt, while `acquire` gives up its place."""
    tried = 0
    for first in itertools.count():
        for second in itertools.count(first + 1):
            world = World()
            points = points_of(waiting_call(world), first, second)
            world.assert_works()
            tried += 1
            if points <= second:
                break
        if points <= first:
            break
    assert first > 50
    assert tried > 500


@contextmanager
def handling(handler: Callable[[], object]) -> Iterator[None]:
    """Run `handler` at the point of an interrupt, and continue the interrupted code."""
    before = signal.signal(signal.SIGINT, lambda *_: handler())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def asked_twice(rate_limit: RateLimit, is_overdue: bool, point: int) -> int:
    """Let a signal handler acquire at `point` of an acquire, and check both. Return the number of points."""
    world, outer, delays = World(), ticket(), list[float]()
    if is_overdue:
        for one in (ticket(), outer):
            world.ask(one, rate_limit)
        world.limiter._clock = lambda: rate_limit.period + 2 * OVERDUE
    with handling(lambda: delays.append(world.ask(ticket(), rate_limit))):
        points = points_of(lambda: delays.append(world.ask(outer, rate_limit)), point)
    assert 1 <= delays.count(0.0) <= rate_limit.requests
    assert len(world.limiter.arrivals(rate_limit.period)) == delays.count(0.0)
    return points


@pytest.mark.parametrize(("limit", "is_overdue"), [(1, False), (2, False), (1, True)])
def test_signal_handler_acquires(limit: int, is_overdue: bool) -> None:
    """A signal handler may call the limiter that it interrupted. Both together keep the limit."""
    rate_limit = RateLimit(limit, 3600.0, 0.0, in_flight=0.0)
    reached = itertools.takewhile(lambda at: asked_twice(rate_limit, is_overdue, at) > at, itertools.count())
    assert len([*reached]) > 15


def test_finalizer_withdraws() -> None:
    """A coroutine that the garbage collector closes, at any moment, gives up its place."""
    for point in itertools.count():
        world, gone, behind = World(), ticket(), ticket()
        for one in (ticket(), gone):
            world.ask(one, LONG)
        with handling(lambda: world.limiter.do(Withdraw(gone))):  # noqa: B023
            if points_of(lambda: world.ask(behind, LONG), point) <= point:  # noqa: B023
                break
        assert world.ask(behind, LONG) == pytest.approx(3600.0)
    assert point > 15


def test_finalizer_releases_orders() -> None:
    """The same holds for a flow that an interrupt closes: its orders are free again, and nothing hangs."""
    for point in itertools.count():
        spacing, closed = Spacing(), OrderRef("id", "1")
        spacing.reserve([closed], 0.0)
        with handling(lambda: spacing.release([closed], None)):  # noqa: B023
            if points_of(lambda: spacing.reserve([OrderRef("id", "2")], 0.0), point) <= point:  # noqa: B023
                break
        assert spacing.reserve([closed], 0.0) == (0.0, True)
    assert point > 10
