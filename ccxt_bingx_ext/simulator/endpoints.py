"""Which path leads where: the table of endpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from . import markets
from .batch_cancel import CancelRules
from .orders import OrderBook
from .signing import Permission
from .spot import Call, Outcome, Spot

PREFIX: Final = "/openApi/"
DEFAULT_LIMIT: Final = 10

_SPOT: Final = PREFIX + "spot/v1/"

LIMITS: Final[dict[str, int | None]] = {
    _SPOT + "trade/cancelOrders": 2,
    _SPOT + "trade/cancelOpenOrders": 2,
    _SPOT + "trade/cancel": 5,
    _SPOT + "trade/order": 5,
}
"""Requests per second per uid, where they are other than `DEFAULT_LIMIT`."""


@dataclass(frozen=True)
class Endpoint:
    path: str
    method: Literal["GET", "POST"]
    handle: Callable[[Call], Outcome]
    private: bool = True
    permission: Permission | None = None


def build(book: OrderBook, rules: CancelRules, now_ms: Callable[[], int]) -> dict[str, Endpoint]:
    """Every endpoint there is, by its path."""
    spot = Spot(book, rules)

    def trade(name: str, handle: Callable[[Call], Outcome]) -> Endpoint:
        return Endpoint(_SPOT + "trade/" + name, "POST", handle, permission="spot")

    def look(name: str, handle: Callable[[Call], Outcome]) -> Endpoint:
        return Endpoint(_SPOT + "trade/" + name, "GET", handle, permission="read")

    def public(path: str, handle: Callable[[Call], Outcome]) -> Endpoint:
        return Endpoint(PREFIX + path, "GET", handle, private=False)

    table = (
        trade("order", spot.place),
        trade("batchOrders", spot.place_batch),
        trade("cancel", spot.cancel),
        trade("cancelOrders", spot.cancel_batch),
        trade("cancelOpenOrders", spot.cancel_open),
        look("query", spot.query),
        look("openOrders", spot.open_orders),
        look("historyOrders", spot.history),
        public("spot/v1/common/symbols", spot.symbols),
        public("swap/v2/quote/contracts", lambda call: Outcome(markets.linear_contracts())),
        public("cswap/v1/market/contracts", lambda call: Outcome(markets.inverse_contracts())),
        public("swap/v2/server/time", lambda call: Outcome({"serverTime": now_ms()})),
        Endpoint(
            PREFIX + "wallets/v1/capital/config/getall",
            "GET",
            lambda call: Outcome(markets.currencies()),
            permission="read",
        ),
    )
    return {endpoint.path: endpoint for endpoint in table}


def full_path(name: str, paths: Mapping[str, object]) -> str:
    """The path meant by a whole path or by the end of one, such as ``trade/cancelOrders``."""
    if name in paths:
        return name
    meant = [path for path in paths if path.endswith("/" + name.lstrip("/"))]
    if len(meant) != 1:
        known = ", ".join(path.removeprefix(PREFIX) for path in meant or paths)
        raise ValueError(f"{name!r} is not one endpoint; there are {known}")
    return meant[0]
