"""Single cancels: restrictions, limits, faults, and ids that the exchange forgets."""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt.async_support
import pytest
import requests

from ccxt_bingx_ext.simulator import Simulator
from tests.helpers import close

SINGLE = {
    "spot": ("POST", "/openApi/spot/v1/trade/cancel", "BTC-USDT"),
    "linear": ("DELETE", "/openApi/swap/v2/trade/order", "BTC-USDT"),
    "inverse": ("DELETE", "/openApi/cswap/v1/trade/cancelOrder", "BTC-USD"),
}
TWO_HOURS = 2 * 60 * 60 * 1000
every_market = pytest.mark.parametrize("market", ["spot", "linear", "inverse"])


def cancel(raw: Any, market: str, **params: Any) -> dict[str, Any]:
    method, path, symbol = SINGLE[market]
    response: dict[str, Any] = raw.send(method, path, {"symbol": symbol, **params}, form="query").json()
    return response


def cancelled(response: dict[str, Any]) -> bool:
    """Whether the response shows a cancelled order, flat or as ``data.order``."""
    data = response.get("data") or {}
    return data.get("order", data).get("status") in ("CANCELED", "CANCELLED")


@pytest.mark.parametrize("restriction", ["NEW", "PENDING", "PARTIALLY_FILLED"])
def test_restrictions(sim: Simulator, raw: Any, restriction: str) -> None:
    """With cancelRestrictions spot cancels an order in that status only."""
    new, pending = sim.place(type="TRIGGER_LIMIT"), sim.place()
    partial = sim.place(quantity="2")
    sim.fill(partial.order_id, "1")
    for order in (new, pending, partial):
        before = sim.status(order.order_id)
        response = cancel(raw, "spot", orderId=order.order_id, cancelRestrictions=restriction)
        if before == restriction:
            assert cancelled(response)
        else:
            assert response["code"] == 100400
            assert f"cancelRestrictions is {restriction}, but the order is {before}" in response["msg"]
            assert sim.status(order.order_id) == before


def test_restrictions_of_ended_orders(sim: Simulator, raw: Any) -> None:
    """An order that is over is refused as over, and an unknown restriction as a wrong parameter."""
    order = sim.place()
    assert cancel(raw, "spot", orderId=order.order_id, cancelRestrictions="FILLED")["code"] == 100400
    assert sim.status(order.order_id) == "PENDING"
    sim.fill(order.order_id)
    refused = cancel(raw, "spot", orderId=order.order_id, cancelRestrictions="PENDING")
    assert "order status :FILLED" in refused["msg"]


@pytest.mark.parametrize(
    ("market", "name", "accepted"),
    [
        ("spot", "clientOrderID", True),
        ("linear", "clientOrderId", True),
        ("linear", "clientOrderID", True),
        ("inverse", "clientOrderId", True),
        ("inverse", "clientOrderID", False),
    ],
)
def test_spellings(sim: Simulator, raw: Any, market: Any, name: str, accepted: bool) -> None:
    """Each market reads its own spellings of the client order id."""
    order = sim.place(market=market, client_order_id="mine")
    assert cancelled(cancel(raw, market, **{name: "mine"})) is accepted
    assert sim.status(order.order_id) == ("CANCELED" if accepted else "PENDING")


@every_market
def test_both_ids(sim: Simulator, raw: Any, market: Any) -> None:
    """The order id takes precedence over a client order id."""
    first, second = sim.place(market=market), sim.place(market=market, client_order_id="second")
    name = "clientOrderID" if market == "spot" else "clientOrderId"
    assert cancelled(cancel(raw, market, orderId=first.order_id, **{name: "second"}))
    assert (sim.status(first.order_id), sim.status(second.order_id)) == ("CANCELED", "PENDING")


@every_market
def test_forgotten_client_ids(sim: Simulator, raw: Any, market: Any) -> None:
    """After two hours spot forgets the client order id of an open order, and swap does not."""
    order = sim.place(market=market, client_order_id="mine")
    name = "clientOrderID" if market == "spot" else "clientOrderId"
    sim.clock_offset_ms += TWO_HOURS + 1000
    assert cancelled(cancel(raw, market, **{name: "mine"})) is (market != "spot")
    assert sim.status(order.order_id) == ("PENDING" if market == "spot" else "CANCELED")


@pytest.mark.parametrize("flat", [True, False])
def test_flat_inverse_response(raw_client: Any, flat: bool) -> None:
    """The inverse response holds the order as data.order, or as data with the setting."""
    with Simulator(inverse_cancel_flat=flat) as sim:
        orders = {market: sim.place(market=market) for market in ("linear", "inverse")}
        data = {
            market: cancel(raw_client(sim), market, orderId=order.order_id)["data"]
            for market, order in orders.items()
        }
        assert ("order" in data["inverse"]) is not flat
        assert data["inverse"].get("order", data["inverse"])["status"] == "CANCELLED"
        assert data["linear"]["order"]["status"] == "CANCELLED"


@every_market
def test_limits(raw_client: Any, market: Any, clock: Any) -> None:
    """Each market accepts five single cancels per second."""
    with Simulator() as sim:
        raw = raw_client(sim)
        orders = [sim.place(market=market) for _ in range(6)]
        responses = [cancel(raw, market, orderId=order.order_id) for order in orders]
        assert [one["code"] for one in responses] == [0] * 5 + [100410]
        assert sim.status(orders[-1].order_id) == "PENDING"


@every_market
@pytest.mark.parametrize("kind", ["drop", "reset", "http", "busy", "garbage", "null_data", "cut_off", "ban"])
@pytest.mark.parametrize(("when", "status"), [("before", "PENDING"), ("after", "CANCELED")])
def test_faults(sim: Simulator, raw: Any, market: Any, kind: Any, when: Any, status: str) -> None:
    """Each fault strikes before or after the execution, and leaves no complete response."""
    order = sim.place(market=market)
    method, path, _ = SINGLE[market]
    sim.faults.add(kind, when=when, path=f"{method} {path}")
    try:
        response = cancel(raw, market, orderId=order.order_id)
    except (requests.ConnectionError, requests.JSONDecodeError):
        response = {}
    assert not response.get("data")
    assert (sim.status(order.order_id), sim.requests[0].fault) == (status, kind)


@pytest.mark.parametrize(("when", "executed"), [("before", False), ("after", True)])
def test_second_attempt_of_aiohttp(raw_client: Any, when: Any, executed: bool) -> None:
    """aiohttp itself sends a DELETE again if a used connection closes: both attempts arrive, and count."""

    async def use(sim: Simulator) -> None:
        client = ccxt.async_support.bingx(sim.ccxt_config(enableRateLimit=False))
        try:
            await client.load_markets()
            sim.faults.add("drop", when=when, path="DELETE swap/v2/trade/order")
            await client.cancel_order(str(sim.orders()[0].order_id), "BTC/USDT:USDT")
        finally:
            await close(client)

    with Simulator(same_order_seconds=60) as sim:
        order = sim.place(market="linear")
        if executed:
            # The second attempt meets the once-per-second rule: a cancelled order looks refused.
            with pytest.raises(ccxt.ExchangeError, match="109201"):
                asyncio.run(use(sim))
        else:
            asyncio.run(use(sim))
        attempts = [one for one in sim.requests if one.method == "DELETE"]
        assert [(one.fault, one.executed) for one in attempts] == [("drop", executed), (None, not executed)]
        assert attempts[0].params == attempts[1].params
        assert sim.status(order.order_id) == "CANCELED"
        assert sim.repeated_submissions == int(executed)
