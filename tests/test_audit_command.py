"""``python -m tools.audit``: which kinds it plays, what it prints, and how it exits."""

from __future__ import annotations

from typing import Any

import pytest

from tools.audit import __main__ as command
from tools.audit.clients import OUR_CLIENTS
from tools.audit.family.claims import COUNTS
from tools.audit.judge import LOST, UNCERTAIN, Finding
from tools.audit.show import report


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the scenarios that the command would play, without playing them."""
    kinds: list[str] = []

    def lists(seed: int, indexes: Any, clients: Any, jobs: int, market: str, voice: str) -> list[Finding]:
        kinds.append(f"{market} {voice}")
        return [Finding(0, one) for one in clients]

    def family(kind: str, seed: int, indexes: Any, clients: Any, jobs: int, market: Any) -> list[Finding]:
        kinds.append(f"{kind} {market}")
        return [Finding(0, one) for one in clients]

    monkeypatch.setattr(command, "audit", lists)
    monkeypatch.setattr(command, "audit_family", family)
    return kinds


LISTS = ["spot classic", "linear classic", "inverse classic", "several classic"]


@pytest.mark.parametrize(
    ("arguments", "kinds"),
    [
        ([], [*LISTS, "cancel_order None", "gather None", "cancel_all_orders None"]),
        (["--kind", "cancel_orders"], LISTS),
        (["--kind", "cancel_orders", "--exchange", "speaks", "--market", "linear"], ["linear speaks"]),
        (["--kind", "gather"], ["gather None"]),
        (["--kind", "cancel_all_orders", "--market", "inverse"], ["cancel_all_orders inverse"]),
        (["--market", "several"], ["several classic"]),
    ],
)
def test_kinds(played: list[str], arguments: list[str], kinds: list[str]) -> None:
    """Without --kind the command plays every kind, on every market of that kind."""
    assert command.main(arguments) == 0
    assert played == kinds


def test_market_of_several() -> None:
    """Only lists can be of several kinds of market."""
    with pytest.raises(SystemExit) as exited:
        command.main(["--kind", "gather", "--market", "several"])
    assert exited.value.code == 2


def test_one_lost_order_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """A violation of the plugin fails the audit, which shows how to play it. It only counts ccxt's."""
    ours, theirs, uncertain = Finding(3, OUR_CLIENTS[0]), Finding(3, "ccxt"), Finding(4, OUR_CLIENTS[0])
    ours.note(LOST, "17")
    theirs.note(LOST, "18")
    uncertain.note(UNCERTAIN, "19")
    assert not report("gather", [ours, theirs, uncertain], "--kind gather", COUNTS)
    shown = capsys.readouterr().out
    assert "lost: 17" in shown
    assert "lost: 18" not in shown
    assert "uncertain: 19" not in shown
    assert "python -m tools.audit --kind gather --replay 3" in shown
    assert report("gather", [theirs, uncertain], "--kind gather", COUNTS)


@pytest.mark.usefixtures("loopback", "without_pauses")  # the latter restores the pauses that a play sets
@pytest.mark.parametrize("kind", ["cancel_order", "gather", "cancel_all_orders", "cancel_orders"])
def test_replay(capsys: pytest.CaptureFixture[str], kind: str) -> None:
    """--replay plays one scenario with its clients, and shows the requests, the reports, and the truth."""
    assert command.main(["--kind", kind, "--replay", "0", "--only", "ours"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("true in the end") == shown.count("   wrong: ") == len(OUR_CLIENTS)
