"""Run the tests on several releases of ccxt and every Python of this machine. Print a table for the README.

    python -m tools.compat                                  # what `make compat` runs
    python -m tools.compat -- tests/unit                    # pytest's arguments after --
    python -m tools.compat --ccxt lowest 4.5.74 newest --python 3.10 3.13

The Python that runs this gets the lowest supported release, the newest, some between, and those that bots
pin. Every other Python gets the lowest and the newest. With --ccxt, every Python gets the named releases. If
pip finds no versions that fit a pair, the table says so, and the pair does not count as a failure.

The environments stay in .compat. Their test tools have the versions and hashes of requirements/test.txt, so
a failure is about ccxt or Python. ccxt and its dependencies come unpinned from the index, because most of
these releases are not pinned here. With --fresh, each environment is new, takes the newest release of
everything, and is removed afterwards. `make newest` and `make upstream` do that. From cron, every morning,
with a mail if a release has changed something:

    0 6 * * *  cd ccxt-bingx-ext && out=$(make newest 2>&1) || echo "$out" | mail -s "make newest failed" me
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".compat"
REQUIREMENTS = ROOT / "requirements"
TEST_PINS = REQUIREMENTS / "test.txt"
THIS = f"{sys.version_info[0]}.{sys.version_info[1]}"


PINNED_BY_BOTS = ("4.5.44", "4.5.64")
"""OctoBot 2.1.1 pins the first, and lumibot and basana end up with the second."""


class Result(NamedTuple):
    """The result of one pair. ``passed`` is None if pip finds no versions that fit."""

    text: str
    passed: bool | None


def version(text: str) -> tuple[int, ...]:
    """A version such as "4.5.60", in a form that compares."""
    return tuple(int(part) for part in text.split("."))


def supported(releases: Iterable[str], pyproject: str) -> list[str]:
    """The ``releases`` of ccxt that pyproject.toml allows, lowest first."""
    bounds = re.search(r'"ccxt>=([\d.]+),<([\d.]+)"', pyproject)
    assert bounds is not None
    lowest, too_new = (version(bound) for bound in bounds.groups())
    return sorted((one for one in releases if lowest <= version(one) < too_new), key=version)


def spread(releases: Sequence[str], count: int = 5) -> list[str]:
    """``count`` of the ``releases``, evenly spaced, with the first and the last."""
    steps = min(count, len(releases)) - 1
    return (
        [releases[round(at * (len(releases) - 1) / steps)] for at in range(steps + 1)]
        if steps
        else [*releases]
    )


def usual(releases: Sequence[str]) -> list[str]:
    """What runs unless releases are named: a spread, and the supported ones that bots pin."""
    return named([*spread(releases), *(one for one in PINNED_BY_BOTS if one in releases)], releases)


def named(names: Iterable[str], releases: Sequence[str]) -> list[str]:
    """The named releases, with "lowest" and "newest" replaced by their numbers."""
    words = {"lowest": releases[0], "newest": releases[-1]}
    return sorted({words.get(name, name) for name in names}, key=version)


def table(pythons: Iterable[str], releases: Sequence[str], results: Mapping[tuple[str, str], Result]) -> str:
    """The results as Markdown: a row for each Python, a column for each release."""
    rows = [["Python", *(f"ccxt {release}" for release in releases)], ["---"] * (len(releases) + 1)]
    for python in pythons:
        cells = [results.get((python, release), Result("", None)).text for release in releases]
        rows.append([python, *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def counted(output: str, code: int) -> Result:
    """Read the result from pytest's last line and exit code."""
    counts: list[str] = re.findall(
        r"\d+ (?:passed|failed|skipped|errors?)", output.strip().rpartition("\n")[2]
    )
    # "no tests ran" (5) is not a pass.
    return Result(", ".join(counts) or f"pytest exited with {code}", code == 0)


def refused(output: str) -> Result:
    """Read why pip failed: no versions fit together, or an unexpected failure."""
    is_cut_off = "(from versions: none)" in output and "require a different python" not in output
    no_versions = re.search(
        "ResolutionImpossible|No matching distribution|requires a different Python", output
    )
    return Result("does not install", None if no_versions and not is_cut_off else False)


def available_pythons(lowest: tuple[int, ...] = (3, 10)) -> dict[str, str]:
    """Every Python of this machine, by its version: this one, those on the PATH, and pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = {THIS: sys.executable}
    on_path = [shutil.which(f"python3.{minor}") for minor in range(lowest[1], 30)]
    for candidate in (*on_path, *(str(one) for one in sorted(pyenv.glob("*/bin/python")))):
        # Run each Python instead of trusting its name: pyenv has shims for versions that do not run.
        code = "import sys; print('%d.%d' % sys.version_info[:2])"
        asked = candidate and subprocess.run([candidate, "-c", code], capture_output=True, text=True)
        if candidate and asked and asked.returncode == 0 and version(asked.stdout) >= lowest:
            found.setdefault(asked.stdout.strip(), candidate)
    return dict(sorted(found.items(), key=lambda one: version(one[0])))


def _output(*command: str | Path, **more: str) -> tuple[int, str]:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def _environment(python: str, where: Path) -> Path:
    """The interpreter of the environment ``where``. Create it from ``python`` if it does not exist."""
    inside = where / "bin" / "python"
    if not inside.exists():
        subprocess.run([python, "-m", "venv", where], check=True)
    return inside


def listed_releases(python: str | Path) -> list[str]:
    """Every release of ccxt that the package index lists, by the pip of this interpreter."""
    code, output = _output(python, "-m", "pip", "index", "versions", "ccxt")
    listed = re.search("^Available versions: (.+)$", output, re.MULTILINE)
    if code or listed is None:
        raise SystemExit(f"pip did not list the releases of ccxt. Is the package index reachable?\n{output}")
    return [one for one in listed[1].split(", ") if re.fullmatch(r"[\d.]+", one)]


def install_steps(release: str, *, pinned: bool) -> list[list[str]]:
    """The arguments of each ``pip install`` that an environment takes."""
    this = ["--editable", ".[test]", f"ccxt=={release}"]
    if not pinned:
        return [this]
    # --no-deps: the packages that the tools share with ccxt come with ccxt, in the versions that it pins.
    checked = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--requirement", str(TEST_PINS)]
    # ccxt goes before this package: it may need a source distribution, which has to be built in isolation.
    return [checked, [f"ccxt=={release}"], ["--no-build-isolation", *this]]


def _run(python: str, release: str, where: Path, arguments: Sequence[str], *, pinned: bool) -> Result:
    """Run the tests on one pair, in an environment of its own."""
    inside, ready = _environment(python, where), where / ".ready"
    newest_input = max(one.stat().st_mtime for one in (ROOT / "pyproject.toml", TEST_PINS))
    if not ready.exists() or ready.stat().st_mtime < newest_input:
        for step in install_steps(release, pinned=pinned):
            code, output = _output(inside, "-m", "pip", "install", *step)
            if code:
                print(output, file=sys.stderr)
                return refused(output)
        ready.touch()
    code, output = _output(inside, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, NO_COLOR="1")
    result = counted(output, code)
    if not result.passed:
        print(output, file=sys.stderr)
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Run the pairs one after the other. Return 0 if at least one passed and none failed."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.compat",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--ccxt", nargs="+", metavar="RELEASE", help='such as 4.5.74; also "lowest", "newest"'
    )
    parser.add_argument("--python", nargs="+", metavar="X.Y", help='such as 3.12; also "this"')
    parser.add_argument(
        "--fresh", action="store_true", help="new environments with the newest release of everything"
    )
    parser.add_argument("pytest", nargs="*", help="pytest's arguments, after --")
    given = parser.parse_args(argv)

    there = available_pythons()
    asked = [THIS if name == "this" else name for name in given.python or there]
    if missing := [name for name in asked if name not in there]:
        parser.error(f"this machine has no Python {', '.join(missing)}, only {', '.join(there)}")
    with tempfile.TemporaryDirectory() as temporary:
        kept = Path(temporary) if given.fresh else KEPT
        listed = listed_releases(_environment(sys.executable, kept / "index"))
        releases = supported(listed, (ROOT / "pyproject.toml").read_text("utf-8"))
        chosen = named(given.ccxt, releases) if given.ccxt else usual(releases)
        ends = (chosen[0], chosen[-1])
        results: dict[tuple[str, str], Result] = {}
        for python in asked:
            for release in chosen if given.ccxt or python == THIS else dict.fromkeys(ends):
                where = kept / f"python{python}-ccxt{release}"
                results[python, release] = _run(
                    there[python], release, where, given.pytest, pinned=not given.fresh
                )
                print(f"Python {python}, ccxt {release}: {results[python, release].text}", file=sys.stderr)
    print(table(asked, chosen, results))
    verdicts = [result.passed for result in results.values()]
    return 0 if True in verdicts and False not in verdicts else 1


if __name__ == "__main__":
    raise SystemExit(main())
