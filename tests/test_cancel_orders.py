"""cancel_orders over real HTTP: what the plugin reports, compared with the simulator's order book."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ccxt.base.errors import (
    ArgumentsRequired,
    AuthenticationError,
    BadRequest,
    BadResponse,
    BadSymbol,
    BaseError,
    ExchangeError,
    InvalidNonce,
    OperationFailed,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
    RequestTimeout,
)

from ccxt_bingx_ext import ClientOrderId, bingx
from ccxt_bingx_ext.async_support import bingx as async_bingx
from ccxt_bingx_ext.simulator import Order, Simulator

from .helpers import (
    OURS,
    Bot,
    bot_of,
    cancels,
    pairwise,
    patience,
    place,
    reached,
    reported,
    reported_by_client_id,
)


def test_main_job(bot: Bot, simulator: Simulator) -> None:
    """The plugin reports the true state of open, filled, cancelled and unknown orders."""
    live, filled, gone = place(simulator, 3)
    simulator.fill(filled)
    simulator.cancel(gone)
    orders = bot.cancel_orders([live, filled, gone, "77"], "BTC/USDT", {"process": 1})
    assert reported(orders) == [(live, "canceled"), (filled, "closed"), (gone, "canceled"), ("77", None)]
    assert simulator.status(live) == "CANCELED"
    assert {order["symbol"] for order in orders} == {"BTC/USDT"}
    assert "can not find order" in orders[3]["info"]["error"]
    assert [order["id"] for order in orders if order["status"] != "canceled"] == [filled, "77"]


@pytest.mark.parametrize("loaded", [True, False])
@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("cancel_orders", ([ClientOrderId("quote17")], "BTC/USDT")),
        ("cancel_orders_with_client_order_ids", (["quote17"], "BTC/USDT")),
        ("cancel_orders_for_symbols", ([{"clientOrderId": "quote17", "symbol": "BTC/USDT"}],)),
    ],
)
def test_forgotten_client_order_id(
    bot: Bot, simulator: Simulator, method: str, arguments: tuple[Any, ...], loaded: bool
) -> None:
    """A live order whose client order id the exchange has forgotten is unresolved, and never "not found"."""
    order = simulator.place(client_order_id="quote17")
    if loaded:
        bot.load_markets()
    simulator.clock_offset_ms += 3 * 3600 * 1000
    with pytest.raises(BadRequest, match="forgets after two hours") as caught:
        getattr(bot, method)(*arguments)
    (left,) = caught.value.unresolved
    assert (left if isinstance(left, str) else left["clientOrderId"]) == "quote17"
    assert caught.value.orders == []
    assert simulator.status(order.order_id) == "PENDING"


def test_documented_request(bot: Bot, simulator: Simulator) -> None:
    """The request is a signed JSON body with every parameter, an empty query and ccxt's headers."""
    ids = place(simulator, 2)
    bot.cancel_orders(ids, "BTC/USDT", {"process": 1, "recvWindow": 4000.0, "clientOrderIds": ["ä/b+c%20"]})
    (request,) = cancels(simulator)
    assert request.form == "json"
    assert request.query == ""
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-source-key"] == "CCXT"
    assert request.signature_valid
    body = json.loads(request.body)
    assert len(body.pop("signature")) == 64
    assert isinstance(body.pop("timestamp"), int)
    assert body == {
        "symbol": "BTC-USDT",
        "orderIds": ",".join(ids),
        "clientOrderIDs": "ä/b+c%20",
        "process": 1,
        "recvWindow": 4000,
    }


def test_query_form(bot: Bot, simulator: Simulator) -> None:
    """With requestFormat "query" the plugin sends every parameter in the URL and an empty body."""
    bot.options["cancelOrders"]["requestFormat"] = "query"
    ids = place(simulator, 2)
    orders = bot.cancel_orders(ids, "BTC/USDT", {"clientOrderIds": ["a-b"], "process": 1})
    assert [order["status"] for order in orders] == ["canceled", "canceled", None]
    (request,) = cancels(simulator)
    assert (request.form, request.body, request.signature_valid) == ("query", "", True)


def test_unified_client_id_method(bot: Bot, simulator: Simulator) -> None:
    """cancel_orders_with_client_order_ids cancels orders and returns them in asking order."""
    for client_id in ("a_1", "b_2"):
        simulator.place(client_order_id=client_id)
    orders = bot.cancel_orders_with_client_order_ids(["b_2", "nobody", "a_1"], "BTC/USDT", {"process": 1})
    assert reported_by_client_id(orders) == [
        ("b_2", "canceled"),
        ("nobody", None),
        ("a_1", "canceled"),
    ]
    assert orders[0]["id"] == str(simulator.order_by_client_id("b_2").order_id)
    assert bot.cancel_orders_with_client_order_ids([], "BTC/USDT") == []


@pytest.mark.parametrize(
    ("fails_key", "mixed_ids", "empty_lists"),
    pairwise(
        ["orderId", "clientOrderID", "clientOrderId", "text"],
        ["union", "order_ids_only", "client_ids_only"],
        ["absent", "null", "empty"],
    ),
)
def test_undocumented_variants(
    world: str, fails_key: Any, mixed_ids: Any, empty_lists: Any, loopback: None
) -> None:
    """The plugin accounts for every id in every form that the documentation leaves open."""
    with (
        Simulator(
            limits=None, fails_key=fails_key, mixed_ids=mixed_ids, empty_lists=empty_lists
        ) as simulator,
        bot_of(OURS[world], simulator.ccxt_config()) as bot,
    ):
        first = simulator.place(client_order_id="first_1")
        second, filled = (
            simulator.place(client_order_id="second_2"),
            simulator.place(client_order_id="filled_3"),
        )
        simulator.fill(filled.order_id)
        clients = ["second_2", "nobody", "filled_3"]
        orders = bot.cancel_orders([first.order_id], "BTC/USDT", {"clientOrderIds": clients, "process": 1})
        assert [order["status"] for order in orders] == ["canceled", "canceled", None, "closed"]
        assert [order["clientOrderId"] for order in orders][1:] == clients
        assert simulator.status(second.order_id) == "CANCELED"


def test_both_ids_of_one_order(bot: Bot, simulator: Simulator) -> None:
    """If the bot names an order by both ids, the plugin cancels it once, and returns it twice."""
    order = simulator.place(client_order_id="both_1")
    orders = bot.cancel_orders([order.order_id], "BTC/USDT", {"clientOrderIds": ["both_1"]})
    assert reported(orders) == [(str(order.order_id), "canceled")] * 2
    assert len(simulator.executions) == 1


def test_refused_all_or_nothing(bot: Bot, simulator: Simulator) -> None:
    """With process 0 one unknown id leaves every order open and every id unresolved."""
    ids = [*place(simulator, 3), "77"]
    with pytest.raises(BadRequest, match="nothing was cancelled") as caught:
        bot.cancel_orders(ids, "BTC/USDT")
    assert "can not find order" not in str(caught.value)
    assert caught.value.exchange_message.startswith("can not find order for orderId:77")
    assert caught.value.orders == []
    assert caught.value.unresolved == ids
    assert {order.status for order in simulator.orders()} == {"PENDING"}
    assert len(cancels(simulator)) == 1


def test_process_option(bot: Bot, simulator: Simulator) -> None:
    """The option process applies unless the call names process itself."""
    bot.options["cancelOrders"]["process"] = 1
    (live,) = place(simulator, 1)
    assert reported(bot.cancel_orders([live, "77"], "BTC/USDT")) == [(live, "canceled"), ("77", None)]
    with pytest.raises(OrderNotFound):
        bot.cancel_orders(["77"], "BTC/USDT", {"process": 0})


def test_batches(bot: Bot, simulator: Simulator) -> None:
    """With process 1 the plugin sends a long list in batches of batchSize ids."""
    ids = place(simulator, 120)
    assert reported(bot.cancel_orders(ids, "BTC/USDT", {"process": 1})) == [(one, "canceled") for one in ids]
    assert [len(request.cancelled) for request in cancels(simulator)] == [50, 50, 20]
    simulator.clear_log()
    bot.options["cancelOrders"]["batchSize"] = 100
    bot.cancel_orders(place(simulator, 120), "BTC/USDT", {"process": 1})
    assert [len(request.cancelled) for request in cancels(simulator)] == [100, 20]


def test_omitted_id(bot: Bot, simulator: Simulator) -> None:
    """When a response omits an id, the plugin looks it up and reports its true state."""
    ids = place(simulator, 3)
    simulator.faults.add("forget", ids=[ids[1]])
    assert reported(bot.cancel_orders(ids, "BTC/USDT")) == [(one, "canceled") for one in ids]
    assert len(cancels(simulator)) == 1
    looked_up = [one.params["orderId"] for one in simulator.requests if one.path.endswith("/query")]
    assert looked_up == [ids[1]]


@pytest.mark.parametrize(
    ("fault", "details"),
    [
        ("null_data", {"when": "after"}),
        ("garbage", {"when": "after"}),
        ("cut_off", {}),
        ("canned", {"body": b"", "when": "after"}),
        ("canned", {"body": b"[]", "when": "after"}),
        ("canned", {"body": b'"ok"', "when": "after", "content_type": "text/plain"}),
    ],
)
def test_unexpected_response(bot: Bot, simulator: Simulator, fault: Any, details: dict[str, Any]) -> None:
    """Without reconciliation an undocumented response leaves every id unresolved."""
    bot.options["cancelOrders"]["resolveAttempts"] = 0
    ids = place(simulator, 2)
    simulator.faults.add(fault, **details)
    with pytest.raises(BadResponse) as caught:
        bot.cancel_orders(ids, "BTC/USDT", {"process": 1})
    assert (caught.value.orders, caught.value.unresolved) == ([], ids)


def test_error_in_second_batch(bot: Bot, simulator: Simulator) -> None:
    """When batch 2 of 3 times out, the error reports batch 1 and leaves the other ids unresolved."""
    bot.options["cancelOrders"]["resolveAttempts"] = 0
    bot.load_markets()
    bot.exchange.timeout = 1500
    ids = place(simulator, 5)
    bot.options["cancelOrders"]["batchSize"] = 2
    simulator.faults.add("hang", skip=1)
    simulator.place(client_order_id="client_1")
    with pytest.raises(RequestTimeout) as caught:
        bot.cancel_orders(ids, "BTC/USDT", {"process": 1, "clientOrderIds": ["client_1"]})
    assert reported(caught.value.orders) == [(one, "canceled") for one in ids[:2]]
    assert caught.value.unresolved == [*ids[2:], "client_1"]
    assert isinstance(caught.value.unresolved[-1], ClientOrderId)
    again = bot.cancel_orders(caught.value.unresolved, "BTC/USDT", {"process": 1})
    assert [order["status"] for order in again] == ["canceled"] * 4


def test_no_retry_by_ccxt(bot: Bot, simulator: Simulator) -> None:
    """The option maxRetriesOnFailure never makes ccxt send a cancel again."""
    bot.load_markets()
    bot.options["maxRetriesOnFailure"] = 3
    bot.options["cancelOrders"]["resolveAttempts"] = 0
    simulator.faults.add("http", status=502, when="after", times=None)
    with pytest.raises(Exception, match="502"):
        bot.cancel_orders(place(simulator, 1), "BTC/USDT", {"maxRetriesOnFailure": 5})
    assert len(cancels(simulator)) == 1


BAD_INPUT: list[tuple[Any, Any, Any, type[Exception]]] = [
    ("12345", "BTC/USDT", {}, BadRequest),
    (["1", "1,2"], "BTC/USDT", {}, BadRequest),
    (None, "BTC/USDT", {}, ArgumentsRequired),
    (["1"], None, {}, ArgumentsRequired),
    (["1"], 5, {}, BadSymbol),
    (["1"], "BTC/USDT", {"process": 2}, BadRequest),
    (["1"], "BTC/USDT", {"recvWindow": -5}, BadRequest),
    (["1"], "BTC/USDT", {"clientOrderIds": "abc"}, BadRequest),
    (["1"], "BTC/USDT", {"foo": "a&b=c"}, BadRequest),
]


@pytest.mark.parametrize(("ids", "symbol", "params", "error"), BAD_INPUT)
def test_bad_input(
    bot: Bot, simulator: Simulator, ids: Any, symbol: Any, params: Any, error: type[Exception]
) -> None:
    """Bad input raises an error before the plugin sends anything or loads markets."""
    with pytest.raises(error, match=r"^bingx cancelOrders\(\)"):
        bot.cancel_orders(ids, symbol, params)
    assert simulator.requests == []


def test_bad_option(bot: Bot, simulator: Simulator) -> None:
    """A mistyped option raises an error before the plugin sends anything."""
    bot.options["cancelOrders"]["batchSize"] = "50"
    with pytest.raises(BadRequest, match="batchSize"):
        bot.cancel_orders(["1"], "BTC/USDT")
    assert simulator.requests == []


def test_empty_list(bot: Bot, simulator: Simulator) -> None:
    """For an empty list the plugin returns an empty list and sends nothing."""
    assert bot.cancel_orders([], "BTC/USDT") == []
    assert bot.cancel_orders(iter(()), "BTC/USDT", {"process": 1}) == []
    assert simulator.requests == []


def test_unknown_symbol(bot: Bot, simulator: Simulator) -> None:
    """An unknown symbol raises BadSymbol, and with loaded markets the plugin sends nothing."""
    with pytest.raises(BadSymbol) as caught:
        bot.cancel_orders(["1"], "NOPE/USDT")
    assert (caught.value.orders, caught.value.unresolved) == ([], ["1"])
    simulator.clear_log()
    with pytest.raises(BadSymbol):
        bot.cancel_orders(["1"], "NOPE/USDT")
    assert simulator.requests == []


def test_cold_cancel(bot: Bot, simulator: Simulator) -> None:
    """A fresh instance cancels with one request and without markets, also under a renamed currency."""
    for symbol, market_id in (("BTC/USDT", "BTC-USDT"), ("Snowman/USDT", "SNOW-USDT")):
        (live,) = place(simulator, 1, symbol=market_id)
        (order,) = bot.cancel_orders([live], symbol)
        assert (order["symbol"], order["status"]) == (symbol, "canceled")
        assert order["info"]["symbol"] == market_id
    assert len(simulator.requests) == 2


def test_cold_cancel_under_wrong_market_id(bot: Bot, simulator: Simulator) -> None:
    """When the guessed market id is wrong, the plugin loads markets and cancels under the right id."""
    (live,) = place(simulator, 1)
    bot.exchange.commonCurrencies = {**bot.exchange.commonCurrencies, "FOO": "BTC"}
    (order,) = bot.cancel_orders([live], "BTC/USDT", {"process": 1})
    assert (order["symbol"], order["status"]) == ("BTC/USDT", "canceled")
    assert [request.params["symbol"] for request in cancels(simulator)] == ["FOO-USDT", "BTC-USDT"]


@pytest.mark.parametrize("loaded", [True, False])
@pytest.mark.parametrize("default_type", ["spot", "swap"])
def test_market_id_as_symbol(bot: Bot, simulator: Simulator, loaded: bool, default_type: str) -> None:
    """A market id in place of the symbol means the market that defaultType names, as in ccxt."""
    bot.options["defaultType"] = default_type
    if loaded:
        bot.load_markets()
    (live,) = place(simulator, 1)
    # The swap market has no such order.
    status = "canceled" if default_type == "spot" else None
    assert reported(bot.cancel_orders([live], "BTC-USDT")) == [(live, status)]
    if default_type == "swap":
        assert cancels(simulator) == []
    (other,) = place(simulator, 1, symbol="GM-USDT")
    assert reported(bot.cancel_orders(iter([other]), "GM-USDT")) == [(other, "canceled")]


def test_renamed_currency(bot: Bot, simulator: Simulator) -> None:
    """For Snowman/USDT the plugin sends SNOW-USDT and reports Snowman/USDT."""
    (live,) = place(simulator, 1, symbol="SNOW-USDT")
    (order,) = bot.cancel_orders([live], "Snowman/USDT")
    assert (order["symbol"], order["status"]) == ("Snowman/USDT", "canceled")


def test_arguments_unchanged(bot: Bot, simulator: Simulator) -> None:
    """The plugin does not change the caller's ids and params."""
    ids, params = place(simulator, 2), {"process": "1", "clientOrderIds": ["x"], "recvWindow": 5000.0}
    before = json.dumps([ids, params])
    bot.cancel_orders(ids, "BTC/USDT", params)
    assert json.dumps([ids, params]) == before


def test_single_order_not_found(bot: Bot, simulator: Simulator) -> None:
    """cancel_order and fetch_order raise OrderNotFound, also when the bot cancels a filled order."""
    (filled,) = place(simulator, 1)
    simulator.fill(filled)
    for call in (bot.cancel_order, bot.fetch_order):
        with pytest.raises(OrderNotFound):
            call("77", "BTC/USDT")
    with pytest.raises(OrderNotFound, match="FILLED"):
        bot.cancel_order(filled, "BTC/USDT")
    assert bot.fetch_order(filled, "BTC/USDT")["status"] == "closed"


def test_methods_of_ccxt(bot: Bot, simulator: Simulator) -> None:
    """create_order, fetch_open_orders and cancel_order work as in ccxt."""
    order = bot.create_order("BTC/USDT", "limit", "buy", 0.001, 25000)
    assert [one["id"] for one in bot.fetch_open_orders("BTC/USDT")] == [order["id"]]
    assert bot.cancel_order(order["id"], "BTC/USDT")["status"] == "canceled"


@pytest.mark.parametrize("request_format", ["json", "query"])
def test_no_secret_in_errors_or_logs(
    bot: Bot, simulator: Simulator, request_format: str, caplog: pytest.LogCaptureFixture
) -> None:
    """No error and no log line of the plugin holds the secret or a signature."""
    caplog.set_level(logging.DEBUG)
    bot.options["cancelOrders"] |= {"requestFormat": request_format, "resolveAttempts": 0}
    bot.load_markets()
    fault: Any
    # aiohttp quotes the request in some messages: for garbage and for an endless redirect.
    loop = {"body": b"", "status": 307, "content_type": "text/plain"}
    for fault, details in (
        ("drop", {}),
        ("http", {}),
        ("garbage", {}),
        ("cut_off", {"declare_whole": True}),
        ("canned", loop),
    ):
        simulator.faults.add(fault, **details)
        with pytest.raises(Exception) as caught:  # noqa: PT011 - other tests check the class
            bot.cancel_orders(place(simulator, 1), "BTC/USDT")
        shown = "".join(traceback.format_exception(caught.value))
        assert simulator.secret not in shown
        assert not re.search(r"\b[0-9a-f]{64}\b", shown)
    ours = [
        record
        for record in caplog.records
        if record.name.startswith("ccxt_bingx_ext.") and "simulator" not in record.name
    ]
    assert ours == []


@pytest.mark.parametrize("request_format", ["json", "query"])
@pytest.mark.parametrize("process", [0, 1])
def test_echoes(world: str, simulator: Simulator, process: int, request_format: str) -> None:
    """No text reachable from an error holds a key, secret or signature that a server echoes, whole or cut."""
    key, secret, digits = "Kq7" * 20, "sEcReT9" * 9, "ab" * 32
    simulator.add_account(key, secret, "7")
    config = {**simulator.ccxt_config(), "apiKey": key, "secret": secret}
    url = f"https://x/?orderIds=1&signature={digits}"
    bodies = [
        json.dumps({"code": 100413, "msg": f"Incorrect apiKey {key}"}),
        json.dumps({"code": 100001, "msg": f"wrong: {url[:-4]}"}),
        json.dumps({"code": 0, "data": {"fails": [{"orderId": "1", "error": f"{'x' * 50} {url}"}]}}),
        json.dumps({"code": 0, "data": {"fails": [{"orderId": "1", "error": f"key {'x' * 60} {key}"}]}}),
        json.dumps({"code": 0, "data": {"orders": [{"orderId": 2, "status": "FILLED", "x": key}]}}),
        f"{{X-BX-APIKEY={key[:20]}, signature={digits[:60]}",
    ]
    errors: list[BaseError] = []
    with bot_of(OURS[world], config) as bot:
        bot.load_markets()
        bot.options["cancelOrders"] |= {"requestFormat": request_format, "resolveAttempts": 0}
        for body in bodies:
            for path in ("cancelOrders", "trade/query"):
                simulator.faults.add("canned", body=body, times=None, path=path)
            with pytest.raises(BaseError) as caught:
                bot.cancel_orders(["1"], "BTC/USDT", {"process": process})
            errors.append(caught.value)
            simulator.faults.clear()
        simulator.faults.add("hang")
        bot.exchange.timeout = patience("hang")
        with pytest.raises(BaseError) as caught:
            bot.cancel_orders(["2"], "BTC/USDT", {"process": process})
        errors.append(caught.value)
    for error in errors:
        texts = "\n".join(reached(error))
        assert not [one for one in (key[:20], secret[:20], digits[:60]) if one in texts]
        assert not re.search("[0-9a-f]{48}", texts)


def test_without_keys(world: str, simulator: Simulator) -> None:
    """Without keys ccxt raises AuthenticationError before the plugin sends a cancel."""
    keyless = {**simulator.ccxt_config(), "apiKey": "", "secret": ""}
    with bot_of(OURS[world], keyless) as bot, pytest.raises(AuthenticationError):
        bot.cancel_orders(["1"], "BTC/USDT")
    assert cancels(simulator) == []


def test_threads_share_an_instance(simulator: Simulator) -> None:
    """Each of many threads on one instance gets the result of its own call."""
    exchange = bingx({**simulator.ccxt_config(), "enableRateLimit": False})
    exchange.load_markets()
    lists = [place(simulator, 3) for _ in range(12)]
    results: dict[int, Any] = {}
    threads = [
        threading.Thread(
            target=lambda n=n: results.update({n: reported(exchange.cancel_orders(lists[n], "BTC/USDT"))})
        )
        for n in range(len(lists))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: [(one, "canceled") for one in ids] for n, ids in enumerate(lists)}


def test_tasks_share_an_instance(simulator: Simulator) -> None:
    """Each of many tasks gets its own result, and the instance survives a cancelled task."""

    async def main() -> None:
        exchange = async_bingx({**simulator.ccxt_config(), "enableRateLimit": False})
        try:
            await exchange.load_markets()
            lists = [place(simulator, 3) for _ in range(12)]
            results = await asyncio.gather(*(exchange.cancel_orders(ids, "BTC/USDT") for ids in lists))
            for ids, orders in zip(lists, results, strict=True):
                assert reported(orders) == [(one, "canceled") for one in ids]
            simulator.clear_log()
            simulator.faults.add("hang")
            task = asyncio.ensure_future(exchange.cancel_orders(place(simulator, 1), "BTC/USDT"))
            while not cancels(simulator):
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            ids = place(simulator, 1)
            assert reported(await exchange.cancel_orders(ids, "BTC/USDT")) == [(ids[0], "canceled")]
            assert len(cancels(simulator)) == 2
        finally:
            await exchange.close(True)

    asyncio.run(main())


def test_simulators_order_book(simulator: Simulator) -> None:
    """The tests read the outcome of an order from the simulator's order book, not from a response."""
    order = simulator.place()
    assert isinstance(order, Order)
    assert simulator.status(order.order_id) == "PENDING"


def test_unparsable_entry(bot: Bot, simulator: Simulator) -> None:
    """The plugin reports an order although ccxt cannot parse its entry."""
    odd = {"orderId": "5", "clientOrderID": "a", "status": "CANCELED", "stopPrice": "3"}
    body = json.dumps({"code": 0, "msg": "", "data": {"orders": [odd]}}).encode()
    simulator.faults.add("canned", body=body)
    (order,) = bot.cancel_orders([5], "BTC/USDT")
    shown = {name: order[name] for name in ("id", "clientOrderId", "symbol", "status", "info")}
    assert shown == {
        "id": "5",
        "clientOrderId": "a",
        "symbol": "BTC/USDT",
        "status": "canceled",
        "info": odd,
    }


def test_strays_come_last(bot: Bot, simulator: Simulator) -> None:
    """Orders that the bot did not ask for stand at the end of the result."""
    order = {"symbol": "BTC-USDT", "orderId": 6, "status": "CANCELED", "type": "LIMIT", "side": "BUY"}
    fails = [
        {"orderId": "7", "error": "order status :FILLED"},
        {"orderId": "5", "error": "order status :FAILED"},
    ]
    body = json.dumps({"code": 0, "msg": "", "data": {"orders": [order], "fails": fails}}).encode()
    simulator.faults.add("canned", body=body)
    orders = bot.cancel_orders([5], "BTC/USDT", {"process": 1})
    assert reported(orders) == [("5", "rejected"), ("6", "canceled"), ("7", "closed")]


def test_client_id_keyed_as_order_id(bot: Bot, simulator: Simulator) -> None:
    """A client order id under the key orderId appears as clientOrderId, and odd entries stay."""
    fails = [{"orderId": "abc", "error": "can not find order"}, "something else"]
    body = json.dumps({"code": 0, "msg": "", "data": {"fails": fails}}).encode()
    simulator.faults.add("canned", body=body)
    bot.load_markets()
    first, second = bot.cancel_orders(None, "BTC/USDT", {"clientOrderIds": ["abc"], "process": 1})
    assert (first["id"], first["clientOrderId"], first["info"]) == (None, "abc", fails[0])
    assert (second["id"], second["clientOrderId"], second["info"]) == (None, None, "something else")


REFUSALS = [
    (100404, "order does not exist", OrderNotFound),
    (100400, "can not find order for orderId:1 for symbol: BTC-USDT", OrderNotFound),
    (100400, "the  orderId:1 order status :FILLED,can not delete, please verify", OrderNotFound),
    (80016, "order does not exist", OrderNotFound),
    (109421, "order does not exist", OrderNotFound),
    (80018, "order already filled", OrderNotFound),
    (100410, "rate limited", RateLimitExceeded),
    (109429, "too many invalid requests", RateLimitExceeded),
    (100421, "Null timestamp or timestamp mismatch", InvalidNonce),
    (100421, "This pair is currently restricted from API trading", BadSymbol),
    (80014, "timestamp is invalid", InvalidNonce),
    (100001, "signature verification failed", AuthenticationError),
    (100412, "signature missing", AuthenticationError),
    (100413, "Incorrect apiKey", AuthenticationError),
    (100419, "IP does not match IP whitelist", PermissionDenied),
    (100004, "Permission denied", PermissionDenied),
    (100500, "The current system is busy", OperationFailed),
    (110500, "The current system is busy", OperationFailed),
]


@pytest.mark.parametrize(("code", "message", "error"), REFUSALS)
def test_refusals(bot: Bot, simulator: Simulator, code: int, message: str, error: type[Exception]) -> None:
    """The batch cancel, ccxt's own single cancel and a look-up raise the same class for each refusal."""
    echo = "ab" * 32
    body = json.dumps({"code": code, "msg": message, "debugMsg": echo}).encode()
    bot.options["cancelOrders"] |= {"maxWait": 0, "resolveAttempts": 0, "family": False}
    bot.load_markets()
    calls: dict[str, Callable[[], Any]] = {
        "cancelOrders": lambda: bot.cancel_orders(["1"], "BTC/USDT"),
        "trade/cancel": lambda: bot.cancel_order("1", "BTC/USDT"),
        "trade/query": lambda: bot.fetch_order("1", "BTC/USDT"),
    }
    for path, call in calls.items():
        simulator.faults.add("canned", path=path, body=body, times=None)
        with pytest.raises(error) as caught:
            call()
        assert caught.type is error
        assert message[:20] in str(caught.value)
        if error is not BadSymbol:  # ccxt raises it itself
            assert echo not in str(caught.value)


def test_ccxts_mapping_elsewhere(bot: Bot, simulator: Simulator) -> None:
    """When the bot places an order, code 100404 stays the ExchangeError of ccxt."""
    body = json.dumps({"code": 100404, "msg": "order does not exist"}).encode()
    bot.load_markets()
    simulator.faults.add("canned", path="trade/order", body=body)
    with pytest.raises(ExchangeError) as caught:
        bot.create_order("BTC/USDT", "limit", "buy", 0.001, 25000)
    assert caught.type is ExchangeError


def test_failed_order(bot: Bot, simulator: Simulator) -> None:
    """The plugin reports an order in state FAILED as rejected, not as canceled."""
    body = json.dumps({"code": 0, "data": {"orders": [{"orderId": 5, "status": "FAILED", "type": "LIMIT"}]}})
    simulator.faults.add("canned", body=body.encode())
    assert reported(bot.cancel_orders([5], "BTC/USDT")) == [("5", "rejected")]


@pytest.mark.parametrize(
    ("ids", "symbol", "params", "unresolved"),
    [
        (["1", "x"], "BTC/USDT", {}, ["1", "x"]),
        (iter([1, "x"]), "BTC/USDT", {}, [1, "x"]),
        (["1"], None, {}, ["1"]),
        (["1"], "NOPE/USDT:USDT", {}, ["1"]),
        (["1"], "BTC/USDT", {"process": 5, "clientOrderIds": ["a"]}, ["1", ClientOrderId("a")]),
        (["1"], "BTC/USDT", {"clientOrderIds": [5.5]}, ["1", 5.5]),
        (
            ["1"],
            "BTC/USDT",
            {"clientOrderIds": "a", "clientOrderIDs": "b"},
            ["1", ClientOrderId("a"), ClientOrderId("b")],
        ),
        (["1"], "BTC/USDT", [], ["1"]),
        (["1"], "BTC/USDT", {"clientOrderIds": {"a": 1}}, ["1", {"a": 1}]),
        ([], "BTC/USDT", {"clientOrderIds": "a,b"}, [ClientOrderId("a,b")]),
        ("123", "BTC/USDT", {"clientOrderIds": ["a"]}, ["123", ClientOrderId("a")]),
        (123, "BTC/USDT", {}, [123]),
        (None, "BTC/USDT", {}, []),
    ],
)
def test_error_lists(bot: Bot, ids: Any, symbol: Any, params: Any, unresolved: list[Any]) -> None:
    """Every error carries orders and unresolved, also when the plugin sent nothing."""
    if isinstance(ids, Iterator):
        ids = iter([1, "x"])  # a fresh iterator for each world
    with pytest.raises(BaseError) as caught:
        bot.cancel_orders(ids, symbol, params)
    assert caught.value.orders == []
    assert caught.value.unresolved == unresolved
    assert [type(one) for one in caught.value.unresolved] == [type(one) for one in unresolved]
