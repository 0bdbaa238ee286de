"""Which orders: ids from the arguments and from a file, in one spelling.

A word is an order id, or a client order id behind ``client:``. A file holds one word per line; ``#`` at its
begin or after white space begins a comment, blank lines count for nothing. The same spelling goes out again,
so that what stays unresolved can be fed back.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence

from .. import ClientOrderId
from .usage import BadUsage

CLIENT = "client:"
_COMMENT = re.compile(r"(?:^|\s)#.*")  # not inside a word: half an id may be another order's


def read_asked(words: Sequence[str], client_ids: Sequence[str], file: str | None) -> list[str]:
    """The distinct ids asked for, client ones as `ClientOrderId`; whether they can be ids is not judged."""
    listed = [] if file is None else _lines_of(file)
    ids = [*map(_read, words), *map(ClientOrderId, client_ids), *map(_read, words_in(listed))]
    if not ids:
        raise BadUsage("no ids: name some, or a --from-file that holds some")
    return list({key_of(one): one for one in ids}.values())


def words_in(lines: Iterable[str]) -> list[str]:
    """What stands in `lines` before the comments."""
    return [word for line in lines if (word := _COMMENT.sub("", line).strip())]


def spelled(one: str) -> str:
    """An id as this command reads it."""
    return f"{CLIENT}{one}" if isinstance(one, ClientOrderId) else one


def key_of(one: str) -> tuple[bool, str]:
    """What tells an id from all others: a client order id may be all digits, and equal to an order id."""
    return isinstance(one, ClientOrderId), str(one)


def _read(word: str) -> str:
    if word.startswith(CLIENT):
        return ClientOrderId(word[len(CLIENT) :])
    # As the exchange writes it, so that it is found again in the answer.
    return word.lstrip("0") if word.isascii() and word.isdigit() else word


def _lines_of(path: str) -> list[str]:
    try:
        if path == "-":
            return sys.stdin.read().splitlines()
        with open(path, encoding="utf-8-sig") as file:
            return file.read().splitlines()
    except OSError as error:
        raise BadUsage(f"the file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadUsage(f"the file {path} is not UTF-8") from None
