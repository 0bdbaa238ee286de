"""Measure the plugin's costs apart from waiting: signing, parsing, importing, and the first cancel."""

from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import ccxt_bingx_ext
from ccxt_bingx_ext._cancel import spacing

from .contenders import CONTENDERS, PROCESS, SYMBOL, Contender, class_of, first_cancel, progress
from .exchange_process import ExchangeProcess

SIGNED_IDS = 100
PARSED_ORDERS = 50  # the size of one batch of the plugin
COLD_IDS = 10
_FIRST_ID = 1735964997957275648
_TIME_IMPORTS = """
import time
start = time.perf_counter()
import ccxt
middle = time.perf_counter()
import ccxt_bingx_ext
print(middle - start, time.perf_counter() - middle)
import os, sys
assert os.path.dirname(ccxt_bingx_ext.__file__) == sys.argv[1]
"""


class Costs(NamedTuple):
    """Costs in s. ``response`` and ``call`` are per order.

    ``response``: from the decoded response to the order structures. ``call``: the same with signing.
    ``parse_order``: ccxt's bare method, for reference. ``cold``: the requests and the wall time of the first
    cancel on a fresh instance.
    """

    signing: dict[Contender, float]
    response: dict[Contender, float]
    call: dict[Contender, float]
    parse_order: float
    ccxt_import: float
    added_import: float
    cold: dict[Contender, tuple[int, float]]


def measure(exchange: ExchangeProcess, *, quick: bool) -> Costs:
    repeats = 5 if quick else 25
    both: tuple[Contender, ...] = ("ours", "ccxt")
    bots = {one: _loaded(exchange, one) for one in both}
    progress("signing")
    signing = _alternating({one: _signs(bot) for one, bot in bots.items()}, 200, repeats)
    progress("parsing")
    parse_order = _alternating({"ccxt": _parses(bots["ccxt"])}, 20, repeats)["ccxt"]
    response = _alternating({one: _reads_response(bot) for one, bot in bots.items()}, 20, repeats)
    call = _alternating({one: _calls(bot) for one, bot in bots.items()}, 20, repeats)
    progress("import")
    imports = _time_imports(3 if quick else 15)
    cold: dict[Contender, tuple[int, float]] = {}
    for contender in CONTENDERS:
        progress(f"cold start: {contender}")
        runs = [_start_cold(exchange, contender) for _ in range(1 if quick else 5)]
        cold[contender] = (max(sent for sent, _ in runs), median(seconds for _, seconds in runs))
    return Costs(
        signing,
        {one: seconds / PARSED_ORDERS for one, seconds in response.items()},
        {one: seconds / PARSED_ORDERS for one, seconds in call.items()},
        parse_order / PARSED_ORDERS,
        median(of_ccxt for of_ccxt, _ in imports),
        median(added for _, added in imports),
        cold,
    )


def _loaded(exchange: ExchangeProcess, contender: Contender) -> Any:
    bot = class_of(contender, "sync")(exchange.config(exchange.new_account(), enableRateLimit=False))
    bot.load_markets()
    return bot


def _alternating(
    runs: Mapping[Contender, Callable[[], object]], number: int, repeats: int
) -> dict[Contender, float]:
    """The median of one run in s. The contenders take turns, so that a busy machine slows all of them."""
    seconds: dict[Contender, list[float]] = {one: [] for one in runs}
    for _ in range(repeats + 1):
        for one, run in runs.items():
            start = time.perf_counter()
            for _ in range(number):
                run()
            seconds[one].append((time.perf_counter() - start) / number)
    return {one: median(taken[1:]) for one, taken in seconds.items()}  # the first run warms up


def _ids(count: int) -> list[str]:
    return [str(_FIRST_ID + number) for number in range(count)]


def _signs(bot: Any) -> Callable[[], object]:
    request = {"symbol": "BTC-USDT", "orderIds": ",".join(_ids(SIGNED_IDS)), **PROCESS}
    return lambda: bot.sign("trade/cancelOrders", ["spot", "v1", "private"], "POST", request)


def _entries(ids: Sequence[str]) -> list[dict[str, Any]]:
    """The entries of cancelled orders in a response."""
    return [
        {
            "symbol": "BTC-USDT",
            "orderId": int(one),
            "transactTime": 1717027601111,
            "price": "25000",
            "stopPrice": "0",
            "origQty": "0.001",
            "executedQty": "0",
            "cummulativeQuoteQty": "0",
            "status": "CANCELED",
            "type": "LIMIT",
            "side": "BUY",
            "clientOrderID": "",
        }
        for one in ids
    ]


def _response(ids: Sequence[str]) -> dict[str, Any]:
    return {"code": 0, "msg": "", "debugMsg": "", "data": {"orders": _entries(ids)}}


def _parses(bot: Any) -> Callable[[], object]:
    entries, market = _entries(_ids(PARSED_ORDERS)), bot.market(SYMBOL)
    return lambda: [bot.parse_order(entry, market) for entry in entries]


def _reads_response(bot: Any) -> Callable[[], object]:
    """The whole call, but without signing and sending the request."""
    ids = _ids(PARSED_ORDERS)
    response = _response(ids)

    def run() -> object:
        spacing.forget()  # the same orders again would wait for a second
        bot.spotV1PrivatePostTradeCancelOrders = lambda request: response
        try:
            return bot.cancel_orders(ids, SYMBOL, PROCESS)
        finally:
            del bot.spotV1PrivatePostTradeCancelOrders

    return run


def _calls(bot: Any) -> Callable[[], object]:
    """The whole call, but without the network."""
    ids = _ids(PARSED_ORDERS)
    response = _response(ids)

    def run() -> object:
        spacing.forget()
        bot.fetch = lambda *request: response
        try:
            return bot.cancel_orders(ids, SYMBOL, PROCESS)
        finally:
            del bot.fetch

    return run


def _time_imports(repeats: int) -> list[tuple[float, float]]:
    """The seconds that ``import ccxt`` takes, and the plugin's import after it, in fresh interpreters.

    Imports a copy of the plugin with compiled bytecode, as pip installs it. In a checkout where Python may
    not write bytecode, each start would compile the plugin again.
    """
    with tempfile.TemporaryDirectory() as directory:
        package = Path(directory) / "ccxt_bingx_ext"
        shutil.copytree(Path(ccxt_bingx_ext.__file__).parent, package)
        compileall.compile_dir(package, quiet=2)
        command = [sys.executable, "-c", _TIME_IMPORTS, str(package)]
        environment = {**os.environ, "PYTHONPATH": directory}
        times = []
        for _ in range(repeats + 1):
            done = subprocess.run(
                command, cwd=directory, env=environment, capture_output=True, text=True, check=True
            )
            of_ccxt, added = done.stdout.split()
            times.append((float(of_ccxt), float(added)))
        return times[1:]  # the first run fills the file cache


def _start_cold(exchange: ExchangeProcess, contender: Contender) -> tuple[int, float]:
    account = exchange.new_account()
    ids = exchange.place(account, COLD_IDS)
    bot = class_of(contender, "sync")(exchange.config(account, enableRateLimit=True))
    exchange.clear_log()
    called = time.perf_counter()
    first_cancel(bot, contender, ids)
    seconds = time.perf_counter() - called
    return exchange.tally().sent, seconds
