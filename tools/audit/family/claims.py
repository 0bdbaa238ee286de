"""The report of a call, and the kinds of mistakes in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from ccxt.base.errors import BaseError, InvalidOrder

from ..judge import (
    DISORDER,
    LIVE_TOLD_GONE,
    LOST,
    MISREPORTED,
    NEEDLESSLY_UNCERTAIN,
    REPEATED,
    SILENT,
    UNCERTAIN,
    Finding,
)
from .clients import MAX_WAIT_MS, RESOLVE_TIMEOUT_MS
from .scenario import FamilyScenario

GONE_WORDS, UNNAMED, DENIED = "unresolved, but gone", "unresolved, unnamed", "own cancel denied"
TOUCHED, SENT_AGAIN, TOO_LONG = "touched another order", "sent all again", "took too long"
LEAKED = "signature shown"
COUNTS: Final = (
    MISREPORTED,
    LIVE_TOLD_GONE,
    SILENT,
    LOST,
    GONE_WORDS,
    UNNAMED,
    DENIED,
    TOUCHED,
    SENT_AGAIN,
    DISORDER,
    TOO_LONG,
    LEAKED,
    REPEATED,
    UNCERTAIN,
    NEEDLESSLY_UNCERTAIN,
)

NO_SUCH_ORDER: Final = "unknown"
MACHINE_SECONDS: Final = 2.0
"""How long (s) this machine itself may take for a call: several exchanges share it."""

# Texts that bots look for (passivbot), and the exchange's words for orders that are gone (facts).
_GONE: Final = re.compile(
    r"order not found|order does not exist|already filled|already cancel|not exist|doesn't exist"
    r"|can not find order|FILLED or CANCELLED|order status :?(?:FILLED|CANCEL|FAILED|EXPIRED)",
    re.IGNORECASE,
)
_SIGNATURE: Final = re.compile(r"signature\W{1,8}[0-9a-f]{8}", re.IGNORECASE)


def calls_gone(error: Exception) -> bool:
    """Whether a bot reads in the error that an order is gone: by its class, or by its words."""
    return isinstance(error, InvalidOrder) or _GONE.search(str(error)) is not None


def judge_secrets(texts: Iterable[str], finding: Finding) -> None:
    """Look for the signature of a request in the plugin's messages and log."""
    for text in texts:
        if _SIGNATURE.search(text):
            finding.note(LEAKED, text)


def judge_error(error: Exception, names: Iterable[str], finding: Finding, what: str) -> None:
    """Judge an error of the plugin that leaves orders unresolved. ``names``: ids that it must name."""
    if not isinstance(error, BaseError):
        finding.note(SILENT, f"{what}: {type(error).__name__} is not an error of ccxt: {error}")
    if calls_gone(error):
        finding.note(GONE_WORDS, f"{what}: {type(error).__name__} {error}")
    if missing := [name for name in names if name not in str(error)]:
        finding.note(UNNAMED, f"{what}: the message does not name {', '.join(missing)}: {error}")


def lists_of(error: Exception | None) -> tuple[list[Any] | None, list[Any] | None]:
    """The ``orders`` and the ``unresolved`` of an error. None stands for a missing list."""
    return getattr(error, "orders", None), getattr(error, "unresolved", None)


def longest(scenario: FamilyScenario) -> float:
    """How long (s) one cancel_order may take: its request, the time to reconcile, and one more request.

    The call also waits for a limit that refuses, for calls before it in the queue, and for another call that
    cancels the same order.
    """
    timeout, resolve = scenario.timeout_ms / 1000, RESOLVE_TIMEOUT_MS / 1000
    seconds = timeout + resolve + timeout + MACHINE_SECONDS
    if any(one.kind in ("ban", "restrict", "canned") or one.stops for one in scenario.troubles):
        seconds += MAX_WAIT_MS / 1000 + timeout
    if scenario.limits is not None:
        seconds += 2 * len(scenario.calls) / scenario.limits["single"]
    if len({*scenario.calls}) < len(scenario.calls):
        seconds *= max(scenario.calls.count(one) for one in scenario.calls)
    return seconds
