"""What came of a call, at the edge."""

from __future__ import annotations

import pytest
from ccxt.base.errors import BadRequest, ExchangeError, OrderNotFound, PermissionDenied, RequestTimeout

from ccxt_bingx_ext._cancel.outcome import most_severe, unresolved_on_error


def test_most_severe() -> None:
    """An ambiguous error outranks a refusal, and OrderNotFound comes last."""
    unknown, refused, other, gone = (
        RequestTimeout("x"),
        BadRequest("x"),
        PermissionDenied("x"),
        OrderNotFound("x"),
    )
    assert most_severe([gone, refused, unknown]) is unknown
    assert most_severe([gone, refused, other]) is refused
    assert most_severe([other, refused]) is other
    assert most_severe([gone]) is gone


def test_errors_of_python() -> None:
    """Python's own errors leave as they are, or as a ccxt error with the lists and the cause."""
    with pytest.raises(TypeError), unresolved_on_error(["1"]):
        raise TypeError("x")
    with pytest.raises(ExchangeError) as caught, unresolved_on_error(["1"], converts=True):
        raise TypeError("x")
    assert (caught.value.orders, caught.value.unresolved) == ([], ["1"])
    assert isinstance(caught.value.__cause__, TypeError)
