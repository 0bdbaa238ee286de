"""Read the responses to ``cancelReplace``: the cancel of the old order, and the new order. No I/O.

=============  ==================================================  =========================================
market         the cancel of the old order                         the new order
=============  ==================================================  =========================================
spot           ``cancelResult`` {code, msg, result: true},         ``openResult`` {code, msg, result: true},
               ``orderCancelResponse``                             ``orderOpenResponse``
linear         ``cancelResult`` "true", ``cancelMsg``,             ``replaceResult`` "true", ``replaceMsg``,
               ``cancelResponse``                                  ``newOrderResponse``
=============  ==================================================  =========================================

(docs.) A failed step on spot comes with an order of zeros, which is not an order (docs). No document shows
the swap response of a failed step. A cancelled swap order comes with the status that it had before (docs).

If spot does not place the new order, it refuses the whole request. Its words end in the result of the cancel:
"order open error:…, and the previous cancel order request result:false,  order not exist" (docs). From that
we infer "result:true".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .vocabulary import LONGEST_TEXT, Meaning, meaning_of, spelled_out

# The parameter with the old order's client order id: ccxt's name, and the one that the swap's document shows.
OLD_CLIENT_ID_PARAMS: Mapping[str, str] = {"spot": "cancelClientOrderID", "linear": "cancelClientOrderId"}

_CANCELLED_BEFORE = r"(?i)\bprevious cancel order request result\s{0,3}:\s{0,3}true\b"


class Step(NamedTuple):
    """One of the two steps, as a response reports it.

    `done`: whether the step succeeded, None if the response does not say. `code`: "" if it has none.
    `order`: the order of the step, or an order of zeros.
    """

    done: bool | None
    code: str
    text: str
    order: Any

    @property
    def is_ambiguous(self) -> bool:
        """Whether the exchange may have taken the step, by its words or its code."""
        return meaning_of(self.code, self.text) in (Meaning.AMBIGUOUS, Meaning.SUBMITTED_TWICE)


class Replacement(NamedTuple):
    """Both steps: the cancel of the old order, and the new order."""

    cancel: Step
    new: Step


def parse_replacement(data: object) -> Replacement:
    """Read the ``data`` of a response. A value of an unknown form counts as missing."""
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
    return Step(_as_bool(data.get(result)), "", spelled_out(data.get(words) or "").strip(), data.get(order))


def _nested_step(data: Mapping[str, Any], result: str, order: str) -> Step:
    step = data.get(result)
    held = step if isinstance(step, Mapping) else {}
    text, code = spelled_out(held.get("msg") or "").strip(), spelled_out(held.get("code") or "")
    return Step(_as_bool(held.get("result")), code, text, data.get(order))


def _as_bool(value: object) -> bool | None:
    return {"true": True, "false": False}.get(spelled_out(value).lower())
