"""Swap orders: what the documentation says of the endpoints, and what is assumed beyond it."""

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
    answer: dict[str, Any] = raw.send("DELETE", path, params, form="query").json()
    return answer


def batch(raw: Any, *ids: Any, clients: list[str] | None = None, **more: Any) -> dict[str, Any]:
    lists = {
        **({"orderIdList": json.dumps([getattr(one, "order_id", one) for one in ids])} if ids else {}),
        **({"clientOrderIdList": json.dumps(clients)} if clients is not None else {}),
    }
    return delete(raw, BATCH, **{"symbol": "BTC-USDT", **lists, **more})


def test_the_batch_accounts_for_every_id(sim: Simulator, raw: Any) -> None:
    """The live are cancelled and listed, the others fail one by one: filled, or not to be found."""
    live, filled, gone, other = (sim.place(market="linear") for _ in range(4))
    sim.fill(filled.order_id)
    sim.cancel(gone.order_id)
    answer = batch(raw, live, filled, 77, gone, other)
    assert answer["code"] == 0
    assert [(one["orderId"], one["status"]) for one in answer["data"]["success"]] == [
        (live.order_id, "CANCELLED"),
        (other.order_id, "CANCELLED"),
    ]
    assert answer["data"]["failed"] == [
        {"orderId": filled.order_id, **FILLED},
        {"orderId": 77, **GONE},
        {"orderId": gone.order_id, **GONE},
    ]
    assert (sim.status(live.order_id), sim.status(filled.order_id)) == ("CANCELED", "FILLED")
    assert [one.cancelled for one in sim.executions] == [(live.order_id, other.order_id)]


def test_an_empty_list_is_null(sim: Simulator, raw: Any) -> None:
    """Nothing failed: failed is null; nothing was cancelled: success is null, and the code still 0."""
    assert batch(raw, sim.place(market="linear"))["data"]["failed"] is None
    answer = batch(raw, 77)
    assert (answer["code"], answer["data"]["success"]) == (0, None)


def test_client_ids_are_lower_case(sim: Simulator, raw: Any) -> None:
    """A client id is kept, found, answered and failed in lower case, whatever the case it was given in."""
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


def test_both_spellings_of_the_client_id_list(sim: Simulator, raw: Any) -> None:
    """clientOrderIDList is taken as well as clientOrderIdList, but not both at once."""
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
def test_how_a_failed_client_id_is_keyed(raw_client: Any, key: Any, expected: dict[str, Any]) -> None:
    """Nobody knows how, so it is a setting; one that was filled has its order id, where there is room."""
    with Simulator(limits=None, swap_failed_key=key) as sim:
        filled = sim.place(market="linear", client_order_id="f")
        sim.fill(filled.order_id)
        of_unknown, of_filled = batch(raw_client(sim), clients=["x", "f"])["data"]["failed"]
        assert of_unknown == expected
        assert of_filled["errorCode"] == 80018
        assert of_filled["orderId"] == ("f" if key == "orderId" else filled.order_id)


def test_other_settings_of_the_batch(raw_client: Any) -> None:
    """The code for what does not exist, what two lists mean, and how an empty list is written."""
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
        assert delete(raw, ORDER, symbol="BTC-USDT", orderId="77")["code"] == 109421
        assert raw.get(ORDER, symbol="BTC-USDT", orderId="77")["code"] == 109421


def test_two_lists_are_a_union(sim: Simulator, raw: Any) -> None:
    """Order ids come first, and an order that is named twice is cancelled and listed once."""
    one = sim.place(market="linear", client_order_id="one")
    two = sim.place(market="linear", client_order_id="two")
    data = batch(raw, two, two, clients=["two", "one"])["data"]
    assert [order["orderId"] for order in data["success"]] == [two.order_id, one.order_id]
    assert data["failed"] is None


def test_ten_ids_are_the_most(sim: Simulator, raw: Any) -> None:
    """Eleven ids, of one kind or both together, are refused as a whole; ten are taken."""
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
def test_malformed_batches_are_refused(sim: Simulator, raw: Any, wrong: dict[str, Any]) -> None:
    """What is no list of ids is refused as a whole."""
    assert batch(raw, **wrong)["code"] == 100400


def test_the_batch_in_every_form(sim: Simulator, raw: Any) -> None:
    """The parameters may be in the URL, in a JSON object or in a form."""
    for form in ("query", "json", "form"):
        order = sim.place(market="linear")
        params = {"symbol": "BTC-USDT", "orderIdList": f"[{order.order_id}]"}
        assert raw.send("DELETE", BATCH, params, form=form).json()["code"] == 0
        assert sim.status(order.order_id) == "CANCELED"


def test_markets_are_kept_apart(sim: Simulator, raw: Any) -> None:
    """BTC-USDT is a spot pair and a linear contract: neither endpoint finds the other's orders."""
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


def test_another_symbol_or_account_is_not_found(sim: Simulator, raw: Any) -> None:
    """An order fails under another symbol, and for another account."""
    eth, strange = sim.place("ETH-USDT", market="linear"), sim.place(market="linear", uid="2")
    assert [one["errorCode"] for one in batch(raw, eth, strange)["data"]["failed"]] == [80016, 80016]
    assert {order.status for order in sim.orders()} == {"PENDING"}


def test_the_life_of_a_linear_order(sim: Simulator, raw: Any) -> None:
    """Placed, looked up, listed, cancelled; a second cancel fails, and the look-up says why."""
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


def test_the_life_of_an_inverse_order(sim: Simulator, raw: Any) -> None:
    """The same for inverse, whose answers look different and whose client ids keep their case."""
    new = {**LIMIT, "symbol": "BTC-USD", "quantity": 2}
    placed = raw.post(INVERSE + "order", **new, clientOrderId="Mine")
    assert (placed["symbol"], placed["quantity"], placed.get("code")) == ("BTC-USD", 2, None)
    params = {"symbol": "BTC-USD", "orderId": placed["orderId"]}
    found = raw.get(INVERSE + "orderDetail", **params)["data"]["order"]
    assert (found["orderId"], found["status"], found["quantity"]) == (str(placed["orderId"]), "Pending", 2)
    assert found["clientOrderId"] == "Mine"
    assert raw.get(INVERSE + "orderDetail", symbol="BTC-USD", clientOrderId="mine")["code"] == 80016
    sim.fill(placed["orderId"], "1")
    assert raw.get(INVERSE + "orderDetail", **params)["data"]["order"]["cumQuote"] == "100"
    assert delete(raw, INVERSE + "cancelOrder", **params)["data"]["order"]["status"] == "CANCELLED"
    assert delete(raw, INVERSE + "cancelOrder", **params)["code"] == 80016
    assert delete(raw, INVERSE + "cancelOrder", symbol="BTC-USD")["code"] == 100400
    filled = sim.place(market="inverse")
    sim.fill(filled.order_id)
    params = {"symbol": "BTC-USD", "orderId": filled.order_id}
    assert delete(raw, INVERSE + "cancelOrder", **params)["code"] == 80018


def test_other_types_of_swap_order(sim: Simulator, raw: Any) -> None:
    """A market order fills, by quantity or cost; a trigger order waits; an IOC limit order is cancelled."""

    def status(**change: Any) -> str:
        answer = raw.post(ORDER, **{**LIMIT, **change})
        return sim.status(answer["data"]["order"]["orderId"])

    assert status(type="MARKET", price=None) == "FILLED"
    assert status(type="MARKET", price=None, quantity=None, quoteOrderQty=60) == "FILLED"
    assert sim.orders()[-1].executed == "0.001"
    assert status(type="STOP_MARKET", price=None, stopPrice=20000) == "NEW"
    assert status(timeInForce="IOC") == "CANCELED"
    assert status(positionSide="") == "PENDING"
    assert sim.orders()[-1].position_side == "LONG"


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
def test_bad_swap_orders_are_refused(sim: Simulator, raw: Any, change: dict[str, Any], code: int) -> None:
    """An order that is not acceptable is refused and leaves no trace."""
    sim.place(market="linear", client_order_id="taken")
    assert raw.post(ORDER, **{**LIMIT, **change})["code"] == code
    assert len(sim.orders()) == 1


def test_a_list_of_linear_orders(sim: Simulator, raw: Any) -> None:
    """Up to five are placed, all or none."""
    twice = [{**LIMIT, "clientOrderId": "A"}, {**LIMIT, "clientOrderId": "a"}]
    for bad in ([LIMIT] * 6, twice, [LIMIT, {**LIMIT, "quantity": 0}]):
        assert raw.post(BATCH, batchOrders=json.dumps(bad))["code"] == 100400
    assert raw.post(BATCH)["code"] == 100400
    assert sim.orders() == []
    assert len(raw.post(BATCH, batchOrders=json.dumps([LIMIT] * 2))["data"]["orders"]) == 2


def test_swap_trading_has_a_permission_of_its_own(sim: Simulator, raw: Any) -> None:
    """A key for spot trading cancels no swap orders, but may read them."""
    sim.add_account("spot-only", "secret", "1000001", permissions={"read", "spot"})
    order = sim.place(market="linear")
    params = {"symbol": "BTC-USDT", "orderId": order.order_id}
    key = {"key": "spot-only", "secret": "secret", "form": "query"}
    assert raw.send("DELETE", ORDER, params, **key).json()["code"] == 100004
    assert raw.send("GET", ORDER, params, **key).json()["code"] == 0


def test_each_method_has_its_own_limit(raw_client: Any) -> None:
    """One path, three endpoints: five look-ups do not count for cancels; the headers say what is left."""
    with Simulator() as sim:
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


def test_limits_and_bans_by_path_or_by_method(raw_client: Any) -> None:
    """A path stands for all its methods, a method before it for that one; an end alone for spot."""
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
def test_faults_befall_the_batch(sim: Simulator, raw: Any, kind: Any, when: Any, status: str) -> None:
    """Every loss of an answer strikes the swap endpoint too, before or after it is executed."""
    order = sim.place(market="linear")
    sim.faults.add(kind, when=when, path="swap/v2/trade/batchOrders")
    try:
        answer = batch(raw, order)
    except (requests.ConnectionError, requests.JSONDecodeError):
        answer = {}
    assert not answer.get("data")
    assert sim.status(order.order_id) == status
    assert sim.requests[0].fault == kind


def test_forgetting_in_success_and_failed(sim: Simulator, raw: Any) -> None:
    """Ids can be left out of either list, by order id or client id, or a fraction of each."""
    orders = [sim.place(market="linear", client_order_id=f"C{n}") for n in range(3)]
    sim.faults.add("forget", ids=[orders[0].order_id, "c1", 77], path="swap/v2/trade/batchOrders")
    data = batch(raw, *orders, 77, 78)["data"]
    assert [one["clientOrderId"] for one in data["success"]] == ["c2"]
    assert [one["orderId"] for one in data["failed"]] == [78]
    assert {order.status for order in sim.orders()} == {"CANCELED"}
    sim.faults.add("forget", fraction=1, path="swap/v2/trade/batchOrders")
    assert batch(raw, 77)["data"] == {"success": None, "failed": []}


def test_a_fault_for_one_method(sim: Simulator, raw: Any) -> None:
    """With its method a fault waits for that request, and lets the others on the path pass."""
    order = sim.place(market="linear")
    params = {"symbol": "BTC-USDT", "orderId": order.order_id}
    sim.faults.add("busy", path="DELETE swap/v2/trade/order")
    assert raw.get(ORDER, **params)["code"] == 0
    assert delete(raw, ORDER, **params)["code"] == 100500
    sim.faults.add("busy", path="swap/v2/trade/order")
    assert raw.get(ORDER, **params)["code"] == 100500


@pytest.mark.parametrize(("action", "code"), [("fill", 80018), ("cancel", 80016), ("fail", 80016)])
def test_races_with_the_batch(sim: Simulator, raw: Any, action: Any, code: int) -> None:
    """What happens between arrival and execution is told by the code, as far as it tells anything."""
    order = sim.place(market="linear")
    sim.faults.add("race", action=action, order_id=order.order_id, path="swap/v2/trade/batchOrders")
    [failed] = batch(raw, order)["data"]["failed"]
    assert (failed["orderId"], failed["errorCode"]) == (order.order_id, code)
