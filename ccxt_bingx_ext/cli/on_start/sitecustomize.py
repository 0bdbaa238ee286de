"""The start hook of a program that ``ccxt-bingx-ext run`` has started (see `run`): Python imports it first.

It waits until the program imports ``ccxt``, ``ccxt.async_support`` or ``ccxt.pro``, and registers the class
of that module alone. So a process pays only for what it imports. A failure comes out of the program's own
import: here, Python would swallow it, and the bot would run with ccxt's class. Then the hook imports the
user's own ``sitecustomize``, if there is one.

With ``--simulator``, the hook reads the simulator's URL before the program can change its environment. It
keeps each of ccxt's classes on the simulator at the end of the class's own module: until then, Python lets no
other thread use that module.
"""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock

TYPE_CHECKING = False  # each Python process of the program imports this file: typing would take 5 ms
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

_PLUGIN = "ccxt_bingx_ext"
_CLASS = "bingx"
# Where bots look for a class, and the module that has ours for it.
_PLACES = {
    "ccxt": _PLUGIN,
    "ccxt.async_support": f"{_PLUGIN}.async_support",
    "ccxt.pro": f"{_PLUGIN}.pro",
}
_DEFINITIONS = {f"{place}.{_CLASS}" for place in _PLACES}
_WATCHED = {*_PLACES, *_PLACES.values(), *_DEFINITIONS}
_here = os.path.dirname(os.path.abspath(__file__))
_SIMULATOR_ENTRY = os.path.join(_here, "simulator=")  # `run` writes it
_complete = _WATCHED & set(sys.modules)  # imported to the end. A .pth file comes before this one
_completing = allocate_lock()


class _RegisterOnImport:
    """Finds what the other finders find, and does the hook's part once a module of `_WATCHED` is executed."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in _WATCHED:
            return None
        finders: Any = (one for one in sys.meta_path if one is not self and hasattr(one, "find_spec"))
        found = (one.find_spec(name, path, target) for one in finders)
        spec = next((one for one in found if one is not None), None)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = _then_finish(spec.loader.exec_module)
        return spec


def _then_finish(execute: Callable[[Any], None]) -> Callable[[Any], None]:
    def execute_and_finish(module: Any) -> None:
        name = module.__spec__.name
        if name not in _WATCHED:  # a loader of a ZIP file serves all of its modules
            execute(module)
            return
        _complete.discard(name)
        execute(module)
        _finish(name)

    return execute_and_finish


def _finish(name: str) -> None:
    with _completing:
        _complete.add(name)
    if name in _DEFINITIONS:
        _define(name)
    for place, ours in _PLACES.items():
        if name in (place, ours):
            _register(place)


def _define(name: str) -> None:
    defined = sys.modules[name].bingx
    if name == "ccxt.pro.bingx":
        # It subclasses what it finds in ccxt.async_support, which may be ours by then.
        own = sys.modules["ccxt.async_support.bingx"].bingx
        defined.__bases__ = tuple(own if issubclass(base, own) else base for base in defined.__bases__)
    if _simulator is not None:
        _simulated.redirect(defined, _simulator)


def _register(place: str) -> None:
    """Register the class for `place`, once both its place and our module are imported to the end."""
    if place not in _complete or place not in sys.modules:
        return
    ours = _PLACES[place]
    try:
        __import__(ours)  # waits for a thread that imports it, unless that thread waits for this one
        with _completing:
            if ours not in _complete:
                _hide(sys.modules[place], ours)
                return
        from ccxt_bingx_ext._register import register_in
    except ImportError as error:
        raise ImportError(
            f"ccxt-bingx-ext run: {sys.executable} has ccxt, but no usable ccxt_bingx_ext ({error}): "
            "install it there"
        ) from error
    register_in(place)


def _hide(module: ModuleType, ours: str) -> None:
    """Hide ccxt's own class in `module` until `ours`, which imports `module` itself, is complete."""

    def wait_for_ours(name: str) -> Any:
        if name == _CLASS:
            __import__(ours)  # waits for the thread that imports it, which registers the class
            if _CLASS in vars(module):
                return vars(module)[_CLASS]
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    vars(module)["__getattr__"] = wait_for_ours
    vars(module).pop(_CLASS, None)


def _simulator_of(path: list[str]) -> str | None:
    for entry in path:
        if entry.startswith(_SIMULATOR_ENTRY):
            from urllib.parse import unquote

            return unquote(entry[len(_SIMULATOR_ENTRY) :])
    return os.environ.get("CCXT_BINGX_EXT_SIMULATOR")  # something has rebuilt PYTHONPATH from its folders


def _load_simulated() -> Any:
    """The module ``_simulated`` beside this hook, without the plugin around it, which imports ccxt."""
    from importlib.util import module_from_spec, spec_from_file_location

    path = os.path.join(os.path.dirname(os.path.dirname(_here)), "_simulated.py")
    spec: Any = spec_from_file_location(f"{_PLUGIN}_simulated", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_simulator = _simulator_of(sys.path)
_simulated: Any = _load_simulated() if _simulator is not None else None
sys.path[:] = [
    entry for entry in sys.path if os.path.abspath(entry) != _here and not entry.startswith(_SIMULATOR_ENTRY)
]
sys.meta_path.insert(0, _RegisterOnImport())
for _name in sorted(_complete, key=len, reverse=True):  # a class before its place
    _finish(_name)
_ours = sys.modules.pop("sitecustomize")
try:
    __import__("sitecustomize")  # the user's own, if any: ours is no longer on the path
except ImportError as error:
    if error.name != "sitecustomize":
        raise
finally:
    sys.modules.setdefault("sitecustomize", _ours)
