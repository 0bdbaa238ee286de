"""What all tests share. No test reaches the network; those that use the simulator reach 127.0.0.1."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from ccxt_bingx_ext._cancel import reconcile as _finding_out
from ccxt_bingx_ext._ratelimit import registry as _lanes
from ccxt_bingx_ext.simulator import Simulator

from .helpers import WORLDS

pytest_plugins = ["ccxt_bingx_ext.simulator.fixtures"]

# For `make mutants`: the same examples every time, no time spent on finding the smallest, and no deadline,
# which a slow machine would miss where no test fails.
settings.register_profile(
    "mutants", derandomize=True, database=None, deadline=None, phases=[Phase.explicit, Phase.generate]
)

_ASKING = {"bingx_simulator", "simulator", "loopback"}
_SIMULATOR_TESTS = Path(__file__).parent / "simulator"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests that ask for the simulator reach loopback; pytest-socket refuses the others."""
    for item in items:
        asks = not _ASKING.isdisjoint(getattr(item, "fixturenames", ()))
        if asks or _SIMULATOR_TESTS in item.path.parents:
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1"]))


@pytest.fixture(autouse=True)
def _fresh_lanes() -> Iterator[None]:
    """A limit or a ban met in one test is none in the next."""
    yield
    _lanes._forget_lanes()


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> str:
    """Sync, async and pro in turn."""
    return str(request.param)


@pytest.fixture
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses between attempts to find out are another test's (tests/unit/test_finding_out.py)."""
    monkeypatch.setattr(_finding_out, "FIRST_PAUSE", 0.01)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A fresh exchange without request limits."""
    with Simulator(limits=None) as simulator:
        yield simulator


@pytest.fixture
def loopback() -> None:
    """Asked for by a test that starts its own server."""
