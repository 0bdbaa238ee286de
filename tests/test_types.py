"""The types for bots agree with the code, and both type checkers read tests/typing/api.py."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from ccxt.base.errors import RequestTimeout

from ccxt_bingx_ext import AccountsForIds, CancelOrdersOptions
from ccxt_bingx_ext._cancel.outcome import attach_outcome
from ccxt_bingx_ext._settings import DEFAULTS
from ccxt_bingx_ext._types import InverseOptions, LinearOptions

ROOT = Path(__file__).parent.parent
API = Path("tests", "typing", "api.py")
# A checker that does not know our types would accept this mistake.
MISTAKE = "\n\ndef mistaken(bot: bingx) -> None:\n    assert_type(bot.cancel_orders([], SYMBOL), int)\n"


@pytest.mark.parametrize(
    ("typed", "defaults"),
    [
        (CancelOrdersOptions, DEFAULTS),
        (LinearOptions, DEFAULTS["linear"]),
        (InverseOptions, DEFAULTS["inverse"]),
    ],
)
def test_every_option_has_a_type(typed: type, defaults: dict[str, Any]) -> None:
    """The typed options have the same names as the defaults."""
    assert set(get_type_hints(typed)) == set(defaults)


def test_accounts_for_ids() -> None:
    """isinstance recognizes an error that carries orders and unresolved, and no other."""
    error = RequestTimeout("bingx")
    assert not isinstance(error, AccountsForIds)
    attach_outcome(error, [], ["1"])
    assert isinstance(error, AccountsForIds)


@pytest.fixture
def mistaken(tmp_path: Path) -> Path:
    """A copy of api.py with a mistake, in a project of its own with the same settings."""
    copy = tmp_path / API
    copy.parent.mkdir(parents=True)
    copy.write_text((ROOT / API).read_text("utf-8") + MISTAKE, "utf-8")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return copy


def said(checker: str, *arguments: str | Path) -> str:
    """The output of `checker` for the whole project, as `make lint` runs it."""
    if importlib.util.find_spec(checker) is None:
        pytest.skip(f"{checker} is not installed: make lint")
    command = [sys.executable, "-m", checker, *(str(one) for one in arguments)]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout


def test_mypy_reads_the_api(mistaken: Path, tmp_path: Path) -> None:
    """mypy finds a mistake in tests/typing/api.py, and only that one."""
    out = said("mypy", "--shadow-file", API, mistaken, "--cache-dir", tmp_path / "cache")
    assert (
        f'{API}:{len(mistaken.read_text("utf-8").splitlines())}: error: Expression is of type "list[Any]"'
        in out
    )
    assert "Found 1 error" in out


def test_pyright_reads_the_api(mistaken: Path, tmp_path: Path) -> None:
    """pyright finds a mistake in tests/typing/api.py, and only that one."""
    out = said("pyright", "--pythonpath", sys.executable, "--project", tmp_path)
    assert '"assert_type" mismatch: expected "int" but received "list[Order]"' in out
    assert "1 error, 0 warnings" in out
