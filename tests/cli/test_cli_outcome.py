"""The orders, the exit code and the words of an outcome, without an exchange."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from ccxt.base.errors import AuthenticationError, BadResponse, RateLimitExceeded

from ccxt_bingx_ext import ClientOrderId
from ccxt_bingx_ext.cli.ids import Target, Word, targets_of
from ccxt_bingx_ext.cli.outcome import (
    Order,
    Outcome,
    cancel_in_parts,
    document,
    unresolved_of,
    what_next,
    words_of,
)


def order(id: str, status: str | None = "canceled", client: str | None = None, info: Any = None) -> Order:
    return {"id": id, "clientOrderId": client, "status": status, "symbol": "BTC/USDT", "info": info or {}}


def targets(*ids: str, symbol: str = "BTC/USDT") -> list[Target]:
    return [Target(symbol, one) for one in ids]


def raising(error: BaseException) -> Callable[[Sequence[Target]], list[Order]]:
    def cancel(part: Sequence[Target]) -> list[Order]:
        raise error

    return cancel


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome([order("1")], []), 0),
        (Outcome([order("1"), order("2", "closed")], []), 1),
        (Outcome([order("1", None)], []), 1),
        (Outcome([order("1")], [], BadResponse("odd")), 1),
        (Outcome([order("1")], targets("2")), 2),
        (Outcome([order("1"), order("2", "open")], []), 2),
        (Outcome([], targets("2"), KeyboardInterrupt()), 2),
    ],
)
def test_exit_code(outcome: Outcome, code: int) -> None:
    """The exit code is 0 if everything is cancelled, 2 if anything may be live, otherwise 1."""
    assert outcome.exit_code == code


def test_maybe_live() -> None:
    """An order may be live if it is unresolved, or known in a state that is not final."""
    bare = {"id": None, "clientOrderId": None, "status": None}
    orders = [order("1"), order("2", "open"), order("3", None), {**bare, "clientOrderId": "4"}, bare]
    named = Outcome(orders, targets("5", ClientOrderId("6"))).maybe_live
    assert [one.word for one in named] == ["2", "3", "client:4", "5", "client:6"]
    assert named[0].line == "BTC/USDT 2"


def test_open_orders_to_feed_back() -> None:
    """The document lists open orders as unresolved, once each, and no unknown order."""
    outcome = Outcome(
        [order("1"), order("2", "open"), order("3", None), order("4", "open")], targets("4", "5")
    )
    assert document(outcome, "BTC/USDT", str)["unresolved"] == ["2", "4", "5"]
    several = document(outcome, None, str)["unresolved"]
    assert several == ["BTC/USDT 2", "BTC/USDT 4", "BTC/USDT 5"]


@pytest.mark.parametrize(
    ("opened", "unresolved", "advice"),
    [
        (1, 0, "1 open. It is live: cancel it again."),
        (2, 0, "2 open. They are live: cancel them again."),
        (0, 1, "1 unresolved. It may be live: cancel it again."),
        (1, 1, "1 open, 1 unresolved. They may be live: cancel them again."),
    ],
)
def test_what_next(opened: int, unresolved: int, advice: str) -> None:
    """The advice counts open and unresolved orders, and speaks of one order or of several."""
    orders = [order(str(number), "open") for number in range(opened)]
    assert what_next(Outcome(orders, targets("8", "9")[:unresolved])) == advice


def test_summary() -> None:
    """The summary counts the orders by what became of them."""
    orders = [order("1"), order("2"), order("3", None), order("4", "closed")]
    assert Outcome(orders, targets("5")).summary == "2 canceled, 1 unknown, 1 closed, 1 unresolved of 5"
    assert Outcome([], []).summary == "no open orders: nothing to cancel"
    unlisted = Outcome(orders[:1], [Target("A/B", None)]).summary
    assert unlisted == "1 canceled of 1, but the plugin does not know which other orders of A/B are open"


def test_parts_and_progress() -> None:
    """cancel_in_parts passes on every part, and reports its progress after each."""
    passed_on: list[Sequence[Target]] = []
    moved: list[int] = []

    def cancel(part: Sequence[Target]) -> list[Order]:
        passed_on.append(part)
        return [order(str(one.id)) for one in part]

    parts = [targets("1", "2"), targets("3")]
    outcome = cancel_in_parts(cancel, parts, moved.append)
    assert (passed_on, moved) == (parts, [2, 1])
    assert (len(outcome.orders), outcome.unresolved, outcome.error) == (3, [], None)


def test_error_with_lists() -> None:
    """cancel_in_parts keeps the orders of an error, and adds the unsent ids to its unresolved ones."""
    error = BadResponse("half of it")
    error.orders, error.unresolved = [order("1")], ["2"]
    outcome = cancel_in_parts(raising(error), [targets("1", "2"), targets("3")], print)
    assert [one["id"] for one in outcome.orders] == ["1"]
    assert outcome.unresolved == targets("2", "3")
    assert outcome.error is error


@pytest.mark.parametrize("error", [ValueError("a defect"), KeyboardInterrupt()])
def test_error_without_lists(error: BaseException) -> None:
    """After an error without lists the ids of its part and all unsent ids are unresolved."""
    outcome = cancel_in_parts(raising(error), [targets("1", "2"), targets("3")], print)
    assert (outcome.unresolved, outcome.error) == (targets("1", "2", "3"), error)


def test_contradictory_error() -> None:
    """An id in both lists of an error is unresolved."""
    error = BadResponse("both")
    error.orders, error.unresolved = [order("1")], ["1"]
    assert cancel_in_parts(raising(error), [targets("1")], print).unresolved == targets("1")


def test_omitted_ids() -> None:
    """Ids without an order are unresolved, and an order id does not settle an equal client order id."""
    asked = targets("1", ClientOrderId("1"), ClientOrderId("mine"), "4")
    response = [order("1"), {**order("9", client="mine"), "id": None}]
    outcome = cancel_in_parts(lambda part: list(response), [asked], print)
    assert [(type(one.id), one.id) for one in outcome.unresolved] == [(ClientOrderId, "1"), (str, "4")]


@pytest.mark.parametrize(
    ("error", "goes_on"),
    [
        (BadResponse("odd"), True),
        (RateLimitExceeded("a ban"), False),
        (AuthenticationError("a wrong key"), False),
        (KeyboardInterrupt(), False),
    ],
)
def test_failure_of_one_symbol(error: BaseException, goes_on: bool) -> None:
    """A failure ends its own symbol, and every other one only if nothing else can succeed."""
    sent: list[str] = []

    def cancel(part: Sequence[Target]) -> list[Order]:
        sent.extend(one.line for one in part)
        if part[0].symbol == "A/B":
            raise error
        return [{**order(str(one.id)), "symbol": one.symbol} for one in part]

    parts = [targets("1", symbol="A/B"), targets("2", symbol="A/B"), targets("1", symbol="C/D")]
    outcome = cancel_in_parts(cancel, parts, lambda count: None, lambda symbol: symbol)
    assert sent == ["A/B 1", "C/D 1"][: 1 + goes_on]
    left = targets("1", "2", symbol="A/B")
    assert outcome.unresolved == (left if goes_on else [*left, *targets("1", symbol="C/D")])
    assert outcome.error is error


def test_part_of_two_symbols() -> None:
    """If a part fails for one of its symbols, the next part of the other symbol is sent."""
    sent: list[str] = []
    first = [*targets("1", symbol="A/B"), *targets("1", symbol="C/D")]
    error = BadResponse("odd")
    error.orders = [{**order("1"), "symbol": "C/D"}]
    error.unresolved = [{"id": "1", "symbol": "A/B"}]

    def cancel(part: Sequence[Target]) -> list[Order]:
        sent.extend(one.line for one in part)
        if len(sent) == 2:
            raise error
        return [{**order(str(one.id)), "symbol": one.symbol} for one in part]

    second = [*targets("2", symbol="C/D"), *targets("2", symbol="A/B")]
    outcome = cancel_in_parts(cancel, [first, second], lambda count: None, lambda symbol: symbol)
    assert sent == ["A/B 1", "C/D 1", "C/D 2"]
    assert outcome.unresolved == targets("1", "2", symbol="A/B")


def test_unresolved_entries() -> None:
    """unresolved_of reads ids, entries of several symbols, and an entry for orders that nobody knows."""
    error = BadResponse("odd")
    entries = [{"id": "1", "symbol": "A/B"}, {"clientOrderId": "c", "symbol": "A/B"}, {"id": None}]
    error.unresolved = [*entries, "2", ClientOrderId("d")]
    read = unresolved_of(error)
    assert [(one.symbol, one.word) for one in read] == [
        ("A/B", "1"),
        ("A/B", "client:c"),
        ("", "all open orders of all symbols"),
        ("", "2"),
        ("", "client:d"),
    ]
    assert unresolved_of(ValueError()) == []
    assert [read[0].entry, read[1].entry] == entries[:2]


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({"orderId": "1", "error": "can not find order"}, "can not find order"),
        ({"errorCode": 80016, "errorMessage": "order does not exist"}, "order does not exist"),
        ({"status": "CANCELED"}, "CANCELED"),
        ({"orderId": "1"}, ""),
        ("odd", "odd"),
    ],
)
def test_words_of_the_exchange(info: Any, words: str) -> None:
    """words_of returns the text of a failure, the state of an order, or an odd entry as it is."""
    assert words_of(order("1", info=info)) == words


def test_deeply_nested_info() -> None:
    """An order whose info is nested too deeply to write it out keeps its id and status in the document."""
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    for info in (deep, {"error": deep}):
        odd = order("1", info=info)
        (shown,) = document(Outcome([odd], []), "BTC/USDT", str)["orders"]
        assert (shown["id"], shown["status"]) == ("1", "canceled")
        assert shown["info"] == "nested too deeply to show it"
        assert words_of(odd) == ""


def test_equal_ids_of_two_kinds() -> None:
    """An order id and a client order id of the same digits are two ids."""
    asked = targets_of("BTC/USDT", [*map(Word, ("1", "client:1", "01"))], ["1"])
    assert [(type(one.id), one.id) for one in asked] == [(str, "1"), (ClientOrderId, "1")]
