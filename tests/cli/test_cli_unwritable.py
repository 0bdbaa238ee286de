"""Every command with a stdout or stderr that cannot be written: no traceback, and the right exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

import pytest

from ccxt_bingx_ext.cli import main, terminal
from ccxt_bingx_ext.simulator import Simulator

COMMAND = [sys.executable, "-m", "ccxt_bingx_ext"]
UNKNOWN = "1735999999999999999"
FULL = "/dev/full"
NO_DEV_FULL = pytest.mark.skipif(not os.path.exists(FULL), reason="this system has no /dev/full")

RESULTS = {
    "help": ["--help"],
    "doctor": ["doctor", "--simulator", "URL"],
    "doctor --json": ["doctor", "--simulator", "URL", "--json"],
    "demo": ["demo"],
    "simulate": ["simulate", "--port", "0"],
    "cancel --dry-run": ["cancel", "BTC/USDT", UNKNOWN, "--dry-run", "--simulator", "URL"],
    "cancel --dry-run --json": ["cancel", "BTC/USDT", UNKNOWN, "--dry-run", "--json", "--simulator", "URL"],
}
"""The commands that write a result which names no order that may be live."""


@contextmanager
def unwritable(kind: str) -> Iterator[IO[bytes]]:
    """A file that cannot be written: the disk is full, or nobody reads the pipe."""
    if kind == "full":
        with open(FULL, "wb", buffering=0) as file:
            yield file
    else:
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "wb", buffering=0) as file:
            yield file


def ended(words: list[str], simulator: Simulator, **unwritten: str) -> subprocess.CompletedProcess[str]:
    """Run a command; `unwritten` names the streams that cannot be written."""
    words = [simulator.url if word == "URL" else word for word in words]
    # Unbuffered streams keep nothing that could fail once more when Python exits.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with ExitStack() as stack:
        streams = {name: stack.enter_context(unwritable(kind)) for name, kind in unwritten.items()}
        return subprocess.run(
            [*COMMAND, *words],
            stdin=subprocess.DEVNULL,
            stdout=streams.get("stdout", subprocess.PIPE),
            stderr=streams.get("stderr", subprocess.PIPE),
            env=environment,
            text=True,
            timeout=60,
        )


@pytest.mark.parametrize("words", RESULTS.values(), ids=RESULTS.keys())
def test_result_without_reader(words: list[str], bingx_simulator: Simulator) -> None:
    """If nobody reads stdout, a command ends with 74 and without a word, as `| head -1` expects."""
    done = ended(words, bingx_simulator, stdout="pipe")
    assert (done.returncode, done.stderr) == (74, "")


@NO_DEV_FULL
@pytest.mark.parametrize("words", RESULTS.values(), ids=RESULTS.keys())
def test_result_on_a_full_disk(words: list[str], bingx_simulator: Simulator) -> None:
    """If the disk is full, a command says so in one line and ends with 74."""
    done = ended(words, bingx_simulator, stdout="full")
    assert done.returncode == 74
    assert done.stderr == (
        "ccxt-bingx-ext: the output cannot be written: [Errno 28] No space left on device\n"
    )


@pytest.mark.parametrize("kind", ["pipe", pytest.param("full", marks=NO_DEV_FULL)])
@pytest.mark.parametrize("json_words", [[], ["--json"]])
def test_cancel_names_what_may_be_live(bingx_simulator: Simulator, kind: str, json_words: list[str]) -> None:
    """cancel ends with 2 and names every order that may be live, whatever keeps stdout from being written."""
    bingx_simulator.faults.add("http", status=504, times=None, path="cancelOrders")
    bingx_simulator.faults.add("http", status=504, times=None, path="trade/query")
    done = ended(
        ["cancel", "BTC/USDT", UNKNOWN, "--simulator", "URL", *json_words], bingx_simulator, stdout=kind
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"may be live: {UNKNOWN}"
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize(
    ("kind", "words", "code"),
    [
        ("pipe", ["run", "--", "no-such-program-anywhere"], 127),
        ("pipe", ["run"], 64),
        ("pipe", [], 64),
        pytest.param("full", [], 64, marks=NO_DEV_FULL),
        ("pipe", ["cancel", "BTC/USDT", "not an id", "--simulator", "URL"], 64),
    ],
)
def test_remark_on_unwritable_stderr(
    bingx_simulator: Simulator, kind: str, words: list[str], code: int
) -> None:
    """The exit code is the same if stderr cannot be written. Python's own would be 120."""
    done = ended(words, bingx_simulator, stderr=kind)
    assert (done.returncode, done.stdout) == (code, "")


def test_neither_stream(bingx_simulator: Simulator) -> None:
    """The exit code of cancel says that an order may be live, even if neither stream can."""
    bingx_simulator.faults.add("http", status=504, times=None)
    words = ["cancel", "BTC/USDT", UNKNOWN, "--simulator", "URL"]
    assert ended(words, bingx_simulator, stdout="pipe", stderr="pipe").returncode == 2


def test_run_leaves_the_stream_to_the_program(bingx_simulator: Simulator) -> None:
    """run writes nothing to stdout itself: the program's own exit code stands."""
    words = ["run", "--", sys.executable, "-c", "raise SystemExit(7)"]
    assert ended(words, bingx_simulator, stdout="pipe").returncode == 7


def test_closed_stdout(
    bingx_simulator: Simulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stdout that is closed when Python starts (`>&-`) counts as one that cannot be written."""
    order = bingx_simulator.place()
    for words, code in (
        (["doctor"], 74),
        (["cancel", "BTC/USDT", str(order.order_id)], 2),
        (["cancel", "BTC/USDT", str(order.order_id), "--json"], 2),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", None)
            assert main([*words, "--simulator", bingx_simulator.url]) == code
            sys.stdout.close()
        assert "cannot be written: the stream is closed\n" in capsys.readouterr().err


def test_question_that_cannot_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question on a stderr that cannot be written is not asked: nobody can agree to it unseen."""
    with unwritable("pipe") as pipe, open(pipe.fileno(), "w", closefd=False) as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        with pytest.raises(terminal.CannotWrite) as raised:
            terminal.ask("Cancel? [y/N] ")
        assert raised.value.is_reader_gone
        terminal.remark("nothing was sent")
        terminal.release_unwritable()
        assert sys.stderr is not stderr
        sys.stderr.close()
        with pytest.raises(BrokenPipeError):
            stderr.close()


def test_reader_gone_in_process(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that calls `main` gets 74 as well, and a stdout that it can go on with."""
    with unwritable("pipe") as pipe:
        stdout = open(pipe.fileno(), "w", closefd=False)  # noqa: SIM115 - to close it raises
        monkeypatch.setattr(sys, "stdout", stdout)
        assert main(["--version"]) == 74
        print("still there")
        sys.stdout.close()
        with pytest.raises(BrokenPipeError):
            stdout.close()
    assert capsys.readouterr().err == ""
