"""The command line: ``ccxt-bingx-ext doctor``, ``cancel``, ``run``, ``simulate`` and ``demo``.

`parser` has the arguments and the help. Each command has a module: `doctor` (with `checks`), `cancel`
(with `ids`, `jobs`, `parts`, `rehearsal`, `outcome`, `bar` and `interrupts`), `run` (with
`companion`, a simulator for the program, and ``on_start/sitecustomize``, which the program's Python imports),
`demo`. They share `credentials` (keys, and the exchange that they open), `reasons` (errors in words), `table`
(columns), `terminal` (streams), `usage` (bad usage) and `versions`.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from contextlib import suppress

from .parser import parse
from .terminal import CANNOT_WRITE, CannotWrite, release_unwritable, remark, show
from .usage import BAD_USAGE, BadUsage


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit code. ``SystemExit`` 64 if the arguments are wrong."""
    _escape_unwritable_text()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(given)
    except CannotWrite as error:
        if not error.is_reader_gone:  # `| head -1` needs no message
            remark(f"the output cannot be written: {error}")
        return CANNOT_WRITE
    finally:
        release_unwritable()


def _run(given: list[str]) -> int:
    try:
        if given[:1] == ["run"] and given[1:2] not in (["-h"], ["--help"]):
            # `run` reads its words itself: all but its own options are the program's.
            from .run import run

            return run(given[1:])
        return _dispatch(parse(given))
    except BadUsage as error:
        remark(str(error))
        return BAD_USAGE


def _escape_unwritable_text() -> None:
    # The exchange writes Chinese, too. A stdout of another encoding than UTF-8 would raise in the middle.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with suppress(OSError, ValueError):  # a closed stream: the command finds out when it writes
                stream.reconfigure(errors="backslashreplace")


def _dispatch(chosen: argparse.Namespace) -> int:
    # Imported where they are used, so that no command loads the dependencies of another one.
    if chosen.command == "cancel":
        from .cancel import cancel

        return cancel(chosen)
    if chosen.command == "doctor":
        from .doctor import doctor

        return doctor(chosen)
    if chosen.command == "simulate":
        from ..simulator import serve

        try:
            serve(chosen.port, announce=show, log=show if chosen.log else None)
        except OSError as error:
            raise BadUsage(f"port {chosen.port} cannot be used: {error.strerror}") from None
    else:
        from .demo import demo

        demo()
    return 0
