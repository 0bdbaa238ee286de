"""Choose the next host. No I/O. Times are seconds on any one clock."""

from __future__ import annotations

from collections.abc import Sequence


class Hosts:
    """The hostnames that a request may go to, the exchange's own (None) first."""

    KEPT = 300.0  # s for which a fallback host that responded comes first

    def __init__(self) -> None:
        self._reached: str | None = None
        self._until = 0.0

    def in_turn(self, fallbacks: Sequence[str], now: float) -> list[str | None]:
        """The hosts to try, in this order."""
        hosts: list[str | None] = [None, *fallbacks]
        if self._reached in fallbacks and now < self._until:
            hosts.sort(key=lambda host: host != self._reached)
        return hosts

    def reached(self, host: str | None, now: float) -> None:
        """Remember that `host` responded."""
        if host != self._reached or now >= self._until:
            self._reached, self._until = host, now + self.KEPT
