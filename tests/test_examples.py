"""The examples, run as a reader runs them; what they say and end with is compared with what is true."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ccxt_bingx_ext.simulator import Simulator

from .redis_server import RedisServer

EXAMPLES = Path(__file__).parent.parent / "examples"
SIMPLE = ("sync", "asynchronous", "pro", "register")
YOUR_KEYS = {"BINGX_APIKEY": "key", "BINGX_SECRET": "secret"}


@pytest.fixture
def redis(loopback: None, tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


def run(
    name: str, *arguments: str, simulator: Simulator | None = None, environment: Mapping[str, str] = {}
) -> subprocess.CompletedProcess[str]:
    """Run an example, with warnings as errors."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("BINGX_")}
    there = {} if simulator is None else {"BINGX_SIMULATOR": simulator.url}
    return subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py"), *arguments],
        env={**clean, **there, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def place(simulator: Simulator, count: int) -> list[str]:
    return [str(simulator.place().order_id) for _ in range(count)]


def answers_stay_lost(simulator: Simulator) -> None:
    for path in ("cancelOrders", "trade/query"):
        simulator.faults.add("http", status=504, times=None, path=path)


def test_each_example_is_run_here() -> None:
    """A new one has to be added to the tests below."""
    names = {path.stem for path in EXAMPLES.glob("*.py")}
    others = {"_exchange", "several_processes"}
    assert names == {*SIMPLE, *others}


@pytest.mark.parametrize("name", SIMPLE)
def test_simple_examples_tell_what_is_gone(simulator: Simulator, name: str) -> None:
    """One is open, one filled, and an answer is lost: all gone, and silent on stderr."""
    live, filled = place(simulator, 2)
    simulator.fill(filled)
    simulator.faults.add("drop", when="after")
    done = run(name, live, filled, simulator=simulator)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{live} canceled" in done.stdout
    assert f"{filled} closed" in done.stdout
    assert simulator.status(live) == "CANCELED"


@pytest.mark.parametrize("name", SIMPLE)
def test_simple_examples_tell_what_may_be_live(simulator: Simulator, name: str) -> None:
    """Answers stay lost: the exit code is not 0, and the ids are named."""
    ids = place(simulator, 2)
    answers_stay_lost(simulator)
    done = run(name, *ids, simulator=simulator)
    assert done.returncode == 1
    assert done.stderr == f"not known to be gone: {ids}\n"


def test_an_order_that_the_exchange_does_not_know_is_not_called_gone(simulator: Simulator) -> None:
    """It may be live under another symbol."""
    elsewhere = str(simulator.place(symbol="ETH-USDT").order_id)
    done = run("sync", elsewhere, simulator=simulator)
    assert done.returncode == 1
    assert elsewhere in done.stderr
    assert simulator.status(elsewhere) == "PENDING"


def test_bad_input_is_not_called_gone(simulator: Simulator) -> None:
    """One id is none, so nothing is sent: both are named."""
    (live,) = place(simulator, 1)
    done = run("sync", live, "nonsense", simulator=simulator)
    assert done.returncode == 1
    assert done.stderr == f"not known to be gone: {[live, 'nonsense']}\n"


@pytest.mark.parametrize("name", SIMPLE)
def test_simple_examples_run_as_they_are(simulator: Simulator, name: str) -> None:
    """Without ids, on the simulator: they place three orders, and cancel them."""
    assert run(name, simulator=simulator).returncode == 0
    assert [order.status for order in simulator.orders()] == ["CANCELED"] * 3


@pytest.mark.parametrize("name", [*SIMPLE, "several_processes"])
def test_nothing_is_placed_on_the_live_exchange(name: str) -> None:
    """With your keys and without the simulator, an example that would place orders ends at once."""
    done = run(name, environment=YOUR_KEYS)
    assert done.returncode == 1
    assert "name the ids" in done.stderr


def test_your_keys_never_go_where_the_simulator_should_be(simulator: Simulator) -> None:
    """BINGX_SIMULATOR may name anything: it gets the simulator's keys."""
    assert run("sync", *place(simulator, 1), simulator=simulator, environment=YOUR_KEYS).returncode == 0
    assert {request.headers.get("x-bx-apikey") for request in simulator.requests} == {"simulator-key"}


def test_several_processes_keep_one_limit(bingx_simulator: Simulator, redis: RedisServer) -> None:
    """Three processes, nine cancels: never more than two in any second, none refused."""
    ids = place(bingx_simulator, 9)
    done = run("several_processes", *ids, simulator=bingx_simulator, environment={"REDIS_URL": redis.url})
    assert (done.returncode, done.stderr) == (0, "")
    assert {bingx_simulator.status(one) for one in ids} == {"CANCELED"}
    assert len({line.split(":")[0] for line in done.stdout.splitlines()}) == 3
    assert bingx_simulator.worst_window() == 2
    assert not any(request.limited for request in bingx_simulator.requests)


def test_a_process_that_leaves_an_order_says_so(simulator: Simulator, redis: RedisServer) -> None:
    """Of three processes one meets an order that the exchange does not know."""
    ids = [*place(simulator, 2), "7"]
    done = run("several_processes", *ids, simulator=simulator, environment={"REDIS_URL": redis.url})
    assert done.returncode == 1
    assert done.stderr == "not known to be gone: ['7']\n"
