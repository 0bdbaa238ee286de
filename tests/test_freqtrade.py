"""freqtrade, a real bot, trades on the simulator with ccxt's own class and with the plugin's."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import ccxt
import pytest

from ccxt_bingx_ext.simulator import Simulator
from tools.freqtrade_bot import environment, page
from tools.freqtrade_bot.environment import Environment, index_is_unreachable

FILES = Path(page.__file__).parent
NEEDED_CCXT = "4.5.76"
RETRIES = 4
"""How often freqtrade itself retries after what it considers a temporary error."""
RUN = ["ccxt-bingx-ext", "run", "--"]
"""How the command on the page begins, so that freqtrade gets the plugin's classes."""


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


@pytest.fixture(scope="module")
def freqtrade() -> Environment:
    version = page.freqtrade_version()
    if sys.version_info < (3, 11):
        pytest.skip(f"freqtrade {version} needs Python >= 3.11")
    if _numbers(ccxt.__version__) < _numbers(NEEDED_CCXT):
        pytest.skip(f"freqtrade {version} needs ccxt >= {NEEDED_CCXT}, this is {ccxt.__version__}")
    return environment.with_freqtrade(version)


class Bot:
    """A folder set up as the page says, for a simulator."""

    def __init__(self, freqtrade: Environment, folder: Path, simulator: Simulator) -> None:
        self.folder = folder
        self._freqtrade = freqtrade
        local = page.file("simulator.json")
        api = local["exchange"]["ccxt_config"]["urls"]["api"]
        local["exchange"]["ccxt_config"]["urls"]["api"] = {
            name: url.replace("http://127.0.0.1:8000", simulator.url) for name, url in api.items()
        }
        # Orders time out after seconds here, not after ten minutes.
        local["unfilledtimeout"] = {"entry": 2, "exit": 2, "unit": "seconds"}
        local["internals"] = {"process_throttle_secs": 1}
        for name, content in (("config.json", page.file("config.json")), ("simulator.json", local)):
            (folder / name).write_text(json.dumps(content))
        create_userdir = self.command(page.command("freqtrade"))
        subprocess.run(create_userdir, check=True, capture_output=True, **self._where)
        (folder / "MyStrategy.py").write_text(page.code("MyStrategy.py"))
        subprocess.run(page.command("cp"), check=True, **self._where)

    @property
    def _where(self) -> dict[str, Any]:
        path = os.pathsep.join((str(self._freqtrade.bin), os.environ["PATH"]))
        return {"cwd": self.folder, "env": {**os.environ, "PATH": path}}

    def command(self, words: list[str]) -> list[str]:
        """A command of the page, in freqtrade's environment."""
        return [str(self._freqtrade.bin / words[0]), *words[1:]]

    def cancels(self, world: str, *gone: str) -> dict[str, Any]:
        """The output of cancels.py."""
        script = [str(self._freqtrade.python), str(FILES / "cancels.py"), world, "config.json,simulator.json"]
        ended = subprocess.run([*script, *gone], capture_output=True, text=True, **self._where)
        assert ended.returncode == 0, ended.stderr
        said: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
        return said

    @contextmanager
    def running(self, world: str) -> Iterator[None]:
        """Run the whole bot by the page's command. Without its prefix the bot gets ccxt's own class."""
        words = page.command(" ".join(RUN), "simulator.json")
        command = self.command(words if world == "ours" else words[len(RUN) :])
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, **self._where)
            try:
                yield
            finally:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(timeout=60)
                finally:
                    process.kill()

    @property
    def log(self) -> str:
        # freqtrade breaks lines at the width of the terminal.
        return " ".join((self.folder / "log").read_text().split())

    def books(self) -> dict[int, tuple[str, float]]:
        """The bot's own view of its orders: status and filled amount."""
        with closing(sqlite3.connect(self.folder / "rehearsal.sqlite")) as database:
            rows = database.execute("select order_id, status, filled from orders").fetchall()
        return {int(order_id): (status, filled) for order_id, status, filled in rows}

    def wait_for(self, happened: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not happened():
            assert time.monotonic() < deadline, self.log
            time.sleep(0.2)


@pytest.fixture
def bot(freqtrade: Environment, tmp_path: Path, simulator: Simulator) -> Bot:
    return Bot(freqtrade, tmp_path, simulator)


def cancels_sent(simulator: Simulator, order_id: str) -> int:
    path = simulator.path("trade/cancel")
    return sum(one.path == path and one.params["orderId"] == order_id for one in simulator.requests)


@pytest.mark.parametrize(
    ("world", "package", "error", "causes", "requests"),
    [
        # The exchange refuses the last attempt, because it comes within a second of the previous one.
        ("ccxt", "ccxt", "TemporaryError", {"BadRequest"}, 1 + RETRIES),
        ("ours", "ccxt_bingx_ext", "InvalidOrderException", {"OrderNotFound"}, 1),
    ],
)
def test_order_that_is_gone(
    bot: Bot, simulator: Simulator, world: str, package: str, error: str, causes: set[str], requests: int
) -> None:
    """With the plugin, freqtrade sees at once that an order is gone. With ccxt it cancels five times."""
    filled = str(simulator.place().order_id)
    simulator.fill(filled)
    said = bot.cancels(world, filled, "77")
    placed = said["placed"]
    assert said["packages"] == {"sync": package, "async": package, "websocket": package}
    assert (said["balance"], said["last"]) == (1e6, 60000)
    assert said["cancelled"] == {"status": "canceled"}
    assert (simulator.status(placed), simulator.order(placed).price) == ("CANCELED", "25000")
    gone = said["gone"]
    assert {order_id: one["error"] for order_id, one in gone.items()} == dict.fromkeys(
        (placed, filled, "77"), error
    )
    assert {one["cause"] for one in gone.values()} == causes
    sent = [cancels_sent(simulator, order_id) for order_id in (placed, filled, "77")]
    assert sent == [1 + requests, requests, requests]  # the first one succeeded


def filled_when_it_is_cancelled(simulator: Simulator) -> None:
    simulator.faults.add(
        "race", path="trade/cancel", action=lambda: simulator.fill(simulator.orders()[-1].order_id)
    )


def test_filled_order(bot: Bot, simulator: Simulator) -> None:
    """With the plugin the bot books an order that filled just before its cancel, after one refusal."""
    filled_when_it_is_cancelled(simulator)
    with bot.running("ours"):
        bot.wait_for(lambda: "has been fulfilled" in bot.log)
        [order] = simulator.orders()
        bot.wait_for(lambda: bot.books() == {order.order_id: ("closed", float(order.quantity))})
    assert (order.status, cancels_sent(simulator, str(order.order_id))) == ("FILLED", 1)


def test_filled_order_with_ccxt(bot: Bot, simulator: Simulator) -> None:
    """With ccxt the bot cancels five times, sleeps, and keeps the filled order as open in its books."""
    filled_when_it_is_cancelled(simulator)
    with bot.running("ccxt"):
        bot.wait_for(lambda: "retrying in 30 seconds" in bot.log)
    [order] = simulator.orders()
    assert bot.books() == {order.order_id: ("open", 0)}
    assert (order.status, cancels_sent(simulator, str(order.order_id))) == ("FILLED", 1 + RETRIES)


def test_cancelled_order(bot: Bot, simulator: Simulator) -> None:
    """The bot cancels an order that timed out and removes it from its books."""
    with bot.running("ours"):
        bot.wait_for(lambda: "order fully cancelled" in bot.log)
        order = simulator.orders()[0]
        bot.wait_for(lambda: order.order_id not in bot.books())
    assert (order.status, cancels_sent(simulator, str(order.order_id))) == ("CANCELED", 1)


def lost_when_it_is_cancelled(simulator: Simulator) -> None:
    simulator.faults.add("http", status=504, when="after", path="trade/cancel")


def test_lost_response(bot: Bot, simulator: Simulator) -> None:
    """With the plugin the bot removes an order whose cancel was executed, although its response was lost."""
    lost_when_it_is_cancelled(simulator)
    with bot.running("ours"):
        bot.wait_for(lambda: "order fully cancelled" in bot.log)
        order = simulator.orders()[0]
        bot.wait_for(lambda: order.order_id not in bot.books())
    assert (order.status, cancels_sent(simulator, str(order.order_id))) == ("CANCELED", 1)
    assert "retrying in" not in bot.log


def test_lost_response_with_ccxt(bot: Bot, simulator: Simulator) -> None:
    """With ccxt the bot cancels five times, sleeps, and keeps the cancelled order as open in its books."""
    lost_when_it_is_cancelled(simulator)
    with bot.running("ccxt"):
        bot.wait_for(lambda: "retrying in 30 seconds" in bot.log)
    order = simulator.orders()[0]
    assert bot.books() == {order.order_id: ("open", 0)}
    assert (order.status, cancels_sent(simulator, str(order.order_id))) == ("CANCELED", 1 + RETRIES)


def test_skip_without_network(tmp_path: Path) -> None:
    """The tests skip only if pip cannot reach its index."""
    pip = Environment(Path(sys.prefix)).pip
    install = ("download", "--retries", "1", "--dest", str(tmp_path), "freqtrade==1999.9")
    assert index_is_unreachable(pip(*install, "--index-url", "http://127.0.0.1:1/simple").stdout)
    other = pip(*install, "--no-index")
    assert other.returncode != 0
    assert not index_is_unreachable(other.stdout)
