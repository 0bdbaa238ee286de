"""The websocket: order events for the clients that have a listen key.

The simulator sends GZIP frames and reads text frames. Spot sends events after a subscription, linear sends
them at once. The simulator refuses other subscriptions, because its websocket has no market data.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Final

from aiohttp import WSMsgType, web

from .errors import INVALID_PARAMETER
from .faults import Faults
from .http.responses import encode
from .listen_keys import ListenKeys
from .markets import Market
from .orders import Fill, Order
from .spot.events import DATA_TYPE, execution_report
from .swap.events import order_trade_update

PATHS: Final[dict[str, Market]] = {"/market": "spot", "/swap-market": "linear"}

_EVENTS: Final = {"spot": execution_report, "linear": order_trade_update}
_POLL_SECONDS: Final = 0.01
_LATE_SECONDS: Final = 1.0
_BEIJING: Final = timezone(timedelta(hours=8))


def is_upgrade(http: web.Request) -> bool:
    """Whether a request opens a websocket of the exchange."""
    return http.path in PATHS and http.headers.get("Upgrade", "").lower() == "websocket"


@dataclass(eq=False)
class _Listener:
    """A connected client."""

    market: Market
    uid: str | None
    """The owner of the listen key. None: the client came without a key, and receives no events."""
    listen_key: str | None
    subscribed: bool
    next_ping: float
    outbox: list[tuple[float, object]] = field(default_factory=list)
    """The messages to send, each with the earliest moment for it."""
    unanswered: bool = False
    """Whether the client has not answered the last ping."""


class UserStreams:
    """The connected clients. Any thread may call `publish`. The rest runs in the server's thread."""

    def __init__(
        self,
        keys: ListenKeys,
        faults: Faults,
        now_ms: Callable[[], int],
        settle: Callable[[], None],
        ping_seconds: float,
    ) -> None:
        """``settle`` does what is due by the clock: a timer may have cancelled orders."""
        self._keys = keys
        self._faults = faults
        self._now_ms = now_ms
        self._settle = settle
        self._ping_seconds = ping_seconds
        self._lock = threading.Lock()
        self._listeners: list[_Listener] = []

    @property
    def subscribers(self) -> int:
        """How many clients would receive an event now."""
        with self._lock:
            return sum(one.subscribed for one in self._listeners)

    def publish(self, order: Order, fill: Fill | None) -> None:
        """Send the event about a change of an order to the subscribed clients of its account."""
        with self._lock:
            receivers = [
                one
                for one in self._listeners
                if one.subscribed and (one.uid, one.market) == (order.uid, order.market)
            ]
            if not receivers:
                return
            struck = {one.kind: one for one in self._faults.events(order.order_id, order.client_order_id)}
            if "lost_event" in struck:
                return
            late = struck.get("late_event")
            seconds = 0.0 if late is None else _LATE_SECONDS if late.seconds is None else late.seconds
            event = _EVENTS[order.market](order, fill, self._now_ms())
            copies = 2 if "doubled_event" in struck else 1
            for one in receivers:
                one.outbox += [(time.monotonic() + seconds, event)] * copies

    async def serve(self, http: web.Request) -> web.StreamResponse:
        """Serve a client until it goes, its listen key ends, or it does not answer a ping."""
        key = http.query.get("listenKey")
        uid = self._keys.owner(key) if key is not None else None
        if key is not None and uid is None:
            return web.Response(status=401)
        socket = web.WebSocketResponse(timeout=1.0)
        await socket.prepare(http)
        market = PATHS[http.path]
        next_ping = time.monotonic() + self._ping_seconds
        listener = _Listener(market, uid, key, market == "linear" and uid is not None, next_ping)
        with self._lock:
            self._listeners.append(listener)
        receiving = asyncio.ensure_future(socket.receive())
        try:
            while self._is_open(listener):
                for message in self._due(listener):
                    await _send(socket, message)
                # Not `receive` with a timeout: under coverage, CPython 3.11 lets its CancelledError out.
                await asyncio.wait({receiving}, timeout=_POLL_SECONDS)
                if receiving.done():
                    received = receiving.result()
                    if received.type != WSMsgType.TEXT:
                        break
                    self._read(listener, received.data)
                    receiving = asyncio.ensure_future(socket.receive())
        finally:
            with self._lock:
                self._listeners.remove(listener)
            await socket.close()
            receiving.cancel()
        return socket

    def _is_open(self, listener: _Listener) -> bool:
        """Whether the connection stays open. Does what is due by the clock, and pings the client."""
        if listener.listen_key is not None and self._keys.owner(listener.listen_key) is None:
            return False
        self._settle()
        if time.monotonic() < listener.next_ping:
            return True
        if listener.unanswered:
            return False
        listener.unanswered = True
        listener.next_ping += self._ping_seconds
        self._put(listener, _ping(listener.market))
        return True

    def _due(self, listener: _Listener) -> list[object]:
        """Take the messages that are due out of the outbox."""
        now = time.monotonic()
        with self._lock:
            due = [message for moment, message in listener.outbox if moment <= now]
            listener.outbox = [one for one in listener.outbox if one[0] > now]
        return due

    def _read(self, listener: _Listener, text: str) -> None:
        """React to a pong or a subscription."""
        if text == "Pong":
            listener.unanswered = False
            return
        try:
            message = json.loads(text)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            self._reply(listener, None, f"not a JSON object: {text[:80]}")
        elif "pong" in message:
            listener.unanswered = False
        elif message.get("dataType") == DATA_TYPE and listener.market == "spot" and listener.uid is not None:
            listener.subscribed = message.get("reqType") != "unsub"
            self._reply(listener, message.get("id"))
        else:
            self._reply(listener, message.get("id"), f"not served here: {message.get('dataType')}")

    def _reply(self, listener: _Listener, id: object, refusal: str | None = None) -> None:
        outcome = (INVALID_PARAMETER, refusal) if refusal else (0, "SUCCESS")
        self._put(listener, {"code": outcome[0], "id": id, "msg": outcome[1], "timestamp": self._now_ms()})

    def _put(self, listener: _Listener, message: object) -> None:
        with self._lock:
            listener.outbox.append((0.0, message))


def _ping(market: Market) -> object:
    if market == "linear":
        return "Ping"
    now = datetime.now(_BEIJING)
    return {
        "ping": secrets.token_hex(16),
        "time": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}+0800",
    }


async def _send(socket: web.WebSocketResponse, message: object) -> None:
    await socket.send_bytes(gzip.compress(message.encode() if isinstance(message, str) else encode(message)))
