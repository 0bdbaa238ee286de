"""A scenario: the orders in the book, what is asked, and what goes wrong. All of it follows from the seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from random import Random
from typing import Any, Final, Literal

from ccxt_bingx_ext.simulator.markets import Market
from ccxt_bingx_ext.simulator.simulator import FIRST_ORDER_ID

State = Literal["open", "partly", "filled", "cancelled", "failed"]
CLIENT_TIMEOUT_MS: Final = 300
RESOLVE_ATTEMPTS: Final = 3  # the plugin's default
LONG_BAN: Final = 30.0  # s; longer than the plugin waits

MARKETS: Final[tuple[Market, ...]] = ("spot", "linear", "inverse")

_CANCEL: Final[Mapping[Market, str]] = {
    "spot": "cancelOrders",
    "linear": "DELETE swap/v2/trade/batchOrders",
    "inverse": "DELETE cswap/v1/trade/cancelOrder",
}
_LOOK_UP: Final[Mapping[Market, str]] = {
    "spot": "trade/query",
    "linear": "GET swap/v2/trade/order",
    "inverse": "GET cswap/v1/trade/orderDetail",
}
_FINAL: Final[tuple[State, ...]] = ("filled", "cancelled", "failed")
_LONGER_THAN_THE_CLIENT_WAITS: Final = 0.45


@dataclass(frozen=True)
class Placed:
    """An order in the book before the call; `foreign`: another account's."""

    state: State
    client_id: str | None = None
    foreign: bool = False


@dataclass(frozen=True)
class AskedId:
    """One id that is asked for, and which of the placed orders it names (None: no order at all)."""

    field: Literal["id", "clientOrderId"]
    value: str
    order: int | None


@dataclass(frozen=True)
class Trouble:
    """One fault, as `Faults.add` takes it. `order`: the placed order that a race is about."""

    kind: Any
    path: str = _CANCEL["spot"]
    when: Any = None
    times: int | None = 1
    skip: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)
    order: int | None = None

    def __str__(self) -> str:
        details = "".join(f", {name}={value!r}" for name, value in self.details.items())
        about = "" if self.order is None else f", placed order {self.order}"
        times = "for ever" if self.times is None else f"{self.times} times"
        return f"{self.kind} {self.when or ''} on {self.path}, {times}, skip={self.skip}{details}{about}"


@dataclass(frozen=True)
class Scenario:
    index: int
    placed: tuple[Placed, ...]
    asked: tuple[AskedId, ...]
    """Distinct, order ids first: in the order in which the plugin promises to tell of them."""
    process: int | None
    rules: Mapping[str, Any]
    """What the documentation leaves open: settings of the simulator."""
    batch_size: int
    troubles: tuple[Trouble, ...]
    throttled: bool
    """Whether ccxt's ``enableRateLimit`` is on (with no limit to meet): a ban then closes the lane."""
    markets_loaded: bool
    repeated: bool
    """Whether the caller names the first id once more at the end."""
    market: Market = "spot"

    @property
    def all_or_nothing(self) -> bool:
        return self.market == "spot" and self.process != 1

    @property
    def is_mixed(self) -> bool:
        return len({one.field for one in self.asked}) == 2

    @property
    def one_request_holds_all(self) -> bool:
        """Whether the exchange looks at every id of a request: else nothing can be all or nothing."""
        return not self.is_mixed or self.rules["mixed_ids"] == "union"

    @property
    def settles(self) -> bool:
        """Whether the troubles are over before the plugin's attempts are: it must then know everything.

        Ids that an answer does not mention it asks for once more, and no oftener. A list that the exchange
        ignores is not mentioned either.
        """
        strikes = [(one.kind, inf if one.times is None else one.times) for one in self.troubles]
        banned = any(one.details.get("seconds") == LONG_BAN for one in self.troubles if one.kind == "ban")
        forgets = sum(times for kind, times in strikes if kind == "forget")
        ignored = 0 if self.one_request_holds_all else 1
        return (
            sum(times for _, times in strikes) <= RESOLVE_ATTEMPTS and forgets + ignored <= 1 and not banned
        )

    def order_id(self, order: int) -> int:
        return FIRST_ORDER_ID + order


def draw(seed: int, index: int, market: Market = "spot") -> Scenario:
    """Scenario `index` of `seed` on a `market`, always the same one."""
    rng = Random(f"{seed}/{index}" if market == "spot" else f"{seed}/{index}/{market}")
    placed = _draw_placed(rng, market)
    asked = _draw_asked(rng, placed)
    batch_size = rng.choice((50, 50, 1, 2, 3, 4))
    return Scenario(
        index=index,
        placed=placed,
        asked=asked,
        process=rng.choice((1, 1, 0, None) if market == "spot" else (1, None)),
        rules=_draw_rules(rng, market),
        batch_size=batch_size if market == "spot" else min(batch_size, 10),
        troubles=tuple(
            _draw_trouble(rng, placed, market) for _ in range(rng.choices(range(4), (15, 50, 25, 10))[0])
        ),
        throttled=rng.random() < 0.3,
        markets_loaded=rng.random() < 0.9,
        repeated=rng.random() < 0.1,
        market=market,
    )


def _draw_rules(rng: Random, market: Market) -> Mapping[str, Any]:
    """What nobody outside the exchange knows of it."""
    swap = market != "spot"
    failed_keys = ("clientOrderID", "orderId", "clientOrderId", "text", *(("none",) if swap else ()))
    return {
        "swap_failed_key" if swap else "fails_key": rng.choice(failed_keys),
        "mixed_ids": rng.choice(("union", "union", "order_ids_only", "client_ids_only")),
        "empty_lists": rng.choice(("documented", "absent", "null", "empty")),
        "swap_not_found_code" if swap else "not_found_code": rng.choice(
            (80016, 109421) if swap else (100400, 100404)
        ),
    }


def _draw_placed(rng: Random, market: Market) -> tuple[Placed, ...]:
    all_open = rng.random() < 0.35  # else a process=0 request would hardly ever be executed
    placed = []
    for number in range(rng.randint(1, 12)):
        state: State = "open" if all_open or rng.random() < 0.6 else rng.choice(("partly", *_FINAL))
        # Linear: the exchange answers in lower case.
        name = "client" if market == "spot" else "Client"
        client_id = f"{name}_{number}" if rng.random() < 0.5 else None
        placed.append(Placed(state, client_id, foreign=not all_open and rng.random() < 0.05))
    return tuple(placed)


def _draw_asked(rng: Random, placed: tuple[Placed, ...]) -> tuple[AskedId, ...]:
    kinds = rng.choices(("ids", "client ids", "both"), (65, 15, 20))[0]
    asked: list[AskedId] = []
    for number in rng.sample(range(len(placed)), rng.randint(1, len(placed))):
        client_id = placed[number].client_id
        by_client = client_id is not None and (
            kinds == "client ids" or (kinds == "both" and rng.random() < 0.6)
        )
        if client_id is not None and by_client:
            asked.append(AskedId("clientOrderId", client_id, number))
        if kinds != "client ids" and (
            not (client_id and by_client) or rng.random() < 0.15
        ):  # some by both their names
            asked.append(AskedId("id", str(FIRST_ORDER_ID + number), number))
    tidy = all(one.state == "open" for one in placed)
    if not asked or rng.random() < (0.1 if tidy else 0.3):
        if kinds == "client ids" or (kinds == "both" and rng.random() < 0.5):
            asked.append(AskedId("clientOrderId", "nobodys_id", None))
        else:
            asked.append(AskedId("id", str(rng.randint(1, 10**6)), None))
    rng.shuffle(asked)
    return tuple(sorted(asked[:12], key=lambda one: one.field != "id"))


def _draw_trouble(rng: Random, placed: tuple[Placed, ...], market: Market) -> Trouble:
    path = (_CANCEL if rng.random() < 0.8 else _LOOK_UP)[market]
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
    """A kind of fault, when it strikes, and its details."""
    kinds = ["drop", "reset", "hang", "http", "busy", "garbage", "cut_off", "null_data", "delay", "dribble"]
    kinds += ["http", "cut_off", "race", "ban", "canned refusal", "canned nonsense"]
    if path in _CANCEL.values():
        kinds += ["forget", "forget", "race"]
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
