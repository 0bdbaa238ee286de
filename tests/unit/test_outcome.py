"""The outcome of a call becomes its result or its error, at the edge."""

from __future__ import annotations

from typing import Any

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


class Hostile:
    """A symbol of the caller's that cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("unresolved", "named"),
    [
        (["1", "2"], "1, 2"),
        ([str(one) for one in range(12)], "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"),
        ([{"id": "1", "symbol": "BTC/USDT"}], "1 (BTC/USDT)"),
        ([{"clientOrderId": "mine", "symbol": "BTC/USDT"}], "mine (BTC/USDT)"),
        ([{"id": None, "symbol": "BTC/USDT"}], "all open orders of BTC/USDT"),
        ([{"id": None, "symbol": None}], "all open orders of all symbols"),
        ([{"id": None, "symbol": Hostile()}], "all open orders of all symbols"),
    ],
)
def test_errors_before_a_request_name_orders(unresolved: list[Any], named: str) -> None:
    """An error before any request (loading the markets, say) names its orders. Wrong input names itself."""
    with pytest.raises(PermissionDenied) as caught, unresolved_on_error(unresolved, converts=True):
        raise PermissionDenied("bingx x")
    assert str(caught.value) == f"bingx x - unresolved: {named}"
    with pytest.raises(BadRequest) as caught_input, unresolved_on_error(unresolved):
        raise BadRequest("bingx x")
    assert str(caught_input.value) == "bingx x"
    assert caught_input.value.unresolved == unresolved
