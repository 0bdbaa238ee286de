"""What `make compat` reads and chooses, without installing anything."""

from __future__ import annotations

import pytest

from tools.compat import Result, counted, named, refused, spread, supported, table

RELEASES = ["4.5.60", "4.5.66", "4.5.67", "4.5.74", "4.5.82", "4.5.90"]


def test_releases_outside_of_the_supported_range_are_left_out() -> None:
    """The bounds are pyproject's, and numbers are compared, not texts."""
    listed = ["5.0.1", "4.5.100", "4.5.90", "4.5.60", "4.5.59", "4.4.99"]
    assert supported(listed, 'dependencies = ["ccxt>=4.5.60,<5"]') == ["4.5.60", "4.5.90", "4.5.100"]


def test_the_chosen_releases_are_evenly_apart() -> None:
    """The lowest and the newest are always among them; few releases are all taken."""
    assert spread(RELEASES, 3) == ["4.5.60", "4.5.67", "4.5.90"]
    assert spread(RELEASES, 9) == RELEASES
    assert spread(["4.5.60"]) == ["4.5.60"]
    assert named(["newest", "4.5.74", "lowest", "4.5.90"], RELEASES) == ["4.5.60", "4.5.74", "4.5.90"]


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
def test_pytests_last_line_is_the_result(output: str, code: int, result: Result) -> None:
    """Its exit code is the verdict: that nothing was run is no pass."""
    assert counted(output, code) == result


def test_what_cannot_be_resolved_is_no_failure_but_a_lost_connection_is() -> None:
    """Versions that do not go together say nothing of this package; an unreachable index proves nothing."""
    none_fits = "(from versions: 4.5.60, 4.5.61)\nERROR: No matching distribution found for ccxt==4.5.99"
    unreachable = "(from versions: none)\nERROR: No matching distribution found for hatchling"
    assert refused(none_fits).passed is None
    assert refused("ERROR: ResolutionImpossible: for help visit").passed is None
    assert refused(unreachable).passed is False
    assert refused("error: command 'gcc' failed").passed is False


def test_the_table_is_markdown() -> None:
    """A pair that was not asked for stays empty."""
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
