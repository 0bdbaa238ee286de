"""How a long list is divided."""

from __future__ import annotations

import pytest

from ccxt_bingx_ext._bingx.endpoints import INVERSE, LINEAR, SPOT, Endpoint
from ccxt_bingx_ext.cli.ids import Target
from ccxt_bingx_ext.cli.parts import parts, requests

ENDPOINTS = {"S": SPOT, "T": SPOT, "L": LINEAR, "I": INVERSE}


def listed(**counts: int) -> list[Target]:
    return [Target(symbol, str(one + 1)) for symbol, count in counts.items() for one in range(count)]


def endpoint_of(symbol: str) -> Endpoint:
    return ENDPOINTS[symbol]


@pytest.mark.parametrize(
    ("counts", "sizes"),
    [
        ({"S": 101}, [50, 50, 1]),
        ({"L": 45}, [40, 5]),
        ({"I": 9}, [4, 4, 1]),
        ({"S": 2, "T": 2}, [2, 2]),
        ({"S": 1, "L": 25, "I": 3}, [1 + 20, 5 + 3]),
    ],
)
def test_parts(counts: dict[str, int], sizes: list[int]) -> None:
    """A part takes less than a second of requests, by the limits of its endpoints."""
    targets = listed(**counts)
    divided = [*parts(targets, endpoint_of)]
    assert [len(part) for part in divided] == sizes
    assert [one for part in divided for one in part] == targets


def test_requests() -> None:
    """A request has orders of one symbol, as many as its endpoint takes, or all of them."""
    targets = [*listed(L=6, S=1), *[Target("L", f"9{one}") for one in range(6)]]
    sent = [[one.symbol for one in request] for request in requests(targets, endpoint_of)]
    assert sent == [["L"] * 10, ["L"] * 2, ["S"]]
    whole = [len(request) for request in requests(listed(S=60, T=2), endpoint_of, whole=True)]
    assert whole == [60, 2]
