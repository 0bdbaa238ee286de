"""The values that name orders, which every module passes on. No I/O, no exchange object."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, SupportsIndex, TypeAlias

from ccxt.base.errors import BadRequest

from ._redact import hide_credentials

if TYPE_CHECKING:
    from typing_extensions import Self

# A caller may pass one of these as an id. SupportsIndex is an int, or one of numpy's.
OrderId: TypeAlias = str | SupportsIndex | Mapping[str, Any]


_NUMPYS_BOOLEANS = (
    "bool",
    "bool_",
)  # up to numpy 2.2 they have an __index__, which only warns (seen in 2.2.6)


class ClientOrderId(str):
    """A client order id. It equals the plain string, and its type distinguishes it from an order id.

    `cancel_orders` and `cancel_order` accept it in place of an order id, and cancel by client order id. So
    you can pass an error's ``unresolved`` back as it is. JSON drops the type: `unresolved_as_json` keeps it.

    Takes a str or an int. Raises ``BadRequest`` for anything else: an order structure without a client order
    id has None there, and "None" is another order's id.
    """

    __slots__ = ()

    def __new__(cls, value: str | int) -> Self:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise BadRequest(f"bingx ClientOrderId takes a string or an int: {shown(value)}")
        return super().__new__(cls, value)


class OrderRef(NamedTuple):
    """One order as the caller named it. `field` is the order structure's name for the id."""

    field: str  # "id" or "clientOrderId"
    value: str

    @property
    def public(self) -> str:
        """The id as callers see it in ``unresolved``."""
        return self.value if self.field == "id" else ClientOrderId(self.value)

    @property
    def name(self) -> str:
        """The order as messages name it."""
        return self.value


class SymbolRef(NamedTuple):
    """One order of one symbol, where a call concerns several symbols."""

    symbol: str
    ref: OrderRef

    @property
    def public(self) -> dict[str, str]:
        """The entry as callers see it in ``unresolved``."""
        return {self.ref.field: self.ref.value, "symbol": self.symbol}

    @property
    def name(self) -> str:
        """The order as messages name it."""
        return f"{self.ref.value} ({self.symbol})"


class OrderWithoutSymbol(NamedTuple):
    """One order of an unknown symbol."""

    ref: OrderRef

    @property
    def public(self) -> dict[str, str | None]:
        """The entry as callers see it in ``unresolved``. No method accepts it: you must find the symbol."""
        return {self.ref.field: self.ref.value, "symbol": None}

    @property
    def name(self) -> str:
        """The order as messages name it."""
        return f"{self.ref.value} (of an unknown symbol)"


class UnknownOrders(NamedTuple):
    """All orders of a symbol, or of every symbol: some may be live, and the plugin does not know which."""

    symbol: str | None

    @property
    def public(self) -> dict[str, str | None]:
        """The entry as callers see it in ``unresolved``. No method accepts it: you must list open orders."""
        return {"id": None, "symbol": self.symbol}

    @property
    def name(self) -> str:
        """The orders as messages name them."""
        return f"all open orders of {self.symbol or 'all symbols'}"


def unresolved_as_json(error: BaseException) -> list[dict[str, str | None]]:
    """Return the ``unresolved`` of `error` in a form that survives JSON, a database or a queue.

    The list has one dict per order: ``{"id": str}`` or ``{"clientOrderId": str}``. It has a ``"symbol"``,
    too, if `error` comes from `cancel_orders_for_symbols` or `cancel_all_orders`.

    `cancel_orders` accepts a list of its own, of `cancel_order` and of `edit_order`. The last two accept no
    dicts themselves. `cancel_orders_for_symbols` accepts a list of its own, and of `cancel_all_orders`
    without the entries whose id is None. A value that could not be an id becomes text, which the method
    refuses again.

    Raises ``AttributeError`` if `error` has no ``unresolved``. Such an error does not say which orders are
    live.
    """
    unresolved: Sequence[Any] = error.unresolved  # type: ignore[attr-defined]
    return [_as_entry(one) for one in unresolved]


def _as_entry(given: Any) -> dict[str, str | None]:
    entry = {"id": given}
    if isinstance(given, Mapping):
        try:
            entry = dict(given)
        except Exception:  # a caller's own mapping may raise anything
            entry = {"id": shown(given)}
    has_only_client_id = is_blank(entry.get("id")) and not is_blank(entry.get("clientOrderId"))
    field = "clientOrderId" if has_only_client_id else "id"
    value = entry.get(field)
    named = {"clientOrderId" if isinstance(value, ClientOrderId) else field: _as_text(value)}
    return {**named, "symbol": _as_text(entry["symbol"])} if "symbol" in entry else named


def _as_text(given: Any) -> str | None:
    value = exact(given)
    return value if value is None or isinstance(value, str) else shown(value)


def exact(given: Any) -> Any:
    """`given` as a plain str, int or float if its type extends one (an enum) or has ``__index__`` (numpy's).

    Such a type may show another text than the one that the plugin checked, or raise when compared.
    """
    if isinstance(given, str):
        return str.__str__(given)
    if isinstance(given, bool):
        return given
    if isinstance(given, int):
        return int.__index__(given)
    if isinstance(given, float):
        return float.__float__(given)
    if hasattr(type(given), "__index__") and type(given).__name__ not in _NUMPYS_BOOLEANS:
        try:
            return operator.index(given)
        except Exception:  # an array has an __index__ that refuses
            return given
    return given


def is_blank(given: object) -> bool:
    """Whether `given` is None or an empty string, whatever its ``__eq__`` and ``__bool__`` do."""
    return given is None or (isinstance(given, str) and not exact(given))


def shown(value: object) -> str:
    """`value` as messages show it: at most 100 characters, no password, and never an error of its own."""
    try:
        text = hide_credentials(repr(value))
    except Exception:
        # Python cannot write an int of thousands of digits. A caller's own __repr__ may raise anything.
        kind = type(value).__name__
        text = f"a very large {kind}" if isinstance(value, int) else f"a value of type {kind} without a text"
    return text if len(text) <= 100 else f"{text[:100]}…"


class Batch(NamedTuple):
    """Distinct orders of one symbol in asking order (order ids first), and how to cancel them.

    `process` is 0, 1 or None (not sent; the exchange's default is 0). `extra` holds the caller's further
    parameters, as they will be sent.
    """

    refs: tuple[OrderRef, ...]
    process: int | None = None
    extra: tuple[tuple[str, Any], ...] = ()

    @property
    def all_or_nothing(self) -> bool:
        """Whether one invalid id makes the exchange refuse the whole request (``process`` 0)."""
        return self.process != 1

    def parts(self, size: int) -> Iterator[Batch]:
        """The batches to send: of at most `size` ids each, or a single one if it is all or nothing."""
        step = len(self.refs) if self.all_or_nothing else size
        for start in range(0, len(self.refs), max(step, 1)):
            yield self._replace(refs=self.refs[start : start + step])

    def again(self, refs: Sequence[OrderRef]) -> Batch:
        """A batch that cancels `refs` once more, each id by itself (``process`` 1)."""
        return self._replace(refs=tuple(refs), process=1)
