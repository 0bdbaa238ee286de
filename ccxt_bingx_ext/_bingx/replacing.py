"""What the responses to a ``cancelReplace`` say of its two steps. Pure.

=============  ==================================================  =========================================
market         the cancel of the old order                         the new order
=============  ==================================================  =========================================
spot           ``cancelResult`` {code, msg, result: true},         ``openResult`` {code, msg, result: true},
               ``orderCancelResponse``                             ``orderOpenResponse``
linear         ``cancelResult`` "true", ``cancelMsg``,             ``replaceResult`` "true", ``replaceMsg``,
               ``cancelResponse``                                  ``newOrderResponse``
=============  ==================================================  =========================================

(docs.) A spot step that failed comes with an order of zeros, which is not an order (docs). No document shows
the swap response of a failed step. The cancelled swap order comes with the status that it had before (docs).

A spot exchange that does not place the new order refuses the whole request, and its words end in what became
of the cancel: "order open error:…, and the previous cancel order request result:false,  order not exist"
(docs). "result:true" is inferred from that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .vocabulary import LONGEST_TEXT, Meaning, meaning_of, spelled_out

# The name of the old order's client order id: ccxt's, and the one of the swap's documented request.
OLD_CLIENT_ID_PARAMS: Mapping[str, str] = {"spot": "cancelClientOrderID", "linear": "cancelClientOrderId"}

_CANCELLED_BEFORE = r"(?i)\bprevious cancel order request result\s{0,3}:\s{0,3}true\b"


class Step(NamedTuple):
    """What a response says of one step.

    `done`: None if it does not say whether the step succeeded. `code`: "" if it names none. `order`: the
    order of the step, or an order of zeros.
    """

    done: bool | None
    code: str
    text: str
    order: Any

    @property
    def is_ambiguous(self) -> bool:
        """Whether the words, or the code, say that the exchange may have taken the step all the same."""
        return meaning_of(self.code, self.text) in (Meaning.AMBIGUOUS, Meaning.SUBMITTED_TWICE)


class Replacement(NamedTuple):
    """What a response says: of the old order's cancel, and of the new order."""

    cancel: Step
    new: Step


def parse_replacement(data: object) -> Replacement:
    """What the ``data`` of a response says. A value of an unknown form says nothing."""
    held = data if isinstance(data, Mapping) else {}
    if "cancelMsg" in held or "replaceResult" in held:
        return Replacement(
            _flat_step(held, "cancelResult", "cancelMsg", "cancelResponse"),
            _flat_step(held, "replaceResult", "replaceMsg", "newOrderResponse"),
        )
    return Replacement(
        _nested_step(held, "cancelResult", "orderCancelResponse"),
        _nested_step(held, "openResult", "orderOpenResponse"),
    )


def says_cancelled(text: str) -> bool:
    """Whether a refusal's `text` says that the old order was cancelled before the new one was refused."""
    return len(text) <= LONGEST_TEXT and re.search(_CANCELLED_BEFORE, text) is not None


def _flat_step(data: Mapping[str, Any], result: str, words: str, order: str) -> Step:
    return Step(_as_bool(data.get(result)), "", spelled_out(data.get(words) or ""), data.get(order))


def _nested_step(data: Mapping[str, Any], result: str, order: str) -> Step:
    step = data.get(result)
    held = step if isinstance(step, Mapping) else {}
    text, code = spelled_out(held.get("msg") or ""), spelled_out(held.get("code") or "")
    return Step(_as_bool(held.get("result")), code, text, data.get(order))


def _as_bool(value: object) -> bool | None:
    return {"true": True, "false": False}.get(spelled_out(value).lower())
