"""The flow, driven by hand: no transport, no exchange object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ccxt.base.errors import (
    BadRequest,
    BadResponse,
    BadSymbol,
    BaseError,
    NetworkError,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
)
from hypothesis import given
from hypothesis import strategies as st

from ccxt_bingx_ext._bingx.endpoints import SPOT
from ccxt_bingx_ext._bingx.errors import Response, attach_response, banned_error
from ccxt_bingx_ext._bingx.limit_headers import leave_rest_of_window
from ccxt_bingx_ext._cancel.arguments import parse_batch
from ccxt_bingx_ext._cancel.commands import LoadMarkets, Sleep, UpdateLimiter
from ccxt_bingx_ext._ids import Batch
from ccxt_bingx_ext._ratelimit.messages import Ban, Pause
from ccxt_bingx_ext._runner import run

from .fakes import (
    RESPONSE,
    Reply,
    Wire,
    batch,
    cancel,
    cancel_unloaded,
    canceled,
    context,
    in_state,
    lists_of,
    not_found,
    response,
)


def shown(*calls: Any) -> list[str]:
    return [repr(call) for call in calls]


def cancel_all(request: dict[str, Any]) -> Any:
    return response(orders=[canceled(int(one)) for one in request["orderIds"].split(",")])


def forget(*ids: str) -> Reply:
    return lambda request: response(
        orders=[canceled(int(one)) for one in request["orderIds"].split(",") if one not in ids]
    )


def play(wire: Wire, batch: Batch, size: int = 50) -> list[tuple[str | None, str | None]]:
    orders = run(cancel(batch, "BTC-USDT", context(batch_size=size)), wire)
    return [(order["asked"], order["status"]) for order in orders]


def test_one_request_cancels_all() -> None:
    """The common case: one request, the answer in asking order whatever the exchange's order."""
    wire = Wire(response(orders=[canceled(1), canceled(2)]))
    assert play(wire, batch(2, 1)) == [("2", "canceled"), ("1", "canceled")]
    assert wire.requests == [{"symbol": "BTC-USDT", "orderIds": "2,1"}]


def test_a_long_list_goes_in_several_requests_with_process_1_only() -> None:
    """120 ids in batches of 50 with process=1; in one request where it is all or nothing."""
    ids = range(1, 121)
    wire = Wire(cancel_all)
    assert play(wire, batch(*ids, process=1)) == [(str(n), "canceled") for n in ids]
    assert [request["orderIds"].count(",") + 1 for request in wire.requests] == [50, 50, 20]
    for params in ({}, {"process": 0}):
        wire = Wire(cancel_all)
        play(wire, batch(*ids, **params))
        assert len(wire.requests) == 1


def test_forgotten_ids_are_asked_again_once_with_process_1() -> None:
    """An id that a successful answer does not mention is asked for again, and its state reported."""
    wire = Wire(forget("2"), response(fails=[in_state("2", "CANCELED")]))
    assert play(wire, batch(1, 2, 3)) == [("1", "canceled"), ("2", "canceled"), ("3", "canceled")]
    assert wire.requests[1:] == [{"symbol": "BTC-USDT", "orderIds": "2", "process": 1}]


def test_ids_forgotten_in_several_batches_are_asked_again_together() -> None:
    """Asking again costs one request for all, after every id was asked once."""
    wire = Wire(forget("1"), forget("4"), cancel_all)
    assert [status for _, status in play(wire, batch(1, 2, 3, 4, process=1), size=2)] == ["canceled"] * 4
    assert [request["orderIds"] for request in wire.requests] == ["1,2", "3,4", "1,4"]


def test_ids_forgotten_twice_are_unresolved() -> None:
    """BadResponse says which ids may still be live, and keeps what is known."""
    wire = Wire(forget("2"))
    with pytest.raises(BadResponse, match=r"settle every id: 2 - .*may still be live") as caught:
        play(wire, batch(1, 2, 3))
    assert lists_of(caught.value) == (["1", "3"], ["2"])
    assert len(wire.requests) == 2


def test_many_unresolved_ids_do_not_flood_the_message() -> None:
    """Ten are named, the rest counted; all are in the list."""
    ten = ", ".join(str(one) for one in range(1, 11))
    for count, named in ((10, ten), (11, f"{ten} and 1 more"), (40, f"{ten} and 30 more")):
        with pytest.raises(BadResponse, match=f"every id: {named} - ") as caught:
            play(Wire(response()), batch(*range(1, count + 1), process=1))
        assert len(caught.value.unresolved) == count


@pytest.mark.parametrize(
    ("reply", "left"),
    [
        (response(), "1, 2, 3"),
        (response(orders=[canceled(9)]), "1, 2, 3"),
        (response(orders=[canceled(1, status="PENDING")]), "2, 3"),
        (response(fails=[not_found("2")]), "1, 3"),
        (response(orders=[canceled(1)], fails=[not_found("2")]), "3"),
    ],
)
def test_all_or_nothing_is_never_asked_again_one_by_one_without_proof_that_it_was_executed(
    reply: Any, left: str
) -> None:
    """process=0, and the answer leaves ids open: process=1 might cancel what had to stay together."""
    wire = Wire(reply)
    with pytest.raises(BadResponse, match=f"every id: {left} - ") as caught:
        play(wire, batch(1, 2, 3))
    assert len(wire.requests) == 1
    known, unresolved = lists_of(caught.value)
    assert sorted([*(one for one in known if one), *unresolved]) == ["1", "2", "3"]


def test_a_list_of_one_can_always_be_asked_again() -> None:
    """All or nothing of one id is that id."""
    wire = Wire(response(), cancel_all)
    assert play(wire, batch(1)) == [("1", "canceled")]


def test_fails_of_every_id_are_a_result_with_process_0_too() -> None:
    """Whether the exchange refuses by code or by fails is undocumented: all ids accounted for is a result."""
    assert play(Wire(response(fails=[not_found("1")])), batch(1)) == [("1", None)]


@pytest.mark.parametrize("bad", [None, "<html>", {"code": 0, "data": None}, '{"code":0,"da'])
def test_an_undocumented_answer_is_an_unknown_outcome(bad: Any) -> None:
    """ccxt returns [] for these. Here nothing is claimed, and every id may still be live."""
    with pytest.raises(
        BadResponse, match=r"not the documented one: no .* - the outcome is unknown"
    ) as caught:
        play(Wire(bad), batch(1, 2))
    assert lists_of(caught.value) == ([], ["1", "2"])


def test_a_refused_list_says_that_nothing_was_cancelled_and_what_to_do() -> None:
    """process=0 refused: the class and the exchange's words stay, the remark is added."""
    with pytest.raises(
        OrderNotFound, match=r'bingx gone - nothing was cancelled.*\{"process": 1\}'
    ) as caught:
        play(Wire(OrderNotFound("bingx gone")), batch(1, 2))
    assert lists_of(caught.value) == ([], ["1", "2"])


def test_the_remark_is_not_made_where_it_would_be_wrong() -> None:
    """With process=1 other ids may have been cancelled; other refusals say nothing of one bad id."""
    for error, params in ((PermissionDenied("x"), {"process": 1}), (PermissionDenied("x"), {"process": 0})):
        with pytest.raises(type(error), match=r"^x$"):
            play(Wire(error), batch(1, 2, **params))


def test_an_error_in_the_middle_of_a_list_throws_nothing_away() -> None:
    """The key is revoked at batch 3 of 5: batches 1 and 2 are known, the rest, sent or not, is unresolved."""
    error = PermissionDenied("bingx revoked")
    wire = Wire(forget("2"), cancel_all, error)
    with pytest.raises(PermissionDenied) as caught:
        play(wire, batch(*range(1, 11), process=1), size=2)
    assert caught.value is error
    assert lists_of(error) == (["1", "3", "4"], ["2", "5", "6", "7", "8", "9", "10"])


def test_an_error_while_asking_again_throws_nothing_away() -> None:
    """The second question fails: the first answer still counts."""
    wire = Wire(forget("2"), PermissionDenied("bingx revoked"))
    with pytest.raises(PermissionDenied) as caught:
        play(wire, batch(1, 2))
    assert lists_of(caught.value) == (["1"], ["2"])


def test_mixed_kinds_survive_an_exchange_that_ignores_one_list() -> None:
    """Whether both lists of a request are used is unknown: the ignored one is asked for again."""

    def only_order_ids(request: dict[str, Any]) -> Any:
        return cancel_all(request)

    wire = Wire(only_order_ids, response(orders=[canceled(9, "a")]))
    orders = play(wire, parse_batch([1], {"clientOrderIds": ["a"], "process": 1}))
    assert orders == [("1", "canceled"), ("a", "canceled")]
    assert wire.requests[1] == {"symbol": "BTC-USDT", "clientOrderIDs": "a", "process": 1}


def test_signatures_leave_no_trace_in_an_error() -> None:
    """ccxt puts the URL, and in the query form the signature, into a network error and its cause."""
    signature = "ab" * 32
    error = RateLimitExceeded(f"POST https://x/y?signature={signature}")
    error.__cause__ = OSError(f"url: /y?signature={signature}")
    with pytest.raises(RateLimitExceeded) as caught:
        play(Wire(error), batch(1))
    assert signature not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_what_is_no_ccxt_error_passes_through_untouched() -> None:
    """A defect, a cancelled task or Ctrl-C is not the flow's to handle."""
    for error in (KeyboardInterrupt(), ZeroDivisionError("x")):
        with pytest.raises(type(error)) as caught:
            play(Wire(error), batch(1))
        assert not hasattr(caught.value, "orders")


REPLY = RESPONSE | st.sampled_from([OrderNotFound("x"), RateLimitExceeded("y")])


@given(
    replies=st.lists(REPLY, min_size=1, max_size=6),
    process=st.sampled_from([None, 0, 1]),
    size=st.integers(1, 4),
)
def test_every_asked_id_is_in_the_result_or_in_the_errors_lists_exactly_once(
    replies: list[Any], process: int | None, size: int
) -> None:
    """Whatever the answers look like: in asking order, each id once, none lost, and the flow ends."""
    asked = parse_batch([1, 2, 3, 4], {"clientOrderIds": ["a", "b"], "process": process})
    flow = cancel(asked, "BTC-USDT", context(batch_size=size))
    wire = Wire(*replies)
    try:
        orders, unresolved = run(flow, wire), []
    except BaseError as error:
        orders, unresolved = error.orders, error.unresolved
    accounted = [order["asked"] for order in orders if order["asked"] is not None]
    assert sorted([*accounted, *unresolved]) == ["1", "2", "3", "4", "a", "b"]
    assert accounted == sorted(accounted)
    assert unresolved == sorted(unresolved)
    assert len(wire.requests) <= 24
    if not process and not any(request.get("process") == 1 for request in wire.requests):
        # All or nothing is one request, sent again only where it was refused for the limit.
        assert len(wire.requests) == 1 + wire.others.count(repr(Sleep(1.0)))


@pytest.mark.parametrize(
    ("text", "status"), [("order does not exist", None), ("order status :CANCELED", "canceled"), ("x", None)]
)
def test_a_refusal_of_one_id_with_process_1_is_its_answer(text: str, status: str | None) -> None:
    """The documentation knows fails only; should it refuse the request, the words are the same."""
    error = OrderNotFound(f"bingx {text}")
    attach_response(error, Response(200, "100400", text))
    wire = Wire(cancel_all, error, cancel_all)
    assert play(wire, batch(1, 2, 3, process=1), size=1) == [
        ("1", "canceled"),
        ("2", status),
        ("3", "canceled"),
    ]


def test_a_refusal_of_several_ids_with_process_1_is_not_called_not_found() -> None:
    """Which of them it means is unknown: a bot would take OrderNotFound for "all gone"."""
    with pytest.raises(BadResponse, match=r"does not say which of these orders.*may still be live") as caught:
        play(Wire(cancel_all, OrderNotFound("bingx x")), batch(1, 2, 3, 4, process=1), size=2)
    assert lists_of(caught.value) == (["1", "2"], ["3", "4"])


USED_UP = {"X-RateLimit-Requests-Remain": "0", "X-RateLimit-Requests-Expire": "400"}


def limited(retry_after: float | None = None, banned: bool = False) -> RateLimitExceeded:
    error = RateLimitExceeded("bingx slow down")
    attach_response(error, Response(200, "100410", "", retry_after, banned))
    return error


def test_a_refusal_for_the_limit_is_waited_out_once() -> None:
    """Nothing was executed, so it is sent again after the pause; the lane is told, for the others' sake."""
    wire = Wire(limited(), cancel_all)
    assert play(wire, batch(1)) == [("1", "canceled")]
    assert wire.others == shown(UpdateLimiter(SPOT, Pause(1.0)), Sleep(1.0))
    wire = Wire(limited(0.3), cancel_all)
    play(wire, batch(1))
    assert wire.others == shown(UpdateLimiter(SPOT, Pause(0.3)), Sleep(0.3))


def test_a_second_refusal_for_the_limit_is_raised() -> None:
    """Once means once."""
    wire = Wire(limited())
    with pytest.raises(RateLimitExceeded) as caught:
        play(wire, batch(1))
    assert len(wire.requests) == 2
    assert lists_of(caught.value) == ([], ["1"])


def test_a_ban_closes_the_lane_and_is_raised_where_it_is_long() -> None:
    """Each further hit prolongs a ban: nothing more is sent."""
    wire = Wire(limited(300.0, banned=True))
    with pytest.raises(RateLimitExceeded):
        play(wire, batch(1))
    assert wire.others == shown(UpdateLimiter(SPOT, Ban(300.0)))
    assert len(wire.requests) == 1


def test_a_short_ban_is_waited_out() -> None:
    """Within maxWait a ban is a pause."""
    wire = Wire(limited(0.8, banned=True), cancel_all)
    play(wire, batch(1))
    assert wire.others == shown(UpdateLimiter(SPOT, Ban(0.8)), Sleep(0.8))


def test_a_lane_that_is_closed_already_is_not_told_again() -> None:
    """Each refused call would otherwise prolong the ban a little."""
    wire = Wire(banned_error(300.0))
    with pytest.raises(RateLimitExceeded, match="not sent"):
        play(wire, batch(1))
    assert wire.others == []


def test_a_used_up_window_holds_the_lane() -> None:
    """What the headers said of the limit reaches the lane, and not the caller."""
    told = response(orders=[canceled(1)])
    leave_rest_of_window(told, USED_UP, 0.0)
    wire = Wire(told)
    assert play(wire, batch(1)) == [("1", "canceled")]
    assert wire.others == shown(UpdateLimiter(SPOT, Pause(0.4)))


def unloaded(wire: Wire, batch: Batch, loaded: Callable[[], Any]) -> list[tuple[str | None, str | None]]:
    flow = cancel_unloaded(batch, "BTC-USDT", context(), loaded)
    return [(order["asked"], order["status"]) for order in run(flow, wire)]


def never() -> Any:
    raise AssertionError("markets must not be looked at")


def same() -> Any:
    return batch(1), "BTC-USDT", context()


def other(batch: Batch) -> Any:
    return lambda: (batch, "XBT-USDT", context())


@pytest.mark.parametrize(
    "reply",
    [
        response(orders=[canceled(1)], fails=[not_found("2")]),
        response(fails=[in_state("1", "FILLED"), not_found("2")]),
    ],
)
def test_a_cold_cancel_is_one_request(reply: Any) -> None:
    """Where one order is known, the market id told from the symbol was right."""
    wire = Wire(reply)
    assert [asked for asked, _ in unloaded(wire, batch(1, 2, process=1), never)] == ["1", "2"]
    assert (len(wire.requests), wire.others) == (1, [])


@pytest.mark.parametrize("params", [{}, {"process": 1}])
@pytest.mark.parametrize("error", [BadSymbol("x"), BadRequest("x"), OrderNotFound("can not find order")])
def test_a_cold_cancel_that_knows_nothing_is_asked_again_under_the_right_id(
    error: BaseError, params: dict[str, Any]
) -> None:
    """The exchange knows no such symbol or order: the markets tell another id, which is asked."""
    wire = Wire(error, cancel_all)
    assert unloaded(wire, batch(1, 2, **params), other(batch(1, 2, **params))) == [
        ("1", "canceled"),
        ("2", "canceled"),
    ]
    assert wire.others == shown(LoadMarkets())
    assert [request["symbol"] for request in wire.requests] == ["BTC-USDT", "XBT-USDT"]
    wire = Wire(response(fails=[not_found("1")]), response(orders=[canceled(1)]))
    assert unloaded(wire, batch(1, process=1), other(batch(1, process=1))) == [("1", "canceled")]


def test_a_cold_cancel_that_knows_nothing_under_the_right_id_is_told_so() -> None:
    """The id was right: the refusal is the result, and so are ids that do not exist."""
    error = OrderNotFound("can not find order")
    with pytest.raises(OrderNotFound) as caught:
        unloaded(Wire(error), batch(1), same)
    assert caught.value is error
    assert unloaded(Wire(response(fails=[not_found("1")])), batch(1, process=1), same) == [("1", None)]


@pytest.mark.parametrize("error", [OrderNotFound("the orderId:1 order status :FILLED,can not delete")])
def test_a_cold_cancel_of_an_order_in_a_final_state_needs_no_markets(error: BaseError) -> None:
    """The exchange knows the order, so it knows the symbol."""
    with pytest.raises(OrderNotFound):
        unloaded(Wire(error), batch(1), never)


def test_a_cold_cancel_whose_markets_cannot_be_loaded_tells_what_the_exchange_said() -> None:
    """The refusal counts; a symbol that does not exist is the better reason."""

    def lost() -> Any:
        raise NetworkError("down")

    def unknown() -> Any:
        raise BadSymbol("no such symbol")

    for loaded, expected in ((lost, BadRequest), (unknown, BadSymbol)):
        with pytest.raises(expected) as caught:
            unloaded(Wire(BadRequest("x")), batch(1), loaded)
        assert type(caught.value) is expected
        assert lists_of(caught.value) == ([], ["1"])
    assert unloaded(Wire(response(fails=[not_found("1")])), batch(1, process=1), unknown) == [("1", None)]


def test_all_or_nothing_whose_ids_are_all_settled_is_not_asked_again() -> None:
    """Refused one by one in an answer of success (undocumented): each is told, and nothing is sent again."""
    wire = Wire(response(fails=[in_state("1", "FILLED"), in_state("2", "CANCELED")]))
    assert play(wire, batch(1, 2)) == [("1", "closed"), ("2", "canceled")]
    assert len(wire.requests) == 1
