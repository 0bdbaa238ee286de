"""cancelOrders, as the documentation and live captures show it."""

from __future__ import annotations

from typing import Any

import pytest

from ccxt_bingx_ext.simulator import Simulator

NOT_FOUND = "can not find order for orderId:{} for symbol: {}, please verify and retry later"
FINAL = "the  orderId:{} order status :{},can not delete, please verify and retry later"


@pytest.mark.parametrize("form", ["json", "form", "query"])
def test_request_forms(sim: Simulator, raw: Any, form: str) -> None:
    """A signed request cancels with its parameters in JSON, in a form or in the URL."""
    orders = [sim.place(), sim.place()]
    ids = ",".join(str(order.order_id) for order in orders)
    params = {"symbol": "BTC-USDT", "orderIds": ids, "process": 1, "recvWindow": 5000}
    response = raw.send("POST", "cancelOrders", params, form=form).json()
    assert response["code"] == 0
    assert [sim.status(order.order_id) for order in orders] == ["CANCELED", "CANCELED"]
    assert [(one.form, one.signature_valid, one.executed, one.uid) for one in sim.requests] == [
        (form, True, True, sim.uid)
    ]
    assert "signature" not in sim.requests[0].params
    assert [one.cancelled for one in sim.executions] == [tuple(order.order_id for order in orders)]


def test_documented_response(sim: Simulator, raw: Any) -> None:
    """The response has the documented keys, in the documented order, with the documented types."""
    order = sim.place("GM-USDT", "SELL", "0.00000398", "8061558", "2most51702721242645506402")
    response = raw.cancel(order, symbol="GM-USDT")
    assert list(response) == ["code", "msg", "debugMsg", "data"]
    assert list(response["data"]) == ["orders"]
    expected = {
        "symbol": "GM-USDT",
        "orderId": order.order_id,
        "transactTime": order.created_ms,
        "price": "0.00000398",
        "stopPrice": "0",
        "origQty": "8061558",
        "executedQty": "0",
        "cummulativeQuoteQty": "0",
        "status": "CANCELED",
        "type": "LIMIT",
        "side": "SELL",
        "clientOrderID": "2most51702721242645506402",
    }
    assert list(response["data"]["orders"][0].items()) == list(expected.items())


def test_partial_response(sim: Simulator, raw: Any) -> None:
    """process 1 cancels what it can and reports the rest in the exchange's own words."""
    good = sim.place("BARS-USDT", "SELL", "0.001", "1000", "215501022025")
    gone = sim.place("BARS-USDT")
    sim.cancel(gone.order_id)
    elsewhere = sim.place("BTC-USDT")
    data = raw.cancel(good, gone, 77, elsewhere, symbol="BARS-USDT", process=1)["data"]
    assert data["fails"] == [
        {"orderId": str(gone.order_id), "error": FINAL.format(gone.order_id, "CANCELED")},
        {"orderId": "77", "error": NOT_FOUND.format(77, "BARS-USDT")},
        {
            "orderId": str(elsewhere.order_id),
            "error": NOT_FOUND.format(elsewhere.order_id, "BARS-USDT"),
        },
    ]
    assert [one["orderId"] for one in data["orders"]] == [good.order_id]
    assert list(data["orders"][0])[-2:] == ["origClientOrderId", "clientOrderID"]
    assert sim.status(elsewhere.order_id) == "PENDING"


@pytest.mark.parametrize("process", [{}, {"process": 0}])
def test_process_0_is_all_or_nothing(sim: Simulator, raw: Any, process: dict[str, int]) -> None:
    """Without process 1 one wrong id refuses the whole request and cancels nothing."""
    good, filled = sim.place(), sim.place()
    sim.fill(filled.order_id)
    unknown = raw.cancel(good, 77, **process)
    assert (unknown["code"], unknown["msg"]) == (100400, NOT_FOUND.format(77, "BTC-USDT"))
    final = raw.cancel(good, filled, **process)
    assert (final["code"], final["msg"]) == (100400, FINAL.format(filled.order_id, "FILLED"))
    assert sim.status(good.order_id) == "PENDING"
    assert sim.executions == []
    assert [one.executed for one in sim.requests] == [False, False]


def test_not_found_code(raw_client: Any) -> None:
    """With not_found_code=100404 the refusal has the other known code and text."""
    with Simulator(not_found_code=100404) as sim:
        response = raw_client(sim).cancel(77)
        assert (response["code"], response["msg"]) == (100404, "order does not exist")


@pytest.mark.parametrize("state", ["cancel", "fill", "fail"])
def test_text_names_the_state(sim: Simulator, raw: Any, state: str) -> None:
    """The text about a finished order names its state."""
    order = sim.place()
    status = getattr(sim, state)(order.order_id).status
    fails = raw.cancel(order, process=1)["data"]["fails"]
    assert fails[0]["error"] == FINAL.format(order.order_id, status)


def test_partially_filled_order(sim: Simulator, raw: Any) -> None:
    """The response to a cancel shows what was filled before."""
    order = sim.place(quantity="2", price="3")
    sim.fill(order.order_id, "0.5")
    [payload] = raw.cancel(order)["data"]["orders"]
    assert (payload["executedQty"], payload["cummulativeQuoteQty"], payload["status"]) == (
        "0.5",
        "1.5",
        "CANCELED",
    )


@pytest.mark.parametrize("more", [{}, {"orderIds": ""}, {"orderIds": "", "clientOrderIDs": ""}])
def test_no_ids(raw: Any, more: dict[str, str]) -> None:
    """The simulator refuses a request without ids in the words seen live."""
    response = raw.post("cancelOrders", symbol="BTC-USDT", **more)
    assert response == {
        "code": 100400,
        "msg": "Key: 'OrdersCancelRequest.OrderIDs' Error:Field validation for 'OrderIDs' failed"
        " on the 'required' tag",
        "debugMsg": "",
    }


@pytest.mark.parametrize(
    "params",
    [
        {"orderIds": "12x"},
        {"orderIds": "1,,2"},
        {"orderIds": "1, 2"},
        {"orderIds": "9223372036854775808"},
        {"orderIds": 12},
        {"clientOrderIDs": "a,"},
        {"orderIds": "1", "process": 2},
        {"orderIds": "1", "symbol": None},
        {"orderIds": "1", "symbol": "btc-usdt"},
        {"orderIds": "1", "symbol": "BTC/USDT"},
    ],
)
def test_malformed_requests(sim: Simulator, raw: Any, params: dict[str, Any]) -> None:
    """The simulator refuses a malformed request as a whole, even with process 1."""
    order = sim.place(client_order_id="a")
    if "orderIds" in params and isinstance(params["orderIds"], str):
        params = {**params, "orderIds": f"{order.order_id},{params['orderIds']}"}
    response = raw.post("cancelOrders", **{"symbol": "BTC-USDT", "process": 1, **params})
    assert response["code"] == 100400
    assert sim.status(order.order_id) == "PENDING"


def test_client_order_ids(sim: Simulator, raw: Any) -> None:
    """Client order ids alone cancel orders, and clientOrderID keys a wrong one."""
    order = sim.place(client_order_id="mine")
    data = raw.cancel(clientOrderIDs="mine,other", process=1)["data"]
    assert [one["orderId"] for one in data["orders"]] == [order.order_id]
    text = "can not find order for clientOrderID:other for symbol: BTC-USDT, please verify and retry later"
    assert data["fails"] == [{"clientOrderID": "other", "error": text}]


@pytest.mark.parametrize("key", ["orderId", "clientOrderID", "clientOrderId", "text"])
def test_fails_key(raw_client: Any, key: Any) -> None:
    """The setting fails_key chooses the key of a failed client order id, or its text alone."""
    with Simulator(fails_key=key) as sim:
        [fail] = raw_client(sim).cancel(clientOrderIDs="xyz", process=1)["data"]["fails"]
        assert list(fail) == (["error"] if key == "text" else [key, "error"])
        assert "clientOrderID:xyz" in fail["error"]


def test_mixed_ids(raw_client: Any) -> None:
    """Both lists count, unless mixed_ids="order_ids_only" ignores the client order ids."""
    for mixed, status in (("union", "CANCELED"), ("order_ids_only", "PENDING")):
        with Simulator(mixed_ids=mixed) as sim:  # type: ignore[arg-type]
            one, other = sim.place(), sim.place(client_order_id="other")
            assert raw_client(sim).cancel(one, clientOrderIDs="other")["code"] == 0
            assert [sim.status(one.order_id), sim.status(other.order_id)] == ["CANCELED", status]


def test_order_named_twice(sim: Simulator, raw: Any) -> None:
    """An order that a request names twice appears once in the response."""
    order = sim.place(client_order_id="mine")
    data = raw.cancel(order, order, clientOrderIDs="mine,mine", process=1)["data"]
    assert [one["orderId"] for one in data["orders"]] == [order.order_id]
    assert "fails" not in data


@pytest.mark.parametrize(
    ("setting", "some", "none"),
    [
        ("documented", {"orders"}, {"orders": None}),
        ("absent", {"orders"}, {}),
        ("null", {"orders", "fails"}, {"orders": None}),
        ("empty", {"orders", "fails"}, {"orders": []}),
    ],
)
def test_empty_lists(raw_client: Any, setting: Any, some: set[str], none: dict[str, Any]) -> None:
    """The setting empty_lists makes empty lists absent, null or empty."""
    with Simulator(empty_lists=setting, limits=None) as sim:
        raw = raw_client(sim)
        assert set(raw.cancel(sim.place(), process=1)["data"]) == some
        data = raw.cancel(77, process=1)["data"]
        assert len(data.pop("fails")) == 1
        assert data == none


def test_max_ids(raw_client: Any) -> None:
    """The simulator refuses more ids than max_ids and cancels nothing."""
    with Simulator(max_ids=2) as sim:
        orders = [sim.place() for _ in range(3)]
        assert raw_client(sim).cancel(*orders)["code"] == 100400
        assert {order.status for order in sim.orders()} == {"PENDING"}


def test_accounts(sim: Simulator, raw: Any) -> None:
    """A key of another account does not find an order, a second key of the same account cancels it."""
    sim.add_account("other-key", "other-secret", "2")
    sim.add_account("second-key", "second-secret", sim.uid)
    order = sim.place()
    params = {"symbol": "BTC-USDT", "orderIds": str(order.order_id)}
    stranger = raw.send("POST", "cancelOrders", params, key="other-key", secret="other-secret").json()
    assert (stranger["code"], sim.status(order.order_id)) == (100400, "PENDING")
    second = raw.send("POST", "cancelOrders", params, key="second-key", secret="second-secret").json()
    assert (second["code"], sim.status(order.order_id)) == (0, "CANCELED")


def test_thousand_orders(sim: Simulator, raw: Any) -> None:
    """One JSON request cancels a thousand orders."""
    orders = [sim.place() for _ in range(1000)]
    assert len(raw.cancel(*orders)["data"]["orders"]) == 1000
