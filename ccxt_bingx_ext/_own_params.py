"""The plugin's own parameters of a request, from `_start` to `sign`, which removes them.

A bot may forward params from outside (a web form, a message), so no string may name one of ours. If a string
could, its sender would choose the host that gets the API key.
"""

from __future__ import annotations

from typing import Any


class OwnParam(str):
    """A name that equals only itself. It is a string because ccxt and bots sort and show names."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    __hash__ = object.__hash__

    def __deepcopy__(self, memo: Any) -> OwnParam:
        return self


HOSTNAME, FORM = OwnParam("ccxt_bingx_ext.hostname"), OwnParam("ccxt_bingx_ext.form")
GIVE_UP = OwnParam("ccxt_bingx_ext.give_up")  # only requests of the flows have it
FORGED = frozenset(map(str.__str__, (HOSTNAME, FORM, GIVE_UP)))
"""The same names as plain strings, which a bot has forwarded, or made by copying ours. Nothing sends them."""
