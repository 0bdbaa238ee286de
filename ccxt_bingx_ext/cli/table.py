"""Outcomes for people: a bar while they come in, a table of them. The one place that needs rich."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from .outcome import Outcome, row_of, words_of
from .terminal import printable

_WIDE = 1000  # columns: where no terminal limits them, no line is folded


@contextmanager
def bar(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, where that is a terminal; yields what moves it."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("cancelling", total=total)
        yield lambda count: progress.advance(task, count)


def print_table(outcome: Outcome, clean: Callable[[str], str]) -> None:
    """Print one row per order, on stdout; `clean` takes out what must not be seen."""
    rows = [
        (order["id"], order["clientOrderId"], order["status"] or "unknown", words_of(order))
        for order in outcome.orders
    ]
    rows += [(*row_of(one), "unresolved", "may be live") for one in outcome.unresolved]
    table = Table(box=None, pad_edge=False)
    for heading in ("order id", "client order id", "status", "the exchange's words"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(clean(str(cell or "")))) for cell in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDE
    console.print(table)
