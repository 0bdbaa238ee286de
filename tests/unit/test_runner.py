"""The two drivers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import Any

import pytest
from ccxt.base.errors import BaseError, NetworkError

from ccxt_bingx_ext._runner import Gather, run, run_async

Flow = Generator[Any, Any, Any]


def drive_sync(flow: Flow, execute: Callable[[Any], Any]) -> Any:
    return run(flow, execute)


def drive_async(flow: Flow, execute: Callable[[Any], Any]) -> Any:
    async def awaited(call: Any) -> Any:
        await asyncio.sleep(0)
        return execute(call)

    async def main() -> Any:
        return await run_async(flow, awaited)

    return asyncio.run(main())


drivers = pytest.mark.parametrize("drive", [drive_sync, drive_async])


def raiser(error: BaseException) -> Callable[[Any], Any]:
    def execute(call: Any) -> Any:
        raise error

    return execute


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
def test_results(drive: Any) -> None:
    """The driver performs each call, sends its result in and returns the flow's value."""

    def flow() -> Flow:
        first = yield 1
        second = yield first + 1
        return [first, second]

    assert drive(flow(), lambda call: call * 10) == [10, 110]


@drivers
def test_flow_without_calls(drive: Any) -> None:
    """A flow without calls returns at once."""

    def flow() -> Flow:
        return 7
        yield

    assert drive(flow(), raiser(AssertionError())) == 7


@drivers
def test_ccxt_errors_are_thrown_in(drive: Any) -> None:
    """The driver throws a ccxt error into the flow, which may make further calls."""
    outcomes: list[Any] = [NetworkError("down"), "up"]

    def execute(call: Any) -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def flow() -> Flow:
        try:
            yield 1
        except BaseError as error:
            return [str(error), (yield 2)]

    assert drive(flow(), execute) == ["down", "up"]


@drivers
@pytest.mark.parametrize("error", [ZeroDivisionError("x"), KeyboardInterrupt(), asyncio.CancelledError()])
def test_other_errors_pass_through(drive: Any, error: BaseException) -> None:
    """The driver does not show another exception to the flow, and closes the flow."""
    closing = Closing()
    with pytest.raises(type(error)):
        drive(closing.flow(), raiser(error))
    assert closing.closed


def test_stop_iteration_in_a_call() -> None:
    """A StopIteration that a call raises is not the result of the flow."""
    closing = Closing()
    with pytest.raises(StopIteration):
        run(closing.flow(), raiser(StopIteration("not a result")))
    assert closing.closed


def test_cancelled_task() -> None:
    """CancelledError during a call ends the flow without a further call."""
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


def test_interleaved_flows() -> None:
    """Interleaved flows in one loop each get their own results."""

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


def one_call(call: str) -> Flow:
    return (yield call)


@drivers
def test_gather(drive: Any) -> None:
    """Gather returns the results and ccxt errors of its flows in their order."""
    error = NetworkError("down")

    def execute(call: Any) -> Any:
        if call == "b":
            raise error
        return call.upper()

    def flow() -> Flow:
        outcomes = yield Gather([one_call("a"), one_call("b"), one_call("c")])
        return [*outcomes, (yield "d")]

    assert drive(flow(), execute) == ["A", error, "C", "D"]


@drivers
def test_gather_of_nothing(drive: Any) -> None:
    """Gather of an empty list returns an empty list."""
    assert drive(one_call(Gather([])), None) == []  # type: ignore[arg-type]


@drivers
def test_defect_in_a_gathered_flow(drive: Any) -> None:
    """A defect in one of several flows passes through, and the driver closes all flows."""
    closing, outer = [Closing(), Closing()], Closing()

    def flow() -> Flow:
        try:
            yield Gather([one.flow() for one in closing])
        finally:
            outer.closed = True

    with pytest.raises(ZeroDivisionError):
        drive(flow(), raiser(ZeroDivisionError()))
    assert closing[0].closed
    assert outer.closed


def test_gathered_flows_are_concurrent() -> None:
    """In an event loop gathered flows run at the same time."""
    arrived: list[str] = []

    async def meet(call: str) -> str:
        arrived.append(call)
        while len(arrived) < 2:
            await asyncio.sleep(0)
        return call

    def flow() -> Flow:
        return (yield Gather([one_call("a"), one_call("b")]))

    assert asyncio.run(run_async(flow(), meet)) == ["a", "b"]


@pytest.mark.parametrize(
    ("trouble", "error"), [("a defect", ZeroDivisionError), ("cancelled", asyncio.CancelledError)]
)
def test_gathered_flows_end_together(trouble: str, error: type[BaseException]) -> None:
    """A defect or a cancelled task ends all gathered flows before the driver raises."""
    ended: list[str] = []

    async def execute(call: str) -> None:
        if call == "b" and trouble == "a defect":
            raise ZeroDivisionError
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            ended.append(call)

    def flow() -> Flow:
        return (yield Gather([one_call("a"), one_call("b")]))

    async def main() -> int:
        task = asyncio.ensure_future(run_async(flow(), execute))
        for _ in range(3):
            await asyncio.sleep(0)
        if trouble == "cancelled":
            task.cancel()
        with pytest.raises(error):
            await task
        return len(asyncio.all_tasks())

    assert asyncio.run(main()) == 1
    assert "a" in ended
