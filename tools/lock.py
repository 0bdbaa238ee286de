"""``python -m tools.lock``: pin the development set to the newest releases. ``make lock`` runs it.

It resolves the set on every supported Python of this machine, and writes three constraints files:

- ``constraints/tools.txt``: the test, lint, bench and mutation tools, and pip itself;
- ``constraints/ccxt-lowest.txt``: the lowest supported ccxt and the packages that it needs;
- ``constraints/ccxt-newest.txt``: the newest supported ccxt and the packages that it needs.

ccxt pins many of its dependencies exactly, and each release pins different versions. tools.txt leaves those
packages out, so it fits every supported ccxt. An environment takes tools.txt and one of the other two files.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from .compat import ROOT, TOOLS, available_pythons, listed_releases, supported

EXTRAS = "test,lint,bench,mutants"
ALSO = ("pip", "build", "hatchling")  # `make` upgrades pip, .ci/run builds the wheel: no extra names these

Versions: TypeAlias = Mapping[str, str]
"""The version of each package, by its name."""

_TOOLS_ARE = """\
# The test, lint, bench and mutation tools, pip included.
#
# ccxt and the packages that it needs are missing on purpose: ccxt pins many of them exactly, and each release
# pins different versions. ccxt-lowest.txt and ccxt-newest.txt pin those.
"""
_CCXT_IS = "# ccxt {release}, the {which} supported release, and the packages that it needs.\n"
_WRITTEN_BY = "#\n# `make lock` wrote this file. Do not edit it.\n\n"


def pins(by_python: Mapping[str, Versions]) -> list[str]:
    """The lines that pin each package: one, or one for each run of Pythons that need the same version.

    `by_python` starts with the lowest Python.
    """
    pythons = [*by_python]
    found = []
    for name in sorted({name for versions in by_python.values() for name in versions}):
        needed = [versions.get(name) for versions in by_python.values()]
        starts = [at for at, one in enumerate(needed) if at == 0 or one != needed[at - 1]]
        for start, end in zip(starts, [*starts[1:], len(needed)], strict=True):
            bounds = [f'python_version >= "{pythons[start]}"'] * (start > 0)
            bounds += [f'python_version < "{one}"' for one in pythons[end : end + 1]]
            if needed[start]:
                found.append(" ; ".join([f"{name}=={needed[start]}", " and ".join(bounds)]).rstrip(" ;"))
    return found


def _resolve(python: str, wanted: Iterable[str], constraints: Path | None = None) -> dict[str, str]:
    """The versions that pip would install into an empty environment. This package itself is left out."""
    pip = [sys.executable, "-m", "pip", "--python", python, "--quiet", "--disable-pip-version-check"]
    options = ["--dry-run", "--ignore-installed", "--report", "-"]
    if constraints:
        options += ["--constraint", str(constraints)]
    done = subprocess.run(
        [*pip, "install", *options, *wanted], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    metadata = [one["metadata"] for one in json.loads(done.stdout)["install"]]
    versions = {one["name"].lower().replace("_", "-"): one["version"] for one in metadata}
    versions.pop("ccxt-bingx-ext", None)
    return versions


def main() -> int:
    """Resolve the newest releases, and write the three files."""
    pythons = available_pythons()
    releases = supported(listed_releases(sys.executable), (ROOT / "pyproject.toml").read_text("utf-8"))
    lowest, newest = f"ccxt=={releases[0]}", f"ccxt=={releases[-1]}"
    development = (f".[{EXTRAS}]", *ALSO)
    tools, with_lowest, with_newest = {}, {}, {}
    for version, python in pythons.items():
        print(f"Python {version}: resolving the development set with {newest}", file=sys.stderr)
        of_ccxt = _resolve(python, [newest]).keys() | _resolve(python, [lowest]).keys()
        resolved = _resolve(python, [*development, newest])
        with_newest[version] = {name: resolved[name] for name in resolved if name in of_ccxt}
        tools[version] = {name: resolved[name] for name in resolved if name not in of_ccxt}
    _write("tools.txt", _TOOLS_ARE, tools)
    _write("ccxt-newest.txt", _CCXT_IS.format(release=releases[-1], which="newest"), with_newest)
    for version, python in pythons.items():
        print(f"Python {version}: resolving the development set with {lowest}", file=sys.stderr)
        resolved = _resolve(python, [*development, lowest], constraints=TOOLS)
        with_lowest[version] = {name: resolved[name] for name in resolved if name not in tools[version]}
    _write("ccxt-lowest.txt", _CCXT_IS.format(release=releases[0], which="lowest"), with_lowest)
    return 0


def _write(name: str, what: str, by_python: Mapping[str, Versions]) -> None:
    lines = "\n".join(pins(by_python))
    (TOOLS.parent / name).write_text(f"{what}{_WRITTEN_BY}{lines}\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
