"""What an answer says of each asked id. No I/O, no exchange object.

An answer is ``{"code": 0, "data": {"orders": [...], "fails": [...]}}``; either list may be absent or null
(live). `Ledger` keeps, for every asked id, the one entry that speaks of it; what no entry speaks of stays
unmentioned, and an entry that speaks of nothing asked is kept as a stray.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
_NO_ID = re.compile(r"\border\s+status\s*:\s*\S+|\bsymbol\s*:\s*\S+")
_CLIENT_ID_KEYS = ("clientOrderID", "clientOrderId", "origClientOrderId")


class Undocumented(Exception):
    """The answer has not the documented shape: what happened is unknown."""


@dataclass(frozen=True)
class Claim:
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
        self.strays: list[Claim] = []
        self._claims: dict[Asked, Claim | None] = dict.fromkeys(asked)

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
        return known + [(None, stray) for stray in self.strays]

    def read(self, answer: object) -> list[Claim]:
        """Enter `answer`, and return its claims. Raises `Undocumented`, then nothing has been entered."""
        claims = [*_claims(answer)]
        for claim in claims:
            named = _named(claim, self._claims)
            for asked in named:
                before = self._claims[asked]
                if before is None or claim.weight > before.weight:
                    self._claims[asked] = claim
            if not named and claim not in self.strays:
                self.strays.append(claim)
        return claims


def state_in_words(text: str) -> str | None:
    """The order's state in the exchange's words ("… order status :FILLED,can not delete …"), if it is one.

    An id cannot forge it: ids hold no white space. Two different states in one text are none.
    """
    states = {word.upper() for word in _STATE.findall(text)}
    return states.pop() if len(states) == 1 and states <= STATUS_OF_STATE.keys() else None


def text_of(entry: object) -> str:
    """The text of a ``fails`` entry: its ``error``, or the entry itself where it is no object."""
    return str(entry.get("error") or "") if isinstance(entry, Mapping) else str(entry)


def _claims(answer: object) -> Iterator[Claim]:
    if not isinstance(answer, Mapping) or str(answer.get("code")) != "0":
        raise Undocumented("no object with code 0")
    data = answer.get("data")
    if not isinstance(data, Mapping):
        raise Undocumented("no data")
    for entry in _entries(data.get("orders")):
        state = str(entry.get("status")).upper() if isinstance(entry, Mapping) else ""
        yield Claim("orders", entry, STATUS_OF_STATE.get(state))
    for entry in _entries(data.get("fails")):
        state_or_none = state_in_words(text_of(entry))
        yield Claim("fails", entry, None if state_or_none is None else STATUS_OF_STATE[state_or_none])


def _entries(listed: object) -> list[Any]:
    if listed is None:
        return []
    return listed if isinstance(listed, list) else [listed]


def _named(claim: Claim, asked: Mapping[Asked, object]) -> set[Asked]:
    """The asked ids that `claim` speaks of: by its keys, or, in ``fails``, by its text where no key helps."""
    entry, named = claim.entry, set[Asked]()
    if isinstance(entry, Mapping):
        named = {Asked("clientOrderId", str(entry[key])) for key in _CLIENT_ID_KEYS if entry.get(key)}
        if entry.get("orderId"):
            named.add(_read_order_id(str(entry["orderId"]), asked, claim.listed))
    if claim.listed == "fails" and not asked.keys() & named:
        return _named_in_text(text_of(entry), asked)
    return asked.keys() & named


def _read_order_id(value: str, asked: Mapping[Asked, object], listed: str) -> Asked:
    # How a failed client id is keyed is unknown: "orderId" may hold it. In "orders" it is an order id.
    as_order_id, as_client_id = Asked("id", value), Asked("clientOrderId", value)
    if listed == "fails" and as_order_id not in asked and as_client_id in asked:
        return as_client_id
    return as_order_id


def _named_in_text(text: str, asked: Mapping[Asked, object]) -> set[Asked]:
    """The one asked id that `text` names. A text that could mean two of them names none."""
    labelled = _LABELLED_ID.findall(text)
    if labelled:
        named = {
            Asked("clientOrderId", value)
            if "client" in label.lower()
            else _read_order_id(value, asked, "fails")
            for label, value in labelled
        }
    else:
        words = {word.strip(".;!()\"'") for word in re.split(r"[\s,:]+", _NO_ID.sub(" ", text))}
        named = {Asked(field, word) for word in words for field in ("id", "clientOrderId")}
    named &= asked.keys()
    return named if len(named) == 1 else set()
