"""`cancel` against the simulator: requests, output and exit code."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ccxt_bingx_ext import ClientOrderId
from ccxt_bingx_ext.cli import cancel, credentials, jobs, main, rehearsal
from ccxt_bingx_ext.cli.ids import Target
from ccxt_bingx_ext.cli.noting import NotingBingx
from ccxt_bingx_ext.cli.outcome import cancel_in_parts
from ccxt_bingx_ext.cli.rehearsal import RehearsingBingx
from ccxt_bingx_ext.cli.terminal import printable
from ccxt_bingx_ext.cli.usage import BadUsage
from ccxt_bingx_ext.simulator import Request, Simulator

from ..helpers import unused_port

UNKNOWN = "1735999999999999999"


class Terminal(io.StringIO):
    """A user who types the given text. No text is Ctrl-C."""

    def isatty(self) -> bool:
        return True

    def readline(self, *size: Any) -> str:  # type: ignore[override]
        if not self.getvalue():
            raise KeyboardInterrupt
        return super().readline(*size)


def cancelled(simulator: Simulator, *words: str) -> int:
    return main(["cancel", "BTC/USDT", *words, "--simulator", simulator.url])


def sent(simulator: Simulator) -> list[Request]:
    """The requests other than those for the markets."""
    return [request for request in simulator.requests if request.method == "POST"]


def document(capsys: pytest.CaptureFixture[str]) -> Any:
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out)


def test_exit_code_0(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """cancel prints one row per order, and exits with 0 if it cancelled all of them."""
    ids = [str(simulator.place().order_id) for _ in range(2)]
    simulator.place(client_order_id="mine")
    other = simulator.place(client_order_id="other")
    words = [ids[0], "--client-id", "mine", ids[1], "client:other"]
    assert cancelled(simulator, *words) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    *rows, empty, summary = [line.split() for line in captured.out.splitlines()[2:]]
    assert [row[0] for row in rows[:2]] == ids
    assert [row[1] for row in rows[2:]] == ["other", "mine"]
    assert all(row[-2:] == ["canceled", "CANCELED"] for row in rows)
    assert (empty, summary) == ([], ["4", "canceled", "of", "4"])
    assert simulator.status(other.order_id) == "CANCELED"


def test_exit_code_1(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """cancel prints the exchange's words for an order that it did not cancel, and exits with 1."""
    ids = [str(simulator.place().order_id) for _ in range(2)]
    simulator.fill(ids[1])
    assert cancelled(simulator, *ids, UNKNOWN) == 1
    out = capsys.readouterr().out
    assert out.endswith("\n1 canceled, 1 closed, 1 unknown of 3\n")
    assert f"unknown   can not find order for orderId:{UNKNOWN}" in out


def test_exit_code_2(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """cancel lists unresolved ids, prints the reason to stderr and exits with 2."""
    first = str(simulator.place().order_id)
    simulator.faults.add("ban", seconds=60, times=None)
    assert cancelled(simulator, first, "client:mine") == 2
    captured = capsys.readouterr()
    assert captured.out.count("unresolved  may be live") == 2
    assert captured.out.endswith("\n2 unresolved of 2\n")
    assert "disabled period" in captured.err
    assert (
        "Retry in 60 s\nccxt-bingx-ext: 2 unresolved. They may be live: cancel them again.\n" in captured.err
    )
    assert simulator.status(first) == "PENDING"


def test_open_order(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """An order that the exchange refuses to cancel is live: exit code 2, advice, and an id to feed back."""
    live = str(simulator.place(client_order_id="mine").order_id)
    simulator.faults.add("refuse", ids=[int(live)], code=100400, text="strange words", times=None)
    assert cancelled(simulator, live) == 2
    captured = capsys.readouterr()
    assert captured.out.endswith("\n1 open of 1\n")
    assert captured.err == "ccxt-bingx-ext: 1 open. It is live: cancel it again.\n"
    assert cancelled(simulator, "client:mine", "--json") == 2
    unresolved = document(capsys)["unresolved"]
    simulator.faults.clear()
    assert cancelled(simulator, *unresolved) == 0
    assert simulator.status(live) == "CANCELED"


def test_json(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """--json prints one document with ccxt's fields and the exchange's words, and nothing to stderr."""
    first = str(simulator.place().order_id)
    assert cancelled(simulator, first, UNKNOWN, "--json") == 1
    printed = document(capsys)
    assert [(one["id"], one["status"], one["symbol"]) for one in printed["orders"]] == [
        (first, "canceled", "BTC/USDT"),
        (UNKNOWN, None, "BTC/USDT"),
    ]
    assert "can not find order" in printed["orders"][1]["info"]["error"]
    assert (printed["symbol"], printed["unresolved"], printed["error"]) == ("BTC/USDT", [], None)


def test_json_after_an_error(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """After an error --json reports the known orders, and the other ids as unresolved."""
    ids = [str(simulator.place().order_id) for _ in range(50)]
    simulator.faults.add("ban", seconds=60, skip=1)
    assert cancelled(simulator, *ids, "client:late", UNKNOWN, "--json") == 2
    printed = document(capsys)
    assert [one["id"] for one in printed["orders"]] == ids
    assert printed["unresolved"] == ["client:late", UNKNOWN]
    assert printed["error"]["class"] == "RateLimitExceeded"


def test_unresolved_as_input(
    simulator: Simulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """--from-file - reads the unresolved ids of an earlier --json."""
    first = simulator.place(client_order_id="mine")
    simulator.faults.add("canned", body='{"code":0,"data":{}}', times=2)
    simulator.faults.add("http", status=504, path="trade/query", times=None)
    assert cancelled(simulator, "client:mine", str(first.order_id), "--json") == 2
    simulator.faults.clear()
    unresolved = document(capsys)["unresolved"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(unresolved)))
    assert cancelled(simulator, "--from-file", "-", "--json") == 0


def test_from_file(simulator: Simulator, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """--from-file skips comments and repetitions, and cancel sends a long list in parts of 50."""
    ids = [str(simulator.place().order_id) for _ in range(51)]
    file = tmp_path / "ids"
    file.write_text("# all of them\n\n" + "".join(f"{one} # open\n" for one in [*ids, *ids]))
    assert cancelled(simulator, "--from-file", str(file), f"00{ids[0]}", "--json") == 0
    assert [one["id"] for one in document(capsys)["orders"]] == ids
    counts = [request.params["orderIds"].count(",") + 1 for request in sent(simulator)]
    assert counts == [50, 1]


def test_all_or_nothing(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """--all-or-nothing sends one request, and one wrong id leaves every id unresolved."""
    ids = [str(simulator.place().order_id) for _ in range(51)]
    assert cancelled(simulator, *ids, UNKNOWN, "--all-or-nothing", "--json") == 2
    printed = document(capsys)
    assert (printed["orders"], printed["unresolved"]) == ([], [*ids, UNKNOWN])
    assert printed["error"]["class"] == "BadRequest"
    assert cancelled(simulator, *ids, "--all-or-nothing", "--json") == 0
    assert [request.params["process"] for request in sent(simulator)] == ["0", "0"]


@pytest.mark.parametrize(("form", "words"), [("json", []), ("query", ["--request-format", "query"])])
def test_request_format(simulator: Simulator, form: str, words: list[str]) -> None:
    """--request-format chooses the form of the request, and JSON is the default."""
    assert cancelled(simulator, str(simulator.place().order_id), *words) == 0
    assert [request.form for request in sent(simulator)] == [form]


@pytest.mark.parametrize("form", ["json", "query"])
def test_dry_run(simulator: Simulator, capsys: pytest.CaptureFixture[str], form: str) -> None:
    """--dry-run prints every request without its signature and sends nothing."""
    ids = [str(1000 + one) for one in range(51)]
    words = [*ids, "--dry-run", "--request-format", form]
    assert cancelled(simulator, *words) == 0
    assert "dry run: 51 orders of BTC/USDT, nothing was sent" in capsys.readouterr().out
    assert cancelled(simulator, *words, "--json") == 0
    printed = document(capsys)
    assert printed["dryRun"] is True
    assert [one["parameters"]["orderIds"].split(",") for one in printed["requests"]] == [ids[:50], ids[50:]]
    assert {one["method"] + one["url"] for one in printed["requests"]} == {
        f"POST{simulator.url}/openApi/spot/v1/trade/cancelOrders"
    }
    assert not {"signature", "timestamp"} & printed["requests"][0]["parameters"].keys()
    assert sent(simulator) == []


def test_dry_run_in_columns(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """--dry-run prints the names and the values of parameters in two columns."""
    assert cancelled(simulator, "1", "client:mine", "--dry-run") == 0
    assert capsys.readouterr().out.splitlines()[1:-1] == [
        "  symbol          BTC-USDT",
        "  orderIds        1",
        "  clientOrderIDs  mine",
        "  process         1",
    ]


def test_wrong_id(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """For a wrong id anywhere in a long list cancel sends nothing and exits with 64."""
    ids = [str(simulator.place().order_id) for _ in range(51)]
    assert cancelled(simulator, *ids, "1,2") == 64
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "ccxt-bingx-ext: '1,2' is not an order id: digits, 1 to 2^63-1. A client order id begins with "
        "client:; nothing was sent\n"
    )
    assert simulator.requests == []


def test_market_id(simulator: Simulator) -> None:
    """cancel accepts a market id that names one market, as ccxt does, and loads markets for it."""
    first = str(simulator.place(symbol="SOL-USDT").order_id)
    assert main(["cancel", "SOL-USDT", first, "--simulator", simulator.url]) == 0
    assert [one.path.rpartition("/")[2] for one in sent(simulator)] == ["cancelOrders"]


@pytest.mark.parametrize("words", [["--all"], ["1"], ["--all", "--dry-run"], ["1", "--dry-run"]])
def test_market_id_of_two_markets(
    simulator: Simulator, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    """cancel does not guess which market a market id means if it names two."""
    live = [simulator.place(market=one).order_id for one in ("spot", "linear")]
    assert main(["cancel", "BTC-USDT", *words, "--simulator", simulator.url]) == 64
    assert (
        "BTC-USDT is the exchange's name of 2 markets: write BTC/USDT (spot) or BTC/USDT:USDT (linear swap); "
        "nothing was sent\n"
    ) in capsys.readouterr().err
    assert sent(simulator) == []
    assert [simulator.status(one) for one in live] == ["PENDING", "PENDING"]


def test_market_id_of_an_inverse_swap() -> None:
    """The refusal of a name of several markets calls an inverse swap by its kind."""
    exchange = RehearsingBingx()
    kinds = [("A", {"spot": True}), ("B", {"spot": False, "linear": False})]
    exchange.markets_by_id = {"ID": [{"symbol": name, **kind} for name, kind in kinds]}
    with pytest.raises(BadUsage, match=r"write A \(spot\) or B \(inverse swap\)"):
        jobs._refuse_name_of_several(exchange, "ID")


def test_all_without_markets(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """--all on a swap needs the markets: without them it sends nothing, exits with 2, and says what to do."""
    symbol = "BTC/USDT:USDT"
    simulator.faults.add("http", path="common/symbols", status=503, times=None)
    assert main(["cancel", symbol, "--all", "--simulator", simulator.url]) == 2
    reason, last = capsys.readouterr().err.splitlines()
    assert reason == (
        "ccxt-bingx-ext: the list of markets cannot be read (HTTP 503), and BTC/USDT:USDT needs it: "
        "run --all again"
    )
    assert "Nothing was sent" in last
    assert main(["cancel", symbol, "--all", "--json", "--simulator", simulator.url]) == 2
    assert document(capsys)["error"] == {
        "class": "ExchangeNotAvailable",
        "message": reason.removeprefix("ccxt-bingx-ext: "),
    }
    assert sent(simulator) == []


def test_all_without_a_host(loopback: None, capsys: pytest.CaptureFixture[str]) -> None:
    """--all of a swap at a dead host exits with 2 and names the host, not the list of markets."""
    url = f"http://127.0.0.1:{unused_port()}"
    assert main(["cancel", "BTC/USDT:USDT", "--all", "--simulator", url]) == 2
    errors = capsys.readouterr().err
    assert "127.0.0.1" in errors
    assert "Nothing was sent" in errors
    assert "list of markets" not in errors


def test_swaps_without_markets(simulator: Simulator) -> None:
    """The ids of a swap need the markets: without them cancel sends nothing and exits with 2."""
    live = str(simulator.place(market="linear").order_id)
    simulator.faults.add("http", path="common/symbols", status=503, times=None)
    assert main(["cancel", "BTC/USDT:USDT", live, "--simulator", simulator.url]) == 2
    assert sent(simulator) == []
    assert simulator.status(live) == "PENDING"


def test_markets_unavailable(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """When ccxt cannot load markets, every id is unresolved and cancel exits with 2."""
    simulator.faults.add("http", path="common/symbols", status=503, times=None)
    assert main(["cancel", "BTC-USDT", "1", "--json", "--simulator", simulator.url]) == 2
    assert document(capsys)["unresolved"] == ["1"]


@pytest.mark.parametrize("words", [["FOO/BAR", "1"], ["FOO/BAR", "1", "--dry-run"], ["FOO/BAR", "client:a"]])
def test_wrong_symbol(simulator: Simulator, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """For a spot symbol that the exchange does not list cancel sends nothing and exits with 64."""
    assert main(["cancel", *words, "--simulator", simulator.url]) == 64
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "FOO/BAR is not a market of the exchange; nothing was sent\n" in captured.err
    assert sent(simulator) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "http", "status": 503},
        {"kind": "drop"},
        {"kind": "canned", "body": '{"code":0,"data":[]}'},
        {"kind": "canned", "body": '{"code":0,"data":{"symbols":["odd"]}}'},
        {"kind": "hang"},
    ],
    ids=["error", "lost", "not a mapping", "odd markets", "no response"],
)
def test_cancel_goes_out_without_markets(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]
) -> None:
    """If the markets cannot be read soon, the cancel of a spot order goes out unchecked."""
    monkeypatch.setattr(rehearsal, "_PATIENCE_MS", 1000)
    live = str(simulator.place().order_id)
    simulator.faults.add(path="common/symbols", times=None, **fault)
    assert cancelled(simulator, live) == 0
    assert simulator.status(live) == "CANCELED"


def test_dry_run_unchecked(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """A dry run of a spot order works without markets, and says that it did not check the symbol."""
    simulator.faults.add("http", path="common/symbols", status=503, times=None)
    assert cancelled(simulator, "1", "--dry-run") == 0
    captured = capsys.readouterr()
    assert captured.err == "ccxt-bingx-ext: the symbol was not checked: the exchange failed with HTTP 503\n"
    assert captured.out.endswith("dry run: 1 order of BTC/USDT, nothing was sent\n")


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["1"], "1 unresolved. Nothing was sent, so the order is as it was: cancel it again."),
        (["1", "2"], "2 unresolved. Nothing was sent, so the orders are as they were: cancel them again."),
        (
            ["--all"],
            "Some orders may be live. Nothing was sent, so the orders are as they were: run --all again.",
        ),
    ],
)
def test_dead_host(
    simulator: Simulator, capsys: pytest.CaptureFixture[str], words: list[str], advice: str
) -> None:
    """If there is no connection, cancel names the host, and says that nothing was sent."""
    simulator.stop()
    assert cancelled(simulator, *words) == 2
    reason, last = capsys.readouterr().err.splitlines()
    host = f"127.0.0.1:{simulator.port}"
    assert reason == f"ccxt-bingx-ext: {host}: the connection was refused: nothing listens there"
    assert last == f"ccxt-bingx-ext: {advice}"


def test_host_that_dies(
    simulator: Simulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If only the last request of a cancel found no connection, cancel does not say that nothing was sent."""
    fetch = NotingBingx.fetch

    def dying(self: NotingBingx, url: str, *args: Any) -> Any:
        if self.has_sent:
            url = url.replace(f":{simulator.port}/", ":9/")
        return fetch(self, url, *args)

    monkeypatch.setattr(NotingBingx, "fetch", dying)
    simulator.faults.add("canned", body='{"code":0,"data":{}}')
    assert cancelled(simulator, str(simulator.place().order_id)) == 2
    reason, last = capsys.readouterr().err.splitlines()
    assert reason == "ccxt-bingx-ext: 127.0.0.1:9: the connection was refused: nothing listens there"
    assert last == "ccxt-bingx-ext: 1 unresolved. It may be live: cancel it again."


def test_swap_orders(simulator: Simulator) -> None:
    """cancel exits with 0 for cancelled swap orders, but not if one of them is unknown."""
    ids = [str(simulator.place(market="linear").order_id) for _ in range(2)]
    words = ["cancel", "BTC/USDT:USDT", "--simulator", simulator.url]
    assert main([*words, ids[0]]) == 0
    assert simulator.status(ids[0]) == "CANCELED"
    assert main([*words, ids[1], UNKNOWN]) != 0


@pytest.mark.parametrize(
    ("number", "error"),
    [(signal.SIGINT, ["KeyboardInterrupt", "interrupted"]), (signal.SIGTERM, ["Terminated", "terminated"])],
)
def test_interrupt(simulator: Simulator, number: signal.Signals, error: list[str]) -> None:
    """After Ctrl-C or SIGTERM cancel reports known orders and unresolved ids, and exits with 2."""
    ids = [str(simulator.place().order_id) for _ in range(51)]
    simulator.faults.add("hang", skip=1)
    command = [sys.executable, "-m", "ccxt_bingx_ext", "cancel", "BTC/USDT", *ids, "--json"]
    with subprocess.Popen(
        [*command, "--simulator", simulator.url], stdout=subprocess.PIPE, text=True
    ) as process:
        while len(sent(simulator)) < 2 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(number)
        printed = json.loads(process.communicate(timeout=30)[0])
    assert process.returncode == 2
    assert [one["id"] for one in printed["orders"]] == ids[:50]
    assert printed["unresolved"] == ids[50:]
    assert [*printed["error"].values()] == error


def test_interrupt_before_sending(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C while the markets are read: cancel sends nothing, says so and exits with 1."""

    def interrupted(*args: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(RehearsingBingx, "load_markets", interrupted)
    assert main(["cancel", "BTC/USDT:USDT", "1", "--simulator", simulator.url]) == 1
    assert capsys.readouterr().err == "ccxt-bingx-ext: interrupted: nothing was sent\n"


def as_live(simulator: Simulator, monkeypatch: pytest.MonkeyPatch, typed: io.StringIO) -> list[str]:
    """Put the simulator in place of the live exchange. Return the command that cancels an order there."""
    monkeypatch.setenv("BINGX_APIKEY", simulator.api_key)
    monkeypatch.setenv("BINGX_SECRET", simulator.secret)
    monkeypatch.setattr(sys, "stdin", typed)
    monkeypatch.setattr(
        cancel, "open_exchange", lambda kind, keys, _: credentials.open_exchange(kind, keys, simulator.url)
    )
    monkeypatch.setattr(cancel, "placed", lambda exchange, _: credentials.placed(exchange, simulator.url))
    return ["cancel", "BTC/USDT", str(simulator.place().order_id)]


@pytest.mark.parametrize(
    ("typed", "words", "code"),
    [
        (Terminal("y\n"), [], 0),
        (Terminal("n\n"), [], 1),
        (Terminal("\n"), [], 1),
        (Terminal(), [], 1),
        (io.StringIO("y\n"), [], 64),
        (Terminal("1\n"), ["--from-file", "-"], 64),
        (io.StringIO(), ["--yes"], 0),
    ],
    ids=["yes", "no", "nothing", "ctrl-c", "no terminal", "stdin is the list", "--yes"],
)
def test_confirmation(
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: io.StringIO,
    words: list[str],
    code: int,
) -> None:
    """On the live exchange cancel asks first, and goes on only after a yes or --yes."""
    assert main([*as_live(simulator, monkeypatch, typed), *words]) == code
    captured = capsys.readouterr()
    assert len(sent(simulator)) == (code == 0)
    assert bool(captured.out) == (code == 0)
    if code == 1:
        question, answer = captured.err.split("? [y/N] ")
        assert question == "Cancel 1 order of BTC/USDT on the live exchange"
        assert answer in (
            "ccxt-bingx-ext: nothing was sent\n",
            "ccxt-bingx-ext: interrupted: nothing was sent\n",
        )


def test_without_rich(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without rich cancel shows the same table, and no progress bar."""
    for name in [one for one in sys.modules if one.startswith("rich.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rich", None)
    first = str(simulator.place().order_id)
    assert cancelled(simulator, first) == 0
    captured = capsys.readouterr()
    assert f"{first}  canceled  CANCELED" in captured.out
    assert captured.err == ""


def test_progress_bar(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal cancel shows percentage and count on stderr, and the table on stdout."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    ids = [str(simulator.place().order_id) for _ in range(51)]
    assert cancelled(simulator, *ids) == 0
    captured = capsys.readouterr()
    shown = re.sub(r"\x1b\[[\d;?]*\w", "", captured.err)
    assert "cancelling" in shown
    assert re.search(r"0% +0/51", shown)
    assert re.search(r"100% +51/51", shown)
    assert "51 canceled of 51" in captured.out


def test_no_secret_shown(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """cancel hides key, secret and signature, also when the exchange repeats them."""
    body = {"code": 100413, "msg": f"{simulator.api_key} {simulator.secret} {'ab' * 32}"}
    simulator.faults.add("canned", body=json.dumps(body), times=None)
    for words in ([], ["--json"]):
        assert cancelled(simulator, "1", *words) == 2
        captured = capsys.readouterr()
        shown = captured.out + captured.err
        assert "*** *** ***" in shown
        assert not any(one in shown for one in (simulator.api_key, simulator.secret, "ab" * 32))


WILD = "\x1b[2J\x9b31m\u202e\u2066\rgone\x7f\ud800"
SHOWN = "\\x1b[2J\\x9b31m\\u202e\\u2066\\rgone\\x7f\\ud800"


def test_escape_sequences(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """cancel shows control characters and bidi overrides as escapes, in the table and on stderr."""
    refusal = {"orderId": "1", "error": f"{WILD[:-1]} can not find order"}
    simulator.faults.add("canned", body=json.dumps({"code": 0, "data": {"fails": [refusal]}}), times=None)
    assert cancelled(simulator, "1") == 1
    table = capsys.readouterr().out
    simulator.faults.clear()
    simulator.faults.add("canned", body='{"code": 100413, "msg": "\x9b31m\u202e\x7f"}', times=None)
    assert cancelled(simulator, "2") == 2
    captured = capsys.readouterr()
    for shown in (table, captured.out, captured.err):
        assert all(line.isprintable() for line in shown.split("\n"))
    assert SHOWN[: -len("\\ud800")] in table
    assert "\\x9b31m\\u202e\\x7f" in captured.err


def test_printable() -> None:
    """printable writes out what does not print, and leaves words in any language as they are."""
    assert printable(f"{WILD}\n") == f"{SHOWN}\\n"
    assert printable("取消 зак\u00e1z ✓ a b") == "取消 зак\u00e1z ✓ a b"


def test_escapes_in_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """Bad usage that quotes an id shows the id's control characters as escapes."""
    assert main(["cancel", "BTC/USDT", "1\x1b[2J", "--simulator", "http://127.0.0.1:1"]) == 64
    shown = capsys.readouterr().err
    assert all(line.isprintable() for line in shown.split("\n"))
    assert "x1b[2J" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["BTC/USDT", "1"], "no keys: set BINGX_APIKEY and BINGX_SECRET, or name a --keys-file"),
        (["BTC/USDT"], "no ids"),
        (["BTC/USDT", "--from-file", "missing"], "the file missing cannot be read: No such file"),
        (["", "1"], "SYMBOL is empty"),
        ([], "no ids: name an ID, or --from-file FILE, or --all"),
        (["BTC/USDT", "1 2"], "'1 2' is not an id: it holds white space. Write several ids without quotes"),
        (["BTC/USDT", "client:a b"], "'client:a b' is not an id: it holds white space"),
        (["123"], "no ids behind the SYMBOL '123': name an ID"),
        (["BTC/USDT", "client:a,b"], "'client:a,b' is not a client order id: 1 to 40 characters"),
        (["BTC/USDT", "--client-id", "x" * 41], "is not a client order id"),
        (["--client-id", "1"], "--client-id needs SYMBOL"),
        (["--all"], "--all goes with SYMBOL"),
        (["BTC/USDT", "1", "--all"], "--all goes with SYMBOL"),
        (["BTC/USDT", "--all", "--all-or-nothing"], "neither ids nor --all-or-nothing"),
    ],
)
def test_bad_usage(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """For bad usage cancel exits with 64 and says why."""
    assert main(["cancel", *words]) == 64
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["BTC/USDT", "1", "--ye"], ["BTC/USDT", "1", "--yes", "2", "--nonsense"], ["--from-file"]]
)
def test_bad_arguments(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """For bad or abbreviated arguments the parser exits with 64, not with argparse's 2."""
    with pytest.raises(SystemExit) as ended:
        main(["cancel", *words])
    assert ended.value.code == 64
    assert "error:" in capsys.readouterr().err


def test_binary_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """cancel refuses a file of ids that is not text."""
    (tmp_path / "ids").write_bytes(b"\xff\xff")
    assert main(["cancel", "BTC/USDT", "--from-file", os.fspath(tmp_path / "ids")]) == 64
    assert "is not UTF-8" in capsys.readouterr().err


def test_hash_inside_an_id(simulator: Simulator, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """cancel refuses a # inside an id, because the part before it may be another order's id."""
    live = simulator.place(client_order_id="quote0")
    file = tmp_path / "ids"
    file.write_text("client:quote0#17 # a comment\n")
    assert cancelled(simulator, "--from-file", str(file), "--json") == 64
    assert simulator.status(live.order_id) == "PENDING"


def test_client_id_called_none() -> None:
    """An order without a client order id does not settle an id that is the word None."""
    order: dict[str, Any] = {"id": "1", "clientOrderId": None, "status": "canceled", "info": {}}
    first, second = Target("BTC/USDT", "1"), Target("BTC/USDT", ClientOrderId("None"))

    def cancel(part: Sequence[Target]) -> list[dict[str, Any]]:
        if part != [first]:
            raise KeyboardInterrupt
        return [order]

    outcome = cancel_in_parts(cancel, [[first], [second]], lambda count: None)
    assert (outcome.unresolved, outcome.exit_code) == ([second], 2)


CHINESE = "\u8ba2\u5355\u4e0d\u5b58\u5728"


def in_cp1252(
    *words: str, start: Sequence[str] = ("-m", "ccxt_bingx_ext")
) -> subprocess.CompletedProcess[str]:
    """Run the command with streams that cannot write Chinese."""
    return subprocess.run(
        [sys.executable, *start, *words],
        env={**os.environ, "PYTHONIOENCODING": "cp1252:strict"},
        capture_output=True,
        encoding="cp1252",
        timeout=60,
    )


@pytest.mark.parametrize("json_words", [[], ["--json"]])
def test_stdout_without_unicode(simulator: Simulator, json_words: list[str]) -> None:
    """Where stdout cannot write the exchange's words, cancel escapes them and keeps its exit code."""
    simulator.faults.add("canned", body=json.dumps({"code": 100500, "msg": CHINESE}), times=None)
    simulator.faults.add("http", status=504, times=None, path="trade/query")
    words = ["cancel", "BTC/USDT", "client:mine", "--simulator", simulator.url, *json_words]
    ended = in_cp1252(*words)
    assert ended.returncode == 2, ended.stderr
    assert "mine" in ended.stdout
    assert "\\u8ba2" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_columns_without_unicode(simulator: Simulator) -> None:
    """Where stdout cannot write a client order id, its escape does not shift the columns."""
    for client_id in (CHINESE, "mine"):
        simulator.place(client_order_id=client_id)
    words = [f"client:{CHINESE.encode('ascii', 'backslashreplace').decode()}", "client:mine"]
    code = (
        "import sys; from ccxt_bingx_ext.cli import main; "
        "sys.exit(main([one.encode().decode('unicode_escape') for one in sys.argv[1:]]))"
    )
    ended = in_cp1252("cancel", "BTC/USDT", *words, "--simulator", simulator.url, start=["-c", code])
    assert ended.returncode == 0, ended.stderr
    *rows, _, _ = ended.stdout.splitlines()
    assert "\\u8ba2" in rows[2]
    assert len({row.index(word) for row, word in zip(rows[2:], ["canceled"] * 2, strict=True)}) == 1


def test_doctor_without_unicode(simulator: Simulator) -> None:
    """Where stdout cannot write the exchange's words, doctor escapes them."""
    body = json.dumps({"code": 100413, "msg": CHINESE})
    simulator.faults.add("canned", body=body, times=None, path="trade/query")
    ended = in_cp1252("doctor", "--simulator", simulator.url)
    assert (ended.returncode, ended.stderr) == (1, "")
    assert "\\u8ba2" in ended.stdout


class Full(io.StringIO):
    """A full disk: writing succeeds, flushing fails."""

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_unwritable_output(
    simulator: Simulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If stdout cannot be written, cancel prints the unresolved ids to stderr and exits with 2."""
    live = str(simulator.place().order_id)
    for path in ("cancelOrders", "trade/query"):
        simulator.faults.add("http", status=504, times=None, path=path)
    monkeypatch.setattr(sys, "stdout", Full())
    assert cancelled(simulator, live, "--json") == 2
    sys.stdout.close()
    error = capsys.readouterr().err
    assert "cannot be written: [Errno 28] No space left on device" in error
    assert f"may be live: {live}" in error


def test_unwritable_output_with_nothing_live(
    simulator: Simulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If stdout cannot be written and every order is gone, cancel says so on stderr."""
    ids = [str(simulator.place().order_id) for _ in range(2)]
    simulator.fill(ids[1])
    monkeypatch.setattr(sys, "stdout", Full())
    assert cancelled(simulator, *ids) == 2
    sys.stdout.close()
    assert capsys.readouterr().err.endswith(
        "\nno order may be live: each one is cancelled, or had ended before\n"
    )


class Ascii(io.TextIOWrapper):
    """A stream in ASCII. With `raises`, it fails when it is flushed after something was written."""

    def __init__(self, raises: BaseException | None = None) -> None:
        super().__init__(io.BytesIO(), encoding="ascii")
        self.raises = raises
        self.was_written = False

    def write(self, text: str) -> int:
        self.was_written = True
        return super().write(text)

    def flush(self) -> None:
        if self.raises is not None and self.was_written:
            error = self.raises
            if not isinstance(error, Exception):
                self.raises = None  # Ctrl-C, or rich's exit: once; a stream that fails goes on failing
            raise error

    @property
    def text(self) -> str:
        super().flush()
        written = self.buffer.getvalue()  # type: ignore[attr-defined]
        assert isinstance(written, bytes)
        return written.decode()


@pytest.mark.parametrize("error", [ValueError("closed file"), KeyboardInterrupt(), SystemExit(1)])
def test_any_failure_while_showing(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """Whatever fails while the outcome is shown, every order that may be live is named on stderr, escaped."""
    body = {"orders": [], "fails": [{"orderId": UNKNOWN, "error": "order does not exist"}]}
    simulator.faults.add("canned", body=json.dumps({"code": 0, "data": body}), times=None)
    simulator.faults.add("http", status=504, times=None, path="trade/query")
    output, errors = Ascii(error), Ascii()
    monkeypatch.setattr(sys, "stdout", output)
    monkeypatch.setattr(sys, "stderr", errors)
    assert cancelled(simulator, UNKNOWN, f"client:{CHINESE}", "--json") == 2
    sys.stdout.close()
    output.raises = None
    lines = errors.text.splitlines()
    assert lines[0].startswith("ccxt-bingx-ext: the outcome cannot be written: ")
    escaped = CHINESE.encode("ascii", "backslashreplace").decode()
    assert sorted(lines[1:]) == sorted([f"may be live: {UNKNOWN}", f"may be live: client:{escaped}"])


def test_failing_bar(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar that cannot be ended does not hide the outcome, nor does a stderr that is gone."""

    @contextmanager
    def failing(total: int) -> Iterator[Any]:
        yield lambda count: None
        raise OSError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(cancel, "bar", failing)
    errors = Ascii(OSError(errno.EPIPE, "Broken pipe"))
    monkeypatch.setattr(sys, "stderr", errors)
    live = str(simulator.place().order_id)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert cancelled(simulator, live) == 2
    sys.stdout.close()
    sys.stderr.close()
    errors.raises = None
    assert simulator.status(live) == "CANCELED"


def test_unknown_option(capsys: pytest.CaptureFixture[str]) -> None:
    """The parser does not repeat the value of an unknown option, which may be a secret."""
    with pytest.raises(SystemExit) as ended:
        main(["cancel", "BTC/USDT", "1", "--secret", "REALSECRET"])
    assert ended.value.code == 64
    assert "REALSECRET" not in capsys.readouterr().err
