"""The limiter that several processes and machines share: acquire.lua in a Redis, on the server's clock.

An outage of Redis never blocks a request: the process's own limiter takes over, with a warning.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from functools import partial
from itertools import chain, takewhile
from math import inf
from typing import Any, NamedTuple, TypeAlias, TypeVar

from .._log import WARNING, event
from .._runner import run, run_async
from .connection import Moment, connection_to
from .local import LocalLimiter
from .messages import (
    GO,
    Acquire,
    Answered,
    Ban,
    Pause,
    Question,
    Renew,
    Resume,
    Signal,
    Ticket,
    Withdraw,
    Written,
)
from .queue import Queue
from .schedule import Decision

LONGEST_BAN = 3600.0  # s: the longest that acquire.lua replies
EXPIRY = 600.0  # s after which acquire.lua lets the keys of an unused limiter expire
STEP = 1.0  # s: a clock that runs a little faster than ours has not stepped

R = TypeVar("R")
# Yields the arguments of a call to the script. Receives the reply, or the exception that the call met.
Steps: TypeAlias = Generator[list[Any], Any, R]


class RedisLimiter:
    """A limiter in the Redis at `url`, shared by every process that uses the same Redis and `name`.

    Grants, pauses and bans hold for all of them. `local` is the limiter of this process. It knows every grant
    and ban that the process has seen, and takes over during a Redis outage. Then each process keeps the limit
    by itself, and all processes together may exceed it.

    The limiter reports each response to Redis at once, without waiting for the reply. If the message is lost,
    the other processes wait for as long as the rate limit allows a request to be on its way, or until this
    process asks again.

    You may call `do` from any thread and `do_async` from any event loop. Durations are in s:

    - `retry_after`: how long the process makes no call to a Redis that it could not reach.
    - `check_every`: the most between two calls for a waiting ticket. Another process cannot wake the ticket.
    - `stale_after`: a ticket that has not asked for this long blocks no other: its process has died.
    - `most_asking`: how many tickets, beside those that may go now, of this process call Redis at a time.
    """

    def __init__(
        self,
        url: str,
        name: str,
        local: LocalLimiter,
        *,
        retry_after: float = 2.0,
        check_every: float = 0.5,
        stale_after: float = 2.0,
        most_asking: int = 8,
    ) -> None:
        self.retry_after = retry_after
        self.check_every = check_every
        self.stale_after = stale_after
        self.most_asking = most_asking
        self._connection = connection_to(url)
        self._keys = [f"{{ccxt-bingx-ext:{name}}}:{part}" for part in ("q", "seen", "a", "state")]
        self._local = local
        self._outage = self._connection.outage  # shared by every limiter of this Redis
        self._last_reply: _Reply | None = None
        self._queue = _ProcessQueue()
        self._restore_at = -inf  # the earliest moment to write a ban back again
        self._banned_until = -inf  # the end of the ban that was logged

    @property
    def endpoint(self) -> str:
        return self._local.endpoint

    @property
    def banned_for(self) -> float:
        """How long a ban still lasts (s), as far as this process knows. 0 without a ban."""
        return self._local.banned_for

    def do(self, signal: Signal) -> Decision:
        return run(self._steps(signal), partial(self._connection.call, self._keys))

    async def do_async(self, signal: Signal) -> Decision:
        return await run_async(self._steps(signal), partial(self._connection.call_async, self._keys))

    @property
    def has_waiting(self) -> bool:
        return self._queue.has_waiting or self._local.has_waiting  # tickets queue locally during an outage

    def _steps(self, signal: Signal) -> Steps[Decision]:
        if isinstance(signal, Acquire):
            return self._acquire(signal)
        if isinstance(signal, Renew):
            return self._renew(signal)
        if isinstance(signal, Withdraw):
            return self._withdraw(signal)
        return self._note(signal)

    def _acquire(self, signal: Acquire) -> Steps[Decision]:
        ticket, rate_limit = signal
        ban = self._local.rest_of_ban
        if ban.delay:
            yield from self._restore_ban()
            return ban
        if self._outage.is_on:
            return self._acquire_locally(signal)
        if not self._queue.may_ask(ticket, self.most_asking + rate_limit.requests, self.stale_after):
            # The tickets before it wake it when its turn comes near.
            delay = max(self.check_every, self._queue.rank(ticket) // rate_limit.requests * rate_limit.period)
            self._queue.put(ticket, time.monotonic() + delay)
            return Decision(delay)
        ticket.has_asked = True
        asked_at = time.monotonic()
        decision = yield from self._call(self._arguments(signal))
        if decision is None:
            return self._acquire_locally(signal)
        self._local.do(Withdraw(ticket))  # the ticket may have queued there during an outage
        if decision.banned:
            # No later than Redis says: otherwise processes that restore a ban would prolong it in turn.
            self._local.do(Ban(_rest(decision.delay, asked_at)))
            self._report_ban(decision.delay, asked_at)
            self._restore_at = time.monotonic() + self.check_every
            self._queue.wake_all()
            return decision
        self._queue.note_reply(ticket)
        if not decision.delay:
            decision = yield from self._take_locally(signal, "defer")
        if decision.delay:
            # A busy event loop may receive the reply late. The ticket must not wait longer for that.
            return Decision(min(_rest(decision.delay, asked_at), self.check_every))
        self._queue.leave(ticket)
        return GO

    def _report_ban(self, seconds: float, asked_at: float) -> None:
        """Log a ban that another process met, once. Redis never returns exactly the same end twice."""
        is_new, self._banned_until = asked_at + seconds > self._banned_until + STEP, asked_at + seconds
        if is_new:
            where = self._outage.where
            text = (
                f"the exchange refuses requests to {self.endpoint} for {seconds:.1f} s, "
                f"according to the shared rate limit at {where}"
            )
            event(WARNING, "ban", text, store=where, endpoint=self.endpoint, seconds=seconds)

    def _restore_ban(self) -> Steps[None]:
        """Write back a ban that Redis has lost, or missed during an outage.

        Do not write back a ban without a time: `Resume` ends it in this process only.
        """
        seconds, now = self._local.timed_ban, time.monotonic()
        if seconds > 0 and now >= self._restore_at:
            self._restore_at = now + self.check_every
            yield from self._call(["restore", "", seconds])

    def _renew(self, signal: Renew) -> Steps[Decision]:
        decision = yield from self._call(self._arguments(signal))
        if decision is None:
            return self._local.do(signal)
        if decision.delay:
            self._local.do(Withdraw(signal.ticket))
            return decision
        return (yield from self._take_locally(signal, "withdraw"))

    def _take_locally(self, signal: Question, otherwise: str) -> Steps[Decision]:
        """Count in this process what Redis granted, or send `otherwise`.

        An instance that does not share the limit may have used the slot meanwhile.
        """
        decision = self._local.do(Renew(*signal))
        if decision.delay:
            yield from self._call([otherwise, signal.ticket.name])
        return decision

    def _acquire_locally(self, signal: Acquire) -> Decision:
        decision = self._local.do(signal)
        if not decision.delay:
            self._queue.leave(signal.ticket)
        return decision

    def _withdraw(self, signal: Withdraw) -> Steps[Decision]:
        self._local.do(signal)
        self._queue.leave(signal.ticket)  # first: a second Ctrl-C may end the call
        if signal.ticket.has_asked:
            yield from self._call(self._arguments(signal))
        return GO

    def _note(self, signal: Written | Answered | Pause | Ban | Resume) -> Steps[Decision]:
        if isinstance(signal, Resume) and not self._local.is_held:
            return GO  # every response sends a Resume, and every waiting ticket would ask Redis
        self._local.do(signal)  # an outage must not lose the signal
        if isinstance(signal, Ban):  # the caller that met it has logged it
            self._banned_until = time.monotonic() + self._local.banned_for
        if isinstance(signal, (Ban, Resume)):
            self._queue.wake_all()
        if isinstance(signal, Ban) and signal.seconds is None:
            signal = Ban(self._local.banned_for)
        if isinstance(signal, (Pause, Ban)):
            decision = yield from self._call(self._arguments(signal))
            if decision is not None and isinstance(signal, Ban):
                self._restore_at = time.monotonic() + self.check_every
        if isinstance(signal, Answered) and not self._outage.is_known:
            for name, arrived in self._known(inf):
                if name == signal.ticket.name:
                    self._connection.post(self._keys, ["arrived", name, name, arrived])
        return GO

    def _call(self, arguments: list[Any]) -> Steps[Decision | None]:
        """Run the script. Return its decision, or None if Redis is away or the reply is invalid."""
        if not self._outage.may_call(self.retry_after):
            return None
        was_away, before, asked_at = self._outage.is_known, self._last_reply, time.monotonic()
        answer = yield arguments
        reply = answer if isinstance(answer, Exception) else _parse(answer, asked_at)
        if isinstance(reply, Exception):
            self._outage.begin(reply, self.retry_after)
            return None
        if was_away:  # if not, another call may have begun an outage since
            self._outage.end()
        self._last_reply = reply
        if before is not None and (what := reply.is_odd_after(before)):
            where = self._outage.where
            text = f"{what}: requests may exceed the shared rate limit at {where} in one window"
            event(WARNING, "store_reset", text, store=where, endpoint=self.endpoint, reason=what)
        return reply.decision

    def _arguments(self, signal: Question | Withdraw | Pause | Ban) -> list[Any]:
        if isinstance(signal, Withdraw):
            return ["withdraw", signal.ticket.name]
        if isinstance(signal, Pause):
            return ["pause", "", signal.seconds]
        if isinstance(signal, Ban):
            return ["ban", "", signal.seconds]
        ticket, rate_limit = signal
        # Report to Redis when requests arrived, the grants during an outage, and what Redis has lost.
        known = chain.from_iterable(self._known(rate_limit.period))
        life = rate_limit.slack + rate_limit.in_flight
        message = "acquire" if isinstance(signal, Acquire) else "renew"
        return [message, ticket.name, rate_limit.requests, rate_limit.period, life, self.stale_after, *known]

    def _known(self, within: float) -> list[tuple[str, float]]:
        """Each slot's name and its request's arrival: a moment, or an age below 0 if it is on its way."""
        slots = self._local.arrivals(within)
        now = time.monotonic()  # read after the ages: a moment too late is safe
        return [(name, age if age < 0 else Moment(now - age)) for name, age in slots]


def _rest(delay: float, asked_at: float) -> float:
    """The rest of `delay`, which Redis replied to a call of `asked_at`. Never 0, which would mean "go"."""
    return max(1e-6, delay - (time.monotonic() - asked_at))


class UnexpectedReply(Exception):
    """The reply is not from acquire.lua: a proxy, another script, or a Redis with other settings sent it."""


class _Reply(NamedTuple):
    """A reply of acquire.lua: its decision, the time of its first call, its calls so far, and its clock."""

    decision: Decision
    born: float
    calls: int
    now: float
    asked_at: float  # this process's clock

    def is_odd_after(self, before: _Reply) -> str:
        """Return what happened to Redis since the reply `before`, or "" if nothing did."""
        elapsed = time.monotonic() - before.asked_at
        if elapsed < EXPIRY and (self.born != before.born or self.calls <= before.calls):
            return "Redis has lost its data (a flush, a restart or a failover)"
        if self.now - before.now > elapsed + STEP:
            return f"the clock of Redis stepped forward by {self.now - before.now - elapsed:.0f} s"
        return ""


def _parse(reply: Any, asked_at: float) -> _Reply | UnexpectedReply:
    """Read a reply. Reject a delay that acquire.lua cannot give: it could stop requests for years."""
    try:
        delay: Any
        state: Any
        delay, banned, *state = reply if isinstance(reply, list) else (None, None)
        born, calls, now = state
        seconds = float(delay)
        if banned in (0, 1) and 0 <= seconds <= (LONGEST_BAN if banned else sys.float_info.max):
            return _Reply(Decision(seconds, banned == 1), float(born), int(calls), float(now), asked_at)
    except (TypeError, ValueError, OverflowError):
        pass
    return UnexpectedReply(f"an unexpected reply: {reply!r:.80}")


class _ProcessQueue(Queue[Ticket]):
    """The tickets of this process that wait for Redis, in calling order. It decides which may call now.

    If a hundred waiting tasks called Redis at once, none would get its reply in time. The tickets far back
    need not ask, because the tickets before them go first in any case. And a ticket first asks when Redis has
    replied to all before it: otherwise concurrent calls could overtake each other.
    """

    def __init__(self) -> None:
        super().__init__()
        self._most, self._stale_after = 1, 0.0  # the arguments of the last `may_ask`

    def may_ask(self, ticket: Ticket, most: int, stale_after: float) -> bool:
        """Queue `ticket`. Return whether it is one of the first `most`, and all before it have a reply.

        Tickets that are overdue by `stale_after` s do not count.
        """
        self._most, self._stale_after = most, stale_after
        overdue = self.next_aside()
        if overdue is not None and overdue.is_gone():
            self.remove(overdue)
        self.put(ticket, time.monotonic())
        ahead = [*takewhile(lambda one: one is not ticket, self._first())]
        return len(ahead) < most and all(one.was_answered for one in ahead)

    def note_reply(self, ticket: Ticket) -> None:
        """Redis has replied to `ticket`, or the ticket has left: wake the next ticket without a reply."""
        ticket.was_answered = True
        while (following := self._first_without_reply()) is not None and not following.wake():
            self.remove(following)

    def wake_all(self) -> None:
        """Wake every ticket, because it may have to give up."""
        for one in self.tickets:
            if not one.wake():
                self.remove(one)

    def leave(self, ticket: Ticket) -> None:
        """Remove `ticket`, which was granted or withdrawn. The others move up."""
        if ticket in self:
            self.remove(ticket)
            self.note_reply(ticket)

    @property
    def has_waiting(self) -> bool:
        """Whether a ticket waits that still asks."""
        return len(self._first()) > 0

    def _first_without_reply(self) -> Ticket | None:
        return next((one for one in self._first() if not one.was_answered), None)

    def _first(self) -> list[Ticket]:
        return self.first(self._most, time.monotonic() - self._stale_after)
