"""The command line: ``ccxt-bingx-ext run``, ``simulate`` and ``demo``.

Where things are: `run` (with ``on_start/sitecustomize``, which Python imports in the program that is run),
`usage` (bad usage).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from .. import __version__
from .usage import BAD_USAGE, BadUsage, Parser

PROGRAM = "ccxt-bingx-ext"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code. ``SystemExit`` 64 for what cannot be understood."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if given[:1] == ["run"] and given[1:2] not in (["-h"], ["--help"]):
            # Not for argparse: every word of it is the program's own.
            from .run import run

            return run(given[2:] if given[1:2] == ["--"] else given[1:])
        return _dispatch(_read(given))
    except BadUsage as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return BAD_USAGE


def _dispatch(chosen: argparse.Namespace) -> int:
    # Imported where they are used: a command's dependencies belong to no other command's start-up.
    if chosen.command == "simulate":
        from ..simulator import serve

        serve(chosen.port)
    else:
        from ..demo import demo

        demo()
    return 0


def _read(given: list[str]) -> argparse.Namespace:
    return _parser().parse_args(given)


def _parser() -> Parser:
    parser = Parser(prog=PROGRAM, description="ccxt's BingX, with a safe cancel_orders")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_run(commands)
    simulate = commands.add_parser("simulate", help="run a local BingX spot exchange until Ctrl-C")
    simulate.add_argument("--port", type=int, default=8000, help="0 takes a free one (default: 8000)")
    commands.add_parser("demo", help="ccxt's cancel_orders and this one's, side by side, on the simulator")
    return parser


def _add_run(commands: argparse._SubParsersAction[Parser]) -> None:
    run = commands.add_parser(
        "run",
        help="run a Python program that meets these classes in ccxt, unchanged",
        usage=f"{PROGRAM} run [--] (PROGRAM | SCRIPT.py | -m MODULE) [ARGUMENT ...]",
        description="Runs a Python program in which ccxt's three bingx classes are this package's.",
        epilog="Its exit code is the program's own; 64: not a Python program; 127: no such program.",
    )
    # Read by `main`; here for --help.
    run.add_argument("program", nargs=argparse.REMAINDER, help="the program and its own arguments")
