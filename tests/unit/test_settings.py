"""options["cancelOrders"]."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest
from ccxt.base.errors import BadRequest

from ccxt_bingx_ext._bingx.endpoints import (
    INVERSE,
    INVERSE_ALL,
    LINEAR,
    LINEAR_ALL,
    SPOT,
    SPOT_ALL,
    Endpoint,
)
from ccxt_bingx_ext._ratelimit.schedule import RateLimit
from ccxt_bingx_ext._settings import DEFAULTS, Settings, _warn_of_name, parse_settings

from ..helpers import reached

DEFAULT = Settings(
    request_format="auto",
    process=None,
    batch_size=50,
    rate_limit=RateLimit(requests=2, period=1.0),
    storage=None,
    max_wait=1.0,
    resolve_attempts=3,
    resolve_timeout=10.0,
    fallbacks=(),
    family=True,
    coalesce=True,
    verifies_all=True,
)


@pytest.mark.parametrize(
    "options",
    [{}, {"cancelOrders": None}, {"cancelOrders": {}}, {"cancelOrders": {"batchSize": None, "margin": None}}],
)
def test_defaults(options: dict[str, Any]) -> None:
    """A bot that replaces the options, or part of them, loses no default."""
    assert parse_settings(options) == DEFAULT


def test_given_settings() -> None:
    """parse_settings takes each setting under its public name."""
    given: dict[str, Any] = {
        "requestFormat": "query",
        "process": 1,
        "batchSize": 100,
        "limit": 10,
        "margin": 100,
        "inFlight": 400,
    }
    given |= {"storage": "redis://localhost", "maxWait": 250, "resolveAttempts": 0, "resolveTimeout": 500}
    given |= {"family": False, "coalesce": False, "verifyAll": False}
    options = {"cancelOrders": given, "fallbackHostnames": ["Bingx.pro", "127.0.0.1:80"]}
    assert parse_settings(options) == Settings(
        "query",
        1,
        100,
        RateLimit(10, 1.1, in_flight=0.4),
        "redis://localhost",
        0.25,
        0,
        0.5,
        ("Bingx.pro", "127.0.0.1:80"),
        False,
        False,
        False,
    )


@pytest.mark.parametrize(
    "bad", ["bingx.pro", [5], ["bingx.pro/x"], ["a@b"], ["https://bingx.pro"], {"a": 1}, [""]]
)
def test_bad_fallback(bad: Any) -> None:
    """parse_settings refuses a fallback that is not a hostname, because keys go there."""
    with pytest.raises(BadRequest, match=r"\['fallbackHostnames'\] is .*: pass a list of hostnames"):
        parse_settings({"fallbackHostnames": bad})


@pytest.mark.parametrize("given", ["json", ["json"], 5])
def test_options_of_other_types(given: Any) -> None:
    """parse_settings refuses options that are not a dict."""
    with pytest.raises(BadRequest, match=": pass a dict"):
        parse_settings({"cancelOrders": given})


@pytest.mark.parametrize("storage", ["REDIS://:hunter2@host", "memcached://:hunter2@host", 5, ""])
def test_bad_storage(storage: Any) -> None:
    """The error about a bad storage does not show the password in its URL."""
    match = r"\['storage'\] has .*: pass the URL of a Redis \(redis://.*\), or None"
    with pytest.raises(BadRequest, match=match) as caught:
        parse_settings({"cancelOrders": {"storage": storage}})
    assert "hunter2" not in str(caught.value)


_URLS = (
    "redis://:hunter2@host", "rediss://hunter2", "redis:/:hunter2@host", "unix:///run/x?password=hunter2",
    "redis://u:a'b hunter2@host", "https://u:hunter2@host", "user:hunter2@host",
    "HTTP://" + "x" * 30 + "hunter2" + "x" * 99 + "@host",
)  # fmt: skip


@pytest.mark.parametrize("url", _URLS)
@pytest.mark.parametrize("endpoint", [SPOT, LINEAR])
def test_passwords_in_other_settings(url: str, endpoint: Endpoint, caplog: pytest.LogCaptureFixture) -> None:
    """No error and no log record shows the password of a URL, whatever setting has the URL."""
    _warn_of_name.cache_clear()
    unknown, names = {url: "storage", f"{url}/": {url: 1}}, [*DEFAULTS]
    parse_settings({"cancelOrders": unknown}, endpoint)
    assert len(caplog.records) == 2
    texts = [str(vars(record)) for record in caplog.records]
    for value in (url, [url], {"storage": url}, [{"storage": url}], (5, {url: url})):
        tried: list[dict[str, Any]] = [
            *({"cancelOrders": {name: value}} for name in names),
            *({"cancelOrders": {"linear": {name: value}}} for name in DEFAULTS["linear"]),
            {"cancelOrders": value},
            {"cancelOrders": {"linear": [value]}},
            {"fallbackHostnames": value},
            {"fallbackHostnames": ["bingx.pro", value]},
        ]
        for options in tried:
            try:
                parse_settings(options, endpoint)
            except BadRequest as error:
                texts += reached(error)
    assert len(texts) > 50, "it looks at something"
    assert not [text for text in texts if "hunter2" in text]


def test_limits() -> None:
    """limit None removes the limit. A limit below one per second means one request in a longer period."""
    assert parse_settings({"cancelOrders": {"limit": None}}).rate_limit.period == 0
    assert parse_settings({"cancelOrders": {"limit": 0.5}}).rate_limit == RateLimit(1, 2.0)
    assert parse_settings({"cancelOrders": {"limit": 2.5}}).rate_limit == RateLimit(2, 1.0)


def test_settings_of_swaps() -> None:
    """Swaps have their own limit and batch size, and share all other settings."""
    options = {"cancelOrders": {"limit": None, "batchSize": 3, "maxWait": 0}}
    linear, inverse = parse_settings(options, LINEAR), parse_settings(options, INVERSE)
    assert (linear.batch_size, linear.rate_limit.requests, linear.max_wait) == (10, 5, 0)
    assert (inverse.batch_size, inverse.rate_limit.requests, inverse.max_wait) == (1, 5, 0)
    given = {"linear": {"batchSize": 4, "limit": 1}, "inverse": {"limit": None}}
    linear = parse_settings({"cancelOrders": given}, LINEAR)
    assert (linear.batch_size, linear.rate_limit.requests) == (4, 1)
    assert parse_settings({"cancelOrders": given}, INVERSE).rate_limit.period == 0


def test_limits_of_all() -> None:
    """cancel_all_orders has a limit of its own in each kind of market."""
    given: dict[str, Any] = {"allLimit": 1, "linear": {"allLimit": 3}, "inverse": {"allLimit": None}}
    requests = [
        parse_settings({"cancelOrders": options}, endpoint).rate_limit.requests
        for options in ({}, given)
        for endpoint in (SPOT_ALL, LINEAR_ALL)
    ]
    assert requests == [2, 5, 1, 3]
    assert parse_settings({"cancelOrders": given}, INVERSE_ALL).rate_limit.period == 0
    assert parse_settings({"cancelOrders": given}).rate_limit.requests == 2


@pytest.mark.parametrize(
    ("endpoint", "name", "values", "wanted"),
    [
        (LINEAR_ALL, "allLimit", [0, "2"], "a number of requests per second, or None"),
        (INVERSE_ALL, "allLimit", [-1], "a number of requests per second, or None"),
        (LINEAR, "batchSize", [0, 11, "5"], "a whole number from 1 to 10$"),
        (LINEAR, "limit", [0, "2"], "a number of requests per second, or None"),
        (INVERSE, "batchSize", [2], "a whole number from 1 to 1$"),
        (INVERSE, "limit", [-1], "a number of requests per second, or None"),
    ],
)
def test_bad_setting_of_swaps(endpoint: Endpoint, name: str, values: list[Any], wanted: str) -> None:
    """The error names the market of a bad setting, also for a batch that the endpoint does not take."""
    market = endpoint.market_type
    for value in values:
        where = rf"\['cancelOrders'\]\['{market}'\]\['{name}'\]"
        with pytest.raises(BadRequest, match=rf"{where} is {value!r}: pass {wanted}"):
            parse_settings({"cancelOrders": {market: {name: value}}}, endpoint)
    with pytest.raises(BadRequest, match=rf"\['{market}'\] is 5: pass a dict"):
        parse_settings({"cancelOrders": {market: 5}}, endpoint)


@pytest.mark.parametrize(
    ("name", "values", "wanted"),
    [
        ("requestFormat", ["xml", 1], "'auto', 'json' or 'query'"),
        ("batchSize", [0, -1, "50", 1.5, True], "a whole number from 1$"),
        ("limit", [0, -1, "2", float("inf"), True], "a number of requests per second, or None"),
        ("family", [0, "no"], "True or False"),
        ("verifyAll", [1, "yes"], "True or False"),
        ("margin", [-1, "50"], "a number of ms"),
        ("inFlight", [-1, "50"], "a number of ms"),
        ("maxWait", [-1, "1000"], "a number of ms"),
        ("resolveAttempts", [-1, 1.5, "3"], "a whole number from 0"),
        ("resolveTimeout", [-1, "10000"], "a number of ms"),
    ],
)
def test_bad_setting(name: str, values: list[Any], wanted: str) -> None:
    """The error names a bad setting and says which values it may have."""
    for value in values:
        match = rf"options\['cancelOrders'\]\['{name}'\] is {value!r}: pass {wanted}"
        with pytest.raises(BadRequest, match=match):
            parse_settings({"cancelOrders": {name: value}})


def warnings_of(caplog: pytest.LogCaptureFixture, options: Any, endpoint: Endpoint = SPOT) -> list[str]:
    """The log of parse_settings, in a process that has not warned yet."""
    caplog.clear()
    _warn_of_name.cache_clear()
    parse_settings({"cancelOrders": options}, endpoint)
    return [record.getMessage() for record in caplog.records]


_NAMES = (
    "the names are requestFormat, process, batchSize, limit, singleLimit, allLimit, linear, inverse, family, "
    "coalesce, verifyAll, margin, inFlight, storage, "
    "maxWait"
)


@pytest.mark.parametrize(
    ("options", "endpoint", "where", "name", "hint"),
    [
        ({"batchsize": 5}, SPOT, "", "'batchsize'", "did you mean 'batchSize'?"),
        ({"MAX_WAIT": 5}, SPOT, "", "'MAX_WAIT'", "did you mean 'maxWait'?"),
        ({"storag": "redis://:hunter2@host"}, SPOT, "", "'storag'", "did you mean 'storage'?"),
        ({"linear": {"limits": 1}}, LINEAR, "['linear']", "'limits'", "did you mean 'limit'?"),
        ({"inverse": {"Limit": 1}}, INVERSE, "['inverse']", "'Limit'", "did you mean 'limit'?"),
        ({"zzz": 1}, SPOT, "", "'zzz'", f"{_NAMES}, resolveAttempts, resolveTimeout"),
        ({5: 1}, SPOT, "", "5", f"{_NAMES}, resolveAttempts, resolveTimeout"),
    ],
)
def test_misspelt_setting(
    caplog: pytest.LogCaptureFixture, options: Any, endpoint: Endpoint, where: str, name: str, hint: str
) -> None:
    """parse_settings logs an unknown name once, with the nearest setting and without its value."""
    said = f"bingx options['cancelOrders']{where} has no setting {name}, so the plugin ignores it: {hint}"
    assert warnings_of(caplog, options, endpoint) == [said]
    parse_settings({"cancelOrders": options}, endpoint)
    assert len(caplog.records) == 1


def test_right_names_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The defaults never cause a warning, on any market."""
    for endpoint in (SPOT, LINEAR, INVERSE):
        assert warnings_of(caplog, dict(DEFAULTS), endpoint) == []


class Changing(dict[str, Any]):
    """A dict to which another thread adds a name while it is iterated."""

    def items(self) -> Any:
        for item in super().items():
            yield item
            self["margin"] = 0


def test_options_changed_meanwhile() -> None:
    """parse_settings reads a copy of options that another thread may change."""
    options = Changing(batchSize=7, linear=Changing(limit=1))
    assert parse_settings({"cancelOrders": options}).batch_size == 7
    assert parse_settings({"cancelOrders": options}, LINEAR).rate_limit.requests == 1


def test_hostile_options() -> None:
    """Values whose methods raise are unusable settings, and an enum counts as its value."""

    class Hostile:
        def __eq__(self, other: object) -> bool:
            raise ZeroDivisionError

        __repr__ = __bool__ = __eq__  # type: ignore[assignment]
        __hash__ = object.__hash__

    class Format(str, Enum):
        JSON = "json"

    for name in ("requestFormat", "batchSize", "limit", "margin", "storage", "linear"):
        for bad in (Hostile(), 10**5000):
            with pytest.raises(BadRequest, match=name):
                parse_settings({"cancelOrders": {name: bad}}, LINEAR if name == "linear" else SPOT)
    for options in ({"cancelOrders": Hostile()}, {"fallbackHostnames": Hostile()}):
        with pytest.raises(BadRequest):
            parse_settings(options)
    assert parse_settings({"cancelOrders": {"requestFormat": Format.JSON}}).request_format == "json"


@pytest.mark.parametrize("none", [None, "", [], ()])
def test_no_fallbacks(none: Any) -> None:
    """None, an empty list and an empty string name no fallback."""
    assert parse_settings({"fallbackHostnames": none}).fallbacks == ()
