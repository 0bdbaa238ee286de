"""Small bots on trading libraries. Each runs by ``ccxt-bingx-ext run --simulator``, in both worlds."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccxt_bingx_ext.simulator import Simulator

from .environment import Environment
from .results import SPOT, Result, Scenario, World, arrange, measured

PROGRAMS = Path(__file__).parent / "programs"
_SECONDS = 180
"""The test kills a bot that takes longer."""


@dataclass(frozen=True)
class Library:
    name: str
    requirements: str  # the file in requirements/bots
    program: tuple[str, ...]  # the file in programs/, and its arguments after the world


LIBRARIES = (
    Library("basana", "basana", ("basana_bot.py",)),
    Library("OctoBot", "octobot", ("octobot_bot.py",)),
    Library("OctoBot, unsynchronized", "octobot", ("octobot_bot.py", "unsynchronized")),
)


class Running:
    """A running bot. programs/talk.py describes its commands."""

    def __init__(
        self, library: Library, world: World, simulator: Simulator, process: subprocess.Popen[str], log: Path
    ) -> None:
        self._library, self._world, self._log = library, world, log
        self._simulator, self._process = simulator, process
        self.package = self._receive()["package"]

    def measure(self, scenario: Scenario) -> Result:
        """Let the bot place an order and cancel it. The scenario begins only then."""
        order_id = self._ask("place")["order"]
        arrange(self._simulator, scenario, SPOT)
        believed = self._ask(f"cancel {order_id}")["believed"]
        return measured(self._library.name, self._world, scenario, believed, self._simulator, order_id)

    def _ask(self, words: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        print(words, file=self._process.stdin, flush=True)
        return self._receive()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self._log.read_text()
        response: dict[str, Any] = json.loads(line)
        return response


@contextmanager
def running(library: Library, environment: Environment, world: World, folder: Path) -> Iterator[Running]:
    """Run a bot with its own simulator, in `folder`. Its output goes to ``log`` there."""
    file, *arguments = library.program
    path = folder / "log"
    with Simulator(limits=None) as simulator, path.open("w") as log:
        command = [str(environment.bin / "ccxt-bingx-ext"), "run", "--simulator", simulator.url, "--"]
        command += [str(environment.python), str(PROGRAMS / file), world, *arguments]
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
        too_long = threading.Timer(_SECONDS, process.kill)
        too_long.start()
        try:
            with process:  # at its end it closes stdin, which ends the bot
                yield Running(library, world, simulator, process, path)
        finally:
            too_long.cancel()
