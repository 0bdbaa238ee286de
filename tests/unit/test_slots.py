"""Slots from one of several lanes: first_slot takes one, and gives the others back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from ccxt.base.errors import RateLimitExceeded

from ccxt_bingx_ext._bingx.errors import not_sent
from ccxt_bingx_ext._coalesce.slots import Lane, first_slot
from ccxt_bingx_ext._ratelimit.acquire import Slot
from ccxt_bingx_ext._ratelimit.local import LocalLimiter
from ccxt_bingx_ext._ratelimit.messages import Acquire, Ban, Pause, Ticket
from ccxt_bingx_ext._ratelimit.schedule import RateLimit

ONE = RateLimit(1, 1.0)


class Ready(Lane):
    """A lane that grants nothing at once, and a slot in the loop's next round."""

    async def acquire(self) -> Slot:
        ticket = Ticket(lambda: True)
        self.limiter._schedule.paused_until = 0.0  # type: ignore[attr-defined]
        assert not self.limiter.do(Acquire(ticket, ONE)).delay
        return Slot(self.limiter, ticket, ONE, 0.0)


def lane(kind: type[Lane] = Lane, pause: float = 0.0) -> Lane:
    limiter = LocalLimiter()
    if pause:
        limiter.do(Pause(pause))
    return kind(limiter, ONE, 1.0, not_sent)


def granted(lane: Lane) -> int:
    return len(lane.limiter.arrivals(60.0))  # type: ignore[attr-defined]


def first(*lanes: Lane, meanwhile: Callable[[asyncio.Future[None]], Any] = lambda enough: None) -> Any:
    async def scene() -> Any:
        enough: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        meanwhile(enough)
        try:
            return await first_slot(lanes, enough)
        finally:
            for _ in range(5):  # the loop's rounds in which slots go back
                await asyncio.sleep(0)

    return asyncio.run(scene())


def test_preferred() -> None:
    """If several lanes have a slot, first_slot takes the first lane's, and leaves the others alone."""
    lanes = lane(), lane()
    assert first(*lanes)[0] is lanes[0]
    assert [granted(one) for one in lanes] == [1, 0]


def test_any() -> None:
    """If the first lane has no slot, first_slot takes the second lane's."""
    lanes = lane(pause=60.0), lane()
    assert first(*lanes)[0] is lanes[1]
    assert [granted(one) for one in lanes] == [0, 1]


def test_two_at_once() -> None:
    """If two lanes grant a slot at once, first_slot takes the first lane's, and gives the other back."""
    lanes = lane(Ready, 60.0), lane(Ready, 60.0)
    assert first(*lanes)[0] is lanes[0]
    assert [granted(one) for one in lanes] == [1, 0]


def test_enough() -> None:
    """If `enough` comes first, the caller has no slot, and no place in any queue."""
    lanes = lane(pause=60.0), lane(pause=60.0)
    meanwhile = lambda enough: asyncio.get_running_loop().call_soon(enough.set_result, None)  # noqa: E731
    assert first(*lanes, meanwhile=meanwhile) is None
    assert [one.limiter._schedule.waiting for one in lanes] == [[], []]  # type: ignore[attr-defined]


def test_refused() -> None:
    """A lane that is closed for too long raises. The caller leaves the other lane's queue."""
    lanes = lane(pause=60.0), lane()
    lanes[1].limiter.do(Ban(60.0))
    assert [one.is_closed for one in lanes] == [False, True]
    lanes[0].refuse_if_closed()
    with pytest.raises(RateLimitExceeded, match="banned") as caught:
        lanes[1].refuse_if_closed()
    assert caught.value.banned
    assert 59.0 < caught.value.retry_after <= 60.0
    with pytest.raises(RateLimitExceeded, match="banned"):
        first(*lanes)
    assert lanes[0].limiter._schedule.waiting == []  # type: ignore[attr-defined]
