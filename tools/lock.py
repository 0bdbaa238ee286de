"""``make lock``: pin the development set to the newest releases, with hashes.

uv resolves the set for every supported Python and platform at once, and lists the SHA-256 of every file that
the index holds for each version. The files in ``requirements/`` add up. No package stands in two files that
are installed together:

- ``ccxt-newest.txt``, ``ccxt-lowest.txt``: the newest and the lowest supported ccxt, and what it needs;
- ``test.txt``: the test tools, and the packages that build this one. It goes with either ccxt file;
- ``lint.txt``, ``bench.txt``, ``docs.txt``, ``mutants.txt``: the packages that these targets need beyond
  ccxt and ``test.txt``;
- ``bots/``: a real bot each, with the ccxt that it pins. Each goes into an environment of its own.

ccxt pins many of its dependencies exactly, and each release pins different versions. That is why ``test.txt``
leaves them out.

uv reads UV_DEFAULT_INDEX, not pip's settings: set it if you use a mirror.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from .compat import REQUIREMENTS, ROOT

BUILD = ("build", "hatchling", "editables")
"""The packages that build this one: pip must not fetch them unchecked into an isolated build environment.

hatchling requires `editables` only when it builds an editable install. Its metadata does not name it.
"""

EVERYWHERE = ("colorama",)
"""Packages that the test tools need on some platforms, and a later file on all.

No package may stand in two files.
"""

BOTS = {
    "freqtrade": "freqtrade",
    "basana": "basana[ccxt]",
    # OctoBot's trading engine. The whole of OctoBot takes minutes to install, and cancels by the same code.
    "octobot": "octobot-trading[full]",
}
"""The real bots that tests/bots runs, as pip names them."""

BOT_PYTHON = "3.11"
"""The lowest Python that every bot supports."""

BOT_BUILD = "setuptools"
"""The package that builds source distributions. Some bots, and their dependencies, have no wheels."""

Pins: TypeAlias = Mapping[str, str]
"""The lines that pin each package, by its name: one pin with its hashes, or one for each Python."""

_HEADER = "# {what}\n#\n# `make lock` wrote this file. Do not edit it.\n\n"
_NEEDED_BY_CCXT = "ccxt {release}, the {which} supported release, and the packages that it needs."


def lowest_ccxt(pyproject: str) -> str:
    """The lowest release of ccxt that pyproject.toml allows."""
    bound = re.search(r'"ccxt>=([\d.]+),', pyproject)
    assert bound is not None
    return bound[1]


def parse_pins(text: str) -> dict[str, str]:
    """Read the output of ``uv pip compile``: a pin that starts a line, and its indented hashes."""
    pins: dict[str, str] = {}
    for pin in re.findall(r"^\S.*\n(?:[ ].*\n)*", text, re.MULTILINE):
        name = re.match(r"([\w.-]+)==", pin)
        if name is None or "--hash=sha256:" not in pin:
            raise ValueError(f"not a pinned version with hashes: {pin}")
        pins[name[1]] = pins.get(name[1], "") + pin
    return pins


def read(name: str) -> dict[str, str]:
    """The pins in a file of ``requirements/``."""
    return parse_pins(re.sub(r"(?m)^(#.*)?\n", "", (REQUIREMENTS / name).read_text("utf-8")))


def render(what: str, pins: Pins) -> str:
    """The text of a requirements file."""
    return _HEADER.format(what=what) + "".join(pins.values())


def split(pins: Pins, names: Collection[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The `pins` of the packages in `names`, and the other pins."""
    return (
        {name: pin for name, pin in pins.items() if name in names},
        {name: pin for name, pin in pins.items() if name not in names},
    )


def beyond(pins: Pins, installed: Pins) -> dict[str, str]:
    """The `pins` of the packages that `installed` lacks.

    Raise ``ValueError`` if `installed` pins one of the others for fewer platforms or Pythons than `pins`:
    pip would not find a pin there.
    """
    shared, own = split(pins, installed)
    narrower = [name for name, pin in shared.items() if pin != installed[name]]
    if narrower:
        raise ValueError(f"add to EVERYWHERE, so that test.txt pins it everywhere: {', '.join(narrower)}")
    return own


def _resolve(extras: Iterable[str], wanted: Iterable[str], within: Iterable[Pins] = ()) -> dict[str, str]:
    """The newest versions for this package with `extras` and for `wanted`, limited by the pins `within`."""
    with tempfile.TemporaryDirectory() as temporary:
        options = [option for extra in extras for option in ("--extra", extra)]
        for number, pins in enumerate(within):
            file = Path(temporary) / f"{number}.txt"
            file.write_text("".join(pins.values()), encoding="utf-8")
            options += ["--constraint", str(file)]
        # Only wheels: a source distribution runs a build backend that is not pinned.
        return _compile(wanted, "3.10", "--only-binary", ":all:", *options, "pyproject.toml")


def _compile(wanted: Iterable[str], python: str, *options: str) -> dict[str, str]:
    """Resolve `wanted` and the input files in `options`, for this Python and every later one."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--universal", "--python-version", python]
    command += ["--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    done = subprocess.run(
        [*command, *options, "-"],
        cwd=ROOT,
        check=True,
        input="\n".join(wanted),
        stdout=subprocess.PIPE,
        text=True,
    )
    return parse_pins(done.stdout)


def main() -> int:
    """Resolve the newest releases, and write the files."""
    release = lowest_ccxt((ROOT / "pyproject.toml").read_text("utf-8"))
    lowest = f"ccxt=={release}"
    of_ccxt = _resolve([], []).keys() | _resolve([], [lowest]).keys()
    wanted = [*BUILD, *EVERYWHERE]
    everything = _resolve(["test"], wanted)
    newest, test = split(everything, of_ccxt)
    with_lowest, _ = split(_resolve(["test"], [*wanted, lowest], [test]), of_ccxt)
    _write("test.txt", "The test tools, and what builds this package.", test)
    _write("ccxt-lowest.txt", _NEEDED_BY_CCXT.format(release=release, which="lowest"), with_lowest)
    found = re.match(r"ccxt==([\d.]+)", newest["ccxt"])
    assert found is not None
    _write("ccxt-newest.txt", _NEEDED_BY_CCXT.format(release=found[1], which="newest"), newest)
    # Limit each file to the pins of the files before it: one environment serves all of them.
    before = [everything]
    for extra in ("lint", "bench", "docs", "mutants"):
        pins = _resolve(["test", extra], wanted, before)
        _write(f"{extra}.txt", f"What `make {extra}` needs beyond test.txt.", beyond(pins, everything))
        before.append(pins)
    for name, bot in BOTS.items():
        _write(
            f"bots/{name}.txt", f"{bot}, a real bot for tests/bots.", _compile([bot, BOT_BUILD], BOT_PYTHON)
        )
    return 0


def _write(name: str, what: str, pins: Pins) -> None:
    (REQUIREMENTS / name).write_text(render(what, pins), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
