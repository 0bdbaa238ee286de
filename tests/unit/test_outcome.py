"""The outcome of a call becomes its result or its error, at the edge."""

from __future__ import annotations

from typing import Any

import pytest
from ccxt.base.errors import (
    BadRequest,
    BadSymbol,
    BaseError,
    ExchangeError,
    ExchangeNotAvailable,
    InsufficientFunds,
    InvalidOrder,
    NetworkError,
    OperationFailed,
    OrderNotFound,
    PermissionDenied,
    RequestTimeout,
)

from ccxt_bingx_ext._bingx.errors import Response, attach_response
from ccxt_bingx_ext._cancel.arguments import CANCEL_ORDER, CANCEL_ORDERS
from ccxt_bingx_ext._cancel.failures import Progress, attach_progress, progress_of
from ccxt_bingx_ext._cancel.outcome import (
    UNKNOWN_OUTCOME,
    Outcome,
    conclude,
    most_severe,
    unresolved_on_error,
)
from ccxt_bingx_ext._ids import OrderRef


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
    with pytest.raises(TypeError), unresolved_on_error(["1"], CANCEL_ORDERS):
        raise TypeError("x")
    with pytest.raises(ExchangeError) as caught, unresolved_on_error(["1"], CANCEL_ORDERS, converts=True):
        raise TypeError("x")
    assert (caught.value.orders, caught.value.unresolved) == ([], ["1"])
    assert str(caught.value) == "bingx cancelOrders() TypeError: TypeError('x') - unresolved: 1"
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
    with (
        pytest.raises(PermissionDenied) as caught,
        unresolved_on_error(unresolved, CANCEL_ORDERS, converts=True),
    ):
        raise PermissionDenied("bingx x")
    assert str(caught.value) == f"bingx cancelOrders() x - unresolved: {named}"
    with pytest.raises(BadRequest) as caught_input, unresolved_on_error(unresolved, CANCEL_ORDERS):
        raise BadRequest("bingx x")
    assert str(caught_input.value) == "bingx cancelOrders() x"
    assert caught_input.value.unresolved == unresolved


URL = "POST https://open-api.bingx.com/openApi/spot/v1/trade/cancel"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        # As ccxt writes them: network errors, a gateway's response, a refusal, a check of the arguments.
        (RequestTimeout(f"bingx {URL}"), f"bingx cancelOrder() {URL}"),
        (NetworkError(f"bingx {URL} reset"), f"bingx cancelOrder() {URL} reset"),
        (ExchangeNotAvailable(f"bingx {URL} 502 x"), f"bingx cancelOrder() {URL} 502 x"),
        (InsufficientFunds('bingx {"code":1}'), 'bingx cancelOrder() {"code":1}'),
        (BadSymbol("bingx does not have A/B"), "bingx cancelOrder() does not have A/B"),
        # A library's, without the exchange's id; one without any text; the plugin's, which names the method.
        (NetworkError("reset"), "bingx cancelOrder() reset"),
        (RequestTimeout(), "bingx cancelOrder()"),
        (BadRequest("bingx cancelOrder() id is wrong"), "bingx cancelOrder() id is wrong"),
    ],
)
def test_every_message_names_the_method(error: BaseError, message: str) -> None:
    """An error that leaves names the method that the bot called, once, and stays the same error."""
    attach_progress(error, Progress.WRITTEN)
    error.retry_after = 2.0
    with pytest.raises(type(error)) as caught:
        conclude(Outcome({}, [], [OrderRef("id", "1")], error), CANCEL_ORDER)
    assert str(caught.value).partition(" - ")[0] == message
    assert str(caught.value).count("cancelOrder()") == 1
    assert caught.value is error
    assert (caught.value.unresolved, caught.value.retry_after) == (["1"], 2.0)
    assert progress_of(caught.value) is Progress.WRITTEN
    with pytest.raises(type(error)) as again, unresolved_on_error(["2"], CANCEL_ORDER):
        raise caught.value
    assert (again.value, again.value.unresolved) == (error, ["1"])


@pytest.mark.parametrize(
    ("error", "response", "raised", "message"),
    [
        (
            OrderNotFound("bingx order not exist"),
            Response(200, "100404", "order not exist"),
            BadRequest,
            'the exchange refused with HTTP 200, "code":100404 (see exchange_message): orders in',
        ),
        (InvalidOrder("bingx too small"), None, BadRequest, "orders in .orders or .unresolved may"),
        (OperationFailed("bingx busy, order not exist"), None, OperationFailed, UNKNOWN_OUTCOME),
    ],
)
def test_a_replaced_message_names_the_method(
    error: BaseError, response: Response | None, raised: type[BaseError], message: str
) -> None:
    """An error whose message must not call orders gone names the method, too."""
    if response is not None:
        attach_response(error, response)
    with pytest.raises(raised, match=r"unresolved: 77$") as caught:
        conclude(Outcome({}, [], [OrderRef("id", "77")], error), CANCEL_ORDER)
    assert str(caught.value).startswith(f"bingx cancelOrder() {message}")
