"""Rate limits: sliding windows per uid and endpoint, and the bans that follow refusals.

Pure: every method receives the time, in seconds on any monotonic scale.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

BanText = Literal["unblocked", "retry", "retry_only", "risk"]

PERIOD: Final = 1.0


@dataclass(frozen=True)
class Verdict:
    """Whether a request may pass, and the values for the headers of its response."""

    allowed: bool
    limit: int | None = None
    remaining: int = 0
    expires: float = 0.0
    """When the oldest request in the window leaves it."""
    banned_until: float | None = None


@dataclass(frozen=True)
class BanRule:
    """More than ``after`` refusals in ``within`` seconds start a ban of ``seconds``. None means never."""

    after: int | None = 20
    within: float = 480.0
    seconds: float = 300.0


class Limiter:
    """Counts the requests that it accepted in the last second, per uid and endpoint.

    A refused request takes no place in the window, but counts toward a ban.
    """

    def __init__(self, limit_of: Callable[[str], int | None], ban_rule: BanRule) -> None:
        self._limit_of = limit_of
        self._ban_rule = ban_rule
        self._lock = threading.Lock()
        self._accepted: dict[tuple[str, str], deque[float]] = {}
        self._refused: dict[tuple[str, str], deque[float]] = {}
        self._bans: dict[tuple[str | None, str | None], float] = {}

    def ban(self, uid: str | None, path: str | None, until: float) -> None:
        """Refuse every request until ``until``. None means every account, or every endpoint."""
        with self._lock:
            self._bans[uid, path] = until

    def unban(self) -> None:
        with self._lock:
            self._bans.clear()
            self._refused.clear()

    def admit(self, uid: str, path: str, now: float) -> Verdict:
        """Decide on a request, and count it."""
        with self._lock:
            banned_until = self._banned_until(uid, path, now)
            if banned_until is not None:
                return Verdict(False, banned_until=banned_until)
            limit = self._limit_of(path)
            if limit is None:
                return Verdict(True)
            window = self._accepted.setdefault((uid, path), deque())
            _forget(window, now - PERIOD)
            if len(window) < limit:
                window.append(now)
                return Verdict(True, limit, limit - len(window), window[0] + PERIOD)
            expires = (window[0] if window else now) + PERIOD
            return Verdict(False, limit, 0, expires, self._count_refusal(uid, path, now))

    def _banned_until(self, uid: str, path: str, now: float) -> float | None:
        scopes = ((uid, path), (uid, None), (None, path), (None, None))
        latest = max((self._bans.get(scope, now) for scope in scopes), default=now)
        return latest if latest > now else None

    def _count_refusal(self, uid: str, path: str, now: float) -> float | None:
        rule = self._ban_rule
        if rule.after is None:
            return None
        refused = self._refused.setdefault((uid, path), deque())
        _forget(refused, now - rule.within)
        refused.append(now)
        if len(refused) <= rule.after:
            return None
        refused.clear()
        self._bans[uid, path] = now + rule.seconds
        return now + rule.seconds


def _forget(times: deque[float], until: float) -> None:
    while times and times[0] <= until:
        times.popleft()


def ban_message(text: BanText, rule: BanRule, until_ms: int) -> str:
    """One of the known texts of a ban. All name the end of the ban in epoch ms."""
    if text == "retry_only":
        return f"can retry after time: {until_ms}"
    if text == "risk":
        return (
            "over 5 error code:109415 requests within 900000 ms for this api,"
            f" please verify your request and can retry after time: {until_ms}"
        )
    if text == "unblocked":
        return (
            "code:100410:The endpoint trigger frequency limit rule is currently in the disabled period"
            f" and will be unblocked after {until_ms}"
        )
    after = 20 if rule.after is None else rule.after
    return (
        f"over {after} error code:100202 requests within {round(rule.within * 1000)} ms,"
        f" please verify your request and can retry after time: {until_ms}"
    )


def worst_window(times: Iterable[float], seconds: float = PERIOD) -> int:
    """The largest number of ``times`` that lie within less than ``seconds``."""
    ordered = sorted(times)
    worst = first = 0
    for last, time in enumerate(ordered):
        while time - ordered[first] >= seconds:
            first += 1
        worst = max(worst, last - first + 1)
    return worst
