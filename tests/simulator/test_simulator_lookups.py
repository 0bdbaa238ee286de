"""Look-ups that lag, orders that a query does not find, and the histories that have them."""

from __future__ import annotations

from typing import Any

import pytest

from ccxt_bingx_ext.simulator import Simulator

SYMBOL = {"spot": "BTC-USDT", "linear": "BTC-USDT", "inverse": "BTC-USD"}
QUERY = {
    "spot": "/openApi/spot/v1/trade/query",
    "linear": "/openApi/swap/v2/trade/order",
    "inverse": "/openApi/cswap/v1/trade/orderDetail",
}
OPEN = {
    "spot": "/openApi/spot/v1/trade/openOrders",
    "linear": "/openApi/swap/v2/trade/openOrders",
    "inverse": "/openApi/cswap/v1/trade/openOrders",
}
HISTORY = {
    "spot": "/openApi/spot/v1/trade/historyOrders",
    "linear": "/openApi/swap/v2/trade/allOrders",
    "inverse": "/openApi/cswap/v1/trade/orderHistory",
}
FULL = "/openApi/swap/v1/trade/fullOrder"
every_market = pytest.mark.parametrize("market", ["spot", "linear", "inverse"])


def look_up(raw: Any, market: str, order_id: Any) -> Any:
    """The status that a query by id shows, or the code with which it is refused."""
    answer = raw.get(QUERY[market], symbol=SYMBOL[market], orderId=order_id)
    if answer["code"]:
        return answer["code"]
    data = answer["data"]
    return (data if market == "spot" else data["order"])["status"].upper().replace("CANCELLED", "CANCELED")


def listed(raw: Any, path: str, market: str, **params: Any) -> list[int]:
    answer = raw.get(path, symbol=SYMBOL[market], **params)
    return [int(one["orderId"]) for one in answer["data"]["orders"]]


@every_market
def test_stale_query(sim: Simulator, raw: Any, market: Any, clock: Any) -> None:
    """A stale query shows the state of some time ago, and later the true one."""
    order_id = sim.place(market=market).order_id
    sim.faults.add("stale", seconds=0.2, path="GET " + QUERY[market], times=None)
    sim.cancel(order_id)
    assert look_up(raw, market, order_id) == "PENDING"
    clock.skip(0.25)
    assert look_up(raw, market, order_id) == "CANCELED"
    assert sim.requests[-1].conditions == ("stale",)


@every_market
def test_stale_list(sim: Simulator, raw: Any, market: Any, clock: Any) -> None:
    """A stale list still shows a cancelled order, and does not show a new one yet."""
    old = sim.place(market=market).order_id
    clock.skip(0.25)
    sim.cancel(old)
    new = sim.place(market=market).order_id
    sim.faults.add("stale", seconds=0.2, path="GET " + OPEN[market])
    assert listed(raw, OPEN[market], market) == [old]
    assert listed(raw, OPEN[market], market) == [new]


@every_market
def test_unseen_after_cancel(sim: Simulator, raw: Any, market: Any, clock: Any) -> None:
    """A query does not find an order right after its cancel, while the history has it."""
    order_id, filled = (sim.place(market=market).order_id for _ in range(2))
    sim.cancel(order_id)
    sim.fill(filled)
    sim.faults.add("unseen", seconds=0.3, path="GET " + QUERY[market], times=None)
    assert look_up(raw, market, order_id) == (100404 if market == "spot" else 80016)
    assert look_up(raw, market, filled) == "FILLED"
    assert listed(raw, HISTORY[market], market, orderId=order_id) == [order_id, filled]
    clock.skip(0.35)
    assert look_up(raw, market, order_id) == "CANCELED"


def test_conditions_beside_a_fault(sim: Simulator, raw: Any) -> None:
    """Conditions strike beside another fault and beside each other."""
    order_id = sim.place().order_id
    sim.cancel(order_id)
    sim.faults.add("stale", seconds=60, path="trade/query", times=None)
    sim.faults.add("respell", states={"PENDING": "WORKING"}, path="trade/query", times=None)
    sim.faults.add("busy", path="trade/query")
    assert [look_up(raw, "spot", order_id) for _ in range(2)] == [100500, "WORKING"]
    assert [one.conditions for one in sim.requests] == [("stale", "respell")] * 2


@pytest.mark.parametrize("market", ["linear", "inverse"])
def test_trigger_orders(sim: Simulator, raw: Any, market: Any) -> None:
    """The query by id does not find a swap trigger order that is over, while the history has it."""
    order_id = sim.place(market=market, type="STOP_MARKET").order_id
    assert look_up(raw, market, order_id) == "NEW"
    sim.cancel(order_id)
    assert look_up(raw, market, order_id) == 80016
    assert listed(raw, HISTORY[market], market, orderId=order_id) == [order_id]


def test_remembered_trigger_orders(raw_client: Any) -> None:
    """With the setting the query finds trigger orders that are over."""
    with Simulator(limits=None, swap_forgets_triggers=False) as sim:
        order_id = sim.place(market="linear", type="STOP_MARKET").order_id
        sim.cancel(order_id)
        assert look_up(raw_client(sim), "linear", order_id) == "CANCELED"


@every_market
def test_history(sim: Simulator, raw: Any, market: Any) -> None:
    """The history lists finished orders newest first, and with an order id oldest first from there on."""
    first, second, third, still_open = (sim.place(market=market).order_id for _ in range(4))
    for order_id in (first, second, third):
        sim.cancel(order_id)
    assert listed(raw, HISTORY[market], market) == [third, second, first]
    assert listed(raw, HISTORY[market], market, orderId=second) == [second, third]
    if market == "linear":
        assert listed(raw, FULL, market) == [still_open, third, second, first]
        assert listed(raw, FULL, market, orderId=third, limit=1) == [third]
        assert raw.get(FULL, symbol="BTC-USDT", limit=1001)["code"] == 100400


@pytest.mark.parametrize("end", ["fill", "cancel", "fail", "expire"])
def test_expired_orders(sim: Simulator, raw: Any, end: str) -> None:
    """An order may end in each of four ways, also by a race."""
    order = sim.place()
    sim.faults.add("race", action=end, order_id=order.order_id, path="trade/query")
    look_up(raw, "spot", order.order_id)
    other = sim.place()
    getattr(sim, end)(other.order_id)
    assert sim.status(order.order_id) == sim.status(other.order_id) != "PENDING"
