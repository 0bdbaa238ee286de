"""Market data that a cancel can use, and other."""

from __future__ import annotations

from typing import Any

import pytest
from ccxt.base.errors import BadSymbol, ExchangeError

from ccxt_bingx_ext._cancel.market_data import check_market, reading_markets

MARKET = {"id": "A-B", "symbol": "A/B", "spot": True}


def test_usable_market() -> None:
    """A market with an id, a symbol and a type can be used."""
    for kind in ("spot", "linear", "inverse"):
        check_market({"id": "A-B", "symbol": "A/B", kind: True}, "A/B")


@pytest.mark.parametrize(
    "market",
    [
        None,
        5,
        {},
        {**MARKET, "id": None},
        {**MARKET, "id": ""},
        {**MARKET, "symbol": None},
        {**MARKET, "spot": None},
        {**MARKET, "spot": False, "linear": False, "inverse": None},
    ],
)
def test_odd_market(market: Any) -> None:
    """check_market refuses a market from which the plugin would have to guess."""
    with pytest.raises(ExchangeError, match=r"market data of A/B lacks .* load_markets\(True\)"):
        check_market(market, "A/B")


def test_errors_of_market_data() -> None:
    """ccxt's exception for odd market data becomes an ExchangeError, and a ccxt error stays."""
    for odd in (AttributeError("x"), KeyError("spot"), TypeError("x")):
        with pytest.raises(ExchangeError, match="market data cannot be read") as caught, reading_markets("m"):
            raise odd
        assert caught.value.__cause__ is odd
    with pytest.raises(BadSymbol), reading_markets("m"):
        raise BadSymbol("x")
