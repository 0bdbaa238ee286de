"""edit_order over real HTTP: what the plugin reports, compared with the simulator's order book."""

from __future__ import annotations

import json
import logging
import re
import time
import traceback
from typing import Any, NamedTuple

import pytest
from ccxt.base.errors import (
    ArgumentsRequired,
    AuthenticationError,
    BadRequest,
    BadResponse,
    BadSymbol,
    BaseError,
    ExchangeError,
    InsufficientFunds,
    InvalidOrder,
    NotSupported,
    OperationFailed,
    OrderNotFound,
)
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from ccxt_bingx_ext import ClientOrderId
from ccxt_bingx_ext._cancel.editing import NEW_ORDER_UNKNOWN
from ccxt_bingx_ext._cancel.outcome import UNKNOWN_OUTCOME
from ccxt_bingx_ext.simulator import Simulator

from .helpers import CCXTS, FAULTS, OURS, Bot, bot_of, cancels, patience, place, reported, unused_port
from .scripted import answer, scripted

ONCE_PER_SECOND = "The same order number is only allowed to be submitted once within 1 second."
STOP, ALLOW = {"cancelReplaceMode": "STOP_ON_FAILURE"}, {"cancelReplaceMode": "ALLOW_FAILURE"}

pytestmark = pytest.mark.usefixtures("without_pauses")


class Market(NamedTuple):
    kind: Any
    symbol: str
    path: str
    query: str


MARKETS = {
    "spot": Market("spot", "BTC/USDT", "spot/v1/trade/order/cancelReplace", "GET spot/v1/trade/query"),
    "linear": Market("linear", "BTC/USDT:USDT", "swap/v1/trade/cancelReplace", "GET swap/v2/trade/order"),
}


@pytest.fixture(params=MARKETS)
def market(request: pytest.FixtureRequest) -> Market:
    return MARKETS[request.param]


def old_order(simulator: Simulator, market: Market, **order: Any) -> str:
    return place(simulator, market=market.kind, **order)[0]


def edit(bot: Bot, market: Market, order_id: Any, params: Any = None, **named: Any) -> Any:
    """Replace the order by a limit order at another price."""
    return bot.edit_order(order_id, market.symbol, "limit", "buy", 1, 40000, {**(params or {}), **named})


def failure_of(bot: Bot, market: Market, order_id: Any, **params: Any) -> BaseError:
    with pytest.raises(BaseError) as caught:
        edit(bot, market, order_id, **params)
    return caught.value


def edits(simulator: Simulator, market: Market) -> int:
    return len(cancels(simulator, market.path))


def statuses(simulator: Simulator) -> list[str]:
    return [order.status for order in simulator.orders()]


# Responses of the exchange


@pytest.mark.parametrize("mode", [STOP, ALLOW])
def test_edit(bot: Bot, simulator: Simulator, market: Market, mode: Any) -> None:
    """The old order is cancelled, and the call returns ccxt's structure of the new one."""
    old = old_order(simulator, market)
    order = edit(bot, market, old, mode)
    new = simulator.orders()[1]
    assert (order["id"], order["symbol"], order["price"]) == (str(new.order_id), market.symbol, 40000)
    assert statuses(simulator) == ["CANCELED", "PENDING"]
    assert edits(simulator, market) == 1


def test_same_structure_as_ccxt(world: str, simulator: Simulator, market: Market) -> None:
    """After a success the plugin returns the same as ccxt."""
    kinds = []
    for classes in (OURS, CCXTS):
        with bot_of(classes[world], simulator.ccxt_config()) as bot:
            order = edit(bot, market, old_order(simulator, market))
            kinds.append({name: type(value) for name, value in order.items()})
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("end", ["fill", "cancel", "fail", None])
@pytest.mark.parametrize("stopped", ["zero", "refused"])
def test_gone(world: str, loopback: None, market: Market, end: str | None, stopped: Any) -> None:
    """An old order that is gone is "not found" with its state, for all words of the exchange."""
    with (
        Simulator(limits=None, replace_stopped=stopped) as simulator,
        bot_of(OURS[world], simulator.ccxt_config()) as bot,
    ):
        old = old_order(simulator, market) if end else "77"
        if end:
            getattr(simulator, end)(int(old))
        error = failure_of(bot, market, old)
        assert isinstance(error, OrderNotFound)
        assert error.unresolved == []
        ((reported_id, status),) = reported(error.orders)
        state = {"fill": "closed", "cancel": "canceled", "fail": "rejected", None: None}[end]
        assert (reported_id, status) == (old, state)
        words = {"fill": "already filled", "cancel": "already canceled", "fail": "already failed"}
        assert words.get(end or "", "the exchange knows no such order") in str(error)
        assert NEW_ORDER_UNKNOWN not in str(error)
        assert "placed:  " not in str(error)
        assert len(simulator.orders()) == (1 if end else 0)


def test_filled_meanwhile(bot: Bot, simulator: Simulator, market: Market) -> None:
    """If the order fills before the edit executes, the plugin reports it as filled. No order is placed."""
    old = old_order(simulator, market)
    simulator.faults.add("race", action="fill", order_id=int(old), path=market.path)
    error = failure_of(bot, market, old)
    assert (type(error), reported(error.orders), error.unresolved) == (OrderNotFound, [(old, "closed")], [])
    assert statuses(simulator) == ["FILLED"]


@pytest.mark.parametrize("query", ["refused", "open", "lost"])
def test_gone_unconfirmed(bot: Bot, simulator: Simulator, market: Market, query: str) -> None:
    """If no query confirms that a refused order is gone, it is unresolved, and no error calls it gone."""
    old = old_order(simulator, market)
    simulator.faults.add(
        "canned", body=json.dumps({"code": 100404, "msg": "order not exist"}), path=market.path
    )
    if query == "refused":
        simulator.faults.add("busy", code=100413, text="Incorrect apiKey", path=market.query, times=None)
    if query == "lost":
        simulator.faults.add("http", status=502, path=market.query, times=None)
    error = failure_of(bot, market, old)
    assert (type(error), error.orders, error.unresolved) == (BadResponse, [], [old])
    assert "not exist" not in str(error)
    assert old in str(error)
    assert statuses(simulator) == ["PENDING"]


def test_new_order_refused(bot: Bot, simulator: Simulator, market: Market) -> None:
    """A new order that the exchange refuses after the cancel is an error that reports the cancelled order."""
    old = old_order(simulator, market)
    simulator.faults.add("refuse_new", code=100202, text="insufficient balance", path=market.path)
    error = failure_of(bot, market, old)
    assert type(error) is (InsufficientFunds if market.kind == "spot" else InvalidOrder)
    assert (reported(error.orders), error.unresolved) == ([(old, "canceled")], [])
    assert "the new order was not placed" in str(error)
    assert "insufficient balance" in str(error)
    assert statuses(simulator) == ["CANCELED"]


def test_new_order_refused_unconfirmed(bot: Bot, simulator: Simulator, market: Market) -> None:
    """If no query confirms the cancel, the words of a refusal are not enough: the old order is unresolved."""
    old = old_order(simulator, market)
    simulator.faults.add("refuse_new", code=100202, text="insufficient balance", path=market.path)
    simulator.faults.add("http", status=502, path=market.query, times=None)
    error = failure_of(bot, market, old)
    assert type(error) is (InsufficientFunds if market.kind == "spot" else BadResponse)
    assert (error.orders, error.unresolved) == ([], [old])
    assert "insufficient balance" in str(error)


def test_new_order_doubtful(bot: Bot, simulator: Simulator, market: Market) -> None:
    """If the exchange was busy when it had to place the new order, the message says that it may have."""
    old = old_order(simulator, market)
    simulator.faults.add("refuse_new", path=market.path)
    error = failure_of(bot, market, old)
    assert type(error) is OperationFailed
    assert NEW_ORDER_UNKNOWN in str(error)
    assert [*(order["id"] for order in error.orders), *error.unresolved] == [old]


def test_cancel_failed(bot: Bot, simulator: Simulator, market: Market) -> None:
    """A cancel that fails with words of an unknown outcome leaves the old order unresolved."""
    old = old_order(simulator, market)
    simulator.faults.add("refuse", path=market.path)
    error = failure_of(bot, market, old)
    assert (type(error), error.orders, error.unresolved) == (OperationFailed, [], [old])
    assert UNKNOWN_OUTCOME in str(error)
    assert NEW_ORDER_UNKNOWN not in str(error)
    assert statuses(simulator) == ["PENDING"]


def test_allow_failure(
    bot: Bot, simulator: Simulator, market: Market, caplog: pytest.LogCaptureFixture
) -> None:
    """If the new order is placed beside an old one that may be live, a warning names both."""
    old = old_order(simulator, market)
    simulator.faults.add("refuse", path=market.path)
    order = edit(bot, market, old, ALLOW)
    assert statuses(simulator) == ["PENDING", "PENDING"]
    assert order["id"] == str(simulator.orders()[1].order_id)
    (warning,) = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert old in warning
    assert order["id"] in warning


def test_allow_failure_of_a_filled_order(
    bot: Bot, simulator: Simulator, market: Market, caplog: pytest.LogCaptureFixture
) -> None:
    """If the words say that the old order is gone, the plugin logs nothing."""
    old = old_order(simulator, market)
    simulator.fill(int(old))
    assert edit(bot, market, old, ALLOW)["id"] == str(simulator.orders()[1].order_id)
    assert [one for one in caplog.records if one.levelno == logging.WARNING] == []


# Unknown outcomes


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", FAULTS)
def test_lost_response(bot: Bot, simulator: Simulator, fault: str, when: Any) -> None:
    """A lost response is an unknown outcome: one request, the old id unresolved, the new one mentioned."""
    market = MARKETS["spot" if when == "before" else "linear"]
    old = old_order(simulator, market)
    kind: Any = fault.strip()
    bot.exchange.timeout = patience(kind)
    simulator.faults.add(kind, when=when, path=market.path, **FAULTS[fault])
    error = failure_of(bot, market, old, clientOrderId="mine_1")
    assert (error.orders, error.unresolved) == ([], [old])
    assert not isinstance(error, InvalidOrder)
    for words in (UNKNOWN_OUTCOME, NEW_ORDER_UNKNOWN, "mine_1", old):
        assert words in str(error)
    assert edits(simulator, market) == 1
    assert statuses(simulator) == (["PENDING"] if when == "before" else ["CANCELED", "PENDING"])


def test_once_per_second(bot: Bot, simulator: Simulator, market: Market) -> None:
    """The words "once within 1 second" are an unknown outcome, and not a refusal as in ccxt."""
    old = old_order(simulator, market)
    simulator.faults.add("busy", code=109201, text=ONCE_PER_SECOND, path=market.path)
    error = failure_of(bot, market, old)
    assert (type(error), error.unresolved) == (OperationFailed, [old])
    with bot_of(CCXTS["sync"], simulator.ccxt_config()) as ccxts:
        simulator.faults.add("busy", code=109201, text=ONCE_PER_SECOND, path=market.path)
        with pytest.raises(ExchangeError):  # ccxt 4.5.90: DuplicateOrderId, an InvalidOrder
            edit(ccxts, market, old)


def test_keeps_a_second_from_a_cancel(bot: Bot, simulator: Simulator, market: Market) -> None:
    """An edit, and a cancel of the same order after it, keep the exchange's second between them."""
    old = old_order(simulator, market)
    simulator.faults.add("drop", when="after", path=market.path)
    failure_of(bot, market, old)
    with pytest.raises(OrderNotFound):
        bot.cancel_order(old, market.symbol)
    assert simulator.repeated_submissions == 0
    assert type(failure_of(bot, market, old)) is OrderNotFound
    assert simulator.repeated_submissions == 0


@pytest.mark.parametrize(
    "body",
    [
        {"code": 0, "data": None},
        {"code": 0, "data": {}},
        {"code": 0, "data": []},
        {"code": 0, "data": {"orderOpenResponse": {"orderId": 0}, "orderCancelResponse": {"orderId": 0}}},
        {"code": 0, "data": {"newOrderResponse": {"orderId": 0, "type": "LIMIT"}, "replaceResult": "true"}},
        {"code": 0},
    ],
)
def test_unexpected_response(bot: Bot, simulator: Simulator, market: Market, body: Any) -> None:
    """A response without an order never becomes an order structure of None values, or of the id 0."""
    old = old_order(simulator, market)
    simulator.faults.add("canned", body=json.dumps(body), path=market.path, when="after")
    error = failure_of(bot, market, old)
    assert isinstance(error, (BadResponse, ExchangeError))
    assert (error.orders, error.unresolved) == ([], [old])
    assert NEW_ORDER_UNKNOWN in str(error)


def test_contradiction(bot: Bot, simulator: Simulator) -> None:
    """A new order may be live even if the response says that it was not placed: its id is also unresolved."""
    market = MARKETS["linear"]
    old = old_order(simulator, market)
    data = {
        "cancelResult": "true",
        "replaceResult": "false",
        "newOrderResponse": {"orderId": 9, "type": "LIMIT"},
    }
    body = json.dumps({"code": 0, "data": {**data, "cancelMsg": "", "replaceMsg": ""}})
    simulator.faults.add("canned", body=body, path=market.path)
    error = failure_of(bot, market, old)
    assert (error.orders, error.unresolved) == ([], [old, "9"])


@pytest.mark.parametrize("field", ["origQty", "executedQty", "price", "stopPrice", "fee", "commission"])
def test_huge_number(bot: Bot, simulator: Simulator, market: Market, field: str) -> None:
    """A number that would hang ccxt counts as missing in the new order. ``info`` has the whole response."""
    old = old_order(simulator, market)
    new = {"orderId": 9, "type": "LIMIT", "side": "BUY", "status": "NEW", field: "1e9999999"}
    done = {"code": 0, "msg": "", "result": True}
    data: dict[str, Any] = {"cancelResult": done, "openResult": done, "orderOpenResponse": new}
    if market.kind == "linear":
        data = {"cancelResult": "true", "cancelMsg": "", "replaceResult": "true", "newOrderResponse": new}
    body = json.dumps({"code": 0, "data": {**data, field: "1e9999999"}})
    simulator.faults.add("canned", body=body, path=market.path)
    started = time.monotonic()
    order = edit(bot, market, old)
    assert time.monotonic() - started < 10, "ccxt computes with it"
    assert (order["id"], order["status"], order["side"]) == ("9", "open", "buy")
    assert order["info"][field] == "1e9999999"


# Never sent twice


@pytest.mark.parametrize("where", ["option", "params", "both"])
def test_no_retry_by_ccxt(bot: Bot, simulator: Simulator, market: Market, where: str) -> None:
    """The option maxRetriesOnFailure never makes ccxt send an edit again."""
    bot.load_markets()
    if where != "params":
        bot.options["maxRetriesOnFailure"] = 3
    simulator.faults.add("http", status=502, when="after", path=market.path, times=None)
    retries = {"maxRetriesOnFailure": 2} if where != "option" else {}
    failure_of(bot, market, old_order(simulator, market), **retries)
    assert edits(simulator, market) == 1


def test_no_retry_of_ccxts_own(bot: Bot, simulator: Simulator, market: Market) -> None:
    """With the family off the plugin leaves edit_order to ccxt, but still prevents that it is sent twice."""
    bot.options["cancelOrders"]["family"] = False
    simulator.faults.add("http", status=502, when="after", path=market.path, times=None)
    error = failure_of(bot, market, old_order(simulator, market), maxRetriesOnFailure=2)
    assert not hasattr(error, "unresolved")
    assert edits(simulator, market) == 1


def broken_connections(path: str) -> Any:
    """A script that serves a request, and breaks the connection at the second one to `path`."""

    def script(connection: Any, request: str) -> object:
        if path in request:
            return "close"
        answer(connection, json.dumps({"code": 0, "msg": "", "data": {"serverTime": 1700000000000}}))
        return "go on"

    return script


def test_no_replay(world: str, simulator: Simulator, market: Market) -> None:
    """A session whose kept-alive connection breaks does not send the edit again."""
    with scripted(broken_connections(market.path)) as server:
        with bot_of(OURS[world], simulator.ccxt_config()) as bot:
            bot.load_markets()
            bot.exchange.urls = {"api": dict.fromkeys(bot.urls["api"], f"http://{server.host}/openApi")}
            bot.fetch_time()
            error = failure_of(bot, market, "7")
        assert server.count(market.path) == 1
    assert error.unresolved == ["7"]
    assert UNKNOWN_OUTCOME in str(error)


@pytest.mark.parametrize("fault", ["drop", "http"])
def test_retry_of_the_bot(simulator: Simulator, market: Market, fault: Any) -> None:
    """urllib3's Retry does not send the edit again, even if the bot mounts it for every method."""
    with bot_of(OURS["sync"], simulator.ccxt_config()) as bot:
        retry = Retry(3, allowed_methods=None, status_forcelist=[504])
        bot.exchange.session.mount("http://", HTTPAdapter(max_retries=retry))
        old = old_order(simulator, market)
        details = {"status": 504} if fault == "http" else {}
        simulator.faults.add(fault, when="after", path=market.path, times=None, **details)
        assert failure_of(bot, market, old).unresolved == [old]
    assert edits(simulator, market) == 1


@pytest.mark.parametrize("status", ["302 Found", "307 Temporary Redirect"])
def test_no_redirect(world: str, simulator: Simulator, market: Market, status: str) -> None:
    """The plugin does not follow a redirect of an edit, which would send key and signature elsewhere."""
    with scripted(lambda connection, request: answer(connection)) as elsewhere:

        def redirect(connection: Any, request: str) -> None:
            answer(connection, status=status, Location=f"http://{elsewhere.host}/{market.path}")

        with scripted(redirect) as server, bot_of(OURS[world], simulator.ccxt_config()) as bot:
            bot.load_markets()
            bot.exchange.urls = {"api": dict.fromkeys(bot.urls["api"], f"http://{server.host}/openApi")}
            error = failure_of(bot, market, "7")
        assert elsewhere.requests == []
    assert error.unresolved == ["7"]
    assert UNKNOWN_OUTCOME in str(error)


def test_unreachable(world: str, simulator: Simulator, market: Market) -> None:
    """If nothing was sent, the outcome is known: the old order is unchanged."""
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:
        bot.load_markets()
        dead = f"http://127.0.0.1:{unused_port()}/openApi"
        bot.exchange.urls = {"api": dict.fromkeys(bot.urls["api"], dead)}
        error = failure_of(bot, market, "7")
    assert error.unresolved == ["7"]
    assert UNKNOWN_OUTCOME not in str(error)
    assert NEW_ORDER_UNKNOWN not in str(error)


# Arguments of the bot


@pytest.mark.parametrize("way", ["cancelClientOrderID", "cancelClientOrderId", "id", "method"])
def test_client_order_id(bot: Bot, simulator: Simulator, market: Market, way: str) -> None:
    """The bot names the old order by its client order id: in params, as the id, or by ccxt's own method."""
    old = old_order(simulator, market, client_order_id="old_1")
    if way == "method":
        order = bot.edit_order_with_client_order_id("old_1", market.symbol, "limit", "buy", 1, 40000)
    elif way == "id":
        order = edit(bot, market, ClientOrderId("old_1"))
    else:
        order = edit(bot, market, "", {way: "old_1"}, clientOrderId="new_1")
    assert (simulator.status(old), simulator.status(order["id"])) == ("CANCELED", "PENDING")
    expected = "new_1" if way.startswith("cancel") else None
    assert order["clientOrderId"] == expected
    (request,) = cancels(simulator, market.path)
    names = {name for name in request.params if name.startswith("cancel")} - {"cancelReplaceMode"}
    assert names == {"cancelClientOrderID" if market.kind == "spot" else "cancelClientOrderId"}


def test_lost_by_client_order_id(bot: Bot, simulator: Simulator, market: Market) -> None:
    """An unresolved client order id comes back as a ClientOrderId."""
    old_order(simulator, market, client_order_id="old_1")
    simulator.faults.add("drop", path=market.path)
    (unresolved,) = failure_of(bot, market, None, cancelClientOrderID="old_1").unresolved
    assert (unresolved, type(unresolved)) == ("old_1", ClientOrderId)


def test_forgotten_client_order_id(bot: Bot, simulator: Simulator, market: Market) -> None:
    """An unknown client order id does not count as gone. With an order id, the plugin looks it up."""
    error = failure_of(bot, market, "", cancelClientOrderID="nobody")
    assert (type(error), error.orders, error.unresolved) == (BadResponse, [], ["nobody"])
    old = old_order(simulator, market, client_order_id="old_1")
    simulator.fill(old)
    error = failure_of(bot, market, old, cancelClientOrderID="old_1")
    assert (type(error), error.unresolved) == (OrderNotFound, [])
    assert [(one["clientOrderId"], one["status"]) for one in error.orders] == [("old_1", "closed")]


def test_allow_failure_by_client_order_id(
    bot: Bot, simulator: Simulator, market: Market, caplog: pytest.LogCaptureFixture
) -> None:
    """The exchange forgets client order ids, so that "does not exist" says nothing about the order."""
    edit(bot, market, "", ALLOW, cancelClientOrderID="nobody")
    (warning,) = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert "nobody" in warning


@pytest.mark.parametrize("name", ["edit_limit_order", "edit_limit_buy_order"])
def test_other_methods_of_ccxt(bot: Bot, simulator: Simulator, market: Market, name: str) -> None:
    """ccxt's other methods that edit keep the same promise."""
    sides = ("buy",) if name == "edit_limit_order" else ()
    order = getattr(bot, name)(old_order(simulator, market), market.symbol, *sides, 1, 40000)
    assert statuses(simulator) == ["CANCELED", "PENDING"]
    assert order["side"] == "buy"
    with pytest.raises(OrderNotFound) as caught:
        getattr(bot, name)("77", market.symbol, *sides, 1, 40000)
    assert caught.value.unresolved == []


@pytest.mark.parametrize(
    ("order_id", "symbol", "params", "error", "unresolved"),
    [
        ("abc", "BTC/USDT", {}, BadRequest, ["abc"]),
        ("", "BTC/USDT", {}, ArgumentsRequired, []),
        (None, "BTC/USDT", {}, ArgumentsRequired, []),
        ("7", "", {}, ArgumentsRequired, ["7"]),
        ("7", 5, {}, BadSymbol, ["7"]),
        ("7", "NOPE/USDT", {}, BadSymbol, ["7"]),
        ("7", "BTC/USDT", [], BadRequest, ["7"]),
        ("7", "BTC/USD:BTC", {}, NotSupported, ["7"]),
        ("", "BTC/USDT", {"cancelClientOrderID": "a,b"}, BadRequest, ["a,b"]),
        ("", "BTC/USDT", {"cancelClientOrderID": "a", "cancelClientOrderId": "b"}, BadRequest, ["a", "b"]),
        ("7", "BTC/USDT", {"symbol": "ETH-USDT"}, BadRequest, ["7"]),
        ("7", "BTC/USDT", {"x": "1&quantity=9"}, BadRequest, ["7"]),
        ("7", "BTC/USDT", {"orderId": "8"}, BadRequest, ["7", "8"]),
        ("", "BTC/USDT", {"cancel_client_order_id": "a"}, BadRequest, ["a"]),
    ],
)
def test_bad_input(
    bot: Bot, simulator: Simulator, order_id: Any, symbol: Any, params: Any, error: Any, unresolved: Any
) -> None:
    """Bad input sends no edit, and the error says so."""
    with pytest.raises(error) as caught:
        bot.edit_order(order_id, symbol, "limit", "buy", 1, 40000, params)
    assert type(caught.value) is error
    assert (caught.value.orders, caught.value.unresolved) == ([], unresolved)
    assert "cancelReplace" not in "".join(request.path for request in simulator.requests)


SPOT_ONLY = {"newClientOrderId": "new_1", "postOnly": True, "quoteOrderQty": 50, "triggerPrice": 39000}
LINEAR_ONLY = {
    "clientOrderId": "new_1",
    "reduceOnly": True,
    "hedged": True,
    "timeInForce": "GTC",
    "positionId": "5",
}


ATTACHED = {
    "takeProfit": {"triggerPrice": 50000, "price": 50001, "workingType": "CONTRACT_PRICE"},
    "stopLoss": {"triggerPrice": 30000},
}


def sent_by(classes: Any, simulator: Simulator, market: Market, params: Any) -> dict[str, str]:
    """The params of the edit that a bot with this class sends. The exchange refuses the edit."""
    simulator.faults.add("canned", body='{"code": 100400, "msg": "no"}', path=market.path)
    with bot_of(classes, simulator.ccxt_config()) as bot, pytest.raises(BaseError):
        edit(bot, market, "7", params)
    sent = cancels(simulator, market.path)[-1].params
    return {name: value for name, value in sent.items() if name != "timestamp"}


def test_params_as_ccxt_sends_them(world: str, simulator: Simulator, market: Market) -> None:
    """The plugin sends the params of an edit as ccxt does."""
    params = {**ALLOW, "cancelRestrictions": "ONLY_NEW", "recvWindow": 4000, "foo": "bar baz"}
    params |= SPOT_ONLY if market.kind == "spot" else LINEAR_ONLY
    ours, ccxts = (sent_by(classes[world], simulator, market, params) for classes in (OURS, CCXTS))
    assert ours == ccxts
    assert {"cancelRestrictions", "cancelOrderId", "recvWindow", "foo"} < ours.keys()
    assert edits(simulator, market) == 2


def test_attached_orders_as_ccxt_sends_them(world: str, simulator: Simulator) -> None:
    """The plugin sends a take-profit and a stop-loss as ccxt does, which 4.5.28 writes wrongly."""
    market = MARKETS["linear"]
    ours, ccxts = (sent_by(classes[world], simulator, market, ATTACHED) for classes in (OURS, CCXTS))
    assert ours == ccxts
    assert edits(simulator, market) == 2


def test_bad_option(bot: Bot, simulator: Simulator) -> None:
    """An unusable setting raises an error before the plugin sends anything."""
    bot.load_markets()
    bot.options["cancelOrders"]["linear"] = {"singleLimit": "5"}
    error = failure_of(bot, MARKETS["linear"], "7")
    assert (type(error), error.unresolved) == (BadRequest, ["7"])
    assert edits(simulator, MARKETS["linear"]) == 0


def test_ccxts_own_check(bot: Bot, simulator: Simulator, market: Market) -> None:
    """If ccxt refuses the new order, the old order stays unresolved. No InvalidOrder calls it gone."""
    old = old_order(simulator, market)
    with pytest.raises(BadRequest, match="minimum amount precision") as caught:
        bot.edit_order(old, market.symbol, "limit", "buy", 1e-12, 40000)
    assert isinstance(caught.value.__cause__, InvalidOrder)
    assert (caught.value.orders, caught.value.unresolved) == ([], [old])
    assert edits(simulator, market) == 0


@pytest.mark.parametrize(("kind", "side"), [("limit&x=1", "buy"), ("limit", "buy\n")])
def test_ambiguous_text(bot: Bot, simulator: Simulator, market: Market, kind: str, side: str) -> None:
    """A type or a side that would be signed as a further param is not sent."""
    old = old_order(simulator, market)
    with pytest.raises(BadRequest, match="cannot be sent unambiguously") as caught:
        bot.edit_order(old, market.symbol, kind, side, 1, 40000)
    assert (caught.value.orders, caught.value.unresolved) == ([], [old])
    assert edits(simulator, market) == 0


@pytest.mark.parametrize(("amount", "price"), [(None, None), (1, None), (None, 1), ("x", 1)])
def test_argument_that_ccxt_cannot_read(
    bot: Bot, simulator: Simulator, market: Market, amount: Any, price: Any
) -> None:
    """A missing or unreadable amount or price raises a BadRequest that shows it. Bots do not retry that."""
    old = old_order(simulator, market)
    shown = f"type 'limit', side 'buy', amount {amount!r}, price {price!r} \\("
    with pytest.raises(BadRequest, match=shown) as caught:
        bot.edit_order(old, market.symbol, "limit", "buy", amount, price)
    assert (caught.value.orders, caught.value.unresolved) == ([], [old])
    assert UNKNOWN_OUTCOME not in str(caught.value)
    assert edits(simulator, market) == 0


def test_refused_for_the_key(world: str, simulator: Simulator, market: Market) -> None:
    """A refusal for another reason keeps its class, with the old order unresolved."""
    with bot_of(OURS[world], simulator.ccxt_config(secret="wrong")) as bot:
        error = failure_of(bot, market, "7")
    assert isinstance(error, AuthenticationError)
    assert (error.orders, error.unresolved) == ([], ["7"])
    assert UNKNOWN_OUTCOME not in str(error)


def test_invalid_order_of_the_exchange(bot: Bot, simulator: Simulator) -> None:
    """A refusal that ccxt maps to an InvalidOrder leaves as a BadRequest: the old order is live."""
    market = MARKETS["spot"]
    old = old_order(simulator, market)
    bot.exchange.exceptions["exact"]["199999"] = InvalidOrder
    simulator.faults.add("canned", body=json.dumps({"code": 199999, "msg": "amount"}), path=market.path)
    error = failure_of(bot, market, old)
    assert (type(error), error.unresolved) == (BadRequest, [old])


@pytest.mark.parametrize("fault", ["drop", "http", "garbage", "cut_off"])
def test_no_secret_in_errors(bot: Bot, simulator: Simulator, market: Market, fault: Any) -> None:
    """No error holds the secret or a signature."""
    simulator.faults.add(fault, path=market.path)
    shown = "".join(traceback.format_exception(failure_of(bot, market, old_order(simulator, market))))
    assert simulator.secret not in shown
    assert not re.search(r"\b[0-9a-f]{64}\b", shown)
