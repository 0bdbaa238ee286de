"""The exchange's answers, as documented and as captured from the live exchange by users (facts, §1)."""

from __future__ import annotations

from typing import Any

TWO_CANCELED = (
    b'{"code":0,"msg":"","debugMsg":"","data":{"orders":['
    b'{"symbol":"GM-USDT","orderId":1735964997957275648,"transactTime":1702721242701,"price":"0.00000398",'
    b'"stopPrice":"0.00000398","origQty":"8061558","executedQty":"0","cummulativeQuoteQty":"0",'
    b'"status":"CANCELED","type":"LIMIT","side":"SELL","clientOrderID":"2most51702721242645506402"},'
    b'{"symbol":"GM-USDT","orderId":1735965127519326208,"transactTime":1702721249787,"price":"0.00000398",'
    b'"stopPrice":"0.00000398","origQty":"5806281","executedQty":"0","cummulativeQuoteQty":"0",'
    b'"status":"CANCELED","type":"LIMIT","side":"SELL","clientOrderID":"2most51702721249647382871"}]}}'
)
PARTIAL_NOT_FOUND = (
    b'{"code":0,"msg":"","debugMsg":"","data":{"orders":['
    b'{"symbol":"BARS-USDT","orderId":1885778991827025920,"transactTime":1738439722387,"price":"0.001",'
    b'"stopPrice":"0","origQty":"1000","executedQty":"0","cummulativeQuoteQty":"0","status":"CANCELED",'
    b'"type":"LIMIT","side":"SELL","origClientOrderId":"215501022025","clientOrderID":"215501022025"}],'
    b'"fails":[{"orderId":"1885778991827025921",'
    b'"error":"can not find order for orderId:1885778991827025921 for symbol: BARS-USDT, '
    b'please verify and retry later"}]}}'
)


def canceled(order_id: int, client_order_id: str = "", status: str = "CANCELED") -> dict[str, Any]:
    """An entry of ``data.orders``."""
    return {
        "symbol": "BTC-USDT", "orderId": order_id, "transactTime": 1738439722387, "price": "100",
        "stopPrice": "0", "origQty": "1", "executedQty": "0", "cummulativeQuoteQty": "0",
        "status": status, "type": "LIMIT", "side": "BUY", "clientOrderID": client_order_id,
    }  # fmt: skip


def not_found(order_id: str) -> dict[str, Any]:
    """An entry of ``data.fails`` for an id that the exchange does not know."""
    error = f"can not find order for orderId:{order_id} for symbol: BTC-USDT, please verify and retry later"
    return {"orderId": order_id, "error": error}


def in_state(order_id: str, state: str) -> dict[str, Any]:
    """An entry of ``data.fails`` for an order in `state`."""
    error = f"the  orderId:{order_id} order status :{state},can not delete, please verify and retry later"
    return {"orderId": order_id, "error": error}


def answer(orders: Any = None, fails: Any = None) -> dict[str, Any]:
    """A whole answer."""
    return {"code": 0, "msg": "", "debugMsg": "", "data": {"orders": orders, "fails": fails}}
