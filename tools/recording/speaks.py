"""Cassettes of the exchange's literal payloads, each with the correct result of the call.

`payloads.json` holds the responses as the documentation and users show them. This module holds the results
that the bot must get. A name begins with the source: ``documented_`` or ``captured_``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from ccxt.base.errors import BadRequest, OrderNotFound, RateLimitExceeded

from ccxt_bingx_ext.simulator import Simulator
from tests.unit.fakes import canceled, response

from .scenarios import INVERSE, LINEAR, LINEAR_PATH, ONE_BY_ONE, UNKNOWN, Scenario, order_id, place, to_bytes

PAYLOADS: Final[dict[str, Any]] = json.loads((Path(__file__).parent / "payloads.json").read_text())

Arrange = Callable[[Simulator], Any]
FIRST, SECOND = order_id(0), order_id(1)
_PATHS: Final = {
    "spot": "cancelOrders",
    "linear": LINEAR_PATH,
    "inverse": "DELETE cswap/v1/trade/cancelOrder",
}
_SYMBOLS: Final = {"spot": "BTC/USDT", "linear": LINEAR, "inverse": INVERSE}
_SOME_ERRORS: Final = "service has some errors, The order doesn't exist"
_EITHER: Final = "FILLED or CANCELLED already"
_STATUS: Final = {"cancel": "canceled", "fill": "closed", None: None}

_AMBIGUOUS: Final = ("busy_order_not_exist", "service_has_some_errors")
_GONE: Final = (
    # source, name, code, literal text, what became of the order before (None: it never existed)
    ("documented", "either", 100400, f"the order you want to cancel is {_EITHER}", "cancel"),
    ("documented", "either_filled", 100400, f"the order you want to cancel is {_EITHER}", "fill"),
    ("documented", "either_unknown", 100400, f"the order you want to cancel is {_EITHER}", None),
    ("captured", "either", 100404, f"the order you want to cancel is {_EITHER}", "cancel"),
    ("captured", "either_before", 100404, f"the order is {_EITHER} before", "fill"),
    ("documented", "cancel_fail", 100421, " cancel fail,  order not exist", None),
    ("captured", "order_not_exist", 100404, " order not exist", None),
    ("captured", "no_retry", 100400, " order not exist, NoRetry, RemoteInfo(100400,RetErr), ", None),
    ("captured", "no_retry_404", 100404, " order not exist, NoRetry, RemoteInfo(100404,RetErr), ", None),
    (
        "documented",
        "busy_order_not_exist",
        100500,
        "order open error:The current system is busy, please try again later, and the previous cancel order"
        " request result:false,  order not exist",
        "cancel",
    ),
    ("documented", "service_has_some_errors", 80001, _SOME_ERRORS, "cancel"),
)
_GONE_ON_SWAPS: Final = (
    ("documented", "order_not_exist_109414", 109414, "order not exist", None),
    ("documented", "order_does_not_exist", 80016, "order does not exist", None),
    ("captured", "order_not_exist_109421", 109421, "order not exist", None),
    ("documented", "already_filled", 80018, "order is already filled, The order doesn't exist", "fill"),
    ("documented", "service_has_some_errors", 80001, _SOME_ERRORS, "cancel"),
)


def _whole(text: str) -> str:
    return f"{text}, or is not a valid order id ,please verify" if _EITHER in text else text


def _stands(market: Any, ended: str | None) -> Arrange:
    """Place an order that ended before, or no order."""

    def arrange(simulator: Simulator) -> None:
        if ended:
            getattr(simulator, ended)(simulator.place(market=market).order_id)

    return arrange


def _then(first: Arrange, kind: Any, **details: Any) -> Arrange:
    def arrange(simulator: Simulator) -> None:
        first(simulator)
        simulator.faults.add(kind, **details)

    return arrange


def _refusals() -> list[Scenario]:
    """The words as the refusal of a list of one id. The error's ``orders`` holds its state."""
    made = []
    for source, name, code, text, ended in _GONE:
        id = FIRST if ended else UNKNOWN
        refused = _then(_stands("spot", ended), "busy", code=code, text=_whole(text))
        made.append(
            Scenario(
                f"{source}_refused_{name}",
                ids=[id],
                arrange=refused,
                # Ambiguous words are not a refusal: the plugin reports the order as the look-up finds it.
                error=None if name in _AMBIGUOUS else OrderNotFound,
                statuses=[(id, _STATUS[ended])],
                source=source,
            )
        )
    return made


def _spot_entries() -> list[Scenario]:
    """The words as an entry of ``fails``, beside a cancelled order."""
    made = []
    for source, name, _, text, ended in _GONE:
        id = FIRST if ended else UNKNOWN
        beside = order_id(1 if ended else 0)
        answer = to_bytes(response([canceled(int(beside))], [{"orderId": id, "error": _whole(text)}]))

        def arrange(simulator: Simulator, ended: Any = ended, answer: bytes = answer) -> None:
            _stands("spot", ended)(simulator)
            simulator.place()
            simulator.faults.add("canned", when="after", body=answer)

        made.append(
            Scenario(
                f"{source}_fails_{name}",
                ids=[id, beside],
                params=ONE_BY_ONE,
                arrange=arrange,
                statuses=[(id, _STATUS[ended]), (beside, "canceled")],
                source=source,
            )
        )
    return made


def _swap_refusals() -> list[Scenario]:
    """The words as an entry of ``failed``, and as the refusal of a single inverse cancel."""
    made = []
    for source, name, code, text, ended in _GONE_ON_SWAPS:
        id = FIRST if ended else UNKNOWN
        failed = {"orderId": int(id), "errorCode": code, "errorMessage": text}
        answer = {"code": 0, "msg": "", "data": {"success": None, "failed": [failed]}}
        as_entry = Scenario(
            f"{source}_failed_{name}",
            ids=[id],
            symbol=LINEAR,
            arrange=_then(_stands("linear", ended), "canned", path=LINEAR_PATH, body=to_bytes(answer)),
            statuses=[(id, _STATUS[ended])],
            source=source,
        )
        refusal = _then(_stands("inverse", ended), "busy", path=_PATHS["inverse"], code=code, text=text)
        alone = replace(as_entry, name=f"{source}_inverse_{name}", symbol=INVERSE, arrange=refusal)
        made += [as_entry, alone]
    return made


def _once_per_second() -> list[Scenario]:
    """An earlier request arrived: the plugin looks up the order, and cancels it after a second."""
    swap = (109201, "The same order number is only allowed to be submitted once within 1 second.")
    spot = (100400, "The same order can only be submitted once per second.")
    return [
        Scenario(
            f"documented_once_per_second_{market}",
            ids=[FIRST],
            symbol=_SYMBOLS[market],
            params=ONE_BY_ONE,
            arrange=_then(
                place(1, market=market), "refuse", path=_PATHS[market], ids=[FIRST], code=code, text=text
            ),
            statuses=[(FIRST, "canceled")],
            source="documented",
        )
        for market, (code, text) in (("spot", spot), ("linear", swap), ("inverse", swap))
    ]


def _example(name: str, path: str, symbol: str, answer: Any, *ids: str, status: str = "canceled") -> Scenario:
    """A published response. JavaScript has rounded its ids, so the bot cancels the rounded ids."""
    return Scenario(
        name,
        ids=[*ids],
        symbol=symbol,
        arrange=_then(place(0), "canned", path=path, body=to_bytes(answer)),
        statuses=[(one, status) for one in ids],
        source=name.partition("_")[0],
    )


def _one(scenario: Scenario, method: str) -> Scenario:
    """The same scenario for a method that takes one id."""
    return replace(scenario, ids=scenario.ids[0], method=method)


def _examples() -> list[Scenario]:
    example, linear = PAYLOADS["spot_cancel_orders"], PAYLOADS["linear_batch"]
    ids = [str(one["orderId"]) for one in example["data"]["orders"]] + ["1874730962584076288"]
    linear_ids = [str(one["orderId"]) for one in linear["data"]["success"]]
    captured, sol = PAYLOADS["captured_linear_order"], PAYLOADS["captured_spot_order"]
    around_captured = {"code": 0, "msg": "", "data": {"success": [captured], "failed": None}}
    spot, queried = PAYLOADS["spot_cancel"], PAYLOADS["spot_query"]
    single, inverse = PAYLOADS["linear_cancel"], PAYLOADS["inverse_cancel"]
    batch, path = _PATHS["spot"], _PATHS["linear"]
    return [
        replace(_example("documented_example", batch, "GM/USDT", example, *ids), params=ONE_BY_ONE),
        _example("documented_linear_batch", path, LINEAR, linear, *linear_ids),
        _example("captured_linear_order", path, "LTC/USDT:USDT", around_captured, captured["orderId"]),
        _example("captured_spot_order", batch, "SOL/USDT", response([sol]), sol["orderId"]),
        _example("documented_inverse", _PATHS["inverse"], INVERSE, inverse, _id(inverse["data"]["order"])),
        _one(
            _example("documented_single_spot", "trade/cancel", "NEMS/USDT", spot, _id(spot["data"])),
            "cancel_order",
        ),
        _one(
            _example(
                "documented_single_linear",
                "DELETE swap/v2/trade/order",
                "RNDR/USDT:USDT",
                single,
                _id(single["data"]["order"]),
            ),
            "cancel_order",
        ),
        _one(
            _example(
                "documented_query", "trade/query", "BRG/USDT", queried, _id(queried["data"]), status="open"
            ),
            "fetch_order",
        ),
    ]


def _id(order: Any) -> str:
    return str(order["orderId"])


def _others() -> list[Scenario]:
    clock = (
        "Null timestamp or timestamp mismatch, try to  run our sample code  from the link "
        "https://bingx-api.github.io/docs/#/en-us/spot/account-api.html#Query%20Assets"
    )
    both_empty = "orderIdList & clientOrderIDList are both empty;"
    # The captured text, with a time far in the future, so that the ban still holds in a replay.
    banned = {"code": 109429, "msg": "can retry after time: 4102444800000", "data": {}}
    zero = to_bytes(response([PAYLOADS["zero_order"], canceled(int(FIRST))]))
    failed = {"path": LINEAR_PATH, "ids": [SECOND], "code": 80012, "text": "cancel order failed"}
    at_linear = {"path": LINEAR_PATH, "code": 80014, "text": both_empty}
    plain = Scenario("", ids=[FIRST], statuses=[(FIRST, "canceled")], source="documented")
    refused = replace(plain, symbol=LINEAR, statuses=[], unresolved=[FIRST])
    return [
        replace(
            plain,
            name="documented_zero_order",
            arrange=_then(place(1), "canned", when="after", body=zero),
        ),
        replace(
            plain,
            name="documented_cancel_order_failed",
            ids=[FIRST, SECOND],
            symbol=LINEAR,
            arrange=_then(place(2, market="linear"), "refuse", **failed),
            statuses=[(FIRST, "canceled"), (SECOND, "canceled")],
        ),
        replace(
            plain,
            name="documented_null_timestamp",
            arrange=_then(place(1), "busy", code=100421, text=clock),
        ),
        replace(
            refused,
            name="documented_both_empty",
            arrange=_then(place(1, market="linear"), "busy", **at_linear),
            error=BadRequest,
        ),
        replace(
            refused,
            name="captured_can_retry_after",
            arrange=_then(place(0), "canned", path=LINEAR_PATH, body=to_bytes(banned)),
            error=RateLimitExceeded,
            source="captured",
        ),
    ]


# These scenarios do not check how many requests a call takes.
SPEAKS: Final = [
    replace(one, requests=None)
    for one in (
        *_refusals(),
        *_spot_entries(),
        *_swap_refusals(),
        *_once_per_second(),
        *_examples(),
        *_others(),
    )
]
