"""The same order at most once per second (docs, changelog 2023-10-12): who has to wait before a cancel.

The exchange refuses an order that it received within the last second (109201; spot: "once per second"). Then
nobody knows what became of the earlier request. So the plugin keeps a second, plus a margin, between two
cancels of one order of one account, across the calls, tasks, threads and instances of this process.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from math import inf

from .._ids import OrderRef

_POLL = 0.05  # s between two looks at an order whose cancel is under way elsewhere
_FORGET_AFTER = 2.0  # s after which an order may be submitted again in any case
_NEVER = (-inf, None)
_OVERDUE = 60.0  # s after which a cancel under way delays no other one: its event loop may have stopped


class Spacing:
    """When each order of one account may be submitted again. You may call it from any thread.

    Times are s on any one clock.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a finalizer may release orders while its thread reserves others
        self._free_at: dict[OrderRef, float] = {}
        self._under_way: dict[OrderRef, tuple[float, object]] = {}  # since when, and whose cancel it is

    def reserve(self, refs: Iterable[OrderRef], now: float, owner: object = None) -> tuple[float, bool]:
        """How long (s) to wait, and whether the caller may then send. If not, it has to ask again.

        Whoever asks has to `release` the orders, also if an exception ends the wait, or this call itself.
        """
        refs = tuple(refs)
        with self._lock:
            if any(self._under_way.get(ref, _NEVER)[0] > now - _OVERDUE for ref in refs):
                return _POLL, False
            free_at = max((self._free_at.get(ref, now) for ref in refs), default=now)
            for ref in [ref for ref, at in [*self._free_at.items()] if at <= now - _FORGET_AFTER]:
                self._free_at.pop(ref, None)
            self._under_way.update(dict.fromkeys(refs, (now, owner)))
            return max(0.0, free_at - now), True

    def is_free(self, ref: OrderRef, now: float) -> bool:
        """Whether `ref` may be submitted `now`, and no other cancel of it is under way."""
        with self._lock:
            return ref not in self._under_way and self._free_at.get(ref, now) <= now

    def release(self, refs: Iterable[OrderRef], free_at: float | None, owner: object = None) -> None:
        """The cancel of `refs` by `owner` is over. They may be submitted again at `free_at`.

        None: when they could be submitted before. What another owner has reserved stays reserved.
        """
        with self._lock:
            for ref in refs:
                if ref in self._under_way and self._under_way[ref][1] is owner:
                    del self._under_way[ref]
                if free_at is not None:
                    self._free_at[ref] = free_at

    def submitted(self, refs: Iterable[OrderRef], free_at: float) -> None:
        """A request that named no order has submitted `refs`: none may be submitted before `free_at`."""
        with self._lock:
            for ref in refs:
                self._free_at[ref] = max(free_at, self._free_at.get(ref, free_at))

    def link(self, ref: OrderRef, names: Iterable[OrderRef]) -> None:
        """The order of `ref` has these other `names`, too: by any of them it is the same order."""
        with self._lock:
            free_at = self._free_at.get(ref)
            if free_at is not None:
                for name in names:
                    self._free_at[name] = max(free_at, self._free_at.get(name, free_at))


_lock = threading.Lock()
_of_accounts: dict[str, Spacing] = {}


def spacing_for(account: str) -> Spacing:
    """The spacing of an account, whichever instance asks for it."""
    with _lock:
        return _of_accounts.setdefault(account, Spacing())


def forget() -> None:
    """Drop what was submitted. For tests."""
    with _lock:
        _of_accounts.clear()


def _after_fork() -> None:
    # A lock that another thread held when the process forked would stay locked in the child for ever.
    global _lock
    _lock = threading.Lock()
    _of_accounts.clear()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
