"""A signal handler may cancel the order whose cancel it interrupts. The order still goes once per second."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ccxt.base.errors import OrderNotFound

from ccxt_bingx_ext import bingx
from ccxt_bingx_ext._cancel.run import Pauses
from ccxt_bingx_ext._overrides import BingxMixin
from ccxt_bingx_ext.async_support import bingx as async_bingx
from ccxt_bingx_ext.simulator import Simulator

from .helpers import config_of, place, reported
from .judge import held_handshakes
from .scripted import answer, canceled, config_over, scripted

SPOT = "BTC/USDT"
APART = 0.4  # s, in place of the exchange's second
CANCELED = [("5", "canceled")]

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="Windows has no SIGUSR1")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BingxMixin, "_pauses", Pauses(same_order=APART))


@contextmanager
def handling(cancel: Callable[[], Any]) -> Iterator[list[Any]]:
    """Call `cancel` in the handler of SIGUSR1. The list gets what it returns."""
    results = list[Any]()
    before = signal.signal(signal.SIGUSR1, lambda *_: results.append(cancel()))
    try:
        yield results
    finally:
        signal.signal(signal.SIGUSR1, before)


def interrupt_once() -> Callable[[], float]:
    """A handshake that takes no time, except that a signal comes during the first one."""
    left = [signal.SIGUSR1]

    def seconds() -> float:
        if left:
            signal.raise_signal(left.pop())
        return 0.0

    return seconds


def cancel(exchange: Any) -> Any:
    return reported(exchange.cancel_orders(["5"], SPOT, {"process": 1}))


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("is_limited", [True, False])
@pytest.mark.parametrize("moment", ["connecting", "response"])
def test_handler_cancels_the_same_order(moment: str, is_limited: bool, simulator: Simulator) -> None:
    """The handler neither waits for the cancel that it interrupts, nor sends within a second of it."""
    arrivals = list[float]()

    def script(connection: socket.socket, request: str) -> None:
        arrivals.append(time.monotonic())
        if moment == "response" and len(arrivals) == 1:
            os.kill(os.getpid(), signal.SIGUSR1)
            time.sleep(0.1)
        answer(connection, canceled("5"))

    with scripted(script) as server:
        config = config_over(simulator, server.host, enableRateLimit=is_limited)
        config["options"]["cancelOrders"] = {"limit": 100}
        with handling(lambda: cancel(bingx(config))) as results:
            seconds = interrupt_once() if moment == "connecting" else lambda: 0.0
            with held_handshakes(seconds):
                assert cancel(bingx(config)) == CANCELED
    assert results == [CANCELED]
    first, second = arrivals
    assert APART <= second - first < 10


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("is_limited", [True, False])
def test_handler_beside_an_event_loop(is_limited: bool, simulator: Simulator) -> None:
    """A blocking cancel takes the order over from a task of the loop that it blocks."""
    arrivals = list[float]()

    def script(connection: socket.socket, request: str) -> None:
        arrivals.append(time.monotonic())
        answer(connection, canceled("5"))

    async def main(config: dict[str, Any]) -> None:
        exchange = async_bingx(config)
        try:
            assert reported(await exchange.cancel_orders(["5"], SPOT, {"process": 1})) == CANCELED
        finally:
            await exchange.close(True)

    with scripted(script) as server:
        config = config_over(simulator, server.host, enableRateLimit=is_limited)
        config["options"]["cancelOrders"] = {"limit": 100}
        with handling(lambda: cancel(bingx(config))) as results, held_handshakes(interrupt_once()):
            asyncio.run(main(config))
    assert results == [CANCELED]
    first, second = arrivals
    assert APART <= second - first < 10


def test_handler_cancels_an_edited_order(simulator: Simulator) -> None:
    """An edit that was interrupted before it was written waits, too."""
    (one,) = place(simulator, 1)
    exchange, other = bingx(config_of(simulator)), bingx(config_of(simulator))
    other.set_markets(exchange.load_markets())
    exchange.session.close()  # the edit connects again
    with handling(lambda: other.cancel_order(one, SPOT)["status"]) as results:
        with held_handshakes(interrupt_once()), pytest.raises(OrderNotFound) as caught:
            exchange.edit_order(one, SPOT, "limit", "buy", 1, 1)
        assert results == ["canceled"]
        assert caught.value.unresolved == []
    assert simulator.repeated_submissions == 0
    (cancelled,), (edited,) = simulator.arrivals("trade/cancel"), simulator.arrivals("cancelReplace")
    assert edited - cancelled >= 1
