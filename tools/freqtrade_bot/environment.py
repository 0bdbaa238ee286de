"""Build an environment with freqtrade, from the package index, and this checkout."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import ccxt
import pytest

from .page import ROOT

_UNREACHABLE = re.compile(
    r"Retry\(total=0,.* connection broken by '"
    r"(NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|ProtocolError)"
)


class Environment:
    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.python = self.bin / "python"

    def pip(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.python), "-m", "pip", "--disable-pip-version-check", *arguments]
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def install(self, *what: str) -> None:
        """Install. Skip the tests if the package index is unreachable, and fail them on any other failure."""
        pip = self.pip("install", "--quiet", *what)
        if pip.returncode == 0:
            return
        if index_is_unreachable(pip.stdout):
            pytest.skip("freqtrade is not installed yet, and the package index is unreachable")
        pytest.fail(f"pip install {' '.join(what)}\n{pip.stdout}")


def index_is_unreachable(pip_output: str) -> bool:
    """Whether pip gave up because of the network, according to its last attempt."""
    return _UNREACHABLE.search(pip_output) is not None


def with_freqtrade(version: str) -> Environment:
    """Build the environment once per set of versions, in .cache. Reinstall this checkout each time."""
    python = ".".join(map(str, sys.version_info[:3]))
    cached = ROOT / ".cache" / f"freqtrade-{version}-ccxt-{ccxt.__version__}-python-{python}"
    environment = Environment(cached)
    complete = cached / "complete"
    if not complete.exists():
        shutil.rmtree(cached, ignore_errors=True)
        venv.create(cached, symlinks=True, with_pip=True)
        environment.install(f"freqtrade=={version}", f"ccxt=={ccxt.__version__}", "hatchling")
        complete.touch()
    # hatchling is already installed, so this step does not need the package index.
    environment.install("--no-deps", "--no-build-isolation", "--force-reinstall", str(ROOT))
    return environment
