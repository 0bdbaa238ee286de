"""The codes and texts that the exchange was seen to use for one meaning. A seed draws among them.

The texts come from the documentation and from payloads that users captured live.
"""

from __future__ import annotations

import threading
from collections import Counter
from random import Random
from typing import Final, Literal

from . import errors
from .errors import Refused, final_state_text, not_found_text
from .markets import Market
from .named import Named
from .restrictions import RISK_CONTROL

WordingChoice = Literal["documented"] | int

_Words = tuple[tuple[int, str], ...]

UNKNOWN: Final[_Words] = (
    (100404, "the order you want to cancel does not exist"),
    (100404, " order not exist"),
    (100404, "order does not exist"),
    (100400, " order not exist, NoRetry, RemoteInfo(100400,RetErr), "),
    (100404, " order not exist, NoRetry, RemoteInfo(100404,RetErr), "),
    (100421, " cancel fail,  order not exist"),
    (109414, "order not exist"),
    (109421, "order not exist"),
    (80016, "order does not exist"),
    (80001, "service has some errors, The order doesn't exist"),
    (
        100500,
        "order open error:The current system is busy, please try again later,"
        " and the previous cancel order request result:false,  order not exist",
    ),
)
"""For an order that does not exist, or on swaps for one that ended without being filled."""

EITHER: Final[_Words] = tuple(
    (code, f"the order {which}, or is not a valid order id ,please verify")
    for which in (
        "you want to cancel is FILLED or CANCELLED already",
        "is FILLED or CANCELLED already before",
    )
    for code in (100404, 100400)
)
"""For an order that is filled, cancelled or unknown: the words do not say which."""

FILLED: Final[_Words] = (
    (80018, "order is already filled"),
    (109422, "order is already filled"),
    (80018, "order is already filled, The order doesn't exist"),
)

BUSY: Final[_Words] = (
    (100500, errors.BUSY_TEXT),
    (110500, "connection refused"),
    (109500, "invalid connection"),
    (100503, "service unavailable"),
    (80012, "system busy"),
    (80012, "service unavailable"),
    (80012, "network failed"),
    (80012, "cancel order failed"),
    (101500, "rpc timeout"),
    (80019, "The order is being processed"),
    (80001, "service has some errors"),
)
"""Words that do not settle the order: the exchange may have executed the request, or not."""


class Wording:
    """Chooses the words of refusals. Each refusal about one id draws again. The seed determines the draws."""

    def __init__(self, choice: WordingChoice) -> None:
        self._choice = choice
        self._drawn: Counter[str] = Counter()
        self._lock = threading.Lock()

    def gone(self, documented: Refused, named: Named, market: Market, symbol: str) -> Refused:
        """The refusal about an order that is not open, or does not exist. ``documented``: without a seed."""
        return self._draw(f"{market} {named.id}", _true_words(named, market, symbol), documented)

    def busy(self, about: str) -> Refused:
        """A refusal that does not settle the order."""
        return self._draw(about, BUSY, Refused(errors.BUSY, errors.BUSY_TEXT))

    def restricted(self, about: str, code: int | None) -> Refused:
        """The refusal of risk control, with this code or any."""
        words = tuple(one for one in RISK_CONTROL if code in (None, one[0])) or RISK_CONTROL
        documented = words[0] if code is None else (code, words[0][1])
        return self._draw(about, words, Refused(*documented))

    def _draw(self, about: str, words: _Words, documented: Refused) -> Refused:
        if self._choice == "documented":
            return documented
        # One sequence per subject: requests that are handled at the same time do not change the words.
        with self._lock:
            self._drawn[about] += 1
            turn = self._drawn[about]
        return Refused(*Random(f"{self._choice}/{about}/{turn}").choice(words))


def _true_words(named: Named, market: Market, symbol: str) -> _Words:
    order = named.order
    if order is None:
        text = not_found_text(named.name, named.id, symbol)
        return (*UNKNOWN, *EITHER, (errors.INVALID_PARAMETER, text))
    state = (errors.INVALID_PARAMETER, final_state_text(named.name, named.id, order.status))
    if order.status == "FILLED":
        return (*FILLED, *EITHER, state)
    either = EITHER if order.status == "CANCELED" else ()
    return (*either, state) if market == "spot" else (*UNKNOWN, *either, state)
