"""Read the table of docs/bots.md: what each bot believes, with ccxt's own classes and with the plugin's."""

from __future__ import annotations

import re

from ..compat import ROOT
from .results import Result

_HEAD = "| bot | the order | the truth | with ccxt it believes | with the plugin it believes |\n"


def table() -> list[str]:
    """The rows of the table."""
    _, _, rows = (ROOT / "docs" / "bots.md").read_text("utf-8").partition(_HEAD)
    assert rows, "docs/bots.md has no table"
    _rule, *found = re.findall(r"^\|.*\|$", rows.partition("\n\n")[0], re.MULTILINE)
    return found


def row(ccxt: Result, plugin: Result) -> str:
    """The row of one bot and scenario. A wrong belief is bold, an exception is code."""
    assert (ccxt.bot, ccxt.scenario, ccxt.true) == (plugin.bot, plugin.scenario, plugin.true)
    return f"| {' | '.join((ccxt.bot, ccxt.scenario, ccxt.true, _cell(ccxt), _cell(plugin)))} |"


def _cell(result: Result) -> str:
    mark = "**" if result.is_wrong else "" if result.is_state else "`"
    return f"{mark}{result.believed}{mark}, {result.requests} request{'' if result.requests == 1 else 's'}"
