"""Submit a cancel: wait until the exchange accepts its orders again, send it, and note the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ccxt.base.errors import BaseError

from .._ids import Batch, OrderRef
from .attempt import send
from .commands import Steps, Turn
from .failures import counts_as_submission
from .run import CancelRun


def submit(run: CancelRun, part: Batch) -> Steps:
    """The response to the cancel of `part`, sent at least a second after the last cancel of its orders."""

    def request(turn: Turn) -> Steps:
        return send(run.cancel(part)._replace(turn=turn), run.context)

    return (yield from in_turn(run, part.refs, request))


def in_turn(run: CancelRun, refs: Sequence[OrderRef], request: Callable[[Turn], Steps]) -> Steps:
    """The response to `request`, which cancels `refs`, sent when the exchange accepts them again."""
    owner, submitted = object(), False
    turn = partial(run.reserve, refs, owner)
    try:
        yield from run.wait_for_turn(turn)
        run.ledger.forget_live(refs)
        submitted = True  # also if somebody cancels the task while the request is under way
        return (yield from request(turn))
    except BaseError as error:
        submitted = submitted and counts_as_submission(error)
        raise
    finally:
        run.end_turn(refs, owner, submitted=submitted)
