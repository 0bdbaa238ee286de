"""Cancel single orders in one shared batch, from which each order's own flow goes on.

=========================================================  ================================================
the batch                                                  each order's flow
=========================================================  ================================================
gets a response about this order                           goes on with the report in the response
gets a response that calls this order gone, without its    goes on with the report in a list of orders
state                                                      (`list_refused`), or queries the order
gets a response that omits this order, or names only a     reconciles: a query, and its own cancel
reason
gets no response, or an ambiguous one                      goes on with the reconciled report. Without one,
                                                           ends with the batch's error
is refused as a whole                                      sends its own cancel, as if there were no batch
is refused as a whole with an unknown code                 sends its own cancel. The batch may have cancelled
                                                           the order, so that its error is the first failure
is never sent                                              ends with the batch's error
=========================================================  ================================================

No document shows how the exchange refuses a whole ``process`` 1 list. So a refusal for any reason but the
limit ends coalescing for the account and endpoint (`Coalescing`).
"""

from __future__ import annotations

from collections.abc import Generator
from math import inf
from typing import Any, NamedTuple

from ccxt.base.errors import BaseError, DDoSProtection, OrderNotFound, RateLimitExceeded

from .._bingx.errors import Response, attach_response, response_of
from .._bingx.vocabulary import spelled_out
from .._ids import Batch, OrderRef
from .._log import WARNING, event
from .._redact import redact
from .attempt import send
from .commands import Join, Steps
from .events import fields_of, note_merge
from .failures import is_ambiguous
from .flow import read, send_once, unsettled_error
from .ledger import OrderReport, UnexpectedResponse, Weight, listed_orders, report_of_history
from .matching import readable_order_id, text_of
from .outcome import copy_of_error
from .reconcile import reconcile_batch
from .run import CancelContext, CancelRun
from .submit import submit


class Joined(NamedTuple):
    """The result of a shared batch.

    `failure`: the error of its request, if there was no documented response. `is_reconciled`: the batch has
    reconciled its orders then. `is_over`: it could not settle all of them, and nothing is left to try.
    """

    run: CancelRun
    failure: BaseError | None = None
    is_reconciled: bool = False
    is_over: bool = False

    @property
    def without_state(self) -> tuple[OrderRef, ...]:
        """The orders that the response calls gone without their state, so that a list may settle them."""
        return () if self.is_over else tuple(_refused_without_state(self.run))


class Refused(NamedTuple):
    """The exchange refused the batch as a whole.

    `run`: the run of the batch, if the plugin does not know the exchange's reason. Then the exchange may have
    cancelled orders all the same. None: the exchange cancelled nothing.
    """

    error: BaseError
    run: CancelRun | None = None

    @property
    def is_about_limit(self) -> bool:
        """Whether the batch only came too early, so that a later one may pass."""
        return _is_about_limit(self.error)


def cancel_together(
    batch: Batch, market_id: str, context: CancelContext
) -> Generator[Any, Any, Joined | Refused]:
    """Cancel the orders of `batch`, each by itself. The result holds any ccxt error."""
    run = CancelRun(batch, market_id, context)
    note_merge(context.method, context.endpoint.route, market_id, batch.refs)
    try:
        response = yield from submit(run, batch)
        run.begin_to_resolve()
        read(run, response, batch.refs)
        run.gone.update({ref: _refusal_of(report) for ref, report in _refused_without_state(run).items()})
        return Joined(run)
    except BaseError as error:
        failure = error
    run.begin_to_resolve()
    if not is_ambiguous(failure):
        is_refused = response_of(failure) is not None or _is_about_limit(failure)
        return Refused(failure) if is_refused else Joined(run, failure)
    if _is_unknown_refusal(failure):
        run.note_ambiguous(batch.refs, failure)
        return Refused(failure, run)
    try:
        yield from reconcile_batch(run, batch, failure)
    except BaseError as unresolved:
        return Joined(run, unresolved, is_reconciled=True, is_over=True)
    return Joined(run, failure, is_reconciled=True)


def list_refused(run: CancelRun) -> Steps:
    """Look up the orders that the response of a batch calls gone in lists of a hundred orders.

    Otherwise each caller would query its own order, and the limit of the queries leaves time for fifty of
    them (linear swaps). A list may lag, so only a final state counts. The driver ends this flow after
    `Pauses.lists`, because a list that does not come must not use up the callers' time.
    """
    context, left = run.context, _refused_without_state(run)
    while left:
        first = min(left, key=lambda ref: int(ref.value))
        try:
            response = yield from send(run.history(first, run.give_up()), context)
            for ref in left:
                found = report_of_history(response, ref, context.endpoint.schema)
                if found is not None and found.weight is Weight.FINAL:
                    run.ledger.enter_found(ref, found)
            ids = [readable_order_id(one) for one in listed_orders(response)]
        except (BaseError, UnexpectedResponse):
            return  # the callers query their orders by themselves
        listed = [int(one) for one in ids if one is not None]
        # The list holds every order up to its last one. Without a readable id, no further list can help.
        last = max(int(first.value), max(listed)) if listed else inf
        left = {ref: one for ref, one in _refused_without_state(run).items() if int(ref.value) > last}


def _refused_without_state(run: CancelRun) -> dict[OrderRef, OrderReport]:
    said = {ref: report for ref in run.batch.refs if (report := run.ledger.report_on(ref)) is not None}
    return {
        ref: report
        for ref, report in said.items()
        if report.listed == "fails" and report.status is None and (report.unknown or report.gone)
    }


def join_or_send(run: CancelRun, ref: OrderRef) -> Steps:
    """Submit the one order of `run`, in a batch of several calls or by itself. Account for the response."""
    joined = None
    if run.joins:
        run.joins = False  # a second cancel of the order goes by itself
        joined = yield from _join(run, ref)
    if isinstance(joined, Joined):
        _go_on(run, ref, joined)
        return
    if joined is not None and joined.run is not None:
        # The cancel that follows goes out a second after the batch, and has its own time to reconcile.
        run.take_over(joined.run, ref)
        run.failure = copy_of_error(joined.error)
    yield from send_once(run, run.batch)


def _join(run: CancelRun, ref: OrderRef) -> Generator[Any, Any, Joined | Refused | None]:
    try:
        joined: Joined | Refused | None = yield Join(ref)
        return joined
    except BaseError:
        run.deadline = run.context.clock()  # the error has ended the call
        raise


def _go_on(run: CancelRun, ref: OrderRef, joined: Joined) -> None:
    """Give `run` the batch's report on its order. Raises the batch's failure if there is no report."""
    run.take_over(joined.run, ref)
    if joined.is_reconciled:
        run.deadline = min(run.deadline, joined.run.deadline)
    report = run.ledger.report_on(ref)
    is_settled = report is not None and report.settles
    if joined.failure is not None:
        if is_settled or (joined.is_reconciled and not joined.is_over):
            run.failure = run.failure or copy_of_error(joined.failure)
            return
        if joined.is_over:
            run.deadline = run.context.clock()
        raise copy_of_error(joined.failure)
    if ref in joined.run.gone:
        run.gone[ref] = joined.run.gone[ref]
    elif report is not None and report.listed == "fails" and (is_settled or report.gone):
        run.gone[ref] = _refusal_of(report)
    elif not is_settled:
        raise unsettled_error(run, [ref])


def _is_about_limit(error: BaseError) -> bool:
    return isinstance(error, (RateLimitExceeded, DDoSProtection)) or bool(getattr(error, "banned", False))


def _is_unknown_refusal(failure: BaseError) -> bool:
    """Whether the exchange refused the batch, and the vocabulary does not know why.

    A second batch would meet the same refusal, where a single cancel may pass.
    """
    response = response_of(failure)
    if response is None or response.is_from_gateway or response.code == "0":
        return False
    return response.http_status >= 400 if response.code is None else response.meaning is None


def _refusal_of(report: OrderReport) -> BaseError:
    """The error that a cancel of this order alone would have raised, with the words of its entry."""
    words = redact(text_of(report.entry))
    code = report.entry.get("errorCode", report.entry.get("code")) if isinstance(report.entry, dict) else None
    error = OrderNotFound(f"bingx {words}")
    attach_response(error, Response(200, None if code is None else spelled_out(code), words))
    return error


class Coalescing:
    """Whether single cancels of one account may share batches of one endpoint."""

    def __init__(self) -> None:
        self.is_off = False

    def end(self, refused: Refused) -> None:
        """Note that the exchange refuses batches of single cancels, so that each goes by itself."""
        if not self.is_off:
            self.is_off = True
            text = (
                "the exchange refused a batch of single cancels as a whole, so the plugin cancels the orders "
                "one by one, and sends no such batch again in this process "
                f'(options["cancelOrders"]["coalesce"]): {refused.error}'
            )
            event(WARNING, "coalescing_off", text, **fields_of(refused.error))


_coalescing: dict[tuple[str, str], Coalescing] = {}


def coalescing_of(account: str, route: str) -> Coalescing:
    """The state of an account at an endpoint, the same for every instance."""
    return _coalescing.setdefault((account, route), Coalescing())


def forget() -> None:
    """Forget every refusal. For tests."""
    _coalescing.clear()
