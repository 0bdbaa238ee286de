"""Turn the exchange's refusals into ccxt exceptions.

The part of ccxt's hierarchy that a cancel can raise (a bot catches these, and no others)::

    BaseError
    ├── ExchangeError
    │   ├── AuthenticationError      wrong signature or key
    │   │   └── PermissionDenied     key without the permission, IP not on the whitelist
    │   ├── ArgumentsRequired
    │   ├── BadRequest
    │   │   └── BadSymbol
    │   └── InvalidOrder
    │       └── OrderNotFound        the order is unknown, or in a final state
    └── OperationFailed              busy, or the same order within a second: the outcome is unknown
        ├── BadResponse              a response that does not account for every id
        └── NetworkError
            ├── DDoSProtection       HTTP 418, or a firewall's 403
            ├── RateLimitExceeded    the limit, a ban, risk control
            ├── InvalidNonce         the clocks differ
            ├── ExchangeNotAvailable
            └── RequestTimeout

Every error that leaves `cancel_orders` carries two lists: ``orders`` (order structures: what is known) and
``unresolved`` (the ids that may still be live, sent or not). Together they hold every id of the call once. If
nothing was sent, after wrong input for example, all ids are unresolved.

Bots read every ``InvalidOrder`` as "gone". So an error with unresolved ids is never an ``InvalidOrder``, and
its message does not call an order gone. The exchange's own words stand in ``exchange_message`` then.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from ccxt.base.errors import (
    AuthenticationError,
    BadRequest,
    BadResponse,
    BaseError,
    DDoSProtection,
    InvalidNonce,
    OperationFailed,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
)

from .._ratelimit.schedule import Decision
from .._redact import redact, shorten
from .limit_headers import rest_of_ban, rest_of_window, seconds_to_retry
from .vocabulary import Meaning, Words, ban_end, meaning_of, spelled_out

# ccxt 4.5.90 maps by code alone, and does not know all codes. So a bot retries an order that is long gone
# (live), gets InsufficientFunds from a busy exchange, or InvalidOrder for a repeated request.
_CLASS_OF_MEANING: Mapping[Meaning, type[BaseError]] = {
    Meaning.ORDER_GONE: OrderNotFound,
    Meaning.AMBIGUOUS: OperationFailed,
    Meaning.SUBMITTED_TWICE: OperationFailed,
    Meaning.RATE_LIMIT: RateLimitExceeded,
    Meaning.RISK_CONTROL: RateLimitExceeded,
    Meaning.MISSING_PARAMETER: BadRequest,
    Meaning.BAD_PARAMETER: BadRequest,
    Meaning.CLOCK: InvalidNonce,
    Meaning.WRONG_SIGNATURE: AuthenticationError,
    Meaning.WRONG_KEY: AuthenticationError,
    Meaning.NO_PERMISSION: PermissionDenied,
    Meaning.WRONG_ADDRESS: PermissionDenied,
}
# Without a business code the status decides. ccxt 4.5.90 maps 403 to ExchangeNotAvailable, a NetworkError, so
# that a retry loop hammers the firewall.
_CLASS_OF_STATUS: Mapping[int, type[BaseError]] = {
    403: DDoSProtection,
    418: DDoSProtection,
    429: RateLimitExceeded,
}


_LONGEST_EXCERPT = 200  # characters of a page in a message


class Scope(Enum):
    """The requests that a refusal stops."""

    ENDPOINT = "those of the account to the endpoint"
    ACCOUNT = "every cancel of the account"
    HOST = "every cancel to the host"


class Response(NamedTuple):
    """The response that an error was raised for.

    `code`: the exchange's own, if the body holds one. `message`: its words, without signatures.
    `retry_after`: s until the exchange accepts requests again, if it says so. `banned`: whether it refuses
    all requests, not only those of this window. `query`: whether the request queried an order, and cancelled
    none. `page`: the body of a refusal that a gateway or a firewall may have written, without signatures.
    """

    http_status: int
    code: str | None = None
    message: str = ""
    retry_after: float | None = None
    banned: bool = False
    query: bool = False
    page: str = ""

    @property
    def excerpt(self) -> str:
        """The `page` as messages show it: one line, and not all of it."""
        return shorten(" ".join(self.page.split()), _LONGEST_EXCERPT)

    @property
    def is_from_gateway(self) -> bool:
        """Whether a gateway responded, so that nothing is known of the exchange, whatever the body says.

        A redirect counts, too: the server that sends it may have received the request.
        """
        return self.http_status >= 500 or self.http_status == 408 or 300 <= self.http_status < 400

    @property
    def meaning(self) -> Meaning | None:
        """The meaning of the response if it is a refusal."""
        return meaning_of(self.code, self.message, query=self.query)

    @property
    def stops(self) -> Scope | None:
        """The requests that the response stops. None for none, or for only the rest of this window."""
        if self.meaning is Meaning.RISK_CONTROL:
            return Scope.ACCOUNT
        if self.code is None and self.http_status in (403, 418):
            return Scope.HOST
        return Scope.ENDPOINT if self.banned or (self.code is None and self.http_status == 429) else None


def parse_response(
    http_status: int,
    headers: Mapping[str, Any] | None,
    body: Any,
    now: float,
    back_off: float,
    *,
    query: bool = False,
    text: str = "",
) -> Response:
    """The record of a response with the decoded `body`, whose `text` counts if it has no code.

    `now`: the exchange's time (epoch, s). `back_off`: the shortest ban (s). A ban may come under any code and
    any HTTP status (live).
    """
    decoded = body if isinstance(body, Mapping) else {}
    code = None if decoded.get("code") is None else spelled_out(decoded["code"])
    if http_status in _CLASS_OF_STATUS and code == str(http_status):
        code = None  # a proxy's JSON, which only repeats the HTTP status
    message = spelled_out(decoded.get("msg") or "")
    response = Response(http_status, code, redact(message), query=query)
    if response.is_from_gateway or (code is None and http_status >= 400):
        response = response._replace(page=redact(text))
    if code == "0":
        return response
    until, rest = ban_end(message), seconds_to_retry(headers)
    if until is not None:
        return response._replace(retry_after=rest_of_ban(until, now, back_off), banned=True)
    if response.stops is not None:
        return response._replace(retry_after=rest, banned=True)
    if response.meaning is Meaning.RATE_LIMIT:
        return response._replace(retry_after=rest_of_window(headers, now) if rest is None else rest)
    return response


def attach_response(error: BaseError, response: Response) -> None:
    """Keep on `error` the response that it was raised for."""
    error._response = response
    if response.banned or isinstance(error, (RateLimitExceeded, DDoSProtection)):
        error.retry_after, error.banned = response.retry_after, response.banned


def carry_ban(error: BaseError, *others: BaseError) -> None:
    """Mark `error`, which is raised, as a ban if one of the `others`, which are not raised, was a ban."""
    for other in others:
        if getattr(other, "banned", False) and not getattr(error, "banned", False):
            error.banned, error.retry_after = True, getattr(other, "retry_after", None)


def response_of(error: BaseException) -> Response | None:
    """The response that `error` was raised for; None if no server had responded."""
    response: Response | None = getattr(error, "_response", None)
    return response


def refusal(response: Response) -> type[BaseError] | None:
    """The ccxt class for a refused cancel or query. None leaves the choice to ccxt.

    ``OrderNotFound`` lets a bot forget the order. So only the exchange's own words or code for an order that
    is unknown or in a final state become one. ccxt maps refusals that the vocabulary does not know.
    """
    if response.code is None:
        return _CLASS_OF_STATUS.get(response.http_status)
    meaning = response.meaning
    return None if meaning is None else _CLASS_OF_MEANING[meaning]


def raise_refusal(exchange_id: str, response: Response, body: str) -> None:
    """Raise the `refusal` of `response`, if any, with ccxt's message: the exchange's id and the `body`.

    Without a code of the exchange, the body is often a page of many lines.
    """
    error_class = refusal(response)
    if error_class is not None:
        text = f"HTTP {response.http_status} {response.excerpt}" if response.code is None else redact(body)
        raise error_class(f"{exchange_id} {text}".rstrip())


def raise_unless_timer(exchange_id: str, response: Response, body: Any) -> None:
    """Raise ``BadResponse`` unless `body` is the documented response of ``cancel_all_orders_after``.

    ccxt 4.5.90 returns any text as the response, so that a bot believes that its timer runs.
    """
    if response.code != "0" or not isinstance(body.get("data"), Mapping):
        raise BadResponse(
            f"{exchange_id} cancelAllOrdersAfter() the response is not the documented one: the timer may or "
            "may not run"
        )


def words_of(error: BaseException) -> str:
    """The exchange's own words in `error`, or ccxt's message if `error` has no response."""
    response = response_of(error)
    return (response.message if response is not None else "") or str(error)


def names_a_state(error: BaseException) -> bool:
    """Whether the exchange's words in `error` name the state of an order, so that it knows the order."""
    return Words(words_of(error)).status is not None


def not_sent(decision: Decision, what: str = "cancels") -> BaseError:
    """The error of a request that is not sent, because its limiter's `decision` is to wait for too long."""
    seconds = decision.delay
    if decision.banned and not decision.is_named:
        why = (
            "the exchange refused an earlier request, and named no time. "
            f"The plugin sends no other one for {seconds:.1f} s"
        )
    elif decision.banned:
        until = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + seconds))
        why = f"the exchange has banned them until {until} UTC ({seconds:.1f} s)"
    else:
        why = f"the rate limit delays them by {seconds:.1f} s, longer than this call may wait (maxWait)"
    error = RateLimitExceeded(f"bingx {what} not sent: {why}")
    error.banned, error.retry_after = decision.banned, seconds
    return error
