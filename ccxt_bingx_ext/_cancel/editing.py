"""Edit one order: ccxt sends the request, and the flow reports what became of the old order.

=============================================================  ===========================================
the exchange                                                   the call
=============================================================  ===========================================
cancels the old order, and places the new one                  returns ccxt's structure of the new order
places the new one, but does not say that the old one is       returns it, and logs a warning
cancelled (``ALLOW_FAILURE``)
cancels the old one, and does not place the new one            raises ``InvalidOrder`` with the old order in
                                                               ``.orders``
refuses the edit, or the cancel, because the old one is gone   raises ``OrderNotFound`` if a query confirms
                                                               that, and otherwise an error with the old
                                                               id in ``.unresolved``
refuses for another reason                                     raises that with the old id in
                                                               ``.unresolved``
does not respond, or not as documented                         raises an unknown outcome with the old id in
                                                               ``.unresolved``
=============================================================  ===========================================

The plugin never sends an edit twice, because the second one could place a second order.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from typing import Any

from ccxt.base.errors import (
    BadRequest,
    BadResponse,
    BaseError,
    ExchangeError,
    InvalidOrder,
    OperationFailed,
    OrderNotFound,
)

from .._bingx.errors import Response, attach_response, refusal, words_of
from .._bingx.replacing import Replacement, Step, parse_replacement, says_cancelled
from .._bingx.vocabulary import Words
from .._ids import Batch, OrderRef, shown
from .._log import WARNING, event
from .._redact import redact, shorten
from .arguments import Edited
from .commands import Command, EditOrder, Steps
from .failures import Progress, is_ambiguous, progress_of
from .ledger import OrderReport, UnexpectedResponse, report_of_query, report_of_refusal
from .matching import names_of, order_id_of, readable_order_id
from .method_names import EDIT_ORDER
from .outcome import Order, add_to_message, bare_message, conclude, not_found
from .reconcile import query_unsettled
from .run import CancelContext, CancelRun
from .single import certain_report, outcome_of_both_ids
from .submit import in_turn

NEW_ORDER_UNKNOWN = "the new order may have been placed as well"
NOT_PLACED = "the new order was not placed"

_LONGEST_WORDS = 200  # characters of the exchange's own words in a message


def edit_one(
    edited: Edited, command: EditOrder, market_id: str, context: CancelContext
) -> Generator[Any, Any, Order]:
    """Run `command`, which edits the order of `edited`, and return the structure of the new order."""
    ref = edited.ref
    also_known_as = {} if edited.known_as is None else {ref: edited.known_as}
    run = CancelRun(Batch((ref,), 1), market_id, context, also_known_as=also_known_as)
    try:
        order: Order = yield from in_turn(run, (ref,), lambda turn: _only(command._replace(turn=turn)))
    except BaseError as error:
        failure, may_be_placed, new_id = error, is_ambiguous(error), None
        if progress_of(error) is Progress.NOT_BEGUN:
            failure = _without_request(error, command)
    else:
        said = parse_replacement(order.get("info"))
        new_id = order_id_of(said.new.order)
        if new_id is not None and said.new.done is not False:
            _warn_if_old_may_live(ref, said.cancel, new_id, _left_alone(said.cancel, run, ref))
            return order
        is_denied = new_id is None and said.new.done is False
        may_be_placed = not is_denied or said.new.is_ambiguous
        if not is_denied or said.cancel.done is None:
            failure = BadResponse(f"{EDIT_ORDER} the response is not the documented one")
        elif said.cancel.done:
            failure = yield from _not_replaced(run, ref, said)
        else:
            failure = _refusal(said.cancel)
    if is_ambiguous(failure):
        run.note_ambiguous((ref,), failure)
    failure = yield from _explained(run, ref, failure)
    yield from _raise(run, ref, failure, new_id, _remark(edited) if may_be_placed else "")
    raise AssertionError  # pragma: no cover - an outcome with an error raises


def _without_request(error: BaseError, command: EditOrder) -> BaseError:
    """The error to raise if ccxt did not even send the edit."""
    if isinstance(error, InvalidOrder):
        # ccxt's own check of the new order. By its class, a bot would believe that the old order is gone.
        failure = BadRequest(str(error))
    elif type(error) is ExchangeError and isinstance(error.__cause__, Exception):
        # ccxt 4.5.90 reads the amount and the price unchecked, and raises Python's own errors.
        new = zip(("type", "side", "amount", "price"), command.arguments[2:6], strict=True)
        text = ", ".join(f"{name} {shown(value)}" for name, value in new)
        failure = BadRequest(f"bingx ccxt cannot read the new order: {text} ({bare_message(error)})")
    else:
        return error
    failure.__cause__ = error
    return failure


def _only(command: Command) -> Steps:
    return (yield command)


def _not_replaced(run: CancelRun, ref: OrderRef, said: Replacement) -> Generator[Any, Any, BaseError]:
    """The error of an edit that, by the response, cancelled the old order and placed no new one.

    A cancelled swap order comes with the status that it had before (docs), so a query has to confirm that.
    """
    shown = {"code": 0, "data": said.cancel.order}
    with suppress(UnexpectedResponse):
        report = report_of_query(shown, run.queried(ref), run.context.endpoint.schema)
        if report.status == "canceled" and not run.contradicts(ref, report):
            run.ledger.enter(ref, report)
    found = yield from _final_report(run, ref)
    words = f"{NOT_PLACED}: {shorten(said.new.text, _LONGEST_WORDS)}"
    if found is not None and said.new.is_ambiguous:
        words = shorten(said.new.text, _LONGEST_WORDS)
        old = f"the old order {ref.value} is gone ({found.status})"
        return OperationFailed(f"{EDIT_ORDER} {old}, the outcome of the new order is unknown: {words}")
    if found is None:
        why = "the exchange says that it cancelled the old order, but no query confirms that"
        return BadResponse(f"{EDIT_ORDER} {why}, and {words}")
    if found.status == "canceled":
        return InvalidOrder(f"{EDIT_ORDER} the old order {ref.value} was cancelled, {words}")
    error = not_found(EDIT_ORDER, ref, found.status, None)
    add_to_message(error, words)
    return error


def _explained(run: CancelRun, ref: OrderRef, failure: BaseError) -> Generator[Any, Any, BaseError]:
    """The error to raise for `failure`. If its words call the old order gone, a query checks that first."""
    if is_ambiguous(failure) or run.ledger[ref] is not None:
        return failure
    if isinstance(failure, OrderNotFound):
        run.ledger.enter(ref, report_of_refusal(failure, ref))
        found = yield from _final_report(run, ref)
        if found is not None:
            return not_found(EDIT_ORDER, ref, found.status, failure)
        error = BadResponse(
            f"{EDIT_ORDER} the exchange refused the old order as gone, and no query confirms that"
        )
        error.__cause__ = failure
        return error
    if says_cancelled(words_of(failure)):
        found = yield from _final_report(run, ref)
        if found is not None:
            add_to_message(failure, f"the old order {ref.value} is gone ({found.status}), {NOT_PLACED}")
    return failure


def _final_report(run: CancelRun, ref: OrderRef) -> Generator[Any, Any, OrderReport | None]:
    """The old order's final state, or that the exchange does not know it. None if it is not settled."""
    yield from query_unsettled(run, [ref])
    report = certain_report(run, ref)
    return None if report is None or report.status == "open" else report


def _refusal(cancel: Step) -> BaseError:
    """The error for a cancel that failed and so stopped the edit, by the exchange's words."""
    response = Response(200, cancel.code, redact(cancel.text))
    error_class, words = refusal(response), shorten(cancel.text, _LONGEST_WORDS)
    message = f"{EDIT_ORDER} the old order was not cancelled, {NOT_PLACED}: {words}"
    if error_class is None:
        return BadResponse(message)  # unknown words: the outcome is unknown
    error = error_class(message)
    attach_response(error, response)
    return error


def _remark(edited: Edited) -> str:
    client_id = edited.new_client_id
    return NEW_ORDER_UNKNOWN + ("" if client_id is None else f" (client order id {client_id[:40]})")


def _raise(run: CancelRun, ref: OrderRef, failure: BaseError, new_id: str | None, remark: str) -> Steps:
    report = certain_report(run, ref)
    if report is None or report.status == "open":
        run.ledger.forget_live([ref])
        run.ledger.forget_unknown([ref])
    outcome = yield from outcome_of_both_ids(run, ref, failure)
    if new_id is not None:
        outcome = outcome._replace(unresolved=[*outcome.unresolved, OrderRef("id", new_id)])
    conclude(outcome, run.context.method, remark)


def _left_alone(cancel: Step, run: CancelRun, ref: OrderRef) -> OrderRef | None:
    """The name of the old order that the order of `cancel` does not have, although it has another one.

    If the words call an order gone without its id, they may not mean the order id that the bot passed.
    """
    spelt, known_as = run.context.endpoint.schema.spelt, run.queried(ref)
    names = {spelt(name) for name in names_of(cancel.order) if name.field != "id"}
    order_id = readable_order_id(cancel.order)
    if order_id is not None:
        names.add(OrderRef("id", order_id))
    elif known_as != ref and cancel.done is False:
        return known_as
    fields = {name.field for name in names}
    return next((one for one in (ref, known_as) if one.field in fields and spelt(one) not in names), None)


def _warn_if_old_may_live(ref: OrderRef, cancel: Step, new_id: str, left_alone: OrderRef | None) -> None:
    """Log a warning if the exchange placed the new order, but does not say that the old one is gone.

    `left_alone`: the name of the old order that the response contradicts. An error would be worse: a bot that
    edits again places a second order.
    """
    is_gone = cancel.done or (cancel.done is False and _calls_gone(ref, cancel))
    if left_alone is None and is_gone:
        return
    ref = left_alone or ref
    text = (
        f"{EDIT_ORDER} placed order {new_id}, but the exchange does not say that it cancelled order "
        f"{ref.value}, which may still be live: {shorten(cancel.text, _LONGEST_WORDS) or 'no words'}"
    )
    event(WARNING, "edit_unsure", text, method=EDIT_ORDER, ids=(ref.value,), new_id=new_id)


def _calls_gone(ref: OrderRef, cancel: Step) -> bool:
    """Whether the words say that the old order is gone. The exchange forgets client order ids (docs)."""
    words = Words(cancel.text, cancel.code or None, (ref.value,))
    if words.names_other_ids or not words.call_it_gone:
        return False
    return ref.field == "id" or words.status is not None
