"""The overrides keep ccxt's own names: aliases, parameters and their defaults."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import ccxt.bingx
import pytest

from ccxt_bingx_ext import bingx

from .helpers import OURS

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
