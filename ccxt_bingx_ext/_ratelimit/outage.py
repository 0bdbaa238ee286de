"""A Redis that is away: who leaves it alone, for how long, and what the log says of it."""

from __future__ import annotations

import threading
import time
from urllib.parse import urlsplit

from .._log import WARNING, event

_UNREADABLE = 'an unreadable URL (write %2F, %3F, %23 and %40 for "/", "?", "#" and "@" in a password)'


class Outage:
    """Whether the Redis at `url` is away, and for how long this process leaves it alone.

    The log gets one warning when the outage begins, and one when it ends. `where`: what it names.
    """

    def __init__(self, url: str) -> None:
        self.where = host_and_port(url)
        self._lock = threading.RLock()  # a finalizer may call on the same thread
        self._until: float | None = None  # None: Redis replied to the last call

    @property
    def is_known(self) -> bool:
        """Redis did not reply to the last call."""
        return self._until is not None

    @property
    def is_on(self) -> bool:
        """Redis did not reply to the last call, and it is too early for the next."""
        until = self._until
        return until is not None and time.monotonic() < until

    def may_call(self, retry_after: float) -> bool:
        """Whether to call Redis now. During an outage one call tries; the others go on without it.

        They do so until the call that tries succeeds, or for `retry_after` s.
        """
        if self._until is None:
            return True
        with self._lock:
            may = not self.is_on
            if may and self.is_known:
                self._until = time.monotonic() + retry_after
        return may

    def begin(self, error: Exception, retry_after: float) -> None:
        """A call met `error`: make none for `retry_after` s."""
        with self._lock:
            is_new, self._until = self._until is None, time.monotonic() + retry_after
        if is_new:
            # redis-py's ValueErrors quote the URL, with its password. Other errors name the host: of an
            # unreadable URL that may be part of the password.
            is_secret = isinstance(error, ValueError) or self.where == _UNREADABLE
            reason = "" if is_secret else f": {error}"
            kind = type(error).__name__
            text = (
                f"the shared rate limit at {self.where} cannot be reached ({kind}{reason}). "
                "Until it is back, each process keeps the limit on its own"
            )
            event(WARNING, "store_away", text, store=self.where, error=kind)

    def end(self) -> None:
        """Redis has replied."""
        with self._lock:
            is_news, self._until = self._until is not None, None
        if is_news:
            text = f"the shared rate limit is back: {self.where}"
            event(WARNING, "store_back", text, store=self.where)


def host_and_port(url: str) -> str:
    """What a log may show of `url`, which may hold a password."""
    try:
        parts = urlsplit(url)
        if "@" in f"{parts.path}{parts.query}{parts.fragment}":
            # An unescaped "/", "?" or "#" in the password: what reads as the host stands before the "@".
            return _UNREADABLE
        return f"{parts.hostname or 'this machine'}:{parts.port or 6379}"
    except ValueError:
        return _UNREADABLE
