"""The start hook of a program that ``ccxt-bingx-ext run`` has started (see `run`): Python imports it first.

It waits until the program imports ``ccxt``, ``ccxt.async_support`` or ``ccxt.pro``, and registers the class
of that module alone. So a process pays only for what it imports. A failure comes out of the program's own
import: here, Python would swallow it, and the bot would run with ccxt's class. Then the hook imports the
user's own ``sitecustomize``, if there is one.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # each Python process of the program imports this file: typing would take 5 ms
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_PLUGIN = "ccxt_bingx_ext"
# Where bots look for a class, and the module that has ours for it.
_PLACES = {
    "ccxt": _PLUGIN,
    "ccxt.async_support": f"{_PLUGIN}.async_support",
    "ccxt.pro": f"{_PLUGIN}.pro",
}
_SUBCLASS = (
    "ccxt.pro.bingx"  # subclasses what it finds in ccxt.async_support: that has to be ccxt's own class
)
_WATCHED = {*_PLACES, *_PLACES.values(), _SUBCLASS}
_importing: set[str] = set()


class _RegisterOnImport:
    """Finds what the other finders find, and registers classes once a module of `_WATCHED` is imported."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in _WATCHED:
            return None
        finders: Any = (one for one in sys.meta_path if one is not self and hasattr(one, "find_spec"))
        found = (one.find_spec(name, path, target) for one in finders)
        spec = next((one for one in found if one is not None), None)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = _then_register(spec.loader.exec_module)
        return spec


def _then_register(execute: Callable[[Any], None]) -> Callable[[Any], None]:
    def execute_and_register(module: Any) -> None:
        name = module.__spec__.name
        if name not in _WATCHED:  # a loader of a ZIP file serves all of its modules
            execute(module)
            return
        _importing.add(name)
        try:
            _execute(execute, module)
        finally:
            _importing.discard(name)
        _register_imported()

    return execute_and_register


def _execute(execute: Callable[[Any], None], module: Any) -> None:
    registry = sys.modules.get(f"{_PLUGIN}._register")
    if module.__spec__.name == _SUBCLASS and registry is not None:
        with registry.unregistered("ccxt.async_support"):
            execute(module)
    else:
        execute(module)


def _register_imported() -> None:
    """Register each class whose place the program has imported."""
    # A half imported module cannot be used. The end of its import calls this function again.
    if _PLUGIN in _importing:
        return
    places = [one for one, ours in _PLACES.items() if one in sys.modules and not {one, ours} & _importing]
    if not places:
        return
    try:
        from ccxt_bingx_ext._register import register_in
        from ccxt_bingx_ext._simulated import redirect
    except ImportError as error:
        raise ImportError(
            f"ccxt-bingx-ext run: {sys.executable} has ccxt, but no usable ccxt_bingx_ext ({error}): "
            "install it there"
        ) from error
    redirect(*places)  # first: the program must not see a class that is not on the simulator yet
    register_in(*places)


_here = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != _here]
sys.meta_path.insert(0, _RegisterOnImport())
_register_imported()  # a .pth file may have imported ccxt: those come first
_ours = sys.modules.pop("sitecustomize")
try:
    __import__("sitecustomize")  # the user's own, if any: ours is no longer on the path
except ImportError as error:
    if error.name != "sitecustomize":
        raise
finally:
    sys.modules.setdefault("sitecustomize", _ours)
