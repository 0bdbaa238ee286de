"""What an answer says of each asked id. No I/O, no exchange object.

An answer is ``{"code": 0, "data": {"orders": [...], "fails": [...]}}``; either list may be absent or null
(live). Swap endpoints name the lists otherwise (`ResponseSchema`). `Ledger` keeps, for every asked id, the
one entry that speaks of it. It settles the id where it tells the order's state, or that there is no such
order; an id of which no entry does is unsettled, and an entry that speaks of nothing asked is kept as a
stray.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .arguments import OrderRef
from .failures import BUSY_CODES

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

# What a failed swap order's code tells of it (docs).
STATUS_OF_CODE: Mapping[str, str] = {"80018": "closed"}
_DOES_NOT_EXIST = frozenset(("80016", "109421"))

# "can not find order …", "order does not exist", "order 123 not found"; nothing wider, for a bot that
# hears OrderNotFound forgets the order.
NOT_FOUND = re.compile(
    r"\bcan ?not find order\b|(?<![/\w])order\s+(?:(?:\w*order\w*id\s*[:=]\s*)?\d{1,19}\s+)?"
    r"(?:does\s+|is\s+)?not\s+(?:exist|found)\b",
    re.IGNORECASE,
)

_STATE = re.compile(r"\border\s+status\s*:\s*([A-Za-z_]+)")
_LABELLED_ID = re.compile(r"\b(\w*order\w*id)\s*[:=]\s*([^\s,]+)", re.IGNORECASE)
# "order X does not exist", "'X' not found": nowhere else is a word of a text taken for an id.
_UNLABELLED_ID = re.compile(
    r"(?:\border\s+|(?=['\"]))([^\s,]+)\s+(?:does\s+|is\s+)?not\s+(?:exist|found)", re.I
)
_PUNCTUATION = ".;!()'\""
_CLIENT_ID_KEYS = ("clientOrderID", "clientOrderId", "origClientOrderId")


class UnexpectedResponse(Exception):
    """The answer has not the documented shape: what happened is unknown."""


class ResponseSchema(NamedTuple):
    """How an endpoint's answers are written.

    `done`, `failed`: the lists of ``data`` (or the one entry there). `lower_case`: client order ids come back
    so. `tells_states`: a failed entry tells the order's state. `may_be_unnamed`: it may not name its order.
    """

    done: str
    failed: str | None
    lower_case: bool = False
    tells_states: bool = True
    may_be_unnamed: bool = False


class OrderReport(NamedTuple):
    """What one entry of an answer says of one order.

    `listed` tells where it stood: among the ``"orders"`` (cancelled ones) or the ``"fails"``; `status` is a
    ccxt status or None. `unknown`: it says that there is no such order.
    """

    listed: str
    entry: Any
    status: str | None
    unknown: bool = False

    @property
    def settles(self) -> bool:
        """Whether it is an answer to what became of the order, and not only a reason to ask again."""
        return self.status is not None or self.unknown

    @property
    def weight(self) -> int:
        """Which of two claims about one id counts. That it is live outweighs all: it must not be lost."""
        if self.status == "open":
            return 3
        if self.listed == "orders":
            return 2
        return int(self.settles) + int(self.status is not None) - 1

    def with_another(self, claim: OrderReport) -> OrderReport:
        """What the two say together: the weightier, and nothing where they contradict each other."""
        if claim.weight > self.weight:
            return claim
        if claim.weight == self.weight and claim.status != self.status:
            return self._replace(status=None, unknown=False)
        return self


SPOT_SCHEMA = ResponseSchema(done="orders", failed="fails")


class Ledger:
    """Every asked id, and what is known of it so far, from answers of that `shape`."""

    def __init__(self, asked: Sequence[OrderRef], shape: ResponseSchema = SPOT_SCHEMA) -> None:
        self.asked = tuple(asked)
        self._shape = shape
        self._names = IdIndex(self.asked, shape)
        self._claims: dict[OrderRef, OrderReport | None] = dict.fromkeys(asked)
        self._strays: dict[tuple[str, str], OrderReport] = {}

    def __getitem__(self, asked: OrderRef) -> OrderReport | None:
        """What settles `asked`."""
        claim = self._claims[asked]
        return claim if claim is not None and claim.settles else None

    @property
    def unsettled(self) -> tuple[OrderRef, ...]:
        """The ids of which it is not known what became of them, in asking order."""
        return tuple(asked for asked in self.asked if self[asked] is None)

    @property
    def known(self) -> list[tuple[OrderRef | None, OrderReport]]:
        """What is known, in asking order; entries that match nothing asked (None) at the end."""
        known: list[tuple[OrderRef | None, OrderReport]] = [
            (asked, claim) for asked in self.asked if (claim := self[asked]) is not None
        ]
        if not self._strays:
            return known
        told = {_order_id(claim.entry) for _, claim in known} - {None}
        return known + [
            (None, stray) for stray in self._strays.values() if _order_id(stray.entry) not in told
        ]

    def words(self, asked: OrderRef) -> str:
        """What was said of `asked`, if anything, that does not settle it."""
        claim = self._claims[asked]
        return "" if claim is None else text_of(claim.entry)

    def read(self, answer: object, asked: Sequence[OrderRef]) -> list[OrderReport]:
        """Enter the `answer` to a request for `asked`, and return its claims.

        Raises `UnexpectedResponse`; then nothing has been entered.
        """
        requested = IdIndex(asked, self._shape)
        claims: list[OrderReport] = []
        linked: list[set[OrderRef]] = []
        said: dict[OrderRef, OrderReport] = {}
        for listed, entry in _entries_of(answer, self._shape):
            named = self._named(listed, entry, requested)
            claim = _claim(listed, entry, named)
            claims.append(claim)
            if len(named) > 1:
                linked.append(named)
            for one in named:
                said[one] = said[one].with_another(claim) if one in said else claim
            stray = (listed, repr(entry))
            if named:
                self._strays.pop(stray, None)  # what could not be placed before can be now
            elif not requested.is_unnamed(listed, entry) and not _is_a_reason_only(claim):
                self._strays.setdefault(stray, claim)
        for one, claim in said.items():
            self.enter(one, claim)
        for named in linked:
            # Two ids of one order: that it is live by one of them, it is by the other.
            known = [known for one in named if (known := self._claims[one]) is not None]
            live = next((one for one in known if one.status == "open"), None)
            if live is not None:
                self._claims.update(dict.fromkeys(named, live))
        return claims

    def _named(self, listed: str, entry: Any, requested: IdIndex) -> set[OrderRef]:
        if listed == "orders":  # by whichever of its ids it was asked for, in this request or another
            return self._names.of(listed, entry) or requested.the_only_one(listed, entry)
        # It speaks of what was requested; only else of an id that another request asked for.
        named = requested.of(listed, entry) or self._names.of(listed, entry)
        return named or requested.the_only_one(listed, entry)

    def enter_found(self, asked: OrderRef, found: OrderReport) -> None:
        """Keep what the look-up of `asked` has `found`, of the order's other name, too, if that was asked."""
        for one in {asked, *self._names.of("orders", found.entry)}:
            self.enter(one, found)

    def enter(self, asked: OrderRef, claim: OrderReport) -> None:
        """Keep what `claim` says of `asked`, unless something weightier is known."""
        before = self[asked]
        self._claims[asked] = claim if before is None else before.with_another(claim)


def report_of_query(answer: object, asked: OrderRef, shape: ResponseSchema = SPOT_SCHEMA) -> OrderReport:
    """What the answer to a look-up says of `asked`; `UnexpectedResponse` where it says nothing of it."""
    data = answer.get("data") if isinstance(answer, Mapping) and str(answer.get("code")) == "0" else None
    entry = data.get("order", data) if isinstance(data, Mapping) else None
    names = IdIndex([asked], shape)
    if not isinstance(entry, Mapping) or not (
        names.of("orders", entry) or names.the_only_one("orders", entry)
    ):
        raise UnexpectedResponse("a look-up that does not tell of the order")
    claim = _claim("orders", entry, ())
    if not claim.settles:
        raise UnexpectedResponse("a look-up that does not tell the order's state")
    return claim


def report_of_words(text: str, code: object) -> OrderReport:
    """What an ``OrderNotFound`` with these words and this code says of the one order asked for."""
    status = status_in_words(text) or STATUS_OF_CODE.get(str(code))
    return OrderReport("fails", {"error": text}, status, unknown=status is None)


def states_in_words(text: str) -> set[str]:
    """The order states that the exchange's words name ("… order status :FILLED,can not delete …")."""
    return {word.upper() for word in _STATE.findall(text)}


def _is_a_reason_only(claim: OrderReport) -> bool:
    """Whether it only tells why an order was not cancelled: as a result it would read "no such order"."""
    return claim.listed == "fails" and not claim.settles and _order_id(claim.entry) is not None


def _order_id(entry: object) -> str | None:
    value = entry.get("orderId") if isinstance(entry, Mapping) else None
    return str(value) if value and value != "0" else None


def text_of(entry: object) -> str:
    """The text of a ``fails`` entry: its ``error``, or the entry itself where it is no object."""
    if not isinstance(entry, Mapping):
        return str(entry)
    return str(entry.get("error") or entry.get("errorMessage") or "")


def status_in_words(text: str) -> str | None:
    """The ccxt status of the one known state that `text` names; else None."""
    states = states_in_words(text)
    return STATUS_OF_STATE.get(states.pop()) if len(states) == 1 else None


def _entries_of(answer: object, shape: ResponseSchema) -> Iterator[tuple[str, Any]]:
    if not isinstance(answer, Mapping) or str(answer.get("code")) != "0":
        raise UnexpectedResponse("no object with code 0")
    data = answer.get("data")
    if not isinstance(data, Mapping):
        raise UnexpectedResponse("no data")
    for listed, key in (("orders", shape.done), ("fails", shape.failed)):
        entries = data.get(key)
        if entries is not None:
            yield from ((listed, entry) for entry in (entries if isinstance(entries, list) else [entries]))


def _claim(listed: str, entry: Any, named: Iterable[OrderRef]) -> OrderReport:
    if listed == "orders":
        state = str(entry.get("status")) if isinstance(entry, dict) else ""
        return OrderReport(listed, entry, STATUS_OF_STATE.get(state.upper()))
    text = text_of(entry)
    nameless = text
    for one in named:
        nameless = nameless.replace(one.value, "0")  # "order abc does not exist"
        if ":" in one.value:  # "status:CANCELED" may be an id: it must not pass for the exchange's words
            text = text.replace(one.value, "")
    if states_in_words(text):
        return OrderReport(listed, entry, status_in_words(text))
    code = str(entry.get("errorCode", "")) if isinstance(entry, dict) else ""
    if status := STATUS_OF_CODE.get(code):
        return OrderReport(listed, entry, status)
    # Whatever else it says, such as "busy", is no word on the order: it is asked for again.
    says_so = code not in BUSY_CODES and any(NOT_FOUND.search(words) for words in (text, nameless))
    return OrderReport(listed, entry, None, unknown=says_so or code in _DOES_NOT_EXIST)


class IdIndex:
    """Asked ids by what an answer calls them."""

    def __init__(self, asked: Iterable[OrderRef], shape: ResponseSchema) -> None:
        self._shape = shape
        self._asked: dict[OrderRef, list[OrderRef]] = {}
        for one in asked:
            self._asked.setdefault(self._written(*one), []).append(one)

    def of(self, listed: str, entry: Any) -> set[OrderRef]:
        """Those that `entry` speaks of: by its keys, or, in ``fails``, by its text where it has none."""
        text = text_of(entry) if listed == "fails" else ""
        keyed = self._keyed(listed, entry, text)
        names = {name for name in keyed if name in self._asked}
        if not keyed:
            names = self._in_text(text)
        elif not names and self._shape.may_be_unnamed:
            # The order id of an order that was asked for by its client order id.
            names = {name for name in self._in_text(text) if name.field != "id" and _is_by_order_id(keyed)}
        return {asked for name in names for asked in self._asked[name]}

    def the_only_one(self, listed: str, entry: Any) -> set[OrderRef]:
        """The one that was asked for, where `entry` may leave it unnamed and names no other."""
        asked = [one for spelt_alike in self._asked.values() for one in spelt_alike]
        text = text_of(entry) if listed == "fails" else ""
        if not self._shape.may_be_unnamed or len(asked) != 1 or _LABELLED_ID.search(text):
            return set()
        keyed = self._keyed(listed, entry, text)
        by_client_id = asked[0].field == "clientOrderId" and bool(keyed) and _is_by_order_id(keyed)
        return {*asked} if by_client_id or (listed == "fails" and not keyed) else set()

    def is_unnamed(self, listed: str, entry: Any) -> bool:
        """Whether `entry` is of somebody who was asked for, but names nobody."""
        return self._shape.may_be_unnamed and listed == "fails" and not self._keyed(listed, entry, "")

    def _written(self, field: str, value: str) -> OrderRef:
        return OrderRef(field, value.lower() if field != "id" and self._shape.lower_case else value)

    def _keyed(self, listed: str, entry: Any, text: str) -> list[OrderRef]:
        keyed: list[OrderRef] = []
        if isinstance(entry, dict):  # what JSON gives; asking for any Mapping is ten times as dear, per order
            for key in _CLIENT_ID_KEYS:
                if value := entry.get(key):
                    keyed.append(self._written("clientOrderId", str(value)))
            if (value := entry.get("orderId")) and value != "0":
                keyed.append(self._order_id(str(value), text, listed))
        return keyed

    def _order_id(self, value: str, text: str, listed: str) -> OrderRef:
        # How a failed client id is keyed is unknown: "orderId" may hold it. In "orders" it is an order id.
        as_order_id, as_client_id = OrderRef("id", value), self._written("clientOrderId", value)
        if listed == "orders" or as_client_id not in self._asked:
            return as_order_id
        says_client = any("client" in label.lower() for label, _ in _LABELLED_ID.findall(text))
        return as_client_id if as_order_id not in self._asked or says_client else as_order_id

    def _in_text(self, text: str) -> set[OrderRef]:
        """The one name in `text`. A text that could mean two of them has none."""
        names: set[OrderRef] = set()
        for label, word in _LABELLED_ID.findall(text) or [
            ("", word) for word in _UNLABELLED_ID.findall(text)
        ]:
            for value in (word, word.strip(_PUNCTUATION)):
                names.add(self._written("clientOrderId", value))
                if "client" not in label.lower():
                    names.add(OrderRef("id", value))
        names &= self._asked.keys()
        return names if len(names) == 1 else set()


def _is_by_order_id(keyed: Sequence[OrderRef]) -> bool:
    return all(name.field == "id" for name in keyed)
