"""The two drivers that run a flow: one calls, the other awaits.

The call stands outside ``except StopIteration``, so that one raised inside it cannot pass for the flow's
result. Only ccxt errors are thrown into the flow; ``CancelledError``, ``KeyboardInterrupt`` and defects
pass through, and the flow is closed.

Flows that may run `Gather` do so in an event loop; without one they run one after the other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

from ccxt.base.errors import BaseError

R = TypeVar("R")
Flow: TypeAlias = Generator[Any, Any, Any]


class Gather(NamedTuple):
    """A call: run `flows`, side by side where that can be.

    Its result holds, of each, what it returned or the ccxt error that it raised.
    """

    flows: Sequence[Flow]


def run(flow: Generator[Any, Any, R], execute: Callable[[Any], Any]) -> R:
    """Run `flow` to its end; `execute` executes a call and returns its result."""
    resume: Callable[[Any], Any] = flow.send
    value: Any = None
    try:
        while True:
            try:
                call = resume(value)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            try:
                if isinstance(call, Gather):
                    value = [_outcome(one, execute) for one in call.flows]
                else:
                    value = execute(call)
                resume = flow.send
            except BaseError as error:
                value, resume = error, flow.throw
    finally:
        flow.close()


async def run_async(flow: Generator[Any, Any, R], execute: Callable[[Any], Awaitable[Any]]) -> R:
    """Run `flow` to its end; `execute` returns what is awaited for a call's result."""
    resume: Callable[[Any], Any] = flow.send
    value: Any = None
    try:
        while True:
            try:
                call = resume(value)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            try:
                if isinstance(call, Gather):
                    value = await _outcomes_async(call.flows, execute)
                else:
                    value = await execute(call)
                resume = flow.send
            except BaseError as error:
                value, resume = error, flow.throw
    finally:
        flow.close()


def _outcome(flow: Flow, execute: Callable[[Any], Any]) -> Any:
    try:
        return run(flow, execute)
    except BaseError as error:
        return error


async def _outcome_async(flow: Flow, execute: Callable[[Any], Awaitable[Any]]) -> Any:
    try:
        return await run_async(flow, execute)
    except BaseError as error:
        return error


async def _outcomes_async(flows: Sequence[Flow], execute: Callable[[Any], Awaitable[Any]]) -> list[Any]:
    import asyncio  # loaded already; a sync bot need not wait for it (10 ms)

    tasks = [asyncio.ensure_future(_outcome_async(flow, execute)) for flow in flows]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        # A defect in one, or the caller was cancelled: none goes on behind the caller's back.
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
