"""Scenarios: the orders in the book, the call, and the faults. The seed determines everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from random import Random
from typing import Any, Final, Literal

from ccxt_bingx_ext.simulator.faults import CONDITIONS, EVERY_PATH
from ccxt_bingx_ext.simulator.markets import Market
from ccxt_bingx_ext.simulator.simulator import FIRST_ORDER_ID

State = Literal["open", "partly", "filled", "cancelled", "failed", "expired"]
CLIENT_TIMEOUT_MS: Final = 300
RESOLVE_ATTEMPTS: Final = 3  # the plugin's default
LONG_BAN: Final = 30.0  # s: longer than the plugin waits

Where = Market | Literal["several"]
"""Which orders a call cancels: of one symbol, or of several with ``cancel_orders_for_symbols``."""
SYMBOLS: Final[Mapping[Where, tuple[str, ...]]] = {
    "spot": ("BTC/USDT",),
    "linear": ("BTC/USDT:USDT",),
    "inverse": ("BTC/USD:BTC",),
    "several": ("BTC/USDT", "ETH/USDT", "BTC/USDT:USDT", "BTC/USD:BTC"),
}

CANCEL: Final[Mapping[Market, str]] = {
    "spot": "cancelOrders",
    "linear": "DELETE swap/v2/trade/batchOrders",
    "inverse": "DELETE cswap/v1/trade/cancelOrder",
}
LOOK_UP: Final[Mapping[Market, str]] = {
    "spot": "trade/query",
    "linear": "GET swap/v2/trade/order",
    "inverse": "GET cswap/v1/trade/orderDetail",
}
ANYWHERE: Final = EVERY_PATH
_STOPS: Final = (403, 418, 429)  # HTTP statuses after which a client stops at once
_UNSETTLING: Final = frozenset({"forget", "refuse", "contradict", "misname"})
_PROCESSES: Final[Mapping[Where, tuple[int | None, ...]]] = {
    "spot": (1, 1, 0, None),
    "linear": (1, None),
    "inverse": (1, None),
    "several": (1, 1, None),
}
_FINAL: Final[tuple[State, ...]] = ("filled", "cancelled", "failed")
_LONGER_THAN_THE_CLIENT_WAITS: Final = 0.45
# How the exchange may refuse to cancel an order that stays open. None of these is a lie.
_REFUSAL_CODES: Final = (100500, 100410, 100400, 101400, 109400)
_REFUSALS: Final = (
    "The current system is busy, please try again later",
    "the order is being matched,can not delete, please verify and retry later",
    "order status :PENDING,can not delete, please verify and retry later",
    "",
)


def market_of(symbol: str) -> Market:
    """The market of one of the `SYMBOLS`."""
    settle = symbol.partition(":")[2]
    return "spot" if not settle else "linear" if settle == "USDT" else "inverse"


@dataclass(frozen=True)
class Placed:
    """An order in the book before the call. ``foreign``: it belongs to another account."""

    state: State
    client_id: str | None = None
    foreign: bool = False
    symbol: str = "BTC/USDT"
    is_trigger: bool = False


@dataclass(frozen=True)
class AskedId:
    """A requested id, and the number of the placed order that it names (None: no order)."""

    field: Literal["id", "clientOrderId"]
    value: str
    order: int | None
    symbol: str = "BTC/USDT"


@dataclass(frozen=True)
class Trouble:
    """A fault, as `Faults.add` takes it. ``order``: the number of the placed order that a race ends."""

    kind: Any
    path: str = CANCEL["spot"]
    when: Any = None
    times: int | None = 1
    skip: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)
    order: int | None = None

    @property
    def is_condition(self) -> bool:
        """Whether it strikes together with others, and does not lose a response."""
        return self.kind in CONDITIONS

    @property
    def stops(self) -> bool:
        """Whether a client must stop at once, and report the ids that it did not settle."""
        return self.kind == "restrict" or (self.kind == "http" and self.details.get("status") in _STOPS)

    @property
    def is_a_limit(self) -> bool:
        """Whether it refuses a request for the limit, without a time."""
        return self.kind == "canned" and b"rate limited" in self.details["body"]

    def __str__(self) -> str:
        details = "".join(f", {name}={value!r}" for name, value in self.details.items())
        about = "" if self.order is None else f", placed order {self.order}"
        times = "forever" if self.times is None else f"{self.times} times"
        return f"{self.kind} {self.when or ''} on {self.path}, {times}, skip={self.skip}{details}{about}"


@dataclass(frozen=True)
class Scenario:
    index: int
    placed: tuple[Placed, ...]
    asked: tuple[AskedId, ...]
    """Distinct, in the order in which the plugin promises to report them: order ids of a symbol first."""
    process: int | None
    rules: Mapping[str, Any]
    """Settings of the simulator, for behavior that the documentation leaves open."""
    batch_size: int
    troubles: tuple[Trouble, ...]
    throttled: bool
    """Whether ccxt's ``enableRateLimit`` is on. No limit applies, but a ban then closes the lane."""
    markets_loaded: bool
    repeated: bool
    """Whether the caller repeats the first id at the end."""
    market: Where = "spot"

    @property
    def groups(self) -> Mapping[str, tuple[AskedId, ...]]:
        """The requested ids by symbol. The plugin handles each symbol separately."""
        symbols = dict.fromkeys(one.symbol for one in self.asked)
        return {symbol: tuple(one for one in self.asked if one.symbol == symbol) for symbol in symbols}

    @property
    def is_mixed(self) -> bool:
        """Whether one request has both order ids and client order ids."""
        return any(len({one.field for one in asked}) == 2 for asked in self.groups.values())

    @property
    def one_request_holds_all(self) -> bool:
        """Whether the exchange reads every id of a request. Otherwise nothing can be all or nothing."""
        return not self.is_mixed or self.rules["mixed_ids"] == "union"

    def all_or_nothing(self, symbol: str) -> bool:
        return market_of(symbol) == "spot" and self.process != 1

    def troubles_of(self, symbol: str) -> tuple[Trouble, ...]:
        """The troubles of orders of this symbol. Risk control is about the account: every symbol."""
        paths = {CANCEL[market_of(symbol)], LOOK_UP[market_of(symbol)], ANYWHERE}
        return tuple(one for one in self.troubles if one.path in paths or one.kind == "restrict")

    def limits_twice(self, symbol: str) -> bool:
        """Whether the limit refuses a cancel again after the client has waited: then it gives up (docs)."""
        limits = [one for one in self.troubles if one.is_a_limit and one.path == CANCEL[market_of(symbol)]]
        return sum(inf if one.times is None else one.times for one in limits) > 1

    def look_ups_go_well(self, symbol: str) -> bool:
        paths = (LOOK_UP[market_of(symbol)], ANYWHERE)
        return all(one.is_condition or one.path not in paths for one in self.troubles)

    @property
    def poisoned(self) -> frozenset[str]:
        """The ids for which a whole list is refused."""
        return frozenset(id for one in self.troubles if one.kind == "poison" for id in one.details["ids"])

    @property
    def named_twice(self) -> frozenset[str]:
        """The order ids of orders that the call names by both ids, which a client cannot know beforehand."""
        orders = [one.order for one in self.asked]
        return frozenset(
            str(self.order_id(order)) for order in orders if order is not None and orders.count(order) > 1
        )

    def settles(self, symbol: str) -> bool:
        """Whether the faults end before the plugin's attempts do. Then the plugin must settle every id.

        The plugin sends ids that a response omits, or leaves unsettled, only once more. A list that the
        exchange ignores counts as omitted.
        """
        troubles = self.troubles_of(symbol)
        counted = [one for one in troubles if not one.is_condition or one.kind in _UNSETTLING]
        strikes = [(one.kind, inf if one.times is None else one.times) for one in counted]
        banned = any(one.details.get("seconds") == LONG_BAN for one in troubles if one.kind == "ban")
        banned |= any(one.stops for one in troubles)
        forgets = sum(times for kind, times in strikes if kind in _UNSETTLING)
        ignored = 0 if self.one_request_holds_all else 1
        return (
            sum(times for _, times in strikes) <= RESOLVE_ATTEMPTS and forgets + ignored <= 1 and not banned
        )

    def order_id(self, order: int) -> int:
        return FIRST_ORDER_ID + order


def draw(seed: int, index: int, market: Where = "spot") -> Scenario:
    """Draw scenario ``index`` of ``seed`` on a ``market``. The same arguments draw the same scenario."""
    rng = Random(f"{seed}/{index}" if market == "spot" else f"{seed}/{index}/{market}")
    placed = draw_placed(rng, SYMBOLS[market])
    asked = _draw_asked(rng, placed, market)
    batch_size = rng.choice((50, 50, 1, 2, 3, 4))
    return Scenario(
        index=index,
        placed=placed,
        asked=asked,
        process=rng.choice(_PROCESSES[market]),
        rules=draw_rules(rng, market),
        batch_size=batch_size,
        troubles=tuple(
            draw_trouble(rng, placed, market) for _ in range(rng.choices(range(4), (15, 50, 25, 10))[0])
        ),
        throttled=rng.random() < 0.3,
        markets_loaded=rng.random() < 0.9,
        repeated=rng.random() < 0.1,
        market=market,
    )


def draw_rules(rng: Random, market: Where) -> Mapping[str, Any]:
    """Draw the behavior that the documentation leaves open."""
    failed_keys = ("clientOrderID", "orderId", "clientOrderId", "text")
    rules: dict[str, Any] = {
        "mixed_ids": rng.choice(("union", "union", "order_ids_only", "client_ids_only")),
        "empty_lists": rng.choice(("documented", "absent", "null", "empty")),
    }
    if market in ("spot", "several"):
        rules |= {"fails_key": rng.choice(failed_keys), "not_found_code": rng.choice((100400, 100404))}
    if market != "spot":
        rules["swap_failed_key"] = rng.choice((*failed_keys, "none"))
        rules["swap_not_found_code"] = rng.choice((80016, 109421))
    return rules


def draw_placed(rng: Random, symbols: Sequence[str], most: int = 12) -> tuple[Placed, ...]:
    """Draw the orders in the book: some of these symbols, at ``most`` this many."""
    all_open = rng.random() < 0.35  # otherwise the exchange would rarely execute a process=0 request
    placed = []
    for number in range(rng.randint(1, most)):
        state: State = "open" if all_open or rng.random() < 0.6 else rng.choice(("partly", *_FINAL))
        symbol = rng.choice(symbols)
        # Capitals, because the exchange returns linear client order ids in lower case.
        name = "client" if market_of(symbol) == "spot" else "Client"
        client_id = f"{name}_{number}" if rng.random() < 0.5 else None
        placed.append(Placed(state, client_id, not all_open and rng.random() < 0.05, symbol))
    return tuple(placed)


def _draw_asked(rng: Random, placed: tuple[Placed, ...], market: Where) -> tuple[AskedId, ...]:
    kinds = rng.choices(("ids", "client ids", "both"), (65, 15, 20))[0]
    asked: list[AskedId] = []
    for number in rng.sample(range(len(placed)), rng.randint(1, len(placed))):
        client_id, symbol = placed[number].client_id, placed[number].symbol
        by_client = client_id is not None and (
            kinds == "client ids" or (kinds == "both" and rng.random() < 0.6)
        )
        if client_id is not None and by_client:
            asked.append(AskedId("clientOrderId", client_id, number, symbol))
        if kinds != "client ids" and (
            not (client_id and by_client) or rng.random() < 0.15
        ):  # some orders by both ids
            asked.append(AskedId("id", str(FIRST_ORDER_ID + number), number, symbol))
    tidy = all(one.state == "open" for one in placed)
    if not asked or rng.random() < (0.1 if tidy else 0.3):
        symbol = rng.choice(SYMBOLS[market])
        if kinds == "client ids" or (kinds == "both" and rng.random() < 0.5):
            asked.append(AskedId("clientOrderId", "nobodys_id", None, symbol))
        else:
            asked.append(AskedId("id", str(rng.randint(1, 10**6)), None, symbol))
    rng.shuffle(asked)
    asked = asked[:12]
    return tuple(asked if market == "several" else sorted(asked, key=lambda one: one.field != "id"))


def draw_trouble(rng: Random, placed: tuple[Placed, ...], market: Where) -> Trouble:
    """Draw a fault of the cancels or the look-ups."""
    path = (CANCEL if rng.random() < 0.8 else LOOK_UP)[market_of(rng.choice(SYMBOLS[market]))]
    kind, when, details, order = _draw_kind(rng, placed, path)
    return Trouble(
        kind=kind,
        path=path,
        when=when,
        times=rng.choices((1, 2, 3, None), (60, 18, 7, 15))[0],
        skip=rng.choices((0, 1, 2, 3), (65, 20, 10, 5))[0],
        details=details,
        order=order,
    )


def _draw_kind(
    rng: Random, placed: tuple[Placed, ...], path: str
) -> tuple[str, str, dict[str, Any], int | None]:
    """Draw a kind of fault, when it strikes, its details, and the order of a race."""
    kinds = ["drop", "reset", "hang", "http", "busy", "garbage", "cut_off", "null_data", "delay", "dribble"]
    kinds += ["http", "cut_off", "race", "ban", "canned refusal", "canned nonsense"]
    if path in CANCEL.values():
        kinds += ["forget", "forget", "race", "refuse", "refuse"]
    kind = rng.choice(kinds)
    when = rng.choice(("before", "after"))
    details: dict[str, Any] = {}
    order = None
    if kind == "hang":
        details = {"seconds": 2.0}
    elif kind == "delay":
        details = {"seconds": rng.choice((0.05, _LONGER_THAN_THE_CLIENT_WAITS))}
    elif kind == "http":
        details = {"status": rng.choice((500, 502, 503, 504))}
        if rng.random() < 0.3:
            details["body"] = f'{{"code":{details["status"]},"msg":"gateway"}}'
    elif kind == "busy":
        details = {"code": rng.choice((100500, 110500))}
    elif kind == "cut_off":
        details = {"keep": rng.choice((0.1, 0.5, 0.9)), "declare_whole": rng.random() < 0.5}
    elif kind == "forget":
        when, details = "after", {"fraction": rng.choice((0.3, 0.5, 1.0))}
    elif kind == "refuse":
        when, details = "before", {"fraction": rng.choice((0.3, 0.5, 1.0))}
        details |= {"code": rng.choice(_REFUSAL_CODES), "text": rng.choice(_REFUSALS)}
    elif kind == "dribble":
        when, details = "after", {"seconds": rng.choice((0.002, 0.04)), "chunk": 64}
    elif kind == "ban":
        when, details = "before", {"seconds": rng.choice((0.1, LONG_BAN))}
    elif kind == "race":
        details, order = {"action": rng.choice(("fill", "cancel", "fail"))}, rng.randrange(len(placed))
    elif kind == "canned refusal":
        kind, when, details = "canned", "before", {"body": b'{"code":100410,"msg":"rate limited"}'}
    elif kind == "canned nonsense":
        bodies = (b"", b"null", b"[]", b"{}", b'"ok"', b'{"code":0}', b'{"code":0,"data":[]}')
        kind, details = "canned", {"body": rng.choice(bodies)}
    return kind, when, details, order
