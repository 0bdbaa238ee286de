"""cancel_orders_for_symbols over real HTTP, in all three worlds, compared with what is true."""

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


def test_every_kind_of_market_in_one_call(bot: Bot, simulator: Simulator) -> None:
    """Told in asking order, however the symbols are mixed; one request per symbol (inverse: per order)."""
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


def test_order_structures_can_be_passed(bot: Bot, simulator: Simulator) -> None:
    """Of two ids the order id counts: the exchange forgets the other after two hours."""
    place_one(simulator, client_order_id="a_1")
    place_one(simulator, symbol="ETH-USDT")
    listed = bot.fetch_open_orders(SPOT) + bot.fetch_open_orders("ETH/USDT")
    simulator.clear_log()
    assert {order["status"] for order in bot.cancel_orders_for_symbols(listed)} == {"canceled"}
    assert [one.params.get("clientOrderIDs") for one in simulator.requests] == [None, None]


def test_an_entry_named_twice_is_told_once(bot: Bot, simulator: Simulator) -> None:
    """The same id under another symbol is another entry."""
    one = place_one(simulator)
    orders = bot.cancel_orders_for_symbols(
        [entry(one), entry(int(one)), entry(one, "GM/USDT"), entry(one)], {"process": 1}
    )
    assert reported_by_symbol(orders) == [(one, SPOT, "canceled"), (one, "GM/USDT", None)]


def test_nothing_asked_sends_nothing(bot: Bot, simulator: Simulator) -> None:
    """An empty list is an empty result."""
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
        ([entry("1")], {"clientOrderIds": ["a"]}, BadRequest, "belongs to no symbol"),
        ([entry("1")], {"process": 2}, BadRequest, "process is not 0 or 1"),
        ([entry("1")], [], BadRequest, "params is not a dict"),
        ([entry("1"), entry("2", "NOPE/USDT:USDT")], {}, BadSymbol, "NOPE"),
        ([entry("1"), entry("2", LINEAR)], {"process": 0}, BadRequest, "all or nothing"),
    ],
)
def test_bad_input_cancels_nothing(
    bot: Bot, simulator: Simulator, orders: Any, params: Any, error: type[Exception], match: str
) -> None:
    """The value and its position are named, and no cancel is sent, for whatever symbol."""
    with pytest.raises(error, match=match) as caught:
        bot.cancel_orders_for_symbols(orders, params)
    assert caught.value.orders == []  # type: ignore[attr-defined]
    given = orders if isinstance(orders, list) else [] if orders is None else [orders]
    assert caught.value.unresolved == given  # type: ignore[attr-defined]
    assert not any("cancel" in one.path or "batchOrders" in one.path for one in simulator.requests)


def test_the_callers_arguments_are_left_alone(bot: Bot, simulator: Simulator) -> None:
    """orders and params are the caller's."""
    orders, params = [entry(place_one(simulator)), entry("77", LINEAR)], {"process": "1"}
    bot.cancel_orders_for_symbols(orders, params)
    assert orders[1] == {"id": "77", "symbol": LINEAR}
    assert params == {"process": "1"}


def test_what_fails_for_one_symbol_keeps_nothing_from_the_others(bot: Bot, simulator: Simulator) -> None:
    """The error tells of all; what it leaves unresolved can be handed back."""
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


def test_an_id_may_be_marked_as_a_client_order_id(bot: Bot, simulator: Simulator) -> None:
    """What cancel_orders leaves unresolved can be put into entries as it is."""
    place_one(simulator, client_order_id="a_1")
    (order,) = bot.cancel_orders_for_symbols([entry(ClientOrderId("a_1"))])
    assert (order["clientOrderId"], order["status"]) == ("a_1", "canceled")


def test_an_unknown_outcome_counts_more_than_a_refusal(bot: Bot, simulator: Simulator) -> None:
    """Of several errors the one is raised that leaves it open whether something was executed."""
    bot.options["cancelOrders"]["resolveAttempts"] = 0
    simulator.faults.add("http", status=504, when="after", path=LINEAR_PATH)
    linear = place_one(simulator, "linear")
    with pytest.raises(RequestTimeout, match=r"also failed: BTC/USDT \(OrderNotFound\)") as caught:
        bot.cancel_orders_for_symbols([entry("77"), entry(linear, LINEAR)])
    assert caught.value.orders == []
    assert caught.value.unresolved == [entry("77"), entry(linear, LINEAR)]


def test_order_not_found_is_raised_only_where_nothing_was_cancelled(bot: Bot, simulator: Simulator) -> None:
    """A bot takes it for "gone", of all that it asked for: one symbol's refused list must not say so."""
    live, other = place_one(simulator), place_one(simulator, symbol="GM-USDT")
    with pytest.raises(BadRequest, match=r"nothing was cancelled.*BTC/USDT") as caught:
        bot.cancel_orders_for_symbols([entry(live), entry("77"), entry(other, "GM/USDT")])
    assert reported_by_symbol(caught.value.orders) == [(other, "GM/USDT", "canceled")]
    assert caught.value.unresolved == [entry(live), entry("77")]
    assert simulator.status(live) == "PENDING"
    with pytest.raises(OrderNotFound) as all_refused:
        bot.cancel_orders_for_symbols([entry("77"), entry("78", "GM/USDT")])
    assert all_refused.value.unresolved == [entry("77"), entry("78", "GM/USDT")]


def test_markets_that_cannot_be_loaded_leave_everything_unresolved(bot: Bot, simulator: Simulator) -> None:
    """A swap symbol needs them; nothing has been sent."""
    simulator.faults.add("http", status=503, path="swap/v2/quote/contracts", times=None)
    with pytest.raises(NetworkError) as caught:
        bot.cancel_orders_for_symbols([entry("1", LINEAR), entry("2")])
    assert (caught.value.orders, caught.value.unresolved) == ([], [entry("1", LINEAR), entry("2")])
    with pytest.raises(NetworkError) as one_symbol:
        bot.cancel_orders(["1"], LINEAR, {"clientOrderIds": ["a"]})
    assert (one_symbol.value.orders, one_symbol.value.unresolved) == ([], ["1", "a"])


def test_spot_symbols_need_no_markets(bot: Bot, simulator: Simulator) -> None:
    """A fresh instance sends one request per symbol, and no other."""
    orders = [entry(place_one(simulator)), entry(place_one(simulator, symbol="GM-USDT"), "GM/USDT")]
    assert [order["status"] for order in bot.cancel_orders_for_symbols(orders)] == ["canceled"] * 2
    assert len(simulator.requests) == 2


def test_a_fresh_instance_whose_markets_cannot_be_loaded_tells_what_it_knows(
    bot: Bot, simulator: Simulator
) -> None:
    """One symbol is cancelled; of the other, which the exchange refused, the markets would tell more."""
    live = place_one(simulator)
    simulator.faults.add("http", status=503, path="common/symbols", times=None)
    with pytest.raises(BadRequest) as caught:
        bot.cancel_orders_for_symbols([entry("1", "NOPE/USDT"), entry(live)])
    assert reported_by_symbol(caught.value.orders) == [(live, SPOT, "canceled")]
    assert caught.value.unresolved == [entry("1", "NOPE/USDT")]


def test_the_symbols_of_one_market_share_a_lane(world: str, loopback: None) -> None:
    """Four symbols, two requests in any second; and swaps do not wait for them."""
    symbols = ("BTC", "ETH", "SOL", "GM")
    with Simulator() as simulator, bot_of(OURS[world], simulator.ccxt_config(enableRateLimit=True)) as bot:
        orders = [entry(place_one(simulator, symbol=f"{one}-USDT"), f"{one}/USDT") for one in symbols]
        assert {order["status"] for order in bot.cancel_orders_for_symbols(orders)} == {"canceled"}
        assert simulator.worst_window(SPOT_PATH) <= 2
        assert not any(request.limited for request in simulator.requests)


def test_async_groups_go_side_by_side(simulator: Simulator, world: str) -> None:
    """One symbol's slow answer holds up no other symbol; in the sync class they go one after the other."""
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:
        bot.load_markets()
        spot, linear = place_one(simulator), place_one(simulator, "linear")
        simulator.faults.add("delay", seconds=1.0, path=SPOT_PATH)
        bot.cancel_orders_for_symbols([entry(spot), entry(linear, LINEAR)])
    executed = [str(order) for done in simulator.executions for order in done.cancelled]
    assert executed == ([spot, linear] if world == "sync" else [linear, spot])


def test_a_cancelled_task_leaves_nothing_running(simulator: Simulator) -> None:
    """The bot gives up: no group goes on behind its back."""

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


def test_what_is_supported_is_said(bot: Bot) -> None:
    """In ccxt's has and features: any number of ids, so many to a request."""
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
def test_no_signature_is_shown_where_the_markets_cannot_be_loaded(
    bot: Bot, simulator: Simulator, fault: Any
) -> None:
    """ccxt signs a question about currencies among them, and puts its URL into the message."""
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


def test_what_stays_unresolved_is_told_as_it_would_be_asked_for(bot: Bot, simulator: Simulator) -> None:
    """Checked ids, each once, whichever way they were given: what is handed back means the same."""
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
