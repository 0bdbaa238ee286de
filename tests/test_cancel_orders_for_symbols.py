"""cancel_orders_for_symbols over real HTTP: what the plugin reports, compared with the order book."""

from __future__ import annotations

import asyncio
import re
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from ccxt.base.errors import (
    ArgumentsRequired,
    BadRequest,
    BadSymbol,
    NetworkError,
    OrderNotFound,
    PermissionDenied,
    RequestTimeout,
)

from ccxt_bingx_ext import ClientOrderId
from ccxt_bingx_ext.async_support import bingx as async_bingx
from ccxt_bingx_ext.simulator import Simulator

from .helpers import OURS, Bot, bot_of, place

SPOT, LINEAR, INVERSE = "BTC/USDT", "BTC/USDT:USDT", "BTC/USD:BTC"
SPOT_PATH, LINEAR_PATH = "POST spot/v1/trade/cancelOrders", "DELETE swap/v2/trade/batchOrders"


pytestmark = pytest.mark.usefixtures("without_pauses")


def place_one(simulator: Simulator, market: Any = "spot", **order: Any) -> str:
    (order_id,) = place(simulator, 1, market=market, **order)
    return order_id


def entry(order_id: Any, symbol: str = SPOT) -> dict[str, Any]:
    return {"id": order_id, "symbol": symbol}


def reported_by_symbol(orders: list[dict[str, Any]]) -> list[tuple[str | None, str, str | None]]:
    return [(order["id"], order["symbol"], order["status"]) for order in orders]


def test_all_markets_in_one_call(bot: Bot, simulator: Simulator) -> None:
    """One call cancels orders of every kind of market and returns them in asking order."""
    spot, other = place_one(simulator), place_one(simulator, symbol="GM-USDT")
    linear, filled = place(simulator, 2, market="linear")
    inverse = place_one(simulator, "inverse")
    simulator.fill(filled)
    place_one(simulator, client_order_id="mine")
    orders = bot.cancel_orders_for_symbols(
        [
            entry(linear, LINEAR),
            entry(spot),
            {"clientOrderId": "mine", "symbol": SPOT},
            entry(inverse, INVERSE),
            entry(filled, LINEAR),
            entry(other, "GM/USDT"),
            entry("77"),
        ],
        {"process": 1},
    )
    assert [(order["symbol"], order["status"]) for order in orders] == [
        (LINEAR, "canceled"),
        (SPOT, "canceled"),
        (SPOT, "canceled"),
        (INVERSE, "canceled"),
        (LINEAR, "closed"),
        ("GM/USDT", "canceled"),
        (SPOT, None),
    ]
    assert [order["id"] for order in orders[:2]] == [linear, spot]
    assert orders[2]["clientOrderId"] == "mine"
    assert not any(order.is_open for order in simulator.orders())


def test_order_structures_as_input(bot: Bot, simulator: Simulator) -> None:
    """The plugin takes order structures as input and sends their order ids only."""
    place_one(simulator, client_order_id="a_1")
    place_one(simulator, symbol="ETH-USDT")
    listed = bot.fetch_open_orders(SPOT) + bot.fetch_open_orders("ETH/USDT")
    simulator.clear_log()
    assert {order["status"] for order in bot.cancel_orders_for_symbols(listed)} == {"canceled"}
    assert [one.params.get("clientOrderIDs") for one in simulator.requests] == [None, None]


def test_repeated_entry(bot: Bot, simulator: Simulator) -> None:
    """A repeated entry appears once, and the same id under another symbol is another entry."""
    one = place_one(simulator)
    orders = bot.cancel_orders_for_symbols(
        [entry(one), entry(int(one)), entry(one, "GM/USDT"), entry(one)], {"process": 1}
    )
    assert reported_by_symbol(orders) == [(one, SPOT, "canceled"), (one, "GM/USDT", None)]


def test_empty_list(bot: Bot, simulator: Simulator) -> None:
    """For an empty list the plugin returns an empty list and sends nothing."""
    assert bot.cancel_orders_for_symbols([]) == []
    assert bot.cancelOrdersForSymbols(iter([])) == []  # ccxt's other spelling
    assert simulator.requests == []


@pytest.mark.parametrize(
    ("orders", "params", "error", "match"),
    [
        (None, {}, BadRequest, "orders is not a list"),
        ({"id": "1", "symbol": SPOT}, {}, BadRequest, "orders is not a list"),
        ("1", {}, BadRequest, "orders is not a list"),
        ([entry("1"), "2"], {}, BadRequest, r"orders\[1\] is not a dict: '2'"),
        ([entry("1"), {"id": "2"}], {}, ArgumentsRequired, r"orders\[1\] requires a symbol"),
        ([entry("1"), entry("2", 5)], {}, BadSymbol, r"orders\[1\] symbol is not a string: 5"),  # type: ignore[arg-type]
        ([{"symbol": SPOT}], {}, ArgumentsRequired, r"orders\[0\] has neither an id nor a clientOrderId"),
        ([entry("")], {}, ArgumentsRequired, r"orders\[0\] has neither"),
        ([entry("1"), entry("x")], {}, BadRequest, r"orders\[1\]\['id'\] is not an order id .*: 'x'"),
        (
            [{"clientOrderId": "a,b", "symbol": SPOT}],
            {},
            BadRequest,
            r"orders\[0\]\['clientOrderId'\] is not a client order id",
        ),
        ([entry("1")], {"clientOrderIds": ["a"]}, BadRequest, "has ids without a symbol"),
        ([entry("1")], {"process": 2}, BadRequest, "process is not 0 or 1"),
        ([entry("1")], [], BadRequest, "params is not a dict"),
        ([entry("1"), entry("2", "NOPE/USDT:USDT")], {}, BadSymbol, "NOPE"),
        ([entry("1"), entry("2", LINEAR)], {"process": 0}, BadRequest, "all or nothing"),
    ],
)
def test_bad_input(
    bot: Bot, simulator: Simulator, orders: Any, params: Any, error: type[Exception], match: str
) -> None:
    """The error names a bad value and its position, and the plugin sends no cancel."""
    with pytest.raises(error, match=match) as caught:
        bot.cancel_orders_for_symbols(orders, params)
    assert str(caught.value).startswith("bingx cancelOrdersForSymbols() ")
    assert caught.value.orders == []  # type: ignore[attr-defined]
    given = orders if isinstance(orders, list) else [] if orders is None else [orders]
    in_params = [{"clientOrderId": one} for one in dict(params).get("clientOrderIds", [])]
    assert caught.value.unresolved == [*given, *in_params]  # type: ignore[attr-defined]
    assert not any("cancel" in one.path or "batchOrders" in one.path for one in simulator.requests)


def test_arguments_unchanged(bot: Bot, simulator: Simulator) -> None:
    """The plugin does not change the caller's orders and params."""
    orders, params = [entry(place_one(simulator)), entry("77", LINEAR)], {"process": "1"}
    bot.cancel_orders_for_symbols(orders, params)
    assert orders[1] == {"id": "77", "symbol": LINEAR}
    assert params == {"process": "1"}


def test_failure_on_one_symbol(bot: Bot, simulator: Simulator) -> None:
    """A failure on one symbol does not stop the others, and the bot can send its entries again."""
    spot, other = place_one(simulator), place_one(simulator, symbol="GM-USDT")
    linear = place_one(simulator, "linear")
    place_one(simulator, "linear", client_order_id="Mine")
    simulator.faults.add("canned", body=b'{"code":100004,"msg":"no permission"}', path=LINEAR_PATH)
    asked = [
        entry(linear, LINEAR), entry(spot),
        {"clientOrderId": "Mine", "symbol": LINEAR}, entry(other, "GM/USDT"),
    ]  # fmt: skip
    with pytest.raises(PermissionDenied, match="BTC/USDT:USDT") as caught:
        bot.cancel_orders_for_symbols(asked, {"process": 1})
    assert reported_by_symbol(caught.value.orders) == [
        (spot, SPOT, "canceled"),
        (other, "GM/USDT", "canceled"),
    ]
    assert caught.value.unresolved == [entry(linear, LINEAR), {"clientOrderId": "Mine", "symbol": LINEAR}]
    orders = bot.cancel_orders_for_symbols(caught.value.unresolved)
    assert [order["status"] for order in orders] == ["canceled", "canceled"]


def test_client_order_id_as_id(bot: Bot, simulator: Simulator) -> None:
    """An id of type ClientOrderId counts as a client order id."""
    place_one(simulator, client_order_id="a_1")
    (order,) = bot.cancel_orders_for_symbols([entry(ClientOrderId("a_1"))])
    assert (order["clientOrderId"], order["status"]) == ("a_1", "canceled")


def test_most_severe_error(bot: Bot, simulator: Simulator) -> None:
    """If several symbols fail, the plugin raises an unknown outcome rather than a refusal."""
    bot.options["cancelOrders"]["resolveAttempts"] = 0
    simulator.faults.add("http", status=504, when="after", path=LINEAR_PATH)
    linear = place_one(simulator, "linear")
    with pytest.raises(RequestTimeout, match=r"also failed: BTC/USDT \(OrderNotFound\)") as caught:
        bot.cancel_orders_for_symbols([entry("77"), entry(linear, LINEAR)])
    assert reported_by_symbol(caught.value.orders) == [("77", SPOT, None)]
    assert caught.value.unresolved == [entry(linear, LINEAR)]


def test_order_not_found(bot: Bot, simulator: Simulator) -> None:
    """The plugin raises OrderNotFound only if every order of every symbol is known to be gone."""
    live, other = place_one(simulator), place_one(simulator, symbol="GM-USDT")
    with pytest.raises(BadRequest, match=r"BTC/USDT: .*nothing was cancelled") as caught:
        bot.cancel_orders_for_symbols([entry(live), entry("77"), entry(other, "GM/USDT")])
    assert reported_by_symbol(caught.value.orders) == [(other, "GM/USDT", "canceled")]
    assert caught.value.unresolved == [entry(live), entry("77")]
    assert simulator.status(live) == "PENDING"
    with pytest.raises(OrderNotFound) as all_refused:
        bot.cancel_orders_for_symbols([entry("77"), entry("78", "GM/USDT")])
    assert reported_by_symbol(all_refused.value.orders) == [("77", SPOT, None), ("78", "GM/USDT", None)]
    assert all_refused.value.unresolved == []


def test_markets_unavailable(bot: Bot, simulator: Simulator) -> None:
    """When ccxt cannot load the markets that a swap symbol needs, every entry is unresolved."""
    simulator.faults.add("http", status=503, path="swap/v2/quote/contracts", times=None)
    with pytest.raises(NetworkError) as caught:
        bot.cancel_orders_for_symbols([entry("1", LINEAR), entry("2")])
    assert (caught.value.orders, caught.value.unresolved) == ([], [entry("1", LINEAR), entry("2")])
    with pytest.raises(NetworkError) as one_symbol:
        bot.cancel_orders(["1"], LINEAR, {"clientOrderIds": ["a"]})
    assert (one_symbol.value.orders, one_symbol.value.unresolved) == ([], ["1", "a"])


def test_spot_needs_no_markets(bot: Bot, simulator: Simulator) -> None:
    """A fresh instance sends one request per spot symbol and loads no markets."""
    orders = [entry(place_one(simulator)), entry(place_one(simulator, symbol="GM-USDT"), "GM/USDT")]
    assert [order["status"] for order in bot.cancel_orders_for_symbols(orders)] == ["canceled"] * 2
    assert len(simulator.requests) == 2


def test_cold_cancel_without_markets(bot: Bot, simulator: Simulator) -> None:
    """A fresh instance reports what it cancelled although it cannot load markets for a refused symbol."""
    live = place_one(simulator)
    simulator.faults.add("http", status=503, path="common/symbols", times=None)
    with pytest.raises(BadRequest) as caught:
        bot.cancel_orders_for_symbols([entry("1", "NOPE/USDT"), entry(live)])
    assert reported_by_symbol(caught.value.orders) == [(live, SPOT, "canceled")]
    assert caught.value.unresolved == [entry("1", "NOPE/USDT")]


def test_spot_symbols_share_a_limiter(world: str, loopback: None) -> None:
    """The spot symbols of a call together send two requests in any second."""
    symbols = ("BTC", "ETH", "SOL", "GM")
    with Simulator() as simulator, bot_of(OURS[world], simulator.ccxt_config(enableRateLimit=True)) as bot:
        orders = [entry(place_one(simulator, symbol=f"{one}-USDT"), f"{one}/USDT") for one in symbols]
        assert {order["status"] for order in bot.cancel_orders_for_symbols(orders)} == {"canceled"}
        assert simulator.worst_window(SPOT_PATH) <= 2
        assert not any(request.limited for request in simulator.requests)


def test_concurrent_symbols(simulator: Simulator, world: str) -> None:
    """The async class cancels symbols concurrently, the sync class one after another."""
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:
        bot.load_markets()
        spot, linear = place_one(simulator), place_one(simulator, "linear")
        # The sync class waits for it, so there the delay proves nothing.
        simulator.faults.add("delay", seconds=0.0 if world == "sync" else 3.0, path=SPOT_PATH)
        bot.cancel_orders_for_symbols([entry(spot), entry(linear, LINEAR)])
    executed = [str(order) for done in simulator.executions for order in done.cancelled]
    assert executed == ([spot, linear] if world == "sync" else [linear, spot])


def test_cancelled_task(simulator: Simulator) -> None:
    """When the bot cancels the task, every part of the call ends."""

    async def give_up() -> int:
        exchange = async_bingx(simulator.ccxt_config(enableRateLimit=False))
        try:
            await exchange.load_markets()
            simulator.faults.add("hang", path=SPOT_PATH)
            simulator.faults.add("hang", path=LINEAR_PATH)
            task = asyncio.ensure_future(
                exchange.cancel_orders_for_symbols([entry("1"), entry("2", LINEAR)], {"process": 1})
            )
            while len(simulator.arrivals(SPOT_PATH)) + len(simulator.arrivals(LINEAR_PATH)) < 2:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return len(asyncio.all_tasks())
        finally:
            await exchange.close(True)

    assert asyncio.run(give_up()) == 1
    assert len(simulator.arrivals(SPOT_PATH)) == len(simulator.arrivals(LINEAR_PATH)) == 1


def test_has_and_features(bot: Bot) -> None:
    """ccxt's has and features describe the methods: any number of ids, and the number per request."""
    assert bot.has["cancelOrdersForSymbols"] is True
    bot.load_markets()
    for method in ("cancelOrders", "cancelOrdersForSymbols"):
        said = [bot.exchange.feature_value(one, method) for one in (SPOT, LINEAR, INVERSE)]
        assert [(one["max"], one["maxPerRequest"], one["allOrNothing"]) for one in said] == [
            (None, None, True),
            (None, 10, False),
            (None, 1, False),
        ]
    assert bot.exchange.feature_value(SPOT, "cancelOrders", "symbolRequired") is True
    assert bot.exchange.feature_value(SPOT, "cancelOrdersForSymbols", "symbolRequired") is False


@pytest.mark.parametrize("fault", ["drop", "http"])
def test_no_signature_in_market_errors(bot: Bot, simulator: Simulator, fault: Any) -> None:
    """An error from loading markets shows no signature."""
    simulator.faults.add(fault, path="wallets/v1/capital/config/getall", times=None)
    calls: list[Callable[[], Any]] = [
        lambda: bot.cancel_orders(["1"], LINEAR),
        lambda: bot.cancel_orders_for_symbols([entry("1", LINEAR)]),
    ]
    for call in calls:
        with pytest.raises(NetworkError) as caught:
            call()
        shown = "".join(traceback.format_exception(caught.value))
        assert "signature=***" in shown
        assert not re.search("[0-9a-f]{64}", shown)


def test_unresolved_ids_as_sent(bot: Bot, simulator: Simulator) -> None:
    """For every form of the bot's ids, unresolved lists each id once, as the plugin would send it."""
    simulator.faults.add("http", status=503, path="swap/v2/quote/contracts", times=None)
    cases: list[tuple[Any, dict[str, Any], list[str]]] = [
        (None, {"orderIds": "1,2"}, ["1", "2"]),
        ([1, "01"], {"clientOrderIds": [7], "clientOrderIDs": "a,b"}, ["1", "7", "a", "b"]),
        (None, {"clientOrderIds": iter(["a"])}, ["a"]),
    ]
    for ids, params, expected in cases:
        with pytest.raises(NetworkError) as caught:
            bot.cancel_orders(ids, LINEAR, params)
        assert caught.value.unresolved == expected
        client_ids = [one for one in caught.value.unresolved if isinstance(one, ClientOrderId)]
        assert client_ids == [one for one in expected if one not in ("1", "2")]
