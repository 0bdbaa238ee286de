"""The simulator as a program."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from .simulator import Simulator

_EXAMPLE = """\
BingX simulator at {url}
  apiKey  {key}
  secret  {secret}

  import ccxt
  exchange = ccxt.bingx({{
      "apiKey": "{key}", "secret": "{secret}",
      "urls": {{"api": dict.fromkeys(["spot", "swap", "cswap", "wallets"], "{url}/openApi")}},
  }})
  order = exchange.create_order("BTC/USDT", "limit", "buy", 0.001, 25000)
  exchange.cancel_orders([order["id"]], "BTC/USDT")

Stop with Ctrl-C."""


def serve(port: int = 8000, *, announce: Callable[[str], object] | None = None, **settings: Any) -> None:
    """Run a simulator until SIGINT or SIGTERM. Call it in the main thread.

    It hands its address and key to ``announce``, or prints them. ``settings`` are those of `Simulator`.
    """
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Simulator(port, **settings) as simulator:
            text = _EXAMPLE.format(url=simulator.url, key=simulator.api_key, secret=simulator.secret)
            print(text, flush=True) if announce is None else announce(text)
            stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
