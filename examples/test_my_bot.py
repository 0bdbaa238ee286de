"""Test a bot against the simulator, with everything that may go wrong. The bot here is ``market_maker.py``.

::

    pytest examples/test_my_bot.py
"""

from __future__ import annotations

import json
import time
from decimal import Decimal

import pytest

from ccxt_bingx_ext import bingx
from ccxt_bingx_ext.simulator import Simulator
from market_maker import AMOUNT, NEVER_PLACED_AFTER, MarketMaker

pytest_plugins = ["ccxt_bingx_ext.simulator.fixtures"]  # if you have several test files: in conftest.py


@pytest.fixture
def maker(bingx_simulator: Simulator) -> MarketMaker:
    """The bot, with one quote on each side."""
    maker = MarketMaker(bingx(bingx_simulator.ccxt_config()), fair_price=lambda: 25_000)
    assert maker.requote()
    return maker


def live(simulator: Simulator) -> list[str]:
    """The orders that are really live at the exchange."""
    return [str(order.order_id) for order in simulator.orders() if order.is_open]


def known(maker: MarketMaker) -> list[str | None]:
    """The orders that the bot believes are live."""
    return [quote.id for quote in maker.quotes]


def test_quotes_are_replaced(maker: MarketMaker, bingx_simulator: Simulator) -> None:
    """A round cancels the old quotes and places two new quotes."""
    before = live(bingx_simulator)
    assert maker.requote()
    assert live(bingx_simulator) == known(maker)
    assert not {*before} & {*live(bingx_simulator)}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer(maker: MarketMaker, bingx_simulator: Simulator, when: str) -> None:
    """The response to a cancel is lost, executed or not: there are two quotes, never four."""
    bingx_simulator.faults.add("drop", when="after" if when == "after" else "before")
    assert maker.requote()
    assert live(bingx_simulator) == known(maker)
    assert len(known(maker)) == 2


def test_answers_stay_lost(maker: MarketMaker, bingx_simulator: Simulator) -> None:
    """The bot places new quotes only once it knows that the old quotes are gone."""
    before = live(bingx_simulator)
    bingx_simulator.faults.add("http", status=504, times=None)
    bingx_simulator.faults.add("http", status=504, times=None, path="trade/query")
    assert not maker.requote()
    assert live(bingx_simulator) == known(maker) == before
    bingx_simulator.faults.clear()
    assert maker.requote()
    assert live(bingx_simulator) == known(maker)


def test_a_partial_cancel(maker: MarketMaker, bingx_simulator: Simulator) -> None:
    """One quote is gone and the other is live: the bot places no new quotes."""
    gone, still_there = map(str, known(maker))
    bingx_simulator.cancel(gone)
    text = f"the  orderId:{gone} order status :CANCELED,can not delete, please verify and retry later"
    live_one = {"symbol": "BTC-USDT", "orderId": int(still_there), "status": "PENDING", "type": "LIMIT"}
    data = {"orders": [live_one], "fails": [{"orderId": gone, "error": text}]}
    bingx_simulator.faults.add("canned", body=json.dumps({"code": 0, "msg": "", "data": data}))
    assert not maker.requote()
    assert live(bingx_simulator) == known(maker) == [still_there]
    assert maker.requote()
    assert live(bingx_simulator) == known(maker)


@pytest.mark.parametrize("quantity", [None, "0.0004"])
def test_a_fill_during_the_cancel(
    maker: MarketMaker, bingx_simulator: Simulator, quantity: str | None
) -> None:
    """A quote is filled, wholly or in part, while its cancel is on the way: the bot books it once."""
    bought = known(maker)[0]
    bingx_simulator.faults.add("race", action="fill", order_id=bought, quantity=quantity)
    assert maker.requote()
    assert maker.requote()
    assert maker.position == Decimal(quantity or AMOUNT)
    assert live(bingx_simulator) == known(maker)


def test_a_fill_whose_amount_cannot_be_asked(maker: MarketMaker, bingx_simulator: Simulator) -> None:
    """A quote is filled and the look-up fails: the bot does not quote until it has booked the fill."""
    bingx_simulator.fill(str(known(maker)[1]))
    bingx_simulator.faults.add("http", status=504, path="trade/query")
    assert not maker.requote()
    assert live(bingx_simulator) == []
    assert maker.requote()
    assert maker.position == -AMOUNT


def test_a_ban(maker: MarketMaker, bingx_simulator: Simulator) -> None:
    """During a ban the bot sends nothing and places no new quotes. After the ban it continues."""
    before = live(bingx_simulator)
    bingx_simulator.ban(3, path="cancelOrders")
    for _ in range(3):
        assert not maker.requote()
    assert live(bingx_simulator) == known(maker) == before
    assert len(bingx_simulator.arrivals("cancelOrders")) == 1
    time.sleep(3)
    assert maker.requote()
    assert live(bingx_simulator) == known(maker)


def test_a_quote_is_placed_and_the_answer_is_lost(maker: MarketMaker, bingx_simulator: Simulator) -> None:
    """A quote is live, and the bot knows only its client order id: the next round cancels it by that id."""
    bingx_simulator.faults.add("drop", when="after", path="POST trade/order")
    assert not maker.requote()
    assert len(live(bingx_simulator)) == 1
    assert known(maker) == [None]
    assert maker.requote()
    assert live(bingx_simulator) == known(maker)


def test_a_quote_may_or_may_not_come(maker: MarketMaker, bingx_simulator: Simulator) -> None:
    """The exchange does not know a quote whose request may still arrive: no new quotes until it cannot."""
    bingx_simulator.faults.add("drop", when="before", path="POST trade/order")
    assert not maker.requote()
    assert not maker.requote()
    maker.quotes[0].lost -= NEVER_PLACED_AFTER
    assert maker.requote()
    assert live(bingx_simulator) == known(maker)


def test_a_crash(maker: MarketMaker, bingx_simulator: Simulator) -> None:
    """The next run takes the quotes over, and leaves orders of others alone."""
    mine = str(bingx_simulator.place().order_id)
    again = MarketMaker(maker.exchange, maker.fair_price)
    again.adopt()
    assert known(again) == known(maker)
    assert again.requote()
    assert live(bingx_simulator) == [mine, *map(str, known(again))]
