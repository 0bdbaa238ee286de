"""Decide which failures are ambiguous, so that the exchange may have executed the request.

In ccxt most failures of either kind are ``NetworkError``, so the class alone does not decide. If there was a
response, the response decides (`response_of`). Otherwise the progress of the request does (`progress_of`). If
the plugin cannot watch the bot's session, the classes of the error and of its causes decide: without a
connection (host not found, refused, not verified, timed out while connecting), nothing was sent.

=============================================================  ==========  =================================
what came back                                                 executed?   source
=============================================================  ==========  =================================
HTTP 5xx, 408, 3xx                                             unknown     504: "further confirmation" (docs)
words or a code for "busy" or "lost behind the gateway"        unknown     docs, live
the same order within a second                                 unknown     an earlier request was received
a business code that the vocabulary does not know              unknown
any other business code, any other HTTP 4xx                    no          it is a refusal
no response, and the session was about to write the request    unknown     seen on the wire (`Progress`)
no response, and nothing was written                           no          seen on the wire
a response without the documented form                         unknown
raised before a connection (keys, settings, limiter)           no
=============================================================  ==========  =================================
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from ccxt.base.errors import (
    BadRequest,
    BaseError,
    DDoSProtection,
    ExchangeError,
    InvalidNonce,
    OperationFailed,
    RateLimitExceeded,
    RequestTimeout,
)

from .._bingx.errors import response_of
from .._bingx.vocabulary import Meaning

_UNKNOWN_OUTCOMES = (Meaning.AMBIGUOUS, Meaning.SUBMITTED_TWICE)
# By name: a bot that uses requests need not load aiohttp, and the other way round.
_NOT_CONNECTED = frozenset(
    (
        "ConnectionRefusedError",
        "gaierror",
        "SSLCertVerificationError",
        "NewConnectionError",  # urllib3
        "ConnectTimeoutError",
        "ConnectTimeout",  # requests
        "ClientConnectorError",  # aiohttp
        "ConnectionTimeoutError",
    )
)


class Progress(Enum):
    """How far a request got that ended without a response."""

    NOT_BEGUN = "no connection was attempted: keys, settings, or the limiter"
    NOT_WRITTEN = "no connection came about on which to write it"
    WRITTEN = "some of it may have been written"


def attach_progress(error: BaseError, progress: Progress | None, signed_at: float | None = None) -> None:
    """Keep on `error` the progress of its request, if known, and when (s) the request was signed."""
    if progress is not None:
        error._progress = progress
    error._signed_at = signed_at


def signed_at_of(error: BaseException) -> float | None:
    """When (s, `time.monotonic`) the request of `error` was signed; None if it was not."""
    signed_at: float | None = getattr(error, "_signed_at", None)
    return signed_at


def out_of_time(method: str) -> BaseError:
    """The error of a request that is not sent because the time to reconcile is over."""
    error = RequestTimeout(f"{method} request not sent: the time to reconcile is over (resolveTimeout)")
    attach_progress(error, Progress.NOT_BEGUN)
    return error


def progress_of(error: BaseException) -> Progress | None:
    """How far the request of `error` got; None if the plugin could not watch its session."""
    progress: Progress | None = getattr(error, "_progress", None)
    return progress


def was_never_sent(error: BaseError) -> bool:
    """Whether there was no connection, so that nothing was sent."""
    if response_of(error) is not None or not isinstance(error, (OperationFailed, ExchangeError)):
        return False
    progress = progress_of(error)
    if progress is not None:
        return progress is Progress.NOT_WRITTEN
    return any(kind.__name__ in _NOT_CONNECTED for link in chain_of(error) for kind in type(link).__mro__)


def is_ambiguous(error: BaseError) -> bool:
    """Whether the exchange may have executed the request that failed with `error`."""
    response = response_of(error)
    if response is not None:
        # A plain class means that neither the vocabulary nor ccxt knows what the response says.
        is_unknown = type(error) in (OperationFailed, ExchangeError)
        says_success = response.code == "0"  # under a status that says failure
        known = not (is_unknown or says_success or response.meaning in _UNKNOWN_OUTCOMES)
        return response.is_from_gateway or not known
    progress = progress_of(error)
    if progress is not None:
        return progress is Progress.WRITTEN
    if was_never_sent(error):
        return False
    # ccxt raises a plain ExchangeError for a body that is cut off, but raises its subclasses before it sends
    # anything. So does the limiter with RateLimitExceeded. InvalidNonce is a refusal.
    if isinstance(error, (RateLimitExceeded, DDoSProtection, InvalidNonce)):
        return False
    return isinstance(error, OperationFailed) or type(error) is ExchangeError


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """`error` and its causes, as the libraries name them.

    ``__context__`` does not count, because it leads to whatever the bot was handling when it called. A
    refused connection there says nothing about this request.
    """
    links, seen = [error], {id(error)}
    while links:
        link = links.pop()
        yield link
        for below in (link.__cause__, _reason_of(link), *link.args):
            if isinstance(below, BaseException) and id(below) not in seen:
                seen.add(id(below))
                links.append(below)


def _reason_of(error: BaseException) -> object:
    try:
        return getattr(error, "reason", None)  # urllib3's
    except Exception:  # a property of another library may raise anything
        return None


def counts_as_submission(error: BaseError) -> bool:
    """Whether the exchange may count the request that failed with `error` as a submission of its orders.

    The exchange accepts the same order once per second. A request that it refuses before it handles orders
    (signature, key, clock, parameters, limit) does not count, nor does one that was never sent.
    """
    if was_never_sent(error):
        return False
    response = response_of(error)
    if response is None:
        return is_ambiguous(error)
    return is_ambiguous(error) or response.meaning is Meaning.ORDER_GONE


def is_about_the_form(error: BaseError) -> bool:
    """Whether a server may have refused the request because of its form (JSON or query).

    A server that cannot read the form misses every parameter, the signature first. An ambiguous failure says
    nothing about the form.
    """
    response = response_of(error)
    if response is None or is_ambiguous(error):
        return False
    return response.http_status == 415 or response.meaning in (
        Meaning.WRONG_SIGNATURE,
        Meaning.MISSING_PARAMETER,
        Meaning.CLOCK,
    )


def refuses_the_list(error: BaseError) -> bool:
    """Whether a server refused a list because of its contents, so that a shorter list may pass.

    The reason is a wrong parameter, or a list that is too long (HTTP 413, 414). The limit and risk control do
    not count, nor does a list that may have been executed.
    """
    response = response_of(error)
    if response is None or is_ambiguous(error):
        return False
    return response.http_status in (413, 414) or isinstance(error, BadRequest)
