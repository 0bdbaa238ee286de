"""The overrides keep ccxt's own names: aliases, parameters and their defaults."""

from __future__ import annotations

import copy
import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import ccxt.bingx
import pytest

from ccxt_bingx_ext import bingx
from ccxt_bingx_ext._own_params import HOSTNAME, OwnParam
from ccxt_bingx_ext.simulator import Simulator

from .helpers import OURS, bot_of, cancels, place
from .scripted import config_over, scripted

ALIASES = {
    "cancelOrders": "cancel_orders",
    "cancelOrdersForSymbols": "cancel_orders_for_symbols",
    "cancelOrdersWithClientOrderIds": "cancel_orders_with_client_order_ids",
    "editOrder": "edit_order",
}


def test_aliases_in_a_fresh_process() -> None:
    """ccxt sets camelCase names at the first construction. Ours are on the classes, for unpickling."""
    program = f"""
import ccxt_bingx_ext, ccxt_bingx_ext.async_support, ccxt_bingx_ext.pro
for module in (ccxt_bingx_ext, ccxt_bingx_ext.async_support, ccxt_bingx_ext.pro):
    for alias, name in {ALIASES}.items():
        assert getattr(module.bingx, alias) is getattr(module.bingx, name), (module, alias)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_aliases_of_a_subclass() -> None:
    """A bot's subclass that overrides a method gets the alias of its own method."""

    class Mine(bingx):
        def cancel_orders(self, *args: Any, **named: Any) -> Any:
            return "mine"

    assert Mine.cancelOrders is Mine.cancel_orders
    assert Mine({}).cancelOrders([], "BTC/USDT") == "mine"


@pytest.mark.parametrize("name", ["sign", "handle_errors"])
def test_parameter_names(world: str, name: str) -> None:
    """Our methods accept ccxt's parameter names, and have ccxt's defaults."""
    ours = inspect.signature(getattr(OURS[world], name)).parameters
    for parameter in inspect.signature(getattr(ccxt.bingx, name)).parameters.values():
        if parameter.name in ("headers", "body") and name == "sign":
            continue  # trailing parameters until ccxt 4.5.76; ours takes whatever trails
        assert parameter.name in ours
        if parameter.default is not inspect.Parameter.empty:
            assert ours[parameter.name].default in (parameter.default, ["public"])


SPOT = "BTC/USDT"
CALLS: dict[str, Callable[[Any, str, dict[str, Any]], object]] = {
    "cancel_orders": lambda bot, id, params: bot.cancel_orders([id], SPOT, params),
    "cancel_order": lambda bot, id, params: bot.cancel_order(id, SPOT, params),
    "cancel_all_orders": lambda bot, id, params: bot.cancel_all_orders(SPOT, params),
    "edit_order": lambda bot, id, params: bot.edit_order(id, SPOT, "limit", "buy", 1, 1, params),
    "create_order": lambda bot, id, params: bot.create_order(SPOT, "limit", "buy", 1, 1, params),
    "fetch_order": lambda bot, id, params: bot.fetch_order(id, SPOT, params),
    "fetch_balance": lambda bot, id, params: bot.fetch_balance(params),
}


@pytest.mark.parametrize("call", CALLS)
def test_no_param_redirects_the_key(call: str, world: str, simulator: Simulator) -> None:
    """A param that is spelt like one of ours changes nothing, and does not reach the exchange."""
    (one,) = place(simulator, 1)
    names = ("ccxt_bingx_ext.hostname", "ccxt_bingx_ext.form", "ccxt_bingx_ext.give_up")
    with (
        scripted(lambda *_: "close") as other,
        bot_of(OURS[world], config_over(simulator, f"127.0.0.1:{simulator.port}")) as bot,
    ):
        bot.load_markets()
        before = len(simulator.requests)
        CALLS[call](bot, one, dict.fromkeys(names, other.host))
        first = simulator.requests[before]
        assert {*names} & first.params.keys() == set()
        assert other.requests == []


@pytest.mark.parametrize("process", [0, 1])
def test_copied_params(simulator: Simulator, process: int) -> None:
    """A bot's class that copies the params under plain names still cancels."""

    class Copying(bingx):
        def sign(
            self, path: str, section: Any = "public", method: str = "GET", params: Any = {}, *more: Any
        ) -> Any:
            return super().sign(path, section, method, {str(name): params[name] for name in params}, *more)

    exchange = Copying(simulator.ccxt_config())
    (order,) = exchange.cancel_orders(place(simulator, 1), SPOT, {"process": process})
    assert order["status"] == "canceled"
    (sent,) = cancels(simulator)
    assert not [name for name in sent.params if "ccxt_bingx_ext" in name]


def test_own_params() -> None:
    """A param of ours equals only itself. A bot can sort, show and copy it like any other string."""
    spelt = str(HOSTNAME)
    assert HOSTNAME not in {spelt: 1}
    assert spelt not in {HOSTNAME: 1}
    assert spelt != HOSTNAME
    assert OwnParam(spelt) != HOSTNAME
    assert copy.deepcopy({HOSTNAME: 1}) == {HOSTNAME: 1}
    assert json.loads(json.dumps(dict(sorted({HOSTNAME: 1, "z": 2}.items())))) == {spelt: 1, "z": 2}


@pytest.mark.parametrize("trailing", [(), (None, None)])
def test_sign_takes_older_trailing_arguments(trailing: tuple[None, ...]) -> None:
    """ccxt 4.5.76 and older releases pass headers and body, which their own classes take."""
    exchange = OURS["sync"]({"apiKey": "key", "secret": "secret"})
    accepts = len(inspect.signature(ccxt.bingx.sign).parameters) > 5
    if trailing and not accepts:
        with pytest.raises(TypeError, match="positional"):
            exchange.sign("trade/query", ["spot", "v1", "private"], "GET", {}, *trailing)
        return
    request = exchange.sign("trade/query", ["spot", "v1", "private"], "GET", {}, *trailing)
    assert "signature=" in request["url"]
