"""docs/logging.md shows the plugin's real log lines, and lists every event with its fields."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tools.docs.excerpts import PAGE, excerpts, page_with

PACKAGE = Path(__file__).parents[1] / "ccxt_bingx_ext"


def without_times(page: str) -> list[str]:
    """The lines of `page`, without parts that differ between runs: durations, and windows that just end."""
    lines = [line for line in page.splitlines() if not line.startswith("DEBUG   window ")]
    return [re.sub(r"(_ms=|for )[\d.]+", r"\1…", line) for line in lines]


def test_excerpts_are_real(loopback: None) -> None:
    """The plugin logs the excerpts on the page. If not: python -m tools.docs.excerpts."""
    page, texts = PAGE.read_text(encoding="utf-8"), excerpts()
    assert [line for line in texts["lost_response"].splitlines() if line.startswith("INFO    ")]
    assert without_times(page_with(page, texts)) == without_times(page)


def events_in_the_source() -> set[str]:
    """The names of the events that the plugin's modules log."""
    names = {"look_up", "request"}  # chosen by an expression
    for path in PACKAGE.rglob("*.py"):
        if "simulator" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "event":
                names |= {str(one.value) for one in node.args[1:2] if isinstance(one, ast.Constant)}
    return names


def test_every_event_is_listed() -> None:
    """The table has a row for every event, and for no other."""
    from ccxt_bingx_ext._trace import _NAMES

    table = PAGE.read_text(encoding="utf-8").partition("## Fields")[2]
    listed = {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert listed == events_in_the_source() | {*_NAMES.values()}
