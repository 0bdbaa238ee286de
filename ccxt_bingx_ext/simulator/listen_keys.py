"""Listen keys: the endpoint that creates, extends and deletes them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from .calls import Call, Result
from .errors import Refused, invalid, missing

LIFETIME_MS: Final = 60 * 60 * 1000


class ListenKeys:
    """The valid keys. A key opens the websocket of its account until it expires or is deleted."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._keys: dict[str, tuple[str, int]] = {}

    def owner(self, key: str) -> str | None:
        """The uid of a key that is still valid."""
        uid, until = self._keys.get(key, (None, 0))
        return uid if self._now_ms() < until else None

    def create(self, call: Call) -> Result:
        key = secrets.token_hex(32)
        self._keys[key] = call.uid, self._now_ms() + LIFETIME_MS
        return Result({"listenKey": key}, bare=True)

    def extend(self, call: Call) -> Result:
        self._keys[self._own(call)] = call.uid, self._now_ms() + LIFETIME_MS
        return Result({})

    def delete(self, call: Call) -> Result:
        del self._keys[self._own(call)]
        return Result({})

    def _own(self, call: Call) -> str:
        key = call.params.get("listenKey")
        if not key:
            raise missing("UserDataStreamRequest", "ListenKey")
        if self.owner(key) != call.uid:
            raise _unknown()
        return key


def _unknown() -> Refused:
    return invalid("the listenKey does not exist, or has expired")
