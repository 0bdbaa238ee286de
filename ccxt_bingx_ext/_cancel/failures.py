"""Which failures are ambiguous: the exchange may have executed the request all the same. One decision table.

In ccxt most failures of either kind are ``NetworkError``, so the class alone does not decide. The response
that an error was raised for, if there was one, does (`response_of`).

=============================================================  ==========  =================================
what came back                                                 executed?   source
=============================================================  ==========  =================================
HTTP 5xx, 408                                                  unknown     504: "further confirmation" (docs)
a business code or words for "busy"                            unknown     docs
a business code that the vocabulary does not know              unknown
any other business code, any other HTTP 4xx                    no          it is a refusal
no response: host not found, refused, not verified,            no          nothing was sent
connecting timed out
no response otherwise (timeout, reset, cut off)                unknown     incl. async connect timeouts, which
                                                                           ccxt does not distinguish
a response that is not the documented one                      unknown
raised before anything was sent (keys, settings, limiter)      no
=============================================================  ==========  =================================
"""

from __future__ import annotations

from collections.abc import Iterator

from ccxt.base.errors import BaseError, ExchangeError, InvalidNonce, OperationFailed, RateLimitExceeded

from .._bingx.errors import response_of
from .._bingx.vocabulary import is_busy

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


def was_never_sent(error: BaseError) -> bool:
    """Whether no connection came about at all, so that nothing was sent."""
    if response_of(error) is not None or not isinstance(error, (OperationFailed, ExchangeError)):
        return False
    return any(kind.__name__ in _NOT_CONNECTED for link in _chain(error) for kind in type(link).__mro__)


def is_ambiguous(error: BaseError) -> bool:
    """Whether the exchange may have executed the request that failed with `error`."""
    response = response_of(error)
    if response is not None:
        # A plain class means that neither the vocabulary nor ccxt knows what the response says.
        is_unknown = type(error) in (OperationFailed, ExchangeError)
        return response.is_from_gateway or is_busy(response.code, response.message) or is_unknown
    if was_never_sent(error):
        return False
    # ccxt raises a plain ExchangeError for a body that is cut off, but raises its subclasses before it sends
    # anything. So does the limiter with RateLimitExceeded. InvalidNonce is a refusal.
    if isinstance(error, (RateLimitExceeded, InvalidNonce)):
        return False
    return isinstance(error, OperationFailed) or type(error) is ExchangeError


def _chain(error: BaseException) -> Iterator[BaseException]:
    """`error` and what caused it, as the libraries say.

    Not by ``__context__``, which leads on to whatever the bot was handling when it called: a connection that
    was refused then says nothing about this request.
    """
    links, seen = [error], {id(error)}
    while links:
        link = links.pop()
        yield link
        for below in (link.__cause__, getattr(link, "reason", None), *link.args):
            if isinstance(below, BaseException) and id(below) not in seen:
                seen.add(id(below))
                links.append(below)
