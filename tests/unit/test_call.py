"""One request on the wire: how far it got, and what its failure becomes."""

from __future__ import annotations

import pytest
from ccxt.base.errors import BadRequest, BadResponse, BaseError, NetworkError, RequestTimeout

from ccxt_bingx_ext._bingx.errors import Progress, progress_of
from ccxt_bingx_ext._wire.call import Call, Replayed, current_call, on_the_wire, one_call


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
    """What is not a ccxt error becomes one that names it."""
    call = Call()
    call.answered = answered
    converted = call.as_ccxt_error(error)
    assert type(converted) is becomes
    assert str(converted) == f"bingx {type(error).__name__}: x"


def failure_of_a_call(*, begun: bool = False, written: bool = False, fetching: bool = True) -> BaseError:
    with pytest.raises(BadRequest) as caught:
        _fail_in_a_call(begun, written, fetching)
    return caught.value


def _fail_in_a_call(begun: bool, written: bool, fetching: bool) -> None:
    outer = Call()
    with one_call(outer):
        if not fetching:
            raise BadRequest("x")
        with on_the_wire(1.0, replayable=False) as call:
            assert call is outer
            call.begun, call.written = begun, written
            raise BadRequest("x")


def test_progress() -> None:
    """The error says how far its request got; None if its session said nothing."""
    assert progress_of(failure_of_a_call(fetching=False)) is Progress.NOT_BEGUN
    assert progress_of(failure_of_a_call()) is None
    assert progress_of(failure_of_a_call(begun=True)) is Progress.NOT_WRITTEN
    assert progress_of(failure_of_a_call(begun=True, written=True)) is Progress.WRITTEN


def test_second_write() -> None:
    """Only a request that may be repeated is written a second time."""
    call = Call()
    call.before_write()
    with pytest.raises(Replayed):
        call.before_write()
    call.replayable = True
    call.before_write()


def test_current_call() -> None:
    """A call is current while it is on the wire; a second request inside of it has a call of its own."""
    assert current_call() is None
    with one_call(Call()):
        assert current_call() is None
        with on_the_wire(1.0, replayable=False) as first:
            assert current_call() is first
            with on_the_wire(1.0, replayable=False) as second:
                assert current_call() is second is not first
            assert current_call() is first
        assert current_call() is None
