"""What would be sent, without sending it: the real `cancel_orders`, stopped at the wire."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from .. import bingx

_SIGNING = ("signature", "timestamp")


class Request(NamedTuple):
    """A request, without what signs it."""

    method: str
    url: str
    parameters: dict[str, Any]


class _Withheld(BaseException):
    """Passes through whatever handles a failed request."""


class RehearsingBingx(bingx):
    """``bingx`` that can be asked what it would send."""

    enableRateLimit: bool
    _rehearsed: list[Request] | None = None

    def rehearse(self, ids: Sequence[str], symbol: str, params: dict[str, Any]) -> Request:
        """The first request that cancelling `ids` would send; bad input raises what it would raise.

        Of the exchange it asks nothing but its markets, and those only where `symbol` does not tell enough.
        """
        paced, self.enableRateLimit = self.enableRateLimit, False
        self._rehearsed = []
        try:
            self.cancel_orders(ids, symbol, params)
        except _Withheld:
            return self._rehearsed[0]
        finally:
            self.enableRateLimit, self._rehearsed = paced, None
        raise AssertionError("ids were asked for, and nothing would be sent")  # pragma: no cover - cannot be

    def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        if self._rehearsed is not None and method != "GET":
            self._rehearsed.append(_shown(method, url, body))
            raise _Withheld
        return super().fetch(url, method, headers, body)


def _shown(method: str, url: str, body: str | None) -> Request:
    address, _, query = url.partition("?")
    parameters: dict[str, Any] = dict(parse_qsl(query))
    if body:
        parameters.update(json.loads(body))
    return Request(method, address, {name: one for name, one in parameters.items() if name not in _SIGNING})
