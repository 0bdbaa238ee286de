"""ccxt's async BingX class with cancels that report what became of every order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, SupportsIndex

from ccxt.async_support.bingx import bingx as upstream
from ccxt.base.errors import BaseError
from ccxt.base.types import Num, Order, OrderSide, OrderType

from ._cancel.commands import Command, LoadMarkets, Share, Turn, turn_of
from ._ccxt_releases import takes_clean_instance_data
from ._coalesce.coalescer import Coalescer
from ._ids import OrderId
from ._overrides import BingxMixin, LimiterCost
from ._ratelimit.acquire import Slot, acquire_async
from ._ratelimit.messages import Ban, Limiter, Pause
from ._runner import run_async
from ._simulated import redirect_if_asked
from ._wire.aiohttp_sessions import watch_session
from ._wire.call import Call, SlotLost, hold_slot, holds_slot_of, in_call, one_call

__all__ = ["bingx"]

redirect_if_asked(upstream)
# A bot's close(True) closes everything on every ccxt.
_CLOSE_TAKES_ARGUMENT = takes_clean_instance_data(upstream.close)


class bingx(BingxMixin, upstream):
    """``ccxt.async_support.bingx`` with cancels that report what became of every order."""

    def __init__(self, *args: Any, **named: Any) -> None:
        self._coalescer = Coalescer()
        super().__init__(*args, **named)

    def __repr__(self) -> str:
        return "ccxt_bingx_ext.async_support.bingx()"

    async def cancel_orders(
        self,
        ids: Iterable[OrderId] | None,
        symbol: str | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Order]:
        """Cancel several orders of one market. Arguments, result and errors are those of the sync class."""
        return await run_async(self._cancel_orders(ids, symbol, params), self._execute)

    async def cancel_orders_for_symbols(
        self, orders: Iterable[Mapping[str, Any]], params: Mapping[str, Any] = {}
    ) -> list[Order]:
        """Cancel orders of several markets, concurrently. Otherwise as in the sync class."""
        return await run_async(self._cancel_orders_for_symbols(orders, params), self._execute)

    async def cancel_order(
        self, id: str | SupportsIndex | None, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> Order:
        """Cancel one order. Arguments, result and errors are those of the sync class.

        Concurrent calls on spot markets and linear swaps share batches, unless
        ``options["cancelOrders"]["coalesce"]`` is False.
        """
        if not self._is_ours(params):
            return await super().cancel_order(id, symbol, params)
        return await run_async(self._cancel_order(id, symbol, params), self._execute_or_share)

    async def cancel_all_orders(
        self, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> list[Order]:
        """Cancel all open orders. Arguments, result and errors are those of the sync class."""
        if not self._is_ours(params):
            all_orders: list[Order] = await super().cancel_all_orders(symbol, params)
            return all_orders
        return await run_async(self._cancel_all_orders(symbol, params), self._execute)

    async def edit_order(
        self,
        id: str,
        symbol: str,
        type: OrderType,
        side: OrderSide,
        amount: Num = None,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order:
        """Cancel one order and place another one instead. Otherwise as in the sync class."""
        if not self._is_ours():
            return await super().edit_order(id, symbol, type, side, amount, price, params)
        return await run_async(
            self._edit_order(id, symbol, (type, side, amount, price), params), self._execute
        )

    if TYPE_CHECKING:
        # pyright infers that ccxt's method never returns, and does not check the code after a call of it.
        async def cancel_orders_with_client_order_ids(
            self, clientOrderIds: Iterable[str], symbol: str | None = None, params: Mapping[str, Any] = {}
        ) -> list[Order]: ...

    async def close(self, clean_instance_data: bool = False) -> Any:
        await self._coalescer.close(self.timeout / 1000)
        if not _CLOSE_TAKES_ARGUMENT:
            return await super().close()
        return await super().close(clean_instance_data)

    async def _execute_or_share(self, command: Command | Share) -> Any:
        if isinstance(command, Share):
            return await self._coalescer.share(self, command)
        return await self._execute(command)

    async def _execute(self, command: Command, slot: Slot | None = None) -> Any:
        """Execute `command`. `slot`: its slot in the rate limit, if it already has one."""

        async def start(call: Call) -> Any:
            with self._traced(command, call), one_call(call):
                return self._result(command, await self._start(command), call)

        try:
            return await _carry_out(start, slot=slot, turn=turn_of(command))
        except BaseError as error:
            if isinstance(command, LoadMarkets):
                # ccxt raises one error in all calls that wait for the same load. Each call has orders of its
                # own.
                raise copy(error) from error.__cause__
            raise

    async def fetch2(
        self, path: str, api: Any = "public", method: str = "GET", params: Any = {}, *args: Any, **named: Any
    ) -> Any:
        request = partial(super().fetch2, path, api, method, params, *args, **named)
        if not self._needs_call(path, api, method, params):
            return await request()

        async def start(call: Call) -> Any:
            with in_call(call):
                return await request()

        return await _carry_out(start, self._call_to_join(path, api, method))

    async def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        with self._on_the_wire(method, url) as call:
            if call is not None:
                self._open()
                watch_session(self.session)
            return await super().fetch(url, method, headers, body)

    def _open(self) -> None:
        # A bot may make its session in an override of `open`, which ccxt calls within `fetch`.
        if self.session is None and not getattr(self, "closed_by_user", False):
            self.open()

    def get_socks_proxy_session(self, *args: Any, **named: Any) -> Any:
        session = super().get_socks_proxy_session(*args, **named)
        watch_session(session)
        return session

    async def throttle(self, cost: Any = None) -> None:
        if not isinstance(cost, LimiterCost) or cost.is_ordinary:
            await super().throttle(cost)
        if isinstance(cost, LimiterCost):
            self._open()  # reads the CA certificates for 20 ms (measured), which a slot should not wait for
            with cost.excused():
                how = self._limiter(cost.limited)
                if not holds_slot_of(how[0]):
                    hold_slot(await acquire_async(*how, cost.give_up))

    async def _update_limiters(self, limiters: Sequence[Limiter], signal: Pause | Ban) -> None:
        for limiter in limiters:
            await limiter.do_async(signal)


async def _carry_out(
    start: Callable[[Call], Awaitable[Any]],
    outer: Call | None = None,
    slot: Slot | None = None,
    turn: Turn | None = None,
) -> Any:
    """The result of `start`, which sends one request in a call. Start again if it lost its slot unsent."""
    while True:
        call, slot = Call(outer, slot, turn), None
        try:
            return await start(call)
        except SlotLost:
            if call.wait:
                if call.slot is not None:
                    await call.slot.never_written_async()
                await asyncio.sleep(call.wait)
        except GeneratorExit:  # Python closes the coroutine, which must not await then
            raise
        except BaseException as error:
            unused = call.unused_slot(error)
            if unused is not None:
                await unused.never_written_async()
            raise
