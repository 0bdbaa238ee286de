"""Cancel orders of several symbols: one flow per symbol, and one outcome in the caller's order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from ccxt.base.errors import BadRequest, BaseError, InvalidOrder, OrderNotFound

from .._bingx.errors import carry_ban
from .._ids import SymbolRef
from .._runner import Gather
from .flow import Flow
from .method_names import CANCEL_ORDERS_FOR_SYMBOLS
from .outcome import Outcome, bare_message, most_severe


def cancel_for_symbols(refs: Sequence[SymbolRef], flows: Mapping[str, Flow]) -> Flow:
    """Run `flows` (symbol -> the flow that cancels its batch), and merge their outcomes in order of `refs`.

    A failure on one symbol does not stop the others. The outcome then holds the most severe error.
    """
    outcomes: dict[str, Outcome] = dict(zip(flows, (yield Gather([*flows.values()])), strict=True))
    known = {
        SymbolRef(symbol, ref): order
        for symbol, outcome in outcomes.items()
        for ref, order in outcome.orders.items()
    }
    errors = {symbol: one.error for symbol, one in outcomes.items() if one.error is not None}
    return Outcome(
        orders={ref: known[ref] for ref in refs if ref in known},
        strays=[*chain.from_iterable(outcome.strays for outcome in outcomes.values())],
        unresolved=[ref for ref in refs if ref not in known],
        error=_as_one(errors, all_failed=len(errors) == len(outcomes)) if errors else None,
    )


def _as_one(errors: Mapping[str, BaseError], *, all_failed: bool) -> BaseError:
    """The most severe of `errors` (by symbol), with a message that names the symbols."""
    error = most_severe([*errors.values()])
    symbol = next(symbol for symbol, one in errors.items() if one is error)
    others = [f"{one} ({type(errors[one]).__name__})" for one in errors if one != symbol]
    also = f" - also failed: {', '.join(others)}" if others else ""
    message = f"{symbol}: {bare_message(error, CANCEL_ORDERS_FOR_SYMBOLS)}{also}"
    all_refused = all_failed and all(isinstance(one, OrderNotFound) for one in errors.values())
    raised = error
    if isinstance(error, InvalidOrder) and not all_refused:
        # By an InvalidOrder, a bot believes that all its orders are gone. Here, it is about one symbol only.
        raised = BadRequest(message)
        raised.__cause__ = error
    else:
        error.args = (message,)
    carry_ban(raised, *errors.values())
    return raised
