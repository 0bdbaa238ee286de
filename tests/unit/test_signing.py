"""The signed JSON body."""

from __future__ import annotations

import json

import pytest
from ccxt.base.errors import AuthenticationError

from ccxt_bingx_ext._bingx.signing import canonical, check_api_key, signed_json

# openssl dgst -sha256 -hmac SECRET <<< the canonical string (without newline)
VECTORS: list[tuple[dict[str, object], str, str, str]] = [
    (
        {
            "symbol": "BTC-USDT",
            "orderIds": "1735964997957275648,1735965127519326208",
            "process": 1,
            "timestamp": 1702721242701,
        },
        "simulator-secret",
        "orderIds=1735964997957275648,1735965127519326208&process=1&symbol=BTC-USDT&timestamp=1702721242701",
        "150c60dd1dfe296b3b08e3c5cbd9aa48d7e41459aa76832906943eae1783cbca",
    ),
    (
        {"timestamp": 1, "clientOrderIDs": "Ü_1,b-2", "recvWindow": 2500.5, "flag": False},
        "другой секрет",
        "clientOrderIDs=Ü_1,b-2&flag=false&recvWindow=2500.5&timestamp=1",
        "1f0eec7aac58cdfe74585c8700af50b04f8502f7204f0a5f7ee40db477c972a7",
    ),
]


@pytest.mark.parametrize(("params", "secret", "text", "signature"), VECTORS)
def test_known_signatures(params: dict[str, object], secret: str, text: str, signature: str) -> None:
    """The signatures equal vectors computed with openssl."""
    assert canonical(params) == text
    body = json.loads(signed_json(params, secret))
    assert body.pop("signature") == signature
    assert body == params


def test_numbers_and_booleans() -> None:
    """Numbers and booleans stand in the canonical string as in the JSON body."""
    params = {"b": 2500.5, "a": True, "c": 5000, "B": "x y/ü"}
    assert canonical(params) == "B=x y/ü&a=true&b=2500.5&c=5000"
    body = signed_json(params, "s")
    assert '"a":true' in body
    assert '"b":2500.5' in body


@pytest.mark.parametrize("key", ["key\n", " key", "k\u00e4y", "a\tb", "\u20ac"])
def test_bad_key(key: str) -> None:
    """check_api_key refuses a key that a header cannot hold, and does not show it."""
    with pytest.raises(AuthenticationError) as caught:
        check_api_key(key)
    assert key not in str(caught.value)
    for fine in ("aZ09-_~", "x", "a b", "", None):
        check_api_key(fine)
