"""Record the responses of the real exchange, with your own account: ``record --live``.

It places limit buy orders far below the market, cancels them in the ways of the cassettes, and in the end
cancels every order that is left. It reads your keys from BINGX_APIKEY and BINGX_SECRET, and masks them in the
cassettes. We have tested it against the simulator only.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ccxt.base.errors import BaseError, OrderNotFound

from ccxt_bingx_ext import bingx

from .tape import tape

UNKNOWN = "1999999999999999999"
PAUSE = 1.1  # s between recordings: the limit of the endpoint is 2 requests/s (seed)
MOST_OF_MARKET = 0.7  # a price above this share of the last price is too near the market


def record_live(
    folder: Path, symbol: str, price: float, amount: float, exchange: Any = None, pause: float = PAUSE
) -> list[Path]:
    """Record one cassette per way of cancelling into ``folder``. Returns their paths."""
    if exchange is None:
        exchange = bingx({"apiKey": os.environ["BINGX_APIKEY"], "secret": os.environ["BINGX_SECRET"]})
    last = exchange.fetch_ticker(symbol)["last"]
    if price > last * MOST_OF_MARKET:
        most = last * MOST_OF_MARKET
        raise SystemExit(f"{price} is too near the market, the order might fill: use at most {most:g}")
    placed: list[str] = []

    def place(client_order_id: str | None = None) -> str:
        params = {"clientOrderId": client_order_id} if client_order_id else {}
        order = exchange.create_order(symbol, "limit", "buy", amount, price, params)
        placed.append(order["id"])
        return str(order["id"])

    try:
        ways = _ways(exchange, symbol, place)
        return [_record(folder, name, act, exchange, pause) for name, act in ways]
    finally:
        for order_id in placed:
            try:
                exchange.cancel_order(order_id, symbol)
                print(f"cancelled a leftover order: {order_id}")
            except OrderNotFound:
                pass  # no longer open, as it should be
            except BaseError as error:
                print(f"MAY STILL BE LIVE: cancel order {order_id} yourself ({error})")


def _ways(exchange: Any, symbol: str, place: Callable[..., str]) -> list[tuple[str, Callable[[], Any]]]:
    def cancel(*ids: str, **params: Any) -> Callable[[], Any]:
        return lambda: exchange.cancel_orders(list(ids), symbol, params)

    first, second, third, client = place(), place(), place(), f"live{time.time_ns()}"
    place(client)
    return [
        ("live_partial_not_found", cancel(first, UNKNOWN, process=1)),
        ("live_partial_already_canceled", cancel(first, second, process=1)),
        ("live_all_failed", cancel(first, UNKNOWN, process=1)),
        ("live_process_0_refused", cancel(third, UNKNOWN)),
        ("live_both_kinds", cancel(third, clientOrderIds=[client, "nobody_1"], process=1)),
    ]


def _record(folder: Path, name: str, act: Callable[[], Any], exchange: Any, pause: float) -> Path:
    path = folder / f"{name}.yaml"
    path.unlink(missing_ok=True)
    exchange.session.close()  # vcrpy 8 drops open connections and does not close them
    with tape("all").use_cassette(str(path)):
        try:
            act()
        except BaseError as error:
            print(f"{name}: {type(error).__name__}")  # a refusal is a response, too
    exchange.session.close()
    time.sleep(pause)
    return path
