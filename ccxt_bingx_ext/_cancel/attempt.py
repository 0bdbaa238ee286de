"""One request: over which host, at whose clock, and after which pause."""

from __future__ import annotations

from ccxt.base.errors import BaseError, InvalidNonce, RateLimitExceeded

from .._bingx.errors import response_of
from .._bingx.limit_headers import take_rest_of_window
from .._ratelimit.messages import Ban, Pause
from .commands import Cancel, FetchOrder, MeasureClock, Sleep, Steps, UpdateLimiter
from .failures import is_ambiguous, was_never_sent
from .run import CancelContext


def send(command: Cancel | FetchOrder, context: CancelContext) -> Steps:
    """The response to `command`. Two refusals prove that nothing was executed, and are met once each.

    ``InvalidNonce``: the flow measures the exchange's clock and sends again. ``RateLimitExceeded``: it waits
    and sends again, if the wait takes no longer than ``context.max_wait``.
    """
    try:
        return (yield from _send_on_time(command, context))
    except RateLimitExceeded as error:
        seconds = _seconds_to_wait(error, context)
        if seconds > context.max_wait or is_ambiguous(error):
            raise
    yield Sleep(seconds)
    return (yield from _send_on_time(command, context))


def _send_on_time(command: Cancel | FetchOrder, context: CancelContext) -> Steps:
    try:
        return (yield from _send_to_any_host(command, context))
    except InvalidNonce as error:
        if is_ambiguous(error):
            raise
        refusal = error
    try:
        yield MeasureClock()
    except BaseError as unmeasured:
        raise refusal from unmeasured
    return (yield from _send_to_any_host(command, context))


def _send_to_any_host(command: Cancel | FetchOrder, context: CancelContext) -> Steps:
    """The response of the first host that can be reached. A host that has answered is not passed over."""
    *others, last = context.hosts.in_turn(context.fallbacks, context.clock())
    for host in others:
        try:
            return (yield from _dispatch(command._replace(hostname=host), context))
        except BaseError as error:
            if not was_never_sent(error):
                raise
    return (yield from _dispatch(command._replace(hostname=last), context))


def _dispatch(command: Cancel | FetchOrder, context: CancelContext) -> Steps:
    """The response to `command`. The limiter learns what it says of the limit."""
    try:
        response = yield command
    except BaseError as error:
        if not was_never_sent(error):
            context.hosts.reached(command.hostname, context.clock())
        received = response_of(error)  # None: the limiter itself refused
        if isinstance(command, Cancel) and isinstance(error, RateLimitExceeded) and received is not None:
            signal = Ban if received.banned else Pause
            yield UpdateLimiter(command.endpoint, signal(_seconds_to_wait(error, context)))
        raise
    context.hosts.reached(command.hostname, context.clock())
    rest = take_rest_of_window(response)
    if rest is not None:
        yield UpdateLimiter(command.endpoint, Pause(rest))
    return response


def _seconds_to_wait(error: BaseError, context: CancelContext) -> float:
    seconds: float | None = getattr(error, "retry_after", None)
    return context.pauses.back_off if seconds is None else seconds
