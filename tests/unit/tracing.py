"""Tracing every instruction that CPython runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType
from typing import Any

import pytest

Trace = Callable[[FrameType, str, Any], bool]


@contextmanager
def traced(trace: Trace) -> Iterator[None]:
    """Call `trace` for every instruction of the code inside. It returns whether it wants more of a frame."""
    if not _reports_first_runs():
        pytest.skip("this CPython does not report the instructions of code that it runs for the first time")
    with _traced(trace):
        yield


@contextmanager
def _traced(trace: Trace) -> Iterator[None]:
    def trace_instructions(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename == __file__:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return trace_instructions if trace(frame, event, argument) else None

    before = sys.gettrace()
    # From 3.12 on, CPython reports instructions only if a frame has asked for them before.
    sys._getframe().f_trace_opcodes = True
    sys.settrace(trace_instructions)
    try:
        yield
    finally:
        sys.settrace(before)


@cache
def _reports_first_runs() -> bool:
    """Whether CPython reports the instructions of the first run, as of the second one. 3.13.0 does not."""
    scope: dict[str, Any] = {}
    exec("def outer():\n    return inner()\ndef inner():\n    return [*range(3)]", scope)
    first, second = (instructions(scope["outer"], _traced) for _ in range(2))
    return first == second > 0


def instructions(call: Callable[[], object], traced: Callable[[Trace], Any] = traced) -> int:
    """How many instructions `call` runs."""
    counted = 0

    def count_instruction(_: FrameType, event: str, __: Any) -> bool:
        nonlocal counted
        counted += event == "opcode"
        return True

    with traced(count_instruction):
        call()
    return counted
