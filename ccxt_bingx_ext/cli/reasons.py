"""Explain errors to a person at a terminal, who sees neither ccxt's classes nor the plugin's attributes."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator

from ccxt.base.errors import (
    AuthenticationError,
    BadSymbol,
    BaseError,
    DDoSProtection,
    OrderNotFound,
    RateLimitExceeded,
    RequestTimeout,
)
from requests import exceptions as http

from .._bingx.errors import Response, response_of
from .interrupts import Terminated

_PAGE = re.compile(r"<(?:html|!doctype)", re.IGNORECASE)
_METHOD = r"^bingx (?:cancel(?:\w*\(\)|_\w+):? )?"


def why(error: BaseException, *, all_or_nothing: bool = False) -> str:
    """Say what went wrong while the plugin cancelled orders.

    `all_or_nothing`: whether the command asked for that. Then the exchange refuses the whole list for
    one order that is gone.
    """
    if isinstance(error, KeyboardInterrupt):
        return "terminated" if isinstance(error, Terminated) else "interrupted"
    if not isinstance(error, BaseError):
        return f"{type(error).__name__}: {error}"
    # Set where the purpose of the request is known.
    explanation: str | None = getattr(error, "explanation", None)
    if explanation is not None:
        return explanation
    if isinstance(error, AuthenticationError):
        return f"the exchange refused the API key: {said(error)}"
    if is_ban(error):
        return f"the exchange accepts no cancels for now: {said(error)}{_until(error)}"
    refused = isinstance(error, OrderNotFound) or isinstance(error.__cause__, OrderNotFound)
    if all_or_nothing and refused:
        return (
            "one id made the exchange refuse the whole list, so nothing was cancelled: "
            f"{said(error)}. Without --all-or-nothing, the exchange cancels the others"
        )
    response = _response(error)
    if isinstance(error, BadSymbol):
        return f"the exchange has no such market: {said(error).removeprefix('does not have market symbol ')}"
    if response is not None and response.is_from_gateway:
        return f"the exchange failed with HTTP {response.http_status}"
    if response is not None and response.code not in (None, "0"):
        return f"the exchange refused: {said(error)}"
    failure = connection_failure(error)
    return said(error) if failure is None else f"{_host_in(error)}{failure}"


def is_ban(error: object) -> bool:
    """Whether the exchange, or a limiter of the plugin, accepts no requests for a while."""
    return isinstance(error, (RateLimitExceeded, DDoSProtection)) or bool(getattr(error, "banned", False))


def said(error: BaseException) -> str:
    """The exchange's own words in `error`, or the plugin's if there was no response with words."""
    response = _response(error)
    if response is not None and response.message:
        return f"{response.message} (code {response.code})"
    words = getattr(error, "exchange_message", "") or str(error)
    if response is not None and _PAGE.search(words):  # a gateway's or a firewall's page, for browsers
        return f"HTTP {response.http_status}"
    # The part after the first dash is for programs: names of attributes, and ids that the table shows.
    return re.sub(_METHOD, "", words).partition(" - ")[0] or type(error).__name__


def connection_failure(error: BaseException) -> str | None:
    """Why there is no connection or no response. None if `error` does not say."""
    chain = [*_chain(error)]
    for kinds, words in _FAILURES:
        if any(isinstance(one, kinds) for one in chain):
            return words
    return None


_FAILURES: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((http.ProxyError,), "the proxy does not work: look at HTTPS_PROXY and HTTP_PROXY"),
    ((http.SSLError, ssl.SSLError), "TLS failed: look at the clock, the CA certificates and the proxy"),
    ((socket.gaierror,), "DNS does not know its name: look at the name and the network"),
    ((ConnectionRefusedError,), "the connection was refused: nothing listens there"),
    ((http.Timeout, TimeoutError, RequestTimeout), "it timed out"),
    ((http.ConnectionError, ConnectionError), "the connection broke before a response"),
)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """`error` and every error that led to it. urllib3 keeps some in ``args`` and in ``reason`` only."""
    seen: dict[int, BaseException] = {}
    todo: list[object] = [error]
    while todo:
        one = todo.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen[id(one)] = one
            yield one
            todo += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _response(error: BaseException) -> Response | None:
    response = response_of(error)
    return response if response is not None or error.__cause__ is None else response_of(error.__cause__)


def _host_in(error: BaseError) -> str:
    """The host of the request, in front of what it did. ccxt's message holds the URL."""
    found = re.search(r"https?://([^/\s]+)", str(error))
    return "" if found is None else f"{found[1]}: "


def _until(error: BaseError) -> str:
    seconds = getattr(error, "retry_after", None)
    return "" if seconds is None else f". Retry in {seconds:.0f} s"
