"""``options["cancelOrders"]``, checked. Everything has a default, so a bot need set nothing."""

from __future__ import annotations

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
}
_NONE_MEANS_SOMETHING = ("process", "limit", "storage")
_REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


class Settings(NamedTuple):
    """How cancels are sent.

    `request_format`: "json" (the documented form) or "query" (what ccxt itself sends). `process`: what is
    sent where the call's params name none. `batch_size`: the most ids per request. `pace`: of the lane.
    `storage`: where the lane is kept, None for this process. `max_wait`: s.
    """

    request_format: str
    process: Any
    batch_size: int
    pace: Pace
    storage: str | None
    max_wait: float


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
    is_redis = isinstance(storage, str) and storage.startswith(_REDIS_SCHEMES)
    _check(values, "storage", storage is None or is_redis, "None or redis://…")
    return Settings(
        request_format=values["requestFormat"],
        process=values["process"],
        batch_size=values["batchSize"],
        pace=Pace.of(limit, values["margin"] / 1000),
        storage=storage,
        max_wait=values["maxWait"] / 1000,
    )


def _is_number(value: object, kind: Any = (int, float), least: float = 0) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool) and least <= value < float("inf")


def _check(values: Mapping[str, Any], name: str, usable: bool, wanted: str) -> None:
    if not usable:
        raise BadRequest(f"bingx options['cancelOrders']['{name}'] is {values[name]!r}, not {wanted}")
