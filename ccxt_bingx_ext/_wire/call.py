"""How far one request of ours got. The session that carries it reports here, and asks before it writes.

A context variable leads from the request to the session's hooks: ccxt passes nothing of ours on to them.
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
from .._cancel.failures import Progress, attach_progress, chain_of
from .._log import WARNING, event
from .._ratelimit.acquire import Slot, renew, renew_async, try_acquire, try_acquire_async
from .._ratelimit.messages import Limiter


class Replayed(Exception):
    """The session sends the same request again by itself. The first one may have been executed."""


class Redirected(Exception):
    """The server answered with a redirect. To follow it would send key and signature to wherever it leads."""

    def __init__(self, http_status: int) -> None:
        super().__init__(f"a redirect (HTTP {http_status}) is not followed")
        self.http_status = http_status


LARGEST_RESPONSE = 16 * 2**20  # bytes when decoded; ours: the documents name none, an order takes about 1 kB


class TooLarge(Exception):
    """The response is larger than any that makes sense: 16 kB may decode to 16 MB."""

    def __init__(self) -> None:
        super().__init__(f"the response is larger than {LARGEST_RESPONSE} bytes")


class SlotLost(BaseException):
    """The request was not written in time, and its slot in the rate limit is another's by now.

    It passes through whatever handles a failed request: nothing was sent, and it starts again.
    """


class Call:
    """One request, from the limiter's queue to the response.

    `signed`: it concerns orders, and is ready to be sent, by whatever the bot's class sends with.
    `signed_at`: since when (s, `time.monotonic`) any request is. `fetched`: ccxt's `fetch` has begun to send
    it. `on_the_wire`: a session carries it out right now. `written`: something of it may have
    been written, by this call or by one inside of it. `failure`: how a watched session failed to send it.
    `answered`: a response has begun to arrive. `deadline`: when (s, `time.monotonic`) the response has to be
    complete. `replayable`: the session may send it again by itself. `rest_of_window`: s for which the
    response says that the limit is used up. `slot`: its place in the rate limit; None if nothing limits it.
    `has_lost_slot`: the session gave up before it wrote the body, because another request has the slot.
    """

    def __init__(self, parent: Call | None = None, slot: Slot | None = None) -> None:
        self._parent = parent
        self.signed = self.fetched = self.on_the_wire = self.written = self.answered = False
        self.has_lost_slot = self._has_begun_body = False
        self.failure: BaseException | None = None
        self.deadline = float("inf")
        self.replayable = False
        self.signed_at: float | None = None
        self.rest_of_window: float | None = None
        self.slot = slot

    def before_write(self) -> None:
        """The session is about to write the request.

        Raises `Replayed` for the second time, unless the session may repeat it and the limit has a slot for
        it. Raises `SlotLost` if the slot was not used in time, and is not free any more.
        """
        if (used := self._used_slot()) is not None:
            self._replace_slot(try_acquire(used.limiter, used.rate_limit))
        if (late := self._late_slot()) is not None and not renew(late):
            raise SlotLost
        self._write()

    async def before_write_async(self) -> None:
        """Do what `before_write` does, in an event loop."""
        if (used := self._used_slot()) is not None:
            self._replace_slot(await try_acquire_async(used.limiter, used.rate_limit))
        if (late := self._late_slot()) is not None and not await renew_async(late):
            raise SlotLost
        self._write()

    async def before_body_async(self) -> None:
        """The session is about to write a piece of the body, and before the first one also the headers.

        aiohttp (3.14 seen) keeps the headers back until then. Before Python 3.12 the body has a task of its
        own, and a busy event loop may run much else first. Raises ``ConnectionError`` if the slot was not
        used in time, and is not free any more: aiohttp turns no exception but a plain one into a failure.
        """
        is_first, self._has_begun_body = not self._has_begun_body, True
        if is_first and self.slot is not None and not self.slot.usable(monotonic()):
            self.has_lost_slot = not await renew_async(self.slot)
            if self.has_lost_slot:
                raise ConnectionError("the slot in the rate limit is lost")
            self.slot.written()

    def _used_slot(self) -> Slot | None:
        """The slot with which the request was written before, if the session may repeat it."""
        if self.written and not self.replayable:
            raise Replayed("the response was lost; the plugin does not repeat the request")
        return self.slot if self.written else None

    def _replace_slot(self, slot: Slot | None) -> None:
        if slot is None:  # the flow queries again, in its own time
            raise Replayed("the response was lost, and the limit has no slot to repeat the request at once")
        self.slot = slot

    def _late_slot(self) -> Slot | None:
        return None if self.slot is None or self.slot.usable(monotonic()) else self.slot

    def _write(self) -> None:
        self.written = True
        if self._parent is not None:
            self._parent.written = True
        if self.slot is not None:
            self.slot.written()

    def answer(self) -> None:
        """A response has begun to arrive, so the request had arrived."""
        self.answered = True
        if self.slot is not None:
            self.slot.answered()

    def unused_slot(self, error: BaseException) -> Slot | None:
        """The slot that others may have, because nothing was written when `error` ended the request."""
        return self.slot if self.progress(error) in (Progress.NOT_BEGUN, Progress.NOT_WRITTEN) else None

    def progress(self, error: BaseException) -> Progress | None:
        """How far it got when `error` ended it; None if no watched session saw that.

        A bot's class may send the request by other means, and a session may pass on to another one.
        """
        if not self.signed:
            return Progress.NOT_BEGUN
        if self.written:
            return Progress.WRITTEN
        is_seen = self.failure is not None and any(link is self.failure for link in chain_of(error))
        return Progress.NOT_WRITTEN if is_seen else None

    def as_ccxt_error(self, error: Exception) -> BaseError:
        """What a ccxt caller expects in place of `error`."""
        if isinstance(error, Redirected):
            redirected = ExchangeNotAvailable(f"bingx {error}")
            attach_response(redirected, Response(error.http_status))
            return redirected
        try:
            text = f"bingx {type(error).__name__}: {error}"
        except Exception:  # a stranger's __str__ may raise anything
            text = f"bingx {type(error).__name__}"
        if not self.signed and isinstance(error, (TypeError, ValueError, AttributeError, LookupError)):
            return ExchangeError(text)  # an argument that ccxt cannot read, not the network
        if isinstance(error, TimeoutError):
            return RequestTimeout(text)
        if isinstance(error, Replayed):
            return ExchangeNotAvailable(text)
        return BadResponse(text) if self.answered else NetworkError(text)


_current: ContextVar[Call | None] = ContextVar("ccxt_bingx_ext.call", default=None)


def call_on_the_wire() -> Call | None:
    """The request that this thread or task is sending right now."""
    call = _current.get()
    return call if call is not None and call.on_the_wire else None


def current_call(method: str, url: str) -> Call | None:
    """The request that this thread or task is sending right now, if `url` is where one of ours goes.

    A session may make requests of its own meanwhile.
    """
    return call_on_the_wire() if concerns_orders(route_of(method, url)) else None


def note_signed(*, concerns_orders: bool) -> None:
    """The request of this thread or task is ready to be sent."""
    call = _current.get()
    if call is not None:
        call.signed, call.signed_at = call.signed or concerns_orders, monotonic()


def hold_slot(slot: Slot) -> None:
    """Keep `slot` for the request that is about to be sent, if it is one that is watched."""
    call = _current.get()
    if call is not None and not call.signed:
        call.slot = slot


def holds_slot_of(limiter: Limiter) -> bool:
    """Whether the request that is about to be sent has a slot of `limiter` already."""
    call = _current.get()
    return call is not None and not call.signed and call.slot is not None and call.slot.limiter is limiter


class one_call:
    """Carry out one request. Whatever fails leaves as a ccxt error that says how far the request got.

    Not a generator with ``@contextmanager``: that writes to the exception, which some do not allow.
    """

    def __init__(self, call: Call) -> None:
        self.call = call

    def __enter__(self) -> Call:
        self._token = _current.set(self.call)
        return self.call

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        with suppress(ValueError):  # a coroutine that Python closes may be in another context by then
            _current.reset(self._token)
        if isinstance(error, BaseError):
            attach_progress(error, self.call.progress(error), self.call.signed_at)
        elif isinstance(error, Exception):
            converted = self.call.as_ccxt_error(error)
            attach_progress(converted, self.call.progress(error), self.call.signed_at)
            raise converted from error


class on_the_wire(one_call):
    """Send the current request, or one of ccxt's own. Its response has to be complete within `timeout` s."""

    def __init__(self, timeout: float, *, replayable: bool) -> None:
        outer = _current.get()
        # A bot's class may fetch twice in one call, and a task that was spawned inside a call inherits it.
        super().__init__(Call(outer) if outer is None or outer.fetched else outer)
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
    """Log, once for each kind of session, that the plugin cannot watch it."""
    kind = f"{type(session).__module__}.{type(session).__qualname__}"
    if kind not in _warned:
        _warned.add(kind)
        text = (
            f"cannot watch requests in a session of type {kind}: make sure that it neither repeats a request "
            "nor follows a redirect by itself"
        )
        event(WARNING, "unwatched", text, session=kind)
