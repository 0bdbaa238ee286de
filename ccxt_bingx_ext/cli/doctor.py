"""``ccxt-bingx-ext doctor``: whether cancelling will work with this key, from this machine, on this exchange.

It cancels nothing: what it asks about is an order that cannot exist. Three or four requests, each endpoint
asked within its limit.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ccxt.base.errors import BaseError

from .. import bingx
from . import checks
from .checks import OK, SKIPPED, Check
from .credentials import hidden, open_exchange, read_keys
from .terminal import printable, show
from .usage import BadUsage

_SPOT_SYMBOL = re.compile(r"([A-Z0-9]+)/([A-Z0-9]+)")


def doctor(chosen: argparse.Namespace) -> int:
    """Run the command; returns 0 where all is well, else 1."""
    named = _SPOT_SYMBOL.fullmatch(chosen.symbol)
    if named is None:
        raise BadUsage(f"--symbol is not a spot symbol such as BTC/USDT: {chosen.symbol}")
    keys = read_keys(chosen.keys_file, chosen.simulator, os.environ)
    exchange = open_exchange(bingx, keys, chosen.simulator)
    done: list[Check] = []
    for raw in examine(exchange, f"{named[1]}-{named[2]}"):
        check = raw._replace(detail=hidden(raw.detail, exchange))
        done.append(check)
        if not chosen.json:
            show(f"{check.verdict:<7}  {check.name:<13}  {printable(check.detail)}")
    well = all(check.verdict == OK for check in done)
    if chosen.json:
        show(json.dumps({"ok": well, "checks": [check._asdict() for check in done]}))
    return 0 if well else 1


def examine(exchange: bingx, market_id: str) -> Iterator[Check]:
    """Check by check; what a former one makes pointless is skipped, and said to be."""
    skew, error = _skew(exchange)
    yield checks.host(str(exchange.implode_hostname(exchange.urls["api"]["spot"])), error)
    if error is not None:
        yield from _skipped("the host does not answer", "clock", "key", "IP whitelist")
        yield from _skipped("the host does not answer", *_CANCELLING)
        return
    yield checks.clock(skew)

    order = {"symbol": market_id, "orderId": checks.IMPOSSIBLE_ID}
    looked_up = checks.key(_answer(exchange.spotV1PrivateGetTradeQuery, order))
    yield from looked_up
    if looked_up[-1].name != "IP whitelist":
        yield from _skipped("the key is not accepted", "IP whitelist", *_CANCELLING)
        return
    if looked_up[-1].verdict != OK:
        yield from _skipped("the exchange refuses this machine's address", *_CANCELLING)
        return

    exchange.options["cancelOrders"]["requestFormat"] = "json"
    exchange.last_response_headers = None  # those of the look-up say nothing of the cancel's limit
    request = {"symbol": market_id, "orderIds": checks.IMPOSSIBLE_ID, "process": 1}
    as_json, as_query = _answer(exchange.spotV1PrivatePostTradeCancelOrders, request), None
    if checks.is_about_the_form(as_json):
        exchange.options["cancelOrders"]["requestFormat"] = "query"
        as_query = _answer(exchange.spotV1PrivatePostTradeCancelOrders, request)
    yield from checks.cancelling(as_json, as_query)
    yield checks.limit_headers(exchange.last_response_headers, exchange.nonce() / 1000)


_CANCELLING = ("permission", "JSON form", "limit headers")


def _skew(exchange: bingx) -> tuple[float, BaseError | None]:
    """By how many ms this machine's clock is ahead; from here on the exchange's own is signed with."""
    before = exchange.milliseconds()
    try:
        exchange.load_time_difference()
    except BaseError as error:
        return 0.0, error
    # ccxt takes the answer's arrival for the moment of it: half the way there and back is the better guess.
    travel = exchange.milliseconds() - before
    return exchange.options["timeDifference"] - travel / 2, None


def _answer(ask: Callable[[Mapping[str, Any]], Any], request: Mapping[str, Any]) -> Any:
    """What the exchange answers, be it a refusal."""
    try:
        return ask(request)
    except BaseError as error:
        return error


def _skipped(reason: str, *names: str) -> Iterator[Check]:
    return (Check(name, SKIPPED, reason) for name in names)
