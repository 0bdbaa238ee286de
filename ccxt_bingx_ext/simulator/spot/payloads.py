"""Spot orders as the endpoints show them."""

from __future__ import annotations

from typing import Any

from ..orders import Order


def order_payload(order: Order) -> dict[str, Any]:
    """An order in the response to placing or cancelling. ``transactTime`` is the time of placing."""
    return {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "transactTime": order.created_ms,
        "price": order.price,
        "stopPrice": order.stop_price,
        "origQty": order.quantity,
        "executedQty": order.executed,
        "cummulativeQuoteQty": order.cost,
        "status": order.status,
        "type": order.type,
        "side": order.side,
        "clientOrderID": order.client_order_id,
    }


def cancelled_payload(order: Order) -> dict[str, Any]:
    """An order in the response to cancelling it alone or replacing it, as documented."""
    payload = order_payload(order)
    return {key: value for key, value in payload.items() if key not in ("transactTime", "clientOrderID")}


def lookup_payload(order: Order) -> dict[str, Any]:
    """An order in the response to a query. The exchange itself writes ``StopPrice`` with a capital S."""
    base, _, quote = order.symbol.partition("-")
    return {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "price": order.price,
        "StopPrice": order.stop_price,
        "origQty": order.quantity,
        "executedQty": order.executed,
        "cummulativeQuoteQty": order.cost,
        "status": order.status,
        "type": order.type,
        "side": order.side,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "origQuoteOrderQty": order.quote_quantity,
        "fee": "0",
        "feeAsset": base if order.side == "BUY" else quote,
        "avgPrice": order.average,
        "clientOrderID": order.client_order_id,
    }
