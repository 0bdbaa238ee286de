"""The audit on a busy machine: which plays count, and which are played again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tools.audit.judge import MISREPORTED, NEEDLESSLY_UNCERTAIN, UNCERTAIN, Finding
from tools.audit.steady import Stalls, steadily, watching, worst_loss

STALL, HICCUP = [(0.0, 0.2)], [(0.0, 0.05)]
EXCUSED = (NEEDLESSLY_UNCERTAIN,)


def stalling(*plays: list[tuple[float, float]]) -> Callable[[], AbstractContextManager[Stalls]]:
    """A watch that sees these stalls, play by play, and the last ones from then on."""
    following = iter(plays)

    @contextmanager
    def watch() -> Iterator[Stalls]:
        yield Stalls(next(following, plays[-1]))

    return watch


@pytest.mark.parametrize(
    ("first", "stalls", "plays"),
    [
        ({NEEDLESSLY_UNCERTAIN}, STALL, 2),
        ({NEEDLESSLY_UNCERTAIN, UNCERTAIN}, STALL, 2),
        ({NEEDLESSLY_UNCERTAIN}, HICCUP, 1),
        ({NEEDLESSLY_UNCERTAIN, MISREPORTED}, STALL, 1),
        ({MISREPORTED}, STALL, 1),
        (set(), STALL, 1),
    ],
)
def test_plays_again(first: set[str], stalls: list[tuple[float, float]], plays: int) -> None:
    """Only excused mistakes during a stall are played again. The last play counts."""
    played: list[Finding] = []

    def play_and_judge() -> Finding:
        wrong = {} if played else {name: ["1"] for name in first}
        played.append(Finding(len(played), "ours", wrong))
        return played[-1]

    assert steadily(play_and_judge, EXCUSED, stalling(stalls)) is played[-1]
    assert len(played) == plays


def test_a_machine_that_always_stalls() -> None:
    """After five plays the mistake counts."""
    played: list[Finding] = []

    def play_and_judge() -> Finding:
        played.append(Finding(len(played), "ours", {NEEDLESSLY_UNCERTAIN: ["1"]}))
        return played[-1]

    assert steadily(play_and_judge, EXCUSED, stalling(STALL)).violations == [NEEDLESSLY_UNCERTAIN]
    assert len(played) == 5


def test_worst_loss() -> None:
    """Losses count together within the timeout of a request, 300 ms."""
    assert worst_loss([]) == 0
    assert worst_loss([(0.0, 0.1), (0.25, 0.1), (0.5, 0.05)]) == pytest.approx(0.2)


def test_watching() -> None:
    """One long C call keeps every other thread from running: a stall."""
    with watching() as stalls:
        sum(range(50_000_000))  # about a second, in which the interpreter's lock is held
    assert stalls.matter
