"""The outcome of a call becomes its result or its error, at the edge."""

from __future__ import annotations

from typing import Any

import pytest
from ccxt.base.errors import (
    BadRequest,
    BadSymbol,
    BaseError,
    DDoSProtection,
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
from ccxt_bingx_ext._cancel.failures import Progress, attach_progress, progress_of
from ccxt_bingx_ext._cancel.method_names import CANCEL_ORDER, CANCEL_ORDERS
from ccxt_bingx_ext._cancel.outcome import (
    UNKNOWN_OUTCOME,
    Outcome,
    conclude,
    most_severe,
    not_found,
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


def message_of(error: BaseError, *unresolved: OrderRef, remark: str = "") -> str:
    """The message of `error` at the edge."""
    with pytest.raises(type(error)) as caught:
        conclude(Outcome({}, [], unresolved, error), CANCEL_ORDER, remark)
    return str(caught.value)


@pytest.mark.parametrize(
    ("words", "value"),
    [('{"code":100001,"msg":"Signature"}', "e"), (f"{URL}?orderId=77&symbol=BTC-USDT", "77"), ("77", "77")],
)
def test_every_unresolved_id_is_a_remark(words: str, value: str) -> None:
    """An id in a URL, or by chance in other words, does not count as named."""
    message = message_of(PermissionDenied(f"bingx {words}"), OrderRef("id", value))
    assert message == f"bingx cancelOrder() {words} - unresolved: {value}"


@pytest.mark.parametrize(
    ("progress", "remark"),
    [
        (Progress.NOT_WRITTEN, " - this request was never sent"),
        (Progress.WRITTEN, f" - {UNKNOWN_OUTCOME}"),
        (Progress.NOT_BEGUN, ""),  # the limiter and the checks of keys say it in their own words
    ],
)
def test_lost_or_never_sent(progress: Progress, remark: str) -> None:
    """The message of a network error says whether the request may have been executed."""
    error = NetworkError(f"bingx {URL}")
    attach_progress(error, progress)
    message = message_of(error, OrderRef("id", "77"))
    assert message == f"bingx cancelOrder() {URL}{remark} - unresolved: 77"


def test_markets_that_cannot_be_loaded() -> None:
    """If the markets cannot be loaded, the message says that no request about an order was sent."""
    error = RequestTimeout("bingx GET https://open-api.bingx.com/openApi/spot/v1/common/symbols")
    attach_progress(error, Progress.NOT_BEGUN)
    with pytest.raises(RequestTimeout) as caught, unresolved_on_error(["77"], CANCEL_ORDER, converts=True):
        raise error
    assert str(caught.value).endswith("/symbols - no request about an order was sent - unresolved: 77")


PAGE = "<html>\r\n<head><title>504</title></head>\r\n  <body>\r\n</body>\r\n</html>\r\n"
ONE_LINE = "<html> <head><title>504</title></head> <body> </body> </html>"


@pytest.mark.parametrize("page", [PAGE, ONE_LINE])
@pytest.mark.parametrize("also", ["", " - also failed: ETH/USDT (RequestTimeout)"])
def test_page_of_a_gateway(page: str, also: str) -> None:
    """What the plugin says comes before a gateway's page, which is one line, whoever wrote it there."""
    error = ExchangeNotAvailable(f"bingx {URL} 504 Gateway Timeout {page}{also}")
    attach_response(error, Response(504, page=PAGE))
    message = message_of(error, OrderRef("id", "77"), remark="more")
    said = f"{UNKNOWN_OUTCOME} - unresolved: 77 - more - {ONE_LINE}"
    assert message == f"bingx cancelOrder() {URL} 504 Gateway Timeout{also} - {said}"
    assert error.exchange_message == ""


def test_long_page() -> None:
    """A long page is cut off. A page that the message does not hold is not added to it."""
    page = f"{PAGE}{'word ' * 100}"
    response = Response(403, page=page)
    error = DDoSProtection(f"bingx HTTP 403 {response.excerpt}")
    attach_response(error, response)
    message = message_of(error, OrderRef("id", "77"))
    head = "bingx cancelOrder() HTTP 403 - unresolved: 77 - "
    assert message.startswith(f"{head}{ONE_LINE} word word")
    assert message.endswith(" …")
    assert len(message) <= len(head) + 201
    other = DDoSProtection("bingx another text")
    attach_response(other, response)
    assert message_of(other, OrderRef("id", "7")) == "bingx cancelOrder() another text - unresolved: 7"


def test_short_page() -> None:
    """A page that equals the HTTP status leaves the status in its place."""
    error = ExchangeNotAvailable(f"bingx {URL} 502 Bad 502")
    attach_response(error, Response(502, page="502"))
    assert message_of(error) == f"bingx cancelOrder() {URL} 502 Bad - {UNKNOWN_OUTCOME} - 502"


def test_page_that_calls_an_order_gone() -> None:
    """The message of such a page is replaced, and the whole page stands in ``exchange_message``."""
    page = f"{PAGE}order not exist"
    error = ExchangeNotAvailable("bingx 502 order not exist")
    attach_response(error, Response(502, page=page))
    message = message_of(error, OrderRef("id", "77"))
    said = "the exchange refused with HTTP 502 (see exchange_message)"
    assert message == f"bingx cancelOrder() {said}: {UNKNOWN_OUTCOME} - unresolved: 77"
    assert error.exchange_message == page


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (None, ""),
        (
            OrderNotFound('bingx {"code":80018,"msg":"order already filled"}'),
            ' - {"code":80018,"msg":"order already filled"}',
        ),
        (OrderNotFound("bingx  order not exist"), " - order not exist"),
    ],
)
def test_order_that_is_gone(refusal: BaseError | None, words: str) -> None:
    """The error names the order between the plugin's words and the exchange's."""
    error = not_found(CANCEL_ORDER, OrderRef("id", "77"), "closed", refusal)
    message = f"bingx cancelOrder() order not found: already filled - order 77{words}"
    assert (str(error), error.__cause__) == (message, refusal)
    assert message_of(error) == message
