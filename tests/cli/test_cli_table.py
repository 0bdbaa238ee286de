"""Tables and paragraphs in a given width."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

import pytest

from ccxt_bingx_ext.cli.table import columns_of, fold, folded, paragraph, table, terminal_width

HEADINGS = ("order id", "client order id", "status", "the exchange says")
ID = "1735964997957275648"
WORDS = "can not find order for this id, please verify and retry later"


def test_table_without_width() -> None:
    """Without a width no line is folded, and a column without text is left out."""
    rows = [(ID, "", "unknown", WORDS), (ID, "", "canceled", "")]
    assert table(HEADINGS, rows).splitlines() == [
        "order id             status    the exchange says",
        f"{'-' * 19}  --------  {'-' * len(WORDS)}",
        f"{ID}  unknown   {WORDS}",
        f"{ID}  canceled",
    ]


def test_table_in_80_columns() -> None:
    """In 80 columns the last column is folded between words, and ids stay whole."""
    lines = table(HEADINGS, [(ID, "quote_17", "unknown", WORDS)], 80).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[2].startswith(f"{ID}  quote_17")
    assert lines[3].startswith(" " * 47)
    assert " ".join(" ".join(lines[2:]).split()) == f"{ID} quote_17 unknown {WORDS}"


def test_records_in_60_columns() -> None:
    """Where the columns leave no room for words, each row is a record, and the longest ids stay whole."""
    client_id = "c" * 40
    rows = [(ID, client_id, "unknown", WORDS), (ID, "", "canceled", "")]
    text = table(HEADINGS, rows, 60)
    assert max(map(len, text.splitlines())) <= 60
    first, second = text.split("\n\n")
    assert first.splitlines()[:3] == [
        f"order id           {ID}",
        f"client order id    {client_id}",
        "status             unknown",
    ]
    assert second.splitlines() == [f"order id           {ID}", "status             canceled"]


@pytest.mark.parametrize(("width", "first"), [(70, "id  details"), (50, "id       1234567890123456789")])
def test_client_id_in_the_details(width: int, first: str) -> None:
    """A client order id in the exchange's words is whole, in a column or in a record."""
    name = "a_client_order_id_of_exactly_forty_chars"
    lines = table(["id", "details"], [["1234567890123456789", f"order {name} not exist"]], width).splitlines()
    assert lines[0].split() == first.split()
    assert any(name in line for line in lines)
    assert max(map(len, lines)) <= width


def test_long_words_in_the_details() -> None:
    """A word that no id can be does not turn the table into records."""
    lines = table(["id", "details"], [["1234567890123456789", "x" * 50]], 60).splitlines()
    assert lines[0].split() == ["id", "details"]


def test_id_wider_than_the_terminal() -> None:
    """An id that is wider than the terminal is not split either."""
    assert ID in table(HEADINGS, [(ID, "x" * 40, "unknown", WORDS)], 15)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("ab cd", None, ["ab cd"]),
        ("ab cd", 5, ["ab cd"]),
        ("ab cd ef", 5, ["ab cd", "ef"]),
        ("abcdefg", 3, ["abc", "def", "g"]),
        ("ab cdefgh", 4, ["ab", "cdef", "gh"]),
        ("", 3, [""]),
        ("订单不存在", 4, ["订单", "不存", "在"]),
        ("订单", 1, ["订", "单"]),
    ],
)
def test_fold(text: str, width: int | None, lines: list[str]) -> None:
    """fold breaks lines between words, inside a word only if it is too long, and counts Chinese double."""
    assert fold(text, width) == lines


def test_paragraph() -> None:
    """A paragraph goes on below the place where its text begins."""
    assert paragraph("ok  ", "ab cd ef", 9) == "ok  ab cd\n    ef"
    assert paragraph("ok  ", "ab cd ef") == "ok  ab cd ef"
    assert paragraph("a long lead ", "ab", 3) == "a long lead a\n            b"
    assert columns_of("a订") == 3


@pytest.mark.parametrize(("columns", "width"), [("60", 60), ("0", None), ("wide", None), ("", None)])
def test_width_of_environment(monkeypatch: pytest.MonkeyPatch, columns: str, width: int | None) -> None:
    """COLUMNS names the width. Without it, what is not a terminal has none."""
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert terminal_width() == width


def test_width_of_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal of stdout knows its width. One that says 0, or a closed stdout, has none."""

    class Terminal(io.StringIO):
        def fileno(self) -> int:
            return 1

    sizes = iter([(90, 20), (0, 0)])

    def size(fd: int) -> Any:
        assert fd == 1
        return os.terminal_size(next(sizes))

    monkeypatch.setattr(os, "get_terminal_size", size)
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert [terminal_width(), terminal_width()] == [90, None]
    monkeypatch.setattr(sys, "stdout", None)
    assert terminal_width() is None


def test_folded() -> None:
    """A message keeps its lines and their indentation, and no word of it is split."""
    text = "usage: run PROGRAM\n       run 1735999999999999999 SCRIPT.py\n"
    assert folded(text, 22).split("\n") == [
        "usage: run PROGRAM",
        "       run",
        "       1735999999999999999",
        "       SCRIPT.py",
        "",
    ]
    assert folded(text, None) == text
