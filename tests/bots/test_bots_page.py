"""docs/bots.md, and the environments of the bots, without running one."""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

import pytest

from tools.bots import environment, page
from tools.bots.environment import Environment, index_is_unreachable
from tools.bots.freqtrade import Freqtrade, FreqtradeFutures
from tools.bots.libraries import LIBRARIES
from tools.bots.results import SCENARIOS, Result
from tools.lock import BOT_BUILD, BOTS

NAMES = [Freqtrade.name, FreqtradeFutures.name, *(library.name for library in LIBRARIES)]


def test_rows() -> None:
    """The table has one row for each bot and scenario."""
    rows = [tuple(line.strip("| ").split(" | ")[:2]) for line in page.table()]
    assert rows == list(product(NAMES, SCENARIOS))


@pytest.mark.parametrize(
    ("believed", "cell"),
    [
        ("open", "**open**, 5 requests"),
        ("filled", "**filled**, 5 requests"),
        ("canceled", "canceled, 5 requests"),
        ("BadRequest", "`BadRequest`, 5 requests"),
    ],
)
def test_wrong_belief_is_bold(believed: str, cell: str) -> None:
    """A row marks the wrong beliefs and the exceptions of a bot, and counts its requests."""
    ccxt = Result("a bot", "ccxt", "cancelled", believed, "canceled", 5)
    plugin = Result("a bot", "plugin", "cancelled", "canceled", "canceled", 1)
    assert page.row(ccxt, plugin) == f"| a bot | cancelled | canceled | {cell} | canceled, 1 request |"


@pytest.mark.parametrize("name", BOTS)
def test_bot_is_pinned(name: str) -> None:
    """The requirements of a bot name the bot, its ccxt, and what builds its source distributions."""
    assert {BOTS[name].partition("[")[0], "ccxt", BOT_BUILD} <= environment.pins_of(name).keys()


def test_skip_without_network(tmp_path: Path) -> None:
    """The tests skip only if pip cannot reach its index."""
    pip = Environment(Path(sys.prefix)).pip
    install = ("download", "--retries", "1", "--dest", str(tmp_path), "freqtrade==1999.9")
    assert index_is_unreachable(pip(*install, "--index-url", "http://127.0.0.1:1/simple").stdout)
    other = pip(*install, "--no-index")
    assert other.returncode != 0
    assert not index_is_unreachable(other.stdout)
