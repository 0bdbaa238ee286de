"""`make compat`: what it reads and chooses, without installing anything."""

from __future__ import annotations

import pytest

from tools.compat import Result, counted, named, refused, spread, supported, table, usual

RELEASES = ["4.5.60", "4.5.66", "4.5.67", "4.5.74", "4.5.82", "4.5.90"]


def test_supported_releases() -> None:
    """Only releases within pyproject's bounds count, compared as numbers and not as texts."""
    listed = ["5.0.1", "4.5.100", "4.5.90", "4.5.60", "4.5.59", "4.4.99"]
    assert supported(listed, 'dependencies = ["ccxt>=4.5.60,<5"]') == ["4.5.60", "4.5.90", "4.5.100"]


def test_spread() -> None:
    """The chosen releases are evenly apart and include the lowest and the newest."""
    assert spread(RELEASES, 3) == ["4.5.60", "4.5.67", "4.5.90"]
    assert spread(RELEASES, 9) == RELEASES
    assert spread(["4.5.60"]) == ["4.5.60"]
    assert named(["newest", "4.5.74", "lowest", "4.5.90"], RELEASES) == ["4.5.60", "4.5.74", "4.5.90"]


def test_usual_releases() -> None:
    """The releases that bots pin run, too, each once and in order, if the plugin supports them."""
    releases = [f"4.5.{patch}" for patch in range(30, 91)]
    assert spread(releases) == ["4.5.30", "4.5.45", "4.5.60", "4.5.75", "4.5.90"]
    assert usual(releases) == ["4.5.30", "4.5.44", "4.5.45", "4.5.60", "4.5.64", "4.5.75", "4.5.90"]
    assert usual(RELEASES[:1]) == RELEASES[:1]


@pytest.mark.parametrize(
    ("output", "code", "result"),
    [
        ("....\n799 passed in 31.95s\n", 0, Result("799 passed", True)),
        ("..s.\n2 passed, 1 skipped in 1.00s\n", 0, Result("2 passed, 1 skipped", True)),
        (
            "FAILED x\n1 failed, 2 passed, 3 errors in 1.00s\n",
            1,
            Result("1 failed, 2 passed, 3 errors", False),
        ),
        ("no tests ran in 0.01s\n", 5, Result("pytest exited with 5", False)),
        ("Segmentation fault\n", -11, Result("pytest exited with -11", False)),
    ],
)
def test_result_of_pytest(output: str, code: int, result: Result) -> None:
    """pytest's exit code is the verdict, so that a run without tests does not pass."""
    assert counted(output, code) == result


def test_failed_installation() -> None:
    """Versions that do not fit together prove nothing, while an unreachable index is a failure."""
    none_fits = "(from versions: 4.5.60, 4.5.61)\nERROR: No matching distribution found for ccxt==4.5.99"
    unreachable = "(from versions: none)\nERROR: No matching distribution found for hatchling"
    assert refused(none_fits).passed is None
    assert refused("ERROR: ResolutionImpossible: for help visit").passed is None
    assert refused(unreachable).passed is False
    assert refused("error: command 'gcc' failed").passed is False


def test_table() -> None:
    """The table is Markdown, with an empty cell for each pair that was not run."""
    results = {
        ("3.10", "4.5.60"): Result("5 passed", True),
        ("3.11", "4.5.90"): Result("does not install", None),
    }
    assert table(["3.10", "3.11"], ["4.5.60", "4.5.90"], results).splitlines() == [
        "| Python | ccxt 4.5.60 | ccxt 4.5.90 |",
        "| --- | --- | --- |",
        "| 3.10 | 5 passed |  |",
        "| 3.11 |  | does not install |",
    ]
