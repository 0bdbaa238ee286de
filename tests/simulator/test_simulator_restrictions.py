"""Risk control, firewalls and bans in all their forms."""

from __future__ import annotations

from typing import Any

import pytest

from ccxt_bingx_ext.simulator import Simulator
from ccxt_bingx_ext.simulator.restrictions import RISK_CONTROL

DELETE = "/openApi/swap/v2/trade/order"


@pytest.mark.parametrize("code", [109403, 109415, 80020, 101413])
def test_risk_control(sim: Simulator, raw: Any, code: int, clock: Any) -> None:
    """Risk control refuses the cancels of one account on every market for some time, and no other request."""
    sim.add_account("other-key", "other", "2")
    order, linear, foreign = sim.place(), sim.place(market="linear"), sim.place(uid="2")
    sim.restrict(0.3, code=code)
    refused = [
        raw.cancel(order),
        raw.post("cancel", symbol="BTC-USDT", orderId=order.order_id),
        raw.post("cancelOpenOrders"),
        raw.send("DELETE", DELETE, {"symbol": "BTC-USDT", "orderId": linear.order_id}, form="query").json(),
    ]
    assert {(one["code"], one["msg"]) for one in refused} == {(code, dict(RISK_CONTROL)[code])}
    assert raw.get("query", symbol="BTC-USDT", orderId=order.order_id)["code"] == 0
    params = {"symbol": "BTC-USDT", "orderIds": str(foreign.order_id)}
    assert raw.send("POST", "cancelOrders", params, key="other-key", secret="other").json()["code"] == 0
    clock.skip(0.35)
    assert raw.cancel(order)["code"] == 0


def test_restriction_ends(sim: Simulator, raw: Any) -> None:
    """The method unban ends a restriction, which may have words of its own."""
    sim.restrict(60, code=1, text="paused")
    order = sim.place()
    assert raw.cancel(order)["msg"] == "paused"
    sim.unban()
    assert raw.cancel(order)["code"] == 0


def test_restrict_fault(sim: Simulator, raw: Any) -> None:
    """The fault refuses a number of requests, or all cancels for some seconds."""
    order, linear = sim.place(), sim.place(market="linear")
    sim.faults.add("restrict", times=2, code=80020)
    assert [raw.cancel(order)["code"] for _ in range(3)] == [80020, 80020, 0]
    sim.faults.add("restrict", seconds=60, text="risk control")
    assert raw.cancel(order)["msg"] == "risk control"
    params = {"symbol": "BTC-USDT", "orderId": linear.order_id}
    refused = raw.send("DELETE", DELETE, params, form="query").json()
    assert (refused["code"], refused["msg"]) == (109403, "risk control")
    assert sim.status(linear.order_id) == "PENDING"


def test_restrict_fault_draws(raw_client: Any) -> None:
    """With a seed the fault draws its words."""
    with Simulator(limits=None, wording=1) as sim:
        raw = raw_client(sim)
        sim.faults.add("restrict", times=20)
        assert len({raw.cancel(77)["code"] for _ in range(20)}) == len(RISK_CONTROL)


@pytest.mark.parametrize(("status", "after"), [(429, "7"), (429, None), (418, None), (403, None)])
def test_http_refusals(sim: Simulator, raw: Any, status: int, after: str | None) -> None:
    """A gateway refuses with a page, with and without Retry-After."""
    details: dict[str, Any] = {} if after is None else {"retry_after": after}
    sim.faults.add("http", status=status, **details)
    response = raw.send("POST", "cancelOrders", {"symbol": "BTC-USDT", "orderIds": "77"})
    assert response.status_code == status
    assert response.headers.get("Retry-After") == after
    assert response.text.startswith("<html>")


@pytest.mark.parametrize("text", ["unblocked", "retry", "retry_only", "risk"])
def test_ban_in_other_forms(sim: Simulator, raw: Any, text: Any) -> None:
    """A ban may come under another code and another HTTP status, with every known text."""
    until = sim.ban(60, text=text, code=109429, status=403)
    response = raw.send("POST", "cancelOrders", {"symbol": "BTC-USDT", "orderIds": "77"})
    assert (response.status_code, response.json()["code"]) == (403, 109429)
    assert abs(int(response.json()["msg"].split()[-1]) - until) < 100


def test_ban_fault_in_other_forms(sim: Simulator, raw: Any) -> None:
    """The fault starts such a ban, too, and knows its texts."""
    sim.faults.add("ban", seconds=60, code=109429, status=503, text="retry_only")
    for _ in range(2):
        response = raw.send("POST", "cancelOrders", {"symbol": "BTC-USDT", "orderIds": "77"})
        assert (response.status_code, response.json()["code"]) == (503, 109429)
        assert response.json()["msg"].startswith("can retry after time: 1")
    with pytest.raises(ValueError, match="the text of a ban"):
        sim.ban(1, text="never")  # type: ignore[arg-type]
