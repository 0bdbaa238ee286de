"""Cancel a batch of one symbol: send it, account for the response, send again. Written as generators.

A flow yields commands (frozen descriptions of I/O) and receives their results. If a command fails, `_runner`
throws the ccxt error into the flow. The flow does no I/O itself, and is neither sync nor async.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import chain, islice
from typing import Any, TypeAlias

from ccxt.base.errors import (
    BadRequest,
    BadResponse,
    BadSymbol,
    BaseError,
    DDoSProtection,
    OrderNotFound,
    RateLimitExceeded,
)

from .._bingx.errors import carry_ban, names_a_state, response_of
from .._bingx.vocabulary import calls_orders_gone
from .._ids import Batch, OrderRef
from .._redact import shorten
from .._runner import Gather
from .commands import Command, LoadMarkets
from .failures import is_ambiguous, refuses_the_list
from .ledger import OrderReport, UnexpectedResponse, report_of_refusal
from .outcome import Outcome, most_severe, not_found
from .reconcile import query_unsettled, reconcile_batch
from .run import CancelContext, CancelRun
from .submit import submit

REFUSED_AS_A_WHOLE = (
    "nothing was cancelled, because the exchange refused the whole list for one id: "
    'pass {"process": 1} to cancel the others'
)
FORGETS_CLIENT_IDS = (
    "the exchange does not recognize the client order id, which it forgets after two hours. The order may be "
    "live: find its order id, and cancel by that"
)
MOST_SPLITS = 14  # further requests that a refused list may cost. One bad id among 50 takes 12
MOST_REFUSED = 3  # ids that the exchange may refuse one after the other before it has accepted a list

Flow: TypeAlias = Generator[Command | Gather, Any, Outcome]


def cancel_batch(batch: Batch, market_id: str, context: CancelContext) -> Flow:
    """Cancel `batch`, and account for every id of it. The outcome holds any ccxt error."""
    run = CancelRun(batch, market_id, context)
    try:
        shortcoming = yield from _cancel_and_account(run)
    except BaseError as error:
        if not isinstance(error, (RateLimitExceeded, DDoSProtection)) and not getattr(error, "banned", False):
            yield from query_unsettled(run, [*run.reconciled, *run.ledger.unclear])
        return run.outcome(_unless_forgotten(run, error))
    return run.outcome(shortcoming)


def _unless_forgotten(run: CancelRun, error: BaseError) -> BaseError:
    """`error`, or a ``BadRequest`` in place of an ``OrderNotFound`` that proves nothing.

    The exchange forgets a client order id after two hours, and not the order (docs).
    """
    (ref, *others), ledger = run.batch.refs, run.ledger
    report = ledger[ref]
    is_unknown = not others and ref.field != "id" and report is not None and report.status is None
    if not is_unknown or not isinstance(error, OrderNotFound):
        return error
    ledger.forget_unknown([ref])
    failure = BadRequest(f"{run.context.method} {FORGETS_CLIENT_IDS}: {ref.value}")
    failure.__cause__ = run.gone.get(ref, error)
    return failure


def cancel_unloaded(
    batch: Batch,
    guessed_id: str,
    context: CancelContext,
    load: Callable[[], tuple[Batch, str, CancelContext]],
) -> Flow:
    """`cancel_batch` before the markets are loaded, with the market id guessed from the symbol.

    If the exchange knows neither the symbol nor the order by that id, the flow loads the markets. Then `load`
    returns the arguments of `cancel_batch`. If their market id is another one, the flow cancels there.
    """
    outcome = yield from cancel_batch(batch, guessed_id, context)
    if not _knows_nothing(outcome):
        return outcome
    try:
        yield LoadMarkets()
        batch, market_id, context = load()
    except BadSymbol as error:  # the reason for a refusal by the exchange
        return outcome if outcome.error is None else outcome._replace(error=error)
    except BaseError as error:
        # The guess stays unchecked, so that an unknown order proves nothing.
        refusal = outcome.error
        why = error if refusal is None or isinstance(refusal, OrderNotFound) else refusal
        return outcome._replace(orders={}, unresolved=batch.refs, error=why)
    if market_id == guessed_id:
        return outcome
    return (yield from cancel_batch(batch, market_id, context))


def cancel_guessed(
    flow: Flow, batch: Batch, guessed_id: str, context: CancelContext, unloaded: BaseError
) -> Flow:
    """`flow`, which cancels `batch` at a guessed market id, because loading the markets failed (`unloaded`).

    If the exchange knows neither the symbol nor the order by that id, the order stays unresolved.
    """
    outcome = yield from flow
    if not _knows_nothing(outcome):
        return outcome
    failure = BadResponse(
        f"{context.method} the exchange did not recognize the order at {guessed_id}. The plugin guessed that "
        f"name, because the markets could not be loaded ({type(unloaded).__name__})"
    )
    failure.__cause__ = unloaded
    carry_ban(failure, unloaded)
    return outcome._replace(orders={}, unresolved=batch.refs, error=failure)


def _knows_nothing(outcome: Outcome) -> bool:
    """Whether the exchange knows no such symbol or order. It may know them by another market id."""
    if any(order["status"] is not None for order in outcome.structures):
        return False
    error = outcome.error
    refusal = error.__cause__ if error is not None and isinstance(error.__cause__, OrderNotFound) else error
    return refusal is None or (
        isinstance(refusal, (BadSymbol, BadRequest, OrderNotFound)) and not names_a_state(refusal)
    )


def _cancel_and_account(run: CancelRun) -> Generator[Command | Gather, Any, BaseError | None]:
    """Send every part. Returns an error if an id is still unsettled in the end, or None."""
    context, ledger = run.context, run.ledger
    repeatable = yield from _send_parts(run, run.batch.parts(context.batch_size))
    omitted = [ref for ref in repeatable if ledger[ref] is None]
    run.note_omitted([ref for ref in omitted if ledger.report_on(ref) is None])
    yield from query_unsettled(run, omitted)
    live = [ref for ref in omitted if (report := ledger[ref]) is None or report.status == "open"]
    # In a request for one id, an entry that names no id means that id.
    size = 1 if context.endpoint.schema.may_be_unnamed else context.batch_size
    yield from _send_parts(run, run.batch.again(live).parts(size))
    yield from query_unsettled(run, [*run.reconciled, *omitted, *ledger.unclear])
    if run.refused:
        return most_severe([*run.refused.values()])
    return unsettled_error(run, ledger.unsettled) if ledger.unsettled else None


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
    """Send `part`. Reconcile an ambiguous outcome, and split a list that the exchange refuses."""
    if len(part.refs) >= run.too_many and not part.all_or_nothing:
        return (yield from _send_halves(run, part))
    try:
        return (yield from send_once(run, part))
    except BaseError as error:
        failure = error
    if is_ambiguous(failure):
        yield from reconcile_batch(run, part, failure)
        run.reconciled += part.refs
        return part.refs
    if part.all_or_nothing or not refuses_the_list(failure):
        raise failure
    if len(part.refs) == 1:
        # The others must not stay live because of this one.
        run.refused[part.refs[0]] = failure
        if len(run.refused) >= MOST_REFUSED and not run.ledger.has_reports:
            raise failure  # the reason is not one id
        return ()
    if run.splits >= MOST_SPLITS:
        raise failure
    run.splits += 2
    refused = len(run.refused)
    repeatable = yield from _send_halves(run, part)
    if len(run.refused) == refused:  # the reason was not a single id
        run.too_many = min(run.too_many, len(part.refs))
    return repeatable


def _send_halves(run: CancelRun, part: Batch) -> Generator[Command, Any, Sequence[OrderRef]]:
    repeatable: list[OrderRef] = []
    for half in part.parts(-(-len(part.refs) // 2)):
        repeatable += yield from _send_part(run, half)
    return repeatable


def read(run: CancelRun, response: object, refs: Sequence[OrderRef]) -> list[OrderReport]:
    """`CancelRun.read`, with a ccxt error for a response without the documented form."""
    try:
        return run.read(response, refs)
    except UnexpectedResponse as unexpected:
        raise BadResponse(f"{run.context.method} {unexpected}") from unexpected


def send_once(run: CancelRun, part: Batch) -> Generator[Command, Any, Sequence[OrderRef]]:
    try:
        response = yield from submit(run, part)
    except OrderNotFound as error:
        if is_ambiguous(error):
            raise
        return (yield from _accept_refusal(run, part, error))
    reports = read(run, response, part.refs)
    run.ledger.forget_unknown(ref for ref in part.refs if ref in run.reconciled)
    if not part.all_or_nothing or len(part.refs) == 1:
        return part.refs
    unsettled = [ref for ref in part.refs if run.ledger[ref] is None]
    of_one_kind = len({ref.field for ref in part.refs}) == 1
    if unsettled and not (of_one_kind and _shows_execution(run, part, reports)):
        # One by one, the exchange might cancel some of the orders. They had to go together or not at all.
        raise unsettled_error(run, unsettled)
    return part.refs if unsettled else ()


def _accept_refusal(
    run: CancelRun, part: Batch, refusal: BaseError
) -> Generator[Command, Any, Sequence[OrderRef]]:
    """Account for an ``OrderNotFound`` that came instead of a list of orders."""
    if len(part.refs) == 1:
        (ref,) = part.refs
        run.ledger.enter(ref, report_of_refusal(refusal, ref))
        run.gone[ref] = refusal
        if not part.all_or_nothing:
            return ()
        yield from query_unsettled(run, [ref])
        report = run.ledger[ref]
        if report is None:
            raise unsettled_error(run, [ref]) from refusal
        if report.status == "open":
            raise BadRequest(
                f"{run.context.method} the exchange refused to cancel the order, and a query finds it open"
            ) from refusal
        raise not_found(run.context.method, ref, report.status, refusal)
    if part.all_or_nothing:
        # For a bot, OrderNotFound would mean that all are gone. The state of the others is unknown.
        response = response_of(refusal)
        code = f" (the exchange's code: {response.code})" if response is not None else ""
        raise BadRequest(f"{run.context.method} {REFUSED_AS_A_WHOLE}{code}") from refusal
    # No document shows such a response to process 1, so the exchange may have ignored process. The refusal
    # says nothing about the single ids.
    raise BadResponse(f"{run.context.method} the exchange refused the list, not the ids in it") from refusal


def _shows_execution(run: CancelRun, part: Batch, reports: Sequence[OrderReport]) -> bool:
    """Whether the exchange executed an all-or-nothing `part`: an order is cancelled, and none failed."""
    known = [run.ledger[ref] for ref in part.refs]
    cancelled = any(report is not None and report.status == "canceled" for report in known)
    return cancelled and all(report.listed == "orders" for report in reports)


def unsettled_error(run: CancelRun, unsettled: Sequence[OrderRef]) -> BaseError:
    named = [(ref.value, run.ledger.words(ref)) for ref in unsettled[:10]]
    shown = ", ".join(
        f"{value} ({shorten(words, 100)})" if words and not calls_orders_gone(words) else value
        for value, words in named
    )
    more = f" and {len(unsettled) - 10} more" if len(unsettled) > 10 else ""
    return BadResponse(f"{run.context.method} the response does not settle every id: {shown}{more}")
