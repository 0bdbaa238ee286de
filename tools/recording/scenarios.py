"""The scenarios of the cassettes. `record` plays each against the simulator and records it.

``source`` is where the responses come from: "simulator" (its own), "documented" (an example that the exchange
publishes) or "captured" (a payload that a user captured live and posted). The simulator sends the last two
byte for byte. We have not recorded any of them from the live exchange.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ccxt.base.errors import AuthenticationError, BadRequest, BadResponse, RateLimitExceeded

from ccxt_bingx_ext._cancel.run import Pauses
from ccxt_bingx_ext.simulator import Simulator
from tests.helpers import Bot
from tests.unit.fakes import PARTIAL_NOT_FOUND, TWO_CANCELED, canceled, in_state, response

FIRST = 1735964997957275648  # the simulator's first order id
KEY, SECRET = "simulator-key", "simulator-secret"
ONE_BY_ONE = {"process": 1}
AGAIN_AT_ONCE = {"same_order_seconds": None}  # the scenario cancels an order again within a second

Statuses = list[tuple[str, "str | None"]]


@dataclass(frozen=True)
class Scenario:
    """The orders in the book, the call of the bot, and its expected result.

    ``statuses``: (id or client order id, status) of every order structure, also of an error's ``orders``.
    """

    name: str
    ids: Any
    statuses: Statuses
    params: Mapping[str, Any] = field(default_factory=dict)
    symbol: str | None = "BTC/USDT"
    arrange: Callable[[Simulator], Any] = lambda simulator: None
    settings: Mapping[str, Any] = field(default_factory=dict)  # the simulator's
    config: Mapping[str, Any] = field(default_factory=dict)  # the bot's
    before: tuple[str, ...] = ()  # ids that the bot cancels first, one call per id
    error: type[BaseException] | None = None
    unresolved: list[Any] = field(default_factory=list)
    source: str = "simulator"
    requests: int | None = 1  # how many the call sends. None: any number
    method: str = "cancel_orders"  # or cancel_all_orders, or the name of a method that takes one id
    order: tuple[Any, ...] = ()  # the arguments of such a method between the symbol and the params
    pauses: Pauses = field(default_factory=Pauses)  # the bot's

    def act(self, bot: Bot) -> Any:
        """Cancel `ids`, or all orders, of `symbol`. Without a symbol, `ids` are entries with symbols."""
        if self.method == "cancel_all_orders":
            return bot.cancel_all_orders(self.symbol, dict(self.params))
        if self.method != "cancel_orders":
            return [getattr(bot, self.method)(self.ids, self.symbol, *self.order, dict(self.params))]
        for one in self.before:
            bot.cancel_orders([one], self.symbol, dict(self.params))
        if self.symbol is None:
            return bot.cancel_orders_for_symbols(self.ids, dict(self.params))
        return bot.cancel_orders(self.ids, self.symbol, dict(self.params))


def order_id(number: int) -> str:
    """The id of the ``number``-th order in a fresh simulator, counted from 0."""
    return str(FIRST + number)


def place(count: int, **kwargs: Any) -> Callable[[Simulator], Any]:
    return lambda simulator: [simulator.place(**kwargs) for _ in range(count)]


def place_clients(*client_ids: str) -> Callable[[Simulator], Any]:
    return lambda simulator: [simulator.place(client_order_id=one) for one in client_ids]


def place_then(count: int, action: str, number: int) -> Callable[[Simulator], Any]:
    def arrange(simulator: Simulator) -> None:
        place(count)(simulator)
        getattr(simulator, action)(order_id(number))

    return arrange


def canned(body: bytes) -> Callable[[Simulator], Any]:
    return lambda simulator: simulator.faults.add("canned", body=body)


def forgetting(simulator: Simulator) -> None:
    place(3)(simulator)
    simulator.faults.add("forget", ids=[order_id(1)])


def with_a_fast_clock(simulator: Simulator) -> None:
    place(1)(simulator)
    simulator.clock_offset_ms = 60_000


def answer_lost_after_execution(simulator: Simulator) -> None:
    place(2)(simulator)
    simulator.faults.add("http", status=504, when="after")


def one_of_each_kind(simulator: Simulator) -> None:
    for market in ("spot", "linear", "inverse"):
        simulator.place(market=market)


def swap_orders(market: Any, filled: int | None = None, lost: str = "") -> Callable[[Simulator], Any]:
    """Place three orders, and fill one. The response of a cancel at ``lost`` is lost."""

    def arrange(simulator: Simulator) -> None:
        for number in range(3):
            simulator.place(market=market, client_order_id=f"Client_{number}")
        if filled is not None:
            simulator.fill(order_id(filled))
        if lost:
            simulator.faults.add("http", status=504, when="after", path=lost)

    return arrange


def a_minute_ago(market: Any, fault: Any = None, **details: Any) -> Callable[[Simulator], Any]:
    """Place three orders long before the request, which meets ``fault``: so their age is certain."""

    def arrange(simulator: Simulator) -> None:
        simulator.clock_offset_ms -= 60_000
        place(3, market=market)(simulator)
        simulator.clock_offset_ms += 60_000
        if fault:
            simulator.faults.add(fault, path=ALL_PATHS[market], **details)

    return arrange


def to_bytes(payload: Any) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode()


LINEAR, LINEAR_PATH = "BTC/USDT:USDT", "DELETE swap/v2/trade/batchOrders"
INVERSE, INVERSE_PATH = "BTC/USD:BTC", "DELETE cswap/v1/trade/cancelOrder"
ALL_PATHS = {
    "spot": "POST spot/v1/trade/cancelOpenOrders",
    "linear": "DELETE swap/v2/trade/allOpenOrders",
    "inverse": "DELETE cswap/v1/trade/allOpenOrders",
}
UNKNOWN = "1999999999999999999"
LONG = [order_id(number) for number in range(120)]

SCENARIOS = [
    Scenario(
        "two_canceled",
        ids=[order_id(0), order_id(1)],
        arrange=place(2),
        statuses=[(order_id(0), "canceled"), (order_id(1), "canceled")],
    ),
    Scenario(
        "documented_two_canceled",
        ids=["1735964997957275648", "1735965127519326208"],
        symbol="GM/USDT",
        arrange=canned(TWO_CANCELED),
        statuses=[("1735964997957275648", "canceled"), ("1735965127519326208", "canceled")],
        source="documented",
    ),
    Scenario(
        "captured_partial_not_found",
        ids=["1885778991827025920", "1885778991827025921"],
        symbol="BARS/USDT",
        params=ONE_BY_ONE,
        arrange=canned(PARTIAL_NOT_FOUND),
        statuses=[("1885778991827025920", "canceled"), ("1885778991827025921", None)],
        source="captured",
    ),
    Scenario(
        "documented_partial_already_canceled",
        # The failed entry is documented. The rest of the response has the documented shape.
        ids=["1874730962584076287", "1874730962584076288"],
        params=ONE_BY_ONE,
        arrange=canned(
            to_bytes(response([canceled(1874730962584076287)], [in_state("1874730962584076288", "CANCELED")]))
        ),
        statuses=[("1874730962584076287", "canceled"), ("1874730962584076288", "canceled")],
        source="documented",
    ),
    Scenario(
        "partial_not_found",
        ids=[UNKNOWN, order_id(0)],
        params=ONE_BY_ONE,
        arrange=place(1),
        statuses=[(UNKNOWN, None), (order_id(0), "canceled")],
    ),
    Scenario(
        "partial_already_canceled",
        ids=[order_id(0), order_id(1)],
        params=ONE_BY_ONE,
        arrange=place_then(2, "cancel", 1),
        statuses=[(order_id(0), "canceled"), (order_id(1), "canceled")],
    ),
    Scenario(
        "partial_filled",
        ids=[order_id(0), order_id(1)],
        params=ONE_BY_ONE,
        arrange=place_then(2, "fill", 0),
        statuses=[(order_id(0), "closed"), (order_id(1), "canceled")],
    ),
    Scenario(
        "all_failed",
        ids=[UNKNOWN, order_id(0)],
        params=ONE_BY_ONE,
        arrange=place_then(1, "fill", 0),
        statuses=[(UNKNOWN, None), (order_id(0), "closed")],
    ),
    Scenario(
        "process_0_refused",
        ids=[order_id(0), UNKNOWN],
        arrange=place(1),
        error=BadRequest,
        statuses=[],
        unresolved=[order_id(0), UNKNOWN],
    ),
    Scenario(
        "client_ids",
        ids=None,
        params={"clientOrderIds": ["first_1", "nobody", "second_2"], "process": 1},
        arrange=place_clients("first_1", "second_2"),
        statuses=[("first_1", "canceled"), ("nobody", None), ("second_2", "canceled")],
    ),
    Scenario(
        "both_kinds",
        ids=[order_id(0)],
        params={"clientOrderIds": ["second_2", "first_1"], "process": 1},
        arrange=place_clients("first_1", "second_2"),
        statuses=[(order_id(0), "canceled"), ("second_2", "canceled"), ("first_1", "canceled")],
    ),
    Scenario(
        "bad_signature",
        ids=[order_id(0)],
        arrange=place(1),
        config={"secret": "not-the-secret"},
        error=AuthenticationError,
        requests=2,  # the request's form may be the cause; the exchange also refuses the other form
        statuses=[],
        unresolved=[order_id(0)],
    ),
    Scenario(
        "rate_limited",
        ids=[order_id(0)],
        params=ONE_BY_ONE,
        arrange=place(1),
        before=("77", "78"),
        requests=4,  # the exchange refuses the third; the plugin waits, and sends it again
        settings=AGAIN_AT_ONCE,
        statuses=[(order_id(0), "canceled")],
    ),
    Scenario(
        "banned",
        # The documented text, with a time far in the future, so that the ban still holds in a replay.
        ids=[order_id(0)],
        arrange=canned(
            b'{"code":100410,"msg":"the endpoint trigger frequency limit rule is currently in the disabled '
            b'period and will be unblocked after 4102444800000","debugMsg":""}'
        ),
        error=RateLimitExceeded,
        statuses=[],
        unresolved=[order_id(0)],
    ),
    Scenario(
        "timestamp",
        ids=[order_id(0)],
        arrange=with_a_fast_clock,
        statuses=[(order_id(0), "canceled")],
        requests=3,  # refused; query the exchange's clock; send again
    ),
    Scenario(
        "three_batches",
        ids=LONG,
        params=ONE_BY_ONE,
        settings={"limits": None},
        arrange=place(120),
        statuses=[(one, "canceled") for one in LONG],
        requests=3,
    ),
    Scenario(
        "forgotten_id",
        ids=[order_id(number) for number in range(3)],
        arrange=forgetting,
        settings=AGAIN_AT_ONCE,
        statuses=[(order_id(number), "canceled") for number in range(3)],
        requests=2,
    ),
    Scenario(
        "null_data",
        ids=[order_id(0)],
        arrange=lambda simulator: (place(1)(simulator), simulator.faults.add("null_data")),
        statuses=[(order_id(0), "canceled")],
        requests=3,  # the look-up shows that the request was not executed; send again
    ),
    Scenario(
        "lost_answer",
        ids=[order_id(0), order_id(1)],
        arrange=answer_lost_after_execution,
        statuses=[(order_id(0), "canceled"), (order_id(1), "canceled")],
        requests=3,  # HTTP 504 after execution; look up both orders
    ),
    Scenario(
        "lost_answer_one_by_one",
        ids=[order_id(0), order_id(1)],
        params=ONE_BY_ONE,
        arrange=answer_lost_after_execution,
        settings=AGAIN_AT_ONCE,
        statuses=[(order_id(0), "canceled"), (order_id(1), "canceled")],
        requests=3,  # HTTP 504 after execution; look up both orders
    ),
    Scenario(
        "unknown_outcome",
        ids=[order_id(0)],
        arrange=lambda simulator: (place(1)(simulator), simulator.faults.add("null_data")),
        config={"options": {"cancelOrders": {"resolveAttempts": 0}}},
        error=BadResponse,
        statuses=[],
        unresolved=[order_id(0)],
    ),
    Scenario(
        "query_form",
        ids=[order_id(0), order_id(1)],
        params={"recvWindow": 5000, "process": 0},
        arrange=place(2),
        config={"options": {"cancelOrders": {"requestFormat": "query"}}},
        statuses=[(order_id(0), "canceled"), (order_id(1), "canceled")],
    ),
    Scenario(
        "linear_partial",
        symbol=LINEAR,
        ids=[order_id(0), order_id(1), UNKNOWN],
        arrange=swap_orders("linear", filled=1),
        statuses=[(order_id(0), "canceled"), (order_id(1), "closed"), (UNKNOWN, None)],
    ),
    Scenario(
        "linear_client_ids",
        symbol=LINEAR,
        ids=None,
        params={"clientOrderIds": ["Client_2", "Nobody", "Client_0"]},
        arrange=swap_orders("linear"),
        statuses=[("Client_2", "canceled"), ("Nobody", None), ("Client_0", "canceled")],
    ),
    Scenario(
        "linear_two_batches",
        symbol=LINEAR,
        ids=LONG[:12],
        arrange=place(12, market="linear"),
        statuses=[(one, "canceled") for one in LONG[:12]],
        requests=2,
    ),
    Scenario(
        "linear_lost_answer",
        symbol=LINEAR,
        ids=[order_id(0), order_id(1)],
        arrange=swap_orders("linear", filled=1, lost=LINEAR_PATH),
        settings=AGAIN_AT_ONCE,
        statuses=[(order_id(0), "canceled"), (order_id(1), "closed")],
        requests=3,  # HTTP 504 after execution; look up both orders
    ),
    Scenario(
        "inverse_partial",
        symbol=INVERSE,
        ids=[order_id(0), order_id(1), UNKNOWN],
        arrange=swap_orders("inverse", filled=1),
        statuses=[(order_id(0), "canceled"), (order_id(1), "closed"), (UNKNOWN, None)],
        requests=3,
    ),
    Scenario(
        "inverse_lost_answer",
        symbol=INVERSE,
        ids=[order_id(0)],
        arrange=swap_orders("inverse", lost=INVERSE_PATH),
        settings=AGAIN_AT_ONCE,
        statuses=[(order_id(0), "canceled")],
        requests=2,  # HTTP 504 after execution; look up
    ),
    Scenario(
        "several_symbols",
        symbol=None,
        ids=[
            {"id": order_id(2), "symbol": INVERSE},
            {"id": order_id(0), "symbol": "BTC/USDT"},
            {"id": UNKNOWN, "symbol": LINEAR},
            {"id": order_id(1), "symbol": LINEAR},
        ],
        params=ONE_BY_ONE,
        arrange=one_of_each_kind,
        statuses=[
            (order_id(2), "canceled"),
            (order_id(0), "canceled"),
            (UNKNOWN, None),
            (order_id(1), "canceled"),
        ],
        requests=3,
    ),
]

_KINDS = {"spot": "BTC/USDT", "linear": LINEAR, "inverse": INVERSE}
_THREE = [order_id(number) for number in range(3)]
_ALL = Scenario(
    "",
    ids=None,
    method="cancel_all_orders",
    statuses=[(one, "canceled") for one in _THREE],
    settings=AGAIN_AT_ONCE,
    pauses=Pauses(reconcile=0.01, same_order=0.0, lag=0.0),
)
SCENARIOS += [
    replace(
        _ALL,
        name=f"{market}_{name}",
        symbol=_KINDS[market],
        arrange=arrange,
        statuses=statuses,
        requests=count,
    )
    for market, lost_count in (("spot", 6), ("linear", 6), ("inverse", 8))
    for name, arrange, statuses, count in (
        ("all_canceled", a_minute_ago(market), _ALL.statuses, 2),  # the request; the list
        (
            "all_but_one",  # query the order that is left, and cancel it by its id
            a_minute_ago(market, "refuse", ids=[order_id(2)]),
            _ALL.statuses,
            4,
        ),
        (
            "all_lost_answer",  # HTTP 504 before execution; the list; query each; cancel by id
            a_minute_ago(market, "http", status=504),
            _ALL.statuses,
            lost_count,
        ),
    )
]
