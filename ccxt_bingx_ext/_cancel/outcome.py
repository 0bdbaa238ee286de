"""The outcome of a call: a value inside, and order structures or an exception at the edge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy, deepcopy
from typing import Any, NamedTuple, TypeAlias

from ccxt.base.errors import (
    BadRequest,
    BadResponse,
    BaseError,
    ExchangeError,
    InvalidOrder,
    OrderNotFound,
)

from .._bingx.errors import Response, response_of
from .._bingx.vocabulary import calls_orders_gone
from .._ids import OrderRef, OrderWithoutSymbol, SymbolRef, UnknownOrders, shown
from .failures import is_ambiguous

Order: TypeAlias = dict[str, Any]
Ref: TypeAlias = OrderRef | SymbolRef | OrderWithoutSymbol | UnknownOrders

UNKNOWN_OUTCOME = "the outcome is unknown: orders in .unresolved may still be live"


class Outcome(NamedTuple):
    """The outcome of a call: every ref stands either in `orders` or in `unresolved`.

    `orders`: order structures in asking order. `strays`: those of entries that match no id of the call.
    `unresolved`: orders that may still be live, sent or not. `error`: the error to raise, if any.
    """

    orders: Mapping[Any, Order]  # by OrderRef, or by SymbolRef
    strays: Sequence[Order]
    unresolved: Sequence[Ref]
    error: BaseError | None = None

    @property
    def structures(self) -> list[Order]:
        """The order structures as callers get them: in asking order, strays at the end."""
        return [*self.orders.values(), *self.strays]


def copy_of(outcome: Outcome) -> Outcome:
    """An equal outcome that shares nothing mutable with `outcome`, because a caller may change its own."""
    error = None if outcome.error is None else copy_of_error(outcome.error)
    return deepcopy(outcome._replace(error=None))._replace(error=error)


def copy_of_error(error: BaseError) -> BaseError:
    """An equal error for another caller, because the edge adds attributes to the error that it raises."""
    other = copy(error)
    other.__cause__ = error.__cause__
    return other


def conclude(outcome: Outcome, method: str) -> list[Order]:
    """The order structures of `outcome`, or its error, raised with ``orders`` and ``unresolved``.

    The message begins with `method`, which the bot called.
    """
    error = outcome.error
    if error is None:
        return outcome.structures
    if is_ambiguous(error):
        add_to_message(error, UNKNOWN_OUTCOME)
    attach_outcome(error, outcome.structures, [ref.public for ref in outcome.unresolved])
    dressed = _dressed(error, method)
    _name_unresolved(dressed, [ref.name for ref in outcome.unresolved])
    raise dressed


def most_severe(errors: Sequence[BaseError]) -> BaseError:
    """The most severe error: an unknown outcome outranks a refusal.

    ``OrderNotFound`` ranks last, because by it a bot believes that the order is gone.
    """
    return min(errors, key=lambda one: (not is_ambiguous(one), isinstance(one, OrderNotFound)))


def _name_unresolved(error: BaseError, names: Sequence[str]) -> None:
    """Add the first ten `names` to the message, because many bots pass on messages, not attributes."""
    if not all(name in str(error) for name in names[:10]):
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        add_to_message(error, f"unresolved: {', '.join(names[:10])}{more}")


def add_to_message(error: BaseError, remark: str) -> None:
    """Append `remark` to the message of `error`, which stays the same object and class."""
    error.args = (f"{error} - {remark}",)


def attach_outcome(error: BaseError, orders: Sequence[Mapping[str, Any]], unresolved: Sequence[Any]) -> None:
    """Add to `error` the known orders (``orders``) and those that may still be live (``unresolved``)."""
    error.orders = list(orders)
    error.unresolved = list(unresolved)


def bare_message(error: BaseError, *prefixes: str) -> str:
    """The message of `error` without the first of `prefixes`, or ccxt's own prefix, that it begins with."""
    text = str(error)
    begins = next((one for one in (*prefixes, "bingx") if text.startswith(f"{one} ")), None)
    return text if begins is None else text[len(begins) + 1 :]


@contextmanager
def unresolved_on_error(unresolved: Sequence[Any], method: str, *, converts: bool = False) -> Iterator[None]:
    """Put all of `unresolved` on every ccxt error that leaves the block without lists of its own.

    The message begins with `method`, which the bot called. With `converts`, the block raises ccxt errors
    only, and their messages name `unresolved`: settings of an odd type, say, raise Python's own errors.
    """
    try:
        yield
        return
    except BaseError as error:
        if hasattr(error, "unresolved"):
            raise
        failure: BaseError = error
    except Exception as error:
        if not converts:
            raise
        failure = ExchangeError(f"{type(error).__name__}: {shown(error)}")
        failure.__cause__ = error
    attach_outcome(failure, [], unresolved)
    dressed = _dressed(failure, method)
    if converts:  # otherwise the message is about wrong input, and names that
        _name_unresolved(dressed, [_name_of(one) for one in unresolved])
    raise dressed


def _name_of(public: str | Mapping[str, Any]) -> str:
    """An entry of ``unresolved`` as messages name it."""
    if isinstance(public, str):
        return public
    symbol, value = public["symbol"], public.get("id") or public.get("clientOrderId")
    if value is not None:
        return SymbolRef(symbol, OrderRef("id", value)).name
    # A wrong symbol may be anything, and may raise when it is shown.
    return UnknownOrders(symbol if isinstance(symbol, str) else None).name


def _dressed(error: BaseError, method: str) -> BaseError:
    """`error` as callers get it: it names `method`, and calls no order gone that may be live.

    ccxt's network errors name only the URL, so a log would not say which call of the bot failed.
    """
    dressed = _without_gone(error)
    if not str(dressed).startswith(method):
        dressed.args = (f"{method} {bare_message(dressed).strip()}".rstrip(),)
    return dressed


def _without_gone(error: BaseError) -> BaseError:
    """`error`, or a similar error that does not call orders gone while some may be live.

    Bots read every ``InvalidOrder`` as "gone", and some go by the words. The exchange's own words stand in
    ``exchange_message`` then.
    """
    response = response_of(error) or (response_of(error.__cause__) if error.__cause__ is not None else None)
    error.exchange_message = response.message if response is not None else ""
    says_gone = calls_orders_gone(str(error))
    is_open = any(order.get("status") == "open" for order in error.orders)
    if not (error.unresolved or is_open) or not (isinstance(error, InvalidOrder) or says_gone):
        return error
    error.exchange_message = error.exchange_message or str(error)
    remark = UNKNOWN_OUTCOME if is_ambiguous(error) else "orders in .orders or .unresolved may still be live"
    message = f"{_refusal(response)}{remark}"
    if not isinstance(error, InvalidOrder):
        error.args = (message,)
        return error
    dressed = BadResponse(message) if is_ambiguous(error) else BadRequest(message)
    dressed.exchange_message = error.exchange_message
    attach_outcome(dressed, error.orders, error.unresolved)
    dressed.__cause__ = error
    return dressed


def _refusal(response: Response | None) -> str:
    if response is None:
        return ""
    code = f'HTTP {response.http_status}, "code":{response.code}'
    return f"the exchange refused with {code} (see exchange_message): "
