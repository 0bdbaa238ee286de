"""Calls of one event loop, account, symbol and ``recvWindow`` wait for slots together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from math import inf
from typing import Any, TypeAlias

from ccxt.base.errors import BaseError, ExchangeNotAvailable, NetworkError

from .._cancel.commands import Cancel, Command, Share, Sleep
from .._cancel.failures import Progress, attach_progress
from .._cancel.spacing import spacing_for
from .._cancel.together import Joined, Refused, coalescing_of, list_refused
from .._ids import Batch, OrderRef
from .._ratelimit.acquire import Slot
from .._runner import run_async
from .._settings import parse_settings
from .slots import Lane, UnusedSlot, first_slot

# The fewest calls that are worth a slot of the batch endpoint.
FEWEST = 3
# If more calls wait than singles can cancel in a second, use singles too only if batches cancel at most this
# many times as many: linear 50 and 5 a second. On spot (100 and 5) they would cost requests and save no time.
WORTH = 10

Key: TypeAlias = tuple[Any, ...]  # the event loop comes first
Turn: TypeAlias = Joined | Refused | Slot | None
"""The result of waiting: a batch that cancelled the order, or may have done so, or a slot.

None: the call must go by itself, and no batch has cancelled the order.
"""

_Waiting: TypeAlias = "asyncio.Future[Turn | BaseException]"


class Queue:
    """The calls that wait, in calling order. `drain` runs while any call waits.

    `spawn` runs a batch in a task that outlives the calls.
    """

    def __init__(
        self, exchange: Any, share: Share, spawn: Callable[[Coroutine[Any, Any, None]], None]
    ) -> None:
        self._exchange = exchange
        self._symbol, self._extra = share.symbol, share.batch.extra
        self._single, self._together = share.single, share.together
        self._spawn = spawn
        self._coalescing = coalescing_of(exchange.apiKey, share.together.route)
        self._spacing = spacing_for(exchange.apiKey)
        self._waiting: dict[OrderRef, _Waiting] = {}
        self._most_for_singles = 0.0
        self._lanes_for: int | None = None  # the `_crowd` for which the drainer chose where to wait
        self._other_lanes: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def takes(self, ref: OrderRef) -> bool:
        """Whether the order of `ref` may wait here. If not, its cancel must go by itself."""
        return not self._coalescing.is_off and self._batch_size >= FEWEST and self._is_free(ref)

    async def join(self, ref: OrderRef) -> Turn:
        """Wait for the turn of `ref`. If the caller is cancelled, `ref` leaves the queue."""
        turn: _Waiting = asyncio.get_running_loop().create_future()
        self._waiting[ref] = turn
        self._reconsider()
        try:
            result = await turn
        except BaseException:
            if self._waiting.get(ref) is turn:
                del self._waiting[ref]
                self._reconsider()
            elif turn.done() and not turn.cancelled() and isinstance(slot := turn.result(), Slot):
                await slot.never_written_async()
            raise
        if isinstance(result, BaseException):
            raise result
        return result

    async def drain(self) -> None:
        """Give every call its turn."""
        try:
            while self._waiting:
                await self._next_turn()
        finally:
            self._let_go()

    def close(self) -> None:
        """End every call that waits. The plugin has sent nothing for them."""
        for ref, turn in self._waiting.items():
            error = NetworkError("bingx cancelOrder() was not sent: the exchange instance was closed")
            attach_progress(error, Progress.NOT_BEGUN)
            _give({ref: turn}, error)
        self._waiting.clear()
        self._reconsider()

    async def _next_turn(self) -> None:
        if self._coalescing.is_off:
            self._let_go()
            return
        self._other_lanes = asyncio.get_running_loop().create_future()
        try:
            single, together = self._lane(self._single), self._lane(self._together)
            granted = await first_slot(self._lanes(single, together), self._other_lanes)
            if granted is None:
                return
            lane, slot = granted
            if lane is together and single.is_closed:  # since it waits
                await slot.never_written_async()
                return
            most = self._batch_size if lane is together else 1
            turns = self._take(0 if self._coalescing.is_off else most)
        except BaseError:
            self._let_go()  # each call then goes by itself, and meets the same error
            return
        if lane is single and turns:
            turns.popitem()[1].set_result(slot)
        elif len(turns) > 1:
            self._spawn(self._send(turns, slot))
        else:
            self._waiting = {**turns, **self._waiting}
            await slot.never_written_async()

    def _lane(self, endpoint: Any) -> Lane:
        return Lane(*self._exchange._limiter(endpoint))

    def _lanes(self, single: Lane, together: Lane) -> list[Lane]:
        """The lanes in which to wait, the preferred lane first. Batches must not evade a ban of singles."""
        singles, batches = single.rate_limit.requests, together.rate_limit.requests * self._batch_size
        self._most_for_singles = inf if singles * WORTH >= batches else singles
        self._lanes_for = crowd = self._crowd
        if crowd < 1 or single.is_closed or together.is_closed:
            return [single]
        return [together, single] if crowd == 1 else [together]

    @property
    def _crowd(self) -> int:
        """-1: no call waits. 0: too few calls for a batch. 1: enough. 2: so many that singles do not help."""
        waiting = len(self._waiting)
        if waiting < FEWEST:
            return 0 if waiting else -1
        return 1 if waiting <= self._most_for_singles else 2

    def _reconsider(self) -> None:
        """Wait in other lanes, if the number of waiting calls now requires it."""
        if self._crowd != self._lanes_for and not self._other_lanes.done():
            self._other_lanes.set_result(None)

    def _take(self, most: int) -> dict[OrderRef, _Waiting]:
        """Take the first `most` calls out of the queue. A call whose order may not go yet goes by itself."""
        taken: dict[OrderRef, _Waiting] = {}
        for ref, turn in [*self._waiting.items()]:
            if len(taken) == most:
                break
            del self._waiting[ref]
            if turn.done():  # its caller was cancelled just now
                continue
            if self._is_free(ref):
                taken[ref] = turn
            else:
                turn.set_result(None)
        return taken

    def _let_go(self) -> None:
        _give(self._waiting, None)
        self._waiting.clear()

    def _is_free(self, ref: OrderRef) -> bool:
        return self._spacing.is_free(ref, time.monotonic())

    @property
    def _batch_size(self) -> int:
        return parse_settings(self._exchange.options, self._together).batch_size

    async def _send(self, turns: Mapping[OrderRef, _Waiting], slot: Slot) -> None:
        """Cancel the orders of `turns` in one batch, and give each call its turn."""
        unused = UnusedSlot(slot)
        turns = {ref: turn for ref, turn in turns.items() if not turn.done()}

        async def execute(command: Command) -> Any:
            if isinstance(command, (Cancel, Sleep)) and all(turn.done() for turn in turns.values()):
                raise asyncio.CancelledError  # every caller was cancelled
            if isinstance(command, Cancel):  # it may be a second one, after a lost response
                self._lane(self._single).refuse_if_closed()
            return await self._exchange._execute(command, unused.take_for(command))

        try:
            flow = self._exchange._cancel_together(self._symbol, Batch(tuple(turns), 1, self._extra))
            result = await run_async(flow, execute)
            if isinstance(result, Joined):
                await self._list_refused(turns, result, execute)
            elif not result.is_about_limit:
                self._coalescing.end(result)
            _give(turns, result if result.run is not None else None)
        except BaseError:
            _give(turns, None)  # nothing was sent: the flow raises no error after that
        except asyncio.CancelledError:
            for ref, turn in turns.items():
                error = ExchangeNotAvailable(
                    "bingx cancelOrder() was interrupted: the exchange instance was closed"
                )
                attach_progress(error, Progress.WRITTEN)
                _give({ref: turn}, error)
            raise
        except BaseException as defect:
            _give(turns, defect)
            raise
        finally:
            await unused.give_back()

    async def _list_refused(
        self, turns: Mapping[OrderRef, _Waiting], joined: Joined, execute: Callable[[Command], Any]
    ) -> None:
        """Read the lists that settle orders of `joined`. The calls for other orders do not wait for them."""
        listed = joined.without_state
        _give({ref: turn for ref, turn in turns.items() if ref not in listed}, joined)
        if not all(turn.done() for turn in turns.values()):
            lists = run_async(list_refused(joined.run), execute)
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(lists, self._exchange._pauses.lists)


def _give(turns: Mapping[Any, _Waiting], result: Turn | BaseException) -> None:
    for turn in turns.values():
        if not turn.done():
            turn.set_result(result)
