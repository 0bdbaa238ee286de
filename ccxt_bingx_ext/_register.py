"""Put the classes where bots look them up: ``getattr(ccxt, "bingx")``. Explicit and reversible."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType, TracebackType
from typing import Any, NamedTuple

import ccxt

from ._ccxt_releases import release, too_old
from ._log import INFO, WARNING, event

_NAME = "bingx"
_EVERYWHERE = ("ccxt", "ccxt.async_support", "ccxt.pro")


class _Replaced(NamedTuple):
    theirs: Any
    ours: Any


_replaced: dict[ModuleType, _Replaced] = {}


class Registration:
    """The result of `register`. As a context manager, it restores the classes from before the call."""

    def __init__(self, was_registered: bool) -> None:
        self._was_registered = was_registered

    def __enter__(self) -> Registration:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._was_registered:
            unregister()


def register() -> Registration:
    """Replace ``bingx`` in ``ccxt``, ``ccxt.async_support`` and ``ccxt.pro`` with this package's classes.

    Use it for a bot that looks the class up by name. Call it before the bot builds its exchange. A second
    call changes nothing. The call imports all three of ccxt's packages, which takes about a second.

    Returns a `Registration`: after ``with register():``, ccxt's own classes are back.
    """
    was_registered = bool(_replaced)
    register_in(*_EVERYWHERE)
    return Registration(was_registered)


def register_in(*names: str) -> None:
    """Do what `register` does in the modules with these `names` only, and import no other one."""
    # All of them first: ccxt.pro.bingx subclasses whatever it finds in ccxt.async_support.
    places = [_place(name) for name in names]
    is_first, changed = not _replaced, []
    for module, ours in places:
        # The start hook of `run` hides ccxt's own class while another thread imports the plugin.
        theirs = vars(module).get(_NAME) or sys.modules[f"{module.__name__}.{_NAME}"].bingx
        if theirs is not ours:
            _replaced[module] = _Replaced(theirs, ours)
            setattr(module, _NAME, ours)
            changed.append(f"{module.__name__}.{_NAME}")
    if changed:
        verb = "is now the class" if len(changed) == 1 else "are now the classes"
        text = f"registered: {', '.join(changed)} of {release()} {verb} of ccxt_bingx_ext"
        event(INFO, "registered", text, places=tuple(changed))
        if is_first and (warning := too_old()) is not None:
            event(WARNING, "old_ccxt", warning, ccxt_version=ccxt.__version__)


def unregister() -> None:
    """Put back the classes that `register` replaced. Without `register` before it, the call changes nothing.

    If other code has put another class there since, that class stays.
    """
    while _replaced:
        module, (theirs, ours) = _replaced.popitem()
        if getattr(module, _NAME) is ours:
            setattr(module, _NAME, theirs)


def _place(name: str) -> tuple[ModuleType, type]:
    """The module `name` of ccxt, and our class for it."""
    # Not as an attribute of its package, which a module becomes at the very end of its import.
    module = import_module(name)
    if name == "ccxt":
        from . import _sync

        return module, _sync.bingx
    if name == "ccxt.async_support":
        from . import async_support

        return module, async_support.bingx
    from . import pro

    return module, pro.bingx
