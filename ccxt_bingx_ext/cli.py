"""The command line: ``ccxt-bingx-ext simulate`` and ``ccxt-bingx-ext demo``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from . import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="ccxt-bingx-ext", description="ccxt's BingX, with a safe cancel_orders"
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    simulate = commands.add_parser("simulate", help="run a local BingX spot exchange until Ctrl-C")
    simulate.add_argument("--port", type=int, default=8000, help="0 takes a free one (default: 8000)")
    commands.add_parser("demo", help="ccxt's cancel_orders and this one's, side by side, on the simulator")
    chosen = parser.parse_args(arguments)
    # Imported where they are used: neither command's dependencies belong to a bot's start-up.
    if chosen.command == "simulate":
        from .simulator import serve

        serve(chosen.port)
    else:
        from .demo import demo

        demo()
    return 0
