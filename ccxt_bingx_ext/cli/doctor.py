"""``ccxt-bingx-ext doctor``: whether cancelling works with this key, from this machine, on this exchange.

It cancels nothing: it asks about an order that cannot exist. It sends six requests or seven, each within the
limit of its endpoint.
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
from .._bingx.endpoints import LINEAR, SPOT
from .._ccxt_releases import too_old
from .._ids import Batch, OrderRef
from . import checks
from .checks import OK, Check, skipped
from .credentials import hidden, how_to_start, open_exchange, read_keys
from .table import paragraph, terminal_width
from .terminal import show, writable
from .usage import BadUsage
from .versions import version_of, versions

_SPOT_SYMBOL = re.compile(r"([A-Z0-9]+)/([A-Z0-9]+)")
_SWAP_MARKET = "BTC-USDT"
_IMPOSSIBLE = OrderRef("id", checks.IMPOSSIBLE_ID)

_OPTIONAL = {"rich": "the progress bar of cancel", "redis": "a rate limit that processes share"}


def doctor(chosen: argparse.Namespace) -> int:
    """Run the command. Returns 0 if all checks pass, otherwise 1."""
    if _SPOT_SYMBOL.fullmatch(chosen.symbol) is None:
        raise BadUsage(f"--symbol is not a spot symbol such as BTC/USDT: {chosen.symbol}")
    keys = read_keys(chosen.keys_file, chosen.simulator, os.environ)
    exchange = open_exchange(bingx, keys, chosen.simulator)
    width = terminal_width()
    done: list[Check] = []
    for raw in (*installed(), *examine(exchange, chosen.symbol, chosen.simulator, swap=not chosen.skip_swap)):
        check = raw._replace(detail=hidden(raw.detail, exchange))
        done.append(check)
        if not chosen.json:
            lead = f"{check.verdict:<7}  {check.name:<12}  "
            show(paragraph(lead, writable(check.detail), width))
    well = all(check.verdict == OK for check in done)
    if chosen.json:
        show(json.dumps({"ok": well, "checks": [check._asdict() for check in done]}))
    return 0 if well else 1


def installed() -> list[Check]:
    """Name the versions in use, and whether the optional packages are installed."""
    found = [
        f"{name} {version or 'is not installed'} (for {purpose})"
        for name, purpose in _OPTIONAL.items()
        for version in [version_of(name)]
    ]
    return [checks.versions(versions(), too_old()), Check("optional", OK, "; ".join(found))]


def examine(
    exchange: bingx, symbol: str, simulator: str | None = None, *, swap: bool = True
) -> Iterator[Check]:
    """Yield check after check. A check that depends on a failed one is skipped, and says why."""
    skew, error = _skew(exchange)
    start = None if simulator is None else how_to_start(simulator)
    yield checks.host(str(exchange.implode_hostname(exchange.urls["api"]["spot"])), error, start)
    swaps = checks.SWAP if swap else ()
    if error is not None:
        everything = ("clock", "symbol", *checks.KEY, *checks.SPOT, *swaps)
        yield from skipped("depends on host", *everything)
        return
    yield checks.clock(skew)

    market_id = symbol.replace("/", "-")
    known = checks.symbol(symbol, market_id, _answer(exchange.spotV1PublicGetCommonSymbols, {}))
    yield known
    if known.verdict != OK:
        yield from skipped("depends on symbol", *checks.KEY, *checks.SPOT)
        if swap:
            yield from _examine_swap(exchange)
        return

    looked_up = checks.key(
        _answer(exchange.spotV1PrivateGetTradeQuery, SPOT.fetch_request(_IMPOSSIBLE, market_id))
    )
    yield from looked_up
    whitelist = looked_up[-1]
    if whitelist.verdict != OK:
        is_judged = looked_up[0].name == checks.KEY[0]  # otherwise a ban, or a response that says nothing
        verdict = "does not accept the key here" if is_judged else "did not judge the key"
        yield from skipped(f"the exchange {verdict}", *checks.SPOT, *swaps)
        return
    yield from _examine_spot_cancel(exchange, market_id)
    if swap:
        yield from _examine_swap(exchange)


def _examine_spot_cancel(exchange: bingx, market_id: str) -> Iterator[Check]:
    settings = exchange.options["cancelOrders"]
    settings["requestFormat"] = "json"
    exchange.last_response_headers = None  # those of the look-up say nothing about the cancel's limit
    request = SPOT.request(Batch((_IMPOSSIBLE,), process=1), market_id)
    as_json, as_query = _answer(exchange.spotV1PrivatePostTradeCancelOrders, request), None
    if checks.is_about_the_form(as_json):
        settings["requestFormat"] = "query"
        as_query = _answer(exchange.spotV1PrivatePostTradeCancelOrders, request)
    yield from checks.cancelling(as_json, as_query)
    yield checks.rate_limit(exchange.last_response_headers, exchange.nonce() / 1000)


def _examine_swap(exchange: bingx) -> Iterator[Check]:
    query = LINEAR.fetch_request(_IMPOSSIBLE, _SWAP_MARKET)
    looked_up, cancelled = _answer(exchange.swapV2PrivateGetTradeOrder, query), None
    if checks.knows_no_such_order(looked_up):
        request = LINEAR.request(Batch((_IMPOSSIBLE,), process=1), _SWAP_MARKET)
        cancelled = _answer(exchange.swapV2PrivateDeleteTradeBatchOrders, request)
    yield from checks.swap(looked_up, cancelled)


def _skew(exchange: bingx) -> tuple[float, BaseError | None]:
    """Measure by how many ms this clock is ahead. Later requests carry the exchange's time."""
    before = exchange.milliseconds()
    try:
        exchange.load_time_difference()
    except BaseError as error:
        return 0.0, error
    # ccxt compares with the time of the response's arrival. Half a round trip earlier is a better guess.
    travel = exchange.milliseconds() - before
    return exchange.options["timeDifference"] - travel / 2, None


def _answer(ask: Callable[[Mapping[str, Any]], Any], request: Mapping[str, Any]) -> Any:
    """Return the exchange's response, or the error of a refusal."""
    try:
        return ask(request)
    except BaseError as error:
        return error
