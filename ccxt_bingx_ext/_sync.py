"""The sync class."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, SupportsIndex

from ccxt.base.types import Num, Order, OrderSide, OrderType
from ccxt.bingx import bingx as upstream

from ._cancel.commands import Command, Turn, turn_of
from ._ids import OrderId
from ._overrides import BingxMixin, LimiterCost
from ._ratelimit.acquire import acquire
from ._ratelimit.messages import Ban, Limiter, Pause
from ._runner import run
from ._simulated import redirect_if_asked
from ._wire.call import Call, SlotLost, hold_slot, in_call, one_call
from ._wire.requests_sessions import sender_of, watch_session

redirect_if_asked(upstream)
_thread = threading.local()  # ccxt notes the time of a request in the thread that it has just throttled


class bingx(BingxMixin, upstream):
    """``ccxt.bingx`` with cancels that report what became of every order."""

    _awaits = False

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        watch_session(self.session)  # now, so that the first cancel can use an idle connection

    def __repr__(self) -> str:
        return "ccxt_bingx_ext.bingx()"

    def cancel_orders(
        self,
        ids: Iterable[OrderId] | None,
        symbol: str | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Order]:
        """Cancel several orders of one market, and report what became of each.

        Spot markets use ``POST /openApi/spot/v1/trade/cancelOrders`` (seed), 2 requests/s. Linear swaps use
        ``DELETE /openApi/swap/v2/trade/batchOrders`` (docs), ten ids a request, 5 requests/s. Inverse swaps
        have no batch endpoint. They use ``DELETE /openApi/cswap/v1/trade/cancelOrder`` (docs), one id a
        request, 5 requests/s, which the async classes send concurrently. Lists may have any length.

        `ids`: iterable of order ids (str of digits or int, 1 to 2^63-1). None only with client order ids. A
        dict with ``"id"`` or ``"clientOrderId"``, such as an order structure of this symbol or an entry of
        `unresolved_as_json`, names its order by the first of these that it has.
        `symbol`: unified symbol, required. `params`:

        - ``clientOrderIds``: list of client order ids (1 to 40 characters each), alone or beside `ids`. The
          endpoint's own ``orderIds`` and ``clientOrderIDs`` (list or comma string) mean the same.
        - ``process``: 1 cancels every order that can be cancelled. 0 (the exchange's default) makes the
          exchange refuse the whole list if one order cannot. Default: ``options["cancelOrders"]["process"]``.
          Swaps accept only 1.
        - ``recvWindow``: ms, positive (the exchange's default: 5000).
        - The plugin sends any other parameter as it is.

        Returns exactly one order structure per distinct id, in asking order, order ids first. Entries of the
        response that match none of the ids follow. ``status`` is ``"canceled"`` only if the exchange said so,
        and otherwise ``"closed"``, ``"rejected"``, ``"expired"``, ``"open"`` or None (the exchange knows no
        such order). ``info`` holds the exchange's own words. `is_gone` returns whether a status is final.

        Raises:

        - ``ArgumentsRequired``, ``BadRequest`` or ``BadSymbol`` for wrong input. Nothing was sent.
        - ``BadRequest`` for a ``process`` 0 list that the exchange refused, ``OrderNotFound`` for such a list
          of one id. Nothing was cancelled.
        - ``BadResponse`` if the exchange's responses do not settle every id.
        - ccxt's other classes, such as ``RateLimitExceeded`` or ``NetworkError``.

        Each of them has ``orders`` (list of order structures: what is known) and ``unresolved`` (list of ids
        that may still be live). If nothing was sent, ``unresolved`` holds all ids as you passed them.
        """
        return run(self._cancel_orders(ids, symbol, params), self._execute)

    def cancel_orders_for_symbols(
        self, orders: Iterable[Mapping[str, Any]], params: Mapping[str, Any] = {}
    ) -> list[Order]:
        """Cancel orders of several markets, of any kind, as `cancel_orders` does for one.

        `orders`: list of ``{"id": ..., "symbol": ...}`` or ``{"clientOrderId": ..., "symbol": ...}``
        (`CancellationRequest`). If an entry has both ids, such as an order structure, the order id counts.
        `params`: as in `cancel_orders`, for every symbol. ``process`` 0 holds for each symbol by itself.

        Returns exactly one order structure per distinct entry, in asking order. A failure on one symbol does
        not stop the others.

        Raises the most severe error of all symbols, of the classes that `cancel_orders` raises. Its
        ``orders`` and ``unresolved`` cover every symbol. ``unresolved`` holds entries like those of `orders`,
        so that you can pass it back. ``OrderNotFound`` means that nothing at all was cancelled. If the
        exchange refused only some symbols' lists, the error is a ``BadRequest``.
        """
        return run(self._cancel_orders_for_symbols(orders, params), self._execute)

    def cancel_order(
        self, id: str | SupportsIndex | None, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> Order:
        """Cancel one order, and report what became of it.

        Uses ``POST /openApi/spot/v1/trade/cancel``, ``DELETE /openApi/swap/v2/trade/order`` (linear) or
        ``DELETE /openApi/cswap/v1/trade/cancelOrder`` (inverse; docs), 5 requests/s each, without waiting in
        ccxt's queue.

        `id`: order id (str of digits or int). `symbol`: unified symbol, required. `params`:

        - ``clientOrderId``: cancels by client order id instead. With an `id` beside it, the plugin queries
          the order by `id`. If it is the id of another order, the call raises ``BadResponse``, with `id` in
          ``unresolved`` and the order of the client order id in ``orders``.
        - ``twap``: True leaves a TWAP order to ccxt's own method.
        - ``cancelRestrictions``: with it, the plugin does not cancel again an order that it finds open.
        - The plugin sends any other parameter as it is.

        Returns ccxt's order structure of the cancelled order. If a response was lost, that does not say who
        cancelled the order.

        Raises:

        - ``OrderNotFound`` if the order was gone, with its state in ``orders`` and an empty ``unresolved``.
        - ``ArgumentsRequired``, ``BadRequest`` or ``BadSymbol`` for wrong input. Nothing was sent.
        - ccxt's other classes, with the id in ``unresolved``, if the order may still be live.
        """
        if not self._is_ours(params):
            return super().cancel_order(id, symbol, params)
        return run(self._cancel_order(id, symbol, params), self._execute)

    def cancel_all_orders(self, symbol: str | None = None, params: Mapping[str, Any] = {}) -> list[Order]:
        """Cancel all open orders of one market, or of all, and report which of them are left.

        Uses ``POST /openApi/spot/v1/trade/cancelOpenOrders`` (2 requests/s), ``DELETE
        /openApi/swap/v2/trade/allOpenOrders`` (linear) or ``DELETE /openApi/cswap/v1/trade/allOpenOrders``
        (inverse), 5 requests/s each (docs), without waiting in ccxt's queue. The plugin never repeats a
        request that the exchange may have executed. Afterwards it reads the list of open orders, and cancels
        by id the orders that the request has left. It cancels neither orders that were placed later nor
        orders with a trigger. ``options["cancelOrders"]["verifyAll"] = False`` omits the list.

        `symbol`: unified symbol. None means all symbols of one kind of market, which `params` name as for
        ccxt: ``type`` ("spot" or "swap"), ``subType`` ("linear" or "inverse"). The plugin sends any other
        parameter as it is.

        Returns the order structures of the orders that are cancelled, or are in another final state.

        Raises ``BadResponse`` if an order is still open, and ccxt's other classes. Every error has ``orders``
        and ``unresolved``, a list of entries for `cancel_orders_for_symbols`. An entry with ``id`` None
        stands for all orders of its symbol: the plugin does not know which of them are open.
        """
        if not self._is_ours(params):
            all_orders: list[Order] = super().cancel_all_orders(symbol, params)
            return all_orders
        return run(self._cancel_all_orders(symbol, params), self._execute)

    def edit_order(
        self,
        id: str,
        symbol: str,
        type: OrderType,
        side: OrderSide,
        amount: Num = None,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order:
        """Cancel one order and place another one instead, as ccxt does. The plugin never sends an edit twice.

        `id`: order id (str of digits or int). `params`: those of ccxt, and ``cancelClientOrderID``, the
        client order id of the old order, in place of the `id` or beside it. The other arguments are as in
        ccxt.

        Returns ccxt's order structure of the new order. With ``cancelReplaceMode`` ``ALLOW_FAILURE`` the old
        order may still be live. Then the plugin logs a warning, and ``info`` has the exchange's words.

        Raises:

        - ``InvalidOrder`` if the old order was cancelled and the new one was not placed.
        - ``OrderNotFound`` if the old order was gone.
        - ``ArgumentsRequired``, ``BadRequest`` or ``BadSymbol`` for wrong input, ``NotSupported`` for inverse
          swaps. Nothing was sent.
        - ccxt's other classes, with the old order's id in ``unresolved``, if that order may still be live.
          After an unknown outcome, the exchange may have placed the new order as well.
        """
        if not self._is_ours():
            return super().edit_order(id, symbol, type, side, amount, price, params)
        return run(self._edit_order(id, symbol, (type, side, amount, price), params), self._execute)

    if TYPE_CHECKING:
        # pyright infers that ccxt's method never returns, and does not check the code after a call of it.
        def cancel_orders_with_client_order_ids(
            self, clientOrderIds: Iterable[str], symbol: str | None = None, params: Mapping[str, Any] = {}
        ) -> list[Order]: ...

    def _execute(self, command: Command) -> Any:
        def start(call: Call) -> Any:
            with self._traced(command, call), one_call(call):
                return self._result(command, self._start(command), call)

        return _carry_out(start, turn=turn_of(command))

    def fetch2(
        self, path: str, api: Any = "public", method: str = "GET", params: Any = {}, *args: Any, **named: Any
    ) -> Any:
        request = partial(super().fetch2, path, api, method, params, *args, **named)
        if not self._needs_call(path, api, method, params):
            return request()

        def start(call: Call) -> Any:
            with in_call(call):
                return request()

        return _carry_out(start, self._call_to_join(path, api, method))

    def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        with self._on_the_wire(method, url) as call:
            if call is not None:
                watch_session(self.session, url)
            return super().fetch(url, method, headers, body)

    def _sender(self, url: str) -> object:
        return sender_of(self.session, url)

    def throttle(self, cost: Any = None) -> None:
        _thread.skips_stamp = False
        skips_throttle = isinstance(cost, LimiterCost) and not cost.is_ordinary
        if not skips_throttle:
            super().throttle(cost)
        if isinstance(cost, LimiterCost):
            with cost.excused():
                hold_slot(acquire(*self._limiter(cost.limited), cost.give_up))
        _thread.skips_stamp = skips_throttle

    @property
    def lastRestRequestTimestamp(self) -> Any:
        return self.__dict__.get("lastRestRequestTimestamp", 0)

    @lastRestRequestTimestamp.setter
    def lastRestRequestTimestamp(self, stamp: Any) -> None:
        # ccxt's next ordinary call would wait for a request that its throttle does not charge. Only the one
        # stamp after `throttle` is skipped: a bot may write, too.
        if getattr(_thread, "skips_stamp", False):
            _thread.skips_stamp = False
        else:
            self.__dict__["lastRestRequestTimestamp"] = stamp

    def _update_limiters(self, limiters: Sequence[Limiter], signal: Pause | Ban) -> None:
        for limiter in limiters:
            limiter.do(signal)


def _carry_out(start: Callable[[Call], Any], outer: Call | None = None, turn: Turn | None = None) -> Any:
    """The result of `start`, which sends one request in a call. Start again if it lost its slot unsent."""
    while True:
        call = Call(outer, turn=turn)
        try:
            return start(call)
        except SlotLost:
            if call.wait:
                if call.slot is not None:
                    call.slot.never_written()
                time.sleep(call.wait)
        except BaseException as error:
            unused = call.unused_slot(error)
            if unused is not None:
                unused.never_written()
            raise
