"""Plain ccxt places, finds and cancels swap orders in the simulator."""

from __future__ import annotations

from typing import Any

import ccxt
import pytest

from ccxt_bingx_ext.simulator import Simulator

LINEAR = "BTC/USDT:USDT"
INVERSE = "BTC/USD:BTC"


def test_swap_markets(exchange: Any) -> None:
    """ccxt loads linear contracts with the ids of spot pairs, an inactive one and an inverse one."""
    markets = exchange.load_markets()
    assert {LINEAR, "ETH/USDT:USDT", INVERSE} <= markets.keys()
    assert (markets[LINEAR]["id"], markets["BTC/USDT"]["id"]) == ("BTC-USDT", "BTC-USDT")
    assert markets["FTT/USDT:USDT"]["active"] is False


def test_life_of_a_linear_order(sim: Simulator, exchange: Any) -> None:
    """ccxt creates, fetches, lists and cancels a linear order, and a market order closes at once."""
    created = exchange.create_order(LINEAR, "limit", "buy", 0.001, 25000, {"clientOrderId": "AbC"})
    assert (created["symbol"], created["clientOrderId"], created["amount"]) == (LINEAR, "abc", 0.001)
    assert sim.order(created["id"]).market == "linear"
    fetched = exchange.fetch_order(created["id"], LINEAR)
    assert (fetched["status"], fetched["price"], fetched["clientOrderId"]) == ("open", 25000, "abc")
    assert [one["id"] for one in exchange.fetch_open_orders(LINEAR)] == [created["id"]]
    assert exchange.fetch_open_orders("BTC/USDT") == []
    cancelled = exchange.cancel_order(created["id"], LINEAR)
    assert (cancelled["status"], cancelled["symbol"]) == ("canceled", LINEAR)
    assert exchange.fetch_order(created["id"], LINEAR)["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound):
        exchange.cancel_order(created["id"], LINEAR)
    market = exchange.create_order(LINEAR, "market", "buy", 0.001)
    closed = exchange.fetch_order(market["id"], LINEAR)
    assert (closed["status"], closed["filled"], closed["average"]) == ("closed", 0.001, 60000)
    with pytest.raises(ccxt.ExchangeError, match="80018"):
        exchange.cancel_order(market["id"], LINEAR)


def test_linear_cancel_orders(sim: Simulator, exchange: Any) -> None:
    """ccxt cancels linear orders by either id and does not report the failures."""
    orders = [sim.place(market="linear", client_order_id=f"C{n}") for n in range(3)]
    sim.fill(orders[1].order_id)
    ids = [str(order.order_id) for order in orders]
    exchange.load_markets()
    sim.clear_log()
    assert [(one["id"], one["status"]) for one in exchange.cancel_orders([*ids[:2], "77"], LINEAR)] == [
        (ids[0], "canceled")
    ]
    [asked] = sim.requests
    assert asked.params["orderIdList"] == f"[{ids[0]},{ids[1]},77]"
    [by_client_id] = exchange.cancel_orders([], LINEAR, {"clientOrderIds": ["c2", "c1"]})
    assert (by_client_id["id"], by_client_id["symbol"]) == (ids[2], LINEAR)
    assert exchange.cancel_orders(ids, LINEAR) == []
    with pytest.raises(ccxt.BadRequest, match="more than 10"):
        exchange.cancel_orders([str(n) for n in range(11)], LINEAR)


def test_create_linear_orders(sim: Simulator, exchange: Any) -> None:
    """create_orders places a list of linear orders."""
    new = {"symbol": LINEAR, "type": "limit", "side": "sell", "amount": 0.001, "price": 90000}
    assert len(exchange.create_orders([new, new])) == 2
    assert {order.market for order in sim.orders()} == {"linear"}


def test_life_of_an_inverse_order(sim: Simulator, exchange: Any) -> None:
    """ccxt creates, fetches, lists and cancels an inverse order, and knows when it is gone."""
    created = exchange.create_order(INVERSE, "limit", "buy", 2, 25000)
    assert (created["symbol"], sim.order(created["id"]).market) == (INVERSE, "inverse")
    fetched = exchange.fetch_order(created["id"], INVERSE)
    assert (fetched["id"], fetched["status"], fetched["amount"]) == (created["id"], "open", 2)
    assert [one["id"] for one in exchange.fetch_open_orders(INVERSE)] == [created["id"]]
    cancelled = exchange.cancel_order(created["id"], INVERSE)
    assert (cancelled["id"], cancelled["status"], cancelled["symbol"]) == (created["id"], "canceled", INVERSE)
    assert exchange.fetch_order(created["id"], INVERSE)["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound):
        exchange.cancel_order(created["id"], INVERSE)
    named = sim.place(market="inverse", client_order_id="Mine")
    with pytest.raises(ccxt.BadRequest, match="OrderId"):  # ccxt sends clientOrderID
        exchange.cancel_order("", INVERSE, {"clientOrderId": "Mine"})
    assert exchange.fetch_order("", INVERSE, {"clientOrderId": "Mine"})["id"] == str(named.order_id)
    filled = sim.place(market="inverse")
    sim.fill(filled.order_id)
    assert exchange.fetch_order(str(filled.order_id), INVERSE)["status"] == "closed"
    with pytest.raises(ccxt.ExchangeError, match="80018"):
        exchange.cancel_order(str(filled.order_id), INVERSE)
