"""What became of an ambiguous request: ask the exchange, never guess.

``process`` 1: send the request again, a second after the first. This cannot harm: what the first request
cancelled comes back as failed, by its state or as an order that does not exist, which a query then settles;
what was open is cancelled now. ``process`` 0 (all or nothing): query the orders. One that is open proves that
the first request did nothing, so the flow sends it again. If none is open, the flow reports each order's
current state, whatever caused it.

Queries lag (live). So a final state outweighs a later "open", an order counts as not found only when a second
look agrees, and what the exchange refuses after an ambiguous request is never the error: the first is.
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
    """For how long (s) the exchange accepts no further request, as far as `error` says."""
    return getattr(error, "retry_after", None) or 0.0


def forbids_more(error: BaseError, context: CancelContext) -> bool:
    """Whether to go on would be to hammer a firewall, or a ban that outlasts what a call may wait."""
    if not getattr(error, "banned", False):
        return False
    return error.retry_after is None or error.retry_after > context.max_wait


def query_unsettled(run: CancelRun, refs: Iterable[OrderRef]) -> Steps:
    """Query those of `refs` that the responses leave unclear, and keep what the queries find.

    Unclear are refs that are not settled, and swap orders that "do not exist": the exchange says so of an
    order that an earlier request cancelled, too. An order that is not found, or is open, so soon after its
    cancel that the query may lag, is looked for again when that time is over. A refusal ends it, because to
    go on against a ban or with a refused key makes either worse.
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
    """Query a few orders, and cancel again, with ``process`` 1, those that are not known to be over."""
    if len(part.refs) <= run.context.queried_meanwhile:
        with contextlib.suppress(BaseError, UnexpectedResponse):  # without the right to read a key can cancel
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
        run.ledger.doubt(left.refs)
        return True
    run.list_refused = True
    _note_refusal(run, left, refusal)
    live = yield from _query_part(run, left.refs, give_up)
    for ref, report in (live or {}).items():
        run.ledger.enter(ref, report)
    # Refused as gone, but open: an order just placed, or a query that lags. The next attempt cancels again.
    return not live and _is_settled(run, part)


def _is_worth_a_cancel(run: CancelRun, ref: OrderRef) -> bool:
    """Whether to name `ref` once more: it may be live, and does not make the exchange refuse the others."""
    refused_as_unknown = run.list_refused and ref in run.not_found
    return run.repeats and not run.ledger.is_final(ref) and not refused_as_unknown


def _settle_together(run: CancelRun, part: Batch, give_up: float) -> _Settled:
    """Query; send again only what is proven not to have been executed."""
    live = yield from _query_part(run, part.refs, give_up, until_live=True)
    if not live:
        return _is_settled(run, part)
    if any(run.ledger[ref] is not None for ref in part.refs):
        # The exchange refuses the list for good. What is left to learn is the state of the others.
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
    """Those of `live` that are open although the exchange refuses the list `part` for good.

    If an order of it was filled, say, the list was never executed. A cancelled one may have been cancelled by
    the list: then a query counts only if it does not lag. Where every cancelled order was named by one
    kind of id and every open one by the other, the exchange may have executed half of the list, which has to
    be an error.
    """
    known = {ref: report for ref in part.refs if (report := run.ledger[ref]) is not None}
    if any(report.status != "canceled" for report in known.values()):
        return live
    late = {ref: report for ref, report in live.items() if not run.rest_of_lag(ref)}
    return late if {ref.field for ref in known} & {ref.field for ref in late} else {}


def _note_refusal(run: CancelRun, part: Batch, refusal: BaseError) -> None:
    """What the exchange says of a single order while it refuses the list is its own final word."""
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
    """Enter every order that has ended into the ledger, and return those that are live.

    A later query that fails loses nothing: what is known is kept and not queried again. Returns None if time
    runs out before every order was queried. `until_live`: stop at the first that is live.
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
    """What a query says of `ref`; None if it does not settle it.

    The exchange may not find an order right after a cancel: only a second look that agrees counts. Closed
    trigger orders of swaps are not found by the query at all, but the history holds them (live).
    """
    queried = run.queried(ref)
    report = yield from _look_by(run, ref, queried, give_up)
    if report is not None and queried != ref and _may_be_another(report):
        run.inferred.add(ref)
    return report


def _may_be_another(found: OrderReport) -> bool:
    """Whether the order that a query by another id `found` leaves open what became of the one asked for."""
    return found.status != "open" or client_id_of(found.entry) is None


def _look_by(
    run: CancelRun, ref: OrderRef, queried: OrderRef, give_up: float
) -> Generator[Any, Any, OrderReport | None]:
    try:
        response = yield from send(run.fetch(queried, give_up), run.context)
    except OrderNotFound as error:
        if is_ambiguous(error):
            raise  # a gateway's 5xx says nothing about an order, whatever its body says
        refusal = report_of_refusal(error, queried)
    else:
        found = report_of_query(response, queried, run.context.endpoint.schema)
        if run.belies(ref, found):
            raise UnexpectedResponse("a query whose response is about an order with another client order id")
        return found
    if refusal.status is not None:
        return refusal
    try:
        listed = yield from _look_into_history(run, queried, give_up)
    except (BaseError, UnexpectedResponse):
        # After two hours a client order id is not found, though its order may be live (docs).
        is_missing = refusal.unknown and queried.field == "id"
    else:
        if listed is not None:
            if queried.field != "id" and listed.status != "open":
                run.inferred.add(ref)
            return listed if listed.settles and not run.belies(ref, listed) else None
        is_missing = refusal.unknown or refusal.gone
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
    """What the history says of `ref`; None if it does not hold the order."""
    response = yield from send(run.history(ref, give_up), run.context)
    return report_of_history(response, ref, run.context.endpoint.schema)
