"""Cancel the same order at most once per second (docs, changelog 2023-10-12).

The exchange refuses an order that it received within the last second (109201; spot: "once per second"). Such
a refusal does not settle the earlier request. So the plugin keeps a second, plus a margin, between two
cancels of one order of one account, across the calls, tasks, threads and instances of this process.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import NamedTuple

from .._ids import OrderRef

_POLL = 0.05  # s between two looks at an order that another cancel has reserved
_FORGET_AFTER = 2.0  # s after which an order may be submitted again in any case
_OVERDUE = 60.0  # s after which a cancel under way delays no other. Its event loop may have stopped


class _UnderWay(NamedTuple):
    """A cancel under way: since when (s), for which owner, and on which thread."""

    since: float
    owner: object
    thread: int

    def is_of(self, owner: object) -> bool:
        return owner is not None and self.owner is owner


class Spacing:
    """When each order of one account may be submitted again. Safe in every thread.

    Times are s on any one clock.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a finalizer may release orders while its thread reserves others
        self._free_at: dict[OrderRef, float] = {}
        self._under_way: dict[OrderRef, _UnderWay] = {}

    def reserve(
        self, refs: Iterable[OrderRef], now: float, owner: object = None, apart: float | None = None
    ) -> tuple[float, bool]:
        """How long (s) to wait, and whether the caller may send then. If not, it has to reserve again.

        The caller has to `release` the orders, even if an exception ends the wait or this call. It may ask
        again just before it sends: another cancel may have taken its orders over.

        `apart`: s between two cancels of an order, if the caller blocks its thread. A cancel under way on the
        same thread cannot go on before the caller returns, which is then a signal handler. So the caller
        takes its orders over, as if that cancel had been sent just now.
        """
        refs, thread = tuple(refs), threading.get_ident()
        with self._lock:
            for ref in refs:
                other = self._under_way.get(ref)
                if other is None or other.since <= now - _OVERDUE or other.is_of(owner):
                    continue
                if apart is None or other.thread != thread:
                    return _POLL, False
                self._free_at[ref] = max(now + apart, self._free_at.get(ref, now))
            free_at = max((self._free_at.get(ref, now) for ref in refs), default=now)
            for ref in [ref for ref, at in [*self._free_at.items()] if at <= now - _FORGET_AFTER]:
                self._free_at.pop(ref, None)
            self._under_way.update(dict.fromkeys(refs, _UnderWay(now, owner, thread)))
            return max(0.0, free_at - now), True

    def is_free(self, ref: OrderRef, now: float) -> bool:
        """Whether `ref` may be submitted `now`, and no other cancel of it is under way."""
        with self._lock:
            return ref not in self._under_way and self._free_at.get(ref, now) <= now

    def release(self, refs: Iterable[OrderRef], free_at: float | None, owner: object = None) -> None:
        """Note that the cancel of `refs` by `owner` is over. They may be submitted again at `free_at`.

        None keeps the earlier time. Orders that another owner has reserved stay reserved.
        """
        with self._lock:
            for ref in refs:
                if ref in self._under_way and self._under_way[ref].owner is owner:
                    del self._under_way[ref]
                if free_at is not None:
                    self._free_at[ref] = free_at

    def submitted(self, refs: Iterable[OrderRef], free_at: float) -> None:
        """Note that a request for all orders has submitted `refs`, which have to wait until `free_at`."""
        with self._lock:
            for ref in refs:
                self._free_at[ref] = max(free_at, self._free_at.get(ref, free_at))

    def link(self, ref: OrderRef, names: Iterable[OrderRef]) -> None:
        """Note that `names` are other ids of the order of `ref`, so that all of them wait for each other."""
        with self._lock:
            free_at = self._free_at.get(ref)
            if free_at is not None:
                for name in names:
                    self._free_at[name] = max(free_at, self._free_at.get(name, free_at))


# No lock: `setdefault` is atomic, for threads, signal handlers and forks alike.
_of_accounts: dict[str, Spacing] = {}


def spacing_for(account: str) -> Spacing:
    """The spacing of an account, the same for every instance."""
    return _of_accounts.setdefault(account, Spacing())


def forget() -> None:
    """Forget every submission. For tests, and for the child of a fork."""
    _of_accounts.clear()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    # A lock that another thread held when the process forked would stay locked in the child for ever.
    os.register_at_fork(after_in_child=forget)
