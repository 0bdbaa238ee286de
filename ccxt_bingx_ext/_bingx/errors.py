"""The exchange's refusals, as ccxt exceptions.

ccxt's hierarchy, as far as cancelling meets it (a bot catches these, and only these)::

    BaseError
    ├── ExchangeError
    │   ├── AuthenticationError      wrong signature or key
    │   │   └── PermissionDenied     key without the permission, IP not on the whitelist
    │   ├── ArgumentsRequired
    │   ├── BadRequest
    │   │   └── BadSymbol
    │   └── InvalidOrder
    │       └── OrderNotFound        the order is unknown, or in a final state
    └── OperationFailed
        ├── BadResponse              a response that does not account for every id
        └── NetworkError
            ├── RateLimitExceeded
            ├── InvalidNonce         the clocks differ
            ├── ExchangeNotAvailable
            └── RequestTimeout

Every error that leaves `cancel_orders` carries two lists: ``orders`` (order structures: what is known) and
``unresolved`` (the ids that may still be live, sent or not). Together they hold every id of the call once. If
nothing was sent, for bad input say, all ids are unresolved.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from ccxt.base.errors import (
    AuthenticationError,
    BaseError,
    InvalidNonce,
    OperationFailed,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
)

from .._redact import redact
from .limit_headers import rest_of_ban, rest_of_window
from .vocabulary import Meaning, ban_end, meaning_of

# ccxt 4.5.90 maps by code alone, so that a bot retries an order that is long gone (live); and 4.5.60, the
# lowest supported, lacks codes that 4.5.90 has.
_CLASS_OF_MEANING: Mapping[Meaning, type[BaseError]] = {
    Meaning.ORDER_GONE: OrderNotFound,
    Meaning.BUSY: OperationFailed,
    Meaning.RATE_LIMIT: RateLimitExceeded,
    Meaning.CLOCK: InvalidNonce,
    Meaning.WRONG_SIGNATURE: AuthenticationError,
    Meaning.WRONG_KEY: AuthenticationError,
    Meaning.NO_PERMISSION: PermissionDenied,
    Meaning.WRONG_ADDRESS: PermissionDenied,
}


class Response(NamedTuple):
    """The response that an error was raised for.

    `code`: the exchange's own, if the body holds one. `message`: its words, without signatures.
    `retry_after`: s until it accepts requests again, if it says so. `banned`: whether it named a ban's end.
    """

    http_status: int
    code: str | None = None
    message: str = ""
    retry_after: float | None = None
    banned: bool = False

    @property
    def is_from_gateway(self) -> bool:
        """Whether it says nothing about what the exchange behind a gateway did, whatever its body says."""
        return self.http_status >= 500 or self.http_status == 408

    @property
    def meaning(self) -> Meaning | None:
        """What it means if it is a refusal."""
        return meaning_of(self.code, self.message)


def parse_response(
    http_status: int, headers: Mapping[str, Any], body: Any, now: float, back_off: float
) -> Response:
    """The record of a response with the decoded `body`.

    `now`: the exchange's time (epoch, s). `back_off`: s for which a ban counts at least.
    """
    if not isinstance(body, Mapping):
        return Response(http_status)
    code = None if body.get("code") is None else str(body["code"])
    message = str(body.get("msg") or "")
    response = Response(http_status, code, redact(message))
    if response.meaning is not Meaning.RATE_LIMIT:
        return response
    until = ban_end(message)
    rest = rest_of_window(headers, now) if until is None else rest_of_ban(until, now, back_off)
    return response._replace(retry_after=rest, banned=until is not None)


def attach_response(error: BaseError, response: Response) -> None:
    """Keep on `error` the response that it was raised for."""
    error._response = response
    if isinstance(error, RateLimitExceeded):
        error.retry_after, error.banned = response.retry_after, response.banned


def response_of(error: BaseError) -> Response | None:
    """The response that `error` was raised for; None if no server had answered."""
    response: Response | None = getattr(error, "_response", None)
    return response


def refusal(response: Response) -> type[BaseError] | None:
    """The ccxt class that a refusal of a cancel or query deserves, or None to leave it to ccxt.

    ``OrderNotFound`` lets a bot forget the order, so only the exchange's own words or code for an order that
    is unknown or in a final state become one. What the vocabulary does not know stays as ccxt maps it.
    """
    meaning = response.meaning
    return None if meaning is None else _CLASS_OF_MEANING[meaning]


def raise_refusal(exchange_id: str, response: Response, body: str) -> None:
    """Raise what `refusal` gives for `response`, with ccxt's message: the exchange's id and the `body`."""
    error_class = refusal(response)
    if error_class is not None:
        raise error_class(redact(f"{exchange_id} {body}"))


def banned_error(seconds: float) -> BaseError:
    """The error of a cancel that was not sent, because the exchange refuses all for `seconds` more."""
    until = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + seconds))
    error = RateLimitExceeded(
        f"bingx cancels are banned by the exchange until {until} UTC ({seconds:.1f} s): not sent"
    )
    error.banned, error.retry_after = True, seconds
    return error
