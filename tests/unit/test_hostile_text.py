"""Texts that a hostile server could send: every reader is fast."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from ccxt_bingx_ext._bingx.endpoints import LINEAR, SPOT, route_of
from ccxt_bingx_ext._bingx.errors import parse_response
from ccxt_bingx_ext._bingx.vocabulary import LONGEST_TEXT, Meaning, Words, calls_orders_gone
from ccxt_bingx_ext._cancel.ledger import Ledger
from ccxt_bingx_ext._ids import OrderRef
from ccxt_bingx_ext._redact import redact

from .fakes import response

REFS = [OrderRef("id", "1"), OrderRef("clientOrderId", "a")]
PIECES = (
    '"', "'", " ", "\n", "a", "1", ";", ",", "(", "%", "%25", "\\", "&", "id", "not ", "nt ", "after ",
    "already ", "too many ", "submitted once ", "order", "order ", "orderid", "orderid ", "orderid:",
    "order not ", "order 1 ", "order is ", "the orderid:", "the orderid:a ", "order status:a ",
    "order status:a;", "'a ", '"not ', "signature", "signature=", "signature\"", "x-bx-apikey=",
    "sign ", "sign,", "sign>", "apikey", "apikey:a/", "apikey: a-", "a-", "A", "/", "//", "//a@", "@",
    "ab" * 20 + " ", "ab" * 9, "/spot/v1", "/spot/v1/trade/a",
)  # fmt: skip
STARTS = ("", "order status :CANCELED the orderId:'")


def read_entries(text: str) -> None:
    for endpoint, listed in ((SPOT, {"fails": [{"error": text}, text]}), (LINEAR, {})):
        answer: Any = response(**listed)
        answer["data"] |= {"failed": [{"errorMessage": text}, text]}
        Ledger(REFS, endpoint.schema).read(answer, REFS)


def read_words(text: str) -> None:
    words = Words(text, "100404", ("1", "a:b"))
    _ = words.status, words.names_other_ids, words.deny_the_order, words.call_it_gone


READERS: dict[str, Callable[[str], object]] = {
    "words": read_words,
    "gone": calls_orders_gone,
    "entries": read_entries,
    "redact": lambda text: redact(text, ("ab" * 20,)),
    "route": lambda text: route_of("GET", f"https://x/{text}"),
    "refusal": lambda text: parse_response(200, {}, {"code": 1, "msg": text}, 0.0, 1.0).meaning,
}


@pytest.mark.parametrize("reader", READERS)
def test_long_text(reader: str) -> None:
    """Each reader needs far less time for 16 kB of any text than the seconds of a backtracking pattern."""
    for start in STARTS:
        for piece in PIECES:
            text = start + piece * (16_384 // len(piece)) + "!"
            began = time.monotonic()
            READERS[reader](text)
            assert time.monotonic() - began < 3, f"{start!r}, then {piece!r}"


def test_long_sentence() -> None:
    """White space inside the exchange's sentence on a state does not hide the state."""
    assert Words("order  status :CANCELED" + " " * 1500 + ".").status == "canceled"
    assert Words("order status :CANCELED" + " " * 1500 + "yet").status is None


@pytest.mark.parametrize(
    "words", ["order status :CANCELED", "order not exist", "order is already filled", "order 1 not found;"]
)
@pytest.mark.parametrize("code", ["0", "80016", "80018", "109422", "100404", "x"])
def test_unread_text(words: str, code: str) -> None:
    """A text that is too long to be the exchange's settles nothing, regardless of its beginning."""
    for text in (words + " " * LONGEST_TEXT, " " * LONGEST_TEXT + words, f"{words};" * LONGEST_TEXT):
        said = Words(text, code, ("1",))
        assert (said.status, said.deny_the_order, said.call_it_gone) == (None, False, False)
        ledger = Ledger(REFS)
        ledger.read(response(fails=[{"orderId": "1", "error": text, "errorCode": code}]), REFS)
        assert ledger[REFS[0]] is None
        assert parse_response(200, {}, {"code": "80016", "msg": text}, 0.0, 1.0).meaning is Meaning.AMBIGUOUS
