"""What the sync, async and websocket classes share: each override a few lines over ccxt's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any

from ccxt.base.errors import BaseError
from ccxt.base.exchange import Exchange

from ._bingx.endpoints import (
    ENDPOINTS,
    FEATURES,
    SPOT,
    Endpoint,
    concerns_orders,
    endpoint_at,
    endpoint_of,
    route_of,
)
from ._bingx.errors import accounted, banned_error, note_window, raise_refusal
from ._bingx.market_ids import spot_market_id
from ._bingx.signing import check_api_key, signed_json
from ._cancel.arguments import Batch, as_list, ids_as_given, parse_batch, parse_cancellations, parse_symbol
from ._cancel.commands import (
    Call,
    Cancel,
    CancelContext,
    FetchOrder,
    Flow,
    Hosts,
    LoadMarkets,
    MeasureClock,
    Sleep,
)
from ._cancel.failures import attach_response, is_gateways
from ._cancel.flow import cancel_batch, cancel_unloaded
from ._cancel.multi_symbol import cancel_for_symbols
from ._cancel.orders import build_order
from ._ratelimit.messages import Ban, Limiter, Pause
from ._ratelimit.registry import limiter_for
from ._ratelimit.schedule import RateLimit
from ._settings import DEFAULTS, QUERY, Settings, parse_settings

if TYPE_CHECKING:
    from typing import Any as Upstream
else:
    Upstream = object

_HOSTNAME = "ccxt_bingx_ext.hostname"  # a parameter that `sign` takes out again


class LaneCost(float):
    """A request's cost in ccxt's throttle, by which `throttle` knows it for one of the lane's.

    A marker on the value, not on the instance or in a context variable: it is safe across threads, and does
    not leak into tasks that are spawned inside the request (tried).
    """

    endpoint: Endpoint

    def __new__(cls, cost: Any, endpoint: Endpoint) -> LaneCost:
        self = super().__new__(cls, cost)
        self.endpoint = endpoint
        return self


class BingxMixin(Upstream):
    """Goes before one of ccxt's bingx classes. It waits for nothing: the class on top drives the flow."""

    _awaits = True  # whether flows can run side by side

    def __init__(self, *args: Any, **named: Any) -> None:
        self._hosts = Hosts()
        super().__init__(*args, **named)

    def describe(self) -> Any:
        return self.deep_extend(
            super().describe(),
            {
                "has": {
                    "cancelOrders": True,
                    "cancelOrdersForSymbols": True,
                    "cancelOrdersWithClientOrderId": True,
                },
                "features": deepcopy(FEATURES),
                "options": {"cancelOrders": deepcopy(DEFAULTS), "fallbackHostnames": []},
            },
        )

    def sign(
        self,
        path: str,
        section: Any = "public",
        method: str = "GET",
        params: Mapping[str, Any] = {},
        *trailing: Any,
        **named: Any,
    ) -> dict[str, Any]:
        # ccxt 4.5.90 sends this endpoint's parameters in the URL; the endpoint documents a JSON body (seed).
        # The trailing headers and body existed until ccxt 4.5.60 or so, depending on the class.
        is_ours = endpoint_at(section, method, path) is SPOT
        as_json = is_ours and parse_settings(self.options).request_format != QUERY
        params = dict(params)
        hostname = params.pop(_HOSTNAME, None)
        request = dict(super().sign(path, section, method, {} if as_json else params, *trailing, **named))
        if as_json:
            request["url"] = request["url"].partition("?")[0]
            request["headers"] = {**request["headers"], "Content-Type": "application/json"}
            request["body"] = signed_json({**params, "timestamp": self.nonce()}, self.secret)
        if hostname is not None:
            url = self.urls["api"][section[0]]
            own, other = (self.implode_params(url, {"hostname": one}) for one in (self.hostname, hostname))
            request["url"] = other + request["url"][len(own) :]
        return request

    def nonce(self) -> Any:
        # ccxt's bingx signs by this machine's clock, whatever load_time_difference has measured.
        return super().nonce() - self.options.get("timeDifference", 0)

    def handle_errors(
        self,
        code: int,
        reason: str,
        url: str,
        method: str,
        headers: Any,
        body: str,
        response: Any,
        request_headers: Any,
        request_body: Any,
    ) -> Any:
        try:
            route = route_of(method, url) if isinstance(response, Mapping) else None
            if concerns_orders(route):
                if is_gateways(code):
                    # Whatever its body says, it is no word on an order; ccxt goes by the body.
                    return None  # ccxt then raises by the HTTP status
                # ccxt 4.5.90 maps by code alone and so calls a cancelled order ExchangeError or BadRequest.
                raise_refusal(self.id, response, body, headers, self.nonce() / 1000)
                if route in ENDPOINTS:
                    note_window(response, headers, self.nonce() / 1000)
            return super().handle_errors(
                code, reason, url, method, headers, body, response, request_headers, request_body
            )
        except BaseError as error:
            attach_response(error, code, self.safe_string(response, "code"))
            raise

    def handle_http_status_code(self, code: int, *args: Any, **named: Any) -> Any:
        try:
            return super().handle_http_status_code(code, *args, **named)
        except BaseError as error:
            attach_response(error, code, None)
            raise

    def calculate_rate_limiter_cost(self, api: Any, method: Any, path: Any, *args: Any, **named: Any) -> Any:
        cost = super().calculate_rate_limiter_cost(api, method, path, *args, **named)
        endpoint = endpoint_at(api, method, path)
        return cost if endpoint is None else LaneCost(cost, endpoint)

    def _limiter(self, endpoint: Endpoint) -> tuple[Limiter, RateLimit, float, Callable[[float], BaseError]]:
        """Return what `acquire` takes: the limiter of this account at `endpoint`, and how to wait there."""
        settings = parse_settings(self.options, endpoint)
        host = self.implode_hostname(self.urls["api"][endpoint.api])
        limiter = limiter_for(self.apiKey or "", host, endpoint.route, settings.storage)
        return limiter, settings.pace, settings.max_wait, banned_error

    def _cancel_orders(self, ids: Any, symbol: Any, params: Mapping[str, Any]) -> Flow:
        ids = as_list(ids)
        with accounted(ids_as_given(ids, params)):
            symbol, batch = parse_symbol(symbol), parse_batch(ids, params)
        with accounted([asked.public for asked in batch.asked]):
            if not batch.asked:
                return []
            check_api_key(self.apiKey)
            if self._needs_markets([symbol]):
                yield LoadMarkets()
            return (yield from self._cancelling(symbol, batch))

    def _cancel_orders_for_symbols(self, orders: Any, params: Mapping[str, Any]) -> Flow:
        orders = as_list(orders)
        with accounted(ids_as_given(orders, {})):
            cancellations = parse_cancellations(orders, params)
        with accounted(cancellations.public()):
            if not cancellations.asked:
                return []
            check_api_key(self.apiKey)
            if self._needs_markets(cancellations.batches):
                yield LoadMarkets()
            flows = {one: self._cancelling(one, batch) for one, batch in cancellations.batches.items()}
            return (yield from cancel_for_symbols(cancellations, flows))

    def _needs_markets(self, symbols: Iterable[str]) -> bool:
        return not self.markets and any(self._guessed_id(symbol) is None for symbol in symbols)

    def _guessed_id(self, symbol: str) -> str | None:
        # What ccxt renames on every exchange (XBT is BTC) is no currency of this one.
        everywhere = Exchange.commonCurrencies
        renamed = {id: code for id, code in self.commonCurrencies.items() if everywhere.get(id) != code}
        return spot_market_id(symbol, renamed)

    def _cancelling(self, symbol: str, batch: Batch) -> Flow:
        """The flow that cancels `batch`. What is wrong with the arguments is raised here, before it runs."""

        def looked_up() -> tuple[Batch, str, CancelContext]:
            market = self.market(symbol)
            endpoint = endpoint_of(market)
            settings = parse_settings(self.options, endpoint)
            adopted = endpoint.adopt(batch, settings.process)
            return adopted, market["id"], self._plan(market, endpoint, settings)

        guessed_id = None if self.markets else self._guessed_id(symbol)
        if guessed_id is None:
            return cancel_batch(*looked_up())
        settings = parse_settings(self.options)
        plan = self._plan(self.safe_market(guessed_id, None, "-", "spot"), SPOT, settings)
        return cancel_unloaded(SPOT.adopt(batch, settings.process), guessed_id, plan, lambda: looked_up()[1:])

    def _plan(self, market: Any, endpoint: Endpoint, settings: Settings) -> CancelContext:
        return CancelContext(
            endpoint=endpoint,
            batch_size=settings.batch_size,
            max_wait=settings.max_wait,
            at_once=endpoint.at_once if self._awaits else 1,
            build_order=partial(build_order, self, market),
            resolve_attempts=settings.resolve_attempts,
            resolve_timeout=settings.resolve_timeout,
            fallbacks=settings.fallbacks if "{hostname}" in self.urls["api"][endpoint.api] else (),
            hosts=self._hosts,
            clock=time.monotonic,
        )

    def _execute(self, call: Call) -> Any:
        """Start `call`: in the sync class this is its result, in the async classes an awaitable of it."""
        if isinstance(call, (Cancel, FetchOrder)):
            # A retry inside ccxt's fetch2 would turn an executed request into a reported failure (measured).
            request = {**call.request, "maxRetriesOnFailure": 0}
            if call.hostname is not None:
                request[_HOSTNAME] = call.hostname
            method = call.endpoint.cancel if isinstance(call, Cancel) else call.endpoint.fetch
            return getattr(self, method)(request)
        if isinstance(call, MeasureClock):
            return self.load_time_difference()
        if isinstance(call, LoadMarkets):
            return self.load_markets()
        if isinstance(call, Sleep):
            return self.sleep(call.seconds * 1000)
        return self._update_limiter(self._limiter(call.endpoint)[0], call.order)

    def _update_limiter(self, lane: Limiter, order: Pause | Ban) -> Any:
        raise NotImplementedError  # pragma: no cover - the class on top knows whether to await
