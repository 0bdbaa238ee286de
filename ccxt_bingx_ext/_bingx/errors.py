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

Every error that leaves `cancel_orders` carries two lists: ``orders`` (order structures: what is known) and
``unresolved`` (the ids that may still be live, sent or not). Together they hold every asked id once; where
nothing was sent, for bad input say, all are unresolved.

Sources: the exchange's error tables and texts captured from the live exchange, gathered in 2026.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ccxt.base.errors import (
    AuthenticationError,
    BaseError,
    InvalidNonce,
    OperationFailed,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
)

from .._cancel.failures import is_ambiguous
from .._cancel.ledger import FINAL_STATES, NOT_FOUND, OrderReport, report_of_words, states_in_words
from .limit_headers import ban_end, ban_rest, window_rest

_BUSY = re.compile(r"\bbusy\b", re.IGNORECASE)
_CLOCK = re.compile(r"timestamp", re.IGNORECASE)

# Codes, words that the text must hold (None: any text), class. The first that fits counts; what none fits
# stays as ccxt maps it. ccxt 4.5.60, the lowest supported, lacks some that 4.5.90 has.
_TABLE: tuple[tuple[str, re.Pattern[str] | None, type[BaseError]], ...] = (
    # ccxt 4.5.90 gives BadRequest and ExchangeError: a bot retries an order that is long gone (live).
    # 100404 is also the gateway's answer for a path that it does not know: the words must be of an order.
    ("100400 100404", NOT_FOUND, OrderNotFound),
    ("80016 80018 109421", None, OrderNotFound),
    # The code of a used-up limit has been seen with "system is busy" (ccxt's source): what happened is open.
    ("100410", _BUSY, OperationFailed),
    ("100410 109429", None, RateLimitExceeded),
    # Two meanings under one code: a clock that is off, and bad parameters or a restricted pair.
    ("80014 100421", _CLOCK, InvalidNonce),
    ("100001 100412 100413", None, AuthenticationError),
    ("100004 100419", None, PermissionDenied),
    ("100500 110500", None, OperationFailed),
)

# Where `note_window` leaves in an answer for how many s more nothing goes.
REST_OF_WINDOW = "ccxt_bingx_ext.rest_of_window"

# Without \b: a proxy's URL has "signature%3D" before it, and D is such a digit, too.
_SIGNATURE = re.compile(r"[0-9a-fA-F]{64,}")


def refusal(code: str | None, message: str) -> type[BaseError] | None:
    """The ccxt class that a refusal of a cancel or look-up deserves, or None to leave it to ccxt.

    ``OrderNotFound`` lets a bot forget the order, so it is given only where the exchange's own words say
    that the order is unknown or in a final state; whatever is not understood stays as ccxt maps it.
    """
    if code is None or code == "0":
        return None
    states = states_in_words(message)
    if states:
        return OrderNotFound if states <= FINAL_STATES else None
    fitting = (
        error
        for codes, words, error in _TABLE
        if code in codes.split() and (words is None or words.search(message))
    )
    return next(fitting, None)


def raise_refusal(
    exchange_id: str, answer: Mapping[str, Any], body: str, headers: Mapping[str, Any], now: float
) -> None:
    """Raise what `refusal` gives for `answer`; a ``RateLimitExceeded`` knows when to come back.

    `now` is the exchange's time (epoch, s).
    """
    message = str(answer.get("msg") or "")
    error_class = refusal(None if answer.get("code") is None else str(answer["code"]), message)
    if error_class is None:
        return
    error = error_class(redact(f"{exchange_id} {body}"))
    error.exchange_message = redact(message)
    if error_class is RateLimitExceeded:
        banned_until = ban_end(message)
        error.banned = banned_until is not None
        error.retry_after = window_rest(headers, now) if banned_until is None else ban_rest(banned_until, now)
    raise error


def report_of_refusal(error: BaseError) -> OrderReport:
    """What an ``OrderNotFound`` says of the one order that was asked for."""
    text = getattr(error, "exchange_message", str(error))
    return report_of_words(text, getattr(error, "exchange_code", None))


def note_window(answer: Any, headers: Mapping[str, Any], now: float) -> None:
    """Leave in `answer` what its headers say of the limit, for the flow, which sees no headers."""
    rest = window_rest(headers, now)
    if rest is not None and isinstance(answer, dict):
        answer[REST_OF_WINDOW] = rest


def banned_error(seconds: float) -> BaseError:
    """The error of a call that is not sent, because the exchange refuses everything for `seconds` more."""
    until = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + seconds))
    error = RateLimitExceeded(
        f"bingx cancelOrders() is banned by the exchange until {until} UTC ({seconds:.1f} s): not sent"
    )
    error.from_lane, error.banned, error.retry_after = True, True, seconds
    return error


def redact(text: str) -> str:
    """`text` without signatures: 64 or more hexadecimal digits in a row are masked, wherever they stand."""
    return _SIGNATURE.sub("***", text)


def redact_chain(error: BaseException) -> None:
    """Mask signatures in the messages of `error` and of what caused it.

    ccxt puts the whole URL into the message of a network error, and requests and aiohttp into their own below
    that; in the query form the URL holds the signature.
    """
    links, seen = [error], {id(error)}
    while links:
        link = links.pop()
        _mask(link)
        for name in ("__cause__", "__context__"):
            below = getattr(link, name)
            if below is None or id(below) in seen:
                continue
            _mask(below)
            if _leaks(below):
                # Some of aiohttp's errors write their message from the request, whatever their args.
                below = _plain(below)
                setattr(link, name, below)
            seen.add(id(below))
            links.append(below)


def _leaks(error: BaseException) -> bool:
    shown = f"{error} {error!r}"
    return redact(shown) != shown


def _mask(error: BaseException) -> None:
    if _leaks(error):
        error.args = (redact(str(error)),)


def _plain(error: BaseException) -> BaseException:
    plain = Exception(f"{type(error).__name__}: {redact(str(error))}")
    plain.__cause__, plain.__context__ = error.__cause__, error.__context__
    return plain.with_traceback(error.__traceback__)


def add_to_message(error: BaseError, remark: str) -> None:
    """Append `remark` to the message of `error`, which stays the same object and class."""
    error.args = (f"{error} - {remark}",)


def most_severe(errors: Sequence[BaseError]) -> BaseError:
    """The one of several that is raised: rather an unknown outcome than a refusal.

    ``OrderNotFound`` comes last, for to a bot it says "gone".
    """
    return min(errors, key=lambda one: (not is_ambiguous(one), isinstance(one, OrderNotFound)))


@contextmanager
def accounted(unresolved: Sequence[Any]) -> Iterator[None]:
    """Whatever ccxt error leaves the block has the two lists, and shows no signature.

    Where it has no lists yet, all is `unresolved`.
    """
    try:
        yield
    except BaseError as error:
        redact_chain(error)
        if not hasattr(error, "unresolved"):
            account(error, [], unresolved)
        raise


def account(error: BaseError, orders: Sequence[Mapping[str, Any]], unresolved: Sequence[Any]) -> None:
    """Hang on `error` what is known (``orders``) and what may still be live (``unresolved``)."""
    error.orders = list(orders)
    error.unresolved = list(unresolved)
