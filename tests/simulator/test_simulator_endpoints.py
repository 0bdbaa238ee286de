"""The other spot endpoints, the gate before them, limits and bans."""

from __future__ import annotations

import json
import time
from contextlib import closing
from typing import Any

import pytest

from ccxt_bingx_ext.simulator import Simulator
from tests.helpers import wait_until

LIMIT = {"symbol": "BTC-USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.001", "price": 25000}


def test_place_and_look_up(sim: Simulator, raw: Any) -> None:
    """A placed order rests as PENDING, and a look-up finds it by both its ids."""
    placed = raw.post("order", **LIMIT, newClientOrderId="abc_1")["data"]
    assert (placed["status"], placed["price"], placed["clientOrderID"]) == ("PENDING", "25000", "abc_1")
    by_id = raw.get("query", symbol="BTC-USDT", orderId=placed["orderId"])["data"]
    by_client_id = raw.get("query", symbol="BTC-USDT", clientOrderID="abc_1")["data"]
    assert by_id == by_client_id
    assert by_id.keys() >= {"time", "updateTime", "origQuoteOrderQty", "fee", "feeAsset", "avgPrice"}
    assert by_id["StopPrice"] == "0"
    assert raw.get("openOrders")["data"]["orders"] == [by_id]
    assert sim.order_by_client_id("abc_1") == sim.order(placed["orderId"])


def test_market_order(sim: Simulator, raw: Any) -> None:
    """A market order, by quantity or by quote quantity, fills at once."""
    by_quantity = {"symbol": "ETH-USDT", "side": "SELL", "type": "MARKET", "quantity": 2}
    assert raw.post("order", **by_quantity)["data"]["status"] == "FILLED"
    by_quote = {"symbol": "ETH-USDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": 300}
    placed = raw.post("order", **by_quote)["data"]
    assert (placed["executedQty"], placed["cummulativeQuoteQty"]) == ("0.1", "300")


def test_other_order_types(sim: Simulator, raw: Any) -> None:
    """Trigger orders wait as NEW and can be cancelled, and an IOC limit order ends cancelled."""
    trigger = raw.post("order", **{**LIMIT, "type": "TRIGGER_LIMIT", "stopPrice": "24000"})["data"]
    assert (trigger["status"], trigger["stopPrice"]) == ("NEW", "24000")
    assert raw.cancel(trigger["orderId"])["data"]["orders"][0]["status"] == "CANCELED"
    assert raw.post("order", **LIMIT, timeInForce="IOC")["data"]["status"] == "CANCELED"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"symbol": "NOPE-USDT"}, 100400),
        ({"symbol": None}, 100400),
        ({"symbol": "LUNA-USDT"}, 100421),
        ({"side": "buy"}, 100400),
        ({"type": "STOP"}, 100400),
        ({"quantity": 0}, 100400),
        ({"quantity": "-1"}, 100400),
        ({"quantity": "NaN"}, 100400),
        ({"quantity": "1e999999999"}, 100400),
        ({"quantity": "much"}, 100400),
        ({"quantity": None}, 100400),
        ({"price": None}, 100400),
        ({"type": "TRIGGER_LIMIT"}, 100400),
        ({"timeInForce": "GTD"}, 100400),
        ({"newClientOrderId": "a-b"}, 100400),
        ({"newClientOrderId": "a" * 41}, 100400),
        ({"newClientOrderId": "taken"}, 100400),
    ],
)
def test_bad_orders(sim: Simulator, raw: Any, change: dict[str, Any], code: int) -> None:
    """The simulator refuses an unacceptable order and keeps no trace of it."""
    sim.place(client_order_id="taken")
    assert raw.post("order", **{**LIMIT, **change})["code"] == code
    assert len(sim.orders()) == 1


def test_open_order_limit(sim: Simulator, raw: Any) -> None:
    """The simulator refuses the thousand-and-first open order."""
    orders = [sim.place() for _ in range(1000)]
    assert raw.post("order", **LIMIT)["code"] == 100421
    sim.fill(orders[0].order_id)
    assert raw.post("order", **LIMIT)["code"] == 0


def test_batch_orders(sim: Simulator, raw: Any) -> None:
    """The simulator places a list of up to five orders as a whole or not at all."""
    response = raw.post("batchOrders", data=json.dumps([LIMIT, {**LIMIT, "symbol": "SOL-USDT"}]))
    assert [one["symbol"] for one in response["data"]["orders"]] == ["BTC-USDT", "SOL-USDT"]
    unacceptable: list[Any] = [[LIMIT, {**LIMIT, "quantity": 0}], [LIMIT] * 6, [], [1], {}]
    for bad in unacceptable:
        assert raw.post("batchOrders", data=json.dumps(bad))["code"] == 100400
    twice = [{**LIMIT, "newClientOrderId": "same"}] * 2
    assert raw.post("batchOrders", data=json.dumps(twice))["code"] == 100400
    assert raw.post("batchOrders", data="[")["code"] == 100400
    assert len(sim.orders()) == 2


def test_single_cancel(sim: Simulator, raw: Any) -> None:
    """A single cancel works by both ids and distinguishes unknown orders from finished ones."""
    one, other = sim.place(), sim.place(client_order_id="other")
    response = raw.post("cancel", symbol="BTC-USDT", orderId=str(one.order_id))
    assert response["data"]["status"] == "CANCELED"
    assert raw.post("cancel", symbol="BTC-USDT", clientOrderID="other")["code"] == 0
    assert sim.status(other.order_id) == "CANCELED"
    gone = raw.post("cancel", symbol="BTC-USDT", orderId="77")
    assert (gone["code"], gone["msg"]) == (100404, "order does not exist")
    again = raw.post("cancel", symbol="BTC-USDT", orderId=str(one.order_id))
    assert again["code"] == 100400
    assert "order status :CANCELED,can not delete" in again["msg"]
    assert raw.post("cancel", symbol="BTC-USDT")["code"] == 100400
    assert raw.get("query", symbol="BTC-USDT", orderId="77")["code"] == 100404


def test_cancel_open_orders(sim: Simulator, raw: Any) -> None:
    """cancelOpenOrders cancels every open order of one symbol or of all."""
    btc, sol, eth = (sim.place(f"{coin}-USDT") for coin in ("BTC", "SOL", "ETH"))
    stranger = sim.place(uid="2")
    assert len(raw.post("cancelOpenOrders", symbol="BTC-USDT")["data"]["orders"]) == 1
    assert len(raw.post("cancelOpenOrders")["data"]["orders"]) == 2
    assert {sim.status(order.order_id) for order in (btc, sol, eth)} == {"CANCELED"}
    assert sim.status(stranger.order_id) == "PENDING"
    assert [len(one.cancelled) for one in sim.executions] == [1, 2]


def test_history(sim: Simulator, raw: Any) -> None:
    """The history lists finished orders, the newest first, by page, status and time."""
    orders = [sim.place() for _ in range(5)]
    for order in orders[:3]:
        sim.fill(order.order_id)
    sim.cancel(orders[3].order_id)

    def ids(**params: Any) -> list[int]:
        return [
            one["orderId"] - orders[0].order_id
            for one in raw.get("historyOrders", **params)["data"]["orders"]
        ]

    assert ids() == [3, 2, 1, 0]
    assert ids(pageSize=3, pageIndex=2) == [0]
    assert ids(status="CANCELED", symbol="BTC-USDT") == [3]
    assert ids(symbol="ETH-USDT") == []
    assert ids(endTime=1) == []
    assert raw.get("historyOrders", pageSize=101)["code"] == 100400
    assert raw.get("historyOrders", startTime="x")["code"] == 100400


def test_gate(sim: Simulator, raw: Any, clock: Any) -> None:
    """Every fault of a private request has its own code, and the simulator executes nothing."""
    sim.add_account("reader", "secret", "2", permissions={"read"})
    sim.add_account("elsewhere", "secret", "3", allowed_ips={"10.0.0.1"})
    order = sim.place()
    params = {"symbol": "BTC-USDT", "orderIds": str(order.order_id)}

    def code(extra: dict[str, Any] | None = None, **more: Any) -> int:
        response: int = raw.send("POST", "cancelOrders", {**params, **(extra or {})}, **more).json()["code"]
        return response

    assert code({"signature": None}) == 100412
    assert code({"signature": "0" * 64}) == 100001
    assert code(secret="wrong") == 100001
    assert code(key="unknown") == 100413
    assert code(key="elsewhere", secret="secret") == 100419
    assert code(key="reader", secret="secret") == 100004
    assert code({"timestamp": None}) == 100421
    assert code({"timestamp": sim.now_ms() - 6000}) == 100421
    assert code({"timestamp": "now"}) == 80014
    assert sim.status(order.order_id) == "PENDING"
    valid = [one.signature_valid for one in sim.requests]
    assert valid == [False, False, False, False, True, True, True, True, True]
    assert not any(one.accepted or one.executed for one in sim.requests)
    assert sim.worst_window() == 9
    assert sim.worst_window(accepted_only=True) == 0


def test_reading_permission(sim: Simulator, raw: Any) -> None:
    """A key with the permission to read may read."""
    sim.add_account("reader", "secret", "2", permissions={"read"})
    response = raw.send("GET", "openOrders", {}, form="query", key="reader", secret="secret").json()
    assert response["data"] == {"orders": []}


def test_unknown_paths_and_methods(sim: Simulator, raw: Any) -> None:
    """For an unknown path or method the simulator responds with code 100404 and HTTP 200."""
    for method, path in (
        ("GET", "cancelOrders"),
        ("POST", "nothing"),
        ("GET", "/"),
        ("DELETE", "/openApi/x"),
    ):
        response = raw.send(method, path, {}, form="query")
        assert (response.status_code, response.json()["code"]) == (200, 100404)


def test_clock_offset(sim: Simulator, raw: Any) -> None:
    """A simulator with a skewed clock refuses the right time and reports its own."""
    sim.clock_offset_ms = 60_000
    assert raw.send("GET", "openOrders", {"timestamp": int(time.time() * 1000)}).json()["code"] == 100421
    reported = raw.get("/openApi/swap/v2/server/time")["data"]["serverTime"]
    assert 55_000 < reported - time.time() * 1000 < 65_000
    assert raw.get("openOrders")["code"] == 0


def test_default_limit(raw_client: Any, clock: Any) -> None:
    """Of five requests at once the simulator accepts two and refuses the others unexecuted."""
    with Simulator() as sim:
        raw = raw_client(sim)
        orders = [sim.place() for _ in range(5)]
        params = [{"symbol": "BTC-USDT", "orderIds": str(order.order_id)} for order in orders]
        responses = [raw.send("POST", "cancelOrders", one) for one in params]
        assert [one.json()["code"] for one in responses] == [0, 0, 100410, 100410, 100410]
        assert [one.status_code for one in responses] == [200] * 5
        assert [one.headers["X-RateLimit-Requests-Remain"] for one in responses] == list("10000")
        assert responses[0].headers["X-RateLimit-Requests-Expire"] == "1000"
        assert [one.limited for one in sim.requests] == [False, False, True, True, True]
        assert [order.status for order in sim.orders()].count("CANCELED") == 2
        assert (sim.worst_window(), sim.worst_window(accepted_only=True)) == (5, 2)
        assert raw.post("cancel", symbol="BTC-USDT", orderId=str(orders[4].order_id))["code"] == 0


@pytest.mark.parametrize("header", ["epoch_ms", "epoch_s", "remaining_ms"])
def test_expire_header(raw_client: Any, header: Any, clock: Any) -> None:
    """The header is an epoch in ms or s, or the rest in ms, as the setting expire_header says."""
    with Simulator(expire_header=header) as sim:
        response = raw_client(sim).send("GET", "openOrders", {}, form="query")
        value = int(response.headers["X-RateLimit-Requests-Expire"])
        now = sim.now_ms()
        low, high = {
            "epoch_ms": (now - 1000, now + 1000),
            "epoch_s": (now // 1000 - 1, now // 1000 + 2),
            "remaining_ms": (0, 1000),
        }[header]
        assert low <= value <= high


def test_limits(raw_client: Any, clock: Any) -> None:
    """The setting limits changes or removes the limit of an endpoint."""
    with Simulator(limits={"trade/cancelOrders": None, "openOrders": 1}) as sim:
        raw = raw_client(sim)
        assert [raw.cancel(77, process=1)["code"] for _ in range(15)] == [0] * 15
        assert [raw.get("openOrders")["code"] for _ in range(2)] == [0, 100410]
    with pytest.raises(ValueError, match="not one endpoint"):
        Simulator(limits={"contracts": 1})


def test_automatic_ban(raw_client: Any) -> None:
    """Repeated refusals end in a ban whose text names its end, and unban() lifts it."""
    with Simulator(limits={"cancelOrders": 0}, ban_after=3, ban_seconds=60) as sim:
        raw = raw_client(sim)
        texts = [raw.cancel(77)["msg"] for _ in range(5)]
        assert texts[:3] == ["rate limited"] * 3
        for text in texts[3:]:
            until = int(text.rpartition(" ")[2])
            assert "in the disabled period and will be unblocked after" in text
            assert 50_000 < until - sim.now_ms() <= 60_000
        sim.unban()
        assert raw.cancel(77)["msg"] == "rate limited"


def test_ban(sim: Simulator, raw: Any) -> None:
    """ban() strikes at once, in either text, for the named endpoint only."""
    order = sim.place()
    until = sim.ban(60, path="cancelOrders", text="retry")
    response = raw.cancel(order)
    assert response["code"] == 100410
    assert abs(int(response["msg"].rpartition("can retry after time: ")[2]) - until) < 1000
    assert raw.get("openOrders")["code"] == 0
    sim.unban()
    assert raw.cancel(order)["code"] == 0


def test_long_url(sim: Simulator, raw: Any) -> None:
    """For a URL beyond max_url a gateway responds with 414, and the exchange executes nothing."""
    order = sim.place()
    ids = ",".join([str(order.order_id)] * 500)
    response = raw.send("POST", "cancelOrders", {"symbol": "BTC-USDT", "orderIds": ids}, form="query")
    assert (response.status_code, response.headers["Content-Type"]) == (414, "text/html")
    assert sim.status(order.order_id) == "PENDING"


def test_latency(sim: Simulator, raw: Any, clock: Any) -> None:
    """With latency a request arrives before it executes, even if its client does not wait."""
    order = sim.place()
    sim.latency_ms = 1000
    with closing(raw.begin("cancelOrders", symbol="BTC-USDT", orderIds=str(order.order_id))):
        wait_until(lambda: sim.requests and sim.requests[0].accepted)
    assert (len(sim.arrivals()), sim.status(order.order_id)) == (1, "PENDING")
    clock.skip(1)
    wait_until(lambda: sim.status(order.order_id) == "CANCELED")
