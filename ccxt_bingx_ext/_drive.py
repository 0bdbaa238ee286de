"""The two drivers that run a flow: one calls, the other awaits.

The call stands outside ``except StopIteration``, so that one raised inside it cannot pass for the flow's
result. Only ccxt errors are thrown into the flow; ``CancelledError``, ``KeyboardInterrupt`` and defects
pass through, and the flow is closed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeVar

from ccxt.base.errors import BaseError

C = TypeVar("C")
R = TypeVar("R")


def run(flow: Generator[C, Any, R], perform: Callable[[C], Any]) -> R:
    """Run `flow` to its end; `perform` executes a call and returns its result."""
    resume: Callable[[Any], C] = flow.send
    value: Any = None
    try:
        while True:
            try:
                call = resume(value)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            try:
                value, resume = perform(call), flow.send
            except BaseError as error:
                value, resume = error, flow.throw
    finally:
        flow.close()


async def run_async(flow: Generator[C, Any, R], perform: Callable[[C], Awaitable[Any]]) -> R:
    """Run `flow` to its end; `perform` returns what is awaited for a call's result."""
    resume: Callable[[Any], C] = flow.send
    value: Any = None
    try:
        while True:
            try:
                call = resume(value)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            try:
                value, resume = await perform(call), flow.send
            except BaseError as error:
                value, resume = error, flow.throw
    finally:
        flow.close()
