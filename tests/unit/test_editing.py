"""The flow of an edit: a response or a query settles the old order, or it stays unresolved."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import pytest
from ccxt.base.errors import (
    BadRequest,
    BadResponse,
    BaseError,
    ExchangeError,
    InsufficientFunds,
    InvalidOrder,
    OperationFailed,
    OrderNotFound,
)

from ccxt_bingx_ext._bingx.endpoints import LINEAR_SINGLE, SPOT_SINGLE
from ccxt_bingx_ext._bingx.errors import Response, attach_response
from ccxt_bingx_ext._bingx.replacing import parse_replacement, says_cancelled
from ccxt_bingx_ext._cancel.arguments import Edited, parse_edited
from ccxt_bingx_ext._cancel.commands import EditOrder, FetchHistory, FetchOrder
from ccxt_bingx_ext._cancel.editing import NEW_ORDER_UNKNOWN, NOT_PLACED, edit_one
from ccxt_bingx_ext._cancel.failures import Progress, attach_progress
from ccxt_bingx_ext._cancel.outcome import UNKNOWN_OUTCOME
from ccxt_bingx_ext._ids import OrderRef
from ccxt_bingx_ext._runner import run

from .fakes import canceled, context

ZEROS = {"symbol": "", "orderId": 0, "status": "", "type": "", "side": ""}
NEW = {"symbol": "BTC-USDT", "orderId": 987654321, "type": "LIMIT", "side": "BUY"}
ONCE = "The same order number is only allowed to be submitted once within 1 second."
UNKNOWN = (100404, "order not exist")


def linear(
    cancel: str = "true", new: str = "true", words: str = "", new_words: str = "", **old: Any
) -> dict[str, Any]:
    """The ``data`` of a response of linear swaps, as documented."""
    return {
        "cancelResult": cancel,
        "cancelMsg": words,
        "cancelResponse": old.get("old", canceled(7, status="PENDING") if cancel == "true" else ZEROS),
        "replaceResult": new,
        "replaceMsg": new_words,
        "newOrderResponse": NEW if new == "true" else ZEROS,
    }


def spot(
    cancel: bool = True, new: bool = True, words: tuple[int, str] = (0, ""), new_words: str = ""
) -> dict[str, Any]:
    """The ``data`` of a response of spot, as documented."""
    return {
        "cancelResult": {"code": words[0], "msg": words[1], "result": cancel},
        "openResult": {"code": 0, "msg": new_words, "result": new},
        "orderOpenResponse": NEW if new else ZEROS,
        "orderCancelResponse": canceled(7) if cancel else ZEROS,
    }


def refused(code: int, text: str, kind: type[BaseError] = OrderNotFound) -> BaseError:
    error = kind(f'bingx {{"code":{code},"msg":"{text}"}}')
    attach_response(error, Response(200, str(code), text))
    return error


class Exchange:
    """Answers the edit with `edited`, and each query with the next of `queries`, the last one again."""

    def __init__(self, edited: Any, *queries: Any) -> None:
        self.edited = edited
        self.queries = list(queries)
        self.commands: list[Any] = []
        self.now = 0.0

    def __call__(self, command: Any) -> Any:
        self.commands.append(command)
        if isinstance(command, EditOrder):
            return self._answer({"id": "0", "info": self.edited})
        if isinstance(command, FetchHistory):
            return {"code": 0, "data": {"orders": []}}
        if isinstance(command, FetchOrder):
            found = self.queries.pop(0) if len(self.queries) > 1 else self.queries[0]
            if isinstance(found, BaseError):
                raise found
            return {"code": 0, "data": {"order": found}}
        self.now += getattr(command, "seconds", 0.0)
        return None

    def _answer(self, order: Any) -> Any:
        if isinstance(self.edited, BaseError):
            raise self.edited
        return order

    @property
    def asked(self) -> int:
        return sum(isinstance(one, FetchOrder) for one in self.commands)


def flow(exchange: Exchange, given_id: Any = "7", params: Any = None, endpoint: Any = LINEAR_SINGLE) -> Any:
    edited = parse_edited(given_id, params or {})
    settings = context(
        endpoint=endpoint, resolve_attempts=3, clock=lambda: exchange.now, method="bingx editOrder()"
    )
    return run(
        edit_one(edited, EditOrder(("7", "BTC/USDT", "limit", "buy", 1, None, {})), "BTC-USDT", settings),
        exchange,
    )


def failure(exchange: Exchange, *args: Any, **named: Any) -> BaseError:
    with pytest.raises(BaseError) as caught:
        flow(exchange, *args, **named)
    return caught.value


def said(error: BaseError) -> list[tuple[str | None, str | None]]:
    return [(order["asked"], order["status"]) for order in error.orders]


@pytest.mark.parametrize("data", [linear(), spot(), {**spot(), "openResult": None}])
def test_placed(data: Any) -> None:
    """A new order that has an id is returned, unless the response denies it."""
    exchange = Exchange(data)
    assert flow(exchange) == {"id": "0", "info": data}
    assert exchange.asked == 0


def test_cancelled_spot_order() -> None:
    """A response that shows the old order as cancelled needs no query."""
    exchange = Exchange(spot(new=False, new_words="insufficient balance"))
    error = failure(exchange, endpoint=SPOT_SINGLE)
    assert (type(error), said(error), error.unresolved) == (InvalidOrder, [("7", "canceled")], [])
    assert str(error).endswith(f"the old order 7 was cancelled, {NOT_PLACED}: insufficient balance")
    assert exchange.asked == 0


@pytest.mark.parametrize(
    ("shown", "found", "kind", "orders"),
    [
        (canceled(7, status="PENDING"), canceled(7), InvalidOrder, [("7", "canceled")]),
        (canceled(7, status="PENDING"), canceled(7, status="FILLED"), OrderNotFound, [("7", "closed")]),
        (canceled(7, status="PENDING"), canceled(7, status="PENDING"), BadResponse, []),
        (canceled(7, status="PENDING"), refused(*UNKNOWN), OrderNotFound, [("7", None)]),
        (canceled(7, status="PENDING"), refused(100413, "key", BadRequest), BadResponse, []),
        (canceled(8), canceled(7), InvalidOrder, [("7", "canceled")]),  # another order's
        (None, canceled(7), InvalidOrder, [("7", "canceled")]),
    ],
)
def test_cancelled_linear_order(shown: Any, found: Any, kind: type[BaseError], orders: Any) -> None:
    """A "true" beside an order that is shown as it was before is confirmed by a query."""
    exchange = Exchange(linear(new="false", new_words="margin", old=shown), found)
    error = failure(exchange)
    assert (type(error), said(error)) == (kind, orders)
    assert error.unresolved == ([] if orders else ["7"])
    assert NOT_PLACED in str(error)
    assert "margin" in str(error)
    assert NEW_ORDER_UNKNOWN not in str(error)
    assert exchange.asked >= 1


def test_contradicting_names() -> None:
    """An order id that is another order's than the client order id settles nothing."""
    order = canceled(7, client_order_id="other")
    exchange = Exchange(linear(new="false", old=order), order)
    error = failure(exchange, params={"cancelClientOrderID": "mine"})
    assert (type(error), error.orders, error.unresolved) == (BadResponse, [], ["mine"])


@pytest.mark.parametrize("words", ["The current system is busy", ONCE])
def test_doubtful_new_order(words: str) -> None:
    """Words of an unknown outcome about the new order do not prove that it was not placed."""
    error = failure(Exchange(linear(new="false", new_words=words), canceled(7)))
    assert (type(error), said(error), error.unresolved) == (OperationFailed, [("7", "canceled")], [])
    assert UNKNOWN_OUTCOME in str(error)
    assert NEW_ORDER_UNKNOWN in str(error)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ((100500, "The current system is busy"), OperationFailed),
        ((109201, ONCE), OperationFailed),
        ((80014, "Invalid parameters"), BadRequest),
        ((100400, "nobody knows these words"), BadResponse),
        ((0, ""), BadResponse),
    ],
)
def test_cancel_failed(words: tuple[int, str], kind: type[BaseError]) -> None:
    """A failed cancel counts like a refusal with the same words, and leaves the old order unresolved."""
    error = failure(Exchange(spot(cancel=False, new=False, words=words)), endpoint=SPOT_SINGLE)
    assert (type(error), error.orders, error.unresolved) == (kind, [], ["7"])
    assert (UNKNOWN_OUTCOME in str(error)) is (kind is not BadRequest)
    assert NEW_ORDER_UNKNOWN not in str(error)


@pytest.mark.parametrize("as_refusal", [True, False])
@pytest.mark.parametrize(
    ("found", "orders"),
    [
        ([canceled(7, status="FILLED")], [("7", "closed")]),
        ([canceled(7)], [("7", "canceled")]),
        ([refused(*UNKNOWN)], [("7", None)]),
        ([refused(*UNKNOWN), canceled(7, status="PENDING")], None),
        ([canceled(7, status="PENDING")], None),
        ([refused(100413, "key", BadRequest)], None),
    ],
)
def test_gone(found: Any, orders: Any, as_refusal: bool) -> None:
    """A mere "does not exist" counts if two look-ups agree. A state that a query finds counts at once."""
    answered = refused(*UNKNOWN) if as_refusal else linear("false", "false", UNKNOWN[1])
    exchange = Exchange(answered, *found)
    error = failure(exchange)
    if orders is None:
        assert (type(error), error.orders, error.unresolved) == (BadResponse, [], ["7"])
        assert "not exist" not in str(error)
        return
    assert (type(error), said(error), error.unresolved) == (OrderNotFound, orders, [])
    assert str(error).startswith("bingx editOrder() order not found: ")
    assert str(error).count("editOrder()") == 1


def test_named_state() -> None:
    """A final state in the exchange's own words needs no query."""
    exchange = Exchange(refused(100400, "the orderId:7 order status :FILLED,can not delete"))
    error = failure(exchange)
    assert (type(error), said(error), exchange.asked) == (OrderNotFound, [("7", "closed")], 0)


def test_refused_after_the_cancel() -> None:
    """If a refusal says that the old order was cancelled, a query must confirm it."""
    words = "order open error:insufficient balance, and the previous cancel order request result:true"
    error = failure(Exchange(refused(100202, words, InsufficientFunds), canceled(7)))
    assert (type(error), said(error), error.unresolved) == (InsufficientFunds, [("7", "canceled")], [])
    assert str(error).endswith(f"the old order 7 is gone (canceled), {NOT_PLACED}")
    open_order = Exchange(refused(100202, words, InsufficientFunds), canceled(7, status="PENDING"))
    error = failure(open_order)
    assert (type(error), error.orders, error.unresolved) == (InsufficientFunds, [], ["7"])


@pytest.mark.parametrize("kind", [InvalidOrder, BadRequest])
def test_other_refusals(kind: type[BaseError]) -> None:
    """Other refusals lead to no query. BadRequest replaces an InvalidOrder, which bots read as "gone"."""
    exchange = Exchange(refused(80014, "price", kind))
    error = failure(exchange)
    assert (type(error), error.orders, error.unresolved) == (BadRequest, [], ["7"])
    assert exchange.asked == 0


@pytest.mark.parametrize(
    ("data", "unresolved"),
    [
        (None, ["7"]),
        ([], ["7"]),
        ({}, ["7"]),
        (linear(new="perhaps"), ["7"]),
        ({**linear(), "newOrderResponse": ZEROS}, ["7"]),
        ({**linear(new="false"), "newOrderResponse": NEW}, ["7", "987654321"]),
        (linear(cancel="perhaps", new="false"), ["7"]),
        ({**spot(new=False), "cancelResult": None}, ["7"]),
    ],
)
def test_unexpected_response(data: Any, unresolved: list[str]) -> None:
    """A response that is contradictory or empty leaves the old order unresolved."""
    exchange = Exchange(data)
    error = failure(exchange, params={"clientOrderId": "n" * 50})
    assert (type(error), error.orders, error.unresolved) == (BadResponse, [], unresolved)
    assert UNKNOWN_OUTCOME in str(error)
    assert exchange.asked == 0


@pytest.mark.parametrize("progress", [Progress.NOT_BEGUN, Progress.WRITTEN, None])
def test_check_of_ccxt(progress: Progress | None) -> None:
    """An InvalidOrder of ccxt's own becomes a BadRequest, with its words if nothing was sent."""
    error = InvalidOrder("bingx amount is too small")
    attach_progress(error, progress)
    raised = failure(Exchange(error))
    assert (type(raised), raised.orders, raised.unresolved) == (
        BadResponse if progress is Progress.WRITTEN else BadRequest, [], ["7"],
    )  # fmt: skip
    assert ("too small" in str(raised)) is (progress is Progress.NOT_BEGUN)


def test_unreadable_new_order() -> None:
    """Python's own error about the new order becomes a BadRequest that shows the new order."""
    error = ExchangeError("bingx AttributeError: no attribute 'find'")
    error.__cause__ = AttributeError("no attribute 'find'")
    attach_progress(error, Progress.NOT_BEGUN)
    raised = failure(Exchange(error))
    assert (type(raised), raised.orders, raised.unresolved) == (BadRequest, [], ["7"])
    new = "cannot read the new order: type 'limit', side 'buy', amount 1, price None"
    assert f"{new} (AttributeError: no attribute 'find')" in str(raised)


def test_other_error_before_the_request() -> None:
    """An error before the request that is not about the new order stays as it is."""
    error = ExchangeError("bingx is down")
    attach_progress(error, Progress.NOT_BEGUN)
    assert failure(Exchange(error)) is error


@pytest.mark.parametrize(
    ("given_id", "data", "warned"),
    [
        ("7", linear("false", words="order not exist"), False),
        ("7", linear("false", words="order is already filled"), False),
        ("7", linear("false", words="orderId:8 order not exist"), True),  # another order
        ("7", linear("false", words="system busy"), True),
        ("7", linear("false"), True),
        ("7", linear("perhaps"), True),
        ("7", spot(cancel=False, words=(100400, " order not exist")), False),
        ("7", spot(cancel=False, words=(80018, "")), False),
        (None, linear("false", words="order not exist"), True),  # the exchange forgets client order ids
        (None, linear("false", words="order is already filled"), False),
    ],
)
def test_warning(given_id: Any, data: Any, warned: bool, caplog: pytest.LogCaptureFixture) -> None:
    """If the new order is placed beside an old one that may be live, the log names both."""
    flow(Exchange(data), given_id, {} if given_id else {"cancelClientOrderID": "mine"})
    messages = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert len(messages) == warned
    if warned:
        assert "987654321" in messages[0]
        assert (given_id or "mine") in messages[0]


@pytest.mark.parametrize(
    ("given_id", "client_id", "cancelled", "named"),
    [
        ("7", None, canceled(7), None),
        ("7", None, canceled(8), "7"),
        ("7", "Mine", canceled(7, "mine"), None),
        ("7", "Mine", canceled(7, ""), None),
        ("7", "Mine", canceled(8, "mine"), "7"),
        ("7", "Mine", canceled(7, "other"), "Mine"),
        (None, "Mine", canceled(8, "mine"), None),
        (None, "Mine", canceled(8, "other"), "Mine"),
        ("7", None, "x", None),
    ],
)
def test_warning_of_another_order(
    given_id: Any, client_id: Any, cancelled: Any, named: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """If the exchange says that it cancelled another order, the log names the one that may be live."""
    flow(Exchange(linear(old=cancelled)), given_id, {"cancelClientOrderId": client_id})
    messages = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert [f"does not say that it cancelled order {named}, which" in one for one in messages] == (
        [] if named is None else [True]
    )


BOTH_IDS = ("7", {"cancelClientOrderId": "Mine"})
FILLED = (100400, "order status :FILLED,can not delete")


@pytest.mark.parametrize("found", [canceled(7, "", "PENDING"), canceled(7, "other"), refused(100500, "busy")])
def test_refusal_about_another_order(found: Any) -> None:
    """A refusal names no order id: one that may be of another, open order stays unresolved."""
    for edited in (refused(*FILLED), linear("false", "false", words=FILLED[1])):
        error = failure(Exchange(edited, found), *BOTH_IDS)
        assert (type(error), error.unresolved) == (BadResponse, ["7"])
        assert [status for _, status in said(error)] == ["closed"]


@pytest.mark.parametrize("found", [canceled(7, "mine", "PENDING"), canceled(7, "", "FILLED")])
def test_refusal_about_the_same_order(found: Any) -> None:
    """If the order id has the same client order id, or is not open, the refusal counts."""
    error = failure(Exchange(refused(*FILLED), found), *BOTH_IDS)
    assert (type(error), error.unresolved) == (OrderNotFound, [])


def test_warning_of_an_unnamed_order(caplog: pytest.LogCaptureFixture) -> None:
    """If words without an order id call the old order gone, the log names the order id that was passed."""
    flow(Exchange(linear("false", words=FILLED[1])), *BOTH_IDS)
    assert "does not say that it cancelled order 7, which" in caplog.text


def test_warning_hides_signatures(caplog: pytest.LogCaptureFixture) -> None:
    """No signature that the exchange echoes is logged."""
    flow(Exchange(linear("false", words=f"signature={'ab' * 32}")))
    assert "abab" not in caplog.text
    assert "***" in caplog.text


# The response


@pytest.mark.parametrize("value", [True, "true", "True"])
def test_true(value: Any) -> None:
    """A result may be a boolean, or a text."""
    assert parse_replacement(linear(value)).cancel.done is True
    assert parse_replacement(spot(value)).cancel.done is True


@pytest.mark.parametrize("value", [None, 1, "", "yes", {}, []])
def test_neither(value: Any) -> None:
    """A result of another type settles nothing."""
    assert parse_replacement(linear(value)).cancel.done is None
    assert parse_replacement(spot(value)).cancel.done is None


def test_steps() -> None:
    """Each step has its own words, code and order."""
    cancel, new = parse_replacement(spot(cancel=False, words=(100400, " order not exist"), new_words="x"))
    assert (cancel.done, cancel.code, cancel.text, cancel.order) == (
        False,
        "100400",
        "order not exist",
        ZEROS,
    )
    assert (new.done, new.code, new.text, new.order) == (True, "", "x", NEW)


def test_words_of_a_refusal() -> None:
    """Only the documented sentence, with "true", says that the cancel was carried out."""
    sentence = "order open error:busy, and the previous cancel order request result:"
    assert says_cancelled(f"{sentence}true")
    assert not says_cancelled(f"{sentence}false,  order not exist")
    assert not says_cancelled("true")
    assert not says_cancelled("x" * 2000 + f"{sentence}true")


# The arguments


def test_arguments() -> None:
    """The request names the old order by its client order id, if there is one. The rest goes to ccxt."""
    params: Mapping[str, Any] = {"cancelClientOrderId": "a", "clientOrderId": "new", "postOnly": True}
    edited = parse_edited(7, params)
    left = {"clientOrderId": "new", "postOnly": True}
    assert edited == Edited(OrderRef("clientOrderId", "a"), OrderRef("id", "7"), left, "new")
    assert edited.sent("spot") == ("7", {**left, "cancelClientOrderID": "a"})
    assert edited.sent("linear") == ("7", {**left, "cancelClientOrderId": "a"})
    assert parse_edited("007", {"newClientOrderId": 5}) == Edited(
        OrderRef("id", "7"), None, {"newClientOrderId": 5}, None
    )
    assert parse_edited("007", {}).sent("linear") == ("7", {})


def test_old_order_by_the_other_name() -> None:
    """Without an id, clientOrderId names the old order, as in ccxt's edit_order_with_client_order_id."""
    edited = parse_edited("", {"clientOrderId": "old"})
    assert edited == Edited(OrderRef("clientOrderId", "old"), None, {}, None)
    assert edited.sent("spot") == ("", {"cancelClientOrderID": "old"})
    both = parse_edited("", {"clientOrderId": "new", "cancelClientOrderID": "old"})
    assert (both.ref.value, both.new_client_id, both.params) == ("old", "new", {"clientOrderId": "new"})
