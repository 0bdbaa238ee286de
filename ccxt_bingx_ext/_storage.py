"""Where a lane is kept: in this process, or in a Redis that several processes and machines share.

`lane_of` gives one lane per API key, host and endpoint, whatever thread, task or instance asks. A lane is
told `Ask`, `Leave`, `Hold` or `Close`, plainly (``do``) or awaited (``do_async``).
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from ._lane import Lane, Pace, Verdict


class Ticket:
    """A place in a lane's queue. `wake` makes its owner ask again, from any thread."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self.wake = wake
        self.name = os.urandom(12).hex()


@dataclass(frozen=True)
class Ask:
    """May `ticket` go? The result is a `Verdict`."""

    ticket: Ticket
    pace: Pace


@dataclass(frozen=True)
class Leave:
    """Give the place of `ticket` back."""

    ticket: Ticket


@dataclass(frozen=True)
class Hold:
    """Nobody goes for `seconds`: the window is used up."""

    seconds: float


@dataclass(frozen=True)
class Close:
    """The exchange refuses everything for `seconds`."""

    seconds: float


Order: TypeAlias = Ask | Leave | Hold | Close
GO = Verdict(0.0)


class KeptLane(Protocol):
    def do(self, order: Order) -> Verdict: ...

    async def do_async(self, order: Order) -> Verdict: ...


class LocalLane:
    """A lane of this process. Everything may be called from any thread and any event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._lane = Lane()
        self._waiting: dict[Ticket, None] = {}

    def do(self, order: Order) -> Verdict:
        behind: list[Ticket] = []
        verdict = GO
        with self._lock:
            now = self._clock()
            if isinstance(order, Ask):
                verdict = self._lane.ask(order.ticket, now, order.pace)
                if verdict.delay:
                    self._waiting[order.ticket] = None
                else:
                    self._waiting.pop(order.ticket, None)
            elif isinstance(order, Leave):
                self._lane.leave(order.ticket)
                self._waiting.pop(order.ticket, None)
                behind = [*self._waiting]
            elif isinstance(order, Hold):
                self._lane.hold(now + order.seconds)
            else:
                self._lane.close(now + order.seconds)
        for ticket in behind:
            ticket.wake()
        return verdict

    async def do_async(self, order: Order) -> Verdict:
        return self.do(order)

    @property
    def closed_for(self) -> float:
        """For how many s the lane is still closed, 0 if it is open."""
        return max(0.0, self._lane.closed_until - self._clock())

    def count_granted(self) -> None:
        """Remember that one went now by a grant from elsewhere."""
        with self._lock:
            self._lane.grant(self._clock())

    def granted_within(self, seconds: float) -> list[float]:
        """How many s ago those went that went within the last `seconds`."""
        with self._lock:
            now = self._clock()
            return [now - grant for grant in self._lane.grants if now - grant < seconds]


def lane_of(api_key: str, host: str, endpoint: str, storage: str | None) -> KeptLane:
    """The lane of an account's `endpoint` at `host`, kept in `storage` (None: this process; or redis://…)."""
    # A name may travel and be listed: it holds a hash, never the key.
    name = hashlib.sha256("\n".join((api_key, host, endpoint)).encode()).hexdigest()[:32]
    with _lanes_lock:
        local = _local_lanes.setdefault(name, LocalLane())
        if storage is None:
            return local
        if (storage, name) not in _shared_lanes:
            from ._redis import SharedLane

            _shared_lanes[storage, name] = SharedLane(storage, name, local)
        return _shared_lanes[storage, name]


_lanes_lock = threading.Lock()
_local_lanes: dict[str, LocalLane] = {}
_shared_lanes: dict[tuple[str, str], KeptLane] = {}


def _forget_lanes() -> None:
    # A lock that another thread held when the process forked would stay locked in the child for ever.
    global _lanes_lock
    _lanes_lock = threading.Lock()
    _local_lanes.clear()
    _shared_lanes.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_lanes)
