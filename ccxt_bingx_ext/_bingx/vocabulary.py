"""What BingX's codes, words and order states mean: the only table of them. Pure.

The exchange gives several meanings to one code, and one meaning to several codes. So every module, the
command line's doctor included, asks this vocabulary. Sources: the exchange's error tables (docs), and texts
that users captured from the live exchange (live), gathered in 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple

# The exchange's states (seed) as ccxt statuses. ccxt 4.5.90 calls FAILED "canceled"; nobody cancelled it.
STATUS_OF_STATE: Mapping[str, str] = {
    "NEW": "open",
    "PENDING": "open",
    "PARTIALLY_FILLED": "open",
    "FILLED": "closed",
    "CANCELED": "canceled",
    "CANCELLED": "canceled",
    "FAILED": "rejected",
}
FINAL_STATES = frozenset(state for state, status in STATUS_OF_STATE.items() if status != "open")

# What a code alone says of an order (docs).
STATUS_OF_CODE: Mapping[str, str] = {"80018": "closed"}
DOES_NOT_EXIST_CODES = frozenset(("80016", "109421"))

# Patterns are plain strings, which `re` compiles at first use: a bot starts sooner.
_BUSY = r"(?i)\bbusy\b"
_CLOCK = r"(?i)timestamp"
_STATE = r"\border\s+status\s*:\s*([A-Za-z_]+)"
# "can not find order …", "order does not exist", "order 123 not found". Nothing wider: a bot that catches
# OrderNotFound forgets the order.
_NOT_FOUND = (
    r"(?i)\bcan ?not find order\b|(?<![/\w])order\s+(?:(?:\w*order\w*id\s*[:=]\s*)?\d{1,19}\s+)?"
    r"(?:does\s+|is\s+)?not\s+(?:exist|found)\b"
)
# "…will be unblocked after 1727193814249", "…can retry after time: 1727193970155" (docs, live)
_BAN_END = r"\bafter\b\D{0,12}(\d{13})\b"


class Meaning(Enum):
    """What a refusal means."""

    ORDER_GONE = "the order is unknown, or in a final state"
    BUSY = "the exchange, or a gateway before it, is busy: the outcome is unknown"
    RATE_LIMIT = "too many requests, or a ban"
    CLOCK = "the clocks differ"
    WRONG_SIGNATURE = "the signature does not fit the key"
    WRONG_KEY = "the exchange does not know the key"
    NO_PERMISSION = "the key lacks a permission"
    WRONG_ADDRESS = "the key's whitelist does not hold this machine's address"


class _Row(NamedTuple):
    meaning: Meaning
    codes: frozenset[str]
    words: str | None  # a pattern that the text must hold; None: any text

    def fits(self, code: str, text: str) -> bool:
        return code in self.codes and (self.words is None or re.search(self.words, text) is not None)


def _row(meaning: Meaning, codes: str, words: str | None = None) -> _Row:
    return _Row(meaning, frozenset(codes.split()), words)


# The first row that fits counts.
_TABLE: Sequence[_Row] = (
    # 100404 is also the gateway's response to a path that it does not know: the words must be about an order.
    _row(Meaning.ORDER_GONE, "100400 100404", _NOT_FOUND),
    _row(Meaning.ORDER_GONE, "80016 80018 109421"),
    # The code of a used-up limit has been seen with "system is busy" (ccxt's source): the outcome is open.
    _row(Meaning.BUSY, "100410", _BUSY),
    _row(Meaning.RATE_LIMIT, "100410 109429"),
    # Two meanings under one code: a clock that is off, and bad parameters or a restricted pair.
    _row(Meaning.CLOCK, "80014 100421", _CLOCK),
    _row(Meaning.WRONG_SIGNATURE, "100001 100412"),
    _row(Meaning.WRONG_KEY, "100413"),
    _row(Meaning.NO_PERMISSION, "100004"),
    _row(Meaning.WRONG_ADDRESS, "100419"),
    _row(Meaning.BUSY, "100500 110500 109500 100503 500 504"),
)


class Words(NamedTuple):
    """The exchange's `text` about orders, some of which have the ids `about`.

    An id is the caller's text: "status:CANCELED" may be a client order id, and must not pass for the
    exchange's words.
    """

    text: str
    about: tuple[str, ...] = ()

    @property
    def states(self) -> frozenset[str]:
        """The order states that the words name ("… order status :FILLED,can not delete …"), upper case."""
        return frozenset(word.upper() for word in re.findall(_STATE, self._own))

    @property
    def status(self) -> str | None:
        """The ccxt status of the one known state that the words name; otherwise None."""
        states = self.states
        return STATUS_OF_STATE.get(next(iter(states))) if len(states) == 1 else None

    @property
    def deny_the_order(self) -> bool:
        """Whether the words say that there is no such order."""
        numbered = self.text
        for one in self.about:
            numbered = numbered.replace(one, "0")  # "order abc does not exist"
        return any(re.search(_NOT_FOUND, text) for text in (self._own, numbered))

    @property
    def _own(self) -> str:
        """The text without ids that could pass for words."""
        own = self.text
        for one in self.about:
            if ":" in one:
                own = own.replace(one, "")
        return own


def meaning_of(code: str | None, text: str) -> Meaning | None:
    """What a refusal with this `code` and `text` means; None if the vocabulary does not know it.

    ``ORDER_GONE`` lets a bot forget the order, so only the exchange's own words or code for it count.
    """
    if code is None or code == "0":
        return None
    states = Words(text).states
    if states:
        return Meaning.ORDER_GONE if states <= FINAL_STATES else None
    return next((row.meaning for row in _TABLE if row.fits(code, text)), None)


def is_busy(code: str | None, text: str = "") -> bool:
    """Whether the exchange says that it is busy, whatever else its words say."""
    return code is not None and any(row.meaning is Meaning.BUSY and row.fits(code, text) for row in _TABLE)


def ban_end(text: str) -> float | None:
    """The epoch time (s) until which `text` says that the account is banned."""
    found = re.search(_BAN_END, text)
    return int(found[1]) / 1000 if found else None
