"""Plain ccxt cancels in the other ways: all open orders, by replacing, and by a timer."""

from __future__ import annotations

from typing import Any

import ccxt
import pytest
from ccxt.base.errors import ArgumentsRequired

from ccxt_bingx_ext.simulator import Simulator
from tests.helpers import is_ccxt_from

UNIFIED = {"spot": "BTC/USDT", "linear": "BTC/USDT:USDT", "inverse": "BTC/USD:BTC"}
every_market = pytest.mark.parametrize("market", ["spot", "linear", "inverse"])


@every_market
def test_cancel_all_orders(sim: Simulator, exchange: Any, market: Any) -> None:
    """cancel_all_orders cancels what fetch_open_orders lists, and no order of another account."""
    ids = [str(sim.place(market=market).order_id) for _ in range(3)]
    foreign = sim.place(market=market, uid="2")
    assert [one["id"] for one in exchange.fetch_open_orders(UNIFIED[market])] == ids
    orders = exchange.cancel_all_orders(UNIFIED[market])
    assert [(one["id"], one["status"]) for one in orders] == [(one, "canceled") for one in ids]
    assert exchange.fetch_open_orders(UNIFIED[market]) == []
    assert sim.status(foreign.order_id) == "PENDING"


def test_cancel_all_orders_of_every_symbol(sim: Simulator, exchange: Any) -> None:
    """Without a symbol ccxt cancels every spot order, or every linear one; before 4.5.40 it refuses."""
    if not is_ccxt_from("4.5.40"):
        with pytest.raises(ArgumentsRequired):
            exchange.cancel_all_orders()
        return
    for market in ("spot", "linear"):
        for coin in ("BTC", "ETH"):
            sim.place(f"{coin}-USDT", market=market)
    assert {one["symbol"] for one in exchange.cancel_all_orders()} == {"BTC/USDT", "ETH/USDT"}
    assert [order.status for order in sim.orders()] == ["CANCELED"] * 2 + ["PENDING"] * 2
    assert len(exchange.cancel_all_orders(None, {"type": "swap"})) == 2
    assert {order.status for order in sim.orders()} == {"CANCELED"}


def test_ccxt_drops_failures(sim: Simulator, exchange: Any) -> None:
    """ccxt's own cancel_all_orders says nothing about the order that stays open."""
    stays, gone = sim.place(market="linear"), sim.place(market="linear")
    sim.faults.add("refuse", ids=[stays.order_id], path="swap/v2/trade/allOpenOrders")
    assert [one["id"] for one in exchange.cancel_all_orders(UNIFIED["linear"])] == [str(gone.order_id)]
    assert sim.status(stays.order_id) == "PENDING"


@every_market
def test_stale_open_orders(sim: Simulator, exchange: Any, market: Any) -> None:
    """fetch_open_orders may still list a cancelled order, and not list a new one yet."""
    exchange.load_markets()
    sim.clock_offset_ms = -60_000
    old = str(sim.place(market=market).order_id)
    sim.clock_offset_ms = 0
    sim.cancel(old)
    new = str(sim.place(market=market).order_id)
    path = {"spot": "spot/v1", "linear": "swap/v2", "inverse": "cswap/v1"}[market] + "/trade/openOrders"
    sim.faults.add("stale", seconds=30, path=path)
    seen = [[one["id"] for one in exchange.fetch_open_orders(UNIFIED[market])] for _ in range(2)]
    assert seen == [[old], [new]]


def test_restricted_cancel(sim: Simulator, exchange: Any) -> None:
    """cancel_order passes cancelRestrictions on."""
    order = sim.place(client_order_id="mine")
    with pytest.raises(ccxt.BadRequest, match="cancelRestrictions is NEW, but the order is PENDING"):
        exchange.cancel_order(str(order.order_id), UNIFIED["spot"], {"cancelRestrictions": "NEW"})
    by_client_id = {"clientOrderId": "mine", "cancelRestrictions": "PENDING"}
    assert exchange.cancel_order("", UNIFIED["spot"], by_client_id)["status"] == "canceled"


@pytest.mark.parametrize("market", ["spot", "linear"])
def test_edit_order(sim: Simulator, exchange: Any, market: Any) -> None:
    """edit_order cancels the old order and returns the new one."""
    old = str(sim.place(market=market).order_id)
    new = exchange.edit_order(old, UNIFIED[market], "limit", "buy", 0.001, 40000)
    assert (new["price"], sim.status(new["id"]), sim.status(old)) == (40000, "PENDING", "CANCELED")
    assert new["id"] != old


@pytest.mark.parametrize("market", ["spot", "linear"])
def test_ccxt_returns_zeros(sim: Simulator, exchange: Any, market: Any) -> None:
    """If the cancel fails ccxt's own edit_order returns the order of zeros as an order."""
    assert exchange.edit_order("77", UNIFIED[market], "limit", "buy", 0.001, 40000)["id"] == "0"
    assert sim.orders() == []


def test_order_beside_a_failed_cancel(sim: Simulator, exchange: Any) -> None:
    """With ALLOW_FAILURE ccxt returns the new order, and not the old order, which is still open."""
    old = sim.place()
    sim.faults.add("refuse", path="spot/v1/trade/order/cancelReplace")
    params = {"cancelReplaceMode": "ALLOW_FAILURE"}
    new = exchange.edit_order(str(old.order_id), UNIFIED["spot"], "limit", "buy", 0.001, 40000, params)
    assert [sim.status(one) for one in (old.order_id, new["id"])] == ["PENDING", "PENDING"]


@pytest.mark.parametrize("market", ["spot", "linear"])
def test_cancel_all_orders_after(sim: Simulator, exchange: Any, market: Any) -> None:
    """cancel_all_orders_after sets the timer in milliseconds, and zero ends it."""
    params = {"type": "spot" if market == "spot" else "swap"}
    order = sim.place(market=market)
    assert exchange.cancel_all_orders_after(10_000, params)["data"]["status"] == "ACTIVATED"
    assert exchange.cancel_all_orders_after(0, params)["data"]["status"] == "CLOSED"
    trigger = int(exchange.cancel_all_orders_after(20_000, params)["data"]["triggerTime"]) * 1000
    sim.clock_offset_ms += trigger - sim.now_ms()
    assert sim.status(order.order_id) == "CANCELED"
