"""The settings of an account for linear contracts: leverage, margin type and position mode.

The shapes of the responses are those of the examples in ccxt's source. The simulator accepts every setting
at any time. Only the position mode changes which orders it accepts.
"""

from __future__ import annotations

from typing import Any, Final

from ..calls import Call, Result
from ..errors import invalid
from ..markets import MAX_LEVERAGE
from ..parameters import known_contract, one_of, whole_number

DEFAULT_LEVERAGE: Final = 5
SIDES: Final = ("LONG", "SHORT", "BOTH")
MARGIN_TYPES: Final = ("CROSSED", "ISOLATED")
DUAL: Final = ("true", "false")

_AVAILABLE: Final = {
    "availableLongVol": "0.0000",
    "availableShortVol": "0.0000",
    "availableLongVal": "0.0",
    "availableShortVal": "0.0",
    "maxPositionLongVal": "0.0",
    "maxPositionShortVal": "0.0",
}


class Settings:
    def __init__(self) -> None:
        self._leverage: dict[tuple[str, str, str], int] = {}
        self._margin_type: dict[tuple[str, str], str] = {}
        self._dual: dict[str, str] = {}

    def leverage_of(self, uid: str, symbol: str, side: str) -> int:
        """``side``: LONG or SHORT."""
        return self._leverage.get((uid, symbol, side), DEFAULT_LEVERAGE)

    def is_isolated(self, uid: str, symbol: str) -> bool:
        return self._margin_type.get((uid, symbol)) == "ISOLATED"

    def is_dual(self, uid: str) -> bool:
        """Whether the account is in hedge mode: a long and a short position beside each other."""
        return self._dual.get(uid) == "true"

    def leverage(self, call: Call) -> Result:
        symbol = known_contract("linear", call.params, "LeverageRequest").symbol
        sides = {
            "longLeverage": self.leverage_of(call.uid, symbol, "LONG"),
            "shortLeverage": self.leverage_of(call.uid, symbol, "SHORT"),
            "maxLongLeverage": MAX_LEVERAGE,
            "maxShortLeverage": MAX_LEVERAGE,
        }
        return Result(sides | _AVAILABLE)

    def set_leverage(self, call: Call) -> Result:
        symbol = known_contract("linear", call.params, "LeverageRequest").symbol
        side = one_of(call.params, "side", SIDES)
        text = (call.params.get("leverage") or "").removesuffix(".0")  # some bots write 5 as 5.0
        leverage = whole_number({"leverage": text}, "leverage", 0)
        if not 1 <= leverage <= MAX_LEVERAGE:
            raise invalid(f"leverage is 1 to {MAX_LEVERAGE}")
        for each in SIDES[:2] if side == "BOTH" else (side,):
            self._leverage[call.uid, symbol, each] = leverage
        data: dict[str, Any] = {"leverage": leverage, "symbol": symbol}
        return Result(data | _AVAILABLE)

    def margin_type(self, call: Call) -> Result:
        symbol = known_contract("linear", call.params, "MarginTypeRequest").symbol
        return Result({"marginType": "ISOLATED" if self.is_isolated(call.uid, symbol) else "CROSSED"})

    def set_margin_type(self, call: Call) -> Result:
        symbol = known_contract("linear", call.params, "MarginTypeRequest").symbol
        self._margin_type[call.uid, symbol] = one_of(call.params, "marginType", MARGIN_TYPES)
        return Result({})

    def position_mode(self, call: Call) -> Result:
        return Result({"dualSidePosition": "true" if self.is_dual(call.uid) else "false"})

    def set_position_mode(self, call: Call) -> Result:
        self._dual[call.uid] = one_of(call.params, "dualSidePosition", DUAL)
        return self.position_mode(call)
