"""A report of an order as ccxt's order structure."""

from __future__ import annotations

import functools
import json
import time
from typing import Any

import pytest

from ccxt_bingx_ext import GONE, bingx, is_gone
from ccxt_bingx_ext._bingx.endpoints import LINEAR, SPOT
from ccxt_bingx_ext._cancel.ledger import Ledger
from ccxt_bingx_ext._cancel.orders import build_order
from ccxt_bingx_ext._ids import OrderRef

from .fakes import canceled, response

MARKETS = {
    SPOT.route: ("BTC/USDT", "spot"),
    LINEAR.route: ("BTC/USDT:USDT", "swap"),
}
exchange = functools.cache(bingx)
CLIENT_ID = "mine_1e2345"  # no number, though it ends like one


def built(entry: dict[str, Any], endpoint: Any = SPOT) -> dict[str, Any]:
    """The order structure of order 1, of a response that lists `entry` among the cancelled orders."""
    symbol, kind = MARKETS[endpoint.route]
    market: dict[str, Any] = {
        "id": "BTC-USDT",
        "symbol": symbol,
        "base": "BTC",
        "quote": "USDT",
        "settle": "USDT",
    }
    market |= {"spot": kind == "spot", "type": kind, "inverse": False, "linear": kind == "swap"}
    ref = OrderRef("id", "1")
    ledger = Ledger([ref], endpoint.schema)
    lists = {endpoint.schema.done: [entry]}
    ledger.read({"code": 0, "data": lists}, [ref])
    report = ledger[ref]
    assert report is not None
    started = time.monotonic()
    order = build_order(exchange(), market, ref, report)
    assert time.monotonic() - started < 10, "ccxt computes with it"
    return order


def nested(levels: int) -> Any:
    """A list in a list in a list…"""
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


ODD: dict[str, Any] = {
    "huge exponent": "1e999999999",
    "tiny exponent": "1e-999999999",
    "zero with an exponent": "0E+999999999",
    "exponent behind a space": "1.2.3e 999999999 ",
    "many digits": "9" * 5000,
    "many decimals": "0." + "0" * 5000 + "1",
    "NaN": float("nan"),
    "word NaN": "NaN",
    "infinity": float("inf"),
    "word infinity": "-Infinity",
    "huge int": 10**400,
    "list": [1],
    "object": {"a": "1e999999999"},
    "boolean": True,
    "word": "many",
    "nested": nested(990),
    "JSON": '{"stopPrice": "1e999999999"}',
    "cut JSON": '{"stopPrice": ',
    "nested JSON": "{" + '"a":[' * 100_000,
    "deep object": {"stopPrice": {"a": {"b": {"c": "1e999999999"}}}},
}


@pytest.mark.parametrize(
    ("status", "gone"),
    [
        ("canceled", True),
        ("closed", True),
        ("rejected", True),
        ("expired", True),
        ("open", False),
        (None, False),
        ("pending", False),
    ],
)
def test_is_gone(status: str | None, gone: bool) -> None:
    """is_gone is true for the final states only, because an unknown order may be live elsewhere."""
    assert is_gone({"id": "1", "status": status}) is gone
    assert (status in GONE) is gone


def test_is_gone_without_a_status() -> None:
    """is_gone is false for a dict without a status."""
    assert is_gone({}) is False


@pytest.mark.parametrize("endpoint", [SPOT, LINEAR], ids=["spot", "linear"])
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "field",
    ["price", "origQty", "executedQty", "stopPrice", "takeProfit", "transactTime", "updateTime", "fee"],
)
def test_odd_value(field: str, odd: str, endpoint: Any) -> None:
    """An impossible value neither hangs nor fails the call. Ids, symbol, status and info stay."""
    entry = {**canceled(1, CLIENT_ID), field: ODD[odd]}
    order = built(entry, endpoint)
    assert (order["id"], order["status"]) == ("1", "canceled")
    assert order["clientOrderId"] == CLIENT_ID
    assert order["symbol"] == MARKETS[endpoint.route][0]
    assert order["info"] is entry


@pytest.mark.parametrize("odd", ["huge exponent", "many digits", "NaN", "list", "nested", "infinity"])
def test_other_fields_stay(odd: str) -> None:
    """An odd value affects only its own field of the order structure."""
    order = built({**canceled(1, CLIENT_ID), "executedQty": ODD[odd]})
    assert (order["price"], order["amount"], order["side"]) == (100.0, 1.0, "buy")


def test_decoded_take_profit() -> None:
    """A take-profit that the exchange sends as a text in JSON reads as before."""
    text = json.dumps(
        {"stopPrice": 150, "workingType": "MARK_PRICE", "type": "TAKE_PROFIT_MARKET", "quantity": 1}
    )
    order = built({**canceled(1), "positionSide": "LONG", "takeProfit": text}, LINEAR)
    assert order["takeProfitPrice"] == 150.0


def test_unreadable_order() -> None:
    """An entry that ccxt cannot read keeps its ids, its state and its info."""
    entry = {"orderId": 1, "clientOrderId": "mine", "status": "CANCELED", "stopPrice": "5"}  # without a type
    order = built(entry)
    assert (order["id"], order["clientOrderId"], order["status"]) == ("1", "mine", "canceled")
    assert order["info"] is entry


@pytest.mark.parametrize("key", ["orderId", "clientOrderID", "status", "symbol", "error", "errorCode", "x"])
@pytest.mark.parametrize("listed", ["orders", "fails"])
def test_deeply_nested_entry(listed: str, key: str) -> None:
    """An entry that is nested too deeply to write out settles at most its own order, and fails no call."""
    refs = [OrderRef("id", "1"), OrderRef("id", "2")]
    ledger = Ledger(refs)
    odd = {"orderId": 1, "status": "CANCELED", key: nested(990)}
    lists = {"orders": [canceled(2)], "fails": []}
    lists[listed] = [*lists[listed], odd, nested(990)]
    ledger.read(response(**lists), refs)
    assert [ref for ref, _ in ledger.known][-1:] == [refs[1]]
    is_settled = listed == "orders" and key not in ("orderId", "status")
    assert (ledger[refs[0]] is not None) is is_settled
