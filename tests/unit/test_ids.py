"""Ids as values: their plain form, their form in messages and in JSON."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from ccxt.base.errors import ArgumentsRequired, BadRequest, NetworkError

from ccxt_bingx_ext._cancel.arguments import parse_batch, parse_cancellations
from ccxt_bingx_ext._ids import (
    ClientOrderId,
    OrderRef,
    OrderWithoutSymbol,
    SymbolRef,
    UnknownOrders,
    exact,
    is_blank,
    shown,
    unresolved_as_json,
)


def through_json(*unresolved: Any) -> list[dict[str, Any]]:
    error = NetworkError("bingx")
    error.unresolved = list(unresolved)
    back = json.loads(json.dumps(unresolved_as_json(error)))
    assert isinstance(back, list)
    return back


@pytest.mark.parametrize("value", [None, True, 1.5, b"a"])
def test_client_order_id_of_another_type(value: Any) -> None:
    """None in an order structure is not the client order id "None"."""
    with pytest.raises(BadRequest, match=f"takes a string or an int: {value!r}"):
        ClientOrderId(value)
    assert [ClientOrderId("a"), ClientOrderId(7)] == ["a", "7"]


def test_json_of_one_symbol() -> None:
    """An order id and a client order id of the same digits are still two orders after JSON."""
    refs = [OrderRef("id", "7"), OrderRef("clientOrderId", "7")]
    entries = through_json(*(ref.public for ref in refs))
    assert entries == [{"id": "7"}, {"clientOrderId": "7"}]
    assert list(parse_batch(entries, {}, "A/B").refs) == refs


def test_json_of_several_symbols() -> None:
    """The entries of several symbols keep their symbol through JSON."""
    refs = (SymbolRef("A/B", OrderRef("id", "7")), SymbolRef("C/D", OrderRef("clientOrderId", "7")))
    entries = through_json(*(ref.public for ref in refs))
    assert entries == [{"id": "7", "symbol": "A/B"}, {"clientOrderId": "7", "symbol": "C/D"}]
    assert parse_cancellations(entries, {}).refs == refs


@pytest.mark.parametrize(
    ("ref", "entry", "name"),
    [
        (UnknownOrders("A/B"), {"id": None, "symbol": "A/B"}, "all open orders of A/B"),
        (UnknownOrders(None), {"id": None, "symbol": None}, "all open orders of all symbols"),
        (
            OrderWithoutSymbol(OrderRef("id", "7")),
            {"id": "7", "symbol": None},
            "7 (of an unknown symbol)",
        ),
        (
            OrderWithoutSymbol(OrderRef("clientOrderId", "7")),
            {"clientOrderId": "7", "symbol": None},
            "7 (of an unknown symbol)",
        ),
    ],
)
def test_orders_to_look_for(ref: Any, entry: dict[str, Any], name: str) -> None:
    """An entry without an order or a symbol survives JSON unchanged, and raises an error."""
    assert ref.public == entry
    assert ref.name == name
    assert through_json(ref.public) == [entry]
    with pytest.raises(ArgumentsRequired, match=r"orders\[0\]"):
        parse_cancellations([entry], {})


class Odd:
    def __repr__(self) -> str:
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("given", "entry"),
    [
        (7, {"id": "7"}),
        (1.5, {"id": "1.5"}),
        (True, {"id": "True"}),
        (None, {"id": None}),
        (b"7", {"id": "b'7'"}),
        (["7"], {"id": "['7']"}),
        (10**5000, {"id": "a very large int"}),
        (Odd(), {"id": "a value of type Odd without a text"}),
        ({"id": 7, "symbol": 5, "info": object()}, {"id": "7", "symbol": "5"}),
        ({"id": "", "clientOrderId": "a", "symbol": None}, {"clientOrderId": "a", "symbol": None}),
        ({"id": ClientOrderId("a")}, {"clientOrderId": "a"}),
        ({"id": {"id": "7"}}, {"id": "{'id': '7'}"}),
    ],
    ids=lambda _: "",
)
def test_json_of_ids_as_given(given: Any, entry: dict[str, Any]) -> None:
    """Values that are not valid ids become text that is not valid either, and valid ids stay valid."""
    assert through_json(given) == [entry]


def test_json_of_a_changing_mapping() -> None:
    """An unreadable entry also becomes text."""

    class Changing(dict[str, Any]):
        def __iter__(self) -> Any:
            raise RuntimeError("dictionary changed size during iteration")

        keys = __iter__

    assert through_json(Changing(id="7")) == [{"id": "{'id': '7'}"}]


def test_json_of_another_error() -> None:
    """An error without unresolved does not become an empty list, which would mean that no order is live."""
    with pytest.raises(AttributeError, match="unresolved"):
        unresolved_as_json(NetworkError("bingx"))


def test_exact() -> None:
    """exact returns plain values and leaves bool and everything else alone."""

    class Text(str):
        pass

    class Real(float):
        pass

    assert [type(exact(one)) for one in (Text("a"), Real(1.5), True, None)] == [str, float, bool, type(None)]
    assert is_blank(Text())
    assert is_blank(None)
    assert not is_blank(0)


def test_shown() -> None:
    """shown cuts a long text, and names the type of a value without a text."""
    assert shown("x" * 200) == f"'{'x' * 99}…"
    assert shown(Odd()) == "a value of type Odd without a text"
    assert shown(10**5000) == "a very large int"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("redis://user:password@host:1/0", "'redis://***"),
        ({"a": 1, "b": ["unix:///x", "y"]}, "{'a': 1, 'b': ['unix:///***"),
        (":password@host", "':***"),
        ("https://x/y?signature=1", "'https://***"),
        (["https://bingx.pro", "bingx.com:443"], "['https://bingx.pro', 'bingx.com:443']"),
        ({"symbol": "BTC/USDT:USDT", "note": "a@b"}, "{'symbol': 'BTC/USDT:***"),
        ({"symbol": "BTC/USDT", "note": "a@b?"}, "{'symbol': 'BTC/USDT', 'note': 'a@b?'}"),
        ("BTC/USDT:USDT?", "'BTC/USDT:USDT?'"),
    ],
)
def test_shown_url(value: object, text: str) -> None:
    """shown masks a URL that may hold a password, with all that follows. Other values stay readable."""
    assert shown(value) == text


def test_shown_is_fast() -> None:
    """shown masks a large value in linear time."""
    began = time.monotonic()
    for piece in (":/", ":", "@", "?", "http:/", "redis://", "a://"):
        for end in ("", "@", "?"):
            shown(piece * 100_000 + end)
    assert time.monotonic() - began < 3
