"""A lane kept in Redis: the arithmetic of `_lane` in one atomic script, on the server's own clock.

Where Redis cannot be reached the local lane takes over, with a warning: a cancel must get out.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Generator
from typing import Any

from ._drive import run, run_async
from ._lane import Verdict
from ._storage import GO, Ask, Close, Hold, Leave, LocalLane, Order

log = logging.getLogger("ccxt_bingx_ext")

TIMEOUT = 0.25  # s, to connect and to answer: a cancel must not wait for a limiter that is gone
RETRY_AFTER = 2.0  # s without asking a Redis that could not be reached
CHECK_EVERY = 0.5  # s at most between two questions of a waiting ticket: nobody can wake it from elsewhere
STALE_AFTER = 2.0  # s after which a ticket that asks no more is taken out: its process has died

# Keys: queue (sorted set: ticket -> number), seen and planned (hashes: ticket -> time), grants (sorted set),
# state (hash: held, closed, number). Arguments: what, ticket, then what `what` needs. Times are s.
SCRIPT = """
local queue, seen, planned, grants, state = unpack(KEYS)
local what, ticket = ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local function number(value) return tonumber(value or 0) or 0 end
local function written(value) return string.format('%.6f', value) end
local function take_out(name)
  redis.call('ZREM', queue, name)
  redis.call('HDEL', seen, name)
  redis.call('HDEL', planned, name)
end
local function grant(at)
  redis.call('ZADD', grants, written(at), redis.call('HINCRBY', state, 'number', 1))
  redis.call('ZREMRANGEBYRANK', grants, 0, -1001)
end
local function keep()
  local closed = number(redis.call('HGET', state, 'closed'))
  for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, math.ceil(math.max(0, closed - now)) + 600) end
end

if what == 'leave' then
  take_out(ticket)
elseif what == 'hold' or what == 'close' then
  local name = what == 'hold' and 'held' or 'closed'
  local till = math.max(number(redis.call('HGET', state, name)), now + tonumber(ARGV[3]))
  redis.call('HSET', state, name, written(till))
  keep()
else
  local count, period = tonumber(ARGV[3]), tonumber(ARGV[4])
  local slack, stale = tonumber(ARGV[5]), tonumber(ARGV[6])
  for index = 7, #ARGV do grant(now - tonumber(ARGV[index])) end
  for _, name in ipairs(redis.call('ZRANGE', queue, 0, -1)) do
    if name ~= ticket and number(redis.call('HGET', seen, name)) < now - stale then take_out(name) end
  end
  redis.call('ZADD', queue, 'NX', redis.call('HINCRBY', state, 'number', 1), ticket)
  redis.call('HSET', seen, ticket, written(now))
  keep()
  local closed = number(redis.call('HGET', state, 'closed'))
  if now < closed then return {written(closed - now), 1} end
  local rank = redis.call('ZRANK', queue, ticket)
  local recent = redis.call('ZRANGE', grants, -count, -1, 'WITHSCORES')
  local index = rank % count - count + #recent / 2
  local at = math.max(now, number(redis.call('HGET', state, 'held')))
  if index >= 0 then at = math.max(at, tonumber(recent[index * 2 + 2]) + period) end
  at = at + math.floor(rank / count) * period
  if at > now then
    redis.call('HSET', planned, ticket, written(at))
    return {written(at - now), 0}
  end
  local told = redis.call('HGET', planned, ticket)
  if told and now - tonumber(told) <= slack then grant(tonumber(told)) else grant(now) end
  take_out(ticket)
  keep()
end
return {'0', 0}
"""


class SharedLane:
    """A lane in the Redis at `url`, and the process's own one behind it."""

    def __init__(self, url: str, name: str, local: LocalLane) -> None:
        self._url = url
        self._keys = [f"{{ccxt-bingx-ext:{name}}}:{part}" for part in ("q", "s", "p", "g", "state")]
        self._local = local
        self._lock = threading.Lock()
        self._lost_until: float | None = None  # None: Redis answered last time

    def do(self, order: Order) -> Verdict:
        return run(self._steps(order), self._eval)

    async def do_async(self, order: Order) -> Verdict:
        return await run_async(self._steps(order), self._eval_async)

    def _steps(self, order: Order) -> Generator[list[Any], Any, Verdict]:
        if not isinstance(order, Ask):
            self._local.do(order)  # it may be the local lane that is asked next
        elif self._local.closed_for:
            return Verdict(self._local.closed_for, closed=True)
        if self._lost_until is not None and time.monotonic() < self._lost_until:
            return self._local.do(order)
        answer = yield self._arguments(order)
        if isinstance(answer, Exception):
            self._lose(answer)
            return self._local.do(order)
        if self._lost_until is not None:
            self._lost_until = None
            log.warning("the shared rate limit is back: %s", self._where)
        if not isinstance(order, Ask):
            return GO
        delay, closed = float(answer[0]), bool(answer[1])
        self._local.do(Leave(order.ticket))  # it may have queued there while Redis was away
        if not delay:
            self._local.count_granted()
        return Verdict(delay if closed else min(delay, CHECK_EVERY), closed)

    def _arguments(self, order: Order) -> list[Any]:
        if isinstance(order, Leave):
            return ["leave", order.ticket.name]
        if isinstance(order, (Hold, Close)):
            return [type(order).__name__.lower(), "", order.seconds]
        pace = order.pace
        # What went by the local lane while Redis was away counts there, too.
        ages = self._local.granted_within(pace.period) if self._lost_until is not None else []
        return ["ask", order.ticket.name, pace.requests, pace.period, pace.slack, STALE_AFTER, *ages]

    def _lose(self, error: Exception) -> None:
        with self._lock:
            if self._lost_until is None:
                log.warning(
                    "the shared rate limit at %s cannot be reached, each process keeps its own: %s: %s",
                    self._where,
                    type(error).__name__,
                    error,
                )
            self._lost_until = time.monotonic() + RETRY_AFTER

    @property
    def _where(self) -> str:
        return self._url.rpartition("@")[2]  # without user and password

    # A connection per question: there are a few in a second at most, and so neither event loops nor forks
    # nor the closing of exchanges concern it.

    def _eval(self, arguments: list[Any]) -> Any:
        try:
            import redis

            with redis.Redis.from_url(self._url, **_options()) as client:
                return client.eval(SCRIPT, len(self._keys), *self._keys, *arguments)
        except Exception as error:
            return error

    async def _eval_async(self, arguments: list[Any]) -> Any:
        try:
            from redis import asyncio as redis

            async with redis.Redis.from_url(self._url, **_options()) as client:
                return await client.eval(SCRIPT, len(self._keys), *self._keys, *arguments)
        except Exception as error:
            return error


def _options() -> dict[str, Any]:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT, "retry": Retry(NoBackoff(), 0)}
