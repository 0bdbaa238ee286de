"""``ccxt-bingx-ext cancel``: cancel orders, and say of every one what became of it.

Long lists go in parts, so that the bar moves; an all-or-nothing list is one call. Nothing is sent before the
whole list has been checked, the table can be shown, and somebody said yes to the live exchange.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ccxt.base.errors import ArgumentsRequired, BadRequest, BaseError

from .credentials import hidden, open_exchange, read_keys
from .ids import read_asked, spelled
from .outcome import NOT_CANCELLED, UNRESOLVED, Outcome, cancel_in_parts
from .rehearsal import RehearsingBingx
from .terminal import ask, printable, remark, show
from .usage import BadUsage

_CANNOT_SHOW = "the table needs rich: pip install rich, or use --json; nothing was sent"


def cancel(chosen: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    asked = read_asked(chosen.ids, chosen.client_id, chosen.from_file)
    keys = read_keys(chosen.keys_file, chosen.simulator, os.environ)
    exchange = open_exchange(RehearsingBingx, keys, chosen.simulator)
    settings = exchange.options["cancelOrders"]
    if chosen.request_format is not None:
        settings["requestFormat"] = chosen.request_format
    params = {"process": 0 if chosen.all_or_nothing else 1}
    part_size = len(asked) if chosen.all_or_nothing else settings["batchSize"]
    if chosen.dry_run:
        return _rehearse(exchange, asked, part_size, chosen, params)
    shown_bar, display = _display(chosen)
    try:
        _check(exchange, asked, chosen.symbol, params)
        if not (chosen.yes or chosen.simulator is not None or _agreed(asked, chosen)):
            remark("nothing was sent")
            return NOT_CANCELLED
        unchecked = None
    except BaseError as error:
        unchecked = error  # the markets could not be read, say: nothing is known of any order
    outcome = Outcome([], asked, unchecked)

    def send(part: list[str]) -> Any:
        return exchange.cancel_orders(part, chosen.symbol, params)

    try:
        if unchecked is None:
            with shown_bar(len(asked)) as advance:
                outcome = cancel_in_parts(send, asked, part_size, advance)
        display(outcome, lambda text: hidden(text, exchange))
        show("", end="")  # rich writes without a word where stdout is closed
    # A full disk, a reader that has gone (rich exits then), Ctrl-C: what is not reported is not known.
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        why = "the reader has gone" if isinstance(error, SystemExit) else str(error) or type(error).__name__
        _show_on_stderr(outcome, hidden(why, exchange))
        return UNRESOLVED
    return outcome.exit_code


def _show_on_stderr(outcome: Outcome, why: str) -> None:
    """The last resort: name every order that may be live, in a form that any stderr can write."""
    lines = [f"the outcome cannot be written: {why}"]
    lines += [f"may be live: {spelled(one)}" for one in outcome.maybe_live]
    for line in lines:
        remark(line.encode("ascii", "backslashreplace").decode())


def _check(exchange: RehearsingBingx, ids: list[str], symbol: str, params: dict[str, Any]) -> Any:
    """The first request that `ids` would become; `BadUsage` where they cannot become one."""
    try:
        return exchange.rehearse(ids, symbol, params)
    except (ArgumentsRequired, BadRequest) as error:
        raise BadUsage(hidden(f"{error}; nothing was sent", exchange)) from None


def _rehearse(
    exchange: RehearsingBingx,
    asked: list[str],
    part_size: int,
    chosen: argparse.Namespace,
    params: dict[str, Any],
) -> int:
    """Show the first request of every part, once all ids have been checked."""
    _check(exchange, asked, chosen.symbol, params)
    parts = (asked[start : start + part_size] for start in range(0, len(asked), part_size))
    requests = [_check(exchange, part, chosen.symbol, params) for part in parts]
    if chosen.json:
        show(json.dumps({"dryRun": True, "requests": [request._asdict() for request in requests]}))
    else:
        for request in requests:
            show(f"{request.method} {request.url} {json.dumps(request.parameters)}")
        show(f"dry run: {len(asked)} ids, nothing was sent")
    return 0


def _agreed(asked: list[str], chosen: argparse.Namespace) -> bool:
    if chosen.from_file == "-" or not sys.stdin.isatty():
        raise BadUsage("nobody can be asked here: --yes cancels on the live exchange without asking")
    question = f"Cancel {len(asked)} order(s) of {chosen.symbol} on the live exchange? [y/N] "
    ask(question)
    try:
        return sys.stdin.readline().strip().lower() in ("y", "yes")
    except KeyboardInterrupt:
        return False


Display = Callable[[Outcome, Callable[[str], str]], None]


def _display(chosen: argparse.Namespace) -> tuple[Any, Display]:
    """How progress and outcome are shown. `BadUsage` where they cannot be: found out before, not after."""
    if chosen.json:
        return _no_bar, lambda outcome, clean: show(
            clean(json.dumps(outcome.document(chosen.symbol), default=str))
        )
    try:
        from .table import bar, print_table
    except ImportError:
        raise BadUsage(_CANNOT_SHOW) from None

    def display(outcome: Outcome, clean: Callable[[str], str]) -> None:
        print_table(outcome, clean)
        if outcome.why is not None:
            remark(printable(clean(outcome.why)))
        if outcome.unresolved:
            remark(f"{len(outcome.unresolved)} unresolved: they may be live, ask again")

    return bar, display


@contextmanager
def _no_bar(total: int) -> Iterator[Callable[[int], None]]:
    yield lambda count: None
