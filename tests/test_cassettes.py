"""The cassettes, replayed through sync, async and pro. Nothing is sent: record mode none, sockets refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ccxt_bingx_ext import bingx
from ccxt_bingx_ext.simulator import Simulator
from tools.recording.live import record_live
from tools.recording.play import play
from tools.recording.record import record
from tools.recording.scenarios import KEY, SCENARIOS, SECRET, Scenario
from tools.recording.tape import CASSETTES, tape

from .helpers import OURS

by_name = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


@by_name
def test_a_replayed_answer_is_told_truly(scenario: Scenario, world: str) -> None:
    """Each world asks exactly what was recorded, hears it all, and tells the bot the same."""
    with tape().use_cassette(str(CASSETTES / f"{scenario.name}.yaml")) as cassette:
        play(scenario, OURS[world], {})
        assert cassette.all_played
        assert len(cassette) == scenario.requests


@by_name
def test_a_fresh_recording_equals_the_stored_one(scenario: Scenario, tmp_path: Path, loopback: None) -> None:
    """The cassettes cannot go stale: recorded anew they are the same, times aside."""
    fresh = record(scenario, tmp_path)
    assert timeless(fresh) == timeless(CASSETTES / f"{scenario.name}.yaml")


def timeless(path: Path) -> Any:
    """A cassette's interactions without the moments at which things happened."""
    text = re.sub(r'(\w*[tT]ime\\?": ?)\d{13}', r"\g<1>0", path.read_text())
    interactions = yaml.safe_load(text)["interactions"]
    for interaction in interactions:
        for header in ("Expire", "Remain"):  # how many have left the window by then is a matter of time, too
            interaction["response"]["headers"].pop(f"X-RateLimit-Requests-{header}", None)
    return interactions


def test_every_cassette_belongs_to_a_scenario() -> None:
    """No file is left over that nothing replays."""
    assert {path.stem for path in CASSETTES.glob("*.yaml")} == {scenario.name for scenario in SCENARIOS}


@pytest.mark.parametrize("path", sorted(CASSETTES.rglob("*.yaml")), ids=lambda path: path.name)
def test_no_cassette_holds_a_key_a_secret_or_a_signature(path: Path) -> None:
    """What was sent to prove who we are is masked."""
    text = path.read_text()
    assert KEY not in text
    assert SECRET not in text
    assert not re.search(r"\b[0-9a-f]{64}\b", text)
    for header in re.findall(r"X-BX-APIKEY:\s*- (\S+)", text, re.IGNORECASE):
        assert header == "MASKED"


def test_a_request_that_was_not_recorded_is_refused() -> None:
    """The matcher looks at the body: other ids do not replay (vcrpy's default would let them)."""
    stored = next(scenario for scenario in SCENARIOS if scenario.name == "two_canceled")
    other = Scenario("other", ids=[stored.ids[0], "5"], statuses=stored.statuses)
    with tape().use_cassette(str(CASSETTES / "two_canceled.yaml")), pytest.raises(Exception, match="5"):
        play(other, OURS["sync"], {})


def test_the_live_recorder_works_and_leaves_nothing_behind(
    simulator: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Against the simulator: five cassettes, nothing secret in them, no order left open."""
    exchange = bingx({**simulator.ccxt_config(), "enableRateLimit": False})
    exchange.fetch_ticker = lambda symbol: {"last": 50_000.0}
    paths = record_live(tmp_path, "BTC/USDT", 20_000, 0.001, exchange, pause=0)
    assert len(paths) == 5
    for path in paths:
        text = path.read_text()
        assert "cancelOrders" in text
        assert simulator.api_key not in text
        assert not re.search(r"\b[0-9a-f]{64}\b", text)
    assert {order.status for order in simulator.orders()} == {"CANCELED"}
    assert "live_process_0_refused: OrderNotFound" in capsys.readouterr().out


def test_the_live_recorder_refuses_a_price_near_the_market(simulator: Simulator, tmp_path: Path) -> None:
    """Its orders must not be filled."""
    exchange = bingx(simulator.ccxt_config())
    exchange.fetch_ticker = lambda symbol: {"last": 50_000.0}
    with pytest.raises(SystemExit, match="too near"):
        record_live(tmp_path, "BTC/USDT", 49_000, 0.001, exchange)
    assert simulator.orders() == []
