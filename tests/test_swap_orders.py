"""cancel_orders on linear and inverse swap markets, over real HTTP, compared with what is true."""

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

from .helpers import FAULTS, OURS, Bot, bot_of, cancels, pairwise, place, reported, reported_by_client_id

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
def test_the_main_job(bot: Bot, simulator: Simulator, market: str) -> None:
    """Open, filled, cancelled behind the bot's back and unknown: each is told; of the last two, no state."""
    live, filled, gone = place(simulator, 3, market=market)
    simulator.fill(filled)
    simulator.cancel(gone)
    orders = bot.cancel_orders([live, filled, gone, "77"], SYMBOLS[market])
    assert reported(orders) == [(live, "canceled"), (filled, "closed"), (gone, None), ("77", None)]
    assert {order["symbol"] for order in orders} == {SYMBOLS[market]}
    assert simulator.status(live) == "CANCELED"
    assert len(cancels(simulator, PATHS[market])) == (1 if market == "linear" else 4)


def test_a_failed_linear_order_keeps_the_exchanges_words(bot: Bot) -> None:
    """errorCode and errorMessage stand in info."""
    (order,) = bot.cancel_orders(["77"], LINEAR)
    info = {name: str(value) for name, value in order["info"].items()}  # ccxt 4.5.60 quotes numbers
    assert info == {"orderId": "77", "errorCode": "80016", "errorMessage": "order does not exist"}


def test_an_inverse_order_that_is_gone_keeps_the_exchanges_words(bot: Bot) -> None:
    """The refusal's text stands in info."""
    (order,) = bot.cancel_orders(["77"], INVERSE)
    assert order["info"] == {"error": "order does not exist"}


@both_markets
def test_a_long_list_is_told_in_asking_order(bot: Bot, simulator: Simulator, market: str) -> None:
    """Linear: ten ids a request. Inverse: one."""
    ids = place(simulator, 23, market=market)[::-1]
    assert reported(bot.cancel_orders(ids, SYMBOLS[market])) == [(one, "canceled") for one in ids]
    sizes = [len(request.cancelled) for request in cancels(simulator, PATHS[market])]
    assert sizes == ([10, 10, 3] if market == "linear" else [1] * 23)


def test_the_linear_batch_size_is_a_setting(bot: Bot, simulator: Simulator) -> None:
    """Up to the ten that the endpoint takes."""
    bot.options["cancelOrders"]["linear"] = {"batchSize": 2}
    bot.cancel_orders(place(simulator, 3, market="linear"), LINEAR)
    assert [len(request.cancelled) for request in cancels(simulator, PATHS["linear"])] == [2, 1]


@both_markets
def test_client_ids_are_told_as_they_were_asked(bot: Bot, simulator: Simulator, market: Any) -> None:
    """The server lower-cases those of linear orders; the bot finds its own spelling, and the order id."""
    order = simulator.place(market=market, client_order_id="AbC_1")
    (by_id,) = place(simulator, market=market)
    orders = bot.cancel_orders([by_id], SYMBOLS[market], {"clientOrderIds": ["AbC_1", "nobody"]})
    assert reported_by_client_id(orders[1:]) == [
        ("AbC_1", "canceled"),
        ("nobody", None),
    ]
    assert reported(orders)[:2] == [(by_id, "canceled"), (str(order.order_id), "canceled")]


def test_two_spellings_of_one_linear_client_id_are_both_told(bot: Bot, simulator: Simulator) -> None:
    """Two ids were asked; to the exchange they are one order."""
    simulator.place(market="linear", client_order_id="abc")
    orders = bot.cancel_orders(None, LINEAR, {"clientOrderIds": ["ABC", "abc"]})
    assert reported_by_client_id(orders) == [
        ("ABC", "canceled"),
        ("abc", "canceled"),
    ]


@both_markets
def test_client_ids_work_through_ccxts_unified_method(bot: Bot, simulator: Simulator, market: Any) -> None:
    """cancel_orders_with_client_order_ids comes out at the same place."""
    simulator.place(market=market, client_order_id="x")
    (order,) = bot.cancel_orders_with_client_order_ids(["x"], SYMBOLS[market])
    assert (order["clientOrderId"], order["status"]) == ("x", "canceled")


@both_markets
def test_odd_client_ids_are_signed_right(bot: Bot, simulator: Simulator, market: Any) -> None:
    """Quotes, brackets, plus and umlauts pass through JSON, the URL and the signature."""
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
def test_what_the_documentation_leaves_open_makes_no_difference(
    world: str, failed_key: Any, mixed_ids: Any, empty_lists: Any, loopback: None
) -> None:
    """However failed client ids are keyed, or not named at all: every id is accounted for truly."""
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
def test_a_lost_answer_is_found_out(
    bot: Bot, simulator: Simulator, market: str, fault: str, when: Any
) -> None:
    """Executed or not: the exchange is asked again, and look-ups tell cancelled from filled and unknown."""
    first, second, filled = place(simulator, 3, market=market)
    simulator.fill(filled)
    kind: Any = fault.strip()
    simulator.faults.add(kind, when=when, path=PATHS[market], **FAULTS[fault])
    orders = bot.cancel_orders([first, second, filled, "77"], SYMBOLS[market])
    assert reported(orders) == [(first, "canceled"), (second, "canceled"), (filled, "closed"), ("77", None)]
    assert simulator.status(first) == simulator.status(second) == "CANCELED"


@both_markets
def test_no_cancel_goes_out_again_unasked(bot: Bot, simulator: Simulator, market: str) -> None:
    """With nothing to be found out, a cancel whose connection breaks goes out once (aiohttp: twice)."""
    bot.options["cancelOrders"]["resolveAttempts"] = 0
    (one,) = place(simulator, market=market)
    simulator.faults.add("drop", when="after", path=PATHS[market])
    with pytest.raises(NetworkError) as caught:
        bot.cancel_orders([one], SYMBOLS[market])
    assert caught.value.unresolved == [one]
    assert len(cancels(simulator, PATHS[market])) == 1


@both_markets
def test_no_single_cancel_goes_out_again_unasked(bot: Bot, simulator: Simulator, market: str) -> None:
    """What became of the order is not known, and not made known by asking twice."""
    (one,) = place(simulator, market=market)
    path = {"linear": "DELETE swap/v2/trade/order", "inverse": PATHS["inverse"]}[market]
    simulator.faults.add("drop", when="after", path=path)
    with pytest.raises(NetworkError):
        bot.cancel_order(one, SYMBOLS[market])
    assert len(simulator.arrivals(path)) == 1


@both_markets
def test_client_ids_of_a_lost_answer_are_found_out(bot: Bot, simulator: Simulator, market: Any) -> None:
    """Looked up by client order id."""
    simulator.place(market=market, client_order_id="AbC")
    simulator.faults.add("http", status=504, when="after", path=PATHS[market])
    (order,) = bot.cancel_orders(None, SYMBOLS[market], {"clientOrderIds": ["AbC"]})
    assert (order["clientOrderId"], order["status"]) == ("AbC", "canceled")


def test_a_forgotten_id_is_asked_for_again_and_looked_up(bot: Bot, simulator: Simulator) -> None:
    """By then it is gone, and 'does not exist' would hide that it was this bot who cancelled it."""
    ids = place(simulator, 3, market="linear")
    simulator.faults.add("forget", ids=[ids[1]], path=PATHS["linear"])
    assert reported(bot.cancel_orders(ids, LINEAR)) == [(one, "canceled") for one in ids]
    assert [len(request.cancelled) for request in cancels(simulator, PATHS["linear"])] == [3, 0]


@both_markets
def test_what_a_look_up_tells_is_told_by_both_names(bot: Bot, simulator: Simulator, market: Any) -> None:
    """Cancelled by its order id, whose answer is lost, the order "does not exist" by its client order id."""
    if market == "linear":
        bot.options["cancelOrders"]["linear"]["batchSize"] = 1
    (one,) = place(simulator, market=market, client_order_id="name")
    simulator.faults.add("drop", when="after", path=PATHS[market])
    orders = bot.cancel_orders([one], SYMBOLS[market], {"clientOrderIds": ["name"]})
    assert [order["status"] for order in orders] == ["canceled", "canceled"]


@pytest.mark.parametrize("lasting", [False, True])
def test_a_refusal_by_the_other_name_is_no_order_of_its_own(
    world: str, loopback: None, lasting: bool
) -> None:
    """Asked by client order id, failed by order id, why is all that it says: it adds no order "not found"."""
    with Simulator(swap_failed_key="none") as sim, bot_of(OURS[world], sim.ccxt_config(timeout=1000)) as bot:
        sim.place(market="linear", client_order_id="name")
        (other,) = place(sim, market="linear")
        sim.faults.add("refuse", path=PATHS["linear"], ids=["name"])
        if lasting:
            sim.faults.add("http", path=PATHS["linear"], skip=1, times=None)
            with pytest.raises(NetworkError) as caught:
                bot.cancel_orders([other], LINEAR, {"clientOrderIds": ["name"]})
            assert reported(caught.value.orders) == [(other, "canceled")]
            assert caught.value.unresolved == ["name"]
        else:
            orders = bot.cancel_orders([other], LINEAR, {"clientOrderIds": ["name"]})
            assert reported_by_client_id(orders) == [(None, "canceled"), ("name", "canceled")]


def test_a_look_up_that_fails_too_leaves_the_exchanges_word(bot: Bot, simulator: Simulator) -> None:
    """Asked again it 'does not exist', and the look-up is lost: not live, and nothing more is claimed."""
    (one,) = place(simulator, market="linear")
    simulator.faults.add("http", status=504, when="after", path=PATHS["linear"])
    simulator.faults.add("http", status=504, path="GET swap/v2/trade/order", times=None)
    assert reported(bot.cancel_orders([one], LINEAR)) == [(one, None)]
    assert simulator.status(one) == "CANCELED"


def test_an_id_that_the_exchange_was_too_busy_for_is_not_settled(bot: Bot, simulator: Simulator) -> None:
    """A failed entry that says "try again" is no word on the order: it is asked for again."""
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
def test_a_gateways_5xx_is_no_order_not_found(bot: Bot, simulator: Simulator, market: str) -> None:
    """Whatever its body says: to a bot OrderNotFound means that the order is gone."""
    (live,) = place(simulator, market=market)
    body = b'{"code":80016,"msg":"order does not exist"}'
    simulator.faults.add("http", status=500, body=body, path=PATHS[market], times=None)
    with pytest.raises(ExchangeNotAvailable) as caught:
        bot.cancel_orders([live, "77"], SYMBOLS[market])
    assert caught.value.unresolved == [live, "77"]


def test_a_linear_order_is_of_its_market_whatever_its_entry_lacks(bot: Bot, simulator: Simulator) -> None:
    """ccxt takes one without positionSide for a spot order."""
    entry = {"orderId": 5, "symbol": "BTC-USDT", "status": "CANCELLED", "type": "LIMIT"}
    body = json.dumps({"code": 0, "data": {"success": [entry], "failed": None}})
    simulator.faults.add("canned", body=body.encode(), path=PATHS["linear"])
    (order,) = bot.cancel_orders(["5"], LINEAR)
    assert (order["symbol"], order["status"]) == (LINEAR, "canceled")


@both_markets
def test_an_order_asked_for_by_both_its_ids_is_told_twice(
    bot: Bot, simulator: Simulator, market: Any
) -> None:
    """As canceled, in one request or in two: its second id is not one that does not exist."""
    order = simulator.place(market=market, client_order_id="Both")
    others = place(simulator, 9, market=market)
    orders = bot.cancel_orders([order.order_id, *others], SYMBOLS[market], {"clientOrderIds": ["Both"]})
    assert {one["status"] for one in orders} == {"canceled"}
    assert len(orders) == 11


@both_markets
def test_trouble_that_does_not_end_leaves_the_ids_unresolved(
    bot: Bot, simulator: Simulator, market: str
) -> None:
    """The original error, with every id in one of the lists; handed back, they are settled."""
    client = simulator.place(market=market, client_order_id="Mine")  # type: ignore[arg-type]
    (one,) = place(simulator, market=market)
    simulator.faults.add("http", status=504, path=PATHS[market], times=None)
    with pytest.raises(RequestTimeout, match="may be live") as caught:
        bot.cancel_orders([one], SYMBOLS[market], {"clientOrderIds": ["Mine"]})
    assert caught.value.orders == []
    assert caught.value.unresolved == [one, ClientOrderId("Mine")]
    assert all(order.is_open for order in simulator.orders())
    simulator.faults.clear()
    orders = bot.cancel_orders(caught.value.unresolved, SYMBOLS[market])
    assert reported(orders) == [(one, "canceled"), (str(client.order_id), "canceled")]


@both_markets
def test_process_0_cannot_be_kept(bot: Bot, simulator: Simulator, market: str) -> None:
    """A clear refusal, nothing is sent; the option, which speaks of spot, does no harm; 1 is not sent."""
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
def test_bad_ids_are_refused_before_anything_is_sent(
    simulator: Simulator, world: str, market: str, ids: Any
) -> None:
    """As for spot; not even the markets are loaded."""
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:
        with pytest.raises(Exception, match="ids"):
            bot.cancel_orders(ids, SYMBOLS[market])
        assert bot.cancel_orders([], SYMBOLS[market]) == []
    assert simulator.requests == []


def test_the_ids_of_an_inactive_market_are_cancelled_too(bot: Bot, simulator: Simulator) -> None:
    """Orders may rest where trading has been halted."""
    (live,) = place(simulator, market="linear", symbol="FTT-USDT")
    assert bot.market("FTT/USDT:USDT")["active"] is False
    (order,) = bot.cancel_orders([live], "FTT/USDT:USDT")
    assert (order["symbol"], order["status"]) == ("FTT/USDT:USDT", "canceled")


def test_a_symbol_that_does_not_exist_is_a_bad_symbol(bot: Bot, simulator: Simulator) -> None:
    """Told by the markets, not by the exchange."""
    with pytest.raises(BadSymbol):
        bot.cancel_orders(["1"], "NOPE/USDT:USDT")
    assert cancels(simulator, PATHS["linear"]) == []


def test_an_order_of_another_market_is_not_touched(bot: Bot, simulator: Simulator) -> None:
    """BTC-USDT is a spot and a linear market id: a spot order does not exist on the other."""
    spot = str(simulator.place().order_id)
    assert reported(bot.cancel_orders([spot], LINEAR)) == [(spot, None)]
    assert simulator.status(spot) == "PENDING"


@both_markets
def test_a_single_cancel_of_an_order_that_is_filled_is_order_not_found(
    bot: Bot, simulator: Simulator, market: str
) -> None:
    """80018: ccxt raises ExchangeError, which a bot retries for ever."""
    (filled,) = place(simulator, market=market)
    simulator.fill(filled)
    with pytest.raises(OrderNotFound):
        bot.cancel_order(filled, SYMBOLS[market])


def test_inverse_orders_are_cancelled_side_by_side(simulator: Simulator, world: str) -> None:
    """Async: one slow answer holds up no other order. Sync: one after the other."""
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:
        bot.load_markets()
        ids = place(simulator, 4, market="inverse")
        simulator.faults.add("delay", seconds=1.0, path=PATHS["inverse"])
        assert reported(bot.cancel_orders(ids, INVERSE)) == [(one, "canceled") for one in ids]
    (slow,) = (request for request in simulator.requests if request.fault == "delay")
    executed = [str(order) for done in simulator.executions for order in done.cancelled]
    assert sorted(executed) == sorted(ids)
    assert executed.index(str(slow.cancelled[0])) == (0 if world == "sync" else 3)


def test_one_inverse_order_that_fails_loses_nothing_of_the_others(
    bot: Bot, simulator: Simulator, world: str
) -> None:
    """What went with it (async: four others) is told; what had not gone yet is not sent, and unresolved."""
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


def test_a_refused_key_is_not_tried_for_every_inverse_order(
    bot: Bot, simulator: Simulator, world: str
) -> None:
    """A hundred refusals in a row end in a ban."""
    simulator.faults.add("canned", body=b'{"code":100004,"msg":"no"}', path=PATHS["inverse"], times=None)
    ids = place(simulator, 12, market="inverse")
    with pytest.raises(PermissionDenied) as caught:
        bot.cancel_orders(ids, INVERSE)
    assert caught.value.unresolved == ids
    assert len(cancels(simulator, PATHS["inverse"])) == (1 if world == "sync" else 5)


@both_markets
def test_the_limit_is_kept_by_a_lane_of_its_own(world: str, market: str, loopback: None) -> None:
    """Five requests in any second, whatever ccxt's throttle would make of it; spot's lane is another."""
    with Simulator() as simulator, bot_of(OURS[world], simulator.ccxt_config(enableRateLimit=True)) as bot:
        bot.load_markets()
        ids = place(simulator, 120 if market == "linear" else 12, market=market)
        assert {order["status"] for order in bot.cancel_orders(ids, SYMBOLS[market])} == {"canceled"}
        assert len(cancels(simulator, PATHS[market])) == 12
        assert simulator.worst_window(PATHS[market]) <= 5
        assert not any(request.limited for request in simulator.requests)
        spot: Order = simulator.place()
        assert reported(bot.cancel_orders([spot.order_id], "BTC/USDT")) == [(str(spot.order_id), "canceled")]


def test_a_single_inverse_cancel_shares_the_lane(world: str, loopback: None) -> None:
    """It is the same endpoint with the same budget, so cancel_order goes through the lane, too."""
    with Simulator() as simulator, bot_of(OURS[world], simulator.ccxt_config(enableRateLimit=True)) as bot:
        bot.load_markets()
        ids = place(simulator, 8, market="inverse")
        bot.cancel_orders(ids[:4], INVERSE)
        for one in ids[4:]:
            bot.cancel_order(one, INVERSE)
        assert simulator.worst_window(PATHS["inverse"]) <= 5
        assert not any(request.limited for request in simulator.requests)


@both_markets
def test_a_ban_is_heeded(bot: Bot, simulator: Simulator, market: str) -> None:
    """Nothing more is sent to the endpoint before its end."""
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
