"""Swap orders as the endpoints show them. The known shapes differ from endpoint to endpoint."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from ..errors import Refused
from ..markets import INVERSE_CONTRACTS
from ..orders import Fill, Order, number, plain

_NOT_SET: Final = {"type": "", "quantity": 0, "stopPrice": 0, "price": 0, "workingType": ""}
"""The take profit or stop loss of an order without one."""
_INVERSE_NOT_SET: Final = _NOT_SET | {"stopGuaranteed": ""}
_BEIJING: Final = timezone(timedelta(hours=8))
_INVERSE_CANCELLED: Final = {
    "origQty": "0",
    "commission": "0.000000",
    "takeProfit": _INVERSE_NOT_SET,
    "stopLoss": _INVERSE_NOT_SET,
    "workingType": "",
}
"""The fields in which the response to cancelling an inverse order differs from a query."""


def _status(order: Order) -> str:
    """The swap endpoints write CANCELLED with two Ls, the spot endpoints with one."""
    return "CANCELLED" if order.status == "CANCELED" else order.status


def linear_placed(order: Order) -> dict[str, Any]:
    """An order in the response to placing. It has no status."""
    return {
        "orderId": order.order_id,
        "symbol": order.symbol,
        "positionSide": order.position_side,
        "side": order.side,
        "type": order.type,
        "price": number(order.price),
        "quantity": number(order.quantity),
        "stopPrice": number(order.stop_price),
        "workingType": "MARK_PRICE",
        "clientOrderID": order.client_order_id,
        "timeInForce": "GTC",
        "priceRate": 0,
        "stopLoss": "",
        "takeProfit": "",
        "reduceOnly": order.reduce_only,
    }


def linear_cancelled(order: Order) -> dict[str, Any]:
    """An order in the response to cancelling, one or many."""
    return {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "side": order.side,
        "positionSide": order.position_side,
        "type": order.type,
        "origQty": order.quantity,
        "price": order.price,
        "executedQty": order.executed,
        "avgPrice": order.average,
        "cumQuote": order.cost,
        "stopPrice": order.stop_price,
        "profit": "0.0000",
        "commission": "0.000000",
        "status": _status(order),
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "clientOrderId": order.client_order_id,
    }


def linear_all_cancelled(order: Order) -> dict[str, Any]:
    """An order in the response to cancelling all open orders."""
    return {
        **linear_cancelled(order),
        "stopPrice": "" if order.stop_price == "0" else order.stop_price,
        "profit": "0",
        "commission": "0",
        "leverage": "",
        "takeProfit": _NOT_SET,
        "stopLoss": _NOT_SET,
        "advanceAttr": 0,
        "positionID": 0,
        "takeProfitEntrustPrice": 0,
        "stopLossEntrustPrice": 0,
        "orderType": "",
        "workingType": "",
    }


def linear_lookup(order: Order) -> dict[str, Any]:
    """An order in the response to a query."""
    return {
        **linear_cancelled(order),
        "profit": "",
        "commission": "",
        "leverage": "",
        "takeProfit": "",
        "stopLoss": "",
        "advanceAttr": 0,
        "positionID": 0,
        "takeProfitEntrustPrice": 0,
        "stopLossEntrustPrice": 0,
        "orderType": "",
        "workingType": "MARK_PRICE",
    }


def inverse_placed(order: Order) -> dict[str, Any]:
    """The complete response to placing, without ``code`` and ``data`` around it."""
    return {
        "orderId": order.order_id,
        "symbol": order.symbol,
        "positionSide": order.position_side,
        "side": order.side,
        "type": order.type,
        "price": number(order.price),
        "quantity": number(order.quantity),
        "stopPrice": number(order.stop_price),
        "workingType": "",
        "timeInForce": "",
    }


def inverse_lookup(order: Order) -> dict[str, Any]:
    """An order in the response to a query. ``origQty`` is empty, and some words are not in capitals."""
    contract_value = Decimal(INVERSE_CONTRACTS[order.symbol].size)
    return {
        "symbol": order.symbol,
        "orderId": str(order.order_id),
        "side": order.side,
        "positionSide": order.position_side.capitalize(),
        "type": order.type,
        "quantity": number(order.quantity),
        "origQty": "",
        "price": order.price,
        "executedQty": order.executed,
        "avgPrice": order.average,
        "cumQuote": plain(Decimal(order.executed) * contract_value),
        "stopPrice": "" if order.stop_price == "0" else order.stop_price,
        "profit": "0.0000",
        "commission": "0.0000",
        "status": "Pending" if order.status == "PENDING" else _status(order),
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "clientOrderId": order.client_order_id,
        "leverage": "",
        "takeProfit": _INVERSE_NOT_SET | {"type": "TAKE_PROFIT", "workingType": "MARK_PRICE"},
        "stopLoss": _INVERSE_NOT_SET | {"type": "STOP", "workingType": "MARK_PRICE"},
        "advanceAttr": 0,
        "positionID": 0,
        "takeProfitEntrustPrice": 0,
        "stopLossEntrustPrice": 0,
        "orderType": "",
        "workingType": "MARK_PRICE",
    }


def inverse_all_cancelled(order: Order) -> dict[str, Any]:
    """An order in the response to cancelling all open orders."""
    return inverse_lookup(order) | _INVERSE_CANCELLED | {"positionSide": order.position_side}


def inverse_cancelled(order: Order) -> dict[str, Any]:
    """An order in the response to cancelling it alone. It has lost its type and its quantity."""
    return inverse_lookup(order) | _INVERSE_CANCELLED | {"type": "Pending", "quantity": 0}


def linear_failed(order: Order, why: Refused) -> dict[str, Any]:
    """An order that cancelling all open orders left open."""
    return {
        "orderId": order.order_id,
        "clientOrderId": order.client_order_id,
        "errorCode": why.code,
        "errorMessage": why.message,
    }


def inverse_failed(order: Order, why: Refused) -> dict[str, Any]:
    """The same for an inverse order: under other keys, and without its client order id."""
    return {"orderId": str(order.order_id), "code": why.code, "msg": why.message}


def linear_trade(fill: Fill) -> dict[str, Any]:
    """A trade of the account: the example in ccxt's source, and the other keys that ccxt reads."""
    order = fill.order
    seconds, ms = divmod(order.updated_ms, 1000)
    time = datetime.fromtimestamp(seconds, timezone.utc) + timedelta(milliseconds=ms)
    return {
        "symbol": order.symbol,
        "orderId": str(order.order_id),
        "tradeId": str(fill.trade_id),
        "side": order.side,
        "positionSide": order.position_side,
        "volume": fill.quantity,
        "price": fill.price,
        "amount": plain(fill.cost),
        "commission": "0",
        "currency": "USDT",
        "liquidatedPrice": "0.00",
        "liquidatedMarginRatio": "0.00",
        "filledTm": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "filledTime": time.astimezone(_BEIJING).strftime(f"%Y-%m-%dT%H:%M:%S.{ms:03}%z"),
    }
