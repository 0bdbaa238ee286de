"""Going through a lane: ask, sleep, ask again. Written once, driven plainly or awaited."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator
from typing import Any, NamedTuple

from .._bingx.errors import lane_closed
from .._runner import run, run_async
from .local import Ask, KeptLane, Leave, Ticket
from .schedule import Pace


class Pause(NamedTuple):
    """Sleep `seconds`, or until the ticket is woken."""

    seconds: float


def _passing(ticket: Ticket, pace: Pace, max_wait: float) -> Generator[Ask | Pause, Any, None]:
    while True:
        verdict = yield Ask(ticket, pace)
        if verdict.closed and verdict.delay > max_wait:
            raise lane_closed(verdict.delay)
        if not verdict.delay:
            return
        yield Pause(verdict.delay)


def pass_gate(lane: KeptLane, pace: Pace, max_wait: float) -> None:
    """Wait for a place in `lane`; ``RateLimitExceeded`` if it stays closed for longer than `max_wait` s."""
    nudge = threading.Event()
    ticket = Ticket(nudge.set)

    def perform(call: Ask | Pause) -> Any:
        if isinstance(call, Ask):
            return lane.do(call)
        nudge.wait(call.seconds)
        nudge.clear()
        return None

    try:
        run(_passing(ticket, pace, max_wait), perform)
    except BaseException:
        lane.do(Leave(ticket))
        raise


async def pass_gate_async(lane: KeptLane, pace: Pace, max_wait: float) -> None:
    """The same in an event loop; a cancelled task gives its place back."""
    import asyncio  # loaded already; a sync bot need not wait for it (10 ms)

    loop = asyncio.get_running_loop()
    nudge = asyncio.Event()

    def wake() -> None:
        with contextlib.suppress(RuntimeError):  # its loop has been closed: nobody waits there any more
            loop.call_soon_threadsafe(nudge.set)

    ticket = Ticket(wake)

    async def perform(call: Ask | Pause) -> Any:
        if isinstance(call, Ask):
            return await lane.do_async(call)
        alarm = loop.call_later(call.seconds, nudge.set)
        try:
            await nudge.wait()
        finally:
            alarm.cancel()
        nudge.clear()
        return None

    try:
        await run_async(_passing(ticket, pace, max_wait), perform)
    except GeneratorExit:
        lane.do(Leave(ticket))  # its loop has ended: nothing can be awaited any more
        raise
    except BaseException:
        await lane.do_async(Leave(ticket))
        raise
