"""Replay the cassettes in sync and async, without sending: record mode none, and no sockets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ccxt_bingx_ext import bingx
from ccxt_bingx_ext.simulator import Simulator
from tools.recording.live import Far, record_live
from tools.recording.play import play
from tools.recording.record import ALL, record, record_again
from tools.recording.scenarios import KEY, SCENARIOS, SECRET, Scenario
from tools.recording.speaks import SPEAKS
from tools.recording.tape import CASSETTES, tape, timeless

from .helpers import OURS

by_name = pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.name)


@by_name
def test_replay(scenario: Scenario, world: str) -> None:
    """Each class sends what was recorded and reports what the scenario expects."""
    with tape().use_cassette(str(CASSETTES / f"{scenario.name}.yaml")) as cassette:
        play(scenario, OURS[world], {})
        assert cassette.all_played
        assert scenario.requests in (len(cassette), None)


@by_name
def test_fresh_recording(scenario: Scenario, tmp_path: Path, loopback: None) -> None:
    """A fresh recording equals the stored cassette, apart from times."""
    fresh = record(scenario, tmp_path)
    assert timeless(fresh) == timeless(CASSETTES / f"{scenario.name}.yaml")


def test_recording_again(tmp_path: Path, loopback: None) -> None:
    """Recording again replaces a cassette only if more than times differ."""
    scenario = next(one for one in SCENARIOS if one.name == "timestamp")
    kept, changed = CASSETTES / "timestamp.yaml", CASSETTES / "two_canceled.yaml"
    for stored, is_kept in ((kept, True), (changed, False)):
        path = tmp_path / "timestamp.yaml"
        path.write_bytes(stored.read_bytes())
        assert record_again(scenario, tmp_path) == path
        assert (path.read_bytes() == stored.read_bytes()) is is_kept
        assert timeless(path) == timeless(kept)
    assert [path.name for path in tmp_path.iterdir()] == ["timestamp.yaml"]


def test_first_recording(tmp_path: Path, loopback: None) -> None:
    """The first recording of a scenario writes its cassette, into a folder that may not exist yet."""
    path = record_again(SCENARIOS[0], tmp_path / "new")
    assert timeless(path) == timeless(CASSETTES / path.name)


def test_every_cassette_has_a_scenario() -> None:
    """Every cassette belongs to a scenario."""
    names = {scenario.name for scenario in ALL}
    assert {path.stem for path in CASSETTES.glob("*.yaml")} == names


def test_literal_payloads_are_named_by_source() -> None:
    """Each scenario of a literal payload has a unique name, which begins with the source."""
    assert len({scenario.name for scenario in ALL}) == len(ALL)
    assert all(one.name.startswith(f"{one.source}_") for one in SPEAKS)
    assert {one.source for one in SPEAKS} == {"documented", "captured"}


@pytest.mark.parametrize("path", sorted(CASSETTES.rglob("*.yaml")), ids=lambda path: path.name)
def test_no_secrets_in_cassettes(path: Path) -> None:
    """No cassette holds a key, a secret or a signature."""
    text = path.read_text()
    assert KEY not in text
    assert SECRET not in text
    assert not re.search(r"\b[0-9a-f]{64}\b", text)
    for header in re.findall(r"X-BX-APIKEY:\s*- (\S+)", text, re.IGNORECASE):
        assert header == "MASKED"


def test_unrecorded_request() -> None:
    """A request with other ids does not replay (vcrpy's default would allow it)."""
    stored = next(scenario for scenario in SCENARIOS if scenario.name == "two_canceled")
    other = Scenario("other", ids=[stored.ids[0], "5"], statuses=stored.statuses)
    with tape().use_cassette(str(CASSETTES / "two_canceled.yaml")), pytest.raises(Exception, match="5"):
        play(other, OURS["sync"], {})


FAR = [Far("BTC/USDT", 20_000, 0.001), Far("BTC/USDT:USDT", 20_000, 0.001), Far("BTC/USD:BTC", 20_000, 1)]


def test_live_recorder(loopback: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The live recorder tries every way on every kind of market, and leaves no order open and no secret."""
    with Simulator(limits=None, same_order_seconds=None) as simulator:
        exchange = bingx({**simulator.ccxt_config(), "enableRateLimit": False})
        exchange.fetch_ticker = lambda symbol: {"last": 50_000.0}
        exchange.load_markets()
        paths = record_live(tmp_path, FAR, exchange, pause=0)
        statuses = {order.status for order in simulator.orders()}
    assert len(paths) == len(set(paths)) == 22
    for path in paths:
        text = path.read_text()
        assert "cancelOrder" in text or "batchOrders" in text
        assert simulator.api_key not in text
        assert not re.search(r"\b[0-9a-f]{64}\b", text)
    assert statuses == {"CANCELED"}
    told = capsys.readouterr().out
    assert "live_process_0_refused: OrderNotFound" in told or "live_process_0_refused: BadRequest" in told
    assert "live_form_json: code 0" in told
    assert "live_failed_client_id: code 0 '', failed: [{'clientOrderID': 'nobody_1'" in told
    assert "live_inverse_client_order_ID: code 100400" in told
    assert "MAY STILL BE LIVE" not in told


def test_live_recorder_price(simulator: Simulator, tmp_path: Path) -> None:
    """The live recorder refuses a price near the market, where its orders could fill."""
    exchange = bingx(simulator.ccxt_config())
    exchange.fetch_ticker = lambda symbol: {"last": 50_000.0}
    with pytest.raises(SystemExit, match="too near"):
        record_live(tmp_path, [Far("BTC/USDT", 49_000, 0.001)], exchange)
    assert simulator.orders() == []
