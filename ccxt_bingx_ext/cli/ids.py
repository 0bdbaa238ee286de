"""Read ids from the arguments and from a file, in one spelling.

A word is an order id, or a client order id behind ``client:``. A line of a file is such a word, or a symbol
and a word if the command names no symbol. ``#`` at the beginning of a line or after white space begins a
comment. The same spelling goes out again, so that you can feed back what stays unresolved.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ccxt.base.errors import BadRequest

from .. import ClientOrderId
from .._cancel.arguments import parse_batch
from .._cancel.values import LONGEST_CLIENT_ID
from .._ids import UnknownOrders, shown
from .usage import BadUsage

CLIENT = "client:"
_COMMENT = re.compile(r"(?:^|\s)#.*")  # not inside a word: half an id may be another order's


class Target(NamedTuple):
    """One order to cancel. `id` is a `ClientOrderId` for a client order id.

    `id` None means every open order of the symbol: the plugin does not know their ids.
    """

    symbol: str
    id: str | None

    @property
    def entry(self) -> dict[str, str | None]:
        """The order as `cancel_orders_for_symbols` takes it."""
        field = "clientOrderId" if isinstance(self.id, ClientOrderId) else "id"
        return {field: self.id, "symbol": self.symbol}

    @property
    def word(self) -> str:
        """The id as this command reads it."""
        if self.id is None:
            return UnknownOrders(self.symbol).name
        return f"{CLIENT}{self.id}" if isinstance(self.id, ClientOrderId) else self.id

    @property
    def line(self) -> str:
        """The order as a line of a file for several symbols."""
        return self.word if self.id is None else f"{self.symbol} {self.word}"


class Word(NamedTuple):
    """A word that names an order, and its place: "" for an argument, otherwise the line of the file."""

    text: str
    where: str = ""

    def refuse(self, why: str) -> BadUsage:
        return BadUsage(f"{self.where}{shown(self.text)} {why}; nothing was sent")


def targets_of(symbol: str | None, words: Sequence[Word], client_ids: Sequence[str]) -> list[Target]:
    """The distinct orders that the user names. Raises `BadUsage` for a word that cannot be an id."""
    targets = [_target(symbol, one) for one in words]
    targets += [Target(symbol or "", _parsed(ClientOrderId(one), Word(one))) for one in client_ids]
    return [*{key_of(one): one for one in targets}.values()]


def key_of(target: Target) -> tuple[str, bool, str]:
    """Return a key of this order only: a client order id may be all digits, and equal to an order id."""
    return target.symbol, isinstance(target.id, ClientOrderId), str(target.id)


def words_in(path: str) -> list[Word]:
    """The words in a file, one per line. ``-`` is stdin."""
    name = "stdin" if path == "-" else path
    return [Word(*one) for one in _without_comments(_lines_of(path), name)]


def _without_comments(lines: Sequence[str], name: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines, start=1):
        if text := _COMMENT.sub("", line).strip():
            yield text, f"line {number} of {name}: "


def _target(symbol: str | None, word: Word) -> Target:
    if symbol is not None:
        if re.search(r"\s", word.text):
            if word.where:
                raise word.refuse("is more than one id. Omit SYMBOL for a file of `SYMBOL ID` lines")
            raise word.refuse("is not an id: it holds white space. Write several ids without quotes")
        return Target(symbol, _read(word))
    parts = word.text.split()
    if len(parts) != 2:
        raise word.refuse("is not a symbol and an id. Name SYMBOL for a file of ids")
    return Target(parts[0], _read(word._replace(text=parts[1])))


def _read(word: Word) -> str:
    is_client = word.text.startswith(CLIENT)
    return _parsed(ClientOrderId(word.text[len(CLIENT) :]) if is_client else word.text, word)


def _parsed(one: Any, word: Word) -> str:
    """The id as the exchange writes it, so that the command finds it again in the response."""
    try:
        return parse_batch([one], {}).refs[0].public
    except BadRequest:
        pass
    if isinstance(one, ClientOrderId):
        raise word.refuse(
            f"is not a client order id: 1 to {LONGEST_CLIENT_ID} characters, no white space, none of ,&=?#"
        )
    raise word.refuse(f"is not an order id: digits, 1 to 2^63-1. A client order id begins with {CLIENT}")


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
