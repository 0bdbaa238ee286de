"""Read the ids of one call, each iterable once, and keep every one of them for an error. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ccxt.base.errors import BaseError

from .._ids import ClientOrderId, exact
from .method_names import CANCEL_ORDERS, CANCEL_ORDERS_FOR_SYMBOLS
from .values import copied, id_field, is_list, marked, split_at_commas


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
            fields = {name: field for name in self.params if (field := id_field(name)) is not None}
            for name, field in sorted(fields.items(), key=lambda item: item[1] != "id"):
                values = split_at_commas(name, self.params[name])
                self.params[name] = self._read(values, self._as_named(field), failures)
        if failures:
            raise failures[0]

    def _as_named(self, field: str) -> Callable[[Any], Any]:
        """Return how `unresolved` names an id from the params, in the form that the method accepts."""
        if self._method == CANCEL_ORDERS_FOR_SYMBOLS:
            return lambda one: {field: one}
        return marked if field != "id" else lambda one: one

    def _read(self, values: object, as_named: Callable[[Any], Any], failures: list[BaseError]) -> object:
        if values is None:
            return None
        read: list[Any] = []
        try:
            for one in values if is_list(values) else (values,):
                read.append(one)
                self._leave_unresolved(as_named(one))
        except BaseError as error:
            # The error may carry the list of another call, which would hide these ids.
            self.unresolved += vars(error).pop("unresolved", [])
            failures.append(error)
        return read if is_list(values) else values

    def _leave_unresolved(self, named: Any) -> None:
        if _is_new(named, self._named):
            self.unresolved.append(named)


def distinct(named: Iterable[Any]) -> list[Any]:
    """Each of the names of orders once, in their order."""
    seen: set[object] = set()
    return [one for one in named if _is_new(one, seen)]


def _is_new(named: Any, seen: set[object]) -> bool:
    """Whether `named` is not among those `seen`, to which it is added."""
    key = _key_of(named)
    is_new = key is None or key not in seen
    seen.add(key)
    return is_new


def _key_of(named: Any) -> object:
    """A value that is the same for the same name of an order; None if the plugin cannot compare the name."""
    if type(named) is dict:
        parts = [_key_of(one) for item in named.items() for one in item]
        return None if None in parts else tuple(parts)
    value = exact(named)
    return (isinstance(named, ClientOrderId), type(value), value) if type(value) in (str, int) else None
