"""The cassettes of edit_order. The documented responses come from `payloads.json`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ccxt.base.errors import BadResponse, InvalidOrder, OrderNotFound, RequestTimeout

from ccxt_bingx_ext.simulator import Simulator

from .scenarios import LINEAR, Scenario, order_id, to_bytes
from .speaks import PAYLOADS

SPOT_PATH, LINEAR_PATH = "spot/v1/trade/order/cancelReplace", "swap/v1/trade/cancelReplace"
OLD, NEW = order_id(0), order_id(1)
ORDER: Final = ("limit", "buy", 1, 40000)
ALLOW: Final = {"cancelReplaceMode": "ALLOW_FAILURE"}


def _old(market: Any, *faults: dict[str, Any], filled: bool = False) -> Callable[[Simulator], Any]:
    """Place the old order, and let the `faults` strike the edit."""

    def arrange(simulator: Simulator) -> None:
        simulator.place(market=market)
        if filled:
            simulator.fill(OLD)
        for fault in faults:
            simulator.faults.add(path=SPOT_PATH if market == "spot" else LINEAR_PATH, **fault)

    return arrange


def _edit(name: str, arrange: Callable[[Simulator], Any], **details: Any) -> Scenario:
    defaults: dict[str, Any] = {"ids": OLD, "method": "edit_order", "order": ORDER}
    return Scenario(name, arrange=arrange, **{**defaults, **details})


def _documented(name: str) -> dict[str, Any]:
    return {"kind": "canned", "body": to_bytes(PAYLOADS[name])}


EDITS = [
    _edit("edit_spot", _old("spot"), statuses=[(NEW, "open")]),
    _edit("edit_linear", _old("linear"), symbol=LINEAR, statuses=[(NEW, None)]),
    _edit(
        "edit_filled_order",
        _old("spot", filled=True),
        statuses=[(OLD, "closed")],
        error=OrderNotFound,
    ),
    _edit(
        "edit_lost_response",
        _old("linear", {"kind": "http", "status": 504, "when": "after"}),
        symbol=LINEAR,
        statuses=[],
        error=RequestTimeout,
        unresolved=[OLD],
    ),
    _edit(
        "edit_new_order_refused",
        _old("linear", {"kind": "refuse_new", "code": 101204, "text": "Insufficient margin"}),
        symbol=LINEAR,
        statuses=[(OLD, "canceled")],
        error=InvalidOrder,
        requests=2,  # the response shows the old order's former state; a look-up follows
    ),
    _edit(
        "edit_null_data",
        _old("spot", {"kind": "null_data", "when": "after"}),
        statuses=[],
        error=BadResponse,
        unresolved=[OLD],
    ),
    _edit(
        "documented_edit_spot",
        _old("spot", _documented("spot_replace")),
        ids="1754389353909451123",
        params=ALLOW,
        statuses=[("1754389353909452800", "open")],
        source="documented",
    ),
    _edit(
        "documented_edit_linear",
        _old("linear", _documented("linear_replace")),
        ids="123456789",
        symbol=LINEAR,
        statuses=[("987654321", None)],
        source="documented",
    ),
]
