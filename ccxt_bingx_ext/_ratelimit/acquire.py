"""Wait for a slot: ask the limiter, sleep, ask again. The logic stands once; sync and async drive it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator
from math import inf
from typing import Any, NamedTuple, TypeAlias

from .._runner import run, run_async
from .messages import Acquire, Limiter, Ticket, Withdraw
from .schedule import Decision, RateLimit

Refusal: TypeAlias = Callable[[Decision], BaseException]


class Wait(NamedTuple):
    """Sleep for `seconds`, or until the limiter wakes the ticket."""

    seconds: float


def acquire(
    limiter: Limiter, rate_limit: RateLimit, max_wait: float, refusal: Refusal, give_up: float = inf
) -> None:
    """Wait until `limiter` grants a request under `rate_limit`.

    If the exchange has banned the account for more than `max_wait` s, or if the request would not go before
    `give_up` (s of ``time.monotonic``), raise ``refusal(decision)``. This holds for a ban that begins during
    the wait, too. Whatever exception ends the wait, the place in the queue is given up.
    """
    # Not an Event: a second Ctrl-C can leave the lock in it locked, and whoever wakes the ticket then hangs.
    # This lock is free while the ticket is woken and has not noticed. Nobody waits to release it.
    woken = threading.Lock()
    woken.acquire()

    def wake() -> None:
        with contextlib.suppress(RuntimeError):  # it is woken already
            woken.release()

    ticket = Ticket(wake)

    def execute(step: Acquire | Wait) -> Any:
        if isinstance(step, Acquire):
            return limiter.do(step)
        woken.acquire(timeout=step.seconds)
        return None

    try:
        run(_steps(ticket, rate_limit, max_wait, refusal, give_up), execute)
    except BaseException:
        limiter.do(Withdraw(ticket))
        raise


async def acquire_async(
    limiter: Limiter, rate_limit: RateLimit, max_wait: float, refusal: Refusal, give_up: float = inf
) -> None:
    """Do what `acquire` does, in an event loop. A cancelled task gives up its place."""
    import asyncio  # an async bot has it loaded; a sync bot saves 10 ms (measured)

    loop = asyncio.get_running_loop()
    woken = asyncio.Event()

    def wake() -> None:
        with contextlib.suppress(RuntimeError):  # the ticket's loop is closed: nobody waits there
            loop.call_soon_threadsafe(woken.set)

    ticket = Ticket(wake)

    async def execute(step: Acquire | Wait) -> Any:
        if isinstance(step, Acquire):
            return await limiter.do_async(step)
        alarm = loop.call_later(step.seconds, woken.set)
        try:
            await woken.wait()
        finally:
            alarm.cancel()
        woken.clear()
        return None

    try:
        await run_async(_steps(ticket, rate_limit, max_wait, refusal, give_up), execute)
    except GeneratorExit:
        limiter.do(Withdraw(ticket))  # Python closes the coroutine, which must not await any more
        raise
    except BaseException:
        await limiter.do_async(Withdraw(ticket))
        raise


def _steps(
    ticket: Ticket, rate_limit: RateLimit, max_wait: float, refusal: Refusal, give_up: float
) -> Generator[Acquire | Wait, Any, None]:
    while True:
        decision = yield Acquire(ticket, rate_limit)
        if not decision.delay:
            return
        left = give_up - time.monotonic()
        if decision.delay > (min(max_wait, left) if decision.banned else left):
            raise refusal(decision)
        yield Wait(decision.delay)
