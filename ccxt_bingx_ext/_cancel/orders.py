"""Turn an OrderReport into ccxt's order structure, by ccxt's own parser if that can read the entry."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from .._ids import OrderRef
from .ledger import OrderReport
from .matching import client_id_of, order_id_of
from .outcome import Order

# ccxt 4.5.90 writes out every digit of "1e999999999", and the call hangs.
_HUGE_EXPONENT = r"[eE]\s*[+-]?[\d_]{3,}\s*$"  # compiled at first use: a bot starts sooner
_LONGEST_WORD = 64  # characters. No id, number or word of an order is longer
_LARGEST_NUMBER = 1e30
_DEEPEST = 3  # an order, which a response may wrap once, and its take-profit

GONE = ("canceled", "closed", "rejected", "expired")
"""The ccxt statuses (str) of an order in a final state: it is not live, and will not be again."""


def is_gone(order: Mapping[str, Any]) -> bool:
    """Return True if an order structure has a final status, so that a bot may forget its order.

    `GONE` has the final statuses. False for ``"open"``, and for None. None means that the exchange knows no
    order with this id on this symbol and account. The order may exist under another.
    """
    return order.get("status") in GONE


def build_order(exchange: Any, market: Any, ref: OrderRef | None, report: OrderReport) -> Order:
    """ccxt's order structure for `report`. `ref`: the id that the report settles, if any.

    A field that ccxt cannot read, or a number that is too large for it, counts as missing. ``info`` holds the
    entry as the exchange sent it.
    """
    order = _parsed(exchange, market, report.entry) if report.listed == "orders" else None
    if order is None:
        order = _unparsed(exchange, market, report.entry)
    # ccxt 4.5.90 calls a FAILED order canceled, although nobody cancelled it.
    if report.status is not None or order["status"] == "canceled":
        order["status"] = report.status
    if ref is not None:
        order["symbol"] = market["symbol"]  # ccxt takes a swap order without positionSide for a spot one
        if report.listed == "fails" and ref.value == order["id"]:
            order["id"] = None  # a failed client order id may be keyed as "orderId"
        order[ref.field] = ref.value
    return order


def _parsed(exchange: Any, market: Any, entry: Any) -> Order | None:
    try:
        return parse_bounded(exchange.parse_order, entry, market)
    except Exception:
        # ccxt 4.5.90 raises AttributeError on an order without "type", and TypeError on an entry that is not
        # an object. The caller must learn what the exchange did, whatever the entry looks like.
        return None


def parse_bounded(parse: Callable[[Any, Any], Any], entry: Any, market: Any) -> Order:
    """The order structure that ccxt's `parse` makes of `entry`, without the values that would hang it."""
    parsed: Order = parse(_readable(entry, _DEEPEST), market)
    parsed["info"] = entry
    return parsed


def _readable(entry: Any, depth: int) -> Any:
    """`entry` without values that ccxt would compute with although they cannot belong to an order."""
    if not isinstance(entry, Mapping):
        return entry
    if depth == 0:
        return {}
    return {
        name: given if _is_id(name) else _readable(value, depth - 1)
        for name, given in entry.items()
        if _is_id(name) or not _is_odd(value := _decoded(given))
    }


def _is_id(name: str) -> bool:
    # "mine_1e2345" is a client order id, not a number. "i" and "c" are the keys of ids on the websocket.
    return name.lower().endswith("id") or name in ("i", "c")


def _decoded(value: Any) -> Any:
    # ccxt decodes such a text itself (a swap order's take-profit), and computes with the values.
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _is_odd(value: Any) -> bool:
    if value is None or isinstance(value, (bool, Mapping)):
        return False
    if isinstance(value, (int, float)):
        return not abs(value) < _LARGEST_NUMBER  # NaN is not less, either
    if not isinstance(value, str) or len(value) > _LONGEST_WORD:
        return True
    if re.search(_HUGE_EXPONENT, value):
        return True
    return value.strip(" +-").lower() in ("nan", "inf", "infinity")


def _unparsed(exchange: Any, market: Any, entry: Any) -> Order:
    """An order structure with the ids and the market only."""
    bare = {
        "id": order_id_of(entry),
        "clientOrderId": client_id_of(entry),
        "symbol": market["symbol"],
        "info": entry,
    }
    return dict(exchange.safe_order(bare, market))
