"""What is known of an order -> ccxt's order structure, by ccxt's own parser where it can read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .arguments import OrderRef
from .commands import Order
from .ledger import OrderReport


def build_order(exchange: Any, market: Any, asked: OrderRef | None, claim: OrderReport) -> Order:
    """ccxt's order structure of what `claim` says; `asked` is the id it answers, if any."""
    order = _parsed(exchange, market, claim.entry) if claim.listed == "orders" else None
    if order is None:
        order = _unparsed(exchange, market, claim.entry)
    # ccxt 4.5.90 calls a FAILED order canceled. Nobody cancelled it.
    if claim.status is not None or order["status"] == "canceled":
        order["status"] = claim.status
    if asked is not None:
        order["symbol"] = market["symbol"]  # ccxt takes a swap order without positionSide for a spot one
        if claim.listed == "fails" and asked.value == order["id"]:
            order["id"] = None  # a failed client order id may be keyed as "orderId"
        order[asked.field] = asked.value
    return order


def _parsed(exchange: Any, market: Any, entry: Any) -> Order | None:
    try:
        parsed: Order = exchange.parse_order(entry, market)
        return parsed
    except Exception:
        # ccxt 4.5.90 raises AttributeError on an order without "type", TypeError on no object at all.
        # Whatever the entry looks like, what the exchange did must reach the caller.
        return None


def _unparsed(exchange: Any, market: Any, entry: Any) -> Order:
    """An order structure of which only the ids and the market are known."""
    named = entry if isinstance(entry, Mapping) else {}
    bare = {
        "id": named.get("orderId") or None,
        "clientOrderId": named.get("clientOrderID") or named.get("clientOrderId"),
        "symbol": market["symbol"],
        "info": entry,
    }
    return dict(exchange.safe_order(bare, market))
