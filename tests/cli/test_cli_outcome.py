"""The orders, the exit code and the words of an outcome, without an exchange."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ccxt.base.errors import BadResponse

from ccxt_bingx_ext import ClientOrderId
from ccxt_bingx_ext.cli.ids import read_asked
from ccxt_bingx_ext.cli.outcome import Order, Outcome, cancel_in_parts, words_of


def order(id: str, status: str | None = "canceled", client: str | None = None, info: Any = None) -> Order:
    return {"id": id, "clientOrderId": client, "status": status, "symbol": "BTC/USDT", "info": info or {}}


def raising(error: BaseException) -> Callable[[list[str]], list[Order]]:
    def cancel(ids: list[str]) -> list[Order]:
        raise error

    return cancel


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome([order("1")], []), 0),
        (Outcome([order("1"), order("2", "closed")], []), 1),
        (Outcome([order("1", None)], []), 1),
        (Outcome([order("1")], [], BadResponse("odd")), 1),
        (Outcome([order("1")], ["2"]), 2),
        (Outcome([], ["2"], KeyboardInterrupt()), 2),
    ],
)
def test_exit_code(outcome: Outcome, code: int) -> None:
    """The exit code is 0 if everything is cancelled, 2 if anything may be live, otherwise 1."""
    assert outcome.exit_code == code


def test_maybe_live() -> None:
    """An order may be live if it is unresolved, or known in a state that is not final."""
    bare = {"id": None, "clientOrderId": None, "status": None}
    orders = [order("1"), order("2", "open"), order("3", None), {**bare, "clientOrderId": "4"}, bare]
    named = Outcome(orders, ["5", ClientOrderId("6")]).maybe_live
    assert named == ["2", "3", "4", "5", "6"]
    assert [one for one in named if isinstance(one, ClientOrderId)] == ["4", "6"]


def test_parts_and_progress() -> None:
    """cancel_in_parts passes on every id once, in order, and reports its progress after each part."""
    handed: list[list[str]] = []
    moved: list[int] = []

    def cancel(ids: list[str]) -> list[Order]:
        handed.append(ids)
        return [order(one) for one in ids]

    outcome = cancel_in_parts(cancel, ["1", "2", "3"], 2, moved.append)
    assert (handed, moved) == ([["1", "2"], ["3"]], [2, 1])
    assert (len(outcome.orders), outcome.unresolved, outcome.error) == (3, [], None)


def test_error_with_lists() -> None:
    """cancel_in_parts keeps the orders of an error, and adds the unsent ids to its unresolved ones."""
    error = BadResponse("half of it")
    error.orders, error.unresolved = [order("1")], ["2"]
    outcome = cancel_in_parts(raising(error), ["1", "2", "3"], 2, print)
    assert ([one["id"] for one in outcome.orders], outcome.unresolved) == (["1"], ["2", "3"])
    assert (outcome.error, outcome.why) == (error, "half of it")


@pytest.mark.parametrize("error", [ValueError("a defect"), KeyboardInterrupt()])
def test_error_without_lists(error: BaseException) -> None:
    """After an error without lists the ids of its part and all unsent ids are unresolved."""
    assert cancel_in_parts(raising(error), ["1", "2", "3"], 2, print).unresolved == ["1", "2", "3"]


def test_contradictory_error() -> None:
    """An id in both lists of an error is unresolved."""
    error = BadResponse("both")
    error.orders, error.unresolved = [order("1")], ["1"]
    assert cancel_in_parts(raising(error), ["1"], 2, print).unresolved == ["1"]


def test_omitted_ids() -> None:
    """Ids without an order are unresolved, and an order id does not settle an equal client order id."""
    asked = ["1", ClientOrderId("1"), ClientOrderId("mine"), "4"]
    response = [order("1"), order("9", client="mine")]
    outcome = cancel_in_parts(lambda ids: list(response), asked, 9, print)
    assert [(type(one), one) for one in outcome.unresolved] == [(ClientOrderId, "1"), (str, "4")]


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
        (shown,) = Outcome([odd], []).document("BTC/USDT")["orders"]
        assert (shown["id"], shown["status"]) == ("1", "canceled")
        assert shown["info"] == "nested too deeply to show it"
        assert words_of(odd) == ""


def test_equal_ids_of_two_kinds() -> None:
    """An order id and a client order id of the same digits are two ids."""
    asked = read_asked(["1", "client:1", "01"], ["1"], None)
    assert [(type(one), one) for one in asked] == [(str, "1"), (ClientOrderId, "1")]
