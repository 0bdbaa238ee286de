"""The signals that callers send to a limiter, and the interface of both limiters."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeAlias

from .schedule import Decision, RateLimit

GO = Decision(0.0)


class Ticket:
    """A place in a limiter's queue, and then a slot. `name` is unique across processes and machines.

    The limiter calls `wake`, from any thread, to make the owner ask again. `wake` returns False if there is
    no owner. `is_gone` checks this without waking: a stopped event loop would keep each wake in memory.
    """

    def __init__(self, wake: Callable[[], bool], is_gone: Callable[[], bool] = lambda: False) -> None:
        self.wake, self.is_gone = wake, is_gone
        self.name = os.urandom(12).hex()
        self.has_arrived = False  # a response to its request came, so its arrival time is settled
        # For `RedisLimiter`:
        self.has_asked = False  # Redis may hold the ticket, so a withdrawal must go there
        self.was_answered = False  # Redis has replied at least once


class Acquire(NamedTuple):
    """May the owner of `ticket` send a request now, under `rate_limit`?

    If the decision has a delay, the ticket keeps its place, and its owner asks again after the delay.
    Otherwise the ticket has a slot, for a request that is written within ``rate_limit.slack``.
    """

    ticket: Ticket
    rate_limit: RateLimit


class Renew(NamedTuple):
    """May the owner of `ticket`, who did not use its slot in time, use it now? A delay means no."""

    ticket: Ticket
    rate_limit: RateLimit


class Written(NamedTuple):
    """The request of `ticket` is about to be written."""

    ticket: Ticket
    rate_limit: RateLimit


class Answered(NamedTuple):
    """The response to the request of `ticket` came: it had arrived by now."""

    ticket: Ticket


class Withdraw(NamedTuple):
    """Give up the place, or the unused slot, of `ticket`. The limiter need not know the ticket."""

    ticket: Ticket


class Pause(NamedTuple):
    """Grant nothing for `seconds`: the exchange said that the window of the limit is used up."""

    seconds: float


class Ban(NamedTuple):
    """Grant nothing for `seconds`: the exchange refuses every request. Callers get ``Decision.banned``.

    With None the exchange named no time: the limiter holds for 1 s, then lets one request probe at a time,
    and doubles the hold with each further such ban, up to 60 s. `Resume` ends it.
    """

    seconds: float | None


class Resume(NamedTuple):
    """The exchange has accepted a request again: end a ban without a time. Other bans stay."""


Question: TypeAlias = Acquire | Renew
Signal: TypeAlias = Question | Written | Answered | Withdraw | Pause | Ban | Resume


class Limiter(Protocol):
    """Decides when each request goes. You may call it from any thread and any event loop.

    An `Acquire` or a `Renew` returns its decision. Every other signal returns `GO`.
    """

    @property
    def banned_for(self) -> float: ...

    @property
    def endpoint(self) -> str:
        """The endpoint that it limits, for the log."""
        ...

    def do(self, signal: Signal) -> Decision: ...

    async def do_async(self, signal: Signal) -> Decision: ...

    @property
    def has_waiting(self) -> bool:
        """Whether a caller of this process waits for a slot. This never calls Redis and never blocks.

        A caller whose event loop has stopped does not count.
        """
        ...
