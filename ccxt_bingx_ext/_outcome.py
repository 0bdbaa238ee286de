"""What an answer says of each asked id. No I/O, no exchange object.

An answer is ``{"code": 0, "data": {"orders": [...], "fails": [...]}}``; either list may be absent or null
(live). `Ledger` keeps, for every asked id, the one entry that speaks of it; what no entry speaks of stays
unmentioned, and an entry that speaks of nothing asked is kept as a stray.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ._batch import Asked

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

_STATE = re.compile(r"\border\s+status\s*:\s*([A-Za-z_]+)")
_LABELLED_ID = re.compile(r"\b(\w*order\w*id)\s*[:=]\s*([^\s,]+)", re.IGNORECASE)
# "order X does not exist", "'X' not found": nowhere else is a word of a text taken for an id.
_UNLABELLED_ID = re.compile(
    r"(?:\border\s+|(?=['\"]))([^\s,]+)\s+(?:does\s+|is\s+)?not\s+(?:exist|found)", re.I
)
_PUNCTUATION = ".;!()'\""
_CLIENT_ID_KEYS = ("clientOrderID", "clientOrderId", "origClientOrderId")


class Undocumented(Exception):
    """The answer has not the documented shape: what happened is unknown."""


class Claim(NamedTuple):
    """What one entry of an answer says of one order.

    `listed` is the list it stood in, ``"orders"`` or ``"fails"``; `status` is a ccxt status or None.
    """

    listed: str
    entry: Any
    status: str | None

    @property
    def weight(self) -> int:
        """Which of two claims about one id counts. That it is live outweighs all: it must not be lost."""
        if self.status == "open":
            return 3
        if self.listed == "orders":
            return 2
        return 1 if self.status else 0


class Ledger:
    """Every asked id, and what is known of it so far."""

    def __init__(self, asked: Sequence[Asked]) -> None:
        self.asked = tuple(asked)
        self._claims: dict[Asked, Claim | None] = dict.fromkeys(asked)
        self._strays: dict[tuple[str, str], Claim] = {}

    def __getitem__(self, asked: Asked) -> Claim | None:
        return self._claims[asked]

    @property
    def unmentioned(self) -> tuple[Asked, ...]:
        """The ids of which nothing is known, in asking order."""
        return tuple(asked for asked, claim in self._claims.items() if claim is None)

    @property
    def known(self) -> list[tuple[Asked | None, Claim]]:
        """What is known, in asking order; entries that match nothing asked (None) at the end."""
        known: list[tuple[Asked | None, Claim]] = [
            (asked, claim) for asked, claim in self._claims.items() if claim is not None
        ]
        return known + [(None, stray) for stray in self._strays.values()]

    def read(self, answer: object, asked: Sequence[Asked]) -> list[Claim]:
        """Enter the `answer` to a request for `asked`, and return its claims.

        Raises `Undocumented`; then nothing has been entered.
        """
        requested = dict.fromkeys(asked)
        claims: list[Claim] = []
        linked: list[set[Asked]] = []
        for listed, entry in _entries_of(answer):
            # It speaks of what was requested; only else of an id that another request asked for.
            named = _named(listed, entry, requested) or _named(listed, entry, self._claims)
            claim = Claim(listed, entry, _status(listed, entry, named))
            claims.append(claim)
            if len(named) > 1:
                linked.append(named)
            for one in named:
                self.enter(one, claim)
            if not named:
                self._strays.setdefault((listed, repr(entry)), claim)
        for named in linked:
            # Two ids of one order: that it is live by one of them, it is by the other.
            known = [known for one in named if (known := self._claims[one]) is not None]
            live = next((one for one in known if one.status == "open"), None)
            if live is not None:
                self._claims.update(dict.fromkeys(named, live))
        return claims

    def enter(self, asked: Asked, claim: Claim) -> None:
        """Keep what `claim` says of `asked`, unless something weightier is known."""
        before = self._claims[asked]
        if before is None or claim.weight > before.weight:
            self._claims[asked] = claim
        elif claim.weight == before.weight and claim.status != before.status:
            self._claims[asked] = before._replace(status=None)  # they contradict each other


def claim_of_look_up(answer: object, asked: Asked) -> Claim:
    """What the answer to a look-up says of `asked`. Raises `Undocumented` where it says nothing of it."""
    data = answer.get("data") if isinstance(answer, Mapping) and str(answer.get("code")) == "0" else None
    if not isinstance(data, Mapping) or asked not in _named("orders", data, {asked: None}):
        raise Undocumented("a look-up that does not tell of the order")
    status = _status("orders", data, ())
    if status is None:
        raise Undocumented("a look-up that does not tell the order's state")
    return Claim("orders", data, status)


def states_in_words(text: str) -> set[str]:
    """The order states that the exchange's words name ("… order status :FILLED,can not delete …")."""
    return {word.upper() for word in _STATE.findall(text)}


def text_of(entry: object) -> str:
    """The text of a ``fails`` entry: its ``error``, or the entry itself where it is no object."""
    return str(entry.get("error") or "") if isinstance(entry, Mapping) else str(entry)


def status_in_words(text: str) -> str | None:
    """The ccxt status of the one known state that `text` names; else None."""
    states = states_in_words(text)
    return STATUS_OF_STATE.get(states.pop()) if len(states) == 1 else None


def _entries_of(answer: object) -> Iterator[tuple[str, Any]]:
    if not isinstance(answer, Mapping) or str(answer.get("code")) != "0":
        raise Undocumented("no object with code 0")
    data = answer.get("data")
    if not isinstance(data, Mapping):
        raise Undocumented("no data")
    for listed in ("orders", "fails"):
        entries = data.get(listed)
        if entries is not None:
            yield from ((listed, entry) for entry in (entries if isinstance(entries, list) else [entries]))


def _status(listed: str, entry: Any, named: Iterable[Asked]) -> str | None:
    if listed == "orders":
        state = str(entry.get("status")) if isinstance(entry, dict) else ""
        return STATUS_OF_STATE.get(state.upper())
    text = text_of(entry)
    for one in named:
        if ":" in one.value:  # "status:CANCELED" may be an id: it must not pass for the exchange's words
            text = text.replace(one.value, "")
    return status_in_words(text)


def _named(listed: str, entry: Any, asked: Mapping[Asked, object]) -> set[Asked]:
    """The asked ids that `entry` speaks of: by its keys, or, in ``fails``, by its text where it has none."""
    text = text_of(entry) if listed == "fails" else ""
    keyed: list[Asked] = []
    if isinstance(entry, dict):  # what JSON gives; asking for any Mapping is ten times as dear, per order
        for key in _CLIENT_ID_KEYS:
            if value := entry.get(key):
                keyed.append(Asked("clientOrderId", str(value)))
        if value := entry.get("orderId"):
            keyed.append(_read_order_id(str(value), text, asked, listed))
    return {one for one in keyed if one in asked} if keyed else _named_in_text(text, asked)


def _read_order_id(value: str, text: str, asked: Mapping[Asked, object], listed: str) -> Asked:
    # How a failed client id is keyed is unknown: "orderId" may hold it. In "orders" it is an order id.
    as_order_id, as_client_id = Asked("id", value), Asked("clientOrderId", value)
    if listed == "orders" or as_client_id not in asked:
        return as_order_id
    says_client = any("client" in label.lower() for label, _ in _LABELLED_ID.findall(text))
    return as_client_id if as_order_id not in asked or says_client else as_order_id


def _named_in_text(text: str, asked: Mapping[Asked, object]) -> set[Asked]:
    """The one asked id that `text` names. A text that could mean two of them names none."""
    named: set[Asked] = set()
    for label, word in _LABELLED_ID.findall(text) or [("", word) for word in _UNLABELLED_ID.findall(text)]:
        for value in (word, word.strip(_PUNCTUATION)):
            if "client" in label.lower():
                named.add(Asked("clientOrderId", value))
            else:
                named.update((Asked("id", value), Asked("clientOrderId", value)))
    named &= asked.keys()
    return named if len(named) == 1 else set()
