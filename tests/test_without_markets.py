"""Cancels of a new exchange whose markets cannot be loaded. A cancel is urgent, so it goes out."""

from __future__ import annotations

from typing import Any

import pytest
from ccxt.base.errors import BadResponse, BaseError, OrderNotFound

from ccxt_bingx_ext.simulator import Simulator

from .helpers import Bot, cancels, place


@pytest.fixture(params=["clock", "config/getall", "common/symbols", "*"])
def trouble(request: pytest.FixtureRequest, simulator: Simulator) -> None:
    """Why the markets cannot be loaded: the clock of a signed request, the wallet, or the list of markets."""
    if request.param == "clock":
        simulator.clock_offset_ms = 60_000
    else:
        paths = ("config/getall", "common/symbols") if request.param == "*" else (request.param,)
        for path in paths:
            simulator.faults.add("http", status=503, times=None, path=path)


@pytest.mark.usefixtures("trouble")
def test_cancel_order(bot: Bot, simulator: Simulator) -> None:
    """cancel_order cancels a spot order at the market id that its symbol suggests."""
    (order_id,) = place(simulator)
    order = bot.cancel_order(order_id, "BTC/USDT")
    assert (order["id"], order["symbol"], order["status"]) == (order_id, "BTC/USDT", "canceled")
    assert simulator.status(order_id) == "CANCELED"


@pytest.mark.usefixtures("trouble")
def test_cancel_all_orders(bot: Bot, simulator: Simulator) -> None:
    """cancel_all_orders cancels the orders of a spot symbol."""
    ids = place(simulator, 2)
    orders = bot.cancel_all_orders("BTC/USDT")
    assert {(order["id"], order["status"]) for order in orders} == {(one, "canceled") for one in ids}
    assert {simulator.status(one) for one in ids} == {"CANCELED"}


@pytest.mark.usefixtures("trouble")
def test_filled_order(bot: Bot, simulator: Simulator) -> None:
    """A final state that the exchange names is certain, whatever the markets are."""
    (order_id,) = place(simulator)
    simulator.fill(order_id)
    with pytest.raises(OrderNotFound, match="already filled") as caught:
        bot.cancel_order(order_id, "BTC/USDT")
    assert [order["status"] for order in caught.value.orders] == ["closed"]


@pytest.mark.usefixtures("trouble")
@pytest.mark.parametrize("symbol", ["BTC/USDT", "FOO/USDT"])
def test_unknown_order(bot: Bot, simulator: Simulator, symbol: str) -> None:
    """An order that the exchange does not know at a guessed id is unresolved, and never "not found"."""
    with pytest.raises(BadResponse, match="The plugin guessed that name, because the markets") as caught:
        bot.cancel_order("77", symbol)
    assert (caught.value.orders, caught.value.unresolved) == ([], ["77"])
    assert isinstance(caught.value.__cause__, BaseError)


@pytest.mark.parametrize("arguments", [("BTC/USDT:USDT",), (None,)])
def test_no_guess(bot: Bot, simulator: Simulator, arguments: Any) -> None:
    """Swaps, and calls without a symbol, need the markets. Without them nothing is sent."""
    simulator.faults.add("http", status=503, times=None, path="config/getall")
    with pytest.raises(BaseError, match="no request about an order was sent") as caught:
        bot.cancel_all_orders(*arguments)
    assert [one["symbol"] for one in caught.value.unresolved] == [*arguments]
    assert cancels(simulator, "swap/v2/trade/allOpenOrders") + cancels(simulator, "cancelOpenOrders") == []
