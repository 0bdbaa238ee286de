"""The exchange's real responses: words before codes, once per second, bans, forms, stale look-ups.

The texts are literal ones, documented or captured live (payloads, section 3). Verified against the simulator.
"""

from __future__ import annotations

import json
import time
from itertools import pairwise
from typing import Any

import pytest
from ccxt.base.errors import (
    BadRequest,
    BaseError,
    DDoSProtection,
    InvalidOrder,
    OperationFailed,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
)

from ccxt_bingx_ext._bingx.vocabulary import calls_orders_gone
from ccxt_bingx_ext._cancel.outcome import UNKNOWN_OUTCOME
from ccxt_bingx_ext._cancel.run import Pauses
from ccxt_bingx_ext._overrides import BingxMixin
from ccxt_bingx_ext.simulator import Simulator

from .helpers import OURS, Bot, bot_of, cancels, in_threads, place, reported, reported_by_client_id

SPOT, LINEAR, INVERSE = "BTC/USDT", "BTC/USDT:USDT", "BTC/USD:BTC"
VERIFY = "is FILLED or CANCELLED already, or is not a valid order id ,please verify"
GONE = [
    ("100404", f"the order you want to cancel {VERIFY}"),
    ("100400", f"the order you want to cancel {VERIFY}"),
    ("100404", "the order is FILLED or CANCELLED already before, or is not a valid order id ,please verify"),
    ("100421", " cancel fail,  order not exist"),
    ("109414", "order not exist"),
    ("109421", "order not exist"),
    ("100404", "the order you want to cancel does not exist"),
    ("100404", " order not exist, NoRetry, RemoteInfo(100400,RetErr), "),
    ("80016", "order does not exist"),
]
AMBIGUOUS = [
    ("80012", "system busy"),
    ("80012", "service unavailable"),
    ("80012", "network failed"),
    ("80012", "cancel order failed"),
    ("101500", "rpc timeout"),
    ("80019", "The order is being processed"),
    ("80001", "service has some errors"),
    ("109201", "The same order number is only allowed to be submitted once within 1 second."),
    ("100400", "The same order can only be submitted once per second."),
]
BOTH = [
    ("80001", "service has some errors, The order doesn't exist"),
    (
        "100500",
        "The current system is busy, the previous cancel order request result:false,  order not exist",
    ),
]

pytestmark = pytest.mark.usefixtures("without_pauses")


def body(code: str, text: str) -> bytes:
    return json.dumps({"code": int(code), "msg": text, "debugMsg": ""}).encode()


@pytest.mark.parametrize("symbol", [SPOT, LINEAR, INVERSE])
@pytest.mark.parametrize(("code", "text"), [*GONE, *AMBIGUOUS, *BOTH])
def test_single_orders(bot: Bot, simulator: Simulator, symbol: str, code: str, text: str) -> None:
    """ccxt's own methods raise OrderNotFound for "gone", and OperationFailed for ambiguous words.

    Words of both kinds are ambiguous in response to a cancel, but not to a query.
    """
    bot.options["cancelOrders"]["family"] = False
    bot.load_markets()
    simulator.faults.add("canned", path="*", times=None, body=body(code, text))
    with pytest.raises(BaseError) as cancelled:
        bot.cancel_order("1", symbol)
    with pytest.raises(BaseError) as fetched:
        bot.fetch_order("1", symbol)
    gone, unclear = (code, text) in GONE, (code, text) in AMBIGUOUS
    assert cancelled.type is (OrderNotFound if gone else OperationFailed)
    assert fetched.type is (OperationFailed if unclear else OrderNotFound)


@pytest.mark.parametrize(("code", "text"), GONE)
def test_refused_list(bot: Bot, simulator: Simulator, code: str, text: str) -> None:
    """A refused list of two raises BadRequest without words for "gone". The plugin sends it once."""
    ids = place(simulator, 2)
    simulator.faults.add("canned", body=body(code, text))
    with pytest.raises(BadRequest, match="nothing was cancelled") as caught:
        bot.cancel_orders(ids, SPOT)
    assert not isinstance(caught.value, InvalidOrder)
    assert not calls_orders_gone(str(caught.value))
    assert caught.value.exchange_message == text
    assert (caught.value.orders, caught.value.unresolved) == ([], ids)
    assert len(cancels(simulator)) == 1


@pytest.mark.parametrize("symbol", [SPOT, INVERSE])
@pytest.mark.parametrize(("code", "text"), GONE)
def test_refused_order(bot: Bot, simulator: Simulator, symbol: str, code: str, text: str) -> None:
    """The refusal of one order settles it. If the words do not name its state, a look-up does."""
    market = "spot" if symbol == SPOT else "inverse"
    (one,) = place(simulator, market=market)
    simulator.fill(one)
    paths = {"spot": "spot/v1/trade/cancelOrders", "inverse": "cswap/v1/trade/cancelOrder"}
    simulator.faults.add("canned", path=paths[market], body=body(code, text))
    (order,) = bot.cancel_orders([one], symbol, {"process": 1})
    assert order["status"] == ("closed" if "FILLED or" in text else None)


@pytest.mark.parametrize(("code", "text"), [*AMBIGUOUS, *BOTH])
def test_ambiguous_list(bot: Bot, simulator: Simulator, code: str, text: str) -> None:
    """The plugin reconciles ambiguous words, and never submits an order twice within a second."""
    ids = place(simulator, 2)
    simulator.faults.add("canned", body=body(code, text))
    for process in (1,):
        orders = bot.cancel_orders(ids, SPOT, {"process": process})
        assert reported(orders) == [(one, "canceled") for one in ids]
    assert simulator.repeated_submissions == 0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("symbol", [SPOT, LINEAR, INVERSE])
def test_any_wording(world: str, loopback: None, symbol: str, seed: int) -> None:
    """For all words of a refusal, the plugin reports no order in a false state."""
    market: Any = {SPOT: "spot", LINEAR: "linear", INVERSE: "inverse"}[symbol]
    with Simulator(limits=None, wording=seed) as sim, bot_of(OURS[world], sim.ccxt_config()) as bot:
        live, filled, gone = place(sim, 3, market=market)
        sim.fill(filled)
        sim.cancel(gone)
        orders = bot.cancel_orders([live, filled, gone], symbol, {"process": 1})
        statuses = dict(reported(orders))
        assert statuses[live] == "canceled"
        assert statuses[filled] in ("closed", None)
        assert statuses[gone] in ("canceled", None)


def test_once_per_second(world: str, simulator: Simulator) -> None:
    """Two instances that cancel the same order keep a second between their requests."""
    if world == "async":
        pytest.skip("the threads of this test need the sync class")
    (one,) = place(simulator)
    bots = [OURS["sync"](simulator.ccxt_config(enableRateLimit=False)) for _ in range(3)]
    results: list[Any] = []

    def cancel(bot: Any) -> None:
        results.append(bot.cancel_orders([one], SPOT, {"process": 1})[0]["status"])

    in_threads([lambda bot=bot: cancel(bot) for bot in bots])
    assert results == ["canceled"] * 3
    arrivals = simulator.arrivals("cancelOrders")
    assert all(later - earlier >= 1 for earlier, later in pairwise(arrivals))
    assert simulator.repeated_submissions == 0


def test_one_order_by_two_ids(bot: Bot, simulator: Simulator) -> None:
    """An order that is known by both ids is one order: its second id waits for the second, too."""
    order = simulator.place(client_order_id="mine_1")
    bot.cancel_orders([order.order_id], SPOT, {"process": 1})
    (again,) = bot.cancel_orders(None, SPOT, {"clientOrderIds": ["mine_1"], "process": 1})
    assert again["status"] == "canceled"
    assert simulator.repeated_submissions == 0


STOPS: list[tuple[dict[str, Any], type[BaseError]]] = [
    ({"status": 418}, DDoSProtection),
    ({"status": 403}, DDoSProtection),
    ({"status": 429}, RateLimitExceeded),
    ({"status": 200, "body": body("109403", "cancellation rate exceeded")}, RateLimitExceeded),
    ({"status": 200, "body": body("109415", "trading is paused")}, RateLimitExceeded),
    ({"status": 200, "body": body("80020", "risk control")}, RateLimitExceeded),
    ({"status": 200, "body": body("101413", "restriction period")}, RateLimitExceeded),
]


@pytest.mark.parametrize(("details", "error"), STOPS)
def test_stop_at_once(
    world: str, simulator: Simulator, details: dict[str, Any], error: type[BaseError]
) -> None:
    """If the exchange says stop, the plugin raises after one request, and does not send the next call."""
    config = simulator.ccxt_config(options={"cancelOrders": {"maxWait": 0}})
    with bot_of(OURS[world], {**config, "enableRateLimit": True}) as bot:
        bot.load_markets()
        ids = place(simulator, 2)
        simulator.faults.add("http", times=None, **details)
        for one, expected in zip(ids, (error, RateLimitExceeded), strict=True):
            with pytest.raises(expected) as caught:
                bot.cancel_orders([one], SPOT)
            assert caught.value.banned is True
            assert caught.value.unresolved == [one]
        assert len(cancels(simulator)) == 1


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, " 400 Bad Request"),
        (403, "HTTP 403"),
        (418, "HTTP 418"),
        (429, "HTTP 429"),
        (502, f" 502 Bad Gateway - {UNKNOWN_OUTCOME}"),
        (507, f" 507 Insufficient Storage - {UNKNOWN_OUTCOME}"),
    ],
)
def test_page_in_a_message(bot: Bot, simulator: Simulator, status: int, said: str) -> None:
    """What the plugin says comes before a gateway's page, which is one line."""
    ids = place(simulator)
    simulator.faults.add("http", status=status, path="*", times=None)
    with pytest.raises(BaseError) as caught:
        bot.cancel_orders(ids, SPOT)
    assert f"{said} - unresolved: {ids[0]} - <html> <head><title>{status} " in str(caught.value)
    assert str(caught.value).count("<html>") == 1
    assert "\n" not in str(caught.value)


def test_page_in_place_of_markets(bot: Bot, simulator: Simulator) -> None:
    """The same holds for a page in place of the list of markets: no request about an order was sent."""
    simulator.faults.add("http", status=502, path="*", times=None)
    with pytest.raises(BaseError) as caught:
        bot.cancel_orders(["77"], LINEAR)
    said = "502 Bad Gateway - no request about an order was sent - unresolved: 77 - <html> <head>"
    assert said in str(caught.value)
    assert str(caught.value).count("<html>") == 1


def test_retry_after(bot: Bot, simulator: Simulator) -> None:
    """A Retry-After header names the time."""
    simulator.faults.add("http", status=429, retry_after=7)
    with pytest.raises(RateLimitExceeded) as caught:
        bot.cancel_orders(place(simulator), SPOT)
    assert (caught.value.banned, caught.value.retry_after) == (True, 7)


def test_ban_under_another_status(bot: Bot, simulator: Simulator) -> None:
    """The text of a ban counts under any code and HTTP status."""
    until = int(time.time() * 1000) + 60_000
    text = f"over 5 error code:109415 requests within 900000 ms for this api, can retry after time: {until}"
    simulator.faults.add("http", status=403, body=body("109429", text))
    with pytest.raises(RateLimitExceeded) as caught:
        bot.cancel_orders(place(simulator), SPOT)
    assert caught.value.banned is True
    assert caught.value.retry_after == pytest.approx(60, abs=5)


def test_business_code_before_status(world: str, simulator: Simulator) -> None:
    """Code 100419 under HTTP 403 raises PermissionDenied, and does not close the lane."""
    with bot_of(OURS[world], {**simulator.ccxt_config(), "enableRateLimit": True}) as bot:
        ids = place(simulator, 2)
        simulator.faults.add("http", status=403, body=body("100419", "IP does not match IP whitelist"))
        with pytest.raises(PermissionDenied):
            bot.cancel_orders(ids[:1], SPOT)
        assert reported(bot.cancel_orders(ids[1:], SPOT)) == [(ids[1], "canceled")]


def test_probe_after_a_stop(world: str, simulator: Simulator) -> None:
    """Without a time the limiter holds for a second, lets one request probe, and opens when that passes."""
    with bot_of(OURS[world], {**simulator.ccxt_config(), "enableRateLimit": True}) as bot:
        bot.load_markets()
        ids = place(simulator, 2)
        simulator.faults.add("http", status=418)
        with pytest.raises(DDoSProtection):
            bot.cancel_orders(ids[:1], SPOT)
        assert reported(bot.cancel_orders(ids, SPOT, {"process": 1})) == [(one, "canceled") for one in ids]


def test_a_refused_probe_opens_the_lane(world: str, simulator: Simulator) -> None:
    """A refusal also shows that the exchange responds again: the next cancel goes at once."""
    with bot_of(OURS[world], {**simulator.ccxt_config(), "enableRateLimit": True}) as bot:
        bot.load_markets()
        (live,) = place(simulator)
        simulator.faults.add("http", status=418, times=2)
        for _ in range(2):
            with pytest.raises(DDoSProtection):
                bot.cancel_orders(["1"], SPOT)
            time.sleep(1.1)
        time.sleep(1.0)
        with pytest.raises(OrderNotFound):
            bot.cancel_orders(["2"], SPOT)
        assert reported(bot.cancel_orders([live], SPOT)) == [(live, "canceled")]


@pytest.mark.parametrize("status", [403, 418, 429])
def test_status_as_code(bot: Bot, simulator: Simulator, status: int) -> None:
    """A proxy's JSON that repeats the HTTP status holds no code of the exchange: one request, then a stop."""
    simulator.faults.add("http", status=status, body=body(str(status), "Too Many Requests"), times=None)
    with pytest.raises((DDoSProtection, RateLimitExceeded)) as caught:
        bot.cancel_orders(place(simulator), SPOT)
    assert caught.value.banned
    assert len(cancels(simulator)) == 1


@pytest.mark.parametrize("refusal", ["signature", "required"])
def test_query_form(world: str, loopback: None, refusal: Any) -> None:
    """An exchange that cannot read JSON gets the query form. The next call uses that form first."""
    forms = {"cancelOrders": {"query"}}
    with Simulator(limits=None, forms=forms, form_refusal=refusal) as sim:
        ids = place(sim, 2)
        with bot_of(OURS[world], sim.ccxt_config()) as bot:
            assert reported(bot.cancel_orders(ids[:1], SPOT)) == [(ids[0], "canceled")]
            assert [request.form for request in cancels(sim)] == ["json", "query"]
            bot.cancel_orders(ids[1:], SPOT)
        assert [request.form for request in cancels(sim)] == ["json", "query", "query"]


def test_wrong_secret(world: str, simulator: Simulator) -> None:
    """A wrong secret costs one more request, once."""
    with bot_of(OURS[world], {**simulator.ccxt_config(), "secret": "wrong"}) as bot:
        for sent in (2, 3):
            with pytest.raises(BaseError):
                bot.cancel_orders(["1"], SPOT)
            assert len(cancels(simulator)) == sent


def test_ignored_process(world: str, loopback: None) -> None:
    """If the exchange ignores process 1, its refusal of the list settles no single id."""
    with Simulator(limits=None, process_ignored=["json", "query"]) as sim:
        live, filled = place(sim, 2)
        sim.fill(filled)
        with bot_of(OURS[world], sim.ccxt_config()) as bot:
            orders = bot.cancel_orders([live, filled], SPOT, {"process": 1})
        assert reported(orders) == [(live, "canceled"), (filled, "closed")]
        assert sim.repeated_submissions == 0


def test_relay(world: str, simulator: Simulator) -> None:
    """The plugin keeps a base URL that contains a "?" whole."""
    config = simulator.ccxt_config()
    exchange = OURS["sync"]({**config, "enableRateLimit": False})
    exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], "http://127.0.0.1:1/relay?to=/openApi")
    for form in ("json", "query"):
        exchange.options["cancelOrders"]["requestFormat"] = form
        signed = exchange.sign(
            "trade/cancelOrders", ["spot", "v1", "private"], "POST", {"symbol": "BTC-USDT"}
        )
        assert signed["url"].startswith("http://127.0.0.1:1/relay?to=/openApi/spot/v1/trade/cancelOrders")


def test_own_headers(world: str, simulator: Simulator) -> None:
    """The user's own headers do not override the content type of the JSON body."""
    (one,) = place(simulator)
    headers = {"content-type": "text/plain", "X-Mine": "yes"}
    with bot_of(OURS[world], {**simulator.ccxt_config(), "headers": headers}) as bot:
        assert reported(bot.cancel_orders([one], SPOT)) == [(one, "canceled")]
    assert [request.form for request in cancels(simulator)] == ["json"]


def test_inverse_client_id(bot: Bot, simulator: Simulator) -> None:
    """The exchange keeps inverse client order ids in lower case: the order is still the caller's."""
    simulator.place(market="inverse", client_order_id="Bot_A1")
    orders = bot.cancel_orders(None, INVERSE, {"clientOrderIds": ["Bot_A1"]})
    assert reported_by_client_id(orders) == [("Bot_A1", "canceled")]


@pytest.mark.parametrize("process", [0, 1])
def test_stale_look_ups(bot: Bot, simulator: Simulator, process: int) -> None:
    """Look-ups that lag never make an order "open" that this call has cancelled."""
    ids = place(simulator, 2)
    simulator.faults.add("stale", path="spot/v1/trade/query", seconds=0.3, times=None)
    simulator.faults.add("http", status=504, when="after")
    orders = bot.cancel_orders(ids, SPOT, {"process": process})
    assert reported(orders) == [(one, "canceled") for one in ids]
    assert simulator.repeated_submissions == 0


def test_unseen_order(bot: Bot, simulator: Simulator) -> None:
    """If a query does not find an order right after its cancel, the plugin queries again."""
    (one,) = place(simulator, market="linear")
    simulator.faults.add("unseen", path="GET swap/v2/trade/order", seconds=0.2, times=None)
    simulator.faults.add("http", status=504, when="after", path="DELETE swap/v2/trade/batchOrders")
    assert reported(bot.cancel_orders([one], LINEAR)) == [(one, "canceled")]


def test_poisoned_id(bot: Bot, simulator: Simulator) -> None:
    """One id that the exchange refuses does not keep the other orders alive."""
    ids = place(simulator, 9)
    simulator.faults.add("poison", ids=[ids[4]], times=None)
    with pytest.raises(BadRequest) as caught:
        bot.cancel_orders(ids, SPOT, {"process": 1})
    assert caught.value.unresolved == [ids[4]]
    assert [order["status"] for order in caught.value.orders] == ["canceled"] * 8
    assert len(cancels(simulator)) <= 9


def test_list_that_is_too_long(world: str, loopback: None) -> None:
    """The plugin splits a list that the exchange finds too long, and sends no other list of that length."""
    with Simulator(limits=None, max_ids=10) as sim, bot_of(OURS[world], sim.ccxt_config()) as bot:
        ids = place(sim, 40)
        orders = bot.cancel_orders(ids, SPOT, {"process": 1})
        assert reported(orders) == [(one, "canceled") for one in ids]
        assert [len(request.cancelled) for request in cancels(sim)] == [0, 0, 10, 10, 10, 10]


def test_refusal_of_everything_is_not_split_for_long(bot: Bot, simulator: Simulator) -> None:
    """If the exchange refuses every id alike, the plugin soon stops."""
    ids = place(simulator, 50)
    simulator.faults.add("poison", ids=ids, times=None)
    with pytest.raises(BadRequest) as caught:
        bot.cancel_orders(ids, SPOT, {"process": 1})
    assert caught.value.unresolved == ids
    assert len(cancels(simulator)) <= 16


def test_mixed_ids_of_one_kind_only(world: str, loopback: None) -> None:
    """The plugin never completes an all-or-nothing list of both kinds of ids one by one."""
    with (
        Simulator(limits=None, mixed_ids="order_ids_only") as sim,
        bot_of(OURS[world], sim.ccxt_config()) as bot,
    ):
        (one,) = place(sim)
        sim.place(client_order_id="mine_1")
        with pytest.raises(BaseError) as caught:
            bot.cancel_orders([one], SPOT, {"clientOrderIds": ["mine_1"], "process": 0})
        assert reported(caught.value.orders) == [(one, "canceled")]
        assert caught.value.unresolved == ["mine_1"]
        assert len(cancels(sim)) == 1


def test_long_recv_window(bot: Bot, simulator: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    """The plugin sends a recvWindow above 5000 ms, with one warning."""
    for one in place(simulator, 2):
        bot.cancel_orders([one], SPOT, {"recvWindow": 6000})
    assert caplog.text.count("recvWindow is longer than 5000 ms") <= 1
    assert [request.params["recvWindow"] for request in cancels(simulator)] == ["6000", "6000"]


def test_open_after_the_last_cancel(world: str, loopback: None) -> None:
    """A query that lags behind the last cancel does not make an omitted order "open"."""
    with (
        Simulator(limits=None, mixed_ids="client_ids_only") as sim,
        bot_of(OURS[world], sim.ccxt_config()) as bot,
    ):
        ids = place(sim, 2, market="linear")
        time.sleep(0.3)
        sim.faults.add("forget", fraction=1.0, times=None, path="DELETE swap/v2/trade/batchOrders")
        sim.faults.add("stale", path="GET swap/v2/trade/order", seconds=0.3, times=None)
        orders = bot.cancel_orders(ids, LINEAR, {"clientOrderIds": ["nobodys"]})
        assert [order["status"] for order in orders] == ["canceled", "canceled", None]
        assert sim.repeated_submissions == 0


def test_words_about_nobodys_order(bot: Bot, simulator: Simulator) -> None:
    """Words about an unrequested order, in an entry without an id, do not report it as cancelled."""
    for client_id in ("a_1", "b_2"):
        simulator.place(client_order_id=client_id)
    entry = {"error": "the  orderId:7 order status :CANCELED,can not delete, please verify and retry later"}
    response = {"code": 0, "msg": "", "data": {"orders": [], "fails": [entry]}}
    simulator.faults.add("canned", body=json.dumps(response).encode())
    orders = bot.cancel_orders(None, SPOT, {"clientOrderIds": ["a_1", "b_2"], "process": 1})
    told = [(order["clientOrderId"], order["status"]) for order in orders]
    assert told == [("a_1", "canceled"), ("b_2", "canceled"), (None, None)]
    assert orders[-1]["info"] == entry


def test_two_poisoned_ids(bot: Bot, simulator: Simulator) -> None:
    """Where each order has its own request, two refused ids do not keep the other orders alive."""
    ids = place(simulator, 4, market="inverse")
    path = "DELETE cswap/v1/trade/cancelOrder"
    for one in ids[:2]:
        simulator.faults.add("poison", ids=[one], times=None, path=path)
    with pytest.raises(BadRequest) as caught:
        bot.cancel_orders(ids, INVERSE)
    assert caught.value.unresolved == ids[:2]
    assert [order["status"] for order in caught.value.orders] == ["canceled"] * 2


def test_poisoned_ids_after_an_accepted_one(world: str, simulator: Simulator) -> None:
    """Once the exchange has accepted a list, any number of poisoned ids does not stop the others."""
    ids = place(simulator, 6)
    config = simulator.ccxt_config(options={"cancelOrders": {"batchSize": 1}})
    simulator.faults.add("poison", ids=ids[1:5], times=None)
    with bot_of(OURS[world], config) as bot, pytest.raises(BadRequest) as caught:
        bot.cancel_orders(ids, SPOT, {"process": 1})
    assert caught.value.unresolved == ids[1:5]
    assert reported(caught.value.orders) == [(ids[0], "canceled"), (ids[5], "canceled")]


def test_ban_on_a_look_up(bot: Bot, simulator: Simulator) -> None:
    """A short ban on queries, under any HTTP status, does not keep the orders unknown."""
    ids = place(simulator, 2)
    ban: Any = {"seconds": 0.2, "code": 100410, "status": 503, "text": "retry"}
    simulator.faults.add("ban", path="spot/v1/trade/query", **ban)
    simulator.faults.add("null_data", when="after")
    assert reported(bot.cancel_orders(ids, SPOT)) == [(one, "canceled") for one in ids]


def test_lost_list_with_a_cancelled_order(
    bot: Bot, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Queries that no longer lag show what a lost all-or-nothing list left open."""
    monkeypatch.setattr(BingxMixin, "_pauses", Pauses())
    gone, live = place(simulator, 2)
    simulator.cancel(gone)
    simulator.faults.add("http", status=504, when="after")
    assert reported(bot.cancel_orders([gone, live], SPOT)) == [(gone, "canceled"), (live, "open")]
    assert simulator.status(live) == "PENDING"
    assert len(cancels(simulator)) == 1
