"""Failures after which it is unknown whether the exchange executed a request."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

import aiohttp
import pytest
import requests
import urllib3
from ccxt.base.errors import (
    ArgumentsRequired,
    AuthenticationError,
    BadRequest,
    BadResponse,
    BaseError,
    DDoSProtection,
    ExchangeClosedByUser,
    ExchangeError,
    ExchangeNotAvailable,
    InvalidNonce,
    NetworkError,
    OperationFailed,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
    RequestTimeout,
)

from ccxt_bingx_ext._bingx.errors import Response, attach_response, response_of
from ccxt_bingx_ext._cancel.failures import is_ambiguous, was_never_sent


def answered(error: BaseError, status: int, code: str | None = None) -> BaseError:
    attach_response(error, Response(status, code, str(error)))
    return error


def caused(error: BaseError, *causes: BaseException) -> BaseError:
    link: BaseException = error
    for cause in causes:
        link.__cause__ = cause
        link = cause
    return error


def aiohttp_error(kind: Any, cause: OSError) -> Any:
    key = aiohttp.client_reqrep.ConnectionKey("h", 443, True, True, None, None, None)
    return kind(key, cause)


NOT_CONNECTED = urllib3.exceptions.NewConnectionError(urllib3.connection.HTTPConnection("h"), "x")
MAX_RETRY = urllib3.exceptions.MaxRetryError(urllib3.HTTPConnectionPool("h"), "/", NOT_CONNECTED)
UNKNOWN = [
    answered(RequestTimeout("x"), 504),
    answered(ExchangeNotAvailable("x"), 500),
    answered(ExchangeNotAvailable("x"), 502),
    answered(ExchangeNotAvailable("x"), 503),
    answered(RequestTimeout("x"), 408),
    answered(OperationFailed("x"), 200, "100500"),
    answered(OperationFailed("x"), 200, "110500"),
    answered(OperationFailed("x"), 200, "109500"),
    answered(BadRequest("x"), 200, "500"),
    answered(BadRequest("x"), 200, "504"),
    answered(OrderNotFound("x"), 504, "100404"),
    answered(RateLimitExceeded("x"), 503, "100410"),
    answered(InvalidNonce("x"), 504, "100421"),
    answered(OperationFailed("busy"), 200, "100410"),
    answered(ExchangeError("x"), 200, "123456"),
    RequestTimeout("x"),
    NetworkError("x"),
    ExchangeNotAvailable("x"),
    BadResponse("x"),
    ExchangeError("x"),
    caused(NetworkError("x"), requests.ConnectionError(), ConnectionResetError()),
    caused(RequestTimeout("x"), requests.ReadTimeout()),
    caused(RequestTimeout("x"), asyncio.TimeoutError()),
    caused(ExchangeNotAvailable("x"), aiohttp.ServerDisconnectedError()),
    caused(ExchangeError("x"), aiohttp.ClientPayloadError()),
    caused(ExchangeError("x"), requests.exceptions.ChunkedEncodingError()),
    caused(ExchangeError("x"), requests.exceptions.SSLError(), ssl.SSLError("broken in the middle")),
]
NOT_EXECUTED = [
    answered(RateLimitExceeded("x"), 200, "100410"),
    answered(RateLimitExceeded("x"), 429),
    answered(DDoSProtection("x"), 418),
    answered(AuthenticationError("x"), 200, "100001"),
    answered(InvalidNonce("x"), 200, "100421"),
    answered(PermissionDenied("x"), 200, "100004"),
    answered(OrderNotFound("x"), 200, "100400"),
    answered(ExchangeNotAvailable("x"), 404),
    RateLimitExceeded("the lane is closed"),
    AuthenticationError("no keys"),
    ArgumentsRequired("x"),
    ExchangeClosedByUser("x"),
]
UNREACHABLE = [
    # As in requests: no cause, but urllib3's error among its arguments, and the reason below that.
    caused(NetworkError("x"), requests.ConnectionError(MAX_RETRY)),
    caused(NetworkError("x"), ConnectionRefusedError()),
    caused(NetworkError("x"), socket.gaierror()),
    caused(RequestTimeout("x"), requests.ConnectTimeout()),
    caused(RequestTimeout("x"), urllib3.exceptions.ConnectTimeoutError()),
    caused(ExchangeError("x"), requests.exceptions.SSLError(), ssl.SSLCertVerificationError()),
    caused(ExchangeNotAvailable("x"), aiohttp_error(aiohttp.ClientConnectorError, ConnectionRefusedError())),
    caused(ExchangeNotAvailable("x"), aiohttp_error(aiohttp.ClientConnectorDNSError, OSError())),
    caused(RequestTimeout("x"), aiohttp.ConnectionTimeoutError()),
]


def shown(error: Any) -> str:
    response = response_of(error)
    return f"{type(error).__name__}-{response and response[:2]}-{type(error.__cause__).__name__}"


@pytest.mark.parametrize("error", UNKNOWN, ids=shown)
def test_ambiguous(error: BaseError) -> None:
    """Timeouts, resets, 5xx, "busy" and undocumented bodies are ambiguous."""
    assert is_ambiguous(error)
    assert not was_never_sent(error)


@pytest.mark.parametrize("error", NOT_EXECUTED, ids=shown)
def test_refused(error: BaseError) -> None:
    """A refusal, by the exchange or before sending, is not ambiguous."""
    assert not is_ambiguous(error)
    assert not was_never_sent(error)


@pytest.mark.parametrize("error", UNREACHABLE, ids=shown)
def test_never_sent(error: BaseError) -> None:
    """An unknown host, a refused connection, a connect timeout or a bad certificate: nothing was sent."""
    assert was_never_sent(error)
    assert not is_ambiguous(error)


def test_context_of_the_bot() -> None:
    """An exception that the bot was handling does not count as a cause of the failure."""
    error = RequestTimeout("x")
    error.__cause__ = requests.ReadTimeout()
    error.__cause__.__context__ = ConnectionRefusedError("the bot's own")
    error.__context__ = ConnectionRefusedError("the bot's own")
    assert is_ambiguous(error)
    assert not was_never_sent(error)


def test_response_after_refused_connection() -> None:
    """After a response the host was reachable, although an earlier error is chained below."""
    error = answered(caused(ExchangeNotAvailable("x"), ConnectionRefusedError()), 502)
    assert not was_never_sent(error)
    assert is_ambiguous(error)


def test_circular_chain() -> None:
    """A circular chain of exceptions comes to an end."""
    first, second = ValueError("x"), ValueError("y")
    first.__cause__, second.__cause__ = second, first
    error = caused(RequestTimeout("x"), first)
    assert is_ambiguous(error)
    second.args = (ConnectionRefusedError(),)
    assert was_never_sent(error)
