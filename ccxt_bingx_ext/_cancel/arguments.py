"""What the caller asks -> validated batches. No I/O, no exchange object."""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from math import isfinite
from typing import Any, NamedTuple, TypeGuard

from ccxt.base.errors import ArgumentsRequired, BadRequest, BadSymbol

from .._bingx.endpoints import Endpoint
from .._ids import Batch, ClientOrderId, OrderRef, SymbolRef

# The methods as ccxt's own messages name them.
CANCEL_ORDERS = "bingx cancelOrders()"
CANCEL_ORDERS_FOR_SYMBOLS = "bingx cancelOrdersForSymbols()"

LARGEST_ORDER_ID = 2**63 - 1  # int64 (seed)
LONGEST_CLIENT_ID = 40  # (docs)
LONGEST_RECV_WINDOW = 5000  # ms (notes; elsewhere in them 60000)

log = logging.getLogger("ccxt_bingx_ext")

_ORDER_ID_PARAMS = ("orderIds",)
_CLIENT_ID_PARAMS = ("clientOrderIds", "clientOrderIDs")
# The endpoint's own names may hold the endpoint's own form; ccxt's clientOrderIds is always a list.
_COMMA_PARAMS = ("orderIds", "clientOrderIDs")
# The plugin sends these itself: a second value would contradict the first.
_OURS = ("symbol", "signature")
# On one endpoint or another these would name orders beside the ids that were checked.
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


class Cancellations(NamedTuple):
    """Orders of several symbols: distinct, in asking order, and the batch of each symbol."""

    refs: tuple[SymbolRef, ...]
    batches: Mapping[str, Batch]


def as_list(values: object) -> object:
    """`values` as a list, which can be read more than once. A value that is not a list stays as it is."""
    return [*values] if _is_list(values) else values


def ids_as_given(ids: object, params: object) -> list[Any]:
    """The ids as the caller gave them, unchecked, to report them if they cannot be used.

    A value that is not a list counts as one id, so that no id the caller named is missing.
    """
    given = [("id", ids)]
    if isinstance(params, Mapping):
        for field, names in (("id", _ORDER_ID_PARAMS), ("clientOrderId", _CLIENT_ID_PARAMS)):
            given += [(field, _split(name, params.get(name))) for name in names]
    return [
        ClientOrderId(one) if field != "id" and isinstance(one, (str, int)) else one
        for field, values in given
        for one in _as_given(values)
    ]


def _as_given(values: object) -> Collection[Any]:
    if values is None:
        return ()
    return values if isinstance(values, Collection) and not _is_single(values) else (values,)


def parse_symbol(symbol: object, where: str = CANCEL_ORDERS) -> str:
    """The symbol, or ``ArgumentsRequired`` (None, empty) or ``BadSymbol`` (not a string)."""
    if symbol is None or symbol == "":
        raise ArgumentsRequired(f"{where} requires a symbol argument")
    if not isinstance(symbol, str):
        raise BadSymbol(f"{where} symbol is not a string: {_shown(symbol)}")
    return symbol


def parse_batch(ids: object, params: Mapping[str, Any]) -> Batch:
    """The `ids` and `params` of `cancel_orders`, checked; neither is changed.

    Raises ``ArgumentsRequired`` without any ids, and ``BadRequest`` that names the value and its position.
    """
    given = _parse_params(CANCEL_ORDERS, params)
    id_params = [name for name in (*_ORDER_ID_PARAMS, *_CLIENT_ID_PARAMS) if name in given]
    if ids is None and not id_params:
        raise ArgumentsRequired(f"{CANCEL_ORDERS} requires ids, or params['clientOrderIds']")
    refs = [*(() if ids is None else _parse_ids(f"{CANCEL_ORDERS} ids", ids))]
    for name in id_params:
        where, values = f"{CANCEL_ORDERS} params['{name}']", _split(name, given.pop(name))
        refs += _parse_ids(where, values, client=name in _CLIENT_ID_PARAMS)
    return _batch(CANCEL_ORDERS, refs, given)


def parse_cancellations(orders: object, params: Mapping[str, Any]) -> Cancellations:
    """The `orders` and `params` of `cancel_orders_for_symbols`, checked; neither is changed.

    `orders`: a list of ``{"id" or "clientOrderId": …, "symbol": …}``. If an entry has both ids (an order
    structure, say) the order id counts: the exchange forgets client order ids after two hours (docs). Raises
    ``ArgumentsRequired``, ``BadSymbol`` or ``BadRequest``, which name the value and its position.
    """
    method = CANCEL_ORDERS_FOR_SYMBOLS
    given = _parse_params(method, params)
    for name in (*_ORDER_ID_PARAMS, *_CLIENT_ID_PARAMS):
        if name in given:
            raise BadRequest(f"{method} params['{name}'] belongs to no symbol: list these ids in orders")
    if not _is_list(orders):
        raise BadRequest(f"{method} orders is not a list: {_shown(orders)}")
    refs = dict.fromkeys(_parse_entry(f"{method} orders[{at}]", one) for at, one in enumerate(orders))
    by_symbol: dict[str, list[OrderRef]] = {}
    for symbol, ref in refs:
        by_symbol.setdefault(symbol, []).append(ref)
    batches = {symbol: _batch(method, its_refs, given) for symbol, its_refs in by_symbol.items()}
    return Cancellations(tuple(refs), batches)


def adopt(
    batch: Batch, endpoint: Endpoint, default_process: object = None, method: str = CANCEL_ORDERS
) -> Batch:
    """`batch` with a ``process`` that `endpoint` can honor; ``BadRequest`` if it cannot.

    `default_process` counts if the caller named none. An endpoint without ``process`` takes each id alone.
    """
    if endpoint.takes_process:
        if batch.process is not None:
            return batch
        return batch._replace(process=parse_process(default_process, method))
    if batch.process == 0:
        raise BadRequest(
            f"{method} process 0 (all or nothing) cannot be kept on {endpoint.market_type} swaps"
        )
    return batch._replace(process=1)


def parse_process(value: object, method: str = CANCEL_ORDERS) -> int | None:
    """``process`` as 0, 1 or None (not given); ``BadRequest`` for anything else."""
    if value is None:
        return None
    # bool and int compare equal: False is 0, True is 1. A float would, too, hence the type.
    if isinstance(value, (int, str)) and value in (0, 1, "0", "1"):
        return int(value)
    raise BadRequest(f"{method} process is not 0 or 1: {_shown(value)}")


def _parse_entry(where: str, entry: object) -> SymbolRef:
    if not isinstance(entry, Mapping):
        raise BadRequest(f"{where} is not a dict: {_shown(entry)}")
    symbol = parse_symbol(entry.get("symbol"), where)
    for field in ("id", "clientOrderId"):
        if entry.get(field) not in (None, ""):
            return SymbolRef(symbol, _parse_id(f"{where}['{field}']", entry[field], client=field != "id"))
    raise ArgumentsRequired(f"{where} has neither an id nor a clientOrderId")


def _is_list(values: object) -> TypeGuard[Iterable[Any]]:
    return isinstance(values, Iterable) and not _is_single(values)


def _is_single(values: object) -> bool:
    # You can iterate over a string or a dict, too, but you do not get ids.
    return isinstance(values, (str, bytes, bytearray, memoryview, Mapping))


def _parse_params(method: str, params: object) -> dict[Any, Any]:
    if not isinstance(params, Mapping):
        raise BadRequest(f"{method} params is not a dict: {_shown(params)}")
    return {name: value for name, value in params.items() if value is not None}


def _batch(method: str, refs: Iterable[OrderRef], params: Mapping[Any, Any]) -> Batch:
    ordered = sorted(dict.fromkeys(refs), key=lambda ref: ref.field != "id")
    return Batch(
        refs=tuple(ordered),
        process=parse_process(params.get("process"), method),
        extra=tuple(
            _parse_extra(method, name, value)
            for name, value in params.items()
            if name != "process" and name not in _DROPPED
        ),
    )


def _split(name: str, value: object) -> object:
    if not isinstance(value, str) or name not in _COMMA_PARAMS:
        return value
    return value.split(",") if value else []


def _parse_ids(where: str, values: object, *, client: bool = False) -> Iterator[OrderRef]:
    if not _is_list(values):
        raise BadRequest(f"{where} is not a list of ids: {_shown(values)}")
    for position, value in enumerate(values):
        yield _parse_id(f"{where}[{position}]", value, client=client)


def _parse_id(where: str, value: object, *, client: bool) -> OrderRef:
    if client or isinstance(value, ClientOrderId):
        return OrderRef("clientOrderId", _parse_client_id(where, value))
    return OrderRef("id", _parse_order_id(where, value))


def _exact(value: object) -> Any:
    # A subclass (an enum, say) may show itself as another text than the one that is checked here.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int.__index__(value)
    return value


def _parse_order_id(where: str, given: object) -> str:
    value = _exact(given)
    if isinstance(value, int) and not isinstance(value, bool):
        text = str(value) if 0 < value <= LARGEST_ORDER_ID else ""
    else:
        text = value.lstrip("0") if isinstance(value, str) and value.isascii() and value.isdigit() else ""
    # The length comes first: int() of a very long string is slow, or Python itself refuses it.
    if not text or len(text) > len(str(LARGEST_ORDER_ID)) or int(text) > LARGEST_ORDER_ID:
        raise BadRequest(f"{where} is not an order id (digits, 1 to 2^63-1): {_shown(given)}")
    return text


def _parse_client_id(where: str, given: object) -> str:
    value = _exact(given)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**40:
        value = str(value)
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= LONGEST_CLIENT_ID
        or re.search(_NOT_IN_CLIENT_ID, value)
    ):
        raise BadRequest(
            f"{where} is not a client order id (1 to {LONGEST_CLIENT_ID} characters, "
            f"no white space, none of ,&=?#): {_shown(given)}"
        )
    return value


def _parse_extra(method: str, given_name: object, given: object) -> tuple[str, Any]:
    name, value = _exact(given_name), _exact(given)
    if not isinstance(name, str) or name in _OURS or not name or re.search(_NOT_IN_VALUE, name):
        raise BadRequest(f"{method} params has a name that cannot be sent: {_shown(name)}")
    if name in _ID_PARAMS:
        raise BadRequest(f"{method} takes ids as ids or clientOrderIds, not as params['{name}']")
    if name == "recvWindow":
        return name, _parse_recv_window(method, value)
    if isinstance(value, str) and not re.search(_NOT_IN_VALUE, value):
        return name, value
    if isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
        return name, _plain_number(value)
    raise BadRequest(f"{method} params['{name}'] cannot be sent unambiguously: {_shown(value)}")


def _parse_recv_window(method: str, value: object) -> int | float:
    try:
        number = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else 0.0
    except (ValueError, OverflowError):
        number = 0.0
    if not 0 < number < LARGEST_ORDER_ID:
        raise BadRequest(f"{method} recvWindow is not a positive number of ms: {_shown(value)}")
    if number > LONGEST_RECV_WINDOW:
        _warn_of_recv_window()
    return _plain_number(number)


@functools.cache  # once per process
def _warn_of_recv_window() -> None:
    log.warning(
        "recvWindow is longer than %d ms: the exchange's sources disagree whether it accepts that",
        LONGEST_RECV_WINDOW,
    )


def _plain_number(value: int | float) -> int | float:
    # 5000.0 and 5000 are one number, but two texts: every library signs only the shorter one alike.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write an int of thousands of digits
        text = f"a very large {type(value).__name__}"
    return text if len(text) <= 100 else f"{text[:100]}…"
