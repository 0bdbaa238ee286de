"""cancel_all_orders by hand: its requests, result and errors. Only sleeping moves the clock."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

import pytest
from ccxt.base.errors import (
    BadRequest,
    BadResponse,
    BaseError,
    ExchangeNotAvailable,
    InvalidNonce,
    OperationFailed,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
    RequestTimeout,
)

from ccxt_bingx_ext._bingx.endpoints import Endpoint, all_of
from ccxt_bingx_ext._bingx.errors import Response, attach_response
from ccxt_bingx_ext._cancel.arguments import parse_cancellations
from ccxt_bingx_ext._cancel.cancel_all import Market, Scope, cancel_all
from ccxt_bingx_ext._cancel.commands import (
    Cancel,
    CancelAll,
    FetchHistory,
    FetchOpenOrders,
    FetchOrder,
    FetchTime,
    MeasureClock,
    Received,
    Sleep,
    UpdateLimiter,
)
from ccxt_bingx_ext._cancel.failures import attach_progress
from ccxt_bingx_ext._cancel.method_names import CANCEL_ALL_ORDERS
from ccxt_bingx_ext._cancel.outcome import UNKNOWN_OUTCOME, Order, conclude
from ccxt_bingx_ext._cancel.run import Pauses
from ccxt_bingx_ext._cancel.spacing import Spacing
from ccxt_bingx_ext._ids import OrderRef, unresolved_as_json
from ccxt_bingx_ext._runner import run

from .fakes import context

MARKETS = ("spot", "linear", "inverse")
START = 1_700_000_000_000.0  # the exchange's time (ms) when a test begins
LOST = ("drop before", "drop after", "null", "empty", "text")
SYMBOLS = {"A-B": "A/B", "C-D": "C/D"}

each_market = pytest.mark.parametrize("market", MARKETS)


class Exchange:
    """A small exchange in memory. The tests compare results with its orders.

    `fates`: the outcome of each request for all orders: "" (a response), "drop before" or "drop after" (lost
    before or after its execution), "null", "empty" or "text" (executed, with another response than
    documented), an error that is raised, or a function of the documented ``data``. `lists` and `queries`:
    errors that look-ups raise, or functions of their ``data``. `refuses`: the orders that the request fails
    to cancel, and how the response names them. `clock_error`: ms by which the clock that signs is ahead.
    """

    def __init__(self, market: str, fate: Any = "") -> None:
        self.market, self.fates = market, [fate]
        self.all, self.by_id = all_of(market)
        self.now = 0.0
        self.orders: dict[str, dict[str, Any]] = {}
        self.refuses: dict[str, dict[str, Any]] = {}
        self.leaves: set[str] = set()
        self.lists: list[Any] = []
        self.queries: list[Any] = []
        self.cancels: list[Any] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self.clock_error = 0.0
        self.times: list[Any] = []  # s that a time query takes, there and back
        self.calls: list[Any] = []
        self.spacing = Spacing()

    def place(self, *ids: int, age: float = 60_000, symbol: str = "A-B", **fields: Any) -> None:
        """Place orders `age` ms ago."""
        for one in ids:
            entry = {"symbol": symbol, "orderId": one, "status": "PENDING", "type": "LIMIT"}
            self.orders[str(one)] = {**entry, "time": START + self.now * 1000 - age, **fields}

    def sent(self, kind: type) -> list[Any]:
        return [one for one in self.calls if isinstance(one, kind)]

    @property
    def open(self) -> list[str]:
        return [one for one, order in self.orders.items() if order["status"] in ("PENDING", "NEW")]

    def __call__(self, call: Any) -> Any:
        self.calls.append(call)
        if isinstance(call, Sleep):
            self.now += call.seconds
        elif isinstance(call, CancelAll):
            assert call.endpoint is self.all
            return self._cancel_all(call.request)
        elif isinstance(call, Cancel):
            assert call.endpoint is self.by_id
            self._next(self.cancels)
            return Received(self._cancel(call.request))
        elif isinstance(call, FetchOpenOrders):
            found = [
                one
                for one in map(self._shown, self.open)
                if call.request.get("symbol") in (None, one["symbol"])
            ]
            change = self._next(self.lists)
            data = {"orders": found}
            return {"code": 0, "data": change(data) if change else data}
        elif isinstance(call, FetchOrder):
            change = self._next(self.queries)
            name = call.request["orderId"] if "orderId" in call.request else self._of_client(call.request)
            if name not in self.orders:
                raise refusal("order not exist")
            entry = {**self._shown(name), **(change or {})}
            return {"code": 0, "data": entry if self.market == "spot" else {"order": entry}}
        elif isinstance(call, FetchHistory):
            return {"code": 0, "data": {"orders": []}}
        elif isinstance(call, FetchTime):
            signed_at = self.now
            way_there, way_back = self._next(self.times) or (0.0, 0.0)
            read_at = signed_at + way_there
            self.now = read_at + way_back
            return Received(START + read_at * 1000, signed_at=signed_at)
        elif isinstance(call, MeasureClock):
            self.clock_error = 0.0
        return None

    @staticmethod
    def _next(fates: list[Any]) -> Any:
        fate = fates.pop(0) if fates else None
        if isinstance(fate, BaseException):
            raise fate
        return fate

    def _shown(self, one: str) -> dict[str, Any]:
        return dict(self.orders[one])

    def _of_client(self, request: Mapping[str, Any]) -> str:
        (client,) = (value.strip('["]') for name, value in request.items() if name.startswith("client"))
        return next(one for one, order in self.orders.items() if order.get("clientOrderId") == client)

    def _close(self, one: str) -> dict[str, Any]:
        self.orders[one]["status"] = "CANCELED" if self.market == "spot" else "CANCELLED"
        return self._shown(one)

    def _cancel_all(self, request: Mapping[str, Any]) -> Received:
        fate, signed_at = self.fates.pop(0) if self.fates else "", self.now
        if isinstance(fate, BaseException):
            attach_progress(fate, None, signed_at)
            raise fate
        covered = [one for one in self.open if request.get("symbol") in (None, self.orders[one]["symbol"])]
        done: list[Any] = []
        if fate != "drop before":
            spared = self.leaves | self.refuses.keys()
            done = [self._close(one) for one in covered if one not in spared]
        self.meanwhile()
        if isinstance(fate, str) and fate.startswith("drop"):
            lost = RequestTimeout("bingx lost")
            attach_progress(lost, None, signed_at)
            raise lost
        lists = {self.all.schema.done: done, self.all.schema.failed: [*self.refuses.values()]}
        data: Any = {name: one for name, one in lists.items() if name is not None}
        body: Any = {"code": 0, "data": data}
        if callable(fate):
            body = {"code": 0, "data": fate(data)}
        elif fate:
            body = {
                "null": {"code": 0, "data": None},
                "empty": {"code": 0, "data": {}},
                "text": '{"code":0,"da',
            }[fate]
        return Received(body, signed_at=signed_at)

    def _cancel(self, request: Mapping[str, Any]) -> Any:
        client = any(name.startswith("client") for name in request)
        named = [self._of_client(request)] if client else [
            one for name in ("orderIds", "orderIdList", "orderId")
            for one in str(request.get(name, "")).strip("[]").split(",") if one
        ]  # fmt: skip
        was_open = [
            one for one in named if one in self.open and self.orders[one]["symbol"] == request["symbol"]
        ]
        gone = [one for one in named if one not in was_open]
        done = [self._close(one) for one in was_open]
        if self.market == "spot":
            fails = [{"orderId": one, "error": f"orderId:{one} order does not exist"} for one in gone]
            return {"code": 0, "data": {"orders": done, "fails": fails}}
        if self.market == "linear":
            failed = [
                {"orderId": one, "errorCode": 80016, "errorMessage": "order does not exist"} for one in gone
            ]
            return {"code": 0, "data": {"success": done, "failed": failed}}
        if gone:
            raise refusal("order does not exist", "80016")
        return {"code": 0, "data": {"order": done[0]}}


def refusal(
    words: str, code: str = "100404", kind: type[BaseError] = OrderNotFound, **more: Any
) -> BaseError:
    error = kind(f"bingx {words}")
    attach_response(error, Response(200, code, words, **more))
    return error


def cancel(exchange: Exchange, symbol: str | None = "A/B", **settings: Any) -> list[Order]:
    """The result or the error of cancel_all_orders, run on `exchange`."""
    verifies = settings.pop("verifies", True)
    cancels_listed = settings.pop("cancels_listed", True)
    defaults: dict[str, Any] = {
        "resolve_attempts": 3, "clock": lambda: exchange.now, "spacing": exchange.spacing, "pauses": Pauses(),
        "queried_meanwhile": 5,
    }  # fmt: skip
    defaults.update(settings)

    def of(endpoint: Endpoint) -> Any:
        return context(
            **{"batch_size": endpoint.batch_size, "method": CANCEL_ALL_ORDERS, **defaults}
        )._replace(endpoint=endpoint)

    def market_of(name: str) -> Market:
        if symbol is not None:
            return Market("A/B", "A-B", of(exchange.by_id))
        return Market(SYMBOLS.get(name), name, of(exchange.by_id))

    scope = Scope(
        symbol=symbol,
        request={} if symbol is None else {"symbol": "A-B", "recvWindow": 5000},
        context=of(exchange.all),
        market_of=market_of,
        verifies=verifies,
        cancels_listed=cancels_listed,
        timestamp=lambda: START + exchange.now * 1000 + exchange.clock_error,
    )

    def flow() -> Iterator[Any]:
        return conclude((yield from cancel_all(scope)), CANCEL_ALL_ORDERS)  # type: ignore[return-value]

    return run(flow(), exchange)  # type: ignore[arg-type]


def failing(
    exchange: Exchange, symbol: str | None = "A/B", kind: type[BaseError] = BaseError, **settings: Any
) -> Any:
    """The error of cancel_all_orders. No order stands in both of its lists."""
    with pytest.raises(kind) as caught:
        cancel(exchange, symbol, **settings)
    error: Any = caught.value
    both = {one["id"] for one in error.unresolved} & {order["asked"] for order in error.orders}
    assert not both
    return error


def told(orders: list[Order]) -> dict[str | None, str | None]:
    """The status of each order. Fails if an order appears twice."""
    found = {order["asked"]: order["status"] for order in orders}
    assert len(found) == len(orders)
    return found


def unresolved(*ids: int, symbol: str = "A/B") -> list[dict[str, Any]]:
    return [{"id": str(one), "symbol": symbol} for one in ids]


def named_ids(exchange: Exchange) -> list[str]:
    """The orders that were cancelled by their ids."""
    values = chain.from_iterable(call.request.items() for call in exchange.sent(Cancel))
    return [
        one
        for name, value in values
        if name in ("orderIds", "orderIdList", "orderId")
        for one in str(value).strip("[]").split(",")
    ]


UNKNOWN = [{"id": None, "symbol": "A/B"}]


# The response is complete


@each_market
def test_all_cancelled(market: str) -> None:
    """One request cancels every order, one list finds none left, and the orders count as submitted."""
    exchange = Exchange(market)
    exchange.place(1, 2)
    assert told(cancel(exchange)) == {"1": "canceled", "2": "canceled"}
    assert [type(call) for call in exchange.calls] == [CancelAll, FetchOpenOrders]
    assert exchange.sent(FetchOpenOrders)[0].request == {"symbol": "A-B"}
    assert exchange.spacing.reserve([OrderRef("id", "1")], exchange.now) == (1.05, True)


@each_market
@pytest.mark.parametrize("data", [{"done": []}, {"done": None}, {"done": None, "failed": None}])
def test_nothing_open(market: str, data: dict[str, Any]) -> None:
    """An empty list, or null in place of it, is a complete response."""
    schema = Exchange(market).all.schema
    written = {getattr(schema, name): one for name, one in data.items() if getattr(schema, name)}
    exchange = Exchange(market, lambda _: written)
    assert cancel(exchange) == []
    assert [type(call) for call in exchange.calls] == [CancelAll, FetchOpenOrders]


FAILED: dict[str, dict[str, Any]] = {
    "linear": {"orderId": 2, "clientOrderId": "", "errorCode": 80012, "errorMessage": "cancel order failed"},
    "inverse": {"orderId": "2", "code": 123, "msg": ""},
}


@pytest.mark.parametrize("symbol", ["A/B", None])
@pytest.mark.parametrize("market", FAILED)
def test_failed(market: str, symbol: str | None) -> None:
    """The plugin cancels a failed order of the response by its id, a second after the request."""
    exchange = Exchange(market)
    exchange.place(1, 2)
    exchange.refuses = {"2": FAILED[market]}
    assert told(cancel(exchange, symbol)) == {"1": "canceled", "2": "canceled"}
    assert named_ids(exchange) == ["2"]
    assert exchange.now >= 1.05
    assert exchange.sent(Cancel)[0].request["symbol"] == "A-B"


@pytest.mark.parametrize("market", FAILED)
def test_failed_without_list(market: str) -> None:
    """Without the list the plugin also cancels a failed order by its id."""
    exchange = Exchange(market)
    exchange.place(1, 2)
    exchange.refuses = {"2": FAILED[market]}
    assert told(cancel(exchange, verifies=False)) == {"1": "canceled", "2": "canceled"}
    assert exchange.sent(FetchOpenOrders) == []


def test_failed_of_unknown_symbol() -> None:
    """A failed order without a known symbol cannot be cancelled: the error names its id."""
    exchange = Exchange("linear")
    exchange.place(1, 2)
    exchange.refuses = {"2": FAILED["linear"]}
    error = failing(exchange, None, BadResponse, verifies=False)
    assert (told(error.orders), error.unresolved) == ({"1": "canceled"}, [{"id": "2", "symbol": None}])
    assert "2 (of an unknown symbol)" in str(error)
    assert exchange.sent(Cancel) == []


def test_failed_of_other_symbol() -> None:
    """The list shows the market of a failed order, of any type and age."""
    exchange = Exchange("linear")
    exchange.place(1)
    exchange.place(2, symbol="C-D", type="STOP_MARKET", age=0)
    exchange.refuses = {"2": FAILED["linear"]}
    assert told(cancel(exchange, None)) == {"1": "canceled", "2": "canceled"}
    assert exchange.sent(Cancel)[0].request["symbol"] == "C-D"


def test_failed_by_client_id() -> None:
    """If an entry names a failed order only by its client order id, the plugin cancels it by that id."""
    exchange = Exchange("linear")
    exchange.place(2, clientOrderId="a", type="STOP_MARKET")
    exchange.refuses = {"2": {"orderId": 0, "clientOrderId": "a", "errorCode": 80012}}
    assert told(cancel(exchange)) == {"a": "canceled"}
    assert exchange.sent(Cancel)[0].request["clientOrderIDList"] == '["a"]'


def test_failed_without_id() -> None:
    """The list names the order of a failed entry without an id. Without the list it stays unknown."""
    for entry in ({"errorCode": 80012, "errorMessage": "cancel order failed"}, "cancel order failed"):
        exchange = Exchange("linear")
        exchange.place(1, 2)
        exchange.refuses = {"2": entry}  # type: ignore[dict-item]
        assert told(cancel(exchange)) == {"1": "canceled", "2": "canceled"}
        exchange = Exchange("linear")
        exchange.place(1, 2)
        exchange.refuses = {"2": entry}  # type: ignore[dict-item]
        error = failing(exchange, verifies=False)
        assert (told(error.orders), error.unresolved) == ({"1": "canceled"}, UNKNOWN)


def test_failed_as_final() -> None:
    """The plugin returns a failed entry that names a final state, and does not cancel its order again."""
    exchange = Exchange("linear")
    exchange.place(2, status="FILLED")
    exchange.refuses = {"2": {"orderId": 2, "errorCode": 80018, "errorMessage": "order already filled"}}
    assert told(cancel(exchange)) == {"2": "closed"}
    assert exchange.sent(Cancel) == []


@each_market
@pytest.mark.parametrize("state", ["PENDING", None, "whatever"])
def test_success_without_final_state(market: str, state: str | None) -> None:
    """A cancelled entry without a final state settles nothing: the plugin queries the order."""
    key = Exchange(market).all.schema.done

    def spoil(data: Any) -> Any:
        changed = [{**one, "status": state} for one in data[key]]
        return {**data, key: changed}

    exchange = Exchange(market, spoil)
    exchange.place(1)
    assert told(cancel(exchange)) == {"1": "canceled"}
    assert len(exchange.sent(FetchOrder)) == 1
    exchange = Exchange(market, spoil)
    exchange.place(1, 2)
    exchange.queries = [refusal("no", "100419", PermissionDenied)] * 9
    error = failing(exchange, verifies=False, resolve_attempts=1)
    assert (error.orders, error.unresolved) == ([], unresolved(1, 2))


@pytest.mark.parametrize(
    "twice",
    [
        {"orderId": "1", "code": 123, "msg": ""},
        {"orderId": 1, "errorCode": 100400, "errorMessage": "orderId:1 order status :FILLED"},
    ],
)
def test_contradiction(twice: dict[str, Any]) -> None:
    """If an order is in both lists, the plugin queries the order, and returns it once."""
    exchange = Exchange("linear", lambda data: {**data, "failed": [twice, twice]})
    exchange.place(1)
    assert told(cancel(exchange)) == {"1": "canceled"}
    assert len(exchange.sent(FetchOrder)) == 1
    exchange = Exchange("linear", lambda data: {**data, "failed": [twice, twice]})
    exchange.place(1)
    exchange.queries = [RequestTimeout("bingx lost")] * 9
    error = failing(exchange)
    assert (error.orders, error.unresolved) == ([], unresolved(1))


def test_repeated_entries() -> None:
    """Entries that are listed twice (documented) mean one order each, which is cancelled once."""
    exchange = Exchange("inverse", lambda data: {name: [*one, *one] for name, one in data.items()})
    exchange.place(1, 2)
    exchange.refuses = {"2": FAILED["inverse"]}
    assert told(cancel(exchange)) == {"1": "canceled", "2": "canceled"}
    assert named_ids(exchange) == ["2"]


def test_cancelled_without_id() -> None:
    """A cancelled entry without an id is not a result: a bot would take it for an order of its own."""
    exchange = Exchange("spot", lambda data: {"orders": [*data["orders"], {"status": "CANCELED"}]})
    exchange.place(1)
    assert told(cancel(exchange)) == {"1": "canceled"}


def test_all_zero_entries() -> None:
    """An object of zeros is not an order, in the response or in the list."""
    zero = {"orderId": 0, "status": "", "symbol": ""}
    exchange = Exchange("linear", lambda data: {**data, "success": [zero], "failed": [zero]})
    exchange.lists = [lambda data: {"orders": [zero]}]
    assert cancel(exchange) == []


def test_cancelled_without_symbol() -> None:
    """A cancelled entry without a symbol is not cancelled again if the list still shows the order."""
    key = "success"
    exchange = Exchange("linear", lambda data: {key: [{**one, "symbol": None} for one in data[key]]})
    exchange.place(1)
    exchange.lists = [lambda data: {"orders": [{**exchange.orders["1"], "status": "PENDING"}]}]
    assert told(cancel(exchange, None)) == {"1": "canceled"}
    assert exchange.sent(Cancel) == []


def test_several_symbols() -> None:
    """Without a symbol the plugin cancels the orders that are left in their own markets."""
    exchange = Exchange("linear")
    exchange.place(1, 2)
    exchange.place(3, 4, symbol="C-D")
    exchange.leaves = {"2", "4"}
    assert told(cancel(exchange, None)) == dict.fromkeys("1234", "canceled")
    assert {call.request["symbol"]: call.request["orderIdList"] for call in exchange.sent(Cancel)} == {
        "A-B": "[2]",
        "C-D": "[4]",
    }
    assert exchange.sent(FetchOpenOrders)[0].request == {}


# The list of open orders


@each_market
def test_listed_plain_orders(market: str) -> None:
    """Plain limit orders that the request left open are cancelled by their ids."""
    exchange = Exchange(market)
    exchange.place(1, 2, 3)
    exchange.leaves = {"2", "3"}
    assert told(cancel(exchange)) == dict.fromkeys("123", "canceled")
    assert named_ids(exchange) == ["2", "3"]
    assert exchange.now >= 1.05


@each_market
def test_stop_loss(market: str) -> None:
    """If the exchange left a stop-loss alone, the plugin leaves it alone, and reports it."""
    exchange = Exchange(market)
    exchange.place(1)
    exchange.place(2, type="STOP_MARKET", status="NEW")
    exchange.leaves = {"2"}
    error = failing(exchange, kind=BadResponse)
    assert (told(error.orders), error.unresolved) == ({"1": "canceled"}, unresolved(2))
    assert (exchange.open, exchange.sent(Cancel)) == (["2"], [])
    assert "some orders may still be open" in str(error)


def test_stop_loss_of_lagging_list() -> None:
    """The list may lag, and still show a stop-loss that is gone: a query by its id decides."""
    exchange = Exchange("linear")
    exchange.place(2, type="STOP_MARKET", status="FILLED")
    exchange.lists = [lambda data: {"orders": [{**exchange.orders["2"], "status": "NEW"}]}]
    assert told(cancel(exchange)) == {"2": "closed"}


def test_younger_orders() -> None:
    """The plugin leaves another task's new orders alone, and does not query the exchange's time."""
    exchange = Exchange("spot")
    exchange.place(1)
    exchange.meanwhile = lambda: exchange.place(2, age=-6000)
    assert told(cancel(exchange)) == {"1": "canceled"}
    assert exchange.open == ["2"]
    assert exchange.sent(FetchTime) == []


@pytest.mark.parametrize(
    ("age", "is_reported"), [(-501, False), (-500, True), (0, True), (500, True), (501, False)]
)
def test_age_by_exchange_time(age: float, is_reported: bool) -> None:
    """Near the request the exchange's time decides. The plugin reports an order of doubtful age."""
    exchange = Exchange("spot")
    exchange.place(1)
    exchange.place(2, age=age)
    exchange.leaves = {"2"}
    if is_reported:
        error = failing(exchange, kind=BadResponse)
        assert (told(error.orders), error.unresolved) == ({"1": "canceled"}, unresolved(2))
    else:
        assert told(cancel(exchange)) == {"1": "canceled", **({"2": "canceled"} if age > 0 else {})}
    assert exchange.open == ([] if age == 501 else ["2"])
    assert len(exchange.sent(FetchTime)) == 1


@pytest.mark.parametrize("clock_error", [-4999, 4999])
def test_clock_error(clock_error: float) -> None:
    """For any signing clock, the plugin cancels no younger order, and misses no older one."""
    for age in (-4000.0, -600.0, 600.0, 4000.0):
        exchange = Exchange("spot", "drop before")
        exchange.clock_error = clock_error
        exchange.place(2, age=age)
        assert told(cancel(exchange)) == ({"2": "canceled"} if age > 0 else {})
        assert exchange.open == ([] if age > 0 else ["2"])


def test_clock_measured_after_the_request() -> None:
    """A lost request was signed by a wrong clock, which the list then measures: ages are right."""
    exchange = Exchange("spot", "drop before")
    exchange.clock_error = 60_000
    exchange.lists = [refusal("timestamp", "100421", InvalidNonce)]
    exchange.place(1, age=-6000)
    exchange.place(2, age=6000)
    assert told(cancel(exchange)) == {"2": "canceled"}
    assert exchange.open == ["1"]
    assert len(exchange.sent(MeasureClock)) == 1


@pytest.mark.parametrize("age", [-1600.0, -600.0, 600.0, 1600.0])
@pytest.mark.parametrize(
    ("ways", "reported"),
    [((0.5, 0.0), (-600, 600)), ((0.25, 0.25), (-600, 600)), ((0.0, 0.5), (600,))],
)
def test_slow_time(ways: tuple[float, float], reported: tuple[float, ...], age: float) -> None:
    """An order may have been placed while the query for the exchange's time was under way."""
    exchange = Exchange("spot")
    exchange.place(2, age=age)
    exchange.leaves = {"2"}
    exchange.times = [ways]
    if age in reported:
        assert failing(exchange).unresolved == unresolved(2)
        assert exchange.open == ["2"]
    else:
        assert told(cancel(exchange)) == ({"2": "canceled"} if age > 0 else {})
        assert exchange.open == ([] if age > 0 else ["2"])


@pytest.mark.parametrize("time", ["error", "none", "unsigned"])
def test_no_time(time: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the exchange's time, orders within 5 s of the request are unresolved. Others are judged."""
    exchange = Exchange("spot")
    exchange.place(1, age=4000)
    exchange.place(2, age=6000)
    exchange.place(3, age=-6000)
    exchange.leaves = {"1", "2", "3"}
    answers = {"none": Received(None, signed_at=0.0), "unsigned": Received(START)}

    def execute(call: Any) -> Any:
        if isinstance(call, FetchTime):
            if time == "error":
                raise ExchangeNotAvailable("bingx")
            return answers[time]
        return Exchange.__call__(exchange, call)

    with monkeypatch.context() as patch:
        patch.setattr(
            exchange, "__class__", type("Odd", (Exchange,), {"__call__": lambda self, call: execute(call)})
        )
        error = failing(exchange)
    assert (told(error.orders), error.unresolved) == ({"2": "canceled"}, unresolved(1))
    assert exchange.open == ["1", "3"]


@pytest.mark.parametrize("time", [None, "", "soon", 0, 1, 1_700_000_000, 1e400, "nan", [], 10**400])
def test_unknown_time(time: Any) -> None:
    """An order without a usable time may be older or younger. It stays unresolved, without a time query."""
    exchange = Exchange("spot")
    exchange.place(1, time=time)
    exchange.leaves = {"1"}
    assert failing(exchange).unresolved == unresolved(1)
    del exchange.orders["1"]["time"]
    assert failing(exchange).unresolved == unresolved(1)
    assert (exchange.open, exchange.sent(Cancel), exchange.sent(FetchTime)) == (["1"], [], [])


def test_unsigned_request() -> None:
    """If the time of signing is unknown (a bot's own `sign`), every age is doubtful."""
    exchange = Exchange("spot", RequestTimeout("bingx lost"))
    exchange.place(1)
    lost = exchange.fates[0]

    def execute(call: Any) -> Any:
        if isinstance(call, CancelAll):
            raise lost
        return Exchange.__call__(exchange, call)

    exchange.__class__ = type("Odd", (Exchange,), {"__call__": lambda self, call: execute(call)})
    assert failing(exchange, kind=RequestTimeout).unresolved == unresolved(1)
    assert exchange.open == ["1"]


def test_other_market_in_the_list() -> None:
    """The plugin does not cancel a listed order of another symbol."""
    exchange = Exchange("linear")
    exchange.place(1, symbol="C-D")
    exchange.lists = [lambda data: {"orders": [exchange.orders["1"]]}]
    assert failing(exchange).unresolved == unresolved(1)
    assert (exchange.open, exchange.sent(Cancel)) == (["1"], [])


def test_listed_final_state() -> None:
    """A listed order in a final state is not open."""
    exchange = Exchange("linear")
    exchange.place(1, status="FILLED")
    exchange.lists = [lambda data: {"orders": [exchange.orders["1"]]}]
    assert cancel(exchange) == []


@pytest.mark.parametrize("entry", [None, "x", {}, {"symbol": "A-B", "status": "NEW", "time": START - 60_000}])
def test_listed_without_id(entry: Any) -> None:
    """A listed order without an id is open, and the plugin cannot cancel it."""
    exchange = Exchange("linear")
    exchange.place(1)
    exchange.lists = [lambda data: {"orders": [entry]}]
    error = failing(exchange)
    assert (told(error.orders), error.unresolved) == ({"1": "canceled"}, UNKNOWN)


def test_listed_without_symbol() -> None:
    """The plugin reports a listed order without a symbol, unless it is younger."""
    exchange = Exchange("linear")
    exchange.place(1, symbol="")
    exchange.place(2, symbol="", age=-60_000)
    exchange.leaves = {"1", "2"}
    assert failing(exchange, None).unresolved == [{"id": "1", "symbol": None}]
    assert exchange.open == ["1", "2"]


def test_selected_orders() -> None:
    """With parameters that may select orders, no listed order is cancelled: ccxt would not have done it."""
    exchange = Exchange("linear", "drop before")
    exchange.place(1, 2)
    error = failing(exchange, cancels_listed=False)
    assert error.unresolved == unresolved(1, 2)
    assert exchange.sent(Cancel) == []


def test_many_left() -> None:
    """Three hundred orders are cancelled by lists of their ids."""
    exchange = Exchange("linear", "drop before")
    exchange.place(*range(1, 301))
    assert len(told(cancel(exchange))) == 300
    assert exchange.open == []
    assert len(exchange.sent(Cancel)) == 30
    assert exchange.sent(FetchOrder) == []


# The list fails


def test_list_denied(caplog: pytest.LogCaptureFixture) -> None:
    """A key without Read can cancel. A warning says that the list failed, and holds no signature."""
    exchange = Exchange("spot")
    exchange.place(1)
    words = f"bingx GET https://x/?timestamp=1&signature={'ab' * 32}"
    exchange.lists = [PermissionDenied(words), AssertionError]
    with caplog.at_level(logging.WARNING):
        assert told(cancel(exchange)) == {"1": "canceled"}
    (record,) = caplog.records
    assert "could not read which orders are still open" in record.getMessage()
    assert "abab" not in record.getMessage()
    assert len(exchange.sent(FetchOpenOrders)) == 1


@pytest.mark.parametrize("data", [None, {}, [], {"orders": {}}, {"orders": "x"}])
def test_odd_list(data: Any) -> None:
    """The plugin requests an undocumented list again. After that, the open orders stay unknown."""
    exchange = Exchange("spot")
    exchange.place(1)
    exchange.lists = [lambda _: data]
    assert told(cancel(exchange)) == {"1": "canceled"}
    assert len(exchange.sent(FetchOpenOrders)) == 2
    exchange.place(2)
    exchange.lists = [lambda _: data] * 9
    error = failing(exchange, kind=BadResponse)
    assert (told(error.orders), error.unresolved) == ({"2": "canceled"}, UNKNOWN)
    assert len(exchange.sent(FetchOpenOrders)) == 5
    assert "could not read which orders are still open: the response has no list of orders" in str(error)


@pytest.mark.parametrize("resolve_attempts", [0, 1])
def test_one_look_without_reconciliation(resolve_attempts: int) -> None:
    """Without attempts to reconcile, the plugin requests the list once after a complete response."""
    exchange = Exchange("spot")
    exchange.place(1)
    assert told(cancel(exchange, resolve_attempts=resolve_attempts)) == {"1": "canceled"}
    exchange.place(2)
    exchange.lists = [RequestTimeout("bingx")]
    error = failing(exchange, resolve_attempts=resolve_attempts)
    assert (told(error.orders), error.unresolved) == ({"2": "canceled"}, UNKNOWN)
    assert len(exchange.sent(FetchOpenOrders)) == 2


def test_failed_order_without_list() -> None:
    """If only the list fails, the plugin still cancels the failed orders of the response."""
    exchange = Exchange("linear")
    exchange.place(1, 2)
    exchange.refuses = {"2": FAILED["linear"]}
    exchange.lists = [refusal("banned", "100410", RateLimitExceeded, retry_after=60.0, banned=True)]
    error = failing(exchange, kind=BadResponse)
    assert (told(error.orders), error.unresolved) == ({"1": "canceled", "2": "canceled"}, UNKNOWN)
    assert (error.banned, error.retry_after) == (True, 60.0)


def test_list_out_of_time() -> None:
    """After `resolveTimeout` the plugin does not request the list again."""
    exchange = Exchange("spot", "drop before")
    exchange.place(1)
    exchange.lists = [RequestTimeout("bingx")] * 9
    error = failing(exchange, kind=RequestTimeout, resolve_timeout=1.0)
    assert error.unresolved == UNKNOWN
    assert (len(exchange.sent(FetchOpenOrders)), exchange.now) == (1, 1.0)


# The response is lost


@each_market
@pytest.mark.parametrize("fate", LOST)
def test_lost(market: str, fate: str) -> None:
    """After a lost response the request is not repeated, and what it left is cancelled by id."""
    exchange = Exchange(market, fate)
    exchange.place(1, 2)
    exchange.meanwhile = lambda: exchange.place(3, age=-6000)
    is_left = fate == "drop before"
    assert told(cancel(exchange)) == (dict.fromkeys("12", "canceled") if is_left else {})
    assert exchange.open == ["3"]
    assert len(exchange.sent(CancelAll)) == 1
    first = next(call for call in exchange.calls[1:] if not isinstance(call, UpdateLimiter))
    assert first == Sleep(1.0), "the list lags"


@pytest.mark.parametrize("fate", LOST)
def test_lost_twice(fate: str) -> None:
    """If the list fails too, the open orders stay unknown."""
    exchange = Exchange("spot", fate)
    exchange.place(1)
    exchange.lists = [RequestTimeout("bingx lost")] * 9
    error = failing(exchange, kind=OperationFailed)
    assert (error.orders, error.unresolved) == ([], UNKNOWN)
    assert UNKNOWN_OUTCOME in str(error)
    assert "all open orders of A/B" in str(error)
    assert len(exchange.sent(FetchOpenOrders)) == 3
    assert len(exchange.sent(CancelAll)) == 1


def test_lost_then_unreachable() -> None:
    """Even if the list was never sent, the outcome of the request stays unknown."""
    exchange = Exchange("spot", "drop before")
    never_sent = ExchangeNotAvailable("bingx")
    never_sent.__cause__ = ConnectionRefusedError()
    exchange.lists = [never_sent] * 9
    error = failing(exchange, kind=RequestTimeout)
    assert error.unresolved == UNKNOWN
    assert UNKNOWN_OUTCOME in str(error)


def test_lost_list_found_later() -> None:
    """If one list fails, the plugin lists the orders again."""
    exchange = Exchange("spot", "drop before")
    exchange.place(1)
    exchange.lists = [RequestTimeout("bingx lost")]
    assert told(cancel(exchange)) == {"1": "canceled"}


def test_lost_without_reconciliation() -> None:
    """With resolveAttempts 0 the plugin sends nothing after a lost response."""
    exchange = Exchange("spot", "drop before")
    exchange.place(1)
    error = failing(exchange, None, RequestTimeout, resolve_attempts=0)
    assert error.unresolved == [{"id": None, "symbol": None}]
    assert "all open orders of all symbols" in str(error)
    assert [type(call) for call in exchange.calls] == [CancelAll]


def test_lost_then_banned() -> None:
    """A ban that the list meets ends the call, and the error names the ban's end."""
    exchange = Exchange("spot", "drop before")
    exchange.place(1)
    exchange.lists = [refusal("banned", "100410", RateLimitExceeded, retry_after=60.0, banned=True)]
    error = failing(exchange, kind=RequestTimeout)
    assert (error.banned, error.retry_after, error.unresolved) == (True, 60.0, UNKNOWN)
    assert len(exchange.sent(FetchOpenOrders)) == 1


def test_lost_then_denied() -> None:
    """A key without Read ends the call with the first error."""
    exchange = Exchange("spot", "drop before")
    exchange.lists = [refusal("no", "100004", PermissionDenied)]
    assert failing(exchange, kind=RequestTimeout).unresolved == UNKNOWN
    assert len(exchange.sent(FetchOpenOrders)) == 1


@each_market
@pytest.mark.parametrize("count", [3, 8])
def test_lagging_list_after_loss(market: str, count: int) -> None:
    """If the list still shows orders that the lost request cancelled, queries and refusals settle them."""
    exchange = Exchange(market, "drop after")
    exchange.place(*range(1, count + 1))
    exchange.lists = [
        lambda data: {"orders": [{**one, "status": "PENDING"} for one in exchange.orders.values()]}
    ]
    assert told(cancel(exchange)) == {str(one): "canceled" for one in range(1, count + 1)}


def test_denied_and_not_found() -> None:
    """An order that was listed as open is not gone just because look-ups do not find it."""
    exchange = Exchange("linear", "drop after")
    exchange.lists = [
        lambda data: {"orders": [{"orderId": 1, "symbol": "A-B", "type": "LIMIT", "time": START - 60_000}]}
    ]
    error = failing(exchange, kind=RequestTimeout)
    assert (error.orders, error.unresolved) == ([], unresolved(1))


def test_filled_meanwhile() -> None:
    """An order that was filled after the lost request is returned as it ended."""
    exchange = Exchange("linear", "drop before")
    exchange.place(*range(1, 8))
    exchange.lists = [
        lambda data: (data, exchange.orders["1"].update(status="FILLED"))[0],
    ]
    assert told(cancel(exchange)) == {"1": "closed", **{str(one): "canceled" for one in range(2, 8)}}


def test_cancel_by_id_refused() -> None:
    """If the cancel by id fails after a complete response, the plugin raises its error, with a ban."""
    exchange = Exchange("linear")
    exchange.place(1)
    exchange.place(2, symbol="C-D")
    exchange.leaves = {"1", "2"}
    exchange.cancels = [
        refusal("banned", "100410", RateLimitExceeded, retry_after=60.0, banned=True),
        *[RequestTimeout("bingx lost")] * 9,
    ]
    error = failing(exchange, None, RequestTimeout, resolve_attempts=1)
    assert (error.banned, error.retry_after) == (True, 60.0)
    assert error.unresolved == [*unresolved(1), *unresolved(2, symbol="C/D")]


def test_lost_error_outranks_cancel_by_id() -> None:
    """After a lost response the plugin raises the first error, regardless of errors of later cancels."""
    exchange = Exchange("linear", "drop before")
    exchange.place(1)
    exchange.cancels = [refusal("banned", "100410", RateLimitExceeded, retry_after=60.0, banned=True)]
    error = failing(exchange, kind=RequestTimeout)
    assert (error.banned, error.unresolved) == (True, unresolved(1))


# The request is refused


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refusal("no", "100004", PermissionDenied), PermissionDenied),
        (refusal("bad", "109400", BadRequest), BadRequest),
        (refusal("banned", "100410", RateLimitExceeded, retry_after=60.0, banned=True), RateLimitExceeded),
    ],
)
def test_refused(error: BaseError, kind: type[BaseError]) -> None:
    """After a refusal every order may be live, and the plugin requests no list."""
    exchange = Exchange("spot", error)
    exchange.place(1)
    raised = failing(exchange, kind=kind)
    assert (raised.orders, raised.unresolved) == ([], UNKNOWN)
    assert exchange.sent(FetchOpenOrders) == []


def test_limited() -> None:
    """The plugin waits out a refusal for the limit of this second, and sends the request again."""
    exchange = Exchange("spot", refusal("rate limited", "100410", RateLimitExceeded, retry_after=0.4))
    exchange.place(1)
    assert told(cancel(exchange)) == {"1": "canceled"}
    assert len(exchange.sent(CancelAll)) == 2


def test_clock_refused() -> None:
    """After a refusal for the clock the plugin measures the clock, and sends the request again."""
    exchange = Exchange("spot", refusal("timestamp", "100421", InvalidNonce))
    exchange.clock_error = 60_000
    exchange.place(1)
    assert told(cancel(exchange)) == {"1": "canceled"}
    assert len(exchange.sent(CancelAll)) == 2


def test_refused_as_gone() -> None:
    """ "Order not exist" may mean that no order is open. The list decides. No error calls it gone."""
    exchange = Exchange("spot", refusal("order not exist"))
    assert cancel(exchange) == []
    exchange = Exchange("spot", refusal("order not exist"))
    exchange.place(1)
    assert told(cancel(exchange)) == {"1": "canceled"}
    exchange = Exchange("spot", refusal("order not exist"))
    exchange.lists = [RequestTimeout("bingx lost")] * 9
    error = failing(exchange, kind=BadRequest)
    assert error.unresolved == UNKNOWN
    assert "not exist" not in str(error)


# Passing unresolved orders to another call


def test_unresolved_entries() -> None:
    """cancel_orders_for_symbols accepts the entries of known orders, and refuses those of unknown ones."""
    exchange = Exchange("linear", "drop before")
    exchange.place(1, type="STOP_MARKET")
    assert [ref.public for ref in parse_cancellations(failing(exchange).unresolved, {}).refs] == unresolved(1)
    exchange = Exchange("linear", "drop before")
    exchange.lists = [RequestTimeout("bingx lost")] * 9
    for symbol in ("A/B", None):
        exchange.fates, exchange.lists = ["drop before"], [RequestTimeout("bingx lost")] * 9
        error = failing(exchange, symbol)
        assert unresolved_as_json(error) == error.unresolved == [{"id": None, "symbol": symbol}]
        with pytest.raises(BaseError, match=r"orders\[0\] (has neither|requires a symbol)"):
            parse_cancellations(error.unresolved, {})
