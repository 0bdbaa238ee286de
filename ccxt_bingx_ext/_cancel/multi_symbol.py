"""Orders of several symbols: a flow for each, side by side, and what they say in the caller's order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ccxt.base.errors import BadRequest, BaseError, OrderNotFound

from .._bingx.errors import account, add_to_message, most_severe
from .._runner import Gather
from .arguments import Cancellations, OrderRef
from .commands import Flow, Order


def cancel_for_symbols(cancellations: Cancellations, flows: Mapping[str, Flow]) -> Flow:
    """Run `flows` (symbol -> the flow that cancels its batch), and return what all of them say.

    What fails for one symbol keeps nothing from the others. Then the gravest error is raised, with ``orders``
    and ``unresolved`` of all; the latter holds dicts, as they were asked, so that it can be handed back.
    """
    outcomes = dict(zip(flows, (yield Gather([*flows.values()])), strict=True))
    told: dict[tuple[str, OrderRef], Order] = {}
    strays: list[Order] = []
    for symbol, batch in cancellations.batches.items():
        orders, open_ones = _read(outcomes[symbol])
        known = [asked for asked in batch.asked if asked not in open_ones]
        told.update({(symbol, asked): order for asked, order in zip(known, orders, strict=False)})
        strays += orders[len(known) :]
    orders = [told[one] for one in cancellations.asked if one in told] + strays
    errors = {symbol: one for symbol, one in outcomes.items() if isinstance(one, BaseError)}
    if errors:
        error = _as_a_whole(errors, len(outcomes))
        account(error, orders, cancellations.public(settled=told))
        raise error
    return orders


def _read(outcome: Any) -> tuple[list[Order], set[OrderRef]]:
    """The order structures in `outcome`, and the ids that it leaves open."""
    if not isinstance(outcome, BaseError):
        return outcome, set()
    return outcome.orders, {OrderRef.of(one) for one in outcome.unresolved}


def _as_a_whole(errors: Mapping[str, BaseError], symbols: int) -> BaseError:
    error = most_severe([*errors.values()])
    symbol = next(symbol for symbol, one in errors.items() if one is error)
    others = [f"{one} ({type(errors[one]).__name__})" for one in errors if one != symbol]
    add_to_message(error, f"{symbol}{', and also failed: ' + ', '.join(others) if others else ''}")
    all_refused = len(errors) == symbols and all(isinstance(one, OrderNotFound) for one in errors.values())
    if isinstance(error, OrderNotFound) and not all_refused:
        # To a bot OrderNotFound says "gone", of all that it asked for; here it is one symbol's refusal.
        whole = BadRequest(str(error))
        whole.__cause__ = error
        return whole
    return error
