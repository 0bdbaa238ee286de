"""What the exchange says of its limits: the texts with a time in them, and two headers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

BACK_OFF = 1.0  # s after a refusal that names no time: the window of the limit (seed)
PLAUSIBLE = 5.0  # s: a window's end farther off than this is another unit, or no time at all
LONGEST_BAN = 3600.0  # s that a ban is believed to last (minutes, say docs and notes); then it is asked again

# "…will be unblocked after 1727193814249", "…can retry after time: 1727193970155" (docs, live)
_BAN_END = re.compile(r"\bafter\b\D{0,12}(\d{13})\b")


def ban_end(text: str) -> float | None:
    """The epoch time (s) until which `text` says that the account is banned."""
    found = _BAN_END.search(text)
    return int(found[1]) / 1000 if found else None


def window_rest(headers: Mapping[str, Any] | None, now: float) -> float | None:
    """For how many s more nothing goes, by the rate-limit headers; None where something does.

    Whether ``X-RateLimit-Requests-Expire`` is in s or ms, an epoch or a rest is documented nowhere: of the
    readings that are plausible the longest counts. An epoch also tells how far the clocks are apart, so it is
    believed for no longer than the limit's second.
    """
    values = {name.lower(): str(value) for name, value in (headers or {}).items()}
    if values.get("x-ratelimit-requests-remain", "").strip() != "0":
        return None
    try:
        expire = float(values["x-ratelimit-requests-expire"])
    except (KeyError, ValueError):
        return None
    epochs = [min(rest, BACK_OFF) for rest in (expire / 1000 - now, expire - now) if 0 < rest <= PLAUSIBLE]
    rests = [rest for rest in (expire / 1000, expire) if 0 < rest <= PLAUSIBLE]
    return max(epochs + rests, default=None)


def ban_rest(until: float, now: float) -> float:
    """For how many s a ban `until` then is heeded: at least as long as any refusal, at most an hour."""
    return min(max(until - now, BACK_OFF), LONGEST_BAN)
