"""Describe each endpoint: everything in which the cancels of the markets differ. No I/O.

=======  ===========================================  ==========  ==========  ===============================
market   endpoint                                     ids         requests/s  source
=======  ===========================================  ==========  ==========  ===============================
spot     POST /openApi/spot/v1/trade/cancelOrders     any number  2           seed
spot     POST /openApi/spot/v1/trade/cancel           1           5           docs
linear   DELETE /openApi/swap/v2/trade/batchOrders    10          5           docs
linear   DELETE /openApi/swap/v2/trade/order          1           5           docs (notes: 10)
inverse  DELETE /openApi/cswap/v1/trade/cancelOrder   1           5           docs: no batch endpoint exists
spot     POST /openApi/spot/v1/trade/cancelOpenOrders all open    2           docs
linear   DELETE /openApi/swap/v2/trade/allOpenOrders  all open    5           docs
inverse  DELETE /openApi/cswap/v1/trade/allOpenOrders all open    5           ccxt (docs, notes: POST)
=======  ===========================================  ==========  ==========  ===============================

Limits are per account (UID) and endpoint. Only the batch cancel of spot takes ``process``.

The endpoints that look orders up have limits of their own: spot 10 requests/s (docs, notes), swaps 5 (docs).
For the query of one linear order the notes say 30. No source names the limit of ``fullOrder``. The plugin
uses 5, as for the other lists.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote

from .._ids import Batch, OrderRef

_TRADE_PATH = (
    r"/((?:spot|swap|cswap)/v\d+/trade/\w+(?:/\w+)?)(?:\?|$)"  # compiled at first use: a bot starts sooner
)


class ResponseSchema(NamedTuple):
    """The form of an endpoint's responses.

    `done`, `failed`: the keys in ``data`` of the cancelled and of the failed orders, each a list or one
    entry. `failed` is None if there is no such key. `lower_case`: the exchange writes client order ids in
    lower case. `names_states`: a failed entry names the state of the order. Otherwise "does not exist" may
    mean an order that an earlier request cancelled. `may_be_unnamed`: an entry may name its order by another
    id than the request, and a failed entry by none. `is_one_order`: the response holds one order, under
    `done` or as its ``data`` (docs; inverse: notes).
    """

    done: str
    failed: str | None
    lower_case: bool = False
    names_states: bool = True
    may_be_unnamed: bool = False
    is_one_order: bool = False

    def spelt(self, ref: OrderRef) -> OrderRef:
        """`ref` as responses spell it."""
        return ref._replace(value=ref.value.lower()) if self.lower_case and ref.field != "id" else ref


class LookUp(NamedTuple):
    """How to look orders up. `method` is ccxt's implicit method. The other fields are as in `Endpoint`."""

    api: str
    route: str
    method: str
    limit: float


class Endpoint(NamedTuple):
    """How to cancel the orders of one kind of market.

    `market_type` is also the name of its options. `api` is the name of its URLs in ccxt. `cancel` is ccxt's
    implicit method that cancels orders, and `route` the method and path of that request. `fetch` queries one
    order. `history` lists orders from one id on, final orders among them. `open_orders` lists open orders.
    `id_params` writes ids as the request has them. `fetch_params` names one id as the query has it.
    `batch_size`: most ids per request. `at_once`: most requests under way together. `limit`: requests per
    second and account, unless the option `limit_name` sets another. `takes_process`: whether the endpoint
    accepts ``process``. `schema`: the form of its responses.
    """

    market_type: str
    api: str
    route: str
    cancel: str
    fetch: LookUp
    history: LookUp
    open_orders: LookUp
    id_params: Callable[[Sequence[OrderRef]], dict[str, Any]]
    fetch_params: Mapping[str, str]
    history_params: Mapping[str, Any]
    batch_size: int
    at_once: int
    limit: float
    takes_process: bool
    schema: ResponseSchema
    limit_name: str = "limit"

    def request(self, batch: Batch, market_id: str) -> dict[str, Any]:
        """The parameters that cancel `batch`, without timestamp and signature."""
        request = {"symbol": market_id, **self.id_params(batch.refs)}
        if self.takes_process and batch.process is not None:
            request["process"] = batch.process
        return {**request, **dict(batch.extra)}

    def history_request(self, ref: OrderRef, market_id: str) -> dict[str, Any]:
        """The parameters that list orders from `ref` on, or the latest ones for a client order id."""
        start = {"orderId": ref.value} if ref.field == "id" else {}
        return {"symbol": market_id, **start, **self.history_params}

    def fetch_request(self, ref: OrderRef, market_id: str) -> dict[str, Any]:
        """The parameters that query one order."""
        return {"symbol": market_id, self.fetch_params[ref.field]: ref.value}


def _values(refs: Sequence[OrderRef], field: str) -> list[str]:
    return [ref.value for ref in refs if ref.field == field]


def _spot_ids(refs: Sequence[OrderRef]) -> dict[str, Any]:
    lists = (("orderIds", _values(refs, "id")), ("clientOrderIDs", _values(refs, "clientOrderId")))
    return {name: ",".join(values) for name, values in lists if values}


def _linear_ids(refs: Sequence[OrderRef]) -> dict[str, Any]:
    # The documented spelling is …IdList. The exchange accepted clientOrderIDList live (2024).
    ids, client_ids = _values(refs, "id"), _values(refs, "clientOrderId")
    return {
        **({"orderIdList": f"[{','.join(ids)}]"} if ids else {}),
        **({"clientOrderIDList": _compact(client_ids)} if client_ids else {}),
    }


def _compact(values: Sequence[str]) -> str:
    # Without a space after the comma: the exchange accepted this form live (ccxt's, 2024).
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _inverse_id(refs: Sequence[OrderRef]) -> dict[str, Any]:
    (ref,) = refs
    # clientOrderId, not …ID as ccxt has it (docs, notes).
    return {"orderId" if ref.field == "id" else "clientOrderId": ref.value}


def _single_id(refs: Sequence[OrderRef]) -> dict[str, Any]:
    (ref,) = refs
    # clientOrderID is ccxt's spelling, which the exchange accepted live for linear swaps (2024). Docs: …Id.
    return {"orderId" if ref.field == "id" else "clientOrderID": ref.value}


SPOT = Endpoint(
    market_type="spot",
    api="spot",
    route="POST spot/v1/trade/cancelOrders",
    cancel="spotV1PrivatePostTradeCancelOrders",
    fetch=LookUp("spot", "GET spot/v1/trade/query", "spotV1PrivateGetTradeQuery", 10),
    history=LookUp("spot", "GET spot/v1/trade/historyOrders", "spotV1PrivateGetTradeHistoryOrders", 10),
    open_orders=LookUp("spot", "GET spot/v1/trade/openOrders", "spotV1PrivateGetTradeOpenOrders", 10),
    id_params=_spot_ids,
    fetch_params={"id": "orderId", "clientOrderId": "clientOrderID"},
    history_params={"pageIndex": 1, "pageSize": 100},
    batch_size=50,  # our choice: the exchange documents no limit for spot
    at_once=1,
    limit=2,
    takes_process=True,
    schema=ResponseSchema(done="orders", failed="fails"),
)
LINEAR = Endpoint(
    market_type="linear",
    api="swap",
    route="DELETE swap/v2/trade/batchOrders",
    cancel="swapV2PrivateDeleteTradeBatchOrders",
    fetch=LookUp("swap", "GET swap/v2/trade/order", "swapV2PrivateGetTradeOrder", 5),
    history=LookUp("swap", "GET swap/v1/trade/fullOrder", "swapV1PrivateGetTradeFullOrder", 5),
    open_orders=LookUp("swap", "GET swap/v2/trade/openOrders", "swapV2PrivateGetTradeOpenOrders", 5),
    id_params=_linear_ids,
    fetch_params={"id": "orderId", "clientOrderId": "clientOrderId"},
    history_params={"limit": 100},
    batch_size=10,
    at_once=1,
    limit=5,
    takes_process=False,
    schema=ResponseSchema(
        done="success", failed="failed", lower_case=True, names_states=False, may_be_unnamed=True
    ),
)
INVERSE = Endpoint(
    market_type="inverse",
    api="cswap",
    route="DELETE cswap/v1/trade/cancelOrder",
    cancel="cswapV1PrivateDeleteTradeCancelOrder",
    fetch=LookUp("cswap", "GET cswap/v1/trade/orderDetail", "cswapV1PrivateGetTradeOrderDetail", 5),
    history=LookUp("cswap", "GET cswap/v1/trade/orderHistory", "cswapV1PrivateGetTradeOrderHistory", 5),
    open_orders=LookUp("cswap", "GET cswap/v1/trade/openOrders", "cswapV1PrivateGetTradeOpenOrders", 5),
    id_params=_inverse_id,
    fetch_params={"id": "orderId", "clientOrderId": "clientOrderId"},
    history_params={"limit": 100},
    batch_size=1,
    at_once=5,  # the limit of one second. A failure stops the requests that are not sent yet
    limit=5,
    takes_process=False,
    schema=ResponseSchema(
        done="order",
        failed=None,
        lower_case=True,
        names_states=False,
        may_be_unnamed=True,
        is_one_order=True,
    ),
)
SPOT_SINGLE = SPOT._replace(
    route="POST spot/v1/trade/cancel",
    cancel="spotV1PrivatePostTradeCancel",
    id_params=_single_id,
    batch_size=1,
    limit=5,
    limit_name="singleLimit",
    takes_process=False,
    schema=INVERSE.schema._replace(lower_case=False),
)
LINEAR_SINGLE = LINEAR._replace(
    route="DELETE swap/v2/trade/order",
    cancel="swapV2PrivateDeleteTradeOrder",
    id_params=_single_id,
    batch_size=1,
    limit=5,
    limit_name="singleLimit",
    schema=INVERSE.schema,
)
SPOT_ALL = SPOT._replace(
    route="POST spot/v1/trade/cancelOpenOrders",
    cancel="spotV1PrivatePostTradeCancelOpenOrders",
    limit_name="allLimit",
    takes_process=False,
    schema=ResponseSchema(done="orders", failed=None),
)
LINEAR_ALL = LINEAR._replace(
    route="DELETE swap/v2/trade/allOpenOrders",
    cancel="swapV2PrivateDeleteTradeAllOpenOrders",
    limit_name="allLimit",
)
INVERSE_ALL = INVERSE._replace(
    route="DELETE cswap/v1/trade/allOpenOrders",
    cancel="cswapV1PrivateDeleteTradeAllOpenOrders",
    limit_name="allLimit",
    schema=LINEAR.schema,
)
ENDPOINTS: Mapping[str, Endpoint] = {
    one.route: one
    for one in (
        *(SPOT, SPOT_SINGLE, SPOT_ALL),
        *(LINEAR, LINEAR_SINGLE, LINEAR_ALL),
        *(INVERSE, INVERSE_ALL),
    )
}
_BATCHES: Mapping[str, Endpoint] = {one.market_type: one for one in (SPOT, LINEAR, INVERSE)}
_ALL: Mapping[str, Endpoint] = {one.market_type: one for one in (SPOT_ALL, LINEAR_ALL, INVERSE_ALL)}
_SINGLES: Mapping[str, Endpoint] = {one.market_type: one for one in (SPOT_SINGLE, LINEAR_SINGLE, INVERSE)}

Limited: TypeAlias = Endpoint | LookUp
"""An endpoint that has a limit, and so a limiter, of its own."""

LIMITED: Mapping[str, Limited] = {
    **ENDPOINTS,
    **{
        look_up.route: look_up
        for one in ENDPOINTS.values()
        for look_up in (one.fetch, one.history, one.open_orders)
    },
}

TIMERS = frozenset(("POST spot/v1/trade/cancelAllAfter", "POST swap/v2/trade/cancelAllAfter"))
"""Routes of ccxt's own ``cancel_all_orders_after``."""

# A late ACTIVATE would restart the timer that a CLOSE has ended.
NEVER_REPEATED = TIMERS | {"POST spot/v1/trade/order/cancelReplace", "POST swap/v1/trade/cancelReplace"}
"""Routes of ccxt's own methods whose requests neither ccxt nor a session may send twice."""


def _features(endpoint: Endpoint, per_request: int | None) -> dict[str, Any]:
    features = {
        "max": None,
        "maxPerRequest": per_request,
        "clientOrderId": True,
        "allOrNothing": endpoint.takes_process,
    }
    return {"cancelOrders": {**features, "symbolRequired": True}, "cancelOrdersForSymbols": {**features}}


# As ccxt writes its own features. "max": ids per call (None: any number). "maxPerRequest": ids that one
# request may carry (None: not documented).
FEATURES: Mapping[str, Any] = {
    "spot": _features(SPOT, None),
    "defaultForLinear": _features(LINEAR, LINEAR.batch_size),
    "defaultForInverse": _features(INVERSE, INVERSE.batch_size),
}


def endpoint_of(market: Mapping[str, Any]) -> Endpoint:
    """The endpoint that cancels the orders of ccxt's `market`."""
    if market["spot"]:
        return SPOT
    return INVERSE if market["inverse"] else LINEAR


def single_of(market: Mapping[str, Any]) -> Endpoint:
    """The endpoint that cancels one order of ccxt's `market`."""
    return _SINGLES[endpoint_of(market).market_type]


def all_of(market_type: str) -> tuple[Endpoint, Endpoint]:
    """The endpoints of "spot", "linear" or "inverse" that cancel all open orders, and orders by id."""
    return _ALL[market_type], _BATCHES[market_type]


def limited_at(api: Any, method: Any, path: Any) -> Limited | None:
    """The endpoint of one of ccxt's implicit calls: ``["spot", "v1", "private"]``, POST, a path."""
    return LIMITED.get(route_at(api, method, path) or "")


def route_at(api: Any, method: Any, path: Any) -> str | None:
    """The route of one of ccxt's implicit calls, in the form of `Endpoint.route`."""
    return f"{method} {'/'.join(api[:2])}/{path}" if isinstance(api, list) else None


def route_of(method: str, url: str) -> str | None:
    """The route of `url`, in the form of `Endpoint.route`. `url` may stand inside the URL of a proxy."""
    path = re.search(_TRADE_PATH, unquote(url))
    return f"{method} {path[1]}" if path else None


def concerns_orders(route: str | None) -> bool:
    """Whether `route` cancels, replaces or queries orders, which may be gone."""
    return route in LIMITED or route in NEVER_REPEATED


def is_query(route: str | None) -> bool:
    """Whether `route` queries orders, and cancels none."""
    return route is not None and route.startswith("GET ")
