"""A Redis outage: how long this process makes no call, and what it logs."""

from __future__ import annotations

import threading
import time
from urllib.parse import urlsplit

from .._log import WARNING, event

_UNREADABLE = 'an unreadable URL (write %2F, %3F, %23 and %40 for "/", "?", "#" and "@" in a password)'
_QUOTING = (ValueError, TypeError, LookupError)  # redis-py raises these about an option of the URL


class UnusableUrl(Exception):
    """redis-py cannot make a client of a URL. The text is the class of its error, which may quote the URL."""


class Outage:
    """Whether the Redis at `url` is away, and for how long this process does not call it.

    It logs one warning when the outage begins, and one when it ends. `where`: the Redis's name in the log.
    """

    def __init__(self, url: str) -> None:
        self.where = host_and_port(url)
        self._lock = threading.RLock()  # a finalizer may call on the same thread
        self._until: float | None = None  # None: Redis replied to the last call

    @property
    def is_known(self) -> bool:
        """Whether Redis did not reply to the last call."""
        return self._until is not None

    @property
    def is_on(self) -> bool:
        """Whether Redis did not reply to the last call, and it is too early for the next."""
        until = self._until
        return until is not None and time.monotonic() < until

    def may_call(self, retry_after: float) -> bool:
        """Whether to call Redis now. During an outage one caller tries, and the others go on without Redis.

        They do so until that call succeeds, or for `retry_after` s.
        """
        if self._until is None:
            return True
        with self._lock:
            may = not self.is_on
            if may and self.is_known:
                self._until = time.monotonic() + retry_after
        return may

    def begin(self, error: Exception, retry_after: float) -> None:
        """A call met `error`: make no call for `retry_after` s."""
        with self._lock:
            is_new, self._until = self._until is None, time.monotonic() + retry_after
        if is_new:
            # An option of the URL may be part of a password with an unescaped "&". Errors of the network name
            # the host, which may be part of the password if the URL is unreadable.
            is_secret = isinstance(error, (UnusableUrl, *_QUOTING)) or self.where == _UNREADABLE
            reason = "" if is_secret else f": {error}"
            kind = str(error) if isinstance(error, UnusableUrl) else type(error).__name__
            text = (
                f"the shared rate limit at {self.where} cannot be reached ({kind}{reason}). "
                "Until it is back, each process keeps the limit by itself"
            )
            if isinstance(error, ModuleNotFoundError):  # it never comes back by itself
                text = (
                    f"the shared rate limit at {self.where} needs the package redis, which is not installed. "
                    "Each process keeps the limit by itself. Run pip install redis, and restart the bot"
                )
            event(WARNING, "store_away", text, store=self.where, error=kind)

    def end(self) -> None:
        """Redis has replied: end the outage."""
        with self._lock:
            is_news, self._until = self._until is not None, None
        if is_news:
            text = f"the shared rate limit is back: {self.where}"
            event(WARNING, "store_back", text, store=self.where)


def host_and_port(url: str) -> str:
    """The part of `url` that a log may show: the URL may hold a password."""
    try:
        parts = urlsplit(url)
        if "@" in f"{parts.path}{parts.query}{parts.fragment}":
            # An unescaped "/", "?" or "#" in the password: the apparent host is part of the password.
            return _UNREADABLE
        return f"{parts.hostname or 'this machine'}:{parts.port or 6379}"
    except ValueError:
        return _UNREADABLE
