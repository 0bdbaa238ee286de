"""Live orders that the exchange declines to cancel, in words of its own: they are never told gone."""

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
def test_an_order_that_is_refused_every_time_is_told_open(
    bot: Bot, simulator: Simulator, market: Any, text: str
) -> None:
    """The others are cancelled; of the refused one the last word is that it is live."""
    refused, other = place(simulator, 2, market=market)
    simulator.faults.add("refuse", path=CANCEL[market], ids=[refused], text=text, times=None)
    orders = bot.cancel_orders([refused, other], *SYMBOLS[market], {"process": 1})
    assert reported(orders) == [(refused, "open"), (other, "canceled")]


@each_list
def test_an_order_that_is_refused_and_cannot_be_looked_up_is_unresolved(
    bot: Bot, simulator: Simulator, market: Any
) -> None:
    """An error, with the other order told and the refused one's id in unresolved."""
    refused, other = place(simulator, 2, market=market)
    simulator.faults.add("refuse", path=CANCEL[market], ids=[refused], times=None)
    simulator.faults.add("drop", path=LOOK_UP[market], times=None)
    with pytest.raises(BaseError, match="busy") as caught:
        bot.cancel_orders([refused, other], *SYMBOLS[market], {"process": 1})
    assert reported(caught.value.orders) == [(other, "canceled")]
    assert caught.value.unresolved == [refused]


@in_all_words
def test_an_inverse_order_that_is_refused_is_not_told_gone(bot: Bot, simulator: Simulator, text: str) -> None:
    """The refusal is raised, and the order is in unresolved."""
    refused, other = place(simulator, 2, market="inverse")
    simulator.faults.add("refuse", path=CANCEL["inverse"], ids=[refused], code=101400, text=text, times=None)
    with pytest.raises(BaseError, match="101400") as caught:
        bot.cancel_orders([refused, other], *SYMBOLS["inverse"])
    assert refused in caught.value.unresolved
    assert refused not in [order["id"] for order in caught.value.orders]
