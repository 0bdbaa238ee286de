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


def one_call(call: str) -> Flow:
    return (yield call)


@drivers
def test_flows_side_by_side_each_get_their_own_end(drive: Any) -> None:
    """Results and ccxt errors, in the order of the flows; an error of one is none of the others'."""
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
def test_no_flows_side_by_side_are_no_outcomes(drive: Any) -> None:
    """An empty list is answered by one."""
    assert drive(one_call(Gather([])), None) == []  # type: ignore[arg-type]


@drivers
def test_a_defect_in_one_of_several_flows_passes_through_and_all_are_closed(drive: Any) -> None:
    """It is not shown to the flow that waits for them."""
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


def test_in_an_event_loop_they_run_at_the_same_time() -> None:
    """Each waits for the other: one after the other they would never end."""
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
def test_in_an_event_loop_none_goes_on_behind_the_callers_back(
    trouble: str, error: type[BaseException]
) -> None:
    """A defect in one, or a cancelled task, ends the others, however long that takes, before it is raised."""
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
