"""The two drivers that run a flow: `run` executes its commands, `run_async` awaits them.

The I/O call stands outside ``except StopIteration``, so that a StopIteration raised inside it cannot pass for
the flow's result. Only ccxt errors are thrown into the flow. ``CancelledError``, ``KeyboardInterrupt`` and
defects pass through, and the driver closes the flow.

The flows of a `Gather` run side by side in an event loop, and one after the other without one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

from ccxt.base.errors import BaseError

R = TypeVar("R")
Flow: TypeAlias = Generator[Any, Any, Any]


class Gather(NamedTuple):
    """A command: run `flows`, side by side if possible.

    Its result is a list: for each flow, the value that it returned or the ccxt error that it raised.
    """

    flows: Sequence[Flow]


def run(flow: Generator[Any, Any, R], execute: Callable[[Any], Any]) -> R:
    """Run `flow` to its end, and return its result. `execute` returns the result of a command."""
    resume: Callable[[Any], Any] = flow.send
    value: Any = None
    try:
        while True:
            try:
                command = resume(value)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            try:
                if isinstance(command, Gather):
                    value = [_result(one, execute) for one in command.flows]
                else:
                    value = execute(command)
                resume = flow.send
            except BaseError as error:
                value, resume = error, flow.throw
    finally:
        flow.close()


async def run_async(flow: Generator[Any, Any, R], execute: Callable[[Any], Awaitable[Any]]) -> R:
    """Run `flow` to its end, and return its result. `execute` returns an awaitable of a command's result."""
    resume: Callable[[Any], Any] = flow.send
    value: Any = None
    try:
        while True:
            try:
                command = resume(value)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            try:
                if isinstance(command, Gather):
                    value = await _results_async(command.flows, execute)
                else:
                    value = await execute(command)
                resume = flow.send
            except BaseError as error:
                value, resume = error, flow.throw
    finally:
        flow.close()


def _result(flow: Flow, execute: Callable[[Any], Any]) -> Any:
    try:
        return run(flow, execute)
    except BaseError as error:
        return error


async def _result_async(flow: Flow, execute: Callable[[Any], Awaitable[Any]]) -> Any:
    try:
        return await run_async(flow, execute)
    except BaseError as error:
        return error


async def _results_async(flows: Sequence[Flow], execute: Callable[[Any], Awaitable[Any]]) -> list[Any]:
    import asyncio  # an async bot has loaded it already, and a sync bot saves 10 ms

    tasks = [asyncio.ensure_future(_result_async(flow, execute)) for flow in flows]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        # A defect in one flow, or the caller was cancelled: no flow may continue without its caller.
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
