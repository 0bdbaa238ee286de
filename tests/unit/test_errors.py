"""The exchange's refusals, as ccxt exceptions."""

from __future__ import annotations

import calendar
import re
import time
from typing import Any

import pytest
from ccxt.base.errors import (
    AuthenticationError,
    BadRequest,
    BaseError,
    DDoSProtection,
    ExchangeNotAvailable,
    InvalidNonce,
    OperationFailed,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
    RequestTimeout,
)

from ccxt_bingx_ext._bingx.errors import (
    Response,
    attach_response,
    carry_ban,
    not_sent,
    parse_response,
    raise_refusal,
    refusal,
    response_of,
)
from ccxt_bingx_ext._ratelimit.schedule import Decision

VERIFY = "{} is FILLED or CANCELLED already, or is not a valid order id ,please verify"
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
        ("100400", "cancel order failed: account not found", OperationFailed),
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
        ("80014", "Invalid parameters, err:Key: 'X'", BadRequest),
        ("80014", "orderIdList & clientOrderIDList are both empty;", BadRequest),
        ("109400", "timestamp: This field is required.", BadRequest),
        ("109400", "timestamp is invalid", InvalidNonce),
        ("109414", "quantity is must", BadRequest),
        ("100404", VERIFY.format("the order you want to cancel"), OrderNotFound),
        ("100400", VERIFY.format("the order you want to cancel"), OrderNotFound),
        (
            "100404",
            "the order is FILLED or CANCELLED already before, or is not a valid order id",
            OrderNotFound,
        ),
        ("100421", " cancel fail,  order not exist", OrderNotFound),
        ("109414", "order not exist", OrderNotFound),
        ("100404", " order not exist, NoRetry, RemoteInfo(100400,RetErr), ", OrderNotFound),
        ("100404", "the order you want to cancel does not exist", OrderNotFound),
        ("109422", "order is already filled", OrderNotFound),
        ("80001", "service has some errors, The order doesn't exist", OperationFailed),
        ("80001", "service has some errors", OperationFailed),
        ("100500", "The order doesn't exist", OperationFailed),
        ("80012", "system busy", OperationFailed),
        ("80012", "service unavailable", OperationFailed),
        ("80012", "network failed", OperationFailed),
        ("80012", "cancel order failed", OperationFailed),
        ("101500", "rpc timeout", OperationFailed),
        ("80019", "The order is being processed", OperationFailed),
        (
            "109201",
            "The same order number is only allowed to be submitted once within 1 second.",
            OperationFailed,
        ),
        ("100400", "The same order can only be submitted once per second.", OperationFailed),
        ("109403", "cancellation rate exceeded", RateLimitExceeded),
        ("109415", "trading is paused", RateLimitExceeded),
        ("80020", "risk control", RateLimitExceeded),
        ("101413", "restriction period", RateLimitExceeded),
        ("100414", "risk control check fail,code(1)", None),
        (
            "100202",
            "over 20 error code:100202 requests, can retry after time: 1727193970155",
            RateLimitExceeded,
        ),
        ("109429", "can retry after time: 1773274715335", RateLimitExceeded),
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
def test_refusal(code: str | None, message: str, error: Any) -> None:
    """Each code and message gets its documented class, and None leaves the error to ccxt."""
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


def test_refusal_message() -> None:
    """The message shows the body without signatures, and the error keeps the exchange's words."""
    error = raised({"code": 100404, "msg": f"order does not exist {'b' * 64}"})
    assert type(error) is OrderNotFound
    assert str(error) == "bingx body ***"
    assert response_of(error) == Response(200, "100404", "order does not exist ***")
    assert response_of(raised({"code": 80016})) == Response(200, "80016", "")


PAGE = f"<html>\r\n  <body>\r\n sign={'c' * 64}</body></html>\r\n"


@pytest.mark.parametrize(
    ("status", "body", "kept"),
    [
        (403, None, True),  # a page is not JSON
        (504, None, True),
        (302, None, True),
        (429, {"code": 429, "msg": "x"}, True),
        (504, {"code": 100500, "msg": "x"}, True),
        (403, {"code": 100419, "msg": "x"}, False),
        (200, None, False),  # a market's list, say
    ],
)
def test_page(status: int, body: Any, kept: bool) -> None:
    """The record keeps the page of a gateway or a firewall, without signatures, and shows it in one line."""
    response = parse_response(status, {}, body, NOW, 1.0, text=PAGE)
    assert response.page == (PAGE.replace("c" * 64, "***") if kept else "")
    assert response.excerpt == ("<html> <body> sign=***</body></html>" if kept else "")


def test_message_of_a_page() -> None:
    """The message of a firewall's refusal names the HTTP status, and shows the page in one line."""
    for text, shown in ((PAGE, "HTTP 403 <html> <body> sign=***</body></html>"), ("", "HTTP 403")):
        with pytest.raises(DDoSProtection) as caught:
            raise_refusal("bingx", parse_response(403, {}, None, NOW, 1.0, text=text), text)
        assert str(caught.value) == f"bingx {shown}"


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
def test_unknown_refusal(answer: dict[str, Any]) -> None:
    """raise_refusal leaves an unknown refusal to ccxt."""
    raise_refusal("bingx", received(answer), "body")


def test_retry_after() -> None:
    """retry_after comes from the text of a ban or from the headers, and is None without either."""
    until = int(NOW * 1000) + 300_000
    headers = {"X-RateLimit-Requests-Remain": "0", "X-RateLimit-Requests-Expire": "400"}
    limited = {"code": 100410, "msg": "rate limited"}
    ban = raised({"code": 100410, "msg": f"will be unblocked after {until}"}, headers)
    assert (type(ban), ban.banned, ban.retry_after) == (RateLimitExceeded, True, 300.0)
    used_up = raised(limited, headers)
    assert (used_up.banned, used_up.retry_after) == (False, 0.4)
    assert (raised(limited).banned, raised(limited).retry_after) == (False, None)


def test_not_sent() -> None:
    """The error of a ban gives its end in UTC and its length, and says that nothing was sent."""
    error = not_sent(Decision(300.04, banned=True))
    pattern = r"bingx cancels not sent: the exchange has banned them until (.*) UTC \(300\.0 s\)"
    said = re.fullmatch(pattern, str(error))
    assert said
    until = calendar.timegm(time.strptime(said[1], "%Y-%m-%d %H:%M:%S"))
    assert until == pytest.approx(time.time() + 300, abs=5)
    assert (response_of(error), error.banned, error.retry_after) == (None, True, 300.04)
    held = not_sent(Decision(4.0, banned=True, is_named=False))
    assert str(held) == (
        "bingx cancels not sent: the exchange refused an earlier request, and named no time. "
        "The plugin sends no other one for 4.0 s"
    )
    assert (held.banned, held.retry_after) == (True, 4.0)
    used_up = not_sent(Decision(2.5), "look-ups")
    why = "the rate limit delays them by 2.5 s, longer than this call may wait (maxWait)"
    assert str(used_up) == f"bingx look-ups not sent: {why}"
    assert (used_up.banned, used_up.retry_after) == (False, 2.5)


def test_ban_of_any_class() -> None:
    """Every class of error records a ban. The raised error also records the bans of the other errors."""
    unavailable, lost = ExchangeNotAvailable("bingx 503"), RequestTimeout("bingx lost")
    attach_response(unavailable, Response(503, "100410", "", 5.0, banned=True))
    assert (unavailable.banned, unavailable.retry_after) == (True, 5.0)
    later = not_sent(Decision(60.0, banned=True))
    carry_ban(lost, RequestTimeout("other"), unavailable, later)
    assert (lost.banned, lost.retry_after) == (True, 5.0)
    carry_ban(later, unavailable)
    assert later.retry_after == 60.0
