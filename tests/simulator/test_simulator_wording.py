"""The words of refusals: with a seed they vary, and stay true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from ccxt_bingx_ext.simulator import Simulator
from ccxt_bingx_ext.simulator.wording import BUSY, EITHER, FILLED, UNKNOWN

TRADE = {
    "spot": "/openApi/spot/v1/trade/",
    "linear": "/openApi/swap/v2/trade/",
    "inverse": "/openApi/cswap/v1/trade/",
}
CANCEL = {"spot": ("POST", "cancel"), "linear": ("DELETE", "order"), "inverse": ("DELETE", "cancelOrder")}
QUERY = {"spot": "query", "linear": "order", "inverse": "orderDetail"}
STATE = re.compile(r"the  (orderId|clientOrderI[dD]):\w+ order status :(\w+),can not delete")

Words = tuple[int, str]


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(limits=None, same_order_seconds=None, wording=3) as simulator:
        yield simulator


def words(response: dict[str, Any]) -> Words:
    return response["code"], response["msg"]


def cancel(raw: Any, market: str, order_id: int) -> Words:
    method, name = CANCEL[market]
    params = {"symbol": "BTC-USD" if market == "inverse" else "BTC-USDT", "orderId": order_id}
    return words(raw.send(method, TRADE[market] + name, params, form="query").json())


def states(all_words: set[Words]) -> set[str]:
    return {found[2] for _, text in all_words if (found := STATE.match(text))}


@pytest.mark.parametrize("market", ["spot", "linear", "inverse"])
@pytest.mark.parametrize("end", ["fill", "cancel", "fail", None])
def test_single_cancel(sim: Simulator, raw: Any, market: Any, end: str | None) -> None:
    """A single cancel of an order that is not open is refused in many words, and all of them are true."""
    order_id = sim.place(market=market).order_id if end else 77
    if end:
        getattr(sim, end)(order_id)
    seen = {cancel(raw, market, order_id) for _ in range(60)}
    true: set[Words] = set()
    if end in ("fill", "cancel", None):
        true |= {*EITHER}
    if end == "fill":
        true |= {*FILLED}
    if end is None or (market != "spot" and end != "fill"):
        true |= {*UNKNOWN}
    plain = {one for one in seen if "order status" not in one[1] and "can not find" not in one[1]}
    assert plain <= true
    assert len(plain) >= len(true) / 2
    assert states(seen) == ({sim.status(order_id)} if end else set())


@pytest.mark.parametrize("market", ["spot", "linear", "inverse"])
def test_query(sim: Simulator, raw: Any, market: str) -> None:
    """A query of an unknown order is refused in many words."""
    symbol = "BTC-USD" if market == "inverse" else "BTC-USDT"
    path = TRADE[market] + QUERY[market]
    seen = {words(raw.get(path, symbol=symbol, orderId=77)) for _ in range(60)}
    assert len(seen) > 8
    assert {one for one in seen if "can not find" not in one[1]} <= {*UNKNOWN, *EITHER}


def test_lists(sim: Simulator, raw: Any) -> None:
    """A list with process 0, and the entries of fails and failed, draw their words, too."""
    whole = {words(raw.cancel(77)) for _ in range(40)}
    entries = {raw.cancel(78, process=1)["data"]["fails"][0]["error"] for _ in range(40)}
    params = {"symbol": "BTC-USDT", "orderIdList": "[79]"}
    path = TRADE["linear"] + "batchOrders"
    answers = [raw.send("DELETE", path, params, form="query").json() for _ in range(40)]
    failed = {json.dumps(one["data"]["failed"]) for one in answers}
    assert min(len(whole), len(entries), len(failed)) > 8


def test_busy_words(sim: Simulator, raw: Any) -> None:
    """The faults busy and refuse draw words that do not settle the order, unless they have their own."""
    order = sim.place()
    sim.faults.add("busy", times=30)
    assert len({words(raw.cancel(order)) for _ in range(30)} & {*BUSY}) > 5
    sim.faults.add("refuse", times=30)
    fails = {raw.cancel(order, process=1)["data"]["fails"][0]["error"] for _ in range(30)}
    assert len(fails & {text for _, text in BUSY}) > 5
    sim.faults.add("busy", code=101500, text="rpc timeout")
    assert words(raw.cancel(order)) == (101500, "rpc timeout")


def test_seed_determines_words(raw_client: Any) -> None:
    """The same seed draws the same words, another seed others, and without a seed they are fixed."""
    seen = []
    for wording in (1, 1, 2, "documented"):
        with Simulator(limits=None, same_order_seconds=None, wording=wording) as sim:
            raw = raw_client(sim)
            seen.append([words(raw.cancel(77)) for _ in range(10)])
    assert seen[0] == seen[1] != seen[2]
    assert len(set(seen[3])) == 1


def test_failed_id_in_drawn_text(raw_client: Any) -> None:
    """Where only the text names a failed client id, drawn words name it, too."""
    with Simulator(limits=None, fails_key="text", wording=1) as sim:
        raw = raw_client(sim)
        clients = [f"client_{number}" for number in range(10)]
        fails = raw.cancel(clientOrderIDs=",".join(clients), process=1)["data"]["fails"]
        assert all(one in fail["error"] for one, fail in zip(clients, fails, strict=True))
