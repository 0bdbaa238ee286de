"""Helpers that play the exchange in unit tests: responses, a context, and a wire without transport.

The responses are documented ones, and ones that users captured from the live exchange (facts, §1).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeAlias, TypeVar

from ccxt.base.errors import BaseError
from hypothesis import strategies as st

from ccxt_bingx_ext._bingx.endpoints import SPOT
from ccxt_bingx_ext._cancel import flow
from ccxt_bingx_ext._cancel.arguments import parse_batch
from ccxt_bingx_ext._cancel.commands import Cancel, FetchOrder, Received
from ccxt_bingx_ext._cancel.hosts import Hosts
from ccxt_bingx_ext._cancel.ledger import OrderReport
from ccxt_bingx_ext._cancel.method_names import CANCEL_ORDERS
from ccxt_bingx_ext._cancel.outcome import Order, conclude
from ccxt_bingx_ext._cancel.run import CancelContext, Pauses
from ccxt_bingx_ext._cancel.spacing import Spacing
from ccxt_bingx_ext._ids import Batch
from ccxt_bingx_ext._runner import Gather

R = TypeVar("R")

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


def response(orders: Any = None, fails: Any = None) -> dict[str, Any]:
    """A whole response."""
    return {"code": 0, "msg": "", "debugMsg": "", "data": {"orders": orders, "fails": fails}}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
IDS = [str(n) for n in range(1, 5)]
ENTRY = st.one_of(
    st.builds(canceled, st.sampled_from([1, 2, 3, 4, 9]), st.sampled_from(["", "a", "b", "z"]),
              st.sampled_from(["CANCELED", "FILLED", "PENDING", "FAILED", "", "X"])),
    st.builds(in_state, st.sampled_from([*IDS, "9", "a", "b"]),
              st.sampled_from(["CANCELED", "FILLED", "NEW", "X"])),
    st.builds(not_found, st.sampled_from([*IDS, "9", "a", "b"])),
    st.fixed_dictionaries({"error": st.sampled_from(["order a not found", "clientOrderID:b", "1 2", ""])}),
    JSON,
)  # fmt: skip
LISTED = st.none() | st.lists(ENTRY, max_size=6) | JSON
RESPONSE = st.one_of(
    JSON, st.builds(response, LISTED, LISTED), st.fixed_dictionaries({"code": st.just(0), "data": JSON})
)


Reply: TypeAlias = Callable[[dict[str, Any]], Any]


class Wire:
    """Plays the exchange: each request gets the next reply. The last reply is repeated."""

    def __init__(self, *replies: Reply | Any) -> None:
        self.replies = list(replies)
        self.requests: list[dict[str, Any]] = []
        self.others: list[str] = []

    def __call__(self, command: Any) -> Any:
        if not isinstance(command, (Cancel, FetchOrder)):
            self.others.append(repr(command))  # Pause(1.0) and Ban(1.0) are equal tuples
            return None
        request = dict(command.request)
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, BaseException):
            raise reply
        return reply(request) if callable(reply) else reply


def build_order(ref: Any, report: OrderReport) -> Order:
    """The content of a report, in place of ccxt's order structure."""
    return {"asked": ref.value if ref else None, "status": report.status, "info": report.entry}


def context(**settings: Any) -> CancelContext:
    """A context that reconciles, and spaces cancels of one order, only if a test asks for it."""
    defaults = CancelContext(
        method=CANCEL_ORDERS, endpoint=SPOT, batch_size=50, at_once=1, max_wait=1.0, build_order=build_order,
        resolve_attempts=0, resolve_timeout=10.0, fallbacks=(), hosts=Hosts(), clock=lambda: 0.0,
        spacing=Spacing(), pauses=Pauses(same_order=0.0, lag=0.0), queried_meanwhile=0,
    )  # fmt: skip
    return defaults._replace(**settings)


def batch(*ids: int | str, **params: Any) -> Batch:
    """A batch as a caller of cancel_orders asks for it."""
    return parse_batch(list(ids), params)


class _Received(Generator[Any, Any, R]):
    """`flow`, run by drivers that give the body of a response for what a cancel returns."""

    def __init__(self, flow: Generator[Any, Any, R]) -> None:
        self._flow = flow
        self._command: Any = None

    def send(self, value: Any) -> Any:
        if isinstance(self._command, Cancel) and not isinstance(value, Received):
            value = Received(value)
        return self._next(self._flow.send(value))

    def throw(self, *error: Any) -> Any:
        return self._next(self._flow.throw(*error))

    def _next(self, command: Any) -> Any:
        self._command = command
        return Gather([_Received(one) for one in command.flows]) if isinstance(command, Gather) else command


def cancel(batch: Batch, market_id: str, context: CancelContext) -> Generator[Any, Any, list[Order]]:
    """The flow that cancels `batch`, concluded as the exchange class concludes it."""
    return conclude((yield from _Received(flow.cancel_batch(batch, market_id, context))), context.method)


def cancel_unloaded(
    batch: Batch, guessed_id: str, context: CancelContext, load: Callable[[], Any]
) -> Generator[Any, Any, list[Order]]:
    """Do the same before the markets are loaded."""
    return conclude(
        (yield from _Received(flow.cancel_unloaded(batch, guessed_id, context, load))), context.method
    )


def lists_of(error: BaseError) -> tuple[list[str | None], list[str]]:
    """The ids that an error reports, and the ids that it leaves unresolved."""
    return [order["asked"] for order in error.orders], error.unresolved
