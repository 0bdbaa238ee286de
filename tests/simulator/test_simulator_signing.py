"""Parameters, signatures and timestamps of a request."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccxt_bingx_ext.simulator.accounts import Account
from ccxt_bingx_ext.simulator.errors import Refused
from ccxt_bingx_ext.simulator.http.parsing import parse
from ccxt_bingx_ext.simulator.http.signing import canonical, check_signature, check_timestamp, sign

NOW = 1_700_000_000_000

# Computed with: printf '%s' "$canonical" | openssl dgst -sha256 -hmac simulator-secret
VECTORS = [
    (
        {
            "symbol": "BTC-USDT",
            "orderIds": "1735964997957275648,1735965127519326208",
            "process": "1",
            "timestamp": "1700000000000",
        },
        "orderIds=1735964997957275648,1735965127519326208&process=1&symbol=BTC-USDT&timestamp=1700000000000",
        "352499f17ec342e9c8e8e9016c35e5dfdd20de2dbd64bc42479748d9dfc26d5d",
    ),
    (
        {
            "timestamp": "1700000000000",
            "recvWindow": "5000",
            "data": '[{"symbol":"BTC-USDT","price":1.50}]',
        },
        'data=[{"symbol":"BTC-USDT","price":1.50}]&recvWindow=5000&timestamp=1700000000000',
        "5f15d9bd04193e54599c6f1626e2f6cdb592ff1a87b1dddf7507a9354d2d97cc",
    ),
    (
        {"a": "1", "B": "2", "ü": "é +%", "timestamp": "1700000000000", "_": "4"},
        "B=2&_=4&a=1&timestamp=1700000000000&ü=é +%",
        "88a9beb63f23055cd06e8180a0b74ea4467c74b24d3ed3b682053c705ccaffc2",
    ),
]


def refusal(query: str = "", content_type: str = "", body: bytes = b"") -> int:
    with pytest.raises(Refused) as caught:
        parse(query, content_type, body)
    return caught.value.code


@pytest.mark.parametrize(("params", "line", "signature"), VECTORS)
def test_signature_vectors(params: dict[str, str], line: str, signature: str) -> None:
    """The canonical string is sorted by ASCII and unencoded, and openssl gives the same signature."""
    assert canonical(params) == line
    assert sign("simulator-secret", params) == signature
    account = Account("key", "simulator-secret", "1")
    assert check_signature({"key": account}, "key", {**params, "signature": signature}) is account


def test_json_numbers() -> None:
    """A JSON body keeps the text of its numbers, and booleans become true and false."""
    body = b'{"a":5000,"b":1.50,"c":1e3,"d":true,"e":false,"f":"x","g":12345678901234567890}'
    assert parse("", "application/json; charset=utf-8", body).params == {
        "a": "5000",
        "b": "1.50",
        "c": "1e3",
        "d": "true",
        "e": "false",
        "f": "x",
        "g": "12345678901234567890",
    }


def test_three_forms() -> None:
    """A query, a form-encoded body and a JSON body give the same parameters."""
    expected = {"orderIds": "1,2", "data": '[{"a": 1}]', "empty": ""}
    encoded = "orderIds=1%2C2&data=%5B%7B%22a%22%3A%201%7D%5D&empty="
    forms = [
        parse(encoded, "", b""),
        parse("", "application/x-www-form-urlencoded", encoded.encode()),
        parse("", "application/json", json.dumps(expected).encode()),
    ]
    assert [(one.form, one.params) for one in forms] == [
        ("query", expected),
        ("form", expected),
        ("json", expected),
    ]


@pytest.mark.parametrize(
    ("query", "content_type", "body"),
    [
        ("a=1", "application/json", b"{}"),
        ("a=1&a=2", "", b""),
        ("", "application/json", b'{"a":1,"a":2}'),
        ("", "application/json", b'{"a":null}'),
        ("", "application/json", b'{"a":[1]}'),
        ("", "application/json", b'{"a":{}}'),
        ("", "application/json", b'{"a":NaN}'),
        ("", "application/json", b"[]"),
        ("", "application/json", b"\xff"),
        ("", "application/json", b"[" * 100_000),
        ("", "text/plain", b"{}"),
        ("", "", b"{}"),
        ("a=%ff", "", b""),
        ("", "application/x-www-form-urlencoded", b"\xff"),
    ],
)
def test_ambiguous_parameters(query: str, content_type: str, body: bytes) -> None:
    """The simulator refuses ambiguous and malformed parameters and guesses nothing."""
    assert refusal(query, content_type, body) == 100400


@given(st.binary(max_size=60), st.sampled_from(["application/json", "application/x-www-form-urlencoded"]))
def test_any_body(body: bytes, content_type: str) -> None:
    """Any bytes give parameters or a refusal."""
    with contextlib.suppress(Refused):
        assert isinstance(parse("", content_type, body).params, dict)


def test_wrong_signatures() -> None:
    """A signature in upper case, not in ASCII or too long is wrong."""
    account = Account("key", "secret", "1")
    params = {"timestamp": "1"}
    for signature in (sign("secret", params).upper(), "é", sign("secret", params) + "0"):
        with pytest.raises(Refused) as caught:
            check_signature({"key": account}, "key", {**params, "signature": signature})
        assert caught.value.code == 100001


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"timestamp": str(NOW)}, None),
        ({"timestamp": str(NOW - 5000)}, None),
        ({"timestamp": str(NOW - 5001)}, 100421),
        ({"timestamp": str(NOW + 5001)}, 100421),
        ({"timestamp": str(NOW - 9000), "recvWindow": "10000"}, None),
        ({"timestamp": str(NOW - 900), "recvWindow": "500.5"}, 100421),
        ({}, 100421),
        ({"timestamp": "soon"}, 80014),
        ({"timestamp": "9" * 5000}, 80014),
        ({"timestamp": "٣"}, 80014),
        ({"timestamp": str(NOW), "recvWindow": "nan"}, 100400),
        ({"timestamp": str(NOW), "recvWindow": "-1"}, 100400),
    ],
)
def test_time_window(params: dict[str, str], code: int | None) -> None:
    """A timestamp counts within recvWindow (5000 ms by default) on either side of the clock."""
    if code is None:
        check_timestamp(params, NOW)
    else:
        with pytest.raises(Refused) as caught:
            check_timestamp(params, NOW)
        assert caught.value.code == code
