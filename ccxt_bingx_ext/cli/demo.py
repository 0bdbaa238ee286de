"""The main job, shown: what a bot believes after ``cancel_orders``, with ccxt's class and with this one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ccxt.bingx import bingx as ccxts_own

from .._sync import bingx as ours
from ..simulator import Simulator
from .terminal import show

UNKNOWN = "1735999999999999999"


@dataclass(frozen=True)
class Row:
    """One id: what it is, what each bot believes, and what is true."""

    order_id: str
    story: str
    belief_ccxt: str
    belief_ours: str
    truth: str


def play(exchange_class: type) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """Place five orders, let two of them end behind the bot's back, cancel all and one unknown id.

    Returns the ids asked, what the bot was told (id -> status) and what is true (id -> state).
    """
    with Simulator() as simulator:
        bot = exchange_class(simulator.ccxt_config())
        ids = [bot.create_order("BTC/USDT", "limit", "buy", 0.001, 25000 + step)["id"] for step in range(5)]
        simulator.fill(ids[1])
        simulator.cancel(ids[2])
        asked = [*ids, UNKNOWN]
        orders = bot.cancel_orders(asked, "BTC/USDT", {"process": 1})
        told = {order["id"]: _belief(order) for order in orders}
        truth = {one: simulator.status(one) for one in ids}
        return asked, told, truth


def demo() -> None:
    """Print the two results side by side."""
    stories = ["open", "filled meanwhile", "cancelled meanwhile", "open", "open", "never existed"]
    asked, ccxt_told, truth = play(ccxts_own)
    _, our_told, our_truth = play(ours)
    assert truth == our_truth, "both bots must have met the same exchange"
    rows = [
        Row(
            one,
            story,
            ccxt_told.get(one, "- nothing -"),
            our_told.get(one, "- nothing -"),
            truth.get(one, "no such order"),
        )
        for one, story in zip(asked, stories, strict=True)
    ]
    show("cancel_orders(6 ids, 'BTC/USDT', {'process': 1}) on the embedded simulator\n")
    show(table(rows))
    unheard = [sum(one not in told for one in asked) for told in (ccxt_told, our_told)]
    show(f"\nids of which the bot hears nothing: ccxt {unheard[0]}, this plugin {unheard[1]}")


def table(rows: list[Row]) -> str:
    """`rows` in columns."""
    head = ("order id", "what happened", "ccxt's bot is told", "this plugin's bot is told", "true state")
    cells = [head, *((row.order_id, row.story, row.belief_ccxt, row.belief_ours, row.truth) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _belief(order: dict[str, Any]) -> str:
    return str(order["status"] or f"unknown: {order['info'].get('error', '')[:24]}…")
