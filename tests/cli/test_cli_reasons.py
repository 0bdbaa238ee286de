"""Errors in the command's own words."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest
from ccxt.base.errors import (
    AuthenticationError,
    BadRequest,
    BadResponse,
    BadSymbol,
    BaseError,
    ExchangeError,
    NetworkError,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
    RequestTimeout,
)

from ccxt_bingx_ext import bingx
from ccxt_bingx_ext._bingx.errors import Response, attach_response
from ccxt_bingx_ext.cli.interrupts import Terminated
from ccxt_bingx_ext.cli.reasons import connection_failure, why


def refused(kind: type[BaseError], code: str | None = "1", status: int = 200) -> BaseError:
    error = kind("bingx {...}")
    attach_response(error, Response(status, code, "the words"))
    return error


def whole_list_refused() -> BaseError:
    error = BadRequest('bingx cancelOrders() nothing was cancelled: ... {"process": 1} cancels the others')
    error.__cause__ = refused(OrderNotFound, "100400")
    return error


def ban() -> BaseError:
    error = RateLimitExceeded(
        "bingx cancels are banned by the exchange until 10:00: not sent - unresolved: 1"
    )
    error.banned, error.retry_after = True, 59.6
    return error


def gone_and_live() -> BaseError:
    error = BadResponse("bingx refused with HTTP 200 (see exchange_message): orders in .orders or ...")
    error.exchange_message = "order not exist"
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyboardInterrupt(), "interrupted"),
        (Terminated(), "terminated"),
        (ValueError("a defect"), "ValueError: a defect"),
        (refused(AuthenticationError), "the exchange refused the API key: the words (code 1)"),
        (refused(PermissionDenied), "the exchange refused the API key: the words (code 1)"),
        (
            ban(),
            "the exchange accepts no cancels for now: cancels are banned by the exchange until 10:00: "
            "not sent. Retry in 60 s",
        ),
        (
            whole_list_refused(),
            "one id made the exchange refuse the whole list, so nothing was cancelled: the words (code "
            "100400). Without --all-or-nothing, the exchange cancels the others",
        ),
        (refused(BadSymbol), "the exchange has no such market: the words (code 1)"),
        (BadSymbol("bingx does not have market symbol A/B"), "the exchange has no such market: A/B"),
        (refused(ExchangeError, status=504), "the exchange failed with HTTP 504"),
        (refused(ExchangeError), "the exchange refused: the words (code 1)"),
        (RequestTimeout("bingx POST https://open-api.bingx.com/x?y"), "open-api.bingx.com: it timed out"),
        (RequestTimeout("bingx"), "it timed out"),
        (
            BadResponse("bingx cancelOrders() the response does not settle every id: 1 - unresolved: 1"),
            "the response does not settle every id: 1",
        ),
        (gone_and_live(), "order not exist"),
        (BadResponse(""), "BadResponse"),
    ],
)
def test_why(error: BaseException, words: str) -> None:
    """Each error becomes words of the command line: no attribute of Python's, and no parameter."""
    assert why(error, all_or_nothing=True) == words


def test_refusal_without_all_or_nothing() -> None:
    """Without --all-or-nothing the reason does not suggest to omit it."""
    assert why(refused(OrderNotFound)) == "the exchange refused: the words (code 1)"


def asked(url: str, timeout: int = 10_000) -> BaseError:
    """The error of the first request of a real exchange object to `url`."""
    exchange = bingx({"timeout": timeout})
    exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], url)
    with pytest.raises(BaseError) as raised:
        exchange.load_time_difference()
    return raised.value


@pytest.fixture
def server() -> Iterator[Callable[[Callable[[socket.socket], object]], int]]:
    """Starts a server that does one thing with each connection. Returns its port."""
    listening: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(handle: Callable[[socket.socket], object]) -> int:
        opened = socket.create_server(("127.0.0.1", 0))
        listening.append(opened)

        def serve() -> None:
            connection, _ = opened.accept()
            with connection:
                handle(connection)

        threads.append(threading.Thread(target=serve, daemon=True))
        threads[-1].start()
        port: int = opened.getsockname()[1]
        return port

    yield start
    for thread in threads:
        thread.join()
    for one in listening:
        one.close()


Server = Callable[[Callable[[socket.socket], object]], int]


def test_refused_connection(loopback: None) -> None:
    """A port on which nothing listens refuses the connection."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    failure = connection_failure(asked(f"http://127.0.0.1:{port}"))
    assert failure == "the connection was refused: nothing listens there"


def test_no_tls(loopback: None, server: Server) -> None:
    """A server that does not speak TLS is a failure of TLS."""
    port = server(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n"))
    assert str(connection_failure(asked(f"https://127.0.0.1:{port}"))).startswith("TLS failed")


def test_timeout(loopback: None, server: Server) -> None:
    """A server that says nothing lets the request time out."""
    port = server(lambda connection: connection.recv(100_000) and connection.recv(1))
    assert connection_failure(asked(f"http://127.0.0.1:{port}", timeout=500)) == "it timed out"


def test_broken_connection(loopback: None, server: Server) -> None:
    """A server that hangs up breaks the connection."""
    port = server(lambda connection: connection.recv(100_000))
    failure = connection_failure(asked(f"http://127.0.0.1:{port}"))
    assert failure == "the connection broke before a response"


def test_unknown_name(loopback: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that DNS does not know is a failure of DNS."""

    def no_such_name(*args: object, **named: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    assert str(connection_failure(asked("http://no-such-name.invalid"))).startswith("DNS does not know")


def test_dead_proxy(loopback: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that refuses connections is a failure of the proxy."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    exchange = bingx({"httpsProxy": f"http://127.0.0.1:{port}"})
    with pytest.raises(BaseError) as raised:
        exchange.load_time_difference()
    assert str(connection_failure(raised.value)).startswith("the proxy does not work")


def test_no_connection_failure() -> None:
    """An error that does not come from the connection has no such reason, even if its chain is a ring."""
    error = NetworkError("odd")
    error.__cause__ = ValueError("odd, too")
    error.__cause__.__cause__ = error
    assert connection_failure(error) is None
    assert str(connection_failure(ssl.SSLError())).startswith("TLS failed")
