"""GET swap/v1/maintMarginRatio: the maintenance margin of a linear position by its value.

The fields are those that ccxt's parser reads, and so is the first tier. The second one is ours.
"""

from __future__ import annotations

from typing import Final

from ..calls import Call, Result
from ..parameters import known_contract

_TIERS: Final = (
    ("0", "900000", "0.003300", "0.000000"),
    ("900000", "5000000", "0.005000", "1530.000000"),
)
"""For each tier: the least and the greatest value of a position in USDT, the ratio, and the deduction."""


def tiers(call: Call) -> Result:
    """The same tiers for every contract. The simulator liquidates nothing."""
    symbol = known_contract("linear", call.params, "MaintMarginRatioRequest").symbol
    return Result(
        [
            {
                "tier": f"Tier {number}",
                "symbol": symbol,
                "minPositionVal": least,
                "maxPositionVal": greatest,
                "maintMarginRatio": ratio,
                "maintAmount": deducted,
            }
            for number, (least, greatest, ratio, deducted) in enumerate(_TIERS, 1)
        ]
    )
