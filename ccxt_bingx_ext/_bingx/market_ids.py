"""Derive the exchange's id of a spot market from its symbol, without loading markets. No I/O.

So a cancel on a fresh instance need not wait for the five requests that load the markets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SYMBOL = r"([^/:\-]+)/([^/:\-]+)"
_CURRENCY_ID = r"[A-Z0-9]+"


def spot_market_id(symbol: str, renamed: Mapping[str, str]) -> str | None:
    """ "BASE/QUOTE" -> "BASE-QUOTE"; None if the symbol alone does not determine it.

    `renamed`: the currencies that ccxt gives other codes on this exchange (id -> code). ccxt calls SNOW
    Snowman, TRUMP TRUMPMAGA, and TRUMPSOL TRUMP.
    """
    parts = re.fullmatch(_SYMBOL, symbol)
    ids = [_currency_id(code, renamed) for code in parts.groups()] if parts else [None]
    return None if None in ids else "-".join(id for id in ids if id)


def _currency_id(code: str, renamed: Mapping[str, str]) -> str | None:
    ids = [id for id, its_code in renamed.items() if its_code == code]
    if not ids and code not in renamed:
        ids = [code]
    return ids[0] if len(ids) == 1 and re.fullmatch(_CURRENCY_ID, ids[0]) else None
