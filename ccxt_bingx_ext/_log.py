"""The plugin's logger, and `event`, by which every module writes to it.

A record has the name of its event, and the event's fields, as attributes: ``record.event``, ``record.ids``.
"""

from __future__ import annotations

import logging
import re
import traceback
from typing import Any

from ._redact import MASK, redact

log = logging.getLogger("ccxt_bingx_ext")
# Without a handler, Python writes warnings to the stderr of a program that has set up no logging.
log.addHandler(logging.NullHandler())

DEBUG, INFO, WARNING = logging.DEBUG, logging.INFO, logging.WARNING

_URL = r"[A-Za-z][\w+.-]*://\S*"
# The exchange's keys have 64 characters and more. An order's id has 40 at most.
_LONG = r"[\w+=-]{41,}"
_MOST_SHOWN = 3  # ids in a text. The record has all of them


def is_on(level: int) -> bool:
    """Whether the logger writes records of `level`. Check it before you compute anything for a record."""
    return log.isEnabledFor(level)


def event(level: int, name: str, text: str = "", /, **fields: Any) -> None:
    """Write a record about the event `name`. Its `fields` become attributes of the record.

    `text` is the message. Without `text`, the message lists the fields that are not None. The record holds no
    URL, key or signature. A tuple holds ids and stays as it is: an altered id loses sight of its order.

    This function never raises, because a cancel must not fail when a log handler of the bot fails. The error
    goes to stderr, as from Python's own handlers (``logging.raiseExceptions``).
    """
    if not log.isEnabledFor(level):
        return
    try:
        shown = {name: _clean(one) if isinstance(one, str) else one for name, one in fields.items()}
        message = _clean(text) if text else f"{name}{_pairs(shown)}"
        log.log(level, message, extra={"event": name, **shown}, stacklevel=2)
    except Exception:
        if logging.raiseExceptions:
            traceback.print_exc()


def listed(ids: tuple[str, ...]) -> str:
    """The first of `ids`, and how many more there are."""
    more = f" and {len(ids) - _MOST_SHOWN} more" if len(ids) > _MOST_SHOWN else ""
    return ", ".join(ids[:_MOST_SHOWN]) + more


def _pairs(fields: dict[str, Any]) -> str:
    return "".join(
        f" {name}={listed(one) if isinstance(one, tuple) else one}"
        for name, one in fields.items()
        if one not in (None, ())
    )


def _clean(text: str) -> str:
    return re.sub(_LONG, MASK, re.sub(_URL, "(a URL)", redact(text)))
