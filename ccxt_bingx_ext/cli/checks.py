"""Turn the exchange's responses into verdicts. No I/O.

On each market `doctor` sends two requests about an order that cannot exist: a look-up, signed in the URL, and
a batch cancel. On spot the cancel has the documented JSON form. If the exchange refuses that form, `doctor`
sends ccxt's form.
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
from .reasons import connection_failure, is_ban, said

OK, NOT_OK, SKIPPED = "ok", "not ok", "skipped"

# An order id holds its time: its upper bits are ms since 2010-11-04 (1885778991827025920 is, to the ms, its
# order's transactTime: live). 1 would be an order of that day, years before this exchange existed.
IMPOSSIBLE_ID = "1"
LARGEST_SKEW = 1000  # ms; from 5000 on the exchange refuses every request (docs)

_SECONDS, _MS = 1.0, 1000.0
_FAR = 10.0  # s: an end of a window of 1 s that is farther off is in another unit

KEY = ("key", "IP whitelist")
SPOT = ("permission", "JSON form", "rate limit")
SWAP = ("swap look-up", "swap cancel")


class Check(NamedTuple):
    """One line of the report: the check, its verdict, and what `doctor` saw or advises."""

    name: str
    verdict: str
    detail: str


def skipped(reason: str, *names: str) -> list[Check]:
    """Return checks that `doctor` skips because another check failed."""
    return [Check(name, SKIPPED, reason) for name in names]


def versions(at_work: str, too_old: str | None) -> Check:
    """Whether the plugin was tested on a ccxt as old as the one at work. `too_old`: what is wrong if not."""
    if too_old is None:
        return Check("versions", OK, at_work)
    return Check("versions", NOT_OK, f"{at_work}: {too_old}")


def host(url: str, error: BaseError | None, how_to_start: str | None = None) -> Check:
    """Whether the exchange answers at all. `how_to_start`: the command that starts it, for a simulator."""
    if error is None:
        return Check("host", OK, f"{url} answers")
    response = response_of(error)
    if response is not None:
        words = said(error) if response.message else "try again later"
        return Check("host", NOT_OK, f"{url} answers with HTTP {response.http_status}: {words}")
    advice = f". Start one: {how_to_start}" if how_to_start is not None else ""
    return Check("host", NOT_OK, f"{url} does not answer: {connection_failure(error) or said(error)}{advice}")


def clock(skew: float) -> Check:
    """Whether this machine's clock, `skew` ms ahead of the exchange's, is right."""
    seen = f"{abs(skew):.0f} ms {'ahead of' if skew >= 0 else 'behind'} the exchange's"
    if abs(skew) <= LARGEST_SKEW:
        return Check("clock", OK, seen)
    return Check(
        "clock",
        NOT_OK,
        f"{seen}; from 5000 ms on the exchange refuses a request. The plugin then measures the difference "
        "and sends the request again, which takes time: let NTP set this machine's clock",
    )


def symbol(name: str, market_id: str, answer: Any) -> Check:
    """Whether the exchange has a spot market for the symbol, by its list of spot markets."""
    if isinstance(answer, BaseError):
        return Check("symbol", NOT_OK, f"the list of markets cannot be read: {_failure(answer)}")
    data = answer.get("data") if isinstance(answer, Mapping) else None
    listed = data.get("symbols") if isinstance(data, Mapping) else None
    markets = [one.get("symbol") for one in listed or () if isinstance(one, Mapping)]
    if market_id in markets:
        return Check("symbol", OK, f"{name} is a spot market")
    return Check("symbol", NOT_OK, f"the exchange has no spot market {name}: name another --symbol")


def key(answer: Any) -> list[Check]:
    """Key and IP whitelist, by the response to the look-up."""
    if knows_no_such_order(answer):
        return [
            Check("key", OK, "the exchange accepts it, and its signature"),
            Check("IP whitelist", OK, "passed"),
        ]
    seen = meaning(answer)
    if seen is Meaning.WRONG_ADDRESS:
        advice = f"add this machine's address to the key's whitelist ({said(answer)})"
        return [Check("key", OK, "known"), Check("IP whitelist", NOT_OK, advice)]
    if seen is Meaning.NO_PERMISSION:
        advice = (
            "it may not read orders, so the plugin cannot look up what became of a cancel: give it the "
            "permission Read"
        )
        return [Check("key", NOT_OK, advice), Check("IP whitelist", OK, "passed")]
    if seen is Meaning.WRONG_KEY:
        advice = f"the exchange does not know this API key: copy it again ({said(answer)})"
    elif isinstance(answer, AuthenticationError):
        advice = f"refused: the secret does not seem to belong to the key. Copy both again ({said(answer)})"
    else:
        return [not_judged("look-up", answer), *skipped("the exchange did not judge it", *KEY)]
    return [Check("key", NOT_OK, advice), *skipped("the exchange does not accept the key", KEY[1])]


def cancelling(as_json: Any, as_query: Any) -> list[Check]:
    """Permission and JSON form, by the responses to the cancel in both forms. `as_query` None: not sent."""
    if knows_no_such_order(as_json):
        permanent = 'accepted: options["cancelOrders"]["requestFormat"] = "json" makes it permanent'
        return [_PERMITTED, Check("JSON form", OK, permanent)]
    if not is_about_the_form(as_json):
        why = "the exchange refused the cancel for another reason"
        return [*_not_permitted(as_json), *skipped(why, "JSON form")]
    if knows_no_such_order(as_query):
        advice = (
            'refused: set options["cancelOrders"]["requestFormat"] = "query", or --request-format query '
            f"({_seen(as_json)})"
        )
        return [_PERMITTED, Check("JSON form", NOT_OK, advice)]
    neither = f"the exchange accepts neither form ({_seen(as_json)})"
    return [*_not_permitted(as_query), Check("JSON form", NOT_OK, neither)]


_AS_IT_SHOULD = "the exchange did not find an order that cannot exist, as it should be"
_PERMITTED = Check("permission", OK, f"Spot Trading: {_AS_IT_SHOULD}")


def _not_permitted(answer: Any) -> list[Check]:
    if meaning(answer) is Meaning.NO_PERMISSION:
        advice = f"give the key the permission Spot Trading ({said(answer)})"
        return [Check("permission", NOT_OK, advice)]
    return [not_judged("cancel", answer), *skipped("the exchange did not judge it", "permission")]


def swap(looked_up: Any, cancelled: Any) -> list[Check]:
    """Look-up and cancel on linear swaps, by the responses to both. `cancelled` None: not sent."""
    if not knows_no_such_order(looked_up):
        return [
            *_not_permitted_on_swaps("swap look-up", "Read", looked_up),
            *skipped("the look-up failed", "swap cancel"),
        ]
    done = Check("swap look-up", OK, _AS_IT_SHOULD)
    if knows_no_such_order(cancelled):
        return [done, Check("swap cancel", OK, f"Perpetual Futures Trading: {_AS_IT_SHOULD}")]
    return [done, *_not_permitted_on_swaps("swap cancel", "Perpetual Futures Trading", cancelled)]


def _not_permitted_on_swaps(name: str, permission: str, answer: Any) -> list[Check]:
    if meaning(answer) is Meaning.NO_PERMISSION:
        advice = f"give the key the permission {permission}, or --skip-swap if your bot trades spot only"
        return [Check(name, NOT_OK, f"{advice} ({said(answer)})")]
    return [not_judged(name, answer), *skipped("the exchange did not judge it", name)]


def not_judged(what: str, answer: Any) -> Check:
    """Return what went wrong with a request, if it says nothing about the key."""
    if is_ban(answer):
        advice = "the exchange accepts no such requests for now: wait, then run doctor again"
        return Check("ban", NOT_OK, f"{advice} ({said(answer)})")
    if isinstance(answer, InvalidNonce):
        advice = "the exchange refuses the time of the request: let NTP set this machine's clock"
        return Check("response", NOT_OK, f"{what}: {advice} ({said(answer)})")
    if isinstance(answer, NetworkError) or (isinstance(answer, BaseError) and connection_failure(answer)):
        return Check("response", NOT_OK, f"{what}: no response, run doctor again ({_failure(answer)})")
    return Check("response", NOT_OK, f"{what}: not the expected one ({_seen(answer)})")


def is_about_the_form(answer: Any) -> bool:
    """Whether the exchange may have refused the cancel for its JSON form.

    A server that cannot read the form misses every parameter. The look-up has passed by then, so key, clock
    and address are fine. A lost response says nothing about the form.
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


def rate_limit(headers: Mapping[str, Any] | None, now: float) -> Check:
    """What the headers say about the limit. `now` is the exchange's time (s)."""
    values = {name.lower(): str(value) for name, value in (headers or {}).items()}
    remain = values.get("x-ratelimit-requests-remain")
    expire = values.get("x-ratelimit-requests-expire")
    if remain is None and expire is None:
        return Check("rate limit", OK, "the response does not mention it: the plugin counts the requests")
    left = "unknown" if remain is None else remain
    return Check("rate limit", OK, f"requests left in this window: {left}; it ends {_end(expire, now)}")


def _end(expire: str | None, now: float) -> str:
    """The end of the limit's window, in whichever unit the header has it."""
    try:
        value = float(expire or "")
    except ValueError:
        return f"at an unreadable time ({expire})"
    for unit, rest in (("ms", value / _MS - now), ("s", value - now)):
        if abs(rest) <= _FAR:
            return f"in {rest * _MS:.0f} ms (the header is an epoch in {unit})"
    for unit, most in (("s", _FAR), ("ms", _FAR * _MS)):
        if 0 <= value <= most:
            return f"in {value:g} {unit} (the header seems to be the remaining time in {unit})"
    return f"at a time that fits no window of 1 s ({expire})"


def knows_no_such_order(answer: Any) -> bool:
    """Whether `answer` says that the impossible id is unknown, and that nothing was cancelled."""
    if isinstance(answer, OrderNotFound):
        return True
    data = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(data, Mapping):
        return False
    done, failed = (any(data.get(name) for name in names) for names in (_DONE, _FAILED))
    return failed and not done


_DONE, _FAILED = ("orders", "success"), ("fails", "failed")


def meaning(answer: Any) -> Meaning | None:
    """What a refusal means, by the package's only vocabulary."""
    response = response_of(answer) if isinstance(answer, BaseError) else None
    return response.meaning if response is not None else None


def _seen(answer: Any) -> str:
    if isinstance(answer, BaseError):
        return said(answer)
    return str(answer) or type(answer).__name__


def _failure(error: BaseError) -> str:
    if response_of(error) is not None:  # ccxt calls an HTTP 504 a timeout, too
        return said(error)
    return connection_failure(error) or said(error)
