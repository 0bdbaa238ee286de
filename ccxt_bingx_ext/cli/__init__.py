"""The command line: ``ccxt-bingx-ext run``, ``cancel``, ``doctor``, ``simulate`` and ``demo``.

Where things are: `run` (with ``on_start/sitecustomize``, which Python imports in the program that is run),
`cancel` (with `ids`, `rehearsal`, `outcome` and `table`), `doctor` (with `checks`), `credentials` (keys, and
the exchange that they open), `usage` (bad usage).
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from contextlib import suppress

from .. import __version__
from .terminal import CANNOT_WRITE, CannotWrite, printable, release_unwritable, remark, show
from .usage import BAD_USAGE, BadUsage, Parser

PROGRAM = "ccxt-bingx-ext"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code. ``SystemExit`` 64 for what cannot be understood."""
    _escape_unwritable_text()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(given)
    except CannotWrite as error:
        if not error.is_reader_gone:  # `| head -1` is no failure that needs words
            remark(f"{PROGRAM}: the output cannot be written: {error}")
        return CANNOT_WRITE
    finally:
        release_unwritable()


def _run(given: list[str]) -> int:
    try:
        if given[:1] == ["run"] and given[1:2] not in (["-h"], ["--help"]):
            # Not for argparse: every word of it is the program's own.
            from .run import run

            return run(given[2:] if given[1:2] == ["--"] else given[1:])
        return _dispatch(_read(given))
    except BadUsage as error:
        remark(f"{PROGRAM}: {printable(str(error))}")
        return BAD_USAGE


def _escape_unwritable_text() -> None:
    # The exchange writes Chinese, too. A stdout of another encoding than UTF-8 would raise in the middle.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with suppress(OSError, ValueError):  # a closed stream: the command finds out when it writes
                stream.reconfigure(errors="backslashreplace")


def _dispatch(chosen: argparse.Namespace) -> int:
    # Imported where they are used: a command's dependencies belong to no other command's start-up.
    if chosen.command == "cancel":
        from .cancel import cancel

        return cancel(chosen)
    if chosen.command == "doctor":
        from .doctor import doctor

        return doctor(chosen)
    if chosen.command == "simulate":
        from ..simulator import serve

        try:
            serve(chosen.port, announce=show)
        except OSError as error:
            raise BadUsage(f"port {chosen.port} cannot be used: {error.strerror}") from None
    else:
        from .demo import demo

        demo()
    return 0


def _read(given: list[str]) -> argparse.Namespace:
    parser = _parser()
    chosen, rest = parser.parse_known_args(given)
    if rest:
        # argparse gives up a list of ids at the first option behind the symbol: what follows is more of it.
        if chosen.command != "cancel" or any(word.startswith("-") for word in rest):
            # Not their values: somebody may have put a secret there.
            parser.error(f"unrecognized arguments: {' '.join(one for one in rest if one.startswith('-'))}")
        chosen.ids += rest
    return chosen


def _parser() -> Parser:
    parser = Parser(prog=PROGRAM, description="ccxt's BingX, with a safe cancel_orders")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_run(commands)
    _add_cancel(commands)
    _add_doctor(commands)
    simulate = commands.add_parser("simulate", help="run a local BingX exchange, spot and swap, until Ctrl-C")
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


def _add_cancel(commands: argparse._SubParsersAction[Parser]) -> None:
    cancel = commands.add_parser(
        "cancel",
        parents=[_account_options()],
        help="cancel orders, and say of every one what became of it",
        description="Cancels orders of one market, and says of every one what became of it.",
        epilog=(
            "Exit code 0: every order asked for is cancelled; 1: something is not, or you said no; 2: what "
            "became of something is not known, it may be live; 64: bad usage, nothing was sent; 74: a "
            "question or a rehearsal cannot be shown, nothing was sent."
        ),
    )
    cancel.add_argument("symbol", metavar="SYMBOL", help="as ccxt writes it: BTC/USDT")
    cancel.add_argument("ids", metavar="ID", nargs="*", help="an order id, or client:ID, a client order id")
    cancel.add_argument(
        "--client-id", metavar="ID", action="append", default=[], help="a client order id; may be repeated"
    )
    cancel.add_argument(
        "--from-file",
        metavar="FILE",
        help="one id per line, as ID above; a word beginning with # begins a comment; - reads stdin",
    )
    cancel.add_argument(
        "--all-or-nothing", action="store_true", help="one id that cannot be cancelled refuses the whole list"
    )
    cancel.add_argument(
        "--request-format", choices=("json", "query"), help="query: what to use where doctor says so"
    )
    cancel.add_argument(
        "--dry-run",
        action="store_true",
        help="check, show what would be sent, send nothing; exit code 0 is no word on any order",
    )
    cancel.add_argument(
        "--yes", action="store_true", help="do not ask before cancelling on the live exchange"
    )


def _add_doctor(commands: argparse._SubParsersAction[Parser]) -> None:
    doctor = commands.add_parser(
        "doctor",
        parents=[_account_options()],
        help="check, without harm, whether your key and this exchange can do it",
        description="Checks host, clock, key, IP whitelist, permission and request form. Cancels nothing.",
        epilog=(
            "Exit code 0: all is well; 1: something is not; 64: bad usage, nothing was sent; 74: the output "
            "cannot be written."
        ),
    )
    doctor.add_argument("--symbol", default="BTC/USDT", help="a spot symbol (default: BTC/USDT)")


def _account_options() -> Parser:
    options = Parser(add_help=False)
    options.add_argument(
        "--keys-file",
        metavar="FILE",
        help='a JSON file, {"apiKey": "...", "secret": "..."}; else BINGX_APIKEY and BINGX_SECRET are read',
    )
    options.add_argument(
        "--simulator", metavar="URL", help="a simulator on this machine; its own keys unless --keys-file"
    )
    options.add_argument("--json", action="store_true", help="one JSON document on stdout, for scripts")
    return options
