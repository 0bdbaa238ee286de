"""The exchange's refusals, as ccxt exceptions."""

from __future__ import annotations

import calendar
import re
import time
from typing import Any

import pytest
from ccxt.base.errors import (
    AuthenticationError,
    BaseError,
    InvalidNonce,
    OperationFailed,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
)

from ccxt_bingx_ext._bingx.errors import (
    Response,
    attach_response,
    banned_error,
    parse_response,
    raise_refusal,
    refusal,
    response_of,
)

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
    assert refusal(Response(200, code, message)) is error


NOW = 1_727_193_814.0


def received(body: Any, headers: Any = None) -> Response:
    return parse_response(200, headers or {}, body, NOW, 1.0)


def raised(body: dict[str, Any], headers: Any = None) -> Any:
    response = received(body, headers)
    with pytest.raises(BaseError) as caught:
        raise_refusal("bingx", response, f"body {'a' * 64}")
    attach_response(caught.value, response)
    return caught.value


def test_a_refusal_shows_the_body_and_keeps_the_exchanges_words() -> None:
    """What a bot logs is what came back, without signatures; the flow reads the words alone."""
    error = raised({"code": 100404, "msg": f"order does not exist {'b' * 64}"})
    assert type(error) is OrderNotFound
    assert str(error) == "bingx body ***"
    assert response_of(error) == Response(200, "100404", "order does not exist ***")
    assert response_of(raised({"code": 80016})) == Response(200, "80016", "")


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
    raise_refusal("bingx", received(answer), "body")


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


def test_a_closed_lane_says_until_when() -> None:
    """In UTC, and for how long; nothing was sent."""
    error = banned_error(300.04)
    said = re.fullmatch(r"bingx .* banned by the exchange until (.*) UTC \(300\.0 s\): not sent", str(error))
    assert said
    until = calendar.timegm(time.strptime(said[1], "%Y-%m-%d %H:%M:%S"))
    assert until == pytest.approx(time.time() + 300, abs=5)
    assert (response_of(error), error.banned, error.retry_after) == (None, True, 300.04)
