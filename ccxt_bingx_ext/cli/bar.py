"""A progress bar on stderr. Without rich, or without a terminal, it shows nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int], object]


@contextmanager
def no_bar(total: int) -> Iterator[Advance]:
    """Show nothing."""
    yield lambda count: None


@contextmanager
def bar(total: int) -> Iterator[Advance]:
    """Show how many of `total` orders are done. Yields the function that moves the bar."""
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn
    except ImportError:
        with no_bar(total) as advance:
            yield advance
        return
    console = Console(stderr=True)
    columns = (
        TextColumn("cancelling"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        MofNCompleteColumn(),
    )
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, expand=True, disable=hidden) as progress:
        task = progress.add_task("", total=total)
        yield lambda count: progress.advance(task, count)
