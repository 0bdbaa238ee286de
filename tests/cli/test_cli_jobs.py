"""`cancel` for several symbols, for every open order, and what it shows in a narrow terminal."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ccxt_bingx_ext import bingx
from ccxt_bingx_ext.cli import main
from ccxt_bingx_ext.simulator import Simulator

UNKNOWN = "1735999999999999999"
CAPSYS = pytest.CaptureFixture[str]


class Orders:
    """A file of `SYMBOL ID` lines, and the command that reads it."""

    def __init__(self, simulator: Simulator, folder: Path, capsys: CAPSYS) -> None:
        self.simulator = simulator
        self.file = folder / "orders.txt"
        self._capsys = capsys

    def cancel(self, *words: str, lines: list[str]) -> int:
        self.file.write_text("".join(f"{line}\n" for line in lines))
        return main(["cancel", *words, "--from-file", str(self.file), "--simulator", self.simulator.url])

    @property
    def printed(self) -> tuple[str, str]:
        captured = self._capsys.readouterr()
        return captured.out, captured.err

    @property
    def document(self) -> Any:
        out, err = self.printed
        assert err == ""
        return json.loads(out)


@pytest.fixture
def orders(simulator: Simulator, tmp_path: Path, capsys: CAPSYS) -> Orders:
    return Orders(simulator, tmp_path, capsys)


def test_several_symbols(orders: Orders, simulator: Simulator) -> None:
    """A file of `SYMBOL ID` lines cancels orders on every kind of market, by either id."""
    spot, linear, inverse = (
        str(simulator.place(market=one).order_id) for one in ("spot", "linear", "inverse")
    )
    simulator.place(symbol="ETH-USDT", client_order_id="quote_17")
    lines = [
        "# all of them",
        f"BTC/USDT {spot}",
        f"BTC/USDT:USDT\t{linear} # comment",
        f"BTC/USD:BTC {inverse}",
        "ETH/USDT client:quote_17",
    ]
    assert orders.cancel(lines=lines) == 0
    out, err = orders.printed
    assert err == ""
    assert [line.split()[:2] for line in out.splitlines()[2:5]] == [
        ["BTC/USDT", spot],
        ["BTC/USDT:USDT", linear],
        ["BTC/USD:BTC", inverse],
    ]
    assert out.endswith("\n4 canceled of 4\n")
    assert not any(order.is_open for order in simulator.orders())


def test_market_ids_of_several_symbols(orders: Orders, simulator: Simulator) -> None:
    """A symbol that is a market id settles its order, too."""
    ids = [str(simulator.place(symbol=one).order_id) for one in ("SOL-USDT", "GM-USDT")]
    assert orders.cancel("--json", lines=[f"SOL-USDT {ids[0]}", f"GM-USDT {ids[1]}"]) == 0
    assert [one["id"] for one in orders.document["orders"]] == ids


def test_unresolved_of_several_symbols(orders: Orders, simulator: Simulator) -> None:
    """cancel writes unresolved orders as the file has them, and a failing symbol does not stop the others."""
    live, other = simulator.place(client_order_id="mine"), simulator.place(symbol="ETH-USDT")
    simulator.faults.add("http", status=504, times=4)
    lines = ["BTC/USDT client:mine", f"ETH/USDT {other.order_id}"]
    assert orders.cancel("--json", lines=lines) == 2
    document = orders.document
    assert (document["symbol"], document["unresolved"]) == (None, lines[:1])
    assert document["error"]["message"] == "the exchange failed with HTTP 504"
    assert simulator.status(other.order_id) == "CANCELED"
    assert orders.cancel(lines=document["unresolved"]) == 0
    assert simulator.status(live.order_id) == "CANCELED"


def test_several_symbols_without_markets(orders: Orders, simulator: Simulator) -> None:
    """If the markets cannot be read, spot orders of several symbols are cancelled all the same."""
    ids = [str(simulator.place(symbol=one).order_id) for one in ("BTC-USDT", "ETH-USDT")]
    simulator.faults.add("http", path="common/symbols", status=503, times=None)
    assert orders.cancel("--json", lines=[f"BTC/USDT {ids[0]}", f"ETH/USDT {ids[1]}"]) == 0
    assert [one["id"] for one in orders.document["orders"]] == ids


def test_same_id_of_two_symbols(orders: Orders, simulator: Simulator) -> None:
    """An order of one symbol does not settle the same id of another."""
    live = str(simulator.place().order_id)
    assert orders.cancel("--json", lines=[f"BTC/USDT {live}", f"ETH/USDT {live}"]) == 1
    statuses = {one["symbol"]: one["status"] for one in orders.document["orders"]}
    assert statuses == {"BTC/USDT": "canceled", "ETH/USDT": None}


def test_all_or_nothing_per_symbol(orders: Orders, simulator: Simulator) -> None:
    """--all-or-nothing holds for each symbol by itself, and the reason names the option."""
    live, other = str(simulator.place().order_id), str(simulator.place(symbol="ETH-USDT").order_id)
    lines = [f"BTC/USDT {live}", f"BTC/USDT {UNKNOWN}", f"ETH/USDT {other}"]
    assert orders.cancel("--all-or-nothing", lines=lines) == 2
    out, err = orders.printed
    assert out.endswith("\n1 canceled, 2 unresolved of 3\n")
    assert "Without --all-or-nothing, the exchange cancels the others" in err
    assert '"process"' not in err
    assert simulator.status(live) == "PENDING"


@pytest.mark.parametrize(
    ("words", "line", "said"),
    [
        ([], "BTC/USDT 12x", "line 2 of FILE: '12x' is not an order id: digits"),
        ([], "BTC/USDT", "line 2 of FILE: 'BTC/USDT' is not a symbol and an id"),
        ([], "BTC/USDT 1 2", "is not a symbol and an id. Name SYMBOL for a file of ids"),
        ([], "NONE/SUCH:USDT 5", "NONE/SUCH:USDT is not a market of the exchange; nothing was sent"),
        (["BTC/USDT"], "BTC/USDT 1", "is more than one id. Omit SYMBOL for a file of `SYMBOL ID` lines"),
        (["--all-or-nothing"], "BTC/USDT:USDT 1", "works on spot markets only, not on BTC/USDT:USDT"),
        ([], "client:x 1", "client:x is not a market of the exchange"),
    ],
)
def test_bad_line(orders: Orders, simulator: Simulator, words: list[str], line: str, said: str) -> None:
    """A bad line sends nothing, and the message names the line or the symbol."""
    live = simulator.place(client_order_id="mine")
    first = "client:mine" if words == ["BTC/USDT"] else "BTC/USDT client:mine"
    assert orders.cancel(*words, lines=[first, line]) == 64
    assert said.replace("FILE", str(orders.file)) in orders.printed[1]
    assert simulator.status(live.order_id) == "PENDING"


@pytest.mark.parametrize("words", [["BTC/USDT"], []])
@pytest.mark.parametrize("text", ["", "\n", "# nothing\n\n"])
def test_empty_file(orders: Orders, simulator: Simulator, words: list[str], text: str) -> None:
    """A file without ids is success, and sends nothing: so the feed-back recipe ends in 0."""
    assert orders.cancel(*words, lines=[text]) == 0
    assert orders.printed == (f"{orders.file} holds no ids: nothing to do\n", "")
    assert orders.cancel(*words, "--json", lines=[text]) == 0
    document = orders.document
    assert (document["symbol"], document["orders"]) == (words[0] if words else None, [])
    assert (document["unresolved"], document["error"]) == ([], None)
    assert orders.cancel(*words, "--json", "--dry-run", lines=[text]) == 0
    assert orders.document == {"dryRun": True, "requests": []}
    assert simulator.requests == []


def test_empty_stdin(simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: CAPSYS) -> None:
    """Empty stdin is bad usage: the program before the pipe may have failed."""
    for words, code in ((["BTC/USDT"], 64), (["BTC/USDT", str(simulator.place().order_id)], 0)):
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        assert main(["cancel", *words, "--from-file", "-", "--simulator", simulator.url]) == code
    assert capsys.readouterr().err == "ccxt-bingx-ext: stdin holds no ids\n"


def test_dry_run_needs_no_keys(
    orders: Orders, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: CAPSYS
) -> None:
    """A dry run reads markets without a key, sends no cancel, and shows one request per batch."""
    monkeypatch.setenv("COLUMNS", "60")
    lines = ["BTC/USDT 1", *(f"BTC/USDT:USDT {one}" for one in range(1, 12)), "BTC/USD:BTC client:a"]
    assert orders.cancel("--dry-run", lines=lines) == 0
    out, _ = orders.printed
    assert [line.split("/openApi/")[1] for line in out.splitlines() if "/openApi/" in line] == [
        "spot/v1/trade/cancelOrders",
        "swap/v2/trade/batchOrders",
        "swap/v2/trade/batchOrders",
        "cswap/v1/trade/cancelOrder",
    ]
    assert out.endswith("dry run: 13 orders of 3 symbols, nothing was sent\n")
    assert not any(request.headers.get("x-bx-apikey") for request in simulator.requests)
    assert all(request.method == "GET" for request in simulator.requests)
    assert main(["cancel", "BTC/USDT", "1", "--dry-run"]) == 0
    assert main(["cancel", "BTC/USDT", "1", "--dry-run", "--keys-file", "missing"]) == 64
    assert "the keys file missing cannot be read" in capsys.readouterr().err


def test_check_delays_nothing(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check before the cancel does not count as a cancel of the order, which would delay the real one."""
    slept: list[float] = []
    monkeypatch.setattr(bingx, "sleep", lambda self, ms: slept.append(ms))
    live = str(simulator.place().order_id)
    assert main(["cancel", "BTC/USDT", live, "--simulator", simulator.url]) == 0
    assert slept == []


def test_dry_run_without_markets(simulator: Simulator, capsys: CAPSYS) -> None:
    """A dry run that cannot read the markets says so, and exits with 1."""
    simulator.stop()
    words = ["BTC/USDT:USDT", "1", "--dry-run", "--simulator", simulator.url]
    assert main(["cancel", *words]) == 1
    assert capsys.readouterr().err == (
        f"ccxt-bingx-ext: 127.0.0.1:{simulator.port}: the connection was refused: nothing listens there; "
        "nothing was sent\n"
    )


@pytest.mark.parametrize("market", ["spot", "linear", "inverse"])
def test_all(simulator: Simulator, capsys: CAPSYS, market: Any) -> None:
    """--all cancels every open order of the market, and no order of another."""
    symbol = {"spot": "BTC/USDT", "linear": "BTC/USDT:USDT", "inverse": "BTC/USD:BTC"}[market]
    words = ["cancel", symbol, "--all", "--simulator", simulator.url]
    ids = [simulator.place(market=market).order_id for _ in range(2)]
    other = simulator.place(symbol="ETH-USDT")
    assert main([*words, "--dry-run"]) == 0
    assert f"dry run: all open orders of {symbol}, nothing was sent" in capsys.readouterr().out
    assert main(words) == 0
    captured = capsys.readouterr()
    assert captured.out.endswith("\n2 canceled of 2\n")
    assert captured.err == ""
    assert {simulator.status(one) for one in ids} == {"CANCELED"}
    assert simulator.status(other.order_id) == "PENDING"
    assert main(words) == 0
    assert capsys.readouterr().out == "no open orders: nothing to cancel\n"


def test_all_with_an_order_left(simulator: Simulator, capsys: CAPSYS) -> None:
    """--all names an order that it could not cancel."""
    left = str(simulator.place().order_id)
    simulator.faults.add("http", status=504, path="cancelOpenOrders", times=None)
    simulator.faults.add("http", status=504, path="cancelOrders", times=None)
    words = ["cancel", "BTC/USDT", "--all", "--json", "--simulator", simulator.url]
    assert main(words) == 2
    assert json.loads(capsys.readouterr().out)["unresolved"] == [left]


@pytest.mark.parametrize("fault", ["unknown", "interrupted"])
def test_all_unknown(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: CAPSYS, fault: str
) -> None:
    """If the plugin does not know which orders are open, --all says so, in words that are not an id."""
    simulator.place()
    if fault == "unknown":
        for path in ("cancelOpenOrders", "openOrders"):
            simulator.faults.add("http", status=504, path=path, times=None)
    else:

        def interrupted(*args: Any) -> Any:
            raise KeyboardInterrupt

        monkeypatch.setattr("ccxt_bingx_ext.bingx.cancel_all_orders", interrupted)
        monkeypatch.setattr("ccxt_bingx_ext.cli.jobs.OpenOrders.check", lambda self: None)
    words = ["cancel", "BTC/USDT", "--simulator", simulator.url]
    assert main([*words, "--all", "--json"]) == 2
    (unresolved,) = json.loads(capsys.readouterr().out)["unresolved"]
    assert unresolved == "all open orders of BTC/USDT"
    assert main([*words, unresolved]) == 64
    assert main([*words, "--all"]) == 2
    captured = capsys.readouterr()
    assert "all open orders of BTC/USDT  unresolved  may be live" in captured.out
    assert captured.out.endswith("\nthe plugin does not know which orders of BTC/USDT are open\n")
    advice = "Run" if fault == "unknown" else "Nothing was sent, so the orders are as they were: run"
    assert captured.err.endswith(f"ccxt-bingx-ext: Some orders may be live. {advice} --all again.\n")


def test_all_asks_first(simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: CAPSYS) -> None:
    """On the live exchange --all asks first, and needs --yes where it cannot ask."""
    monkeypatch.setenv("BINGX_APIKEY", simulator.api_key)
    monkeypatch.setenv("BINGX_SECRET", simulator.secret)
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    monkeypatch.setattr("ccxt_bingx_ext.cli.jobs.OpenOrders.check", lambda self: None)
    assert main(["cancel", "BTC/USDT", "--all"]) == 64
    assert "stdin is not a terminal, so the command cannot ask you: --yes" in capsys.readouterr().err


def test_refused_key(simulator: Simulator, tmp_path: Path, capsys: CAPSYS) -> None:
    """A refused key leads to doctor. Cancelling again would not help."""
    file = tmp_path / "keys.json"
    file.write_text('{"apiKey": "an-unknown-key", "secret": "an-unknown-secret"}')
    file.chmod(0o600)
    words = ["cancel", "BTC/USDT", "1", "--keys-file", str(file), "--simulator", simulator.url]
    assert main(words) == 2
    captured = capsys.readouterr()
    assert "the exchange refused the API key: " in captured.err
    assert captured.err.endswith(
        "1 unresolved. Run ccxt-bingx-ext doctor: it says what is wrong with the key.\n"
    )
    assert "cancel them again" not in captured.err


@pytest.mark.parametrize("width", [60, 80])
def test_narrow_terminal(
    orders: Orders, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """In 60 and 80 columns every line fits, and no id is split, however long."""
    client_id = "c" * 40
    live = str(simulator.place(client_order_id=client_id).order_id)
    simulator.faults.add("ban", seconds=60, skip=1)
    monkeypatch.setenv("COLUMNS", str(width))
    lines = [f"BTC/USDT {live}", f"BTC/USDT {UNKNOWN}", f"ETH/USDT client:{client_id[:-1]}"]
    assert orders.cancel(lines=lines) == 2
    out, err = orders.printed
    assert max(map(len, (out + err).splitlines())) <= width
    assert all(one in out for one in (live, UNKNOWN, client_id))
    assert out.endswith("\n1 canceled, 1 unknown, 1 unresolved of 3\n")
