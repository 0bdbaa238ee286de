"""cancel_orders on linear and inverse swap markets over real HTTP, compared with the order book."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ccxt.base.errors import (
    BadRequest,
    BadResponse,
    BadSymbol,
    ExchangeNotAvailable,
    NetworkError,
    OrderNotFound,
    PermissionDenied,
    RequestTimeout,
)

from ccxt_bingx_ext import ClientOrderId
from ccxt_bingx_ext.simulator import Order, Simulator

from .helpers import (
    FAULTS,
    OURS,
    Bot,
    bot_of,
    cancels,
    pairwise,
    patience,
    place,
    reported,
    reported_by_client_id,
)

LINEAR, INVERSE = "BTC/USDT:USDT", "BTC/USD:BTC"
SYMBOLS = {"linear": LINEAR, "inverse": INVERSE}
PATHS = {"linear": "DELETE swap/v2/trade/batchOrders", "inverse": "DELETE cswap/v1/trade/cancelOrder"}
both_markets = pytest.mark.parametrize("market", ["linear", "inverse"])


pytestmark = pytest.mark.usefixtures("without_pauses")


@pytest.fixture
def bot(bot: Bot) -> Bot:
    """The shared bot, with its markets loaded."""
    bot.load_markets()
    return bot


@both_markets
def test_main_job(bot: Bot, simulator: Simulator, market: str) -> None:
    """The plugin reports canceled, closed, and None for orders that the exchange does not know."""
    live, filled, gone = place(simulator, 3, market=market)
    simulator.fill(filled)
    simulator.cancel(gone)
    orders = bot.cancel_orders([live, filled, gone, "77"], SYMBOLS[market])
    assert reported(orders) == [(live, "canceled"), (filled, "closed"), (gone, None), ("77", None)]
    assert {order["symbol"] for order in orders} == {SYMBOLS[market]}
    assert simulator.status(live) == "CANCELED"
    assert len(cancels(simulator, PATHS[market])) == (1 if market == "linear" else 4)


def test_linear_failure_in_info(bot: Bot) -> None:
    """The info of a failed linear order holds the exchange's errorCode and errorMessage."""
    (order,) = bot.cancel_orders(["77"], LINEAR)
    info = {name: str(value) for name, value in order["info"].items()}  # ccxt 4.5.28 and 4.5.60 quote numbers
    assert info == {"orderId": "77", "errorCode": "80016", "errorMessage": "order does not exist"}


def test_inverse_refusal_in_info(bot: Bot) -> None:
    """The info of an inverse order that is gone holds the text of the refusal."""
    (order,) = bot.cancel_orders(["77"], INVERSE)
    assert order["info"] == {"error": "order does not exist"}


@both_markets
def test_batches(bot: Bot, simulator: Simulator, market: str) -> None:
    """The plugin sends ten linear orders per request, inverse orders one by one, and keeps their order."""
    ids = place(simulator, 23, market=market)[::-1]
    assert reported(bot.cancel_orders(ids, SYMBOLS[market])) == [(one, "canceled") for one in ids]
    sizes = [len(request.cancelled) for request in cancels(simulator, PATHS[market])]
    assert sizes == ([10, 10, 3] if market == "linear" else [1] * 23)


def test_linear_batch_size(bot: Bot, simulator: Simulator) -> None:
    """The option linear.batchSize sets how many linear orders go into one request."""
    bot.options["cancelOrders"]["linear"] = {"batchSize": 2}
    bot.cancel_orders(place(simulator, 3, market="linear"), LINEAR)
    assert [len(request.cancelled) for request in cancels(simulator, PATHS["linear"])] == [2, 1]


@both_markets
def test_client_id_spelling(bot: Bot, simulator: Simulator, market: Any) -> None:
    """The result spells client order ids as the bot did, and adds the order ids."""
    order = simulator.place(market=market, client_order_id="AbC_1")
    (by_id,) = place(simulator, market=market)
    orders = bot.cancel_orders([by_id], SYMBOLS[market], {"clientOrderIds": ["AbC_1", "nobody"]})
    assert reported_by_client_id(orders[1:]) == [
        ("AbC_1", "canceled"),
        ("nobody", None),
    ]
    assert reported(orders)[:2] == [(by_id, "canceled"), (str(order.order_id), "canceled")]


def test_two_spellings(bot: Bot, simulator: Simulator) -> None:
    """Two spellings of one linear client order id both appear in the result."""
    simulator.place(market="linear", client_order_id="abc")
    orders = bot.cancel_orders(None, LINEAR, {"clientOrderIds": ["ABC", "abc"]})
    assert reported_by_client_id(orders) == [
        ("ABC", "canceled"),
        ("abc", "canceled"),
    ]


@both_markets
def test_unified_client_id_method(bot: Bot, simulator: Simulator, market: Any) -> None:
    """cancel_orders_with_client_order_ids cancels swap orders too."""
    simulator.place(market=market, client_order_id="x")
    (order,) = bot.cancel_orders_with_client_order_ids(["x"], SYMBOLS[market])
    assert (order["clientOrderId"], order["status"]) == ("x", "canceled")


@both_markets
def test_odd_client_ids(bot: Bot, simulator: Simulator, market: Any) -> None:
    """The plugin signs client order ids with quotes, brackets, plus signs and umlauts correctly."""
    odd = ['a"b', "[x]", "{y}", "p+q", "100%", "ä\\n"]
    for one in odd:
        simulator.place(market=market, client_order_id=one)
    orders = bot.cancel_orders(None, SYMBOLS[market], {"clientOrderIds": odd})
    assert reported_by_client_id(orders) == [(one, "canceled") for one in odd]


@pytest.mark.parametrize(
    ("failed_key", "mixed_ids", "empty_lists"),
    pairwise(
        ["clientOrderId", "clientOrderID", "orderId", "text", "none"],
        ["union", "order_ids_only", "client_ids_only"],
        ["documented", "absent", "empty"],
    ),
)
def test_undocumented_variants(
    world: str, failed_key: Any, mixed_ids: Any, empty_lists: Any, loopback: None
) -> None:
    """The plugin accounts for every id in every form that the documentation leaves open."""
    with (
        Simulator(
            limits=None, swap_failed_key=failed_key, mixed_ids=mixed_ids, empty_lists=empty_lists
        ) as simulator,
        bot_of(OURS[world], simulator.ccxt_config()) as bot,
    ):
        first, second, filled = (
            simulator.place(market="linear", client_order_id=one) for one in ("One", "Two", "Three")
        )
        simulator.fill(filled.order_id)
        clients = ["Two", "nobody", "Three", "Nobody2"]
        orders = bot.cancel_orders([first.order_id, 77], LINEAR, {"clientOrderIds": clients})
        asked = orders[: 2 + len(clients)]
        assert [one["status"] for one in asked] == ["canceled", None, "canceled", None, "closed", None]
        assert [one["clientOrderId"] for one in asked][2:] == clients
        assert simulator.status(second.order_id) == "CANCELED"
        assert not any(one["status"] == "canceled" for one in orders[2 + len(clients) :])


@both_markets
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", FAULTS)
def test_lost_response(bot: Bot, simulator: Simulator, market: str, fault: str, when: Any) -> None:
    """After a lost response the plugin reports which orders are cancelled, filled or unknown."""
    first, second, filled = place(simulator, 3, market=market)
    simulator.fill(filled)
    kind: Any = fault.strip()
    bot.exchange.timeout = patience(kind)
    simulator.faults.add(kind, when=when, path=PATHS[market], **FAULTS[fault])
    orders = bot.cancel_orders([first, second, filled, "77"], SYMBOLS[market])
    assert reported(orders) == [(first, "canceled"), (second, "canceled"), (filled, "closed"), ("77", None)]
    assert simulator.status(first) == simulator.status(second) == "CANCELED"


@both_markets
def test_no_replay(bot: Bot, simulator: Simulator, market: str) -> None:
    """Without reconciliation a cancel whose connection breaks is sent once (aiohttp sends two)."""
    bot.options["cancelOrders"]["resolveAttempts"] = 0
    (one,) = place(simulator, market=market)
    simulator.faults.add("drop", when="after", path=PATHS[market])
    with pytest.raises(NetworkError) as caught:
        bot.cancel_orders([one], SYMBOLS[market])
    assert caught.value.unresolved == [one]
    assert len(cancels(simulator, PATHS[market])) == 1


@both_markets
def test_no_replay_of_single_cancel(bot: Bot, simulator: Simulator, market: str) -> None:
    """ccxt's own cancel_order sends its cancel once when the connection breaks."""
    bot.options["cancelOrders"]["family"] = False
    (one,) = place(simulator, market=market)
    path = {"linear": "DELETE swap/v2/trade/order", "inverse": PATHS["inverse"]}[market]
    simulator.faults.add("drop", when="after", path=path)
    with pytest.raises(NetworkError):
        bot.cancel_order(one, SYMBOLS[market])
    assert len(simulator.arrivals(path)) == 1


@both_markets
def test_lost_response_to_client_ids(bot: Bot, simulator: Simulator, market: Any) -> None:
    """After a lost response the plugin looks orders up by client order id."""
    simulator.place(market=market, client_order_id="AbC")
    simulator.faults.add("http", status=504, when="after", path=PATHS[market])
    (order,) = bot.cancel_orders(None, SYMBOLS[market], {"clientOrderIds": ["AbC"]})
    assert (order["clientOrderId"], order["status"]) == ("AbC", "canceled")


def test_omitted_id(bot: Bot, simulator: Simulator) -> None:
    """The plugin looks up an omitted id, so that its own cancel counts."""
    ids = place(simulator, 3, market="linear")
    simulator.faults.add("forget", ids=[ids[1]], path=PATHS["linear"])
    assert reported(bot.cancel_orders(ids, LINEAR)) == [(one, "canceled") for one in ids]
    assert [len(request.cancelled) for request in cancels(simulator, PATHS["linear"])] == [3]


@both_markets
def test_look_up_settles_both_ids(bot: Bot, simulator: Simulator, market: Any) -> None:
    """One look-up settles an order under its order id and under its client order id."""
    if market == "linear":
        bot.options["cancelOrders"]["linear"]["batchSize"] = 1
    (one,) = place(simulator, market=market, client_order_id="name")
    simulator.faults.add("drop", when="after", path=PATHS[market])
    orders = bot.cancel_orders([one], SYMBOLS[market], {"clientOrderIds": ["name"]})
    assert [order["status"] for order in orders] == ["canceled", "canceled"]


@pytest.mark.parametrize("lasting", [False, True])
def test_refusal_under_other_id(world: str, loopback: None, lasting: bool) -> None:
    """A refusal that names an order by its other id adds no unknown order to the result."""
    with Simulator(swap_failed_key="none") as sim, bot_of(OURS[world], sim.ccxt_config()) as bot:
        sim.place(market="linear", client_order_id="name")
        (other,) = place(sim, market="linear")
        sim.faults.add("refuse", path=PATHS["linear"], ids=["name"])
        if lasting:
            sim.faults.add("http", path=PATHS["linear"], skip=1, times=None)
            sim.faults.add("http", path="GET swap/v2/trade/order", times=None)
            with pytest.raises(NetworkError) as caught:
                bot.cancel_orders([other], LINEAR, {"clientOrderIds": ["name"]})
            assert reported(caught.value.orders) == [(other, "canceled")]
            assert caught.value.unresolved == ["name"]
        else:
            orders = bot.cancel_orders([other], LINEAR, {"clientOrderIds": ["name"]})
            assert reported_by_client_id(orders) == [(None, "canceled"), ("name", "canceled")]


def test_failed_look_up(bot: Bot, simulator: Simulator) -> None:
    """When every look-up fails, "does not exist" settles nothing: the lost request may have cancelled it."""
    (one,) = place(simulator, market="linear")
    simulator.faults.add("http", status=504, when="after", path=PATHS["linear"])
    simulator.faults.add("http", status=504, path="GET swap/v2/trade/order", times=None)
    with pytest.raises(BadResponse) as caught:
        bot.cancel_orders([one], LINEAR)
    assert (caught.value.orders, caught.value.unresolved) == ([], [one])
    assert simulator.status(one) == "CANCELED"


def test_busy_entry(bot: Bot, simulator: Simulator) -> None:
    """A failed entry that says "busy" does not settle an order."""
    (one,) = place(simulator, market="linear")
    busy = {"orderId": int(one), "errorCode": 109500, "errorMessage": "system busy"}
    body = json.dumps({"code": 0, "msg": "", "data": {"success": None, "failed": [busy]}})
    simulator.faults.add("canned", body=body.encode(), path=PATHS["linear"])
    assert reported(bot.cancel_orders([one], LINEAR)) == [(one, "canceled")]
    simulator.faults.add("canned", body=body.encode(), path=PATHS["linear"], times=None)
    assert reported(bot.cancel_orders([one], LINEAR)) == [(one, "canceled")]  # looked up
    simulator.faults.add("http", status=504, path="GET swap/v2/trade/order", times=None)
    with pytest.raises(BadResponse, match="system busy") as caught:
        bot.cancel_orders([one], LINEAR)
    assert (caught.value.orders, caught.value.unresolved) == ([], [one])


@both_markets
def test_gateway_5xx(bot: Bot, simulator: Simulator, market: str) -> None:
    """A 5xx page never becomes OrderNotFound, although its body says so."""
    (live,) = place(simulator, market=market)
    body = b'{"code":80016,"msg":"order does not exist"}'
    simulator.faults.add("http", status=500, body=body, path=PATHS[market], times=None)
    with pytest.raises(ExchangeNotAvailable) as caught:
        bot.cancel_orders([live, "77"], SYMBOLS[market])
    assert reported(caught.value.orders) in ([], [("77", None)])  # after two look-ups
    assert live in caught.value.unresolved


def test_entry_without_position_side(bot: Bot, simulator: Simulator) -> None:
    """A linear order keeps its symbol although its entry lacks positionSide."""
    entry = {"orderId": 5, "symbol": "BTC-USDT", "status": "CANCELLED", "type": "LIMIT"}
    body = json.dumps({"code": 0, "data": {"success": [entry], "failed": None}})
    simulator.faults.add("canned", body=body.encode(), path=PATHS["linear"])
    (order,) = bot.cancel_orders(["5"], LINEAR)
    assert (order["symbol"], order["status"]) == (LINEAR, "canceled")


@both_markets
def test_both_ids_of_one_order(bot: Bot, simulator: Simulator, market: Any) -> None:
    """If the bot names an order by both ids, in one request or two, it appears twice as canceled."""
    order = simulator.place(market=market, client_order_id="Both")
    others = place(simulator, 9, market=market)
    orders = bot.cancel_orders([order.order_id, *others], SYMBOLS[market], {"clientOrderIds": ["Both"]})
    assert {one["status"] for one in orders} == {"canceled"}
    assert len(orders) == 11


@both_markets
def test_still_unknown(bot: Bot, simulator: Simulator, market: str) -> None:
    """When the outcome stays unknown, every id is unresolved, and the bot can send the ids again."""
    client = simulator.place(market=market, client_order_id="Mine")  # type: ignore[arg-type]
    (one,) = place(simulator, market=market)
    simulator.faults.add("http", status=504, path=PATHS[market], times=None)
    with pytest.raises(RequestTimeout, match="may still be live") as caught:
        bot.cancel_orders([one], SYMBOLS[market], {"clientOrderIds": ["Mine"]})
    assert caught.value.orders == []
    assert caught.value.unresolved == [one, ClientOrderId("Mine")]
    assert all(order.is_open for order in simulator.orders())
    simulator.faults.clear()
    orders = bot.cancel_orders(caught.value.unresolved, SYMBOLS[market])
    assert reported(orders) == [(one, "canceled"), (str(client.order_id), "canceled")]


@both_markets
def test_process_0(bot: Bot, simulator: Simulator, market: str) -> None:
    """The plugin refuses process 0 before it sends anything, and sends process to no swap endpoint."""
    (live,) = place(simulator, market=market)
    simulator.clear_log()
    with pytest.raises(BadRequest, match="all or nothing"):
        bot.cancel_orders([live], SYMBOLS[market], {"process": 0})
    assert simulator.requests == []
    bot.options["cancelOrders"]["process"] = 0
    assert reported(bot.cancel_orders([live], SYMBOLS[market], {"process": 1})) == [(live, "canceled")]
    assert "process" not in simulator.requests[0].params


@both_markets
@pytest.mark.parametrize("ids", [["12", "x"], "12345", [1.5], None])
def test_bad_ids(simulator: Simulator, world: str, market: str, ids: Any) -> None:
    """Bad ids raise an error before the plugin sends anything, also before it loads markets."""
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:
        with pytest.raises(Exception, match="ids"):
            bot.cancel_orders(ids, SYMBOLS[market])
        assert bot.cancel_orders([], SYMBOLS[market]) == []
    assert simulator.requests == []


def test_inactive_market(bot: Bot, simulator: Simulator) -> None:
    """The plugin cancels orders that rest in an inactive market."""
    (live,) = place(simulator, market="linear", symbol="FTT-USDT")
    assert bot.market("FTT/USDT:USDT")["active"] is False
    (order,) = bot.cancel_orders([live], "FTT/USDT:USDT")
    assert (order["symbol"], order["status"]) == ("FTT/USDT:USDT", "canceled")


def test_unknown_symbol(bot: Bot, simulator: Simulator) -> None:
    """An unknown symbol raises BadSymbol, and the plugin sends no cancel."""
    with pytest.raises(BadSymbol):
        bot.cancel_orders(["1"], "NOPE/USDT:USDT")
    assert cancels(simulator, PATHS["linear"]) == []


def test_order_of_another_market(bot: Bot, simulator: Simulator) -> None:
    """A spot order stays open when the bot cancels its id on the swap market of the same name."""
    spot = str(simulator.place().order_id)
    assert reported(bot.cancel_orders([spot], LINEAR)) == [(spot, None)]
    assert simulator.status(spot) == "PENDING"


@both_markets
def test_single_cancel_of_filled_order(bot: Bot, simulator: Simulator, market: str) -> None:
    """cancel_order raises OrderNotFound for a filled swap order (ccxt raises ExchangeError)."""
    (filled,) = place(simulator, market=market)
    simulator.fill(filled)
    with pytest.raises(OrderNotFound):
        bot.cancel_order(filled, SYMBOLS[market])


def test_concurrent_inverse_orders(simulator: Simulator, world: str) -> None:
    """The async class cancels inverse orders concurrently, the sync class one after another."""
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:
        bot.load_markets()
        ids = place(simulator, 4, market="inverse")
        # The sync class waits for it, so there the delay proves nothing.
        simulator.faults.add("delay", seconds=0.0 if world == "sync" else 3.0, path=PATHS["inverse"])
        assert reported(bot.cancel_orders(ids, INVERSE)) == [(one, "canceled") for one in ids]
    (slow,) = (request for request in simulator.requests if request.fault == "delay")
    executed = [str(order) for done in simulator.executions for order in done.cancelled]
    assert sorted(executed) == sorted(ids)
    assert executed.index(str(slow.cancelled[0])) == (0 if world == "sync" else 3)


def test_failed_inverse_order(bot: Bot, simulator: Simulator, world: str) -> None:
    """When one inverse cancel fails, the error reports the others in flight, and no further one is sent."""
    ids = place(simulator, 7, market="inverse")
    bot.options["cancelOrders"]["resolveAttempts"] = 0
    simulator.faults.add("http", status=504, skip=1, path=PATHS["inverse"])
    with pytest.raises(RequestTimeout) as caught:
        bot.cancel_orders(ids, INVERSE)
    cancelled = [order["id"] for order in caught.value.orders if order["status"] == "canceled"]
    assert len(cancelled) == (1 if world == "sync" else 4)
    assert sorted([*cancelled, *caught.value.unresolved]) == sorted(ids)
    assert {simulator.status(one) for one in cancelled} == {"CANCELED"}
    assert {simulator.status(one) for one in caught.value.unresolved} == {"PENDING"}
    assert len(cancels(simulator, PATHS["inverse"])) == (2 if world == "sync" else 5)


def test_refused_key(bot: Bot, simulator: Simulator, world: str) -> None:
    """After a refused key the plugin sends no further inverse cancels."""
    simulator.faults.add("canned", body=b'{"code":100004,"msg":"no"}', path=PATHS["inverse"], times=None)
    ids = place(simulator, 12, market="inverse")
    with pytest.raises(PermissionDenied) as caught:
        bot.cancel_orders(ids, INVERSE)
    assert caught.value.unresolved == ids
    assert len(cancels(simulator, PATHS["inverse"])) == (1 if world == "sync" else 5)


@both_markets
def test_rate_limit(world: str, market: str, loopback: None) -> None:
    """The plugin sends at most five swap cancels in any second and does not count spot cancels."""
    with Simulator() as simulator, bot_of(OURS[world], simulator.ccxt_config(enableRateLimit=True)) as bot:
        bot.load_markets()
        ids = place(simulator, 120 if market == "linear" else 12, market=market)
        assert {order["status"] for order in bot.cancel_orders(ids, SYMBOLS[market])} == {"canceled"}
        assert len(cancels(simulator, PATHS[market])) == 12
        assert simulator.worst_window(PATHS[market]) <= 5
        assert not any(request.limited for request in simulator.requests)
        spot: Order = simulator.place()
        assert reported(bot.cancel_orders([spot.order_id], "BTC/USDT")) == [(str(spot.order_id), "canceled")]


def test_single_inverse_cancel(world: str, loopback: None) -> None:
    """cancel_order and cancel_orders of inverse orders share one limiter."""
    with Simulator() as simulator, bot_of(OURS[world], simulator.ccxt_config(enableRateLimit=True)) as bot:
        bot.load_markets()
        ids = place(simulator, 8, market="inverse")
        bot.cancel_orders(ids[:4], INVERSE)
        for one in ids[4:]:
            bot.cancel_order(one, INVERSE)
        assert simulator.worst_window(PATHS["inverse"]) <= 5
        assert not any(request.limited for request in simulator.requests)


@both_markets
def test_ban(bot: Bot, simulator: Simulator, market: str) -> None:
    """The plugin sends nothing more to an endpoint before its ban ends."""
    bot.exchange.enableRateLimit = True
    ids = place(simulator, 2, market=market)
    simulator.ban(300, path=PATHS[market])
    for expected in (1 if market == "linear" else 2, None):
        before = len(cancels(simulator, PATHS[market]))
        with pytest.raises(Exception, match=r"100410|not sent") as caught:
            bot.cancel_orders(ids, SYMBOLS[market])
        assert caught.value.unresolved == ids  # type: ignore[attr-defined]
        sent = len(cancels(simulator, PATHS[market])) - before
        assert sent <= expected if expected else sent == 0
