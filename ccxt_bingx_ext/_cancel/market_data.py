"""Check what a cancel needs of ccxt's market data. No I/O, no exchange object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ccxt.base.errors import BaseError, ExchangeError

from .._ids import shown
from .method_names import CANCEL_ORDERS


def check_market(market: Any, symbol: str, method: str = CANCEL_ORDERS) -> None:
    """Raise ``ExchangeError`` if ccxt's `market` lacks data for a cancel. The plugin does not guess them.

    ``BadSymbol`` would mean that the exchange has no such market.
    """
    if (
        not isinstance(market, Mapping)
        or any(not isinstance(market.get(name), str) or not market[name] for name in ("id", "symbol"))
        or not any(market.get(kind) is True for kind in ("spot", "linear", "inverse"))
    ):
        raise ExchangeError(
            f"{method} market data of {symbol} lacks an id, a symbol or a type: {shown(market)}. "
            "Call load_markets(True)"
        )


@contextmanager
def reading_markets(where: str) -> Iterator[None]:
    """Turn Python's own errors about odd market data into ``ExchangeError``.

    ccxt 4.5.90 raises AttributeError, IndexError or TypeError for a market without an id or of another form.
    """
    try:
        yield
    except BaseError:
        raise
    except Exception as error:
        raise ExchangeError(f"{where} market data cannot be read: {shown(error)}") from error
