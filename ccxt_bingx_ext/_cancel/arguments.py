"""What the caller asks -> validated batches. No I/O, no exchange object."""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple, TypeGuard

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
# And what would name orders beside the ids that were checked, on one endpoint or another.
_ID_PARAMS = (
    *("orderId", "clientOrderID", "clientOrderId"),
    *("orderIdList", "clientOrderIdList", "clientOrderIDList"),
)
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


class OrderRef(NamedTuple):
    """One id that the caller asked for. `field` is the order structure's name for it."""

    field: str  # "id" or "clientOrderId"
    value: str

    @property
    def public(self) -> str:
        """The id as callers see it in ``unresolved``."""
        return self.value if self.field == "id" else ClientOrderId(self.value)

    @classmethod
    def of(cls, public: str) -> OrderRef:
        """The one whose `public` it is."""
        is_client_id = isinstance(public, ClientOrderId)
        return cls("clientOrderId", str(public)) if is_client_id else cls("id", public)


class Batch(NamedTuple):
    """Distinct ids in asking order (order ids first), and how they are to be cancelled.

    `process` is 0, 1 or None (not sent; the exchange's default is 0). `extra` are the caller's further
    parameters, as they will be sent.
    """

    asked: tuple[OrderRef, ...]
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

    def again(self, asked: Sequence[OrderRef]) -> Batch:
        """A batch that asks for `asked` once more, each id on its own merits (``process`` 1)."""
        return self._replace(asked=tuple(asked), process=1)


class Cancellations(NamedTuple):
    """Ids of several symbols: distinct, in asking order, and the batch of each symbol."""

    asked: tuple[tuple[str, OrderRef], ...]
    batches: Mapping[str, Batch]

    def public(self, settled: Container[tuple[str, OrderRef]] = ()) -> list[dict[str, str]]:
        """The entries other than the `settled` ones, as callers see them in ``unresolved``."""
        return [
            {asked.field: asked.value, "symbol": symbol}
            for symbol, asked in self.asked
            if (symbol, asked) not in settled
        ]


def as_list(values: object) -> object:
    """`values` as a list, which can be read more than once; what is no list of ids stays as it is."""
    return [*values] if _is_list(values) else values


def ids_as_given(ids: object, params: object) -> list[Any]:
    """What the caller asked for, unchecked: to be told where nothing can be made of it.

    What is no list counts as one id: nothing that was named may be missing.
    """
    given = [("id", ids)]
    if isinstance(params, Mapping):
        for field, names in (("id", _ORDER_ID_PARAMS), ("clientOrderId", _CLIENT_ID_PARAMS)):
            given += [(field, _listed(name, params.get(name))) for name in names]
    return [
        ClientOrderId(one) if field != "id" and isinstance(one, (str, int)) else one
        for field, values in given
        for one in _as_given(values)
    ]


def _as_given(values: object) -> Collection[Any]:
    if values is None:
        return ()
    return values if isinstance(values, Collection) and not _is_no_list(values) else (values,)


def parse_symbol(symbol: object, where: str = "") -> str:
    """The symbol, or ``ArgumentsRequired`` (None, empty) or ``BadSymbol`` (not a string)."""
    at = f"{METHOD} {where}".rstrip()
    if symbol is None or symbol == "":
        raise ArgumentsRequired(f"{at} requires a symbol argument")
    if not isinstance(symbol, str):
        raise BadSymbol(f"{at} symbol is not a string: {_shown(symbol)}")
    return symbol


def parse_batch(ids: object, params: Mapping[str, Any]) -> Batch:
    """The caller's `ids` and `params`, checked; neither is changed.

    Raises ``ArgumentsRequired`` without any ids, else ``BadRequest`` naming the value and its position.
    """
    given = _read_params(params)
    id_params = [name for name in (*_ORDER_ID_PARAMS, *_CLIENT_ID_PARAMS) if name in given]
    if ids is None and not id_params:
        raise ArgumentsRequired(f"{METHOD} requires ids, or params['clientOrderIds']")
    asked = [*(() if ids is None else _read_ids("ids", ids))]
    for name in id_params:
        value = given.pop(name)
        asked += _read_ids(f"params['{name}']", _listed(name, value), client=name in _CLIENT_ID_PARAMS)
    return _batch(asked, given)


def parse_cancellations(orders: object, params: Mapping[str, Any]) -> Cancellations:
    """The caller's list of ``{"id" or "clientOrderId": …, "symbol": …}``, checked; nothing is changed.

    Where an entry has both ids (an order structure, say) the order id counts: the exchange forgets client
    order ids after two hours (docs). Raises ``ArgumentsRequired``, ``BadSymbol`` or ``BadRequest``, naming
    the value and its position.
    """
    given = _read_params(params)
    for name in (*_ORDER_ID_PARAMS, *_CLIENT_ID_PARAMS):
        if name in given:
            raise BadRequest(f"{METHOD} params['{name}'] belongs to no symbol: list these ids in orders")
    if not _is_list(orders):
        raise BadRequest(f"{METHOD} orders is not a list: {_shown(orders)}")
    asked = dict.fromkeys(_read_cancellation(f"orders[{at}]", one) for at, one in enumerate(orders))
    by_symbol: dict[str, list[OrderRef]] = {}
    for symbol, one in asked:
        by_symbol.setdefault(symbol, []).append(one)
    return Cancellations(tuple(asked), {symbol: _batch(ids, given) for symbol, ids in by_symbol.items()})


def _read_cancellation(where: str, entry: object) -> tuple[str, OrderRef]:
    if not isinstance(entry, Mapping):
        raise BadRequest(f"{METHOD} {where} is not a dict: {_shown(entry)}")
    symbol = parse_symbol(entry.get("symbol"), where)
    for field in ("id", "clientOrderId"):
        if entry.get(field) not in (None, ""):
            return symbol, _read_id(f"{where}['{field}']", entry[field], client=field != "id")
    raise ArgumentsRequired(f"{METHOD} {where} has neither an id nor a clientOrderId")


def _is_list(values: object) -> TypeGuard[Iterable[Any]]:
    return isinstance(values, Iterable) and not _is_no_list(values)


def _is_no_list(values: object) -> bool:
    # A string or a dict can be iterated, too, but what comes out are no ids.
    return isinstance(values, (str, bytes, bytearray, memoryview, Mapping))


def _read_params(params: object) -> dict[Any, Any]:
    if not isinstance(params, Mapping):
        raise BadRequest(f"{METHOD} params is not a dict: {_shown(params)}")
    return {name: value for name, value in params.items() if value is not None}


def _batch(asked: Iterable[OrderRef], params: Mapping[Any, Any]) -> Batch:
    ordered = sorted(dict.fromkeys(asked), key=lambda one: one.field != "id")
    return Batch(
        asked=tuple(ordered),
        process=parse_process(params.get("process")),
        extra=tuple(
            _read_extra(name, value)
            for name, value in params.items()
            if name != "process" and name not in _DROPPED
        ),
    )


def _listed(name: str, value: object) -> object:
    if not isinstance(value, str) or name not in _COMMA_PARAMS:
        return value
    return value.split(",") if value else []


def _read_ids(where: str, values: object, *, client: bool = False) -> Iterator[OrderRef]:
    if not _is_list(values):
        raise BadRequest(f"{METHOD} {where} is not a list of ids: {_shown(values)}")
    for position, value in enumerate(values):
        yield _read_id(f"{where}[{position}]", value, client=client)


def _read_id(where: str, value: object, *, client: bool) -> OrderRef:
    if client or isinstance(value, ClientOrderId):
        return OrderRef("clientOrderId", _read_client_id(where, value))
    return OrderRef("id", _read_order_id(where, value))


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


def parse_process(value: object) -> int | None:
    """``process`` as 0, 1 or None (not given); ``BadRequest`` for anything else."""
    if value is None:
        return None
    # bool and int compare equal: False is 0, True is 1. A float would, too, hence the type.
    if isinstance(value, (int, str)) and value in (0, 1, "0", "1"):
        return int(value)
    raise BadRequest(f"{METHOD} process is not 0 or 1: {_shown(value)}")


def _read_extra(given_name: object, given: object) -> tuple[str, Any]:
    name, value = _exact(given_name), _exact(given)
    if not isinstance(name, str) or name in _OURS or not name or re.search(_NOT_IN_VALUE, name):
        raise BadRequest(f"{METHOD} params has a name that cannot be sent: {_shown(name)}")
    if name in _ID_PARAMS:
        raise BadRequest(f"{METHOD} ids are given as ids or clientOrderIds, not as params['{name}']")
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
