"""Turn what each method was asked into validated batches. No I/O, no exchange object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, NamedTuple

from ccxt.base.errors import ArgumentsRequired, BadRequest

from .._bingx.endpoints import Endpoint
from .._bingx.replacing import OLD_CLIENT_ID_PARAMS
from .._ids import Batch, OrderRef, SymbolRef, exact, is_blank, shown
from .method_names import (
    CANCEL_ALL_ORDERS,
    CANCEL_ORDER,
    CANCEL_ORDERS,
    CANCEL_ORDERS_FOR_SYMBOLS,
    EDIT_ORDER,
)
from .values import (
    DROPPED,
    bare_name,
    check_name,
    check_text,
    copied,
    id_field,
    is_list,
    marked,
    parse_extra,
    parse_id,
    parse_process,
    parse_symbol,
    split_at_commas,
)

_ORDER_ID_PARAMS = ("orderIds",)
_CLIENT_ID_PARAMS = ("clientOrderIds", "clientOrderIDs")
# ccxt's cancel_order reads these and does not send them. The market has its kind, and ccxt cancels TWAP
# orders.
_NOT_SENT_BY_CCXT = ("type", "defaultType", "subType", "defaultSubType", "twap")
_SINGLE_CLIENT_ID_PARAMS = ("clientOrderId", "clientOrderID")
_NEW_CLIENT_ID_PARAMS = ("newClientOrderId", *_SINGLE_CLIENT_ID_PARAMS)
_EDIT_ID_PARAMS = (*OLD_CLIENT_ID_PARAMS.values(), *_NEW_CLIENT_ID_PARAMS)


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


def parse_symbol_or_all(symbol: object) -> str | None:
    """The symbol of `cancel_all_orders`, for which None means every symbol. "" may be a mistake."""
    if symbol is None:
        return None
    if is_blank(symbol):
        raise ArgumentsRequired(f"{CANCEL_ALL_ORDERS} symbol is empty: pass None for every symbol")
    return parse_symbol(symbol, CANCEL_ALL_ORDERS)


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
        where, values = f"{CANCEL_ORDERS} params['{name}']", split_at_commas(name, given.pop(name))
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
    if not is_list(orders):
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
            refs.append(parse_id(f"{CANCEL_ORDER} params['{name}']", value, client=True))
    if not is_blank(given_id):
        refs.append(parse_id(f"{CANCEL_ORDER} id", given_id, client=False))
    if not refs:
        raise ArgumentsRequired(f"{CANCEL_ORDER} requires an id, or params['clientOrderId']")
    clients = [*dict.fromkeys(ref.value for ref in refs if ref.field != "id")]
    if len(clients) > 1:
        raise BadRequest(f"{CANCEL_ORDER} takes one client order id, not two: {clients[0]}, {clients[1]}")
    extra = {name: value for name, value in given.items() if name not in _NOT_SENT_BY_CCXT}
    batch = _batch(CANCEL_ORDER, refs[:1], extra)._replace(process=1)
    known_as = refs[-1] if refs[0].field != refs[-1].field == "id" else None
    restricted = any(bare_name(name) == "cancelrestrictions" for name, _ in batch.extra)
    return Single(batch, known_as, repeats=not restricted)


def parse_all(params: Mapping[str, Any]) -> dict[str, Any]:
    """The checked `params` of `cancel_all_orders`, as the request has them. Raises ``BadRequest``."""
    given = _parse_params(CANCEL_ALL_ORDERS, params)
    return dict(_batch(CANCEL_ALL_ORDERS, (), given).extra)


def old_ids(given_id: object, params: object) -> Mapping[str, Any]:
    """The ids of the old order of an ``edit_order``, by their place in the arguments.

    ccxt's ``edit_order_with_client_order_id`` passes no id. It passes the old order's client order id under
    the name that otherwise means the new order's. An id under a name that `parse_edited` refuses counts, too.
    """
    given: Mapping[Any, Any] = {}
    if isinstance(params, Mapping):
        with suppress(BadRequest):  # `parse_edited` raises it
            given = copied(params, EDIT_ORDER)
    names = [name for name in given if id_field(name) is not None and not is_blank(given[name])]
    of_old = [name for name in OLD_CLIENT_ID_PARAMS.values() if name in names]
    if is_blank(given_id) and not of_old:
        of_old = [name for name in _SINGLE_CLIENT_ID_PARAMS if name in names]
    refused = [name for name in names if name not in _EDIT_ID_PARAMS]
    ids = {
        f"params['{name}']": given[name] if id_field(name) == "id" else marked(given[name])
        for name in (*of_old, *refused)
    }
    return ids if is_blank(given_id) else {"id": given_id, **ids}


def parse_edited(
    given_id: object, params: Mapping[str, Any], texts: Mapping[str, object] = MappingProxyType({})
) -> Edited:
    """Check the `given_id` and `params` of ``edit_order``, which name the old order, without changing them.

    `texts`: further arguments that ccxt sends as texts, by their names. Raises ``ArgumentsRequired`` without
    any id, and ``BadRequest`` that names the value.
    """
    if not isinstance(params, Mapping):
        raise BadRequest(f"{EDIT_ORDER} params is not a dict: {shown(params)}")
    given = copied(params, f"{EDIT_ORDER} params")
    for name in given:
        check_name(EDIT_ORDER, name, _EDIT_ID_PARAMS)
    named = old_ids(given_id, given)
    refs = [parse_id(f"{EDIT_ORDER} {where}", value, client=where != "id") for where, value in named.items()]
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
    for where, value in {**texts, **{f"params['{name}']": value for name, value in left.items()}}.items():
        check_text(f"{EDIT_ORDER} {where}", value)
    ids = [ref for ref in refs if ref.field == "id"]
    news = (exact(left.get(name)) for name in _NEW_CLIENT_ID_PARAMS)
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


def _parse_entry(where: str, entry: object) -> SymbolRef:
    if not isinstance(entry, Mapping):
        raise BadRequest(f"{where} is not a dict: {shown(entry)}")
    entry = copied(entry, where)
    return SymbolRef(parse_symbol(entry.get("symbol"), where), _parse_named(where, entry))


def _parse_named(where: str, entry: Mapping[Any, Any]) -> OrderRef:
    for field in ("id", "clientOrderId"):
        if not is_blank(entry.get(field)):
            return parse_id(f"{where}['{field}']", entry[field], client=field != "id")
    raise ArgumentsRequired(f"{where} has neither an id nor a clientOrderId")


def _parse_named_of(symbol: str | None, where: str, entry: Mapping[Any, Any]) -> OrderRef:
    entry = copied(entry, where)
    if not is_blank(entry.get("symbol")) and parse_symbol(entry["symbol"], where) != symbol:
        raise BadRequest(
            f"{where} is an order of {shown(entry['symbol'])}, not of {shown(symbol)}: "
            "cancel_orders_for_symbols takes orders of several symbols"
        )
    return _parse_named(where, entry)


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
            parse_extra(method, name, value)
            for name, value in params.items()
            if name != "process" and name not in DROPPED
        ),
    )


def _parse_ids(
    where: str, values: object, symbol: str | None = None, *, client: bool = False
) -> Iterator[OrderRef]:
    if not is_list(values):
        raise BadRequest(f"{where} is not a list of ids: {shown(values)}")
    for position, value in enumerate(values):
        here = f"{where}[{position}]"
        if isinstance(value, Mapping) and not client:
            yield _parse_named_of(symbol, here, value)
        else:
            yield parse_id(here, value, client=client)
