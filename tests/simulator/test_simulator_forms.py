"""Which forms of a request the endpoints read."""

from __future__ import annotations

from typing import Any

import pytest

from ccxt_bingx_ext.simulator import Simulator

SWAP_DELETES = {
    "linear": "/openApi/swap/v2/trade/order",
    "inverse": "/openApi/cswap/v1/trade/cancelOrder",
}


def send(raw: Any, form: str, order: Any, **more: Any) -> dict[str, Any]:
    params = {"symbol": "BTC-USDT", "orderIds": str(order.order_id), **more}
    response: dict[str, Any] = raw.send("POST", "cancelOrders", params, form=form).json()
    return response


@pytest.mark.parametrize("market", ["linear", "inverse"])
@pytest.mark.parametrize("form", ["json", "form"])
def test_swap_delete_with_a_body(sim: Simulator, raw: Any, market: Any, form: str) -> None:
    """A DELETE of a swap order reads the query only, and misses the timestamp of a body."""
    order = sim.place(market=market)
    params = {"symbol": order.symbol, "orderId": order.order_id}
    path = SWAP_DELETES[market]
    refused = raw.send("DELETE", path, params, form=form).json()
    assert (refused["code"], refused["msg"]) == (109400, "timestamp: This field is required")
    assert raw.send("DELETE", path, params, form="query").json()["code"] == 0


@pytest.mark.parametrize("form", ["query", "json", "form"])
def test_forms_of_the_batch(raw_client: Any, form: str) -> None:
    """An endpoint that reads one form only refuses the others for their signature, and submits nothing."""
    with Simulator(limits=None, forms={"cancelOrders": {form}}) as sim:
        raw, order = raw_client(sim), sim.place()
        codes = {one: send(raw, one, order)["code"] for one in ("query", "json", "form") if one != form}
        assert set(codes.values()) == {100001}
        assert send(raw, form, order)["code"] == 0
        assert raw.get("query", symbol="BTC-USDT", orderId=order.order_id)["code"] == 0


def test_missing_field(raw_client: Any) -> None:
    """With the setting "required" an unread form misses a required field, and submits nothing."""
    settings: dict[str, Any] = {
        "forms": {"cancelOrders": {"query"}, "trade/cancel": {"query"}},
        "form_refusal": "required",
    }
    with Simulator(limits=None, **settings) as sim:
        raw, order = raw_client(sim), sim.place()
        refused = send(raw, "json", order)
        assert refused["code"] == 100400
        assert "'OrderIDs' failed on the 'required' tag" in refused["msg"]
        assert "'Symbol'" in raw.post("cancel", symbol="BTC-USDT", orderId=order.order_id)["msg"]
        assert send(raw, "json", order, signature="0" * 64)["code"] == 100001
        assert send(raw, "query", order)["code"] == 0


def test_ignored_process(raw_client: Any) -> None:
    """With the setting the exchange ignores process in some forms, as if it were 0."""
    with Simulator(limits=None, process_ignored={"json"}, same_order_seconds=None) as sim:
        raw, first, second = raw_client(sim), sim.place(), sim.place()
        sim.cancel(first.order_id)
        ids = f"{first.order_id},{second.order_id}"
        assert send(raw, "json", first, orderIds=ids, process=1)["code"] == 100400
        assert send(raw, "query", first, orderIds=ids, process=1)["code"] == 0
