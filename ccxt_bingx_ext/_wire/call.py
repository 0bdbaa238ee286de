"""How far one of our requests got. The session that sends it reports here, and asks before it writes.

A context variable connects the request to the session's hooks: ccxt does not pass our objects on to them.
"""

from __future__ import annotations

from contextlib import suppress
from contextvars import ContextVar
from time import monotonic

from ccxt.base.errors import (
    BadResponse,
    BaseError,
    ExchangeError,
    ExchangeNotAvailable,
    NetworkError,
    RequestTimeout,
)

from .._bingx.endpoints import concerns_orders, route_of
from .._bingx.errors import Response, attach_response
from .._cancel.commands import Turn
from .._cancel.failures import Progress, attach_progress, chain_of
from .._log import WARNING, event
from .._ratelimit.acquire import Slot, renew, renew_async, try_acquire, try_acquire_async
from .._ratelimit.messages import Limiter


class Replayed(Exception):
    """The session wants to repeat the request by itself. The exchange may have executed the first one."""


class Redirected(Exception):
    """The server redirects the request. Following would send key and signature to another address."""

    def __init__(self, http_status: int) -> None:
        super().__init__(f"the plugin does not follow a redirect (HTTP {http_status})")
        self.http_status = http_status


# Bytes when decoded. Our choice: BingX documents no maximum, and an order takes about 1 kB.
LARGEST_RESPONSE = 16 * 2**20


class TooLarge(Exception):
    """The response is larger than any sensible response: 16 kB may decode to 16 MB."""

    def __init__(self) -> None:
        super().__init__(f"the response is larger than {LARGEST_RESPONSE} bytes")


class SlotLost(BaseException):
    """The request was not written in time, and another request now has its slot in the rate limit.

    Or another cancel of the same order came first, and the exchange would refuse a second one so soon.
    It passes through every handler of failed requests: nothing was sent, and the request starts again.
    """


class Call:
    """One request, from the limiter's queue to the response.

    - `signed`: the request concerns orders and is ready to be sent, by any means that the bot's class uses.
    - `signed_at`: when (s of `time.monotonic`) the last request, of any kind, was ready to be sent.
    - `begun`: ccxt's `fetch2` has begun the flow's request. Any other is the bot's own, made meanwhile.
    - `fetched`: ccxt's `fetch` has begun to send the request.
    - `on_the_wire`: a session is sending the request right now.
    - `written`: part of the request may have been written, by this call or by a call inside of it.
    - `failure`: how a watched session failed to send the request.
    - `answered`: a response has begun to arrive.
    - `deadline`: when (s of `time.monotonic`) the response must be complete.
    - `replayable`: the session may repeat the request by itself.
    - `rest_of_window`: how long (s) the limit is used up, according to the response.
    - `slot`: the request's slot in the rate limit. None if no limit applies.
    - `has_lost_slot`: the session stopped before it wrote the body, because another request has the slot.
    - `wait`: how long (s) to wait before the request starts again. Until then the exchange would refuse it.
    """

    def __init__(
        self, parent: Call | None = None, slot: Slot | None = None, turn: Turn | None = None
    ) -> None:
        self._parent = parent
        self.signed = self.begun = self.fetched = self.on_the_wire = self.written = self.answered = False
        self.has_lost_slot = self._has_begun_body = False
        self.failure: BaseException | None = None
        self.deadline = float("inf")
        self.replayable = False
        self.signed_at: float | None = None
        self.rest_of_window: float | None = None
        self.slot = slot
        self.wait = 0.0
        self._turn = turn

    def before_write(self) -> None:
        """The session is about to write the request.

        Raises `Replayed` the second time, unless the session may repeat the request and the limit has another
        slot. The same holds for a retry of ccxt's own. Raises `SlotLost` if the slot was not used in time and
        another request has it now, or if the orders have to wait.
        """
        self._check_turn()
        if (used := self._used_slot()) is not None:
            self._replace_slot(try_acquire(used.limiter, used.rate_limit))
        if (late := self._late_slot()) is not None and not renew(late):
            raise SlotLost
        self._write()

    async def before_write_async(self) -> None:
        """Do what `before_write` does, in an event loop."""
        self._check_turn()
        if (used := self._used_slot()) is not None:
            self._replace_slot(await try_acquire_async(used.limiter, used.rate_limit))
        if (late := self._late_slot()) is not None and not await renew_async(late):
            raise SlotLost
        self._write()

    async def before_body_async(self) -> None:
        """The session is about to write a piece of the body. The headers go with the first piece.

        aiohttp (3.14 seen) keeps the headers back until then. Before Python 3.12 the body has a task of its
        own, and a busy event loop may run many others first. Raises ``ConnectionError`` if the slot was not
        used in time and is no longer free: aiohttp turns only plain exceptions into a failed request.
        """
        is_first, self._has_begun_body = not self._has_begun_body, True
        if is_first and self.slot is not None and not self.slot.usable(monotonic()):
            self.has_lost_slot = not await renew_async(self.slot)
            if self.has_lost_slot:
                raise ConnectionError("another request now has the slot in the rate limit")
            self.slot.written()

    def _check_turn(self) -> None:
        if self._turn is not None and not self.written:
            self.wait, _ = self._turn()
            if self.wait:
                raise SlotLost

    def _used_slot(self) -> Slot | None:
        """The slot that an earlier write of this request used, if the session or ccxt may repeat it."""
        if self.written and not self.replayable:
            raise Replayed("the response was lost, and the plugin does not repeat the request")
        outer = self._parent
        is_retry = outer is not None and outer.written and outer.slot is self.slot
        return self.slot if self.written or is_retry else None

    def _replace_slot(self, slot: Slot | None) -> None:
        if slot is None:  # its sender may send it again, in its own time
            raise Replayed("the response was lost, and the rate limit has no free slot to repeat the request")
        self.slot = slot

    def _late_slot(self) -> Slot | None:
        return None if self.slot is None or self.slot.usable(monotonic()) else self.slot

    def _write(self) -> None:
        call: Call | None = self
        while call is not None:
            call.written, call = True, call._parent
        if self.slot is not None:
            self.slot.written()

    def answer(self) -> None:
        """Note that a response has begun to arrive, so the request had arrived."""
        self.answered = True
        if self.slot is not None:
            self.slot.answered()

    def unused_slot(self, error: BaseException) -> Slot | None:
        """The slot that others may have, because nothing was written when `error` ended the request."""
        return self.slot if self.progress(error) in (Progress.NOT_BEGUN, Progress.NOT_WRITTEN) else None

    def progress(self, error: BaseException) -> Progress | None:
        """How far the request got when `error` ended it. None if no watched session saw that.

        A bot's class may send the request by other means, and a session may pass it on to another session.
        """
        if not self.signed:
            return Progress.NOT_BEGUN
        if self.written:
            return Progress.WRITTEN
        is_seen = self.failure is not None and any(link is self.failure for link in chain_of(error))
        return Progress.NOT_WRITTEN if is_seen else None

    def as_ccxt_error(self, error: Exception) -> BaseError:
        """Return the ccxt error to raise in place of `error`."""
        if isinstance(error, Redirected):
            redirected = ExchangeNotAvailable(f"bingx {error}")
            attach_response(redirected, Response(error.http_status))
            return redirected
        try:
            text = f"bingx {type(error).__name__}: {error}"
        except Exception:  # the __str__ of an unknown class may raise anything
            text = f"bingx {type(error).__name__}"
        if not self.signed and isinstance(error, _UNREADABLE):
            return ExchangeError(text)  # ccxt cannot read an argument: not a network error
        if isinstance(error, TimeoutError):
            return RequestTimeout(text)
        if isinstance(error, Replayed):
            return ExchangeNotAvailable(text)
        return BadResponse(text) if self.answered else NetworkError(text)


# What Python raises of an argument that ccxt cannot read. An amount of "x" is ``decimal.InvalidOperation``.
_UNREADABLE = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)


_current: ContextVar[Call | None] = ContextVar("ccxt_bingx_ext.call", default=None)


def call_on_the_wire() -> Call | None:
    """The request that this thread or task is sending right now."""
    call = _current.get()
    return call if call is not None and call.on_the_wire else None


def current_call(method: str, url: str) -> Call | None:
    """The request that this thread or task is sending right now, if `method` and `url` concern orders.

    A session may make requests of its own meanwhile.
    """
    return call_on_the_wire() if concerns_orders(route_of(method, url)) else None


def note_signed(*, concerns_orders: bool) -> None:
    """Note that the request of this thread or task is ready to be sent."""
    call = _current.get()
    if call is not None:
        call.signed, call.signed_at = call.signed or concerns_orders, monotonic()


def call_around() -> Call | None:
    """The call that this thread or task is in: it sends a request right now, or ccxt reads its response."""
    return _current.get()


def hold_slot(slot: Slot) -> None:
    """Keep `slot` for the request that is about to be sent."""
    call = _current.get()
    if call is not None and not call.signed:
        call.slot = slot


def holds_slot_of(limiter: Limiter) -> bool:
    """Whether the request that is about to be sent has a slot of `limiter` already."""
    call = _current.get()
    return call is not None and not call.signed and call.slot is not None and call.slot.limiter is limiter


class in_call:
    """Carry out one request in `call`.

    Not a generator with ``@contextmanager``: that writes to the exception, which some exceptions forbid.
    """

    def __init__(self, call: Call) -> None:
        self.call = call

    def __enter__(self) -> Call:
        self._token = _current.set(self.call)
        return self.call

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        with suppress(ValueError):  # Python may close a coroutine in another context
            _current.reset(self._token)


class one_call(in_call):
    """Carry out one request. Every failure leaves as a ccxt error that records how far the request got."""

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        super().__exit__(kind, error, traceback)
        if isinstance(error, BaseError):
            attach_progress(error, self.call.progress(error), self.call.signed_at)
        elif isinstance(error, Exception):
            converted = self.call.as_ccxt_error(error)
            attach_progress(converted, self.call.progress(error), self.call.signed_at)
            raise converted from error


class on_the_wire(one_call):
    """Send the current request, or one of ccxt's own. The response must be complete within `timeout` s."""

    def __init__(self, timeout: float, *, replayable: bool) -> None:
        outer = _current.get()
        # ccxt retries in one call (`maxRetriesOnFailure`), a bot's class may fetch twice, and a task that a
        # call spawns inherits the call.
        if outer is None:
            outer = Call()
        elif outer.fetched:
            outer = Call(outer, outer.slot)
        super().__init__(outer)
        self.call.replayable = replayable
        self._timeout = timeout

    def __enter__(self) -> Call:
        self.call.signed = self.call.on_the_wire = self.call.fetched = True
        self.call.deadline = monotonic() + self._timeout
        return super().__enter__()

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self.call.on_the_wire = False
        if self.call.has_lost_slot and isinstance(error, Exception):
            super().__exit__(None, None, traceback)
            raise SlotLost from None
        super().__exit__(kind, error, traceback)


_warned: set[str] = set()


def warn_unwatched(session: object) -> None:
    """Log, once per kind of session, that the plugin cannot watch it."""
    kind = f"{type(session).__module__}.{type(session).__qualname__}"
    if kind not in _warned:
        _warned.add(kind)
        text = (
            f"cannot watch requests in a session of type {kind}: make sure that the session neither repeats "
            "a request nor follows a redirect by itself"
        )
        event(WARNING, "unwatched", text, session=kind)
