"""Cancel one order, and report what became of it.

=============================================================  ===========================================
the exchange                                                   the call
=============================================================  ===========================================
cancels it                                                     returns its order structure
refuses it as gone, and names the state, or a query does       raises ``OrderNotFound`` with the state in
                                                               ``.orders``
refuses it as gone, but a query finds it open                  cancels it again, and queries it again
does not know its client order id                              looks for it among the market's open orders,
                                                               and cancels it by its order id
names a final state, but not by the client order id            the same first: an open order may have the id
gives the client order id to another order than the order id   raises ``BadResponse`` with the order in
beside it                                                      ``.orders``, and the order id in
                                                               ``.unresolved``
does not respond, or not as documented                         reconciles: returns a cancelled order, raises
                                                               ``OrderNotFound`` for another final state,
                                                               cancels an open order again
leaves the order unsettled in spite of that                    raises with the id in ``.unresolved``
=============================================================  ===========================================

A mere "does not exist" is not final, because an earlier request may have cancelled the order. It counts if
two looks at query and history agree. For a client order id it never counts: the exchange forgets the id after
two hours, but not the order (docs). No source says whether a bot may use a client order id again. So a report
on a client order id from the history, or from a query by the order id beside it, counts only if no open order
has that client order id.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ccxt.base.errors import BadResponse, BaseError, OrderNotFound

from .._bingx.errors import carry_ban
from .._ids import Batch, OrderRef
from .attempt import send
from .commands import Steps
from .failures import is_ambiguous
from .flow import Flow
from .ledger import OrderReport, UnexpectedResponse, report_of_history
from .matching import client_id_of, order_id_of, readable_order_id
from .outcome import Outcome, not_found
from .reconcile import query_unsettled, reconcile_batch
from .run import CancelContext, CancelRun
from .together import join_or_send


def cancel_one(
    batch: Batch,
    market_id: str,
    context: CancelContext,
    *,
    known_as: OrderRef | None = None,
    repeats: bool = True,
    joins: bool = False,
) -> Flow:
    """Cancel the one order of `batch`. The outcome holds any ccxt error, so that none is raised.

    `known_as`: the order id by which to query an order that the flow cancels by its client order id.
    `repeats`: whether the flow may cancel the order again if a query finds it open. `joins`: whether a batch
    may cancel it first.
    """
    (ref,) = batch.refs
    also_known_as = {} if known_as is None else {ref: known_as}
    run = CancelRun(batch, market_id, context, also_known_as=also_known_as, repeats=repeats, joins=joins)
    error: BaseError | None = None
    try:
        yield from _cancel_and_settle(run, ref)
    except BaseError as failure:
        error = failure
        if is_ambiguous(error) or not isinstance(error, OrderNotFound):
            run.ledger.forget_live([ref])
            run.ledger.forget_unknown([ref])
            return _without_strays(run.outcome(error))
    return _without_strays((yield from outcome_of_both_ids(run, ref, error)))


def outcome_of_both_ids(
    run: CancelRun, ref: OrderRef, error: BaseError | None
) -> Generator[Any, Any, Outcome]:
    """The outcome of `run`, which `error` ended, if any.

    If the bot passed an order id beside the client order id `ref`, both have to name one order. Otherwise the
    order id is unresolved.
    """
    report, known_as = run.ledger[ref], run.queried(ref)
    if known_as == ref or report is None or report.status in (None, "open"):
        return run.outcome(error)
    order_id = readable_order_id(report.entry)
    if order_id == known_as.value or (order_id is None and (yield from _is_the_same(run, ref, known_as))):
        return run.outcome(error)
    owner = "another order" if order_id is None else f"order {order_id}"
    may_belong = "may belong" if order_id is None else "belongs"
    contradiction = BadResponse(
        f"{run.context.method} the client order id {ref.value} {may_belong} to {owner} ({report.status}), "
        f"and not to order {known_as.value}, which may still be live"
    )
    contradiction.__cause__ = error
    return run.outcome(contradiction)._replace(unresolved=[known_as])


def _is_the_same(run: CancelRun, ref: OrderRef, known_as: OrderRef) -> Generator[Any, Any, bool]:
    """Whether a query of `known_as` says that its order has the client order id `ref`, or is not open.

    A refusal names no order id. So it may be about another order than `known_as`.
    """
    by_id = CancelRun(run.batch._replace(refs=(known_as,)), run.market_id, run.context)
    by_id.deadline = run.deadline
    yield from query_unsettled(by_id, [known_as])
    found = certain_report(by_id, known_as)
    if found is None or run.contradicts(ref, found):
        return False
    return found.status != "open" or client_id_of(found.entry) is not None


def _without_strays(outcome: Outcome) -> Outcome:
    """`outcome` without other orders, because a bot takes any order in the result for its own."""
    return outcome._replace(strays=[])


def _cancel_and_settle(
    run: CancelRun, ref: OrderRef, *, is_ours: bool = False, asked: OrderRef | None = None
) -> Steps:
    """Cancel the order. Raises ``OrderNotFound`` if it was gone, and another error if it stays unsettled.

    `is_ours`: whether a request of this call may have cancelled the order already. `asked`: how the bot named
    the order, if not by `ref`.
    """
    report = yield from _submit_and_query(run, ref)
    is_ours = is_ours or ref not in run.gone or run.failure is not None
    if _is_open(report) and run.repeats and not _is_unknown_by_name(run, ref):
        report = yield from _submit_and_query(run, ref)
        is_ours = is_ours or ref not in run.gone
    if _may_be_listed(run, ref, report):
        listed = yield from _find_open(run, ref, report)
        if listed is not None:
            yield from _cancel_by_id(run, ref, listed, is_ours=is_ours)
            return
    if report is None:
        raise _unsettled(run, ref, "no query settles what became of the order")
    if report.status == "open":
        if not _is_unknown_by_name(run, ref):
            raise _unsettled(run, ref, "the exchange did not cancel the order, and a query finds it open")
        yield from _cancel_by_id(run, ref, report, is_ours=is_ours)
    elif report.status != "canceled" or not is_ours:
        raise not_found(run.context.method, asked or ref, report.status, run.gone.get(ref))


def _is_open(report: OrderReport | None) -> bool:
    return report is not None and report.status == "open"


def _is_unknown_by_name(run: CancelRun, ref: OrderRef) -> bool:
    """Whether the exchange did not know the order by its client order id."""
    return ref.field != "id" and ref in run.gone


def _submit_and_query(run: CancelRun, ref: OrderRef) -> Generator[Any, Any, OrderReport | None]:
    """Cancel the order, query it if necessary, and return the report if it is certain."""
    yield from _submit(run, ref)
    run.ledger.forget_live([ref])
    yield from query_unsettled(run, [ref])
    return certain_report(run, ref)


def certain_report(run: CancelRun, ref: OrderRef) -> OrderReport | None:
    """The report of the order, if it is certain. "No such order" takes two looks, and an order id."""
    report = run.ledger[ref]
    if report is None or report.status is not None:
        return report
    is_known = ref in run.missing and run.queried(ref).field == "id"
    return report if is_known else None


def _submit(run: CancelRun, ref: OrderRef) -> Steps:
    run.gone.pop(ref, None)
    try:
        yield from join_or_send(run, ref)
        failure = None
    except BaseError as error:
        failure = error
    run.begin_to_resolve()
    if failure is None:
        return
    first = run.failure or failure
    carry_ban(first, failure)
    if not is_ambiguous(failure):
        raise first
    run.failure = first
    yield from reconcile_batch(run, run.batch, first)


def _may_be_listed(run: CancelRun, ref: OrderRef, report: OrderReport | None) -> bool:
    """Whether another order than that of `report` may be open with the client order id `ref`."""
    if report is None:
        return ref.field != "id" and (ref in run.gone or ref in run.not_found)
    return ref in run.inferred


def _find_open(
    run: CancelRun, ref: OrderRef, report: OrderReport | None
) -> Generator[Any, Any, OrderReport | None]:
    """The report on `ref` in the market's open orders; None if they hold only the order of `report`, or none.

    Raises an error if the list leaves that open.
    """
    schema = run.context.endpoint.schema
    try:
        response = yield from send(run.fetch_open(run.give_up()), run.context)
        named = report_of_history(response, ref, schema)
        listed = named or report_of_history(response, run.queried(ref), schema)
        is_unclear = listed is not None and not listed.settles
    except BaseError as error:
        run.ban, is_unclear = error, True
    except UnexpectedResponse:
        is_unclear = True
    if is_unclear:
        run.ledger.forget(ref)
        raise _unsettled(run, ref, "the list of open orders does not say whether the order is among them")
    if listed is None or (named is None and run.contradicts(ref, listed)):
        return None
    is_same = report is not None and order_id_of(report.entry) == order_id_of(listed.entry)
    return None if is_same else listed


def _cancel_by_id(run: CancelRun, ref: OrderRef, found: OrderReport, *, is_ours: bool) -> Steps:
    """Cancel the order with the client order id `ref` by its order id, which a query has `found`."""
    run.ledger.forget(ref)
    order_id = order_id_of(found.entry)
    if order_id is None or not run.repeats:
        raise _unsettled(run, ref, "the order is open, and its client order id does not cancel it")
    known = OrderRef("id", order_id)
    by_id = CancelRun(run.batch._replace(refs=(known,)), run.market_id, run.context)
    by_id.deadline, by_id.failure = run.deadline, run.failure
    try:
        yield from _cancel_and_settle(by_id, known, is_ours=is_ours, asked=ref)
    finally:
        report = by_id.ledger[known]
        if report is not None:
            run.ledger.enter(ref, report)


def _unsettled(run: CancelRun, ref: OrderRef, why: str) -> BaseError:
    """The first failure that left the order unsettled, or a new error that says `why`."""
    error = run.failure
    if error is None:
        error = BadResponse(f"{run.context.method} {why}: {ref.value}")
        error.__cause__ = run.gone.get(ref)
    if run.ban is not None:
        carry_ban(error, run.ban)
    return error
