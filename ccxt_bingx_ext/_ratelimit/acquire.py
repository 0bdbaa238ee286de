"""Wait for a slot: ask the limiter, sleep, ask again. Sync and async share the logic."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator
from math import inf
from typing import Any, NamedTuple, TypeAlias

from .._log import DEBUG, event, is_on
from .._runner import run, run_async
from .messages import Acquire, Answered, Limiter, Question, Renew, Signal, Ticket, Withdraw, Written
from .schedule import Decision, RateLimit

Refusal: TypeAlias = Callable[[Decision], BaseException]


class Wait(NamedTuple):
    """Sleep for `seconds`, or until the limiter wakes the ticket."""

    seconds: float


class Slot:
    """The right to send one request. `id` names it across processes and machines.

    Ask `usable` just before you write the request. If the slot is not usable, `renew` it. If that fails,
    abandon the request unsent. Then report what became of the request: either `written`, and `answered` when
    a response arrives, or `never_written`. Until then the slot counts for as long as the rate limit allows a
    request to be on its way.
    """

    def __init__(self, limiter: Limiter, ticket: Ticket, rate_limit: RateLimit, usable_until: float) -> None:
        self.limiter, self.rate_limit, self.usable_until = limiter, rate_limit, usable_until
        self.ticket = ticket

    @property
    def id(self) -> str:
        return self.ticket.name

    def usable(self, now: float) -> bool:
        """Whether the request may be written `now` (s of ``time.monotonic``)."""
        return now <= self.usable_until

    def written(self) -> None:
        """Report that the request is about to be written."""
        self.limiter.do(Written(self.ticket, self.rate_limit))

    def answered(self) -> None:
        """Report that a response came, so the request had arrived."""
        self.limiter.do(Answered(self.ticket))

    def never_written(self) -> None:
        """Report that the request was not and will not be written. Others may use the slot."""
        self.limiter.do(Withdraw(self.ticket))

    async def never_written_async(self) -> None:
        """Do what `never_written` does, in an event loop."""
        await self.limiter.do_async(Withdraw(self.ticket))


def acquire(
    limiter: Limiter, rate_limit: RateLimit, max_wait: float, refusal: Refusal, give_up: float = inf
) -> Slot:
    """Wait until `limiter` grants a request under `rate_limit`, and return its slot.

    If the exchange has banned the account for more than `max_wait` s, or if the request would not go before
    `give_up` (s of ``time.monotonic``), raise ``refusal(decision)``. This also holds for a ban that begins
    during the wait. Any exception that ends the wait gives up the place in the queue.
    """
    # Not an Event: a second Ctrl-C can leave its inner lock locked, and the thread that wakes the ticket then
    # hangs. This lock is free from the wake until the waiter notices. Releasing it never blocks.
    woken = threading.Lock()
    woken.acquire()

    def wake() -> bool:
        with contextlib.suppress(RuntimeError):  # the ticket is awake already
            woken.release()
        return True

    ticket = Ticket(wake)

    def execute(step: Question | Wait) -> Any:
        if not isinstance(step, Wait):
            return limiter.do(step)
        woken.acquire(timeout=step.seconds)
        return None

    try:
        return run(_steps(limiter, ticket, rate_limit, max_wait, refusal, give_up), execute)
    except BaseException:
        limiter.do(Withdraw(ticket))
        raise


async def acquire_async(
    limiter: Limiter, rate_limit: RateLimit, max_wait: float, refusal: Refusal, give_up: float = inf
) -> Slot:
    """Do what `acquire` does, in an event loop. A cancelled task gives up its place."""
    import asyncio  # an async bot has loaded it already, and a sync bot saves 10 ms (measured)

    loop = asyncio.get_running_loop()
    woken = asyncio.Event()

    def wake() -> bool:
        try:
            loop.call_soon_threadsafe(woken.set)
        except RuntimeError:  # the ticket's loop is closed, so nobody waits
            return False
        return True

    ticket = Ticket(wake, loop.is_closed)

    async def execute(step: Question | Wait) -> Any:
        if not isinstance(step, Wait):
            return await limiter.do_async(step)
        alarm = loop.call_later(step.seconds, woken.set)
        try:
            await woken.wait()
        finally:
            alarm.cancel()
        woken.clear()
        return None

    try:
        return await run_async(_steps(limiter, ticket, rate_limit, max_wait, refusal, give_up), execute)
    except GeneratorExit:
        limiter.do(Withdraw(ticket))  # a coroutine that Python closes must not await
        raise
    except BaseException:
        await limiter.do_async(Withdraw(ticket))
        raise


def try_acquire(limiter: Limiter, rate_limit: RateLimit) -> Slot | None:
    """Return a slot if one is free now, otherwise None. Never wait.

    While other callers of this process wait, return None without a call to Redis: they go first.
    """
    return run(_try_steps(limiter, rate_limit), limiter.do)


async def try_acquire_async(limiter: Limiter, rate_limit: RateLimit) -> Slot | None:
    """Do what `try_acquire` does, in an event loop."""
    return await run_async(_try_steps(limiter, rate_limit), limiter.do_async)


def renew(slot: Slot) -> bool:
    """Make `slot`, which was not used in time, usable again. Return False if the slot is lost.

    The slot is usable when this returns True. If a reply arrives too late for that, this asks again.
    """
    return run(_renew_steps(slot), slot.limiter.do)


async def renew_async(slot: Slot) -> bool:
    """Do what `renew` does, in an event loop."""
    return await run_async(_renew_steps(slot), slot.limiter.do_async)


def _steps(
    limiter: Limiter,
    ticket: Ticket,
    rate_limit: RateLimit,
    max_wait: float,
    refusal: Refusal,
    give_up: float,
) -> Generator[Question | Wait, Any, Slot]:
    began_at = time.monotonic()
    while True:
        asked_at = time.monotonic()  # a slow reply uses up the slack
        decision = yield Acquire(ticket, rate_limit)
        if not decision.delay:
            _report_slot(limiter, began_at)
            return Slot(limiter, ticket, rate_limit, asked_at + rate_limit.slack)
        left = give_up - time.monotonic()
        if decision.delay > (min(max_wait, left) if decision.banned else left):
            raise refusal(decision)
        yield Wait(decision.delay)


def _try_steps(limiter: Limiter, rate_limit: RateLimit) -> Generator[Signal, Any, Slot | None]:
    if limiter.has_waiting:
        return None
    ticket, asked_at = Ticket(lambda: True), time.monotonic()
    decision = yield Acquire(ticket, rate_limit)
    if not decision.delay:
        _report_slot(limiter, asked_at)
        return Slot(limiter, ticket, rate_limit, asked_at + rate_limit.slack)
    yield Withdraw(ticket)
    return None


def _report_slot(limiter: Limiter, began_at: float) -> None:
    if is_on(DEBUG):
        waited = round((time.monotonic() - began_at) * 1000)
        event(DEBUG, "slot", endpoint=limiter.endpoint, waited_ms=waited)


def _renew_steps(slot: Slot) -> Generator[Signal, Any, bool]:
    rate_limit = slot.rate_limit
    while True:
        asked_at = time.monotonic()
        decision = yield Renew(slot.ticket, rate_limit)
        if decision.delay:
            return False
        slot.usable_until = asked_at + rate_limit.slack
        if slot.usable(time.monotonic()):
            return True
        # The reply was slow, or the event loop was busy. Let each next slot last longer until one is in time.
        rate_limit = rate_limit._replace(slack=2 * rate_limit.slack)
