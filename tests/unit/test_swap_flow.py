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
    """A small exchange in memory, whose refusals tell no state. `fates` says what becomes of each cancel,
    `lookups` of each look-up: "" (answered), "before" or "after" (lost), "forget" (half of it), "nothing" or
    an error.
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
def test_nothing_is_looked_up_where_nothing_was_lost(endpoint: Endpoint) -> None:
    """The codes tell what is filled; "does not exist" is the exchange's word, and is told as that."""
    exchange = SwapExchange(endpoint, STATES)
    told = settle(exchange, batch(1, 2, 3, 4))
    assert told == [("1", "canceled"), ("2", "closed"), ("3", None), ("4", None)]
    assert exchange.looked_up == []


@both_endpoints
def test_after_a_lost_answer_look_ups_tell_what_is_gone_apart(endpoint: Endpoint) -> None:
    """Asked again, what the first request cancelled "does not exist"."""
    exchange = SwapExchange(endpoint, STATES, "after")
    assert settle(exchange, batch(1)) == [("1", "canceled")]
    exchange = SwapExchange(endpoint, STATES, *["after"] * 3)
    assert settle(exchange, batch(4)) == [("4", None)]


def test_a_lost_list_is_looked_up_only_as_far_as_it_is_unclear() -> None:
    """What the second answer tells by its code needs no look-up."""
    exchange = SwapExchange(LINEAR, STATES, "after")
    told = settle(exchange, batch(1, 2, 3, 4))
    assert told == [("1", "canceled"), ("2", "closed"), ("3", "canceled"), ("4", None)]
    assert exchange.looked_up == ["1", "3", "4"]


def test_ids_that_an_answer_forgets_are_asked_for_one_by_one() -> None:
    """In a request for one id an unnamed entry can only be about that one; then they are looked up."""
    exchange = SwapExchange(LINEAR, {"1": "PENDING", "2": "PENDING"}, "forget")
    assert settle(exchange, batch(1, 2, 5, 6)) == [
        ("1", "canceled"),
        ("2", "canceled"),
        ("5", None),
        ("6", None),
    ]
    assert exchange.sent == [["1", "2", "5", "6"], ["1"], ["5"]]
    assert exchange.looked_up == ["1", "5"]


@both_endpoints
def test_a_code_that_tells_the_state_is_enough_after_a_lost_answer(endpoint: Endpoint) -> None:
    """Filled is filled: nothing is looked up."""
    exchange = SwapExchange(endpoint, STATES, "before")
    assert settle(exchange, batch(2)) == [("2", "closed")]
    assert exchange.looked_up == []


@both_endpoints
@pytest.mark.parametrize("fate", ["nothing", "before", "after"])
def test_a_look_up_that_fails_leaves_the_order_as_it_was_told(endpoint: Endpoint, fate: str) -> None:
    """It only tells more: the answer is there without it, and the next order is looked up all the same."""
    exchange = SwapExchange(endpoint, {"1": "PENDING", "2": "PENDING"}, "after", lookups=[fate])
    assert settle(exchange, batch(1)) == [("1", None)]
    exchange = SwapExchange(LINEAR, {"1": "PENDING", "2": "PENDING"}, "after", lookups=[fate])
    assert settle(exchange, batch(1, 2)) == [("1", None), ("2", "canceled")]


def test_a_bad_request_after_a_lost_answer_is_no_word_on_the_order() -> None:
    """Refused for another reason, the order is looked up, and left unresolved where that fails."""
    refusal = BadRequest("bingx bad parameters")
    attach_response(refusal, Response(200, "80014"))
    exchange = SwapExchange(INVERSE, {"1": "PENDING"}, "before", refusal)
    assert settle(exchange, batch(1)) == [("1", "open")]
    exchange = SwapExchange(INVERSE, {"1": "PENDING"}, "before", *[refusal] * 9, lookups=["before"] * 9)
    with pytest.raises(RequestTimeout) as caught:
        settle(exchange, batch(1))
    assert (caught.value.orders, caught.value.unresolved) == ([], ["1"])


def test_a_client_id_is_looked_up_in_lower_case_too() -> None:
    """The exchange writes it so: the order is the one that was asked for."""
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


def test_looking_up_ends_when_the_time_is_up() -> None:
    """What it does not come to stays as the exchange said it: it does not exist."""

    class Slow(SwapExchange):
        def _look_up(self, one: str) -> Any:
            self.now += 20
            return super()._look_up(one)

    exchange = Slow(LINEAR, {"1": "PENDING", "2": "PENDING"}, "after")
    assert settle(exchange, batch(1, 2)) == [("1", "canceled"), ("2", None)]


def test_a_look_up_that_finds_the_order_open_counts() -> None:
    """That it is live outweighs the word that it does not exist."""

    class Contradicting(SwapExchange):
        def _look_up(self, one: str) -> Any:
            return {"code": 0, "data": {"order": {"orderId": int(one), "status": "PENDING"}}}

    exchange = Contradicting(LINEAR, {}, "after")
    assert settle(exchange, batch(1)) == [("1", "open")]


def test_one_after_the_other_the_first_failure_ends_it() -> None:
    """Without an event loop a wave is one order: a dead endpoint is not waited for five times."""
    states = {str(n): "PENDING" for n in range(1, 6)}
    exchange = SwapExchange(INVERSE, states, "", PermissionDenied("bingx no"))
    with pytest.raises(PermissionDenied) as caught:
        settle(exchange, batch(*range(1, 6)), at_once=1)
    assert [order["asked"] for order in caught.value.orders] == ["1"]
    assert caught.value.unresolved == ["2", "3", "4", "5"]
    assert len(exchange.sent) == 1


def test_look_ups_end_at_a_ban_and_ask_for_nothing_twice() -> None:
    """To go on would make it worse; what was not looked up is told as the exchange said it."""
    states = {str(n): "PENDING" for n in range(1, 6)}
    banned = RateLimitExceeded("bingx banned")
    banned.retry_after = 300.0
    exchange = SwapExchange(LINEAR, states, "after", lookups=["", banned])
    told = settle(exchange, batch(*range(1, 6)))
    assert [status for _, status in told] == ["canceled", None, None, None, None]
    assert exchange.looked_up == ["1", "2"]


@pytest.mark.parametrize("error", [PermissionDenied("bingx no"), RequestTimeout("bingx lost")])
def test_what_was_lost_is_told_apart_though_a_later_part_fails(error: BaseError) -> None:
    """Ten orders that this call cancelled must not be told as ten that do not exist."""
    states = {str(n): "PENDING" for n in range(1, 13)}
    exchange = SwapExchange(LINEAR, states, "after", "", *[error] * 4)
    with pytest.raises(type(error)) as caught:
        settle(exchange, batch(*range(1, 13)))
    assert [order["status"] for order in caught.value.orders] == ["canceled"] * 10
    assert caught.value.unresolved == ["11", "12"]


def test_a_failed_entry_that_tells_nothing_is_asked_again_and_looked_up() -> None:
    """Not cancelled, "try again", of a live order: it must end as cancelled, open or unresolved."""

    class Reluctant(SwapExchange):
        def _cancel(self, request: Any) -> Any:
            self.sent.append(request["orderIdList"].strip("[]").split(","))
            failed = [{"orderId": int(one), "errorCode": 100410} for one in self.sent[-1]]
            return {"code": 0, "data": {"success": None, "failed": failed}}

    exchange = Reluctant(LINEAR, {"1": "PENDING"})
    assert settle(exchange, batch(1, 2)) == [("1", "open"), ("2", None)]
    assert exchange.sent == [["1", "2"], ["1"], ["2"]]
    with pytest.raises(BadResponse) as caught:
        settle(exchange, batch(1), resolve_attempts=0)
    assert (caught.value.orders, caught.value.unresolved) == ([], ["1"])


@pytest.mark.parametrize("count", [1, 2, 5, 6, 7, 12])
def test_every_wave_of_inverse_orders_is_sent(count: int) -> None:
    """However many are left for the last one; what an answer forgot is asked for again, in whichever wave."""
    ids = [str(n) for n in range(1, count + 1)]
    for forgotten in (0, count - 1):
        fates = ["nothing" if n == forgotten else "" for n in range(count)]
        exchange = SwapExchange(INVERSE, dict.fromkeys(ids, "PENDING"), *fates)
        assert settle(exchange, batch(*ids)) == [(one, "canceled") for one in ids]
        assert exchange.sent == [[one] for one in [*ids, ids[forgotten]]]


def test_inverse_orders_go_in_waves_and_a_failure_stops_the_next() -> None:
    """Five at once; of the wave that failed everything is told, of the rest nothing is sent."""
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
def test_no_claim_is_ever_false(
    endpoint: Endpoint,
    states: dict[str, str],
    ids: list[str],
    fates: Any,
    lookups: Any,
    size: int,
    attempts: int,
) -> None:
    """Whatever is lost: every id in one list, a state only where it is so, none that is live told gone."""
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


def test_a_look_up_that_tells_nothing_settles_nothing() -> None:
    """No order in the answer, or a client order id that is not found: the exchange's word stands."""

    class Silent(SwapExchange):
        def _look_up(self, one: str) -> Any:
            return {"code": 0, "data": {}}

    assert settle(Silent(LINEAR, {"1": "PENDING"}, "after"), batch(1)) == [("1", None)]

    def by_client_id(call: Any) -> Any:
        if isinstance(call, Cancel):
            return {"code": 0, "data": {"success": None, "failed": [{"orderId": 0, "errorCode": 109500}]}}
        raise OrderNotFound("bingx order does not exist")

    asked = parse_batch(None, {"clientOrderIds": ["x"], "process": 1})
    with pytest.raises(BadResponse) as caught:
        run(cancel(asked, "M", context(endpoint=LINEAR, resolve_attempts=3)), by_client_id)
    assert caught.value.unresolved == ["x"]
