"""Put the classes where bots look them up: ``getattr(ccxt, "bingx")``. Explicit and reversible."""

from __future__ import annotations

from types import ModuleType, TracebackType
from typing import Any

import ccxt

from ._ccxt_releases import release, too_old
from ._log import INFO, WARNING, event

_NAME = "bingx"
_originals: dict[ModuleType, Any] = {}


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
    was_registered = bool(_originals)
    for module, ours in _places():
        theirs = getattr(module, _NAME)
        if theirs is not ours:
            _originals[module] = theirs
            setattr(module, _NAME, ours)
    if not was_registered:
        places = [f"{module.__name__}.{_NAME}" for module, _ in _places()]
        text = f"registered: {', '.join(places)} of {release()} are now the classes of ccxt_bingx_ext"
        event(INFO, "registered", text, places=tuple(places))
        if (warning := too_old()) is not None:
            event(WARNING, "old_ccxt", warning, ccxt_version=ccxt.__version__)
    return Registration(was_registered)


def unregister() -> None:
    """Put back the classes that `register` replaced. Without `register` before it, the call changes nothing.

    If other code has put another class there since, that class stays.
    """
    if not _originals:
        return
    for module, ours in _places():
        theirs = _originals.pop(module, None)
        if theirs is not None and getattr(module, _NAME) is ours:
            setattr(module, _NAME, theirs)


def _places() -> list[tuple[ModuleType, type]]:
    # ccxt.pro is large: this package imports it only on request.
    import ccxt.async_support
    import ccxt.pro

    from . import _sync, async_support, pro

    return [(ccxt, _sync.bingx), (ccxt.async_support, async_support.bingx), (ccxt.pro, pro.bingx)]
