"""Show what a cancel would send: the real cancel, stopped before anything is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from ccxt.base.errors import BadResponse

from .. import bingx

_SIGNING = ("signature", "timestamp")
_PATIENCE_MS = 3000  # per request for the markets, where a cancel goes out without them


class Request(NamedTuple):
    """A request, without what signs it."""

    method: str
    url: str
    parameters: dict[str, Any]


class _Withheld(BaseException):
    """Passes through whatever handles a failed request."""


class RehearsingBingx(bingx):
    """``bingx`` that shows a cancel, and does not send it. It needs no keys, and has none."""

    def __init__(self) -> None:
        super().__init__({"secret": "rehearsal", "enableRateLimit": False})
        self.has["fetchCurrencies"] = False  # load_markets asks for them with the keys
        self.unread: Exception | None = None  # why `read_markets` failed
        self._number = 0
        self._rehearsed: list[Request] = []

    def read_markets(self) -> None:
        """Load the markets if the exchange sends them soon, so that a symbol can be checked.

        No failure may keep a cancel from going out: the plugin derives a spot market from its symbol.
        """
        patience, self.timeout = self.timeout, _PATIENCE_MS
        try:
            if not any(market["spot"] for market in self.load_markets().values()):
                self.markets = None  # as not loaded: otherwise every spot symbol would be wrong
                raise BadResponse("the list of spot markets is empty")
        except Exception as error:  # ccxt's own TypeError, too, for an odd list
            self.unread = error
        finally:
            self.timeout = patience

    def rehearse(self, cancel: Callable[[], object]) -> Request:
        """Return the first request that `cancel` would send. Bad input raises what it would raise there.

        It reads nothing but the exchange's markets, and only if a symbol does not say enough.
        """
        # Another account each time: the plugin waits a second between two cancels of one order of an account.
        self._number += 1
        self.apiKey = f"rehearsal-{self._number}"
        try:
            cancel()
        except _Withheld:
            return self._rehearsed.pop()
        raise AssertionError("ids were asked for, and nothing would be sent")  # pragma: no cover - cannot be

    def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        if method == "GET":
            return super().fetch(url, method, headers, body)
        self._rehearsed.append(_shown(method, url, body))
        raise _Withheld


def _shown(method: str, url: str, body: str | None) -> Request:
    address, _, query = url.partition("?")
    parameters: dict[str, Any] = dict(parse_qsl(query))
    if body:
        parameters.update(json.loads(body))
    return Request(method, address, {name: one for name, one in parameters.items() if name not in _SIGNING})
