"""The arguments and the ``--help`` of every command."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence

from .._simulated import LARGEST_PORT
from .terminal import PROGRAM
from .usage import Parser
from .versions import documentation, versions

DOCS = f"Documentation: {documentation()}"


def parse(given: Sequence[str]) -> argparse.Namespace:
    """The command and its options. Exits with 64 if they are wrong."""
    parser, commands = _parser()
    chosen, rest = parser.parse_known_args(given)
    options = " ".join(one for one in rest if one.startswith("-"))
    if chosen.command == "cancel" and not options:
        # argparse ends a list of ids at the first option. The rest are ids, too.
        chosen.words += rest
    elif rest:
        # Not the values of options, which may be secrets.
        what = f"unrecognized arguments: {options}" if options else "too many arguments"
        commands.get(chosen.command, parser).error(what)
    elif chosen.command is None:
        parser.error("name a COMMAND")
    return chosen


def _parser() -> tuple[Parser, Mapping[str, Parser]]:
    """The parser of all arguments, and that of each command."""
    parser = Parser(
        prog=PROGRAM,
        description="ccxt's BingX classes, with cancels that account for every order.",
        epilog=f"""\
examples:
  {PROGRAM} demo
  {PROGRAM} doctor
  {PROGRAM} cancel BTC/USDT 1735964997957275648
  {PROGRAM} run -- freqtrade trade --config config.json

`{PROGRAM} COMMAND --help` explains a command.
{DOCS}""",
    )
    parser.add_argument("--version", action="version", version=versions())
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_doctor(commands)
    _add_cancel(commands)
    _add_run(commands)
    _add_simulate(commands)
    commands.add_parser(
        "demo",
        help="compare ccxt's cancel_orders with this one",
        description="""\
Cancels six orders with ccxt's cancel_orders and with this one, on a simulator
of its own, and prints what each bot learns beside the truth. It needs no keys
and sends nothing to the exchange.""",
        epilog=f"examples:\n  {PROGRAM} demo\n\n{DOCS}",
    )
    return parser, commands.choices


def _add_run(commands: argparse._SubParsersAction[Parser]) -> None:
    run = commands.add_parser(
        "run",
        help="run an unmodified Python program with these classes",
        usage=f"""\
{PROGRAM} run [--simulator [URL]] [--] PROGRAM [ARGUMENT ...]
       {PROGRAM} run [--simulator [URL]] [--] SCRIPT.py [ARGUMENT ...]
       {PROGRAM} run [--simulator [URL]] [--] -m MODULE [ARGUMENT ...]""",
        description="""\
Runs an unmodified Python program with these classes in place of ccxt's three
bingx classes. With --simulator, every bingx exchange of the program, ccxt's own
classes included, trades on a simulator on this machine, with the simulator's
keys, whatever the program configures.""",
        epilog=f"""\
examples:
  {PROGRAM} run -- freqtrade trade --config config.json
  {PROGRAM} run my_bot.py
  {PROGRAM} run -m my_bot
  {PROGRAM} run --simulator -- python my_bot.py
  {PROGRAM} run --simulator http://127.0.0.1:8000 -- python my_bot.py

exit codes:
  64   bad usage, or not a Python program, or not executable, or no simulator:
       nothing was started
  127  no such program
  any other one is the program's own

{DOCS}""",
    )
    # For --help only: `run` reads its words itself.
    run.add_argument(
        "--simulator",
        metavar="URL",
        nargs="?",
        help="a simulator that runs already. Without URL, run starts one that ends with the program",
    )
    run.add_argument("program", nargs=argparse.REMAINDER, help="the program and its own arguments")


def _add_cancel(commands: argparse._SubParsersAction[Parser]) -> None:
    cancel = commands.add_parser(
        "cancel",
        parents=[_account_options()],
        help="cancel orders, and report what became of each",
        usage=f"""\
{PROGRAM} cancel [OPTIONS] SYMBOL ID [ID ...]
       {PROGRAM} cancel [OPTIONS] SYMBOL --from-file FILE
       {PROGRAM} cancel [OPTIONS] --from-file FILE
       {PROGRAM} cancel [OPTIONS] SYMBOL --all""",
        description="""\
Cancels orders, and reports what became of each. SYMBOL is written as in ccxt:
BTC/USDT, BTC/USDT:USDT. ID is an order id, or client:ID for a client order id.""",
        epilog=f"""\
examples:
  {PROGRAM} cancel BTC/USDT 1735964997957275648 client:quote_17
  {PROGRAM} cancel BTC/USDT --from-file ids.txt --dry-run
  {PROGRAM} cancel --from-file orders.txt --yes --json
  {PROGRAM} cancel BTC/USDT:USDT --all

exit codes:
  0   every order you named is cancelled, or you named none
  1   some order is not cancelled, or you said no
  2   some order is, or may still be, live
  64  bad usage, nothing was sent
  74  the question or the rehearsal cannot be shown, nothing was sent

{DOCS}""",
    )
    cancel.add_argument("words", metavar="SYMBOL ID", nargs="*", help="the market, and orders of it")
    cancel.add_argument(
        "--client-id", metavar="ID", action="append", default=[], help="a client order id. You may repeat it"
    )
    cancel.add_argument(
        "--from-file",
        metavar="FILE",
        help="one ID per line, or SYMBOL ID if you name no SYMBOL. # begins a comment. - reads stdin",
    )
    cancel.add_argument("--all", action="store_true", help="every open order of SYMBOL")
    cancel.add_argument(
        "--all-or-nothing",
        action="store_true",
        help="spot only: if one order cannot be cancelled, the exchange refuses the whole list",
    )
    cancel.add_argument(
        "--request-format", choices=("json", "query"), help="query: use it if doctor tells you to"
    )
    cancel.add_argument(
        "--dry-run",
        action="store_true",
        help="check and show the requests, cancel nothing. It needs no keys. Exit code 0 says nothing about "
        "any order",
    )
    cancel.add_argument(
        "--yes", action="store_true", help="do not ask before cancelling on the live exchange"
    )


def _add_doctor(commands: argparse._SubParsersAction[Parser]) -> None:
    doctor = commands.add_parser(
        "doctor",
        parents=[_account_options()],
        help="check that cancelling works with your key from this machine",
        description="""\
Checks that cancelling works with your key from this machine, on spot and
linear swap markets. It cancels nothing: it asks about an order that cannot
exist.""",
        epilog=f"""\
examples:
  {PROGRAM} doctor
  {PROGRAM} doctor --symbol ETH/USDT --skip-swap
  {PROGRAM} doctor --simulator http://127.0.0.1:8000

exit codes:
  0   all checks passed
  1   some check failed
  64  bad usage, nothing was sent
  74  the output cannot be written

{DOCS}""",
    )
    doctor.add_argument("--symbol", default="BTC/USDT", help="a spot symbol (default: BTC/USDT)")
    doctor.add_argument("--skip-swap", action="store_true", help="do not check swap markets")


def _add_simulate(commands: argparse._SubParsersAction[Parser]) -> None:
    simulate = commands.add_parser(
        "simulate",
        help="run a BingX exchange on this machine, until Ctrl-C",
        description="""\
Runs a simulated BingX exchange, spot and swap, on this machine until Ctrl-C or
SIGTERM. It prints its URL, its keys, and how to connect ccxt.""",
        epilog=f"""\
examples:
  {PROGRAM} simulate
  {PROGRAM} simulate --port 0 --log

exit codes:
  0   you ended it
  64  bad usage, or the port is taken
  74  the output cannot be written

{DOCS}""",
    )
    simulate.add_argument("--port", type=_port, default=8000, help="0 takes a free one (default: 8000)")
    simulate.add_argument("--log", action="store_true", help="print each request with its outcome")


def _port(text: str) -> int:
    if re.fullmatch(r"\d{1,5}", text, re.ASCII) is None or int(text) > LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"port must be 0 to {LARGEST_PORT}, not {text}")
    return int(text)


def _account_options() -> Parser:
    options = Parser(add_help=False)
    options.add_argument(
        "--keys-file",
        metavar="FILE",
        help='a JSON file, {"apiKey": "...", "secret": "..."} (default: the variables BINGX_APIKEY and '
        "BINGX_SECRET)",
    )
    options.add_argument(
        "--simulator",
        metavar="URL",
        help="use a simulator on this machine, with its own keys unless you name --keys-file",
    )
    options.add_argument("--json", action="store_true", help="print one JSON document, for scripts")
    return options
