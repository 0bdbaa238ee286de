"""Read what a response says about the rate limit: two headers, and the end of a ban. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WINDOW = 1.0  # s: the window of the limits (seed), and the wait after a refusal that names no time
PLAUSIBLE = 5.0  # s: a window of 1 s ends sooner, so a larger value is in another unit or is not a time
LONGEST_BAN = 3600.0  # s: docs and notes speak of minutes. After an hour, a request may probe again


def _by_lower_name(headers: Mapping[str, Any] | None) -> dict[str, str]:
    return {name.lower(): str(value) for name, value in (headers or {}).items()}


def rest_of_window(headers: Mapping[str, Any] | None, now: float) -> float | None:
    """How long (s) the exchange still refuses requests, by its headers. None if it accepts some.

    ``X-RateLimit-Requests-Expire`` is the rest of the window in ms (two live captures). One other client
    reads it as an epoch, without a capture. Such a value counts for one window at most, because it includes
    the difference of the clocks. The plugin ignores implausible values. `now`: the exchange's time (epoch,
    s).
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
    """The seconds in a ``Retry-After`` header, at most `LONGEST_BAN`. The exchange sends none (notes)."""
    values = _by_lower_name(headers)
    try:
        seconds = float(values["retry-after"])
    except (KeyError, ValueError):
        return None
    return min(seconds, LONGEST_BAN) if 0 <= seconds < float("inf") else None


def rest_of_ban(until: float, now: float, least: float = WINDOW) -> float:
    """How long (s) to honor a ban that ends at `until`: at least `least`, at most an hour."""
    return min(max(until - now, least), LONGEST_BAN)
