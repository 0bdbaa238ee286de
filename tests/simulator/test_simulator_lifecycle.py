"""Starting, stopping and misusing a simulator."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import requests

import ccxt_bingx_ext.simulator as package
from ccxt_bingx_ext.simulator import Simulator, SimulatorError
from ccxt_bingx_ext.simulator.http.server import MAX_BODY

ROOT = Path(package.__file__).parents[2]


def _open_files() -> Counter[str]:
    """The files that this process has open, by name. Their number alone would change with earlier tests."""
    return Counter(os.readlink(each) for each in Path("/proc/self/fd").iterdir() if each.is_symlink())


def test_nothing_is_left() -> None:
    """After twenty starts and stops with connected clients no thread and no socket remains."""
    threads, files = set(threading.enumerate()), _open_files()
    for _ in range(20):
        with Simulator() as sim, requests.Session() as session:
            session.trust_env = False
            sim.faults.add("hang", path="server/time")
            with socket.create_connection(("127.0.0.1", sim.port), timeout=5) as hanging:
                hanging.sendall(b"GET /openApi/swap/v2/server/time HTTP/1.1\r\nHost: x\r\n\r\n")
                while not sim.arrivals("server/time"):
                    time.sleep(0.001)
                assert session.get(f"{sim.url}/openApi/spot/v1/common/symbols", timeout=5).ok
                sim.stop()
    assert not set(threading.enumerate()) - threads
    assert not _open_files() - files


@pytest.mark.parametrize("kind", ["hang", "delay", "dribble"])
def test_stop_does_not_wait(kind: Any) -> None:
    """stop() does not wait for requests that are held up or incomplete."""
    sim = Simulator().start()
    sim.faults.add(kind, path="server/time", seconds=300)
    with socket.create_connection(("127.0.0.1", sim.port), timeout=5) as waiting:
        waiting.sendall(b"GET /openApi/swap/v2/server/time HTTP/1.1\r\nHost: x\r\n\r\n")
        while not sim.arrivals("server/time"):
            time.sleep(0.001)
        with socket.create_connection(("127.0.0.1", sim.port), timeout=5) as unfinished:
            unfinished.sendall(
                b"POST /openApi/spot/v1/trade/order HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1"
            )
            while not sim.arrivals("order"):
                time.sleep(0.001)
            began = time.monotonic()
            sim.stop()
            assert time.monotonic() - began < 4


def test_port_in_use() -> None:
    """A second simulator on the same port raises OSError at once."""
    with Simulator() as sim, pytest.raises(OSError, match="in use"):
        Simulator(sim.port).start()


def test_start_again() -> None:
    """A running simulator cannot start, and a stopped one starts with its orders and port."""
    sim = Simulator().start()
    with pytest.raises(RuntimeError, match="already running"):
        sim.start()
    order, url = sim.place(), sim.url
    sim.stop()
    with sim:
        assert sim.url == url
        assert sim.status(order.order_id) == "PENDING"


def test_error_of_the_block() -> None:
    """An error in the simulator does not hide the error of the block."""

    def block() -> None:
        with Simulator() as sim:
            sim.errors.append(ValueError("inside"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        block()


def test_fixture(bingx_simulator: Simulator) -> None:
    """The fixture is a fresh simulator that runs."""
    assert bingx_simulator.requests == []
    assert requests.get(f"{bingx_simulator.url}/openApi/swap/v2/server/time", timeout=5).json()["code"] == 0


def test_malformed_http(sim: Simulator) -> None:
    """Malformed HTTP causes no error in the simulator."""
    head = "POST /openApi/spot/v1/trade/cancelOrders HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    for request in (
        head + "Content-Length: 100\r\n\r\n{}",
        head + "Content-Length: 4\r\nContent-Encoding: gzip\r\n\r\nabcd",
        head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        head + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n\xff\xfe",
        "NONSENSE\r\n\r\n",
        f"GET /{'a' * 70_000} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", sim.port), timeout=5) as connection:
            connection.sendall(request.encode("latin1"))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
    assert requests.get(f"{sim.url}/openApi/swap/v2/server/time", timeout=5).json()["code"] == 0
    assert sim.errors == []


def test_concurrent_clients(sim: Simulator, raw: Any) -> None:
    """Threads that cancel the same orders at once cancel each order exactly once."""
    orders = [sim.place() for _ in range(50)]
    results: list[Any] = []

    def work() -> None:
        results.append(raw.cancel(*orders, process=1)["data"])

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    cancelled = [one["orderId"] for data in results for one in data["orders"] or []]
    assert sorted(cancelled) == [order.order_id for order in orders]
    assert sum(len(one.cancelled) for one in sim.executions) == 50
    sim.clear_log()
    assert (sim.requests, sim.executions, sim.arrivals()) == ([], [], [])


def test_serve() -> None:
    """serve() prints its URL and its key, and exits with 0 on SIGTERM."""
    code = "from ccxt_bingx_ext.simulator import serve; serve(0, api_key='shown-key')"
    command = [sys.executable, "-W", "error", "-c", code]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().split()[-1]
        assert requests.get(f"{url}/openApi/swap/v2/server/time", timeout=5).json()["code"] == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert "shown-key" in process.stdout.read()
        assert process.stderr.read() == ""


def test_public_names() -> None:
    """The package exports exactly these names."""
    assert package.__all__ == [
        "Account",
        "Execution",
        "Fault",
        "Faults",
        "Order",
        "Request",
        "Simulator",
        "SimulatorError",
        "serve",
    ]


def test_independence() -> None:
    """Importing the simulator loads neither ccxt, nor pytest, nor another module of the plugin."""
    code = (
        "import sys; import ccxt_bingx_ext; before = set(sys.modules); import ccxt_bingx_ext.simulator;"
        "new = set(sys.modules) - before;"
        "print([m for m in new if m == 'pytest' or m.partition('.')[0] == 'ccxt'"
        " or m.startswith('ccxt_bingx_ext.') and not m.startswith('ccxt_bingx_ext.simulator')])"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_settings() -> None:
    """A simulator shows its latency and ban text, and stopping a stopped one does nothing."""
    sim = Simulator(latency_ms=5, ban_text="retry")
    assert (sim.latency_ms, sim.ban_text) == (5, "retry")
    sim.stop()
    sim._exchange.server.stop()


def test_unknown_names() -> None:
    """An unknown order or permission raises an error at once."""
    sim = Simulator()
    with pytest.raises(LookupError, match="no order 5"):
        sim.order(5)
    with pytest.raises(LookupError, match="no order 'x'"):
        sim.order_by_client_id("x")
    with pytest.raises(ValueError, match="permissions are"):
        sim.add_account("key", "secret", "2", permissions=["withdraw"])


def test_own_defects(monkeypatch: pytest.MonkeyPatch) -> None:
    """stop() raises a defect that occurred in a response, in the loop or at the start."""
    sim = Simulator().start()
    monkeypatch.setattr(sim._exchange, "_gate", lambda *arguments: 1 / 0)
    assert requests.get(f"{sim.url}/openApi/swap/v2/server/time", timeout=5).status_code == 500
    with pytest.raises(SimulatorError, match="division"):
        sim.stop()
    sim = Simulator().start()
    sim._exchange.server._unhandled(None, {"message": "lost"})  # type: ignore[arg-type]
    with pytest.raises(SimulatorError, match="lost"):
        sim.stop()
    sim = Simulator()
    monkeypatch.setattr("aiohttp.web.AppRunner.setup", lambda runner: 1 / 0)
    sim.start()
    with pytest.raises(SimulatorError, match="division"):
        sim.stop()


def test_exception_of_the_block() -> None:
    """The exception of a block outranks a defect, and a block without one raises the defect."""

    def fail(sim: Simulator) -> None:
        with sim:
            sim.errors.append(RuntimeError("too"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail(Simulator())

    def end(sim: Simulator) -> None:
        with sim:
            sim.errors.append(RuntimeError("too"))

    with pytest.raises(SimulatorError, match="too"):
        end(Simulator())


def test_truncated_body() -> None:
    """A body that does not fit its encoding gets HTTP 400."""
    with Simulator() as sim, socket.create_connection(("127.0.0.1", sim.port), timeout=5) as client:
        client.sendall(
            b"POST /openApi/spot/v1/trade/cancelOrders HTTP/1.1\r\nHost: x\r\n"
            b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"
        )
        assert b" 400 " in client.recv(200).partition(b"\r\n")[0] + b" "


def test_long_body() -> None:
    """A body that is too long gets HTTP 413."""
    with Simulator() as sim, requests.Session() as session:
        session.trust_env = False
        url = f"{sim.url}/openApi/spot/v1/trade/cancelOrders"
        assert session.post(url, data=b"x" * (MAX_BODY + 1), timeout=10).status_code == 413
