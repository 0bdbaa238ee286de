"""How one call gets its answer: over which host, at whose clock, and after which pause."""

from __future__ import annotations

from ccxt.base.errors import BaseError, InvalidNonce, RateLimitExceeded

from .._bingx.errors import REST_OF_WINDOW
from .._bingx.limit_headers import BACK_OFF
from .._ratelimit.messages import Ban, Pause
from .commands import Cancel, CancelContext, FetchOrder, MeasureClock, Sleep, Steps, UpdateLimiter
from .failures import is_ambiguous, was_never_sent


def send(call: Cancel | FetchOrder, plan: CancelContext) -> Steps:
    """The answer to `call`. Two refusals mean that nothing was executed, and are met once each:

    ``InvalidNonce`` by measuring the exchange's clock; ``RateLimitExceeded`` by waiting, if that takes no
    longer than ``plan.max_wait``.
    """
    try:
        return (yield from _at_the_right_time(call, plan))
    except RateLimitExceeded as error:
        seconds = _rest(error)
        if seconds > plan.max_wait or is_ambiguous(error):
            raise
    yield Sleep(seconds)
    return (yield from _at_the_right_time(call, plan))


def _at_the_right_time(call: Cancel | FetchOrder, plan: CancelContext) -> Steps:
    try:
        return (yield from _at_any_host(call, plan))
    except InvalidNonce as error:
        if is_ambiguous(error):
            raise
        refusal = error
    try:
        yield MeasureClock()
    except BaseError as unmeasured:
        raise refusal from unmeasured
    return (yield from _at_any_host(call, plan))


def _at_any_host(call: Cancel | FetchOrder, plan: CancelContext) -> Steps:
    """The answer of the first host that can be reached at all; one that has answered is not passed over."""
    *others, last = plan.hosts.in_turn(plan.fallbacks, plan.clock())
    for host in others:
        try:
            return (yield from _dispatch(call._replace(hostname=host), plan))
        except BaseError as error:
            if not was_never_sent(error):
                raise
    return (yield from _dispatch(call._replace(hostname=last), plan))


def _dispatch(call: Cancel | FetchOrder, plan: CancelContext) -> Steps:
    """The answer to `call`; what it says of the limit is told to the lane."""
    try:
        answer = yield call
    except BaseError as error:
        if not was_never_sent(error):
            plan.hosts.reached(call.hostname, plan.clock())
        told = isinstance(error, RateLimitExceeded) and not getattr(error, "from_lane", False)
        if isinstance(call, Cancel) and told:
            closed = getattr(error, "banned", False)
            yield UpdateLimiter(call.endpoint, (Ban if closed else Pause)(_rest(error)))
        raise
    plan.hosts.reached(call.hostname, plan.clock())
    if isinstance(answer, dict) and REST_OF_WINDOW in answer:
        yield UpdateLimiter(call.endpoint, Pause(answer.pop(REST_OF_WINDOW)))
    return answer


def _rest(error: BaseError) -> float:
    rest: float | None = getattr(error, "retry_after", None)
    return BACK_OFF if rest is None else rest
