"""The simulator as a program."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from queue import SimpleQueue
from types import FrameType
from typing import Any

from .endpoints import PREFIX
from .http.log import Request
from .simulator import Simulator

_EXAMPLE = """\
BingX simulator at {url}
  apiKey  {key}
  secret  {secret}

A bot of yours, as it is:

  ccxt-bingx-ext run --simulator {url} -- python my_bot.py

Or in Python:

  from ccxt_bingx_ext import bingx
  exchange = bingx({{"apiKey": "{key}", "secret": "{secret}"}})
  api = dict.fromkeys(exchange.urls["api"], "{url}/openApi")
  exchange.urls["api"] = api
  order = exchange.create_order("BTC/USDT", "limit", "buy", 0.001, 25000)
  exchange.cancel_orders([order["id"]], "BTC/USDT", {{"process": 1}})

Stop with Ctrl-C."""


def serve(
    port: int = 8000,
    *,
    announce: Callable[[str], object] | None = None,
    log: Callable[[str], object] | None = None,
    **settings: Any,
) -> None:
    """Run a simulator until SIGINT or SIGTERM. Call it in the main thread.

    It hands its address and key to ``announce``, or prints them, and a line for each request to ``log``.
    ``settings`` are those of `Simulator`.
    """
    # Filled by the server's thread and by the signal handler, which may interrupt a `get`: None ends it.
    lines: SimpleQueue[str | None] = SimpleQueue()

    def on_signal(number: int, frame: FrameType | None) -> None:
        lines.put(None)

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Simulator(port, **settings) as simulator:
            if log is not None:  # before anybody knows the address: no request is missing
                simulator.on_response = lambda request: lines.put(line_of(request))
            text = _EXAMPLE.format(url=simulator.url, key=simulator.api_key, secret=simulator.secret)
            print(text, flush=True) if announce is None else announce(text)
            while (line := lines.get()) is not None:
                assert log is not None
                log(line)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def line_of(request: Request) -> str:
    """A request and what became of it, in a line."""
    seconds, ms = divmod(int(request.wall * 1000), 1000)
    at = f"{time.strftime('%H:%M:%S', time.localtime(seconds))}.{ms:03}"
    if request.http_status is None:
        outcome = ["no response"]
    elif request.code is not None and request.http_status == 200:
        outcome = [f"code {request.code}"]
    else:
        outcome = [f"HTTP {request.http_status}"]
    if request.limited:
        outcome.append("over the limit")
    if request.cancelled:
        outcome.append(f"{len(request.cancelled)} cancelled")
    faults = [kind for kind in (request.fault, *request.conditions) if kind]
    if faults:
        outcome.append(f"fault {'+'.join(faults)}")
    return f"{at} {request.method} {request.path.removeprefix(PREFIX)}: {', '.join(outcome)}"
