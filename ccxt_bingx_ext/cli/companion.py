"""The simulator that a program trades on: one that runs already, or one for the life of the program.

`run` starts the latter, and then becomes the program. The simulator is a process of its own, so that the
program stays the process that you started. It ends when the program does, however that ends, and ignores the
signals that end the program: a bot cancels its orders then. It is not a child of the program, which may wait
for all of its children, and it keeps none of the program's streams open.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from .credentials import how_to_start
from .usage import BadUsage

_PROBE = "/openApi/swap/v2/server/time"
_PATIENCE_SECONDS = 5.0
_POLL_SECONDS = 0.2


def start(program: int) -> str:
    """Start a simulator that lives as long as the process `program`. Returns its URL."""
    if not hasattr(os, "fork"):  # Windows: this process would end when the program begins
        raise BadUsage("--simulator needs a URL here: start one with ccxt-bingx-ext simulate")
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", __name__, str(program)],  # PYTHONWARNINGS is for the program
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=Path(__file__).parents[2],  # with -m, Python imports from there first: not from a bot's folder
        start_new_session=True,  # Ctrl-C and a closed terminal are for the program
    ) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            if line.startswith("http://"):
                return line.strip()
            said = line.strip() or said
    reason = said or f"it exited with {process.returncode}"
    raise BadUsage(f"the simulator did not start: {reason}. The program did not run")


def refuse_dead(url: str) -> None:
    """Raise `BadUsage` if no simulator answers at `url`."""
    host = urlsplit(url)
    # http.client, because urllib would take a proxy of the environment to this machine itself.
    connection = HTTPConnection(host.hostname or "", host.port or 80, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET", _PROBE)
        answer = json.loads(connection.getresponse().read())
    except (OSError, HTTPException, ValueError):
        answer = None
    finally:
        connection.close()
    if not isinstance(answer, dict) or "data" not in answer:
        raise BadUsage(
            f"no simulator answers at {url}, so the program was not started. Start one: {how_to_start(url)}"
        )


def main() -> None:
    """Serve until the program has ended."""
    from ..simulator import Simulator  # `run`, which imports this module, needs no server

    program = int(sys.argv[1])
    handle = _handle_of(program)  # while `run` waits for the URL: later, another process may have this id
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with Simulator() as simulator:
        print(simulator.url, flush=True)
        _close_streams()
        _wait_for(program, handle)


def _close_streams() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def _handle_of(program: int) -> int | None:
    try:
        return os.pidfd_open(program)
    except (AttributeError, OSError):  # only Linux has it, since 5.3
        return None


def _wait_for(program: int, handle: int | None) -> None:
    if handle is not None:
        select.select([handle], [], [])
        os.close(handle)
        return
    while _is_running(program):
        time.sleep(_POLL_SECONDS)


def _is_running(program: int) -> bool:
    try:
        os.kill(program, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs as another user
        pass
    return True


if __name__ == "__main__":  # pragma: no cover - in a process of its own
    # The first process ends at once, so that the second one is not a child of the program.
    if os.fork() == 0:
        main()
