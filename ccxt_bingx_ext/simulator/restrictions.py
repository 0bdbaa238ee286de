"""Risk control: for some time the exchange refuses every cancel of an account."""

from __future__ import annotations

import threading
from typing import Final

from .errors import Refused

# Of these texts only "cancellation rate exceeded", "risk control" and "restriction period" are known.
RISK_CONTROL: Final = (
    (109403, "cancellation rate exceeded"),
    (109415, "trading is paused during the restriction period"),
    (80020, "the account is under risk control"),
    (101413, "the account is under risk control"),
)


class Restrictions:
    """Until when the cancels of an account are refused, and with which words."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[str, tuple[float, Refused]] = {}

    def add(self, uid: str, until: float, words: Refused) -> None:
        with self._lock:
            self._until[uid] = until, words

    def clear(self) -> None:
        with self._lock:
            self._until.clear()

    def check(self, uid: str, now: float) -> None:
        """Raise the refusal of a cancel, if the account is restricted."""
        with self._lock:
            until, words = self._until.get(uid, (now, None))
        if words and now < until:
            raise words
