"""Which ccxt is at work, whether the plugin supports it, and what differs between the releases."""

from __future__ import annotations

import asyncio
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import ccxt
import pytest
from ccxt.base.errors import BaseError, NotSupported

from ccxt_bingx_ext import async_support
from ccxt_bingx_ext._bingx.endpoints import ENDPOINTS, LINEAR
from ccxt_bingx_ext._bingx.errors import Scope
from ccxt_bingx_ext._ccxt_releases import LOWEST, release, takes_clean_instance_data, too_old
from ccxt_bingx_ext._ratelimit.messages import Resume
from ccxt_bingx_ext.simulator import Simulator
from tools.lock import lowest_ccxt

from .helpers import CCXTS, OURS, bot_of

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def test_lowest_is_the_bound() -> None:
    """The lowest ccxt that the plugin accepts in silence is the lowest that pip installs with it."""
    assert lowest_ccxt(PYPROJECT.read_text(encoding="utf-8")) == LOWEST


@pytest.mark.parametrize("version", [LOWEST, "4.5.44", "4.5.100", "4.6.0", "4.5.28b3"])
def test_supported(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin does not warn of a ccxt from the lowest on; it compares numbers, not texts."""
    monkeypatch.setattr(ccxt, "__version__", version)
    assert too_old() is None
    assert release() == f"ccxt {version}"


@pytest.mark.parametrize("version", ["4.5.27", "4.5.9", "4.5", "3.100.100", "0.0.15", "unknown"])
def test_too_old(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin names a ccxt below the lowest, or one whose version it cannot read, and says what to do."""
    monkeypatch.setattr(ccxt, "__version__", version)
    warning = too_old()
    assert warning is not None
    assert warning.startswith(f"ccxt {version} is older than {LOWEST}")
    assert warning.endswith(f"pip install 'ccxt>={LOWEST},<5'")


@pytest.mark.parametrize(("module", "fork"), [("0.0.15", "0.0.15"), ("4.5.27", "0.0.15"), ("0.0.15", None)])
def test_fork(module: str, fork: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fork has numbers of its own. It is at work if the module has its version, not if it is installed."""

    def installed(name: str) -> str:
        if name != "octobot-ccxt" or fork is None:
            raise metadata.PackageNotFoundError(name)
        return fork

    monkeypatch.setattr(metadata, "version", installed)
    monkeypatch.setattr(ccxt, "__version__", module)
    is_at_work = module == fork
    assert release() == f"{'octobot-ccxt' if is_at_work else 'ccxt'} {module}"
    assert (too_old() is None) is is_at_work


async def _older_close(exchange: Any) -> str:
    return "closed without arguments"


async def _newer_close(exchange: Any, clean_instance_data: bool = False) -> str:
    return f"closed with {clean_instance_data}"


@pytest.mark.parametrize(
    ("upstreams", "result"), [(_older_close, "closed without arguments"), (_newer_close, "closed with True")]
)
def test_close(upstreams: Any, result: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot's close(True) reaches the close of each ccxt with the arguments that it takes."""
    takes = takes_clean_instance_data(upstreams)
    monkeypatch.setattr(async_support, "_CLOSE_TAKES_ARGUMENT", takes)
    monkeypatch.setattr(CCXTS["async"], "close", upstreams)
    assert asyncio.run(async_support.bingx().close(True)) == result


def test_close_closes_the_session(loopback: None) -> None:
    """close(True) closes the session on this ccxt."""

    async def closed() -> bool:
        exchange = async_support.bingx({"timeout_on_exit": 0})
        exchange.open()
        session = exchange.session
        await exchange.close(True)
        return bool(session.closed)

    assert asyncio.run(closed())


def test_stamp(simulator: Simulator) -> None:
    """A cancel leaves ccxt's time stamp as it is on every release, and the bot's own write counts."""
    exchange = OURS["sync"](simulator.ccxt_config(enableRateLimit=True))
    exchange.load_markets()
    stamped = exchange.lastRestRequestTimestamp
    assert stamped > 0
    time.sleep(0.002)  # the stamp is in ms
    exchange.cancel_orders([str(simulator.place().order_id)], "BTC/USDT")
    assert exchange.lastRestRequestTimestamp == stamped
    exchange.lastRestRequestTimestamp = 1
    assert exchange.lastRestRequestTimestamp == 1


@pytest.mark.parametrize("is_fork", [False, True])
def test_nonce(world: str, monkeypatch: pytest.MonkeyPatch, is_fork: bool) -> None:
    """The measured time difference counts once, also on octobot-ccxt, which subtracts it, too."""

    def nonce_of_the_fork(exchange: Any) -> int:
        return int(exchange.milliseconds() - exchange.options.get("timeDifference", 0))

    if is_fork:
        monkeypatch.setattr(CCXTS[world], "nonce", nonce_of_the_fork)
    exchange = OURS[world]({"options": {"timeDifference": 60_000}})
    assert abs(exchange.milliseconds() - 60_000 - exchange.nonce()) < 5_000


# The sandbox of ccxt until 4.5.40 has no URL but that of linear swaps.


@pytest.mark.parametrize("enable_rate_limit", [False, True])
def test_no_url(world: str, simulator: Simulator, enable_rate_limit: bool) -> None:
    """Without a URL for spot, its cancels raise ccxt's NotSupported, and leave every id unresolved."""
    config = simulator.ccxt_config(enableRateLimit=enable_rate_limit)
    with bot_of(OURS[world], config) as bot:
        bot.load_markets()
        _keep_linear_urls(bot)
        for method, ids in (("cancel_orders", ["1"]), ("cancel_order", "1")):
            with pytest.raises(NotSupported, match="has no URL for POST spot/v1/trade/") as caught:
                getattr(bot, method)(ids, "BTC/USDT")
            error: Any = caught.value
            assert error.unresolved == ["1"]


def test_ban_without_a_url(world: str, simulator: Simulator) -> None:
    """A page of the firewall stops the cancels of the markets that have a URL, and raises what it is."""
    with bot_of(OURS[world], simulator.ccxt_config(enableRateLimit=True)) as bot:
        bot.load_markets()
        _keep_linear_urls(bot)
        simulator.faults.add("http", status=403, path="DELETE swap/v2/trade/batchOrders")
        with pytest.raises(BaseError, match="403"):
            bot.cancel_orders(["1"], "BTC/USDT:USDT")
        limiters = bot.exchange._limiters(LINEAR, Scope.ACCOUNT)
        assert len(limiters) == sum(one.api == "swap" for one in ENDPOINTS.values())
        assert all(one.banned_for > 0 for one in limiters)
        for one in bot.exchange._limiters(LINEAR, Scope.HOST):
            one.do(Resume())  # other tests ask whether the process holds any


def _keep_linear_urls(bot: Any) -> None:
    bot.exchange.urls = {"api": {"swap": bot.urls["api"]["swap"]}}


@pytest.mark.usefixtures("without_pauses")
@pytest.mark.parametrize("named", [{}, {"clientOrderId": "new_1"}])
def test_edit_by_client_order_id(world: str, simulator: Simulator, named: dict[str, str]) -> None:
    """The argument names the old order, whatever clientOrderId is in params; ccxt 4.5.28 took that one."""
    old = simulator.place(client_order_id="old_1")
    other = simulator.place(client_order_id="new_1")
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:
        bot.edit_order_with_client_order_id("old_1", "BTC/USDT", "limit", "buy", 1, 40000, named)
    assert [simulator.status(one.order_id) for one in (old, other)] == ["CANCELED", "PENDING"]
