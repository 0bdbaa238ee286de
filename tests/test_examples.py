"""Run the examples as a reader does. Compare output and exit code with the simulator's order book."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from ccxt_bingx_ext.simulator import Simulator
from ccxt_bingx_ext.simulator.markets import Market

from .helpers import RedisServer, place

EXAMPLES = Path(__file__).parent.parent / "examples"
SIMPLE = ("sync", "asynchronous", "pro", "register")
YOUR_KEYS = {"BINGX_APIKEY": "key", "BINGX_SECRET": "secret"}


def run(
    name: str, *arguments: str, simulator: Simulator | None = None, environment: Mapping[str, str] = {}
) -> subprocess.CompletedProcess[str]:
    """Run an example. Warnings are errors."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("BINGX_")}
    there = {} if simulator is None else {"BINGX_SIMULATOR": simulator.url}
    return subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py"), *arguments],
        env={**clean, **there, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def lose_responses(simulator: Simulator) -> None:
    for path in ("cancelOrders", "trade/query"):
        simulator.faults.add("http", status=504, times=None, path=path)


def test_every_example_has_a_test() -> None:
    """This module runs every example."""
    names = {path.stem for path in EXAMPLES.glob("*.py")}
    others = {"_exchange", "several_processes", "kill_switch", "market_maker", "test_my_bot"}
    assert names == {*SIMPLE, *others}


def test_readme_snippets(simulator: Simulator, tmp_path: Path) -> None:
    """The README's Python, as it stands there, cancels an order and keeps the id of an unknown one."""
    first, unknown = "1735964997957275648", "1735965127519326208"
    assert str(simulator.place().order_id) == first
    snippets = re.findall(r"```python\n(.*?)```", (EXAMPLES.parent / "README.md").read_text(), re.DOTALL)
    (tmp_path / "bot.py").write_text("\n".join([*snippets, "print(maybe_live, gone)"]))
    command = [sys.executable, "-m", "ccxt_bingx_ext", "run", "--simulator", simulator.url, "--", "bot.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.stdout == f"['{unknown}'] True\n", done.stderr
    assert simulator.status(first) == "CANCELED"


@pytest.mark.parametrize("name", SIMPLE)
def test_simple_examples(simulator: Simulator, name: str) -> None:
    """Each simple example reports the orders that are gone, although a response was lost."""
    live, filled = place(simulator, 2)
    simulator.fill(filled)
    simulator.faults.add("drop", when="after")
    done = run(name, live, filled, simulator=simulator)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{live} canceled" in done.stdout
    assert f"{filled} closed" in done.stdout
    assert simulator.status(live) == "CANCELED"


@pytest.mark.parametrize("name", SIMPLE)
def test_simple_examples_unresolved(simulator: Simulator, name: str) -> None:
    """When responses stay lost, each simple example names the ids and exits with 1."""
    ids = place(simulator, 2)
    lose_responses(simulator)
    done = run(name, *ids, simulator=simulator)
    assert done.returncode == 1
    assert done.stderr == f"not known to be gone: {ids}\n"


def test_unknown_order(simulator: Simulator) -> None:
    """An example does not call an unknown order gone: it may be live under another symbol."""
    elsewhere = str(simulator.place(symbol="ETH-USDT").order_id)
    done = run("sync", elsewhere, simulator=simulator)
    assert done.returncode == 1
    assert elsewhere in done.stderr
    assert simulator.status(elsewhere) == "PENDING"


def test_bad_input(simulator: Simulator) -> None:
    """With one bad id an example sends nothing and names both ids."""
    (live,) = place(simulator, 1)
    done = run("sync", live, "nonsense", simulator=simulator)
    assert done.returncode == 1
    assert done.stderr == f"not known to be gone: {[live, 'nonsense']}\n"


@pytest.mark.parametrize("name", SIMPLE)
def test_simple_examples_without_ids(simulator: Simulator, name: str) -> None:
    """Without ids each simple example places three orders on the simulator and cancels them."""
    assert run(name, simulator=simulator).returncode == 0
    assert [order.status for order in simulator.orders()] == ["CANCELED"] * 3


@pytest.mark.parametrize("name", [*SIMPLE, "several_processes", "market_maker"])
def test_no_order_on_the_live_exchange(name: str) -> None:
    """With your keys and without the simulator an example places no order and exits with 1."""
    done = run(name, environment={**YOUR_KEYS, "REDIS_URL": "redis://127.0.0.1:1"})
    assert done.returncode == 1
    assert "no order ids were given" in done.stderr or "on the simulator only" in done.stderr


@pytest.mark.parametrize(
    ("environment", "missing"),
    [
        ({}, "BINGX_APIKEY"),
        ({"BINGX_APIKEY": "key"}, "BINGX_SECRET"),
        ({"BINGX_APIKEY": "", "BINGX_SECRET": "secret"}, "BINGX_APIKEY"),
    ],
)
@pytest.mark.parametrize("name", [*SIMPLE, "several_processes", "kill_switch"])
def test_missing_variable(name: str, environment: dict[str, str], missing: str, tmp_path: Path) -> None:
    """Without your keys an example names the variable that is not set, in one line."""
    file = tmp_path / "orders.txt"
    file.write_text("BTC/USDT 1\n")
    done = run(name, str(file) if name == "kill_switch" else "1", environment=environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"the environment variable {missing} is not set: set it, or BINGX_SIMULATOR to use a simulator\n"
    )


def test_no_redis(simulator: Simulator) -> None:
    """Without a Redis the example of several processes names the variable, and places no order."""
    done = run("several_processes", simulator=simulator, environment={"REDIS_URL": ""})
    assert (done.returncode, done.stderr) == (1, "the environment variable REDIS_URL is not set: set it\n")
    assert simulator.orders() == []


def test_your_keys_stay_here(simulator: Simulator) -> None:
    """The examples send the simulator's keys, never yours, to the URL in BINGX_SIMULATOR."""
    assert run("sync", *place(simulator, 1), simulator=simulator, environment=YOUR_KEYS).returncode == 0
    assert {request.headers.get("x-bx-apikey") for request in simulator.requests} == {"simulator-key"}


def test_several_processes(bingx_simulator: Simulator, server: RedisServer) -> None:
    """Three processes send nine cancels, at most two in any second."""
    ids = place(bingx_simulator, 9)
    done = run("several_processes", *ids, simulator=bingx_simulator, environment={"REDIS_URL": server.url})
    assert (done.returncode, done.stderr) == (0, "")
    assert {bingx_simulator.status(one) for one in ids} == {"CANCELED"}
    assert len({line.split(":")[0] for line in done.stdout.splitlines()}) == 3
    assert bingx_simulator.worst_window() == 2
    assert not any(request.limited for request in bingx_simulator.requests)


def test_several_processes_unresolved(simulator: Simulator, server: RedisServer) -> None:
    """A process that meets an unknown order names it, and the example exits with 1."""
    ids = [*place(simulator, 2), "7"]
    done = run("several_processes", *ids, simulator=simulator, environment={"REDIS_URL": server.url})
    assert done.returncode == 1
    assert done.stderr == "not known to be gone: ['7']\n"


class KillSwitch:
    """The kill switch example and its file of orders."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.file = folder / "orders.txt"

    def run(self, *lines: str, attempts: int = 2) -> subprocess.CompletedProcess[str]:
        self.file.write_text("".join(f"{line}\n" for line in lines))
        return run("kill_switch", str(self.file), "--attempts", str(attempts), simulator=self.simulator)

    @property
    def unresolved(self) -> list[str]:
        return self.file.with_name("orders.txt.unresolved").read_text().splitlines()


@pytest.fixture
def kill_switch(simulator: Simulator, tmp_path: Path) -> KillSwitch:
    return KillSwitch(simulator, tmp_path)


def test_kill_switch(kill_switch: KillSwitch, simulator: Simulator) -> None:
    """The kill switch cancels orders of two symbols, by either id, in one attempt."""
    live, filled = place(simulator, 2)
    simulator.fill(filled)
    simulator.place(symbol="ETH-USDT", client_order_id="quote_17")
    simulator.faults.add("drop", when="after")
    lines = [f"BTC/USDT {live}", "", f"BTC/USDT  {filled}", "ETH/USDT client:quote_17"]
    done = kill_switch.run(*lines)
    assert (done.returncode, done.stderr) == (0, "")
    assert kill_switch.unresolved == []
    assert done.stdout.splitlines() == [
        f"BTC/USDT {live} canceled",
        f"BTC/USDT {filled} closed",
        "ETH/USDT client:quote_17 canceled",
    ]
    assert not any(order.is_open for order in simulator.orders())
    assert kill_switch.file.read_text() == "".join(f"{line}\n" for line in lines)


def test_kill_switch_unresolved(kill_switch: KillSwitch, simulator: Simulator) -> None:
    """The kill switch names every unresolved id and writes a file that the next run takes."""
    ids = place(simulator, 2)
    lose_responses(simulator)
    lines = [f"BTC/USDT {one}" for one in ids]
    done = kill_switch.run(*lines)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-2:] == [f"NOT KNOWN TO BE GONE: {line}" for line in lines]
    assert kill_switch.unresolved == lines
    simulator.faults.clear()
    assert kill_switch.run(*kill_switch.unresolved).returncode == 0
    assert {simulator.status(one) for one in ids} == {"CANCELED"}


def test_kill_switch_other_market(kill_switch: KillSwitch, simulator: Simulator) -> None:
    """Lost responses in one market do not stop the kill switch in another."""
    (live,) = place(simulator, 1)
    other = str(simulator.place(symbol="ETH-USDT").order_id)
    simulator.faults.add("http", status=504, times=4)
    assert kill_switch.run(f"BTC/USDT {live}", f"ETH/USDT {other}", attempts=1).returncode == 1
    assert kill_switch.unresolved == [f"BTC/USDT {live}"]
    assert simulator.status(other) == "CANCELED"


def test_kill_switch_second_attempt(kill_switch: KillSwitch, simulator: Simulator) -> None:
    """The kill switch makes a second attempt when the first leaves orders unresolved."""
    (live,) = place(simulator, 1)
    simulator.faults.add("http", status=504, times=4)
    done = kill_switch.run(f"BTC/USDT {live}")
    assert done.returncode == 0
    assert kill_switch.unresolved == []
    assert simulator.status(live) == "CANCELED"


@pytest.mark.parametrize(
    "line", ["BTC/USDT 12x", "BTC/USDT", "NONE/SUCH 5", "BTC/USDT client:None", "BTC/USDT 7"]
)
def test_kill_switch_bad_line(kill_switch: KillSwitch, simulator: Simulator, line: str) -> None:
    """The kill switch keeps a line that names no order as unresolved and cancels the others."""
    live = place(simulator, 2)
    done = kill_switch.run(line, *(f"BTC/USDT {one}" for one in live))
    assert done.returncode == 1
    assert kill_switch.unresolved == [line]
    assert done.stderr.splitlines()[-1] == f"NOT KNOWN TO BE GONE: {line}"
    assert {order.status for order in simulator.orders()} == {"CANCELED"}


@pytest.mark.parametrize(("market", "symbol"), [("linear", "BTC/USDT:USDT"), ("inverse", "BTC/USD:BTC")])
def test_kill_switch_swaps(
    kill_switch: KillSwitch, simulator: Simulator, market: Market, symbol: str
) -> None:
    """A swap order that was cancelled before is known to be gone, and an order that never existed is not."""
    orders = [simulator.place(market=market, client_order_id=name) for name in (None, "Quote_17")]
    for order in orders:
        simulator.cancel(order.order_id)
    gone = [f"{symbol} {orders[0].order_id}", f"{symbol} client:Quote_17"]
    done = kill_switch.run(*gone, f"{symbol} 7", attempts=1)
    assert (done.returncode, kill_switch.unresolved) == (1, [f"{symbol} 7"])
    assert [f"{line} canceled" in done.stdout for line in gone] == [True, True]


def test_kill_switch_without_keys(kill_switch: KillSwitch, simulator: Simulator) -> None:
    """A kill switch that cannot start leaves the whole list unresolved."""
    line = f"BTC/USDT {place(simulator, 1)[0]}"
    kill_switch.file.write_text(line)
    assert run("kill_switch", str(kill_switch.file)).returncode == 1
    assert kill_switch.unresolved == [line]


def test_kill_switch_unwritable_file(kill_switch: KillSwitch, simulator: Simulator) -> None:
    """An unwritable file does not stop the kill switch."""
    kill_switch.file.with_name("orders.txt.unresolved").mkdir()
    done = kill_switch.run(f"BTC/USDT {place(simulator, 1)[0]}")
    assert done.returncode == 0
    assert "orders.txt.unresolved" in done.stderr
    assert not any(order.is_open for order in simulator.orders())


def test_kill_switch_empty_list(kill_switch: KillSwitch) -> None:
    """An empty list is an error, because success would mean that everything is gone."""
    done = kill_switch.run("")
    assert done.returncode != 0
    assert "lists no orders" in done.stderr


def test_kill_switch_earlier_run(kill_switch: KillSwitch, simulator: Simulator) -> None:
    """The kill switch also cancels what an earlier run left unresolved."""
    left, listed = place(simulator, 2)
    kill_switch.file.with_name("orders.txt.unresolved").write_text(f"BTC/USDT {left}\n")
    assert kill_switch.run(f"BTC/USDT {listed}").returncode == 0
    assert {simulator.status(one) for one in (left, listed)} == {"CANCELED"}


def quotes_overlap(simulator: Simulator) -> bool:
    """Whether two orders of one side were live at the same time. All must be final by now."""
    for side in ("BUY", "SELL"):
        orders = [order for order in simulator.orders() if order.side == side]
        for before, after in pairwise(orders):
            if before.is_open or after.created_ms < before.updated_ms:
                return True
    return False


def bought(simulator: Simulator) -> Decimal:
    """The true position."""
    return sum(
        (Decimal(order.executed) * (1 if order.side == "BUY" else -1) for order in simulator.orders()),
        Decimal(0),
    )


@pytest.mark.parametrize("fault", ["none", "fill", "drop before", "drop after", "placing"])
def test_market_maker(simulator: Simulator, fault: str) -> None:
    """The market maker never quotes twice and knows its position, also after a lost response."""

    def fill() -> None:
        simulator.fill(simulator.orders()[0].order_id)

    if fault == "fill":
        simulator.faults.add("race", action=fill)
    elif fault == "placing":
        simulator.faults.add("drop", when="after", path="POST trade/order", skip=2)
    elif fault != "none":
        simulator.faults.add("drop", when="after" if fault == "drop after" else "before")
    done = run("market_maker", "--rounds", "4", "--pause", "0", simulator=simulator)
    assert done.returncode == 0, done.stderr
    assert not quotes_overlap(simulator)
    assert not any(order.is_open for order in simulator.orders())
    assert len(simulator.orders()) == (7 if fault == "placing" else 8)
    last = done.stdout.splitlines()[-1]
    assert Decimal(last.split()[1].rstrip(",")) == bought(simulator)
    assert (bought(simulator) != 0) == (fault == "fill")


def test_market_maker_unresolved(simulator: Simulator) -> None:
    """A market maker that cannot cancel its quotes names them and exits with 1."""
    lose_responses(simulator)
    done = run("market_maker", "--rounds", "2", "--pause", "0", simulator=simulator)
    assert done.returncode == 1
    assert len(simulator.orders()) == 2
    for order in simulator.orders():
        assert str(order.order_id) in done.stdout.splitlines()[-1]


def test_my_bot() -> None:
    """The example tests of a bot pass when a user runs them."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "examples/test_my_bot.py"]
    done = subprocess.run(command, cwd=EXAMPLES.parent, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
    assert "12 passed" in done.stdout


ENDLESS_BOT = """
import time

import ccxt

exchange = ccxt.bingx({"apiKey": "mine", "secret": "mine"})
order = exchange.create_order("BTC/USDT", "limit", "buy", 1, 1)
print(exchange.cancel_order(order["id"], "BTC/USDT")["status"])
while True:
    time.sleep(1)
"""


def test_testing_page(tmp_path: Path) -> None:
    """The tests that docs/testing-your-bot.md shows pass when a user copies them."""
    page = (EXAMPLES.parent / "docs" / "testing-your-bot.md").read_text("utf-8")
    shown = re.findall(r"`(\w+\.py)`(?:(?!```).)*```python\n(.*?)```", page, re.DOTALL)
    root, below, sync, asynchronous, whole = shown
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLES.parent)}
    for folder, files, selected, passed in (
        (
            tmp_path / "root",
            [root, sync, asynchronous, whole, ("my_bot.py", ENDLESS_BOT)],
            "test",
            "7 passed",
        ),
        (tmp_path / "below" / "tests", [below, sync], "meanwhile", "1 passed"),
    ):
        folder.mkdir(parents=True)
        for name, code in files:
            (folder / name).write_text(code)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", selected]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout
        assert passed in done.stdout
