"""Watch the sessions of the library requests.

Below a session, urllib3's pools send requests. A pool of a watched session reports to the request's call when
its first byte is about to be written. The pool never repeats a cancel, whatever ``Retry`` the bot mounted,
and follows no redirect. The whole response must arrive by the call's deadline, because the library's own
timeout starts again with every byte.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from http.client import HTTPResponse, parse_headers
from time import monotonic
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import PoolManager, Retry

from .._bingx.endpoints import concerns_orders, is_query, route_of
from .call import LARGEST_RESPONSE, Call, Redirected, TooLarge, call_on_the_wire, current_call, warn_unwatched


def watch_session(session: Any, url: str = "") -> None:
    """Make `session` (of the library requests, or similar) report to the call that it carries out.

    With `url`, log a warning if the plugin cannot watch requests to it.
    """
    adapters = getattr(session, "adapters", None)
    if not isinstance(adapters, Mapping):
        adapters = {"": session}
    for prefix, adapter in adapters.items():
        if isinstance(adapter, HTTPAdapter):
            _watch_adapter(adapter)
        elif url and url.startswith(prefix):
            warn_unwatched(adapter)


def sender_of(session: Any, url: str) -> object:
    """What decides how `session` sends to `url`: its adapter, if its class is not that of the library."""
    adapters = getattr(session, "adapters", None)
    if isinstance(adapters, Mapping):
        for prefix, adapter in adapters.items():
            if url.startswith(prefix) and type(adapter) is not HTTPAdapter:
                return adapter
    return session


def _watch_adapter(adapter: HTTPAdapter) -> None:
    # Not once only: an adapter may have made new managers since. A mock may have none.
    for manager in (getattr(adapter, "poolmanager", None), *getattr(adapter, "proxy_manager", {}).values()):
        _watch_manager(manager)
    if not isinstance(adapter.proxy_manager_for, _WatchedProxies):
        adapter.proxy_manager_for = _WatchedProxies(adapter.proxy_manager_for)  # type: ignore[method-assign]


class _WatchedProxies:
    """`HTTPAdapter.proxy_manager_for`, which makes a manager of pools when a proxy is first used."""

    def __init__(self, upstream: Callable[..., PoolManager]) -> None:
        self._upstream = upstream

    def __call__(self, *args: Any, **named: Any) -> PoolManager:
        manager = self._upstream(*args, **named)
        _watch_manager(manager)
        return manager


def _watch_manager(manager: object) -> None:
    if not isinstance(manager, PoolManager):
        return
    pools = manager.pool_classes_by_scheme
    if not all(issubclass(pool, _WatchedPool) for pool in pools.values()):
        manager.pool_classes_by_scheme = {scheme: _watched_pool(pool) for scheme, pool in pools.items()}
        manager.clear()  # close its old pools, whose idle connections do not report


@lru_cache
def _watched_pool(upstream: Any) -> Any:
    """A subclass of `upstream`, a class of pools, that watches requests."""
    return type(f"Watched{upstream.__name__}", (_WatchedPool, upstream), {})


@lru_cache  # recorders such as vcrpy make new classes for each recording
def _watched_connection(upstream: Any) -> Any:
    return type(f"Watched{upstream.__name__}", (_WatchedConnection, upstream), {})


class _WatchedPool:
    @property
    def ConnectionCls(self) -> Any:
        # Not computed once: recorders such as vcrpy replace the class while they record.
        return _watched_connection(super().ConnectionCls)  # type: ignore[misc]

    def urlopen(self, method: str, url: str, *args: Any, **named: Any) -> Any:
        # By the route, not by the call: a session may send in a thread of its own.
        route = route_of(method, url)
        if not concerns_orders(route):
            return super().urlopen(method, url, *args, **named)  # type: ignore[misc]
        if not is_query(route):
            named["retries"] = Retry(0, read=False)
        call = current_call(method, url)
        try:
            response = super().urlopen(method, url, *args, **named)  # type: ignore[misc]
        except BaseException as error:
            if call is not None:
                call.failure = error
            raise
        if call is not None:
            call.answer()
        if response.get_redirect_location():
            response.close()
            raise Redirected(response.status)
        response.stream = _Bounded(response)
        return response


class _Bounded:
    """The decoded content of a response. It raises `TooLarge` before it fills the memory."""

    def __init__(self, response: Any) -> None:
        self._response, self._upstream = response, response.stream

    def __call__(self, *args: Any, **named: Any) -> Iterator[bytes]:
        size = 0
        for piece in self._upstream(*args, **named):
            size += len(piece)
            if size > LARGEST_RESPONSE:
                self._response.close()
                raise TooLarge
            yield piece


class _WatchedResponse(HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        call = call_on_the_wire()
        self._is_ours = call is not None
        if call is not None:
            self.fp = io.BufferedReader(_InTime(sock, self.fp.detach(), call.deadline))

    def _read_status(self) -> Any:
        # http.client (3.11 seen) skips only 100, and takes any other 1xx, such as 103 Early Hints, for
        # the response. After 101 the connection no longer speaks HTTP, so no other response follows.
        while True:
            line = super()._read_status()  # type: ignore[misc]
            status = line[1]
            if not (self._is_ours and 100 < status < 200 and status != 101):
                return line
            parse_headers(self.fp)


class _InTime(io.RawIOBase):
    """The stream of a socket. It times out at `deadline`."""

    def __init__(self, sock: Any, stream: Any, deadline: float) -> None:
        self._sock = sock
        self._stream = stream
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Any:
        rest = self._deadline - monotonic()
        if rest <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(rest)
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _WatchedConnection:
    response_class = _WatchedResponse
    _call: Call | None = None  # the call whose request is about to be written

    def request(self, method: str, url: str, *args: Any, **named: Any) -> None:
        self._call = current_call(method, url)
        super().request(method, url, *args, **named)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        call, self._call = self._call, None  # headers and body are one request
        if call is not None:
            if self.sock is None:  # type: ignore[attr-defined]
                self.connect()  # type: ignore[attr-defined]
            call.before_write()
        super().send(data)  # type: ignore[misc]
