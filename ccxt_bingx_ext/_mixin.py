"""What the sync, async and websocket classes share: each override a few lines over ccxt's own."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ccxt.base.errors import BaseError
from ccxt.base.exchange import Exchange

from ._batch import Asked, read_batch, read_symbol
from ._calls import (
    AskUpstream,
    Call,
    Cancel,
    Flow,
    Hosts,
    LoadMarkets,
    LookUp,
    MeasureClock,
    Order,
    Plan,
    Sleep,
)
from ._doubt import note_answer
from ._errors import concerns_orders, note_window, raise_refusal
from ._flow import cancel_batch, cancel_unloaded
from ._lanes import lane_of
from ._outcome import Claim
from ._settings import DEFAULTS, QUERY, read_settings
from ._signing import signed_json
from ._storage import Close, Hold, KeptLane
from ._symbols import spot_market_id

if TYPE_CHECKING:
    from ccxt import bingx as Upstream
else:
    Upstream = object

_PATH = "trade/cancelOrders"
_HOSTNAME = "ccxt_bingx_ext.hostname"  # a parameter that `sign` takes out again


class LaneCost(float):
    """A request's cost in ccxt's throttle, by which `throttle` knows it for one of the lane's.

    A marker on the value, not on the instance or in a context variable: it is safe across threads, and does
    not leak into tasks that are spawned inside the request (tried).
    """


class BingxMixin(Upstream):
    """Goes before one of ccxt's bingx classes. It waits for nothing: the class on top drives the flow."""

    def __init__(self, *args: Any, **named: Any) -> None:
        self._hosts = Hosts()
        super().__init__(*args, **named)

    def describe(self) -> Any:
        return self.deep_extend(
            super().describe(),
            {
                "has": {"cancelOrders": True, "cancelOrdersWithClientOrderId": True},
                "options": {"cancelOrders": dict(DEFAULTS), "fallbackHostnames": []},
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
        as_json = path == _PATH and read_settings(self.options).request_format != QUERY
        params = dict(params)
        hostname = params.pop(_HOSTNAME, None)
        request = dict(super().sign(path, section, method, {} if as_json else params, *trailing, **named))
        if as_json:
            request["url"] = request["url"].partition("?")[0]
            request["headers"] = {**request["headers"], "Content-Type": "application/json"}
            request["body"] = signed_json({**params, "timestamp": self.nonce()}, self.secret)
        if hostname is not None:
            request["url"] = self._spot_url(hostname) + request["url"][len(self._spot_url(self.hostname)) :]
        return request

    def _spot_url(self, hostname: str) -> str:
        return str(self.implode_params(self.urls["api"]["spot"], {"hostname": hostname}))

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
            if isinstance(response, Mapping) and concerns_orders(url):
                # ccxt 4.5.90 maps by code alone and so calls a cancelled order ExchangeError or BadRequest.
                raise_refusal(self.id, response, body, headers, self.nonce() / 1000)
                if url.partition("?")[0].endswith(_PATH):
                    note_window(response, headers, self.nonce() / 1000)
            return super().handle_errors(
                code, reason, url, method, headers, body, response, request_headers, request_body
            )
        except BaseError as error:
            note_answer(error, code, self.safe_string(response, "code"))
            raise

    def handle_http_status_code(self, code: int, *args: Any, **named: Any) -> Any:
        try:
            return super().handle_http_status_code(code, *args, **named)
        except BaseError as error:
            note_answer(error, code, None)
            raise

    def calculate_rate_limiter_cost(self, api: Any, method: Any, path: Any, *args: Any, **named: Any) -> Any:
        cost = super().calculate_rate_limiter_cost(api, method, path, *args, **named)
        return LaneCost(cost) if path == _PATH else cost

    def _lane(self) -> KeptLane:
        """The lane that this account's cancels share."""
        host = self.implode_hostname(self.urls["api"]["spot"])
        return lane_of(self.apiKey or "", host, _PATH, read_settings(self.options).storage)

    def _cancel_orders(self, ids: Any, symbol: Any, params: Mapping[str, Any]) -> Flow:
        symbol = read_symbol(symbol)
        if isinstance(ids, Iterator):
            ids = list(ids)  # it can be read once, but ccxt may have to read it after us
        if "/" not in symbol and self.options.get("defaultType") != "spot":
            yield LoadMarkets()  # a market id such as BTC-USDT may be spot or swap: only the markets tell
        if self._may_be_spot(symbol):
            settings = read_settings(self.options)
            batch = read_batch(ids, params, default_process=settings.process)
            if not batch.asked:
                return []

            def plan(market: Any) -> Plan:
                return Plan(
                    batch_size=settings.batch_size,
                    max_wait=settings.max_wait,
                    present=partial(self._order_structure, market),
                    resolve_attempts=settings.resolve_attempts,
                    resolve_timeout=settings.resolve_timeout,
                    fallbacks=settings.fallbacks if "{hostname}" in self.urls["api"]["spot"] else (),
                    hosts=self._hosts,
                    clock=time.monotonic,
                )

            def loaded() -> tuple[str, Plan]:
                market = self.market(symbol)
                return market["id"], plan(market)

            market_id = None if self.markets else spot_market_id(symbol, self._renamed())
            if market_id is not None:
                guessed = plan(self.safe_market(market_id, None, "-", "spot"))
                return (yield from cancel_unloaded(batch, market_id, guessed, loaded))
            yield LoadMarkets()
            if self.market(symbol)["spot"]:
                return (yield from cancel_batch(batch, *loaded()))
        orders: list[Order] = yield AskUpstream(ids, symbol, params)
        return orders

    def _may_be_spot(self, symbol: str) -> bool:
        return ":" not in symbol and (not self.markets or bool(self.market(symbol)["spot"]))

    def _renamed(self) -> dict[str, str]:
        # What ccxt renames on every exchange (XBT is BTC) is no currency of this one.
        everywhere = Exchange.commonCurrencies
        return {id: code for id, code in self.commonCurrencies.items() if everywhere.get(id) != code}

    def _perform(self, call: Call) -> Any:
        """Start `call`: in the sync class this is its result, in the async classes an awaitable of it."""
        if isinstance(call, (Cancel, LookUp)):
            # A retry inside ccxt's fetch2 would turn an executed request into a reported failure (measured).
            request = {**call.request, "maxRetriesOnFailure": 0}
            if call.hostname is not None:
                request[_HOSTNAME] = call.hostname
            if isinstance(call, Cancel):
                return self.spotV1PrivatePostTradeCancelOrders(request)
            return self.spotV1PrivateGetTradeQuery(request)
        if isinstance(call, MeasureClock):
            return self.load_time_difference()
        if isinstance(call, LoadMarkets):
            return self.load_markets()
        if isinstance(call, Sleep):
            return self.sleep(call.seconds * 1000)
        if isinstance(call, AskUpstream):
            return super().cancel_orders(call.ids, call.symbol, call.params)
        return self._tell_lane(call)

    def _tell_lane(self, order: Hold | Close) -> Any:
        raise NotImplementedError  # the class on top knows whether to await

    def _order_structure(self, market: Any, asked: Asked | None, claim: Claim) -> Order:
        """ccxt's order structure of what `claim` says; `asked` is the id it answers, if any."""
        order = self._parsed(market, claim.entry) if claim.listed == "orders" else None
        if order is None:
            order = self._unparsed(market, claim.entry)
        # ccxt 4.5.90 calls a FAILED order canceled. Nobody cancelled it.
        if claim.status is not None or order["status"] == "canceled":
            order["status"] = claim.status
        if asked is not None:
            if claim.listed == "fails" and asked.value == order["id"]:
                order["id"] = None  # a failed client order id may be keyed as "orderId"
            order[asked.field] = asked.value
        return order

    def _parsed(self, market: Any, entry: Any) -> Order | None:
        try:
            parsed: Order = self.parse_order(entry, market)
            return parsed
        except Exception:
            # ccxt 4.5.90 raises AttributeError on an order without "type", TypeError on no object at all.
            # Whatever the entry looks like, what the exchange did must reach the caller.
            return None

    def _unparsed(self, market: Any, entry: Any) -> Order:
        """An order structure of which only the ids and the market are known."""
        named = entry if isinstance(entry, Mapping) else {}
        bare = {
            "id": named.get("orderId") or None,
            "clientOrderId": named.get("clientOrderID") or named.get("clientOrderId"),
            "symbol": market["symbol"],
            "info": entry,
        }
        return dict(self.safe_order(bare, market))
