"""Messages never contain a signature."""

from __future__ import annotations

import json
import re
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import requests
import urllib3
import yarl
from aiohttp.client_reqrep import ConnectionKey
from ccxt.base.errors import BadRequest, NetworkError
from multidict import CIMultiDict, CIMultiDictProxy

from ccxt_bingx_ext import ClientOrderId
from ccxt_bingx_ext._bingx.errors import Response, attach_response, response_of
from ccxt_bingx_ext._redact import hides_secrets, redact, redact_chain, shorten

from ..helpers import reached


def test_redact() -> None:
    """redact masks 64 hexadecimal digits, and neither ids nor words."""
    for digits in ("0a", "F9"):
        assert redact(f"?orderIds=1735964997957275648&signature={digits * 32}&x") == (
            "?orderIds=1735964997957275648&signature=***&x"
        )


@pytest.mark.parametrize("before", ["signature=", "signature%3D", "signature%253D"])
def test_encoded_signature(before: str) -> None:
    """redact masks a signature in an encoded URL too, in which the D of %3D is hexadecimal."""
    assert "a1a1" not in redact(f"https://proxy/?url=x%3F{before}{'a1' * 32}")


def test_circular_chain() -> None:
    """redact_chain visits each exception of a circular chain once."""
    first, second = ValueError("a" * 64), ValueError("b" * 64)
    first.__cause__, second.__cause__ = second, first
    above = ValueError("c" * 64)
    above.__cause__ = first
    redact_chain(above)
    assert (str(above), str(first), str(second)) == ("***", "***", "***")


def test_context_of_an_error() -> None:
    """redact_chain also masks the context, which a traceback shows."""
    error = ValueError("fine")
    error.__context__ = ValueError("a" * 64)
    redact_chain(error)
    assert str(error.__context__) == "***"


def test_error_with_own_message() -> None:
    """redact_chain replaces an error whose message does not come from its args."""

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


# Everything reachable from an error

KEY, SECRET, DIGITS = (
    "Zsm4DcrHBTewmVaElrdwA67PmivPv6VDK6JAkiECZ9Qf",
    "NodeJsSecret0123456789abcdefghijklmnopq",
    "ab" * 32,
)


def assert_clean(error: BaseException) -> None:
    texts = [*reached(error)]
    assert texts, "it looks at something"
    for one in (KEY, KEY[:20], SECRET, DIGITS, DIGITS[:60]):
        assert not any(one in text for text in texts), one


class Exchange:
    """An exchange object with a flow that raises `error`."""

    apiKey, secret = KEY, SECRET

    def __init__(self, error: BaseException) -> None:
        self.error = error

    @hides_secrets
    def flow(self) -> Generator[Any, Any, None]:
        yield
        raise self.error

    def raised(self) -> BaseException:
        """The error that leaves the flow."""
        with pytest.raises(BaseException) as caught:  # noqa: PT011 - any exception
            [*self.flow()]
        return caught.value


def requests_error() -> BaseException:
    """As requests raises it: it holds the request."""
    url = f"https://x/y?orderId=1&signature={DIGITS}"
    request = requests.Request(
        "POST", url, headers={"X-BX-APIKEY": KEY}, data=f"signature={DIGITS}"
    ).prepare()
    response = requests.Response()
    response.request, response.url = request, url
    pool = urllib3.HTTPConnectionPool("x")
    inner = urllib3.exceptions.MaxRetryError(pool, url, ValueError(f"secret {SECRET}"))
    return requests.ConnectionError(inner, request=request, response=response)


def aiohttp_error(url: str) -> BaseException:
    """As aiohttp raises it: it writes its message from the request."""
    headers = CIMultiDictProxy(CIMultiDict({"X-BX-APIKEY": KEY}))
    info = aiohttp.RequestInfo(yarl.URL(url), "POST", headers, yarl.URL(url))
    return aiohttp.ContentTypeError(info, (), message="odd", headers=CIMultiDict({"X-BX-APIKEY": KEY}))


def connecting_error() -> BaseException:
    """As aiohttp raises it: its message names the host, of a tuple that it holds."""
    key = ConnectionKey("x", 443, True, True, None, None, None)
    error: Any = aiohttp.ClientConnectorError(key, OSError(111, "refused"))
    error.__notes__ = [f"the key was {KEY}"]
    return error  # type: ignore[no-any-return]


def decoding_error() -> BaseException:
    return UnicodeDecodeError("utf-8", f"{KEY} \xff".encode("latin-1"), 45, 46, "invalid start byte")


def json_error() -> BaseException:
    return json.JSONDecodeError("Expecting value", f'{{"key": "{KEY}"', 3)


CAUSES: dict[str, Callable[[], BaseException]] = {
    "requests": requests_error,
    "aiohttp": lambda: aiohttp_error("https://x/y"),
    "aiohttp with the signature": lambda: aiohttp_error(f"https://x/y?signature={DIGITS}"),
    "aiohttp disconnected": lambda: aiohttp.ServerDisconnectedError(f"signature={DIGITS[:60]}"),
    "aiohttp not connected": connecting_error,
    "decoding": decoding_error,
    "JSON": json_error,
    "words": lambda: ValueError(KEY, {"signature": DIGITS}, [SECRET]),
}


@pytest.mark.parametrize("link", ["__cause__", "__context__", "args", "attribute"])
@pytest.mark.parametrize("cause", CAUSES)
def test_nothing_reachable(cause: str, link: str) -> None:
    """No text reachable from an error holds a signature, a key or a secret, and its class stays."""
    error, below = NetworkError("bingx POST https://x/y"), CAUSES[cause]()
    assert any(one in text for text in reached(below) for one in (KEY, SECRET, DIGITS[:60])), "it holds one"
    if link == "args":
        error.args = ("bingx", below)
    elif link == "attribute":
        error.below = [below]
    else:
        setattr(error, link, below)
    raised = Exchange(error).raised()
    assert raised is error
    assert_clean(raised)
    texts = "".join(reached(raised))
    assert (type(below).__name__ in texts) or any(isinstance(one, type(below)) for one in links(raised))


def links(error: BaseException) -> Iterator[object]:
    """The exceptions directly below `error`."""
    yield from (error.__cause__, error.__context__, *error.args, *getattr(error, "below", ()))


def test_lists_of_an_error() -> None:
    """redact masks the info of an error's orders. Ids, status and unresolved stay unchanged."""
    ours, entry = NetworkError(f"bingx {KEY}"), {"symbol": "BTC/USDT", "clientOrderId": "ab" * 20}
    info = {
        "orderId": 17,
        "error": f"https://x/?signature={DIGITS[:60]}",
        "price": None,
        "deep": [[1.5, KEY]],
    }
    ours.orders = [{"id": "17", "clientOrderId": "ab" * 20, "status": "open", "info": info}]
    ours.unresolved = [ClientOrderId("ab" * 20), entry]
    ours.exchange_message, ours.retry_after, ours.banned = f"no such key: {KEY}", 1.5, True
    attach_response(ours, Response(200, "1", KEY))
    raised: Any = Exchange(ours).raised()
    assert_clean(raised)
    assert raised.unresolved[1] is entry
    assert isinstance(raised.unresolved[0], ClientOrderId)
    (order,) = raised.orders
    assert (order["id"], order["clientOrderId"], order["status"]) == ("17", "ab" * 20, "open")
    assert order["info"] == {
        "orderId": 17, "error": "https://x/?signature=***", "price": None, "deep": [[1.5, "***"]]
    }  # fmt: skip
    assert (raised.exchange_message, raised.retry_after, raised.banned) == ("no such key: ***", 1.5, True)
    assert response_of(raised) == Response(200, "1", "***")
    assert KEY in info["deep"][0], "the response itself is not ours to change"  # type: ignore[index]


def test_deep_and_circular_values() -> None:
    """redact also masks a value that is nested too deeply to recurse into, or holds itself."""
    deep: Any = [KEY]
    for _ in range(5000):
        deep = [deep]
    circular: list[Any] = [KEY]
    circular.append(circular)
    error = NetworkError("bingx")
    error.orders = [{"info": deep}, {"info": circular}]
    raised: Any = Exchange(error).raised()
    copy = raised.orders[0]["info"]
    while isinstance(copy[0], list):
        copy = copy[0]
    assert copy == ["***"]
    assert raised.orders[1]["info"][0] == "***"
    assert raised.orders[1]["info"][1] is raised.orders[1]["info"]


def test_what_the_bot_handles() -> None:
    """An error that the bot handles when it calls keeps its request. redact masks only its message."""
    theirs: Any = requests_error()
    theirs.__context__ = theirs_below = ValueError(f"signature={DIGITS}")
    request = theirs.request
    try:
        raise theirs
    except requests.ConnectionError:
        raised = Exchange(NetworkError("bingx")).raised()
    assert theirs.request is request
    assert request.headers["X-BX-APIKEY"] == KEY
    assert DIGITS not in f"{theirs} {theirs_below}"
    assert raised.__context__ is theirs


def test_suppressed_context() -> None:
    """A context that is replaced shows in the traceback as before, and a suppressed one does not."""
    error = NetworkError("bingx")
    error.__context__ = decoding_error()
    Exchange(error).raised()
    assert type(error.__context__) is Exception
    assert not error.__suppress_context__


def test_defects_stay() -> None:
    """An error that is not ccxt's leaves as it is."""
    error = ValueError("a defect")
    error.held = held = object()  # type: ignore[attr-defined]
    assert Exchange(error).raised() is error
    assert error.held is held  # type: ignore[attr-defined]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="3.11 has the first groups of errors")
def test_group_of_errors() -> None:
    """A group in the chain becomes a plain error: it holds others."""
    error = NetworkError("bingx")
    error.__cause__ = ExceptionGroup(f"signature={DIGITS}", [ValueError(KEY)])  # type: ignore[name-defined]  # noqa: F821
    assert_clean(Exchange(error).raised())
    assert str(error.__cause__).startswith("ExceptionGroup: signature=***")


ECHOES = [
    "{n}={v}", "{n}: {v}", '"{n}":"{v}"', '"{n}": "{v}"', "'{n}': '{v}'", '\\"{n}\\":\\"{v}\\"', "{n}%3D{v}",
    "{n}%253D{v}", "%22{n}%22%3A%22{v}", "{n}%3A%20{v}", "{n}\\u003d{v}",
    "&quot;{n}&quot;:&quot;{v}&quot;", "{n} = {v}",
    "map[{n}:[{v}]]", "?{n}={v}&timestamp=1", "<{n}>{v}</{n}>", "&lt;{n}&gt;{v}&lt;", "%3C{n}%3E{v}%3C",
    "['{n}' => '{v}']", "{n} := {v}",
]  # fmt: skip


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("signature", DIGITS[:60]),
        ("Signature", DIGITS[:8]),
        ("SIGNATURE", DIGITS.upper()),
        ("X-BX-APIKEY", KEY),
        ("x-bx-apikey", KEY[:9]),
        ("apiKey", KEY[:12]),
        ("api_key", "KKKKKKKKKKap"),
        ("API key", KEY),
        ("sign", DIGITS[:40]),
    ],
)
def test_by_name(name: str, value: str, echo: str) -> None:
    """redact masks a signature or key that the exchange echoes behind its name, whole or cut short."""
    shown = redact(f"bad request {echo.format(n=name, v=value)}")
    assert value not in shown
    assert shown == f"bad request {echo.format(n=name, v='***')}"


@pytest.mark.parametrize("value", [DIGITS[:33], DIGITS[:47].upper(), DIGITS[:40]])
@pytest.mark.parametrize(
    "echo",
    ["sign {}", "signature is {}", "'signature', '{}'", '["Signature","{}"]', "signature {}…", "(sign)({})"],
)
def test_behind_its_name(echo: str, value: str) -> None:
    """redact masks a signature that is cut short and stands behind its name without "=" or ":"."""
    assert redact(echo.format(value)) == echo.format("***")


@pytest.mark.parametrize(
    "text",
    [
        "signature verification failed",
        "sign 1735964997957275648",
        "bad signature, 1735964997957275648",
        '["bad signature", "' + "ab" * 16 + '"]',
        "<b>bad signature</b> " + "ab" * 20,
        "the signature of " + "ab" * 20,
        "apiKey: mismatch",
        "apiKey=INVALID_KEY",
        '{"msg":"api key: Permission denied","apiKey":"not-allowed."}',
        "apiKey 1735964997957275648",
        "https://bingx.com/support (or support@bingx.com)",
        "signature: mismatch",
        "Incorrect apiKey",
        "the X-BX-APIKEY header is missing",
        "orderIds=1735964997957275648,1735965127519326208",
        "clientOrderIDs=" + "ab" * 20 + "%2C" + "cd" * 20,
        '["bad signature", "1735964997957275648"]',
        '{"error": "bad signature:", "orderId": "1735964997957275648"}',
    ],
)
def test_words_and_ids_stay(text: str) -> None:
    """redact masks neither ids nor words about signatures."""
    assert redact(text, ("", None, "key", KEY)) == text


def test_by_value() -> None:
    """redact masks a known key anywhere, and of a long key each part of at least 16 characters."""
    assert redact(f"<{KEY}> {KEY[:30]}", (KEY,)) == "<***> ***"
    assert redact("a-short-key a-short-ke", ("a-short-key",)) == "*** a-short-ke"
    for start in range(len(KEY) - 16):
        for end in range(start + 16, len(KEY) + 1):
            part = KEY[start:end]
            shown = redact(f"İ{part}é {part.lower()} {part.upper()}", (SECRET, KEY))
            assert shown == "İ***é *** ***", part
    for rest in (KEY[:15], KEY[-15:], "1735964997957275648", "ab" * 20):
        assert redact(f"{rest} and {rest}", (KEY,)) == f"{rest} and {rest}"


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("http://user:password@proxy:8080/x", "http://***@proxy:8080/x"),
        ("redis://:p@ss?word@host", "redis://***@host"),
        ("'//token@host' or me@host", "'//***@host' or me@host"),
        ("https://host/path?a=b", "https://host/path?a=b"),
    ],
)
def test_password_of_a_url(url: str, masked: str) -> None:
    """redact masks user and password of a URL, such as that of a proxy."""
    assert redact(f"cannot reach {url}") == f"cannot reach {masked}"


def test_keys_of_dicts() -> None:
    """redact masks the keys of dicts, too. Keys that become equal get numbers: no value is lost."""
    form = {
        f"orderIds=5&signature={DIGITS}": 1,
        "orderIds=5&signature=" + "cd" * 32: 2,
        f"orderIds=5&signature={DIGITS[:60]}": 3,
        "orderIds=5&signature=*** (2)": 4,
        KEY: {SECRET: KEY},
        "***": 5,
        "ab" * 20: 6,
        17: 7,
        None: 8,
    }
    error: Any = NetworkError("bingx")
    error.orders = [{"id": "5", "info": {"form": form}}]
    error.headers = {("a", KEY): 1, KEY.encode(): 2, object(): KEY}
    raised: Any = Exchange(error).raised()
    assert_clean(raised)
    assert raised.orders == [{"id": "5", "info": {"form": {
        "orderIds=5&signature=***": 1,
        "orderIds=5&signature=*** (2)": 2,
        "orderIds=5&signature=*** (3)": 3,
        "orderIds=5&signature=*** (2) (2)": 4,
        "***": {"***": "***"},
        "*** (2)": 5,
        "ab" * 20: 6,
        17: 7,
        None: 8,
    }}}]  # fmt: skip
    assert raised.headers == {"***": 1, "*** (2)": 2, "*** (3)": "***"}
    assert KEY in form, "the response itself is not ours to change"


def test_many_equal_keys() -> None:
    """Thousands of keys that become equal take linear time."""
    error: Any = NetworkError("bingx")
    error.orders = [{f"signature={number:064x}": number for number in range(5000)}]
    began = time.monotonic()
    (order,) = Exchange(error).raised().orders  # type: ignore[attr-defined]
    assert time.monotonic() - began < 10
    assert [*order.values()] == [*range(5000)]


@pytest.mark.parametrize(
    "before", ["", "x" * 50 + " ", "signature=", '"signature":"', "https://x/?a=b&signature%3D"]
)
@pytest.mark.parametrize("value", [DIGITS, KEY, "1" * 300])
def test_shorten(before: str, value: str) -> None:
    """shorten keeps words whole or omits them, because half a key cannot be recognised."""
    for most in range(1, 130):
        short = shorten(
            f"{before}{value} and more words, more and more of them, up to a hundred and more", most
        )
        assert len(short) <= most + 1
        assert value in short or not any(part in short for part in (value[:4], value[-4:]))
    assert shorten("short words", 100) == "short words"


@dataclass(frozen=True)
class Hostile(Exception):
    """An exception that forbids showing and writing."""

    def __str__(self) -> str:
        raise KeyError("no words")


def test_hostile_errors() -> None:
    """The plugin replaces a hostile error by its name, and leaves the bot's own current error alone."""
    error, handled = BadRequest("x"), Hostile()
    error.__cause__, error.__context__ = ValueError("y"), handled
    error.__cause__.__cause__ = Hostile()
    redact_chain(error, ("a key of 20 letters.",), handled)
    assert str(error.__cause__.__cause__) == "Hostile"
    assert error.__context__ is handled


def test_ids_in_orders() -> None:
    """The ids of order structures stay as they are, even if a key looks like a part of them."""
    error = BadRequest("mybot-key-1")
    error.orders = [{"id": "1", "clientOrderId": "mybot-key-1", "info": {"msg": "mybot-key-1"}}]
    redact_chain(error, ("mybot-key",))
    assert str(error) == "***-1"
    assert error.orders == [{"id": "1", "clientOrderId": "mybot-key-1", "info": {"msg": "***-1"}}]


def test_secrets_of_odd_types() -> None:
    """A secret that is not a text masks nothing. A key echoed in another case is masked."""
    assert redact("abcdefgh ABCDEFGH 5", (5, None, b"abcdefgh", "abcdefgh")) == "*** *** 5"
