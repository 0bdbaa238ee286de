"""Where the command takes its keys from, and which exchange it opens with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccxt_bingx_ext import bingx
from ccxt_bingx_ext._simulated import KEYS
from ccxt_bingx_ext.cli.credentials import Keys, hidden, open_exchange, read_keys
from ccxt_bingx_ext.cli.usage import BadUsage
from ccxt_bingx_ext.simulator import Simulator

ENVIRONMENT = {"BINGX_APIKEY": "live-key", "BINGX_SECRET": "live-secret"}


def keys_file(folder: Path, text: str, mode: int = 0o600) -> str:
    path = folder / "keys.json"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_keys_of_environment() -> None:
    """The command takes BINGX_APIKEY and BINGX_SECRET, and needs both."""
    assert read_keys(None, None, ENVIRONMENT) == Keys("live-key", "live-secret")
    with pytest.raises(BadUsage, match="no keys"):
        read_keys(None, None, {"BINGX_APIKEY": "live-key"})


def test_keys_of_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A keys file outranks the environment, and the command warns when others may read the file."""
    text = '{"apiKey": "file-key", "secret": "file-secret"}'
    assert read_keys(keys_file(tmp_path, text), None, ENVIRONMENT) == Keys("file-key", "file-secret")
    assert capsys.readouterr().err == ""
    path = keys_file(tmp_path, text, 0o640)
    assert read_keys(path, "http://127.0.0.1:8000", ENVIRONMENT) == Keys("file-key", "file-secret")
    assert capsys.readouterr().err == f"ccxt-bingx-ext: warning: others may read {path}: chmod 600 {path}\n"


def test_keys_of_simulator() -> None:
    """A simulator gets its own keys, never the keys of the environment."""
    simulator = Simulator()
    keys = read_keys(None, "http://127.0.0.1:8000", ENVIRONMENT)
    assert keys == Keys(simulator.api_key, simulator.secret)
    assert {"apiKey": simulator.api_key, "secret": simulator.secret} == KEYS


# pytest puts the id of the parameter into the path, which the error shows.
@pytest.mark.parametrize(
    "text",
    ["", "hush-hush", '"hush-hush"', '{"apiKey": "hush-hush"}', '{"secret": 1}'],
    ids=["empty", "not JSON", "a string", "only one", "not a string"],
)
def test_malformed_keys_file(text: str, tmp_path: Path) -> None:
    """The command refuses a malformed keys file and does not quote it."""
    with pytest.raises(BadUsage, match=r"keys\.json is not") as raised:
        read_keys(keys_file(tmp_path, text), None, {})
    assert "hush" not in str(raised.value)


def test_missing_keys_file() -> None:
    """The error names the keys file that is missing."""
    with pytest.raises(BadUsage, match=r"the keys file missing\.json cannot be read: No such file"):
        read_keys("missing.json", None, {})


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://127.0.0.1:8000/", "http://localhost:1", "http://[::1]:1"]
)
def test_local_simulator(url: str) -> None:
    """--simulator sets all of ccxt's URLs to a simulator on this machine."""
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
        "http://127.0.0.1:65536",
        "http://127.0.0.1/?other",
        "http://[",
        "127.0.0.1:8000",
        "",
    ],
)
def test_remote_simulator(url: str) -> None:
    """--simulator refuses a URL that is not on this machine."""
    with pytest.raises(BadUsage, match=r"is not http://127\.0\.0\.1:PORT"):
        open_exchange(bingx, Keys("key", "secret"), url)


def test_live_exchange() -> None:
    """Without --simulator the exchange keeps ccxt's own URLs."""
    exchange = open_exchange(bingx, Keys("key", "secret"), None)
    assert exchange.urls == bingx().urls


def test_hidden() -> None:
    """hidden masks a secret and keeps a word that is too short to be a key."""
    exchange = open_exchange(bingx, Keys("key", "a-real-secret"), None)
    assert hidden("key a-real-secret", exchange) == "key ***"


@pytest.mark.parametrize("bad", ["quux\n", " quux", "qu\u00e4x", "qu ux"])
def test_badly_copied_key(bad: str) -> None:
    """The command refuses a badly copied key and does not show it."""
    for environment in (
        {"BINGX_APIKEY": bad, "BINGX_SECRET": "s"},
        {"BINGX_APIKEY": "k", "BINGX_SECRET": bad},
    ):
        with pytest.raises(BadUsage, match="copy it again") as caught:
            read_keys(None, None, environment)
        assert bad not in str(caught.value)


@pytest.mark.parametrize("url", ["http://example.com\\@127.0.0.1:1", "http://127.0.0.1@example.com:1"])
def test_ambiguous_simulator_url(url: str) -> None:
    """--simulator refuses a URL in which two libraries read two different hosts."""
    with pytest.raises(BadUsage, match="--simulator is not"):
        open_exchange(bingx, Keys("k", "s"), url)
