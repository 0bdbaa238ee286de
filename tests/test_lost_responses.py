"""Lost responses over real HTTP: what the plugin reports, compared with the simulator's order book."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ccxt.base.errors import (
    BaseError,
    ExchangeError,
    InvalidNonce,
    NetworkError,
    OperationFailed,
    RequestTimeout,
)

from ccxt_bingx_ext import bingx
from ccxt_bingx_ext._cancel.outcome import UNKNOWN_OUTCOME
from ccxt_bingx_ext._cancel.run import Pauses
from ccxt_bingx_ext._overrides import BingxMixin
from ccxt_bingx_ext.async_support import bingx as async_bingx
from ccxt_bingx_ext.simulator import Simulator

from .helpers import (
    FAULTS,
    OURS,
    Bot,
    bot_of,
    cancels,
    patience,
    place,
    reported,
    reported_by_client_id,
    unused_port,
)
from .scripted import config_over

SYMBOL = "BTC/USDT"


pytestmark = pytest.mark.usefixtures("without_pauses")


@pytest.mark.parametrize("process", [0, 1])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", FAULTS)
def test_lost_response(bot: Bot, simulator: Simulator, fault: str, when: Any, process: int) -> None:
    """The plugin cancels and reports both orders although a response was lost."""
    ids = place(simulator, 2)
    kind: Any = fault.strip()
    bot.exchange.timeout = patience(kind)
    simulator.faults.add(kind, when=when, **FAULTS[fault])
    orders = bot.cancel_orders(ids, SYMBOL, {"process": process})
    assert reported(orders) == [(one, "canceled") for one in ids]
    assert {order.status for order in simulator.orders()} == {"CANCELED"}
    assert len(cancels(simulator)) == (1 if when == "after" else 2)
    assert simulator.repeated_submissions == 0


@pytest.mark.parametrize("process", [0, 1])
def test_client_ids(bot: Bot, simulator: Simulator, process: int) -> None:
    """After a lost response the plugin reports orders by their client order ids."""
    for client_id in ("a_1", "b_2"):
        simulator.place(client_order_id=client_id)
    simulator.faults.add("http", status=504, when="after")
    params = {"clientOrderIds": ["b_2", "a_1"], "process": process}
    orders = bot.cancel_orders(None, SYMBOL, params)
    assert reported_by_client_id(orders) == [
        ("b_2", "canceled"),
        ("a_1", "canceled"),
    ]


def test_lost_refusal(bot: Bot, simulator: Simulator) -> None:
    """After a lost refusal a filled order proves that no order was cancelled: the other is reported open."""
    filled, live = place(simulator, 2)
    simulator.fill(filled)
    simulator.faults.add("http", status=504, when="after")
    orders = bot.cancel_orders([filled, live], SYMBOL)
    assert reported(orders) == [(filled, "closed"), (live, "open")]
    assert simulator.status(live) == "PENDING"
    assert len(cancels(simulator)) == 1


def test_lost_refusal_unclear(bot: Bot, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the other order is cancelled, the outcome of the list is unknown: the first error is raised."""
    monkeypatch.setattr(BingxMixin, "_pauses", Pauses(reconcile=0.01, lag=60.0))  # no query is late enough
    gone, live = place(simulator, 2)
    simulator.cancel(gone)
    simulator.faults.add("http", status=504, when="after")
    with pytest.raises(RequestTimeout, match=UNKNOWN_OUTCOME) as caught:
        bot.cancel_orders([gone, live], SYMBOL)
    assert reported(caught.value.orders) == [(gone, "canceled")]
    assert caught.value.unresolved == [live]
    assert "nothing was cancelled" not in str(caught.value)
    assert simulator.status(live) == "PENDING"


def test_final_orders(bot: Bot, simulator: Simulator) -> None:
    """When every order is final, the plugin reports each state and sends no second cancel."""
    filled, gone = place(simulator, 2)
    simulator.fill(filled)
    simulator.cancel(gone)
    simulator.faults.add("drop")
    assert reported(bot.cancel_orders([filled, gone], SYMBOL)) == [(filled, "closed"), (gone, "canceled")]
    assert len(cancels(simulator)) == 1


def test_fill_before_execution(bot: Bot, simulator: Simulator) -> None:
    """The plugin reports an order that fills before its cancel executes as closed."""
    first, second = place(simulator, 2)
    simulator.faults.add("race", action="fill", order_id=int(first))
    orders = bot.cancel_orders([first, second], SYMBOL, {"process": 1})
    assert reported(orders) == [(first, "closed"), (second, "canceled")]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("hang", RequestTimeout),
        ("drop", NetworkError),
        ("busy", OperationFailed),
        ("cut_off ", (ExchangeError, NetworkError)),
    ],
)
def test_still_unknown(bot: Bot, simulator: Simulator, fault: str, error: Any) -> None:
    """When the outcome stays unknown, the plugin raises the original error with every id unresolved."""
    bot.load_markets()
    ids = place(simulator, 2)
    kind: Any = fault.strip()
    bot.exchange.timeout = patience(kind)
    simulator.faults.add(kind, times=None, **FAULTS[fault])
    simulator.faults.add("http", status=502, times=None, path="spot/v1/trade/query")
    with pytest.raises(error, match=UNKNOWN_OUTCOME) as caught:
        bot.cancel_orders(ids, SYMBOL, {"process": 1})
    assert (caught.value.orders, caught.value.unresolved) == ([], ids)
    assert len(cancels(simulator)) == 4
    simulator.faults.clear()
    assert [
        status for _, status in reported(bot.cancel_orders(caught.value.unresolved, SYMBOL, {"process": 1}))
    ] == (["canceled"] * 2)


CALLS: dict[str, Any] = {
    "cancelOrder": lambda bot, one: bot.cancel_order(one, SYMBOL),
    "cancelOrders": lambda bot, one: bot.cancel_orders([one], SYMBOL),
    "cancelOrdersForSymbols": lambda bot, one: bot.cancel_orders_for_symbols([{"id": one, "symbol": SYMBOL}]),
    "cancelAllOrders": lambda bot, one: bot.cancel_all_orders(SYMBOL),
    "editOrder": lambda bot, one: bot.edit_order(one, SYMBOL, "limit", "buy", 1, 10),
}


@pytest.mark.parametrize("loads_markets", [False, True])
@pytest.mark.parametrize(
    ("fault", "details", "error"),
    [
        ("hang", {}, RequestTimeout),
        ("reset", {}, NetworkError),
        ("http", {"status": 502}, NetworkError),
        ("http", {"status": 403}, NetworkError),
    ],
)
@pytest.mark.parametrize("method", CALLS)
def test_messages_name_the_method(
    bot: Bot,
    simulator: Simulator,
    method: str,
    fault: Any,
    details: dict[str, Any],
    error: Any,
    loads_markets: bool,
) -> None:
    """ccxt's own errors leave with the name of the method that the bot called, whichever request failed."""
    (one,) = place(simulator)
    if not loads_markets:
        bot.load_markets()
    bot.exchange.timeout = 300
    bot.exchange.options["cancelOrders"] = {"resolveAttempts": 0}
    simulator.faults.add(fault, times=None, path="*", **details)
    with pytest.raises(error) as caught:
        CALLS[method](bot, one)
    assert str(caught.value).startswith(f"bingx {method}() ")
    assert str(caught.value).count(f"{method}()") == 1
    assert caught.value.unresolved


def test_no_reconciliation(bot: Bot, simulator: Simulator) -> None:
    """With resolveAttempts 0 the plugin sends one request and raises an unknown outcome."""
    bot.options["cancelOrders"]["resolveAttempts"] = 0
    simulator.faults.add("drop", when="after")
    with pytest.raises(NetworkError, match=UNKNOWN_OUTCOME):
        bot.cancel_orders(place(simulator, 1), SYMBOL)
    assert len(cancels(simulator)) == 1


def test_slow_response(bot: Bot, simulator: Simulator) -> None:
    """The plugin reads a response that arrives in small pieces to its end."""
    ids = place(simulator, 1)
    simulator.faults.add("dribble", seconds=0.001)
    assert reported(bot.cancel_orders(ids, SYMBOL)) == [(ids[0], "canceled")]
    assert len(cancels(simulator)) == 1


@pytest.mark.parametrize("ahead", [60_000, -60_000])
def test_clock_off(bot: Bot, simulator: Simulator, ahead: int) -> None:
    """A bot whose clock is a minute off can cancel, and from then on signs with the right time."""
    simulator.clock_offset_ms = ahead
    ids = place(simulator, 2)
    assert reported(bot.cancel_orders(ids[:1], SYMBOL)) == [(ids[0], "canceled")]
    assert len(cancels(simulator)) == 2
    assert abs(bot.nonce() - simulator.now_ms()) < 1000
    bot.cancel_orders(ids[1:], SYMBOL)
    assert len(cancels(simulator)) == 3
    assert bot.fetch_order(ids[0], SYMBOL)["status"] == "canceled"


def test_clock_unavailable(bot: Bot, simulator: Simulator) -> None:
    """When the plugin cannot fetch the exchange's time, it raises the exchange's refusal."""
    simulator.clock_offset_ms = 60_000
    simulator.faults.add("http", path="server/time", status=500)
    with pytest.raises(InvalidNonce) as caught:
        bot.cancel_orders(["1"], SYMBOL)
    assert caught.value.unresolved == ["1"]


def test_binary_body(bot: Bot, simulator: Simulator) -> None:
    """A response that is not text counts as lost, and the plugin reconciles."""
    ids = place(simulator, 2)
    binary: dict[str, Any] = {"body": b"\xff\xfe\x00", "content_type": "application/octet-stream"}
    simulator.faults.add("canned", when="after", **binary)
    assert reported(bot.cancel_orders(ids, SYMBOL)) == [(one, "canceled") for one in ids]
    simulator.faults.add("canned", times=None, **binary)
    simulator.faults.add("canned", times=None, path="spot/v1/trade/query", **binary)
    ids = place(simulator, 2)
    with pytest.raises(OperationFailed) as caught:
        bot.cancel_orders(ids, SYMBOL, {"process": 1})
    assert caught.value.unresolved == ids


def test_gateway_4xx(bot: Bot, simulator: Simulator) -> None:
    """A page with HTTP 403 is a refusal: the plugin sends one request and knows the outcome."""
    simulator.faults.add("http", status=403)
    with pytest.raises(BaseError) as caught:
        bot.cancel_orders(["1"], SYMBOL)
    assert UNKNOWN_OUTCOME not in str(caught.value)
    assert len(cancels(simulator)) == 1


def test_cancel_in_except_block(bot: Bot, simulator: Simulator) -> None:
    """An exception that the bot is handling does not change how the plugin judges a failure."""
    ids = place(simulator, 2)
    simulator.faults.add("drop", when="after")
    try:
        raise ConnectionRefusedError("something else")
    except ConnectionRefusedError:
        orders = bot.cancel_orders(ids, SYMBOL)
    assert reported(orders) == [(one, "canceled") for one in ids]


@pytest.mark.parametrize("request_format", ["json", "query"])
def test_fallback_host(world: str, simulator: Simulator, request_format: str) -> None:
    """When a host refuses the connection, cancels and look-ups go to the next host that you named."""
    first, second = (f"127.0.0.1:{unused_port()}" for _ in range(2))
    config = config_over(simulator, first, second, f"127.0.0.1:{simulator.port}")
    ids = place(simulator, 3)
    with bot_of(OURS[world], config) as bot:
        bot.options["cancelOrders"]["requestFormat"] = request_format
        simulator.faults.add("http", status=504, when="after")
        assert reported(bot.cancel_orders(ids[:2], SYMBOL)) == [(one, "canceled") for one in ids[:2]]
        assert reported(bot.cancel_orders(ids[2:], SYMBOL)) == [(ids[2], "canceled")]
        assert all(request.signature_valid for request in simulator.requests)
        with pytest.raises(NetworkError):
            bot.fetch_open_orders(SYMBOL)  # other calls stay with the first host


def test_no_fallback_host(world: str, simulator: Simulator) -> None:
    """Without fallback hosts the plugin tries no other host, and the outcome is not unknown."""
    config = config_over(simulator, f"127.0.0.1:{unused_port()}")
    with bot_of(OURS[world], config) as bot, pytest.raises(NetworkError) as caught:
        bot.cancel_orders(["1"], SYMBOL)
    assert caught.value.unresolved == ["1"]
    assert UNKNOWN_OUTCOME not in str(caught.value)
    assert simulator.requests == []


def test_no_fallback_after_response(world: str, simulator: Simulator, loopback: None) -> None:
    """After a response, even HTTP 503, the plugin tries no other host."""
    with Simulator(limits=None) as other:
        config = config_over(simulator, f"127.0.0.1:{simulator.port}", f"127.0.0.1:{other.port}")
        simulator.faults.add("http", status=503, times=None)
        with bot_of(OURS[world], config) as bot:
            (order,) = bot.cancel_orders(["1"], SYMBOL, {"process": 1})
        assert order["status"] is None  # after two look-ups
        assert other.requests == []


def test_cancelled_task(simulator: Simulator) -> None:
    """A cancelled task ends at once, sends nothing more and leaves the instance usable."""

    async def main() -> None:
        options = {"cancelOrders": {"resolveTimeout": 60_000}}
        config = simulator.ccxt_config(timeout=30_000, enableRateLimit=False, options=options)
        exchange = async_bingx(config)
        try:
            kind: Any
            for kind in ("hang", "drop"):
                simulator.clear_log()
                simulator.faults.add(kind, times=None)
                exchange._pauses = Pauses(reconcile=30.0)
                task = asyncio.ensure_future(exchange.cancel_orders(place(simulator, 1), SYMBOL))
                while not cancels(simulator):
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.1)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert len(cancels(simulator)) == 1
                simulator.faults.clear()
                ids = place(simulator, 1)
                assert reported(await exchange.cancel_orders(ids, SYMBOL)) == [(ids[0], "canceled")]
        finally:
            await exchange.close(True)

    asyncio.run(main())


def test_ctrl_c(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends a call at once, sends nothing more and leaves the instance usable."""
    exchange = bingx(simulator.ccxt_config(enableRateLimit=False))
    exchange.load_markets()
    ids = place(simulator, 1)

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(exchange.session, "request", interrupted)
        with pytest.raises(KeyboardInterrupt):
            exchange.cancel_orders(ids, SYMBOL)
    assert len(cancels(simulator)) == 0
    assert reported(exchange.cancel_orders(ids, SYMBOL)) == [(ids[0], "canceled")]
