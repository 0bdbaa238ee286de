"""What the sync, async and websocket classes override in ccxt: each override a few lines over ``super()``."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from copy import deepcopy
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias

from ccxt.base.errors import BadRequest, BaseError, ExchangeNotAvailable, NotSupported
from ccxt.base.exchange import Exchange
from ccxt.base.exchange import __version__ as ccxt_version

from ._bingx.endpoints import (
    ENDPOINTS,
    FEATURES,
    INVERSE,
    LIMITED,
    LINEAR,
    NEVER_REPEATED,
    SPOT,
    Endpoint,
    Limited,
    all_of,
    concerns_orders,
    endpoint_of,
    is_query,
    limited_at,
    route_at,
    route_of,
    single_of,
)
from ._bingx.errors import (
    Response,
    Scope,
    attach_response,
    not_sent,
    parse_response,
    raise_refusal,
)
from ._bingx.limit_headers import rest_of_window
from ._bingx.market_ids import spot_market_id
from ._bingx.signing import check_api_key, signed_json
from ._cancel.arguments import (
    CANCEL_ALL_ORDERS,
    CANCEL_ORDER,
    CANCEL_ORDERS,
    CANCEL_ORDERS_FOR_SYMBOLS,
    EDIT_ORDER,
    Asked,
    Single,
    adopt,
    check_market,
    old_ids,
    parse_all,
    parse_batch,
    parse_cancellations,
    parse_edited,
    parse_single,
    parse_symbol,
    reading_markets,
)
from ._cancel.cancel_all import Market, cancel_all
from ._cancel.cancel_all import Scope as AllScope
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
    Share,
    Sleep,
)
from ._cancel.editing import edit_one
from ._cancel.flow import Flow, cancel_batch, cancel_unloaded
from ._cancel.forms import AUTO, QUERY, form_of
from ._cancel.hosts import Hosts
from ._cancel.multi_symbol import cancel_for_symbols
from ._cancel.orders import build_order
from ._cancel.outcome import Order, conclude, unresolved_on_error
from ._cancel.run import CancelContext, Pauses
from ._cancel.single import cancel_one
from ._cancel.spacing import spacing_for
from ._cancel.together import Joined, Refused, cancel_together
from ._ids import Batch, UnknownOrders, is_blank
from ._log import DEBUG, INFO, event, is_on
from ._ratelimit.acquire import Refusal
from ._ratelimit.local import is_any_held
from ._ratelimit.messages import Ban, Limiter, Pause, Resume
from ._ratelimit.registry import limiter_for, limiters_at, where_is
from ._ratelimit.schedule import RateLimit
from ._redact import hides_secrets
from ._settings import DEFAULTS, Settings, parse_settings
from ._wire.call import Call, call_on_the_wire, note_signed, on_the_wire

if TYPE_CHECKING:
    from typing import Any as Upstream
else:
    Upstream = object

Orders: TypeAlias = Generator[Any, Any, list[Order]]

# Parameters that `sign` takes out again.
_HOSTNAME, _FORM = "ccxt_bingx_ext.hostname", "ccxt_bingx_ext.form"
_GIVE_UP = "ccxt_bingx_ext.give_up"  # only requests of the flows have it
_ALIASES = {
    "cancelAllOrders": "cancel_all_orders",
    "cancelOrder": "cancel_order",
    "cancelOrders": "cancel_orders",
    "cancelOrdersForSymbols": "cancel_orders_for_symbols",
    "cancelOrdersWithClientOrderIds": "cancel_orders_with_client_order_ids",
    "editOrder": "edit_order",
}


_NOT_TRACED = nullcontext()
_AT_ONCE = (SPOT, LINEAR)  # the batch cancels, whoever sends one


class _JsonType(str):
    """The content type of a JSON body that `sign` wrote: ccxt's own requests keep the user's headers."""


_JSON_TYPE = _JsonType("application/json")


class LimiterCost(float):
    """A request's cost in ccxt's throttle, by which `throttle` knows that a limiter of ours counts it.

    A marker on the value, not on the instance or in a context variable: it is safe across threads, and does
    not leak into tasks that are spawned inside the request (tried).

    `give_up`: until when (s of ``time.monotonic``) the request may wait. `is_ordinary`: it is a request of
    ccxt's own or of the bot's. That waits in ccxt's throttle, and then for a slot, because the exchange
    counts it, too.
    """

    limited: Limited
    give_up: float
    is_ordinary: bool

    def __new__(cls, cost: Any, limited: Limited, give_up: float, is_ordinary: bool = False) -> LimiterCost:
        self = super().__new__(cls, cost)
        self.limited, self.give_up, self.is_ordinary = limited, give_up, is_ordinary
        return self

    def excused(self) -> AbstractContextManager[None]:
        """What goes around waiting for the limiter: no ban and no setting of ours stops an ordinary call."""
        return suppress(BaseError) if self.is_ordinary else nullcontext()


class BingxMixin(Upstream):
    """Goes before one of ccxt's bingx classes. It does not wait itself: the class on top runs the flows."""

    _awaits = True  # whether flows can run side by side
    _pauses = Pauses()

    def __init_subclass__(cls, **named: Any) -> None:
        # ccxt 4.5.90 sets these names when the first instance of a class is built. An unpickled instance in a
        # fresh process would reach ccxt's own methods by them.
        super().__init_subclass__(**named)
        for alias, name in _ALIASES.items():
            setattr(cls, alias, getattr(cls, name))

    def __init__(self, *args: Any, **named: Any) -> None:
        self._hosts = Hosts()
        super().__init__(*args, **named)
        if is_on(INFO):
            self._introduce()

    def _introduce(self) -> None:
        """Log what this instance is."""
        version = sys.modules[__package__].__version__
        name = f"{type(self).__module__}.{type(self).__qualname__}".replace("._sync.", ".")
        limits, store = None, None
        with suppress(Exception):  # an option is wrong: the first call says so
            settings = {one.route: parse_settings(self.options, one) for one in ENDPOINTS.values()}
            if self.enableRateLimit:
                limits = {route: one.rate_limit.per_second for route, one in settings.items()}
            store = where_is(next(iter(settings.values())).storage)
        lanes = f"{len(limits)} lanes in {store or 'this process'}" if limits else "no rate limit"
        text = f"ccxt-bingx-ext {version} on ccxt {ccxt_version}: {name}, {lanes}"
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
        # ccxt 4.5.90 sends this endpoint's parameters in the URL; the endpoint documents a JSON body (seed).
        # ccxt's classes took trailing headers and body until 4.5.60 or so.
        params = dict(params)
        hostname, form, _ = (params.pop(name, None) for name in (_HOSTNAME, _FORM, _GIVE_UP))
        is_ours = limited_at(section, method, path) is SPOT
        as_json = is_ours and (form or parse_settings(self.options).request_format) != QUERY
        request = dict(super().sign(path, section, method, {} if as_json else params, *trailing, **named))
        if as_json:
            # Only what ccxt appended: the URL of a relay may hold a "?" of its own.
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
            # Whatever the bot's params and options say. ccxt writes the empty id of an order that is named by
            # its client order id; whether the exchange can read that is documented nowhere.
            params = {name: value for name, value in params.items() if (name, value) != ("cancelOrderId", "")}
            params["maxRetriesOnFailure"] = 0
        return super().fetch2(path, api, method, params, *args, **named)

    def parse_market(self, market: Any) -> Any:
        with reading_markets(self.id):
            return super().parse_market(market)

    def nonce(self) -> Any:
        # ccxt's bingx signs by this machine's clock, whatever load_time_difference has measured.
        return super().nonce() - (self.options.get("timeDifference") or 0)

    def prepare_request_headers(self, headers: Any = None) -> Any:
        prepared = super().prepare_request_headers(headers)
        if headers is not None and headers.get("Content-Type") is _JSON_TYPE:
            # ccxt 4.5.90 lets the user's own `headers` override it: the exchange could not read the body.
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
            httpCode, headers, response, now, self._pauses.back_off, query=is_query(route)
        )
        try:
            if concerns_orders(route):
                if received.is_from_gateway:
                    # Whatever its body says, it says nothing about an order; ccxt goes by the body.
                    self.handle_http_status_code(httpCode, reason, url, method, body)
                    # ccxt 4.5.90 does not know all of them: 304 and 507 would pass for a response.
                    raise ExchangeNotAvailable(f"{self.id} {method} {url} {httpCode} {reason} {body}")
                limited = LIMITED.get(route or "")
                accepts = received.code is not None and received.stops is None
                if accepts and limited is not None and is_any_held():  # the arguments below are expensive
                    with suppress(BadRequest):  # an option is wrong: not for this response to say
                        self._limiter(limited)[0].do(Resume())  # a refusal is an answer of the exchange, too
                # ccxt 4.5.90 maps by code alone and so calls a cancelled order ExchangeError or BadRequest.
                raise_refusal(self.id, received, body)
                if isinstance(limited, Endpoint) and (call := call_on_the_wire()) is not None:
                    call.rest_of_window = rest_of_window(headers, now)
            return super().handle_errors(
                httpCode, reason, url, method, headers, body, response, requestHeaders, requestBody
            )
        except BaseError as error:
            attach_response(error, received)
            raise

    def handle_http_status_code(self, code: int, *args: Any, **named: Any) -> Any:
        try:
            return super().handle_http_status_code(code, *args, **named)
        except BaseError as error:
            attach_response(error, Response(code))  # `handle_errors` replaces it by the whole record
            raise

    def calculate_rate_limiter_cost(
        self, api: Any, method: Any, path: Any, params: Any, *args: Any, **named: Any
    ) -> Any:
        cost = super().calculate_rate_limiter_cost(api, method, path, params, *args, **named)
        limited = limited_at(api, method, path)
        if limited is None:
            return cost
        is_ordinary = limited not in _AT_ONCE and _GIVE_UP not in params
        return LimiterCost(cost, limited, params.get(_GIVE_UP, inf), is_ordinary)

    def _host(self, limited: Limited) -> str:
        return str(self.implode_hostname(self.urls["api"][limited.api]))

    def _limiter(self, limited: Limited) -> tuple[Limiter, RateLimit, float, Refusal]:
        """What `acquire` takes: the limiter of this account at `limited`, and how to wait there."""
        settings = parse_settings(self.options, limited)
        limiter = limiter_for(self.apiKey or "", self._host(limited), limited.route, settings.storage)
        what = "cancels" if isinstance(limited, Endpoint) else "look-ups"
        return limiter, settings.rate_limit, settings.max_wait, partial(not_sent, what=what)

    @hides_secrets
    def _cancel_orders(self, ids: Any, symbol: Any, params: Mapping[str, Any]) -> Orders:
        asked = Asked(ids, params)
        with unresolved_on_error(asked.unresolved):
            asked.read()
            symbol = parse_symbol(symbol)
            batch = parse_batch(asked.ids, asked.params, symbol)
        with unresolved_on_error([ref.public for ref in batch.refs], converts=True):
            if not batch.refs:
                return []
            check_api_key(self.apiKey)
            if self._needs_markets([symbol]):
                yield LoadMarkets()
            return conclude((yield from self._cancel_batch(CANCEL_ORDERS, symbol, batch)))

    @hides_secrets
    def _cancel_orders_for_symbols(self, orders: Any, params: Mapping[str, Any]) -> Orders:
        method = CANCEL_ORDERS_FOR_SYMBOLS
        asked = Asked(orders, params, method)
        with unresolved_on_error(asked.unresolved, method):
            asked.read()
            refs, batches = parse_cancellations(asked.ids, asked.params)
        with unresolved_on_error([ref.public for ref in refs], method, converts=True):
            if not refs:
                return []
            check_api_key(self.apiKey)
            if self._needs_markets(batches):
                yield LoadMarkets()
            flows = {symbol: self._cancel_batch(method, symbol, one) for symbol, one in batches.items()}
            return conclude((yield from cancel_for_symbols(refs, flows)), method)

    @hides_secrets
    def _cancel_order(
        self, given_id: Any, symbol: Any, params: Mapping[str, Any]
    ) -> Generator[Any, Any, Order]:
        asked = Asked(None if is_blank(given_id) else given_id, params, CANCEL_ORDER)
        with unresolved_on_error(asked.unresolved):
            asked.read()
            symbol = parse_symbol(symbol, CANCEL_ORDER)
            single = parse_single(asked.ids, asked.params)
        with unresolved_on_error([ref.public for ref in single.batch.refs], converts=True):
            check_api_key(self.apiKey)
            if not self.markets:
                yield LoadMarkets()
            market = self._market(symbol, CANCEL_ORDER)
            endpoint = single_of(market)
            settings = parse_settings(self.options, endpoint)
            context = self._context(CANCEL_ORDER, market, endpoint, settings)
            joins = settings.coalesce and self._may_join(single, market)
            flow = cancel_one(
                single.batch,
                market["id"],
                context,
                known_as=single.known_as,
                repeats=single.repeats,
                joins=joins,
            )
            if not joins:
                return conclude((yield from flow))[0]
            outcome = yield Share(market["symbol"], single.batch, endpoint, endpoint_of(market), flow)
            return conclude(outcome)[0]

    def _may_join(self, single: Single, market: Any) -> bool:
        """Whether a batch may cancel the order of `single` together with others."""
        (ref,) = single.batch.refs
        # Without ccxt's rate limit, the bot decides which requests go out, and when.
        return (
            self._awaits
            and bool(self.enableRateLimit)
            and ref.field == "id"
            and {name for name, _ in single.batch.extra} <= {"recvWindow"}
            and endpoint_of(market) is not INVERSE
        )

    def _cancel_together(self, symbol: str, batch: Batch) -> Generator[Any, Any, Joined | Refused]:
        """The flow that cancels `batch`, of orders that single calls named."""
        market = self._market(symbol, CANCEL_ORDER)
        endpoint = endpoint_of(market)
        context = self._context(CANCEL_ORDER, market, endpoint, parse_settings(self.options, endpoint))
        return cancel_together(batch, market["id"], context)

    @hides_secrets
    def _cancel_all_orders(self, symbol: Any, params: Mapping[str, Any]) -> Orders:
        method = CANCEL_ALL_ORDERS
        with unresolved_on_error([UnknownOrders(symbol).public], converts=True):
            if symbol is not None:
                symbol = parse_symbol(symbol, method)
            extra = parse_all(params)
            check_api_key(self.apiKey)
            if not self.markets:
                yield LoadMarkets()
            market = None if symbol is None else self._market(symbol, method)
            kind, extra = self.handle_market_type_and_params("cancelAllOrders", market, extra)
            sub_type, extra = self.handle_sub_type_and_params("cancelAllOrders", market, extra)
            if kind not in ("spot", "swap"):
                raise BadRequest(f"{method} takes spot and swap markets, not {kind}")
            name = "spot" if kind == "spot" else "inverse" if sub_type == "inverse" else "linear"
            own, by_id = all_of(name)
            settings, settings_by_id = (parse_settings(self.options, one) for one in (own, by_id))
            # Not of this kind if the params name another one, as they may for ccxt.
            asked = market if market is not None and market[name] is True else None

            def market_of(market_id: str) -> Market:
                found = asked or self._market_by_id(market_id, name)
                context = self._context(method, found, by_id, settings_by_id)
                return Market(found["symbol"], str(found["id"]), context)

            selects = extra.keys() - {"recvWindow"}  # no document knows them: some may select orders
            scope = AllScope(
                symbol=symbol,
                request=extra if market is None else {"symbol": market["id"], **extra},
                context=self._context(method, market, own, settings),
                market_of=market_of,
                verifies=settings.verifies_all and not selects,
                cancels_listed=not selects,
                timestamp=self.nonce,
            )
            return conclude((yield from cancel_all(scope)))

    @hides_secrets
    def _edit_order(
        self, given_id: Any, symbol: Any, order: tuple[Any, ...], params: Mapping[str, Any]
    ) -> Generator[Any, Any, Order]:
        with unresolved_on_error([*old_ids(given_id, params).values()]):
            symbol = parse_symbol(symbol, EDIT_ORDER)
            edited = parse_edited(given_id, params)
        with unresolved_on_error([edited.ref.public], converts=True):
            check_api_key(self.apiKey)
            if not self.markets:
                yield LoadMarkets()
            market = self._market(symbol, EDIT_ORDER)
            if market["inverse"]:  # ccxt 4.5.60 sends it to the endpoint of the linear swaps
                raise NotSupported(f"{EDIT_ORDER} is not supported for inverse swap markets")
            endpoint = single_of(market)
            context = self._context(EDIT_ORDER, market, endpoint, parse_settings(self.options, endpoint))
        order_id, sent = edited.sent(endpoint.market_type)
        command = EditOrder((order_id, symbol, *order, sent))
        return (yield from edit_one(edited, command, market["id"], context))

    def _market_by_id(self, market_id: str, kind: str) -> Any:
        """The market of `kind` (a key of ccxt's market structure) that the exchange calls `market_id`.

        One that ccxt does not know has the names that ccxt will give it; without an id it has no symbol.
        """
        type_ = "spot" if kind == "spot" else "swap"
        known = self.safe_market(market_id, None, "-", type_)
        if known.get(kind) is True:
            return known
        base, _, quote = market_id.partition("-")
        base, quote = self.safe_currency_code(base or None), self.safe_currency_code(quote or None)
        settle = {"spot": None, "linear": quote, "inverse": base}[kind]
        symbol = f"{base}/{quote}" + (f":{settle}" if settle else "") if base and quote else market_id or None
        kinds = {one: one in (kind, type_) for one in ("spot", "swap", "linear", "inverse")}
        named = {"id": market_id, "symbol": symbol, "base": base, "quote": quote, "settle": settle}
        return self.safe_market_structure({**named, "type": type_, "contract": type_ == "swap", **kinds})

    def _is_ours(self, params: Any = None) -> bool:
        """Whether the plugin's own flow cancels, and not ccxt's method."""
        try:
            is_twap = isinstance(params, Mapping) and params.get("twap") is True
            return not is_twap and parse_settings(self.options).family
        except Exception:  # the flow raises what is wrong, and names the order
            return True

    def _market(self, symbol: str, method: str) -> Any:
        with reading_markets(method):
            market = self.market(symbol)
            check_market(market, symbol, method)
            # Tried before anything is sent: `build_order` depends on it for every report.
            self.safe_order({}, market)
        return market

    def _needs_markets(self, symbols: Iterable[str]) -> bool:
        return not self.markets and any(self._guessed_id(symbol) is None for symbol in symbols)

    def _guessed_id(self, symbol: str) -> str | None:
        # What ccxt renames on every exchange (XBT is BTC) is not a currency of this one.
        everywhere = Exchange.commonCurrencies
        own = dict(self.commonCurrencies)  # another thread may be loading the currencies
        renamed = {id: code for id, code in own.items() if everywhere.get(id) != code}
        return spot_market_id(symbol, renamed)

    def _cancel_batch(self, method: str, symbol: str, batch: Batch) -> Flow:
        """The flow that cancels `batch`. Wrong arguments raise here, before it runs."""

        def load() -> tuple[Batch, str, CancelContext]:
            market = self._market(symbol, method)
            return adopted(market, endpoint_of(market))

        def adopted(market: Any, endpoint: Endpoint) -> tuple[Batch, str, CancelContext]:
            settings = parse_settings(self.options, endpoint)
            context = self._context(method, market, endpoint, settings)
            return adopt(batch, endpoint, settings.process, method), market["id"], context

        guessed_id = None if self.markets else self._guessed_id(symbol)
        if guessed_id is None:
            return cancel_batch(*load())
        # ccxt 4.5.90 leaves these None in a market that it does not know. Without "spot" it takes the quote
        # for the currency of every fee.
        known = {"id": guessed_id, "type": "spot", "spot": True}
        guessed = {**self.safe_market(guessed_id, None, "-", "spot"), **known}
        return cancel_unloaded(*adopted(self.safe_market_structure(guessed), SPOT), load)

    def _context(self, method: str, market: Any, endpoint: Endpoint, settings: Settings) -> CancelContext:
        return CancelContext(
            method=method,
            endpoint=endpoint,
            batch_size=settings.batch_size,
            max_wait=settings.max_wait,
            at_once=endpoint.at_once if self._awaits else 1,
            build_order=partial(build_order, self, market),
            resolve_attempts=settings.resolve_attempts,
            resolve_timeout=settings.resolve_timeout,
            spacing=spacing_for(self.apiKey or ""),
            form=form_of(self.apiKey or "", self._host(endpoint))
            if endpoint is SPOT and settings.request_format == AUTO
            else None,
            fallbacks=settings.fallbacks if "{hostname}" in self.urls["api"][endpoint.api] else (),
            hosts=self._hosts,
            clock=time.monotonic,
            pauses=self._pauses,
        )

    def _on_the_wire(self, method: str, url: str) -> AbstractContextManager[Call | None]:
        """Send a request that concerns orders inside of this; None for any other one."""
        route = route_of(method, url)
        if not concerns_orders(route):
            return nullcontext()
        return on_the_wire(self.timeout / 1000, replayable=is_query(route))

    @staticmethod
    def _traced(command: Command, call: Call) -> AbstractContextManager[None]:
        """Execute `command` inside of this, which logs it on DEBUG."""
        if not is_on(DEBUG):
            return _NOT_TRACED
        from ._trace import Trace  # a bot that does not read it starts a millisecond sooner

        return Trace(command, call)

    def _start(self, command: Command) -> Any:
        """Start `command`. The sync class returns its result, the async classes an awaitable of it."""
        if isinstance(command, (Cancel, CancelAll, Query)):
            # A retry inside ccxt's fetch2 would turn an executed request into a reported failure (measured).
            request = {**command.request, "maxRetriesOnFailure": 0, _GIVE_UP: command.give_up}
            if command.hostname is not None:
                request[_HOSTNAME] = command.hostname
            if isinstance(command, Query):
                return getattr(self, command.limited.method)(request)
            if isinstance(command, Cancel) and command.form is not None:
                request[_FORM] = command.form
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
            return [self._limiter(one)[0] for one in ENDPOINTS.values()]
        own = [self._limiter(one)[0] for one in LIMITED.values()]
        return [*dict.fromkeys([*own, *limiters_at(self._host(limited))])]

    def _update_limiters(self, limiters: Sequence[Limiter], signal: Pause | Ban) -> Any:
        raise NotImplementedError  # pragma: no cover - the class on top knows whether to await
