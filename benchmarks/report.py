"""The results as text: the machine, one table, and the aims."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from .contenders import CONTENDERS
from .many_orders import GONE_ALREADY, LIMIT
from .rows import Aim, Results, Section, sections
from .time_to_wire import IDS

_HEAD = ("", "this plugin", "ccxt's `cancel_orders`", "loop of `cancel_order`", "ours : ccxt", "aim")


def render(results: Results) -> str:
    """The report in Markdown. It also reads well as plain text."""
    parts = sections(results)
    return "\n\n".join([_machine(), _table(parts), _verdict(parts), _notes(results)])


def _machine() -> str:
    return (
        f"Measured on {datetime.now(timezone.utc):%Y-%m-%d} on the simulator (loopback), not on the live "
        f"exchange.\n{platform.python_implementation()} {platform.python_version()}, "
        f"ccxt {version('ccxt')}, ccxt-bingx-ext {version('ccxt-bingx-ext')}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} cores{_processor()}."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    return next((f" ({line.partition(':')[2].strip()})" for line in lines if "model name" in line), "")


def _table(parts: Sequence[Section]) -> str:
    lines: list[tuple[str, ...]] = [_HEAD]
    for part in parts:
        lines.append((f"**{part.title}**", *[""] * (len(_HEAD) - 1)))
        for row in part.rows:
            cells = [row.cell(contender) for contender in CONTENDERS]
            lines.append((row.what, *cells, row.ratio, str(row.aim or "")))
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    shown = [
        "| " + " | ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]) + " |"
        for line in lines
    ]
    rule = (
        "|"
        + "|".join([":" + "-" * (widths[0] + 1), *("-" * (width + 1) + ":" for width in widths[1:])])
        + "|"
    )
    return "\n".join([shown[0], rule, *shown[1:]])


def _verdict(parts: Sequence[Section]) -> str:
    aims: list[tuple[str, Aim]] = [(row.what, row.aim) for part in parts for row in part.rows if row.aim]
    missed = [f"{what} ({aim.text})" for what, aim in aims if not aim.met]
    if not missed:
        return f"All {len(aims)} aims are met."
    return f"{len(aims) - len(missed)} of {len(aims)} aims are met. Not met: {'; '.join(missed)}."


_NOTES = """\
- Times are medians.
- Time to wire: {ours} repeats of ours, {others} of the others. Each repeat has a new account, and a new
  instance of a running bot with its markets loaded. A call cancels {ids} ids. For the loop, we time only its
  first request. The simulator runs in a process of its own, and its clock measures the arrival.
- Many orders: sync, process=1, after a second of rest. Repeats (ours/ccxt/loop):
  {repeats}.
  Every {gone}th order was already filled, or cancelled by something other than the bot. We use the documented
  limits: {limit}/s for cancelOrders and 5/s for cancel. An id is missing if the bot gets neither an order
  structure nor an exception for it.
- This plugin sends 50 ids per request by default, and waits for its turn. The step between 100 and 500 orders
  is the exchange's limit: two requests go at once, and two more in each further second.
- ccxt puts all ids into one URL. We assume, in the simulator, that the exchange refuses URLs above 8192 bytes
  (414).
- ccxt paces the loop at exactly the limit, and jitter pushes it over. More than 20 refusals within 8 minutes
  ban an account from the endpoint for 5 minutes, and then the exchange refuses every request. The loop
  continues after an exception, and never sends an order twice."""


def _notes(results: Results) -> str:
    repeats = [wire.repeats for wire in results.wire_times]
    return _NOTES.format(
        ours=_range([one["ours"] for one in repeats]),
        others=_range([one["ccxt"] for one in repeats]),
        ids=IDS,
        repeats=", ".join(
            f"{work.orders} orders {work.repeats['ours']}/{work.repeats['ccxt']}/{work.repeats['loop']}"
            for work in results.works
        ),
        gone=GONE_ALREADY,
        limit=LIMIT,
    )


def _range(numbers: Sequence[int]) -> str:
    least, most = min(numbers), max(numbers)
    return str(least) if least == most else f"{least} to {most}"
