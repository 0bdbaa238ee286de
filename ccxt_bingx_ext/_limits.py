"""What the exchange says of its limits: the texts with a time in them, and two headers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

BACK_OFF = 1.0  # s after a refusal that names no time: the window of the limit (seed)
PLAUSIBLE = 5.0  # s: a window's end farther off than this is another unit, or no time at all

# "…will be unblocked after 1727193814249", "…can retry after time: 1727193970155" (docs, live)
_BAN_END = re.compile(r"\bafter\b\D{0,12}(\d{13})\b")


def ban_end(text: str) -> float | None:
    """The epoch time (s) until which `text` says that the account is banned."""
    found = _BAN_END.search(text)
    return int(found[1]) / 1000 if found else None


def window_rest(headers: Mapping[str, Any] | None, now: float) -> float | None:
    """For how many s more nothing goes, by the rate-limit headers; None where something does.

    Whether ``X-RateLimit-Requests-Expire`` is in s or ms, an epoch or a rest is documented nowhere: of the
    readings that are plausible the longest counts.
    """
    values = {name.lower(): str(value) for name, value in (headers or {}).items()}
    if values.get("x-ratelimit-requests-remain", "").strip() != "0":
        return None
    try:
        expire = float(values["x-ratelimit-requests-expire"])
    except (KeyError, ValueError):
        return None
    readings = (expire / 1000 - now, expire - now, expire / 1000, expire)
    return max((rest for rest in readings if 0 < rest <= PLAUSIBLE), default=None)
