"""The overrides that the sync, async and websocket classes share: each a few lines over ``super()``."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from copy import deepcopy
from functools import partial
from math import inf
from typing import Any

from ccxt.base.errors import BadRequest, BaseError, ExchangeNotAvailable, NotSupported
from ccxt.base.exchange import __version__ as ccxt_version
from ccxt.base.types import Num, OrderSide, OrderType

from ._bingx.endpoints import (
    ENDPOINTS,
    FEATURES,
    LIMITED,
    LINEAR,
    NEVER_REPEATED,
    SPOT,
    TIMERS,
    Endpoint,
    Limited,
    concerns_orders,
    is_query,
    limited_at,
    route_at,
    route_of,
)
from ._bingx.errors import (
    Response,
    Scope,
    attach_response,
    not_sent,
    parse_response,
    raise_refusal,
    raise_unless_timer,
)
from ._bingx.limit_headers import rest_of_window
from ._bingx.signing import signed_json
from ._cancel.commands import (
    Cancel,
    CancelAll,
    Command,
    EditOrder,
    FetchTime,
    LoadMarkets,
    MeasureClock,
    Query,
    Received,
    Sleep,
)
from ._cancel.forms import QUERY
from ._cancel.hosts import Hosts
from ._cancel.market_data import reading_markets
from ._cancel.orders import parse_bounded
from ._cancel.run import Pauses
from ._ccxt_releases import release
from ._log import DEBUG, INFO, event, is_on
from ._methods import CancelMethods
from ._own_params import FORGED, FORM, GIVE_UP, HOSTNAME
from ._ratelimit.acquire import Refusal
from ._ratelimit.local import is_any_held
from ._ratelimit.messages import Ban, Limiter, Pause, Resume
from ._ratelimit.registry import limiter_for, limiters_at, where_is
from ._ratelimit.schedule import RateLimit
from ._redact import redact
from ._settings import DEFAULTS, parse_settings
from ._wire.call import Call, call_around, call_on_the_wire, note_signed, on_the_wire, warn_unwatched

_ALIASES = {
    "cancelAllOrders": "cancel_all_orders",
    "cancelOrder": "cancel_order",
    "cancelOrders": "cancel_orders",
    "cancelOrdersForSymbols": "cancel_orders_for_symbols",
    "cancelOrdersWithClientOrderIds": "cancel_orders_with_client_order_ids",
    "editOrder": "edit_order",
    "editOrderWithClientOrderId": "edit_order_with_client_order_id",
}


_NOT_TRACED = nullcontext()
_AT_ONCE = (SPOT, LINEAR)  # the batch cancels skip ccxt's throttle, also when the bot sends one itself


class _JsonType(str):
    """The content type of a JSON body that `sign` wrote. Other requests keep the user's headers."""


_JSON_TYPE = _JsonType("application/json")


class LimiterCost(float):
    """The cost of a request in ccxt's throttle. Its type means that a limiter counts the request.

    The mark is on the value, not on the instance or in a context variable. So it is safe across threads, and
    does not leak into tasks that start inside the request (tried).

    `give_up`: until when (s of ``time.monotonic``) the request may wait. `is_ordinary`: ccxt or the bot sends
    the request. It waits in ccxt's throttle and then for a slot, because the exchange counts it, too.
    """

    limited: Limited
    give_up: float
    is_ordinary: bool

    def __new__(cls, cost: Any, limited: Limited, give_up: float, is_ordinary: bool = False) -> LimiterCost:
        self = super().__new__(cls, cost)
        self.limited, self.give_up, self.is_ordinary = limited, give_up, is_ordinary
        return self

    def excused(self) -> AbstractContextManager[None]:
        """The context of the wait for the limiter. No ban and no setting stops an ordinary call."""
        return suppress(BaseError) if self.is_ordinary else nullcontext()


class BingxMixin(CancelMethods):
    """Mixin before one of ccxt's bingx classes. The class on top runs the flows, and knows how to wait."""

    _awaits = True  # whether flows can run side by side
    _pauses = Pauses()

    def __init_subclass__(cls, **named: Any) -> None:
        # ccxt 4.5.90 sets these names when it builds the first instance of a class. In a fresh process, an
        # unpickled instance would reach ccxt's own methods by these names.
        super().__init_subclass__(**named)
        for alias, name in _ALIASES.items():
            setattr(cls, alias, getattr(cls, name))

    def __init__(self, *args: Any, **named: Any) -> None:
        self._hosts = Hosts()
        super().__init__(*args, **named)
        if is_on(INFO):
            self._introduce()

    def _introduce(self) -> None:
        """Log the versions, the lanes and the store of this instance."""
        version = sys.modules[__package__].__version__
        name = f"{type(self).__module__}.{type(self).__qualname__}".replace("._sync.", ".")
        limits, store = None, None
        with suppress(Exception):  # a wrong option: the first call raises the error
            settings = {one.route: parse_settings(self.options, one) for one in ENDPOINTS.values()}
            if self.enableRateLimit:
                limits = {route: one.rate_limit.per_second for route, one in settings.items()}
            store = where_is(next(iter(settings.values())).storage)
        lanes = f"{len(limits)} lanes in {store or 'this process'}" if limits else "no rate limit"
        text = f"ccxt-bingx-ext {version} on {release()}: {name}, {lanes}"
        event(INFO, "instance", text, version=version, ccxt_version=ccxt_version, limits=limits, store=store)

    def describe(self) -> Any:
        return self.deep_extend(
            super().describe(),
            {
                "has": {
                    "cancelOrders": True,
                    "cancelOrdersForSymbols": True,
                    "cancelOrdersWithClientOrderId": True,
                    "editOrderWithClientOrderId": True,
                },
                "features": deepcopy(FEATURES),
                "options": {"cancelOrders": deepcopy(DEFAULTS), "fallbackHostnames": []},
            },
        )

    def sign(
        self,
        path: str,
        section: Any = ["public"],
        method: str = "GET",
        params: Mapping[str, Any] = {},
        *trailing: Any,
        **named: Any,
    ) -> dict[str, Any]:
        # ccxt 4.5.90 sends the parameters of the batch cancel in the URL. Its document shows a JSON body
        # (seed).
        # ccxt's classes take trailing headers and body in 4.5.76, and no longer in 4.5.90.
        params = {name: value for name, value in params.items() if name not in FORGED}
        hostname, form, _ = (params.pop(name, None) for name in (HOSTNAME, FORM, GIVE_UP))
        is_ours = limited_at(section, method, path) is SPOT
        as_json = is_ours and (form or parse_settings(self.options).request_format) != QUERY
        request = dict(super().sign(path, section, method, {} if as_json else params, *trailing, **named))
        if as_json:
            # Cut off only what ccxt appended: the URL of a relay may hold a "?" of its own.
            request["url"] = request["url"].rpartition("?")[0]
            request["headers"] = {**request["headers"], "Content-Type": _JSON_TYPE}
            request["body"] = signed_json({**params, "timestamp": self.nonce()}, self.secret)
        if hostname is not None:
            url = self.urls["api"][section[0]]
            own, other = (self.implode_params(url, {"hostname": one}) for one in (self.hostname, hostname))
            request["url"] = other + request["url"][len(own) :]
        note_signed(concerns_orders=concerns_orders(route_at(section, method, path)))
        return request

    def fetch2(
        self, path: str, api: Any = "public", method: str = "GET", params: Any = {}, *args: Any, **named: Any
    ) -> Any:
        if route_at(api, method, path) in NEVER_REPEATED:
            # Whatever the bot's params and options say. If a client order id names the order, ccxt sends an
            # empty order id. No document says whether the exchange can read that.
            params = {name: value for name, value in params.items() if (name, value) != ("cancelOrderId", "")}
            params["maxRetriesOnFailure"] = 0
        return super().fetch2(path, api, method, params, *args, **named)

    @staticmethod
    def _needs_call(path: str, api: Any, method: str, params: Any) -> bool:
        """Whether a limit applies to this request, and it is not the one that the call around it sends.

        A bot's class may make requests of its own in the middle of a request of a flow.
        """
        outer = call_around()
        if outer is not None and not outer.begun and GIVE_UP in params:
            outer.begun = True
            return False
        return limited_at(api, method, path) is not None

    @staticmethod
    def _call_to_join(path: str, api: Any, method: str) -> Call | None:
        """The call around this request, if this may be its cancel, which a bot's class sends once more."""
        return call_around() if isinstance(limited_at(api, method, path), Endpoint) else None

    def edit_order_with_client_order_id(
        self,
        clientOrderId: str,
        symbol: str,
        type: OrderType,
        side: OrderSide,
        amount: Num = None,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Any:
        # Until ccxt 4.5.42 a clientOrderId in params beats the argument: the edit would be of another order.
        named = {**params, "clientOrderId": clientOrderId}
        return super().edit_order_with_client_order_id(
            clientOrderId, symbol, type, side, amount, price, named
        )

    def parse_market(self, market: Any) -> Any:
        with reading_markets(self.id):
            return super().parse_market(market)

    def parse_order(self, order: Any, market: Any = None) -> Any:
        # Of the requests of a flow, ccxt parses the response to an edit only. ccxt 4.5.90 hangs at a
        # "1e999999999" in it. The flows parse all other responses themselves.
        if call_around() is None:
            return super().parse_order(order, market)
        return parse_bounded(super().parse_order, order, market)

    def nonce(self) -> Any:
        # ccxt's bingx signs by this machine's clock, whatever load_time_difference has measured. Not by
        # super(): octobot-ccxt 0.0.11 and newer subtract the difference there already.
        return self.milliseconds() - (self.options.get("timeDifference") or 0)

    def prepare_request_headers(self, headers: Any = None) -> Any:
        prepared = super().prepare_request_headers(headers)
        if headers is not None and headers.get("Content-Type") is _JSON_TYPE:
            # ccxt 4.5.90 lets the user's `headers` override it. Then the exchange could not read the body.
            others = {name: value for name, value in prepared.items() if name.lower() != "content-type"}
            prepared = {**others, "Content-Type": str(_JSON_TYPE)}
        return prepared

    def handle_errors(
        self,
        httpCode: int,
        reason: str,
        url: str,
        method: str,
        headers: Any,
        body: str,
        response: Any,
        requestHeaders: Any = None,
        requestBody: Any = None,
    ) -> Any:
        now = self.nonce() / 1000
        route = route_of(method, url)
        received = parse_response(
            httpCode, headers, response, now, self._pauses.back_off, query=is_query(route), text=body
        )
        try:
            if concerns_orders(route):
                if (sent := call_on_the_wire()) is not None and not sent.written:
                    warn_unwatched(self._sender(url))
                if received.is_from_gateway:
                    # Whatever its body says, it does not mean an order. ccxt goes by the body.
                    self.handle_http_status_code(httpCode, reason, url, method, received.excerpt)
                    # ccxt 4.5.90 does not know every status: 304 and 507 would pass for a response.
                    raise ExchangeNotAvailable(
                        f"{self.id} {method} {url} {httpCode} {reason} {received.excerpt}"
                    )
                limited = LIMITED.get(route or "")
                accepts = received.code is not None and received.stops is None
                if accepts and limited is not None and is_any_held():  # the arguments below are expensive
                    with suppress(BadRequest):  # a wrong option must not hide the response
                        self._limiter(limited)[0].do(Resume())  # by a refusal, too, the exchange responds
                # ccxt 4.5.90 maps by code alone: ExchangeError or BadRequest for a cancelled order.
                raise_refusal(self.id, received, body)
                if isinstance(limited, Endpoint) and (call := call_on_the_wire()) is not None:
                    call.rest_of_window = rest_of_window(headers, now)
            handled = super().handle_errors(
                httpCode, reason, url, method, headers, body, response, requestHeaders, requestBody
            )
            if route in TIMERS:
                raise_unless_timer(self.id, received, response)
            return handled
        except BaseError as error:
            attach_response(error, received)
            raise

    def _sender(self, url: str) -> object:
        """What has sent the request to `url`, for a warning."""
        return self.session

    def handle_http_status_code(self, code: int, reason: str, url: str, method: str, body: str) -> Any:
        received = Response(code, page=redact(body))  # `handle_errors` replaces it with the whole record
        text = received.excerpt if concerns_orders(route_of(method, url)) else body
        try:
            return super().handle_http_status_code(code, reason, url, method, text)
        except BaseError as error:
            attach_response(error, received)
            raise

    def calculate_rate_limiter_cost(
        self, api: Any, method: Any, path: Any, params: Any, *args: Any, **named: Any
    ) -> Any:
        cost = super().calculate_rate_limiter_cost(api, method, path, params, *args, **named)
        limited = limited_at(api, method, path)
        if limited is None:
            return cost
        is_ordinary = limited not in _AT_ONCE and GIVE_UP not in params
        return LimiterCost(cost, limited, params.get(GIVE_UP, inf), is_ordinary)

    def _has_url(self, limited: Limited) -> bool:
        return self.urls["api"].get(limited.api) is not None

    def _url(self, limited: Limited) -> str:
        """The URL of ccxt's settings, with ``{hostname}`` unless the user named another one."""
        if not self._has_url(limited):
            raise NotSupported(f"{self.id} has no URL for {limited.route} in {release()}'s sandbox")
        return str(self.urls["api"][limited.api])

    def _host(self, limited: Limited) -> str:
        return str(self.implode_hostname(self._url(limited)))

    def _limiter(self, limited: Limited) -> tuple[Limiter, RateLimit, float, Refusal]:
        """The arguments of `acquire`: this account's limiter for `limited`, and how to wait there."""
        settings = parse_settings(self.options, limited)
        limiter = limiter_for(self.apiKey or "", self._host(limited), limited.route, settings.storage)
        what = "cancels" if isinstance(limited, Endpoint) else "look-ups"
        return limiter, settings.rate_limit, settings.max_wait, partial(not_sent, what=what)

    def _on_the_wire(self, method: str, url: str) -> AbstractContextManager[Call | None]:
        """The context that a request goes out in. It yields a `Call` if the request concerns orders."""
        route = route_of(method, url)
        if not concerns_orders(route):
            return nullcontext()
        return on_the_wire(self.timeout / 1000, replayable=is_query(route))

    @staticmethod
    def _traced(command: Command, call: Call) -> AbstractContextManager[None]:
        """The context that executes `command`, and logs it on DEBUG."""
        if not is_on(DEBUG):
            return _NOT_TRACED
        from ._trace import Trace  # without DEBUG, a bot starts a millisecond sooner

        return Trace(command, call)

    def _start(self, command: Command) -> Any:
        """Start `command`. The sync class returns its result, the async classes an awaitable of it."""
        if isinstance(command, (Cancel, CancelAll, Query)):
            # A retry inside ccxt's fetch2 would turn an executed request into a reported failure (measured).
            request = {**command.request, "maxRetriesOnFailure": 0, GIVE_UP: command.give_up}
            if command.hostname is not None:
                request[HOSTNAME] = command.hostname
            if isinstance(command, Query):
                return getattr(self, command.limited.method)(request)
            if isinstance(command, Cancel) and command.form is not None:
                request[FORM] = command.form
            return getattr(self, command.endpoint.cancel)(request)
        if isinstance(command, EditOrder):
            return super().edit_order(*command.arguments)
        if isinstance(command, MeasureClock):
            return self.load_time_difference()
        if isinstance(command, FetchTime):
            return self.fetch_time()
        if isinstance(command, LoadMarkets):
            return self.load_markets()
        if isinstance(command, Sleep):
            return self.sleep(command.seconds * 1000)
        return self._update_limiters(self._limiters(command.limited, command.scope), command.signal)

    @staticmethod
    def _result(command: Command, result: Any, call: Call) -> Any:
        """The result of `command` as flows receive it."""
        if isinstance(command, (Cancel, CancelAll, FetchTime)):
            return Received(result, call.rest_of_window, call.signed_at)
        return result

    def _limiters(self, limited: Limited, scope: Scope) -> list[Limiter]:
        """The limiters of `scope`, seen from this account's `limited`."""
        if scope is Scope.ENDPOINT:
            return [self._limiter(limited)[0]]
        if scope is Scope.ACCOUNT:
            return [self._limiter(one)[0] for one in ENDPOINTS.values() if self._has_url(one)]
        own = [self._limiter(one)[0] for one in LIMITED.values() if self._has_url(one)]
        return [*dict.fromkeys([*own, *limiters_at(self._host(limited))])]

    def _update_limiters(self, limiters: Sequence[Limiter], signal: Pause | Ban) -> Any:
        raise NotImplementedError  # pragma: no cover - the class on top knows whether to await
