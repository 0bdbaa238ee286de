"""The flows of the public methods: read the arguments, find the market, run the flow, conclude."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from ccxt.base.errors import BadRequest, BaseError, NotSupported
from ccxt.base.exchange import Exchange

from ._bingx.endpoints import (
    INVERSE,
    SPOT,
    Endpoint,
    all_of,
    endpoint_of,
    single_of,
)
from ._bingx.market_ids import spot_market_id
from ._bingx.signing import check_api_key
from ._cancel.arguments import (
    Single,
    adopt,
    old_ids,
    parse_all,
    parse_batch,
    parse_cancellations,
    parse_edited,
    parse_single,
    parse_symbol_or_all,
)
from ._cancel.cancel_all import Market, cancel_all
from ._cancel.cancel_all import Scope as AllScope
from ._cancel.commands import (
    EditOrder,
    LoadMarkets,
    Share,
)
from ._cancel.editing import edit_one
from ._cancel.flow import Flow, cancel_batch, cancel_guessed, cancel_unloaded
from ._cancel.forms import AUTO, form_of
from ._cancel.market_data import check_market, reading_markets
from ._cancel.method_names import (
    CANCEL_ALL_ORDERS,
    CANCEL_ORDER,
    CANCEL_ORDERS,
    CANCEL_ORDERS_FOR_SYMBOLS,
    EDIT_ORDER,
)
from ._cancel.multi_symbol import cancel_for_symbols
from ._cancel.orders import build_order
from ._cancel.outcome import Order, conclude, unresolved_on_error
from ._cancel.reading import CallArguments, distinct
from ._cancel.run import CancelContext
from ._cancel.single import cancel_one
from ._cancel.spacing import spacing_for
from ._cancel.together import Joined, Refused, cancel_together
from ._cancel.values import parse_symbol
from ._ids import Batch, UnknownOrders, is_blank
from ._redact import hides_secrets
from ._settings import Settings, parse_settings

if TYPE_CHECKING:
    from typing import Any as Upstream
else:
    Upstream = object

Orders: TypeAlias = Generator[Any, Any, list[Order]]


class CancelMethods(Upstream):
    """Mixin before one of ccxt's bingx classes, whose markets, options and parsers the flows use."""

    @hides_secrets
    def _cancel_orders(self, ids: Any, symbol: Any, params: Mapping[str, Any]) -> Orders:
        method = CANCEL_ORDERS
        asked = CallArguments(ids, params, method)
        with unresolved_on_error(asked.unresolved, method):
            asked.read()
            symbol = parse_symbol(symbol, method)
            batch = parse_batch(asked.ids, asked.params, symbol)
        with unresolved_on_error([ref.public for ref in batch.refs], method, converts=True):
            if not batch.refs:
                return []
            check_api_key(self.apiKey)
            if self._needs_markets([symbol]):
                yield LoadMarkets()
            return conclude((yield from self._cancel_batch(method, symbol, batch)), method)

    @hides_secrets
    def _cancel_orders_for_symbols(self, orders: Any, params: Mapping[str, Any]) -> Orders:
        method = CANCEL_ORDERS_FOR_SYMBOLS
        asked = CallArguments(orders, params, method)
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
        method = CANCEL_ORDER
        asked = CallArguments(None if is_blank(given_id) else given_id, params, method)
        with unresolved_on_error(asked.unresolved, method):
            asked.read()
            symbol = parse_symbol(symbol, method)
            single = parse_single(asked.ids, asked.params)
        with unresolved_on_error([ref.public for ref in single.batch.refs], method, converts=True):
            check_api_key(self.apiKey)
            market, unloaded = yield from self._market_or_guess(symbol, method)
            endpoint = single_of(market)
            settings = parse_settings(self.options, endpoint)
            context = self._context(method, market, endpoint, settings)
            joins = unloaded is None and settings.coalesce and self._may_join(single, market)
            batch, market_id = single.batch, market["id"]
            flow = cancel_one(
                batch,
                market_id,
                context,
                known_as=single.known_as,
                repeats=single.repeats,
                joins=joins,
            )
            flow = flow if unloaded is None else cancel_guessed(flow, batch, market_id, context, unloaded)
            if not joins:
                return conclude((yield from flow), method)[0]
            outcome = yield Share(market["symbol"], batch, endpoint, endpoint_of(market), flow)
            return conclude(outcome, method)[0]

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
        """The flow that cancels `batch`, whose orders come from several calls of `cancel_order`."""
        market = self._market(symbol, CANCEL_ORDER)
        endpoint = endpoint_of(market)
        context = self._context(CANCEL_ORDER, market, endpoint, parse_settings(self.options, endpoint))
        return cancel_together(batch, market["id"], context)

    @hides_secrets
    def _cancel_all_orders(self, symbol: Any, params: Mapping[str, Any]) -> Orders:
        method = CANCEL_ALL_ORDERS
        with unresolved_on_error([UnknownOrders(symbol).public], method, converts=True):
            symbol = parse_symbol_or_all(symbol)
            extra = parse_all(params)
            check_api_key(self.apiKey)
            market = None
            if symbol is not None:
                market, _ = yield from self._market_or_guess(symbol, method)
            elif not self.markets:
                yield LoadMarkets()
            kind, extra = self.handle_market_type_and_params("cancelAllOrders", market, extra)
            sub_type, extra = self.handle_sub_type_and_params("cancelAllOrders", market, extra)
            if kind not in ("spot", "swap"):
                raise BadRequest(f"{method} takes spot and swap markets, not {kind}")
            name = "spot" if kind == "spot" else "inverse" if sub_type == "inverse" else "linear"
            own, by_id = all_of(name)
            settings, settings_by_id = (parse_settings(self.options, one) for one in (own, by_id))
            # As for ccxt, the params may name another kind of market than that of the symbol.
            asked = market if market is not None and market[name] is True else None

            def market_of(market_id: str) -> Market:
                found = asked or self._market_by_id(market_id, name)
                context = self._context(method, found, by_id, settings_by_id)
                return Market(found["symbol"], str(found["id"]), context)

            selects = extra.keys() - {"recvWindow"}  # not documented: some may select orders
            scope = AllScope(
                symbol=symbol,
                request=extra if market is None else {"symbol": market["id"], **extra},
                context=self._context(method, market, own, settings),
                market_of=market_of,
                verifies=settings.verifies_all and not selects,
                cancels_listed=not selects,
                timestamp=self.nonce,
            )
            return conclude((yield from cancel_all(scope)), method)

    @hides_secrets
    def _edit_order(
        self, given_id: Any, symbol: Any, order: tuple[Any, ...], params: Mapping[str, Any]
    ) -> Generator[Any, Any, Order]:
        method = EDIT_ORDER
        with unresolved_on_error(distinct(old_ids(given_id, params).values()), method):
            symbol = parse_symbol(symbol, method)
            edited = parse_edited(given_id, params, {"type": order[0], "side": order[1]})
        with unresolved_on_error([edited.ref.public], method, converts=True):
            check_api_key(self.apiKey)
            if not self.markets:
                yield LoadMarkets()
            market = self._market(symbol, method)
            if market["inverse"]:  # ccxt 4.5.28 and 4.5.60 send it to the endpoint of the linear swaps
                raise NotSupported(f"{method} is not supported for inverse swap markets")
            endpoint = single_of(market)
            context = self._context(method, market, endpoint, parse_settings(self.options, endpoint))
        order_id, sent = edited.sent(endpoint.market_type)
        command = EditOrder((order_id, symbol, *order, sent))
        return (yield from edit_one(edited, command, market["id"], context))

    def _market_by_id(self, market_id: str, kind: str) -> Any:
        """The market of `kind` (a key of ccxt's market structure) that the exchange calls `market_id`.

        A market that ccxt does not know gets the names that ccxt would give it. Without an id, the symbol is
        None.
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
        """Whether the plugin's flow runs, and not ccxt's own method."""
        try:
            is_twap = isinstance(params, Mapping) and params.get("twap") is True
            return not is_twap and parse_settings(self.options).family
        except Exception:  # the flow raises the error, and names the order
            return True

    def _market(self, symbol: str, method: str) -> Any:
        with reading_markets(method):
            market = self.market(symbol)
            check_market(market, symbol, method)
            # Before anything is sent, because `build_order` needs it for every report.
            self.safe_order({}, market)
        return market

    def _needs_markets(self, symbols: Iterable[str]) -> bool:
        return not self.markets and any(self._guessed_id(symbol) is None for symbol in symbols)

    def _guessed_id(self, symbol: str) -> str | None:
        # A currency that ccxt renames on every exchange (XBT is BTC) does not exist on this one.
        everywhere = Exchange.commonCurrencies
        own = dict(self.commonCurrencies)  # another thread may be loading the currencies
        renamed = {id: code for id, code in own.items() if everywhere.get(id) != code}
        return spot_market_id(symbol, renamed)

    def _guessed_market(self, symbol: str) -> Any:
        """The spot market that ccxt would load for `symbol`, or None if its id cannot be guessed."""
        guessed_id = self._guessed_id(symbol)
        if guessed_id is None:
            return None
        # ccxt 4.5.90 leaves these None in an unknown market. Without "spot", it takes the quote currency for
        # the currency of every fee.
        known = {"id": guessed_id, "type": "spot", "spot": True}
        return self.safe_market_structure({**self.safe_market(guessed_id, None, "-", "spot"), **known})

    def _market_or_guess(self, symbol: str, method: str) -> Generator[Any, Any, tuple[Any, BaseError | None]]:
        """The market of `symbol`, and None. If the markets cannot be loaded, a guess, and the reason.

        A cancel is urgent, and ccxt also loads the currencies of the wallet, which no cancel needs.
        """
        if not self.markets:
            try:
                yield LoadMarkets()
            except BaseError as error:
                if (guessed := self._guessed_market(symbol)) is None:
                    raise
                return guessed, error
        return self._market(symbol, method), None

    def _cancel_batch(self, method: str, symbol: str, batch: Batch) -> Flow:
        """The flow that cancels `batch`. Wrong arguments raise here, before the flow runs."""

        def load() -> tuple[Batch, str, CancelContext]:
            market = self._market(symbol, method)
            return adopted(market, endpoint_of(market))

        def adopted(market: Any, endpoint: Endpoint) -> tuple[Batch, str, CancelContext]:
            settings = parse_settings(self.options, endpoint)
            context = self._context(method, market, endpoint, settings)
            return adopt(batch, endpoint, settings.process, method), market["id"], context

        guessed = None if self.markets else self._guessed_market(symbol)
        if guessed is None:
            return cancel_batch(*load())
        return cancel_unloaded(*adopted(guessed, SPOT), load)

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
            fallbacks=settings.fallbacks if "{hostname}" in self._url(endpoint) else (),
            hosts=self._hosts,
            clock=time.monotonic,
            blocks=not self._awaits,
            pauses=self._pauses,
        )
