"""The pro class: a smoke set. It inherits every behaviour from the async class, which gets all tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from ccxt.base.errors import OrderNotFound

from ccxt_bingx_ext.simulator import Simulator
from tools.recording.play import play
from tools.recording.scenarios import SCENARIOS
from tools.recording.singles import SINGLES
from tools.recording.tape import CASSETTES, tape

from .helpers import (
    CCXTS,
    OURS,
    Bot,
    assert_paced,
    bot_of,
    cancel_each,
    cancels,
    config_of,
    place,
    reported,
    reported_by_client_id,
)


@pytest.fixture
def bot(simulator: Simulator) -> Iterator[Bot]:
    """A bot with our pro class."""
    with bot_of(OURS["pro"], simulator.ccxt_config()) as bot:
        yield bot


def test_pro_is_async() -> None:
    """The pro class is a subclass of our async class and of ccxt's."""
    assert issubclass(OURS["pro"], OURS["async"])
    assert issubclass(OURS["pro"], CCXTS["async"])


def test_cancel_orders(bot: Bot, simulator: Simulator) -> None:
    """The plugin reports each order's true state: cancelled, filled, cancelled by others, unknown."""
    live, filled, gone = place(simulator, 3)
    simulator.fill(filled)
    simulator.cancel(gone)
    orders = bot.cancel_orders([live, filled, gone, "77"], "BTC/USDT", {"process": 1})
    assert reported(orders) == [(live, "canceled"), (filled, "closed"), (gone, "canceled"), ("77", None)]
    assert simulator.status(live) == "CANCELED"


def test_cancel_orders_for_symbols(bot: Bot, simulator: Simulator) -> None:
    """One call cancels spot, linear and inverse orders, and returns them in asking order."""
    asked = [
        {"id": str(simulator.place(market=market).order_id), "symbol": symbol}  # type: ignore[arg-type]
        for market, symbol in (("linear", "BTC/USDT:USDT"), ("spot", "BTC/USDT"), ("inverse", "BTC/USD:BTC"))
    ]
    orders = bot.cancel_orders_for_symbols(asked)
    assert [{"id": order["id"], "symbol": order["symbol"]} for order in orders] == asked
    assert {order["status"] for order in orders} == {"canceled"}
    assert not any(order.is_open for order in simulator.orders())


def test_cancel_all_orders(bot: Bot, simulator: Simulator) -> None:
    """One call cancels every order of the market. After a lost response the plugin lists the open orders."""
    ids = place(simulator, 2)
    assert reported(bot.cancel_all_orders("BTC/USDT")) == [(one, "canceled") for one in ids]
    place(simulator, 2)
    simulator.faults.add("drop", when="after", path="cancelOpenOrders")
    assert bot.cancel_all_orders("BTC/USDT") == []
    assert not any(order.is_open for order in simulator.orders())
    assert len(cancels(simulator, "cancelOpenOrders")) == 2


def test_cancel_by_client_order_ids(bot: Bot, simulator: Simulator) -> None:
    """cancel_orders_with_client_order_ids cancels an order by its client order id."""
    simulator.place(client_order_id="mine")
    orders = bot.cancel_orders_with_client_order_ids(["mine", "nobody"], "BTC/USDT", {"process": 1})
    assert reported_by_client_id(orders) == [("mine", "canceled"), ("nobody", None)]
    assert simulator.order_by_client_id("mine").status == "CANCELED"


def test_lost_response(bot: Bot, simulator: Simulator) -> None:
    """The plugin sends a cancel once, and looks the orders up when the response is lost."""
    ids = place(simulator, 2)
    simulator.faults.add("drop", when="after")
    assert reported(bot.cancel_orders(ids, "BTC/USDT")) == [(one, "canceled") for one in ids]
    assert len(cancels(simulator)) == 1


def test_edit_order(bot: Bot, simulator: Simulator) -> None:
    """edit_order replaces an order, and reports an old one that was filled."""
    old, filled = place(simulator, 2)
    order = bot.edit_order(old, "BTC/USDT", "limit", "buy", 1, 40000)
    assert (simulator.status(old), simulator.status(order["id"])) == ("CANCELED", "PENDING")
    simulator.fill(filled)
    with pytest.raises(OrderNotFound) as caught:
        bot.edit_order(filled, "BTC/USDT", "limit", "buy", 1, 40000)
    assert (reported(caught.value.orders), caught.value.unresolved) == ([(filled, "closed")], [])


def test_cancel_order_together(limited: Simulator) -> None:
    """Concurrent calls of cancel_order share a batch."""
    ids = place(limited, 4)
    with bot_of(OURS["pro"], config_of(limited)) as bot:
        bot.load_markets()

        async def at_once() -> list[Any]:
            return await asyncio.gather(*(bot.exchange.cancel_order(one, "BTC/USDT") for one in ids))

        assert reported(bot._loop.run_until_complete(at_once())) == [(one, "canceled") for one in ids]
    assert [one.params["orderIds"].split(",") for one in cancels(limited)] == [ids]


def test_rate_limit(limited: Simulator) -> None:
    """The plugin sends at most two cancels in any second."""
    with bot_of(OURS["pro"], config_of(limited)) as bot:
        cancel_each(bot, place(limited, 6))
    assert_paced(limited, 6)


def test_cancel_order(bot: Bot, simulator: Simulator) -> None:
    """cancel_order returns a cancelled order, and raises OrderNotFound for a filled order."""
    live, filled = place(simulator, 2)
    simulator.fill(filled)
    assert bot.cancel_order(live, "BTC/USDT")["status"] == "canceled"
    with pytest.raises(OrderNotFound, match="order not found: already filled") as caught:
        bot.cancel_order(filled, "BTC/USDT")
    assert reported(caught.value.orders) == [(filled, "closed")]
    assert caught.value.unresolved == []


def test_cancel_order_lost(bot: Bot, simulator: Simulator) -> None:
    """The plugin sends a single cancel once, and queries the order when the response is lost."""
    (order_id,) = place(simulator)
    simulator.faults.add("drop", when="after", path="trade/cancel")
    assert bot.cancel_order(order_id, "BTC/USDT")["status"] == "canceled"
    assert len(cancels(simulator, "trade/cancel")) == 1


@pytest.mark.parametrize(
    "name",
    [
        "captured_partial_not_found",
        "linear_lost_answer",
        "inverse_all_lost_answer",
        *(one.name for one in SINGLES),
    ],
)
def test_cassette(name: str) -> None:
    """The pro class sends what was recorded, and reports what the recording says."""
    (scenario,) = (one for one in (*SCENARIOS, *SINGLES) if one.name == name)
    with tape().use_cassette(str(CASSETTES / f"{name}.yaml")) as cassette:
        play(scenario, OURS["pro"], {})
        assert cassette.all_played
        assert len(cassette) == scenario.requests
