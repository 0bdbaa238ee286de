"""Shared fixtures. Tests cannot reach the network. Tests with a simulator can reach 127.0.0.1."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from ccxt_bingx_ext._cancel.run import Pauses
from ccxt_bingx_ext._overrides import BingxMixin
from ccxt_bingx_ext.simulator import Simulator

from .helpers import OURS, SYNC_AND_ASYNC, Bot, RedisServer, bot_of, forget_accounts, stalled

pytest_plugins = ["ccxt_bingx_ext.simulator.fixtures"]

# A slow machine needs long for an example, or for drawing it, although no test fails.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# For `make mutants`: the same examples every time, no search for the smallest example, and no deadline, which
# a slow machine would miss although no test fails.
settings.register_profile(
    "mutants", derandomize=True, database=None, deadline=None, phases=[Phase.explicit, Phase.generate]
)

_ON_LOOPBACK = {"bingx_simulator", "simulator", "loopback"}
_SIMULATOR_TESTS = Path(__file__).parent / "simulator"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests with a simulator or a server reach loopback. pytest-socket refuses it to the others."""
    for item in items:
        served = not _ON_LOOPBACK.isdisjoint(getattr(item, "fixturenames", ()))
        if served or _SIMULATOR_TESTS in item.path.parents:
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1"]))


@pytest.fixture(autouse=True)
def _fresh_account() -> Iterator[None]:
    """After each test, forget its limits and bans, the orders that it cancelled, and the request form."""
    yield
    forget_accounts()


@pytest.fixture(params=SYNC_AND_ASYNC)
def world(request: pytest.FixtureRequest) -> str:
    """Sync and async in turn. tests/test_pro.py covers pro, which adds no behaviour."""
    return str(request.param)


@pytest.fixture
def bot(simulator: Simulator, world: str) -> Iterator[Bot]:
    """A bot with our class, on the simulator, with ccxt's own timeout of 10 s: the machine may stall."""
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:
        yield bot


@pytest.fixture
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pauses between attempts to reconcile. tests/unit/test_reconcile.py checks the pauses."""
    monkeypatch.setattr(BingxMixin, "_pauses", Pauses(reconcile=0.01))


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A fresh exchange without request limits."""
    with Simulator(limits=None) as simulator:
        yield simulator


@pytest.fixture
def limited(loopback: None) -> Iterator[Simulator]:
    """An exchange with the documented limit of cancelOrders, and without any other limit or ban."""
    from tools.audit.steady import watching

    limits = {"trade/order": None, "trade/query": None}
    with Simulator(limits=limits, ban_after=None) as simulator, watching() as stalls:
        stalled[simulator] = lambda: sum(late for _, late in stalls.late if late > 0.05)
        yield simulator


@pytest.fixture
def server(loopback: None, tmp_path: Path) -> Iterator[RedisServer]:
    """A running redis-server, for this test alone."""
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def loopback() -> None:
    """Let a test that starts its own server reach loopback."""
