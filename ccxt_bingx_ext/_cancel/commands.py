"""The calls that flows yield: small descriptions of I/O, executed by the class on top.

Named tuples, not dataclasses: a dozen of those would take 5 ms of a bot's start (measured).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from .._bingx.endpoints import Endpoint
from .._ratelimit.messages import Ban, Pause
from .._runner import Gather
from .arguments import OrderRef
from .ledger import OrderReport

Order: TypeAlias = dict[str, Any]


class LoadMarkets(NamedTuple):
    """Load the markets, unless they are loaded."""


class Cancel(NamedTuple):
    """Send `request` to where `endpoint` cancels orders. Its result is the decoded answer."""

    endpoint: Endpoint
    request: Mapping[str, Any]
    hostname: str | None = None  # None: the exchange's own


class FetchOrder(NamedTuple):
    """Ask where `endpoint` tells of one order. Its result is the decoded answer."""

    endpoint: Endpoint
    request: Mapping[str, Any]
    hostname: str | None = None


class UpdateLimiter(NamedTuple):
    """Tell the lane of `endpoint` what the exchange said of its limit."""

    endpoint: Endpoint
    order: Pause | Ban


class MeasureClock(NamedTuple):
    """Measure how far this machine's clock is from the exchange's, and sign by the latter from now on."""


class Sleep(NamedTuple):
    """Wait for `seconds`."""

    seconds: float


Call: TypeAlias = LoadMarkets | Cancel | FetchOrder | MeasureClock | Sleep | UpdateLimiter
Steps: TypeAlias = Generator[Call, Any, Any]
Flow: TypeAlias = Generator[Call | Gather, Any, list[Order]]


class Hosts:
    """The hostnames that cancels may go to, the exchange's own (None) first."""

    KEPT = 300.0  # s that a host which was reached instead of another is tried first

    def __init__(self) -> None:
        self._reached: str | None = None
        self._until = 0.0

    def in_turn(self, fallbacks: Sequence[str], now: float) -> list[str | None]:
        """The hosts to try, in that order."""
        hosts: list[str | None] = [None, *fallbacks]
        if self._reached in fallbacks and now < self._until:
            hosts.sort(key=lambda host: host != self._reached)
        return hosts

    def reached(self, host: str | None, now: float) -> None:
        """Remember that `host` was reached; the first one needs no remembering."""
        if host != self._reached or now >= self._until:
            self._reached, self._until = host, now + self.KEPT


class CancelContext(NamedTuple):
    """What a flow needs to know beside the batch.

    `endpoint`: where to, with at most `batch_size` ids per request, so many `at_once`. `max_wait`: s that a
    refusal for the limit may be waited out. `resolve_attempts`, `resolve_timeout` (s): how long it is tried
    to find out what a lost answer said.
    `fallbacks`: hostnames for when the first is unreachable. `build_order` makes the order structure of
    what is known. `clock`: s.
    """

    endpoint: Endpoint
    batch_size: int
    at_once: int
    max_wait: float
    build_order: Callable[[OrderRef | None, OrderReport], Order]
    resolve_attempts: int
    resolve_timeout: float
    fallbacks: Sequence[str]
    hosts: Hosts
    clock: Callable[[], float]
