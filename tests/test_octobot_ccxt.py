"""Beside octobot-ccxt, which brings the module ``ccxt`` under another distribution's name and numbers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tools.bots.environment import index_is_unreachable
from tools.compat import ROOT, TEST_PINS

RELEASE = "octobot-ccxt==0.0.14"
"""What OctoBot 3.0.0b3 pins."""
BESIDE = ["--no-deps", "--no-build-isolation", str(ROOT)]
SMOKE = ["tests/test_pro.py", "tests/test_ccxt_releases.py"]


def ran(*command: str | Path, fails: bool = False) -> str:
    """The output of a command. Skips the test if the package index is unreachable."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode and index_is_unreachable(done.stdout):
        pytest.skip(f"{RELEASE} is not installed yet, and the package index is unreachable")
    assert bool(done.returncode) is fails, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def python() -> Path:
    """A Python with octobot-ccxt, the test tools and this checkout, as docs/compatibility.md installs it."""
    version = ".".join(map(str, sys.version_info[:3]))
    folder = ROOT / ".cache" / f"{RELEASE.replace('==', '-')}-python-{version}"
    inside, complete = folder / "bin" / "python", folder / "complete"
    pip = (inside, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    if not complete.exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, symlinks=True, with_pip=True)
        ran(*pip, "--require-hashes", "--only-binary", ":all:", "--no-deps", "--requirement", TEST_PINS)
        ran(*pip, RELEASE)
        complete.touch()
    ran(*pip, "--force-reinstall", *BESIDE)
    return inside


def test_version(python: Path) -> None:
    """The command names the distribution that is at work, and there is no distribution named ccxt."""
    assert f"({RELEASE.replace('==', ' ')}, Python" in ran(python.parent / "ccxt-bingx-ext", "--version")
    assert "Package(s) not found: ccxt" in ran(python, "-m", "pip", "show", "ccxt", fails=True)


def test_smoke(python: Path) -> None:
    """The smoke set passes on octobot-ccxt, with its own version numbers."""
    assert " passed" in ran(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *SMOKE)


def test_plain_install(python: Path) -> None:
    """Without --no-deps pip would install ccxt, which overwrites the files of octobot-ccxt."""
    output = ran(python, "-m", "pip", "install", "--dry-run", "--no-build-isolation", ROOT)
    (would,) = [line for line in output.splitlines() if line.startswith("Would install ")]
    assert re.search(r" ccxt-\d", would)
