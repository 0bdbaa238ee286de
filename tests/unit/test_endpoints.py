"""How each kind of market cancels orders."""

from __future__ import annotations

from typing import Any

import pytest
from ccxt.base.errors import BadRequest

from ccxt_bingx_ext._bingx.endpoints import (
    INVERSE,
    LIMITED,
    LINEAR,
    LINEAR_SINGLE,
    SPOT,
    SPOT_SINGLE,
    Endpoint,
    Limited,
    all_of,
    concerns_orders,
    endpoint_of,
    limited_at,
    route_of,
    single_of,
)
from ccxt_bingx_ext._cancel.arguments import adopt, parse_batch, parse_single
from ccxt_bingx_ext._ids import OrderRef


@pytest.mark.parametrize(
    ("method", "url", "concerned"),
    [
        ("POST", "https://x/openApi/spot/v1/trade/cancelOrders", True),
        ("POST", "https://x/openApi/spot/v1/trade/cancel?orderId=1", True),
        ("GET", "https://x/openApi/spot/v1/trade/query?orderId=1", True),
        (
            "GET",
            "https://proxy/?url=https%3A%2F%2Fx%2FopenApi%2Fspot%2Fv1%2Ftrade%2Fquery%3ForderId%3D1",
            True,
        ),
        ("POST", "https://x/openApi/spot/v1/trade/order", False),
        ("POST", "https://x/openApi/spot/v1/trade/cancelOpenOrders", True),
        ("DELETE", "https://x/openApi/swap/v2/trade/batchOrders?orderIdList=[1]", True),
        ("POST", "https://x/openApi/swap/v2/trade/batchOrders", False),
        ("GET", "https://x/openApi/swap/v2/trade/order?orderId=1", True),
        ("DELETE", "https://x/openApi/swap/v2/trade/order?orderId=1", True),
        ("POST", "https://x/openApi/swap/v2/trade/order", False),
        ("DELETE", "https://x/openApi/cswap/v1/trade/cancelOrder?orderId=1", True),
        ("GET", "https://x/openApi/cswap/v1/trade/orderDetail?orderId=1", True),
        ("GET", "https://x/openApi/spot/v1/trade/openOrders", True),
        ("DELETE", "https://x/openApi/swap/v2/trade/allOpenOrders?symbol=A-B", True),
        ("DELETE", "https://x/openApi/cswap/v1/trade/allOpenOrders?symbol=A-B", True),
        ("POST", "https://x/openApi/spot/v1/trade/cancelAllAfter", True),
        ("GET", "https://x/openApi/spot/v1/common/symbols", False),
    ],
)
def test_concerns_orders(method: str, url: str, concerned: bool) -> None:
    """Cancels, edits, timers and look-ups get the plugin's errors, and placing orders keeps ccxt's."""
    assert concerns_orders(route_of(method, url)) is concerned


@pytest.mark.parametrize("endpoint", LIMITED.values(), ids=lambda one: one.route)
def test_limited_at(endpoint: Limited) -> None:
    """API, method and path together identify an endpoint, because placing and cancelling share a path."""
    method, _, where = endpoint.route.partition(" ")
    api, version, path = where.split("/", 2)
    implicit = endpoint.cancel if isinstance(endpoint, Endpoint) else endpoint.method
    assert implicit.lower() == f"{api}{version}private{method}{path.replace('/', '')}".lower()
    assert limited_at([api, version, "private"], method, path) is endpoint
    assert limited_at([api, version, "private"], "PATCH", path) is None
    assert limited_at("private", method, path) is None
    assert route_of(method, f"https://open-api.bingx.com/openApi/{where}?a=b") == endpoint.route


def test_endpoint_of() -> None:
    """ccxt's description of a market identifies its endpoint."""
    assert endpoint_of({"spot": True, "inverse": None}) is SPOT
    assert endpoint_of({"spot": False, "inverse": False}) is LINEAR
    assert endpoint_of({"spot": False, "inverse": True}) is INVERSE


def test_single_of() -> None:
    """ccxt's description of a market identifies the endpoint that cancels one order."""
    assert single_of({"spot": True, "inverse": None}) is SPOT_SINGLE
    assert single_of({"spot": False, "inverse": False}) is LINEAR_SINGLE
    assert single_of({"spot": False, "inverse": True}) is INVERSE


@pytest.mark.parametrize(
    ("endpoint", "client_name"),
    # Linear: not documented (…Id), but accepted live. Inverse: documented; ccxt's …ID is not.
    [(SPOT_SINGLE, "clientOrderID"), (LINEAR_SINGLE, "clientOrderID"), (INVERSE, "clientOrderId")],
)
def test_single_requests(endpoint: Endpoint, client_name: str) -> None:
    """Each single cancel names one order, in its own spelling, and passes further parameters through."""
    more = {"stop": True, "cancelRestrictions": "NEW", "process": 0, "twap": False, "type": "spot"}
    by_id = parse_single(1, more).batch
    assert endpoint.request(by_id, "M") == {
        "symbol": "M", "orderId": "1", "stop": True, "cancelRestrictions": "NEW",
    }  # fmt: skip
    by_client = parse_single("1", {"clientOrderId": "a"}).batch
    assert endpoint.request(by_client, "M") == {"symbol": "M", client_name: "a"}


def test_single_limits() -> None:
    """A single cancel has a limit of its own. Where sources disagree, the lower figure counts."""
    assert [one.limit for one in (SPOT_SINGLE, LINEAR_SINGLE, INVERSE)] == [5, 5, 5]
    assert [one.limit for one in (SPOT, LINEAR)] == [2, 5]
    assert len({one.route for one in (SPOT, SPOT_SINGLE, LINEAR, LINEAR_SINGLE, INVERSE)}) == 5


@pytest.mark.parametrize(
    ("kind", "route", "limit", "lists", "by_id"),
    [
        ("spot", "POST spot/v1/trade/cancelOpenOrders", 2, ("orders", None), SPOT),
        ("linear", "DELETE swap/v2/trade/allOpenOrders", 5, ("success", "failed"), LINEAR),
        ("inverse", "DELETE cswap/v1/trade/allOpenOrders", 5, ("success", "failed"), INVERSE),
    ],
)
def test_all_of(kind: str, route: str, limit: int, lists: tuple[str, str | None], by_id: Endpoint) -> None:
    """Each kind of market has an endpoint for all orders, with its own limit and the market's look-ups."""
    own, some = all_of(kind)
    assert some is by_id
    assert (own.route, own.limit, (own.schema.done, own.schema.failed)) == (route, limit, lists)
    assert (own.market_type, own.limit_name, own.takes_process) == (kind, "allLimit", False)
    assert (own.fetch, own.history, own.open_orders) == (by_id.fetch, by_id.history, by_id.open_orders)
    assert not own.schema.is_one_order


def test_requests() -> None:
    """Each endpoint writes ids as documented: comma strings, JSON lists or one id."""
    both = parse_batch([1, 2], {"clientOrderIds": ["a", 'b"ä'], "process": 1, "recvWindow": 3000})
    assert SPOT.request(both, "BTC-USDT") == {
        "symbol": "BTC-USDT", "orderIds": "1,2", "clientOrderIDs": 'a,b"ä', "process": 1, "recvWindow": 3000,
    }  # fmt: skip
    assert LINEAR.request(adopt(both, LINEAR), "BTC-USDT") == {
        "symbol": "BTC-USDT", "recvWindow": 3000,
        "orderIdList": "[1,2]", "clientOrderIDList": '["a","b\\"ä"]',
    }  # fmt: skip
    for ids, params, name in (
        ([1], {}, "orderIdList"),
        (None, {"clientOrderIds": ["a"]}, "clientOrderIDList"),
    ):
        assert LINEAR.request(adopt(parse_batch(ids, params), LINEAR), "M").keys() == {"symbol", name}
    order, client = (part for part in adopt(parse_batch([1], {"clientOrderIds": ["a"]}), INVERSE).parts(1))
    assert INVERSE.request(order, "BTC-USD") == {"symbol": "BTC-USD", "orderId": "1"}
    assert INVERSE.request(client, "BTC-USD") == {"symbol": "BTC-USD", "clientOrderId": "a"}


@pytest.mark.parametrize(
    ("endpoint", "client_name"),
    [(SPOT, "clientOrderID"), (LINEAR, "clientOrderId"), (INVERSE, "clientOrderId")],
)
def test_fetch_requests(endpoint: Endpoint, client_name: str) -> None:
    """Each look-up spells the client order id's parameter as its endpoint documents."""
    assert endpoint.fetch_request(OrderRef("id", "1"), "M") == {"symbol": "M", "orderId": "1"}
    assert endpoint.fetch_request(OrderRef("clientOrderId", "a"), "M") == {"symbol": "M", client_name: "a"}


@pytest.mark.parametrize("endpoint", [LINEAR, INVERSE])
def test_swaps_without_all_or_nothing(endpoint: Endpoint) -> None:
    """Swap endpoints refuse process 0 in params and ignore the option, which is meant for spot."""
    with pytest.raises(BadRequest, match=r"\w+ swaps have no process 0 \(all or nothing\)"):
        adopt(parse_batch([1], {"process": 0}), endpoint)
    assert adopt(parse_batch([1], {}), endpoint, 0).all_or_nothing is False
    assert adopt(parse_batch([1], {"process": 1}), endpoint).all_or_nothing is False


@pytest.mark.parametrize(
    "name",
    ["orderId", "clientOrderID", "clientOrderId", "orderIdList", "clientOrderIdList", "clientOrderIDList"],
)
def test_params_that_name_orders(name: Any) -> None:
    """parse_batch refuses params that would cancel other orders than the given ids."""
    with pytest.raises(BadRequest, match=rf"params\['{name}'\] is misspelt: pass ids"):
        parse_batch([1], {name: "2"})
