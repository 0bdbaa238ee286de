"""cancel_all_orders over real HTTP: what it returns and raises, compared with the simulator's order book."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import pytest
from ccxt.base.errors import (
    ArgumentsRequired,
    AuthenticationError,
    BadRequest,
    BadResponse,
    BadSymbol,
    BaseError,
    NetworkError,
    RateLimitExceeded,
)

from ccxt_bingx_ext import bingx, unresolved_as_json
from ccxt_bingx_ext._cancel.outcome import UNKNOWN_OUTCOME
from ccxt_bingx_ext._cancel.run import Pauses
from ccxt_bingx_ext._overrides import BingxMixin
from ccxt_bingx_ext.async_support import bingx as async_bingx
from ccxt_bingx_ext.simulator import Simulator

from .helpers import (
    CCXTS,
    FAULTS,
    OURS,
    SYNC_AND_ASYNC,
    Bot,
    bot_of,
    cancels,
    in_threads,
    pairwise,
    patience,
    place,
    reached,
    refused,
    reported,
    unused_port,
)
from .scripted import config_over

SYMBOLS = {"spot": "BTC/USDT", "linear": "BTC/USDT:USDT", "inverse": "BTC/USD:BTC"}
PATHS = {
    "spot": "POST spot/v1/trade/cancelOpenOrders",
    "linear": "DELETE swap/v2/trade/allOpenOrders",
    "inverse": "DELETE cswap/v1/trade/allOpenOrders",
}
LISTS = {name: f"{api}/trade/openOrders" for name, api in
         (("spot", "spot/v1"), ("linear", "swap/v2"), ("inverse", "cswap/v1"))}  # fmt: skip
CANCELS = {
    "spot": "POST spot/v1/trade/cancelOrders",
    "linear": "DELETE swap/v2/trade/batchOrders",
    "inverse": "DELETE cswap/v1/trade/cancelOrder",
}

each_market = pytest.mark.parametrize(
    ("market", "world"), [("spot", "sync"), ("linear", "async"), ("inverse", "sync")]
)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pauses that these tests do not check. tests/unit/test_cancel_all.py checks them."""
    monkeypatch.setattr(BingxMixin, "_pauses", Pauses(reconcile=0.01, lag=0.1))


def place_old(simulator: Simulator, count: int = 1, **order: Any) -> list[str]:
    """Place orders a minute ago."""
    simulator.clock_offset_ms -= 60_000
    ids = place(simulator, count, **order)
    simulator.clock_offset_ms += 60_000
    return ids


def entries(ids: list[str], market: str) -> list[dict[str, str]]:
    return [{"id": one, "symbol": SYMBOLS[market]} for one in ids]


def names(simulator: Simulator) -> list[str]:
    """The endpoints of the requests, without requests that load the markets."""
    loading = ("symbols", "contracts", "getall")
    paths = [request.path.rpartition("/")[2] for request in simulator.requests]
    return [one for one in paths if one not in loading]


def open_orders(simulator: Simulator) -> list[str]:
    return [str(order.order_id) for order in simulator.orders() if order.is_open]


@each_market
def test_all_cancelled(bot: Bot, simulator: Simulator, market: str) -> None:
    """One request and one list: every order comes back as cancelled, in ccxt's structure."""
    ids = place(simulator, 3, market=market)
    other = place(simulator, 1, market="linear" if market == "spot" else "spot")
    orders = bot.cancel_all_orders(SYMBOLS[market])
    assert reported(orders) == [(one, "canceled") for one in ids]
    assert {(order["symbol"], order["type"], order["price"]) for order in orders} == {
        (SYMBOLS[market], "limit", 1.0)
    }
    assert names(simulator) == [PATHS[market].rpartition("/")[2], "openOrders"]
    assert open_orders(simulator) == other
    assert bot.cancel_all_orders(SYMBOLS[market]) == []


@each_market
def test_same_as_ccxt(world: str, simulator: Simulator, market: str) -> None:
    """The plugin returns what ccxt returns when nothing goes wrong."""
    structures = []
    for kind in (CCXTS, OURS):
        with bot_of(kind[world], simulator.ccxt_config()) as bot:
            place(simulator, 2, market=market)
            structures.append(bot.cancel_all_orders(SYMBOLS[market]))
    for ccxts, ours in zip(*structures, strict=True):
        changing = ("id", "info", "timestamp", "datetime", "lastTradeTimestamp", "lastUpdateTimestamp")
        assert {name: one for name, one in ours.items() if name not in changing} == {
            name: one for name, one in ccxts.items() if name not in changing
        }


_LOST = pairwise(
    ("drop", "hang", "http", "busy", "cut_off", "null_data"), ("before", "after"), SYMBOLS, SYNC_AND_ASYNC
)


@pytest.mark.parametrize(("fault", "when", "market", "world"), _LOST)
def test_lost(simulator: Simulator, fault: str, when: Any, market: str, world: str) -> None:
    """After a lost response one list settles everything, and the plugin cancels no younger order."""
    ids = place_old(simulator, 2, market=market)
    kind: Any = fault.strip()
    simulator.faults.add(kind, when=when, path=PATHS[market], **FAULTS[fault])
    with bot_of(OURS[world], simulator.ccxt_config(timeout=patience(kind))) as bot:
        bot.load_markets()
        orders = bot.cancel_all_orders(SYMBOLS[market])
    # The ids of orders that the lost request cancelled stay unknown. The list shows that no order is open.
    assert reported(orders) == ([(one, "canceled") for one in ids] if when == "before" else [])
    assert open_orders(simulator) == []
    assert len(cancels(simulator, PATHS[market])) == 1
    assert simulator.repeated_submissions == 0


@each_market
def test_executed_late(bot: Bot, simulator: Simulator, market: str) -> None:
    """A request that is executed after its timeout cancels the listed orders: each order comes back."""
    bot.load_markets()
    ids = place_old(simulator, 3, market=market)
    simulator.faults.add("delay", seconds=1.8, path=PATHS[market])
    bot.exchange.timeout = patience("delay")
    assert reported(bot.cancel_all_orders(SYMBOLS[market])) == [(one, "canceled") for one in ids]
    assert open_orders(simulator) == []


@each_market
def test_orders_placed_meanwhile(bot: Bot, simulator: Simulator, market: str) -> None:
    """Orders that another task places while the request is lost are never cancelled by the plugin."""
    bot.load_markets()
    old = place_old(simulator, 2, market=market)
    new: list[str] = []

    def place_new() -> None:
        simulator.clock_offset_ms += 1000
        new.extend(place(simulator, 2, market=market))
        simulator.clock_offset_ms -= 1000

    simulator.faults.add("race", action=place_new, path=LISTS[market])
    simulator.faults.add("drop", path=PATHS[market])
    assert reported(bot.cancel_all_orders(SYMBOLS[market])) == [(one, "canceled") for one in old]
    assert open_orders(simulator) == new


@pytest.mark.parametrize("ahead", [-60_000, -3000, 3000, 60_000])
@pytest.mark.parametrize("measured", [False, True])
def test_clock_off(bot: Bot, simulator: Simulator, ahead: int, measured: bool) -> None:
    """For any clock of this machine, the plugin cancels only orders that are older than the lost request."""
    bot.load_markets()
    simulator.clock_offset_ms = ahead
    if measured:
        bot.load_time_difference()
    (old,) = place_old(simulator)
    new: list[str] = []

    def place_new() -> None:
        simulator.clock_offset_ms += 2000
        new.extend(place(simulator))
        simulator.clock_offset_ms -= 2000

    simulator.faults.add("race", action=place_new, path=LISTS["spot"])
    simulator.faults.add("drop", path=PATHS["spot"])
    assert reported(bot.cancel_all_orders("BTC/USDT")) == [(old, "canceled")]
    assert open_orders(simulator) == new


def test_doubtful_age(bot: Bot, simulator: Simulator) -> None:
    """The plugin reports an order placed just before a lost request, and the bot can pass it back."""
    bot.load_markets()
    ids: list[str] = []

    def place_before_it_is_lost() -> None:
        simulator.clock_offset_ms -= 100
        ids.extend(place(simulator, 2, market="linear"))
        simulator.clock_offset_ms += 100
        raise ConnectionResetError

    simulator.faults.add("race", action=place_before_it_is_lost, path=PATHS["linear"])
    with pytest.raises(NetworkError, match=UNKNOWN_OUTCOME) as caught:
        bot.cancel_all_orders(SYMBOLS["linear"])
    error: Any = caught.value
    assert (error.orders, error.unresolved) == ([], entries(ids, "linear"))
    assert unresolved_as_json(error) == error.unresolved
    assert open_orders(simulator) == ids
    orders = bot.cancel_orders_for_symbols(error.unresolved)
    assert reported(orders) == [(one, "canceled") for one in ids]


@pytest.mark.parametrize("market", ["linear", "inverse"])
def test_failed(bot: Bot, simulator: Simulator, market: str) -> None:
    """The plugin cancels a failed order of the response by its id, a second after the request."""
    ids = place(simulator, 4, market=market)
    simulator.faults.add("refuse", ids=ids[:2], path=PATHS[market])
    orders = dict(reported(bot.cancel_all_orders(SYMBOLS[market])))
    assert orders == dict.fromkeys(ids, "canceled")
    assert open_orders(simulator) == []
    first, later = (cancels(simulator, one[market])[0].arrived for one in (PATHS, CANCELS))
    assert later - first > 1
    assert simulator.repeated_submissions == 0


def test_silently_failed(bot: Bot, simulator: Simulator) -> None:
    """Spot does not say which orders failed: the list shows them."""
    ids = place_old(simulator, 4)
    simulator.faults.add("refuse", ids=ids[:2], path=PATHS["spot"])
    assert dict(reported(bot.cancel_all_orders("BTC/USDT"))) == dict.fromkeys(ids, "canceled")
    assert simulator.repeated_submissions == 0


def test_submitted_within_the_second(simulator: Simulator, world: str) -> None:
    """The exchange skips an order that was just cancelled in vain. The plugin cancels it a second later."""
    with Simulator(limits=None, same_order_in_cancel_all=True) as strict:
        (one,) = place_old(strict, market="linear")
        with bot_of(OURS[world], strict.ccxt_config()) as bot:
            strict.faults.add("refuse", ids=[one], path="DELETE swap/v2/trade/order")
            bot.load_markets()
            with pytest.raises(BaseError):
                bot.cancel_order(one, SYMBOLS["linear"], {"cancelRestrictions": "NEW"})
            assert reported(bot.cancel_all_orders(SYMBOLS["linear"])) == [(one, "canceled")]


@each_market
def test_stop_loss(world: str, market: str, loopback: None) -> None:
    """The plugin reports a stop-loss that the exchange leaves alone, and returns one that it cancels."""
    for triggers in (False, True):
        with Simulator(limits=None, cancel_all_triggers=triggers) as simulator:
            (plain,) = place_old(simulator, market=market)
            kind = "TAKE_STOP_MARKET" if market == "spot" else "STOP_MARKET"
            (stop,) = place_old(simulator, market=market, type=kind)
            with bot_of(OURS[world], simulator.ccxt_config()) as bot:
                if triggers:
                    assert dict(reported(bot.cancel_all_orders(SYMBOLS[market]))) == {
                        plain: "canceled",
                        stop: "canceled",
                    }
                    continue
                with pytest.raises(BadResponse) as caught:
                    bot.cancel_all_orders(SYMBOLS[market])
                assert reported(caught.value.orders) == [(plain, "canceled")]
                assert caught.value.unresolved == entries([stop], market)
                assert open_orders(simulator) == [stop]


@each_market
@pytest.mark.parametrize("count", [2, 8])
def test_lagging_list(bot: Bot, simulator: Simulator, market: str, count: int) -> None:
    """The plugin reports true states even if the list still shows orders that a lost request cancelled."""
    bot.load_markets()
    ids = place_old(simulator, count, market=market)
    simulator.faults.add("drop", when="after", path=PATHS[market])
    simulator.faults.add("stale", seconds=1.0, path=LISTS[market], times=None)
    assert reported(bot.cancel_all_orders(SYMBOLS[market])) == [(one, "canceled") for one in ids]


@each_market
def test_lagging_list_after_response(bot: Bot, simulator: Simulator, market: str) -> None:
    """The plugin does not cancel an order again if the response has it as cancelled but the list lags."""
    ids = place_old(simulator, 2, market=market)
    simulator.faults.add("stale", seconds=30, path=LISTS[market])
    assert reported(bot.cancel_all_orders(SYMBOLS[market])) == [(one, "canceled") for one in ids]
    assert cancels(simulator, CANCELS[market]) == []


@each_market
def test_key_without_read(world: str, simulator: Simulator, market: str, caplog: Any) -> None:
    """A key without Read cancels, with a warning. After a lost response the open orders are unknown."""
    simulator.add_account("narrow-key-narrow-key", "narrow-secret-narrow", simulator.uid, ["spot", "swap"])
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:
        bot.load_markets()
        bot.exchange.apiKey, bot.exchange.secret = "narrow-key-narrow-key", "narrow-secret-narrow"
        ids = place_old(simulator, 2, market=market)
        with caplog.at_level(logging.WARNING):
            assert reported(bot.cancel_all_orders(SYMBOLS[market])) == [(one, "canceled") for one in ids]
        assert "could not read which orders are still open" in caplog.text
        ids = place_old(simulator, 2, market=market)
        simulator.faults.add("drop", path=PATHS[market])
        with pytest.raises(NetworkError, match=UNKNOWN_OUTCOME) as caught:
            bot.cancel_all_orders(SYMBOLS[market])
    assert (caught.value.orders, caught.value.unresolved) == ([], [{"id": None, "symbol": SYMBOLS[market]}])
    assert open_orders(simulator) == ids


def test_secrets(bot: Bot, simulator: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the error nor the warning holds key, secret or signature."""
    bot.load_markets()
    place_old(simulator)
    simulator.faults.add("drop", path=LISTS["spot"], times=None)
    errors = []
    with caplog.at_level(logging.DEBUG, logger="ccxt_bingx_ext"):
        for lost in (False, True):
            if lost:
                simulator.faults.add("http", status=504, path=PATHS["spot"])
            with pytest.raises(BaseError, match="all open orders of BTC/USDT") as caught:
                bot.cancel_all_orders("BTC/USDT")
            errors.append(caught.value)
    queries = [request.query for request in simulator.requests if request.signature_valid]
    signatures = [one.rpartition("signature=")[2] for one in queries]
    assert {len(one) for one in signatures} == {64}
    assert len(signatures) >= 4
    texts = [*reached(errors), caplog.text]
    assert not [text for text in texts if any(one in text for one in (bot.secret, bot.apiKey, *signatures))]


@pytest.mark.parametrize("market", ["spot", "linear"])
def test_no_symbol(bot: Bot, simulator: Simulator, market: str) -> None:
    """Without a symbol the plugin settles the orders of every symbol of the kind, and no others."""
    kind: dict[str, Any] = {} if market == "spot" else {"type": "swap"}
    first = place_old(simulator, 2, market=market)
    second = place_old(simulator, 2, market=market, symbol="ETH-USDT")
    other = place_old(simulator, 1, market="linear" if market == "spot" else "spot")
    simulator.faults.add("refuse", ids=[first[0], second[0]], path=PATHS[market])
    orders = bot.cancel_all_orders(None, kind)
    eth = SYMBOLS[market].replace("BTC", "ETH")
    assert {(order["id"], order["symbol"], order["status"]) for order in orders} == {
        *((one, SYMBOLS[market], "canceled") for one in first),
        *((one, eth, "canceled") for one in second),
    }
    assert open_orders(simulator) == other


def test_no_symbol_of_inverse(bot: Bot, simulator: Simulator) -> None:
    """All inverse orders cannot be cancelled at once (docs): the refusal leaves them unresolved."""
    ids = place_old(simulator, market="inverse")
    with pytest.raises(BadRequest) as caught:
        bot.cancel_all_orders(None, {"type": "swap", "subType": "inverse"})
    assert caught.value.unresolved == [{"id": None, "symbol": None}]
    assert open_orders(simulator) == ids


@pytest.mark.parametrize(
    ("market", "own", "unified"),
    [("spot", "BTC-USDT", "BTC/USDT"), ("linear", "BTC-USDT", "BTC/USDT:USDT")],
)
def test_market_unknown_to_ccxt(bot: Bot, simulator: Simulator, market: str, own: str, unified: str) -> None:
    """The plugin settles orders of a market that is not loaded, under the symbol that ccxt will give it."""
    bot.load_markets()
    known = [one for one in bot.exchange.markets.values() if one["symbol"] != unified]
    bot.exchange.set_markets(known)
    ids = place_old(simulator, 3, market=market)
    simulator.faults.add("refuse", ids=ids[:2], path=PATHS[market])
    orders = bot.cancel_all_orders(None, {"type": "spot" if market == "spot" else "swap"})
    assert {(order["id"], order["symbol"], order["status"]) for order in orders} == {
        (one, unified, "canceled") for one in ids
    }
    assert open_orders(simulator) == []


def test_market_names(simulator: Simulator) -> None:
    """A market that ccxt does not know keeps its kind, and one without a name has no symbol."""
    exchange = bingx(simulator.ccxt_config())
    exchange.load_markets()
    symbols = {
        (name, kind): exchange._market_by_id(name, kind)["symbol"]
        for name in ("NEW-USD", "BTC-USDT", "ODD", "")
        for kind in SYMBOLS
    }
    assert symbols == {
        ("NEW-USD", "spot"): "NEW/USD",
        ("NEW-USD", "linear"): "NEW/USD:USD",
        ("NEW-USD", "inverse"): "NEW/USD:NEW",
        ("BTC-USDT", "spot"): "BTC/USDT",
        ("BTC-USDT", "linear"): "BTC/USDT:USDT",
        ("BTC-USDT", "inverse"): "BTC/USDT:BTC",
        **{("ODD", kind): "ODD" for kind in SYMBOLS},
        **{("", kind): None for kind in SYMBOLS},
    }


def test_other_kind_in_params(bot: Bot, simulator: Simulator) -> None:
    """If the params name another kind than the symbol's, the orders are that kind's, as in ccxt."""
    spot, linear = place_old(simulator), place_old(simulator, 2, market="linear")
    simulator.faults.add("refuse", ids=linear[:1], path=PATHS["linear"])
    orders = bot.cancel_all_orders("BTC/USDT", {"type": "swap"})
    assert {(order["id"], order["symbol"], order["status"]) for order in orders} == {
        (one, "BTC/USDT:USDT", "canceled") for one in linear
    }
    assert open_orders(simulator) == spot


@pytest.mark.parametrize(
    ("symbol", "params", "error"),
    [
        ("", {}, ArgumentsRequired),
        (5, {}, BadSymbol),
        ("FOO/BAR", {}, BadSymbol),
        ("BTC/USDT", {"orderId": "1"}, BadRequest),
        ("BTC/USDT", {"type": "LIMIT"}, BadRequest),
        ("BTC/USDT", "x", BadRequest),
    ],
)
def test_bad_input(bot: Bot, simulator: Simulator, symbol: Any, params: Any, error: Any) -> None:
    """Wrong input sends no cancel."""
    bot.load_markets()
    simulator.clear_log()
    with pytest.raises(error) as caught:
        bot.cancel_all_orders(symbol, params)
    assert (caught.value.orders, caught.value.unresolved) == ([], [{"id": None, "symbol": symbol}])
    assert simulator.requests == []


@pytest.mark.parametrize(
    "options", [{"allLimit": 0}, {"batchSize": 0}, {"limit": "x"}, {"verifyAll": 1}, {"family": "no"}]
)
def test_bad_options(bot: Bot, simulator: Simulator, options: dict[str, Any]) -> None:
    """An unusable option raises before the plugin sends anything, even an option of the cancels by id."""
    bot.load_markets()
    simulator.clear_log()
    bot.options["cancelOrders"].update(options)
    with pytest.raises(BadRequest, match=next(iter(options))) as caught:
        bot.cancel_all_orders("BTC/USDT")
    assert caught.value.unresolved == [{"id": None, "symbol": "BTC/USDT"}]
    assert simulator.requests == []


def test_wrong_key(bot: Bot, simulator: Simulator) -> None:
    """If the exchange refuses the key, the plugin sends once, and every order is unresolved."""
    ids = place_old(simulator)
    bot.load_markets()
    bot.exchange.secret = "wrong-secret"
    with pytest.raises(AuthenticationError) as caught:
        bot.cancel_all_orders("BTC/USDT")
    assert caught.value.unresolved == [{"id": None, "symbol": "BTC/USDT"}]
    assert open_orders(simulator) == ids
    assert len(cancels(simulator, PATHS["spot"])) == 1


def test_without_list(bot: Bot, simulator: Simulator) -> None:
    """verifyAll False omits the list after a complete response, but not after a lost one."""
    bot.options["cancelOrders"]["verifyAll"] = False
    ids = place_old(simulator, 2)
    assert reported(bot.cancel_all_orders("BTC/USDT")) == [(one, "canceled") for one in ids]
    assert names(simulator) == ["cancelOpenOrders"]
    ids = place_old(simulator, 2)
    simulator.faults.add("drop", path=PATHS["spot"])
    assert reported(bot.cancel_all_orders("BTC/USDT")) == [(one, "canceled") for one in ids]


def test_ccxts_own(world: str, simulator: Simulator) -> None:
    """With family False the method is ccxt's: after a lost response the error has no lists."""
    options = {"cancelOrders": {"family": False}}
    with bot_of(OURS[world], simulator.ccxt_config(options=options)) as bot:
        ids = place(simulator, 2)
        assert reported(bot.cancel_all_orders("BTC/USDT")) == [(one, "canceled") for one in ids]
        assert names(simulator) == ["cancelOpenOrders"]
        simulator.faults.add("drop", path=PATHS["spot"])
        with pytest.raises(NetworkError) as caught:
            bot.cancel_all_orders("BTC/USDT")
    assert not hasattr(caught.value, "unresolved")


def test_selected_orders(bot: Bot, simulator: Simulator) -> None:
    """With a parameter that may select orders, no order of the list is cancelled by its id."""
    bot.load_markets()
    ids = place_old(simulator, 2)
    simulator.faults.add("drop", path=PATHS["spot"])
    with pytest.raises(NetworkError) as caught:
        bot.cancel_all_orders("BTC/USDT", {"side": "SELL"})
    assert caught.value.unresolved == entries(ids, "spot")
    assert cancels(simulator, PATHS["spot"])[0].params["side"] == "SELL"
    assert open_orders(simulator) == ids
    bot.cancel_all_orders("BTC/USDT", {"side": "SELL", "recvWindow": 4000})
    assert names(simulator)[-1] == "cancelOpenOrders", "no list shows what the parameter selects"


def test_many_orders(bot: Bot, simulator: Simulator) -> None:
    """Three hundred orders that a lost request has left are cancelled by lists of ids."""
    bot.load_markets()
    ids = place_old(simulator, 300)
    simulator.faults.add("drop", path=PATHS["spot"])
    assert reported(bot.cancel_all_orders("BTC/USDT")) == [(one, "canceled") for one in ids]
    assert len(cancels(simulator, CANCELS["spot"])) == 6


@each_market
def test_filled_meanwhile(bot: Bot, simulator: Simulator, market: str) -> None:
    """The plugin returns an order as filled if it fills after the list."""
    bot.load_markets()
    ids = place_old(simulator, 7, market=market)
    simulator.faults.add("drop", path=PATHS[market])
    simulator.faults.add("race", action="fill", order_id=ids[0], path=CANCELS[market])
    orders = bot.cancel_all_orders(SYMBOLS[market])
    assert reported(orders) == [(ids[0], "closed"), *((one, "canceled") for one in ids[1:])]


# Limits, hosts, threads and tasks


def test_lane(loopback: None) -> None:
    """Six concurrent calls on spot keep to two a second, and the exchange refuses none."""
    limits = {"trade/query": None, "spot/v1/trade/openOrders": None}
    with Simulator(limits=limits, ban_after=None) as simulator:

        async def main() -> None:
            exchange = async_bingx(simulator.ccxt_config(enableRateLimit=True))
            await exchange.load_markets()
            try:
                await asyncio.gather(*(exchange.cancel_all_orders("BTC/USDT") for _ in range(6)))
            finally:
                await exchange.close(True)

        asyncio.run(main())
        assert refused(simulator) == 0
        assert len(simulator.arrivals(PATHS["spot"])) == 6
        assert simulator.worst_window(PATHS["spot"], 1.0) <= 2


def test_not_behind_ccxts_queue(loopback: None) -> None:
    """The request goes out at once, regardless of how many ordinary calls wait in ccxt's queue."""
    with Simulator(limits=None) as simulator:

        async def main() -> None:
            exchange = async_bingx(simulator.ccxt_config(enableRateLimit=True))
            await exchange.load_markets()
            try:
                waiting = [asyncio.ensure_future(exchange.fetch_balance()) for _ in range(100)]
                await asyncio.sleep(0)
                await exchange.cancel_all_orders("BTC/USDT", {"side": "ANY"})
                assert sum(one.done() for one in waiting) < 50
                for one in waiting:
                    one.cancel()
                await asyncio.gather(*waiting, return_exceptions=True)
            finally:
                await exchange.close(True)

        asyncio.run(main())


def test_threads(simulator: Simulator) -> None:
    """Threads that cancel all orders at once report each order at most once, and leave none open."""
    exchange = bingx(simulator.ccxt_config(enableRateLimit=False))
    exchange.load_markets()
    ids = place_old(simulator, 20)
    results: list[Any] = []
    in_threads([lambda: results.append(exchange.cancel_all_orders("BTC/USDT"))] * 4)
    told = [one for orders in results for one in reported(orders)]
    assert {one for one, _ in told} == {*ids}
    assert {status for _, status in told} == {"canceled"}
    assert open_orders(simulator) == []


def test_banned(bot: Bot, simulator: Simulator) -> None:
    """A ban on the request leaves every order unresolved. The error names its end."""
    bot.exchange.enableRateLimit = True
    ids = place_old(simulator)
    simulator.ban(60, path=PATHS["spot"])
    with pytest.raises(RateLimitExceeded) as caught:
        bot.cancel_all_orders("BTC/USDT")
    error: Any = caught.value
    assert error.banned
    assert 0 < error.retry_after <= 60
    assert (error.orders, error.unresolved) == ([], [{"id": None, "symbol": "BTC/USDT"}])
    with pytest.raises(RateLimitExceeded, match="not sent"):
        bot.cancel_all_orders("BTC/USDT")
    assert open_orders(simulator) == ids
    assert len(cancels(simulator, PATHS["spot"])) == 1


def test_fallback_host(world: str, simulator: Simulator) -> None:
    """If the first host cannot be reached, request, list and cancels by id go to the next one."""
    config = config_over(simulator, f"127.0.0.1:{unused_port()}", f"127.0.0.1:{simulator.port}")
    ids = place_old(simulator, 3)
    simulator.faults.add("refuse", ids=ids[:1], path=PATHS["spot"])
    with bot_of(OURS[world], simulator.ccxt_config()) as other, bot_of(OURS[world], config) as bot:
        other.load_markets()
        bot.exchange.set_markets([*other.exchange.markets.values()])
        assert dict(reported(bot.cancel_all_orders("BTC/USDT"))) == dict.fromkeys(ids, "canceled")
    assert len(cancels(simulator, PATHS["spot"])) == 1


def test_cancelled_task(simulator: Simulator) -> None:
    """A task that is cancelled while it waits for the response ends at once, and sends nothing more."""

    async def main() -> None:
        exchange = async_bingx(simulator.ccxt_config(timeout=30_000, enableRateLimit=False))
        try:
            await exchange.load_markets()
            simulator.clear_log()
            simulator.faults.add("hang", path=PATHS["spot"])
            task = asyncio.ensure_future(exchange.cancel_all_orders("BTC/USDT"))
            while not simulator.requests:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert names(simulator) == ["cancelOpenOrders"]
            ids = place(simulator)
            assert reported(await exchange.cancel_all_orders("BTC/USDT")) == [(ids[0], "canceled")]
        finally:
            await exchange.close(True)

    asyncio.run(main())


def test_interrupted(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C leaves as KeyboardInterrupt, and the next call works."""
    exchange = bingx(simulator.ccxt_config(enableRateLimit=False))
    exchange.load_markets()
    ids = place(simulator)
    with monkeypatch.context() as patch:
        patch.setattr(exchange.session, "request", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            exchange.cancel_all_orders("BTC/USDT")
    assert open_orders(simulator) == ids
    assert reported(exchange.cancel_all_orders("BTC/USDT")) == [(ids[0], "canceled")]


def _interrupt(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_cancel_order_afterwards(bot: Bot, simulator: Simulator) -> None:
    """A cancel by id of an order that was just cancelled waits for the order's second."""
    bot.load_markets()
    (one,) = place(simulator)
    bot.cancel_all_orders("BTC/USDT")
    began = time.monotonic()
    (order,) = bot.cancel_orders([one], "BTC/USDT", {"process": 1})
    assert order["status"] == "canceled"
    assert time.monotonic() - began > 0.9
