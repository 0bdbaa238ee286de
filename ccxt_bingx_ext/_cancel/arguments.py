"""Turn the caller's arguments into validated batches. No I/O, no exchange object."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from math import isfinite
from typing import Any, NamedTuple, TypeGuard

from ccxt.base.errors import ArgumentsRequired, BadRequest, BadSymbol, BaseError, ExchangeError

from .._bingx.endpoints import Endpoint
from .._bingx.replacing import OLD_CLIENT_ID_PARAMS
from .._ids import Batch, ClientOrderId, OrderRef, SymbolRef, exact, is_blank, shown
from .._log import WARNING, event

# The methods as ccxt's own messages name them.
CANCEL_ORDERS = "bingx cancelOrders()"
CANCEL_ORDERS_FOR_SYMBOLS = "bingx cancelOrdersForSymbols()"
CANCEL_ORDER = "bingx cancelOrder()"
CANCEL_ALL_ORDERS = "bingx cancelAllOrders()"
EDIT_ORDER = "bingx editOrder()"

LARGEST_ORDER_ID = 2**63 - 1  # int64 (seed)
LONGEST_CLIENT_ID = 40  # (docs)
LONGEST_RECV_WINDOW = 5000  # ms (notes, which also name 60000)


_ORDER_ID_PARAMS = ("orderIds",)
_CLIENT_ID_PARAMS = ("clientOrderIds", "clientOrderIDs")
# The endpoint's own names may hold the endpoint's own form. ccxt's clientOrderIds is always a list.
_COMMA_PARAMS = ("orderIds", "clientOrderIDs")
# ccxt overwrites a caller's timestamp, too. Its retries would send again without the flow.
_DROPPED = ("timestamp", "maxRetriesOnFailure", "maxRetriesOnFailureDelay")
# ccxt's cancel_order reads these and does not send them. The market has its kind, and ccxt cancels TWAP
# orders.
_NOT_SENT_BY_CCXT = ("type", "defaultType", "subType", "defaultSubType", "twap")
_SINGLE_CLIENT_ID_PARAMS = ("clientOrderId", "clientOrderID")
# The plugin sends these itself: a second value would contradict the first.
_OURS = {"symbol": "pass the symbol as the argument", "signature": "the plugin signs the request"}
# The exchange may ignore case, white space or brackets in names. So the plugin compares names without them.
_KNOWN = {name.casefold(): name for name in ("process", "recvWindow", *_DROPPED)}
# Some endpoint reads orders from these names, in addition to the ids that the plugin checked.
_ID_FIELDS = {
    **dict.fromkeys(("orderid", "orderids", "orderidlist"), "id"),
    **dict.fromkeys(("clientorderid", "clientorderids", "clientorderidlist"), "clientOrderId"),
}
# What to do about such a name. cancel_orders reads ids from params, too, so there it is misspelt.
_PLACE_OF_IDS = {
    CANCEL_ORDER: "is not allowed: pass id, or params['clientOrderId']",
    CANCEL_ORDERS_FOR_SYMBOLS: "is not allowed: list the ids in orders",
    CANCEL_ALL_ORDERS: "is not allowed: to cancel single orders, call cancel_orders",
}
# Control characters, and halves of surrogate pairs, which have no UTF-8 form at all.
_UNSENDABLE = r"\x00-\x1f\x7f-\x9f\ud800-\udfff"
# With one of &=?# in a value the canonical string can be read in two ways: parameter injection (notes).
_NOT_IN_VALUE = rf"[&=?#{_UNSENDABLE}]"
_NOT_IN_CLIENT_ID = rf"[,&=?#\s{_UNSENDABLE}]"  # compiled at first use: a bot starts sooner


class Cancellations(NamedTuple):
    """Orders of several symbols: distinct, in asking order, and the batch of each symbol."""

    refs: tuple[SymbolRef, ...]
    batches: Mapping[str, Batch]


class Single(NamedTuple):
    """One order to cancel: a batch of one, and the other id by which to query the order.

    `repeats`: whether the flow may cancel the order again if a query finds it open. With
    ``cancelRestrictions`` the caller wants to cancel it in some states only.
    """

    batch: Batch
    known_as: OrderRef | None
    repeats: bool


class Edited(NamedTuple):
    """The old order of an ``edit_order``: its id, and its order id if a client order id names it.

    `params`: those of the caller, without the ids of the old order. `new_client_id`: that of the new order.
    """

    ref: OrderRef
    known_as: OrderRef | None
    params: Mapping[str, Any]
    new_client_id: str | None

    def sent(self, market_type: str) -> tuple[str, dict[str, Any]]:
        """The id and the params for ccxt's ``edit_order``. The id is "" if the caller gave no order id."""
        if self.ref.field == "id":
            return self.ref.value, {**self.params}
        name = OLD_CLIENT_ID_PARAMS.get(market_type, OLD_CLIENT_ID_PARAMS["spot"])
        order_id = "" if self.known_as is None else self.known_as.value
        return order_id, {**self.params, name: self.ref.value}


class CallArguments:
    """The ids and params of one call. `read` iterates over each iterable once, and keeps a list in its place.

    `unresolved` holds every id read so far, as the caller gave it, for an error that ends the call. A value
    that is not a list counts as one id, so that no id of the caller is missing.
    """

    def __init__(self, ids: object, params: Any, method: str = CANCEL_ORDERS) -> None:
        self.ids = ids
        self.params = params
        self.unresolved: list[Any] = []
        self._named: set[object] = set()
        self._method = method

    def read(self) -> None:
        """Read `ids` and the ids in `params`.

        If an iterable of the caller raises a ccxt error, the error leaves after all others are read, so that
        it can carry their ids. Any other exception of the caller leaves at once.
        """
        failures: list[BaseError] = []
        self.ids = self._read(self.ids, lambda one: one, failures)
        if isinstance(self.params, Mapping):
            self.params = copied(self.params, f"{self._method} params")
            names = [name for name in self.params if _folded(name) in _ID_FIELDS]
            for name in sorted(names, key=lambda one: _ID_FIELDS[_folded(one)] != "id"):
                as_named = self._as_named(_ID_FIELDS[_folded(name)])
                self.params[name] = self._read(_split(name, self.params[name]), as_named, failures)
        if failures:
            raise failures[0]

    def _as_named(self, field: str) -> Callable[[Any], Any]:
        """Return how `unresolved` names an id from the params, in the form that the method accepts."""
        if self._method == CANCEL_ORDERS_FOR_SYMBOLS:
            return lambda one: {field: one}
        return _marked if field != "id" else lambda one: one

    def _read(self, values: object, as_named: Callable[[Any], Any], failures: list[BaseError]) -> object:
        if values is None:
            return None
        read: list[Any] = []
        try:
            for one in values if _is_list(values) else (values,):
                read.append(one)
                self._leave_unresolved(as_named(one))
        except BaseError as error:
            # The error may carry the list of another call, which would hide these ids.
            self.unresolved += vars(error).pop("unresolved", [])
            failures.append(error)
        return read if _is_list(values) else values

    def _leave_unresolved(self, named: Any) -> None:
        key = _key_of(named)
        if key is None or key not in self._named:
            self._named.add(key)
            self.unresolved.append(named)


def _key_of(named: Any) -> object:
    """A value that is the same for the same name of an order; None if the plugin cannot compare the name."""
    if type(named) is dict:
        parts = [_key_of(one) for item in named.items() for one in item]
        return None if None in parts else tuple(parts)
    value = exact(named)
    return (isinstance(named, ClientOrderId), type(value), value) if type(value) in (str, int) else None


def _marked(one: object) -> object:
    """`one` as a client order id. A value of another kind stays: as a string it would be another id."""
    value = exact(one)
    is_number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**LONGEST_CLIENT_ID
    return ClientOrderId(value) if isinstance(value, str) or is_number else one


def copied(values: Mapping[Any, Any], where: str) -> dict[Any, Any]:
    """A copy of `values`, which no other thread changes while the plugin reads it."""
    try:
        return {exact(name): value for name, value in dict(values).items()}
    except Exception as error:  # a caller's own mapping may raise anything
        raise BadRequest(f"{where} cannot be read: {shown(error)}") from error


def parse_symbol(symbol: object, where: str = CANCEL_ORDERS) -> str:
    """The symbol. Raises ``ArgumentsRequired`` for None or "", and ``BadSymbol`` for another type."""
    if is_blank(symbol):
        raise ArgumentsRequired(f"{where} requires a symbol argument")
    if not isinstance(symbol, str):
        raise BadSymbol(f"{where} symbol is not a string: {shown(symbol)}")
    return str.__str__(symbol)


def parse_symbol_or_all(symbol: object) -> str | None:
    """The symbol of `cancel_all_orders`, for which None means every symbol. "" may be a mistake."""
    if symbol is None:
        return None
    if is_blank(symbol):
        raise ArgumentsRequired(f"{CANCEL_ALL_ORDERS} symbol is empty: pass None for every symbol")
    return parse_symbol(symbol, CANCEL_ALL_ORDERS)


def check_market(market: Any, symbol: str, method: str = CANCEL_ORDERS) -> None:
    """Raise ``ExchangeError`` if ccxt's `market` lacks data for a cancel. The plugin does not guess them.

    ``BadSymbol`` would mean that the exchange has no such market.
    """
    if (
        not isinstance(market, Mapping)
        or any(not isinstance(market.get(name), str) or not market[name] for name in ("id", "symbol"))
        or not any(market.get(kind) is True for kind in ("spot", "linear", "inverse"))
    ):
        raise ExchangeError(
            f"{method} market data of {symbol} lacks an id, a symbol or a type: {shown(market)}. "
            "Call load_markets(True)"
        )


@contextmanager
def reading_markets(where: str) -> Iterator[None]:
    """Turn Python's own errors about odd market data into ``ExchangeError``.

    ccxt 4.5.90 raises AttributeError, IndexError or TypeError for a market without an id or of another form.
    """
    try:
        yield
    except BaseError:
        raise
    except Exception as error:
        raise ExchangeError(f"{where} market data cannot be read: {shown(error)}") from error


def parse_batch(ids: object, params: Mapping[str, Any], symbol: str | None = None) -> Batch:
    """Check the `ids` and `params` of `cancel_orders`, without changing them.

    Among `ids`, ``{"id": …}`` and ``{"clientOrderId": …}`` name one order as in `parse_cancellations`. A
    symbol there must be `symbol`. Raises ``ArgumentsRequired`` without any ids, and ``BadRequest`` that names
    the value and its position.
    """
    given = _parse_params(CANCEL_ORDERS, params)
    id_params = [name for name in (*_ORDER_ID_PARAMS, *_CLIENT_ID_PARAMS) if name in given]
    if ids is None and not id_params:
        raise ArgumentsRequired(f"{CANCEL_ORDERS} requires ids, or params['clientOrderIds']")
    refs = [*(() if ids is None else _parse_ids(f"{CANCEL_ORDERS} ids", ids, symbol))]
    for name in id_params:
        where, values = f"{CANCEL_ORDERS} params['{name}']", _split(name, given.pop(name))
        refs += _parse_ids(where, values, client=name in _CLIENT_ID_PARAMS)
    return _batch(CANCEL_ORDERS, refs, given)


def parse_cancellations(orders: object, params: Mapping[str, Any]) -> Cancellations:
    """Check the `orders` and `params` of `cancel_orders_for_symbols`, without changing them.

    `orders`: a list of ``{"id" or "clientOrderId": …, "symbol": …}``. If an entry has both ids, such as an
    order structure, the order id counts, because the exchange forgets client order ids after two hours
    (docs). Raises ``ArgumentsRequired``, ``BadSymbol`` or ``BadRequest``, which name the value and its
    position.
    """
    method = CANCEL_ORDERS_FOR_SYMBOLS
    given = _parse_params(method, params)
    for name in (*_ORDER_ID_PARAMS, *_CLIENT_ID_PARAMS):
        if name in given:
            raise BadRequest(f"{method} params['{name}'] has ids without a symbol: list them in orders")
    if not _is_list(orders):
        raise BadRequest(f"{method} orders is not a list: {shown(orders)}")
    refs = dict.fromkeys(_parse_entry(f"{method} orders[{at}]", one) for at, one in enumerate(orders))
    by_symbol: dict[str, list[OrderRef]] = {}
    for symbol, ref in refs:
        by_symbol.setdefault(symbol, []).append(ref)
    batches = {symbol: _batch(method, its_refs, given) for symbol, its_refs in by_symbol.items()}
    return Cancellations(tuple(refs), batches)


def parse_single(given_id: object, params: Mapping[str, Any]) -> Single:
    """Check the `given_id` and `params` of `cancel_order`, without changing them.

    As in ccxt, a client order id in the `params` takes precedence. Raises ``ArgumentsRequired`` without any
    id, and ``BadRequest`` that names the value.
    """
    given = _parse_params(CANCEL_ORDER, params)
    refs: list[OrderRef] = []
    for name in _SINGLE_CLIENT_ID_PARAMS:
        value = given.pop(name, None)
        if not is_blank(value):
            refs.append(_parse_id(f"{CANCEL_ORDER} params['{name}']", value, client=True))
    if not is_blank(given_id):
        refs.append(_parse_id(f"{CANCEL_ORDER} id", given_id, client=False))
    if not refs:
        raise ArgumentsRequired(f"{CANCEL_ORDER} requires an id, or params['clientOrderId']")
    clients = [*dict.fromkeys(ref.value for ref in refs if ref.field != "id")]
    if len(clients) > 1:
        raise BadRequest(f"{CANCEL_ORDER} takes one client order id, not two: {clients[0]}, {clients[1]}")
    extra = {name: value for name, value in given.items() if name not in _NOT_SENT_BY_CCXT}
    batch = _batch(CANCEL_ORDER, refs[:1], extra)._replace(process=1)
    known_as = refs[-1] if refs[0].field != refs[-1].field == "id" else None
    restricted = any(_folded(name) == "cancelrestrictions" for name, _ in batch.extra)
    return Single(batch, known_as, repeats=not restricted)


def parse_all(params: Mapping[str, Any]) -> dict[str, Any]:
    """The checked `params` of `cancel_all_orders`, as the request has them. Raises ``BadRequest``."""
    given = _parse_params(CANCEL_ALL_ORDERS, params)
    return dict(_batch(CANCEL_ALL_ORDERS, (), given).extra)


def old_ids(given_id: object, params: object) -> Mapping[str, Any]:
    """The ids of the old order of an ``edit_order``, by their place in the arguments.

    ccxt's ``edit_order_with_client_order_id`` passes no id. It passes the old order's client order id under
    the name that otherwise means the new order's.
    """
    given: Mapping[Any, Any] = params if isinstance(params, Mapping) else {}
    of_clients, of_both = (
        {f"params['{name}']": value for name in names if not is_blank(value := given.get(name))}
        for names in (OLD_CLIENT_ID_PARAMS.values(), _SINGLE_CLIENT_ID_PARAMS)
    )
    if not is_blank(given_id):
        return {**of_clients, "id": given_id}
    return of_clients or of_both


def parse_edited(given_id: object, params: Mapping[str, Any]) -> Edited:
    """Check the `given_id` and `params` of ``edit_order``, which name the old order, without changing them.

    Raises ``ArgumentsRequired`` without any id, and ``BadRequest`` that names the value.
    """
    if not isinstance(params, Mapping):
        raise BadRequest(f"{EDIT_ORDER} params is not a dict: {shown(params)}")
    given = copied(params, f"{EDIT_ORDER} params")
    named = old_ids(given_id, given)
    refs = [_parse_id(f"{EDIT_ORDER} {where}", value, client=where != "id") for where, value in named.items()]
    clients = list(dict.fromkeys(ref for ref in refs if ref.field != "id"))
    if len(clients) > 1:
        both = f"{clients[0].value}, {clients[1].value}"
        raise BadRequest(f"{EDIT_ORDER} takes one client order id of the old order, not two: {both}")
    if not refs:
        raise ArgumentsRequired(f"{EDIT_ORDER} requires an id, or params['{OLD_CLIENT_ID_PARAMS['spot']}']")
    left = {
        name: value
        for name, value in given.items()
        if name not in OLD_CLIENT_ID_PARAMS.values() and f"params['{name}']" not in named
    }
    ids = [ref for ref in refs if ref.field == "id"]
    news = (exact(left.get(name)) for name in ("newClientOrderId", *_SINGLE_CLIENT_ID_PARAMS))
    return Edited(
        ref=[*clients, *ids][0],
        known_as=ids[0] if clients and ids else None,
        params=left,
        new_client_id=next((one for one in news if isinstance(one, str) and one), None),
    )


def adopt(
    batch: Batch, endpoint: Endpoint, default_process: object = None, method: str = CANCEL_ORDERS
) -> Batch:
    """`batch` with a ``process`` that `endpoint` can honor. Raises ``BadRequest`` if it cannot.

    `default_process` counts if the caller gave none. An endpoint without ``process`` treats each id by
    itself.
    """
    if endpoint.takes_process:
        if batch.process is not None:
            return batch
        return batch._replace(process=parse_process(default_process, method))
    if batch.process == 0:
        raise BadRequest(
            f"{method} {endpoint.market_type} swaps have no process 0 (all or nothing): pass 1 or omit it"
        )
    return batch._replace(process=1)


def parse_process(given: object, method: str = CANCEL_ORDERS) -> int | None:
    """``process`` as 0, 1 or None (not given). Raises ``BadRequest`` for anything else."""
    if given is None:
        return None
    value = exact(given)
    # False equals 0, and True equals 1. A float would, too, so the type counts.
    if isinstance(value, (int, str)) and value in (0, 1, "0", "1"):
        return int(value)
    raise BadRequest(f"{method} process is not 0 or 1: {shown(given)}")


def _parse_entry(where: str, entry: object) -> SymbolRef:
    if not isinstance(entry, Mapping):
        raise BadRequest(f"{where} is not a dict: {shown(entry)}")
    entry = copied(entry, where)
    return SymbolRef(parse_symbol(entry.get("symbol"), where), _parse_named(where, entry))


def _parse_named(where: str, entry: Mapping[Any, Any]) -> OrderRef:
    for field in ("id", "clientOrderId"):
        if not is_blank(entry.get(field)):
            return _parse_id(f"{where}['{field}']", entry[field], client=field != "id")
    raise ArgumentsRequired(f"{where} has neither an id nor a clientOrderId")


def _parse_named_of(symbol: str | None, where: str, entry: Mapping[Any, Any]) -> OrderRef:
    entry = copied(entry, where)
    if not is_blank(entry.get("symbol")) and parse_symbol(entry["symbol"], where) != symbol:
        raise BadRequest(
            f"{where} is an order of {shown(entry['symbol'])}, not of {shown(symbol)}: "
            "cancel_orders_for_symbols takes orders of several symbols"
        )
    return _parse_named(where, entry)


def _is_list(values: object) -> TypeGuard[Iterable[Any]]:
    return isinstance(values, Iterable) and not _is_single(values)


def _is_single(values: object) -> bool:
    # A string or a dict is iterable, too, but its items are not ids.
    return isinstance(values, (str, bytes, bytearray, memoryview, Mapping))


def _parse_params(method: str, params: object) -> dict[Any, Any]:
    if not isinstance(params, Mapping):
        raise BadRequest(f"{method} params is not a dict: {shown(params)}")
    return {name: value for name, value in copied(params, f"{method} params").items() if value is not None}


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
    return str.split(value, ",") if exact(value) else []


def _parse_ids(
    where: str, values: object, symbol: str | None = None, *, client: bool = False
) -> Iterator[OrderRef]:
    if not _is_list(values):
        raise BadRequest(f"{where} is not a list of ids: {shown(values)}")
    for position, value in enumerate(values):
        here = f"{where}[{position}]"
        if isinstance(value, Mapping) and not client:
            yield _parse_named_of(symbol, here, value)
        else:
            yield _parse_id(here, value, client=client)


def _parse_id(where: str, value: object, *, client: bool) -> OrderRef:
    if client or isinstance(value, ClientOrderId):
        return OrderRef("clientOrderId", _parse_client_id(where, value))
    return OrderRef("id", _parse_order_id(where, value))


def _parse_order_id(where: str, given: object) -> str:
    value = exact(given)
    if isinstance(value, int) and not isinstance(value, bool):
        text = str(value) if 0 < value <= LARGEST_ORDER_ID else ""
    else:
        text = value.lstrip("0") if isinstance(value, str) and value.isascii() and value.isdigit() else ""
    # The length comes first, because int() of a very long string is slow or raises.
    if not text or len(text) > len(str(LARGEST_ORDER_ID)) or int(text) > LARGEST_ORDER_ID:
        raise BadRequest(f"{where} is not an order id (digits, 1 to 2^63-1): {shown(given)}")
    return text


def _parse_client_id(where: str, given: object) -> str:
    value = exact(_marked(given))
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= LONGEST_CLIENT_ID
        or re.search(_NOT_IN_CLIENT_ID, value)
    ):
        raise BadRequest(
            f"{where} is not a client order id (1 to {LONGEST_CLIENT_ID} characters, "
            f"no white space, none of ,&=?#): {shown(given)}"
        )
    return value


def _folded(name: object) -> str:
    """`name` as the most lenient exchange might read it: "Order_Ids[0]" is "orderids"."""
    if not isinstance(name, str):
        return ""
    return re.sub(r"[\W_]", "", re.sub(r"\[.*", "", str.__str__(name).casefold()))


def _parse_extra(method: str, given_name: object, given: object) -> tuple[str, Any]:
    name, value = exact(given_name), exact(given)
    folded = _folded(name)
    if not folded or folded in _OURS or re.search(_NOT_IN_VALUE, name):
        why = _OURS.get(folded, "the plugin cannot send this name")
        raise BadRequest(f"{method} params[{shown(name)}] is not allowed: {why}")
    if folded in _ID_FIELDS:
        right = "orderIds" if _ID_FIELDS[folded] == "id" else "clientOrderIds"
        why = _PLACE_OF_IDS.get(method, f"is misspelt: pass ids, or params['{right}']")
        raise BadRequest(f"{method} params['{name}'] {why}")
    if name == "recvWindow":
        return name, _parse_recv_window(method, value)
    if folded in _KNOWN:
        raise BadRequest(f"{method} params['{name}'] is misspelt: write '{_KNOWN[folded]}'")
    if isinstance(value, str) and not re.search(_NOT_IN_VALUE, value):
        return name, value
    if (isinstance(value, int) and _is_writable(value)) or (isinstance(value, float) and isfinite(value)):
        return name, _plain_number(value)
    raise BadRequest(f"{method} params['{name}'] cannot be sent unambiguously: {shown(value)}")


def _parse_recv_window(method: str, value: object) -> int | float:
    try:
        number = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else 0.0
    except (ValueError, OverflowError):
        number = 0.0
    if not 0 < number < LARGEST_ORDER_ID:
        raise BadRequest(f"{method} recvWindow is not a positive number of ms: {shown(value)}")
    if number > LONGEST_RECV_WINDOW:
        _warn_of_recv_window()
    return _plain_number(number)


@functools.cache  # once per process
def _warn_of_recv_window() -> None:
    text = (
        f"recvWindow is longer than {LONGEST_RECV_WINDOW} ms: "
        "the sources disagree whether the exchange accepts that"
    )
    event(WARNING, "recv_window", text)


def _plain_number(value: int | float) -> int | float:
    # 5000.0 and 5000 are one number, but two texts. All libraries sign only the shorter one alike.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_writable(value: int) -> bool:
    try:
        return bool(str(value))
    except ValueError:  # Python refuses to write an int of thousands of digits
        return False
