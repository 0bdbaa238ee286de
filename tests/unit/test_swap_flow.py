"""The flow on swap endpoints, driven by hand: linear orders in tens, inverse ones side by side."""

from __future__ import annotations

from typing import Any

import pytest
from ccxt.base.errors import (
    BadRequest,
    BadResponse,
    BaseError,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
    RequestTimeout,
)
from hypothesis import given
from hypothesis import strategies as st

from ccxt_bingx_ext._bingx.endpoints import INVERSE, LINEAR, Endpoint
from ccxt_bingx_ext._bingx.errors import Response, attach_response
from ccxt_bingx_ext._cancel.arguments import adopt, parse_batch
from ccxt_bingx_ext._cancel.commands import Cancel, FetchOrder, Sleep
from ccxt_bingx_ext._ids import Batch
from ccxt_bingx_ext._runner import run

from .fakes import cancel, context


class SwapExchange:
    """A small exchange in memory, whose refusals name no state.

    `fates`, `lookups`: the outcome of each cancel and of each look-up: "" (a response), "before" or "after"
    (lost), "forget" (half of it), "nothing" or an error.
    """

    def __init__(self, endpoint: Endpoint, states: dict[str, str], *fates: Any, lookups: Any = ()) -> None:
        self.endpoint, self.states = endpoint, dict(states)
        self.fates, self.lookups = list(fates), list(lookups)
        self.sent: list[list[str]] = []
        self.looked_up: list[str] = []
        self.now = 0.0

    def __call__(self, call: Any) -> Any:
        if isinstance(call, (Cancel, FetchOrder)):
            assert (call.endpoint, call.request["symbol"]) == (self.endpoint, "M")
        if isinstance(call, Sleep):
            self.now += call.seconds
        elif isinstance(call, Cancel):
            return self._suffer(self.fates, lambda: self._cancel(call.request))
        elif isinstance(call, FetchOrder):
            self.looked_up.append(call.request["orderId"])
            return self._suffer(self.lookups, lambda: self._look_up(call.request["orderId"]))
        return None

    def _suffer(self, fates: list[Any], act: Any) -> Any:
        fate = fates.pop(0) if fates else ""
        if isinstance(fate, BaseException):
            raise fate
        if fate == "before":
            raise RequestTimeout("bingx lost")
        try:
            answer = act()
        except BaseError:
            if fate == "after":
                raise RequestTimeout("bingx lost") from None
            raise
        if fate == "after":
            raise RequestTimeout("bingx lost")
        if fate == "nothing":
            return {"code": 0, "data": {}}
        if fate == "forget":
            answer["data"] = {key: (entries or [])[1:] for key, entries in answer["data"].items()}
        return answer

    def _cancel(self, request: Any) -> Any:
        given = request.get("orderIdList") or request["orderId"]
        ids = given.strip("[]").split(",")
        self.sent.append(ids)
        success = [self._entry(one) for one in ids if self._close(one)]
        done = {str(entry["orderId"]) for entry in success}
        failed = [{"orderId": int(one), "errorCode": self._code(one)} for one in ids if one not in done]
        if self.endpoint is LINEAR:
            return {"code": 0, "data": {"success": success or None, "failed": failed or None}}
        if failed:
            raise self._refusal(ids[0])
        return {"code": 0, "data": {"order": success[0]}}

    def _close(self, one: str) -> bool:
        was_open = self.states.get(one) == "PENDING"
        if was_open:
            self.states[one] = "CANCELLED"
        return was_open

    def _look_up(self, one: str) -> Any:
        if one not in self.states:
            raise self._refusal(one)
        return {"code": 0, "data": {"order": self._entry(one)}}

    def _code(self, one: str) -> int:
        return 80018 if self.states.get(one) == "FILLED" else 80016

    def _refusal(self, one: str) -> BaseError:
        error = OrderNotFound(f"bingx {self._code(one)}")
        attach_response(error, Response(200, str(self._code(one))))
        return error

    def _entry(self, one: str) -> dict[str, Any]:
        return {"orderId": int(one), "status": self.states[one]}


def batch(*ids: Any) -> Batch:
    return parse_batch(list(ids), {"process": 1})


def settle(exchange: SwapExchange, asked: Batch, **settings: Any) -> list[tuple[str | None, str | None]]:
    endpoint = exchange.endpoint
    defaults = {"batch_size": endpoint.batch_size, "at_once": endpoint.at_once, "resolve_attempts": 3}
    settings = {"endpoint": endpoint, **defaults, **settings}
    orders = run(cancel(asked, "M", context(clock=lambda: exchange.now, **settings)), exchange)
    return [(order["asked"], order["status"]) for order in orders]


both_endpoints = pytest.mark.parametrize("endpoint", [LINEAR, INVERSE], ids=lambda one: one.market_type)
STATES = {"1": "PENDING", "2": "FILLED", "3": "CANCELLED"}


@both_endpoints
def test_no_look_up_without_loss(endpoint: Endpoint) -> None:
    """Without a lost response the codes decide, and the flow looks nothing up."""
    exchange = SwapExchange(endpoint, STATES)
    told = settle(exchange, batch(1, 2, 3, 4))
    assert told == [("1", "canceled"), ("2", "closed"), ("3", None), ("4", None)]
    assert exchange.looked_up == []


@both_endpoints
def test_look_ups_after_lost_response(endpoint: Endpoint) -> None:
    """After a lost response look-ups distinguish cancelled orders from unknown ones."""
    exchange = SwapExchange(endpoint, STATES, "after")
    assert settle(exchange, batch(1)) == [("1", "canceled")]
    exchange = SwapExchange(endpoint, STATES, *["after"] * 3)
    assert settle(exchange, batch(4)) == [("4", None)]


def test_look_up_of_unclear_ids() -> None:
    """After a lost response the flow looks up only the ids that the second response leaves unclear."""
    exchange = SwapExchange(LINEAR, STATES, "after")
    told = settle(exchange, batch(1, 2, 3, 4))
    assert told == [("1", "canceled"), ("2", "closed"), ("3", "canceled"), ("4", None)]
    assert exchange.looked_up == ["1", "3", "4", "4"]  # "not found" counts if two look-ups agree


def test_omitted_ids() -> None:
    """The flow sends omitted ids again one by one, because an unnamed entry then has one meaning."""
    exchange = SwapExchange(LINEAR, {"1": "PENDING", "2": "PENDING"}, "forget")
    assert settle(exchange, batch(1, 2, 5, 6)) == [
        ("1", "canceled"),
        ("2", "canceled"),
        ("5", None),
        ("6", None),
    ]
    assert exchange.sent == [["1", "2", "5", "6"]]
    assert exchange.looked_up == ["1", "5", "5"]


@both_endpoints
def test_code_after_lost_response(endpoint: Endpoint) -> None:
    """A code that names the state needs no look-up after a lost response."""
    exchange = SwapExchange(endpoint, STATES, "before")
    assert settle(exchange, batch(2)) == [("2", "closed")]
    assert exchange.looked_up == []


@both_endpoints
@pytest.mark.parametrize("fate", ["nothing", "before", "after"])
def test_failed_look_up(endpoint: Endpoint, fate: str) -> None:
    """The flow looks again after a failed look-up. If every look-up fails, the order stays unresolved."""
    exchange = SwapExchange(endpoint, {"1": "PENDING", "2": "PENDING"}, "after", lookups=[fate])
    assert settle(exchange, batch(1)) == [("1", "canceled")]
    exchange = SwapExchange(endpoint, {"1": "PENDING"}, "after", lookups=[fate] * 20)
    with pytest.raises(BaseError) as caught:
        settle(exchange, batch(1))
    assert not isinstance(caught.value, OrderNotFound)
    assert (caught.value.orders, caught.value.unresolved) == ([], ["1"])


def test_bad_request_after_lost_response() -> None:
    """After a lost response another refusal does not settle the order: the flow looks, and cancels again."""
    refusal = BadRequest("bingx bad parameters")
    attach_response(refusal, Response(200, "80014"))
    exchange = SwapExchange(INVERSE, {"1": "PENDING"}, "before", refusal)
    assert settle(exchange, batch(1)) == [("1", "canceled")]
    exchange = SwapExchange(INVERSE, {"1": "PENDING"}, "before", *[refusal] * 9, lookups=["before"] * 9)
    with pytest.raises(RequestTimeout) as caught:
        settle(exchange, batch(1))
    assert (caught.value.orders, caught.value.unresolved) == ([], ["1"])


def test_lower_case_client_id() -> None:
    """A look-up settles a client order id although the exchange writes it in lower case."""
    cancels = [
        RequestTimeout("lost"),
        {"success": None, "failed": [{"clientOrderId": "abc", "errorCode": 80016}]},
    ]

    def wire(call: Any) -> Any:
        if isinstance(call, Cancel):
            fate = cancels.pop(0)
            if isinstance(fate, BaseException):
                raise fate
            return {"code": 0, "data": fate}
        if isinstance(call, FetchOrder):
            assert call.request["clientOrderId"] == "AbC"
            return {
                "code": 0,
                "data": {"order": {"orderId": 5, "clientOrderId": "abc", "status": "CANCELLED"}},
            }
        return None

    asked = parse_batch(None, {"clientOrderIds": ["AbC"]})
    (order,) = run(cancel(adopt(asked, LINEAR), "M", context(endpoint=LINEAR, resolve_attempts=3)), wire)
    assert (order["asked"], order["status"]) == ("AbC", "canceled")


def test_slow_look_ups() -> None:
    """Look-ups end at the time limit. An order that they did not reach stays unresolved."""

    class Slow(SwapExchange):
        def _look_up(self, one: str) -> Any:
            self.now += 20
            return super()._look_up(one)

    exchange = Slow(LINEAR, {str(n): "PENDING" for n in range(1, 6)}, "after")
    with pytest.raises(BadResponse) as caught:
        settle(exchange, batch(*range(1, 6)))
    assert [order["status"] for order in caught.value.orders] == ["canceled"] * len(exchange.looked_up)
    assert len(caught.value.unresolved) == 5 - len(exchange.looked_up) > 0


def test_look_up_finds_open_order() -> None:
    """A look-up that finds an order open outweighs a refusal that does not know the order."""

    class Contradicting(SwapExchange):
        def _look_up(self, one: str) -> Any:
            return {"code": 0, "data": {"order": {"orderId": int(one), "status": "PENDING"}}}

    exchange = Contradicting(LINEAR, {}, "after")
    assert settle(exchange, batch(1)) == [("1", "open")]


def test_first_failure_in_sequence() -> None:
    """Without an event loop the first failed inverse cancel ends the call."""
    states = {str(n): "PENDING" for n in range(1, 6)}
    exchange = SwapExchange(INVERSE, states, "", PermissionDenied("bingx no"))
    with pytest.raises(PermissionDenied) as caught:
        settle(exchange, batch(*range(1, 6)), at_once=1)
    assert [order["asked"] for order in caught.value.orders] == ["1"]
    assert caught.value.unresolved == ["2", "3", "4", "5"]
    assert len(exchange.sent) == 1


def test_ban_during_look_ups() -> None:
    """A ban interrupts the look-ups. The plugin never reports an order that they did not reach as missing."""
    states = {str(n): "PENDING" for n in range(1, 6)}
    banned = RateLimitExceeded("bingx banned")
    banned.retry_after = 300.0
    exchange = SwapExchange(LINEAR, states, "after", lookups=["", banned])
    told = settle(exchange, batch(*range(1, 6)))
    assert [status for _, status in told] == ["canceled"] * 5
    exchange = SwapExchange(LINEAR, states, "after", lookups=["", *[banned] * 9])
    with pytest.raises(BadResponse) as caught:
        settle(exchange, batch(*range(1, 6)))
    assert [order["status"] for order in caught.value.orders] == ["canceled"]
    assert caught.value.unresolved == ["2", "3", "4", "5"]


@pytest.mark.parametrize("error", [PermissionDenied("bingx no"), RequestTimeout("bingx lost")])
def test_look_ups_before_a_later_failure(error: BaseError) -> None:
    """The flow looks up a lost batch although a later batch fails."""
    states = {str(n): "PENDING" for n in range(1, 13)}
    exchange = SwapExchange(LINEAR, states, "after", "", *[error] * 4)
    with pytest.raises(type(error)) as caught:
        settle(exchange, batch(*range(1, 13)))
    assert [order["status"] for order in caught.value.orders] == ["canceled"] * 10
    assert caught.value.unresolved == ["11", "12"]


def test_failed_entry_without_state() -> None:
    """The flow sends an id again and looks it up if its failed entry says nothing about the order."""

    class Reluctant(SwapExchange):
        def _cancel(self, request: Any) -> Any:
            self.sent.append(request["orderIdList"].strip("[]").split(","))
            failed = [{"orderId": int(one), "errorCode": 100410} for one in self.sent[-1]]
            return {"code": 0, "data": {"success": None, "failed": failed}}

    exchange = Reluctant(LINEAR, {"1": "PENDING"})
    assert settle(exchange, batch(1, 2)) == [("1", "open"), ("2", None)]
    assert exchange.sent == [["1", "2"], ["1"]]  # two look-ups agree that there is no 2
    with pytest.raises(BadResponse) as caught:
        settle(exchange, batch(1), resolve_attempts=0)
    assert (caught.value.orders, caught.value.unresolved) == ([], ["1"])


@pytest.mark.parametrize("count", [1, 2, 5, 6, 7, 12])
def test_waves(count: int) -> None:
    """The flow sends every wave of inverse orders, and queries an order that its response lacks."""
    ids = [str(n) for n in range(1, count + 1)]
    for forgotten in (0, count - 1):
        fates = ["nothing" if n == forgotten else "" for n in range(count)]
        exchange = SwapExchange(INVERSE, dict.fromkeys(ids, "PENDING"), *fates)
        assert settle(exchange, batch(*ids), queried_meanwhile=5) == [(one, "canceled") for one in ids]
        assert exchange.sent == [[one] for one in ids]
        assert exchange.looked_up == [ids[forgotten]]


def test_failure_in_a_wave() -> None:
    """A failure in one wave of inverse orders keeps its results and stops the next wave."""
    states = {str(n): "PENDING" for n in range(1, 13)}
    exchange = SwapExchange(INVERSE, states, *[""] * 6, PermissionDenied("bingx no"))
    with pytest.raises(PermissionDenied) as caught:
        settle(exchange, batch(*range(1, 13)))
    assert [order["asked"] for order in caught.value.orders] == ["1", "2", "3", "4", "5", "6", "8", "9", "10"]
    assert caught.value.unresolved == ["7", "11", "12"]
    assert {one for one, state in exchange.states.items() if state == "PENDING"} == {"7", "11", "12"}


FATE = st.sampled_from(["", "", "before", "after", "forget"])


@both_endpoints
@given(
    states=st.dictionaries(st.sampled_from("123456"), st.sampled_from(["PENDING", "FILLED", "CANCELLED"])),
    ids=st.lists(st.sampled_from("123456789"), min_size=1, unique=True),
    fates=st.lists(FATE, max_size=8),
    lookups=st.lists(FATE, max_size=8),
    size=st.integers(1, 10),
    attempts=st.integers(0, 3),
)
def test_no_false_reports(
    endpoint: Endpoint,
    states: dict[str, str],
    ids: list[str],
    fates: Any,
    lookups: Any,
    size: int,
    attempts: int,
) -> None:
    """For every lost response, the flow reports only true states, and never a live order as gone."""
    if endpoint is INVERSE:
        size, fates = 1, ["" if one == "forget" else one for one in fates]
    lookups = ["" if one == "forget" else one for one in lookups]
    exchange = SwapExchange(endpoint, states, *fates, lookups=lookups)
    try:
        told, left = settle(exchange, batch(*ids), batch_size=size, resolve_attempts=attempts), []
    except BaseError as error:
        told = [(order["asked"], order["status"]) for order in error.orders]
        left = error.unresolved
    assert sorted([*(one for one, _ in told), *left]) == sorted(ids)
    status_of = {"PENDING": "open", "FILLED": "closed", "CANCELLED": "canceled"}
    for one, status in told:
        truth = status_of.get(exchange.states.get(str(one), ""))
        assert status in (truth, None)
        assert truth != "open"


def test_useless_look_up() -> None:
    """A look-up without an order, or of an unknown client order id, settles nothing."""

    class Silent(SwapExchange):
        def _look_up(self, one: str) -> Any:
            return {"code": 0, "data": {}}

    with pytest.raises(BadResponse) as silent:
        settle(Silent(LINEAR, {"1": "PENDING"}, "after"), batch(1))
    assert silent.value.unresolved == ["1"]

    def by_client_id(call: Any) -> Any:
        if isinstance(call, Cancel):
            return {"code": 0, "data": {"success": None, "failed": [{"orderId": 0, "errorCode": 109500}]}}
        if isinstance(call, Sleep):
            return None
        raise OrderNotFound("bingx order does not exist")

    asked = parse_batch(None, {"clientOrderIds": ["x"], "process": 1})
    with pytest.raises(BadResponse) as caught:
        run(cancel(asked, "M", context(endpoint=LINEAR, resolve_attempts=3)), by_client_id)
    assert caught.value.unresolved == ["x"]
