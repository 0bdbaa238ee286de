"""Which failures leave it unknown whether the exchange executed a request. One table, by what is known.

In ccxt most failures of either kind are ``NetworkError``: the class alone does not tell. So `attach_response`
keeps on an error what the answer was, if there was one.

=============================================================  ==========  =================================
what came back                                                 executed?   source
=============================================================  ==========  =================================
HTTP 5xx, 408                                                  unknown     504: "further confirmation" (docs)
business codes 100500, 110500, 109500, 100503 (system busy)    unknown     docs
a business code that nobody knows, or "busy" under another     unknown
any other business code, any other HTTP 4xx                    no          it is a refusal
no answer: host not found, refused, not verified, connecting   no          nothing was sent
timed out
no answer otherwise (timeout, reset, cut off)                  unknown     incl. async connect timeouts, which
                                                                           ccxt does not tell from others
an answer that is not the documented one                       unknown
raised before anything was sent (keys, settings, lane)         no
=============================================================  ==========  =================================
"""

from __future__ import annotations

from collections.abc import Iterator

from ccxt.base.errors import BaseError, ExchangeError, InvalidNonce, OperationFailed, RateLimitExceeded

BUSY_CODES = frozenset(("100500", "110500", "109500", "100503", "500", "504"))
# By name: neither requests nor aiohttp need be loaded by the other one's users.
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


def attach_response(error: BaseError, http_status: int, code: str | None) -> None:
    """Keep on `error` what the answer was that it was raised for."""
    error.http_status, error.exchange_code = http_status, code


def is_gateways(http_status: int) -> bool:
    """Whether an answer with that status says nothing of what the exchange behind it did."""
    return http_status >= 500 or http_status == 408


def was_answered(error: BaseError) -> bool:
    """Whether `error` was raised for an answer of a server."""
    return getattr(error, "http_status", None) is not None


def was_never_sent(error: BaseError) -> bool:
    """Whether no connection came about at all, so that nothing was sent."""
    if was_answered(error) or not isinstance(error, (OperationFailed, ExchangeError)):
        return False
    return any(kind.__name__ in _NOT_CONNECTED for link in _chain(error) for kind in type(link).__mro__)


def is_ambiguous(error: BaseError) -> bool:
    """Whether the request that failed with `error` may have been executed all the same."""
    if was_answered(error):
        status: int = error.http_status
        # Not the class of a refusal: "busy" under another code, or a code that nobody knows.
        unclear = type(error) in (OperationFailed, ExchangeError)
        return is_gateways(status) or error.exchange_code in BUSY_CODES or unclear
    if was_never_sent(error):
        return False
    # ccxt raises a plain ExchangeError for a body that is cut off; its subclasses are raised before anything
    # is sent, as is RateLimitExceeded by the lane. InvalidNonce is a refusal, too.
    if isinstance(error, (RateLimitExceeded, InvalidNonce)):
        return False
    return isinstance(error, OperationFailed) or type(error) is ExchangeError


def _chain(error: BaseException) -> Iterator[BaseException]:
    """`error` and what caused it, by what the libraries say.

    Not by ``__context__``, which leads on to whatever the bot was handling when it called: a connection that
    was refused then says nothing of this request.
    """
    links, seen = [error], {id(error)}
    while links:
        link = links.pop()
        yield link
        for below in (link.__cause__, getattr(link, "reason", None), *link.args):
            if isinstance(below, BaseException) and id(below) not in seen:
                seen.add(id(below))
                links.append(below)
