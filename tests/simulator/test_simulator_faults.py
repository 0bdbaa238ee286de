"""Faults on demand."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from typing import Any

import ccxt
import pytest
import requests

from ccxt_bingx_ext.simulator import Request, Simulator, SimulatorError
from ccxt_bingx_ext.simulator.faults import Faults
from ccxt_bingx_ext.simulator.http.responses import encode
from tests.helpers import wait_until

LINEAR_BATCH, INVERSE_CANCEL = "swap/v2/trade/batchOrders", "cswap/v1/trade/cancelOrder"
BEFORE_AND_AFTER = [("before", "PENDING"), ("after", "CANCELED")]


def ask(raw: Any, order: Any) -> requests.Response:
    params = {"symbol": "BTC-USDT", "orderIds": str(order.order_id), "process": 1}
    response: requests.Response = raw.send("POST", "cancelOrders", params)
    return response


def faults() -> Faults:
    return Faults(lambda path: path)


def test_faults_strike_in_turn() -> None:
    """A fault strikes so many times, after so many requests, at its own path, the oldest due first."""
    some = faults()
    some.add("drop", path="p", times=2, skip=1)
    some.add("busy", path="p")
    some.add("garbage", path="q", times=None)
    struck = [some.strike("p") for _ in range(5)]
    assert [one and one.kind for one in struck] == ["busy", "drop", "drop", None, None]
    assert [one and one.kind for one in (some.strike("q"), some.strike("q"))] == ["garbage", "garbage"]
    assert [one.kind for one in some.waiting] == ["garbage"]
    some.clear()
    assert some.strike("q") is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "explode"},
        {"kind": "drop", "seconds": 1},
        {"kind": "drop", "when": "later"},
        {"kind": "forget", "when": "before"},
        {"kind": "refuse", "when": "after"},
        {"kind": "drop", "times": 0},
        {"kind": "race"},
        {"kind": "race", "action": "explode"},
    ],
)
def test_impossible_faults(wrong: dict[str, Any]) -> None:
    """Adding a fault that makes no sense raises ValueError."""
    with pytest.raises(ValueError, match=r"\w"):
        faults().add(**wrong)


def test_path_of_a_fault(sim: Simulator) -> None:
    """Adding a fault for a path that leads nowhere raises ValueError."""
    with pytest.raises(ValueError, match="not one endpoint"):
        sim.faults.add("drop", path="trade/nothing")
    assert sim.faults.add("drop", path="trade/order").path == "/openApi/spot/v1/trade/order"


@pytest.mark.parametrize("kind", ["drop", "reset"])
@pytest.mark.parametrize(("when", "status"), BEFORE_AND_AFTER)
def test_lost_connections(sim: Simulator, raw: Any, kind: Any, when: Any, status: str) -> None:
    """The connection closes without a response, before or after the cancel executes."""
    order = sim.place()
    sim.faults.add(kind, when=when)
    with pytest.raises(requests.ConnectionError):
        ask(raw, order)
    assert sim.status(order.order_id) == status
    [request] = sim.requests
    assert (request.fault, request.http_status, request.executed) == (kind, None, when == "after")
    assert ask(raw, order).status_code == 200


def test_reset_and_drop(sim: Simulator) -> None:
    """The client's socket sees ECONNRESET after a reset, and the end of the stream after a drop."""
    for kind, expected in (("reset", "reset"), ("drop", b"")):
        sim.faults.add(kind, path="server/time")  # type: ignore[arg-type]
        with socket.create_connection(("127.0.0.1", sim.port), timeout=5) as connection:
            connection.sendall(b"GET /openApi/swap/v2/server/time HTTP/1.1\r\nHost: x\r\n\r\n")
            seen: Any
            try:
                seen = connection.recv(100)
            except ConnectionResetError:
                seen = "reset"
        assert seen == expected


@pytest.mark.parametrize(("when", "status"), BEFORE_AND_AFTER)
def test_hang(sim: Simulator, raw: Any, when: Any, status: str) -> None:
    """A hanging request gets no response until its client gives up."""
    ended: list[Request] = []
    sim.on_response = ended.append
    order = sim.place()
    sim.faults.add("hang", when=when)
    with closing(raw.begin("cancelOrders", symbol="BTC-USDT", orderIds=str(order.order_id))) as client:
        wait_until(lambda: sim.requests and sim.requests[0].fault and sim.status(order.order_id) == status)
        client.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.sock.recv(1)
        assert ended == []
    wait_until(lambda: ended)
    assert sim.status(order.order_id) == status
    assert [one.http_status for one in ended] == [None]


def test_hang_for_seconds(sim: Simulator, raw: Any) -> None:
    """After its seconds a hanging request goes on normally."""
    order = sim.place()
    sim.faults.add("hang", seconds=0.05)
    assert ask(raw, order).json()["code"] == 0
    assert sim.status(order.order_id) == "CANCELED"


def test_delay(sim: Simulator, raw: Any, clock: Any) -> None:
    """A delayed request executes although its client has gone."""
    order = sim.place()
    sim.faults.add("delay", seconds=1)
    with closing(raw.begin("cancelOrders", symbol="BTC-USDT", orderIds=str(order.order_id))):
        wait_until(lambda: sim.requests and sim.requests[0].fault)
    assert sim.status(order.order_id) == "PENDING"
    clock.skip(1)
    wait_until(lambda: sim.status(order.order_id) == "CANCELED")


@pytest.mark.parametrize("http_status", [500, 502, 503, 504])
@pytest.mark.parametrize(("when", "status"), BEFORE_AND_AFTER)
def test_http_errors(sim: Simulator, raw: Any, http_status: int, when: Any, status: str) -> None:
    """A gateway's error page replaces the response."""
    order = sim.place()
    sim.faults.add("http", status=http_status, when=when)
    response = ask(raw, order)
    assert (response.status_code, response.headers["Content-Type"]) == (http_status, "text/html")
    assert str(http_status) in response.text
    assert sim.status(order.order_id) == status


def test_http_error_with_body(sim: Simulator, raw: Any) -> None:
    """The body of an HTTP error can be JSON."""
    sim.faults.add("http", status=504, body='{"code":504,"msg":"timeout"}')
    response = ask(raw, sim.place())
    assert (response.status_code, response.json()["code"], sim.requests[0].code) == (504, 504, 504)


@pytest.mark.parametrize("code", [100500, 110500])
@pytest.mark.parametrize(("when", "status"), BEFORE_AND_AFTER)
def test_busy(sim: Simulator, raw: Any, code: int, when: Any, status: str) -> None:
    """The "busy" response comes before or after the request executes."""
    order = sim.place()
    sim.faults.add("busy", code=code, when=when)
    assert ask(raw, order).json()["code"] == code
    assert sim.status(order.order_id) == status


@pytest.mark.parametrize(("when", "status"), BEFORE_AND_AFTER)
def test_garbage_and_null_data(sim: Simulator, raw: Any, when: Any, status: str) -> None:
    """The response is a page instead of JSON, or a success without data."""
    order, other = sim.place(), sim.place()
    sim.faults.add("garbage", when=when)
    sim.faults.add("null_data", when=when)
    page = ask(raw, order)
    assert (page.status_code, page.text[0]) == (200, "<")
    assert ask(raw, other).text == '{"code":0,"msg":"","debugMsg":"","data":null}'
    assert {sim.status(order.order_id), sim.status(other.order_id)} == {status}


def test_cut_off(sim: Simulator, raw: Any) -> None:
    """A truncated response is whole HTTP and broken JSON, and with declare_whole broken HTTP too."""
    order = sim.place()
    sim.faults.add("cut_off", keep=0.7)
    response = ask(raw, order)
    assert response.text.startswith('{"code":0,"msg":"","debugMsg":"","data":{"orders":[{')
    with pytest.raises(json.JSONDecodeError):
        json.loads(response.text)
    assert sim.status(order.order_id) == "CANCELED"
    sim.faults.add("cut_off", declare_whole=True)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        ask(raw, sim.place())
    sim.faults.add("cut_off", when="before")
    untouched = sim.place()
    ask(raw, untouched)
    assert sim.status(untouched.order_id) == "PENDING"


def test_forget(sim: Simulator, raw: Any) -> None:
    """A response omits named ids, or a fraction of them, although the request executed."""
    orders = [sim.place(client_order_id=f"c{n}") for n in range(4)]
    sim.faults.add("forget", ids=[orders[0].order_id, "c1", 77])
    data = raw.cancel(*orders, 77, 78, process=1)["data"]
    assert [one["clientOrderID"] for one in data["orders"]] == ["c2", "c3"]
    assert [one["orderId"] for one in data["fails"]] == ["78"]
    assert {order.status for order in sim.orders()} == {"CANCELED"}
    more = [sim.place() for _ in range(4)]
    sim.faults.add("forget", fraction=0.25)
    assert [one["orderId"] for one in raw.cancel(*more)["data"]["orders"]] == [
        order.order_id for order in more[:3]
    ]


def test_refuse(sim: Simulator, raw: Any) -> None:
    """An open order that the fault refuses, by either of its ids, stays open, and others do not."""
    one, other, filled = (sim.place(client_order_id=f"c{number}") for number in range(3))
    sim.fill(filled.order_id)
    sim.faults.add("refuse", ids=["c0", filled.order_id], text="not now")
    data = raw.cancel(one, other, filled, clientOrderIDs="c0", process=1)["data"]
    assert [entry["orderId"] for entry in data["orders"]] == [other.order_id]
    failed = [(entry.get("orderId", entry.get("clientOrderID")), entry["error"]) for entry in data["fails"]]
    assert failed[0] == (str(one.order_id), "not now")
    assert "order status :FILLED" in failed[1][1]
    assert failed[2] == ("c0", "not now")
    assert (sim.status(one.order_id), sim.requests[0].cancelled) == ("PENDING", (other.order_id,))
    assert raw.cancel(one, process=1)["data"]["orders"]


def test_refuse_a_fraction(sim: Simulator, raw: Any) -> None:
    """A fraction counts orders that would be cancelled, and the default text says "busy"."""
    gone, *orders = [sim.place() for _ in range(5)]
    sim.cancel(gone.order_id)
    sim.faults.add("refuse", fraction=0.25)
    data = raw.cancel(*orders, gone, process=1)["data"]
    assert [entry["orderId"] for entry in data["orders"]] == [order.order_id for order in orders[:3]]
    assert (data["fails"][0]["orderId"], "busy" in data["fails"][0]["error"]) == (
        str(orders[3].order_id),
        True,
    )


def test_refuse_without_a_key(raw_client: Any) -> None:
    """If only the text names a failed client order id, the chosen text names it too."""
    with Simulator(limits=None, fails_key="text") as sim:
        sim.place(client_order_id="c0")
        sim.faults.add("refuse", text="not now")
        client = raw_client(sim)
        data = client.post("cancelOrders", symbol="BTC-USDT", clientOrderIDs="c0", process=1)["data"]
        assert data["fails"] == [{"error": "not now, clientOrderID:c0"}]


@pytest.mark.parametrize("process", [0, None])
def test_refuse_all_or_nothing(sim: Simulator, raw: Any, process: int | None) -> None:
    """One refused order refuses the whole list, with the chosen code and text."""
    orders = [sim.place() for _ in range(3)]
    sim.faults.add("refuse", ids=[orders[1].order_id], code=100402, text="not now")
    response = raw.cancel(*orders, process=process)
    assert (response["code"], response["msg"]) == (100402, "not now")
    assert {order.status for order in sim.orders()} == {"PENDING"}


def test_refuse_linear_orders(sim: Simulator, raw: Any) -> None:
    """A failed linear order has the chosen code and text, and its order id beside its client order id."""
    orders = [sim.place(market="linear", client_order_id=f"c{number}") for number in range(3)]
    sim.faults.add("refuse", path=f"DELETE {LINEAR_BATCH}", ids=[orders[0].order_id, "c2"], code=1, text="no")
    params = {
        "symbol": "BTC-USDT",
        "orderIdList": json.dumps([order.order_id for order in orders[:2]]),
        "clientOrderIdList": '["c2"]',
    }
    data = raw.send("DELETE", f"/openApi/{LINEAR_BATCH}", params, form="query").json()["data"]
    assert [entry["orderId"] for entry in data["success"]] == [orders[1].order_id]
    refused = {"errorCode": 1, "errorMessage": "no"}
    assert data["failed"] == [
        {"orderId": orders[0].order_id, **refused},
        {"orderId": orders[2].order_id, "clientOrderId": "c2", **refused},
    ]
    assert [sim.status(order.order_id) for order in orders] == ["PENDING", "CANCELED", "PENDING"]


@pytest.mark.parametrize(
    ("market", "path", "symbol"),
    [
        ("spot", "POST spot/v1/trade/cancel", "BTC-USDT"),
        ("linear", "DELETE swap/v2/trade/order", "BTC-USDT"),
        ("inverse", f"DELETE {INVERSE_CANCEL}", "BTC-USD"),
    ],
)
def test_refuse_a_single_cancel(sim: Simulator, raw: Any, market: Any, path: str, symbol: str) -> None:
    """A refused single cancel has the chosen code and text, but a finished order its usual code."""
    order = sim.place(market=market)
    sim.faults.add("refuse", path=path, code=100402, text="not now", times=2)
    method, _, name = path.partition(" ")
    params = {"symbol": symbol, "orderId": str(order.order_id)}
    response = raw.send(method, f"/openApi/{name}", params, form="query").json()
    assert (response["code"], response["msg"]) == (100402, "not now")
    assert sim.status(order.order_id) == "PENDING"
    sim.fill(order.order_id)
    assert raw.send(method, f"/openApi/{name}", params, form="query").json()["code"] in (100400, 80018)


def test_dribble(sim: Simulator, raw: Any) -> None:
    """A response in small pieces is still the right response."""
    sim.faults.add("dribble", chunk=50, seconds=0.005)
    assert ask(raw, sim.place()).json()["code"] == 0


def test_dribble_without_reader(sim: Simulator, raw: Any) -> None:
    """A client that leaves in the middle of a response causes no error in the simulator."""
    ended: list[Request] = []
    sim.on_response = ended.append
    sim.faults.add("dribble", chunk=1, seconds=0.01)
    params = {"symbol": "BTC-USDT", "orderIds": "77", "process": 1}
    params["timestamp"] = str(sim.now_ms())
    params["signature"] = raw.signature(params, sim.secret)
    body = encode(params)
    head = (
        "POST /openApi/spot/v1/trade/cancelOrders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"X-BX-APIKEY: {sim.api_key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", sim.port), timeout=5) as connection:
        connection.sendall(head.encode() + body)
        assert connection.recv(10)
    wait_until(lambda: ended)
    assert sim.errors == []


@pytest.mark.parametrize(("when", "status"), BEFORE_AND_AFTER)
def test_ban(sim: Simulator, raw: Any, when: Any, status: str) -> None:
    """A ban can begin with a request and lasts for the next ones."""
    order = sim.place()
    sim.faults.add("ban", seconds=60, when=when)
    responses = [ask(raw, order).json() for _ in range(2)]
    assert [one["code"] for one in responses] == [100410, 100410]
    assert all("unblocked after" in one["msg"] for one in responses)
    assert sim.status(order.order_id) == status


@pytest.mark.parametrize(
    ("action", "status"), [("fill", "FILLED"), ("cancel", "CANCELED"), ("fail", "FAILED")]
)
def test_race(sim: Simulator, raw: Any, action: Any, status: str) -> None:
    """The response reports what happened to an order between arrival and execution."""
    order = sim.place()
    sim.faults.add("race", action=action, order_id=order.order_id)
    [fail] = ask(raw, order).json()["data"]["fails"]
    assert f"order status :{status},can not delete" in fail["error"]


def test_race_by_callable(sim: Simulator, raw: Any) -> None:
    """The action of a race can be any callable and may use the simulator."""
    order = sim.place(quantity="2")
    sim.faults.add("race", action=lambda: sim.fill(order.order_id, "1"))
    [payload] = ask(raw, order).json()["data"]["orders"]
    assert (payload["executedQty"], payload["status"]) == ("1", "CANCELED")


@pytest.mark.parametrize(("when", "status"), BEFORE_AND_AFTER)
def test_canned(sim: Simulator, raw: Any, when: Any, status: str) -> None:
    """The response is exactly the given bytes. The request executes only if the fault strikes after it."""
    order = sim.place()
    body = b'{"code":0, "data": {"orders":[]}}\n'
    sim.faults.add("canned", body=body, status=202, content_type="text/plain", when=when)
    response = ask(raw, order)
    assert (response.content, response.status_code) == (body, 202)
    assert response.headers["Content-Type"] == "text/plain"
    assert sim.status(order.order_id) == status


def test_refused_request(sim: Simulator, raw: Any) -> None:
    """A request that the gate refuses leaves the fault for the next request."""
    sim.faults.add("garbage")
    assert raw.send("POST", "cancelOrders", {"signature": "x"}).json()["code"] == 100001
    assert ask(raw, sim.place()).text[0] == "<"


def test_defect_in_the_simulator(raw_client: Any) -> None:
    """The simulator records a defect of its own and raises it on stop()."""
    sim = Simulator().start()
    sim.faults.add("race", action="fill", order_id=77)
    response = ask(raw_client(sim), sim.place())
    assert response.status_code == 500
    with pytest.raises(SimulatorError, match="there is no order 77"):
        sim.stop()
    sim.stop()


def test_harmless_faults(sim: Simulator, raw: Any) -> None:
    """A late delay, a short hang and a fault without lists to act on leave the response whole."""
    first, second = sim.place(), sim.place()
    sim.faults.add("delay", when="after", seconds=0.01)
    assert raw.cancel(first)["data"]["orders"][0]["orderId"] == first.order_id
    sim.faults.add("hang", seconds=0.01)
    assert raw.cancel(second)["data"]["orders"][0]["orderId"] == second.order_id
    sim.faults.add("forget")
    assert raw.cancel(first)["code"] != 0


def test_malformed_recv_window(sim: Simulator, raw: Any) -> None:
    """The simulator refuses a recvWindow that is not a number."""
    assert raw.cancel(sim.place(), recvWindow="soon")["code"] == 100400


def test_ignored_order_ids() -> None:
    """With mixed_ids="client_ids_only" the order ids do not count, on spot and on linear."""
    with Simulator(mixed_ids="client_ids_only") as sim:
        bot = ccxt.bingx(sim.ccxt_config(enableRateLimit=False))
        for market, call in (
            ("spot", bot.spotV1PrivatePostTradeCancelOrders),
            ("linear", bot.swapV2PrivateDeleteTradeBatchOrders),
        ):
            by_id = sim.place(market=market)  # type: ignore[arg-type]
            sim.place(market=market, client_order_id="x")  # type: ignore[arg-type]
            both = {"orderIds": str(by_id.order_id), "clientOrderIDs": "x", "process": 1}
            if market == "linear":
                both = {"orderIdList": [by_id.order_id], "clientOrderIDList": '["x"]'}
            call({"symbol": "BTC-USDT", **both})
            assert sim.status(by_id.order_id) == "PENDING"
            assert sim.order_by_client_id("x", market=market).status == "CANCELED"  # type: ignore[arg-type]
        bot.session.close()
