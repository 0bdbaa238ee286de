"""Which failures are ambiguous: the exchange may have executed the request all the same. One decision table.

In ccxt most failures of either kind are ``NetworkError``, so the class alone does not decide. The response
that an error was raised for, if there was one, does (`response_of`); else how far the request got
(`progress_of`). If the bot's session cannot be watched, the classes of the error and of its causes decide: no
connection (host not found, refused, not verified, timed out while connecting) means that nothing was sent.

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
a response that is not the documented one                      unknown
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
    """How far a request got that failed without a response."""

    NOT_BEGUN = "no connection was attempted: keys, settings, or the limiter"
    NOT_WRITTEN = "no connection came about on which to write it"
    WRITTEN = "some of it may have been written"


def attach_progress(error: BaseError, progress: Progress | None, signed_at: float | None = None) -> None:
    """Keep on `error` how far its request got, if that is known, and when (s) it was signed."""
    if progress is not None:
        error._progress = progress
    error._signed_at = signed_at


def signed_at_of(error: BaseException) -> float | None:
    """When (s, `time.monotonic`) the request of `error` was signed; None if it was not."""
    signed_at: float | None = getattr(error, "_signed_at", None)
    return signed_at


def out_of_time(method: str) -> BaseError:
    """The error of a request that was not sent because the time to resolve is over."""
    error = RequestTimeout(f"{method} the time to resolve (resolveTimeout) is over: not sent")
    attach_progress(error, Progress.NOT_BEGUN)
    return error


def progress_of(error: BaseException) -> Progress | None:
    """How far the request of `error` got; None if its session could not be watched."""
    progress: Progress | None = getattr(error, "_progress", None)
    return progress


def was_never_sent(error: BaseError) -> bool:
    """Whether no connection came about at all, so that nothing was sent."""
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
    """`error` and what caused it, as the libraries say.

    Not by ``__context__``, which leads on to whatever the bot was handling when it called: a connection that
    was refused then says nothing about this request.
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
    except Exception:  # a property of a stranger's may raise anything
        return None


def counts_as_submission(error: BaseError) -> bool:
    """Whether the exchange may count the request that failed with `error` as a submission of its orders.

    The exchange takes the same order once per second. What it refuses before it handles orders (signature,
    key, clock, parameters, limit), and what was never sent, does not count.
    """
    if was_never_sent(error):
        return False
    response = response_of(error)
    if response is None:
        return is_ambiguous(error)
    return is_ambiguous(error) or response.meaning is Meaning.ORDER_GONE


def is_about_the_form(error: BaseError) -> bool:
    """Whether the form of the request (JSON or query) can be why a server refused it.

    A server that cannot read the form misses every parameter, the signature above all. An ambiguous failure
    says nothing about the form.
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
    """Whether a server refused a list for what stands in it, so that a shorter list may pass.

    Certain not to be executed, and neither the limit nor risk control: a wrong parameter, or a list that is
    too long (HTTP 413, 414).
    """
    response = response_of(error)
    if response is None or is_ambiguous(error):
        return False
    return response.http_status in (413, 414) or isinstance(error, BadRequest)
