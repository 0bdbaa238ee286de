"""The table of endpoints: method, path, permission, handler and limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from . import markets
from .accounts import Permission
from .calls import Call, Result
from .cancel_all import CancelAllRules
from .cancel_all_after import Timers
from .listen_keys import ListenKeys
from .orders import OrderBook
from .repeats import Submissions
from .rules import SpotRules, SwapRules
from .spot.endpoints import Spot
from .spot.quotes import SpotQuotes
from .swap.account import Account
from .swap.endpoints import Swap
from .swap.quotes import LinearQuotes
from .swap.settings import Settings

PREFIX: Final = "/openApi/"
DEFAULT_LIMIT: Final = 10

_SPOT: Final = PREFIX + "spot/v1/"
_LINEAR: Final = PREFIX + "swap/v2/"
_LINEAR_V1: Final = PREFIX + "swap/v1/"
_LINEAR_V3: Final = PREFIX + "swap/v3/"
_INVERSE: Final = PREFIX + "cswap/v1/"
_LISTEN_KEY: Final = PREFIX + "user/auth/userDataStream"

InverseCancelAll = Literal["both", "POST", "DELETE"]

_POST_AND_DELETE: Final[tuple[Literal["POST", "DELETE"], ...]] = ("POST", "DELETE")

LIMITS: Final[dict[str, int | None]] = {
    "POST " + _SPOT + "trade/cancelOrders": 2,
    "POST " + _SPOT + "trade/cancelOpenOrders": 2,
    "POST " + _SPOT + "trade/cancel": 5,
    "POST " + _SPOT + "trade/order/cancelReplace": 2,
    "POST " + _SPOT + "trade/cancelAllAfter": 1,
    "POST " + _SPOT + "trade/order": 5,
    "POST " + _LINEAR + "trade/batchOrders": 5,
    "DELETE " + _LINEAR + "trade/batchOrders": 5,
    "DELETE " + _LINEAR + "trade/order": 5,
    "GET " + _LINEAR + "trade/order": 5,
    "GET " + _LINEAR + "trade/openOrders": 5,
    "GET " + _LINEAR + "trade/allOrders": 5,
    "GET " + _LINEAR_V1 + "trade/fullOrder": 5,
    "DELETE " + _LINEAR + "trade/allOpenOrders": 5,
    "POST " + _LINEAR_V1 + "trade/cancelReplace": 5,
    "POST " + _LINEAR + "trade/cancelAllAfter": 1,
    "POST " + _INVERSE + "trade/order": 5,
    "POST " + _INVERSE + "trade/allOpenOrders": 5,
    "DELETE " + _INVERSE + "trade/allOpenOrders": 5,
    "DELETE " + _INVERSE + "trade/cancelOrder": 5,
    "GET " + _INVERSE + "trade/orderDetail": 5,
    "GET " + _INVERSE + "trade/openOrders": 5,
    "GET " + _INVERSE + "trade/orderHistory": 5,
}
"""Requests per second per uid, where they differ from `DEFAULT_LIMIT`."""


@dataclass(frozen=True)
class Endpoint:
    path: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    handle: Callable[[Call], Result]
    private: bool = True
    permission: Permission | None = None
    cancels: bool = False
    """Whether it cancels orders: risk control refuses such requests."""

    @property
    def name(self) -> str:
        """Method and path, because several swap endpoints share one path."""
        return f"{self.method} {self.path}"


def build(
    book: OrderBook,
    rules: SpotRules,
    swap_rules: SwapRules,
    cancel_all_rules: CancelAllRules,
    submissions: Submissions,
    timers: Timers,
    keys: ListenKeys,
    now_ms: Callable[[], int],
    inverse_cancel_all: InverseCancelAll = "both",
) -> dict[str, Endpoint]:
    """Build every endpoint, by name. ``inverse_cancel_all``: the methods of the endpoint of that name."""
    spot = Spot(book, rules, cancel_all_rules, submissions)
    quotes = SpotQuotes(book, now_ms)
    linear_quotes = LinearQuotes(book, now_ms)
    settings = Settings()
    linear = Swap("linear", book, swap_rules, cancel_all_rules, submissions, settings.is_dual)
    account = Account(book, settings)
    inverse = Swap("inverse", book, swap_rules, cancel_all_rules, submissions, settings.is_dual)

    def trade(name: str, handle: Callable[[Call], Result], *, cancels: bool = False) -> Endpoint:
        return Endpoint(_SPOT + "trade/" + name, "POST", handle, permission="spot", cancels=cancels)

    def swap(
        method: Literal["POST", "DELETE"],
        path: str,
        handle: Callable[[Call], Result],
        *,
        cancels: bool = False,
    ) -> Endpoint:
        return Endpoint(path, method, handle, permission="swap", cancels=cancels or method == "DELETE")

    def look(path: str, handle: Callable[[Call], Result]) -> Endpoint:
        return Endpoint(path, "GET", handle, permission="read")

    def public(path: str, handle: Callable[[Call], Result]) -> Endpoint:
        return Endpoint(PREFIX + path, "GET", handle, private=False)

    table = (
        trade("order", spot.place),
        trade("batchOrders", spot.place_batch),
        trade("cancel", spot.cancel, cancels=True),
        trade("cancelOrders", spot.cancel_batch, cancels=True),
        trade("cancelOpenOrders", spot.cancel_open, cancels=True),
        trade("order/cancelReplace", spot.replace, cancels=True),
        trade("cancelAllAfter", timers.endpoint("spot")),
        look(_SPOT + "trade/query", spot.query),
        look(_SPOT + "trade/openOrders", spot.open_orders),
        look(_SPOT + "trade/historyOrders", spot.history),
        look(_SPOT + "trade/myTrades", spot.trades),
        look(_SPOT + "account/balance", spot.balance),
        swap("POST", _LINEAR + "trade/order", linear.place),
        swap("POST", _LINEAR + "trade/batchOrders", linear.place_batch),
        swap("DELETE", _LINEAR + "trade/order", linear.cancel),
        swap("DELETE", _LINEAR + "trade/batchOrders", linear.cancel_batch),
        swap("DELETE", _LINEAR + "trade/allOpenOrders", linear.cancel_open),
        swap("POST", _LINEAR_V1 + "trade/cancelReplace", linear.replace, cancels=True),
        swap("POST", _LINEAR + "trade/cancelAllAfter", timers.endpoint("linear")),
        look(_LINEAR + "trade/order", linear.query),
        look(_LINEAR + "trade/openOrders", linear.open_orders),
        look(_LINEAR + "trade/allOrders", linear.finished_orders),
        look(_LINEAR_V1 + "trade/fullOrder", linear.all_orders),
        look(_LINEAR + "trade/allFillOrders", account.trades),
        look(_LINEAR_V3 + "user/balance", account.balance),
        look(_LINEAR + "user/positions", account.positions),
        look(_LINEAR + "trade/leverage", settings.leverage),
        swap("POST", _LINEAR + "trade/leverage", settings.set_leverage),
        look(_LINEAR + "trade/marginType", settings.margin_type),
        swap("POST", _LINEAR + "trade/marginType", settings.set_margin_type),
        look(_LINEAR_V1 + "positionSide/dual", settings.position_mode),
        swap("POST", _LINEAR_V1 + "positionSide/dual", settings.set_position_mode),
        swap("POST", _INVERSE + "trade/order", inverse.place),
        swap("DELETE", _INVERSE + "trade/cancelOrder", inverse.cancel),
        *(
            swap(method, _INVERSE + "trade/allOpenOrders", inverse.cancel_open, cancels=True)
            for method in _POST_AND_DELETE
            if inverse_cancel_all in ("both", method)
        ),
        look(_INVERSE + "trade/orderDetail", inverse.query),
        look(_INVERSE + "trade/openOrders", inverse.open_orders),
        look(_INVERSE + "trade/orderHistory", inverse.finished_orders),
        Endpoint(_LISTEN_KEY, "POST", keys.create, permission="read"),
        Endpoint(_LISTEN_KEY, "PUT", keys.extend, permission="read"),
        Endpoint(_LISTEN_KEY, "DELETE", keys.delete, permission="read"),
        public("spot/v1/common/symbols", spot.symbols),
        public("spot/v1/ticker/24hr", quotes.tickers),
        public("spot/v1/market/depth", quotes.depth),
        public("spot/v1/market/kline", quotes.klines),
        public("spot/v1/market/trades", quotes.trades),
        public("swap/v2/quote/ticker", linear_quotes.tickers),
        public("swap/v2/quote/depth", linear_quotes.depth),
        public("swap/v3/quote/klines", linear_quotes.klines),
        public("swap/v2/quote/trades", linear_quotes.trades),
        public("swap/v2/quote/contracts", lambda call: Result(markets.linear_contracts())),
        public("cswap/v1/market/contracts", lambda call: Result(markets.inverse_contracts())),
        public("swap/v2/server/time", lambda call: Result({"serverTime": now_ms()})),
        look(PREFIX + "wallets/v1/capital/config/getall", lambda call: Result(markets.currencies())),
    )
    return {endpoint.name: endpoint for endpoint in table}


def full_path(name: str, table: Mapping[str, Endpoint]) -> str:
    """Return the full path of an endpoint from its path or the end of it, such as ``trade/cancelOrders``.

    If several paths end like this, the spot endpoint is meant. A method in front stays in front:
    ``DELETE swap/v2/trade/order``.
    """
    method, _, end = name.rpartition(" ")
    paths = dict.fromkeys(one.path for one in table.values() if method in ("", one.method))
    meant = [end] if end in paths else [path for path in paths if path.endswith("/" + end.lstrip("/"))]
    if len(meant) > 1:
        meant = [path for path in meant if path.startswith(_SPOT)] or meant
    if len(meant) != 1:
        known = ", ".join(path.removeprefix(PREFIX) for path in meant or paths)
        raise ValueError(f"{name!r} is not one endpoint; name one of {known}")
    return f"{method} {meant[0]}" if method else meant[0]


def names(full_path: str, table: Mapping[str, Endpoint]) -> list[str]:
    """The names of the endpoints at a full path: one for each method, or one if a method is in front."""
    return [name for name, endpoint in table.items() if full_path in (name, endpoint.path)]
