"""``ccxt-bingx-ext demo``: what a bot believes after ``cancel_orders``, with ccxt's class and with ours."""

from __future__ import annotations

from ccxt.bingx import bingx as ccxts_own

from .._sync import bingx as ours
from ..simulator import Simulator
from .table import table
from .terminal import show

UNKNOWN = "1735999999999999999"

_HEADINGS = ("order id", "before", "ccxt says", "plugin says", "the truth")
_STORIES = ("open", "filled", "cancelled", "open", "open", "never existed")
_NOTHING = "- nothing -"


def play(exchange_class: type) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """Place five orders, let two of them end without the bot, cancel all and one unknown id.

    Returns the ids asked for, what the bot received (id -> status) and what is true (id -> state).
    """
    with Simulator() as simulator:
        bot = exchange_class(simulator.ccxt_config())
        ids = [bot.create_order("BTC/USDT", "limit", "buy", 0.001, 25000 + step)["id"] for step in range(5)]
        simulator.fill(ids[1])
        simulator.cancel(ids[2])
        asked = [*ids, UNKNOWN]
        orders = bot.cancel_orders(asked, "BTC/USDT", {"process": 1})
        received = {order["id"]: order["status"] or "unknown order" for order in orders}
        truth = {one: simulator.status(one) for one in ids}
        return asked, received, truth


def demo() -> None:
    """Print the two results side by side."""
    asked, ccxt_said, truth = play(ccxts_own)
    _, we_said, our_truth = play(ours)
    assert truth == our_truth, "both bots must have met the same exchange"
    rows = [
        (
            one,
            story,
            ccxt_said.get(one, _NOTHING),
            we_said.get(one, _NOTHING),
            truth.get(one, "no such order"),
        )
        for one, story in zip(asked, _STORIES, strict=True)
    ]
    show("cancel_orders(6 ids, 'BTC/USDT', {'process': 1}) on the embedded simulator\n")
    show(table(_HEADINGS, rows))
    missing = [sum(one not in said for one in asked) for said in (ccxt_said, we_said)]
    show(f"\nids that the result does not mention: ccxt {missing[0]}, this plugin {missing[1]}")
