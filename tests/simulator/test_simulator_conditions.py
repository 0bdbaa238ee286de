"""Responses that hold more than the truth, and ids for which the simulator refuses a whole list."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from ccxt_bingx_ext.simulator import Simulator

BATCH = "DELETE swap/v2/trade/batchOrders"


def batch(raw: Any, *orders: Any) -> dict[str, Any]:
    params = {"symbol": "BTC-USDT", "orderIdList": json.dumps([one.order_id for one in orders])}
    path = "/openApi/swap/v2/trade/batchOrders"
    response: dict[str, Any] = raw.send("DELETE", path, params, form="query").json()
    return response


def test_poisoned_id(sim: Simulator, raw: Any) -> None:
    """A list with a poisoned id is refused as a whole, also with process 1. Lists without it are not."""
    sound, poisoned = sim.place(), sim.place()
    sim.faults.add("poison", ids=[poisoned.order_id], times=None)
    refused = [raw.cancel(sound, poisoned, process=1), raw.cancel(poisoned)]
    assert [one["code"] for one in refused] == [100400, 100400]
    assert f"orderId:{poisoned.order_id}" in refused[0]["msg"]
    assert raw.cancel(sound)["code"] == 0
    assert sim.status(poisoned.order_id) == "PENDING"
    assert [one.executed for one in sim.requests] == [False, False, True]


def test_poisoned_linear_id(sim: Simulator, raw: Any) -> None:
    """The linear batch can be poisoned, too, with other words."""
    sound, poisoned = (sim.place(market="linear") for _ in range(2))
    sim.faults.add("poison", ids=[poisoned.order_id], path=BATCH, times=None, code=109400, text="bad id")
    assert batch(raw, sound, poisoned)["msg"] == "bad id"
    assert batch(raw, sound)["code"] == 0


def test_respelled_states(sim: Simulator, raw: Any) -> None:
    """Any state can be written in other words."""
    order = sim.place()
    sim.faults.add("respell", states={"CANCELED": "Cancelled"})
    assert raw.cancel(order)["data"]["orders"][0]["status"] == "Cancelled"


def test_zero_order(sim: Simulator, raw: Any) -> None:
    """A response can hold an order object of zeros beside the cancelled orders."""
    order, linear = sim.place(), sim.place(market="linear")
    sim.faults.add("zero_order")
    sim.faults.add("zero_order", path=BATCH)
    assert [one["orderId"] for one in raw.cancel(order)["data"]["orders"]] == [0, order.order_id]
    assert [one["orderId"] for one in batch(raw, linear)["data"]["success"]] == [0, linear.order_id]


def test_contradiction(sim: Simulator, raw: Any) -> None:
    """A response can list an order as cancelled, and as failed because it is filled."""
    first, second, linear = sim.place(), sim.place(), sim.place(market="linear")
    sim.faults.add("contradict", ids=[second.order_id])
    sim.faults.add("contradict", path=BATCH)
    data = raw.cancel(first, second, process=1)["data"]
    assert [one["orderId"] for one in data["orders"]] == [first.order_id, second.order_id]
    assert [one["orderId"] for one in data["fails"]] == [str(second.order_id)]
    assert "order status :FILLED" in data["fails"][0]["error"]
    failed = batch(raw, linear)["data"]["failed"]
    assert [(one["orderId"], one["errorCode"]) for one in failed] == [(linear.order_id, 100400)]


def test_words_about_another_id(sim: Simulator, raw: Any) -> None:
    """The words of a failed entry can name another order than its key."""
    filled, linear = sim.place(), sim.place(market="linear")
    sim.fill(filled.order_id)
    sim.fill(linear.order_id)
    other = sim.place()
    sim.fill(other.order_id)
    sim.faults.add("misname", order_id=22, ids=[filled.order_id])
    sim.faults.add("misname", path=BATCH)
    [entry, untouched] = raw.cancel(filled, other, process=1)["data"]["fails"]
    assert f"orderId:{other.order_id} order status :FILLED" in untouched["error"]
    assert entry["orderId"] == str(filled.order_id)
    assert "orderId:22 order status :CANCELED" in entry["error"]
    [failed] = batch(raw, linear)["data"]["failed"]
    assert (failed["orderId"], "orderId:22" in failed["errorMessage"]) == (linear.order_id, True)


def test_refusals_are_not_disturbed(sim: Simulator, raw: Any) -> None:
    """Conditions change neither refusals nor data that is not an object."""
    for kind in ("zero_order", "contradict", "misname"):
        sim.faults.add(kind, times=None, path="*")
    assert raw.cancel(77)["code"] == 100400
    assert raw.get("query", symbol="BTC-USDT", orderId=sim.place().order_id)["code"] == 0
    assert isinstance(raw.get("/openApi/swap/v2/quote/contracts")["data"], list)


def test_every_path_for_some_time(sim: Simulator, raw: Any, clock: Any) -> None:
    """A fault of the path "*" strikes every endpoint, and a lasting one for so many seconds."""
    order = sim.place()
    sim.faults.add("http", status=418, path="*", lasting=0.3)
    params = {"symbol": "BTC-USDT", "orderId": order.order_id}
    answers: list[requests.Response] = [
        raw.send("GET", "query", params, form="query"),
        raw.send("POST", "cancel", params),
    ]
    assert [one.status_code for one in answers] == [418, 418]
    clock.skip(0.35)
    assert raw.get("query", **params)["code"] == 0
    assert sim.faults.waiting == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "stale"},
        {"kind": "poison"},
        {"kind": "respell", "states": {}, "when": "before"},
        {"kind": "zero_order", "seconds": 1},
    ],
)
def test_impossible_conditions(sim: Simulator, wrong: dict[str, Any]) -> None:
    """Adding a condition that makes no sense raises ValueError."""
    with pytest.raises(ValueError, match=r"needs|takes no|does not take"):
        sim.faults.add(**wrong)
