"""Negative controls: ccxt's own class still has each defect that the plugin works around.

When one of these tests fails, ccxt has fixed a defect, and the message names the workaround that can go.
``make upstream`` runs them on the newest ccxt. ``python -m tools.compat --help`` says how to do that daily.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ParamSpec

import ccxt
import pytest
from ccxt.base.errors import (
    BadRequest,
    ExchangeError,
    NotSupported,
    OrderNotFound,
    RequestTimeout,
)

from ccxt_bingx_ext import _ids, _overrides
from ccxt_bingx_ext._bingx import endpoints, errors, signing
from ccxt_bingx_ext._cancel import arguments, flow, ledger, orders, reconcile, values
from ccxt_bingx_ext._ratelimit import acquire
from ccxt_bingx_ext._wire import aiohttp_sessions
from ccxt_bingx_ext.simulator import Simulator

from .helpers import CCXTS, WORLDS, Bot, bot_of, place

P = ParamSpec("P")
WORKAROUNDS: dict[str, str] = {}


def worked_around_by(*workarounds: Any) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Make a failing test report that ccxt may have changed, and which workarounds can go."""
    names = ", ".join(f"{one.__qualname__} ({one.__module__.rpartition('.')[2]}.py)" for one in workarounds)

    def decorator(test: Callable[P, None]) -> Callable[P, None]:
        WORKAROUNDS[test.__name__] = names

        @functools.wraps(test)
        def checked(*args: P.args, **named: P.kwargs) -> None:
            try:
                test(*args, **named)
            except (Exception, pytest.fail.Exception) as failure:
                raise pytest.fail.Exception(
                    f"ccxt {ccxt.__version__} no longer does this, or does it otherwise: "
                    f"{inspect.getdoc(test)}\nSee whether the workaround can go: {names}"
                ) from failure

        return checked

    return decorator


@pytest.fixture(params=WORLDS)
def ccxts_own(request: pytest.FixtureRequest, simulator: Simulator) -> Iterator[Bot]:
    with bot_of(CCXTS[request.param], simulator.ccxt_config()) as bot:
        bot.load_markets()
        simulator.clear_log()
        yield bot


def sent(simulator: Simulator) -> list[dict[str, str]]:
    return [dict(request.params) for request in simulator.requests]


@worked_around_by(ledger.Ledger.read)
def test_ccxt_drops_failed_ids(ccxts_own: Bot, simulator: Simulator) -> None:
    """ccxt drops failed ids from its result."""
    (live,) = place(simulator, 1)
    assert [order["id"] for order in ccxts_own.cancel_orders([live, "77"], "BTC/USDT", {"process": 1})] == [
        live
    ]


@worked_around_by(ledger.Ledger.read)
def test_ccxt_returns_empty_if_all_failed(ccxts_own: Bot) -> None:
    """ccxt returns an empty list if every id failed."""
    assert ccxts_own.cancel_orders(["77", "78"], "BTC/USDT", {"process": 1}) == []


@pytest.mark.parametrize("fault", ["null_data", "garbage", "cut_off"])
@worked_around_by(ledger.Ledger.read, flow.send_once)
def test_ccxt_accepts_broken_responses(ccxts_own: Bot, simulator: Simulator, fault: Any) -> None:
    """ccxt returns an empty list for null data, a page that is not JSON and truncated JSON."""
    simulator.faults.add(fault)
    assert ccxts_own.cancel_orders(place(simulator, 2), "BTC/USDT", {"process": 1}) == []


@worked_around_by(flow.cancel_batch)
def test_ccxt_ignores_omitted_ids(ccxts_own: Bot, simulator: Simulator) -> None:
    """ccxt does not notice that a response omits an id."""
    ids = place(simulator, 2)
    simulator.faults.add("forget", ids=ids[:1])
    assert [order["id"] for order in ccxts_own.cancel_orders(ids, "BTC/USDT")] == ids[1:]


@worked_around_by(_overrides.BingxMixin._cancel_orders)
def test_ccxt_sends_an_empty_list(ccxts_own: Bot, simulator: Simulator) -> None:
    """ccxt sends an empty list of ids to the exchange."""
    with pytest.raises(ExchangeError):
        ccxts_own.cancel_orders([], "BTC/USDT")
    assert sent(simulator)[0]["orderIds"] == ""


@worked_around_by(arguments._parse_ids)
def test_ccxt_splits_a_string(ccxts_own: Bot, simulator: Simulator) -> None:
    """ccxt sends ids="12345" as the orders 1, 2, 3, 4 and 5."""
    ccxts_own.cancel_orders("12345", "BTC/USDT", {"process": 1})
    assert sent(simulator)[0]["orderIds"] == "1,2,3,4,5"


@worked_around_by(values._parse_order_id)
def test_ccxt_splits_ids_at_commas(ccxts_own: Bot, simulator: Simulator) -> None:
    """ccxt sends an id that holds a comma as two ids."""
    ccxts_own.cancel_orders(["1,2"], "BTC/USDT", {"process": 1})
    assert sent(simulator)[0]["orderIds"] == "1,2"


@worked_around_by(arguments.parse_batch)
def test_ccxt_drops_ids_beside_client_ids(ccxts_own: Bot, simulator: Simulator) -> None:
    """ccxt does not send the order ids when the bot gives client order ids too."""
    ccxts_own.cancel_orders(["1"], "BTC/USDT", {"clientOrderIds": ["a"], "process": 1})
    assert "orderIds" not in sent(simulator)[0]


@worked_around_by(_overrides.BingxMixin.sign, signing.signed_json)
def test_ccxt_sends_the_query_form(ccxts_own: Bot, simulator: Simulator) -> None:
    """ccxt sends the parameters in the URL, while BingX documents a JSON body."""
    ccxts_own.cancel_orders(place(simulator, 1), "BTC/USDT")
    assert [request.form for request in simulator.requests] == ["query"]


@worked_around_by(endpoints._inverse_id)
def test_ccxt_cannot_cancel_inverse_orders(ccxts_own: Bot, simulator: Simulator) -> None:
    """ccxt 4.5.90 raises NotSupported for inverse orders, 4.5.28 and 4.5.60 send them to the linear one."""
    with pytest.raises(ExchangeError) as caught:
        ccxts_own.cancel_orders(["1"], "BTC/USD:BTC")
    asked = [request.path for request in simulator.requests]
    assert isinstance(caught.value, NotSupported) or asked == ["/openApi/swap/v2/trade/batchOrders"]


@worked_around_by(ledger.Ledger.read, _ids.Batch.parts)
def test_ccxt_drops_failed_swap_ids(ccxts_own: Bot) -> None:
    """ccxt drops failed linear orders, and sends twelve ids to an endpoint that takes ten."""
    sent: list[Any] = []
    answer = {"code": 0, "data": {"success": None, "failed": [{"orderId": 1, "errorCode": 80018}]}}

    def plain(request: Any) -> Any:
        sent.append(request)
        return answer

    async def awaited(request: Any) -> Any:
        return plain(request)

    is_sync = isinstance(ccxts_own.exchange, CCXTS["sync"])
    ccxts_own.exchange.swapV2PrivateDeleteTradeBatchOrders = plain if is_sync else awaited
    assert ccxts_own.cancel_orders([str(n) for n in range(1, 13)], "BTC/USDT:USDT") == []
    assert [len(request["orderIdList"]) for request in sent] == [12]


@worked_around_by(acquire.acquire, _overrides.BingxMixin.calculate_rate_limiter_cost)
def test_ccxt_cancel_waits_for_throttle(simulator: Simulator) -> None:
    """A sync cancel of ccxt waits in the shared throttle after any other call, here for two seconds."""
    with bot_of(CCXTS["sync"], simulator.ccxt_config(enableRateLimit=True)) as bot:
        bot.load_markets()
        bot.exchange.rateLimit = 500
        ids = place(simulator, 1)
        bot.fetch_open_orders("BTC/USDT")
        stamped = bot.exchange.lastRestRequestTimestamp
        bot.cancel_orders(ids, "BTC/USDT")
        assert simulator.requests[-1].wall * 1000 - stamped > 1500


@pytest.mark.parametrize("world", ["async", "pro"])
@worked_around_by(acquire.acquire_async, _overrides.BingxMixin.calculate_rate_limiter_cost)
def test_ccxt_cancel_waits_for_tasks(world: str, simulator: Simulator) -> None:
    """An async cancel of ccxt reaches the wire after every call that was queued before."""
    with bot_of(CCXTS[world], simulator.ccxt_config(enableRateLimit=True)) as bot:
        bot.load_markets()
        simulator.clear_log()
        ids = place(simulator, 1)

        async def queued() -> None:
            ordinary = [asyncio.ensure_future(bot.exchange.fetch_open_orders("BTC/USDT")) for _ in range(8)]
            await asyncio.sleep(0)
            await bot.exchange.cancel_orders(ids, "BTC/USDT")
            await asyncio.gather(*ordinary)

        bot._loop.run_until_complete(queued())
    assert simulator.requests[-1].path.endswith("cancelOrders")


@worked_around_by(errors.refusal)
def test_ccxt_misses_orders_that_are_gone(ccxts_own: Bot, simulator: Simulator) -> None:
    """ccxt raises ExchangeError for an unknown order and BadRequest for a filled one, so bots retry."""
    (filled,) = place(simulator, 1)
    simulator.fill(filled)
    with pytest.raises(ExchangeError) as unknown:
        ccxts_own.cancel_order("77", "BTC/USDT")
    assert not isinstance(unknown.value, OrderNotFound)
    with pytest.raises(BadRequest):
        ccxts_own.cancel_order(filled, "BTC/USDT")


@worked_around_by(_overrides.BingxMixin._start)
def test_ccxt_retry_hides_a_success(ccxts_own: Bot, simulator: Simulator) -> None:
    """ccxt's retry after a lost response reports an executed cancel as refused."""
    (live,) = place(simulator, 1)
    ccxts_own.options["maxRetriesOnFailure"] = 1
    simulator.faults.add("http", status=504, when="after")
    with pytest.raises(BadRequest):
        ccxts_own.cancel_orders([live], "BTC/USDT")
    assert simulator.status(live) == "CANCELED"


@pytest.mark.parametrize("world", ["async", "pro"])
@worked_around_by(aiohttp_sessions.watch_session)
def test_aiohttp_replays_a_cancel(world: str, simulator: Simulator) -> None:
    """aiohttp sends a cancel again after a lost response, although ccxt sets no retries."""
    with bot_of(CCXTS[world], simulator.ccxt_config()) as bot:
        bot.load_markets()
        live = str(simulator.place(market="linear").order_id)
        simulator.faults.add("drop", when="after", path="DELETE swap/v2/trade/order")
        # The response to the second attempt. Newer releases raise an InvalidOrder, which bots take for gone.
        with pytest.raises(ExchangeError, match="only allowed to be submitted once within 1 second"):
            bot.cancel_order(live, "BTC/USDT:USDT")
    assert simulator.status(live) == "CANCELED"
    assert len(simulator.arrivals("DELETE swap/v2/trade/order")) == 2


@worked_around_by(reconcile.reconcile_batch)
def test_ccxt_does_not_reconcile(ccxts_own: Bot, simulator: Simulator) -> None:
    """ccxt raises RequestTimeout after a lost response and does not say which orders are gone."""
    ccxts_own.exchange.timeout = 1000
    for fault, details in (("http", {"status": 504}), ("hang", {})):
        simulator.faults.add(fault, when="after", **details)  # type: ignore[arg-type]
        with pytest.raises(RequestTimeout) as caught:
            ccxts_own.cancel_orders(place(simulator, 1), "BTC/USDT")
        assert not hasattr(caught.value, "unresolved")


@worked_around_by(orders.build_order)
def test_ccxt_calls_a_failed_order_canceled(ccxts_own: Bot) -> None:
    """ccxt reports an order in state FAILED as canceled."""
    assert ccxts_own.parse_order_status("FAILED") == "canceled"


@worked_around_by(orders._parsed)
def test_ccxt_cannot_parse_without_type(ccxts_own: Bot) -> None:
    """ccxt raises AttributeError for an order with a trigger price and without a type."""
    with pytest.raises(AttributeError):
        ccxts_own.parse_order({"symbol": "BTC-USDT", "orderId": 1, "stopPrice": "3"})


def test_controls_name_their_workarounds() -> None:
    """Every negative control names the workaround that can go when it fails."""
    controls = {name for name in globals() if name.startswith(("test_ccxt", "test_aiohttp"))}
    assert set(WORKAROUNDS) == controls


def test_fixed_defect_is_reported(tmp_path: Path, loopback: None) -> None:
    """When ccxt fixes a defect, its control fails and names the workaround that can go."""
    root = Path(__file__).parent.parent
    (tmp_path / "fixed.py").write_text("from tests.helpers import CCXTS, OURS\nCCXTS.update(OURS)\n", "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "fixed", __file__]
    # Each in one world. Two defects are in methods that our classes leave to ccxt: their controls still pass.
    ours = [name for name in WORKAROUNDS if not re.search("cannot_parse|calls_a_failed", name)]
    chosen = f"({' or '.join(ours)}) and (tasks or aiohttp or not async) and not pro"
    done = subprocess.run(
        [*command, "-k", chosen],
        cwd=root,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{root}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert re.search(r"\n\d+ failed, \d+ deselected in [^\n]+\n$", done.stdout), done.stdout
    for name in ours:
        defect = inspect.getdoc(globals()[name])
        assert f"ccxt {ccxt.__version__} no longer does this, or does it otherwise: {defect}" in done.stdout
        assert f"See whether the workaround can go: {WORKAROUNDS[name]}" in done.stdout
