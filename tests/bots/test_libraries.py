"""basana and OctoBot trade on the simulator with ccxt's own class and with the plugin's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tools.bots import environment, libraries, page
from tools.bots.environment import Environment
from tools.bots.libraries import LIBRARIES, Library, Running
from tools.bots.results import SCENARIOS, WORLDS, Scenario, World

PACKAGES: Mapping[World, str] = {"ccxt": "ccxt", "plugin": "ccxt_bingx_ext"}


@pytest.fixture(scope="module")
def environment_of() -> Callable[[Library], Environment]:
    """The environment of each library. The first call in this module builds it."""
    built: dict[str, Environment] = {}

    def of(library: Library) -> Environment:
        if library.requirements not in built:
            built[library.requirements] = environment.with_bot(library.requirements)
        return built[library.requirements]

    return of


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_beliefs(
    environment_of: Callable[[Library], Environment], loopback: None, tmp_path: Path, library: Library
) -> None:
    """The bot believes of each order that it cancels what docs/bots.md says."""
    with ExitStack() as stack:
        bots: dict[World, Running] = {}
        for world in WORLDS:
            folder = tmp_path / world
            folder.mkdir()
            bots[world] = stack.enter_context(
                libraries.running(library, environment_of(library), world, folder)
            )
            assert bots[world].package == PACKAGES[world]
        rows = [row(bots, scenario) for scenario in SCENARIOS]
    assert [one for one in page.table() if one.startswith(f"| {library.name} |")] == rows


def row(bots: Mapping[World, Running], scenario: Scenario) -> str:
    return page.row(bots["ccxt"].measure(scenario), bots["plugin"].measure(scenario))
