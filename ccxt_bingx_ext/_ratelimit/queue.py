"""A queue of tickets in calling order. Its operations do not scan the whole queue."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Hashable
from itertools import count, islice
from math import inf
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Queue(Generic[T]):
    """Tickets, each with its place and the time (s, any one clock) at which it is due to ask again.

    The queue sets aside a ticket that is overdue when it comes to the front. The ticket keeps its place, and
    does not count until it asks again. Farther back, an overdue ticket does count.

    An interrupt, or a signal handler that uses the queue, may come between any two steps. The queue corrects
    the state that it leaves behind when the ticket asks again, or when the ticket comes to the front.
    """

    def __init__(self) -> None:
        self._numbers = count()
        self._places: dict[T, int] = {}
        self._due: dict[T, float] = {}
        self._line: list[tuple[int, T]] = []  # the tickets that count, by place
        self._aside: dict[T, None] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, ticket: T) -> bool:
        return ticket in self._places

    @property
    def tickets(self) -> list[T]:
        """All tickets in calling order, including those set aside."""
        return [*self._places]

    def put(self, ticket: T, due: float) -> None:
        """Queue `ticket`, unless it has a place already, and note when it is due."""
        place = self._places.setdefault(ticket, next(self._numbers))
        self._due[ticket] = due
        self._aside.pop(ticket, None)
        at = bisect_left(self._line, (place,))
        if self._line[at : at + 1] != [(place, ticket)]:
            insort(self._line, (place, ticket))

    def remove(self, ticket: T) -> None:
        """Remove `ticket` if it is in the queue."""
        place = self._places.pop(ticket, None)
        self._due.pop(ticket, None)
        self._aside.pop(ticket, None)
        if place is not None:
            at = bisect_left(self._line, (place,))
            if self._line[at : at + 1] == [(place, ticket)]:
                del self._line[at : at + 1]

    def clear(self) -> None:
        """Remove every ticket."""
        for everything in (self._line, self._aside, self._due, self._places):
            everything.clear()

    def first(self, most: int, since: float) -> list[T]:
        """Return the first `most` tickets. Set aside the tickets before them that were due before `since`."""
        at = 0
        while at < most and (entries := self._line[at : at + 1]):
            ticket = entries[0][1]
            if self._due.get(ticket, -inf) >= since:
                at += 1
                continue
            del self._line[at : at + 1]
            if ticket in self._places:
                self._aside[ticket] = None
        return [ticket for _, ticket in self._line[:most]]

    def rank(self, ticket: T) -> int:
        """Return how many counting tickets are before `ticket`, which must be in the queue."""
        return bisect_left(self._line, (self._places[ticket],))

    def next_aside(self) -> T | None:
        """Return a ticket that is set aside, each in turn, or None."""
        for ticket in [*islice(self._aside, 1)]:
            self._aside[ticket] = self._aside.pop(ticket, None)
            return ticket
        return None
