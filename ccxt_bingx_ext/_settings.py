"""``options["cancelOrders"]``, checked. Everything has a default, so a bot need set nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ccxt.base.errors import BadRequest

JSON, QUERY = "json", "query"
DEFAULTS: Mapping[str, Any] = {
    "requestFormat": JSON,
    "process": None,  # not sent: the exchange's default, 0 (seed)
    "batchSize": 50,  # our choice: the exchange documents no limit for spot
}


@dataclass(frozen=True)
class Settings:
    """How cancels are sent.

    `request_format`: "json" (the documented form) or "query" (what ccxt itself sends). `process`: what is
    sent where the call's params name none. `batch_size`: the most ids per request.
    """

    request_format: str
    process: Any
    batch_size: int


def read_settings(options: Mapping[str, Any]) -> Settings:
    """The settings in an exchange's `options`; raises ``BadRequest`` naming an unusable one."""
    given = options.get("cancelOrders") or {}
    values = {**DEFAULTS, **{name: value for name, value in given.items() if value is not None}}
    request_format, batch_size = values["requestFormat"], values["batchSize"]
    if request_format not in (JSON, QUERY):
        raise _unusable("requestFormat", request_format, f"{JSON!r} or {QUERY!r}")
    if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size < 1:
        raise _unusable("batchSize", batch_size, "a whole number from 1")
    return Settings(request_format, values["process"], batch_size)


def _unusable(name: str, value: object, wanted: str) -> BadRequest:
    return BadRequest(f"bingx options['cancelOrders']['{name}'] is {value!r}, not {wanted}")
