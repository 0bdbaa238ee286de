"""The command line and the demo."""

from __future__ import annotations

import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import threading
import urllib.request

import pytest

from ccxt_bingx_ext import __version__
from ccxt_bingx_ext.cli import main


def test_demo(loopback: None, capsys: pytest.CaptureFixture[str]) -> None:
    """The demo shows for six ids what each bot believes, beside the truth."""
    assert main(["demo"]) == 0
    out = capsys.readouterr().out
    assert "hears nothing: ccxt 3, this plugin 0" in out
    rows = [line for line in out.splitlines() if re.match(r"\d{19} ", line)]
    assert len(rows) == 6
    assert re.search(r"filled meanwhile +- nothing - +closed +FILLED", out)
    assert re.search(r"cancelled meanwhile +- nothing - +canceled +CANCELED", out)
    assert re.search(r"never existed +- nothing - +unknown: can not find", out)


def test_simulate(loopback: None) -> None:
    """`python -m ccxt_bingx_ext simulate` serves until SIGTERM and exits with 0."""
    command = [sys.executable, "-m", "ccxt_bingx_ext", "simulate", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found is not None
        with urllib.request.urlopen(f"{found[0]}/openApi/spot/v1/common/symbols") as response:
            assert b"BTC-USDT" in response.read()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_simulate_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """simulate serves on port 8000 unless you name another."""
    ports: list[int] = []
    monkeypatch.setattr("ccxt_bingx_ext.simulator.serve", lambda port, announce: ports.append(port))
    assert [main(["simulate"]), main(["simulate", "--port", "0"])] == [0, 0]
    assert ports == [8000, 0]


def test_bot_loads_no_command_line() -> None:
    """Importing the package loads neither the command line nor rich."""
    code = (
        "import sys, ccxt_bingx_ext\n"
        "loaded = [one for one in sys.modules if one.partition('.')[0] == 'rich' or '_ext.cli' in one]\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_version_and_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """--version prints the version, and a missing command exits with 64, not with 2 (may be live)."""
    with pytest.raises(SystemExit) as version:
        main(["--version"])
    assert version.value.code == 0
    assert capsys.readouterr().out.strip() == __version__
    with pytest.raises(SystemExit) as bad:
        main([])
    assert bad.value.code == 64


def test_python_m(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m ccxt_bingx_ext` takes the same arguments as the command."""
    monkeypatch.setattr(sys, "argv", ["ccxt_bingx_ext", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("ccxt_bingx_ext", run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.strip() == __version__


def test_simulate_in_process(loopback: None, capsys: pytest.CaptureFixture[str]) -> None:
    """simulate prints its URL, ends on SIGTERM and restores the signal handler."""
    before = signal.getsignal(signal.SIGTERM)
    alarm = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM))
    alarm.start()
    assert main(["simulate", "--port", "0"]) == 0
    alarm.join()
    assert "http://127.0.0.1:" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGTERM) is before


def test_port_in_use(loopback: None, capsys: pytest.CaptureFixture[str]) -> None:
    """For a port in use simulate prints an error and exits with 64."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["simulate", "--port", str(taken.getsockname()[1])]) == 64
    assert "cannot be used" in capsys.readouterr().err
