"""Keeps ccxt's bingx classes on a simulator, for ``ccxt-bingx-ext run --simulator``. It is off otherwise.

It works below ccxt's own classes, and so below ours and below those of the program. Whatever keys, URLs and
proxies the program sets, each request goes to the simulator, with the simulator's keys, or is refused.

The start hook of `run` loads this file by its path, before the program's first line. So this module imports
nothing of the plugin or of ccxt at its top.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

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
    if found is None or int(found["port"] or 80) > LARGEST_PORT:
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

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.urls = urls_at(self._simulator, self)

    def fetch(self, url: str, *args: Any, **named: Any) -> Any:
        self._refuse_elsewhere(url)
        return super().fetch(url, *args, **named)

    def client(self, url: str) -> Any:
        # ccxt also has a client that never connects: by it, several tasks wait for one listen key.
        if urlsplit(url).scheme:
            self._refuse_elsewhere(url)
        return super().client(url)

    def _refuse_elsewhere(self, url: str) -> None:
        if url.startswith((f"{self._simulator}/", f"{_websocket(self._simulator)}/")):
            return
        from ccxt.base.errors import BaseError

        # A plain BaseError: bots repeat a request after a NetworkError, and after an ExchangeError they take
        # the exchange's word for it.
        raise BaseError(
            f"{self.id} nothing was sent to {urlsplit(url).hostname}: under ccxt-bingx-ext run --simulator, "
            f"every request goes to {self._simulator} - remove what sets another URL, or run without "
            "--simulator"
        )


for _name in _IGNORED:
    setattr(Simulated, _name, _Fixed(None))


def _moved(url: Any, base: str) -> Any:
    if isinstance(url, Mapping):
        return {name: _moved(one, base) for name, one in url.items()}
    return (_websocket(base) if url.startswith("ws") else base) + urlsplit(url).path


def _websocket(base: str) -> str:
    return base.replace("http", "ws", 1)
