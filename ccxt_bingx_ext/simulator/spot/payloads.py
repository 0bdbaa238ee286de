"""Spot orders as the endpoints show them."""

from __future__ import annotations

from typing import Any

from ..orders import Fill, Order, plain
from ..quotes import is_maker


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


def trade_payload(fill: Fill) -> dict[str, Any]:
    """A trade of the account, in the shape of the example in ccxt's source."""
    order = fill.order
    base, _, quote = order.symbol.partition("-")
    return {
        "symbol": order.symbol,
        "id": fill.trade_id,
        "orderId": order.order_id,
        "price": fill.price,
        "qty": fill.quantity,
        "quoteQty": plain(fill.cost),
        "commission": 0,
        "commissionAsset": base if order.side == "BUY" else quote,
        "time": order.updated_ms,
        "isBuyer": order.side == "BUY",
        "isMaker": is_maker(fill),
    }
