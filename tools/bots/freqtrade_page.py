"""Read docs/freqtrade.md as its reader does: its files and its commands."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

from ..compat import ROOT

_TEXT = (ROOT / "docs" / "freqtrade.md").read_text(encoding="utf-8")


def file(name: str) -> dict[str, Any]:
    """The first JSON block after the name of the file."""
    content: dict[str, Any] = json.loads(_block(name, "json"))
    return content


def code(name: str) -> str:
    """The first Python block after the name of the file."""
    return _block(name, "python")


def _block(name: str, language: str) -> str:
    match = re.search(rf"A `{re.escape(name)}`.*?```{language}\n(.*?)```", _TEXT, re.DOTALL)
    assert match, f"{name} is not on the page"
    return match[1]


def command(beginning: str, containing: str = "") -> list[str]:
    """The words of the only command that starts with ``beginning`` and contains ``containing``."""
    commands = re.findall(r"^\$ (.*)$", _TEXT, re.MULTILINE)
    [found] = [one for one in commands if one.startswith(beginning) and containing in one]
    return shlex.split(found)


def freqtrade_version() -> str:
    [*_, requirement] = command("pip install", "freqtrade")
    return requirement.removeprefix("freqtrade==")
