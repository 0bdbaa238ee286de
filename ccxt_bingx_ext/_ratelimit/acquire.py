"""Going through a lane: ask, sleep, ask again. Written once, driven plainly or awaited."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator
from typing import Any, NamedTuple

from .._bingx.errors import banned_error
from .._runner import run, run_async
from .messages import Acquire, Limiter, Ticket, Withdraw
from .schedule import RateLimit


class Wait(NamedTuple):
    """Sleep `seconds`, or until the ticket is woken."""

    seconds: float


def _passing(ticket: Ticket, pace: RateLimit, max_wait: float) -> Generator[Acquire | Wait, Any, None]:
    while True:
        verdict = yield Acquire(ticket, pace)
        if verdict.closed and verdict.delay > max_wait:
            raise banned_error(verdict.delay)
        if not verdict.delay:
            return
        yield Wait(verdict.delay)


def acquire(lane: Limiter, pace: RateLimit, max_wait: float) -> None:
    """Wait for a place in `lane`; ``RateLimitExceeded`` if it stays closed for longer than `max_wait` s."""
    nudge = threading.Event()
    ticket = Ticket(nudge.set)

    def execute(call: Acquire | Wait) -> Any:
        if isinstance(call, Acquire):
            return lane.do(call)
        nudge.wait(call.seconds)
        nudge.clear()
        return None

    try:
        run(_passing(ticket, pace, max_wait), execute)
    except BaseException:
        lane.do(Withdraw(ticket))
        raise


async def acquire_async(lane: Limiter, pace: RateLimit, max_wait: float) -> None:
    """The same in an event loop; a cancelled task gives its place back."""
    import asyncio  # loaded already; a sync bot need not wait for it (10 ms)

    loop = asyncio.get_running_loop()
    nudge = asyncio.Event()

    def wake() -> None:
        with contextlib.suppress(RuntimeError):  # its loop has been closed: nobody waits there any more
            loop.call_soon_threadsafe(nudge.set)

    ticket = Ticket(wake)

    async def execute(call: Acquire | Wait) -> Any:
        if isinstance(call, Acquire):
            return await lane.do_async(call)
        alarm = loop.call_later(call.seconds, nudge.set)
        try:
            await nudge.wait()
        finally:
            alarm.cancel()
        nudge.clear()
        return None

    try:
        await run_async(_passing(ticket, pace, max_wait), execute)
    except GeneratorExit:
        lane.do(Withdraw(ticket))  # its loop has ended: nothing can be awaited any more
        raise
    except BaseException:
        await lane.do_async(Withdraw(ticket))
        raise
