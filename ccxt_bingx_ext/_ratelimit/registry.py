"""One limiter per account, host and endpoint, whichever thread, task or instance asks for it."""

from __future__ import annotations

import hashlib
import os
import sys

from .local import LocalLimiter
from .messages import Limiter

# No lock: each step below is one operation of a dict, which no other thread, signal handler or fork divides.
_local_limiters: dict[str, LocalLimiter] = {}
_local_limiters_at: dict[str, dict[str, LocalLimiter]] = {}  # by host and name
_redis_limiters: dict[tuple[str, str], Limiter] = {}  # by URL and name


def limiters_at(host: str) -> list[Limiter]:
    """Every limiter at `host` that this process has, of whichever account and endpoint."""
    return [*_local_limiters_at.get(host, {}).values()]


def limiter_for(api_key: str, host: str, endpoint: str, storage: str | None) -> Limiter:
    """Return the limiter of an account's `endpoint` at `host`. The same arguments return the same limiter.

    With `storage` None, this process keeps the limit. With the URL of a Redis, every process that names the
    same Redis shares it. The Redis gets a hash, never the API key.
    """
    name = hashlib.sha256("\n".join((api_key, host, endpoint)).encode()).hexdigest()[:32]
    local = _local_limiters.setdefault(name, LocalLimiter())
    _local_limiters_at.setdefault(host, {})[name] = local
    if storage is None:
        return local
    if (storage, name) not in _redis_limiters:
        from .redis import RedisLimiter  # only bots that share a limit pay for this import

        _redis_limiters.setdefault((storage, name), RedisLimiter(storage, name, local))
    return _redis_limiters[storage, name]


def forget() -> None:
    """Drop every limiter, with its grants, pause and ban. For tests: a running bot would exceed the limit."""
    _local_limiters.clear()
    _local_limiters_at.clear()
    _redis_limiters.clear()


def _after_fork() -> None:
    # A lock that another thread held when the process forked would stay locked in the child for ever. The
    # limiters in Redis have locks and waiters, too, and nothing worth keeping: the child builds new ones.
    _redis_limiters.clear()
    if (connection := sys.modules.get(f"{__package__}.connection")) is not None:
        connection.after_fork()
    for limiter in _local_limiters.values():
        limiter.after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
