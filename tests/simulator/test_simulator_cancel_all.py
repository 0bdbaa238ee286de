"""Cancelling all open orders of an account, on the three markets."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from ccxt_bingx_ext.simulator import Simulator

PATH = {
    "spot": "/openApi/spot/v1/trade/cancelOpenOrders",
    "linear": "/openApi/swap/v2/trade/allOpenOrders",
    "inverse": "/openApi/cswap/v1/trade/allOpenOrders",
}
METHOD = {"spot": "POST", "linear": "DELETE", "inverse": "DELETE"}
SYMBOL = {"spot": "BTC-USDT", "linear": "BTC-USDT", "inverse": "BTC-USD"}
TRIGGER = {"spot": "TRIGGER_LIMIT", "linear": "STOP_MARKET", "inverse": "STOP_MARKET"}
SPOT_ONE, LINEAR_ONE = "/openApi/spot/v1/trade/cancel", "/openApi/swap/v2/trade/order"
INVERSE_ONE = "/openApi/cswap/v1/trade/cancelOrder"
SINGLE = {"spot": ("POST", SPOT_ONE), "linear": ("DELETE", LINEAR_ONE), "inverse": ("DELETE", INVERSE_ONE)}
LINEAR_KEYS = set(
    re.findall(
        r"\w+",
        """symbol orderId side positionSide type origQty price executedQty avgPrice cumQuote stopPrice profit
        commission status time updateTime clientOrderId leverage takeProfit stopLoss advanceAttr positionID
        takeProfitEntrustPrice stopLossEntrustPrice orderType workingType""",
    )
)
every_market = pytest.mark.parametrize("market", ["spot", "linear", "inverse"])


def send(raw: Any, market: str, **params: Any) -> requests.Response:
    params = {"symbol": SYMBOL[market], **params}
    response: requests.Response = raw.send(METHOD[market], PATH[market], params, form="query")
    return response


def cancel_all(raw: Any, market: str, **params: Any) -> dict[str, Any]:
    response: dict[str, Any] = send(raw, market, **params).json()
    return response


def done(response: dict[str, Any]) -> list[int]:
    """The ids that the response lists as cancelled."""
    data = response["data"]
    return [int(one["orderId"]) for one in data.get("orders", data.get("success")) or []]


def cancel_one(raw: Any, market: str, order: Any) -> dict[str, Any]:
    method, path = SINGLE[market]
    params = {"symbol": SYMBOL[market], "orderId": order.order_id}
    response: dict[str, Any] = raw.send(method, path, params, form="query").json()
    return response


def statuses(sim: Simulator) -> list[str]:
    return [order.status for order in sim.orders()]


@every_market
def test_every_open_order(sim: Simulator, raw: Any, market: Any) -> None:
    """The request cancels every open order of the account in this market, and no other order."""
    first, filled, second = (sim.place(market=market, quantity="2") for _ in range(3))
    sim.fill(filled.order_id)
    sim.fill(second.order_id, "1")
    foreign = sim.place(market=market, uid="2")
    elsewhere = [sim.place(market=one) for one in PATH if one != market]  # type: ignore[arg-type]
    assert done(cancel_all(raw, market)) == [first.order_id, second.order_id]
    assert [sim.status(one.order_id) for one in (foreign, *elsewhere)] == ["PENDING"] * 3
    assert statuses(sim)[:3] == ["CANCELED", "FILLED", "CANCELED"]
    assert [one.cancelled for one in sim.executions] == [(first.order_id, second.order_id)]


@pytest.mark.parametrize("market", ["spot", "linear"])
def test_without_a_symbol(sim: Simulator, raw: Any, market: Any) -> None:
    """A request with a symbol cancels the orders of that symbol, and one without cancels those of all."""
    btc, eth = sim.place("BTC-USDT", market=market), sim.place("ETH-USDT", market=market)
    assert done(cancel_all(raw, market, symbol="ETH-USDT")) == [eth.order_id]
    other = sim.place("ETH-USDT", market=market)
    assert done(cancel_all(raw, market, symbol=None)) == [btc.order_id, other.order_id]


@pytest.mark.parametrize(
    ("market", "params", "code"),
    [
        ("spot", {"symbol": "NOPE-USDT"}, 100400),
        ("linear", {"symbol": "NOPE-USDT"}, 109425),
        ("linear", {"type": "NOPE"}, 100400),
        ("inverse", {"symbol": "BTC-USDT"}, 109425),
        ("inverse", {"symbol": None}, 100400),
    ],
)
def test_bad_requests(sim: Simulator, raw: Any, market: Any, params: dict[str, Any], code: int) -> None:
    """An unknown symbol or type refuses the request, and so does an inverse one without a symbol."""
    sim.place(market=market)
    assert cancel_all(raw, market, **params)["code"] == code
    assert statuses(sim) == ["PENDING"]


def test_inverse_payload(sim: Simulator, raw: Any) -> None:
    """An inverse order comes with a string as its id, with its type and its quantity, as documented."""
    order = sim.place(market="inverse", quantity="2")
    data = cancel_all(raw, "inverse")["data"]
    [shown] = data["success"]
    assert (shown["orderId"], shown["type"], shown["status"]) == (str(order.order_id), "LIMIT", "CANCELLED")
    assert (shown["quantity"], shown["origQty"], shown["positionSide"]) == (2, "0", "BOTH")
    assert data["failed"] is None


@pytest.mark.parametrize("market", ["linear", "inverse"])
def test_documented_keys(sim: Simulator, raw: Any, market: Any) -> None:
    """A cancelled order has every documented key, and an attached stop that is not set."""
    sim.place(market=market)
    [shown] = cancel_all(raw, market)["data"]["success"]
    assert shown.keys() == LINEAR_KEYS | ({"quantity"} if market == "inverse" else set())
    assert shown["takeProfit"].items() >= {"type": "", "quantity": 0, "stopPrice": 0}.items()
    assert (shown["stopPrice"], shown["workingType"]) == ("", "")


@pytest.mark.parametrize("accepted", ["both", "POST", "DELETE"])
def test_method_of_the_inverse_endpoint(raw_client: Any, accepted: Any) -> None:
    """The documentation says POST and ccxt sends DELETE: the setting says which of them exist."""
    with Simulator(limits=None, inverse_cancel_all=accepted) as sim:
        raw = raw_client(sim)
        for method in ("POST", "DELETE"):
            order = sim.place(market="inverse")
            code = raw.send(method, PATH["inverse"], {"symbol": "BTC-USD"}, form="query").json()["code"]
            exists = accepted in ("both", method)
            assert code == (0 if exists else 100404)
            assert sim.status(order.order_id) == ("CANCELED" if exists else "PENDING")


@pytest.mark.parametrize(
    ("empty_lists", "expected"),
    [
        ("documented", [{"orders": None}, {"success": None, "failed": None}]),
        ("null", [{"orders": None}, {"success": None, "failed": None}]),
        ("empty", [{"orders": []}, {"success": [], "failed": []}]),
        ("absent", [{}, {}]),
    ],
)
def test_nothing_to_cancel(raw_client: Any, empty_lists: Any, expected: list[Any]) -> None:
    """Without open orders the request succeeds, and writes its lists as the setting says."""
    with Simulator(limits=None, empty_lists=empty_lists) as sim:
        raw = raw_client(sim)
        assert [cancel_all(raw, market)["data"] for market in ("spot", "linear")] == expected


def test_linear_types(sim: Simulator, raw: Any) -> None:
    """A linear request with a type cancels the orders of that type only."""
    limit, stop = sim.place(market="linear"), sim.place(market="linear", type="STOP_MARKET")
    assert done(cancel_all(raw, "linear", type="STOP_MARKET")) == [stop.order_id]
    assert sim.status(limit.order_id) == "PENDING"


def test_required_type(raw_client: Any) -> None:
    """With the setting a linear request needs a type, and the other markets know none."""
    with Simulator(limits=None, cancel_all_type_required=True) as sim:
        raw = raw_client(sim)
        orders = [sim.place(market=market) for market in PATH]  # type: ignore[arg-type]
        codes = [cancel_all(raw, market)["code"] for market in PATH]
        assert codes == [0, 100400, 0]
        assert done(cancel_all(raw, "linear", type="LIMIT")) == [orders[1].order_id]


@every_market
@pytest.mark.parametrize("cancelled", [True, False])
def test_trigger_orders(raw_client: Any, market: Any, cancelled: bool) -> None:
    """Trigger orders are cancelled, too, or left alone, as the setting says."""
    with Simulator(limits=None, cancel_all_triggers=cancelled) as sim:
        raw = raw_client(sim)
        limit, stop = sim.place(market=market), sim.place(market=market, type=TRIGGER[market])
        both = [limit.order_id, stop.order_id]
        assert done(cancel_all(raw, market)) == (both if cancelled else both[:1])
        assert sim.status(stop.order_id) == ("CANCELED" if cancelled else "NEW")


def test_named_trigger_type(raw_client: Any) -> None:
    """A linear request that names a trigger type cancels it whatever the setting says."""
    with Simulator(limits=None, cancel_all_triggers=False) as sim:
        stop = sim.place(market="linear", type="STOP_MARKET")
        assert done(cancel_all(raw_client(sim), "linear", type="STOP_MARKET")) == [stop.order_id]


@pytest.mark.parametrize(
    ("market", "entry"),
    [
        ("spot", None),
        (
            "linear",
            lambda order: {
                "orderId": order.order_id,
                "clientOrderId": "mine",
                "errorCode": 80012,
                "errorMessage": "cancel order failed",
            },
        ),
        (
            "inverse",
            lambda order: {"orderId": str(order.order_id), "code": 80012, "msg": "cancel order failed"},
        ),
    ],
)
def test_chosen_orders_fail(sim: Simulator, raw: Any, market: Any, entry: Any) -> None:
    """Refused orders stay open. Each market lists them under its own keys, and spot does not list them."""
    chosen, other = sim.place(market=market, client_order_id="mine"), sim.place(market=market)
    path = f"{METHOD[market]} {PATH[market]}"
    sim.faults.add("refuse", ids=["mine"], code=80012, text="cancel order failed", path=path)
    response = cancel_all(raw, market)
    assert (response["code"], done(response)) == (0, [other.order_id])
    rest = {key: value for key, value in response["data"].items() if key not in ("orders", "success")}
    assert rest == ({} if entry is None else {"failed": [entry(chosen)]})
    assert sim.status(chosen.order_id) == "PENDING"
    assert sim.executions[-1].cancelled == (other.order_id,)


@every_market
@pytest.mark.parametrize(("when", "status"), [("before", "CANCELED"), ("after", "PENDING")])
def test_orders_placed_meanwhile(sim: Simulator, raw: Any, market: Any, when: Any, status: str) -> None:
    """An order that is placed before the execution is cancelled, and one that is placed after it is not."""
    old = sim.place(market=market)
    placed: list[Any] = []
    sim.faults.add(
        "race", when=when, action=lambda: placed.append(sim.place(market=market)), path=PATH[market]
    )
    listed = done(cancel_all(raw, market))
    assert sim.status(placed[0].order_id) == status
    assert (placed[0].order_id in listed) is (status == "CANCELED")
    assert sim.status(old.order_id) == "CANCELED"


@every_market
def test_stale_views(sim: Simulator, raw: Any, market: Any) -> None:
    """The request cancels what is open now, also while look-ups see an older book."""
    old = sim.place(market=market)
    sim.clock_offset_ms += 4000
    sim.cancel(old.order_id)
    new = sim.place(market=market)
    sim.faults.add("stale", seconds=3.5, path=PATH[market])
    assert done(cancel_all(raw, market)) == [new.order_id]
    assert sim.requests[-1].conditions == ("stale",)


@every_market
@pytest.mark.parametrize("kind", ["drop", "reset", "http", "busy", "garbage", "null_data", "cut_off", "ban"])
@pytest.mark.parametrize(("when", "status"), [("before", "PENDING"), ("after", "CANCELED")])
def test_faults(sim: Simulator, raw: Any, market: Any, kind: Any, when: Any, status: str) -> None:
    """Each fault strikes before or after the execution, and leaves no complete response."""
    order = sim.place(market=market)
    sim.faults.add(kind, when=when, path=PATH[market])
    try:
        response = cancel_all(raw, market)
    except (requests.ConnectionError, requests.JSONDecodeError):
        response = {}
    assert not response.get("data")
    assert (sim.status(order.order_id), sim.requests[0].fault) == (status, kind)


@every_market
def test_forget(sim: Simulator, raw: Any, market: Any) -> None:
    """A response can omit an order that it cancelled."""
    first, second = sim.place(market=market), sim.place(market=market)
    sim.faults.add("forget", ids=[first.order_id], path=PATH[market])
    assert done(cancel_all(raw, market)) == [second.order_id]
    assert statuses(sim) == ["CANCELED", "CANCELED"]


def test_odd_inverse_responses(sim: Simulator, raw: Any) -> None:
    """Conditions add entries to an inverse response in the shape of inverse responses."""
    order, stays = sim.place(market="inverse"), sim.place(market="inverse")
    path = PATH["inverse"]
    sim.faults.add("refuse", ids=[stays.order_id], path=path, times=2)
    sim.faults.add("contradict", path=path)
    entry = cancel_all(raw, "inverse")["data"]["failed"][-1]
    assert (entry.keys(), entry["orderId"]) == ({"orderId", "code", "msg"}, str(order.order_id))
    assert f"orderId:{order.order_id} order status :FILLED" in entry["msg"]
    sim.faults.add("misname", path=path, order_id=22)
    [entry] = cancel_all(raw, "inverse")["data"]["failed"]
    assert (entry.keys(), entry["orderId"]) == ({"orderId", "code", "msg"}, str(stays.order_id))
    assert "orderId:22 order status :CANCELED" in entry["msg"]


@pytest.mark.parametrize(("market", "limit"), [("spot", 2), ("linear", 5), ("inverse", 5)])
def test_limits(raw_client: Any, market: Any, limit: int, clock: Any) -> None:
    """The documented limits hold, and a refused request cancels nothing."""
    with Simulator() as sim:
        raw = raw_client(sim)
        codes = [cancel_all(raw, market)["code"] for _ in range(limit)]
        order = sim.place(market=market)
        assert [*codes, cancel_all(raw, market)["code"]] == [0] * limit + [100410]
        assert sim.status(order.order_id) == "PENDING"


@every_market
def test_risk_control_and_signature(sim: Simulator, raw: Any, market: Any) -> None:
    """Risk control, a wrong signature and a key without the permission refuse the request."""
    sim.add_account("reader", "secret", "1000001", permissions={"read"})
    order = sim.place(market=market)
    key = {"key": "reader", "secret": "secret", "form": "query"}
    params = {"symbol": SYMBOL[market]}
    assert raw.send(METHOD[market], PATH[market], params, **key).json()["code"] == 100004
    assert cancel_all(raw, market, signature="0" * 64)["code"] == 100001
    sim.restrict(60)
    assert cancel_all(raw, market)["code"] == 109403
    assert sim.status(order.order_id) == "PENDING"


@every_market
def test_no_submission(raw_client: Any, market: Any) -> None:
    """By default the request is not a submission: it cancels orders that were submitted within the second."""
    with Simulator(limits=None) as sim:
        raw, order = raw_client(sim), sim.place(market=market)
        sim.faults.add("refuse", path=SINGLE[market][1])
        assert cancel_one(raw, market, order)["code"] == 100500
        assert done(cancel_all(raw, market)) == [order.order_id]
        assert sim.repeated_submissions == 0


@every_market
def test_submissions(raw_client: Any, market: Any, clock: Any) -> None:
    """With the setting the request submits every order. A repeated order stays open, as failed."""
    with Simulator(limits=None, same_order_in_cancel_all=True) as sim:
        raw, submitted, other = raw_client(sim), sim.place(market=market), sim.place(market=market)
        sim.faults.add("refuse", path=SINGLE[market][1])
        cancel_one(raw, market, submitted)
        response = cancel_all(raw, market)
        assert done(response) == [other.order_id]
        if market != "spot":
            [entry] = response["data"]["failed"]
            assert 109201 in entry.values()
        assert sim.status(submitted.order_id) == "PENDING"
        once_per_second = 100400 if market == "spot" else 109201
        assert cancel_one(raw, market, other)["code"] == once_per_second
        assert sim.repeats == [str(submitted.order_id), str(other.order_id)]
