"""cancel_order on every market over real HTTP, compared with the simulator's order book."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from ccxt.base.errors import (
    ArgumentsRequired,
    BadRequest,
    BadResponse,
    BadSymbol,
    BaseError,
    InvalidOrder,
    NetworkError,
    OperationFailed,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
    RequestTimeout,
)

from ccxt_bingx_ext import ClientOrderId, bingx
from ccxt_bingx_ext._bingx.vocabulary import calls_orders_gone
from ccxt_bingx_ext._cancel.outcome import UNKNOWN_OUTCOME
from ccxt_bingx_ext.async_support import bingx as async_bingx
from ccxt_bingx_ext.simulator import Request, Simulator

from .helpers import (
    FAULTS,
    OURS,
    SYNC_AND_ASYNC,
    Bot,
    bot_of,
    cancels,
    config_of,
    in_threads,
    pairwise,
    patience,
    place,
    reached,
    refused,
    reported,
    unused_port,
)
from .scripted import config_over

SYMBOLS = {"spot": "BTC/USDT", "linear": "BTC/USDT:USDT", "inverse": "BTC/USD:BTC"}
SINGLE = {
    "spot": "POST spot/v1/trade/cancel",
    "linear": "DELETE swap/v2/trade/order",
    "inverse": "DELETE cswap/v1/trade/cancelOrder",
}
QUERY = {
    "spot": "GET spot/v1/trade/query",
    "linear": "GET swap/v2/trade/order",
    "inverse": "GET cswap/v1/trade/orderDetail",
}
OPEN = {
    "spot": "GET spot/v1/trade/openOrders",
    "linear": "GET swap/v2/trade/openOrders",
    "inverse": "GET cswap/v1/trade/openOrders",
}
TWO_HOURS = 2 * 60 * 60 * 1000
UNKNOWN = json.dumps({"code": 109421, "msg": "order not exist", "data": {}})

# Every market and both worlds, in as few tests as possible: they are slow.
in_turn = pytest.mark.parametrize(
    ("market", "world"), [("spot", "sync"), ("linear", "async"), ("inverse", "sync")]
)
pytestmark = pytest.mark.usefixtures("without_pauses")


@pytest.fixture
def bot(bot: Bot) -> Bot:
    """The shared bot, with its markets loaded."""
    bot.load_markets()
    return bot


@pytest.fixture(params=["spot", "linear", "inverse"])
def market(request: pytest.FixtureRequest) -> Any:
    return request.param


def sent(simulator: Simulator, market: str) -> int:
    """How many single cancels of that market arrived."""
    return len(cancels(simulator, SINGLE[market]))


def fails(bot: Bot, kind: Any, *args: Any) -> Any:
    """Return the error of cancel_order, after checking everything that its errors promise."""
    with pytest.raises(kind) as caught:
        bot.cancel_order(*args)
    error = caught.value
    assert isinstance(error, InvalidOrder) <= (error.unresolved == [])
    assert len(error.orders) + len(error.unresolved) == 1
    if error.unresolved:
        assert not calls_orders_gone(str(error))
        assert str(error.unresolved[0]) in str(error)
    return error


def is_gone(error: Any, words: str, status: str | None) -> None:
    assert f"bingx cancelOrder() order not found: {words}" in str(error)
    assert [order["status"] for order in error.orders] == [status]
    assert error.unresolved == []


# The response arrives


def test_cancelled(bot: Bot, simulator: Simulator, market: Any) -> None:
    """One request cancels the order, and the structure is ccxt's."""
    (order_id,) = place(simulator, market=market, side="SELL", price="7", quantity="2")
    simulator.clear_log()
    order = bot.cancel_order(order_id, SYMBOLS[market])
    assert simulator.status(order_id) == "CANCELED"
    assert (order["id"], order["status"], order["symbol"]) == (order_id, "canceled", SYMBOLS[market])
    if market != "inverse":  # inverse responses have neither quantity nor type (docs)
        assert (order["side"], order["price"], order["amount"], order["filled"]) == ("sell", 7, 2, 0)
    assert [request.path for request in simulator.requests] == [simulator.path(SINGLE[market]).split()[-1]]
    (request,) = simulator.requests
    assert request.signature_valid
    assert request.params.keys() == {"symbol", "orderId", "timestamp"}


def test_markets_are_loaded(world: str, simulator: Simulator, market: Any) -> None:
    """Without markets the call loads them first."""
    (order_id,) = place(simulator, market=market)
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:
        assert bot.cancel_order(order_id, SYMBOLS[market])["status"] == "canceled"


@pytest.mark.parametrize("flat", [False, True])
def test_inverse_answers(world: str, flat: bool, loopback: None) -> None:
    """The inverse response may hold the order as data.order or as data."""
    with (
        Simulator(limits=None, inverse_cancel_flat=flat) as simulator,
        bot_of(OURS[world], simulator.ccxt_config()) as bot,
    ):
        (order_id,) = place(simulator, market="inverse")
        order = bot.cancel_order(order_id, SYMBOLS["inverse"])
        assert (order["id"], order["status"]) == (order_id, "canceled")


@pytest.mark.parametrize(
    ("ending", "words", "status"),
    [
        ("fill", "already filled", "closed"),
        ("cancel", "already canceled", "canceled"),
        ("fail", "already failed", "rejected"),
        ("expire", "already expired", "expired"),
    ],
)
def test_gone(bot: Bot, simulator: Simulator, market: Any, ending: str, words: str, status: str) -> None:
    """One cancel of an ended order raises OrderNotFound, in plain words and with the order's state."""
    (order_id,) = place(simulator, market=market)
    getattr(simulator, ending)(order_id)
    is_gone(fails(bot, OrderNotFound, order_id, SYMBOLS[market]), words, status)
    assert sent(simulator, market) == 1


def test_unknown(bot: Bot, simulator: Simulator, market: Any) -> None:
    """An order that neither the query nor the history knows is gone."""
    error = fails(bot, OrderNotFound, "77", SYMBOLS[market])
    is_gone(error, "the exchange knows no such order", None)
    assert sent(simulator, market) == 1


@pytest.mark.parametrize(("wording", "market", "world"), pairwise(range(6), SYMBOLS, SYNC_AND_ASYNC))
def test_every_wording(world: str, market: Any, wording: int, loopback: None) -> None:
    """For all words of a refusal, the plugin distinguishes filled, cancelled and unknown orders.

    Some words are ambiguous ("service has some errors"). Then a cancelled order is a success.
    """
    with (
        Simulator(limits=None, wording=wording) as simulator,
        bot_of(OURS[world], simulator.ccxt_config()) as bot,
    ):
        bot.load_markets()
        filled, gone = place(simulator, 2, market=market)
        simulator.fill(filled)
        simulator.cancel(gone)
        is_gone(fails(bot, OrderNotFound, filled, SYMBOLS[market]), "already filled", "closed")
        try:
            assert bot.cancel_order(gone, SYMBOLS[market])["status"] == "canceled"
        except OrderNotFound as error:
            is_gone(error, "already canceled", "canceled")
        is_gone(fails(bot, OrderNotFound, "77", SYMBOLS[market]), "the exchange knows no such order", None)


def test_gone_without_look_up(bot: Bot, simulator: Simulator, market: Any) -> None:
    """Without look-ups a named final state is enough, and "does not exist" is not."""
    (filled,) = place(simulator, market=market)
    simulator.fill(filled)
    simulator.faults.add("http", status=502, times=None, path=QUERY[market])
    is_gone(fails(bot, OrderNotFound, filled, SYMBOLS[market]), "already filled", "closed")
    assert fails(bot, BadResponse, "77", SYMBOLS[market]).unresolved == ["77"]


@in_turn
def test_refused_but_open(bot: Bot, simulator: Simulator, market: Any) -> None:
    """An order that the exchange does not know yet is cancelled again, a second later."""
    (order_id,) = place(simulator, market=market)
    simulator.faults.add("canned", body=UNKNOWN, path=SINGLE[market])
    assert bot.cancel_order(order_id, SYMBOLS[market])["status"] == "canceled"
    assert sent(simulator, market) == 2
    first, second = simulator.arrivals(SINGLE[market])
    assert second - first >= 1.0
    assert simulator.repeated_submissions == 0


@in_turn
def test_refused_but_open_for_good(bot: Bot, simulator: Simulator, market: Any) -> None:
    """If the exchange refuses an order as unknown, but shows it as open, it is unresolved."""
    (order_id,) = place(simulator, market=market)
    simulator.faults.add("canned", body=UNKNOWN, path=SINGLE[market], times=None)
    error = fails(bot, BadResponse, order_id, SYMBOLS[market])
    assert error.unresolved == [order_id]
    assert error.exchange_message == "order not exist"
    assert sent(simulator, market) == 2


def test_stale_query(bot: Bot, simulator: Simulator) -> None:
    """If another program cancelled the order, a query that still shows it as open does not make it live."""
    (order_id,) = place(simulator, market="linear")
    simulator.cancel(order_id)
    simulator.faults.add("stale", seconds=5, lasting=0.5, times=None, path=QUERY["linear"])
    is_gone(fails(bot, OrderNotFound, order_id, SYMBOLS["linear"]), "already canceled", "canceled")


@in_turn
def test_risk_control_and_permission(bot: Bot, simulator: Simulator, market: Any) -> None:
    """The plugin raises any other refusal unchanged, and the order is unresolved."""
    (order_id,) = place(simulator, market=market)
    simulator.faults.add("canned", body='{"code":100004,"msg":"Permission denied"}', path=SINGLE[market])
    assert fails(bot, PermissionDenied, order_id, SYMBOLS[market]).unresolved == [order_id]
    simulator.restrict(60)
    assert fails(bot, RateLimitExceeded, order_id, SYMBOLS[market]).unresolved == [order_id]
    assert simulator.status(order_id) == "PENDING"


# Lost responses

EVERYWHERE = pairwise(FAULTS, ["before", "after"], SYMBOLS, SYNC_AND_ASYNC)


@pytest.mark.parametrize(("fault", "when", "market", "world"), EVERYWHERE)
def test_lost_response(simulator: Simulator, fault: str, when: Any, market: Any, world: str) -> None:
    """For every fate of a response, the plugin cancels the order and returns its structure."""
    kind: Any = fault.strip()
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:
        bot.load_markets()
        bot.exchange.timeout = patience(kind)
        (order_id,) = place(simulator, market=market)
        simulator.faults.add(kind, when=when, path=SINGLE[market], **FAULTS[fault])
        order = bot.cancel_order(order_id, SYMBOLS[market])
    assert (order["id"], order["status"]) == (order_id, "canceled")
    assert simulator.status(order_id) == "CANCELED"
    assert sent(simulator, market) == (1 if when == "after" else 2)
    assert simulator.repeated_submissions == 0


@pytest.mark.parametrize("fault", ["drop", "busy", "cut_off "])
@in_turn
def test_lost_and_filled(bot: Bot, simulator: Simulator, market: Any, fault: str) -> None:
    """If the order was filled instead, the plugin raises OrderNotFound, and does not send again."""
    (order_id,) = place(simulator, market=market)
    simulator.fill(order_id)
    kind: Any = fault.strip()
    simulator.faults.add(kind, when="after", path=SINGLE[market], **FAULTS[fault])
    is_gone(fails(bot, OrderNotFound, order_id, SYMBOLS[market]), "already filled", "closed")
    assert sent(simulator, market) == 1


@in_turn
def test_lost_and_cancelled_by_others(bot: Bot, simulator: Simulator, market: Any) -> None:
    """After a lost response a cancelled order is a success, even if another program cancelled it."""
    (order_id,) = place(simulator, market=market)
    simulator.cancel(order_id)
    simulator.faults.add("drop", path=SINGLE[market])
    assert bot.cancel_order(order_id, SYMBOLS[market])["status"] == "canceled"
    assert sent(simulator, market) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [("hang", RequestTimeout), ("drop", NetworkError), ("busy", OperationFailed), ("null_data", BadResponse)],
)
@in_turn
def test_still_unknown(bot: Bot, simulator: Simulator, market: Any, fault: Any, error: Any) -> None:
    """If the order stays unsettled, the plugin raises the first error with the id, and claims nothing."""
    bot.options["cancelOrders"]["resolveTimeout"] = 1500
    bot.exchange.timeout = patience(fault)
    (order_id,) = place(simulator, market=market)
    simulator.faults.add(fault, times=None, path=SINGLE[market])
    simulator.faults.add("http", status=502, times=None, path=QUERY[market])
    raised = fails(bot, error, order_id, SYMBOLS[market])
    assert UNKNOWN_OUTCOME in str(raised)
    assert raised.unresolved == [order_id]
    assert simulator.status(order_id) == "PENDING"


@pytest.mark.parametrize("settings", [{"resolveAttempts": 0}, {"resolveTimeout": 0}])
@in_turn
def test_no_attempts(bot: Bot, simulator: Simulator, market: Any, settings: dict[str, int]) -> None:
    """With resolveAttempts 0 the plugin raises a lost response at once, and sends nothing more."""
    bot.options["cancelOrders"] |= settings
    (order_id,) = place(simulator, market=market)
    simulator.clear_log()
    simulator.faults.add("drop", when="after", path=SINGLE[market])
    assert fails(bot, NetworkError, order_id, SYMBOLS[market]).unresolved == [order_id]
    assert len(simulator.requests) == 1


@in_turn
def test_executed_late(bot: Bot, simulator: Simulator, market: Any) -> None:
    """A request that is executed after the first query does not turn into a failure."""
    (order_id,) = place(simulator, market=market)
    simulator.faults.add("http", status=504, path=SINGLE[market])
    query = simulator.path(QUERY[market])

    def execute(request: Request) -> None:
        if query in (request.path, request.endpoint) and simulator.status(order_id) == "PENDING":
            simulator.cancel(order_id)

    simulator.on_response = execute
    assert bot.cancel_order(order_id, SYMBOLS[market])["status"] == "canceled"
    assert simulator.status(order_id) == "CANCELED"


@in_turn
def test_ban_in_the_middle(bot: Bot, simulator: Simulator, market: Any) -> None:
    """A ban after a lost response: the first error says so, and the order is unresolved."""
    (order_id,) = place(simulator, market=market)
    simulator.faults.add("http", status=504, path=SINGLE[market])
    simulator.faults.add("ban", seconds=300, path=SINGLE[market])
    error = fails(bot, RequestTimeout, order_id, SYMBOLS[market])
    assert error.unresolved == [order_id]
    assert error.banned
    assert sent(simulator, market) == 2


def test_fallback_host(world: str, simulator: Simulator, market: Any) -> None:
    """If nothing listens at the first host, the second one gets the request."""
    (order_id,) = place(simulator, market=market)
    config = config_over(simulator, f"127.0.0.1:{unused_port()}", simulator.url.partition("//")[2])
    with bot_of(OURS[world], config) as bot, bot_of(OURS["sync"], simulator.ccxt_config()) as loaded:
        loaded.load_markets()
        bot.exchange.set_markets(loaded.exchange.markets)
        assert bot.cancel_order(order_id, SYMBOLS[market])["status"] == "canceled"
    assert sent(simulator, market) == 1


# Client order ids


def test_client_ids(bot: Bot, simulator: Simulator, market: Any) -> None:
    """cancel_order takes client order ids in every way of ccxt's, and as a ClientOrderId."""
    symbol = SYMBOLS[market]
    calls: list[tuple[Any, dict[str, Any]]] = [
        ("", {"clientOrderId": "Mine_0"}),
        (None, {"clientOrderID": "Mine_1"}),
        (ClientOrderId("Mine_2"), {}),
    ]
    for number, (given, params) in enumerate(calls):
        placed = simulator.place(market=market, client_order_id=f"Mine_{number}")
        order = bot.cancel_order(given, symbol, params)
        assert (order["id"], order["clientOrderId"]) == (str(placed.order_id), f"Mine_{number}")
        assert simulator.status(placed.order_id) == "CANCELED"
    placed = simulator.place(market=market, client_order_id="Mine_3")
    assert bot.cancel_order_with_client_order_id("Mine_3", symbol)["status"] == "canceled"
    assert simulator.status(placed.order_id) == "CANCELED"
    assert sent(simulator, market) == 4


@pytest.mark.parametrize("when", ["before", "after"])
@in_turn
def test_client_id_lost(bot: Bot, simulator: Simulator, market: Any, when: Any) -> None:
    """The plugin also settles a lost response to a cancel by client order id."""
    placed = simulator.place(market=market, client_order_id="Mine")
    simulator.faults.add("drop", when=when, path=SINGLE[market])
    order = bot.cancel_order(None, SYMBOLS[market], {"clientOrderId": "Mine"})
    assert (order["clientOrderId"], order["status"]) == ("Mine", "canceled")
    assert simulator.status(placed.order_id) == "CANCELED"


def forget_client_ids(simulator: Simulator, market: Any) -> None:
    """Let the exchange forget client order ids: on spot by its clock, on swaps all of them."""
    if market == "spot":
        simulator.clock_offset_ms += TWO_HOURS + 1000
    else:
        simulator.faults.add("canned", body=UNKNOWN, path=SINGLE[market])
        simulator.faults.add("canned", body=UNKNOWN, path=QUERY[market], times=2)


@pytest.mark.parametrize("beside", [False, True])
@in_turn
def test_client_id_forgotten(bot: Bot, simulator: Simulator, market: Any, beside: bool) -> None:
    """If the exchange forgot an open order's client order id, the plugin cancels it by its order id."""
    placed = simulator.place(market=market, client_order_id="Mine")
    other = simulator.place(market=market, client_order_id="Other")
    forget_client_ids(simulator, market)
    order = bot.cancel_order(
        str(placed.order_id) if beside else None, SYMBOLS[market], {"clientOrderId": "Mine"}
    )
    assert (order["id"], order["clientOrderId"]) == (str(placed.order_id), "Mine")
    assert order["status"] == "canceled"
    assert simulator.status(placed.order_id) == "CANCELED"
    assert simulator.status(other.order_id) == "PENDING"
    assert sent(simulator, market) == (3 if market == "spot" else 2)  # on spot, one measures the clock


@in_turn
def test_client_id_unknown(bot: Bot, simulator: Simulator, market: Any) -> None:
    """An unknown client order id does not count as gone. The bot can pass the error's ids back unchanged."""
    error = fails(bot, BadResponse, None, SYMBOLS[market], {"clientOrderId": "nobody"})
    assert error.unresolved == ["nobody"]
    (again,) = error.unresolved
    simulator.place(market=market, client_order_id="nobody")
    assert bot.cancel_order(again, SYMBOLS[market])["status"] == "canceled"


@in_turn
def test_both_ids(bot: Bot, simulator: Simulator, market: Any) -> None:
    """With both ids the plugin cancels by the client order id, and queries by the order id."""
    placed = simulator.place(market=market, client_order_id="Mine")
    simulator.clear_log()
    simulator.faults.add("drop", when="after", path=SINGLE[market])
    order = bot.cancel_order(placed.order_id, SYMBOLS[market], {"clientOrderId": "Mine"})
    assert order["status"] == "canceled"
    names = {"spot": "clientOrderID", "linear": "clientOrderID", "inverse": "clientOrderId"}
    cancel, query = (request.params for request in simulator.requests[:2])
    assert (cancel[names[market]], "orderId" in cancel) == ("Mine", False)
    assert query["orderId"] == str(placed.order_id)


@in_turn
def test_both_ids_of_two_orders(bot: Bot, simulator: Simulator, market: Any) -> None:
    """If the order id belongs to another client order id, the plugin neither believes nor cancels it."""
    other = simulator.place(market=market, client_order_id="Other")
    params = {"clientOrderId": "nobody"}
    for _ in range(2):  # open, then filled
        error = fails(bot, BadResponse, other.order_id, SYMBOLS[market], params)
        assert error.unresolved == ["nobody"]
        assert simulator.status(other.order_id) != "CANCELED"
        if simulator.status(other.order_id) == "PENDING":
            simulator.fill(other.order_id)


@in_turn
def test_client_id_of_another_order(bot: Bot, simulator: Simulator, market: Any) -> None:
    """If the client order id cancels another order, the order that the bot passed stays unresolved."""
    passed, other = (simulator.place(market=market, client_order_id=one) for one in ("Passed", "Other"))
    with pytest.raises(BadResponse, match=f"belongs to order {other.order_id}") as caught:
        bot.cancel_order(passed.order_id, SYMBOLS[market], {"clientOrderId": "Other"})
    error: Any = caught.value
    assert reported(error.orders) == [(str(other.order_id), "canceled")]
    assert error.orders[0]["clientOrderId"] == "Other"
    assert error.unresolved == [str(passed.order_id)]
    assert [simulator.status(one.order_id) for one in (passed, other)] == ["PENDING", "CANCELED"]


# Parameters


def test_restrictions(bot: Bot, simulator: Simulator) -> None:
    """cancelRestrictions reach the exchange, and an order that they protect stays open and unresolved."""
    (order_id,) = place(simulator)
    error = fails(bot, BadRequest, order_id, SYMBOLS["spot"], {"cancelRestrictions": "NEW"})
    assert error.unresolved == [order_id]
    simulator.faults.add("drop", path=SINGLE["spot"])
    error = fails(bot, NetworkError, order_id, SYMBOLS["spot"], {"cancelRestrictions": "PENDING"})
    assert error.unresolved == [order_id]
    assert (simulator.status(order_id), sent(simulator, "spot")) == ("PENDING", 2)
    order = bot.cancel_order(order_id, SYMBOLS["spot"], {"cancelRestrictions": "PENDING"})
    assert order["status"] == "canceled"


def test_params_pass_through(bot: Bot, simulator: Simulator, market: Any) -> None:
    """stop, trigger and further parameters go unchanged. ccxt's own names for a market do not go."""
    (order_id,) = place(simulator, market=market)
    params = {"stop": True, "trigger": False, "recvWindow": 3000, "type": "x", "twap": False}
    assert bot.cancel_order(order_id, SYMBOLS[market], params)["status"] == "canceled"
    (request,) = cancels(simulator, SINGLE[market])
    own = request.params.keys() - {"symbol", "orderId", "timestamp"}
    assert own == {"stop", "trigger", "recvWindow"}
    assert params["twap"] is False


def test_twap_is_ccxts(bot: Bot, simulator: Simulator) -> None:
    """A TWAP order goes to ccxt's own method."""
    simulator.clear_log()
    with pytest.raises(BaseError):  # an endpoint that the simulator does not know
        bot.cancel_order("1", SYMBOLS["linear"], {"twap": True})
    (request,) = simulator.requests
    assert request.path.endswith("twap/cancelOrder")
    assert request.params["mainOrderId"] == "1"


@pytest.mark.parametrize(
    ("args", "error", "unresolved"),
    [
        (("1", None), ArgumentsRequired, ["1"]),
        (("", "BTC/USDT"), ArgumentsRequired, []),
        ((None, "BTC/USDT", {"clientOrderId": "a b"}), BadRequest, ["a b"]),
        (("x", "BTC/USDT"), BadRequest, ["x"]),
        ((1.5, "BTC/USDT"), BadRequest, [1.5]),
        (("1", "NO/SUCH"), BadSymbol, ["1"]),
        (("1", "BTC/USDT", {"a=b": 1}), BadRequest, ["1"]),
        (("1", "BTC/USDT", None), BadRequest, ["1"]),
    ],
)
def test_bad_input(bot: Bot, simulator: Simulator, args: Any, error: Any, unresolved: list[Any]) -> None:
    """Wrong input sends nothing, and the error holds the bot's ids unchanged."""
    simulator.clear_log()
    with pytest.raises(error) as caught:
        bot.cancel_order(*args)
    assert (caught.value.orders, caught.value.unresolved) == ([], unresolved)
    assert simulator.requests == []


class _Hostile(dict[str, Any]):
    def get(self, *args: Any) -> Any:
        raise RuntimeError("mine")


@pytest.mark.parametrize(
    "options",
    [
        {"family": "yes"},
        {"family": 1},
        {"linear": {"singleLimit": "x"}},
        {"storage": 1},
        [],
        {"linear": []},
        _Hostile(),
    ],
)
def test_bad_options(bot: Bot, simulator: Simulator, options: Any) -> None:
    """An unusable setting raises before the plugin sends anything, and the error holds the id."""
    bot.exchange.options["cancelOrders"] = options
    simulator.clear_log()
    if isinstance(options, _Hostile):
        (order_id,) = place(simulator, market="linear")
        assert bot.cancel_order(order_id, SYMBOLS["linear"])["status"] == "canceled"
        return
    with pytest.raises(BadRequest, match="cancelOrders") as caught:
        bot.cancel_order("1", SYMBOLS["linear"])
    assert (caught.value.orders, caught.value.unresolved) == ([], ["1"])
    assert simulator.requests == []


def test_hostile_params(bot: Bot, simulator: Simulator) -> None:
    """Params whose methods raise lead to a ccxt error with the id."""

    class Hostile(dict[str, Any]):
        def get(self, *args: Any) -> Any:
            raise RuntimeError("mine")

        def keys(self) -> Any:
            raise RuntimeError("mine")

        def __iter__(self) -> Iterator[str]:
            raise RuntimeError("mine")

    simulator.clear_log()
    with pytest.raises(BadRequest) as caught:
        bot.cancel_order("1", SYMBOLS["linear"], Hostile(a=1))
    assert caught.value.unresolved == ["1"]
    assert simulator.requests == []


@in_turn
def test_family_off(bot: Bot, simulator: Simulator, market: Any) -> None:
    """With family False the method is ccxt's, without lists on errors and without reconciling."""
    bot.options["cancelOrders"]["family"] = False
    live, lost = place(simulator, 2, market=market)
    assert bot.cancel_order(live, SYMBOLS[market])["status"] == "canceled"
    simulator.faults.add("http", status=504, when="after", path=SINGLE[market])
    with pytest.raises(BaseError) as caught:
        bot.cancel_order(lost, SYMBOLS[market])
    assert not hasattr(caught.value, "unresolved")
    assert sent(simulator, market) == 2


def test_subclass_of_the_bot(world: str, simulator: Simulator, market: Any) -> None:
    """A bot may extend the class, and reaches its own method by both names."""
    calls: list[Any] = []

    base: Any = OURS[world]

    class Mine(base):  # type: ignore[misc]
        def cancel_order(self, id: Any, symbol: Any = None, params: Any = {}) -> Any:
            calls.append(id)
            return super().cancel_order(id, symbol, params)

    first, second = place(simulator, 2, market=market)
    with bot_of(Mine, simulator.ccxt_config()) as bot:
        assert bot.cancel_order(first, SYMBOLS[market])["status"] == "canceled"
        assert bot.cancelOrder(second, SYMBOLS[market])["status"] == "canceled"
    assert calls == [first, second]


@in_turn
def test_no_signature_in_messages(world: str, simulator: Simulator, market: Any) -> None:
    """No text reachable from an error holds a key, a secret or a signature."""
    key, secret, digits = "Kq7" * 20, "sEcReT9" * 9, "ab" * 32
    simulator.add_account(key, secret, "7")
    config = {**simulator.ccxt_config(), "apiKey": key, "secret": secret}
    url = f"https://x/?orderId=1&signature={digits}"
    bodies = [
        json.dumps({"code": 100413, "msg": f"Incorrect apiKey {key}"}),
        json.dumps({"code": 100400, "msg": f"order not exist: {url} {key}"}),
        f"{{X-BX-APIKEY={key[:20]}, signature={digits[:60]}",
        json.dumps({"code": 0, "data": {"order": {"orderId": 2, "status": "FILLED", "x": key}}}),
    ]
    errors: list[BaseError] = []
    with bot_of(OURS[world], config) as bot:
        bot.load_markets()
        bot.options["cancelOrders"]["resolveAttempts"] = 1
        for body in bodies:
            for path in (SINGLE[market], QUERY[market]):
                simulator.faults.add("canned", body=body, times=None, path=path)
            errors.append(fails(bot, BaseError, "1", SYMBOLS[market]))
            simulator.faults.clear()
        bot.options["cancelOrders"]["resolveAttempts"] = 0
        for kind in ("drop", "garbage", "hang"):
            bot.exchange.timeout = patience(kind)
            simulator.faults.add(kind, path=SINGLE[market])
            errors.append(fails(bot, BaseError, "1", SYMBOLS[market]))
    for error in errors:
        texts = "\n".join(reached(error))
        assert not [one for one in (key[:20], secret[:20], digits[:60]) if one in texts]
        shown = "".join(traceback.format_exception(error))
        assert not re.search(r"\b[0-9a-f]{64}\b", shown)


# Concurrent calls, and the lane


def assert_one_cancelled(outcomes: list[Any], simulator: Simulator) -> None:
    """Check that one of two callers cancelled the order, and the other got "cancelled before"."""
    (structure,) = [one for one in outcomes if not isinstance(one, BaseException)]
    (error,) = [one for one in outcomes if isinstance(one, BaseException)]
    assert structure["status"] == "canceled"
    is_gone(error, "already canceled", "canceled")
    assert simulator.repeated_submissions == 0


def test_two_tasks(simulator: Simulator, market: Any) -> None:
    """If two tasks cancel one order, one gets the structure, and the other OrderNotFound a second later."""

    async def main() -> list[Any]:
        exchange = async_bingx({**simulator.ccxt_config(), "enableRateLimit": False})
        try:
            await exchange.load_markets()
            (order_id,) = place(simulator, market=market)
            both = (exchange.cancel_order(order_id, SYMBOLS[market]) for _ in range(2))
            return await asyncio.gather(*both, return_exceptions=True)
        finally:
            await exchange.close(True)

    assert_one_cancelled(asyncio.run(main()), simulator)


def test_two_threads(simulator: Simulator, market: Any) -> None:
    """The same holds for two threads, each with its own instance."""
    (order_id,) = place(simulator, market=market)
    outcomes: list[Any] = []
    start = threading.Barrier(2)

    def cancel() -> None:
        exchange = bingx({**simulator.ccxt_config(), "enableRateLimit": False})
        exchange.load_markets()
        start.wait()
        try:
            outcomes.append(exchange.cancel_order(order_id, SYMBOLS[market]))
        except OrderNotFound as error:
            outcomes.append(error)

    in_threads([cancel, cancel])
    assert_one_cancelled(outcomes, simulator)


@pytest.fixture
def limited(loopback: None) -> Iterator[Simulator]:
    """An exchange that accepts 5 single cancels per second and has no other limit."""
    limits: dict[str, int | None] = dict.fromkeys((*QUERY.values(), *OPEN.values()), None)
    limits |= dict.fromkeys(SINGLE.values(), 5)
    with Simulator(limits=limits, ban_after=None) as simulator:
        yield simulator


def test_at_once(limited: Simulator, market: Any) -> None:
    """Behind 50 queued calls a cancel goes to the wire at once, and before nearly all of them."""

    async def main() -> None:
        exchange = async_bingx(config_of(limited))
        try:
            await exchange.load_markets()
            (order_id,) = place(limited, market=market)
            limited.clear_log()
            queued = [asyncio.ensure_future(exchange.fetch_open_orders("BTC/USDT")) for _ in range(50)]
            await asyncio.sleep(0)
            assert (await exchange.cancel_order(order_id, SYMBOLS[market]))["status"] == "canceled"
            for task in queued:
                task.cancel()
            await asyncio.gather(*queued, return_exceptions=True)
        finally:
            await exchange.close(True)

    asyncio.run(main())
    paths = [request.path for request in limited.requests]
    # On a quiet machine two calls go before it, and then one each 100 ms.
    assert paths.index(limited.path(SINGLE[market]).split()[-1]) < 25


@pytest.mark.parametrize("market", ["linear"])
def test_at_once_in_threads(limited: Simulator, market: Any) -> None:
    """The sync class does not wait in ccxt's throttle either."""
    exchange = bingx(config_of(limited))
    exchange.load_markets()
    (order_id,) = place(limited, market=market)
    exchange.fetch_open_orders("BTC/USDT")
    exchange.rateLimit = 3000
    limited.clear_log()
    ordinary = threading.Thread(target=exchange.fetch_open_orders, args=("BTC/USDT",))
    ordinary.start()
    assert exchange.cancel_order(order_id, SYMBOLS[market])["status"] == "canceled"
    ordinary.join()
    assert [request.path.rpartition("/")[2] for request in limited.requests][-1] == "openOrders"
    assert len(limited.requests) == 2


@in_turn
def test_lane(limited: Simulator, market: Any, world: str) -> None:
    """Twelve cancels at the same time: never more than 5 in a second, none refused, all cancelled."""
    ids = place(limited, 12, market=market)
    if world == "sync":
        exchange = bingx(config_of(limited))
        exchange.load_markets()
        in_threads([lambda one=one: exchange.cancel_order(one, SYMBOLS[market]) for one in ids])
    else:

        async def main() -> None:
            exchange = async_bingx(config_of(limited, coalesce=False))
            try:
                await exchange.load_markets()
                await asyncio.gather(*(exchange.cancel_order(one, SYMBOLS[market]) for one in ids))
            finally:
                await exchange.close(True)

        asyncio.run(main())
    assert {limited.status(one) for one in ids} == {"CANCELED"}
    assert limited.worst_window(SINGLE[market], 1.0) <= 5
    assert refused(limited) == 0
    assert sent(limited, market) == 12


@in_turn
def test_own_limit(world: str, market: Any, loopback: None) -> None:
    """The option singleLimit (inverse: limit) sets the limit of the lane."""
    name = "limit" if market == "inverse" else "singleLimit"
    options: dict[str, Any] = {name: 2} if market == "spot" else {market: {name: 2}}
    with (
        Simulator(limits=dict.fromkeys(SINGLE.values(), 2), ban_after=None) as simulator,
        bot_of(OURS[world], config_of(simulator, **options)) as bot,
    ):
        bot.load_markets()
        for one in place(simulator, 4, market=market):
            bot.cancel_order(one, SYMBOLS[market])
        assert simulator.worst_window(SINGLE[market], 1.0) <= 2
        assert refused(simulator) == 0
