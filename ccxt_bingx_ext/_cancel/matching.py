"""Find the ids of a call that an entry of a response means. No I/O, no exchange object."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from .._bingx.endpoints import ResponseSchema
from .._bingx.vocabulary import LABEL, spelled_out
from .._ids import OrderRef
from .values import MOST_DIGITS

# Patterns are plain strings, which `re` compiles at first use: a bot starts sooner. No id is longer than 40
# characters. Without a bound, 16 kB of quotes would take seconds.
_LABELLED_ID = rf"(?i)\b({LABEL})([^\s,]+)"
# "order X does not exist", "'X' not found": no other word of a text counts as an id.
_UNLABELLED_ID = (
    r"(?i)(?:\border\s+|(?<!['\"])(?=['\"]))([^\s,]{1,64})\s+(?:does\s+|is\s+)?not\s+(?:exist|found)"
)
_PUNCTUATION = ".;!()'\""
_CLIENT_ID_KEYS = ("clientOrderID", "clientOrderId", "origClientOrderId")


class IdIndex:
    """The refs of a request, by the names that a response gives them.

    ======================================================  ==================================================
    an entry                                                means
    ======================================================  ==================================================
    done, with ids under its keys                           every ref with one of these ids
    failed, with ids under its keys                         the same. ``orderId`` may hold a client order id
                                                            (no document shows the key of a failed one)
    failed, keyed by an order id that is not in the         the one client order id in its text. The request
    request, of an endpoint that may leave entries unnamed  named that, and the order failed by its order id
    failed, without ids under its keys                      the one ref in its text, or none if the text could
                                                            mean two
    without a known id, in a response for a single ref      that ref (`the_only_one`), if the endpoint may
                                                            leave entries unnamed
    ======================================================  ==================================================
    """

    def __init__(self, refs: Iterable[OrderRef], schema: ResponseSchema) -> None:
        self._schema = schema
        self._refs: dict[OrderRef, list[OrderRef]] = {}
        for ref in refs:
            self._refs.setdefault(schema.spelt(ref), []).append(ref)

    def of(self, listed: str, entry: Any) -> set[OrderRef]:
        """The refs that `entry` means, by its keys or its text."""
        return {ref for name in self._names(listed, entry) for ref in self._refs[name]}

    def the_only_one(self, listed: str, entry: Any) -> set[OrderRef]:
        """The single ref of the request, if `entry` may leave it unnamed and names no other."""
        refs = [ref for spelt_alike in self._refs.values() for ref in spelt_alike]
        text = text_of(entry) if listed == "fails" else ""
        if not self._schema.may_be_unnamed or len(refs) != 1 or re.search(_LABELLED_ID, text):
            return set()
        keyed = self._keyed(listed, entry, text)
        if not keyed:
            return {*refs} if listed == "fails" else set()
        return {*refs} if refs[0].field == "clientOrderId" and _are_order_ids(keyed) else set()

    def is_unnamed(self, listed: str, entry: Any) -> bool:
        """Whether `entry` is about one of the refs, but names none."""
        return self._schema.may_be_unnamed and listed == "fails" and not self._keyed(listed, entry, "")

    def _names(self, listed: str, entry: Any) -> set[OrderRef]:
        text = text_of(entry) if listed == "fails" else ""
        keyed = self._keyed(listed, entry, text)
        if not keyed:
            return self._in_text(text)
        names = {name for name in keyed if name in self._refs}
        if names or not self._schema.may_be_unnamed or not _are_order_ids(keyed):
            return names
        return {name for name in self._in_text(text) if name.field != "id"}

    def _spelt(self, field: str, value: str) -> OrderRef:
        return self._schema.spelt(OrderRef(field, value))

    def _keyed(self, listed: str, entry: Any, text: str) -> list[OrderRef]:
        keyed: list[OrderRef] = []
        if not isinstance(entry, dict):  # JSON gives dicts. A check for any Mapping takes ten times as long
            return keyed
        for key in _CLIENT_ID_KEYS:
            if value := entry.get(key):
                keyed.append(self._spelt("clientOrderId", spelled_out(value)))
        if (value := entry.get("orderId")) and value != "0":
            keyed.append(self._order_id(spelled_out(value), text, listed))
        return keyed

    def _order_id(self, value: str, text: str, listed: str) -> OrderRef:
        as_order_id, as_client_id = OrderRef("id", value), self._spelt("clientOrderId", value)
        if listed == "orders" or as_client_id not in self._refs:
            return as_order_id
        says_client = any("client" in label.lower() for label, _ in re.findall(_LABELLED_ID, text))
        return as_client_id if as_order_id not in self._refs or says_client else as_order_id

    def _in_text(self, text: str) -> set[OrderRef]:
        """The one ref that `text` names, or none if the text could mean two."""
        names: set[OrderRef] = set()
        unlabelled = (("", word) for word in re.findall(_UNLABELLED_ID, text))
        for label, word in re.findall(_LABELLED_ID, text) or unlabelled:
            for value in (word, word.strip(_PUNCTUATION)):
                names.add(self._spelt("clientOrderId", value))
                if "client" not in label.lower():
                    names.add(OrderRef("id", value))
        names &= self._refs.keys()
        return names if len(names) == 1 else set()


def text_of(entry: object) -> str:
    """The text of a failed entry: its ``error``, or the entry itself if it is not an object."""
    if not isinstance(entry, dict):
        return spelled_out(entry)
    return spelled_out(entry.get("error") or entry.get("errorMessage") or entry.get("msg") or "")


def names_of(entry: object) -> tuple[OrderRef, ...]:
    """Every name of its order that `entry` holds under its keys."""
    if not isinstance(entry, dict):
        return ()
    order_id = order_id_of(entry)
    clients = (
        OrderRef("clientOrderId", spelled_out(entry[key])) for key in _CLIENT_ID_KEYS if entry.get(key)
    )
    return (*((OrderRef("id", order_id),) if order_id else ()), *dict.fromkeys(clients))


def ids_of(entry: object) -> tuple[str, ...]:
    """Every id that `entry` holds under its keys."""
    if not isinstance(entry, dict):
        return ()
    values = (entry.get(key) for key in ("orderId", *_CLIENT_ID_KEYS))
    return tuple(spelled_out(value) for value in values if value and value != "0")


def order_id_of(entry: object) -> str | None:
    """The order id that `entry` holds, if any."""
    value = entry.get("orderId") if isinstance(entry, dict) else None
    return spelled_out(value) if value and value != "0" else None


def readable_order_id(entry: object) -> str | None:
    """The order id that `entry` holds, as `OrderRef` spells it. None for words, and for an inexact float."""
    value = entry.get("orderId") if isinstance(entry, dict) else None
    text = "" if isinstance(value, float) else spelled_out(value).strip().lstrip("0")
    return text if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def client_id_of(entry: object) -> str | None:
    """The client order id that `entry` holds, if any."""
    return next((ref.value for ref in names_of(entry) if ref.field == "clientOrderId"), None)


def _are_order_ids(names: Sequence[OrderRef]) -> bool:
    return all(name.field == "id" for name in names)
