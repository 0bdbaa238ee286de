"""The package from outside: its names, its classes, register()."""

from __future__ import annotations

import asyncio
import importlib
import subprocess
import sys
from collections.abc import Iterator

import aiohttp
import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

import ccxt_bingx_ext
from ccxt_bingx_ext import register, unregister
from ccxt_bingx_ext._register import register_in

from .helpers import CCXTS, OURS, WORLDS

PLACES = {"sync": ccxt, "async": ccxt.async_support, "pro": ccxt.pro}


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    unregister()
    for world, module in PLACES.items():
        module.bingx = CCXTS[world]


def registered() -> list[bool]:
    return [PLACES[world].bingx is OURS[world] for world in WORLDS]


def test_public_names() -> None:
    """The package exports exactly these names."""
    assert sorted(ccxt_bingx_ext.__all__) == [
        "AccountsForIds", "CancelOrdersOptions", "CancellationRequest", "ClientOrderId", "GONE",
        "Registration", "__version__", "bingx", "is_gone", "register", "unregister",
        "unresolved_as_json",
    ]  # fmt: skip
    for module in ("async_support", "pro"):
        assert importlib.import_module(f"ccxt_bingx_ext.{module}").__all__ == ["bingx"]


@pytest.mark.parametrize("world", WORLDS)
def test_describe(world: str) -> None:
    """Each class is a subclass of ccxt's and adds only its own features and options to describe()."""
    ours, theirs = OURS[world](), CCXTS[world]()
    assert isinstance(ours, CCXTS[world])
    assert ours.id == "bingx"
    mine, original = ours.describe(), theirs.describe()
    for name in (
        "cancelOrdersForSymbols",
        "cancelOrdersWithClientOrderId",
        "editOrderWithClientOrderId",
    ):
        assert mine["has"].pop(name) is True
        original["has"].pop(name, None)
    for market in ("spot", "defaultForLinear", "defaultForInverse"):
        for name in ("cancelOrders", "cancelOrdersForSymbols"):
            assert mine["features"][market].pop(name)["max"] is None
    assert mine["options"].pop("cancelOrders") == {
        "requestFormat": "auto",
        "process": None,
        "batchSize": 50,
        "limit": 2,
        "singleLimit": 5,
        "allLimit": 2,
        "linear": {"batchSize": 10, "limit": 5, "singleLimit": 5, "allLimit": 5},
        "inverse": {"limit": 5, "allLimit": 5},
        "family": True,
        "coalesce": True,
        "verifyAll": True,
        "margin": 0,
        "inFlight": 250,
        "storage": None,
        "maxWait": 1000,
        "resolveAttempts": 3,
        "resolveTimeout": 10_000,
    }
    assert mine["options"].pop("fallbackHostnames") == []
    assert mine == original


def test_two_instances_do_not_share_options() -> None:
    """Two instances do not share options."""
    first, second = OURS["sync"](), OURS["sync"]()
    first.options["cancelOrders"]["process"] = 1
    first.options["cancelOrders"]["linear"]["limit"] = 1
    assert second.options["cancelOrders"]["process"] is None
    assert second.options["cancelOrders"]["linear"]["limit"] == 5


def test_importing_patches_nothing() -> None:
    """Importing the package does not replace ccxt's classes."""
    code = (
        "import ccxt, ccxt.async_support, ccxt.pro\n"
        "before = ccxt.bingx, ccxt.async_support.bingx, ccxt.pro.bingx\n"
        "import ccxt_bingx_ext, ccxt_bingx_ext.async_support, ccxt_bingx_ext.pro\n"
        "assert before == (ccxt.bingx, ccxt.async_support.bingx, ccxt.pro.bingx)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_register_before_other_imports() -> None:
    """register() works before ccxt.pro is imported and does not change ccxt's own pro class."""
    code = (
        "import ccxt_bingx_ext; ccxt_bingx_ext.register()\n"
        "import ccxt.pro, ccxt_bingx_ext.pro as ours\n"
        "assert ccxt.pro.bingx is ours.bingx\n"
        "ccxt_bingx_ext.unregister()\n"
        "assert ccxt.pro.bingx.__mro__[1] is ccxt.async_support.bingx\n"
        "assert not issubclass(ccxt.pro.bingx, ours.bingx)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_import_loads_no_slow_parts() -> None:
    """Importing the package loads no async, websocket or simulator code."""
    code = (
        "import sys, ccxt_bingx_ext\n"
        "slow = {'ccxt.async_support', 'ccxt.pro', 'ccxt_bingx_ext.simulator'} & set(sys.modules)\n"
        "assert not slow, slow\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_register_twice() -> None:
    """register() and unregister() are idempotent, and unregister() restores ccxt's classes."""
    unregister()
    assert registered() == [False] * 3
    register()
    register()
    assert registered() == [True] * 3
    assert ccxt.bingx().has["cancelOrdersWithClientOrderId"] is True
    unregister()
    unregister()
    assert [PLACES[world].bingx for world in WORLDS] == [CCXTS[world] for world in WORLDS]


def test_register_as_context() -> None:
    """Leaving the context restores the classes from before, so an outer registration stays."""
    with register():
        assert registered() == [True] * 3
        with register():
            pass
        assert registered() == [True] * 3
    assert registered() == [False] * 3


def test_register_context_with_exception() -> None:
    """An exception passes out of the context and ends the registration."""
    with pytest.raises(ZeroDivisionError), register():
        raise ZeroDivisionError
    assert registered() == [False] * 3


def test_register_in_one_place() -> None:
    """A class may be registered in one place alone."""
    register_in("ccxt.async_support")
    assert registered() == [False, True, False]
    register()
    assert registered() == [True] * 3
    unregister()
    assert registered() == [False] * 3


def test_register_in_hidden_place() -> None:
    """If ccxt's own class is hidden, `unregister` still puts it back."""
    del ccxt.bingx
    register_in("ccxt")
    assert registered() == [True, False, False]
    unregister()
    assert ccxt.bingx is CCXTS["sync"]


def test_class_of_somebody_else() -> None:
    """unregister() restores a class from before register() and keeps a class set after."""

    class Theirs(ccxt.bingx):  # type: ignore[misc]
        pass

    class Later(ccxt.bingx):  # type: ignore[misc]
        pass

    ccxt.bingx = Theirs
    with register():
        assert registered() == [True] * 3
    assert ccxt.bingx is Theirs
    register()
    ccxt.bingx = Later
    unregister()
    assert ccxt.bingx is Later
    assert ccxt.pro.bingx is CCXTS["pro"]


def test_socks_session() -> None:
    """The session for a SOCKS proxy forbids the replay of cancels too."""

    async def hooks() -> tuple[int, int]:
        exchange = OURS["async"]()
        session = aiohttp.ClientSession()
        exchange.socks_proxy_sessions = {"socks5://127.0.0.1:1": session}
        try:
            counts = []
            for _ in range(2):
                assert exchange.get_socks_proxy_session("socks5://127.0.0.1:1") is session
                counts.append(len(session.trace_configs))
            return counts[0], counts[1]
        finally:
            await exchange.close(True)

    assert asyncio.run(hooks()) == (1, 1)
