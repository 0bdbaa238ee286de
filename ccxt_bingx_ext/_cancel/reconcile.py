"""What became of an ambiguous request: ask the exchange, never guess.

``process`` 1: send the request again. This cannot harm: what the first request cancelled comes back as
failed, by its state or as an order that does not exist, which a query then settles; what was open is
cancelled now. ``process`` 0 (all or nothing): query the orders. One that is open proves that the first
request did nothing, so the flow sends it again. If none is open, the flow reports each order's current state,
whatever caused it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from ccxt.base.errors import BadRequest, BaseError, OrderNotFound

from .._ids import Batch, OrderRef
from .attempt import send
from .commands import Sleep, Steps
from .failures import is_ambiguous
from .ledger import OrderReport, UnexpectedResponse, report_of_query, report_of_refusal
from .run import CancelRun


def reconcile_batch(run: CancelRun, part: Batch, failure: BaseError) -> Steps:
    """Enter into the ledger what became of `part`, whose request ended with the ambiguous `failure`.

    Raises `failure` if the outcome stays unknown, and the exchange's refusal if it refused what the flow sent
    again while orders are open.
    """
    context = run.context
    settle = _settle_together if part.all_or_nothing else _settle_each
    give_up = context.clock() + context.resolve_timeout
    pause = context.pauses.reconcile
    for _ in range(context.resolve_attempts):
        if context.clock() + pause > give_up:
            break
        yield Sleep(pause)
        pause *= 2
        try:
            settled = yield from settle(run, part, give_up)
        except (BaseError, UnexpectedResponse):
            continue
        if isinstance(settled, BaseError):
            raise settled from failure
        if settled:
            return
    raise failure


def query_unsettled(run: CancelRun, refs: Iterable[OrderRef]) -> Steps:
    """Query those of `refs` that the responses leave unclear, and keep what the queries find.

    Unclear are refs that are not settled, and swap orders that "do not exist": the exchange says so of an
    order that an earlier request cancelled, too. The first refusal ends it, because to go on against a ban or
    with a refused key makes either worse.
    """
    context = run.context
    if not context.resolve_attempts:
        return
    give_up = context.clock() + context.resolve_timeout
    for ref in dict.fromkeys(refs):
        if _is_clear(run, ref) or context.clock() > give_up:
            continue
        try:
            found = yield from _query(run, ref)
        except BaseError as error:
            if not is_ambiguous(error):
                return
        except UnexpectedResponse:
            pass
        else:
            if found is not None:  # pragma: no branch - CPython 3.11 hides it from coverage, 3.12 does not
                run.ledger.enter_found(ref, found)


def _is_clear(run: CancelRun, ref: OrderRef) -> bool:
    report = run.ledger[ref]
    return report is not None and (report.status is not None or run.context.endpoint.schema.tells_states)


# What an attempt to settle a batch comes to: done, not yet, or the refusal that stands.
_Settled = Generator[Any, Any, bool | BaseError]


def _settle_each(run: CancelRun, part: Batch, give_up: float) -> _Settled:
    """Send again, with ``process`` 1."""
    try:
        response = yield from send(run.cancel(part), run.context)
    except (BadRequest, OrderNotFound) as error:
        if is_ambiguous(error):
            raise
        refusal = error
    else:
        run.ledger.read(response, part.refs)
        return True
    tells_states = run.context.endpoint.schema.tells_states
    if len(part.refs) == 1 and isinstance(refusal, OrderNotFound) and not tells_states:
        run.ledger.enter(part.refs[0], report_of_refusal(refusal))
        return True
    live = yield from _query_part(run, part, give_up)
    for ref, report in (live or {}).items():
        run.ledger.enter(ref, report)
    return _is_settled(run, part)


def _settle_together(run: CancelRun, part: Batch, give_up: float) -> _Settled:
    """Query; send again only what is proven not to have been executed."""
    live = yield from _query_part(run, part, give_up, until_live=True)
    if not live:
        return _is_settled(run, part)
    try:
        response = yield from send(run.cancel(part), run.context)
    except (BadRequest, OrderNotFound) as refusal:
        if is_ambiguous(refusal):
            raise
        # The first request may have been executed just now, so the refusal alone does not settle it.
        live = yield from _query_part(run, part, give_up)
        return refusal if live else _is_settled(run, part)
    run.ledger.read(response, part.refs)
    return _is_settled(run, part)


def _is_settled(run: CancelRun, part: Batch) -> bool:
    return all(run.ledger[ref] is not None for ref in part.refs)


def _query_part(
    run: CancelRun, part: Batch, give_up: float, *, until_live: bool = False
) -> Generator[Any, Any, dict[OrderRef, OrderReport] | None]:
    """Enter every order that has ended into the ledger, and return those that are live.

    A later query that fails loses nothing: what is known is kept and not queried again. Returns None if time
    runs out before every order was queried. `until_live`: stop at the first that is live.
    """
    live: dict[OrderRef, OrderReport] = {}
    for ref in part.refs:
        if run.ledger[ref] is not None:
            continue
        if run.context.clock() > give_up:
            return None
        report = yield from _query(run, ref)
        if report is None:
            continue  # pragma: no cover - CPython 3.11 hides it from coverage, 3.12 does not
        if report.status != "open":
            run.ledger.enter(ref, report)
            continue
        live[ref] = report
        if until_live:
            break
    return live


def _query(run: CancelRun, ref: OrderRef) -> Generator[Any, Any, OrderReport | None]:
    """What a query says of `ref`; None if the exchange does not know its client order id."""
    try:
        response = yield from send(run.fetch(ref), run.context)
    except OrderNotFound as error:
        if is_ambiguous(error):
            raise  # a gateway's 5xx says nothing about an order, whatever its body says
        if ref.field != "id":
            return None  # after two hours a client order id is not found, though its order may be live (docs)
        return report_of_refusal(error)
    return report_of_query(response, ref, run.context.endpoint.schema)
