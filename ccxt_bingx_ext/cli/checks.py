"""From the exchange's answers to verdicts. Pure.

Four questions are asked at most: the time, a look-up signed in the URL, a batch cancel in the documented JSON
form and, where that is refused, the same as ccxt sends it. Both of the id of an order that cannot be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ccxt.base.errors import (
    AuthenticationError,
    BaseError,
    DDoSProtection,
    InvalidNonce,
    NetworkError,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
)

from .._bingx.errors import response_of
from .._bingx.vocabulary import Meaning
from .._cancel.failures import is_ambiguous

OK, NOT_OK, SKIPPED = "ok", "not ok", "skipped"

# An order id tells when it was made: its upper bits are ms since 2010-11-04 (1885778991827025920 is, to the
# ms, its order's transactTime: live). 1 would be an order of that day, years before there was this exchange.
IMPOSSIBLE_ID = "1"
LARGEST_SKEW = 1000  # ms; from 5000 on the exchange refuses every request (docs)

_SECONDS, _MS = 1.0, 1000.0
_FAR = 10.0  # s: an end of a window of 1 s that is farther off is in another unit


class Check(NamedTuple):
    """One line of the doctor's: what was checked, ok or not ok or skipped, what was seen and what to do."""

    name: str
    verdict: str
    detail: str


def host(url: str, error: BaseError | None) -> Check:
    """Whether the exchange answers at all."""
    if error is None:
        return Check("host", OK, f"{url} answers")
    return Check("host", NOT_OK, f"{url} does not answer as it should: look at network and proxy ({error})")


def clock(skew: float) -> Check:
    """Whether this machine's clock, `skew` ms ahead of the exchange's, is right."""
    seen = f"{abs(skew):.0f} ms {'ahead of' if skew >= 0 else 'behind'} the exchange's"
    if abs(skew) <= LARGEST_SKEW:
        return Check("clock", OK, seen)
    return Check(
        "clock", NOT_OK, f"{seen}, from 5000 ms on it refuses requests: let NTP set this machine's clock"
    )


def key(answer: Any) -> list[Check]:
    """Key and IP whitelist, by the answer to the look-up."""
    if knows_no_such_order(answer):
        return [Check("key", OK, "accepted, and so is its signature"), Check("IP whitelist", OK, "passed")]
    if meaning(answer) is Meaning.WRONG_ADDRESS:
        whitelist = Check(
            "IP whitelist", NOT_OK, f"add this machine's address to the key's whitelist ({answer})"
        )
        return [Check("key", OK, "known"), whitelist]
    if meaning(answer) is Meaning.NO_PERMISSION:
        seen = "accepted, but it may not read: lost answers of all-or-nothing lists cannot be looked up"
        return [
            Check("key", NOT_OK, f"{seen}, give it the permission Read"),
            Check("IP whitelist", OK, "passed"),
        ]
    return [Check("key", NOT_OK, _why_no_key(answer))]


def _why_no_key(answer: Any) -> str:
    if isinstance(answer, AuthenticationError):
        if meaning(answer) is Meaning.WRONG_KEY:
            return f"the exchange does not know this API key: copy it again ({answer})"
        return f"refused, the secret seems not to belong to the key: copy both again ({answer})"
    if isinstance(answer, InvalidNonce):
        return f"not told, the exchange refuses the time of the request: set the clock ({answer})"
    return f"not told: {_why(answer)}"


def cancelling(as_json: Any, as_query: Any) -> list[Check]:
    """Permission and JSON form, by the answers to the cancel in both forms; `as_query` None: not asked."""
    if knows_no_such_order(as_json):
        permanent = 'accepted: options["cancelOrders"]["requestFormat"] = "json" makes it permanent'
        return [_PERMITTED, Check("JSON form", OK, permanent)]
    if not is_about_the_form(as_json):
        return [
            _not_permitted(as_json),
            Check("JSON form", SKIPPED, "the cancel was refused for another reason"),
        ]
    if knows_no_such_order(as_query):
        advice = (
            'use requestFormat query: options["cancelOrders"]["requestFormat"] = "query", '
            f"--request-format query (JSON: {_seen(as_json)})"
        )
        return [_PERMITTED, Check("JSON form", NOT_OK, advice)]
    neither = f"JSON: {_seen(as_json)}"
    return [
        _not_permitted(as_query),
        Check("JSON form", NOT_OK, f"neither form is accepted here ({neither})"),
    ]


_PERMITTED = Check(
    "permission", OK, "Spot Trading: an order that cannot exist was not found, as it should be"
)


def _not_permitted(answer: Any) -> Check:
    if meaning(answer) is Meaning.NO_PERMISSION:
        return Check("permission", NOT_OK, f"give the key the permission Spot Trading ({answer})")
    return Check("permission", NOT_OK, f"not told: {_why(answer)}")


def is_about_the_form(answer: Any) -> bool:
    """Whether the JSON form may be why the cancel was refused: who cannot read it misses everything.

    The look-up has passed by then, so neither key nor clock nor address is. A lost answer says nothing of it.
    """
    if not isinstance(answer, BaseError):
        return not knows_no_such_order(answer)
    response = response_of(answer)
    if (
        response is None
        or response.is_from_gateway
        or (is_ambiguous(answer) and response.meaning is not None)
    ):
        return False
    return not isinstance(answer, (OrderNotFound, PermissionDenied, RateLimitExceeded, DDoSProtection))


def limit_headers(headers: Mapping[str, Any] | None, now: float) -> Check:
    """What the headers of the limit say, and in which unit; `now` is the exchange's time (s)."""
    values = {name.lower(): str(value) for name, value in (headers or {}).items()}
    remain = values.get("x-ratelimit-requests-remain")
    expire = values.get("x-ratelimit-requests-expire")
    if remain is None and expire is None:
        return Check("limit headers", OK, "none: the limit is kept by counting, as it is in any case")
    return Check("limit headers", OK, f"remain {remain}, expire {expire}: {_unit(expire, now)}")


def _unit(expire: str | None, now: float) -> str:
    try:
        value = float(expire or "")
    except ValueError:
        return "no time"
    if abs(value / _MS - now) <= _FAR:
        return "an epoch in ms"
    if abs(value - now) <= _FAR:
        return "an epoch in s"
    if 0 <= value <= _FAR:
        return "a rest in s, it seems"
    return "a rest in ms, it seems" if 0 <= value <= _FAR * _MS else "in no unit that fits a window of 1 s"


def knows_no_such_order(answer: Any) -> bool:
    """Whether `answer` is what the impossible id deserves: unknown, and nothing done."""
    if isinstance(answer, OrderNotFound):
        return True
    data = answer.get("data") if isinstance(answer, Mapping) else None
    return isinstance(data, Mapping) and bool(data.get("fails")) and not data.get("orders")


def meaning(answer: Any) -> Meaning | None:
    """What a refusal means, by the package's one vocabulary."""
    response = response_of(answer) if isinstance(answer, BaseError) else None
    return response.meaning if response is not None else None


def _seen(answer: Any) -> str:
    return str(answer) if str(answer) else type(answer).__name__


def _why(answer: Any) -> str:
    if isinstance(answer, RateLimitExceeded):
        return f"the exchange's limit is used up or the account is banned, wait and try again ({answer})"
    if isinstance(answer, NetworkError):
        return f"no answer, try again ({answer})"
    return f"the answer is not the one expected ({_seen(answer)})"
