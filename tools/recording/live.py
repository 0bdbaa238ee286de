"""Record the responses of the real exchange, with your own account: ``record --live``.

It places limit buy orders far below the market, on each kind of market that you name. It cancels them in the
ways for which only the exchange knows the response, and at the end cancels every order that is left. It
prints each response, and keeps it as a cassette. It reads your keys from BINGX_APIKEY and BINGX_SECRET, and
masks them in the cassettes. We tested it against the simulator only.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccxt.base.errors import BaseError, OrderNotFound

from ccxt_bingx_ext import bingx

from .probe import Form, Probe
from .tape import tape

UNKNOWN = "1999999999999999999"
PAUSE = 1.2  # s between recordings: 2 requests/s (seed), and the same order once per second
MOST_OF_MARKET = 0.7  # a price above this share of the last price is not far from the market

Way = tuple[str, Callable[[], Any]]


@dataclass(frozen=True)
class Far:
    """A limit buy order far below the market."""

    symbol: str
    price: float
    amount: float


def record_live(
    folder: Path, orders: Sequence[Far], exchange: Any = None, pause: float = PAUSE, *, hedged: bool = False
) -> list[Path]:
    """Record one cassette per way of cancelling into `folder`, and return their paths.

    `orders`: one per kind of market to record.
    """
    if exchange is None:
        exchange = bingx({"apiKey": os.environ["BINGX_APIKEY"], "secret": os.environ["BINGX_SECRET"]})
    for one in orders:
        last = exchange.fetch_ticker(one.symbol)["last"]
        if one.price > last * MOST_OF_MARKET:
            raise SystemExit(f"{one.price} is too near the market ({last}), so orders might fill: lower it")
    session = _Session(exchange, hedged)
    try:
        return [
            _record(folder, name, act, exchange, pause)
            for one in orders
            for name, act in _WAYS[session.kind_of(one)](session, one)
        ]
    finally:
        session.clean_up(pause)


class _Session:
    """The exchange, and the orders that the recorder placed there."""

    def __init__(self, exchange: Any, hedged: bool) -> None:
        self.exchange = exchange
        self.probe = Probe(exchange)
        self._hedged = hedged
        self._placed: list[tuple[str, str]] = []

    def kind_of(self, far: Far) -> str:
        market = self.exchange.market(far.symbol)
        return "spot" if market["spot"] else "linear" if market["linear"] else "inverse"

    def id_of(self, far: Far) -> str:
        """The exchange's name for the symbol."""
        return str(self.exchange.market(far.symbol)["id"])

    def place(self, far: Far, client_order_id: str | None = None) -> str:
        params: dict[str, Any] = {"clientOrderId": client_order_id} if client_order_id else {}
        if self._hedged and self.kind_of(far) != "spot":
            params["hedged"] = True
        order = self.exchange.create_order(far.symbol, "limit", "buy", far.amount, far.price, params)
        self._placed.append((order["id"], far.symbol))
        return str(order["id"])

    def clean_up(self, pause: float) -> None:
        """Cancel every order that is left."""
        for order_id, symbol in self._placed:
            time.sleep(pause)  # the exchange accepts the same order once per second
            try:
                self.exchange.cancel_order(order_id, symbol)
                print(f"cancelled an order that was left: {order_id}")
            except OrderNotFound:
                pass  # no longer open, as it should be
            except BaseError as error:
                print(f"MAY STILL BE LIVE: cancel order {order_id} yourself ({error})")


def _spot_ways(session: _Session, far: Far) -> list[Way]:
    def cancel(*ids: str, **params: Any) -> Callable[[], Any]:
        return lambda: session.exchange.cancel_orders(list(ids), far.symbol, params)

    def ask(form: Form, **params: Any) -> Callable[[], Any]:
        sent = {"symbol": session.id_of(far), **params}
        return lambda: session.probe.send("POST", "spot/v1/trade/cancelOrders", sent, form)

    first, second, third = (session.place(far) for _ in range(3))
    stamp = time.time_ns()
    client, both, twice = (f"live{stamp}{name}" for name in "abc")
    session.place(far, client)
    names: tuple[Form, ...] = ("json", "query", "form")
    in_forms = {form: session.place(far) for form in names}
    by_id = session.place(far)
    session.place(far, both)
    named_twice = session.place(far, twice)
    again = session.place(far)
    cancel_again = ask("query", orderIds=again)
    forms: list[Way] = [
        (f"live_form_{form}", ask(form, orderIds=order_id)) for form, order_id in in_forms.items()
    ]
    processes: list[Way] = [
        (f"live_process_1_{form}", ask(form, orderIds=UNKNOWN, process=1)) for form in in_forms
    ]
    return [
        ("live_partial_not_found", cancel(first, UNKNOWN, process=1)),
        ("live_partial_already_canceled", cancel(first, second, process=1)),
        ("live_all_failed", cancel(first, UNKNOWN, process=1)),
        ("live_process_0_refused", cancel(third, UNKNOWN)),
        ("live_both_kinds", cancel(third, clientOrderIds=[client, "nobody_1"], process=1)),
        *forms,
        *processes,
        ("live_both_lists", ask("query", orderIds=by_id, clientOrderIDs=both, process=1)),
        ("live_order_named_twice", ask("query", orderIds=named_twice, clientOrderIDs=twice, process=1)),
        ("live_failed_client_id", ask("query", clientOrderIDs="nobody_1", process=1)),
        ("live_same_order_at_once", lambda: [cancel_again() for _ in range(2)][1]),
        ("live_same_order_after_a_second", cancel_again),
    ]


def _linear_ways(session: _Session, far: Far) -> list[Way]:
    def ask(**params: Any) -> Callable[[], Any]:
        sent = {"symbol": session.id_of(far), **params}
        return lambda: session.probe.send("DELETE", "swap/v2/trade/batchOrders", sent)

    client = f"Live{time.time_ns()}"
    clients = json.dumps([client, "Nobody_1"], separators=(",", ":"))
    first, _, third = session.place(far), session.place(far, client), session.place(far)
    return [
        ("live_linear_partial", ask(orderIdList=f"[{first},{UNKNOWN}]")),
        ("live_linear_already_canceled", ask(orderIdList=f"[{first}]")),
        ("live_linear_both_lists", ask(orderIdList=f"[{third}]", clientOrderIDList=clients)),
    ]


def _inverse_ways(session: _Session, far: Far) -> list[Way]:
    def ask(**params: Any) -> Callable[[], Any]:
        sent = {"symbol": session.id_of(far), **params}
        return lambda: session.probe.send("DELETE", "cswap/v1/trade/cancelOrder", sent)

    clients = [f"Live{time.time_ns()}{name}" for name in "AB"]
    for client in clients:
        session.place(far, client)
    return [
        ("live_inverse_client_order_id", ask(clientOrderId=clients[0])),
        ("live_inverse_client_order_ID", ask(clientOrderID=clients[1])),
        ("live_inverse_unknown", ask(orderId=UNKNOWN)),
    ]


_WAYS: dict[str, Callable[[_Session, Far], list[Way]]] = {
    "spot": _spot_ways,
    "linear": _linear_ways,
    "inverse": _inverse_ways,
}


def _record(folder: Path, name: str, act: Callable[[], Any], exchange: Any, pause: float) -> Path:
    path = folder / f"{name}.yaml"
    path.unlink(missing_ok=True)
    exchange.session.close()  # vcrpy 8 drops open connections and does not close them
    with tape("all").use_cassette(str(path)):
        try:
            print(f"{name}: {_summary(act())}")
        except BaseError as error:
            print(f"{name}: {type(error).__name__}")  # a refusal is also a response
    exchange.session.close()
    time.sleep(pause)
    return path


def _summary(answer: Any) -> str:
    """The essence of a response: its code and words, and each failure with its key."""
    if isinstance(answer, list):
        return ", ".join(f"{order['id'] or order['clientOrderId']} {order['status']}" for order in answer)
    if not isinstance(answer, dict):
        return str(answer)
    data = answer.get("data") or {}
    failed = data.get("fails") or data.get("failed")
    return f"code {answer.get('code')} {answer.get('msg')!r}" + (f", failed: {failed}" if failed else "")
