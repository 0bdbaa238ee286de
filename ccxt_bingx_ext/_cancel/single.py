"""One order: cancel it, and learn what became of it.

=============================================================  ===========================================
the exchange                                                   the call
=============================================================  ===========================================
cancels it                                                     returns its order structure
refuses it as gone, and says or is asked in which state        raises ``OrderNotFound``, the state in
                                                               ``.orders``
refuses it as gone, but a query finds it open                  cancels it again, and asks again
does not know its client order id                              looks for it among the market's open orders,
                                                               and cancels it by its order id
gives no answer, or one that is not documented                 reconciles: a cancelled order is returned,
                                                               one in another final state is "not found",
                                                               one that is open is cancelled again
leaves the order's fate open all the same                      raises, the id in ``.unresolved``
=============================================================  ===========================================

A mere "does not exist" is not final: an earlier request may have cancelled the order. It counts if two looks
at query and history agree. Of a client order id it never counts: the exchange forgets it after two hours, its
order not (docs).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ccxt.base.errors import BadResponse, BaseError, OrderNotFound

from .._ids import Batch, OrderRef
from .attempt import send
from .commands import Steps
from .failures import is_ambiguous
from .flow import Flow
from .ledger import OrderReport, UnexpectedResponse, report_of_history
from .matching import order_id_of
from .outcome import bare_message
from .reconcile import query_unsettled, reconcile_batch
from .run import CancelContext, CancelRun
from .together import join_or_send

# By these words bots that go by the text recognise an order that is gone (passivbot).
_GONE_WORDS = {
    "closed": "already filled",
    "canceled": "already canceled",
    "rejected": "already failed",
    "expired": "already expired",
    None: "the exchange knows no such order",
}


def cancel_one(
    batch: Batch,
    market_id: str,
    context: CancelContext,
    *,
    known_as: OrderRef | None = None,
    repeats: bool = True,
    joins: bool = False,
) -> Flow:
    """Cancel the one order of `batch`. No ccxt error leaves: it stands in the outcome.

    `known_as`: the order id by which to query an order that is cancelled by its client order id. `repeats`:
    whether an order that is found open may be cancelled again. `joins`: whether a batch may cancel it first.
    """
    (ref,) = batch.refs
    also_known_as = {} if known_as is None else {ref: known_as}
    run = CancelRun(batch, market_id, context, also_known_as=also_known_as, repeats=repeats, joins=joins)
    try:
        yield from _cancel_and_settle(run, ref)
    except BaseError as error:
        if is_ambiguous(error) or not isinstance(error, OrderNotFound):
            run.ledger.forget_live([ref])
            run.ledger.doubt([ref])
        return run.outcome(error)
    return run.outcome()


def _cancel_and_settle(run: CancelRun, ref: OrderRef, *, is_ours: bool = False) -> Steps:
    """Cancel the order. Raises ``OrderNotFound`` if it was gone, and another error if its fate stays open.

    `is_ours`: whether a request of this call may have cancelled the order already.
    """
    report = yield from _submit_and_query(run, ref)
    is_ours = is_ours or ref not in run.gone
    if report is not None and report.status == "open" and run.repeats and not _is_unknown_by_name(run, ref):
        report = yield from _submit_and_query(run, ref)
        is_ours = is_ours or ref not in run.gone
    if report is None or (report.status == "open" and _is_unknown_by_name(run, ref)):
        order_id = (yield from _find_open(run, ref)) if report is None else order_id_of(report.entry)
        yield from _cancel_by_id(run, ref, order_id, is_ours=is_ours)
    elif report.status == "open":
        raise _unsettled(run, ref, "the exchange did not cancel the order, and a query finds it open")
    elif report.status != "canceled" or not is_ours:
        raise _not_found(run, report, run.gone.get(ref))


def _is_unknown_by_name(run: CancelRun, ref: OrderRef) -> bool:
    """Whether the exchange refused to know the order by its client order id."""
    return ref.field != "id" and ref in run.gone


def _submit_and_query(run: CancelRun, ref: OrderRef) -> Generator[Any, Any, OrderReport | None]:
    """Cancel the order, and return what is certain of it then."""
    yield from _submit(run, ref)
    run.ledger.forget_live([ref])
    yield from query_unsettled(run, [ref])
    report = run.ledger[ref]
    if report is None or report.status is not None:
        return report
    is_known = ref in run.missing and run.queried(ref).field == "id"
    return report if is_known else None


def _submit(run: CancelRun, ref: OrderRef) -> Steps:
    run.gone.pop(ref, None)
    try:
        yield from join_or_send(run, ref)
    except BaseError as failure:
        run.begin_to_resolve()
        if not is_ambiguous(failure):
            raise
        yield from reconcile_batch(run, run.batch, failure)
    run.begin_to_resolve()


def _find_open(run: CancelRun, ref: OrderRef) -> Steps:
    """The order id of `ref`, a client order id that the exchange does not know any more, if it is open."""
    if ref.field == "id" or (ref not in run.gone and ref not in run.not_found):
        return None
    if run.queried(ref) != ref:
        return run.queried(ref).value
    try:
        response = yield from send(run.fetch_open(run.give_up()), run.context)
        found = report_of_history(response, ref, run.context.endpoint.schema)
    except (BaseError, UnexpectedResponse):
        return None
    return None if found is None else order_id_of(found.entry)


def _cancel_by_id(run: CancelRun, ref: OrderRef, order_id: str | None, *, is_ours: bool) -> Steps:
    """Cancel the order of the client order id `ref` by its `order_id`."""
    if order_id is None or not run.repeats:
        why = "the exchange does not know the client order id" if ref.field != "id" else "no query settles"
        raise _unsettled(run, ref, why)
    known = OrderRef("id", order_id)
    by_id = CancelRun(run.batch._replace(refs=(known,)), run.market_id, run.context)
    by_id.deadline = run.deadline
    try:
        yield from _cancel_and_settle(by_id, known, is_ours=is_ours)
    finally:
        report = by_id.ledger[known]
        if report is not None:
            run.ledger.enter(ref, report, from_query=True)


def _unsettled(run: CancelRun, ref: OrderRef, why: str) -> BaseError:
    error = BadResponse(f"{run.context.method} {why}: {ref.value}")
    error.__cause__ = run.gone.get(ref)
    return error


def _not_found(run: CancelRun, report: OrderReport, refusal: BaseError | None) -> BaseError:
    words = f" - {bare_message(refusal)}" if refusal is not None else ""
    gone = _GONE_WORDS[report.status]
    error = OrderNotFound(f"{run.context.method} order not found: {gone}{words}")
    error.__cause__ = refusal
    return error
