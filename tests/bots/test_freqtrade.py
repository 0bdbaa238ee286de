"""freqtrade, a real bot, trades on the simulator with ccxt's own class and with the plugin's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ccxt_bingx_ext.simulator import Simulator
from tools.bots import environment, freqtrade_page, page
from tools.bots.environment import Environment
from tools.bots.freqtrade import SLEEPS, Freqtrade, FreqtradeFutures
from tools.bots.results import SCENARIOS, WORLDS, Result, Scenario, World, cancels_sent

RETRIES = 4
"""How often freqtrade itself retries after what it considers a temporary error."""


@pytest.fixture(scope="module")
def freqtrade() -> Environment:
    return environment.with_bot("freqtrade")


@pytest.fixture
def bot(freqtrade: Environment, tmp_path: Path, simulator: Simulator) -> Freqtrade:
    return Freqtrade(freqtrade, tmp_path, simulator)


def test_version_on_the_page() -> None:
    """docs/freqtrade.md is about the release that the tests run."""
    pin = environment.pins_of("freqtrade")["freqtrade"]
    assert pin.startswith(f"freqtrade=={freqtrade_page.freqtrade_version()} ")


@pytest.mark.parametrize(
    ("world", "package", "error", "causes", "requests"),
    [
        # The exchange refuses the last attempt, because it comes within a second of the previous one.
        ("ccxt", "ccxt", "TemporaryError", {"BadRequest"}, 1 + RETRIES),
        ("plugin", "ccxt_bingx_ext", "InvalidOrderException", {"OrderNotFound"}, 1),
    ],
)
def test_order_that_is_gone(
    bot: Freqtrade,
    simulator: Simulator,
    world: World,
    package: str,
    error: str,
    causes: set[str],
    requests: int,
) -> None:
    """With the plugin, freqtrade sees at once that an order is gone. With ccxt it cancels five times."""
    filled = str(simulator.place().order_id)
    simulator.fill(filled)
    said = bot.cancels(world, filled, "77")
    placed = said["placed"]
    assert said["packages"] == {"sync": package, "async": package, "websocket": package}
    assert (said["balance"], said["last"]) == (1e6 - 1, 60000)  # `filled` has cost 1
    assert said["cancelled"] == {"status": "canceled"}
    assert (simulator.status(placed), simulator.order(placed).price) == ("CANCELED", "25000")
    gone = said["gone"]
    assert {order_id: one["error"] for order_id, one in gone.items()} == dict.fromkeys(
        (placed, filled, "77"), error
    )
    assert {one["cause"] for one in gone.values()} == causes
    sent = [cancels_sent(simulator, order_id) for order_id in (placed, filled, "77")]
    assert sent == [1 + requests, requests, requests]  # the first one succeeded


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("kind", [Freqtrade, FreqtradeFutures])
def test_belief(
    freqtrade: Environment,
    tmp_path: Path,
    loopback: None,
    kind: type[Freqtrade],
    scenario: Scenario,
) -> None:
    """The whole bot believes of an order that it cancels what docs/bots.md says."""

    def in_world(world: World) -> Result:
        return belief(kind, freqtrade, tmp_path / world, scenario, world)

    with ThreadPoolExecutor() as pool:  # two bots side by side: they mostly wait
        ccxt, plugin = pool.map(in_world, WORLDS)
    assert page.row(ccxt, plugin) in page.table()


def belief(
    kind: type[Freqtrade], freqtrade: Environment, folder: Path, scenario: Scenario, world: World
) -> Result:
    folder.mkdir()
    with Simulator(limits=None) as simulator:
        bot = kind(freqtrade, folder, simulator)
        result = bot.measure(world, scenario)
        # It sleeps as a whole, exits and stop losses included, exactly if it could not end the order.
        assert (SLEEPS in bot.log) is (result.believed == "open")
        assert world == "ccxt" or result.requests == 1
    return result


def test_futures_are_refused(freqtrade: Environment, tmp_path: Path, simulator: Simulator) -> None:
    """freqtrade itself refuses futures on BingX: that is why freqtrade_futures.py exists."""

    class Refused(FreqtradeFutures):
        def words(self) -> list[str]:
            return Freqtrade.words(self)

    bot = Refused(freqtrade, tmp_path, simulator)
    with bot.running("ccxt"):
        bot.wait_for(lambda: "Freqtrade does not support 'isolated' 'futures' on BingX" in bot.log)
    assert simulator.orders() == []
