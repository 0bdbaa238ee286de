"""Write to the terminal: escape the text of others, and notice streams that cannot be written.

A reader may go (``doctor | head -1``), and a disk may be full. Then `show` raises an error, so that no
command takes a result for delivered. `remark` does not, because the exit code says the same.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO

from .table import folded, terminal_width

PROGRAM = "ccxt-bingx-ext"
CANNOT_WRITE = 74  # EX_IOERR


class CannotWrite(Exception):
    """The stream cannot be written. `is_reader_gone` if it is a pipe that nobody reads."""

    def __init__(self, error: Exception | str) -> None:
        super().__init__(str(error))
        self.is_reader_gone = isinstance(error, BrokenPipeError)


def printable(text: str) -> str:
    r"""`text` with every character that does not print written as its escape: ``\x1b``, ``\u202e``.

    The exchange's words may hold control characters (C0 and C1), which write escape sequences to a terminal,
    and format characters, which show a line in another order than it is written.
    """
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def show(text: str, end: str = "\n") -> None:
    """Write a result to stdout at once, or raise `CannotWrite`."""
    _write(text, end, sys.stdout)


def ask(question: str) -> None:
    """Write a question to stderr, or raise `CannotWrite`: nobody can agree to a question unseen."""
    _write(question, "", sys.stderr)


def remark(*lines: str) -> None:
    """Write a message to stderr behind the name of the program, if possible: `printable`, and folded."""
    remark_as_written(f"{PROGRAM}: " + "".join(f"{printable(line)}\n" for line in lines))


def remark_as_written(text: str) -> None:
    """Write to stderr, if possible, in lines that fit the terminal."""
    with suppress(CannotWrite):
        _write(folded(text, terminal_width(sys.stderr)), "", sys.stderr)


def release_unwritable() -> None:
    """Replace each stream that cannot be written.

    Python flushes both as it exits. If that fails, Python changes the exit code to 120.
    """
    for name in ("stdout", "stderr"):
        try:
            _write("", "", getattr(sys, name))
        except CannotWrite:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - it stays open until Python exits


def _write(text: str, end: str, stream: TextIO | None) -> None:
    if stream is None:  # as Python sets it if the descriptor is closed (>&-)
        raise CannotWrite("the stream is closed")
    try:
        print(text, end=end, file=stream, flush=True)
    except (OSError, ValueError) as error:  # ValueError: a closed file
        raise CannotWrite(error) from None
