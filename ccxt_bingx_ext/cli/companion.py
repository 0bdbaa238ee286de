"""The simulator that a program trades on: one that runs already, or one for the life of the program.

`run` starts the latter, and then becomes the program. The simulator is a process of its own, so that the
program stays the process that you started. It ends when the program does, however that ends, and ignores the
signals that end the program: a bot cancels its orders then.
"""

from __future__ import annotations

import json
import os
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


def start() -> tuple[str, subprocess.Popen[str]]:
    """Start a simulator that lives as long as this process. Returns its URL and its process."""
    if not hasattr(os, "fork"):  # Windows: this process would end when the program begins
        raise BadUsage("--simulator needs a URL here: start one with ccxt-bingx-ext simulate")
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],  # with -m, Python imports from there first: not from a bot's folder
        start_new_session=True,  # Ctrl-C and a closed terminal are for the program
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    if not url:
        process.communicate()
        raise BadUsage(
            f"the simulator did not start: it exited with {process.returncode}. The program did not run"
        )
    return url, process


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
    """Serve until the program is no longer the parent of this process."""
    from ..simulator import Simulator  # `run`, which imports this module, needs no server

    program = int(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with Simulator() as simulator:
        print(simulator.url, flush=True)
        while os.getppid() == program:
            time.sleep(_POLL_SECONDS)


if __name__ == "__main__":  # pragma: no cover - in a process of its own
    main()
