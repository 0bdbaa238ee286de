"""Orders that the exchange refuses to cancel in undocumented words stay live: no report calls them gone."""

from __future__ import annotations

from typing import Any

import pytest
from ccxt.base.errors import BaseError

from ccxt_bingx_ext.simulator import Simulator
from tools.audit.scenario import CANCEL, LOOK_UP, SYMBOLS

from .helpers import Bot, place, reported

WORDS = (
    "The current system is busy, please try again later",
    "order status :PENDING,can not delete, please verify and retry later",
    "",
)
each_list = pytest.mark.parametrize("market", ["spot", "linear"])
in_all_words = pytest.mark.parametrize("text", WORDS)


pytestmark = pytest.mark.usefixtures("without_pauses")


@pytest.fixture
def bot(bot: Bot) -> Bot:
    """The shared bot, with its markets loaded."""
    bot.load_markets()
    return bot


@each_list
@in_all_words
def test_refused_order(bot: Bot, simulator: Simulator, market: Any, text: str) -> None:
    """The plugin reports a live order that the exchange keeps refusing as open."""
    refused, other = place(simulator, 2, market=market)
    simulator.faults.add("refuse", path=CANCEL[market], ids=[refused], text=text, times=None)
    orders = bot.cancel_orders([refused, other], *SYMBOLS[market], {"process": 1})
    assert reported(orders) == [(refused, "open"), (other, "canceled")]


@each_list
def test_refused_order_without_look_up(bot: Bot, simulator: Simulator, market: Any) -> None:
    """When look-ups fail too, the error reports the other order and leaves the refused one unresolved."""
    refused, other = place(simulator, 2, market=market)
    simulator.faults.add("refuse", path=CANCEL[market], ids=[refused], times=None)
    simulator.faults.add("drop", path=LOOK_UP[market], times=None)
    with pytest.raises(BaseError, match="busy") as caught:
        bot.cancel_orders([refused, other], *SYMBOLS[market], {"process": 1})
    assert reported(caught.value.orders) == [(other, "canceled")]
    assert caught.value.unresolved == [refused]


@in_all_words
def test_refused_inverse_order(bot: Bot, simulator: Simulator, text: str) -> None:
    """For a refused inverse order the plugin raises the refusal and leaves the order unresolved."""
    refused, other = place(simulator, 2, market="inverse")
    simulator.faults.add("refuse", path=CANCEL["inverse"], ids=[refused], code=101400, text=text, times=None)
    with pytest.raises(BaseError, match="101400") as caught:
        bot.cancel_orders([refused, other], *SYMBOLS["inverse"])
    assert refused in caught.value.unresolved
    assert refused not in [order["id"] for order in caught.value.orders]
