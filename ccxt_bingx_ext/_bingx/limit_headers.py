"""What a response says about the rate limit, in two headers and in the end of a ban. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WINDOW = 1.0  # s: the limits' own window (seed); a refusal that names no time is waited out for that long
PLAUSIBLE = 5.0  # s: an end of a window of 1 s that is farther off is in another unit, or not a time at all
LONGEST_BAN = 3600.0  # s that a ban is believed to last (minutes, say docs and notes); then it is asked again


def _by_lower_name(headers: Mapping[str, Any] | None) -> dict[str, str]:
    return {name.lower(): str(value) for name, value in (headers or {}).items()}


def rest_of_window(headers: Mapping[str, Any] | None, now: float) -> float | None:
    """For how many s more the exchange refuses requests, by its headers; None if it accepts some.

    ``X-RateLimit-Requests-Expire`` is the rest of the window in ms (two live captures). One other client
    reads it as an epoch, without a capture: such a value counts for one window at most, because it also holds
    the difference of the clocks. What is not plausible is ignored. `now`: the exchange's time (epoch, s).
    """
    values = _by_lower_name(headers)
    if values.get("x-ratelimit-requests-remain", "").strip() != "0":
        return None
    try:
        expire = float(values["x-ratelimit-requests-expire"])
    except (KeyError, ValueError):
        return None
    if 0 < expire / 1000 <= PLAUSIBLE:
        return expire / 1000
    epochs = (expire / 1000 - now, expire - now)
    return next((min(rest, WINDOW) for rest in epochs if 0 < rest <= PLAUSIBLE), None)


def seconds_to_retry(headers: Mapping[str, Any] | None) -> float | None:
    """What a ``Retry-After`` header says (s), at most `LONGEST_BAN`. The exchange sends none (notes)."""
    values = _by_lower_name(headers)
    try:
        seconds = float(values["retry-after"])
    except (KeyError, ValueError):
        return None
    return min(seconds, LONGEST_BAN) if 0 <= seconds < float("inf") else None


def rest_of_ban(until: float, now: float, least: float = WINDOW) -> float:
    """For how many s more to honor a ban `until` then: at least `least`, at most an hour."""
    return min(max(until - now, least), LONGEST_BAN)
