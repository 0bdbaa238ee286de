"""How a batch of one symbol is cancelled: send, account, send again. Written once, as generators.

A flow yields commands (frozen descriptions of I/O) and receives their results, or has the ccxt error thrown
into it. It does no I/O itself and knows neither sync nor async: `_runner` runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import chain, islice
from typing import Any, TypeAlias

from ccxt.base.errors import BadRequest, BadResponse, BadSymbol, BaseError, OrderNotFound, RateLimitExceeded

from .._bingx.vocabulary import Words
from .._ids import Batch, OrderRef
from .._runner import Gather
from .attempt import send
from .commands import Command, LoadMarkets
from .failures import is_ambiguous
from .ledger import OrderReport, UnexpectedResponse, report_of_refusal
from .outcome import Outcome, add_to_message, most_severe
from .reconcile import query_unsettled, reconcile_batch
from .run import CancelContext, CancelRun

REFUSED_AS_A_WHOLE = (
    'nothing was cancelled: one id made the exchange refuse the whole list; {"process": 1} cancels the others'
)

Flow: TypeAlias = Generator[Command | Gather, Any, Outcome]


def cancel_batch(batch: Batch, market_id: str, context: CancelContext) -> Flow:
    """Cancel `batch`, and account for every id of it. No ccxt error leaves: it stands in the outcome."""
    run = CancelRun(batch, market_id, context)
    try:
        yield from _cancel_and_account(run)
    except BaseError as error:
        if run.reconciled and not isinstance(error, RateLimitExceeded):
            yield from query_unsettled(run, run.reconciled)
        return run.outcome(error)
    return run.outcome()


def cancel_unloaded(
    batch: Batch,
    guessed_id: str,
    context: CancelContext,
    load: Callable[[], tuple[Batch, str, CancelContext]],
) -> Flow:
    """`cancel_batch` before the markets are loaded, with the market id guessed from the symbol.

    If the exchange knows neither symbol nor order by that id, the flow loads the markets. `load` then returns
    what `cancel_batch` takes; if its market id is another one, the flow cancels there.
    """
    outcome = yield from cancel_batch(batch, guessed_id, context)
    if not _knows_nothing(outcome):
        return outcome
    try:
        yield LoadMarkets()
        batch, market_id, context = load()
    except BaseError as error:
        # What the exchange said of the orders matters more than why nobody can check the guess. But that
        # the symbol does not exist is why it refused.
        is_why = outcome.error is not None and isinstance(error, BadSymbol)
        return outcome._replace(error=error) if is_why else outcome
    if market_id == guessed_id:
        return outcome
    return (yield from cancel_batch(batch, market_id, context))


def _knows_nothing(outcome: Outcome) -> bool:
    """Whether the exchange knows no such symbol or order: under another market id it may."""
    error = outcome.error
    if error is None:
        return all(order["status"] is None for order in outcome.structures)
    says_so = isinstance(error, (BadSymbol, BadRequest, OrderNotFound)) or isinstance(
        error.__cause__, OrderNotFound
    )
    return says_so and not outcome.structures and not Words(str(error)).states


def _cancel_and_account(run: CancelRun) -> Generator[Command | Gather, Any, None]:
    context, ledger = run.context, run.ledger
    repeatable = yield from _send_parts(run, run.batch.parts(context.batch_size))
    omitted = [ref for ref in repeatable if ledger[ref] is None]
    # In a request for one id, an entry that names no id can only mean that one.
    size = 1 if context.endpoint.schema.may_be_unnamed else context.batch_size
    yield from _send_parts(run, run.batch.again(omitted).parts(size))
    yield from query_unsettled(run, [*run.reconciled, *omitted])
    if ledger.unsettled:
        raise _unsettled_error(run, ledger.unsettled)


def _send_parts(run: CancelRun, parts: Iterator[Batch]) -> Generator[Command | Gather, Any, list[OrderRef]]:
    """Send `parts`, as many at once as the context says, until one fails.

    Returns the refs that the flow may send again if a response omitted them.
    """
    repeatable: list[OrderRef] = []
    while wave := [*islice(parts, run.context.at_once)]:
        sendings = [_send_part(run, part) for part in wave]
        if len(sendings) == 1:
            repeatable += yield from sendings[0]
            continue
        results = yield Gather(sendings)
        if errors := [one for one in results if isinstance(one, BaseError)]:
            raise most_severe(errors)
        repeatable += chain.from_iterable(results)
    return repeatable


def _send_part(run: CancelRun, part: Batch) -> Generator[Command, Any, Sequence[OrderRef]]:
    """Send `part`, and reconcile it if the outcome is ambiguous."""
    try:
        return (yield from _send_once(run, part))
    except BaseError as error:
        if not is_ambiguous(error):
            raise
        failure = error
    yield from reconcile_batch(run, part, failure)
    run.reconciled += part.refs
    return part.refs


def _send_once(run: CancelRun, part: Batch) -> Generator[Command, Any, Sequence[OrderRef]]:
    try:
        response = yield from send(run.cancel(part), run.context)
    except OrderNotFound as error:
        if is_ambiguous(error):
            raise
        return _accept_refusal(run, part, error)
    try:
        reports = run.ledger.read(response, part.refs)
    except UnexpectedResponse as unexpected:
        raise BadResponse(
            f"{run.context.method} the response is not the documented one: {unexpected}"
        ) from unexpected
    if not part.all_or_nothing or len(part.refs) == 1 or _shows_execution(run, part, reports):
        return part.refs
    unsettled = [ref for ref in part.refs if run.ledger[ref] is None]
    if unsettled:
        # One by one, the exchange would cancel some of what had to be cancelled together or not at all.
        raise _unsettled_error(run, unsettled)
    return ()


def _accept_refusal(run: CancelRun, part: Batch, refusal: BaseError) -> Sequence[OrderRef]:
    """Account for an ``OrderNotFound`` in place of a list of orders."""
    if part.all_or_nothing:
        add_to_message(refusal, REFUSED_AS_A_WHOLE)
        raise refusal
    if len(part.refs) > 1:
        # No document knows such a response to process 1. A bot takes OrderNotFound for "gone".
        raise BadResponse(f"{refusal} - the exchange does not say which of these orders") from refusal
    run.ledger.enter(part.refs[0], report_of_refusal(refusal))
    return ()


def _shows_execution(run: CancelRun, part: Batch, reports: Sequence[OrderReport]) -> bool:
    """Whether the exchange executed an all-or-nothing `part`: something is cancelled, nothing failed."""
    known = [run.ledger[ref] for ref in part.refs]
    cancelled = any(report is not None and report.status == "canceled" for report in known)
    return cancelled and all(report.listed == "orders" for report in reports)


def _unsettled_error(run: CancelRun, unsettled: Sequence[OrderRef]) -> BaseError:
    named = [(ref.value, run.ledger.words(ref)) for ref in unsettled[:10]]
    shown = ", ".join(f"{value} ({words[:100]})" if words else value for value, words in named)
    more = f" and {len(unsettled) - 10} more" if len(unsettled) > 10 else ""
    return BadResponse(f"{run.context.method} the response does not settle every id: {shown}{more}")
