"""One limiter per account, host and endpoint. The registry forgets unused limiters."""

from __future__ import annotations

import gc
import time
import weakref
from typing import Any

import pytest

from ccxt_bingx_ext._ratelimit import registry
from ccxt_bingx_ext._ratelimit.acquire import Slot, try_acquire
from ccxt_bingx_ext._ratelimit.messages import Acquire, Answered, Ban, Pause, Ticket
from ccxt_bingx_ext._ratelimit.registry import limiter_for, limiters_at
from ccxt_bingx_ext._ratelimit.schedule import RateLimit

STORES = pytest.mark.parametrize("store", [None, "redis://nowhere:1"])
LIMIT = RateLimit(1, 3600.0)


def others(count: int = 3) -> None:
    """Ten minutes pass, in which other accounts come."""
    for number in range(count):
        limiter_for(f"other {number}", "host", "endpoint", None)
    gc.collect()


@pytest.fixture(autouse=True)
def _ten_minutes_are_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "UNUSED", -1.0)


@STORES
def test_unused(store: str | None) -> None:
    """The registry forgets the unused limiters of a service with 5000 API keys."""
    for number in range(5000):
        limiter_for(f"key {number}", "host", "endpoint", store)
    gc.collect()
    assert len(registry._kept) <= 2
    assert len(limiters_at("host")) <= 2


def test_used_lately(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unused limiters stay for ten minutes."""
    monkeypatch.setattr(registry, "UNUSED", 600.0)
    limiter = weakref.ref(limiter_for("key", "host", "endpoint", None))
    others()
    assert limiter() is limiter_for("key", "host", "endpoint", None)


@STORES
@pytest.mark.parametrize("signal", [Ban(600.0), Ban(None), Pause(5.0), Acquire(Ticket(lambda: True), LIMIT)])
def test_what_still_counts(signal: Any, store: str | None) -> None:
    """A limiter with a ban, a pause or a slot that counts is not forgotten."""
    local: Any = limiter_for("key", "host", "endpoint", None)
    local.do(signal)
    limiter_for("key", "host", "endpoint", store)
    reference = weakref.ref(local)
    del local
    others(10)
    assert reference() is limiter_for("key", "host", "endpoint", None)


def test_waiting_or_under_way() -> None:
    """A caller with a slot, or in the queue, keeps the limiter alive: a later instance shares it."""
    unlimited = RateLimit(1, 0.0, slack=0.0, in_flight=0.0)
    slot = try_acquire(limiter_for("key", "host", "endpoint", None), unlimited)
    assert isinstance(slot, Slot)
    slot.limiter.do(Answered(slot.ticket))
    others(10)
    assert ("host", "key") not in registry._kept
    assert slot.limiter in limiters_at("host")
    assert limiter_for("key", "host", "endpoint", None) is slot.limiter


def test_another_thread_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limiter stays if it is used at the moment when the registry would forget it."""
    monkeypatch.setattr(registry, "UNUSED", 600.0)
    limiter: Any = limiter_for("key", "host", "endpoint", None)
    (kept,) = registry._kept.values()
    monkeypatch.setattr(registry, "UNUSED", -1.0)

    class UsedNow:
        @property
        def is_idle(self) -> bool:
            kept.used_at = time.monotonic() + 60.0
            return True

    monkeypatch.setattr(kept, "local", UsedNow())
    others(1)
    assert kept in registry._kept.values()
    monkeypatch.setattr(kept, "local", limiter)
