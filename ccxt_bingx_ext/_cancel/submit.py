"""Submit a cancel: wait until the exchange accepts its orders again, send it, note when that was."""

from __future__ import annotations

from ccxt.base.errors import BaseError

from .._ids import Batch
from .attempt import send
from .commands import Steps
from .failures import counts_as_submission
from .run import CancelRun


def submit(run: CancelRun, part: Batch) -> Steps:
    """The response to the cancel of `part`, which goes out no sooner than a second after the last one."""
    submitted = False
    try:
        yield from run.wait_for_turn(part.refs)
        run.ledger.forget_live(part.refs)
        submitted = True  # also if the caller is cancelled while the request is under way
        return (yield from send(run.cancel(part), run.context))
    except BaseError as error:
        submitted = submitted and counts_as_submission(error)
        raise
    finally:
        run.end_turn(part.refs, submitted=submitted)
