"""A client written from the exchange's documentation alone. It sends each of the three forms of request."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote

import ccxt
import pytest
import requests

from ccxt_bingx_ext.simulator import Simulator

TRADE = "/openApi/spot/v1/trade/"


class Raw:
    """Requests to one simulator, signed independently of the simulator's own code."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.session = requests.Session()
        self.session.trust_env = False

    def signature(self, params: dict[str, Any], secret: str) -> str:
        def text(value: Any) -> str:
            return value if isinstance(value, str) else json.dumps(value)

        line = "&".join(f"{key}={text(params[key])}" for key in sorted(params))
        return hmac.new(secret.encode(), line.encode(), hashlib.sha256).hexdigest()

    def send(
        self,
        method: str,
        path: str,
        params: dict[str, Any],
        *,
        form: str = "json",
        key: str | None = None,
        secret: str | None = None,
        timeout: float = 60,
    ) -> requests.Response:
        """Send `params`. Add ``timestamp`` and ``signature`` if they are missing; omit what is None."""
        params = self.signed(params, secret)
        headers = {"X-BX-APIKEY": key or self.sim.api_key}
        url = self.sim.url + (path if path.startswith("/") else TRADE + path)
        encoded = "&".join(f"{name}={quote(str(value))}" for name, value in params.items())
        body = None
        if form == "json":
            headers["Content-Type"] = "application/json"
            body = json.dumps(params)
        elif form == "form":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = encoded
        else:
            url += "?" + encoded
        return self.session.request(method, url, data=body, headers=headers, timeout=timeout)

    def signed(self, params: dict[str, Any], secret: str | None = None) -> dict[str, Any]:
        unsigned = "signature" not in params
        params = {"timestamp": self.sim.now_ms(), **params}
        params = {name: value for name, value in params.items() if value is not None}
        if unsigned:
            params["signature"] = self.signature(params, secret or self.sim.secret)
        return params

    def begin(self, name: str, /, **params: Any) -> HTTPConnection:
        """Send a request, and return the connection on which its response would come."""
        connection = HTTPConnection("127.0.0.1", self.sim.port, timeout=60)
        headers = {"X-BX-APIKEY": self.sim.api_key, "Content-Type": "application/json"}
        connection.request("POST", TRADE + name, json.dumps(self.signed(params)), headers)
        return connection

    def post(self, name: str, /, **params: Any) -> dict[str, Any]:
        response: dict[str, Any] = self.send("POST", name, params).json()
        return response

    def get(self, name: str, /, **params: Any) -> dict[str, Any]:
        response: dict[str, Any] = self.send("GET", name, params, form="query").json()
        return response

    def cancel(self, *orders: Any, symbol: str = "BTC-USDT", **more: Any) -> dict[str, Any]:
        """Send cancelOrders for these orders (or order ids)."""
        ids = ",".join(str(getattr(order, "order_id", order)) for order in orders)
        return self.post("cancelOrders", symbol=symbol, **({"orderIds": ids} if ids else {}), **more)


class Clock:
    """The time of every simulator. It stands still until the test skips some of it.

    So nothing expires too early because the machine is slow, and no test waits until something has expired.
    """

    def __init__(self) -> None:
        self._skipped_ms = 0
        self._began, self._began_ns = time.monotonic(), time.time_ns()

    def skip(self, seconds: float) -> None:
        self._skipped_ms += round(seconds * 1000)

    def monotonic(self) -> float:
        return self._began + self._skipped_ms / 1000

    perf_counter = monotonic

    def time_ns(self) -> int:
        return self._began_ns + self._skipped_ms * 1_000_000

    def time(self) -> float:
        return self.time_ns() / 1e9


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that the test moves. The simulators of the test know no other time."""
    clock = Clock()
    for module in ("exchange", "faults", "http.server", "simulator", "user_stream"):
        monkeypatch.setattr(f"ccxt_bingx_ext.simulator.{module}.time", clock)
    return clock


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A simulator without limits and the once-per-second rule, for tests that are about neither."""
    with Simulator(limits=None, same_order_seconds=None) as simulator:
        yield simulator


@pytest.fixture
def exchange(sim: Simulator) -> Iterator[Any]:
    """ccxt's own class, on the simulator."""
    client = ccxt.bingx(sim.ccxt_config(enableRateLimit=False))
    yield client
    client.session.close()


@pytest.fixture
def raw(sim: Simulator) -> Iterator[Raw]:
    client = Raw(sim)
    with client.session:
        yield client


@pytest.fixture
def raw_client() -> Iterator[Any]:
    """Make a client for a simulator that the test itself creates."""
    made: list[Raw] = []

    def make(simulator: Simulator) -> Raw:
        made.append(Raw(simulator))
        return made[-1]

    yield make
    for client in made:
        client.session.close()
