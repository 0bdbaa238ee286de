"""Ids of a result can be passed to another call, even through JSON. Every argument error has lists."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ccxt.base.errors import BadRequest, BaseError, ExchangeError, NetworkError, OrderNotFound

from ccxt_bingx_ext import ClientOrderId, bingx, unresolved_as_json
from ccxt_bingx_ext.simulator import Simulator

from .helpers import Bot, cancels, place, reported_by_client_id

ROOT = Path(__file__).parents[1]
SPOT, LINEAR = "BTC/USDT", "BTC/USDT:USDT"


def error_of(call: Any, *args: Any) -> Any:
    with pytest.raises(BaseError) as caught:
        call(*args)
    return caught.value


@pytest.fixture
def two_of_one_name(simulator: Simulator) -> tuple[str, str]:
    """An order, and another order whose client order id is spelled like the first one's order id."""
    (first,) = place(simulator)
    return first, str(simulator.place(client_order_id=first).order_id)


def lose_responses(simulator: Simulator) -> None:
    for path in ("cancelOrders", "trade/query"):
        simulator.faults.add("http", status=504, times=None, path=path)


def test_unresolved_through_json(
    bot: Bot, simulator: Simulator, two_of_one_name: tuple[str, str], without_pauses: None
) -> None:
    """After JSON a client order id of digits cancels its own order, and not the one with that order id."""
    name, other = two_of_one_name
    lose_responses(simulator)
    error = error_of(bot.cancel_orders, None, SPOT, {"clientOrderIds": [name], "process": 1})
    kept = json.dumps(unresolved_as_json(error))
    assert json.loads(kept) == [{"clientOrderId": name}]
    simulator.faults.clear()
    orders = bot.cancel_orders(json.loads(kept), SPOT, {"process": 1})
    assert reported_by_client_id(orders) == [(name, "canceled")]
    assert [simulator.status(one) for one in (name, other)] == ["PENDING", "CANCELED"]


def test_unresolved_of_symbols_through_json(
    bot: Bot, simulator: Simulator, two_of_one_name: tuple[str, str], without_pauses: None
) -> None:
    """The same holds for cancel_orders_for_symbols."""
    name, other = two_of_one_name
    lose_responses(simulator)
    entry = {"clientOrderId": name, "symbol": SPOT}
    error = error_of(bot.cancel_orders_for_symbols, [entry], {"process": 1})
    kept = json.dumps(unresolved_as_json(error))
    assert json.loads(kept) == [entry]
    simulator.faults.clear()
    bot.cancel_orders_for_symbols(json.loads(kept), {"process": 1})
    assert [simulator.status(one) for one in (name, other)] == ["PENDING", "CANCELED"]


@pytest.mark.parametrize("method", ["cancel_order", "edit_order"])
@pytest.mark.parametrize("by_client_id", [True, False])
def test_unresolved_of_one_order_through_json(
    bot: Bot,
    simulator: Simulator,
    two_of_one_name: tuple[str, str],
    without_pauses: None,
    method: str,
    by_client_id: bool,
) -> None:
    """cancel_orders accepts the ids of the methods for one order, whether or not these had checked them."""
    name, other = two_of_one_name
    given = ClientOrderId(name) if by_client_id else name
    order = ("limit", "buy", 1, 100) if method == "edit_order" else ()
    lose_responses(simulator)
    for path in ("trade/cancel", "cancelReplace"):
        simulator.faults.add("http", status=504, times=None, path=path, when="before")
    for params in ({}, {"symbol": "wrong"}):
        error = error_of(getattr(bot, method), given, SPOT, *order, params)
        (kept,) = json.loads(json.dumps(unresolved_as_json(error)))
        assert kept == {"clientOrderId" if by_client_id else "id": name}
    assert isinstance(error_of(getattr(bot, method), kept, SPOT, *order), BadRequest)
    simulator.faults.clear()
    bot.cancel_orders([kept], SPOT, {"process": 1})
    assert simulator.status(other if by_client_id else name) == "CANCELED"


def test_order_structures_as_ids(bot: Bot, simulator: Simulator) -> None:
    """cancel_orders takes order structures, and refuses one of another symbol before it sends anything."""
    ids = place(simulator, 2)
    open_orders = bot.fetch_open_orders(SPOT)
    simulator.clear_log()
    error = error_of(bot.cancel_orders, open_orders, "ETH/USDT")
    assert (type(error), error.orders, error.unresolved) == (BadRequest, [], open_orders)
    assert simulator.requests == []
    assert {one["status"] for one in bot.cancel_orders(open_orders, SPOT)} == {"canceled"}
    assert {simulator.status(one) for one in ids} == {"CANCELED"}


def test_iterators_of_client_ids(bot: Bot, simulator: Simulator, without_pauses: None) -> None:
    """The ids of an iterator in params are in .unresolved, and the bot can pass them back."""
    simulator.place(client_order_id="mine")
    error = error_of(bot.cancel_orders, ["x"], SPOT, {"clientOrderIds": iter(["mine"])})
    assert error.unresolved == ["x", "mine"]
    assert type(error.unresolved[1]) is ClientOrderId
    lose_responses(simulator)
    error = error_of(bot.cancel_orders, None, SPOT, {"clientOrderIds": (one for one in ["mine"])})
    simulator.faults.clear()
    assert reported_by_client_id(bot.cancel_orders(error.unresolved, SPOT)) == [("mine", "canceled")]
    simulator.place(client_order_id="second")
    orders = bot.cancel_orders_with_client_order_ids(iter(["second"]), SPOT)
    assert reported_by_client_id(orders) == [("second", "canceled")]


class Odd:
    """An id whose methods raise."""

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError

    __str__ = __repr__ = __eq__  # type: ignore[assignment]
    __hash__ = object.__hash__


HUGE = 10**5000


@pytest.mark.parametrize(
    ("ids", "params"),
    [
        (["1", HUGE], {}),
        (["1"], {"clientOrderIds": [HUGE]}),
        (["1"], {"foo": HUGE}),
        (["1", Odd()], {}),
        (["1"], {"clientOrderIds": [Odd()]}),
        (["1"], {"orderids": ["2"]}),
        (["1"], {"Symbol": "ETH-USDT"}),
    ],
    ids=["huge", "huge client id", "huge param", "odd", "odd client id", "orderids", "Symbol"],
)
def test_bad_arguments(bot: Bot, simulator: Simulator, ids: list[Any], params: dict[str, Any]) -> None:
    """For unusable arguments the plugin sends nothing, and every id is unresolved as the bot passed it."""
    named = [one for name, value in params.items() if name.endswith("ds") for one in value]
    error = error_of(bot.cancel_orders, ids, SPOT, params)
    assert (type(error), error.orders) == (BadRequest, [])
    assert [*map(id, error.unresolved)] == [*map(id, [*ids, *named])]
    entries = [{"id": one, "symbol": SPOT} for one in ids]
    error = error_of(bot.cancel_orders_for_symbols, entries, params)
    assert (error.orders, error.unresolved[: len(ids)]) == ([], entries)
    assert simulator.requests == []


@pytest.mark.parametrize("kind", [NetworkError, OrderNotFound])
def test_iterator_raises(bot: Bot, simulator: Simulator, kind: type[BaseError]) -> None:
    """A ccxt error of the caller's own iterator carries the ids that the iterator had produced."""

    def ids() -> Iterator[Any]:
        yield "1"
        raise kind("the list broke off")

    for call, error in (
        ("ids", error_of(bot.cancel_orders, ids(), SPOT, {"clientOrderIds": ["a"]})),
        ("params", error_of(bot.cancel_orders, ["1"], SPOT, {"clientOrderIds": ids()})),
        ("symbols", error_of(bot.cancel_orders_for_symbols, ids())),
    ):
        assert error.orders == []
        assert error.unresolved == {"ids": ["1", "a"], "params": ["1", "1"], "symbols": ["1"]}[call]
        # A bot reads OrderNotFound as "gone".
        assert type(error) is (BadRequest if kind is OrderNotFound else kind)
    assert simulator.requests == []


def test_iterator_raises_own_error(bot: Bot, simulator: Simulator) -> None:
    """The caller's own exception passes through, and the plugin sends nothing."""
    for call, args in (
        (bot.cancel_orders, ((1 // 0 for _ in "a"), SPOT)),
        (bot.cancel_orders, (None, SPOT, {"clientOrderIds": (1 // 0 for _ in "a")})),
        (bot.cancel_orders_for_symbols, ((1 // 0 for _ in "a"),)),
    ):
        with pytest.raises(ZeroDivisionError):
            call(*args)
    assert simulator.requests == []


@pytest.mark.parametrize(
    "odd",
    [None, {}, {"id": None}, {"symbol": None}, {"spot": None}, {"contractSize": "abc"}, {"contractSize": []}],
)
def test_odd_market(bot: Bot, simulator: Simulator, odd: dict[str, Any] | None) -> None:
    """For an incomplete market the plugin sends nothing, and every id is unresolved."""
    bot.load_markets()
    whole = dict(bot.markets[SPOT])
    bot.exchange.markets = {**bot.markets, SPOT: {**whole, **odd} if odd else odd}
    simulator.clear_log()
    for error in (
        error_of(bot.cancel_orders, ["1"], SPOT),
        error_of(bot.cancel_orders_for_symbols, [{"id": "1", "symbol": SPOT}]),
    ):
        assert (type(error), error.orders) == (ExchangeError, [])
        assert error.unresolved in (["1"], [{"id": "1", "symbol": SPOT}])
        assert "market data" in str(error)
    assert simulator.requests == []


@pytest.mark.parametrize("odd", [{"x": 1}, None, {"symbol": "BTCUSDT"}])
def test_odd_market_of_the_exchange(bot: Bot, simulator: Simulator, odd: Any) -> None:
    """When the exchange describes a market in another way, every id is unresolved."""
    body = json.dumps({"code": 0, "data": {"symbols": [odd]}})
    simulator.faults.add("canned", body=body, path="common/symbols", times=None)
    error = error_of(bot.cancel_orders, ["1"], LINEAR)
    assert (type(error), error.orders, error.unresolved) == (ExchangeError, [], ["1"])
    assert cancels(simulator) == []


def test_fee_of_a_cold_cancel(bot: Bot, simulator: Simulator) -> None:
    """The fee of a buy order is in the base currency, with and without loaded markets."""
    for _ in range(2):
        (order,) = bot.cancel_orders(place(simulator), SPOT)
        assert (order["side"], order["fee"]["currency"]) == ("buy", "BTC")
        bot.load_markets()


def test_no_time_difference(bot: Bot, simulator: Simulator) -> None:
    """timeDifference None counts as zero."""
    bot.options["timeDifference"] = None
    (order,) = bot.cancel_orders(place(simulator), SPOT)
    assert order["status"] == "canceled"


def test_documented_file(simulator: Simulator, tmp_path: Path, without_pauses: None) -> None:
    """The function of docs/errors.md keeps unresolved ids in a file, and the next call cancels them."""
    cancel_and_keep = snippet("errors.md", "cancel_and_keep")
    exchange, file = bingx(simulator.ccxt_config(enableRateLimit=False)), tmp_path / "left.json"
    (name,) = place(simulator)
    other = str(simulator.place(client_order_id=name).order_id)
    lose_responses(simulator)
    assert cancel_and_keep(exchange, [ClientOrderId(name)], SPOT, file) == []
    simulator.faults.clear()
    orders = cancel_and_keep(exchange, [], SPOT, file)
    assert reported_by_client_id(orders) == [(name, "canceled")]
    assert [simulator.status(one) for one in (name, other)] == ["PENDING", "CANCELED"]
    assert json.loads(file.read_text()) == []


def test_documented_file_keeps_open_orders(
    simulator: Simulator, tmp_path: Path, without_pauses: None
) -> None:
    """An order that the exchange leaves open, and one that it does not know, stay in the file."""
    cancel_and_keep = snippet("errors.md", "cancel_and_keep")
    exchange, file = bingx(simulator.ccxt_config(enableRateLimit=False)), tmp_path / "left.json"
    (live,) = place(simulator)
    simulator.faults.add("refuse", fraction=1.0, times=None)
    orders = cancel_and_keep(exchange, [live, "7"], SPOT, file)
    assert [(one["id"], one["status"]) for one in orders] == [(live, "open"), ("7", None)]
    assert [one["id"] for one in json.loads(file.read_text())] == [live, "7"]
    simulator.faults.clear()
    orders = cancel_and_keep(exchange, [], SPOT, file)
    assert [(one["id"], one["status"]) for one in orders] == [(live, "canceled"), ("7", None)]


def snippet(page: str, name: str) -> Any:
    """The function `name` of a page in docs."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    (code,) = [one for one in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if f"def {name}(" in one]
    names: dict[str, Any] = {}
    exec(code, names)
    return names[name]


@pytest.mark.parametrize("where", ["docs", "examples"])
def test_documented_not_gone(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """A cancelled order whose client order id equals a live order's id does not make the live order gone."""
    if where == "docs":
        not_gone = snippet("semantics.md", "not_gone")
    else:
        monkeypatch.syspath_prepend(ROOT / "examples")
        not_gone = importlib.import_module("_exchange").not_gone
    ids = ["7", ClientOrderId("7"), "8", ClientOrderId("8"), ClientOrderId("a")]
    orders = [
        {"id": "7", "clientOrderId": "8", "status": "open"},
        {"id": "9", "clientOrderId": "7", "status": "canceled"},
        {"id": "8", "clientOrderId": None, "status": "closed"},
        {"id": None, "clientOrderId": "a", "status": None},
    ]
    left = not_gone(ids, orders)
    assert left == ["7", "8", "a"]
    assert [type(one) for one in left] == [str, ClientOrderId, ClientOrderId]
