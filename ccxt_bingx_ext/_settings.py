"""``options["cancelOrders"]``, checked. Everything has a default, so a bot need set nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ccxt.base.errors import BadRequest

from ._lane import Pace

JSON, QUERY = "json", "query"
DEFAULTS: Mapping[str, Any] = {
    "requestFormat": JSON,
    "process": None,  # not sent: the exchange's default, 0 (seed)
    "batchSize": 50,  # our choice: the exchange documents no limit for spot
    "limit": 2,  # requests per second and account (seed); None: no limit of ours
    "margin": 50,  # ms between two windows of the limit, for what the network delays unevenly
    "storage": None,  # this process; or the URL of a Redis that several share
    "maxWait": 1000,  # ms that a call waits for a ban or a used-up limit to end, rather than raise
    "resolveAttempts": 3,  # how often it is tried to find out what a lost answer said; 0: not at all
    "resolveTimeout": 10_000,  # ms after which no further attempt is begun
}
_NONE_MEANS_SOMETHING = ("process", "limit", "storage")
_REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


class Settings(NamedTuple):
    """How cancels are sent.

    `request_format`: "json" (the documented form) or "query" (what ccxt itself sends). `process`: what is
    sent where the call's params name none. `batch_size`: the most ids per request. `pace`: of the lane.
    `storage`: where the lane is kept, None for this process. `max_wait`, `resolve_timeout`: s.
    `fallbacks`: ``options["fallbackHostnames"]``.
    """

    request_format: str
    process: Any
    batch_size: int
    pace: Pace
    storage: str | None
    max_wait: float
    resolve_attempts: int
    resolve_timeout: float
    fallbacks: tuple[str, ...]


def read_settings(options: Mapping[str, Any]) -> Settings:
    """The settings in an exchange's `options`; raises ``BadRequest`` naming an unusable one."""
    given = options.get("cancelOrders") or {}
    if not isinstance(given, Mapping):
        raise BadRequest(f"bingx options['cancelOrders'] is not a dict: {given!r}")
    used = {name: one for name, one in given.items() if one is not None or name in _NONE_MEANS_SOMETHING}
    values = {**DEFAULTS, **used}
    limit, storage = values["limit"], values["storage"]
    _check(values, "requestFormat", values["requestFormat"] in (JSON, QUERY), f"{JSON!r} or {QUERY!r}")
    _check(values, "batchSize", _is_number(values["batchSize"], int, least=1), "a whole number from 1")
    _check(values, "limit", limit is None or _is_number(limit, least=1e-3), "requests per second, or None")
    _check(values, "margin", _is_number(values["margin"]), "a number of ms")
    _check(values, "maxWait", _is_number(values["maxWait"]), "a number of ms")
    _check(values, "resolveAttempts", _is_number(values["resolveAttempts"], int), "a whole number from 0")
    _check(values, "resolveTimeout", _is_number(values["resolveTimeout"]), "a number of ms")
    is_redis = isinstance(storage, str) and storage.startswith(_REDIS_SCHEMES)
    if storage is not None and not is_redis:  # its value is not shown: there may be a password in it
        raise BadRequest("bingx options['cancelOrders']['storage'] is not None or redis://…")
    return Settings(
        request_format=values["requestFormat"],
        process=values["process"],
        batch_size=values["batchSize"],
        pace=Pace.of(limit, values["margin"] / 1000),
        storage=storage,
        max_wait=values["maxWait"] / 1000,
        resolve_attempts=values["resolveAttempts"],
        resolve_timeout=values["resolveTimeout"] / 1000,
        fallbacks=_read_hostnames(options.get("fallbackHostnames") or ()),
    )


def _read_hostnames(given: Any) -> tuple[str, ...]:
    """``options["fallbackHostnames"]``: where ccxt's URLs have {hostname}, such as "bingx.pro"."""
    named = tuple(given) if isinstance(given, (list, tuple)) else (None,)
    if not all(isinstance(one, str) and re.fullmatch(r"[A-Za-z0-9.\-]+(:\d+)?", one) for one in named):
        raise BadRequest(f"bingx options['fallbackHostnames'] is not a list of hostnames: {given!r}")
    return named


def _is_number(value: object, kind: Any = (int, float), least: float = 0) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool) and least <= value < float("inf")


def _check(values: Mapping[str, Any], name: str, usable: bool, wanted: str) -> None:
    if not usable:
        raise BadRequest(f"bingx options['cancelOrders']['{name}'] is {values[name]!r}, not {wanted}")
