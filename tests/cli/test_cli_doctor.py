"""`doctor` against a healthy and a faulty simulator, and its verdicts on responses that we never saw."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import Any

import ccxt
import pytest
from ccxt.base.errors import (
    AuthenticationError,
    BadRequest,
    BaseError,
    DDoSProtection,
    ExchangeError,
    InvalidNonce,
    NetworkError,
    OperationFailed,
    PermissionDenied,
    RequestTimeout,
)

from ccxt_bingx_ext import __version__, bingx
from ccxt_bingx_ext._bingx.errors import Response, attach_response
from ccxt_bingx_ext._ccxt_releases import LOWEST
from ccxt_bingx_ext.cli import checks, doctor, main
from ccxt_bingx_ext.cli.checks import Check
from ccxt_bingx_ext.cli.doctor import examine
from ccxt_bingx_ext.simulator import Simulator

INSTALLED = ["versions", "optional"]
BEFORE = ["host", "clock", "symbol"]
SPOT = ["permission", "JSON form", "rate limit"]
SWAP = ["swap look-up", "swap cancel"]
NAMES = [*BEFORE, "key", "IP whitelist", *SPOT, *SWAP]

Seen = dict[str, tuple[str, str]]


def examined(simulator: Simulator, symbol: str = "BTC/USDT", **config: Any) -> Seen:
    """Verdict and detail of each check. doctor runs the checks in the same order every time."""
    done = list(examine(bingx(simulator.ccxt_config(**config)), symbol))
    assert [check.name for check in done if check.name not in ("ban", "response")] == NAMES
    return {check.name: (check.verdict, check.detail) for check in done}


def failed(seen: Seen) -> list[str]:
    return [name for name, (verdict, _) in seen.items() if verdict == "not ok"]


def skipped(seen: Seen) -> list[str]:
    return [name for name, (verdict, _) in seen.items() if verdict == "skipped"]


def with_key(simulator: Simulator, **rights: Any) -> dict[str, str]:
    simulator.add_account("another-key", "another-secret", "1000002", **rights)
    return {"apiKey": "another-key", "secret": "another-secret"}


def test_all_is_well(bingx_simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """With everything in order doctor sends six requests, cancels nothing and exits with 0."""
    orders = [bingx_simulator.place(), bingx_simulator.place(market="linear")]
    assert main(["doctor", "--simulator", bingx_simulator.url]) == 0
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["ok"] * 12
    assert "requests left in this window: 1; it ends in " in lines[9]
    assert captured.err == ""
    asked = [request.endpoint.rpartition("/")[2] for request in bingx_simulator.requests]
    assert asked == ["time", "symbols", "query", "cancelOrders", "order", "batchOrders"]
    assert {bingx_simulator.status(one.order_id) for one in orders} == {"PENDING"}


def test_json(bingx_simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """--json prints one document, --symbol chooses the spot market, --skip-swap leaves out swaps."""
    words = ["--json", "--symbol", "ETH/USDT", "--skip-swap", "--simulator", bingx_simulator.url]
    assert main(["doctor", *words]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["ok"] is True
    assert [one["name"] for one in printed["checks"]] == [*INSTALLED, *NAMES[:-2]]
    assert {request.params.get("symbol") for request in bingx_simulator.requests[2:]} == {"ETH-USDT"}


@pytest.mark.parametrize("width", [60, 80])
def test_width(bingx_simulator: Simulator, monkeypatch: Any, capsys: Any, width: int) -> None:
    """No line of doctor is wider than the terminal, and details go on below themselves."""
    monkeypatch.setenv("COLUMNS", str(width))
    bingx_simulator.faults.add("canned", body=REFUSED_AS_JSON, times=2)
    assert main(["doctor", "--simulator", bingx_simulator.url]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert all(line[:7].strip() in ("ok", "not ok", "skipped", "") for line in lines)


def test_optional_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """doctor names versions, and says which optional package is missing."""
    monkeypatch.setattr(doctor, "_OPTIONAL", {"ccxt": "everything", "no-such-package": "nothing"})
    versions, optional = doctor.installed()
    assert versions.detail.startswith(f"ccxt-bingx-ext {__version__} (ccxt {ccxt.__version__}, Python 3.")
    assert optional.detail == (
        f"ccxt {metadata.version('ccxt')} (for everything); no-such-package is not installed (for nothing)"
    )


def test_old_ccxt(bingx_simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """doctor is not content with a ccxt below the supported ones, and says what to install."""
    monkeypatch.setattr(ccxt, "__version__", "4.5.27")
    assert main(["doctor", "--json", "--simulator", bingx_simulator.url]) == 1
    result = json.loads(capsys.readouterr().out)
    (bad,) = [check for check in result["checks"] if check["verdict"] == "not ok"]
    assert bad["name"] == "versions"
    assert "(ccxt 4.5.27, Python" in bad["detail"]
    assert f"pip install 'ccxt>={LOWEST},<5'" in bad["detail"]


def test_keys_are_hidden(bingx_simulator: Simulator, tmp_path: Path, capsys: Any) -> None:
    """doctor hides the keys, also when the exchange repeats them."""
    file = tmp_path / "keys.json"
    file.write_text('{"apiKey": "an-unknown-key", "secret": "an-unknown-secret"}')
    file.chmod(0o600)
    bingx_simulator.add_account("an-unknown-key", "an-unknown-secret", "1000002")
    body = '{"code": 100413, "msg": "an-unknown-key"}'
    bingx_simulator.faults.add("canned", body=body, path="trade/query")
    words = ["--simulator", bingx_simulator.url, "--keys-file", str(file)]
    assert main(["doctor", *words]) == 1
    out = capsys.readouterr().out
    assert "an-unknown" not in out
    assert "does not know this API key" in out


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('{"code": 100413, "msg": "no \x9b31m\u202e\u2066key\x7f"}', "application/json"),
        ("\x1b[2Jno \x9b31m\u202e\u2066\rkey\x7f", "text/plain"),
    ],
    ids=["JSON", "text"],
)
def test_escape_sequences(bingx_simulator: Simulator, body: str, content_type: str, capsys: Any) -> None:
    """doctor shows control characters and bidi overrides as escapes: they do not reach the terminal."""
    bingx_simulator.faults.add("canned", body=body, content_type=content_type, status=400, path="trade/query")
    assert main(["doctor", "--simulator", bingx_simulator.url]) == 1
    out = capsys.readouterr().out
    assert all(line.isprintable() for line in out.split("\n"))
    assert "\\x9b31m\\u202e\\u2066" in out


@pytest.mark.parametrize("symbol", ["BTC/USDT:USDT", "BTC-USDT", "btc/usdt", ""])
def test_bad_symbol(symbol: str, capsys: pytest.CaptureFixture[str]) -> None:
    """doctor exits with 64 for a symbol that is not a spot symbol."""
    assert main(["doctor", "--symbol", symbol]) == 64
    assert "not a spot symbol" in capsys.readouterr().err


def test_unreachable_host(bingx_simulator: Simulator) -> None:
    """When the host is unreachable, doctor says why and skips all other checks."""
    bingx_simulator.stop()
    seen = examined(bingx_simulator)
    assert (failed(seen), skipped(seen)) == (["host"], NAMES[1:])
    assert seen["host"][1].endswith("does not answer: the connection was refused: nothing listens there")


def test_simulator_not_started(bingx_simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """If no simulator listens at the URL, doctor says how to start one there."""
    bingx_simulator.stop()
    assert main(["doctor", "--skip-swap", "--simulator", bingx_simulator.url]) == 1
    out = capsys.readouterr().out
    assert f"Start one: ccxt-bingx-ext simulate --port {bingx_simulator.port}\n" in out
    assert "swap" not in out


@pytest.mark.parametrize("status", [403, 504])
def test_host_that_refuses(bingx_simulator: Simulator, status: int) -> None:
    """A host that answers with an error is not called dead, and its page is not shown."""
    bingx_simulator.faults.add("http", status=status, path="server/time", times=None)
    seen = examined(bingx_simulator)
    assert (failed(seen), skipped(seen)) == (["host"], NAMES[1:])
    assert seen["host"][1].endswith(f"/openApi answers with HTTP {status}: try again later")
    assert seen["clock"][1] == "depends on host"


def test_host_that_refuses_with_words(bingx_simulator: Simulator) -> None:
    """If the host says why it refuses, doctor shows the words."""
    body = '{"code": 100410, "msg": "too many requests"}'
    bingx_simulator.faults.add("canned", body=body, status=429, path="server/time", times=None)
    detail = examined(bingx_simulator)["host"][1]
    assert detail.endswith("answers with HTTP 429: too many requests (code 100410)")


def test_unknown_symbol(bingx_simulator: Simulator) -> None:
    """doctor blames an unknown symbol on the symbol, and not on the key."""
    seen = examined(bingx_simulator, "NONE/SUCH")
    assert (failed(seen), skipped(seen)) == (["symbol"], NAMES[3:-2])
    assert seen["key"][1] == "depends on symbol"
    assert seen["symbol"][1] == "the exchange has no spot market NONE/SUCH: name another --symbol"


@pytest.mark.parametrize("body", ["[]", '{"code":0,"data":[]}', '{"code":0,"data":{"symbols":["odd"]}}'])
def test_odd_list_of_markets(bingx_simulator: Simulator, body: str) -> None:
    """doctor survives a list of markets that is not the documented one."""
    bingx_simulator.faults.add("canned", body=body, path="common/symbols")
    assert failed(examined(bingx_simulator)) == ["symbol"]


@pytest.mark.parametrize("status", [403, 504])
def test_list_of_markets_is_refused(bingx_simulator: Simulator, status: int) -> None:
    """If a gateway answers in place of the list of markets, doctor names the status, and checks swaps."""
    bingx_simulator.faults.add("http", status=status, path="common/symbols")
    seen = examined(bingx_simulator)
    assert (failed(seen), skipped(seen)) == (["symbol"], NAMES[3:-2])
    assert seen["symbol"][1] == f"the list of markets cannot be read: HTTP {status}"


def test_no_swaps_without_a_symbol(bingx_simulator: Simulator) -> None:
    """--skip-swap omits the swap checks of an unknown symbol, too."""
    exchange = bingx(bingx_simulator.ccxt_config())
    names = [check.name for check in examine(exchange, "NONE/SUCH", swap=False)]
    assert names == NAMES[:-2]


def test_list_of_markets_is_lost(bingx_simulator: Simulator) -> None:
    """doctor says so if the list of markets cannot be read."""
    bingx_simulator.faults.add("drop", path="common/symbols")
    seen = examined(bingx_simulator)
    assert seen["symbol"][1].startswith("the list of markets cannot be read: the connection broke")


def test_banned_look_up(bingx_simulator: Simulator) -> None:
    """doctor blames a ban neither on the key nor on the permission."""
    bingx_simulator.faults.add("ban", seconds=60, path="trade/query")
    seen = examined(bingx_simulator)
    assert (failed(seen), skipped(seen)) == (["ban"], NAMES[3:])
    assert "wait, then run doctor again" in seen["ban"][1]
    assert {seen[name][1] for name in (*SPOT, *SWAP)} == {"the exchange did not judge the key"}


def test_lost_look_up(bingx_simulator: Simulator) -> None:
    """doctor does not blame the key for a response that a gateway has lost."""
    bingx_simulator.faults.add("http", status=504, path="trade/query", times=None)
    seen = examined(bingx_simulator)
    assert (failed(seen), skipped(seen)) == (["response"], NAMES[3:])
    assert {seen[name][1] for name in (*SPOT, *SWAP)} == {"the exchange did not judge the key"}


@pytest.mark.parametrize(("ahead", "words"), [(-8000, "ahead of"), (8000, "behind")])
def test_clock_off(bingx_simulator: Simulator, ahead: int, words: str) -> None:
    """doctor says how far the clock is off, and checks the rest at the exchange's own time."""
    bingx_simulator.clock_offset_ms = ahead
    seen = examined(bingx_simulator)
    assert (failed(seen), skipped(seen)) == (["clock"], [])
    assert words in seen["clock"][1]
    assert "The plugin then measures the difference and sends the request again" in seen["clock"][1]
    assert abs(int(seen["clock"][1].split()[0]) - 8000) < 500


def test_unknown_key(bingx_simulator: Simulator) -> None:
    """For an unknown key doctor skips the checks that depend on the key."""
    seen = examined(bingx_simulator, apiKey="unknown")
    assert (failed(seen), skipped(seen)) == (["key"], NAMES[4:])
    assert {seen[name][1] for name in (*SPOT, *SWAP)} == {"the exchange does not accept the key here"}
    assert "does not know this API key" in seen["key"][1]


def test_wrong_secret(bingx_simulator: Simulator) -> None:
    """doctor reports a wrong secret differently from an unknown key."""
    assert "secret does not seem to belong to the key" in examined(bingx_simulator, secret="wrong")["key"][1]


def test_ip_whitelist(bingx_simulator: Simulator) -> None:
    """doctor reports an address that is not on the whitelist of the key."""
    seen = examined(bingx_simulator, **with_key(bingx_simulator, allowed_ips=["10.0.0.1"]))
    assert (failed(seen), skipped(seen)) == (["IP whitelist"], NAMES[5:])
    assert "add this machine's address" in seen["IP whitelist"][1]


def test_key_without_trading(bingx_simulator: Simulator) -> None:
    """doctor names the missing permissions to trade and skips the check of the JSON form."""
    seen = examined(bingx_simulator, **with_key(bingx_simulator, permissions=["read"]))
    assert (failed(seen), skipped(seen)) == (["permission", "swap cancel"], ["JSON form"])
    assert "Spot Trading" in seen["permission"][1]
    assert "Perpetual Futures Trading, or --skip-swap" in seen["swap cancel"][1]
    assert seen["rate limit"][1].startswith("the response does not mention it")


def test_key_without_reading(bingx_simulator: Simulator) -> None:
    """doctor names the missing permission to read and still checks the cancel."""
    seen = examined(bingx_simulator, **with_key(bingx_simulator, permissions=["spot"]))
    assert (failed(seen), skipped(seen)) == (["key", "swap look-up"], ["swap cancel"])
    assert "permission Read" in seen["key"][1]
    assert "permission Read" in seen["swap look-up"][1]


def test_lost_response_on_swaps(bingx_simulator: Simulator) -> None:
    """doctor draws no conclusion about swaps from a lost response."""
    bingx_simulator.faults.add("drop", path="swap/v2/trade/batchOrders")
    seen = examined(bingx_simulator)
    assert (failed(seen), skipped(seen)) == (["response"], ["swap cancel"])
    assert seen["response"][1].startswith("swap cancel: no response, run doctor again (the connection broke")


REFUSED_AS_JSON = '{"code":100421,"msg":"null timestamp or timestamp mismatch","debugMsg":""}'


def test_refused_json(bingx_simulator: Simulator) -> None:
    """When the exchange refuses JSON and accepts the query form, doctor recommends the query form."""
    bingx_simulator.faults.add("canned", body=REFUSED_AS_JSON)
    seen = examined(bingx_simulator)
    assert (failed(seen), skipped(seen)) == (["JSON form"], [])
    assert "--request-format query" in seen["JSON form"][1]
    assert [request.form for request in bingx_simulator.requests[3:5]] == ["json", "query"]


def test_refused_forms(bingx_simulator: Simulator) -> None:
    """When the exchange refuses both forms, doctor shows both responses."""
    bingx_simulator.faults.add("canned", body=REFUSED_AS_JSON, times=2)
    seen = examined(bingx_simulator)
    assert (failed(seen), skipped(seen)) == (["response", "JSON form"], ["permission"])
    assert "neither form" in seen["JSON form"][1]
    assert "null timestamp" in seen["response"][1]


def test_ban(bingx_simulator: Simulator) -> None:
    """doctor draws no conclusion about the form from a ban and sends no further request."""
    bingx_simulator.faults.add("ban", seconds=60)
    seen = examined(bingx_simulator)
    assert (failed(seen), skipped(seen)) == (["ban"], ["permission", "JSON form"])
    assert "wait, then run doctor again" in seen["ban"][1]
    assert len(bingx_simulator.arrivals()) == 1


def test_lost_response(bingx_simulator: Simulator) -> None:
    """doctor draws no conclusion about the form from a lost response."""
    bingx_simulator.faults.add("drop")
    seen = examined(bingx_simulator)
    assert (failed(seen), skipped(seen)) == (["response"], ["permission", "JSON form"])
    assert "no response, run doctor again" in seen["response"][1]
    assert seen["rate limit"][1].startswith("the response does not mention it")


@pytest.mark.parametrize(
    "body", ["<html>", '{"code":0,"data":{}}', '{"code":0,"data":{"orders":[{}],"fails":[{}]}}']
)
def test_unexpected_response(bingx_simulator: Simulator, body: str) -> None:
    """An unexpected response is not ok, and doctor tries the other form."""
    bingx_simulator.faults.add("canned", body=body)
    assert failed(examined(bingx_simulator)) == ["JSON form"]


def refused(kind: type[BaseError], code: str | None = None, status: int = 200) -> BaseError:
    error = kind("the words")
    attach_response(error, Response(status, code, "the words"))
    return error


@pytest.mark.parametrize(
    ("answer", "about_it"),
    [
        (refused(AuthenticationError, "100001"), True),
        (refused(InvalidNonce, "100421"), True),
        (refused(ExchangeError, status=415), True),
        (refused(PermissionDenied, "100004"), False),
        (refused(OperationFailed, "100500"), False),
        (refused(ExchangeError, status=502), False),
        (refused(RequestTimeout, status=408), False),
        (refused(ExchangeError, "100503"), False),
        (refused(ExchangeError, "109500"), False),
        (refused(BadRequest, "504"), False),
        (RequestTimeout("no answer"), False),
    ],
)
def test_failures_about_the_form(answer: BaseError, about_it: bool) -> None:
    """Only refusals that may come from an unreadable body count as failures of the form."""
    assert checks.is_about_the_form(answer) is about_it


@pytest.mark.parametrize(
    ("answer", "name", "words"),
    [
        (refused(InvalidNonce, "100421"), "response", "let NTP set this machine's clock"),
        (RequestTimeout("no answer"), "response", "no response, run doctor again (it timed out)"),
        (NetworkError("odd"), "response", "no response, run doctor again (odd)"),
        (refused(ExchangeError, "1"), "response", "not the expected one (the words (code 1))"),
        (DDoSProtection("403"), "ban", "accepts no such requests for now"),
        ("", "response", "not the expected one (str)"),
    ],
)
def test_key_without_verdict(answer: Any, name: str, words: str) -> None:
    """doctor does not call a key wrong if the response says nothing about the key."""
    seen = {check.name: check for check in checks.key(answer)}
    assert seen[name].verdict == "not ok"
    assert words in seen[name].detail
    assert (seen["key"].verdict, seen["IP whitelist"].verdict) == ("skipped", "skipped")


NOW = 1700000000.0


@pytest.mark.parametrize(
    ("expire", "end"),
    [
        ("1700000001000", "in 1000 ms (the header is an epoch in ms)"),
        ("1700000001", "in 1000 ms (the header is an epoch in s)"),
        ("1", "in 1 s (the header seems to be the remaining time in s)"),
        ("650", "in 650 ms (the header seems to be the remaining time in ms)"),
        ("60000", "at a time that fits no window of 1 s (60000)"),
        ("-1", "at a time that fits no window of 1 s (-1)"),
        ("soon", "at an unreadable time (soon)"),
        (None, "at an unreadable time (None)"),
    ],
)
def test_unit_of_expire_header(expire: str | None, end: str) -> None:
    """doctor guesses the unit of the expire header from a window of one second."""
    headers = {"X-RateLimit-Requests-Remain": "1"}
    if expire is not None:
        headers["X-RateLimit-Requests-Expire"] = expire
    assert checks.rate_limit(headers, NOW) == Check(
        "rate limit", "ok", f"requests left in this window: 1; it ends {end}"
    )


def test_no_limit_headers() -> None:
    """Without a response doctor says that it saw no headers of the limit, and with one of two the other."""
    assert checks.rate_limit(None, NOW).detail.startswith("the response does not mention it")
    assert (
        "window: unknown; it ends in" in checks.rate_limit({"x-ratelimit-requests-expire": "9"}, NOW).detail
    )
