"""A slice of the soak (``make soak``): threads and tasks, several accounts, answers getting lost."""

from __future__ import annotations

from .audit.soak import soak
from .audit.soak_exchange import SoakRules


def test_a_soak_settles_every_id(loopback: None) -> None:
    """400 cancels, 5 % of requests going wrong: every id settled truly, the limit kept, nothing leaks."""
    report = soak(SoakRules(limit=20, fault_rate=0.05, seed=1, accounts=("one", "two")), 400)
    assert report.problems == []
    assert {name: holds for name, holds in report.verdicts().items() if not holds} == {}
    assert report.settled >= 400
    assert report.seen is not None
    assert report.seen.faults > 0
    assert report.errors > 0
    # The limit was in the way: what is never reached is never exceeded.
    assert max(report.seen.worst_windows.values()) >= 15
