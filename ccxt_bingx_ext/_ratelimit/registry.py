"""One lane per API key, host and endpoint, whatever thread, task or instance asks."""

from __future__ import annotations

import hashlib
import os
import threading

from .local import LocalLimiter
from .messages import Limiter


def limiter_for(api_key: str, host: str, endpoint: str, storage: str | None) -> Limiter:
    """The lane of an account's `endpoint` at `host`, kept in `storage` (None: this process; or redis://…)."""
    # A name may travel and be listed: it holds a hash, never the key.
    name = hashlib.sha256("\n".join((api_key, host, endpoint)).encode()).hexdigest()[:32]
    with _lanes_lock:
        local = _local_lanes.setdefault(name, LocalLimiter())
        if storage is None:
            return local
        if (storage, name) not in _shared_lanes:
            from .redis import RedisLimiter  # loaded for those who use it

            _shared_lanes[storage, name] = RedisLimiter(storage, name, local)
        return _shared_lanes[storage, name]


_lanes_lock = threading.Lock()
_local_lanes: dict[str, LocalLimiter] = {}
_shared_lanes: dict[tuple[str, str], Limiter] = {}


def _forget_lanes() -> None:
    _local_lanes.clear()
    _shared_lanes.clear()


def _after_fork() -> None:
    # A lock that another thread held when the process forked would stay locked in the child for ever.
    global _lanes_lock
    _lanes_lock = threading.Lock()
    _shared_lanes.clear()
    for lane in _local_lanes.values():
        lane.after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has none
    os.register_at_fork(after_in_child=_after_fork)
