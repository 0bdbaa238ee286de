"""One request: its form, the remembered form, and the limiters that a refusal updates."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from ccxt.base.errors import AuthenticationError, BaseError, NetworkError, RateLimitExceeded, RequestTimeout

from ccxt_bingx_ext._bingx.endpoints import SPOT
from ccxt_bingx_ext._bingx.errors import Response, attach_response, not_sent
from ccxt_bingx_ext._cancel.attempt import send
from ccxt_bingx_ext._cancel.commands import Cancel, FetchHistory, FetchOrder, UpdateLimiter
from ccxt_bingx_ext._cancel.failures import Progress, attach_progress
from ccxt_bingx_ext._cancel.forms import JSON, QUERY, RequestForm
from ccxt_bingx_ext._cancel.hosts import Hosts
from ccxt_bingx_ext._ratelimit.messages import Ban, Pause
from ccxt_bingx_ext._ratelimit.schedule import Decision
from ccxt_bingx_ext._runner import run

from .fakes import Wire, batch, cancel, canceled, context, response


def wrong_signature() -> BaseError:
    error = AuthenticationError("bingx signature mismatch")
    attach_response(error, Response(200, "100001", "signature verification failed"))
    return error


def play(form: RequestForm, *replies: object) -> Wire:
    """Cancel one order in `form`, and ignore an error of the last reply."""
    wire = Wire(*replies)
    with contextlib.suppress(BaseError):
        run(cancel(batch(1, process=1), "BTC-USDT", context(form=form)), wire)
    return wire


CANCELED = response([canceled(1)])


def test_json_is_remembered() -> None:
    """A form that worked is the first form of the next request."""
    form = RequestForm()
    assert len(play(form, CANCELED).requests) == 1
    assert form.known == JSON


def test_query_form_is_remembered() -> None:
    """After a signature error that the JSON form may explain, the plugin tries the query form once."""
    form = RequestForm()
    assert len(play(form, wrong_signature(), CANCELED).requests) == 2
    assert form.known == QUERY
    assert len(play(form, CANCELED).requests) == 1


def test_neither_form_helps() -> None:
    """A wrong key costs one more request, once. The documented form stays."""
    form = RequestForm()
    assert [len(play(form, wrong_signature()).requests) for _ in range(2)] == [2, 1]
    assert form.known == JSON


def test_lost_query_form_shows_nothing() -> None:
    """If the response to the query form is lost, the right form stays unknown."""
    form = RequestForm()
    play(form, wrong_signature(), RequestTimeout("bingx lost"))
    assert form.known is None


@pytest.mark.parametrize(
    ("error", "first"),
    [
        (not_sent(Decision(5.0)), "other"),
        (wrong_signature(), None),
        (RequestTimeout("bingx lost"), None),
    ],
    ids=["limiter", "refusal", "lost"],
)
def test_own_refusal_reaches_no_host(error: BaseError, first: str | None) -> None:
    """The limiter's own refusal shows nothing about a host. A host's refusal, or a lost request, does."""
    hosts = Hosts()
    hosts.reached("other", 0.0)
    steps = send(Cancel(SPOT, {}), context(hosts=hosts, fallbacks=["other"]))
    assert next(steps) == Cancel(SPOT, {}, hostname="other")
    never_sent = NetworkError("bingx")
    attach_progress(never_sent, Progress.NOT_WRITTEN)
    assert steps.throw(never_sent) == Cancel(SPOT, {}, hostname=None)
    with pytest.raises(type(error)):
        steps.throw(error)
    assert hosts.in_turn(["other"], 1.0)[0] == first


REQUESTS = [
    (Cancel(SPOT, {}), SPOT),
    (FetchOrder(SPOT, {}), SPOT.fetch),
    (FetchHistory(SPOT, {}), SPOT.history),
]


@pytest.mark.parametrize(("request_", "limited"), REQUESTS)
@pytest.mark.parametrize(("banned", "signal"), [(True, Ban(300.0)), (False, Pause(300.0))])
def test_refusal_reaches_its_own_limiter(request_: Any, limited: Any, banned: bool, signal: Any) -> None:
    """A refusal for the limit, or a ban, concerns only the endpoint that responded."""
    refusal = RateLimitExceeded("bingx refused")
    attach_response(refusal, Response(200, "100410", "rate limited", 300.0, banned))
    steps = send(request_, context())
    assert isinstance(next(steps), type(request_))
    assert steps.throw(refusal) == UpdateLimiter(limited, signal)
    with pytest.raises(RateLimitExceeded):
        steps.send(None)
