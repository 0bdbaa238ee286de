"""``ccxt-bingx-ext cancel``: cancel orders, and report what became of each.

It sends nothing before it has checked the whole list and, on the live exchange, you have said yes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial

from ccxt.base.errors import BaseError

from .. import bingx
from .bar import bar, no_bar
from .credentials import Keys, hidden, open_exchange, placed, read_keys
from .ids import Word, targets_of, words_in
from .interrupts import sigterm_interrupts
from .jobs import Exchanges, Job, ListedOrders, OpenOrders
from .outcome import CANCELLED, NOT_CANCELLED, UNRESOLVED, Outcome, document, status_of, what_next, words_of
from .reasons import why
from .rehearsal import RehearsingBingx, Request
from .table import paragraph, table, terminal_width
from .terminal import ask, printable, remark, show
from .usage import BadUsage

_NO_KEYS = Keys("", "")
_HEADINGS = ("symbol", "order id", "client order id", "status", "the exchange says")


def cancel(chosen: argparse.Namespace) -> int:
    """Run the command. Returns the exit code."""
    symbol, words = _read(chosen)
    targets = targets_of(symbol, words, chosen.client_id)
    if not targets and not chosen.all:
        return _nothing_to_do(chosen)
    exchanges = _open(chosen)
    if chosen.all:
        job: Job = OpenOrders(exchanges, str(symbol))
    else:
        several = symbol is None
        job = ListedOrders(exchanges, targets, several=several, all_or_nothing=chosen.all_or_nothing)
    if chosen.dry_run:
        return _show_rehearsal(job, chosen, exchanges.rehearsing)
    try:
        job.check()
        if not (chosen.yes or chosen.simulator is not None or _agreed(job, chosen)):
            remark("nothing was sent")
            return NOT_CANCELLED
        unchecked = None
    except BaseError as error:
        unchecked = error  # such as markets that cannot be read: every order may be live
    except KeyboardInterrupt:
        remark("interrupted: nothing was sent")
        return NOT_CANCELLED
    return _carry_out(job, chosen, unchecked, partial(hidden, exchange=exchanges.exchange))


def _read(chosen: argparse.Namespace) -> tuple[str | None, list[Word]]:
    """The symbol, if the command names one, and the words that name orders. `BadUsage` if they do not fit."""
    symbol, ids = (chosen.words[0], chosen.words[1:]) if chosen.words else (None, [])
    is_listed = bool(ids or chosen.client_id or chosen.from_file is not None)
    if symbol == "":
        raise BadUsage("SYMBOL is empty: name a market. Nothing was sent")
    if chosen.all:
        if symbol is None or is_listed or chosen.all_or_nothing:
            raise BadUsage("--all goes with SYMBOL, and with neither ids nor --all-or-nothing")
        return symbol, []
    if not is_listed:
        raise BadUsage("no ids: name an ID, or --from-file FILE, or --all for every open order of SYMBOL")
    if symbol is None and chosen.client_id:
        raise BadUsage("--client-id needs SYMBOL")
    listed = [] if chosen.from_file is None else words_in(chosen.from_file)
    if not listed and chosen.from_file == "-" and not (ids or chosen.client_id):
        # The program that should have written ids may have failed.
        raise BadUsage("stdin holds no ids")
    return symbol, [*map(Word, ids), *listed]


def _nothing_to_do(chosen: argparse.Namespace) -> int:
    if chosen.json:
        symbol = chosen.words[0] if chosen.words else None
        rehearsal = {"dryRun": True, "requests": []}
        show(json.dumps(rehearsal if chosen.dry_run else document(Outcome([], []), symbol, why)))
    else:
        show(f"{chosen.from_file} holds no ids: nothing to do")
    return CANCELLED


def _open(chosen: argparse.Namespace) -> Exchanges:
    # A rehearsal needs no keys. It reads a --keys-file all the same, and complains if it cannot.
    needs_keys = not chosen.dry_run or chosen.keys_file is not None
    keys = read_keys(chosen.keys_file, chosen.simulator, os.environ) if needs_keys else _NO_KEYS
    exchanges = Exchanges(
        placed(RehearsingBingx(), chosen.simulator), open_exchange(bingx, keys, chosen.simulator)
    )
    if chosen.request_format is not None:
        for exchange in exchanges:
            exchange.options["cancelOrders"]["requestFormat"] = chosen.request_format
    return exchanges


def _carry_out(
    job: Job, chosen: argparse.Namespace, unchecked: BaseError | None, clean: Callable[[str], str]
) -> int:
    outcome = job.not_begun(unchecked)

    def describe(error: BaseException) -> str:
        return why(error, all_or_nothing=chosen.all_or_nothing)

    try:
        with sigterm_interrupts():
            if unchecked is None:
                with (no_bar if chosen.json or job.total is None else bar)(job.total or 0) as advance:
                    outcome = job.run(advance)
            if chosen.json:
                symbol = chosen.words[0] if chosen.words else None
                show(clean(json.dumps(document(outcome, symbol, describe), default=str)))
            else:
                _show(outcome, not chosen.words, clean, describe)
    # After a full disk, a closed pipe or Ctrl-C you would not learn the outcome otherwise.
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        _show_on_stderr(outcome, not chosen.words, clean(str(error) or type(error).__name__))
        return UNRESOLVED
    return outcome.exit_code


def _show(
    outcome: Outcome, several: bool, clean: Callable[[str], str], describe: Callable[[BaseException], str]
) -> None:
    """Write the table and the summary to stdout, and advice to stderr."""

    def cells(*texts: object) -> list[str]:
        return [printable(clean(str(text or ""))) for text in texts]

    rows = [
        cells(
            one.get("symbol") if several else "",
            one["id"],
            one["clientOrderId"],
            status_of(one),
            words_of(one),
        )
        for one in outcome.orders
    ]
    for target in outcome.unresolved:
        is_order_id = not target.word.startswith("client:")
        id, client_id = (target.word, "") if is_order_id else ("", target.id)
        rows.append(cells(target.symbol if several else "", id, client_id, "unresolved", "may be live"))
    if rows:
        show(table(_HEADINGS, rows, terminal_width()) + "\n")
    show(outcome.summary)
    if outcome.error is not None:
        remark(clean(describe(outcome.error)))
    if outcome.exit_code == UNRESOLVED:
        remark(what_next(outcome))


def _show_on_stderr(outcome: Outcome, several: bool, reason: str) -> None:
    """Name every order that may be live, in a form that any stderr can write. The last resort."""
    lines = [f"the outcome cannot be written: {reason}"]
    lines += [f"may be live: {one.line if several else one.word}" for one in outcome.maybe_live]
    remark(*(line.encode("ascii", "backslashreplace").decode() for line in lines))


def _show_rehearsal(job: Job, chosen: argparse.Namespace, rehearsing: RehearsingBingx) -> int:
    try:
        job.check()
        requests: Sequence[Request] = job.rehearse()
    except BaseError as error:
        remark(f"{why(error)}; nothing was sent")
        return NOT_CANCELLED
    if rehearsing.unread is not None:
        remark(f"the symbol was not checked: {why(rehearsing.unread)}")
    if chosen.json:
        show(json.dumps({"dryRun": True, "requests": [request._asdict() for request in requests]}))
        return CANCELLED
    width = terminal_width()
    for request in requests:
        show(f"{request.method} {request.url}")
        for name, value in request.parameters.items():
            show(paragraph(f"  {name}  ", str(value).replace(",", ", "), width))
    show(f"dry run: {job.what}, nothing was sent")
    return CANCELLED


def _agreed(job: Job, chosen: argparse.Namespace) -> bool:
    if chosen.from_file == "-" or not sys.stdin.isatty():
        raise BadUsage(
            "stdin is not a terminal, so the command cannot ask you: --yes cancels on the live exchange "
            "without asking"
        )
    ask(f"Cancel {job.what} on the live exchange? [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")
