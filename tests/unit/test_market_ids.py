"""A spot symbol -> the exchange's market id, without loading markets."""

from __future__ import annotations

import pytest

from ccxt_bingx_ext._bingx.market_ids import spot_market_id

RENAMED = {
    "SNOW": "Snowman",
    "NAP": "$NAP",
    "TRUMP": "TRUMPMAGA",
    "TRUMPSOL": "TRUMP",
    "AA": "ONE",
    "BB": "ONE",
}


@pytest.mark.parametrize(
    ("symbol", "market_id"),
    [
        ("BTC/USDT", "BTC-USDT"),
        ("1INCH/USDC", "1INCH-USDC"),
        ("Snowman/USDT", "SNOW-USDT"),
        ("$NAP/USDT", "NAP-USDT"),
        ("TRUMPMAGA/USDT", "TRUMP-USDT"),
        ("TRUMP/USDT", "TRUMPSOL-USDT"),
        ("BTC/TRUMP", "BTC-TRUMPSOL"),
        ("SNOW/USDT", None),  # the id SNOW has another symbol: only the markets can decide
        ("ONE/USDT", None),  # two ids have this code
        ("btc/usdt", None),
        ("BTC/USDT:USDT", None),
        ("BTC-USDT", None),
        ("BTC", None),
        ("A/B/C", None),
        ("/USDT", None),
    ],
)
def test_spot_market_id(symbol: str, market_id: str | None) -> None:
    """The symbol gives the market id, also for renamed currencies, or None if markets must decide."""
    assert spot_market_id(symbol, RENAMED) == market_id
