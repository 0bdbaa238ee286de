"""Reconcile an ambiguous request: query the exchange, never guess.

``process`` 1: the flow sends the request again, a second after the first. This does no harm. An order that
the first request cancelled comes back as failed, with its state or as an order that does not exist. Then a
query settles it. An order that was open is cancelled now.

``process`` 0 (all or nothing): the flow queries the orders. An open order proves that the first request did
nothing, so the flow sends it again. If none is open, the flow reports each order's current state, whatever
caused it.

Queries lag (live). So a final state outweighs a later "open", and an order counts as not found only if a
second look agrees. A refusal after an ambiguous request is never the error that the call raises: the first
failure is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from ccxt.base.errors import BadRequest, BaseError, OrderNotFound, RateLimitExceeded

from .._bingx.errors import carry_ban, words_of
from .._ids import Batch, OrderRef
from .attempt import send
from .commands import Sleep, Steps
from .events import note_attempt
from .failures import is_ambiguous
from .ledger import (
    OrderReport,
    UnexpectedResponse,
    report_of_history,
    report_of_query,
    report_of_refusal,
)
from .matching import IdIndex, client_id_of
from .run import CancelContext, CancelRun
from .submit import submit

_Settled: TypeAlias = Generator[Any, Any, bool]


def reconcile_batch(run: CancelRun, part: Batch, failure: BaseError) -> Steps:
    """Enter into the ledger what became of `part`, whose request ended with the ambiguous `failure`.

    Raises `failure` if the outcome stays unknown.
    """
    context = run.context
    run.note_ambiguous(part.refs, failure)
    settle = _settle_together if part.all_or_nothing else _settle_each
    give_up = run.give_up()
    pause = context.pauses.reconcile
    for attempt in range(1, context.resolve_attempts + 1):
        if context.clock() + pause > give_up:
            break
        yield Sleep(pause)
        pause *= 2
        note_attempt(context.method, context.endpoint.route, run.market_id, part.refs, attempt)
        try:
            settled = yield from settle(run, part, give_up)
        except UnexpectedResponse:
            continue
        except BaseError as error:
            if forbids_more(error, context):
                carry_ban(failure, error)
                break
            pause = max(pause, named_pause(error))
            continue
        if settled:
            return
    yield from query_unsettled(run, [ref for ref in part.refs if ref in run.not_found])
    for ref in part.refs:
        if run.ledger[ref] is None and ref in run.live:
            run.ledger.enter(ref, run.live[ref])
    if not _is_settled(run, part):
        raise failure


def named_pause(error: BaseError) -> float:
    """How long (s) the exchange accepts no further request, by `error`. 0 if it names no time."""
    return getattr(error, "retry_after", None) or 0.0


def forbids_more(error: BaseError, context: CancelContext) -> bool:
    """Whether `error` is a firewall, or a ban that lasts longer than a call may wait."""
    if not getattr(error, "banned", False):
        return False
    return error.retry_after is None or error.retry_after > context.max_wait


def query_unsettled(run: CancelRun, refs: Iterable[OrderRef]) -> Steps:
    """Query those of `refs` that the responses leave unclear, and keep what the queries find.

    Unclear are refs that are not settled, and swap orders that "do not exist": that may also mean an order
    that an earlier request cancelled. Soon after a cancel a query may lag. If it finds the order open or not
    at all, the flow queries again when that time is over. A refusal ends the queries, because further
    requests during a ban or with a refused key make it worse.
    """
    context = run.context
    give_up = run.give_up()
    pause = context.pauses.reconcile
    unclear = [ref for ref in dict.fromkeys(refs) if not _is_clear(run, ref)]
    for look in range(context.resolve_attempts):
        if not unclear:
            return
        if look:
            if context.clock() + pause > give_up:
                return
            yield Sleep(pause)
            pause *= 2
        for ref in unclear:
            if context.clock() > give_up:
                return
            try:
                found = yield from _look(run, ref, give_up)
            except UnexpectedResponse:
                continue
            except BaseError as error:
                is_limit = isinstance(error, RateLimitExceeded) or getattr(error, "banned", False)
                if forbids_more(error, context) or not (is_limit or is_ambiguous(error)):
                    run.ban = error
                    return
                pause = max(pause, named_pause(error))
                if is_limit:
                    break  # the exchange would refuse the other queries, too
                continue
            may_lag = found is None or found.status == "open"
            lag = run.rest_of_lag(ref) if may_lag else 0.0
            pause = max(pause, lag)
            if found is not None and not lag:
                run.ledger.enter_found(ref, found)
        unclear = [ref for ref in unclear if not _is_clear(run, ref)]


def _is_clear(run: CancelRun, ref: OrderRef) -> bool:
    report = run.ledger[ref]
    if report is None:
        return False
    return report.status is not None or ref in run.missing or run.context.endpoint.schema.names_states


def _settle_each(run: CancelRun, part: Batch, give_up: float) -> _Settled:
    """Query the orders if they are few. Cancel again, with ``process`` 1, those not known to be final."""
    if len(part.refs) <= run.context.queried_meanwhile:
        with contextlib.suppress(
            BaseError, UnexpectedResponse
        ):  # a key may lack the right to read, and still cancel
            yield from _query_part(run, part.refs, give_up)
    left = part.again([ref for ref in part.refs if _is_worth_a_cancel(run, ref)])
    if not left.refs:
        return _is_settled(run, part)
    try:
        response = yield from submit(run, left)
    except (BadRequest, OrderNotFound) as error:
        if is_ambiguous(error):
            raise
        refusal = error
    else:
        run.read(response, left.refs)
        run.ledger.forget_unknown(left.refs)
        return True
    run.list_refused = True
    _note_refusal(run, left, refusal)
    live = yield from _query_part(run, left.refs, give_up)
    for ref, report in (live or {}).items():
        run.ledger.enter(ref, report)
    # Refused as gone, but open: a new order, or a query that lags. The next attempt cancels again.
    return not live and _is_settled(run, part)


def _is_worth_a_cancel(run: CancelRun, ref: OrderRef) -> bool:
    """Whether to send `ref` again: it may be live, and the exchange does not refuse the others for it."""
    refused_as_unknown = run.list_refused and ref in run.not_found
    return run.repeats and not run.ledger.is_final(ref) and not refused_as_unknown


def _settle_together(run: CancelRun, part: Batch, give_up: float) -> _Settled:
    """Query the orders, and send the list again only if a query proves that it was not executed."""
    live = yield from _query_part(run, part.refs, give_up, until_live=True)
    if not live:
        return _is_settled(run, part)
    if any(run.ledger[ref] is not None for ref in part.refs):
        # The exchange will always refuse the list. The flow only needs the state of the others.
        live = yield from _query_part(run, part.refs, give_up)
        run.live.update(_believed(run, part, live or {}))
        return _is_settled(run, part)
    try:
        response = yield from submit(run, part)
    except (BadRequest, OrderNotFound) as refusal:
        if is_ambiguous(refusal):
            raise
        # The first request may have been executed just now, so the refusal alone does not settle it.
        _note_refusal(run, part, refusal)
        live = yield from _query_part(run, part.refs, give_up)
        run.live.update(live or {})
        return _is_settled(run, part)
    run.read(response, part.refs)
    return _is_settled(run, part)


def _believed(
    run: CancelRun, part: Batch, live: Mapping[OrderRef, OrderReport]
) -> Mapping[OrderRef, OrderReport]:
    """Those of `live` that count as open. The exchange will always refuse the list `part`.

    If an order of the list was filled, for example, the exchange never executed the list. If an order was
    cancelled, the list may have done that. Then a query counts only if it does not lag. If the request named
    every cancelled order by one kind of id and every open order by the other, the exchange may have executed
    half of the list. That has to be an error.
    """
    known = {ref: report for ref in part.refs if (report := run.ledger[ref]) is not None}
    if any(report.status != "canceled" for report in known.values()):
        return live
    late = {ref: report for ref, report in live.items() if not run.rest_of_lag(ref)}
    return late if {ref.field for ref in known} & {ref.field for ref in late} else {}


def _note_refusal(run: CancelRun, part: Batch, refusal: BaseError) -> None:
    """Enter the state that the exchange names for a single order while it refuses the list."""
    about = part.refs
    if len(about) > 1:
        about = tuple(IdIndex(about, run.context.endpoint.schema).of("fails", {"error": words_of(refusal)}))
    if len(about) == 1:
        report = report_of_refusal(refusal, about[0])
        if report.status is not None:
            run.ledger.enter(about[0], report)


def _is_settled(run: CancelRun, part: Batch) -> bool:
    return all(run.ledger[ref] is not None for ref in part.refs)


def _query_part(
    run: CancelRun, refs: Sequence[OrderRef], give_up: float, *, until_live: bool = False
) -> Generator[Any, Any, dict[OrderRef, OrderReport] | None]:
    """Query `refs`, enter every final order into the ledger, and return the live ones.

    If a later query fails, nothing is lost: the flow keeps what it knows and does not query it again. Returns
    None if the time is over before every query. `until_live`: stop at the first live order.
    """
    live: dict[OrderRef, OrderReport] = {}
    for ref in refs:
        if run.ledger[ref] is not None:
            continue
        if run.context.clock() > give_up:
            return None
        report = yield from _look(run, ref, give_up)
        if report is None:
            continue
        if report.status != "open":
            run.ledger.enter_found(ref, report)
            continue
        live[ref] = report
        if until_live:
            break
    return live


def _look(run: CancelRun, ref: OrderRef, give_up: float) -> Generator[Any, Any, OrderReport | None]:
    """The report of a query of `ref`; None if the query does not settle it.

    Right after a cancel the exchange may not find an order, so "not found" counts only if a second look
    agrees. The query never finds closed trigger orders of swaps, but the history holds them (live).
    """
    queried = run.queried(ref)
    report = yield from _look_by(run, ref, queried, give_up)
    if report is not None and queried != ref and _may_be_another(report):
        run.inferred.add(ref)
    return report


def _may_be_another(found: OrderReport) -> bool:
    """Whether the order that a query by another id has `found` may be another than that of the call."""
    return found.status != "open" or client_id_of(found.entry) is None


def _look_by(
    run: CancelRun, ref: OrderRef, queried: OrderRef, give_up: float
) -> Generator[Any, Any, OrderReport | None]:
    try:
        response = yield from send(run.fetch(queried, give_up), run.context)
    except OrderNotFound as error:
        if is_ambiguous(error):
            raise  # a gateway's 5xx says nothing about an order, whatever the body says
        refusal = report_of_refusal(error, queried)
    else:
        found = report_of_query(response, queried, run.context.endpoint.schema)
        if run.contradicts(ref, found):
            raise UnexpectedResponse("the response to a query is about an order with another client order id")
        return found
    if refusal.status is not None:
        return refusal
    try:
        listed = yield from _look_into_history(run, queried, give_up)
    except (BaseError, UnexpectedResponse):
        # After two hours the exchange does not find a client order id, although its order may be live (docs).
        is_missing = refusal.unknown and queried.field == "id"
    else:
        if listed is not None:
            if queried.field != "id" and listed.status != "open":
                run.inferred.add(ref)
            return listed if listed.settles and not run.contradicts(ref, listed) else None
        is_missing = refusal.unknown or (refusal.gone and not refusal.names_another)
    if not is_missing:
        return None
    if ref in run.not_found and not run.rest_of_lag(ref):
        run.missing.add(ref)
        return refusal._replace(unknown=True)
    run.not_found.add(ref)
    return None


def _look_into_history(
    run: CancelRun, ref: OrderRef, give_up: float
) -> Generator[Any, Any, OrderReport | None]:
    """The report on `ref` in the history; None if the history does not hold the order."""
    response = yield from send(run.history(ref, give_up), run.context)
    return report_of_history(response, ref, run.context.endpoint.schema)
