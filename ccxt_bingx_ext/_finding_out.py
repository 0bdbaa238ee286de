"""What to do when an answer is lost: find out what happened, never guess.

``process`` 1: ask again. It cannot harm: what the lost request cancelled comes back in ``fails`` with its
state, what was still open is cancelled now. ``process`` 0 (all or nothing): look the orders up. One that is
open proves that the lost request did nothing, so it is sent again; where none is, every order is told as it
stands, whoever brought it there.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

from ccxt.base.errors import BadRequest, BaseError, OrderNotFound

from ._asking import answer_to
from ._batch import Asked, Batch
from ._calls import Call, Cancel, LookUp, Plan, Sleep, Steps
from ._doubt import may_have_been_executed
from ._outcome import Claim, Ledger, Undocumented, claim_of_look_up, status_in_words

FIRST_PAUSE = 0.25  # s; each further one is twice as long


class _Refused(Exception):
    """The exchange refused what was sent again, and some orders are open: that refusal stands."""

    def __init__(self, refusal: BaseError) -> None:
        self.refusal = refusal


class _Unsettled(Exception):
    """This attempt did not settle it."""


class _Search(NamedTuple):
    """What is looked for, where it is noted, and until when (s, on ``plan.clock``)."""

    part: Batch
    market_id: str
    ledger: Ledger
    plan: Plan
    give_up: float


def find_out(part: Batch, market_id: str, ledger: Ledger, plan: Plan, lost: BaseError) -> Steps:
    """Enter into `ledger` what became of `part`; raises `lost`, the failure, where that stays unknown."""
    search = _Search(part, market_id, ledger, plan, plan.clock() + plan.resolve_timeout)
    attempt = _settle_together if part.all_or_nothing else _settle_each
    pause = FIRST_PAUSE
    for _ in range(plan.resolve_attempts):
        if plan.clock() + pause > search.give_up:
            break
        yield Sleep(pause)
        pause *= 2
        try:
            yield from attempt(search)
        except _Refused as refused:
            raise refused.refusal from lost
        except (BaseError, Undocumented, _Unsettled):
            continue
        return
    raise lost


def _settle_each(search: _Search) -> Steps:
    """Ask again, with ``process`` 1."""
    try:
        answer = yield from answer_to(Cancel(search.part.request(search.market_id)), search.plan)
    except (BadRequest, OrderNotFound) as refusal:
        if may_have_been_executed(refusal):
            raise
        open_ones = yield from _look_up(search)
        for asked, claim in open_ones.items():
            search.ledger.enter(asked, claim)
        _demand_all(search)
        return
    search.ledger.read(answer, search.part.asked)


def _settle_together(search: _Search) -> Steps:
    """Look up; send again only what was proven not to have been executed."""
    open_ones = yield from _look_up(search, until_open=True)
    if not open_ones:
        _demand_all(search)
        return
    try:
        answer = yield from answer_to(Cancel(search.part.request(search.market_id)), search.plan)
    except (BadRequest, OrderNotFound) as refusal:
        if may_have_been_executed(refusal):
            raise
        # The lost request may have been executed just now: its word is not taken for it.
        if (yield from _look_up(search)):
            raise _Refused(refusal) from None
    else:
        search.ledger.read(answer, search.part.asked)
    _demand_all(search)


def _demand_all(search: _Search) -> None:
    if any(search.ledger[asked] is None for asked in search.part.asked):
        raise _Unsettled


def _look_up(search: _Search, *, until_open: bool = False) -> Generator[Call, Any, dict[Asked, Claim]]:
    """Enter every order that has ended into the ledger, and return those that are open.

    What is known is kept, and not asked for again, should a later look-up fail. `until_open`: no further than
    to the first that is open.
    """
    open_ones: dict[Asked, Claim] = {}
    for asked in search.part.asked:
        if search.ledger[asked] is not None:
            continue
        if search.plan.clock() > search.give_up:
            raise _Unsettled
        claim = yield from _one_looked_up(asked, search)
        if claim is None:
            continue
        if claim.status != "open":
            search.ledger.enter(asked, claim)
            continue
        open_ones[asked] = claim
        if until_open:
            break
    return open_ones


def _one_looked_up(asked: Asked, search: _Search) -> Generator[Call, Any, Claim | None]:
    name = "orderId" if asked.field == "id" else "clientOrderID"
    try:
        answer = yield from answer_to(LookUp({"symbol": search.market_id, name: asked.value}), search.plan)
    except OrderNotFound as error:
        if may_have_been_executed(error):
            raise  # a gateway's 5xx is no word on an order, whatever it says
        if asked.field != "id":
            return None  # after two hours a client order id is not found, though its order may be live (docs)
        text = getattr(error, "exchange_message", str(error))
        return Claim("fails", {"error": text}, status_in_words(text))
    return claim_of_look_up(answer, asked)
