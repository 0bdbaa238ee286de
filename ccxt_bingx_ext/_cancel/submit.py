"""Submit a cancel: wait until the exchange accepts its orders again, send it, and note the time."""

from __future__ import annotations

from collections.abc import Sequence

from ccxt.base.errors import BaseError

from .._ids import Batch, OrderRef
from .attempt import send
from .commands import Steps
from .failures import counts_as_submission
from .run import CancelRun


def submit(run: CancelRun, part: Batch) -> Steps:
    """The response to the cancel of `part`, sent at least a second after the last cancel of its orders."""
    return (yield from in_turn(run, part.refs, send(run.cancel(part), run.context)))


def in_turn(run: CancelRun, refs: Sequence[OrderRef], request: Steps) -> Steps:
    """The response to `request`, which cancels `refs`, sent when the exchange accepts them again."""
    submitted = False
    try:
        yield from run.wait_for_turn(refs)
        run.ledger.forget_live(refs)
        submitted = True  # also if somebody cancels the task while the request is under way
        return (yield from request)
    except BaseError as error:
        submitted = submitted and counts_as_submission(error)
        raise
    finally:
        run.end_turn(refs, submitted=submitted)
