"""How each kind of market cancels orders. Everything that differs between them is here. Pure.

=======  ===========================================  ==========  ==========  ===============================
market   endpoint                                     ids         requests/s  source
=======  ===========================================  ==========  ==========  ===============================
spot     POST /openApi/spot/v1/trade/cancelOrders     any number  2           seed
linear   DELETE /openApi/swap/v2/trade/batchOrders    10          5           docs
inverse  DELETE /openApi/cswap/v1/trade/cancelOrder   1           5           docs: no batch endpoint exists
=======  ===========================================  ==========  ==========  ===============================

Limits are per account (UID) and endpoint. Only spot knows ``process``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from ccxt.base.errors import BadRequest

from .._cancel.arguments import METHOD, Batch, OrderRef, parse_process
from .._cancel.ledger import ResponseSchema

_TRADE_PATH = re.compile(r"/((?:spot|swap|cswap)/v\d+/trade/\w+)(?:\?|$)")


class Endpoint(NamedTuple):
    """How the orders of one kind of market are cancelled.

    `market_type` is also the name of its options; `api` that of its URLs in ccxt. `cancel` and `fetch` are
    ccxt's implicit methods, `route` what the first one leads to. `id_params` writes ids as the request has
    them, `fetch_params` one id as the look-up has it. `batch_size`: most ids per request; `at_once`: so many
    requests may be under way together; `limit`: requests per second and account.
    """

    market_type: str
    api: str
    route: str
    cancel: str
    fetch: str
    id_params: Callable[[Sequence[OrderRef]], dict[str, Any]]
    fetch_params: Mapping[str, str]
    batch_size: int
    at_once: int
    limit: float
    takes_process: bool
    shape: ResponseSchema

    def adopt(self, batch: Batch, default_process: object = None) -> Batch:
        """`batch` as this endpoint can keep it; ``BadRequest`` names what it cannot.

        `default_process` counts where the caller named none; without ``process`` each id is on its own.
        """
        if self.takes_process:
            return (
                batch if batch.process is not None else batch._replace(process=parse_process(default_process))
            )
        if batch.process == 0:
            raise BadRequest(
                f"{METHOD} process 0 (all or nothing) cannot be kept on {self.market_type} swaps"
            )
        return batch._replace(process=1)

    def request(self, batch: Batch, market_id: str) -> dict[str, Any]:
        """The parameters that cancel `batch`, without timestamp and signature."""
        request = {"symbol": market_id, **self.id_params(batch.asked)}
        if self.takes_process and batch.process is not None:
            request["process"] = batch.process
        return {**request, **dict(batch.extra)}

    def fetch_request(self, asked: OrderRef, market_id: str) -> dict[str, Any]:
        """The parameters that ask for one order."""
        return {"symbol": market_id, self.fetch_params[asked.field]: asked.value}


def _values(asked: Sequence[OrderRef], field: str) -> list[str]:
    return [one.value for one in asked if one.field == field]


def _spot_ids(asked: Sequence[OrderRef]) -> dict[str, Any]:
    lists = (("orderIds", _values(asked, "id")), ("clientOrderIDs", _values(asked, "clientOrderId")))
    return {name: ",".join(values) for name, values in lists if values}


def _linear_ids(asked: Sequence[OrderRef]) -> dict[str, Any]:
    # clientOrderIDList is not the documented spelling (…IdList), but the one that was accepted live (2024).
    ids, client_ids = _values(asked, "id"), _values(asked, "clientOrderId")
    return {
        **({"orderIdList": f"[{','.join(ids)}]"} if ids else {}),
        **({"clientOrderIDList": json.dumps(client_ids, ensure_ascii=False)} if client_ids else {}),
    }


def _inverse_id(asked: Sequence[OrderRef]) -> dict[str, Any]:
    (one,) = asked
    return {"orderId" if one.field == "id" else "clientOrderID": one.value}


SPOT = Endpoint(
    market_type="spot",
    api="spot",
    route="POST spot/v1/trade/cancelOrders",
    cancel="spotV1PrivatePostTradeCancelOrders",
    fetch="spotV1PrivateGetTradeQuery",
    id_params=_spot_ids,
    fetch_params={"id": "orderId", "clientOrderId": "clientOrderID"},
    batch_size=50,  # our choice: the exchange documents no limit for spot
    at_once=1,
    limit=2,
    takes_process=True,
    shape=ResponseSchema(done="orders", failed="fails"),
)
LINEAR = Endpoint(
    market_type="linear",
    api="swap",
    route="DELETE swap/v2/trade/batchOrders",
    cancel="swapV2PrivateDeleteTradeBatchOrders",
    fetch="swapV2PrivateGetTradeOrder",
    id_params=_linear_ids,
    fetch_params={"id": "orderId", "clientOrderId": "clientOrderId"},
    batch_size=10,
    at_once=1,
    limit=5,
    takes_process=False,
    shape=ResponseSchema(
        done="success", failed="failed", lower_case=True, tells_states=False, may_be_unnamed=True
    ),
)
INVERSE = Endpoint(
    market_type="inverse",
    api="cswap",
    route="DELETE cswap/v1/trade/cancelOrder",
    cancel="cswapV1PrivateDeleteTradeCancelOrder",
    fetch="cswapV1PrivateGetTradeOrderDetail",
    id_params=_inverse_id,
    fetch_params={"id": "orderId", "clientOrderId": "clientOrderId"},
    batch_size=1,
    at_once=5,  # as many as a second takes: one that fails stops those that have not gone yet
    limit=5,
    takes_process=False,
    shape=ResponseSchema(done="order", failed=None, tells_states=False, may_be_unnamed=True),
)
ENDPOINTS: Mapping[str, Endpoint] = {one.route: one for one in (SPOT, LINEAR, INVERSE)}


def _features(endpoint: Endpoint, per_request: int | None) -> dict[str, Any]:
    said = {
        "max": None,
        "maxPerRequest": per_request,
        "clientOrderId": True,
        "allOrNothing": endpoint.takes_process,
    }
    return {"cancelOrders": {**said, "symbolRequired": True}, "cancelOrdersForSymbols": {**said}}


# In the manner of ccxt's own: "max" ids per call (None: any number), of which so many go in one request
# (None: not documented).
FEATURES: Mapping[str, Any] = {
    "spot": _features(SPOT, None),
    "defaultForLinear": _features(LINEAR, LINEAR.batch_size),
    "defaultForInverse": _features(INVERSE, INVERSE.batch_size),
}

# Where an answer is about orders that may be gone: cancels and look-ups.
_ABOUT_ORDERS = frozenset(
    (
        *ENDPOINTS,
        "POST spot/v1/trade/cancel",
        "GET spot/v1/trade/query",
        "DELETE swap/v2/trade/order",
        "GET swap/v2/trade/order",
        "GET cswap/v1/trade/orderDetail",
    )
)


def endpoint_of(market: Mapping[str, Any]) -> Endpoint:
    """The endpoint that cancels the orders of ccxt's `market`."""
    if market["spot"]:
        return SPOT
    return INVERSE if market["inverse"] else LINEAR


def endpoint_at(api: Any, method: Any, path: Any) -> Endpoint | None:
    """The endpoint that one of ccxt's implicit calls goes to: ``["spot", "v1", "private"]``, POST, a path."""
    return ENDPOINTS.get(f"{method} {'/'.join(api[:2])}/{path}") if isinstance(api, list) else None


def route_of(method: str, url: str) -> str | None:
    """The method and path that `url` leads to, in the form of `Endpoint.route`; behind a proxy's, too."""
    path = _TRADE_PATH.search(unquote(url))
    return f"{method} {path[1]}" if path else None


def concerns_orders(route: str | None) -> bool:
    """Whether `route` is a batch cancel, a single cancel or a look-up of an order."""
    return route in _ABOUT_ORDERS
