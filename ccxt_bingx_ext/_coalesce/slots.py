"""Slots in the rate limit, acquired before the plugin chooses the request to send."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from math import inf
from typing import Any, NamedTuple

from .._cancel.commands import Cancel, Command, Join
from .._ratelimit.acquire import Refusal, Slot, acquire_async, try_acquire_async
from .._ratelimit.messages import Limiter
from .._ratelimit.schedule import Decision, RateLimit


class Lane(NamedTuple):
    """An endpoint's limiter, and how to wait there."""

    limiter: Limiter
    rate_limit: RateLimit
    max_wait: float
    refusal: Refusal

    @property
    def is_closed(self) -> bool:
        """Whether the exchange refuses every request to the endpoint, as far as this process knows."""
        return self.limiter.banned_for > 0

    def refuse_if_closed(self) -> None:
        """Raise the lane's refusal if the lane is closed."""
        if self.is_closed:
            raise self.refusal(Decision(self.limiter.banned_for, banned=True))

    async def acquire(self) -> Slot:
        """Wait for a slot."""
        return await acquire_async(*self, inf)


async def first_slot(lanes: Sequence[Lane], enough: asyncio.Future[None]) -> tuple[Lane, Slot] | None:
    """Return the first slot of any of `lanes` (the preferred lane first), or None if `enough` comes first.

    If a lane refuses, raise its error. Give every other slot back.
    """
    for lane in lanes:
        slot = await try_acquire_async(lane.limiter, lane.rate_limit)
        if slot is not None:
            return lane, slot
    acquiring = {asyncio.ensure_future(lane.acquire()): lane for lane in lanes}
    taken = None
    try:
        either: list[asyncio.Future[Any]] = [enough, *acquiring]
        done, _ = await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        taken = next((task for task in acquiring if task in done), None)
        return None if taken is None else (acquiring[taken], taken.result())
    finally:
        for task in acquiring:
            if task is not taken:
                task.cancel()
                task.add_done_callback(_give_back)


_returning: set[asyncio.Task[None]] = set()  # the event loop itself does not keep a task alive


def _give_back(acquired: asyncio.Task[Slot]) -> None:
    if not acquired.cancelled() and acquired.exception() is None:
        task = acquired.get_loop().create_task(acquired.result().never_written_async())
        _returning.add(task)
        task.add_done_callback(_returning.discard)


class UnusedSlot:
    """A slot that waits for its request."""

    def __init__(self, slot: Slot | None = None) -> None:
        self.slot = slot

    def take_for(self, command: Command | Join) -> Slot | None:
        """Return the slot if `command` is a cancel, which the slot is for."""
        if not isinstance(command, Cancel):
            return None
        slot, self.slot = self.slot, None
        return slot

    async def give_back(self) -> None:
        """Let others use the slot, if no request took it."""
        slot, self.slot = self.slot, None
        if slot is not None:
            await slot.never_written_async()
