"""OrderReport -> ccxt's order structure, by ccxt's own parser if it can read the entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._ids import OrderRef
from .ledger import OrderReport
from .outcome import Order

GONE = ("canceled", "closed", "rejected", "expired")
"""The ccxt statuses of an order that is not live any more, and will not be."""


def is_gone(order: Mapping[str, Any]) -> bool:
    """Whether an order structure says that its order is in a final state, so that a bot may forget it.

    False for ``"open"``, and for None: then the exchange knows no order with this id on this symbol and
    account, but the order may exist under another.
    """
    return order.get("status") in GONE


def build_order(exchange: Any, market: Any, ref: OrderRef | None, report: OrderReport) -> Order:
    """ccxt's order structure of what `report` says; `ref` is the id that it settles, if any."""
    order = _parsed(exchange, market, report.entry) if report.listed == "orders" else None
    if order is None:
        order = _unparsed(exchange, market, report.entry)
    # ccxt 4.5.90 calls a FAILED order canceled. Nobody cancelled it.
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
        parsed: Order = exchange.parse_order(entry, market)
        return parsed
    except Exception:
        # ccxt 4.5.90 raises AttributeError on an order without "type", and TypeError on an entry that is not
        # an object. Whatever the entry looks like, the caller must learn what the exchange did.
        return None


def _unparsed(exchange: Any, market: Any, entry: Any) -> Order:
    """An order structure that holds the ids and the market only."""
    named = entry if isinstance(entry, Mapping) else {}
    bare = {
        "id": named.get("orderId") or None,
        "clientOrderId": named.get("clientOrderID") or named.get("clientOrderId"),
        "symbol": market["symbol"],
        "info": entry,
    }
    return dict(exchange.safe_order(bare, market))
