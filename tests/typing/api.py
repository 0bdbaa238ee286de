"""The public API as type checkers see it. mypy and pyright read this file (``make lint``). It never runs.

ccxt has no ``py.typed``: mypy takes everything in it as Any, while pyright reads its source. This file holds
for both. A line with an ignore comment has a mistake that both must find.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ccxt
from ccxt.base.types import CancellationRequest as CcxtsRequest
from ccxt.base.types import Order
from typing_extensions import assert_type

import ccxt_bingx_ext
from ccxt_bingx_ext import (
    AccountsForIds,
    CancellationRequest,
    CancelOrdersOptions,
    ClientOrderId,
    Registration,
    async_support,
    bingx,
    pro,
    register,
    unregister,
    unresolved_as_json,
)
from ccxt_bingx_ext import simulator as simulators
from ccxt_bingx_ext.simulator import Simulator
from ccxt_bingx_ext.simulator.fixtures import bingx_simulator

SYMBOL = "BTC/USDT"


def options() -> list[CancelOrdersOptions]:
    every: CancelOrdersOptions = {
        "requestFormat": "json",
        "process": 1,
        "batchSize": 20,
        "limit": None,
        "singleLimit": 4,
        "family": False,
        "linear": {"batchSize": 5, "limit": 2.5, "singleLimit": None},
        "inverse": {"limit": 1},
        "margin": 100,
        "inFlight": 400,
        "storage": "redis://localhost",
        "maxWait": 0,
        "resolveAttempts": 0,
        "resolveTimeout": 5000,
    }
    none: CancelOrdersOptions = {}
    return [every, none]


def misspelt_options(one: CancelOrdersOptions) -> None:
    one["batchsize"] = 20  # type: ignore[typeddict-unknown-key]  # pyright: ignore
    one["batchSize"] = "20"  # type: ignore[typeddict-item]  # pyright: ignore
    one["process"] = 2  # type: ignore[typeddict-item]  # pyright: ignore
    one["inverse"] = {"batchSize": 2}  # type: ignore[typeddict-unknown-key]  # pyright: ignore


def constructors(config: dict[str, Any]) -> None:
    assert_type(bingx(), bingx)
    assert_type(bingx(config), bingx)
    assert_type(bingx({"apiKey": "key", "options": {"cancelOrders": options()[0]}}), bingx)
    assert_type(async_support.bingx(config), async_support.bingx)
    assert_type(pro.bingx(config), pro.bingx)
    also_async: async_support.bingx = pro.bingx(config)
    assert also_async
    assert_type(ccxt_bingx_ext.__version__, str)


def sync_bot(bot: bingx, anything: tuple[int | str, ...], named: Iterator[ClientOrderId]) -> None:
    assert_type(bot.cancel_orders(["1", 2], SYMBOL), list[Order])
    assert_type(bot.cancel_orders(ids=anything, symbol=SYMBOL, params={"process": 1}), list[Order])
    assert_type(bot.cancel_orders(named, SYMBOL), list[Order])
    assert_type(bot.cancel_orders([{"id": "1"}, {"clientOrderId": "a"}, "2", 3], SYMBOL), list[Order])
    assert_type(bot.cancel_orders(bot.cancel_orders(["1"], SYMBOL), SYMBOL), list[Order])
    assert_type(bot.cancel_orders(None, SYMBOL, {"clientOrderIds": ["a"]}), list[Order])
    assert_type(bot.cancel_orders_with_client_order_ids(["a"], SYMBOL, {"process": 1}), list[Order])
    assert_type(bot.cancel_order("1", SYMBOL), Order)
    assert_type(bot.cancel_order(2, SYMBOL, {"cancelRestrictions": "NEW"}), Order)
    assert_type(bot.cancel_order(ClientOrderId("a"), SYMBOL), Order)
    assert_type(bot.cancel_order(None, SYMBOL, {"clientOrderId": "a"}), Order)
    bot.cancel_order(1.5, SYMBOL)  # type: ignore[arg-type]  # pyright: ignore
    bot.cancel_order({"id": "1"}, SYMBOL)  # type: ignore[arg-type]  # pyright: ignore
    bot.cancel_orders([1.5], SYMBOL)  # type: ignore[list-item]  # pyright: ignore
    bot.cancel_orders(12345, SYMBOL)  # type: ignore[arg-type]  # pyright: ignore


def all_orders(bot: bingx) -> None:
    assert_type(bot.cancel_all_orders(), list[Order])
    assert_type(bot.cancel_all_orders(SYMBOL, {"recvWindow": 5000}), list[Order])
    bot.cancel_all_orders(["A/B"])  # type: ignore[arg-type]  # pyright: ignore


async def async_bot(bot: async_support.bingx) -> None:
    assert_type(await bot.cancel_all_orders(SYMBOL), list[Order])
    assert_type(await bot.cancel_orders(["1", 2], SYMBOL, {"process": 1}), list[Order])
    assert_type(await bot.cancel_orders_for_symbols([{"id": "1", "symbol": SYMBOL}]), list[Order])
    assert_type(await bot.cancel_orders_with_client_order_ids(["a"], SYMBOL), list[Order])
    assert_type(await bot.cancel_order("1", SYMBOL), Order)


async def what_ccxt_has(bot: async_support.bingx, websocket: pro.bingx) -> None:
    # Awaited here, not in the sync class: the mixin must not bring in the sync methods.
    assert_type(await bot.fetch_order("1", SYMBOL), Order)  # pyright: ignore[reportUnknownMemberType]
    assert_type(await websocket.fetch_order("1", SYMBOL), Order)  # pyright: ignore[reportUnknownMemberType]


async def websocket_bot(bot: pro.bingx) -> None:
    assert_type(await bot.cancel_orders(["1", 2], SYMBOL, {"process": 1}), list[Order])
    assert_type(await bot.cancel_orders_for_symbols([{"id": "1", "symbol": SYMBOL}]), list[Order])
    assert_type(await bot.cancel_orders_with_client_order_ids(["a"], SYMBOL), list[Order])
    assert_type(await bot.cancel_order("1", SYMBOL), Order)


def several_symbols(bot: bingx, ccxts: list[CcxtsRequest], orders: list[Order]) -> None:
    entries: list[CancellationRequest] = [
        {"id": "1", "symbol": SYMBOL},
        {"id": 2, "symbol": SYMBOL},
        {"clientOrderId": "a", "symbol": SYMBOL},
        {"id": "3", "clientOrderId": None, "symbol": SYMBOL},
    ]
    entries.append({"id": "1"})  # type: ignore[typeddict-item]  # pyright: ignore
    assert_type(bot.cancel_orders_for_symbols(entries, {"process": 1}), list[Order])
    # The plugin also accepts the arguments of ccxt's own method, and the results of the cancels.
    assert_type(bot.cancel_orders_for_symbols(ccxts), list[Order])
    assert_type(bot.cancel_orders_for_symbols(orders), list[Order])


def errors(bot: bingx) -> None:
    try:
        bot.cancel_orders(["1"], SYMBOL)
    except ccxt.BaseError as error:
        if isinstance(error, AccountsForIds):
            assert_type(error.orders, list[Order])
            assert_type(error.unresolved, list[Any])
            bot.cancel_orders(error.unresolved, SYMBOL, {"process": 1})
            bot.cancel_orders_for_symbols(error.unresolved)
        entries = unresolved_as_json(error)
        bot.cancel_orders(entries, SYMBOL)
        bot.cancel_orders_for_symbols(entries)


def client_order_ids(unresolved: list[str]) -> list[str]:
    assert_type(ClientOrderId("a"), ClientOrderId)
    return [one for one in unresolved if isinstance(one, ClientOrderId)]


def registering() -> None:
    assert_type(register(), Registration)
    with register() as registration:
        assert_type(registration, Registration)
    unregister()


def simulating(simulator: Simulator) -> None:
    assert_type(bingx(simulator.ccxt_config(enableRateLimit=True)), bingx)
    order = simulator.place(symbol="BTC-USDT")
    assert_type(order, simulators.Order)
    assert_type(simulator.status(order.order_id), str)
    simulator.faults.add("drop", when="after")
    assert_type(simulator.requests, list[simulators.Request])
    with Simulator(limits={"cancelOrders": 1}) as another:
        assert_type(another, Simulator)


def test_my_bot(bingx_simulator: Simulator) -> None:
    simulating(bingx_simulator)


assert bingx_simulator
