"""How far one request of ours got. The session that carries it reports here, and asks before it writes.

A context variable leads from the request to the session's hooks: ccxt passes nothing of ours on to them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from time import monotonic

from ccxt.base.errors import BadResponse, BaseError, ExchangeNotAvailable, NetworkError, RequestTimeout

from .._bingx.errors import Progress, Response, attach_progress, attach_response
from .._ratelimit.acquire import Slot, renew, renew_async

log = logging.getLogger("ccxt_bingx_ext")


class Replayed(Exception):
    """The session sends the same request again by itself. The first one may have been executed."""


class Redirected(Exception):
    """The server answered with a redirect. To follow it would send key and signature to wherever it leads."""

    def __init__(self, http_status: int) -> None:
        super().__init__(f"a redirect (HTTP {http_status}) is not followed")
        self.http_status = http_status


class SlotLost(BaseException):
    """The request was not written in time, and its slot in the rate limit is another's by now.

    It passes through whatever handles a failed request: nothing was sent, and it starts again.
    """


class Call:
    """One request, from the limiter's queue to the response.

    `fetching`: it has left the queue. `on_the_wire`: a session carries it out right now. `begun`: a watched
    session has begun to send it. `written`: something of it may have been written. `answered`: a response has
    begun to arrive. `deadline`: when (s, `time.monotonic`) the response has to be complete. `replayable`: the
    session may send it again by itself. `rest_of_window`: s for which the response says that the limit is
    used up. `slot`: its place in the rate limit; None if nothing limits it.
    """

    def __init__(self) -> None:
        self.fetching = self.on_the_wire = self.begun = self.written = self.answered = False
        self.replayable = False
        self.deadline = float("inf")
        self.rest_of_window: float | None = None
        self.slot: Slot | None = None

    def before_write(self) -> None:
        """The session is about to write the request.

        Raises `Replayed` for the second time, unless the session may repeat it. Raises `SlotLost` if the slot
        was not used in time, and is not free any more.
        """
        if self._is_late() and not renew(self._slot):
            raise SlotLost
        self._write()

    async def before_write_async(self) -> None:
        """Do what `before_write` does, in an event loop."""
        if self._is_late() and not await renew_async(self._slot):
            raise SlotLost
        self._write()

    @property
    def _slot(self) -> Slot:
        assert self.slot is not None
        return self.slot

    def _is_late(self) -> bool:
        if self.written and not self.replayable:
            raise Replayed("the response was lost; the plugin does not repeat the request")
        return self.slot is not None and not self.written and not self.slot.usable(monotonic())

    def _write(self) -> None:
        self.written = True
        if self.slot is not None:
            self.slot.written()

    def answer(self) -> None:
        """A response has begun to arrive, so the request had arrived."""
        self.answered = True
        if self.slot is not None:
            self.slot.answered()

    @property
    def unused_slot(self) -> Slot | None:
        """The slot that others may have, because nothing was written."""
        return self.slot if self.progress in (Progress.NOT_BEGUN, Progress.NOT_WRITTEN) else None

    @property
    def progress(self) -> Progress | None:
        """How far it got; None if the session does not say."""
        if not self.fetching:
            return Progress.NOT_BEGUN
        if self.written:
            return Progress.WRITTEN
        return Progress.NOT_WRITTEN if self.begun else None

    def as_ccxt_error(self, error: Exception) -> BaseError:
        """What a ccxt caller expects in place of `error`."""
        text = f"bingx {type(error).__name__}: {error}"
        if isinstance(error, Redirected):
            redirected = ExchangeNotAvailable(f"bingx {error}")
            attach_response(redirected, Response(error.http_status))
            return redirected
        if isinstance(error, TimeoutError):
            return RequestTimeout(text)
        if isinstance(error, Replayed):
            return ExchangeNotAvailable(text)
        return BadResponse(text) if self.answered else NetworkError(text)


_current: ContextVar[Call | None] = ContextVar("ccxt_bingx_ext.call", default=None)


def current_call() -> Call | None:
    """The request that this thread or task is sending right now, if it is one of ours."""
    call = _current.get()
    return call if call is not None and call.on_the_wire else None


def hold_slot(slot: Slot) -> None:
    """Keep `slot` for the request that is about to be sent, if it is one that is watched."""
    call = _current.get()
    if call is not None and not call.fetching:
        call.slot = slot


@contextmanager
def one_call(call: Call) -> Iterator[None]:
    """Carry out one request. Whatever fails leaves as a ccxt error that says how far the request got."""
    with _as_current(call):
        yield


@contextmanager
def on_the_wire(timeout: float, *, replayable: bool) -> Iterator[Call]:
    """Send the current request, or one of ccxt's own. Its response has to be complete within `timeout` s."""
    outer = _current.get()
    # A task that was spawned inside a request inherits its call: that one has been sent already.
    with _as_current(Call() if outer is None or outer.fetching else outer) as call:
        call.fetching = call.on_the_wire = True
        call.replayable = replayable
        call.deadline = monotonic() + timeout
        try:
            yield call
        finally:
            call.on_the_wire = False


@contextmanager
def _as_current(call: Call) -> Iterator[Call]:
    token = _current.set(call)
    try:
        yield call
    except BaseError as error:
        attach_progress(error, call.progress)
        raise
    except Exception as error:
        converted = call.as_ccxt_error(error)
        attach_progress(converted, call.progress)
        raise converted from error
    finally:
        with suppress(ValueError):  # a coroutine that Python closes may be in another context by then
            _current.reset(token)


_warned: set[str] = set()


def warn_unwatched(session: object) -> None:
    """Log, once for each kind of session, that the plugin cannot watch it."""
    kind = f"{type(session).__module__}.{type(session).__qualname__}"
    if kind not in _warned:
        _warned.add(kind)
        log.warning(
            "cannot watch requests in a session of type %s: make sure that it neither repeats a request "
            "nor follows a redirect by itself",
            kind,
        )
