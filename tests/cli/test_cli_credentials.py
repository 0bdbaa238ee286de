"""Where keys come from, and which exchange they open."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccxt_bingx_ext import bingx
from ccxt_bingx_ext.cli.credentials import SIMULATORS_OWN, Keys, hidden, open_exchange, read_keys
from ccxt_bingx_ext.cli.usage import BadUsage
from ccxt_bingx_ext.simulator import Simulator

ENVIRONMENT = {"BINGX_APIKEY": "live-key", "BINGX_SECRET": "live-secret"}


def keys_file(folder: Path, text: str, mode: int = 0o600) -> str:
    path = folder / "keys.json"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_keys_of_the_environment() -> None:
    """BINGX_APIKEY and BINGX_SECRET, both."""
    assert read_keys(None, None, ENVIRONMENT) == Keys("live-key", "live-secret")
    with pytest.raises(BadUsage, match="no keys"):
        read_keys(None, None, {"BINGX_APIKEY": "live-key"})


def test_keys_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file counts before the environment; one that others may read is warned of."""
    text = '{"apiKey": "file-key", "secret": "file-secret"}'
    assert read_keys(keys_file(tmp_path, text), None, ENVIRONMENT) == Keys("file-key", "file-secret")
    assert capsys.readouterr().err == ""
    path = keys_file(tmp_path, text, 0o640)
    assert read_keys(path, "http://127.0.0.1:8000", ENVIRONMENT) == Keys("file-key", "file-secret")
    assert capsys.readouterr().err == f"warning: others may read {path}: chmod 600 {path}\n"


def test_a_simulator_is_not_shown_the_keys_of_the_environment() -> None:
    """They may be live ones; a simulator has its own."""
    simulator = Simulator()
    keys = read_keys(None, "http://127.0.0.1:8000", ENVIRONMENT)
    assert keys == Keys(simulator.api_key, simulator.secret)
    assert {"apiKey": simulator.api_key, "secret": simulator.secret} == SIMULATORS_OWN


@pytest.mark.parametrize("text", ["", "hush-hush", '"hush-hush"', '{"apiKey": "hush-hush"}', '{"secret": 1}'])
def test_a_keys_file_of_another_form(text: str, tmp_path: Path) -> None:
    """It is refused, and not quoted."""
    with pytest.raises(BadUsage, match=r"keys\.json is not") as raised:
        read_keys(keys_file(tmp_path, text), None, {})
    assert "hush" not in str(raised.value)


def test_a_keys_file_that_is_missing() -> None:
    """It is named."""
    with pytest.raises(BadUsage, match=r"the keys file missing\.json cannot be read: No such file"):
        read_keys("missing.json", None, {})


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://127.0.0.1:8000/", "http://localhost:1", "http://[::1]:1"]
)
def test_a_simulator_on_this_machine(url: str) -> None:
    """All of ccxt's URLs lead there."""
    exchange = open_exchange(bingx, Keys("key", "secret"), url)
    assert set(exchange.urls["api"].values()) == {f"{url.rstrip('/')}/openApi"}


@pytest.mark.parametrize(
    "url",
    [
        "https://open-api.bingx.com",
        "http://10.0.0.1:8000",
        "http://127.0.0.1.example.com",
        "https://127.0.0.1:8000",
        "http://127.0.0.1/other",
        "http://127.0.0.1/?other",
        "http://[",
        "127.0.0.1:8000",
        "",
    ],
)
def test_a_simulator_elsewhere_is_refused(url: str) -> None:
    """Where nobody is asked before cancelling, the live exchange must not be meant."""
    with pytest.raises(BadUsage, match=r"is not http://127\.0\.0\.1:PORT"):
        open_exchange(bingx, Keys("key", "secret"), url)


def test_without_a_simulator_it_is_the_live_exchange() -> None:
    """ccxt's own URLs."""
    exchange = open_exchange(bingx, Keys("key", "secret"), None)
    assert exchange.urls == bingx().urls


def test_hiding_what_is_too_short_to_be_a_secret_would_spoil_the_text() -> None:
    """A key of the exchange is hidden, one of three letters is none."""
    exchange = open_exchange(bingx, Keys("key", "a-real-secret"), None)
    assert hidden("key a-real-secret", exchange) == "key ***"


@pytest.mark.parametrize("bad", ["quux\n", " quux", "qu\u00e4x", "qu ux"])
def test_a_key_that_was_copied_badly_is_refused_unshown(bad: str) -> None:
    """The libraries below would refuse it in words that show it."""
    for environment in (
        {"BINGX_APIKEY": bad, "BINGX_SECRET": "s"},
        {"BINGX_APIKEY": "k", "BINGX_SECRET": bad},
    ):
        with pytest.raises(BadUsage, match="copy it again") as caught:
            read_keys(None, None, environment)
        assert bad not in str(caught.value)


@pytest.mark.parametrize("url", ["http://example.com\\@127.0.0.1:1", "http://127.0.0.1@example.com:1"])
def test_a_simulator_is_on_this_machine_however_the_url_is_read(url: str) -> None:
    """What one library takes for the host another takes for the user."""
    with pytest.raises(BadUsage, match="--simulator is not"):
        open_exchange(bingx, Keys("k", "s"), url)
