"""Imported by Python as it starts, in a program that ``ccxt-bingx-ext run`` has started (see `run`).

It waits until ccxt is imported, and registers then: a process that has nothing to do with ccxt pays nothing.
A failure comes out of the program's own ``import ccxt``; here, Python would swallow it, and the bot would run
with ccxt's class. A ``sitecustomize`` of the user's own is imported as it would have been.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

_PLUGIN = "ccxt_bingx_ext"


class _RegisterOnImport:
    """A finder that finds what the others find, and has the classes registered once that is imported."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        # The plugin, too: it imports ccxt half-way through its own import, when it cannot be used yet.
        if name not in ("ccxt", _PLUGIN):
            return None
        finders: Any = (one for one in sys.meta_path if one is not self and hasattr(one, "find_spec"))
        found = (one.find_spec(name, path, target) for one in finders)
        spec = next((one for one in found if one is not None), None)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = _then_register(spec.loader.exec_module)
        return spec


def _then_register(execute: Callable[[Any], None]) -> Callable[[Any], None]:
    def execute_and_register(module: Any) -> None:
        execute(module)
        _register()

    return execute_and_register


def _register() -> None:
    plugin = sys.modules.get(_PLUGIN)
    if plugin is not None and not hasattr(plugin, "__all__"):
        return  # it is being imported; this is called again at its end
    try:
        from ccxt_bingx_ext import register
    except ImportError as error:
        raise ImportError(
            f"ccxt-bingx-ext run: {sys.executable} has ccxt, but no usable ccxt_bingx_ext ({error}): "
            "install it there"
        ) from error
    register()


_here = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != _here]
sys.meta_path.insert(0, _RegisterOnImport())
if "ccxt" in sys.modules:  # by a .pth file: those come first
    _register()
_ours = sys.modules.pop("sitecustomize")
try:
    __import__("sitecustomize")  # the user's own, if any: ours is no longer on the path
except ImportError as error:
    if error.name != "sitecustomize":
        raise
finally:
    sys.modules.setdefault("sitecustomize", _ours)
