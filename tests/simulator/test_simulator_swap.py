"""Swap orders: what the documentation says about the endpoints, and what the simulator assumes beyond it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from ccxt_bingx_ext.simulator import Simulator

ORDER = "/openApi/swap/v2/trade/order"
BATCH = "/openApi/swap/v2/trade/batchOrders"
OPEN = "/openApi/swap/v2/trade/openOrders"
INVERSE = "/openApi/cswap/v1/trade/"
LIMIT = {"symbol": "BTC-USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.001", "price": 25000}
GONE = {"errorCode": 80016, "errorMessage": "order does not exist"}
FILLED = {"errorCode": 80018, "errorMessage": "order already filled"}


def delete(raw: Any, path: str, **params: Any) -> dict[str, Any]:
    response: dict[str, Any] = raw.send("DELETE", path, params, form="query").json()
    return response


def batch(raw: Any, *ids: Any, clients: list[str] | None = None, **more: Any) -> dict[str, Any]:
    lists = {
        **({"orderIdList": json.dumps([getattr(one, "order_id", one) for one in ids])} if ids else {}),
        **({"clientOrderIdList": json.dumps(clients)} if clients is not None else {}),
    }
    return delete(raw, BATCH, **{"symbol": "BTC-USDT", **lists, **more})


def test_batch(sim: Simulator, raw: Any) -> None:
    """The batch lists live orders as cancelled and every other id as failed."""
    live, filled, gone, other = (sim.place(market="linear") for _ in range(4))
    sim.fill(filled.order_id)
    sim.cancel(gone.order_id)
    response = batch(raw, live, filled, 77, gone, other)
    assert response["code"] == 0
    assert [(one["orderId"], one["status"]) for one in response["data"]["success"]] == [
        (live.order_id, "CANCELLED"),
        (other.order_id, "CANCELLED"),
    ]
    assert response["data"]["failed"] == [
        {"orderId": filled.order_id, **FILLED},
        {"orderId": 77, **GONE},
        {"orderId": gone.order_id, **GONE},
    ]
    assert (sim.status(live.order_id), sim.status(filled.order_id)) == ("CANCELED", "FILLED")
    assert [one.cancelled for one in sim.executions] == [(live.order_id, other.order_id)]


def test_empty_list_is_null(sim: Simulator, raw: Any) -> None:
    """An empty list in the response is null, and the code is still 0."""
    assert batch(raw, sim.place(market="linear"))["data"]["failed"] is None
    response = batch(raw, 77)
    assert (response["code"], response["data"]["success"]) == (0, None)


def test_lower_case_client_ids(sim: Simulator, raw: Any) -> None:
    """The simulator keeps, finds and reports linear client order ids in lower case."""
    order = sim.place(market="linear", client_order_id="AbC")
    assert order.client_order_id == "abc"
    assert sim.order_by_client_id("ABC") == order
    with pytest.raises(ValueError, match="taken"):
        sim.place(market="linear", client_order_id="aBC")
    found = raw.get(ORDER, symbol="BTC-USDT", clientOrderId="ABC")["data"]["order"]
    assert (found["orderId"], found["clientOrderId"]) == (order.order_id, "abc")
    data = batch(raw, clients=["aBc", "NoNe", "ABC"])["data"]
    assert [one["clientOrderId"] for one in data["success"]] == ["abc"]
    assert data["failed"] == [{"orderId": 0, "clientOrderId": "none", **GONE}]


def test_spellings_of_client_id_list(sim: Simulator, raw: Any) -> None:
    """The batch takes clientOrderIDList or clientOrderIdList, but not both at once."""
    sim.place(market="linear", client_order_id="a")
    assert batch(raw, clients=["a"], clientOrderIDList='["a"]')["code"] == 100400
    assert len(batch(raw, clientOrderIDList='["a"]')["data"]["success"]) == 1


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("clientOrderId", {"orderId": 0, "clientOrderId": "x", **GONE}),
        ("clientOrderID", {"orderId": 0, "clientOrderID": "x", **GONE}),
        ("orderId", {"orderId": "x", **GONE}),
        ("text", {"orderId": 0, **GONE, "errorMessage": "order does not exist, clientOrderId:x"}),
        ("none", {"orderId": 0, **GONE}),
    ],
)
def test_failed_key(raw_client: Any, key: Any, expected: dict[str, Any]) -> None:
    """The setting swap_failed_key chooses how the response names a failed client order id."""
    with Simulator(limits=None, swap_failed_key=key) as sim:
        filled = sim.place(market="linear", client_order_id="f")
        sim.fill(filled.order_id)
        of_unknown, of_filled = batch(raw_client(sim), clients=["x", "f"])["data"]["failed"]
        assert of_unknown == expected
        assert of_filled["errorCode"] == 80018
        assert of_filled["orderId"] == ("f" if key == "orderId" else filled.order_id)


def test_batch_settings(raw_client: Any) -> None:
    """Settings choose the code for unknown orders, what two lists mean and how to write an empty one."""
    with Simulator(
        limits=None, swap_not_found_code=109421, mixed_ids="order_ids_only", empty_lists="absent"
    ) as sim:
        raw = raw_client(sim)
        named = sim.place(market="linear", client_order_id="a")
        data = batch(raw, 77, clients=["a"])["data"]
        assert data == {
            "failed": [{"orderId": 77, "errorCode": 109421, "errorMessage": GONE["errorMessage"]}]
        }
        assert sim.status(named.order_id) == "PENDING"
        assert delete(raw, ORDER, symbol="BTC-USDT", orderId="78")["code"] == 109421
        assert raw.get(ORDER, symbol="BTC-USDT", orderId="77")["code"] == 109421


def test_union_of_lists(sim: Simulator, raw: Any) -> None:
    """Order ids come first, and an order that is named twice appears once."""
    one = sim.place(market="linear", client_order_id="one")
    two = sim.place(market="linear", client_order_id="two")
    data = batch(raw, two, two, clients=["two", "one"])["data"]
    assert [order["orderId"] for order in data["success"]] == [two.order_id, one.order_id]
    assert data["failed"] is None


def test_max_ids(sim: Simulator, raw: Any) -> None:
    """The batch takes ten ids of both kinds together and refuses eleven."""
    orders = [sim.place(market="linear", client_order_id=f"c{n}") for n in range(11)]
    assert batch(raw, *orders)["code"] == 100400
    assert batch(raw, *orders[:10], clients=["c10"])["code"] == 100400
    assert {order.status for order in sim.orders()} == {"PENDING"}
    assert len(batch(raw, *orders[:10])["data"]["success"]) == 10


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"orderIdList": "[]"},
        {"orderIdList": "1,2"},
        {"orderIdList": "[1"},
        {"orderIdList": "1"},
        {"orderIdList": '["1"]'},
        {"orderIdList": "[1.5]"},
        {"orderIdList": "[1e3]"},
        {"orderIdList": "[true]"},
        {"orderIdList": f"[{10**20}]"},
        {"clientOrderIdList": "[1]"},
        {"clientOrderIdList": '[""]'},
        {"clientOrderIdList": "[a]"},
        {"orderIdList": "[1]", "symbol": None},
    ],
)
def test_malformed_batches(sim: Simulator, raw: Any, wrong: dict[str, Any]) -> None:
    """The batch refuses a value that is not a list of ids as a whole."""
    assert batch(raw, **wrong)["code"] == 100400


def test_separate_markets(sim: Simulator, raw: Any) -> None:
    """No endpoint finds the orders of another market, although the markets share an id."""
    spot, linear = sim.place(client_order_id="a"), sim.place(market="linear", client_order_id="a")
    inverse = sim.place(market="inverse")
    assert (inverse.symbol, inverse.market) == ("BTC-USD", "inverse")
    assert batch(raw, spot, inverse)["data"]["success"] is None
    assert raw.cancel(linear, process=1)["data"]["orders"] is None
    assert raw.get("query", symbol="BTC-USDT", orderId=linear.order_id)["code"] == 100404
    assert raw.get(ORDER, symbol="BTC-USDT", orderId=spot.order_id)["code"] == 80016
    assert raw.get(ORDER, symbol="BTC-USD", orderId=inverse.order_id)["code"] == 109425
    assert [one["orderId"] for one in raw.get("openOrders")["data"]["orders"]] == [spot.order_id]
    assert [one["orderId"] for one in raw.get(OPEN)["data"]["orders"]] == [linear.order_id]
    listed = raw.get(INVERSE + "openOrders")["data"]["orders"]
    assert [one["orderId"] for one in listed] == [str(inverse.order_id)]
    assert len(raw.post("cancelOpenOrders")["data"]["orders"]) == 1
    assert (sim.status(linear.order_id), sim.status(inverse.order_id)) == ("PENDING", "PENDING")
    assert sim.order_by_client_id("a", market="linear") == linear
    with pytest.raises(LookupError, match="several markets"):
        sim.order_by_client_id("a")


def test_other_symbol_or_account(sim: Simulator, raw: Any) -> None:
    """An order fails under another symbol and for another account."""
    eth, strange = sim.place("ETH-USDT", market="linear"), sim.place(market="linear", uid="2")
    assert [one["errorCode"] for one in batch(raw, eth, strange)["data"]["failed"]] == [80016, 80016]
    assert {order.status for order in sim.orders()} == {"PENDING"}


def test_life_of_a_linear_order(sim: Simulator, raw: Any) -> None:
    """A linear order is placed, found, listed and cancelled, and a second cancel fails."""
    placed = raw.post(ORDER, **LIMIT, positionSide="BOTH", clientOrderId="Mine")["data"]["order"]
    assert (placed["clientOrderID"], placed["price"]) == ("mine", 25000)
    params = {"symbol": "BTC-USDT", "orderId": placed["orderId"]}
    [listed] = raw.get(OPEN, symbol="BTC-USDT")["data"]["orders"]
    assert raw.get(ORDER, **params)["data"]["order"] == listed
    assert (listed["status"], listed["positionSide"], listed["origQty"]) == ("PENDING", "BOTH", "0.001")
    cancelled = delete(raw, ORDER, symbol="BTC-USDT", clientOrderID="MINE")["data"]["order"]
    assert cancelled["status"] == "CANCELLED"
    assert delete(raw, ORDER, **params)["code"] == 80016
    assert raw.get(ORDER, **params)["data"]["order"]["status"] == "CANCELLED"
    filled = sim.place(market="linear")
    sim.fill(filled.order_id)
    assert delete(raw, ORDER, symbol="BTC-USDT", orderId=filled.order_id)["code"] == 80018


def test_life_of_an_inverse_order(sim: Simulator, raw: Any) -> None:
    """An inverse order has its own response form, and its client order id is kept in lower case."""
    new = {**LIMIT, "symbol": "BTC-USD", "quantity": 2}
    placed = raw.post(INVERSE + "order", **new, clientOrderId="Mine")
    assert (placed["symbol"], placed["quantity"], placed.get("code")) == ("BTC-USD", 2, None)
    params = {"symbol": "BTC-USD", "orderId": placed["orderId"]}
    found = raw.get(INVERSE + "orderDetail", **params)["data"]["order"]
    assert (found["orderId"], found["status"], found["quantity"]) == (str(placed["orderId"]), "Pending", 2)
    assert found["clientOrderId"] == "mine"
    for name in ("clientOrderId", "clientOrderID"):
        assert raw.get(INVERSE + "orderDetail", symbol="BTC-USD", **{name: "MINE"})["code"] == 0
    sim.fill(placed["orderId"], "1")
    assert raw.get(INVERSE + "orderDetail", **params)["data"]["order"]["cumQuote"] == "100"
    assert delete(raw, INVERSE + "cancelOrder", **params)["data"]["order"]["status"] == "CANCELLED"
    assert delete(raw, INVERSE + "cancelOrder", **params)["code"] == 80016
    assert delete(raw, INVERSE + "cancelOrder", symbol="BTC-USD")["code"] == 100400
    refused = delete(raw, INVERSE + "cancelOrder", symbol="BTC-USD", clientOrderID="mine")
    assert (refused["code"], "'OrderId' failed on the 'required' tag" in refused["msg"]) == (100400, True)
    again = delete(raw, INVERSE + "cancelOrder", symbol="BTC-USD", clientOrderId="Mine")
    assert (again["code"], again["msg"]) == (80016, GONE["errorMessage"])
    filled = sim.place(market="inverse")
    sim.fill(filled.order_id)
    params = {"symbol": "BTC-USD", "orderId": filled.order_id}
    assert delete(raw, INVERSE + "cancelOrder", **params)["code"] == 80018


def test_other_order_types(sim: Simulator, raw: Any) -> None:
    """A market order fills, a trigger order waits, and an IOC limit order ends cancelled."""

    def status(**change: Any) -> str:
        response = raw.post(ORDER, **{**LIMIT, **change})
        return sim.status(response["data"]["order"]["orderId"])

    assert status(type="MARKET", price=None) == "FILLED"
    assert status(type="MARKET", price=None, quantity=None, quoteOrderQty=60) == "FILLED"
    assert sim.orders()[-1].executed == "0.001"
    assert status(type="STOP_MARKET", price=None, stopPrice=20000) == "NEW"
    assert status(timeInForce="IOC") == "CANCELED"
    assert status(positionSide="") == "PENDING"
    assert sim.orders()[-1].position_side == "LONG"


def test_either_name_of_inverse_client_id(raw_client: Any) -> None:
    """With the settings an inverse client order id keeps its case, and the cancel takes either name."""
    with Simulator(limits=None, inverse_cancel_id="either", inverse_case_kept=True) as sim:
        assert sim.place(market="inverse", client_order_id="Mine").client_order_id == "Mine"
        params = {"symbol": "BTC-USD", "clientOrderID": "Mine"}
        assert delete(raw_client(sim), INVERSE + "cancelOrder", **params)["code"] == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"symbol": "NOPE-USDT"}, 109425),
        ({"symbol": "FTT-USDT"}, 109418),
        ({"symbol": None}, 100400),
        ({"positionSide": "UP"}, 100400),
        ({"type": "TRAILING_STOP_MARKET"}, 100400),
        ({"type": "STOP"}, 100400),
        ({"price": None}, 100400),
        ({"quantity": None}, 100400),
        ({"timeInForce": "GTD"}, 100400),
        ({"clientOrderId": "a" * 41}, 100400),
        ({"clientOrderId": "TAKEN"}, 100400),
    ],
)
def test_bad_orders(sim: Simulator, raw: Any, change: dict[str, Any], code: int) -> None:
    """The simulator refuses an unacceptable swap order and keeps no trace of it."""
    sim.place(market="linear", client_order_id="taken")
    assert raw.post(ORDER, **{**LIMIT, **change})["code"] == code
    assert len(sim.orders()) == 1


def test_list_of_linear_orders(sim: Simulator, raw: Any) -> None:
    """The simulator places up to five linear orders, all or none."""
    twice = [{**LIMIT, "clientOrderId": "A"}, {**LIMIT, "clientOrderId": "a"}]
    for bad in ([LIMIT] * 6, twice, [LIMIT, {**LIMIT, "quantity": 0}]):
        assert raw.post(BATCH, batchOrders=json.dumps(bad))["code"] == 100400
    assert raw.post(BATCH)["code"] == 100400
    assert sim.orders() == []
    assert len(raw.post(BATCH, batchOrders=json.dumps([LIMIT] * 2))["data"]["orders"]) == 2


def test_swap_permission(sim: Simulator, raw: Any) -> None:
    """A key for spot trading reads swap orders but cannot cancel them."""
    sim.add_account("spot-only", "secret", "1000001", permissions={"read", "spot"})
    order = sim.place(market="linear")
    params = {"symbol": "BTC-USDT", "orderId": order.order_id}
    key = {"key": "spot-only", "secret": "secret", "form": "query"}
    assert raw.send("DELETE", ORDER, params, **key).json()["code"] == 100004
    assert raw.send("GET", ORDER, params, **key).json()["code"] == 0


def test_limit_per_method(raw_client: Any, clock: Any) -> None:
    """Each method of a path has its own limit, and the headers show what is left."""
    with Simulator(same_order_seconds=None) as sim:
        raw = raw_client(sim)
        params = {"symbol": "BTC-USDT", "orderId": "77"}
        looked = [raw.send("GET", ORDER, params, form="query") for _ in range(6)]
        assert [one.json()["code"] for one in looked] == [80016] * 5 + [100410]
        assert [one.headers["X-RateLimit-Requests-Remain"] for one in looked] == list("432100")
        assert delete(raw, ORDER, **params)["code"] == 80016
        assert [batch(raw, 77)["code"] for _ in range(6)] == [0] * 5 + [100410]
        inverse = [delete(raw, INVERSE + "cancelOrder", symbol="BTC-USD", orderId="77") for _ in range(6)]
        assert [one["code"] for one in inverse] == [80016] * 5 + [100410]
        assert sim.worst_window("GET " + ORDER, accepted_only=True) == 5
        assert (len(sim.arrivals(ORDER)), len(sim.arrivals("DELETE swap/v2/trade/order"))) == (7, 1)


def test_limit_by_path_or_method(raw_client: Any, clock: Any) -> None:
    """A limit or ban on a path covers all its methods, and one on a method covers that method only."""
    limits = {"swap/v2/trade/order": 0, "POST swap/v2/trade/order": None, "DELETE batchOrders": 1}
    with Simulator(limits=limits) as sim:
        raw = raw_client(sim)
        params = {"symbol": "BTC-USDT", "orderId": "77"}
        assert raw.get(ORDER, **params)["code"] == 100410
        assert delete(raw, ORDER, **params)["code"] == 100410
        assert [raw.post(ORDER, **LIMIT)["code"] for _ in range(12)] == [0] * 12
        assert [batch(raw, 77)["code"] for _ in range(2)] == [0, 100410]
        sim.ban(60, path="swap/v2/trade/order")
        assert "unblocked after" in raw.post(ORDER, **LIMIT)["msg"]
        assert "unblocked after" in raw.get(ORDER, **params)["msg"]
        sim.unban()
        sim.ban(60, path="GET swap/v2/trade/order")
        assert raw.post(ORDER, **LIMIT)["code"] == 0
        assert sim.path("trade/order") == "/openApi/spot/v1/trade/order"
        assert sim.path("cancelOrder") == INVERSE + "cancelOrder"
        for unknown in ("GET cancelOrder", "PUT trade/order"):
            with pytest.raises(ValueError, match="not one endpoint"):
                sim.path(unknown)


@pytest.mark.parametrize("kind", ["drop", "reset", "http", "busy", "garbage", "null_data", "cut_off", "ban"])
@pytest.mark.parametrize(("when", "status"), [("before", "PENDING"), ("after", "CANCELED")])
def test_faults(sim: Simulator, raw: Any, kind: Any, when: Any, status: str) -> None:
    """Each fault strikes the batch before or after it executes."""
    order = sim.place(market="linear")
    sim.faults.add(kind, when=when, path="swap/v2/trade/batchOrders")
    try:
        response = batch(raw, order)
    except (requests.ConnectionError, requests.JSONDecodeError):
        response = {}
    assert not response.get("data")
    assert sim.status(order.order_id) == status
    assert sim.requests[0].fault == kind


def test_forget(sim: Simulator, raw: Any) -> None:
    """The response omits ids of either list, by either id, or a fraction of each."""
    orders = [sim.place(market="linear", client_order_id=f"C{n}") for n in range(3)]
    sim.faults.add("forget", ids=[orders[0].order_id, "c1", 77], path="swap/v2/trade/batchOrders")
    data = batch(raw, *orders, 77, 78)["data"]
    assert [one["clientOrderId"] for one in data["success"]] == ["c2"]
    assert [one["orderId"] for one in data["failed"]] == [78]
    assert {order.status for order in sim.orders()} == {"CANCELED"}
    sim.faults.add("forget", fraction=1, path="swap/v2/trade/batchOrders")
    assert batch(raw, 77)["data"] == {"success": None, "failed": []}


def test_fault_for_one_method(sim: Simulator, raw: Any) -> None:
    """A fault with a method waits for that method and lets the others pass."""
    order = sim.place(market="linear")
    params = {"symbol": "BTC-USDT", "orderId": order.order_id}
    sim.faults.add("busy", path="DELETE swap/v2/trade/order")
    assert raw.get(ORDER, **params)["code"] == 0
    assert delete(raw, ORDER, **params)["code"] == 100500
    sim.faults.add("busy", path="swap/v2/trade/order")
    assert raw.get(ORDER, **params)["code"] == 100500


@pytest.mark.parametrize(("action", "code"), [("fill", 80018), ("cancel", 80016), ("fail", 80016)])
def test_race(sim: Simulator, raw: Any, action: Any, code: int) -> None:
    """The code of a failed entry reports what happened between arrival and execution."""
    order = sim.place(market="linear")
    sim.faults.add("race", action=action, order_id=order.order_id, path="swap/v2/trade/batchOrders")
    [failed] = batch(raw, order)["data"]["failed"]
    assert (failed["orderId"], failed["errorCode"]) == (order.order_id, code)
