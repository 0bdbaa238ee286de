"""What to do when an answer is lost: find out what happened, never guess.

``process`` 1: ask again. It cannot harm: what the lost request cancelled comes back in ``fails`` with its
state, what was still open is cancelled now. ``process`` 0 (all or nothing): look the orders up. One that is
open proves that the lost request did nothing, so it is sent again; where none is, every order is told as it
stands, whoever brought it there.
"""

from __future__ import annotations

from typing import Any

from ccxt.base.errors import BadRequest, BadResponse, BaseError, OrderNotFound

from ._asking import answer_to
from ._batch import METHOD, Asked, Batch
from ._calls import Cancel, LookUp, Plan, Sleep, Steps
from ._doubt import may_have_been_executed
from ._outcome import Claim, Ledger, Undocumented, claim_of_look_up, status_in_words

FIRST_PAUSE = 0.25  # s; each further one is twice as long


class _Refused(Exception):
    """The exchange refused what was sent again, and some orders are open: that refusal stands."""

    def __init__(self, refusal: BaseError) -> None:
        self.refusal = refusal


def find_out(part: Batch, market_id: str, ledger: Ledger, plan: Plan, lost: BaseError) -> Steps:
    """Enter into `ledger` what became of `part`; raises `lost`, the failure, where that stays unknown."""
    attempt = _settle_together if part.all_or_nothing else _settle_each
    give_up = plan.clock() + plan.resolve_timeout
    pause = FIRST_PAUSE
    for _ in range(plan.resolve_attempts):
        if plan.clock() + pause > give_up:
            break
        yield Sleep(pause)
        pause *= 2
        try:
            yield from attempt(part, market_id, ledger, plan)
        except _Refused as refused:
            raise refused.refusal from lost
        except (BaseError, Undocumented):
            continue
        return
    raise lost


def _settle_each(part: Batch, market_id: str, ledger: Ledger, plan: Plan) -> Steps:
    """Ask again, with ``process`` 1."""
    try:
        answer = yield from answer_to(Cancel(part.request(market_id)), plan)
    except (BadRequest, OrderNotFound) as refusal:
        if may_have_been_executed(refusal):
            raise
        yield from _look_up(part.asked, market_id, ledger, plan)
        return
    ledger.read(answer, part.asked)


def _settle_together(part: Batch, market_id: str, ledger: Ledger, plan: Plan) -> Steps:
    """Look up; send again only what was proven not to have been executed."""
    found = yield from _looked_up(part.asked, market_id, plan, until_open=True)
    if not _some_open(found):
        _enter(found, ledger)
        return
    try:
        answer = yield from answer_to(Cancel(part.request(market_id)), plan)
    except (BadRequest, OrderNotFound) as refusal:
        if may_have_been_executed(refusal):
            raise
        # The lost request may have been executed just now: its word is not taken for it.
        found = yield from _looked_up(part.asked, market_id, plan)
        _enter({asked: claim for asked, claim in found.items() if claim.status != "open"}, ledger)
        if _some_open(found):
            raise _Refused(refusal) from None
        return
    ledger.read(answer, part.asked)
    if any(ledger[asked] is None for asked in part.asked):
        raise BadResponse(f"{METHOD} the answer leaves ids open")


def _look_up(asked: tuple[Asked, ...], market_id: str, ledger: Ledger, plan: Plan) -> Steps:
    _enter((yield from _looked_up(asked, market_id, plan)), ledger)


def _looked_up(asked: tuple[Asked, ...], market_id: str, plan: Plan, *, until_open: bool = False) -> Steps:
    """What each order is; `until_open`: no further than to the first that is open."""
    found: dict[Asked, Claim] = {}
    for one in asked:
        found[one] = yield from _one_looked_up(one, market_id, plan)
        if until_open and found[one].status == "open":
            break
    return found


def _one_looked_up(asked: Asked, market_id: str, plan: Plan) -> Steps:
    name = "orderId" if asked.field == "id" else "clientOrderID"
    try:
        answer = yield from answer_to(LookUp({"symbol": market_id, name: asked.value}), plan)
    except OrderNotFound as error:
        text = getattr(error, "exchange_message", str(error))
        return Claim("fails", {"error": text}, status_in_words(text))
    return claim_of_look_up(answer, asked)


def _some_open(found: dict[Asked, Any]) -> bool:
    return any(claim.status == "open" for claim in found.values())


def _enter(found: dict[Asked, Claim], ledger: Ledger) -> None:
    for asked, claim in found.items():
        ledger.enter(asked, claim)
