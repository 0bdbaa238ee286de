"""Scenarios of single cancels and of cancelling all orders: the book, the calls, and the troubles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from ccxt_bingx_ext.simulator.markets import Market

from ..scenario import CANCEL, Placed, Trouble
from ..speaks import OPEN_ORDERS, Voice

Kind = Literal["cancel_order", "gather", "cancel_all_orders"]
KINDS: Final[tuple[Kind, ...]] = ("cancel_order", "gather", "cancel_all_orders")

SYMBOLS: Final[Mapping[Market, tuple[str, ...]]] = {
    "spot": ("BTC/USDT", "ETH/USDT"),
    "linear": ("BTC/USDT:USDT", "ETH/USDT:USDT"),
    "inverse": ("BTC/USD:BTC",),
}
SINGLE: Final[Mapping[Market, str]] = {
    "spot": "spot/v1/trade/cancel",
    "linear": "DELETE swap/v2/trade/order",
    "inverse": CANCEL["inverse"],
}
ALL: Final[Mapping[Market, str]] = {
    "spot": "cancelOpenOrders",
    "linear": "DELETE swap/v2/trade/allOpenOrders",
    "inverse": "cswap/v1/trade/allOpenOrders",
}
LISTED: Final = OPEN_ORDERS

_LOSSES: Final = frozenset({"drop", "reset", "garbage", "cut_off", "null_data", "busy", "http"})


@dataclass(frozen=True)
class Asking:
    """One call of cancel_order. ``order``: the number of the placed order that it names (None: no order)."""

    order: int | None
    order_id: str | None
    client_id: str | None
    symbol: str

    @property
    def value(self) -> str:
        """The id in ``unresolved``. Of both ids, the client order id, because the plugin sends it (docs)."""
        return self.client_id or self.order_id or ""


@dataclass(frozen=True)
class FamilyScenario:
    index: int
    kind: Kind
    voice: Voice
    market: Market
    placed: tuple[Placed, ...]
    age: float
    """How long (s) before the call the orders were placed."""
    clock_offset_ms: int
    """How far (ms) the exchange's clock is ahead."""
    calls: tuple[Asking, ...]
    """For cancel_order and gathers."""
    symbol: str | None
    """For cancel_all_orders."""
    rules: Mapping[str, Any]
    troubles: tuple[Trouble, ...]
    markets_loaded: bool
    throttled: bool = False
    """Whether ccxt's ``enableRateLimit`` is on. Even if no limit applies, a ban then closes the lane."""
    limits: Mapping[str, int] | None = field(default=None)
    """Requests per second, by setting. None: no limits."""

    @property
    def timeout_ms(self) -> int:
        # With many calls at once, the last call waits for this machine, not for the exchange.
        return 1500 if self.kind == "gather" else 400

    @property
    def loses_one_response(self) -> bool:
        """Whether one lost response of a cancel is all that goes wrong: the client can settle everything.

        Look-ups that lag, and other spellings, do not prevent that.
        """
        cancels = (SINGLE[self.market], ALL[self.market])
        counted = [one for one in self.troubles if one.kind not in ("stale", "respell", "zero_order")]
        return len(counted) <= 1 and all(
            one.kind in _LOSSES and one.path in cancels and one.times == 1 and not one.stops
            for one in counted
        )

    def named_by(self, order: int) -> tuple[Asking, ...]:
        """The calls that name the placed order."""
        return tuple(one for one in self.calls if one.order == order)
