"""The command line and the demo."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import ccxt
import pytest

from ccxt_bingx_ext import __version__
from ccxt_bingx_ext.cli import main
from ccxt_bingx_ext.cli.versions import documentation

from .helpers import OURS, WORLDS


def test_demo(loopback: None, capsys: pytest.CaptureFixture[str]) -> None:
    """The demo shows for six ids, in 80 columns, what each bot believes beside the truth."""
    assert main(["demo"]) == 0
    out = capsys.readouterr().out
    assert "the result does not mention: ccxt 3, this plugin 0" in out
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert len([line for line in lines if re.match(r"\d{19} ", line)]) == 6
    assert re.search(r"filled +- nothing - +closed +FILLED", out)
    assert re.search(r"cancelled +- nothing - +canceled +CANCELED", out)
    assert re.search(r"never existed +- nothing - +unknown order +no such order", out)


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
    called: list[tuple[int, bool]] = []
    monkeypatch.setattr(
        "ccxt_bingx_ext.simulator.serve", lambda port, announce, log: called.append((port, log is not None))
    )
    assert [main(["simulate"]), main(["simulate", "--port", "0", "--log"])] == [0, 0]
    assert called == [(8000, False), (0, True)]


def test_simulate_log(loopback: None) -> None:
    """simulate --log prints a line with its outcome for each request, in 80 columns."""
    command = [sys.executable, "-m", "ccxt_bingx_ext", "simulate", "--port", "0", "--log"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        shown = [process.stdout.readline()]
        while not shown[-1].startswith("Stop with"):
            shown.append(process.stdout.readline())
        url = shown[0].split()[-1]
        with urllib.request.urlopen(f"{url}/openApi/spot/v1/common/symbols"):
            shown.append(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert max(map(len, shown)) <= 81  # with the end of the line
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} GET spot/v1/common/symbols: code 0\n", shown[-1])


def test_log_without_a_reader(loopback: None) -> None:
    """simulate --log exits with 74 when its lines have no reader any more."""
    command = [sys.executable, "-m", "ccxt_bingx_ext", "simulate", "--port", "0", "--log"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        process.stdout.close()
        # The command may end before it has sent the response.
        with suppress(ConnectionError), urllib.request.urlopen(f"{url}/openApi/spot/v1/common/symbols"):
            pass
        assert process.wait(timeout=30) == 74
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.parametrize("command", [[], ["doctor"], ["cancel"], ["run"], ["simulate"], ["demo"]])
def test_help(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every --help describes its command, has examples and a link to the docs, and fits 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "examples:" in lines
    assert f"Documentation: {documentation()}" in lines
    described = lines.index("", 1) + 1
    assert lines[described].endswith((".", "this", "and", "or", "three", "simulator", "ccxt:"))


def test_documentation(monkeypatch: pytest.MonkeyPatch) -> None:
    """The link to the docs is the address that the package names, or the page in its source."""
    named: dict[str, object] = {"Project-URL": "Documentation, https://docs.example"}

    class Metadata:
        def get_all(self, name: str) -> object:
            return [named[name]] if name in named else None

    monkeypatch.setattr(metadata, "metadata", lambda name: Metadata())
    assert documentation() == "https://docs.example"
    named.clear()
    assert documentation() == "docs/command-line.md in the source of the package"

    def missing(name: str) -> object:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "metadata", missing)
    assert documentation() == "docs/command-line.md in the source of the package"


@pytest.mark.parametrize("world", WORLDS)
def test_repr(world: str) -> None:
    """repr(exchange) names the package and the class."""
    name = {"sync": "", "async": "async_support.", "pro": "pro."}[world]
    assert repr(OURS[world]()) == f"ccxt_bingx_ext.{name}bingx()"


def test_bot_loads_no_command_line() -> None:
    """Importing the package loads neither the command line nor rich."""
    code = (
        "import sys, ccxt_bingx_ext\n"
        "loaded = [one for one in sys.modules if one.partition('.')[0] == 'rich' or '_ext.cli' in one]\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_version_and_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """--version prints all versions, and a missing command exits with 64, not with 2 (may be live)."""
    with pytest.raises(SystemExit) as version:
        main(["--version"])
    assert version.value.code == 0
    python = ".".join(map(str, sys.version_info[:3]))
    shown = capsys.readouterr().out.strip()
    assert shown == f"ccxt-bingx-ext {__version__} (ccxt {ccxt.__version__}, Python {python})"
    with pytest.raises(SystemExit) as bad:
        main([])
    assert bad.value.code == 64


def test_python_m(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m ccxt_bingx_ext` takes the same arguments as the command."""
    monkeypatch.setattr(sys, "argv", ["ccxt_bingx_ext", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("ccxt_bingx_ext", run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"ccxt-bingx-ext {__version__} (ccxt")


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


@pytest.mark.parametrize("port", ["99999", "65536", "-1", "http"])
def test_bad_port(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    """For a port that cannot be, simulate names the possible ones and exits with 64."""
    with pytest.raises(SystemExit) as ended:
        main(["simulate", "--port", port])
    assert ended.value.code == 64
    shown = " ".join(capsys.readouterr().err.split())  # folded, in a terminal
    assert shown.endswith(f"port must be 0 to 65535, not {port}")


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize(
    "words",
    [
        ["run", "--simulate", "bot.py"],
        ["run", "--no"],
        ["cancel", "BTC/USDT", "1", "--nonsense"],
        ["cancel", "BTC/USDT", "1"],
        ["cancel"],
        [],
    ],
)
def test_narrow_bad_usage(
    words: list[str], width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A message on stderr fits the terminal, and is one line in a file or a pipe."""
    for name in ("BINGX_APIKEY", "BINGX_SECRET"):
        monkeypatch.delenv(name, raising=False)

    def shown() -> str:
        with suppress(SystemExit):
            assert main(words) == 64
        return capsys.readouterr().err

    monkeypatch.setenv("COLUMNS", str(width))
    folded = shown()
    assert max(map(len, folded.splitlines())) <= width
    monkeypatch.delenv("COLUMNS")
    *_, message = shown().splitlines()
    assert " ".join(folded.split()).endswith(message)


@pytest.mark.skipif(shutil.which("make") is None, reason="this system has no make")
def test_make_help() -> None:
    """`make help` fits 80 columns."""
    done = subprocess.run(
        ["make", "help"], cwd=Path(__file__).parent.parent, check=True, capture_output=True, text=True
    )
    assert max(map(len, done.stdout.splitlines())) <= 80
