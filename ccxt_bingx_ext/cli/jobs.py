"""The jobs of `cancel`: cancel the orders of a list, or every open order of a market."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ccxt.base.errors import BadSymbol, BaseError

from .. import bingx
from .._bingx.endpoints import SPOT, Endpoint, endpoint_of
from .._bingx.errors import response_of
from .bar import Advance
from .ids import Target
from .noting import NotingBingx
from .outcome import Order, Outcome, cancel_in_parts, unresolved_of
from .parts import parts, requests
from .reasons import is_ban, said
from .rehearsal import RehearsingBingx, Request
from .usage import BadUsage


class Exchanges(NamedTuple):
    """The exchange that the orders are on, and one to rehearse with, which sends no cancel."""

    rehearsing: RehearsingBingx
    exchange: NotingBingx

    def real(self) -> bingx:
        """The exchange that the orders are on, with the markets that the rehearsal has read."""
        if self.rehearsing.markets and not self.exchange.markets:
            self.exchange.set_markets(self.rehearsing.markets)
        return self.exchange


class Job(Protocol):
    """Something to cancel."""

    total: int | None
    """The number of orders, if it is known beforehand."""
    what: str
    """The orders in words, for the question and for a rehearsal."""

    def check(self) -> None:
        """Raise `BadUsage` if the job cannot be sent, and ccxt's error if the markets cannot be read."""

    def rehearse(self) -> list[Request]:
        """The requests that the job would send."""

    def not_begun(self, error: BaseException | None) -> Outcome:
        """The outcome if nothing is sent."""

    def run(self, advance: Advance) -> Outcome:
        """Cancel the orders. The outcome holds what went wrong."""


class ListedOrders:
    """Cancel `targets`, which are of one symbol, or of several if `several`."""

    def __init__(
        self, exchanges: Exchanges, targets: Sequence[Target], *, several: bool, all_or_nothing: bool
    ) -> None:
        self._exchanges = exchanges
        self._targets = targets
        self._several = several
        self._whole = all_or_nothing
        self._params = {"process": 0 if all_or_nothing else 1}
        self.total: int | None = len(targets)
        symbols = [*dict.fromkeys(one.symbol for one in targets)]
        of = symbols[0] if len(symbols) == 1 else f"{len(symbols)} symbols"
        self.what = f"{len(targets)} order{'s' if len(targets) > 1 else ''} of {of}"

    def check(self) -> None:
        self._exchanges.rehearsing.read_markets()
        for symbol, one in {target.symbol: target for target in self._targets}.items():
            self._rehearse([one], {"process": 1})
            if self._whole and not self._endpoint_of(symbol).takes_process:
                raise BadUsage(f"--all-or-nothing works on spot markets only, not on {symbol}")

    def rehearse(self) -> list[Request]:
        planned = requests(self._targets, self._endpoint_of, whole=self._whole)
        return [self._rehearse(one, self._params) for one in planned]

    def not_begun(self, error: BaseException | None) -> Outcome:
        return Outcome([], [*self._targets], error)

    def run(self, advance: Advance) -> Outcome:
        exchange = self._exchanges.real()
        divided = parts(self._targets, self._endpoint_of, whole=self._whole)

        def cancel(targets: Sequence[Target]) -> list[Order]:
            return self._cancel(exchange, targets, self._params)

        def unified(symbol: str) -> str:
            try:
                return str(exchange.market(symbol)["symbol"])
            except BaseError:  # no markets, or no such market
                return symbol

        if self._several:
            return cancel_in_parts(cancel, divided, advance, unified)
        return cancel_in_parts(cancel, divided, advance)

    def _cancel(self, exchange: bingx, targets: Sequence[Target], params: Mapping[str, int]) -> list[Order]:
        if self._several:
            return [*exchange.cancel_orders_for_symbols([one.entry for one in targets], params)]
        return [*exchange.cancel_orders([one.id or "" for one in targets], targets[0].symbol, params)]

    def _rehearse(self, targets: Sequence[Target], params: Mapping[str, int]) -> Request:
        rehearsing = self._exchanges.rehearsing
        return _rehearsed(rehearsing, targets[0].symbol, lambda: self._cancel(rehearsing, targets, params))

    def _endpoint_of(self, symbol: str) -> Endpoint:
        # Without markets the plugin itself takes a symbol for a spot one.
        known = self._exchanges.rehearsing
        return endpoint_of(known.market(symbol)) if known.markets else SPOT


class OpenOrders:
    """Cancel every open order of one market."""

    total: int | None = None

    def __init__(self, exchanges: Exchanges, symbol: str) -> None:
        self._exchanges = exchanges
        self._symbol = symbol
        self.what = f"all open orders of {symbol}"

    def check(self) -> None:
        self.rehearse()

    def rehearse(self) -> list[Request]:
        rehearsing = self._exchanges.rehearsing
        try:
            return [_rehearsed(rehearsing, self._symbol, lambda: rehearsing.cancel_all_orders(self._symbol))]
        except BaseError as error:  # the rehearsal requests nothing but the markets
            if response_of(error) is not None and not is_ban(error):
                error.explanation = (
                    f"the list of markets cannot be read ({said(error)}), and {self._symbol} needs it: "
                    "run --all again"
                )
            raise

    def not_begun(self, error: BaseException | None) -> Outcome:
        return Outcome([], [Target(self._symbol, None)], error)

    def run(self, advance: Advance) -> Outcome:
        exchange = self._exchanges.real()
        try:
            return Outcome([*exchange.cancel_all_orders(self._symbol)], [])
        except (Exception, KeyboardInterrupt) as error:
            outcome = self.not_begun(error)
            if not hasattr(error, "unresolved"):  # such as an interrupt, which says nothing about any order
                return outcome
            left = [one._replace(symbol=self._symbol) for one in unresolved_of(error)]
            return outcome._replace(orders=[*getattr(error, "orders", ())], unresolved=left)


def _rehearsed(exchange: RehearsingBingx, symbol: str, cancel: Callable[[], Any]) -> Request:
    try:
        request = exchange.rehearse(cancel)
    except BadSymbol:
        raise BadUsage(f"{symbol} is not a market of the exchange; nothing was sent") from None
    _refuse_name_of_several(exchange, symbol)
    return request


def _refuse_name_of_several(exchange: RehearsingBingx, symbol: str) -> None:
    """Refuse the exchange's own name of several markets. ccxt takes it for one of them without a word."""
    named = (exchange.markets_by_id or {}).get(symbol, ())
    if len(named) > 1:
        choices = " or ".join(f"{market['symbol']} ({_kind_of(market)})" for market in named)
        raise BadUsage(
            f"{symbol} is the exchange's name of {len(named)} markets: write {choices}; nothing was sent"
        )


def _kind_of(market: Mapping[str, Any]) -> str:
    if market["spot"]:
        return "spot"
    return "linear swap" if market["linear"] else "inverse swap"
