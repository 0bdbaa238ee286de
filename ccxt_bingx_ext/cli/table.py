"""Text in columns, as wide as the terminal: tables that never split an id, and paragraphs.

It needs no package: in an emergency `cancel` must show its outcome wherever it runs.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from typing import TextIO
from unicodedata import east_asian_width

_GAP = "  "
_NARROWEST = 20  # columns for the last cell of a row. With fewer, each row becomes a record of lines
_LONGEST_WORD = 45  # of those that the last cell does not split: a client order id, in quotes, say


def terminal_width(stream: TextIO | None = None) -> int | None:
    """The columns of the terminal that `stream` (stdout) writes to, or those that COLUMNS names.

    None if `stream` is not a terminal: lines in a file or a pipe are not folded.
    """
    columns = os.environ.get("COLUMNS", "")
    if re.fullmatch(r"[1-9]\d{0,4}", columns):
        return int(columns)
    try:
        return os.get_terminal_size((stream or sys.stdout).fileno()).columns or None
    except (AttributeError, OSError, ValueError):  # closed, or replaced by an object that is not a file
        return None


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """`rows` in columns, in lines of at most `width` columns.

    Only the last column is folded. A fold splits no word that is as short as a client order id. A column
    without any text is left out. If the other columns take too much of `width`, each row is shown as a
    record, with one line per cell. A cell other than the last one is never split, even if it is longer than a
    line.
    """
    shown = [at for at in range(len(headings)) if any(row[at] for row in rows)]
    head = [headings[at] for at in shown]
    cells = [[row[at] for at in shown] for row in rows]
    widths = [max(map(columns_of, column)) for column in zip(head, *cells, strict=True)]
    indent = sum(widths[:-1]) + len(_GAP) * len(widths[:-1])
    if width is None or indent + max(min(widths[-1], _NARROWEST), *map(_longest_word, cells)) <= width:
        fold_at = None if width is None else width - indent
        rule = ["-" * one for one in widths[:-1]] + ["-" * min(widths[-1], fold_at or widths[-1])]
        return "\n".join(line for row in (head, rule, *cells) for line in _lines(row, widths, fold_at))
    name_width = max(map(columns_of, head))
    fold_at = max(width - name_width - len(_GAP), 1)
    records = (
        "\n".join(
            line
            for at, (name, cell) in enumerate(zip(head, row, strict=True))
            for line in _lines([name, cell], [name_width], fold_at if at == len(head) - 1 else None)
            if cell
        )
        for row in cells
    )
    return "\n\n".join(records)


def paragraph(lead: str, text: str, width: int | None = None) -> str:
    """`text` behind `lead`, folded into lines of at most `width` columns that begin where `text` begins."""
    fold_at = None if width is None else max(width - columns_of(lead), 1)
    return "\n".join(_lines([lead, text], [columns_of(lead)], fold_at, gap=""))


def folded(text: str, width: int | None) -> str:
    """Each line of `text`, folded behind its own indentation. A word is never split: it may be an id."""
    lines = []
    for line in text.split("\n"):
        words = line.lstrip(" ")
        indent = " " * (len(line) - len(words))
        fold_at = None if width is None else max(width - len(indent), 1)
        lines += [f"{indent}{part}" for part in fold(words, fold_at, whole_words=True)]
    return "\n".join(lines)


def columns_of(text: str) -> int:
    """How many columns a terminal takes for `text`: two for each Chinese character."""
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in text)


def fold(text: str, width: int | None, *, whole_words: bool = False) -> list[str]:
    """`text` in lines of at most `width` columns. A longer word is split, unless `whole_words`."""
    if width is None or columns_of(text) <= width:
        return [text]
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        while columns_of(f"{line} {word}" if line else word) > width:
            if line:
                lines.append(line)
                line = ""
                continue
            if whole_words:
                break
            part = _beginning(word, width)
            lines.append(part)
            word = word[len(part) :]
        line = f"{line} {word}" if line else word
    return [*lines, line] if line else lines


def _longest_word(row: Sequence[str]) -> int:
    """The columns of the longest word in the last cell, except words that no id can be."""
    words = (columns_of(word) for word in row[-1].split() if word.isascii())
    return max((one for one in words if one <= _LONGEST_WORD), default=0)


def _beginning(word: str, width: int) -> str:
    taken = 0
    for at, one in enumerate(word):
        taken += columns_of(one)
        if taken > width and at:
            return word[:at]
    return word


def _lines(row: Sequence[str], widths: Sequence[int], fold_at: int | None, gap: str = _GAP) -> list[str]:
    """The lines of one row, whose last cell is folded at `fold_at` columns."""
    front = "".join(
        f"{cell}{' ' * (width - columns_of(cell))}{gap}"
        for cell, width in zip(row[:-1], widths, strict=False)
    )
    first, *more = fold(row[-1], fold_at)
    return [f"{front}{first}".rstrip(), *(f"{' ' * columns_of(front)}{line}" for line in more)]
