"""A lost response, by hand: the queries and the claims. No transport. Only sleeping moves the clock."""

from __future__ import annotations

from typing import Any

import pytest
from ccxt.base.errors import (
    BadRequest,
    BadResponse,
    BaseError,
    DDoSProtection,
    ExchangeNotAvailable,
    InvalidNonce,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
    RequestTimeout,
)
from hypothesis import given
from hypothesis import strategies as st

from ccxt_bingx_ext._bingx.endpoints import SPOT
from ccxt_bingx_ext._bingx.errors import Response, attach_response
from ccxt_bingx_ext._cancel.arguments import parse_batch
from ccxt_bingx_ext._cancel.commands import (
    Cancel,
    FetchHistory,
    FetchOrder,
    MeasureClock,
    Sleep,
    UpdateLimiter,
)
from ccxt_bingx_ext._cancel.flow import REFUSED_AS_A_WHOLE
from ccxt_bingx_ext._cancel.hosts import Hosts
from ccxt_bingx_ext._cancel.ledger import UnexpectedResponse, report_of_history
from ccxt_bingx_ext._cancel.outcome import UNKNOWN_OUTCOME
from ccxt_bingx_ext._cancel.run import Pauses
from ccxt_bingx_ext._ids import Batch, OrderRef
from ccxt_bingx_ext._runner import run

from .fakes import batch, cancel, canceled, context, in_state, lists_of, not_found, response


class Exchange:
    """A small exchange in memory, which loses responses. The tests compare claims with its orders.

    `losing`: the outcome of each cancel: "" (a response), "before" or "after" (lost before or after it is
    executed), or an error that is raised.
    """

    def __init__(self, states: dict[str, str], *losing: Any, lookups: tuple[Any, ...] = ()) -> None:
        self.states = dict(states)
        self.losing, self.lookups = list(losing), list(lookups)
        self.calls: list[Any] = []
        self.now = 0.0

    def __call__(self, call: Any) -> Any:
        self.calls.append(call)
        if isinstance(call, (Cancel, FetchOrder)):
            assert (call.endpoint, call.request["symbol"]) == (SPOT, "BTC-USDT")
        if isinstance(call, Sleep):
            self.now += call.seconds
        elif isinstance(call, Cancel):
            return self._cancel(call.request)
        elif isinstance(call, FetchOrder):
            return self._look_up(call.request)
        return None

    def _cancel(self, request: Any) -> Any:
        fate = self.losing.pop(0) if self.losing else ""
        if isinstance(fate, BaseException):
            raise fate
        if fate == "before":
            raise RequestTimeout("bingx lost")
        try:
            reply = self._executed(request)
        except OrderNotFound:
            if fate == "after":
                raise RequestTimeout("bingx lost") from None
            raise
        if fate == "after":
            raise RequestTimeout("bingx lost")
        return fate or reply

    def _executed(self, request: Any) -> Any:
        ids = request["orderIds"].split(",")
        wrong = [one for one in ids if self.states.get(one) != "PENDING"]
        if wrong and request.get("process") != 1:
            error = OrderNotFound(f"bingx {wrong[0]}")
            attach_response(error, Response(200, "100400"))
            raise error
        right = [one for one in ids if one not in wrong]
        self.states.update(dict.fromkeys(right, "CANCELED"))
        fails = [in_state(one, self.states[one]) if one in self.states else not_found(one) for one in wrong]
        return response([canceled(int(one)) for one in right], fails)

    def _look_up(self, request: Any) -> Any:
        fate = self.lookups.pop(0) if self.lookups else ""
        if isinstance(fate, BaseException):
            raise fate
        one = request["orderId"]
        if one not in self.states:
            raise OrderNotFound("bingx order does not exist")
        return fate or {"code": 0, "data": canceled(int(one), status=self.states[one])}

    @property
    def sent(self) -> str:
        """The requests, in short: c for a cancel, q for a look-up."""
        kinds = {Cancel: "c", FetchOrder: "q"}
        return "".join(kinds[type(call)] for call in self.calls if type(call) in kinds)


def settle(exchange: Exchange, asked: Batch, **settings: Any) -> list[tuple[str | None, str | None]]:
    settings = {"resolve_attempts": 3, "clock": lambda: exchange.now, **settings}
    orders = run(cancel(asked, "BTC-USDT", context(**settings)), exchange)
    return [(order["asked"], order["status"]) for order in orders]


ALIVE = {"1": "PENDING", "2": "PENDING"}


def test_gateway_knows_no_order() -> None:
    """A gateway's response to a look-up settles nothing, regardless of its words."""
    gateway = OrderNotFound("bingx order does not exist")
    attach_response(gateway, Response(502, "109414", "order not exist"))
    exchange = Exchange(ALIVE, "after", lookups=(gateway,))
    assert settle(exchange, batch(1, 2)) == [("1", "canceled"), ("2", "canceled")]
    assert exchange.sent == "cqqq"


@pytest.mark.parametrize("fate", ["before", "after"])
def test_process_1_sent_again(fate: str) -> None:
    """With process 1 the flow sends the ids again, which cancels orders that are still open."""
    exchange = Exchange({**ALIVE, "3": "FILLED"}, fate)
    told = settle(exchange, batch(1, 2, 3, 4, process=1))
    assert told == [("1", "canceled"), ("2", "canceled"), ("3", "closed"), ("4", None)]
    assert exchange.sent == "ccqq"  # "does not exist" counts if two look-ups agree
    assert set(exchange.states.values()) == {"CANCELED", "FILLED"}


def test_process_0_executed() -> None:
    """If look-ups find every order final, the flow reports each state and sends nothing again."""
    exchange = Exchange(ALIVE, "after")
    assert settle(exchange, batch(1, 2)) == [("1", "canceled"), ("2", "canceled")]
    assert exchange.sent == "cqq"


def test_process_0_not_executed() -> None:
    """If a look-up finds an order open, the list was not executed and the flow sends it again."""
    exchange = Exchange(ALIVE, "before")
    assert settle(exchange, batch(1, 2)) == [("1", "canceled"), ("2", "canceled")]
    assert exchange.sent == "cqc"


def test_process_0_final_orders() -> None:
    """The flow reports final orders, regardless of what ended them."""
    exchange = Exchange({"1": "FILLED", "2": "CANCELED", "3": "FAILED"}, "before")
    assert settle(exchange, batch(1, 2, 3)) == [("1", "closed"), ("2", "canceled"), ("3", "rejected")]
    assert exchange.sent == "cqqq"


def test_process_0_one_filled() -> None:
    """With one order filled the exchange refuses the list for good: the flow reports each order's state."""
    exchange = Exchange({"1": "FILLED", "2": "PENDING", "3": "CANCELED"}, "before")
    assert settle(exchange, batch(1, 2, 3)) == [("1", "closed"), ("2", "open"), ("3", "canceled")]
    assert exchange.sent.count("c") == 1
    assert exchange.states["2"] == "PENDING"


def test_late_execution() -> None:
    """The flow reports orders that the lost request cancelled after their look-up."""
    exchange = Exchange(ALIVE, "before", "")

    def late(call: Any) -> Any:
        if isinstance(call, Cancel) and exchange.sent == "cq":
            exchange.states.update(dict.fromkeys(ALIVE, "CANCELED"))
        return exchange(call)

    flow = cancel(batch(1, 2), "BTC-USDT", context(resolve_attempts=3, clock=lambda: exchange.now))
    assert [order["status"] for order in run(flow, late)] == ["canceled", "canceled"]
    assert exchange.sent == "cqcqq"


def test_refusal_without_ambiguity() -> None:
    """Without an ambiguous failure before it, a refusal needs no look-up."""
    exchange = Exchange({"1": "PENDING", "2": "FILLED"})
    with pytest.raises(BadRequest, match="nothing was cancelled"):
        settle(exchange, batch(1, 2))
    assert exchange.sent == "c"


@pytest.mark.parametrize("process", [0, 1])
def test_still_unknown(process: int) -> None:
    """The flow raises the first failure with every id unresolved, after growing pauses."""
    lost = ExchangeNotAvailable("bingx 502")
    others = [RequestTimeout("later")] * 9
    exchange = Exchange(ALIVE, lost, *others, lookups=tuple(others))
    with pytest.raises(ExchangeNotAvailable, match=UNKNOWN_OUTCOME) as caught:
        settle(exchange, batch(1, 2, process=process))
    assert caught.value is lost
    assert lists_of(lost) == ([], ["1", "2"])
    assert [call.seconds for call in exchange.calls if isinstance(call, Sleep)] == [0.25, 0.5, 1.0]
    assert len(exchange.sent) == 4


def test_later_batches() -> None:
    """If batch 2 of 3 stays unknown, batch 1 is known and batches 2 and 3 are unresolved."""
    lost = [RequestTimeout("lost")] * 4
    exchange = Exchange({str(n): "PENDING" for n in range(1, 7)}, "", *lost)
    with pytest.raises(RequestTimeout) as caught:
        settle(exchange, batch(*range(1, 7), process=1), batch_size=2)
    assert lists_of(caught.value) == (["1", "2"], ["3", "4", "5", "6"])


def test_list_goes_on() -> None:
    """After batch 2 of 3 is reconciled, the flow sends the third one."""
    exchange = Exchange({str(n): "PENDING" for n in range(1, 7)}, "", "after")
    told = settle(exchange, batch(*range(1, 7), process=1), batch_size=2)
    assert [status for _, status in told] == ["canceled"] * 6
    assert exchange.sent == "cccc"


def test_no_attempts() -> None:
    """With resolveAttempts 0 the flow raises an unknown outcome at once."""
    exchange = Exchange(ALIVE, "after")
    with pytest.raises(RequestTimeout, match=UNKNOWN_OUTCOME):
        settle(exchange, batch(1, 2), resolve_attempts=0)
    assert exchange.sent == "c"


def test_resolve_timeout() -> None:
    """No attempt starts after resolveTimeout."""
    exchange = Exchange(ALIVE, *[RequestTimeout("lost")] * 99)
    with pytest.raises(RequestTimeout):
        settle(exchange, batch(1, 2, process=1), resolve_attempts=50, resolve_timeout=4.0)
    assert exchange.now <= 4.0
    assert exchange.sent == "ccccc"
    for process, sent in ((1, "cc"), (0, "cqq")):
        in_time = Exchange(ALIVE, "after")
        settle(in_time, batch(1, 2, process=process), resolve_timeout=0.25)
        assert (in_time.now, in_time.sent) == (0.25, sent)


@pytest.mark.parametrize(
    "bad",
    [
        "<html>",
        {"code": 0, "data": None},
        {"code": 0, "data": canceled(9)},
        {"code": 0, "data": canceled(1, status="ODD")},
    ],
)
def test_useless_look_up(bad: Any) -> None:
    """The flow repeats a look-up whose response settles nothing."""
    exchange = Exchange(ALIVE, "after", lookups=(bad,))
    assert settle(exchange, batch(1, 2)) == [("1", "canceled"), ("2", "canceled")]
    assert exchange.sent == "cqqq"


def test_unknown_order() -> None:
    """An order that its look-up does not find has status None, never canceled."""
    exchange = Exchange({"1": "CANCELED"}, "before")
    assert settle(exchange, batch(1, 2)) == [("1", "canceled"), ("2", None)]


@pytest.mark.parametrize("process", [0, 1])
def test_client_id_not_found(process: int) -> None:
    """A client order id that is not found stays unresolved: the exchange drops it after two hours."""

    def wire(call: Any) -> Any:
        if isinstance(call, FetchOrder) and "clientOrderID" in call.request:
            raise OrderNotFound("bingx order does not exist")
        if isinstance(call, FetchOrder):
            return {"code": 0, "data": canceled(1)}
        if isinstance(call, Cancel) and len(lost) > 1:
            raise lost.pop(0)
        if isinstance(call, Cancel):
            refusal = OrderNotFound("bingx order does not exist")
            attach_response(refusal, Response(200, "100404"))
            raise refusal
        return None

    lost = [RequestTimeout("lost"), RequestTimeout("later")]
    asked = parse_batch([1], {"clientOrderIds": ["old_1"], "process": process})
    with pytest.raises(RequestTimeout) as caught:
        run(cancel(asked, "BTC-USDT", context(resolve_attempts=2)), wire)
    assert lists_of(caught.value) == (["1"], ["old_1"])


@pytest.mark.parametrize("history", [RequestTimeout("lost"), response(), {"code": 0, "data": {"orders": []}}])
def test_client_id_after_not_found(history: Any) -> None:
    """A client order id counts as unknown if two queries do not find it, and the history does not hold it."""

    def wire(call: Any) -> Any:
        if isinstance(call, Cancel):
            raise RequestTimeout("lost")
        if isinstance(call, FetchHistory):
            if isinstance(history, BaseError):
                raise history
            return history
        if isinstance(call, FetchOrder) and call.request["clientOrderID"] == "old_1":
            raise OrderNotFound("bingx order does not exist")
        return {"code": 0, "data": canceled(2, "new_2")}

    asked = parse_batch(None, {"clientOrderIds": ["old_1", "new_2"]})
    flow = cancel(asked, "M", context(resolve_attempts=2))
    if isinstance(history, BaseError):
        with pytest.raises(RequestTimeout) as caught:
            run(flow, wire)
        assert lists_of(caught.value) == (["new_2"], ["old_1"])
    else:
        orders = [(order["asked"], order["status"]) for order in run(flow, wire)]
        assert orders == [("old_1", None), ("new_2", "canceled")]


@pytest.mark.parametrize("data", [None, [], "x", {"orders": "x"}, {"orders": {"orderId": 1}}])
def test_history_without_a_list(data: Any) -> None:
    """A history that is not a list says nothing, and an empty one may be null or absent."""
    ref = OrderRef("id", "1")
    with pytest.raises(UnexpectedResponse):
        report_of_history({"code": 0, "data": data}, ref)
    empties: list[Any] = [{}, {"orders": None}, {"orders": []}]
    for empty in empties:
        assert report_of_history({"code": 0, "data": empty}, ref) is None


def test_reused_client_id() -> None:
    """Two orders with one client order id in the history settle nothing."""
    orders = [canceled(2, "x"), canceled(3, "x", status="PENDING")]
    history, ref = {"code": 0, "data": {"orders": orders}}, OrderRef("clientOrderId", "x")
    unclear = report_of_history(history, ref)
    assert unclear is not None
    assert not unclear.settles
    clear = report_of_history({"code": 0, "data": {"orders": orders[:1] * 2}}, ref)
    assert clear is not None
    assert clear.status == "canceled"


def test_history_holds_the_order() -> None:
    """Closed trigger orders are not found by the query: the history holds them, by either id."""

    def wire(call: Any) -> Any:
        if isinstance(call, Cancel):
            raise RequestTimeout("lost")
        if isinstance(call, FetchHistory):
            return {"code": 0, "data": {"orders": [canceled(9), canceled(2, "x", status="FILLED")]}}
        if isinstance(call, FetchOrder):
            raise OrderNotFound("bingx order does not exist")
        return None

    for asked in (parse_batch([2], {}), parse_batch(None, {"clientOrderIds": ["x"]})):
        (order,) = run(cancel(asked, "M", context(resolve_attempts=1)), wire)
        assert order["status"] == "closed"


def test_refused_look_up() -> None:
    """A refused look-up settles an order if its words name a state."""
    exchange = Exchange({"1": "FILLED"}, "before")
    words = "the  orderId:1 order status :FILLED,can not delete, please verify and retry later"
    refusal = OrderNotFound(f"bingx {words}")
    attach_response(refusal, Response(200, "100400", words, query=True))
    exchange.lookups = [refusal]
    assert settle(exchange, batch(1)) == [("1", "closed")]
    assert exchange.sent == "cq"


def test_look_ups_are_kept() -> None:
    """The flow looks a settled order up only once, although another look-up keeps failing."""
    exchange = Exchange({"1": "FILLED", "2": "CANCELED", "3": "CANCELED"}, "before")
    exchange.lookups = ["", "", *[RequestTimeout("lost")] * 9]
    with pytest.raises(RequestTimeout) as caught:
        settle(exchange, batch(1, 2, 3))
    assert lists_of(caught.value) == (["1", "2"], ["3"])
    assert exchange.sent == "cqqqqq"


def test_slow_look_ups() -> None:
    """Look-ups end when resolveTimeout is over."""
    exchange = Exchange({str(n): "CANCELED" for n in range(1, 501)}, "before")

    def slowly(call: Any) -> Any:
        if isinstance(call, FetchOrder):
            exchange.now += 1.0
        return exchange(call)

    settings = context(resolve_attempts=3, clock=lambda: exchange.now)
    with pytest.raises(RequestTimeout) as caught:
        run(cancel(batch(*range(1, 501)), "BTC-USDT", settings), slowly)
    assert exchange.now < 12
    assert len(caught.value.orders) + len(caught.value.unresolved) == 500
    assert len(caught.value.orders) >= 9


def gateway(error: BaseError, code: str) -> BaseError:
    attach_response(error, Response(504, code))
    return error


@pytest.mark.parametrize(
    "error",
    [
        gateway(OrderNotFound("bingx order does not exist"), "100404"),
        gateway(RateLimitExceeded("bingx limit"), "100410"),
        gateway(InvalidNonce("bingx timestamp"), "100421"),
    ],
)
@pytest.mark.parametrize("process", [0, 1])
def test_gateway_5xx(error: BaseError, process: int) -> None:
    """A 5xx is ambiguous, even if its body holds a refusal."""
    exchange = Exchange(ALIVE, error)
    exchange.states.update(dict.fromkeys(ALIVE, "CANCELED"))
    assert settle(exchange, batch(1, 2, process=process)) == [("1", "canceled"), ("2", "canceled")]
    assert exchange.sent == ("cqq" if process == 0 else "cc")


@pytest.mark.parametrize("process", [0, 1])
def test_gateway_5xx_for_one_order(process: int) -> None:
    """A 5xx with a refusal in its body does not settle a single order."""
    exchange = Exchange({"1": "PENDING"}, gateway(OrderNotFound("bingx order does not exist"), "100404"))
    assert settle(exchange, batch(1, process=process)) == [("1", "canceled")]
    error = gateway(OrderNotFound("bingx order does not exist"), "100404")
    with pytest.raises(BadResponse, match=UNKNOWN_OUTCOME) as caught:
        settle(Exchange({"1": "PENDING"}, error), batch(1, process=process), resolve_attempts=0)
    assert REFUSED_AS_A_WHOLE not in str(caught.value)
    assert caught.value.__cause__ is error
    assert lists_of(caught.value) == ([], ["1"])


def test_gateway_5xx_to_a_look_up() -> None:
    """A 5xx to a look-up does not settle the order, and the flow tries again."""
    exchange = Exchange(ALIVE, "after")
    exchange.lookups = [gateway(OrderNotFound("bingx order does not exist"), "100404")]
    assert settle(exchange, batch(1)) == [("1", "canceled")]
    assert exchange.sent == "cqq"


def test_second_response_omits_an_id() -> None:
    """The flow looks up an id that the response to the second all-or-nothing request omits."""
    exchange = Exchange(ALIVE, "before")

    def forgetful(call: Any) -> Any:
        reply = exchange(call)
        return response([canceled(1)]) if isinstance(call, Cancel) else reply

    flow = cancel(batch(1, 2), "BTC-USDT", context(resolve_attempts=3, clock=lambda: exchange.now))
    assert [order["status"] for order in run(flow, forgetful)] == ["canceled", "canceled"]
    assert exchange.sent == "cqcq"


def test_omitted_id_after_lost_response() -> None:
    """With process 1 the flow looks up an id that the second response omits."""
    exchange = Exchange({**ALIVE, "2": "CANCELED"}, "before", response([canceled(1)]), "")
    assert settle(exchange, batch(1, 2, process=1)) == [("1", "canceled"), ("2", "canceled")]
    assert exchange.sent == "ccq"


@pytest.mark.parametrize("process", [0, 1])
def test_second_5xx(process: int) -> None:
    """A 5xx with a refusal in its body is ambiguous for the second request too."""
    error = gateway(OrderNotFound("bingx order does not exist"), "100404")
    exchange = Exchange(ALIVE, "before", error)
    assert settle(exchange, batch(1, 2, process=process)) == [("1", "canceled"), ("2", "canceled")]
    assert exchange.sent == ("cqcqc" if process == 0 else "ccc")


def test_refusal_after_lost_response() -> None:
    """After a lost response a refusal of the whole list settles nothing, and look-ups decide."""
    refusal = OrderNotFound("bingx order does not exist")
    attach_response(refusal, Response(200, "100404"))
    exchange = Exchange({"1": "CANCELED", "2": "PENDING"}, RequestTimeout("lost"), refusal)
    assert settle(exchange, batch(1, 2, 3, process=1)) == [("1", "canceled"), ("2", "canceled"), ("3", None)]
    assert exchange.sent == "ccqqqcq"


def test_refused_order_after_lost_response() -> None:
    """Refused as gone, but open: the order was just placed, or a query lags, so the flow cancels it again."""
    refusal = OrderNotFound("bingx order does not exist")
    attach_response(refusal, Response(200, "100404"))
    exchange = Exchange({"1": "PENDING"}, RequestTimeout("lost"), refusal)
    assert settle(exchange, batch(1, process=1)) == [("1", "canceled")]
    assert exchange.sent == "ccqc"


def test_ban_while_reconciling() -> None:
    """A ban during reconciliation leaves the ids unresolved, with the original error."""
    ban = RateLimitExceeded("bingx banned")
    ban.banned, ban.retry_after = True, 300.0
    exchange = Exchange(ALIVE, RequestTimeout("lost"), ban, ban, ban)
    with pytest.raises(RequestTimeout) as caught:
        settle(exchange, batch(1, 2, process=1))
    assert lists_of(caught.value) == ([], ["1", "2"])


def banned_for(seconds: float) -> BaseError:
    """A ban behind a gateway's 503 (live): ccxt's class for it says nothing about the ban."""
    ban = ExchangeNotAvailable("bingx 503")
    attach_response(ban, Response(503, "100410", "", seconds, banned=True))
    return ban


@pytest.mark.parametrize("process", [0, 1])
def test_short_ban_while_reconciling(process: int) -> None:
    """The flow waits out a ban if a call may wait that long, and then continues."""
    exchange = Exchange(ALIVE, "after", *[banned_for(0.9)] * process, lookups=(banned_for(0.9),))
    settings = {"queried_meanwhile": 0, "max_wait": 1.0}
    told = settle(exchange, batch(1, 2, process=process), **settings)
    assert told == [("1", "canceled"), ("2", "canceled")]
    assert [call.seconds for call in exchange.calls if isinstance(call, Sleep)] == [0.25, 0.9]
    assert exchange.sent == ("ccc" if process else "cqqq")


def test_long_ban_while_reconciling() -> None:
    """A ban that is longer than a call may wait ends the call. Errors of every class record the ban."""
    exchange = Exchange(ALIVE, "after", lookups=(banned_for(0.9),) * 9)
    with pytest.raises(RequestTimeout) as caught:
        settle(exchange, batch(1, 2), max_wait=0.5)
    assert exchange.sent == "cq"
    assert (caught.value.banned, caught.value.retry_after) == (True, 0.9)


def test_failed_queries_are_repeated() -> None:
    """The flow repeats a query that fails, or whose response settles nothing."""
    exchange = Exchange(ALIVE, response([canceled(1)]), lookups=(RequestTimeout("lost"), "<html>"))
    assert settle(exchange, batch(1, 2, process=1)) == [("1", "canceled"), ("2", "canceled")]
    assert exchange.sent == "cqqq"
    assert [call.seconds for call in exchange.calls if isinstance(call, Sleep)] == [0.25, 0.5]


@pytest.mark.parametrize("limit", [RateLimitExceeded("bingx limit"), banned_for(0.9)])
def test_limited_queries_are_repeated(limit: BaseError) -> None:
    """After a refusal for the limit the flow sends no further query before it has waited."""
    exchange = Exchange(ALIVE, response(), lookups=(limit,))
    assert settle(exchange, batch(1, 2, process=1)) == [("1", "canceled"), ("2", "canceled")]
    sent = [type(call) for call in exchange.calls if not isinstance(call, UpdateLimiter)]
    assert sent == [Cancel, FetchOrder, Sleep, FetchOrder, FetchOrder]


@pytest.mark.parametrize("refused", [PermissionDenied("bingx no"), banned_for(300.0)])
def test_refused_queries_are_not_repeated(refused: BaseError) -> None:
    """Without the right to read, or during a ban, the first query is the last. The cancel still follows."""
    exchange = Exchange(ALIVE, response(), lookups=(refused,) * 9)
    assert settle(exchange, batch(1, 2, process=1)) == [("1", "canceled"), ("2", "canceled")]
    assert exchange.sent == "cqc"


def test_queries_end_in_time() -> None:
    """No query is repeated after resolveTimeout."""
    exchange = Exchange(ALIVE, response([canceled(1)]), lookups=(RequestTimeout("lost"),) * 9)
    told = settle(exchange, batch(1, 2, process=1), resolve_timeout=0.1)
    assert told == [("1", "canceled"), ("2", "canceled")]
    assert exchange.sent == "cqc"


def test_open_right_after_a_cancel() -> None:
    """A query may lag: that an order is open right after its cancel does not count before a later query."""
    stale = {"code": 0, "data": canceled(2, status="PENDING")}
    exchange = Exchange(ALIVE, response([canceled(1)]), lookups=(stale,))
    told = settle(exchange, batch(1, 2, process=1), pauses=Pauses(same_order=0.0, lag=1.0))
    assert told == [("1", "canceled"), ("2", "canceled")]
    assert (exchange.sent, exchange.now) == ("cqq", 1.0)


@pytest.mark.parametrize("lag", [1.0, 9.0])
def test_process_0_one_cancelled(lag: float) -> None:
    """A cancelled order of a lost list proves nothing. The others are open if later queries say so."""
    exchange = Exchange({"1": "CANCELED", "2": "PENDING"}, "before")
    settings = {"pauses": Pauses(same_order=0.0, lag=lag)}
    if lag > 2:
        with pytest.raises(RequestTimeout, match=UNKNOWN_OUTCOME) as caught:
            settle(exchange, batch(1, 2), **settings)
        assert lists_of(caught.value) == (["1"], ["2"])
    else:
        assert settle(exchange, batch(1, 2), **settings) == [("1", "canceled"), ("2", "open")]
    assert exchange.sent.count("c") == 1
    assert exchange.states["2"] == "PENDING"


@pytest.mark.parametrize(("second", "is_half"), [("CANCELED", True), ("PENDING", False)])
def test_process_0_half_executed(second: str, is_half: bool) -> None:
    """If all order ids are cancelled and all client ids open, half of the list may have been executed."""
    states = {"1": "CANCELED", "2": second, "x": "PENDING"}

    def wire(call: Any) -> Any:
        if isinstance(call, Cancel):
            raise RequestTimeout("lost")
        if isinstance(call, FetchOrder):
            one = call.request.get("orderId") or call.request["clientOrderID"]
            numbers = {"1": canceled(1), "2": canceled(2), "x": canceled(3, "x")}
            return {"code": 0, "data": {**numbers[one], "status": states[one]}}
        return None

    flow = cancel(parse_batch([1, 2], {"clientOrderIds": ["x"]}), "M", context(resolve_attempts=3))
    if is_half:
        with pytest.raises(RequestTimeout) as caught:
            run(flow, wire)
        assert lists_of(caught.value) == (["1", "2"], ["x"])
    else:
        assert [order["status"] for order in run(flow, wire)] == ["canceled", "open", "open"]


def test_ignored_process_after_lost_responses() -> None:
    """After a refusal of the whole list, the flow sends it again without the ids that no query finds."""
    refusal = OrderNotFound("bingx order does not exist")
    attach_response(refusal, Response(200, "100404"))
    exchange = Exchange(ALIVE, "before", refusal)
    assert settle(exchange, batch(1, 9, 2, process=1)) == [("1", "canceled"), ("9", None), ("2", "canceled")]
    named = [call.request["orderIds"] for call in exchange.calls if isinstance(call, Cancel)]
    assert named == ["1,9,2", "1,9,2", "1,2"]
    lost = Exchange({}, "before", refusal)
    assert settle(lost, batch(8, 9, process=1)) == [("8", None), ("9", None)]
    assert lost.sent == "ccqqqq"


def test_unclear_order_before_an_error() -> None:
    """If a later request fails, the flow also queries orders that the exchange left unclear."""
    unclear = {"orderId": "1", "error": "the order is FILLED or CANCELLED already before, or is not valid"}
    exchange = Exchange(ALIVE, response(fails=[unclear]), PermissionDenied("bingx revoked"))
    with pytest.raises(PermissionDenied) as caught:
        settle(exchange, batch(1, 2, process=1), batch_size=1)
    assert lists_of(caught.value) == (["1"], ["2"])
    assert exchange.sent == "ccq"


def test_all_or_nothing_left_open() -> None:
    """The flow looks up the ids that an all-or-nothing response omits."""
    exchange = Exchange(ALIVE, response())
    exchange.losing = [response()]
    assert settle(exchange, batch(1, 2)) == [("1", "canceled"), ("2", "canceled")]
    assert exchange.sent == "cqq"


# The clock


def test_clock_off() -> None:
    """After InvalidNonce the flow measures the clock once and sends the cancel again."""
    exchange = Exchange(ALIVE, InvalidNonce("bingx timestamp"))
    assert settle(exchange, batch(1, 2)) == [("1", "canceled"), ("2", "canceled")]
    assert [type(call) for call in exchange.calls] == [Cancel, MeasureClock, Cancel]


def test_clock_stays_off() -> None:
    """The flow raises a second InvalidNonce, and the outcome is not unknown."""
    exchange = Exchange(ALIVE, *[InvalidNonce("bingx timestamp")] * 2)
    with pytest.raises(InvalidNonce) as caught:
        settle(exchange, batch(1, 2))
    assert lists_of(caught.value) == ([], ["1", "2"])
    assert UNKNOWN_OUTCOME not in str(caught.value)
    assert exchange.sent == "cc"


def test_clock_unavailable() -> None:
    """If the clock cannot be measured, the flow raises InvalidNonce, not the reason for that."""
    exchange = Exchange(ALIVE, InvalidNonce("bingx timestamp"))

    def no_time(call: Any) -> Any:
        if isinstance(call, MeasureClock):
            raise RequestTimeout("no time")
        return exchange(call)

    with pytest.raises(InvalidNonce):
        run(cancel(batch(1), "BTC-USDT", context(resolve_attempts=3)), no_time)


# The hosts


def unreachable(host: str | None) -> BaseError:
    error = ExchangeNotAvailable(f"bingx {host}")
    error.__cause__ = ConnectionRefusedError()
    return error


class Hosted:
    """An exchange behind several hosts, of which some are down."""

    def __init__(self, exchange: Exchange, *down: str | None) -> None:
        self.exchange, self.down = exchange, set(down)
        self.tried: list[str | None] = []

    def __call__(self, call: Any) -> Any:
        if isinstance(call, (Cancel, FetchOrder)):
            self.tried.append(call.hostname)
            if call.hostname in self.down:
                raise unreachable(call.hostname)
        return self.exchange(call)


def cancel_over(hosted: Hosted, hosts: Hosts, asked: Batch, *fallbacks: str) -> Any:
    exchange = hosted.exchange
    settings = context(resolve_attempts=3, clock=lambda: exchange.now, hosts=hosts, fallbacks=fallbacks)
    return run(cancel(asked, "BTC-USDT", settings), hosted)


def test_next_host() -> None:
    """The flow tries the next host when one is unreachable, and keeps it for a while."""
    hosted, hosts = Hosted(Exchange(ALIVE, "after"), None, "a"), Hosts()
    cancel_over(hosted, hosts, batch(1, 2), "a", "b", "c")
    assert hosted.tried == [None, "a", "b", "b", "b"]
    hosted.tried.clear()
    for _ in range(2):  # the first is still down: the other one is kept again
        hosted.exchange.now += Hosts.KEPT + 1
        with pytest.raises(OrderNotFound):
            cancel_over(hosted, hosts, batch(1), "a", "b", "c")
        with pytest.raises(OrderNotFound):
            cancel_over(hosted, hosts, batch(1), "a", "b", "c")
        assert hosted.tried == [None, "a", "b", "b", "b", "b"]  # refusals without a state: look-ups follow
        hosted.tried.clear()
    hosted.exchange.now += Hosts.KEPT + 1
    hosted.down.clear()
    with pytest.raises(OrderNotFound):
        cancel_over(hosted, hosts, batch(1), "a", "b", "c")
    assert {*hosted.tried} == {None}


def test_all_hosts_down() -> None:
    """If all hosts are down, the next call starts with the first host again."""
    hosted, hosts = Hosted(Exchange(ALIVE), None, "a", "b"), Hosts()
    for _ in range(2):
        with pytest.raises(ExchangeNotAvailable):
            cancel_over(hosted, hosts, batch(1), "a", "b")
    assert hosted.tried == [None, "a", "b"] * 2


def test_host_is_kept() -> None:
    """A busy bot keeps another host for a while and then comes back to the first."""
    hosts, fallbacks = Hosts(), ("a", "b")
    assert hosts.in_turn(fallbacks, 0.0) == [None, "a", "b"]
    for now in (0.0, Hosts.KEPT - 1):
        hosts.reached("a", now)
        assert hosts.in_turn(fallbacks, now) == ["a", None, "b"]
    assert hosts.in_turn(fallbacks, Hosts.KEPT) == [None, "a", "b"]
    hosts.reached("a", Hosts.KEPT)
    assert hosts.in_turn(fallbacks, Hosts.KEPT + 1) == ["a", None, "b"]
    hosts.reached("b", Hosts.KEPT + 1)
    assert hosts.in_turn(fallbacks, 2 * Hosts.KEPT) == ["b", None, "a"]
    assert hosts.in_turn(("a",), 2 * Hosts.KEPT) == [None, "a"]


def test_kept_host_down() -> None:
    """If the kept host goes down, the flow tries the others in their order."""
    hosted, hosts = Hosted(Exchange({"1": "PENDING", "2": "PENDING"}), None), Hosts()
    cancel_over(hosted, hosts, batch(1), "a", "b")
    hosted.down = {"a", None}
    hosted.tried.clear()
    cancel_over(hosted, hosts, batch(2), "a", "b")
    assert hosted.tried == ["a", None, "b"]


def test_no_fallbacks() -> None:
    """Without fallbacks the flow tries the first host only, and the outcome is not unknown."""
    hosted = Hosted(Exchange(ALIVE), None)
    with pytest.raises(ExchangeNotAvailable) as caught:
        cancel_over(hosted, Hosts(), batch(1, 2))
    assert hosted.tried == [None]
    assert UNKNOWN_OUTCOME not in str(caught.value)
    assert lists_of(caught.value) == ([], ["1", "2"])


@pytest.mark.parametrize("fate", [PermissionDenied("no"), "before"])
def test_host_that_may_have_the_request(fate: Any) -> None:
    """The flow tries no other host after a response or a timeout."""
    hosted = Hosted(Exchange(ALIVE, fate))
    if isinstance(fate, BaseException):
        with pytest.raises(PermissionDenied):
            cancel_over(hosted, Hosts(), batch(1, 2), "a")
    else:
        cancel_over(hosted, Hosts(), batch(1, 2), "a")
    assert set(hosted.tried) == {None}


# Everything at once

STATE = st.sampled_from(["PENDING", "PENDING", "FILLED", "CANCELED", "FAILED"])
FATE = st.sampled_from(
    [
        "",
        "",
        "before",
        "after",
        RateLimitExceeded("limit"),
        {"code": 0, "data": None},
        response(),
        InvalidNonce("clock"),
    ]
)
LOOK_UP_FATE = st.sampled_from(["", "", "", RequestTimeout("lost"), None, RateLimitExceeded("limit")])


@given(
    states=st.dictionaries(st.sampled_from("123456"), STATE, min_size=1),
    process=st.sampled_from([None, 0, 1]),
    losing=st.lists(FATE, max_size=8),
    lookups=st.lists(LOOK_UP_FATE, max_size=8),
    size=st.integers(1, 4),
)
def test_no_false_reports(
    states: dict[str, str], process: int | None, losing: list[Any], lookups: list[Any], size: int
) -> None:
    """For every lost response, the flow reports only true states, each id once, and keeps all or nothing."""
    exchange = Exchange(states, *losing, lookups=tuple(lookups))
    asked = ["1", "2", "3", "4"]
    settings = context(batch_size=size, resolve_attempts=3, clock=lambda: exchange.now)
    try:
        orders, unresolved = (
            run(cancel(batch(*asked, process=process), "BTC-USDT", settings), exchange),
            [],
        )
    except BaseError as error:
        orders, unresolved = error.orders, error.unresolved
    told = {order["asked"]: order["status"] for order in orders}
    assert sorted([*told, *unresolved]) == asked
    truth = {"CANCELED": "canceled", "FILLED": "closed", "FAILED": "rejected", "PENDING": "open"}
    for one, status in told.items():
        assert status is None or status == truth[exchange.states[one]]
        assert status is not None or exchange.states.get(one) != "PENDING"
    changed = [one for one in exchange.states if exchange.states[one] != states[one]]
    if not process and any(states.get(one) != "PENDING" for one in asked):
        assert changed == []
    assert set(changed) <= set(asked)


def test_revoked_key() -> None:
    """A revoked key is not ambiguous, and the flow raises it at once."""
    exchange = Exchange(ALIVE, PermissionDenied("bingx revoked"))
    with pytest.raises(PermissionDenied):
        settle(exchange, batch(1, 2, process=1))
    assert exchange.sent == "c"


def test_bad_response() -> None:
    """A response without data that stays unreconciled raises BadResponse."""
    exchange = Exchange(ALIVE, *[{"code": 0, "data": None}] * 4)
    with pytest.raises(BadResponse):
        settle(exchange, batch(1, 2, process=1))


def test_firewall_ends_reconciliation() -> None:
    """Against a firewall no further query goes out, and the error says so."""
    blocked = DDoSProtection("bingx I am a teapot")
    attach_response(blocked, Response(418, None, "", 30.0, banned=True))
    exchange = Exchange(ALIVE, "after", lookups=(blocked,) * 9)
    with pytest.raises(RequestTimeout) as caught:
        settle(exchange, batch(1, 2))
    assert exchange.sent == "cq"
    assert (caught.value.banned, caught.value.retry_after) == (True, 30.0)
    assert lists_of(caught.value) == ([], ["1", "2"])
