"""The values of parameters: what the endpoints accept, and how they refuse the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from . import errors
from .errors import Refused, invalid
from .markets import CONTRACTS, SPOT_PAIRS, Contract, SpotPair, SwapMarket
from .orders import plain

_INT64_MAX: Final = 2**63 - 1


class NumberText(str):
    """A JSON number exactly as the client wrote it: 5000 stays "5000", 1.50 stays "1.50"."""

    __slots__ = ()


def known_pair(params: Mapping[str, str], request_name: str) -> SpotPair:
    symbol = params.get("symbol")
    if not symbol:
        raise errors.missing(request_name, "Symbol")
    pair = SPOT_PAIRS.get(symbol)
    if pair is None:
        raise invalid(f"symbol {symbol} not exist, please verify it")
    return pair


def known_contract(market: SwapMarket, params: Mapping[str, str], request_name: str) -> Contract:
    symbol = params.get("symbol")
    if not symbol:
        raise errors.missing(request_name, "Symbol")
    contract = CONTRACTS[market].get(symbol)
    if contract is None:
        raise Refused(errors.SWAP_UNKNOWN_SYMBOL, f"{symbol} not exist, please verify it")
    return contract


def parse_order_id(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,20}", text) or abs(int(text)) > _INT64_MAX:
        raise invalid(f"{text!r} is not an order id")
    return int(text)


def amount(params: Mapping[str, str], key: str) -> str | None:
    """A positive decimal, or None if the parameter is missing or empty."""
    text = params.get(key)
    if text is None or text == "":
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise invalid(f"{key} is not a number") from None
    if not value.is_finite() or value <= 0 or abs(value.adjusted()) > 30 or len(text) > 60:
        raise invalid(f"{key} must be greater than 0")
    return plain(value)


def first_given(params: Mapping[str, str], names: Iterable[str]) -> str:
    """The first of these parameters that is not empty: some go by several names."""
    return next((value for name in names if (value := params.get(name))), "")


def whole_number(params: Mapping[str, str], key: str, default: int) -> int:
    text = params.get(key) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise invalid(f"{key} is not a whole number")
    return int(text)


def one_of(params: Mapping[str, str], key: str, allowed: tuple[str, ...]) -> str:
    value = params.get(key, "")
    if value not in allowed:
        raise invalid(f"{key} must be one of {', '.join(allowed)}")
    return value
