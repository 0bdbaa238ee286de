"""Keeps ccxt's bingx classes on a simulator, for ``ccxt-bingx-ext run --simulator``. It is off otherwise.

It works below ccxt's own classes, and so below ours and below those of the program. Whatever keys, URLs and
proxies the program sets, each request goes to the simulator, with the simulator's keys, or is refused.

The start hook of `run` loads this file by its path, before the program's first line. So this module imports
nothing of the plugin or of ccxt at its top.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

# What `simulate` prints.
KEYS = {"apiKey": "simulator-key", "secret": "simulator-secret"}
VARIABLE = "CCXT_BINGX_EXT_SIMULATOR"  # the simulator's URL, for the program and for its child processes

# Not another name for the live exchange, however one library or another reads it.
_LOOPBACK = re.compile(r"http://(127(\.\d{1,3}){3}|localhost|\[::1\])(:(?P<port>\d{1,5}))?/?")
LARGEST_PORT = 65535
_IGNORED = (
    "proxy", "proxies", "aiohttp_proxy", "trust_env", "aiohttp_trust_env", "requests_trust_env",
    "proxyUrl", "proxy_url", "proxyUrlCallback", "proxy_url_callback",
    "httpProxy", "http_proxy", "httpProxyCallback", "http_proxy_callback",
    "httpsProxy", "https_proxy", "httpsProxyCallback", "https_proxy_callback",
    "socksProxy", "socks_proxy", "socksProxyCallback", "socks_proxy_callback",
    "wsProxy", "ws_proxy", "wssProxy", "wss_proxy", "wsSocksProxy", "ws_socks_proxy",
)  # fmt: skip


def base_of(url: str) -> str:
    """`url` without a slash at its end. Raises ``ValueError`` if it is not a simulator's on this machine."""
    found = _LOOPBACK.fullmatch(url)
    if found is None or not 0 < int(found["port"] or 80) <= LARGEST_PORT:
        raise ValueError(f"not http://127.0.0.1:PORT: {url}")
    return url.rstrip("/")


def urls_at(base: str, exchange: Any) -> dict[str, Any]:
    """The ``urls`` of an `exchange`, with the simulator at `base` in place of every host."""
    # By what the class describes: the program may have named hosts in its configuration.
    api = exchange.describe()["urls"]["api"]
    # set_sandbox_mode swaps the three. The live test host lacks some markets, the simulator has them all.
    return {**exchange.urls, **{name: _moved(api, base) for name in ("api", "test", "apiBackup")}}


def redirect(ccxts_own: Any, url: str) -> None:
    """Keep `ccxts_own`, one of ccxt's bingx classes, on the simulator at `url`."""
    # By the name, not by the class: the start hook has a copy of this module. ccxt.pro's class inherits from
    # ccxt.async_support's.
    if not hasattr(ccxts_own, "_simulator"):
        mixin = type("Simulated", (Simulated,), {"_simulator": base_of(url)})
        ccxts_own.__bases__ = (mixin, *ccxts_own.__bases__)


def redirect_if_asked(ccxts_own: Any) -> None:
    """Keep `ccxts_own` on the simulator that the environment names.

    For a process of a rehearsal that the start hook does not reach, but that imports the plugin by itself.
    """
    url = os.environ.get(VARIABLE)
    if url is not None:
        redirect(ccxts_own, url)


class _Fixed:
    """An attribute that keeps its value, whatever is assigned to it."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __get__(self, instance: object, owner: type | None = None) -> object:
        return self._value

    def __set__(self, instance: object, value: object) -> None:
        pass


class _OwnSession:
    """An exchange's session: always one of its own.

    The program's session may have a proxy, or an adapter that sends requests elsewhere.
    """

    def __get__(self, exchange: Any, owner: type | None = None) -> Any:
        if exchange is None:
            return None
        if exchange.synchronous and "_session" not in vars(exchange):
            vars(exchange)["_session"] = _requests_session(exchange.id, exchange._simulator)
        return vars(exchange).get("_session")

    def __set__(self, exchange: Any, session: Any) -> None:
        if exchange.synchronous:
            return
        kept = vars(exchange)
        if session is None:
            kept["_session"] = None
        elif kept.get("_is_opening"):
            kept["_session"] = session
            session.trace_configs.append(_aiohttp_trace(exchange.id, exchange._simulator))
        elif kept.get("throttler") is not None and _is_in_a_loop():
            # A program may make its session in an override of `open`, and not call ccxt's.
            Simulated.open(exchange)


def _is_in_a_loop() -> bool:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


if TYPE_CHECKING:
    _Exchange = Any
else:
    _Exchange = object


class Simulated(_Exchange):
    """Goes between one of ccxt's bingx classes and its base class, ``Exchange``."""

    _simulator: str

    # Not set once, when the exchange is built: bots assign keys later, too.
    apiKey = _Fixed(KEYS["apiKey"])
    secret = _Fixed(KEYS["secret"])
    session = _OwnSession()
    own_session = _Fixed(True)

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        for name, value in _KEPT.items():  # a program's class may have a key or a proxy as an attribute
            setattr(cls, name, value)

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.urls = urls_at(self._simulator, self)

    def open(self, *args: Any, **named: Any) -> None:
        self._is_opening = True
        try:
            super().open(*args, **named)
        finally:
            self._is_opening = False

    def fetch(self, url: str, *args: Any, **named: Any) -> Any:
        _refuse_elsewhere(url, self.id, self._simulator)
        return super().fetch(url, *args, **named)

    def client(self, url: str) -> Any:
        # ccxt also has a client that never connects: by it, several tasks wait for one listen key.
        if urlsplit(url).scheme:
            _refuse_elsewhere(url, self.id, self._simulator)
        return super().client(url)


for _name in _IGNORED:
    setattr(Simulated, _name, _Fixed(None))
_KEPT = {name: one for name, one in vars(Simulated).items() if isinstance(one, (_Fixed, _OwnSession))}


def _refuse_elsewhere(url: str, exchange_id: str, simulator: str) -> None:
    if url.startswith((f"{simulator}/", f"{_websocket(simulator)}/")):
        return
    from ccxt.base.errors import BaseError

    # A plain BaseError: bots repeat a request after a NetworkError, and after an ExchangeError they take
    # the exchange's word for it.
    raise BaseError(
        f"{exchange_id} nothing was sent to {urlsplit(url).hostname}: under ccxt-bingx-ext run --simulator, "
        f"every request goes to {simulator} - remove what sets another URL, or run without --simulator"
    )


@contextmanager
def _closed_on_error(response: Any) -> Iterator[None]:
    try:
        yield
    except BaseException:
        response.close()
        raise


def _requests_session(exchange_id: str, simulator: str) -> Any:
    from requests import Session

    class OwnSession(Session):
        def send(self, request: Any, **named: Any) -> Any:
            return super().send(request, **{**named, "proxies": {}})

        def get_redirect_target(self, response: Any) -> Any:
            target = super().get_redirect_target(response)
            with _closed_on_error(response):
                _refuse_elsewhere(urljoin(response.url, target or ""), exchange_id, simulator)
            return target

    session = OwnSession()
    session.trust_env = False
    return session


def _aiohttp_trace(exchange_id: str, simulator: str) -> Any:
    from aiohttp import TraceConfig

    async def before_redirect(session: Any, context: Any, redirect: Any) -> None:
        target = redirect.response.headers.get("Location") or redirect.response.headers.get("URI", "")
        with _closed_on_error(redirect.response):
            _refuse_elsewhere(urljoin(str(redirect.url), target), exchange_id, simulator)

    trace = TraceConfig()
    trace.on_request_redirect.append(before_redirect)
    trace.freeze()
    return trace


def _moved(url: Any, base: str) -> Any:
    if isinstance(url, Mapping):
        return {name: _moved(one, base) for name, one in url.items()}
    return (_websocket(base) if url.startswith("ws") else base) + urlsplit(url).path


def _websocket(base: str) -> str:
    return base.replace("http", "ws", 1)
