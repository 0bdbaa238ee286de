"""What the caller asks -> a validated batch -> the parameters of requests. No I/O, no exchange object."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

from ccxt.base.errors import ArgumentsRequired, BadRequest, BadSymbol

METHOD = "bingx cancelOrders()"
LARGEST_ORDER_ID = 2**63 - 1  # int64 (seed)
LONGEST_CLIENT_ID = 40  # (docs)

_ORDER_ID_PARAMS = ("orderIds",)
_CLIENT_ID_PARAMS = ("clientOrderIds", "clientOrderIDs")
# The endpoint's own names may hold the endpoint's own form; ccxt's clientOrderIds is a list, always.
_COMMA_PARAMS = ("orderIds", "clientOrderIDs")
# What params may not say, because the plugin says it: a second value would contradict the first one.
_OURS = ("symbol", "signature")
# ccxt overwrites a caller's timestamp, too; its own retries would re-send behind the flow's back.
_DROPPED = ("timestamp", "maxRetriesOnFailure", "maxRetriesOnFailureDelay")
# Control characters, and halves of surrogate pairs, which have no UTF-8 form at all.
_UNSENDABLE = r"\x00-\x1f\x7f-\x9f\ud800-\udfff"
# With one of &=?# in a value the canonical string can be read in two ways: parameter injection (notes).
_NOT_IN_VALUE = rf"[&=?#{_UNSENDABLE}]"
_NOT_IN_CLIENT_ID = rf"[,&=?#\s{_UNSENDABLE}]"  # compiled at first use: a bot starts sooner


class ClientOrderId(str):
    """A client order id. Equal to the plain string; the type tells it from an order id in ``unresolved``.

    `cancel_orders` takes such an id among `ids` and asks for it as a client order id, so that an error's
    ``unresolved`` can be handed back as it is.
    """

    __slots__ = ()


class Asked(NamedTuple):
    """One id that the caller asked for. `field` is the order structure's name for it."""

    field: str  # "id" or "clientOrderId"
    value: str

    @property
    def public(self) -> str:
        """The id as callers see it in ``unresolved``."""
        return self.value if self.field == "id" else ClientOrderId(self.value)


class Batch(NamedTuple):
    """Distinct ids in asking order (order ids first), and how they are to be cancelled.

    `process` is 0, 1 or None (not sent; the exchange's default is 0). `extra` are the caller's further
    parameters, as they will be sent.
    """

    asked: tuple[Asked, ...]
    process: int | None = None
    extra: tuple[tuple[str, Any], ...] = ()

    @property
    def all_or_nothing(self) -> bool:
        """Whether one invalid id makes the exchange refuse the whole request (``process`` 0)."""
        return self.process != 1

    def parts(self, size: int) -> Iterator[Batch]:
        """The batches to send: of at most `size` ids, but one only where it is all or nothing."""
        step = len(self.asked) if self.all_or_nothing else size
        for start in range(0, len(self.asked), max(step, 1)):
            yield self._replace(asked=self.asked[start : start + step])

    def again(self, asked: Sequence[Asked]) -> Batch:
        """A batch that asks for `asked` once more, each id on its own merits (``process`` 1)."""
        return self._replace(asked=tuple(asked), process=1)

    def request(self, market_id: str) -> dict[str, Any]:
        """The endpoint's parameters, without timestamp and signature (seed)."""
        request: dict[str, Any] = {"symbol": market_id}
        for name, field in (("orderIds", "id"), ("clientOrderIDs", "clientOrderId")):
            values = [asked.value for asked in self.asked if asked.field == field]
            if values:
                request[name] = ",".join(values)
        if self.process is not None:
            request["process"] = self.process
        return {**request, **dict(self.extra)}


def read_symbol(symbol: object) -> str:
    """The symbol, or ``ArgumentsRequired`` (None, empty) or ``BadSymbol`` (not a string)."""
    if symbol is None or symbol == "":
        raise ArgumentsRequired(f"{METHOD} requires a symbol argument")
    if not isinstance(symbol, str):
        raise BadSymbol(f"{METHOD} symbol is not a string: {_shown(symbol)}")
    return symbol


def read_batch(ids: object, params: Mapping[str, Any], *, default_process: object = None) -> Batch:
    """The caller's `ids` and `params`, checked; neither is changed.

    `default_process` counts where `params` names no ``process``.

    Raises ``ArgumentsRequired`` without any ids, else ``BadRequest`` naming the value and its position.
    """
    if not isinstance(params, Mapping):
        raise BadRequest(f"{METHOD} params is not a dict: {_shown(params)}")
    given = {name: value for name, value in params.items() if value is not None}
    id_params = [name for name in (*_ORDER_ID_PARAMS, *_CLIENT_ID_PARAMS) if name in given]
    if ids is None and not id_params:
        raise ArgumentsRequired(f"{METHOD} requires ids, or params['clientOrderIds']")
    asked = [*(() if ids is None else _read_ids("ids", ids))]
    for name in id_params:
        listed = _split(given[name]) if name in _COMMA_PARAMS else given[name]
        asked += _read_ids(f"params['{name}']", listed, client=name in _CLIENT_ID_PARAMS)
    ordered = sorted(dict.fromkeys(asked), key=lambda one: one.field != "id")
    process = given.get("process", default_process)
    used = (*id_params, "process", *_DROPPED)
    return Batch(
        asked=tuple(ordered),
        process=None if process is None else _read_process(process),
        extra=tuple(_read_extra(name, value) for name, value in given.items() if name not in used),
    )


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return value.split(",") if value else []


def _read_ids(where: str, values: object, *, client: bool = False) -> Iterator[Asked]:
    if isinstance(values, (str, bytes, bytearray, memoryview, Mapping)) or not isinstance(values, Iterable):
        raise BadRequest(f"{METHOD} {where} is not a list of ids: {_shown(values)}")
    for position, value in enumerate(values):
        if client or isinstance(value, ClientOrderId):
            yield Asked("clientOrderId", _read_client_id(f"{where}[{position}]", value))
        else:
            yield Asked("id", _read_order_id(f"{where}[{position}]", value))


def _exact(value: object) -> Any:
    # A subclass (an enum, say) may show itself as another text than the one that is checked here.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int.__index__(value)
    return value


def _read_order_id(where: str, given: object) -> str:
    value = _exact(given)
    if isinstance(value, int) and not isinstance(value, bool):
        text = str(value) if 0 < value <= LARGEST_ORDER_ID else ""
    else:
        text = value.lstrip("0") if isinstance(value, str) and value.isascii() and value.isdigit() else ""
    # The length is looked at first: int() of a very long string is slow, or refused by Python itself.
    if not text or len(text) > len(str(LARGEST_ORDER_ID)) or int(text) > LARGEST_ORDER_ID:
        raise BadRequest(f"{METHOD} {where} is not an order id (digits, 1 to 2^63-1): {_shown(given)}")
    return text


def _read_client_id(where: str, given: object) -> str:
    value = _exact(given)
    text = (
        str(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**40
        else value
    )
    if (
        not isinstance(text, str)
        or not 1 <= len(text) <= LONGEST_CLIENT_ID
        or re.search(_NOT_IN_CLIENT_ID, text)
    ):
        raise BadRequest(
            f"{METHOD} {where} is not a client order id (1 to {LONGEST_CLIENT_ID} characters, "
            f"no white space, none of ,&=?#): {_shown(given)}"
        )
    return text


def _read_process(value: object) -> int:
    # bool and int compare equal: False is 0, True is 1. A float would, too, hence the type.
    if isinstance(value, (int, str)) and value in (0, 1, "0", "1"):
        return int(value)
    raise BadRequest(f"{METHOD} process is not 0 or 1: {_shown(value)}")


def _read_extra(given_name: object, given: object) -> tuple[str, Any]:
    name, value = _exact(given_name), _exact(given)
    if not isinstance(name, str) or name in _OURS or not name or re.search(_NOT_IN_VALUE, name):
        raise BadRequest(f"{METHOD} params has a name that cannot be sent: {_shown(name)}")
    if name == "recvWindow":
        return name, _read_recv_window(value)
    if isinstance(value, str) and not re.search(_NOT_IN_VALUE, value):
        return name, value
    if isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
        return name, _plain_number(value)
    raise BadRequest(f"{METHOD} params['{name}'] cannot be sent unambiguously: {_shown(value)}")


def _read_recv_window(value: object) -> int | float:
    try:
        number = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else 0.0
    except (ValueError, OverflowError):
        number = 0.0
    if not 0 < number < LARGEST_ORDER_ID:
        raise BadRequest(f"{METHOD} recvWindow is not a positive number of ms: {_shown(value)}")
    return _plain_number(number)


def _plain_number(value: int | float) -> int | float:
    # 5000.0 and 5000 are one number, but two texts: only the shorter one is signed alike everywhere.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python does not write out an int of thousands of digits
        text = f"a very large {type(value).__name__}"
    return text if len(text) <= 100 else f"{text[:100]}…"
