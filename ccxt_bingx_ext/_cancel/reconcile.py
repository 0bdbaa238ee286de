"""What to do when an answer is lost: find out what happened, never guess.

``process`` 1: ask again. It cannot harm: what the lost request cancelled comes back as failed, by its state
or as an order that does not exist, which is then looked up; what was open is cancelled now. ``process`` 0
(all or nothing): look the orders up. One that is open proves that the lost request did nothing, so it is sent
again; where none is, every order is told as it stands, whoever brought it there.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, NamedTuple

from ccxt.base.errors import BadRequest, BaseError, OrderNotFound

from .._bingx.errors import report_of_refusal
from .arguments import Batch, OrderRef
from .attempt import send
from .commands import Call, Cancel, CancelContext, FetchOrder, Sleep, Steps
from .failures import is_ambiguous
from .ledger import Ledger, OrderReport, UnexpectedResponse, report_of_query

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
    plan: CancelContext
    give_up: float

    @property
    def cancel(self) -> Cancel:
        return Cancel(self.plan.endpoint, self.plan.endpoint.request(self.part, self.market_id))


def reconcile_batch(
    part: Batch, market_id: str, ledger: Ledger, plan: CancelContext, lost: BaseError
) -> Steps:
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
        except (BaseError, UnexpectedResponse, _Unsettled):
            continue
        return
    raise lost


def query_unsettled(asked: Iterable[OrderRef], market_id: str, ledger: Ledger, plan: CancelContext) -> Steps:
    """Look up those of `asked` that the answers leave unclear, and keep what that tells.

    Unclear are those that are not settled, and swap orders that "do not exist": the exchange says so of one
    that an earlier request had cancelled, too. It ends at the first refusal: to go on against a ban or with a
    refused key makes either worse.
    """
    if not plan.resolve_attempts:
        return
    give_up = plan.clock() + plan.resolve_timeout
    for one in dict.fromkeys(asked):
        claim = ledger[one]
        clear = claim is not None and (claim.status is not None or plan.endpoint.shape.tells_states)
        if clear or plan.clock() > give_up:
            continue
        try:
            found = yield from _one_looked_up(one, market_id, plan)
        except BaseError as error:
            if not is_ambiguous(error):
                return
        except UnexpectedResponse:
            pass
        else:
            if found is not None:  # pragma: no branch - on CPython 3.11 coverage is not told, on 3.12 it is
                ledger.enter_found(one, found)


def _settle_each(search: _Search) -> Steps:
    """Ask again, with ``process`` 1."""
    try:
        answer = yield from send(search.cancel, search.plan)
    except (BadRequest, OrderNotFound) as error:
        if is_ambiguous(error):
            raise
        refusal = error
    else:
        search.ledger.read(answer, search.part.asked)
        return
    is_one = len(search.part.asked) == 1
    if is_one and isinstance(refusal, OrderNotFound) and not search.plan.endpoint.shape.tells_states:
        search.ledger.enter(search.part.asked[0], report_of_refusal(refusal))
        return
    open_ones = yield from _look_up(search)
    for asked, claim in open_ones.items():
        search.ledger.enter(asked, claim)
    _demand_all(search)


def _settle_together(search: _Search) -> Steps:
    """Look up; send again only what was proven not to have been executed."""
    open_ones = yield from _look_up(search, until_open=True)
    if not open_ones:
        _demand_all(search)
        return
    try:
        answer = yield from send(search.cancel, search.plan)
    except (BadRequest, OrderNotFound) as refusal:
        if is_ambiguous(refusal):
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


def _look_up(
    search: _Search, *, until_open: bool = False
) -> Generator[Call, Any, dict[OrderRef, OrderReport]]:
    """Enter every order that has ended into the ledger, and return those that are open.

    What is known is kept, and not asked for again, should a later look-up fail. `until_open`: no further than
    to the first that is open.
    """
    open_ones: dict[OrderRef, OrderReport] = {}
    for asked in search.part.asked:
        if search.ledger[asked] is not None:
            continue
        if search.plan.clock() > search.give_up:
            raise _Unsettled
        claim = yield from _one_looked_up(asked, search.market_id, search.plan)
        if claim is None:
            continue  # pragma: no cover - on CPython 3.11 coverage is not told, on 3.12 it is
        if claim.status != "open":
            search.ledger.enter(asked, claim)
            continue
        open_ones[asked] = claim
        if until_open:
            break
    return open_ones


def _one_looked_up(
    asked: OrderRef, market_id: str, plan: CancelContext
) -> Generator[Call, Any, OrderReport | None]:
    endpoint = plan.endpoint
    try:
        answer = yield from send(FetchOrder(endpoint, endpoint.fetch_request(asked, market_id)), plan)
    except OrderNotFound as error:
        if is_ambiguous(error):
            raise  # a gateway's 5xx is no word on an order, whatever it says
        if asked.field != "id":
            return None  # after two hours a client order id is not found, though its order may be live (docs)
        return report_of_refusal(error)
    return report_of_query(answer, asked, endpoint.shape)
