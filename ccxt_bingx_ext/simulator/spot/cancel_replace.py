"""POST spot/v1/trade/order/cancelReplace: the response."""

from __future__ import annotations

from typing import Any, Final

from .. import errors
from ..calls import Result
from ..errors import Refused
from ..orders import NO_ORDER
from ..replacing import Replacement
from .payloads import cancelled_payload, order_payload

UNKNOWN: Final = Refused(errors.INVALID_PARAMETER, " order not exist")
"""The documented words about an old order that does not exist."""


def response(replacement: Replacement) -> Result:
    """The result of each step. A step that failed, or was not taken, comes with an order of zeros."""
    if replacement.not_placed:
        return Result(
            None,
            replacement.cancelled_ids,
            refused=_open_error(replacement.not_placed, replacement.not_cancelled),
        )
    data = {
        "cancelResult": _step(replacement.cancelled is not None, replacement.not_cancelled),
        "openResult": _step(replacement.placed is not None, None),
        "orderOpenResponse": order_payload(replacement.placed)
        if replacement.placed
        else cancelled_payload(NO_ORDER),
        "orderCancelResponse": cancelled_payload(replacement.cancelled or NO_ORDER),
    }
    return Result(data, replacement.cancelled_ids)


def _step(succeeded: bool, why: Refused | None) -> dict[str, Any]:
    return {"code": why.code if why else 0, "msg": why.message if why else "", "result": succeeded}


def _open_error(not_placed: Refused, not_cancelled: Refused | None) -> Refused:
    """The refusal that says what became of the cancel. Documented is only the text of a failed one."""
    cancel = f"false, {not_cancelled.message}" if not_cancelled else "true"
    text = f"order open error:{not_placed.message}, and the previous cancel order request result:{cancel}"
    return Refused(not_placed.code, text)
