"""The outcome of a call: a value inside, and order structures or an exception at the edge."""

from __future__ import annotations

import re
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
from .failures import Progress, attach_progress, is_ambiguous, progress_of, was_never_sent

Order: TypeAlias = dict[str, Any]
Ref: TypeAlias = OrderRef | SymbolRef | OrderWithoutSymbol | UnknownOrders

UNKNOWN_OUTCOME = "the outcome is unknown: orders in .unresolved may still be live"
_NOT_SENT = "this request was never sent"  # an earlier one of the call may have been
_NOTHING_SENT = "no request about an order was sent"

# Bots that go by the text recognise an order that is gone by these words (passivbot).
_GONE_WORDS = {
    "closed": "already filled",
    "canceled": "already canceled",
    "rejected": "already failed",
    "expired": "already expired",
    None: "the exchange knows no such order",
}


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


def outcome_of_defect(ref: OrderRef, defect: Exception) -> Outcome:
    """The outcome of a cancel of `ref` that `defect` ended. The exchange may have executed it."""
    error = ExchangeError(f"bingx {type(defect).__name__}: {shown(defect)}")
    error.__cause__ = defect
    attach_progress(error, Progress.WRITTEN)
    return Outcome(orders={}, strays=[], unresolved=[ref], error=error)


def copy_of_error(error: BaseError) -> BaseError:
    """An equal error for another caller, because the edge adds attributes to the error that it raises."""
    other = copy(error)
    other.__cause__ = error.__cause__
    return other


def conclude(outcome: Outcome, method: str, remark: str = "") -> list[Order]:
    """The order structures of `outcome`, or its error, raised with ``orders`` and ``unresolved``.

    The message begins with `method`, which the bot called. `remark`: what else it has to say.
    """
    error = outcome.error
    if error is None:
        return outcome.structures
    sent = UNKNOWN_OUTCOME if is_ambiguous(error) else _NOT_SENT if was_never_sent(error) else ""
    attach_outcome(error, outcome.structures, [ref.public for ref in outcome.unresolved])
    raise _dressed(error, method, sent, _named([ref.name for ref in outcome.unresolved]), remark)


def not_found(method: str, ref: OrderRef, status: str | None, refusal: BaseError | None) -> BaseError:
    """The error that names the final `status` of `ref`, or says that the exchange does not know the order."""
    words = f" - {bare_message(refusal, method)}" if refusal is not None else ""
    error = OrderNotFound(f"{method} order not found: {_GONE_WORDS[status]} - order {ref.value}{words}")
    error.__cause__ = refusal
    return error


def most_severe(errors: Sequence[BaseError]) -> BaseError:
    """The most severe error: an unknown outcome outranks a refusal.

    ``OrderNotFound`` ranks last, because by it a bot believes that the order is gone.
    """
    return min(errors, key=lambda one: (not is_ambiguous(one), isinstance(one, OrderNotFound)))


def _named(unresolved: Sequence[str]) -> str:
    """The first ten of `unresolved` as a remark, because many bots pass on messages, not attributes."""
    more = f" and {len(unresolved) - 10} more" if len(unresolved) > 10 else ""
    return f"unresolved: {', '.join(unresolved[:10])}{more}" if unresolved else ""


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
    return (text if begins is None else text[len(begins) + 1 :]).strip()


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
    if not converts:  # the message is about wrong input, and names that
        raise _dressed(failure, method)
    sent = _NOTHING_SENT if progress_of(failure) is Progress.NOT_BEGUN else ""  # it loaded the markets
    raise _dressed(failure, method, sent, _named([_name_of(one) for one in unresolved]))


def _name_of(public: str | Mapping[str, Any]) -> str:
    """An entry of ``unresolved`` as messages name it."""
    if isinstance(public, str):
        return public
    symbol, value = public["symbol"], public.get("id") or public.get("clientOrderId")
    if value is not None:
        return SymbolRef(symbol, OrderRef("id", value)).name
    # A wrong symbol may be anything, and may raise when it is shown.
    return UnknownOrders(symbol if isinstance(symbol, str) else None).name


def _dressed(error: BaseError, method: str, sent: str = "", *remarks: str) -> BaseError:
    """`error` as callers get it: it names `method`, and calls no order gone that may be live.

    ccxt's network errors name only the URL, so a log would not say which call of the bot failed. `sent`: what
    became of the request. It and the `remarks` come before a gateway's page, which would hide them.
    """
    dressed, page = _without_gone(error), ""
    if dressed is None:
        dressed, page = error, _cut_page(error)
        remarks = (sent, *remarks)
    text = f"{method} {bare_message(dressed, method)}".rstrip()
    dressed.args = (" - ".join(filter(None, (text, *remarks, page))),)
    return dressed


def _cut_page(error: BaseError) -> str:
    """Take the page of a gateway out of the message of `error`, and return an excerpt of it."""
    response = _response_of(error)
    if response is None or not response.page:
        return ""
    text = str(error)
    for page in (response.page, response.excerpt):
        # Another part of the message may follow. A short page may equal the HTTP status before it.
        text, found = re.subn(rf"\s+{re.escape(page.strip())}\s*(?= - |$)", "", text, count=1)
        if found:
            error.args = (text,)
            return response.excerpt
    return ""


def _response_of(error: BaseError) -> Response | None:
    return response_of(error) or (response_of(error.__cause__) if error.__cause__ is not None else None)


def _without_gone(error: BaseError) -> BaseError | None:
    """`error` with other words, or a similar error, if it calls orders gone while some may be live.

    Bots read every ``InvalidOrder`` as "gone", and some go by the words. The exchange's own words stand in
    ``exchange_message`` then.
    """
    response = _response_of(error)
    error.exchange_message = response.message if response is not None else ""
    says_gone = calls_orders_gone(str(error))
    is_open = any(order.get("status") == "open" for order in error.orders)
    if not (error.unresolved or is_open) or not (isinstance(error, InvalidOrder) or says_gone):
        return None
    error.exchange_message = error.exchange_message or (response.page if response else "") or str(error)
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
    code = "" if response.code is None else f', "code":{response.code}'
    return f"the exchange refused with HTTP {response.http_status}{code} (see exchange_message): "
