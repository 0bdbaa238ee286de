"""The cancels of one instance: one flow per order, for every call that asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from .._cancel.commands import Command, Join, Share
from .._cancel.events import note_share
from .._cancel.outcome import Outcome, copy_of, outcome_of_defect
from .._ids import OrderRef
from .._ratelimit.acquire import Slot
from .._runner import run_async
from .queue import Key, Queue, Turn
from .slots import UnusedSlot


class Coalescer:
    """The cancels of one instance that may share batches."""

    def __init__(self) -> None:
        self._cancels: dict[tuple[Key, OrderRef], _Cancel] = {}
        self._queues: dict[Key, Queue] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._batches: set[asyncio.Task[Any]] = set()

    def __reduce__(self) -> Any:
        return Coalescer, ()  # a copy of the instance starts without cancels

    async def share(self, exchange: Any, share: Share) -> Outcome:
        """Return the outcome of `share`. Concurrent calls for the same order get copies of it."""
        key = (asyncio.get_running_loop(), exchange.apiKey, share.symbol, share.batch.extra)
        name = key, share.ref
        cancel = self._cancels.get(name)
        if cancel is None or cancel.task.done():
            task = self._spawn(self._cancel(exchange, share, key), self._tasks)
            cancel = self._cancels[name] = _Cancel(task)
        else:
            share.flow.close()
            cancel.is_shared = True
            note_share(share.single.route, share.ref)
        cancel.callers += 1
        try:
            await asyncio.wait([cancel.task])
        finally:
            cancel.callers -= 1
            if not cancel.callers and self._cancels.get(name) is cancel:
                del self._cancels[name]
                cancel.task.cancel()
        outcome = cancel.task.result()
        return copy_of(outcome) if cancel.is_shared else outcome

    async def close(self, timeout: float) -> None:
        """End the calls that wait. Wait `timeout` s at most for the cancels that are under way."""
        loop = asyncio.get_running_loop()
        for queue in [queue for key, queue in self._queues.items() if key[0] is loop]:
            queue.close()
        batches = {task for task in self._batches if task.get_loop() is loop}
        under_way = batches | {one.task for (key, _), one in self._cancels.items() if key[0] is loop}
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=timeout)
            for task in late & batches:  # a single cancel belongs to its callers
                task.cancel()
            await asyncio.gather(*(late & batches), return_exceptions=True)

    async def _cancel(self, exchange: Any, share: Share, key: Key) -> Outcome:
        unused = UnusedSlot()

        async def execute(command: Command | Join) -> Any:
            if not isinstance(command, Join):
                return await exchange._execute(command, unused.take_for(command))
            turn = await self._turn(exchange, share, key)
            if not isinstance(turn, Slot):
                return turn
            unused.slot = turn
            return None

        try:
            return await run_async(share.flow, execute)
        except Exception as defect:  # of this flow, or of the batch: each call gets a ccxt error of its own
            return outcome_of_defect(share.ref, defect)
        finally:
            await unused.give_back()

    async def _turn(self, exchange: Any, share: Share, key: Key) -> Turn:
        queue = self._queues.get(key)
        if queue is None:
            queue = Queue(exchange, share, self._spawn_batch)
        if not queue.takes(share.ref):
            return None
        if key not in self._queues:
            self._forget_closed_loops()
            self._queues[key] = queue
            self._spawn(self._drain(key, queue), self._tasks)
        return await queue.join(share.ref)

    async def _drain(self, key: Key, queue: Queue) -> None:
        try:
            await queue.drain()
        finally:
            self._queues.pop(key, None)

    def _forget_closed_loops(self) -> None:
        self._queues = {key: one for key, one in self._queues.items() if not key[0].is_closed()}
        self._cancels = {name: one for name, one in self._cancels.items() if not name[0][0].is_closed()}

    def _spawn_batch(self, work: Coroutine[Any, Any, Any]) -> None:
        self._spawn(work, self._batches)

    @staticmethod
    def _spawn(work: Coroutine[Any, Any, Any], tasks: set[asyncio.Task[Any]]) -> asyncio.Task[Any]:
        """Run `work` in a task that `tasks` keeps alive until it ends."""

        def ended(task: asyncio.Task[Any]) -> None:
            tasks.discard(task)
            if not task.cancelled():
                task.exception()  # mark it as retrieved: perhaps no caller is left to receive it

        task = asyncio.get_running_loop().create_task(work)
        tasks.add(task)
        task.add_done_callback(ended)
        return task


class _Cancel:
    """The cancel of one order, and how many calls wait for its outcome."""

    def __init__(self, task: asyncio.Task[Outcome]) -> None:
        self.task = task
        self.callers = 0
        self.is_shared = False
