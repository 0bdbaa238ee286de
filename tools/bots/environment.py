"""Build an environment with a real bot, in the versions of requirements/bots, and this checkout."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import pytest

from ..compat import ROOT
from ..lock import BOT_BUILD, BOT_PYTHON, Pins, read, split

_UNREACHABLE = re.compile(
    r"Retry\(total=0,.* connection broken by '"
    r"(NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|ProtocolError)"
)
_TOO_NEW = {"octobot": (3, 13)}
"""The first Python on which a bot does not install. OctoBot pins numpy 1.26, which has no wheels for it."""


class Environment:
    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.python = self.bin / "python"

    def pip(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return _pip(self.python, *arguments)

    def install(self, *what: str) -> None:
        """Install. Skip the tests if the package index is unreachable, and fail them on any other failure."""
        pip = self.pip("install", "--quiet", *what)
        if pip.returncode == 0:
            return
        if index_is_unreachable(pip.stdout):
            pytest.skip("the bot is not installed yet, and the package index is unreachable")
        pytest.fail(f"pip install {' '.join(what)}\n{pip.stdout}")

    def install_pinned(self, pins: Pins) -> None:
        """Install the contents of a requirements file, by hash."""
        # First the package that builds the others. pip would fetch it unchecked, into an isolated build.
        for part in split(pins, [BOT_BUILD]):
            with tempfile.TemporaryDirectory() as temporary:
                file = Path(temporary) / "requirements.txt"
                file.write_text("".join(part.values()), "utf-8")
                self.install("--require-hashes", "--no-build-isolation", "--requirement", str(file))

    def install_checkout(self) -> None:
        """Install this checkout, without its dependencies: the bot chooses its ccxt."""
        with tempfile.TemporaryDirectory() as temporary:
            # This Python builds the wheel, because test.txt pins the build tools. pip needs no index for it.
            options = ("--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", temporary)
            built = _pip(Path(sys.executable), "wheel", *options, str(ROOT))
            assert built.returncode == 0, built.stdout
            [wheel] = Path(temporary).glob("*.whl")
            self.install("--no-deps", "--force-reinstall", str(wheel))


def index_is_unreachable(pip_output: str) -> bool:
    """Whether pip gave up because of the network, according to its last attempt."""
    return _UNREACHABLE.search(pip_output) is not None


def pins_of(name: str) -> dict[str, str]:
    """The pins of a bot's environment."""
    return read(f"bots/{name}.txt")


def with_bot(name: str) -> Environment:
    """Build the environment of a bot once per set of versions, in .cache. Reinstall this checkout always."""
    lowest = tuple(int(part) for part in BOT_PYTHON.split("."))
    if sys.version_info < lowest:
        pytest.skip(f"{name} is pinned for Python >= {BOT_PYTHON}")
    if sys.version_info >= _TOO_NEW.get(name, (4,)):
        pytest.skip(f"{name} does not support Python {sys.version_info[0]}.{sys.version_info[1]} yet")
    pins = pins_of(name)
    pinned = "".join(pins.values())
    cached = ROOT / ".cache" / "bots" / f"{name}-python-{'.'.join(map(str, sys.version_info[:3]))}"
    environment = Environment(cached)
    complete = cached / "complete"
    if not complete.exists() or complete.read_text("utf-8") != pinned:
        shutil.rmtree(cached, ignore_errors=True)
        venv.create(cached, symlinks=True, with_pip=True)
        environment.install_pinned(pins)
        complete.write_text(pinned, "utf-8")
    environment.install_checkout()
    return environment


def _pip(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
