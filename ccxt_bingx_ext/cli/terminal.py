"""How somebody else's words are shown on a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""`text` with every character that does not print written as its escape: ``\x1b``, ``\u202e``.

    The exchange's words may hold control characters (C0 and C1), which write escape sequences to a terminal,
    and format characters, which show a line in another order than it is written.
    """
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
