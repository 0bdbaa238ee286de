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
        ├── BadResponse              an answer that does not account for every id
        └── NetworkError
            ├── RateLimitExceeded
            ├── InvalidNonce         the clocks differ
            ├── ExchangeNotAvailable
            └── RequestTimeout

An error raised after something was sent carries two lists: ``orders`` (order structures: what is known)
and ``unresolved`` (the ids that may still be live, sent or not). Together they hold every asked id once.

Sources: the exchange's error tables and texts captured from the live exchange, gathered in 2026.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from ccxt.base.errors import (
    BaseError,
    InvalidNonce,
    OrderNotFound,
    RateLimitExceeded,
)

from ._limits import ban_end, window_rest
from ._outcome import FINAL_STATES, state_in_words

_NOT_FOUND = re.compile(r"can ?not find order|order\b.*\b(?:not exist|not found)", re.IGNORECASE | re.DOTALL)
# The gateway answers 100404 for a path or method that it does not know, too. That says nothing of any order.
_GATEWAY = re.compile(r"\b(?:api|path|method|url)\b", re.IGNORECASE)
_BUSY = re.compile(r"\bbusy\b", re.IGNORECASE)
_CLOCK = re.compile(r"timestamp", re.IGNORECASE)

_BY_CODE_ALONE: Mapping[str, type[BaseError]] = {
    "80016": OrderNotFound,
    "80018": OrderNotFound,  # already filled
    "109421": OrderNotFound,
    "109429": RateLimitExceeded,
}

# Where `note_window` leaves in an answer for how many s more nothing goes.
REST_OF_WINDOW = "ccxt_bingx_ext.rest_of_window"

_ONE_ORDER_PATHS = re.compile(r"/spot/v1/trade/(?:cancelOrders|cancel|query)(?:\?|$)")
_SIGNATURE = re.compile(r"\b[0-9a-fA-F]{64}\b")


def concerns_orders(url: str) -> bool:
    """Whether `url` is the batch cancel, a single cancel or a look-up of an order (spot)."""
    return _ONE_ORDER_PATHS.search(unquote(url)) is not None


def refusal(code: str | None, message: str) -> type[BaseError] | None:
    """The ccxt class that a refusal of a cancel or look-up deserves, or None to leave it to ccxt.

    ``OrderNotFound`` lets a bot forget the order, so it is given only where the exchange's own words say
    that the order is unknown or in a final state; whatever is not understood stays as ccxt maps it.
    """
    if code is None or code == "0":
        return None
    state = state_in_words(message)
    if state is not None:
        return OrderNotFound if state in FINAL_STATES else None
    if code in _BY_CODE_ALONE:
        return _BY_CODE_ALONE[code]
    if code in ("100400", "100404"):
        # ccxt 4.5.90 gives BadRequest and ExchangeError: a bot retries an order that is long gone (live).
        return OrderNotFound if _NOT_FOUND.search(message) and not _GATEWAY.search(message) else None
    if code == "100410":
        # The same code has been seen with "system is busy" (ccxt's source): that leaves the outcome open.
        return None if _BUSY.search(message) else RateLimitExceeded
    if code in ("80014", "100421"):
        # Two meanings under one code: a clock that is off, and bad parameters or a restricted pair.
        return InvalidNonce if _CLOCK.search(message) else None
    return None


def raise_refusal(exchange_id: str, answer: Mapping[str, Any], body: str, headers: Mapping[str, Any]) -> None:
    """Raise what `refusal` gives for `answer`; a ``RateLimitExceeded`` knows when to come back."""
    message = str(answer.get("msg") or "")
    error_class = refusal(None if answer.get("code") is None else str(answer["code"]), message)
    if error_class is None:
        return
    error = error_class(scrub(f"{exchange_id} {body}"))
    if error_class is RateLimitExceeded:
        now, banned_until = time.time(), ban_end(message)
        error.banned = banned_until is not None
        error.retry_after = window_rest(headers, now) if banned_until is None else banned_until - now
    raise error


def note_window(answer: Any, headers: Mapping[str, Any]) -> None:
    """Leave in `answer` what its headers say of the limit, for the flow, which sees no headers."""
    rest = window_rest(headers, time.time())
    if rest is not None and isinstance(answer, dict):
        answer[REST_OF_WINDOW] = rest


def lane_closed(seconds: float) -> BaseError:
    """The error of a call that is not sent, because the exchange refuses everything for `seconds` more."""
    until = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + seconds))
    error = RateLimitExceeded(
        f"bingx cancelOrders() is banned by the exchange until {until} UTC ({seconds:.1f} s): not sent"
    )
    error.banned, error.retry_after = True, seconds
    return error


def scrub(text: str) -> str:
    """`text` without signatures: 64 hexadecimal digits in a row are masked, wherever they stand."""
    return _SIGNATURE.sub("***", text)


def scrub_chain(error: BaseException) -> None:
    """Mask signatures in the messages of `error` and of what caused it.

    ccxt puts the whole URL into the message of a network error, and requests into its own below that; in
    the query form the URL holds the signature.
    """
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        text = str(link)
        if scrub(text) != text:
            link.args = (scrub(text),)
        link = link.__cause__ or link.__context__


def add_to_message(error: BaseError, remark: str) -> None:
    """Append `remark` to the message of `error`, which stays the same object and class."""
    error.args = (f"{error} - {remark}",)


def account(error: BaseError, orders: Sequence[Mapping[str, Any]], unresolved: Sequence[str]) -> None:
    """Hang on `error` what is known (``orders``) and what may still be live (``unresolved``)."""
    error.orders = list(orders)
    error.unresolved = list(unresolved)
