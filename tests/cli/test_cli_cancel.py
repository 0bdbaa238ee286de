"""`cancel` against the simulator: what is sent, what is said, and the exit code."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ccxt_bingx_ext import ClientOrderId
from ccxt_bingx_ext.cli import cancel, credentials, main
from ccxt_bingx_ext.cli.outcome import cancel_in_parts
from ccxt_bingx_ext.simulator import Simulator

UNKNOWN = "1735999999999999999"


@pytest.fixture(autouse=True)
def _no_keys_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BINGX_APIKEY", "BINGX_SECRET"):
        monkeypatch.delenv(name, raising=False)


class Terminal(io.StringIO):
    """Somebody who types; nothing at all is Ctrl-C."""

    def isatty(self) -> bool:
        return True

    def readline(self, *size: Any) -> str:  # type: ignore[override]
        if not self.getvalue():
            raise KeyboardInterrupt
        return super().readline(*size)


def cancelled(simulator: Simulator, *words: str) -> int:
    return main(["cancel", "BTC/USDT", *words, "--simulator", simulator.url])


def document(capsys: pytest.CaptureFixture[str]) -> Any:
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out)


def test_everything_cancelled_is_0(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """One row per order, ids before and behind options, both kinds of ids."""
    ids = [str(simulator.place().order_id) for _ in range(2)]
    simulator.place(client_order_id="mine")
    other = simulator.place(client_order_id="other")
    words = [ids[0], "--client-id", "mine", ids[1], "client:other"]
    assert cancelled(simulator, *words) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    rows = [line.split() for line in captured.out.splitlines()[1:]]
    assert [row[0] for row in rows[:2]] == ids
    assert [row[1] for row in rows[2:]] == ["other", "mine"]
    assert all(row[-2:] == ["canceled", "CANCELED"] for row in rows)
    assert simulator.status(other.order_id) == "CANCELED"


def test_something_not_cancelled_is_1(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """A filled order and an unknown one are told with the exchange's own words."""
    ids = [str(simulator.place().order_id) for _ in range(2)]
    simulator.fill(ids[1])
    assert cancelled(simulator, *ids, UNKNOWN) == 1
    out = capsys.readouterr().out
    assert "closed" in out
    assert f"unknown   can not find order for orderId:{UNKNOWN}" in out


def test_something_unresolved_is_2(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """What may be live is in the table, and why on stderr."""
    first = str(simulator.place().order_id)
    simulator.faults.add("ban", seconds=60, times=None)
    assert cancelled(simulator, first, "client:mine") == 2
    captured = capsys.readouterr()
    assert captured.out.count("unresolved") == 2
    assert "disabled period" in captured.err
    assert "2 unresolved: they may be live, ask again" in captured.err
    assert simulator.status(first) == "PENDING"


def test_a_document_for_scripts(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """Orders with ccxt's fields and the exchange's words, nothing else on stdout, nothing on stderr."""
    first = str(simulator.place().order_id)
    assert cancelled(simulator, first, UNKNOWN, "--json") == 1
    told = document(capsys)
    assert [(one["id"], one["status"], one["symbol"]) for one in told["orders"]] == [
        (first, "canceled", "BTC/USDT"),
        (UNKNOWN, None, "BTC/USDT"),
    ]
    assert "can not find order" in told["orders"][1]["info"]["error"]
    assert (told["symbol"], told["unresolved"], told["error"]) == ("BTC/USDT", [], None)


def test_what_is_known_before_an_error_is_kept(
    simulator: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first 50 are cancelled, then comes a ban: the rest is unresolved, in the spelling that is read."""
    ids = [str(simulator.place().order_id) for _ in range(50)]
    simulator.faults.add("ban", seconds=60, skip=1)
    assert cancelled(simulator, *ids, "client:late", UNKNOWN, "--json") == 2
    told = document(capsys)
    assert [one["id"] for one in told["orders"]] == ids
    assert told["unresolved"] == ["client:late", UNKNOWN]
    assert told["error"]["class"] == "RateLimitExceeded"


def test_what_is_unresolved_can_be_fed_back(
    simulator: Simulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """--from-file - reads what --json wrote, one per line."""
    first = simulator.place(client_order_id="mine")
    simulator.faults.add("canned", body='{"code":0,"data":{}}', times=2)
    simulator.faults.add("http", status=504, path="trade/query", times=None)
    assert cancelled(simulator, "client:mine", str(first.order_id), "--json") == 2
    simulator.faults.clear()
    unresolved = document(capsys)["unresolved"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(unresolved)))
    assert cancelled(simulator, "--from-file", "-", "--json") == 0


def test_ids_from_a_file(simulator: Simulator, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Blank lines and comments count for nothing, repetitions once; a long list goes in parts of 50."""
    ids = [str(simulator.place().order_id) for _ in range(51)]
    file = tmp_path / "ids"
    file.write_text("# all of them\n\n" + "".join(f"{one} # open\n" for one in [*ids, *ids]))
    assert cancelled(simulator, "--from-file", str(file), f"00{ids[0]}", "--json") == 0
    assert [one["id"] for one in document(capsys)["orders"]] == ids
    sent = [request.params["orderIds"].count(",") + 1 for request in simulator.requests]
    assert sent == [50, 1]


def test_all_or_nothing_is_one_call(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """One request for more than a part; one wrong id refuses all, and all may be live."""
    ids = [str(simulator.place().order_id) for _ in range(51)]
    assert cancelled(simulator, *ids, UNKNOWN, "--all-or-nothing", "--json") == 2
    told = document(capsys)
    assert (told["orders"], told["unresolved"]) == ([], [*ids, UNKNOWN])
    assert told["error"]["class"] == "OrderNotFound"
    assert cancelled(simulator, *ids, "--all-or-nothing", "--json") == 0
    sent = [request for request in simulator.requests if request.method == "POST"]
    assert [request.params["process"] for request in sent] == ["0", "0"]


@pytest.mark.parametrize(("form", "words"), [("json", []), ("query", ["--request-format", "query"])])
def test_the_request_form_can_be_chosen(simulator: Simulator, form: str, words: list[str]) -> None:
    """As the doctor may advise; JSON otherwise."""
    assert cancelled(simulator, str(simulator.place().order_id), *words) == 0
    assert [request.form for request in simulator.requests] == [form]


@pytest.mark.parametrize("form", ["json", "query"])
def test_a_dry_run_shows_and_sends_nothing(
    simulator: Simulator, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    """Every request as it would go, without what signs it; no question is asked."""
    ids = [str(1000 + one) for one in range(51)]
    words = [*ids, "--dry-run", "--request-format", form]
    assert cancelled(simulator, *words) == 0
    assert "dry run: 51 ids, nothing was sent" in capsys.readouterr().out
    assert cancelled(simulator, *words, "--json") == 0
    told = document(capsys)
    assert told["dryRun"] is True
    assert [one["parameters"]["orderIds"].split(",") for one in told["requests"]] == [ids[:50], ids[50:]]
    assert {one["method"] + one["url"] for one in told["requests"]} == {
        f"POST{simulator.url}/openApi/spot/v1/trade/cancelOrders"
    }
    assert not {"signature", "timestamp"} & told["requests"][0]["parameters"].keys()
    assert simulator.requests == []


def test_a_wrong_id_anywhere_sends_nothing(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """The last of a long list is looked at before the first is sent."""
    ids = [str(simulator.place().order_id) for _ in range(51)]
    assert cancelled(simulator, *ids, "1,2") == 64
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "ids[51] is not an order id (digits, 1 to 2^63-1): '1,2'; nothing was sent" in captured.err
    assert simulator.requests == []


def test_a_market_id_is_read_as_ccxt_reads_it(simulator: Simulator) -> None:
    """The markets are asked for, and nothing else before the cancel."""
    first = str(simulator.place().order_id)
    assert main(["cancel", "BTC-USDT", first, "--simulator", simulator.url]) == 0
    assert [one.path.rpartition("/")[2] for one in simulator.requests if one.method == "POST"] == [
        "cancelOrders"
    ]


def test_markets_that_cannot_be_read_leave_all_unresolved(
    simulator: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing was sent, but the orders may be live all the same."""
    simulator.faults.add("http", path="common/symbols", status=503, times=None)
    assert main(["cancel", "BTC-USDT", "1", "--json", "--simulator", simulator.url]) == 2
    assert document(capsys)["unresolved"] == ["1"]


def test_swap_orders_too(simulator: Simulator) -> None:
    """Exit code 0 where they are cancelled; an order of which nothing good is heard is never one of them."""
    ids = [str(simulator.place(market="linear").order_id) for _ in range(2)]
    words = ["cancel", "BTC/USDT:USDT", "--simulator", simulator.url]
    assert main([*words, ids[0]]) == 0
    assert simulator.status(ids[0]) == "CANCELED"
    assert main([*words, ids[1], UNKNOWN]) != 0


def test_ctrl_c_says_what_is_unresolved(simulator: Simulator) -> None:
    """In the midst of a long list: what is known is told, the rest is unresolved, exit code 2."""
    ids = [str(simulator.place().order_id) for _ in range(51)]
    simulator.faults.add("hang", skip=1)
    command = [sys.executable, "-m", "ccxt_bingx_ext", "cancel", "BTC/USDT", *ids, "--json"]
    with subprocess.Popen(
        [*command, "--simulator", simulator.url], stdout=subprocess.PIPE, text=True
    ) as process:
        while len(simulator.requests) < 2:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        told = json.loads(process.communicate(timeout=30)[0])
    assert process.returncode == 2
    assert [one["id"] for one in told["orders"]] == ids[:50]
    assert told["unresolved"] == ids[50:]
    assert told["error"] == {"class": "KeyboardInterrupt", "message": "interrupted"}


def as_live(simulator: Simulator, monkeypatch: pytest.MonkeyPatch, typed: io.StringIO) -> list[str]:
    """The simulator in the place of the live exchange; the command that cancels one order there."""
    monkeypatch.setenv("BINGX_APIKEY", simulator.api_key)
    monkeypatch.setenv("BINGX_SECRET", simulator.secret)
    monkeypatch.setattr(sys, "stdin", typed)
    monkeypatch.setattr(
        cancel, "open_exchange", lambda kind, keys, _: credentials.open_exchange(kind, keys, simulator.url)
    )
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
def test_the_live_exchange_is_asked_about(
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: io.StringIO,
    words: list[str],
    code: int,
) -> None:
    """Only a yes, or --yes, cancels there; where nobody can be asked it is bad usage."""
    assert main([*as_live(simulator, monkeypatch, typed), *words]) == code
    captured = capsys.readouterr()
    assert len(simulator.requests) == (code == 0)
    assert bool(captured.out) == (code == 0)
    if code == 1:
        assert captured.err == (
            "Cancel 1 order(s) of BTC/USDT on the live exchange? [y/N] nothing was sent\n"
        )


def test_without_rich(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table says how to install it, before anything is sent; --json needs it not."""
    monkeypatch.setitem(sys.modules, "rich", None)
    for name in [one for one in sys.modules if one.startswith("rich.") or one.endswith("cli.table")]:
        monkeypatch.delitem(sys.modules, name)
    first = str(simulator.place().order_id)
    assert cancelled(simulator, first) == 64
    assert "pip install rich, or use --json; nothing was sent" in capsys.readouterr().err
    assert simulator.requests == []
    assert cancelled(simulator, first, "--json") == 0


def test_a_bar_on_a_terminal(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It moves on stderr; the table on stdout is folded to the width there is, and loses nothing."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    first = str(simulator.place().order_id)
    assert cancelled(simulator, first) == 0
    captured = capsys.readouterr()
    assert "cancelling" in captured.err
    assert "canceled" in captured.out


def test_no_secret_is_shown(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even where the exchange writes key, secret and signature into its answer."""
    body = {"code": 100413, "msg": f"{simulator.api_key} {simulator.secret} {'ab' * 32}"}
    simulator.faults.add("canned", body=json.dumps(body), times=None)
    for words in ([], ["--json"]):
        assert cancelled(simulator, "1", *words) == 2
        captured = capsys.readouterr()
        shown = captured.out + captured.err
        assert "*** *** ***" in shown
        assert not any(one in shown for one in (simulator.api_key, simulator.secret, "ab" * 32))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["BTC/USDT", "1"], "no keys: set BINGX_APIKEY and BINGX_SECRET, or name a --keys-file"),
        (["BTC/USDT"], "no ids"),
        (["BTC/USDT", "--from-file", "missing"], "the file missing cannot be read: No such file"),
    ],
)
def test_bad_usage_found_by_the_command(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """64, and why."""
    assert main(["cancel", *words]) == 64
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [[], ["BTC/USDT", "1", "--ye"], ["BTC/USDT", "1", "--yes", "2", "--nonsense"]]
)
def test_bad_usage_found_by_the_parser(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """64, not argparse's 2; abbreviations are none."""
    with pytest.raises(SystemExit) as ended:
        main(["cancel", *words])
    assert ended.value.code == 64
    assert "error:" in capsys.readouterr().err


def test_a_file_that_is_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is refused."""
    (tmp_path / "ids").write_bytes(b"\xff\xff")
    assert main(["cancel", "BTC/USDT", "--from-file", os.fspath(tmp_path / "ids")]) == 64
    assert "is not UTF-8" in capsys.readouterr().err


def test_half_an_id_is_no_id(
    simulator: Simulator, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A # inside a word is refused: what stands before it may be another order's id."""
    live = simulator.place(client_order_id="quote0")
    file = tmp_path / "ids"
    file.write_text("client:quote0#17 # a comment\n")
    assert cancelled(simulator, "--from-file", str(file), "--json") == 64
    assert simulator.status(live.order_id) == "PENDING"


def test_a_client_order_id_may_be_called_none() -> None:
    """An order without one does not speak of it."""
    order: dict[str, Any] = {"id": "1", "clientOrderId": None, "status": "canceled", "info": {}}

    def cancel(part: list[str]) -> list[dict[str, Any]]:
        if part != ["1"]:
            raise KeyboardInterrupt
        return [order]

    outcome = cancel_in_parts(cancel, ["1", ClientOrderId("None")], 1, lambda count: None)
    assert (outcome.unresolved, outcome.exit_code) == (["None"], 2)


class Full(io.StringIO):
    """What a full disk is: it takes what is written, and fails when that has to go."""

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_an_outcome_that_cannot_be_written_is_unresolved(
    simulator: Simulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """2, and the ids on stderr: 1 would say that they are known not to be cancelled."""
    live = str(simulator.place().order_id)
    for path in ("cancelOrders", "trade/query"):
        simulator.faults.add("http", status=504, times=None, path=path)
    monkeypatch.setattr(sys, "stdout", Full())
    assert cancelled(simulator, live, "--json") == 2
    sys.stdout.close()
    error = capsys.readouterr().err
    assert "cannot be written: No space left on device" in error
    assert f"unresolved, may be live: {live}" in error


def test_an_unknown_options_value_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody may have put a secret there."""
    with pytest.raises(SystemExit) as ended:
        main(["cancel", "BTC/USDT", "1", "--secret", "REALSECRET"])
    assert ended.value.code == 64
    assert "REALSECRET" not in capsys.readouterr().err
