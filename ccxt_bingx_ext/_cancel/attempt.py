"""Send one request: choose the host, the clock, the form and the pause."""

from __future__ import annotations

from typing import TypeAlias

from ccxt.base.errors import BaseError, InvalidNonce, RateLimitExceeded

from .._bingx.errors import response_of
from .._ratelimit.messages import Ban, Pause
from .commands import (
    Cancel,
    CancelAll,
    MeasureClock,
    Query,
    Sleep,
    Steps,
    UpdateLimiter,
)
from .events import note_ban, note_clock, note_host, note_limit, note_window
from .failures import is_about_the_form, is_ambiguous, out_of_time, was_never_sent
from .forms import QUERY
from .run import CancelContext

Request: TypeAlias = Cancel | CancelAll | Query


def send(request: Request, context: CancelContext) -> Steps:
    """Return the response to `request`; `Received` for a `CancelAll`.

    After three refusals, which prove that nothing was executed, the flow sends the request once more:

    - ``InvalidNonce``: it measures the exchange's clock first.
    - A refusal that the form of the request can explain: it sends the other form.
    - ``RateLimitExceeded`` of this window: it waits first, for at most ``context.max_wait``.

    A ban, risk control or a firewall ends the attempt. The flow begins nothing after the request's
    ``give_up``.
    """
    try:
        return (yield from _send_in_a_form(request, context))
    except RateLimitExceeded as error:
        response = response_of(error)
        seconds = _seconds_to_wait(error, context)
        stops = response is None or (response.stops is not None and response.retry_after is None)
        is_late = context.clock() + seconds > request.give_up
        if stops or is_late or seconds > context.max_wait or is_ambiguous(error):
            raise
    yield Sleep(seconds)
    return (yield from _send_in_a_form(_again(request), context))


def _again(request: Request) -> Request:
    return request._replace(attempt=request.attempt + 1)


def _send_in_a_form(request: Request, context: CancelContext) -> Steps:
    form = context.form
    if form is None or not isinstance(request, Cancel):
        return (yield from _send_on_time(request, context))
    first = form.first
    try:
        response = yield from _send_on_time(request._replace(form=first), context)
    except BaseError as error:
        is_unmeasured = isinstance(error.__cause__, BaseError)  # then the clock explains the refusal
        if form.known is not None or is_unmeasured or not is_about_the_form(error):
            raise
    else:
        form.remember(first)
        return response
    # Once, in the form that the exchange accepted live. If it refuses both, the next call tries one form
    # only.
    try:
        response = yield from _send_on_time(_again(request._replace(form=QUERY)), context)
    except BaseError as error:
        if response_of(error) is not None and not is_ambiguous(error):
            form.remember(first if is_about_the_form(error) else QUERY)
        raise
    form.remember(QUERY)
    return response


def _send_on_time(request: Request, context: CancelContext) -> Steps:
    try:
        return (yield from _send_to_any_host(request, context))
    except InvalidNonce as error:
        if is_ambiguous(error) or context.clock() > request.give_up:
            raise
        refusal = error
    try:
        offset = yield MeasureClock()
    except BaseError as unmeasured:
        raise refusal from unmeasured
    note_clock(context.method, request.limited.route, offset, refusal)
    return (yield from _send_to_any_host(_again(request), context))


def _send_to_any_host(request: Request, context: CancelContext) -> Steps:
    """The response of the first host that can be reached. After a response, the flow tries no other host."""
    *others, last = hosts = context.hosts.in_turn(context.fallbacks, context.clock())
    for host, following in zip(others, hosts[1:], strict=True):
        try:
            return (yield from _dispatch(request._replace(hostname=host), context))
        except BaseError as error:
            if not was_never_sent(error):
                raise
            note_host(context.method, request.limited.route, host, following, error)
    return (yield from _dispatch(request._replace(hostname=last), context))


def _dispatch(request: Request, context: CancelContext) -> Steps:
    """The response to `request`, whose limit headers go to the limiters."""
    if context.clock() > request.give_up:
        raise out_of_time(context.method)
    try:
        response = yield request
    except BaseError as error:
        # A refusal by the limiter says nothing about the host.
        if response_of(error) is not None or is_ambiguous(error):
            context.hosts.reached(request.hostname, context.clock())
        yield from _report_stop(request, error, context)
        raise
    context.hosts.reached(request.hostname, context.clock())
    if isinstance(request, Query):
        return response
    if response.rest_of_window is not None:
        note_window(request.limited.route, response.rest_of_window)
        yield UpdateLimiter(request.limited, Pause(response.rest_of_window))
    return response if isinstance(request, CancelAll) else response.body


def _report_stop(request: Request, error: BaseError, context: CancelContext) -> Steps:
    """Report to the limiters which requests `error` stops. A look-up has a limiter of its own."""
    response = response_of(error)
    if response is None:  # the limiter itself refused, or no server responded
        return
    scope = response.stops
    if scope is not None:
        note_ban(context.method, request.limited.route, response, scope, error)
        # Without a time, the limiter waits a second, lets one request probe, and then doubles the wait.
        yield UpdateLimiter(request.limited, Ban(response.retry_after), scope)
    elif isinstance(error, RateLimitExceeded):
        seconds = _seconds_to_wait(error, context)
        note_limit(context.method, request.limited.route, seconds, error)
        yield UpdateLimiter(request.limited, Pause(seconds))


def _seconds_to_wait(error: BaseError, context: CancelContext) -> float:
    seconds: float | None = getattr(error, "retry_after", None)
    return context.pauses.back_off if seconds is None else seconds
