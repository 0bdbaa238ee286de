"""The two drivers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import Any

import pytest
from ccxt.base.errors import BaseError, NetworkError

from ccxt_bingx_ext._drive import run, run_async

Flow = Generator[Any, Any, Any]


def drive_sync(flow: Flow, perform: Callable[[Any], Any]) -> Any:
    return run(flow, perform)


def drive_async(flow: Flow, perform: Callable[[Any], Any]) -> Any:
    async def awaited(call: Any) -> Any:
        await asyncio.sleep(0)
        return perform(call)

    async def main() -> Any:
        return await run_async(flow, awaited)

    return asyncio.run(main())


drivers = pytest.mark.parametrize("drive", [drive_sync, drive_async])


def raiser(error: BaseException) -> Callable[[Any], Any]:
    def perform(call: Any) -> Any:
        raise error

    return perform


class Closing:
    """A flow that notes how it ended."""

    def __init__(self) -> None:
        self.closed = False

    def flow(self) -> Flow:
        try:
            yield "call"
        finally:
            self.closed = True


@drivers
def test_results_go_in_and_the_return_value_comes_out(drive: Any) -> None:
    """Each call is performed, its result sent back in, the flow's value returned."""

    def flow() -> Flow:
        first = yield 1
        second = yield first + 1
        return [first, second]

    assert drive(flow(), lambda call: call * 10) == [10, 110]


@drivers
def test_a_flow_without_calls_returns_at_once(drive: Any) -> None:
    """Nothing to do is no error."""

    def flow() -> Flow:
        return 7
        yield

    assert drive(flow(), raiser(AssertionError())) == 7


@drivers
def test_ccxt_errors_are_thrown_in_and_the_flow_may_go_on(drive: Any) -> None:
    """The flow sees the error where it asked, and can call again."""
    outcomes: list[Any] = [NetworkError("down"), "up"]

    def perform(call: Any) -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def flow() -> Flow:
        try:
            yield 1
        except BaseError as error:
            return [str(error), (yield 2)]

    assert drive(flow(), perform) == ["down", "up"]


@drivers
@pytest.mark.parametrize("error", [ZeroDivisionError("x"), KeyboardInterrupt(), asyncio.CancelledError()])
def test_other_errors_pass_through_and_the_flow_is_closed(drive: Any, error: BaseException) -> None:
    """A defect is not shown to the flow, which is closed all the same."""
    closing = Closing()
    with pytest.raises(type(error)):
        drive(closing.flow(), raiser(error))
    assert closing.closed


def test_a_stop_iteration_inside_a_call_is_not_the_flows_result() -> None:
    """The call stands outside `except StopIteration`."""
    closing = Closing()
    with pytest.raises(StopIteration):
        run(closing.flow(), raiser(StopIteration("not a result")))
    assert closing.closed


def test_a_cancelled_task_passes_through_promptly() -> None:
    """CancelledError while a call is awaited ends the flow without another call."""
    closing, calls = Closing(), []

    async def hang(call: Any) -> None:
        calls.append(call)
        await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.ensure_future(run_async(closing.flow(), hang))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert closing.closed
    assert calls == ["call"]


def test_two_running_flows_share_nothing() -> None:
    """Interleaved in one loop, each gets its own results."""

    def flow(name: str) -> Flow:
        got = []
        for n in range(3):
            got.append((yield f"{name}{n}"))
        return got

    async def echo(call: str) -> str:
        await asyncio.sleep(0)
        return call.upper()

    async def main() -> list[Any]:
        return await asyncio.gather(*(run_async(flow(name), echo) for name in "abc"))

    assert asyncio.run(main()) == [[f"{name}{n}" for n in range(3)] for name in "ABC"]
