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

from ccxt_bingx_ext._bingx.endpoints import LINEAR, SPOT
from ccxt_bingx_ext._bingx.errors import Response, attach_response, not_sent
from ccxt_bingx_ext._cancel.arguments import parse_batch
from ccxt_bingx_ext._cancel.commands import LoadMarkets, Received, Sleep, UpdateLimiter
from ccxt_bingx_ext._cancel.flow import MOST_SPLITS
from ccxt_bingx_ext._cancel.run import CancelRun, Pauses
from ccxt_bingx_ext._cancel.spacing import Spacing
from ccxt_bingx_ext._ids import Batch, OrderRef
from ccxt_bingx_ext._ratelimit.messages import Ban, Pause
from ccxt_bingx_ext._ratelimit.schedule import Decision
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


def play(wire: Wire, batch: Batch, size: int = 50, **settings: Any) -> list[tuple[str | None, str | None]]:
    orders = run(cancel(batch, "BTC-USDT", context(batch_size=size, **settings)), wire)
    return [(order["asked"], order["status"]) for order in orders]


def test_one_request() -> None:
    """One request cancels all ids, and the result is in asking order."""
    wire = Wire(response(orders=[canceled(1), canceled(2)]))
    assert play(wire, batch(2, 1)) == [("2", "canceled"), ("1", "canceled")]
    assert wire.requests == [{"symbol": "BTC-USDT", "orderIds": "2,1"}]


def test_batches() -> None:
    """A long list goes in several requests with process 1, otherwise in one."""
    ids = range(1, 121)
    wire = Wire(cancel_all)
    assert play(wire, batch(*ids, process=1)) == [(str(n), "canceled") for n in ids]
    assert [request["orderIds"].count(",") + 1 for request in wire.requests] == [50, 50, 20]
    for params in ({}, {"process": 0}):
        wire = Wire(cancel_all)
        play(wire, batch(*ids, **params))
        assert len(wire.requests) == 1


def test_omitted_id() -> None:
    """The flow sends an omitted id once more with process 1 and reports its state."""
    wire = Wire(forget("2"), response(fails=[in_state("2", "CANCELED")]))
    assert play(wire, batch(1, 2, 3)) == [("1", "canceled"), ("2", "canceled"), ("3", "canceled")]
    assert wire.requests[1:] == [{"symbol": "BTC-USDT", "orderIds": "2", "process": 1}]


def test_omitted_ids_of_several_batches() -> None:
    """The flow sends the omitted ids of all batches again in one request, after the last batch."""
    wire = Wire(forget("1"), forget("4"), cancel_all)
    assert [status for _, status in play(wire, batch(1, 2, 3, 4, process=1), size=2)] == ["canceled"] * 4
    assert [request["orderIds"] for request in wire.requests] == ["1,2", "3,4", "1,4"]


def test_id_omitted_twice() -> None:
    """An id that two responses omit is unresolved, and the error keeps what is known."""
    wire = Wire(forget("2"))
    with pytest.raises(BadResponse, match=r"settle every id: 2 - .*may still be live") as caught:
        play(wire, batch(1, 2, 3))
    assert lists_of(caught.value) == (["1", "3"], ["2"])
    assert len(wire.requests) == 2


def test_many_unresolved_ids() -> None:
    """A message names ten unresolved ids and counts the rest, and the list holds all."""
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
def test_all_or_nothing_left_open(reply: Any, left: str) -> None:
    """The flow never sends the open ids of an all-or-nothing list again with process 1."""
    wire = Wire(reply)
    with pytest.raises(BadResponse, match=f"every id: {left} - ") as caught:
        play(wire, batch(1, 2, 3))
    assert len(wire.requests) == 1
    known, unresolved = lists_of(caught.value)
    assert sorted([*(one for one in known if one), *unresolved]) == ["1", "2", "3"]


def test_list_of_one() -> None:
    """The flow may send a list of one id again, because all or nothing of one id is that id."""
    wire = Wire(response(), cancel_all)
    assert play(wire, batch(1)) == [("1", "canceled")]


def test_all_or_nothing_with_fails() -> None:
    """A response of process 0 that lists every id as failed is a result."""
    assert play(Wire(response(fails=[not_found("1")])), batch(1)) == [("1", None)]


@pytest.mark.parametrize("bad", [None, "<html>", {"code": 0, "data": None}, '{"code":0,"da'])
def test_unexpected_response(bad: Any) -> None:
    """After an undocumented response every id is unresolved (ccxt returns an empty list)."""
    with pytest.raises(
        BadResponse, match=r"the response (is not JSON|has no|names no) .* - the outcome is unknown"
    ) as caught:
        play(Wire(bad), batch(1, 2))
    assert lists_of(caught.value) == ([], ["1", "2"])


def test_refused_all_or_nothing() -> None:
    """The error of a refused list says that nothing was cancelled, and recommends process 1."""
    gone = OrderNotFound("bingx order not exist")
    attach_response(gone, Response(200, "100400", "order not exist"))
    match = r'^bingx cancelOrders\(\) nothing was cancelled.*\{"process": 1\}'
    with pytest.raises(BadRequest, match=match) as caught:
        play(Wire(gone), batch(1, 2))
    assert lists_of(caught.value) == ([], ["1", "2"])
    assert "(the exchange's code: 100400) - unresolved: 1, 2" in str(caught.value)
    assert caught.value.exchange_message == "order not exist"
    assert caught.value.__cause__ is gone


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("order status :FILLED,can not delete", "closed", "already filled"),
        ("order does not exist", None, "the exchange knows no such order"),
    ],
)
def test_refused_list_of_one(text: str, status: str | None, words: str) -> None:
    """The refusal of a list of one id is OrderNotFound, in the words of a single cancel.

    It knows the state, and leaves nothing open.
    """
    gone = OrderNotFound(f"bingx {text}")
    attach_response(gone, Response(200, "100400", text))
    with pytest.raises(OrderNotFound) as caught:
        play(Wire(gone), batch(1))
    assert str(caught.value) == f"bingx cancelOrders() order not found: {words} - order 1 - {text}"
    assert caught.value.__cause__ is gone
    assert caught.value.exchange_message == text
    assert [order["status"] for order in caught.value.orders] == [status]
    assert caught.value.unresolved == []


def test_refused_client_order_id() -> None:
    """The exchange forgets client order ids, so that "not found" by one leaves the order unresolved."""
    gone = OrderNotFound("bingx order not exist")
    attach_response(gone, Response(200, "100400", "order not exist"))
    with pytest.raises(
        BadRequest, match=r"which it forgets after two hours\. The order may be live"
    ) as caught:
        play(Wire(gone), Batch((OrderRef("clientOrderId", "quote17"),)))
    assert lists_of(caught.value) == ([], ["quote17"])
    assert caught.value.__cause__ is gone


def test_refused_client_order_id_that_is_gone() -> None:
    """A final state that the exchange names by a client order id is OrderNotFound all the same."""
    gone = OrderNotFound("bingx order status :FILLED,can not delete")
    attach_response(gone, Response(200, "100400", "order status :FILLED,can not delete"))
    with pytest.raises(OrderNotFound) as caught:
        play(Wire(gone), Batch((OrderRef("clientOrderId", "quote17"),)))
    assert [order["status"] for order in caught.value.orders] == ["closed"]
    assert caught.value.unresolved == []


def test_refused_list_of_one_that_stays_unclear() -> None:
    """If the order's state is unknown, the error is not OrderNotFound, and does not read like it."""
    gone = OrderNotFound(f"bingx {UNCLEAR}")
    attach_response(gone, Response(200, "100400", UNCLEAR))
    with pytest.raises(BadResponse) as caught:
        play(Wire(gone), batch(1))
    assert lists_of(caught.value) == ([], ["1"])
    assert "CANCELLED already" not in str(caught.value)


def test_refusal_without_remark() -> None:
    """Errors for other refusals do not say that nothing was cancelled, but they name the orders."""
    for error, params in ((PermissionDenied("x"), {"process": 1}), (PermissionDenied("x"), {"process": 0})):
        with pytest.raises(type(error), match=r"^bingx cancelOrders\(\) x - unresolved: 1, 2$"):
            play(Wire(error), batch(1, 2, **params))


def refuse_lists_with(*ids: str) -> Reply:
    """Refuse a list that holds one of `ids`, and cancel the others."""

    def reply(request: dict[str, Any]) -> Any:
        if set(request["orderIds"].split(",")) & {*ids}:
            error = BadRequest("bingx no")
            attach_response(error, Response(200, "109400", "invalid parameters"))
            raise error
        return cancel_all(request)

    return reply


def test_one_bad_id_in_a_long_list() -> None:
    """One refused id costs two requests for each halving. All other orders are cancelled."""
    ids = [*range(1, 101)]
    wire = Wire(refuse_lists_with("100"))
    with pytest.raises(BadRequest) as caught:
        play(wire, batch(*ids, process=1), size=100)
    assert lists_of(caught.value) == ([str(one) for one in ids[:-1]], ["100"])
    assert len(wire.requests) <= 1 + MOST_SPLITS


def test_too_many_bad_ids() -> None:
    """The plugin splits lists only this often, and keeps the orders that it cancelled before."""
    ids = [*range(1, 65)]
    wire = Wire(refuse_lists_with(*(str(one) for one in range(4, 65, 4))))
    with pytest.raises(BadRequest) as caught:
        play(wire, batch(*ids, process=1))
    known, unresolved = lists_of(caught.value)
    assert known == ["1", "2", "3", "5", "6", "7"]
    assert unresolved == [str(one) for one in ids if str(one) not in known]
    assert len(wire.requests) <= 2 + MOST_SPLITS


def test_error_in_third_batch() -> None:
    """An error in batch 3 of 5 keeps batches 1 and 2 and leaves the rest unresolved."""
    error = PermissionDenied("bingx revoked")
    wire = Wire(forget("2"), cancel_all, error)
    with pytest.raises(PermissionDenied) as caught:
        play(wire, batch(*range(1, 11), process=1), size=2)
    assert caught.value is error
    assert lists_of(error) == (["1", "3", "4"], ["2", "5", "6", "7", "8", "9", "10"])


def test_error_in_second_request() -> None:
    """An error in the second request keeps what the first response said."""
    wire = Wire(forget("2"), PermissionDenied("bingx revoked"))
    with pytest.raises(PermissionDenied) as caught:
        play(wire, batch(1, 2))
    assert lists_of(caught.value) == (["1"], ["2"])


def test_ignored_list() -> None:
    """The flow sends the ids of a list that the exchange ignored again."""

    def only_order_ids(request: dict[str, Any]) -> Any:
        return cancel_all(request)

    wire = Wire(only_order_ids, response(orders=[canceled(9, "a")]))
    orders = play(wire, parse_batch([1], {"clientOrderIds": ["a"], "process": 1}))
    assert orders == [("1", "canceled"), ("a", "canceled")]
    assert wire.requests[1] == {"symbol": "BTC-USDT", "clientOrderIDs": "a", "process": 1}


def test_other_exceptions() -> None:
    """An exception that is not ccxt's passes through unchanged."""
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
def test_every_id_once(replies: list[Any], process: int | None, size: int) -> None:
    """For any responses, every id is in the result or in a list of the error, exactly once."""
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
        # All or nothing is one request. The flow repeats it only after a refusal for the limit.
        assert len(wire.requests) == 1 + wire.others.count(repr(Sleep(1.0)))


@pytest.mark.parametrize(
    ("text", "status"), [("order does not exist", None), ("order status :CANCELED", "canceled")]
)
def test_refusal_of_one_id(text: str, status: str | None) -> None:
    """With process 1 a refused request for one id settles that id by its words."""
    error = OrderNotFound(f"bingx {text}")
    attach_response(error, Response(200, "100400", text))
    wire = Wire(cancel_all, error, cancel_all)
    assert play(wire, batch(1, 2, 3, process=1), size=1) == [
        ("1", "canceled"),
        ("2", status),
        ("3", "canceled"),
    ]


def test_refusal_of_several_ids() -> None:
    """With process 1 a refused request for several ids is never OrderNotFound."""
    with pytest.raises(
        BadResponse, match=r"refused the list, not the ids in it.*may still be live"
    ) as caught:
        play(Wire(cancel_all, OrderNotFound("bingx x")), batch(1, 2, 3, 4, process=1), size=2)
    assert lists_of(caught.value) == (["1", "2"], ["3", "4"])


UNCLEAR = "the order you want to cancel is FILLED or CANCELLED already, or is not a valid order id"


def limited(retry_after: float | None = None, banned: bool = False) -> RateLimitExceeded:
    error = RateLimitExceeded("bingx slow down")
    attach_response(error, Response(200, "100410", "", retry_after, banned))
    return error


def test_refusal_for_the_limit() -> None:
    """After a refusal for the limit the flow updates the limiter, pauses and sends again."""
    wire = Wire(limited(), cancel_all)
    assert play(wire, batch(1)) == [("1", "canceled")]
    assert wire.others == shown(UpdateLimiter(SPOT, Pause(1.0)), Sleep(1.0))
    wire = Wire(limited(0.3), cancel_all)
    play(wire, batch(1))
    assert wire.others == shown(UpdateLimiter(SPOT, Pause(0.3)), Sleep(0.3))


def test_second_refusal_for_the_limit() -> None:
    """The flow raises a second refusal for the limit."""
    wire = Wire(limited())
    with pytest.raises(RateLimitExceeded) as caught:
        play(wire, batch(1))
    assert len(wire.requests) == 2
    assert lists_of(caught.value) == ([], ["1"])


def test_long_ban() -> None:
    """The flow reports a long ban to the limiter and raises, without sending again."""
    wire = Wire(limited(300.0, banned=True))
    with pytest.raises(RateLimitExceeded):
        play(wire, batch(1))
    assert wire.others == shown(UpdateLimiter(SPOT, Ban(300.0)))
    assert len(wire.requests) == 1


def test_short_ban() -> None:
    """The flow waits for the end of a ban within maxWait."""
    wire = Wire(limited(0.8, banned=True), cancel_all)
    play(wire, batch(1))
    assert wire.others == shown(UpdateLimiter(SPOT, Ban(0.8)), Sleep(0.8))


def test_known_ban() -> None:
    """The flow does not report a ban that comes from the limiter itself."""
    wire = Wire(not_sent(Decision(300.0, banned=True)))
    with pytest.raises(RateLimitExceeded, match="not sent"):
        play(wire, batch(1))
    assert wire.others == []


def test_used_up_window() -> None:
    """The flow pauses the limiter when the headers say so."""
    wire = Wire(Received(response(orders=[canceled(1)]), rest_of_window=0.4))
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
def test_cold_cancel(reply: Any) -> None:
    """If the exchange knows one of the orders, the guessed market id was right."""
    wire = Wire(reply)
    assert [asked for asked, _ in unloaded(wire, batch(1, 2, process=1), never)] == ["1", "2"]
    assert (len(wire.requests), wire.others) == (1, [])


@pytest.mark.parametrize("params", [{}, {"process": 1}])
@pytest.mark.parametrize("error", [BadSymbol("x"), BadRequest("x"), OrderNotFound("can not find order")])
def test_cold_cancel_under_wrong_market_id(error: BaseError, params: dict[str, Any]) -> None:
    """If the exchange knows neither symbol nor order, the flow sends again under the market's id."""
    wire = Wire(error, cancel_all)
    assert unloaded(wire, batch(1, 2, **params), other(batch(1, 2, **params))) == [
        ("1", "canceled"),
        ("2", "canceled"),
    ]
    assert wire.others == shown(LoadMarkets())
    assert [request["symbol"] for request in wire.requests] == ["BTC-USDT", "XBT-USDT"]
    wire = Wire(response(fails=[not_found("1")]), response(orders=[canceled(1)]))
    assert unloaded(wire, batch(1, process=1), other(batch(1, process=1))) == [("1", "canceled")]


def test_cold_cancel_under_right_market_id() -> None:
    """If the guessed market id was right, the refusal and the unknown ids are the result."""
    error = OrderNotFound("can not find order")
    with pytest.raises(OrderNotFound) as caught:
        unloaded(Wire(error), batch(1), same)
    assert caught.value.__cause__ is error
    assert unloaded(Wire(response(fails=[not_found("1")])), batch(1, process=1), same) == [("1", None)]


@pytest.mark.parametrize("error", [OrderNotFound("the orderId:1 order status :FILLED,can not delete")])
def test_cold_cancel_of_final_order(error: BaseError) -> None:
    """A refusal that names an order's state shows that the market id was right."""
    with pytest.raises(OrderNotFound):
        unloaded(Wire(error), batch(1), never)


def test_cold_cancel_without_markets() -> None:
    """Without markets the flow raises the exchange's refusal, or BadSymbol for an unknown symbol."""

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
    # Under the right market id the order may be live.
    for reply in (OrderNotFound("can not find order"), response(fails=[not_found("1")])):
        with pytest.raises(NetworkError) as caught:
            unloaded(Wire(reply), batch(1, process=1), lost)
        assert lists_of(caught.value) == ([], ["1"])


def test_refused_but_open() -> None:
    """If a refusal calls an order gone, but a query finds it open, the error is not OrderNotFound."""
    gone = OrderNotFound("bingx the order you want to cancel is FILLED or CANCELLED already, or is not valid")
    wire = Wire(gone, {"code": 0, "data": canceled(1, status="PENDING")})
    with pytest.raises(BadRequest, match="finds it open") as caught:
        play(wire, batch(1), resolve_attempts=1)
    assert lists_of(caught.value) == (["1"], [])
    assert caught.value.__cause__ is gone


OTHERS = "the  orderId:22 order status :CANCELED,can not delete, please verify and retry later"


@pytest.mark.parametrize("process", [0, 1])
@pytest.mark.parametrize("words", [OTHERS, "can not find order for orderId:22", "order 22 does not exist"])
def test_refusal_of_another_order(words: str, process: int) -> None:
    """A refusal that names another order does not settle the requested order."""
    error = OrderNotFound(f"bingx {words}")
    attach_response(error, Response(200, "100400", words))
    with pytest.raises(BadResponse) as caught:
        play(Wire(error), batch(11, process=process))
    assert lists_of(caught.value) == ([], ["11"])


@pytest.mark.parametrize(
    "text",
    [
        "system busy, please check whether the order is already filled",
        "order is already filled partially, the rest is being processed",
        "the orderId:22 order is already filled",
        "can not find order for orderId:22 for symbol: BTC-USDT, please verify and retry later",
        "orderId:11 order status :CANCELED,can not delete, system busy, not confirmed yet",
        "orderId:11 order status :CANCELED,can not delete. the orderId:11 order status :PENDING",
    ],
)
def test_odd_words_settle_nothing(text: str) -> None:
    """The flow believes only the whole documented sentence about that order."""
    with pytest.raises(BadResponse) as caught:
        play(Wire(response(fails=[{"orderId": "11", "error": text}])), batch(11, process=1))
    assert lists_of(caught.value) == ([], ["11"])


def test_fails_that_differ() -> None:
    """Contradictory failed entries of one response settle nothing, in any sequence."""
    entries = [in_state("11", "CANCELED"), {"orderId": "11", "error": "The order is being processed"}]
    for fails in (entries, entries[::-1]):
        with pytest.raises(BadResponse) as caught:
            play(Wire(response(fails=fails)), batch(11, process=1))
        assert lists_of(caught.value) == ([], ["11"])


def test_cancelled_while_it_waits() -> None:
    """A cancel that ends while it waits for its second frees the order: the next cancel need not wait."""
    spacing = Spacing()
    spacing.release(batch(11).refs, 1.0)
    waiting = cancel(batch(11), "BTC-USDT", context(spacing=spacing))
    assert next(waiting) == Sleep(1.0)
    waiting.close()
    assert spacing.reserve(batch(11).refs, 0.5) == (0.5, True)
    polling = cancel(batch(11), "BTC-USDT", context(spacing=spacing, clock=lambda: 0.5))
    assert isinstance(next(polling), Sleep)
    polling.close()
    assert spacing.reserve(batch(11).refs, 0.5) == (0.05, False), "it was another's"


class Interrupted(Spacing):
    """A spacing in which Ctrl-C comes right after a reservation."""

    def reserve(self, *args: Any) -> tuple[float, bool]:
        super().reserve(*args)
        raise KeyboardInterrupt


def test_interrupt_after_reserving() -> None:
    """Ctrl-C right after the reservation frees the orders: the next cancel need not wait."""
    spacing = Interrupted()
    wire = Wire()
    with pytest.raises(KeyboardInterrupt):
        run(cancel(batch(11), "BTC-USDT", context(spacing=spacing)), wire)
    assert wire.requests == []
    assert Spacing.reserve(spacing, batch(11).refs, 0.0) == (0.0, True)


def test_clients_in_either_case() -> None:
    """On swaps, client order ids in upper and lower case name one order, with one second."""
    spacing = Spacing()
    swap = context(endpoint=LINEAR, spacing=spacing, pauses=Pauses())
    first = CancelRun(parse_batch(None, {"clientOrderIds": ["Bot_A1"]}), "M", swap)
    first.end_turn(first.batch.refs, None, submitted=True)
    assert spacing.reserve([OrderRef("clientOrderId", "bot_a1")], 0.0) == (1.05, True)


def test_settled_all_or_nothing() -> None:
    """The flow sends a list whose ids are all settled only once."""
    wire = Wire(response(fails=[in_state("1", "FILLED"), in_state("2", "CANCELED")]))
    assert play(wire, batch(1, 2)) == [("1", "closed"), ("2", "canceled")]
    assert len(wire.requests) == 1


def test_failed_entry_of_plain_text() -> None:
    """A failed entry may be the bare sentence, without keys."""
    wire = Wire(response([], [in_state("1", "CANCELED")["error"]]))
    orders = run(cancel(batch(1, process=1), "BTC-USDT", context()), wire)
    assert [(order["asked"], order["status"]) for order in orders] == [("1", "canceled")]
