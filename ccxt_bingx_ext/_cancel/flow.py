"""How a list of orders is cancelled: send, account, ask again. A generator, so that it is written once.

The flow yields calls (frozen descriptions of I/O) and is sent their results, or has the ccxt error thrown
into it. It does no I/O itself and knows neither sync nor async: `_drive` runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from ccxt.base.errors import BadRequest, BadResponse, BadSymbol, BaseError, OrderNotFound, RateLimitExceeded

from .._bingx.errors import account, add_to_message, most_severe, redact_chain, report_of_refusal
from .._runner import Gather
from .arguments import METHOD, Batch, OrderRef
from .attempt import send
from .commands import Call, Cancel, CancelContext, Flow, LoadMarkets, Order
from .failures import is_ambiguous
from .ledger import Ledger, OrderReport, UnexpectedResponse, states_in_words
from .reconcile import query_unsettled, reconcile_batch

REFUSED_AS_A_WHOLE = 'nothing was cancelled: one id failed the whole request, {"process": 1} cancels the rest'
UNKNOWN_OUTCOME = "whether it was executed could not be found out, the orders in .unresolved may be live"


def cancel_batch(batch: Batch, market_id: str, plan: CancelContext) -> Flow:
    """Cancel `batch` and return one order structure per asked id, in asking order.

    A ccxt error, thrown in or raised here, leaves with ``orders`` and ``unresolved``; anything else passes
    through untouched.
    """
    ledger = Ledger(batch.asked, plan.endpoint.shape)
    lost: list[OrderRef] = []
    try:
        askable = yield from _send_all(batch.parts(plan.batch_size), market_id, ledger, plan, lost)
        forgotten = [asked for asked in askable if ledger[asked] is None]
        # In a request for one id, an entry that names none can only be about that one.
        size = 1 if plan.endpoint.shape.may_be_unnamed else plan.batch_size
        yield from _send_all(batch.again(forgotten).parts(size), market_id, ledger, plan, lost)
        yield from query_unsettled([*lost, *forgotten], market_id, ledger, plan)
        if ledger.unsettled:
            raise _unaccounted(ledger, ledger.unsettled)
    except BaseError as error:
        if lost and not isinstance(error, RateLimitExceeded):
            yield from query_unsettled(lost, market_id, ledger, plan)
        if is_ambiguous(error):
            add_to_message(error, UNKNOWN_OUTCOME)
        redact_chain(error)
        account(error, _orders(ledger, plan), [asked.public for asked in ledger.unsettled])
        raise
    return _orders(ledger, plan)


def cancel_unloaded(
    batch: Batch, guessed_id: str, plan: CancelContext, loaded: Callable[[], tuple[str, CancelContext]]
) -> Flow:
    """`cancel_batch` before the markets are loaded: the market id is told from the symbol.

    If the exchange then knows neither symbol nor order, the markets are loaded, and where `loaded` names
    another market id (and the plan that goes with it), the batch is asked for again there.
    """
    refused: BaseError | None = None
    orders: list[Order] = []
    try:
        orders = yield from cancel_batch(batch, guessed_id, plan)
    except BaseError as error:
        if not _knows_nothing(error):
            raise
        refused = error
    if any(order["status"] is not None for order in orders):
        return orders
    market_id, right_plan = guessed_id, plan
    try:
        yield LoadMarkets()
        market_id, right_plan = loaded()
    except BaseError as error:
        # What the exchange said of the orders matters more than why it cannot be checked; but a symbol
        # that does not exist is why.
        if refused is not None and isinstance(error, BadSymbol):
            account(error, refused.orders, refused.unresolved)
            raise
    if market_id != guessed_id:
        return (yield from cancel_batch(batch, market_id, right_plan))
    if refused is not None:
        raise refused
    return orders


def _knows_nothing(error: BaseError) -> bool:
    """Whether the exchange said that it knows no such symbol or order: under another market id it may."""
    says_so = isinstance(error, (BadSymbol, BadRequest, OrderNotFound)) or isinstance(
        error.__cause__, OrderNotFound
    )
    return says_so and not error.orders and not states_in_words(str(error))


def _send_all(
    parts: Iterator[Batch], market_id: str, ledger: Ledger, plan: CancelContext, lost: list[OrderRef]
) -> Generator[Call | Gather, Any, list[OrderRef]]:
    """Send `parts`, so many at once as the plan says, until one fails.

    Returns the ids that may be asked again where an answer forgot them; adds to `lost` those whose answer
    was lost and found out.
    """
    askable: list[OrderRef] = []
    while wave := [*islice(parts, plan.at_once)]:
        sendings = [_send(part, market_id, ledger, plan, lost) for part in wave]
        if len(sendings) == 1:
            askable += yield from sendings[0]
            continue
        outcomes = yield Gather(sendings)
        if errors := [one for one in outcomes if isinstance(one, BaseError)]:
            raise most_severe(errors)
        askable += chain.from_iterable(outcomes)
    return askable


def _send(
    part: Batch, market_id: str, ledger: Ledger, plan: CancelContext, lost: list[OrderRef]
) -> Generator[Call, Any, Sequence[OrderRef]]:
    try:
        return (yield from _ask(part, market_id, ledger, plan))
    except BaseError as error:
        if not is_ambiguous(error):
            raise
        failure = error
    yield from reconcile_batch(part, market_id, ledger, plan, failure)
    lost += part.asked
    return part.asked


def _ask(
    part: Batch, market_id: str, ledger: Ledger, plan: CancelContext
) -> Generator[Call, Any, Sequence[OrderRef]]:
    try:
        answer = yield from send(Cancel(plan.endpoint, plan.endpoint.request(part, market_id)), plan)
    except OrderNotFound as error:
        if is_ambiguous(error):
            raise
        if part.all_or_nothing:
            add_to_message(error, REFUSED_AS_A_WHOLE)
            raise
        if len(part.asked) > 1:
            # The documentation knows no such answer to process=1. A bot takes OrderNotFound for "gone".
            raise BadResponse(f"{error} - which of these orders it means is unknown") from error
        ledger.enter(part.asked[0], report_of_refusal(error))
        return ()
    try:
        claims = ledger.read(answer, part.asked)
    except UnexpectedResponse as undocumented:
        raise BadResponse(f"{METHOD} the answer is not the documented one: {undocumented}") from undocumented
    if part.all_or_nothing and len(part.asked) > 1 and not _shows_execution(part, ledger, claims):
        unsettled = [asked for asked in part.asked if ledger[asked] is None]
        if unsettled:
            # Asking one by one would cancel some of what had to be cancelled together or not at all.
            raise _unaccounted(ledger, unsettled)
        return ()
    return part.asked


def _shows_execution(part: Batch, ledger: Ledger, claims: Sequence[OrderReport]) -> bool:
    """Whether the all-or-nothing request for `part` was executed: something is cancelled, nothing failed."""
    known = [ledger[asked] for asked in part.asked]
    cancelled = any(claim is not None and claim.status == "canceled" for claim in known)
    return cancelled and all(claim.listed == "orders" for claim in claims)


def _unaccounted(ledger: Ledger, unsettled: Sequence[OrderRef]) -> BaseError:
    said = [(asked.value, ledger.words(asked)) for asked in unsettled[:10]]
    shown = ", ".join(f"{value} ({words[:100]})" if words else value for value, words in said)
    more = f" and {len(unsettled) - 10} more" if len(unsettled) > 10 else ""
    return BadResponse(f"{METHOD} the exchange's answer does not settle every id asked: {shown}{more}")


def _orders(ledger: Ledger, plan: CancelContext) -> list[Order]:
    return [plan.build_order(asked, claim) for asked, claim in ledger.known]
