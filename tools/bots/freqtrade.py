"""A folder set up for freqtrade as docs/freqtrade.md says, and the bot in it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar

from ccxt_bingx_ext.simulator import Simulator

from . import freqtrade_page as page
from .environment import Environment
from .results import LINEAR, SPOT, Result, Scenario, World, arrange, measured

PROGRAMS = Path(__file__).parent / "programs"
RUN = ["ccxt-bingx-ext", "run", "--"]
"""How the command on the page begins, so that freqtrade gets the plugin's classes."""
SLEEPS = "retrying in 30 seconds"
_ENDS = (SLEEPS, "order fully cancelled", "has been fulfilled")
"""What the log says when the bot has dealt with the order, in one way or another."""


class Freqtrade:
    """freqtrade's spot bot on a simulator."""

    name: ClassVar[str] = "freqtrade, spot"
    endpoint: ClassVar[str] = SPOT

    def __init__(self, environment: Environment, folder: Path, simulator: Simulator) -> None:
        self.folder = folder
        self._environment = environment
        self._simulator = simulator
        local = page.file("simulator.json")
        api = local["exchange"]["ccxt_config"]["urls"]["api"]
        local["exchange"]["ccxt_config"]["urls"]["api"] = {
            name: url.replace("http://127.0.0.1:8000", simulator.url) for name, url in api.items()
        }
        # Orders time out after seconds here, not after ten minutes.
        local["unfilledtimeout"] = {"entry": 2, "exit": 2, "unit": "seconds"}
        local["internals"] = {"process_throttle_secs": 1}
        for name, content in (("config.json", self.configuration()), ("simulator.json", local)):
            (folder / name).write_text(json.dumps(content))
        create_userdir = self._command(page.command("freqtrade"))
        subprocess.run(create_userdir, check=True, capture_output=True, **self._where)
        (folder / "MyStrategy.py").write_text(page.code("MyStrategy.py"))
        subprocess.run(page.command("cp"), check=True, **self._where)

    def configuration(self) -> dict[str, Any]:
        return page.file("config.json")

    def words(self) -> list[str]:
        """The words of the page's command after its prefix."""
        return page.command(" ".join(RUN), "simulator.json")[len(RUN) :]

    @property
    def _where(self) -> dict[str, Any]:
        path = os.pathsep.join((str(self._environment.bin), os.environ["PATH"]))
        return {"cwd": self.folder, "env": {**os.environ, "PATH": path}}

    def _command(self, words: list[str]) -> list[str]:
        """A command of the page, in freqtrade's environment."""
        return [str(self._environment.bin / words[0]), *words[1:]]

    def cancels(self, world: World, *gone: str) -> dict[str, Any]:
        """The output of freqtrade_cancels.py."""
        script = [str(self._environment.python), str(PROGRAMS / "freqtrade_cancels.py"), world]
        command = [*script, "config.json,simulator.json", *gone]
        ended = subprocess.run(command, capture_output=True, text=True, **self._where)
        assert ended.returncode == 0, ended.stderr
        said: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
        return said

    @contextmanager
    def running(self, world: World) -> Iterator[None]:
        """Run the whole bot by the page's command. Without its prefix the bot gets ccxt's own class."""
        command = self._command([*RUN, *self.words()] if world == "plugin" else self.words())
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

    def measure(self, world: World, scenario: Scenario) -> Result:
        """Let the bot place an order that times out, and see what it believes once it has cancelled it."""
        arrange(self._simulator, scenario, self.endpoint)
        with self.running(world):
            self.wait_for(lambda: any(end in self.log for end in _ENDS))
            order = self._simulator.orders()[0]
            # It writes its books just after these lines of the log.
            self.wait_for(lambda: SLEEPS in self.log or self.believes(order.order_id) != "open")
            believed = self.believes(order.order_id)
        return measured(self.name, world, scenario, believed, self._simulator, order.order_id)

    def believes(self, order_id: int) -> str:
        """The state of an order by the bot's books. It removes an order that was cancelled unfilled."""
        with closing(sqlite3.connect(self.folder / "rehearsal.sqlite")) as database:
            found = database.execute(
                "select status, filled, amount from orders where order_id = ?", (str(order_id),)
            ).fetchone()
        if found is None:
            return "canceled"
        status, filled, amount = found
        return "filled" if status == "closed" and filled == amount else str(status)

    @property
    def log(self) -> str:
        # freqtrade breaks lines at the width of the terminal.
        return " ".join((self.folder / "log").read_text().split())

    def wait_for(self, happened: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 90
        while not happened():
            assert time.monotonic() < deadline, self.log
            time.sleep(0.2)


class FreqtradeFutures(Freqtrade):
    """freqtrade's futures bot on a simulator. See programs/freqtrade_futures.py."""

    name = "freqtrade, futures"
    endpoint = LINEAR

    def configuration(self) -> dict[str, Any]:
        config = super().configuration()
        config["exchange"]["pair_whitelist"] = ["BTC/USDT:USDT"]
        return {**config, "trading_mode": "futures", "margin_mode": "isolated"}

    def words(self) -> list[str]:
        return ["python", str(PROGRAMS / "freqtrade_futures.py"), *super().words()[1:]]
