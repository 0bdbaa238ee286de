"""Negative controls: ccxt's own class still has each defect that this plugin is there for.

When one of these fails, ccxt has mended something: the message says which workaround may go.
``make upstream`` asks the newest ccxt; ``python -m tools.compat --help`` tells how to ask it every day.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ParamSpec

import ccxt
import pytest
from ccxt.base.errors import BadRequest, ExchangeError, NotSupported, OrderNotFound, RequestTimeout

from ccxt_bingx_ext import _overrides as _mixin
from ccxt_bingx_ext import _wire as _once
from ccxt_bingx_ext._bingx import endpoints as _endpoints
from ccxt_bingx_ext._bingx import errors as _errors
from ccxt_bingx_ext._bingx import signing as _signing
from ccxt_bingx_ext._cancel import arguments as _batch
from ccxt_bingx_ext._cancel import flow as _flow
from ccxt_bingx_ext._cancel import ledger as _outcome
from ccxt_bingx_ext._cancel import orders as _structures
from ccxt_bingx_ext._cancel import reconcile as _finding_out
from ccxt_bingx_ext._ratelimit import acquire as _gate
from ccxt_bingx_ext.simulator import Simulator

from .helpers import CCXTS, WORLDS, Bot, bot_of, place

P = ParamSpec("P")
WORKAROUNDS: dict[str, str] = {}


def worked_around_by(*workarounds: Any) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Has a test that fails say that its docstring may no longer be true of ccxt, and what could go then."""
    names = ", ".join(f"{one.__qualname__} ({one.__module__.rpartition('.')[2]}.py)" for one in workarounds)

    def decorator(test: Callable[P, None]) -> Callable[P, None]:
        WORKAROUNDS[test.__name__] = names

        @functools.wraps(test)
        def told(*args: P.args, **named: P.kwargs) -> None:
            try:
                test(*args, **named)
            except (Exception, pytest.fail.Exception) as failure:
                raise pytest.fail.Exception(
                    f"ccxt {ccxt.__version__} no longer does this, or does it otherwise: "
                    f"{inspect.getdoc(test)}\nSee whether the workaround can go: {names}"
                ) from failure

        return told

    return decorator


@pytest.fixture(params=WORLDS)
def ccxts_own(request: pytest.FixtureRequest, simulator: Simulator) -> Iterator[Bot]:
    with bot_of(CCXTS[request.param], simulator.ccxt_config()) as bot:
        bot.load_markets()
        simulator.clear_log()
        yield bot


def sent(simulator: Simulator) -> list[dict[str, str]]:
    return [dict(request.params) for request in simulator.requests]


@worked_around_by(_outcome.Ledger.read)
def test_ccxt_drops_failed_ids(ccxts_own: Bot, simulator: Simulator) -> None:
    """process=1, one of two fails: one order comes back, no trace of the other."""
    (live,) = place(simulator, 1)
    assert [order["id"] for order in ccxts_own.cancel_orders([live, "77"], "BTC/USDT", {"process": 1})] == [
        live
    ]


@worked_around_by(_outcome.Ledger.read)
def test_ccxt_returns_nothing_where_everything_failed(ccxts_own: Bot) -> None:
    """Every id fails: []."""
    assert ccxts_own.cancel_orders(["77", "78"], "BTC/USDT", {"process": 1}) == []


@pytest.mark.parametrize("fault", ["null_data", "garbage", "cut_off"])
@worked_around_by(_outcome.Ledger.read, _flow._ask)
def test_ccxt_takes_a_spoilt_answer_for_an_empty_one(
    ccxts_own: Bot, simulator: Simulator, fault: Any
) -> None:
    """Null data, no JSON, half a JSON: []."""
    simulator.faults.add(fault)
    assert ccxts_own.cancel_orders(place(simulator, 2), "BTC/USDT", {"process": 1}) == []


@worked_around_by(_flow.cancel_batch)
def test_ccxt_forgets_what_the_exchange_forgot(ccxts_own: Bot, simulator: Simulator) -> None:
    """An id that the answer does not mention is not missed."""
    ids = place(simulator, 2)
    simulator.faults.add("forget", ids=ids[:1])
    assert [order["id"] for order in ccxts_own.cancel_orders(ids, "BTC/USDT")] == ids[1:]


@worked_around_by(_mixin.BingxMixin._cancel_orders)
def test_ccxt_sends_an_empty_list(ccxts_own: Bot, simulator: Simulator) -> None:
    """ids=[] goes to the exchange."""
    with pytest.raises(ExchangeError):
        ccxts_own.cancel_orders([], "BTC/USDT")
    assert sent(simulator)[0]["orderIds"] == ""


@worked_around_by(_batch._read_ids)
def test_ccxt_takes_a_string_apart(ccxts_own: Bot, simulator: Simulator) -> None:
    """ids="12345" asks for the orders 1, 2, 3, 4 and 5."""
    ccxts_own.cancel_orders("12345", "BTC/USDT", {"process": 1})
    assert sent(simulator)[0]["orderIds"] == "1,2,3,4,5"


@worked_around_by(_batch._read_order_id)
def test_ccxt_makes_two_ids_of_a_comma(ccxts_own: Bot, simulator: Simulator) -> None:
    """An id holding a comma is sent as two."""
    ccxts_own.cancel_orders(["1,2"], "BTC/USDT", {"process": 1})
    assert sent(simulator)[0]["orderIds"] == "1,2"


@worked_around_by(_batch.parse_batch)
def test_ccxt_ignores_ids_beside_client_ids(ccxts_own: Bot, simulator: Simulator) -> None:
    """Both kinds given: the order ids are not sent at all."""
    ccxts_own.cancel_orders(["1"], "BTC/USDT", {"clientOrderIds": ["a"], "process": 1})
    assert "orderIds" not in sent(simulator)[0]


@worked_around_by(_mixin.BingxMixin.sign, _signing.signed_json)
def test_ccxt_sends_the_endpoint_in_the_url(ccxts_own: Bot, simulator: Simulator) -> None:
    """The documented form is a JSON body."""
    ccxts_own.cancel_orders(place(simulator, 1), "BTC/USDT")
    assert [request.form for request in simulator.requests] == ["query"]


@worked_around_by(_endpoints._inverse_id)
def test_ccxt_has_no_batch_cancel_for_inverse_swaps(ccxts_own: Bot, simulator: Simulator) -> None:
    """NotSupported in 4.5.90; 4.5.60 sends it to the linear endpoint, which knows no inverse orders."""
    with pytest.raises(ExchangeError) as caught:
        ccxts_own.cancel_orders(["1"], "BTC/USD:BTC")
    asked = [request.path for request in simulator.requests]
    assert isinstance(caught.value, NotSupported) or asked == ["/openApi/swap/v2/trade/batchOrders"]


@worked_around_by(_outcome.Ledger.read, _batch.Batch.parts)
def test_ccxt_loses_failed_swap_ids_and_sends_any_number(ccxts_own: Bot) -> None:
    """Linear swap: the endpoint takes ten ids, twelve go in one request; the failed list is dropped."""
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


@worked_around_by(_gate.acquire, _mixin.BingxMixin.calculate_rate_limiter_cost)
def test_ccxts_cancel_waits_behind_other_calls(simulator: Simulator) -> None:
    """Sync: after any other call it waits for its cost in the shared throttle, here for two seconds."""
    with bot_of(CCXTS["sync"], simulator.ccxt_config(enableRateLimit=True)) as bot:
        bot.load_markets()
        bot.exchange.rateLimit = 500
        ids = place(simulator, 1)
        bot.fetch_open_orders("BTC/USDT")
        start = time.monotonic()
        bot.cancel_orders(ids, "BTC/USDT")
        assert time.monotonic() - start > 1.5


@pytest.mark.parametrize("world", ["async", "pro"])
@worked_around_by(_gate.acquire_async, _mixin.BingxMixin.calculate_rate_limiter_cost)
def test_ccxts_cancel_queues_behind_other_tasks(world: str, simulator: Simulator) -> None:
    """Async: the cancel reaches the wire after every call that was queued before it."""
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


@worked_around_by(_errors.refusal)
def test_ccxt_does_not_know_an_order_that_is_gone(ccxts_own: Bot, simulator: Simulator) -> None:
    """100404 is a plain ExchangeError (a bot retries it for ever), 100400 a BadRequest."""
    (filled,) = place(simulator, 1)
    simulator.fill(filled)
    with pytest.raises(ExchangeError) as unknown:
        ccxts_own.cancel_order("77", "BTC/USDT")
    assert not isinstance(unknown.value, OrderNotFound)
    with pytest.raises(BadRequest):
        ccxts_own.cancel_order(filled, "BTC/USDT")


@worked_around_by(_mixin.BingxMixin._execute)
def test_ccxts_retry_turns_a_success_into_a_failure(ccxts_own: Bot, simulator: Simulator) -> None:
    """The answer is lost after execution; the retry finds the orders gone and reports that."""
    (live,) = place(simulator, 1)
    ccxts_own.options["maxRetriesOnFailure"] = 1
    simulator.faults.add("http", status=504, when="after")
    with pytest.raises(BadRequest):
        ccxts_own.cancel_orders([live], "BTC/USDT")
    assert simulator.status(live) == "CANCELED"


@pytest.mark.parametrize("world", ["async", "pro"])
@worked_around_by(_once.forbid_replay)
def test_aiohttp_sends_a_cancel_again_by_itself(world: str, simulator: Simulator) -> None:
    """A DELETE whose answer is lost goes out twice, though no retries are set: "does not exist", it says."""
    with bot_of(CCXTS[world], simulator.ccxt_config()) as bot:
        bot.load_markets()
        live = str(simulator.place(market="linear").order_id)
        simulator.faults.add("drop", when="after", path="DELETE swap/v2/trade/order")
        with pytest.raises(OrderNotFound):
            bot.cancel_order(live, "BTC/USDT:USDT")
    assert simulator.status(live) == "CANCELED"
    assert len(simulator.arrivals("DELETE swap/v2/trade/order")) == 2


@worked_around_by(_finding_out.reconcile_batch)
def test_ccxt_does_not_find_out_what_happened(ccxts_own: Bot, simulator: Simulator) -> None:
    """504 or no answer after execution: RequestTimeout, without a word on which orders are gone."""
    ccxts_own.exchange.timeout = 1000
    for fault, details in (("http", {"status": 504}), ("hang", {})):
        simulator.faults.add(fault, when="after", **details)  # type: ignore[arg-type]
        with pytest.raises(RequestTimeout) as caught:
            ccxts_own.cancel_orders(place(simulator, 1), "BTC/USDT")
        assert not hasattr(caught.value, "unresolved")


@worked_around_by(_structures.build_order)
def test_ccxt_calls_a_failed_order_canceled(ccxts_own: Bot) -> None:
    """FAILED: nobody cancelled it."""
    assert ccxts_own.parse_order_status("FAILED") == "canceled"


@worked_around_by(_structures._parsed)
def test_ccxt_cannot_parse_an_order_without_a_type(ccxts_own: Bot) -> None:
    """AttributeError on a trigger price without a type."""
    with pytest.raises(AttributeError):
        ccxts_own.parse_order({"symbol": "BTC-USDT", "orderId": 1, "stopPrice": "3"})


def test_every_negative_control_names_its_workaround() -> None:
    """None of them fails without a word on what can go."""
    controls = {name for name in globals() if name.startswith(("test_ccxt", "test_aiohttp"))}
    assert set(WORKAROUNDS) == controls


def test_a_mended_defect_is_told_as_such(tmp_path: Path, loopback: None) -> None:
    """With our classes in the place of ccxt's the controls fail, each with the name of what may go."""
    root = Path(__file__).parent.parent
    (tmp_path / "mended.py").write_text(
        "from tests.helpers import CCXTS, OURS\nCCXTS.update(OURS)\n", "utf-8"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "mended", __file__]
    # Each in one world. Two are of calls that our classes leave to ccxt: they would go on passing.
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
