"""The exchange's refusals, as ccxt exceptions."""

from __future__ import annotations

import re
import traceback
from typing import Any

import pytest
from ccxt.base.errors import (
    AuthenticationError,
    BadRequest,
    InvalidNonce,
    OperationFailed,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
    RequestTimeout,
)

from ccxt_bingx_ext._doubt import note_answer
from ccxt_bingx_ext._errors import claim_of_refusal, gravest, refusal, scrub, scrub_chain
from ccxt_bingx_ext._outcome import Claim

FINAL = "the  orderId:1 order status :{},can not delete, please verify and retry later"


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        ("0", "", None),
        (None, "", None),
        ("100404", "order does not exist", OrderNotFound),
        ("100404", "the order not exist", OrderNotFound),
        ("100404", "the api path /openApi/spot/v1/trade/order does not exist", None),
        ("100404", "", None),
        ("100404", "order service route not found", None),
        ("100404", "path /openApi/swap/v2/trade/order does not exist", None),
        ("100400", "cancel order failed: account not found", None),
        ("100400", "order symbol BTC-USDT does not exist", None),
        ("100400", "order 123 not found", OrderNotFound),
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
        ("109429", "too many invalid requests", RateLimitExceeded),
        ("100421", "Null timestamp or timestamp mismatch", InvalidNonce),
        ("100421", "This pair is currently restricted from API trading", None),
        ("80014", "timestamp is invalid", InvalidNonce),
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
    assert scrub(f"?orderIds=1735964997957275648&signature={'0a' * 32}&x") == (
        "?orderIds=1735964997957275648&signature=***&x"
    )


@pytest.mark.parametrize("before", ["signature=", "signature%3D", "signature%253D"])
def test_a_signature_is_masked_however_it_is_encoded(before: str) -> None:
    """A proxy's URL holds the exchange's, encoded: the D of %3D is a hexadecimal digit, too."""
    assert "a1a1" not in scrub(f"https://proxy/?url=x%3F{before}{'a1' * 32}")


def test_scrubbing_follows_a_chain_that_bites_its_tail() -> None:
    """Exceptions can be chained in a circle; each is visited once."""
    first, second = ValueError("a" * 64), ValueError("b" * 64)
    first.__cause__, second.__cause__ = second, first
    scrub_chain(first)
    assert (str(first), str(second)) == ("***", "***")


def test_an_error_that_writes_its_message_itself_is_replaced() -> None:
    """Some of aiohttp's errors show the request's URL whatever their args are."""

    class Stubborn(Exception):
        def __str__(self) -> str:
            return "GET /x?signature=" + "ab" * 32

    below, error = ValueError("c" * 64), ValueError("fine")
    stubborn = Stubborn()
    stubborn.__context__ = below
    error.__cause__, error.__context__ = stubborn, stubborn
    scrub_chain(error)
    shown = "".join(traceback.format_exception(error))
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
    assert gravest([gone, refused, unknown]) is unknown
    assert gravest([gone, refused, other]) is refused
    assert gravest([other, refused]) is other
    assert gravest([gone]) is gone


def test_a_refusal_tells_of_its_order_in_words_or_by_its_code() -> None:
    """The words count before the code, and neither is guessed."""
    error = OrderNotFound("bingx order already filled")
    assert claim_of_refusal(error)[2:] == (None, True)
    note_answer(error, 200, "80018")
    assert claim_of_refusal(error).status == "closed"
    error.exchange_message = "the order status :CANCELED,can not delete"
    assert claim_of_refusal(error) == Claim("fails", {"error": error.exchange_message}, "canceled")
