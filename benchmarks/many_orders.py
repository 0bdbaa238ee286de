"""Cancel many orders under the documented limits. Some of the orders are already gone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

from ccxt.base.errors import BaseError

from .contenders import CONTENDERS, PROCESS, SYMBOL, Contender, progress, running
from .exchange_process import ExchangeProcess

COUNTS = (10, 100, 500, 1000)
QUICK_COUNTS = (10, 100)
LIMIT = 2  # requests per second on cancelOrders
GONE_ALREADY = 10  # every tenth order was filled, or cancelled by something other than the bot
_REST = 1.1  # s; time_to_wire measures the throttle's delay of the first request


class Outcome(NamedTuple):
    """The outcome of cancelling.

    ``missing``: how many ids brought the bot neither an order structure nor an exception. ``left_open``: how
    many orders are live afterwards. ``refusal``: why the whole call failed, if it did. ``saturation``: the
    used share of the limit, from the first request to the last.
    """

    seconds: float
    requests: int
    limited: int
    missing: int
    left_open: int
    refusal: str | None
    saturation: float | None


class Work(NamedTuple):
    """A number of orders, and the median outcome (by wall time) and the repeats of each contender."""

    orders: int
    outcomes: dict[Contender, Outcome]
    repeats: dict[Contender, int]


def measure(exchange: ExchangeProcess, *, quick: bool) -> list[Work]:
    return [_measure_count(exchange, count, quick) for count in (QUICK_COUNTS if quick else COUNTS)]


def _measure_count(exchange: ExchangeProcess, count: int, quick: bool) -> Work:
    outcomes: dict[Contender, Outcome] = {}
    repeats: dict[Contender, int] = {}
    for contender in CONTENDERS:
        progress(f"{count} orders: {contender}")
        slow = quick or count > 100 or (contender == "loop" and count > 10)
        repeats[contender] = 1 if slow else 3
        outcomes[contender] = _middle([_once(exchange, contender, count) for _ in range(repeats[contender])])
    return Work(count, outcomes, repeats)


def _middle(outcomes: list[Outcome]) -> Outcome:
    """The outcome with the median wall time, and the most mistakes of any outcome."""
    middle = min(outcomes, key=lambda one: abs(one.seconds - median(each.seconds for each in outcomes)))
    return middle._replace(
        limited=max(one.limited for one in outcomes),
        missing=max(one.missing for one in outcomes),
        left_open=max(one.left_open for one in outcomes),
    )


def _once(exchange: ExchangeProcess, contender: Contender, count: int) -> Outcome:
    account = exchange.new_account()
    ids = exchange.place(account, count)
    exchange.end(ids[GONE_ALREADY // 2 :: GONE_ALREADY])
    bot = running(contender, exchange.config(account))
    time.sleep(_REST)
    exchange.clear_log()
    called = time.perf_counter()
    reported, refusal = (_loop if contender == "loop" else _at_once)(bot, ids)
    seconds = time.perf_counter() - called
    tally, arrivals = exchange.tally(), exchange.cancels(account)
    if tally.too_long:
        refusal = "URL too long"  # ccxt's message does not say so
    span = arrivals[-1] - arrivals[0] if arrivals else 0.0
    return Outcome(
        seconds,
        tally.sent,
        tally.limited,
        len(set(ids) - reported),
        exchange.count_open(ids),
        refusal,
        (len(arrivals) - LIMIT) / (LIMIT * span) if span > 1 else None,
    )


def _at_once(bot: Any, ids: Sequence[str]) -> tuple[set[str], str | None]:
    """The ids that the result reports, and why the call failed, if it did."""
    try:
        return {order["id"] for order in bot.cancel_orders(ids, SYMBOL, PROCESS)}, None
    except BaseError as error:
        reported = {order["id"] for order in getattr(error, "orders", ())}
        return reported.union(getattr(error, "unresolved", ())), type(error).__name__


def _loop(bot: Any, ids: Sequence[str]) -> tuple[set[str], str | None]:
    """Cancel one by one. An exception reports the order that it is about."""
    for one in ids:
        try:
            bot.cancel_order(one, SYMBOL)
        except BaseError:
            continue
    return set(ids), None
