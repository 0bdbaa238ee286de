"""The codes and texts with which the exchange refuses."""

from __future__ import annotations

from typing import Final

INVALID_PARAMETER: Final = 100400
NOT_FOUND: Final = 100404
RATE_LIMITED: Final = 100410
BAD_SIGNATURE: Final = 100001
PERMISSION_DENIED: Final = 100004
NO_SIGNATURE: Final = 100412
BAD_API_KEY: Final = 100413
IP_NOT_ALLOWED: Final = 100419
CLOCK_OR_PAIR: Final = 100421
BAD_TIMESTAMP: Final = 80014
SWAP_PARAMETER: Final = 109400
BUSY: Final = 100500
SWAP_ORDER_NOT_FOUND: Final = 80016
SWAP_ORDER_FILLED: Final = 80018
SWAP_ONCE_PER_SECOND: Final = 109201
SWAP_UNKNOWN_SYMBOL: Final = 109425
SWAP_INACTIVE_SYMBOL: Final = 109418
SWAP_NO_POSITION: Final = 101205
SWAP_REDUCE_ONLY: Final = 101290

ORDER_NOT_FOUND_TEXT: Final = "order does not exist"
ORDER_FILLED_TEXT: Final = "order already filled"
SPOT_ONCE_PER_SECOND_TEXT: Final = "The same order can only be submitted once per second."
SWAP_ONCE_PER_SECOND_TEXT: Final = (
    "The same order number is only allowed to be submitted once within 1 second."
)
BAD_SIGNATURE_TEXT: Final = "Signature verification failed"
SWAP_TIMESTAMP_TEXT: Final = "timestamp: This field is required"
NO_POSITION_TEXT: Final = "No position to close"
REDUCE_ONLY_TEXT: Final = (
    "The Reduce Only order can only decrease the position and not be used to open a position. "
    "Please check your positions and open orders."
)
HEDGE_REDUCE_ONLY_TEXT: Final = "In the Hedge mode, the 'ReduceOnly' field can not be filled."
HEDGE_SIDE_TEXT: Final = "In the Hedge mode, the 'PositionSide' field can only be set to LONG or SHORT."
ONE_WAY_SIDE_TEXT: Final = "In the One-way mode, the 'PositionSide' field can only be set to BOTH."
BUSY_TEXT: Final = "The current system is busy, please try again later"


class Refused(Exception):
    """A business error: the exchange responds with a ``code`` other than 0, mostly under HTTP 200."""

    def __init__(self, code: int, message: str, status: int = 200) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status


class SimulatorError(Exception):
    """A defect of the simulator. `Simulator.stop` raises it, so that no test passes in spite of it."""


def invalid(why: str) -> Refused:
    """The refusal of a malformed request."""
    return Refused(INVALID_PARAMETER, f"Invalid parameters, err: {why}")


def missing(request_name: str, field: str) -> Refused:
    """The refusal of a request without a required parameter, as seen live for ``OrderIDs``."""
    return Refused(
        INVALID_PARAMETER,
        f"Key: '{request_name}.{field}' Error:Field validation for '{field}' failed on the 'required' tag",
    )


def not_found_text(id_name: str, order_id: str, symbol: str) -> str:
    return f"can not find order for {id_name}:{order_id} for symbol: {symbol}, please verify and retry later"


def final_state_text(id_name: str, order_id: str, status: str) -> str:
    """The text for an order that is no longer open. The exchange itself writes two spaces."""
    return f"the  {id_name}:{order_id} order status :{status},can not delete, please verify and retry later"
