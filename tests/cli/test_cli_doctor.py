"""`doctor` against a healthy and a faulty simulator, and its verdicts on responses that we never saw."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ccxt.base.errors import (
    AuthenticationError,
    BadRequest,
    BaseError,
    ExchangeError,
    InvalidNonce,
    OperationFailed,
    PermissionDenied,
    RequestTimeout,
)

from ccxt_bingx_ext import bingx
from ccxt_bingx_ext._bingx.errors import Response, attach_response
from ccxt_bingx_ext.cli import checks, main
from ccxt_bingx_ext.cli.checks import Check
from ccxt_bingx_ext.cli.doctor import examine
from ccxt_bingx_ext.simulator import Simulator

NAMES = ["host", "clock", "key", "IP whitelist", "permission", "JSON form", "limit headers"]

Seen = dict[str, tuple[str, str]]


def examined(simulator: Simulator, **config: Any) -> Seen:
    """Verdict and detail of each check. doctor runs the checks in the same order every time."""
    done = list(examine(bingx(simulator.ccxt_config(**config)), "BTC-USDT"))
    assert [check.name for check in done] == NAMES
    return {check.name: (check.verdict, check.detail) for check in done}


def verdicts(seen: Seen) -> list[str]:
    return [verdict for verdict, _ in seen.values()]


def with_key(simulator: Simulator, **rights: Any) -> dict[str, str]:
    simulator.add_account("another-key", "another-secret", "1000002", **rights)
    return {"apiKey": "another-key", "secret": "another-secret"}


def test_all_is_well(bingx_simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """With everything in order doctor sends three requests, cancels nothing and exits with 0."""
    order = bingx_simulator.place()
    assert main(["doctor", "--simulator", bingx_simulator.url]) == 0
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["ok"] * 7
    assert "a rest in ms" in lines[-1]
    assert captured.err == ""
    asked = [request.endpoint.rpartition("/")[2] for request in bingx_simulator.requests]
    assert asked == ["time", "query", "cancelOrders"]
    assert bingx_simulator.status(order.order_id) == "PENDING"


def test_json(bingx_simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """--json prints one document, and --symbol chooses the symbol of the requests."""
    assert main(["doctor", "--json", "--symbol", "ETH/USDT", "--simulator", bingx_simulator.url]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["ok"] is True
    assert [one["name"] for one in printed["checks"]] == NAMES
    assert {request.params.get("symbol") for request in bingx_simulator.requests[1:]} == {"ETH-USDT"}


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
    """When the host is unreachable, doctor skips all other checks."""
    bingx_simulator.stop()
    seen = examined(bingx_simulator)
    assert verdicts(seen) == ["not ok"] + ["skipped"] * 6
    assert "look at network and proxy" in seen["host"][1]


@pytest.mark.parametrize(("ahead", "words"), [(-8000, "ahead of"), (8000, "behind")])
def test_clock_off(bingx_simulator: Simulator, ahead: int, words: str) -> None:
    """doctor says how far the clock is off, and checks the rest at the exchange's own time."""
    bingx_simulator.clock_offset_ms = ahead
    seen = examined(bingx_simulator)
    assert verdicts(seen) == ["ok", "not ok"] + ["ok"] * 5
    assert words in seen["clock"][1]
    assert abs(int(seen["clock"][1].split()[0]) - 8000) < 500


def test_unknown_key(bingx_simulator: Simulator) -> None:
    """For an unknown key doctor skips the checks that depend on the key."""
    seen = examined(bingx_simulator, apiKey="unknown")
    assert verdicts(seen) == ["ok", "ok", "not ok"] + ["skipped"] * 4
    assert "does not know this API key" in seen["key"][1]


def test_wrong_secret(bingx_simulator: Simulator) -> None:
    """doctor reports a wrong secret differently from an unknown key."""
    assert "secret seems not to belong to the key" in examined(bingx_simulator, secret="wrong")["key"][1]


def test_ip_whitelist(bingx_simulator: Simulator) -> None:
    """doctor reports an address that is not on the whitelist of the key."""
    seen = examined(bingx_simulator, **with_key(bingx_simulator, allowed_ips=["10.0.0.1"]))
    assert verdicts(seen) == ["ok", "ok", "ok", "not ok"] + ["skipped"] * 3
    assert "add this machine's address" in seen["IP whitelist"][1]


def test_key_without_trading(bingx_simulator: Simulator) -> None:
    """doctor names the missing permission to trade and skips the check of the JSON form."""
    seen = examined(bingx_simulator, **with_key(bingx_simulator, permissions=["read"]))
    assert verdicts(seen) == ["ok", "ok", "ok", "ok", "not ok", "skipped", "ok"]
    assert "Spot Trading" in seen["permission"][1]
    assert seen["limit headers"][1].startswith("none")


def test_key_without_reading(bingx_simulator: Simulator) -> None:
    """doctor names the missing permission to read and still checks the cancel."""
    seen = examined(bingx_simulator, **with_key(bingx_simulator, permissions=["spot"]))
    assert verdicts(seen) == ["ok", "ok", "not ok", "ok", "ok", "ok", "ok"]
    assert "permission Read" in seen["key"][1]


REFUSED_AS_JSON = '{"code":100421,"msg":"null timestamp or timestamp mismatch","debugMsg":""}'


def test_refused_json(bingx_simulator: Simulator) -> None:
    """When the exchange refuses JSON and accepts the query form, doctor recommends the query form."""
    bingx_simulator.faults.add("canned", body=REFUSED_AS_JSON)
    seen = examined(bingx_simulator)
    assert verdicts(seen) == ["ok"] * 5 + ["not ok", "ok"]
    assert "use requestFormat query" in seen["JSON form"][1]
    assert [request.form for request in bingx_simulator.requests[2:]] == ["json", "query"]


def test_refused_forms(bingx_simulator: Simulator) -> None:
    """When the exchange refuses both forms, doctor shows both responses."""
    bingx_simulator.faults.add("canned", body=REFUSED_AS_JSON, times=2)
    seen = examined(bingx_simulator)
    assert verdicts(seen) == ["ok"] * 4 + ["not ok", "not ok", "ok"]
    assert "neither form" in seen["JSON form"][1]
    assert "null timestamp" in seen["permission"][1]


def test_ban(bingx_simulator: Simulator) -> None:
    """doctor draws no conclusion about the form from a ban and sends no further request."""
    bingx_simulator.faults.add("ban", seconds=60)
    seen = examined(bingx_simulator)
    assert verdicts(seen) == ["ok"] * 4 + ["not ok", "skipped", "ok"]
    assert "wait and try again" in seen["permission"][1]
    assert len(bingx_simulator.arrivals()) == 1


def test_lost_response(bingx_simulator: Simulator) -> None:
    """doctor draws no conclusion about the form from a lost response."""
    bingx_simulator.faults.add("drop")
    seen = examined(bingx_simulator)
    assert verdicts(seen) == ["ok"] * 4 + ["not ok", "skipped", "ok"]
    assert "no answer, try again" in seen["permission"][1]
    assert seen["limit headers"][1].startswith("none")


@pytest.mark.parametrize(
    "body", ["<html>", '{"code":0,"data":{}}', '{"code":0,"data":{"orders":[{}],"fails":[{}]}}']
)
def test_unexpected_response(bingx_simulator: Simulator, body: str) -> None:
    """An unexpected response is not ok, and doctor tries the other form."""
    bingx_simulator.faults.add("canned", body=body)
    assert verdicts(examined(bingx_simulator)) == ["ok"] * 5 + ["not ok", "ok"]


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
    ("answer", "words"),
    [
        (refused(InvalidNonce, "100421"), "set the clock"),
        (RequestTimeout("no answer"), "no answer, try again"),
        (refused(ExchangeError, "1"), "not the one expected (the words)"),
        ("", "not the one expected (str)"),
    ],
)
def test_key_without_verdict(answer: Any, words: str) -> None:
    """doctor does not call a key wrong if the response says nothing about the key."""
    (verdict,) = checks.key(answer)
    assert (verdict.name, verdict.verdict) == ("key", "not ok")
    assert verdict.detail.startswith("not told")
    assert words in verdict.detail


NOW = 1700000000.0


@pytest.mark.parametrize(
    ("expire", "unit"),
    [
        ("1700000001000", "an epoch in ms"),
        ("1700000001", "an epoch in s"),
        ("1", "a rest in s, it seems"),
        ("650", "a rest in ms, it seems"),
        ("60000", "in no unit that fits a window of 1 s"),
        ("-1", "in no unit that fits a window of 1 s"),
        ("soon", "no time"),
        (None, "no time"),
    ],
)
def test_unit_of_expire_header(expire: str | None, unit: str) -> None:
    """doctor guesses the unit of the expire header from a window of one second."""
    headers = {"X-RateLimit-Requests-Remain": "1"}
    if expire is not None:
        headers["X-RateLimit-Requests-Expire"] = expire
    assert checks.limit_headers(headers, NOW) == Check(
        "limit headers", "ok", f"remain 1, expire {expire}: {unit}"
    )


def test_no_limit_headers() -> None:
    """Without a response doctor reports that it saw no limit headers."""
    assert checks.limit_headers(None, NOW).detail.startswith("none")
