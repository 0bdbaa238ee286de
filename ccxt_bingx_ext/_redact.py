"""No signature leaves in a message. No I/O, no exchange object."""

from __future__ import annotations

import re

# Without \b: a proxy's URL has "signature%3D" before it, and D is a hexadecimal digit, too.
_SIGNATURE = r"[0-9a-fA-F]{64,}"  # compiled at first use: a bot starts sooner


def redact(text: str) -> str:
    """`text` without signatures: 64 or more hexadecimal digits in a row are masked, wherever they stand."""
    return re.sub(_SIGNATURE, "***", text)


def redact_chain(error: BaseException) -> None:
    """Mask signatures in the messages of `error` and of every error that caused it.

    ccxt puts the whole URL into the message of a network error, and requests and aiohttp put it into theirs
    below that. In the query form the URL holds the signature.
    """
    _redact_message(error)
    # Originals are kept with their replacements: an id() is only theirs while they exist.
    cleaned: dict[int, tuple[BaseException, BaseException]] = {id(error): (error, error)}
    links = [error]
    while links:
        link = links.pop()
        for name in ("__cause__", "__context__"):
            below = getattr(link, name)
            if below is None:
                continue
            if id(below) not in cleaned:
                cleaned[id(below)] = (below, _redacted(below))
                links.append(cleaned[id(below)][1])
            if cleaned[id(below)][1] is not below:
                setattr(link, name, cleaned[id(below)][1])


def _redacted(error: BaseException) -> BaseException:
    """`error` with its message masked, or a plain error in its place if it still shows a signature.

    Some of aiohttp's errors write their message from the request, whatever their ``args`` are.
    """
    _redact_message(error)
    if not _leaks(error):
        return error
    plain = Exception(f"{type(error).__name__}: {redact(str(error))}")
    plain.__cause__, plain.__context__ = error.__cause__, error.__context__
    return plain.with_traceback(error.__traceback__)


def _redact_message(error: BaseException) -> None:
    if _leaks(error):
        error.args = (redact(str(error)),)


def _leaks(error: BaseException) -> bool:
    shown = f"{error} {error!r}"
    return redact(shown) != shown
