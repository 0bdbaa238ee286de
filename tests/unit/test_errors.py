"""The exchange's refusals, as ccxt exceptions."""

from __future__ import annotations

import calendar
import re
import time
import traceback
from typing import Any

import pytest
from ccxt.base.errors import (
    AuthenticationError,
    BadRequest,
    BaseError,
    InvalidNonce,
    OperationFailed,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
    RequestTimeout,
)

from ccxt_bingx_ext._bingx.errors import (
    REST_OF_WINDOW,
    banned_error,
    most_severe,
    note_window,
    raise_refusal,
    redact,
    redact_chain,
    refusal,
    report_of_refusal,
)
from ccxt_bingx_ext._cancel.failures import attach_response
from ccxt_bingx_ext._cancel.ledger import OrderReport

FINAL = "the  orderId:1 order status :{},can not delete, please verify and retry later"


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        ("0", "", None),
        (None, "", None),
        ("0", FINAL.format("CANCELED"), None),
        (None, FINAL.format("CANCELED"), None),
        ("100404", "order does not exist", OrderNotFound),
        ("100404", "the order not exist", OrderNotFound),
        ("100404", "the api path /openApi/spot/v1/trade/order does not exist", None),
        ("100404", "", None),
        ("100404", "order service route not found", None),
        ("100404", "path /openApi/swap/v2/trade/order does not exist", None),
        ("100400", "cancel order failed: account not found", None),
        ("100400", "order symbol BTC-USDT does not exist", None),
        ("100400", "order 123 not found", OrderNotFound),
        ("100400", "Order 123 not found", OrderNotFound),
        ("100400", "order orderId:123 does not exist", OrderNotFound),
        ("100400", "can not find order for orderId:1 for symbol: PATH-USDT", OrderNotFound),
        ("100400", f"{FINAL.format('FILLED')}; {FINAL.format('CANCELED')}", OrderNotFound),
        ("100400", f"{FINAL.format('FILLED')}; {FINAL.format('NEW')}", None),
        ("100400", "can not find order for orderId:1 for symbol: A-B, please verify", OrderNotFound),
        ("100400", "order does not exist", OrderNotFound),
        ("100400", "Key: 'OrdersCancelRequest.OrderIDs' Error:Field validation failed", None),
        ("100400", FINAL.format("CANCELED"), OrderNotFound),
        ("100404", FINAL.format("FILLED"), OrderNotFound),
        ("123456", FINAL.format("FAILED"), OrderNotFound),
        ("100400", FINAL.format("PENDING"), None),
        ("100400", FINAL.format("SOMETHING"), None),
        ("80016", "order does not exist", OrderNotFound),
        ("109421", "order does not exist", OrderNotFound),
        ("80018", "order already filled", OrderNotFound),
        ("100410", "rate limited", RateLimitExceeded),
        ("100410", "in the disabled period and will be unblocked after 1727193814249", RateLimitExceeded),
        ("100410", "The current system is busy, please try again later", OperationFailed),
        ("100410", "Busy, please try again later", OperationFailed),
        ("109429", "too many invalid requests", RateLimitExceeded),
        ("100421", "Null timestamp or timestamp mismatch", InvalidNonce),
        ("100421", "This pair is currently restricted from API trading", None),
        ("80014", "timestamp is invalid", InvalidNonce),
        ("80014", "Timestamp is invalid", InvalidNonce),
        ("80014", "Invalid parameters, err:Key: 'X'", None),
        ("100001", "signature verification failed", AuthenticationError),
        ("100412", "signature missing", AuthenticationError),
        ("100413", "incorrect apiKey", AuthenticationError),
        ("100419", "IP not whitelisted", PermissionDenied),
        ("100004", "Permission denied", PermissionDenied),
        ("100500", "busy", OperationFailed),
        ("110500", "busy", OperationFailed),
        ("999999", "whatever", None),
    ],
)
def test_a_refusal_gets_the_class_a_bot_expects(code: str | None, message: str, error: Any) -> None:
    """The facts' table; None leaves it to ccxt. What may be live, or is no order, is not OrderNotFound."""
    assert refusal(code, message) is error


def test_scrub_masks_signatures_and_nothing_else() -> None:
    """64 hexadecimal digits are a signature; ids and words are not."""
    for digits in ("0a", "F9"):
        assert redact(f"?orderIds=1735964997957275648&signature={digits * 32}&x") == (
            "?orderIds=1735964997957275648&signature=***&x"
        )


@pytest.mark.parametrize("before", ["signature=", "signature%3D", "signature%253D"])
def test_a_signature_is_masked_however_it_is_encoded(before: str) -> None:
    """A proxy's URL holds the exchange's, encoded: the D of %3D is a hexadecimal digit, too."""
    assert "a1a1" not in redact(f"https://proxy/?url=x%3F{before}{'a1' * 32}")


def test_scrubbing_follows_a_chain_that_bites_its_tail() -> None:
    """Exceptions can be chained in a circle; each is visited once."""
    first, second = ValueError("a" * 64), ValueError("b" * 64)
    first.__cause__, second.__cause__ = second, first
    above = ValueError("c" * 64)
    above.__cause__ = first
    redact_chain(above)
    assert (str(above), str(first), str(second)) == ("***", "***", "***")


def test_what_was_being_handled_is_scrubbed_too() -> None:
    """A traceback shows the context where there is no cause."""
    error = ValueError("fine")
    error.__context__ = ValueError("a" * 64)
    redact_chain(error)
    assert str(error.__context__) == "***"


def test_an_error_that_writes_its_message_itself_is_replaced() -> None:
    """Some of aiohttp's errors show the request's URL whatever their args are."""

    class Stubborn(Exception):
        def __str__(self) -> str:
            return "GET /x?signature=" + "ab" * 32

    below, error = ValueError("c" * 64), ValueError("fine")
    stubborn = Stubborn()
    stubborn.__context__ = below
    error.__cause__, error.__context__ = stubborn, stubborn
    try:
        raise stubborn
    except Stubborn:
        redact_chain(error)
    assert error.__cause__ is not stubborn
    shown = "".join(traceback.format_exception(error))
    assert "raise stubborn" in shown
    assert "Stubborn: GET /x?signature=***" in shown
    assert not re.search("[0-9a-f]{64}", shown)


def test_the_gravest_of_several_errors() -> None:
    """What may have been executed before what was refused, OrderNotFound last, else the first."""
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


def test_a_refusal_tells_of_its_order_in_words_or_by_its_code() -> None:
    """The words count before the code, and neither is guessed."""
    error = OrderNotFound("bingx order already filled")
    assert report_of_refusal(error)[2:] == (None, True)
    attach_response(error, 200, "80018")
    assert report_of_refusal(error).status == "closed"
    error.exchange_message = "the order status :CANCELED,can not delete"
    assert report_of_refusal(error) == OrderReport("fails", {"error": error.exchange_message}, "canceled")


NOW = 1_727_193_814.0


def raised(answer: dict[str, Any], headers: Any = None) -> Any:
    with pytest.raises(BaseError) as caught:
        raise_refusal("bingx", answer, f"body {'a' * 64}", headers or {}, NOW)
    return caught.value


def test_a_refusal_shows_the_body_and_keeps_the_exchanges_words() -> None:
    """What a bot logs is what came back, without signatures; the flow reads the words alone."""
    error = raised({"code": 100404, "msg": f"order does not exist {'b' * 64}"})
    assert type(error) is OrderNotFound
    assert str(error) == "bingx body ***"
    assert error.exchange_message == "order does not exist ***"
    assert raised({"code": 80016}).exchange_message == ""


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"code": 0, "msg": "order does not exist"},
        {"code": 100400},
        {"msg": None},
        {"code": 5, "msg": "x"},
    ],
)
def test_what_is_no_known_refusal_is_left_to_ccxt(answer: dict[str, Any]) -> None:
    """Nothing is raised for it."""
    raise_refusal("bingx", answer, "body", {}, NOW)


def test_a_refusal_for_the_limit_knows_when_to_come_back() -> None:
    """A ban by its text, a used-up window by the headers, None where neither says."""
    until = int(NOW * 1000) + 300_000
    headers = {"X-RateLimit-Requests-Remain": "0", "X-RateLimit-Requests-Expire": "400"}
    limited = {"code": 100410, "msg": "rate limited"}
    ban = raised({"code": 100410, "msg": f"will be unblocked after {until}"}, headers)
    assert (type(ban), ban.banned, ban.retry_after) == (RateLimitExceeded, True, 300.0)
    used_up = raised(limited, headers)
    assert (used_up.banned, used_up.retry_after) == (False, 0.4)
    assert (raised(limited).banned, raised(limited).retry_after) == (False, None)


def test_a_used_up_window_is_noted_in_the_answer() -> None:
    """Only where the headers say so; an answer that is no object is left as it is."""
    headers = {"X-RateLimit-Requests-Remain": "0", "X-RateLimit-Requests-Expire": "400"}
    answer: dict[str, Any] = {"code": 0}
    note_window(answer, {}, NOW)
    assert answer == {"code": 0}
    note_window(answer, headers, NOW)
    assert answer == {"code": 0, REST_OF_WINDOW: 0.4}
    note_window([], headers, NOW)


def test_a_closed_lane_says_until_when() -> None:
    """In UTC, and for how long; nothing was sent."""
    error = banned_error(300.04)
    said = re.fullmatch(r"bingx .* banned by the exchange until (.*) UTC \(300\.0 s\): not sent", str(error))
    assert said
    until = calendar.timegm(time.strptime(said[1], "%Y-%m-%d %H:%M:%S"))
    assert until == pytest.approx(time.time() + 300, abs=5)
    assert (error.from_lane, error.retry_after) == (True, 300.04)
