"""`run --simulator`: a program that is set up for the live exchange trades on the simulator, untouched."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ccxt_bingx_ext._simulated import VARIABLE
from ccxt_bingx_ext.cli import companion, main
from ccxt_bingx_ext.cli.run import options_of
from ccxt_bingx_ext.cli.usage import BadUsage
from ccxt_bingx_ext.simulator import Simulator

RUN = [sys.executable, "-m", "ccxt_bingx_ext", "run", "--simulator"]

# Ours and ccxt's own class, in each world and in a child process, with the keys of the live exchange.
BOT = """
import asyncio, inspect, subprocess, sys
import ccxt, ccxt.async_support, ccxt.pro
from ccxt.bingx import bingx as own_sync
from ccxt.async_support.bingx import bingx as own_async
from ccxt.pro.bingx import bingx as own_pro

CONFIG = {"apiKey": "a live key", "secret": "a live secret", "options": {"sandbox": "sandbox" in sys.argv}}
SYMBOL = "BTC/USDT:USDT"

async def trade(exchange_class):
    exchange = exchange_class(CONFIG)
    async def done(result):
        return await result if inspect.isawaitable(result) else result
    order = await done(exchange.create_order(SYMBOL, "limit", "buy", 0.001, 25000))
    canceled = await done(exchange.cancel_order(order["id"], SYMBOL))
    close = getattr(exchange, "close", None)  # ccxt 4.5.28: the sync class has none
    if inspect.iscoroutinefunction(close):
        await close()
    print(exchange_class.__module__, canceled["id"] == order["id"], flush=True)

for one in (ccxt.bingx, ccxt.async_support.bingx, ccxt.pro.bingx, own_sync, own_async, own_pro):
    asyncio.run(trade(one))
if "child" not in sys.argv:
    subprocess.run([sys.executable, __file__, "child", "sandbox"], check=True)
"""
CLASSES = [
    "ccxt_bingx_ext._sync", "ccxt_bingx_ext.async_support", "ccxt_bingx_ext.pro",
    "ccxt.bingx", "ccxt.async_support.bingx", "ccxt.pro.bingx",
]  # fmt: skip


def run_code(simulator: Simulator, code: str) -> subprocess.CompletedProcess[str]:
    command = [*RUN, simulator.url, "--", sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def is_listening(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port)) == 0


def ends(url: str) -> bool:
    """Whether the simulator at `url` ends soon."""
    deadline = time.monotonic() + 20
    while is_listening(url) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_listening(url)


def test_unchanged_bot(simulator: Simulator, tmp_path: Path) -> None:
    """Every bingx class that a bot and its child process meet trades on the simulator, ccxt's own, too."""
    (tmp_path / "bot.py").write_text(BOT)
    command = [*RUN, simulator.url, "--", "bot.py"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ended.stdout.splitlines() == [f"{one} True" for one in CLASSES * 2], ended.stderr
    assert f"this program trades on the simulator at {simulator.url}\n" in ended.stderr
    assert [order.status for order in simulator.orders()] == ["CANCELED"] * 12


LATE_IMPORTS = {
    "cleared environment": "import os; os.environ.clear(); import ccxt",
    "another simulator": f"import os; os.environ[{VARIABLE!r}] = 'http://127.0.0.1:1'; import ccxt",
    # Thread 1 imports the plugin, which imports ccxt. Thread 2 uses ccxt as soon as it can.
    "two threads": (
        "import sys, threading\n"
        "thread = threading.Thread(target=__import__, args=('ccxt_bingx_ext',)); thread.start()\n"
        "while 'ccxt' not in sys.modules: pass\n"
        "import ccxt"
    ),
}


@pytest.mark.parametrize("imports", LATE_IMPORTS.values(), ids=LATE_IMPORTS)
def test_import_of_ccxt(simulator: Simulator, imports: str) -> None:
    """However a program comes to import ccxt, both classes are on the simulator that run has named."""
    code = (
        f"{imports}\n"
        "from ccxt.bingx import bingx\n"
        "for one in (ccxt.bingx, bingx):\n"
        "    print(one.__module__, one().urls['api']['spot'])\n"
    )
    ended = run_code(simulator, code)
    assert ended.stdout.splitlines() == [
        f"ccxt_bingx_ext._sync {simulator.url}/openApi",
        f"ccxt.bingx {simulator.url}/openApi",
    ], ended.stderr


def test_child_process_with_little_environment(simulator: Simulator) -> None:
    """A child process that gets PYTHONPATH and no other variable trades on the simulator, too."""
    code = (
        "import os, subprocess, sys\n"
        'child = \'import ccxt; print(ccxt.bingx().urls["api"]["spot"])\'\n'
        "environment = {'PYTHONPATH': os.environ['PYTHONPATH']}\n"
        "subprocess.run([sys.executable, '-c', child], env=environment, check=True)\n"
    )
    ended = run_code(simulator, code)
    assert ended.stdout == f"{simulator.url}/openApi\n", ended.stderr


def test_other_host(simulator: Simulator) -> None:
    """A cancel that would go to another host is not sent. Its error has every id, and no bot repeats it."""
    code = (
        "import ccxt\n"
        "exchange = ccxt.bingx()\n"
        "exchange.load_markets()\n"
        "exchange.urls['api']['spot'] = 'https://open-api.bingx.com/openApi'\n"
        "try:\n"
        "    exchange.cancel_orders(['1', '2'], 'BTC/USDT', {'process': 1})\n"
        "except ccxt.BaseError as error:\n"
        "    print(type(error) is ccxt.BaseError, error.unresolved, error)\n"
    )
    ended = run_code(simulator, code)
    assert ended.stdout.startswith("True ['1', '2'] bingx "), ended.stderr
    assert "nothing was sent to open-api.bingx.com: under ccxt-bingx-ext run --simulator" in ended.stdout


def test_own_simulator(loopback: None, tmp_path: Path) -> None:
    """Without a URL run starts a simulator, which the signal that ends the program does not end."""
    (tmp_path / "bot.py").write_text(
        "import ccxt, signal, sys\n"
        "exchange = ccxt.bingx()\n"
        "id = exchange.create_order('BTC/USDT', 'limit', 'buy', 0.001, 25000)['id']\n"
        "def tidy_up(number, frame):\n"
        "    print(exchange.cancel_order(id, 'BTC/USDT')['status'], flush=True)\n"
        "    sys.exit(3)\n"
        "signal.signal(signal.SIGTERM, tidy_up)\n"
        "print(exchange.urls['api']['spot'].removesuffix('/openApi'), flush=True)\n"
        "signal.pause()\n"
    )
    command = [*RUN, "bot.py"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as bot:
        assert bot.stdout is not None
        url = bot.stdout.readline().strip()
        assert is_listening(url)
        os.killpg(bot.pid, signal.SIGTERM)  # as systemd does: to each of its processes
        out, err = bot.communicate(timeout=60)
    assert (out, bot.returncode) == ("canceled\n", 3), err
    assert ends(url)


def test_end_by_force(loopback: None, tmp_path: Path) -> None:
    """A simulator of run's own ends even if the program is killed."""
    code = "import ccxt, time; print(ccxt.bingx().urls['api']['spot'], flush=True); time.sleep(60)"
    with subprocess.Popen(
        [*RUN, "--", sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as bot:
        assert bot.stdout is not None
        url = bot.stdout.readline().strip()
        assert is_listening(url)
        bot.kill()
    assert ends(url)


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What run would become."""
    seen: list[Any] = []
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(os, "execve", lambda *given: seen.append(given))
    return seen


def test_environment(
    simulator: Simulator,
    executed: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The program learns of the simulator by its environment, and what it runs learns it from there."""
    main(["run", "--simulator", f"{simulator.url}/", "-m", "bot"])
    assert executed[0][2][VARIABLE] == simulator.url
    main(["run", "-m", "bot"])
    assert VARIABLE not in executed[1][2]
    assert capsys.readouterr().err.count("trades on the simulator") == 1
    monkeypatch.setenv(VARIABLE, "http://127.0.0.1:8000")
    main(["run", "-m", "bot"])
    assert "this program trades on the simulator at http://127.0.0.1:8000" in capsys.readouterr().err


def test_dead_simulator(
    simulator: Simulator, executed: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """run starts no program if nothing listens at the URL, and says how to start a simulator there."""
    simulator.stop()
    assert main(["run", "--simulator", simulator.url, "-m", "bot"]) == 64
    assert executed == []
    assert capsys.readouterr().err == (
        f"ccxt-bingx-ext: no simulator answers at {simulator.url}, so the program was not started. "
        f"Start one: ccxt-bingx-ext simulate --port {simulator.port}\n"
    )


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "canned", "body": "<html>"},
        {"kind": "canned", "body": "[]"},
        {"kind": "canned", "body": '{"code": 100400, "msg": "no such API"}'},
        {"kind": "drop"},
    ],
)
def test_no_simulator_at_the_url(simulator: Simulator, executed: list[Any], fault: dict[str, Any]) -> None:
    """run starts no program if something other than a simulator listens at the URL."""
    simulator.faults.add(path="server/time", **fault)
    assert main(["run", "--simulator", simulator.url, "-m", "bot"]) == 64
    assert executed == []
    main(["run", "--simulator", simulator.url, "-m", "bot"])
    assert len(executed) == 1


def test_simulator_is_started_last(executed: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """run starts its simulator only for a program that it can start."""
    started: list[int] = []

    def start(program: int) -> str:
        started.append(program)
        return "http://127.0.0.1:1"

    monkeypatch.setattr(companion, "start", start)
    assert main(["run", "--simulator", "no-such-program"]) == 127
    assert main(["run", "--simulator", sys.executable, "-I"]) == 64
    assert main(["run", "--simulator"]) == 64
    assert (started, executed) == ([], [])
    main(["run", "--simulator", "--", sys.executable])
    assert executed[0][2][VARIABLE] == "http://127.0.0.1:1"
    assert started == [os.getpid()]  # the program takes the place of this process


@pytest.mark.parametrize(
    ("words", "simulator", "program"),
    [
        ("bot.py --simulator", None, "bot.py --simulator"),
        ("-- bot.py", None, "bot.py"),
        ("-m bot", None, "-m bot"),
        ("--simulator -- bot.py", "", "bot.py"),
        ("--simulator bot.py http://127.0.0.1:1", "", "bot.py http://127.0.0.1:1"),
        ("--simulator -m bot", "", "-m bot"),
        ("--simulator python3 -- bot.py", "", "python3 -- bot.py"),
        ("--simulator ./. -- bot.py", "", "./. -- bot.py"),
        ("--simulator http://127.0.0.1:8000/ -- bot.py", "http://127.0.0.1:8000", "bot.py"),
        ("--simulator=http://localhost:8000 -m bot", "http://localhost:8000", "-m bot"),
    ],
)
def test_options(words: str, simulator: str | None, program: str) -> None:
    """run takes --simulator and its URL in front of the program, and nothing from behind it."""
    found, rest = options_of(words.split())
    assert (found, [*rest]) == (simulator, program.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--simulator https://open-api.bingx.com -- bot.py", "--simulator is not http://127.0.0.1:PORT"),
        ("--simulator 127.0.0.1:8000 -- bot.py", "--simulator 127.0.0.1:8000 is not a URL: write http://"),
        ("--simulator localhost:8000/ bot.py", "--simulator localhost:8000/ is not a URL"),
        ("--simulator [::1]:8000 bot.py", "--simulator [::1]:8000 is not a URL"),
        ("--simulator 8000 bot.py", "--simulator 8000 is not a URL"),
        ("--simulator=8000 bot.py", "--simulator is not http://127.0.0.1:PORT"),
        ("--simulator http://127.0.0.1:0 bot.py", "--simulator is not http://127.0.0.1:PORT"),
        ("--simulator foo -- bot.py", "--simulator is not http://127.0.0.1:PORT: foo\n"),
        ("--simulator localhost:8000 -- bot.py", "--simulator localhost:8000 is not a URL: write http://"),
        ("--simulate bot.py", "run has no option --simulate: ccxt-bingx-ext run [--simulator [URL]]"),
    ],
)
def test_bad_options(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """For a wrong option run exits with 64 and starts nothing."""
    assert main(["run", *words.split()]) == 64
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--simulator", "--simulator=http://127.0.0.1:8000"])
def test_option_behind_the_program(
    option: str, executed: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """run passes an option behind the program on, and remarks that it starts no simulator."""
    main(["run", "--", sys.executable, "bot.py", option])
    assert executed[0][1][1:] == ["bot.py", option]
    assert "run passes --simulator to the program" in capsys.readouterr().err


def test_no_remark_without_a_reason(executed: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    """run remarks nothing about options that are not its own."""
    main(["run", "--", sys.executable, "bot.py", "--simulators"])
    assert len(executed) == 1
    assert capsys.readouterr().err == ""


@pytest.fixture
def program(loopback: None) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as program:
        yield program
        program.kill()


def test_companion_lives_as_long_as_the_program(program: subprocess.Popen[bytes]) -> None:
    """The simulator listens when start returns, and ends when the program does."""
    url = companion.start(program.pid)
    assert is_listening(url)
    program.kill()
    assert ends(url)


def test_program_without_streams_and_children(loopback: None) -> None:
    """The simulator is not a child that the program would wait for, and does not hold its streams open."""
    code = (
        "import os, time\n"
        "if os.fork() == 0: os._exit(0)\n"
        "os.wait()\n"
        "try: os.wait()\n"
        "except ChildProcessError: print('no other child', flush=True)\n"
        "os.close(1); os.close(2)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [*RUN, "--", sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as bot:
        watchdog = threading.Timer(30, bot.kill)
        watchdog.start()
        assert bot.stdout is not None
        assert bot.stderr is not None
        assert bot.stdout.read() == "no other child\n"
        assert "trades on the simulator" in bot.stderr.read()
        assert bot.poll() is None
        watchdog.cancel()
        bot.kill()


def test_warnings_as_errors(loopback: None) -> None:
    """With PYTHONWARNINGS=error, run adds nothing to its remark on stderr."""
    command = [*RUN, "--", sys.executable, "-c", "print('ran')"]
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.stdout == "ran\n"
    assert len(ended.stderr.splitlines()) == 1, ended.stderr


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 1", "it exited with 1"),
        (
            "echo Traceback >&2; echo 'ModuleNotFoundError: No module' >&2; echo",
            "ModuleNotFoundError: No module",
        ),
    ],
)
def test_companion_fails(
    script: str,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """If the simulator does not start, the program does not either, and run says why."""
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(os, "execve", None)
    assert main(["run", "--simulator", "-m", "bot"]) == 64
    said = f"the simulator did not start: {reason}. The program did not run"
    assert said in capsys.readouterr().err


def test_companion_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a program cannot take the place of run, run needs the URL of a simulator."""
    monkeypatch.delattr(os, "fork")
    with pytest.raises(BadUsage, match="--simulator needs a URL here"):
        companion.start(os.getpid())


def serve(program: int, patch: pytest.MonkeyPatch, end: Callable[[], None]) -> None:
    """Run `companion.main` for `program` in this process, and call `end` once it has served a request."""
    ignored: dict[int, Any] = {}
    closed: list[int] = []
    served: list[str] = []

    def print_url(url: str, **named: Any) -> None:
        with urllib.request.urlopen(f"{url}/openApi/spot/v1/common/symbols"):
            served.append(url)
        end()

    patch.setattr(sys, "argv", ["companion", str(program)])
    patch.setattr(signal, "signal", lambda number, handler: ignored.update({number: handler}))
    patch.setattr(os, "dup2", lambda new, stream: closed.append(stream))
    patch.setattr("builtins.print", print_url)
    companion.main()
    assert not is_listening(served[0])
    assert closed == [1, 2]
    assert set(ignored) == {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    assert set(ignored.values()) == {signal.SIG_IGN}


def test_companion_ends(program: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulator serves until the program has ended, and ignores the signals that end the program."""
    with monkeypatch.context() as patch:  # pytest needs what `serve` replaces
        serve(program.pid, patch, end=program.kill)


def test_companion_without_process_handles(loopback: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no handles of processes, the simulator looks for the process again and again."""
    answers = iter([None, PermissionError(), ProcessLookupError()])
    asked: list[tuple[int, ...]] = []

    def kill(*what: int) -> None:
        asked.append(what)
        answer = next(answers)
        if answer is not None:
            raise answer

    with monkeypatch.context() as patch:
        patch.delattr(os, "pidfd_open", raising=False)
        patch.setattr(os, "kill", kill)
        patch.setattr(companion, "_POLL_SECONDS", 0)
        serve(7, patch, end=lambda: None)
    assert asked == [(7, 0)] * 3
