"""cancel_all_orders_after (ccxt's own, but never sent twice), and the heartbeat of docs/operations.md."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ccxt.base.errors import BadResponse, BaseError, OperationFailed
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from ccxt_bingx_ext.simulator import Simulator

from .helpers import OURS, Bot, bot_of, cancels, place
from .scripted import answer, scripted

PATHS = {"spot": "spot/v1/trade/cancelAllAfter", "swap": "swap/v2/trade/cancelAllAfter"}
OPERATIONS = Path(__file__).parents[1] / "docs" / "operations.md"

each_kind = pytest.mark.parametrize("kind", PATHS)


@each_kind
def test_timer(bot: Bot, simulator: Simulator, kind: str) -> None:
    """cancel_all_orders_after starts the timer, and stops it."""
    for timeout, status in ((10_000, "ACTIVATED"), (0, "CLOSED")):
        response = bot.cancel_all_orders_after(timeout, {"type": kind})
        assert response["data"]["status"] == status


@each_kind
@pytest.mark.parametrize("family", [True, False])
def test_no_retry_by_ccxt(bot: Bot, simulator: Simulator, kind: str, family: bool) -> None:
    """A lost response is an error for every value of maxRetriesOnFailure."""
    bot.options["maxRetriesOnFailure"] = 3
    bot.options["cancelOrders"]["family"] = family
    bot.load_markets()
    simulator.faults.add("http", status=502, when="after", path=PATHS[kind], times=None)
    with pytest.raises(BaseError, match="502"):
        bot.cancel_all_orders_after(10_000, {"type": kind, "maxRetriesOnFailure": 2})
    assert len(cancels(simulator, PATHS[kind])) == 1


@each_kind
@pytest.mark.parametrize("fault", ["garbage", "cut_off", "null_data"])
def test_undocumented_response(bot: Bot, simulator: Simulator, kind: str, fault: Any) -> None:
    """A response that does not name the timer is an error: the bot must not believe that its timer runs."""
    simulator.faults.add(fault, path=PATHS[kind])
    with pytest.raises(BadResponse, match="the timer may or may not run"):
        bot.cancel_all_orders_after(10_000, {"type": kind})


@each_kind
def test_retry_of_the_bot(simulator: Simulator, kind: str) -> None:
    """urllib3's Retry does not send it again, even if the bot mounts it for every method."""
    with bot_of(OURS["sync"], simulator.ccxt_config()) as bot:
        retry = Retry(3, allowed_methods=None, status_forcelist=[504])
        bot.exchange.session.mount("http://", HTTPAdapter(max_retries=retry))
        bot.load_markets()
        simulator.faults.add("drop", when="after", path=PATHS[kind], times=None)
        with pytest.raises(OperationFailed):
            bot.cancel_all_orders_after(10_000, {"type": kind})
    assert len(cancels(simulator, PATHS[kind])) == 1


@each_kind
def test_no_redirect(world: str, simulator: Simulator, kind: str) -> None:
    """The plugin does not follow a redirect, which would send key and signature to another address."""
    with scripted(lambda connection, request: answer(connection)) as elsewhere:

        def redirect(connection: Any, request: str) -> None:
            answer(connection, status="307 Temporary Redirect", Location=f"http://{elsewhere.host}/")

        with scripted(redirect) as server, bot_of(OURS[world], simulator.ccxt_config()) as bot:
            bot.load_markets()
            bot.exchange.urls = {"api": dict.fromkeys(bot.urls["api"], f"http://{server.host}/openApi")}
            with pytest.raises(OperationFailed):
                bot.cancel_all_orders_after(10_000, {"type": kind})
        assert elsewhere.requests == []


@pytest.fixture
def keep_alive(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """The heartbeat of docs/operations.md, which does not sleep."""
    (snippet,) = re.findall(r"```python\n(.*?def keep_alive.*?)```", OPERATIONS.read_text(), re.DOTALL)
    snippet = snippet.rpartition("```python\n")[2]
    held: dict[str, Any] = {}
    exec(snippet, held)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    return held["keep_alive"]  # type: ignore[no-any-return]


def rounds(count: int) -> Callable[[], bool]:
    left = iter([True] * count)
    return lambda: next(left, False)


def test_heartbeat(simulator: Simulator, keep_alive: Callable[..., Any]) -> None:
    """The heartbeat renews the timer each round, also after a lost response, and ends it at last."""
    with bot_of(OURS["sync"], simulator.ccxt_config()) as bot:
        bot.load_markets()
        simulator.faults.add("drop", path=PATHS["spot"], skip=1)
        assert keep_alive(bot.exchange, rounds(3)) is None
    sent = [request.params["type"] for request in cancels(simulator, PATHS["spot"])]
    assert sent == ["ACTIVATE"] * 3 + ["CLOSE"]


@pytest.mark.parametrize("lost", [False, True])
def test_heartbeat_that_cannot_end(simulator: Simulator, keep_alive: Callable[..., Any], lost: bool) -> None:
    """If the timer may be running, the heartbeat returns when it runs out at the latest: in s."""
    (live,) = place(simulator)
    with bot_of(OURS["sync"], simulator.ccxt_config()) as bot:
        bot.load_markets()
        simulator.faults.add("drop", path=PATHS["spot"], skip=1)
        if lost:  # the response to a renewal that the exchange has executed
            simulator.faults.add("drop", when="after", path=PATHS["spot"])
        triggers_at = keep_alive(bot.exchange, rounds(1))
        assert 0 < triggers_at - simulator.now_ms() / 1000 <= 31
        simulator.clock_offset_ms += 60_000
        bot.load_time_difference()
        assert bot.fetch_open_orders("BTC/USDT") == []
    assert simulator.status(live) == "CANCELED"
