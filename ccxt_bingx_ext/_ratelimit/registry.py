"""One limiter per account, host and endpoint, for every thread, task and instance."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections import OrderedDict
from contextlib import suppress
from itertools import islice
from weakref import WeakValueDictionary

from .local import LocalLimiter
from .messages import Limiter

# s after which an unused limiter is forgotten: a service with thousands of API keys would keep them all.
UNUSED = 600.0


class _Kept:
    """A limiter that was used lately, and its `RedisLimiter`s by URL."""

    def __init__(self, local: LocalLimiter) -> None:
        self.local, self.used_at = local, time.monotonic()
        self.shared: dict[str, Limiter] = {}


# No lock: each step below is one atomic operation of a dict, for threads, signal handlers and forks alike.
_kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()  # by host and name, the longest unused first
# By host, then name. Includes forgotten limiters that a waiting ticket or a request under way still holds.
_alive: dict[str, WeakValueDictionary[str, LocalLimiter]] = {}


def limiters_at(host: str) -> list[Limiter]:
    """This process's limiters at `host`, for every account and endpoint."""
    return [*_living(_alive.get(host, WeakValueDictionary()))]


def limiter_for(api_key: str, host: str, endpoint: str, storage: str | None) -> Limiter:
    """Return the limiter of an account's `endpoint` at `host`. The same arguments return the same limiter.

    With `storage` None, this process keeps the limit by itself. With the URL of a Redis, it shares the limit
    with every process that names the same Redis. Redis receives a hash, never the API key.

    The registry forgets a limiter that was not used for ten minutes, unless it has a ban, a waiting ticket or
    a request that still counts.
    """
    name = hashlib.sha256("\n".join((api_key, host, endpoint)).encode()).hexdigest()[:32]
    kept = _keep(host, name, endpoint)
    _forget_unused()
    if storage is None:
        return kept.local
    if storage not in kept.shared:
        from .redis import RedisLimiter  # only bots that share a limit pay for this import

        kept.shared.setdefault(storage, RedisLimiter(storage, name, kept.local))
    return kept.shared[storage]


def where_is(storage: str | None) -> str | None:
    """Host and port of the Redis at the URL `storage`, without its password. None for this process."""
    if storage is None:
        return None
    from .outage import host_and_port

    return host_and_port(storage)


def _keep(host: str, name: str, endpoint: str) -> _Kept:
    key, alive = (host, name), _alive.setdefault(host, WeakValueDictionary())
    kept = _kept.get(key) or _Kept(alive.get(name) or LocalLimiter(endpoint=endpoint))
    kept.used_at = time.monotonic()
    kept = _kept.setdefault(key, kept)  # another thread may have removed or added it meanwhile
    alive[name] = kept.local
    with suppress(KeyError):
        _kept.move_to_end(key)
    return kept


def _forget_unused() -> None:
    before = time.monotonic() - UNUSED
    for key, kept in [*islice(_kept.items(), 2)]:  # two per new limiter, so that every limiter has its turn
        if kept.used_at < before:
            _kept.pop(key, None)
            if not kept.local.is_idle or kept.used_at >= before:  # another thread has just used it
                _kept.setdefault(key, kept)


def _living(alive: WeakValueDictionary[str, LocalLimiter]) -> list[LocalLimiter]:
    return [limiter for reference in alive.valuerefs() if (limiter := reference()) is not None]


def forget() -> None:
    """Drop every limiter, with its grants, pause and ban. For tests: a running bot would exceed the limit."""
    _kept.clear()
    _alive.clear()


def _after_fork() -> None:
    # A lock that another thread held when the process forked would stay locked in the child forever. The
    # `RedisLimiter`s also have locks and waiters, and nothing worth keeping: the child builds new ones.
    for kept in _kept.values():
        kept.shared.clear()
    connection = sys.modules.get(f"{__package__}.connection")
    if connection is not None:  # pragma: no branch - other tests have loaded it, in any order
        connection.after_fork()
    for alive in _alive.values():
        for limiter in _living(alive):
            limiter.after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
