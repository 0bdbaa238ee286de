"""A client whose machine stalls runs out of time by itself. Such a play proves nothing about its patience."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Final

from .judge import Finding
from .scenario import CLIENT_TIMEOUT_MS

_BEAT: Final = 0.02  # s
_WINDOW: Final = CLIENT_TIMEOUT_MS / 1000  # s
_MOST_LOST: Final = _WINDOW / 3  # s: a client still has most of its time
_MOST_PLAYS: Final = 5


@dataclass
class Stalls:
    """How late a thread wakes that sleeps all the time."""

    late: list[tuple[float, float]] = field(default_factory=list)
    """The moment of each waking, and by how much it was late, both in s."""

    @property
    def matter(self) -> bool:
        """Whether a request may have lost much of its time to them."""
        return worst_loss(self.late) > _MOST_LOST


def worst_loss(late: Sequence[tuple[float, float]]) -> float:
    """The most time, in s, that was lost within the timeout of one request."""
    recent: deque[tuple[float, float]] = deque()
    worst = 0.0
    for waking in late:
        recent.append(waking)
        while recent[0][0] <= waking[0] - _WINDOW:
            recent.popleft()
        worst = max(worst, sum(lost for _, lost in recent))
    return worst


@contextmanager
def watching() -> Iterator[Stalls]:
    """Record the stalls of this process until the block ends."""
    stalls, ended = Stalls(), Event()

    def beat() -> None:
        last = time.monotonic()
        while not ended.wait(_BEAT):
            now = time.monotonic()
            stalls.late.append((now, now - last - _BEAT))
            last = now

    thread = Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield stalls
    finally:
        ended.set()
        thread.join()


def steadily(
    play_and_judge: Callable[[], Finding],
    excused: Collection[str],
    watch: Callable[[], AbstractContextManager[Stalls]] = watching,
) -> Finding:
    """Play again, four times at most, if the machine stalled and only ``excused`` mistakes were found.

    Any other mistake counts at once: a stall does not excuse a false report.
    """
    for _ in range(_MOST_PLAYS):
        with watch() as stalls:
            finding = play_and_judge()
        if not finding.violations or not {*finding.violations} <= {*excused} or not stalls.matter:
            break
    return finding
