"""The same order is accepted for cancelling at most once per second."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ccxt_bingx_ext.simulator import Simulator

BATCH = "/openApi/swap/v2/trade/batchOrders"
SINGLE = {"linear": "/openApi/swap/v2/trade/order", "inverse": "/openApi/cswap/v1/trade/cancelOrder"}
SYMBOL = {"linear": "BTC-USDT", "inverse": "BTC-USD"}
SPOT_WORDS = "The same order can only be submitted once per second."
SWAP_WORDS = "The same order number is only allowed to be submitted once within 1 second."


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(limits=None) as simulator:
        yield simulator


def code_and_words(response: dict[str, Any]) -> tuple[int, str]:
    return response["code"], response["msg"]


def delete(raw: Any, path: str, **params: Any) -> dict[str, Any]:
    response: dict[str, Any] = raw.send("DELETE", path, params, form="query").json()
    return response


def test_spot_single(sim: Simulator, raw: Any, clock: Any) -> None:
    """A second single cancel of a spot order within a second is refused, by either of its ids."""
    order = sim.place(client_order_id="mine")
    names = ({"orderId": order.order_id}, {"clientOrderID": "mine"})
    responses = [raw.post("cancel", symbol="BTC-USDT", **name) for name in names]
    assert responses[0]["data"]["status"] == "CANCELED"
    assert code_and_words(responses[1]) == (100400, SPOT_WORDS)
    assert sim.repeated_submissions == 1


@pytest.mark.parametrize("market", ["linear", "inverse"])
def test_swap_single(sim: Simulator, raw: Any, market: Any, clock: Any) -> None:
    """A second single cancel of a swap order within a second is refused, by either of its ids."""
    order = sim.place(market=market, client_order_id="mine")
    names = ({"orderId": order.order_id}, {"clientOrderId": "mine"})
    responses = [delete(raw, SINGLE[market], symbol=SYMBOL[market], **name) for name in names]
    assert responses[0]["data"]["order"]["status"] == "CANCELLED"
    assert code_and_words(responses[1]) == (109201, SWAP_WORDS)
    assert sim.repeated_submissions == 1


def test_after_a_second(raw_client: Any, clock: Any) -> None:
    """After the second the order is accepted again, and a refused submission does not extend the second."""
    with Simulator(limits=None, same_order_seconds=0.4) as sim:
        raw, order = raw_client(sim), sim.place()
        sim.faults.add("refuse")
        assert code_and_words(raw.cancel(order))[0] == 100500
        clock.skip(0.2)
        assert code_and_words(raw.cancel(order)) == (100400, SPOT_WORDS)
        clock.skip(0.25)
        assert raw.cancel(order)["code"] == 0


def test_process_0(sim: Simulator, raw: Any, clock: Any) -> None:
    """A repeated order refuses a spot list with process 0 as a whole, and the others are not submitted."""
    first, second = sim.place(), sim.place()
    sim.faults.add("refuse")
    raw.cancel(first)
    assert code_and_words(raw.cancel(second, first)) == (100400, SPOT_WORDS)
    assert raw.cancel(second)["code"] == 0
    assert sim.status(first.order_id) == "PENDING"


def test_process_1(sim: Simulator, raw: Any, clock: Any) -> None:
    """With process 1 a repeated order is a failed entry, and the others are cancelled."""
    first, second = sim.place(), sim.place()
    raw.cancel(first)
    data = raw.cancel(first, second, process=1)["data"]
    assert data["fails"] == [{"orderId": str(first.order_id), "error": SPOT_WORDS}]
    assert [one["orderId"] for one in data["orders"]] == [second.order_id]


def test_linear_batch(sim: Simulator, raw: Any, clock: Any) -> None:
    """In the linear batch a repeated order is a failed entry, and the others are cancelled."""
    first, second = sim.place(market="linear"), sim.place(market="linear")
    lists = [json.dumps(one) for one in ([first.order_id], [first.order_id, second.order_id])]
    responses = [delete(raw, BATCH, symbol="BTC-USDT", orderIdList=one) for one in lists]
    failed = [{"orderId": first.order_id, "errorCode": 109201, "errorMessage": SWAP_WORDS}]
    assert responses[1]["data"]["failed"] == failed
    assert sim.status(second.order_id) == "CANCELED"


def test_whole_batches(raw_client: Any, clock: Any) -> None:
    """With the setting "whole" a repeated order refuses every batch as a whole."""
    with Simulator(limits=None, same_order_in_batch="whole") as sim:
        raw, order, swap = raw_client(sim), sim.place(), sim.place(market="linear")
        assert [raw.cancel(order, process=1)["code"] for _ in range(2)] == [0, 100400]
        params = {"symbol": "BTC-USDT", "orderIdList": f"[{swap.order_id}]"}
        assert [delete(raw, BATCH, **params)["code"] for _ in range(2)] == [0, 109201]
        assert sim.repeated_submissions == 2


@pytest.mark.parametrize("counted", [True, False])
def test_unknown_ids(raw_client: Any, counted: bool, clock: Any) -> None:
    """The rule counts ids that name no order, unless the setting says otherwise."""
    with Simulator(limits=None, same_order_unknown_ids=counted) as sim:
        raw = raw_client(sim)
        words = [raw.cancel(77)["msg"] for _ in range(2)]
        assert (words[1] == SPOT_WORDS) is counted
        swap = [delete(raw, SINGLE["linear"], symbol="BTC-USDT", orderId=77)["code"] for _ in range(2)]
        assert swap == [80016, 109201 if counted else 80016]


@pytest.mark.parametrize(
    "refused",
    [
        {"signature": "0" * 64},
        {"timestamp": 1},
        {"process": 2},
        {"symbol": "NO-SUCH"},
        {"orderIds": "x"},
    ],
)
def test_what_is_no_submission(sim: Simulator, raw: Any, refused: dict[str, Any]) -> None:
    """A request refused for signature, clock or parameters does not count as a submission."""
    order = sim.place()
    params = {"symbol": "BTC-USDT", "orderIds": str(order.order_id)}
    assert raw.post("cancelOrders", **{**params, **refused})["code"] != 0
    assert raw.post("cancelOrders", **params)["code"] == 0


def test_limit_is_no_submission(raw_client: Any, clock: Any) -> None:
    """A request that the rate limit refused does not count as a submission."""
    with Simulator(limits={"cancelOrders": 0}) as sim:
        raw, order = raw_client(sim), sim.place()
        assert raw.cancel(order)["code"] == 100410
        assert raw.post("cancel", symbol="BTC-USDT", orderId=order.order_id)["code"] == 0


def test_arrival_counts(sim: Simulator, raw: Any) -> None:
    """The rule goes by arrival: a request that was executed late is not too early for a later one."""
    order = sim.place()
    sim.faults.add("delay", seconds=1.2, path="trade/cancel")
    raw.post("cancel", symbol="BTC-USDT", orderId=order.order_id)
    assert "order status" in raw.cancel(order)["msg"]
    assert sim.repeated_submissions == 0


def test_switched_off(raw_client: Any) -> None:
    """None switches the rule off."""
    with Simulator(limits=None, same_order_seconds=None) as sim:
        raw, order = raw_client(sim), sim.place()
        assert [SPOT_WORDS in str(raw.cancel(order)) for _ in range(2)] == [False, False]
