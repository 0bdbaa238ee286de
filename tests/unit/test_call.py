"""One request on the wire: how far it got, and the error that its failure becomes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

import pytest
from ccxt.base.errors import (
    BadRequest,
    BadResponse,
    BaseError,
    ExchangeError,
    ExchangeNotAvailable,
    NetworkError,
    RequestTimeout,
)

from ccxt_bingx_ext._bingx.errors import not_sent
from ccxt_bingx_ext._cancel.failures import Progress, progress_of, signed_at_of
from ccxt_bingx_ext._ratelimit.acquire import acquire, try_acquire
from ccxt_bingx_ext._ratelimit.local import LocalLimiter
from ccxt_bingx_ext._ratelimit.schedule import RateLimit
from ccxt_bingx_ext._wire.call import (
    Call,
    Replayed,
    SlotLost,
    call_on_the_wire,
    current_call,
    hold_slot,
    note_signed,
    on_the_wire,
    one_call,
)


@pytest.mark.parametrize(
    ("error", "answered", "becomes"),
    [
        (TimeoutError("x"), False, RequestTimeout),
        (OSError("x"), False, NetworkError),
        (ValueError("x"), False, NetworkError),
        (ValueError("x"), True, BadResponse),
        (RecursionError("x"), True, BadResponse),
    ],
)
def test_ccxt_classes(error: Exception, answered: bool, becomes: type[BaseError]) -> None:
    """An exception that is not a ccxt error becomes one, whose message names it."""
    call = Call()
    call.signed, call.answered = True, answered
    converted = call.as_ccxt_error(error)
    assert type(converted) is becomes
    assert str(converted) == f"bingx {type(error).__name__}: x"


BEFORE_WRITE: tuple[Callable[[Call], object], ...] = (
    Call.before_write,
    lambda call: asyncio.run(call.before_write_async()),
)


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        *(
            (kind("x"), ExchangeError)
            for kind in (TypeError, ValueError, AttributeError, IndexError, ArithmeticError)
        ),
        (OSError("x"), NetworkError),
        (TimeoutError("x"), RequestTimeout),
    ],
)
def test_ccxt_classes_before_signing(error: Exception, becomes: type[BaseError]) -> None:
    """An argument that ccxt cannot read is not a network error, after which bots retry."""
    converted = Call().as_ccxt_error(error)
    assert type(converted) is becomes
    assert str(converted) == f"bingx {type(error).__name__}: x"


URL = "https://host/openApi/spot/v1/trade/cancelOrders"


def failure_in(call: Call, **seen: Any) -> BaseError:
    """The error of a call of which a session has `seen` this much."""
    with pytest.raises(BadRequest) as caught:
        _fail_in(call, seen)
    return caught.value


def _fail_in(call: Call, seen: dict[str, Any]) -> None:
    with one_call(call):
        if not seen.pop("signed", True):
            raise BadRequest("x")
        note_signed(concerns_orders=True)
        if not seen.pop("fetched", True):
            raise BadRequest("x")  # a bot's class has sent it by other means
        with on_the_wire(1.0, replayable=False) as inner:
            assert inner is call
            vars(call).update(seen)
            cause = seen.get("failure")
            if seen.pop("lost", False):
                cause = OSError("of another session")
            raise BadRequest("x") from cause


def test_signed_at() -> None:
    """The error keeps when its request was signed. A request of no order is not `signed`."""
    before = monotonic()
    signed_at = signed_at_of(failure_in(Call()))
    assert signed_at is not None
    assert before <= signed_at <= monotonic()
    assert signed_at_of(failure_in(Call(), signed=False)) is None
    call = Call()
    with one_call(call):
        note_signed(concerns_orders=False)
    assert (call.signed, call.signed_at is None) == (False, False)
    with one_call(call):
        note_signed(concerns_orders=True)
        note_signed(concerns_orders=False)
    assert call.signed
    note_signed(concerns_orders=True)  # outside of any call of ours


def test_progress() -> None:
    """The error records how far its request got, or None if no session saw it."""
    refused = ConnectionRefusedError("x")
    assert progress_of(failure_in(Call(), signed=False)) is Progress.NOT_BEGUN
    assert progress_of(failure_in(Call(), fetched=False)) is None
    assert progress_of(failure_in(Call())) is None
    assert progress_of(failure_in(Call(), failure=refused)) is Progress.NOT_WRITTEN
    assert progress_of(failure_in(Call(), failure=refused, lost=True)) is None
    assert progress_of(failure_in(Call(), failure=refused, written=True)) is Progress.WRITTEN


def test_second_fetch() -> None:
    """A write by a second fetch of one call counts for the call."""
    call = Call()
    with one_call(call):
        with on_the_wire(1.0, replayable=False):
            pass
        with on_the_wire(1.0, replayable=False) as second:
            assert second is not call
            second.before_write()
    assert call.written


def test_call_inside_a_call() -> None:
    """A write counts for every call that it is inside of."""
    outer = Call()
    Call(Call(outer)).before_write()
    assert outer.written


def test_slot_of_another_request() -> None:
    """A signed request keeps its slot if a bot's class throttles another request meanwhile."""
    limiter, rate_limit = LocalLimiter(), RateLimit(2, 3600.0)
    own, other = (acquire(limiter, rate_limit, 0.0, not_sent) for _ in range(2))
    with one_call(Call()) as call:
        hold_slot(own)
        note_signed(concerns_orders=True)
        hold_slot(other)
    hold_slot(other)  # outside of any call
    assert call.slot is own


@pytest.mark.parametrize("is_written", [False, True])
def test_slot_of_second_fetch(is_written: bool) -> None:
    """A second fetch of one call takes a new slot if the first fetch has used the call's slot."""
    limiter, rate_limit = LocalLimiter(), RateLimit(2, 3600.0)
    slot = acquire(limiter, rate_limit, 0.0, not_sent)
    with one_call(Call(slot=slot)):
        with on_the_wire(1.0, replayable=False) as first:
            if is_written:
                first.before_write()
        with on_the_wire(1.0, replayable=False) as second:
            second.before_write()
            assert (second.slot is slot) is not is_written
    assert (try_acquire(limiter, rate_limit) is None) is is_written


def test_second_write() -> None:
    """Only a request that may be repeated is written a second time."""
    call = Call()
    call.before_write()
    with pytest.raises(Replayed):
        call.before_write()
    call.replayable = True
    call.before_write()


@pytest.mark.parametrize("before_write", BEFORE_WRITE)
def test_orders_have_to_wait(before_write: Callable[[Call], object]) -> None:
    """If another cancel of the same order came first, nothing is written, and the request starts again."""
    waits = [0.5, 0.0]
    call, again = (Call(turn=lambda: (waits.pop(0), True)) for _ in range(2))
    with pytest.raises(SlotLost):
        before_write(call)
    assert (call.written, call.wait) == (False, 0.5)
    before_write(again)
    again.replayable = True
    before_write(again)
    assert waits == []


def test_late_body() -> None:
    """A late body needs the slot again. If another request has the slot, nothing is written."""
    limiter, rate_limit = LocalLimiter(), RateLimit(1, 3600.0)
    call = Call()
    call.slot = slot = acquire(limiter, rate_limit, 0.0, not_sent)
    slot.usable_until = 0.0
    asyncio.run(call.before_body_async())
    assert slot.usable(monotonic())

    slot.never_written()
    acquire(limiter, rate_limit, 0.0, not_sent)
    slot.usable_until = 0.0
    asyncio.run(call.before_body_async())  # a further piece of the body
    late = Call()
    late.slot = slot
    with pytest.raises(ConnectionError):
        asyncio.run(late.before_body_async())
    assert late.has_lost_slot


def test_late_request() -> None:
    """A late request needs the slot again. If another request has the slot, nothing is written."""
    for before_write in BEFORE_WRITE:
        limiter, rate_limit = LocalLimiter(), RateLimit(1, 3600.0)
        call = Call()
        call.slot = acquire(limiter, rate_limit, 0.0, not_sent)
        call.slot.never_written()
        acquire(limiter, rate_limit, 0.0, not_sent)
        call.slot.usable_until = 0.0
        with pytest.raises(SlotLost):
            before_write(call)
        assert not call.written


@pytest.mark.parametrize("limit", [1, 2])
@pytest.mark.parametrize("before_write", BEFORE_WRITE)
def test_repeated_request(before_write: Callable[[Call], object], limit: int) -> None:
    """A query that the session repeats takes a new slot, and is not repeated if the limit has none."""
    limiter, rate_limit = LocalLimiter(), RateLimit(limit, 3600.0)
    call = Call()
    call.replayable = True
    call.slot = first = acquire(limiter, rate_limit, 0.0, not_sent)
    before_write(call)
    if limit == 1:
        with pytest.raises(Replayed, match="no free slot"):
            before_write(call)
        assert call.slot is first
    else:
        before_write(call)
        assert call.slot is not first
        assert try_acquire(limiter, rate_limit) is None, "both writes count"


@pytest.mark.parametrize("before_write", BEFORE_WRITE)
def test_unlimited_query_is_repeated(before_write: Callable[[Call], object]) -> None:
    """Without a limit the session may repeat a query, and never a cancel."""
    query, cancel = Call(), Call()
    query.replayable = True
    before_write(query)
    before_write(query)
    before_write(cancel)
    with pytest.raises(Replayed, match="does not repeat"):
        before_write(cancel)


def test_lost_slot() -> None:
    """After a lost slot the request starts again, regardless of the session's exception."""

    def lose() -> None:
        with on_the_wire(1.0, replayable=False) as call:
            call.has_lost_slot = True
            raise ExchangeNotAvailable("the session's own words")

    with pytest.raises(SlotLost):
        lose()


def test_current_call() -> None:
    """A call is current while it is on the wire, for URLs of ours. A second call inside has its own."""
    assert current_call("POST", URL) is None
    with one_call(Call()):
        assert current_call("POST", URL) is None
        with on_the_wire(1.0, replayable=False) as first:
            assert current_call("POST", URL) is call_on_the_wire() is first
            assert current_call("POST", "https://host/token") is None
            with on_the_wire(1.0, replayable=False) as second:
                assert current_call("POST", URL) is second is not first
            assert current_call("POST", URL) is first
        assert current_call("POST", URL) is call_on_the_wire() is None


@dataclass(frozen=True)
class Frozen(Exception):
    """An exception that forbids writing to it, even its traceback."""

    def __str__(self) -> str:
        raise ValueError("no words")


def test_unwritable_error() -> None:
    """An exception that forbids writing or showing also becomes a ccxt error."""
    with pytest.raises(NetworkError, match="bingx Frozen") as caught, one_call(Call()):
        raise Frozen
    assert isinstance(caught.value.__cause__, Frozen)
