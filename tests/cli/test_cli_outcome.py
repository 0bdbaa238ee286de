"""Account, exit code and words of an outcome, without an exchange."""

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
def test_the_exit_code(outcome: Outcome, code: int) -> None:
    """0 only if everything is cancelled and nothing went wrong; 2 wherever something may be live."""
    assert outcome.exit_code == code


def test_parts_and_progress() -> None:
    """Everything is handed on once, in order, and progress told part by part."""
    handed: list[list[str]] = []
    moved: list[int] = []

    def cancel(ids: list[str]) -> list[Order]:
        handed.append(ids)
        return [order(one) for one in ids]

    outcome = cancel_in_parts(cancel, ["1", "2", "3"], 2, moved.append)
    assert (handed, moved) == ([["1", "2"], ["3"]], [2, 1])
    assert (len(outcome.orders), outcome.unresolved, outcome.error) == (3, [], None)


def test_an_error_that_knows_something() -> None:
    """Its orders are kept; its unresolved, and all that was not asked yet, are unresolved."""
    error = BadResponse("half of it")
    error.orders, error.unresolved = [order("1")], ["2"]
    outcome = cancel_in_parts(raising(error), ["1", "2", "3"], 2, print)
    assert ([one["id"] for one in outcome.orders], outcome.unresolved) == (["1"], ["2", "3"])
    assert (outcome.error, outcome.why) == (error, "half of it")


@pytest.mark.parametrize("error", [ValueError("a defect"), KeyboardInterrupt()])
def test_an_error_that_knows_nothing(error: BaseException) -> None:
    """All of its part is unresolved, and the rest."""
    assert cancel_in_parts(raising(error), ["1", "2", "3"], 2, print).unresolved == ["1", "2", "3"]


def test_an_error_that_contradicts_itself() -> None:
    """What it calls unresolved is, whatever it says besides."""
    error = BadResponse("both")
    error.orders, error.unresolved = [order("1")], ["1"]
    assert cancel_in_parts(raising(error), ["1"], 2, print).unresolved == ["1"]


def test_silence_is_no_news() -> None:
    """An id that no order speaks of is unresolved, though nothing was raised; as is a client order id that
    only looks like an order's id."""
    asked = ["1", ClientOrderId("1"), ClientOrderId("mine"), "4"]
    answer = [order("1"), order("9", client="mine")]
    outcome = cancel_in_parts(lambda ids: list(answer), asked, 9, print)
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
def test_the_exchanges_own_words(info: Any, words: str) -> None:
    """Of a failure its text, of an order its state, and of what is neither whatever it is."""
    assert words_of(order("1", info=info)) == words


def test_one_id_in_two_roles_is_two() -> None:
    """An order id and a client order id may be the same digits."""
    asked = read_asked(["1", "client:1", "01"], ["1"], None)
    assert [(type(one), one) for one in asked] == [(str, "1"), (ClientOrderId, "1")]
