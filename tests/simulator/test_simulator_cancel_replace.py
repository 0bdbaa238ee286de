"""Replacing an order: the cancel, the new order, and what the response says of each."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from ccxt_bingx_ext.simulator import Simulator

PATH = {
    "spot": "/openApi/spot/v1/trade/order/cancelReplace",
    "linear": "/openApi/swap/v1/trade/cancelReplace",
}
NEW = {"symbol": "BTC-USDT", "side": "BUY", "type": "LIMIT", "quantity": 1, "price": 40000}
ZEROS = {
    "symbol": "",
    "orderId": 0,
    "price": "0",
    "stopPrice": "0",
    "origQty": "0",
    "executedQty": "0",
    "cummulativeQuoteQty": "0",
    "status": "",
    "type": "",
    "side": "",
}
both_markets = pytest.mark.parametrize("market", ["spot", "linear"])


def replace(raw: Any, market: str, **params: Any) -> dict[str, Any]:
    params = {**NEW, "cancelReplaceMode": "STOP_ON_FAILURE", **params}
    response: dict[str, Any] = raw.send("POST", PATH[market], params, form="query").json()
    return response


def steps(response: dict[str, Any]) -> tuple[Any, Any]:
    """The results of the cancel and of the new order in the response."""
    data = response["data"]
    if "cancelMsg" in data:
        return data["cancelResult"], data["replaceResult"]
    return data["cancelResult"]["result"], data["openResult"]["result"]


def new_order_id(response: dict[str, Any]) -> int:
    data = response["data"]
    order_id: int = (data.get("orderOpenResponse") or data["newOrderResponse"])["orderId"]
    return order_id


def old_order_id(response: dict[str, Any]) -> int:
    data = response["data"]
    order_id: int = (data.get("orderCancelResponse") or data["cancelResponse"])["orderId"]
    return order_id


def statuses(sim: Simulator) -> list[str]:
    return [order.status for order in sim.orders()]


@both_markets
@pytest.mark.parametrize("mode", ["STOP_ON_FAILURE", "ALLOW_FAILURE"])
@pytest.mark.parametrize("name", ["cancelOrderId", "cancelClientOrderID", "cancelClientOrderId"])
def test_replace(sim: Simulator, raw: Any, market: Any, mode: str, name: str) -> None:
    """The old order is cancelled by either of its ids, and the new one rests."""
    old = sim.place(market=market, client_order_id="old")
    id = old.order_id if name == "cancelOrderId" else "old"
    response = replace(raw, market, cancelReplaceMode=mode, **{name: id})
    assert old_order_id(response) == old.order_id
    assert steps(response) == ((True, True) if market == "spot" else ("true", "true"))
    assert statuses(sim) == ["CANCELED", "PENDING"]
    new = sim.orders()[1]
    assert (new_order_id(response), new.price, new.market) == (new.order_id, "40000", market)
    assert [one.cancelled for one in sim.executions] == [(old.order_id,)]


def test_spot_payload(sim: Simulator, raw: Any) -> None:
    """The spot response has the documented keys, and the old order as cancelled."""
    old = sim.place()
    data = replace(raw, "spot", cancelOrderId=old.order_id)["data"]
    assert data["cancelResult"] == data["openResult"] == {"code": 0, "msg": "", "result": True}
    assert data["orderCancelResponse"].keys() == ZEROS.keys()
    assert data["orderCancelResponse"]["status"] == "CANCELED"
    assert data["orderOpenResponse"].keys() == ZEROS.keys() | {"transactTime", "clientOrderID"}


def test_linear_payload(sim: Simulator, raw: Any) -> None:
    """The linear response says "true", and shows the old order in the status that it had before."""
    old = sim.place(market="linear", quantity="2")
    sim.fill(old.order_id, "1")
    data = replace(raw, "linear", cancelOrderId=old.order_id, clientOrderId="New")["data"]
    assert data["cancelResponse"]["status"] == "PARTIALLY_FILLED"
    assert (data["cancelResponse"]["cancelOrderId"], data["cancelResponse"]["cancelClientOrderId"]) == (
        old.order_id,
        "",
    )
    assert (data["newOrderResponse"]["clientOrderId"], data["cancelMsg"]) == ("new", "")
    assert "clientOrderID" not in data["newOrderResponse"]
    resting = sim.orders()[1]
    shown = replace(raw, "linear", cancelClientOrderId="NEW")["data"]["cancelResponse"]
    assert (shown["orderId"], shown["status"], shown["cancelClientOrderId"]) == (
        resting.order_id,
        "PENDING",
        "new",
    )
    assert sim.status(resting.order_id) == "CANCELED"


@both_markets
@pytest.mark.parametrize("end", ["fill", "cancel", None])
@pytest.mark.parametrize(("mode", "placed"), [("STOP_ON_FAILURE", False), ("ALLOW_FAILURE", True)])
def test_failed_cancel(
    sim: Simulator, raw: Any, market: Any, end: str | None, mode: str, placed: bool
) -> None:
    """A failed cancel comes with an order of zeros, and the mode decides about the new order."""
    order_id = sim.place(market=market).order_id if end else 77
    if end:
        getattr(sim, end)(order_id)
    before = statuses(sim)
    response = replace(raw, market, cancelReplaceMode=mode, cancelOrderId=order_id)
    assert response["code"] == 0
    assert steps(response) == ((False, placed) if market == "spot" else ("false", str(placed).lower()))
    assert old_order_id(response) == 0
    assert statuses(sim) == before + ["PENDING"] * placed
    assert new_order_id(response) == (sim.orders()[-1].order_id if placed else 0)
    assert sim.executions == []


def test_documented_failure(sim: Simulator, raw: Any) -> None:
    """The response to a failed spot cancel is the documented one."""
    data = replace(raw, "spot", cancelReplaceMode="ALLOW_FAILURE", cancelOrderId="17543893539094511234")
    assert data["code"] == 100400  # beyond int64, as the documentation's rounded example
    data = replace(raw, "spot", cancelReplaceMode="ALLOW_FAILURE", cancelOrderId="1754389353909451123")[
        "data"
    ]
    assert data["cancelResult"] == {"code": 100400, "msg": " order not exist", "result": False}
    assert data["openResult"] == {"code": 0, "msg": "", "result": True}
    assert data["orderCancelResponse"] == ZEROS
    assert data["orderOpenResponse"]["status"] == "PENDING"


def test_stopped_spot_payload(sim: Simulator, raw: Any) -> None:
    """A stopped replacement holds two orders of zeros."""
    data = replace(raw, "spot", cancelOrderId=77)["data"]
    assert data["orderCancelResponse"] == data["orderOpenResponse"] == ZEROS


@both_markets
def test_stopped_as_refusal(raw_client: Any, market: Any) -> None:
    """With the setting a stopped replacement is refused with the words about the cancel."""
    with Simulator(limits=None, replace_stopped="refused") as sim:
        raw = raw_client(sim)
        response = replace(raw, market, cancelOrderId=77)
        expected = (100400, " order not exist") if market == "spot" else (80016, "order does not exist")
        assert (response["code"], response["msg"]) == expected
        assert replace(raw, market, cancelOrderId=78, cancelReplaceMode="ALLOW_FAILURE")["code"] == 0
        assert statuses(sim) == ["PENDING"]


@both_markets
@pytest.mark.parametrize(
    "wrong",
    [
        {"cancelReplaceMode": None},
        {"cancelReplaceMode": "NEVER"},
        {"cancelOrderId": None},
        {"cancelOrderId": "x"},
        {"cancelRestrictions": "FILLED"},
        {"price": None},
        {"side": "UP"},
        {"symbol": None},
    ],
)
def test_bad_requests(sim: Simulator, raw: Any, market: Any, wrong: dict[str, Any]) -> None:
    """A request that is wrong in itself, or whose new order is, leaves the old order alone."""
    old = sim.place(market=market)
    assert replace(raw, market, **{"cancelOrderId": old.order_id, **wrong})["code"] == 100400
    assert statuses(sim) == ["PENDING"]


@both_markets
def test_taken_client_id(sim: Simulator, raw: Any, market: Any) -> None:
    """A client order id that was used before, even by the old order, refuses the whole request."""
    old = sim.place(market=market, client_order_id="same")
    name = "newClientOrderId" if market == "spot" else "clientOrderId"
    assert replace(raw, market, cancelOrderId=old.order_id, **{name: "same"})["code"] == 100400
    assert statuses(sim) == ["PENDING"]


@pytest.mark.parametrize(
    ("market", "restriction"), [("spot", "NEW"), ("linear", "ONLY_NEW"), ("linear", "NEW")]
)
def test_restrictions(sim: Simulator, raw: Any, market: Any, restriction: str) -> None:
    """cancelRestrictions lets the cancel of an order in another status fail."""
    trigger = "TRIGGER_LIMIT" if market == "spot" else "STOP_MARKET"
    new, pending = sim.place(market=market, type=trigger), sim.place(market=market)
    refused = replace(raw, market, cancelOrderId=pending.order_id, cancelRestrictions=restriction)
    assert "cancelRestrictions is NEW, but the order is PENDING" in str(refused["data"])
    assert sim.status(pending.order_id) == "PENDING"
    replace(raw, market, cancelOrderId=new.order_id, cancelRestrictions=restriction)
    assert sim.status(new.order_id) == "CANCELED"


@both_markets
def test_refused_new_order(sim: Simulator, raw: Any, market: Any) -> None:
    """The new order can be refused after the cancel: the old order is gone, whatever the response says."""
    old = sim.place(market=market)
    sim.faults.add("refuse_new", path=PATH[market])
    response = replace(raw, market, cancelOrderId=old.order_id)
    if market == "spot":
        assert (response["code"], response.get("data")) == (100500, None)
        assert response["msg"].endswith("and the previous cancel order request result:true")
    else:
        assert steps(response) == ("true", "false")
        assert new_order_id(response) == 0
        assert "busy" in response["data"]["replaceMsg"]
    assert statuses(sim) == ["CANCELED"]
    assert [one.cancelled for one in sim.executions] == [(old.order_id,)]


def test_both_steps_fail(sim: Simulator, raw: Any) -> None:
    """If both steps fail the spot refusal is the documented one."""
    sim.faults.add("refuse_new", path=PATH["spot"])
    response = replace(raw, "spot", cancelOrderId=77, cancelReplaceMode="ALLOW_FAILURE")
    assert (response["code"], response["msg"]) == (
        100500,
        "order open error:The current system is busy, please try again later,"
        " and the previous cancel order request result:false,  order not exist",
    )


def test_refused_new_order_words(raw_client: Any) -> None:
    """The fault has words of its own, or draws them, and strikes before the execution only."""
    with Simulator(limits=None, wording=1) as sim:
        raw = raw_client(sim)
        sim.faults.add("refuse_new", path=PATH["linear"], times=20)
        drawn = {
            replace(raw, "linear", cancelOrderId=n, cancelReplaceMode="ALLOW_FAILURE")["data"]["replaceMsg"]
            for n in range(20)
        }
        assert len(drawn) > 5
        sim.faults.add("refuse_new", path=PATH["spot"], code=1, text="no")
        assert replace(raw, "spot", cancelOrderId=sim.place().order_id)["code"] == 1
        with pytest.raises(ValueError, match="execution itself"):
            sim.faults.add("refuse_new", when="after")


@both_markets
def test_refused_cancel(sim: Simulator, raw: Any, market: Any) -> None:
    """A fault can refuse the cancel of an open order, which then stays beside the new one."""
    old = sim.place(market=market)
    sim.faults.add("refuse", path=PATH[market])
    response = replace(raw, market, cancelOrderId=old.order_id, cancelReplaceMode="ALLOW_FAILURE")
    assert old_order_id(response) == 0
    assert statuses(sim) == ["PENDING", "PENDING"]


@both_markets
def test_once_per_second(raw_client: Any, market: Any, clock: Any) -> None:
    """An order that was submitted within the second is not cancelled again, but the mode still decides."""
    with Simulator(limits=None) as sim:
        raw, old = raw_client(sim), sim.place(market=market)
        sim.faults.add("refuse", path=PATH[market])
        replace(raw, market, cancelOrderId=old.order_id)
        response = replace(raw, market, cancelOrderId=old.order_id, cancelReplaceMode="ALLOW_FAILURE")
        assert "submitted once" in str(response["data"])
        assert statuses(sim) == ["PENDING", "PENDING"]
        assert sim.repeats == [str(old.order_id)]


@both_markets
def test_poison(sim: Simulator, raw: Any, market: Any) -> None:
    """A poisoned id refuses the whole request."""
    old = sim.place(market=market)
    sim.faults.add("poison", ids=[old.order_id], path=PATH[market])
    assert replace(raw, market, cancelOrderId=old.order_id)["code"] == 100400
    assert statuses(sim) == ["PENDING"]


@both_markets
@pytest.mark.parametrize("kind", ["drop", "reset", "http", "busy", "garbage", "null_data", "cut_off", "ban"])
@pytest.mark.parametrize(("when", "expected"), [("before", ["PENDING"]), ("after", ["CANCELED", "PENDING"])])
def test_faults(sim: Simulator, raw: Any, market: Any, kind: Any, when: Any, expected: list[str]) -> None:
    """Each fault strikes before or after the execution, and leaves no complete response."""
    old = sim.place(market=market)
    sim.faults.add(kind, when=when, path=PATH[market])
    try:
        response = replace(raw, market, cancelOrderId=old.order_id)
    except (requests.ConnectionError, requests.JSONDecodeError):
        response = {}
    assert not response.get("data")
    assert (statuses(sim), sim.requests[0].fault) == (expected, kind)


@pytest.mark.parametrize(("market", "limit"), [("spot", 2), ("linear", 5)])
def test_limits(raw_client: Any, market: Any, limit: int, clock: Any) -> None:
    """The documented limits hold, and a refused request changes nothing."""
    with Simulator() as sim:
        raw = raw_client(sim)
        orders = [sim.place(market=market) for _ in range(limit + 1)]
        codes = [replace(raw, market, cancelOrderId=order.order_id)["code"] for order in orders]
        assert codes == [0] * limit + [100410]
        assert sim.status(orders[-1].order_id) == "PENDING"


@both_markets
def test_risk_control_and_permission(sim: Simulator, raw: Any, market: Any) -> None:
    """Risk control and a key without the permission refuse the request."""
    sim.add_account("reader", "secret", "1000001", permissions={"read"})
    old = sim.place(market=market)
    params = {**NEW, "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": old.order_id}
    key = {"key": "reader", "secret": "secret", "form": "query"}
    assert raw.send("POST", PATH[market], params, **key).json()["code"] == 100004
    sim.restrict(60)
    assert replace(raw, market, cancelOrderId=old.order_id)["code"] == 109403
    assert statuses(sim) == ["PENDING"]
