"""The audit of cancel_all_orders (``make audit``): a slice of it, and its judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from ccxt.base.errors import BadResponse, BaseError, OrderNotFound

from ccxt_bingx_ext.simulator import Execution, Order, Request, Simulator
from ccxt_bingx_ext.simulator.simulator import FIRST_ORDER_ID
from tools.audit.clients import CCXT, OUR_CLIENTS, OURS_SYNC
from tools.audit.family.claims import COUNTS, GONE_WORDS, LEAKED, SENT_AGAIN, TOO_LONG, TOUCHED, UNNAMED
from tools.audit.family.clients import Answer
from tools.audit.family.draw import draw_family
from tools.audit.family.judge_all import judge_all
from tools.audit.family.play import FamilyPlayed
from tools.audit.family.run import audit_family
from tools.audit.family.scenario import ALL, LISTED, SINGLE, SYMBOLS, FamilyScenario
from tools.audit.judge import (
    DISORDER,
    LIVE_TOLD_GONE,
    LOST,
    MISREPORTED,
    NEEDLESSLY_UNCERTAIN,
    REPEATED,
    SILENT,
    UNCERTAIN,
)
from tools.audit.play import place
from tools.audit.run import count
from tools.audit.scenario import CANCEL, Placed, Trouble

SEED = 1


def test_no_false_claims() -> None:
    """The plugin reports no order falsely, loses none, and touches no other, in the slice."""
    found = list(audit_family("cancel_all_orders", SEED, range(40), OUR_CLIENTS, jobs=4))
    assert {(one.index, one.client): one.wrong for one in found if one.violations} == {}
    assert len(found) == 40 * len(OUR_CLIENTS)
    assert {one.client for one in found if UNCERTAIN in one.wrong} == {*OUR_CLIENTS}


def test_ccxt_fails_the_audit() -> None:
    """Negative control: plain ccxt loses sight of orders that stay open."""
    counts = count(list(audit_family("cancel_all_orders", SEED, range(40), (CCXT,), jobs=4)), COUNTS)
    assert counts[CCXT][SILENT][0] > 0
    assert counts[CCXT][LOST][0] > 0


def test_what_is_drawn() -> None:
    """The slice has calls with and without a symbol, triggers, others' orders, and later orders."""
    drawn = [draw_family("cancel_all_orders", SEED, index) for index in range(200)]
    assert {one.symbol for one in drawn} == {None, *(name for names in SYMBOLS.values() for name in names)}
    assert any(order.is_trigger for one in drawn for order in one.placed)
    assert any(order.foreign for one in drawn for order in one.placed)
    assert {one.age for one in drawn} == {0.0, 60.0, 3 * 3600.0}
    troubles = [trouble for one in drawn for trouble in one.troubles]
    placings = [one for one in troubles if isinstance(one.details.get("action"), Placed)]
    assert {(one.path, one.when) for one in placings} == {
        (path, when) for path in (*ALL.values(), *LISTED.values()) for when in ("before", "after")
    }
    assert {*ALL.values(), *LISTED.values(), *CANCEL.values()} < {one.path for one in troubles}


OPEN, TRIGGER = Placed("open"), Placed("open", is_trigger=True)
NAMED = Placed("open", "mine")
FOREIGN, OTHER = Placed("open", "others", foreign=True), Placed("open", symbol="ETH/USDT")
PLACED = (NAMED, OPEN, Placed("filled"), TRIGGER, FOREIGN, OTHER)
MEANWHILE = 6
"""The number of an order that another task places."""
SCENARIO = FamilyScenario(
    index=0,
    kind="cancel_all_orders",
    voice="speaks",
    market="spot",
    placed=PLACED,
    age=60.0,
    clock_offset_ms=0,
    calls=(),
    symbol="BTC/USDT",
    rules={},
    troubles=(),
    markets_loaded=True,
)


def book_of(*placed: Placed) -> tuple[Order, ...]:
    simulator = Simulator()
    place(simulator, placed)
    return tuple(simulator.orders())


BOOK = book_of(*PLACED, OPEN)
TRUTHS = ("canceled", "canceled", "closed", "canceled", "open", "open", "open")
ALL_PATH, BY_ID = "/openApi/spot/v1/trade/cancelOpenOrders", "/openApi/spot/v1/trade/cancelOrders"
LIST_PATH = "/openApi/spot/v1/trade/openOrders"


def structure(number: int, status: str | None = "canceled") -> dict[str, Any]:
    return {"id": str(FIRST_ORDER_ID + number), "clientOrderId": None, "symbol": "BTC/USDT", "status": status}


def named(number: int, symbol: str = "BTC/USDT") -> dict[str, Any]:
    return {"id": str(FIRST_ORDER_ID + number), "symbol": symbol}


def request(path: str, fault: Any = None, code: int | None = 0, **more: Any) -> Request:
    return Request(1, 0.0, 0.0, "POST", path, "", {}, fault=fault, code=code, **more)


def failed(*unresolved: dict[str, Any], text: str = "", orders: Sequence[int] = ()) -> BaseError:
    names = ", ".join(
        one.get("id") or one.get("clientOrderId") or "all open orders of BTC/USDT" for one in unresolved
    )
    error = BadResponse(text or f"some orders may still be open: {names}")
    error.orders, error.unresolved = [structure(number) for number in orders], [*unresolved]
    return error


def executed(*cancelled: int, path: str = ALL_PATH) -> Execution:
    return Execution(1, path, "", tuple(FIRST_ORDER_ID + number for number in cancelled))


def played(result: object, open_ones: Sequence[int] = (), ended: Sequence[int] = ()) -> FamilyPlayed:
    """A call with this result. `open_ones`: open when it returns. `ended`: cancelled at the end."""
    error = result if isinstance(result, Exception) else None
    truths = tuple("open" if number in open_ones else one for number, one in enumerate(TRUTHS))
    in_the_end = tuple("canceled" if number in ended else one for number, one in enumerate(truths))
    return FamilyPlayed(
        answers=(Answer(None if error else result, error, 0.1, truths),),
        in_the_end=in_the_end,
        book=BOOK,
        raced=frozenset(),
        executions=(executed(0, 1, 3),),
        requests=(request(ALL_PATH, executed=True), request(LIST_PATH)),
    )


DONE = [structure(0), structure(1), structure(3)]
GONE = {MISREPORTED, LIVE_TOLD_GONE}


def wrong_of(call: FamilyPlayed, client: str = OURS_SYNC, **change: Any) -> set[str]:
    return set(judge_all(replace(SCENARIO, **change), client, call).wrong)


@pytest.mark.parametrize(
    ("call", "counts"),
    [
        (played(DONE), set()),
        (played([]), set()),  # the orders have ended: nothing is live
        (played(DONE, [0]), {*GONE, LOST}),
        (played(DONE, [0], ended=[0]), GONE),
        (played(DONE[1:], [0]), {SILENT, LOST}),
        (played(DONE[1:], [0], ended=[0]), {SILENT}),
        (played([*DONE, structure(2, "closed")]), set()),
        (played([*DONE, structure(2)]), {MISREPORTED}),
        (played([*DONE, structure(2, None)]), {MISREPORTED}),
        (played([*DONE, structure(0)]), {DISORDER}),
        (played([*DONE, structure(4, "open")]), {DISORDER}),
        (played([*DONE, structure(5, "open")]), {DISORDER}),
        (played([*DONE, structure(99)]), {DISORDER}),
        (played([*DONE, structure(-FIRST_ORDER_ID)]), {DISORDER}),  # an order object of zeros
        (played([*DONE, {**structure(0), "id": None}]), {DISORDER}),
        (replace(played([*DONE, structure(0, "open")][1:]), raced=frozenset({0})), set()),
        (played([*DONE, structure(0, "open")][1:]), {MISREPORTED}),
    ],
)
def test_judge_of_results(call: FamilyPlayed, counts: set[str]) -> None:
    """The judge finds every false or missing claim about an order that was open at the call."""
    assert wrong_of(call) == counts


def test_swap_order_without_status() -> None:
    """Swaps say "does not exist" of an order that has ended, but not of a live one."""
    result = [structure(0, None), *DONE[1:]]
    call = replace(played(result), executions=())
    assert wrong_of(call, market="linear") == set()
    live = replace(played(result, [0]), executions=())
    assert wrong_of(live, market="linear") == {*GONE, LOST}


EVERY = {"id": None, "symbol": "BTC/USDT"}
ENDURING = (Trouble("drop", ALL["spot"], times=None),)


@pytest.mark.parametrize(
    ("call", "counts"),
    [
        (played(failed(named(0), orders=(1, 3)), [0]), set()),
        (played(failed(named(0), named(1), named(3))), set()),
        (played(failed(EVERY), [0, 1, 3]), set()),
        (played(failed({**EVERY, "symbol": None}), [0, 1, 3]), set()),
        (played(failed({**EVERY, "symbol": "ETH/USDT"}), [0]), {SILENT, LOST}),
        (played(failed(named(1)), [0]), {SILENT, LOST}),
        (played(failed(), [0]), {SILENT, LOST}),
        (played(failed()), {SILENT}),
        (played(failed(named(0), orders=(0,))), {DISORDER}),
        (played(failed(named(0), named(4))), {DISORDER}),
        (played(failed(named(0), named(MEANWHILE))), set()),
        (played(failed({"clientOrderId": "Mine", "symbol": None}), [0]), set()),
        (played(failed({"clientOrderId": "others", "symbol": None}), [0]), {DISORDER, SILENT, LOST}),
        (played(failed(named(0), text="busy")), {UNNAMED}),
        (played(failed(EVERY, text="busy")), {UNNAMED}),
        (played(failed(named(0), text=f"order not found {FIRST_ORDER_ID}")), {GONE_WORDS}),
        (played(OrderNotFound("gone")), {GONE_WORDS, SILENT}),
        (played(KeyError("symbol")), {SILENT}),
    ],
)
def test_judge_of_errors(call: FamilyPlayed, counts: set[str]) -> None:
    """The judge finds errors that lose orders, call them gone, or do not name them."""
    assert wrong_of(call, troubles=ENDURING) == {UNCERTAIN, *counts}


@pytest.mark.parametrize(
    ("requests", "counts"),
    [
        ((request(ALL_PATH), request(LIST_PATH)), {SILENT, LOST}),
        ((request(ALL_PATH), request(LIST_PATH, "race")), {SILENT, LOST}),
        ((request(ALL_PATH), request(LIST_PATH, "drop", None)), set()),
        ((request(ALL_PATH), request(LIST_PATH, code=100004)), set()),
        ((request(ALL_PATH),), set()),
        ((request(ALL_PATH, "drop", None),), {SILENT, LOST}),
    ],
)
def test_list_that_cannot_be_had(requests: tuple[Request, ...], counts: set[str]) -> None:
    """With a response but without a list, a call returns and warns. Without both it must not return."""
    call = replace(played(DONE[1:], [0]), requests=requests)
    assert wrong_of(call) == counts


@pytest.mark.parametrize(
    ("executions", "change", "counts"),
    [
        ((executed(0, 1, 3, MEANWHILE),), {}, set()),
        ((executed(4),), {}, {TOUCHED}),
        ((executed(5),), {}, {TOUCHED}),
        ((executed(5),), {"symbol": None}, {SILENT, LOST}),  # the call is about it, but omits it
        ((executed(0, path=BY_ID),), {}, set()),
        ((executed(4, path=BY_ID),), {}, {TOUCHED}),
        ((executed(MEANWHILE, path=BY_ID),), {}, {TOUCHED}),
        ((executed(3, path=BY_ID),), {}, {TOUCHED}),
        # The exchange tried to cancel it and failed, so the plugin may cancel it by its id.
        ((executed(3, path=BY_ID),), {"troubles": (Trouble("refuse", ALL["spot"]),)}, set()),
        ((executed(3, path=BY_ID),), {"rules": {"same_order_in_cancel_all": True}}, set()),
    ],
)
def test_orders_that_must_be_left_alone(
    executions: tuple[Execution, ...], change: dict[str, Any], counts: set[str]
) -> None:
    """The judge finds cancels of another owner, of another symbol, of new orders, of triggers."""
    assert wrong_of(replace(played(DONE), executions=executions), **change) == counts


@pytest.mark.parametrize(
    ("first", "counts"),
    [
        (request(ALL_PATH, executed=True), {SENT_AGAIN}),
        (request(ALL_PATH, "drop", None), {SENT_AGAIN}),
        (request(ALL_PATH, "canned", executed=True), {SENT_AGAIN}),
        (request(ALL_PATH, "canned", 100410), set()),
        (request(ALL_PATH, code=100410, limited=True), set()),
        (request(ALL_PATH, "http", None, http_status=429), set()),
        (request(ALL_PATH, "http", None, http_status=502), {SENT_AGAIN}),
    ],
)
def test_request_for_all_is_not_repeated(first: Request, counts: set[str]) -> None:
    """A second request for all is a fault, unless the first one was certainly refused."""
    call = played(DONE)
    assert wrong_of(replace(call, requests=(first, *call.requests))) == counts


@pytest.mark.parametrize(
    ("unresolved", "change", "counts"),
    [
        (named(0), {}, {NEEDLESSLY_UNCERTAIN}),
        (EVERY, {}, {NEEDLESSLY_UNCERTAIN}),
        (named(0), {"troubles": (Trouble("drop", ALL["spot"]),)}, {NEEDLESSLY_UNCERTAIN}),
        (named(0), {"troubles": ENDURING}, set()),
        (named(0), {"troubles": (Trouble("drop", LISTED["spot"]),)}, set()),
        (named(0), {"age": 0.0}, set()),
        (named(3), {}, set()),
        (named(MEANWHILE), {}, set()),
    ],
)
def test_what_excuses_unresolved_orders(
    unresolved: dict[str, Any], change: dict[str, Any], counts: set[str]
) -> None:
    """Without a trouble, or after one lost response, the plugin must settle an old plain order."""
    assert wrong_of(played(failed(unresolved)), **change) == {UNCERTAIN, *counts}


def test_other_faults() -> None:
    """The judge finds a cancel within a second of another, a call that takes too long, and signatures."""
    call = played(DONE)
    assert wrong_of(replace(call, logged=("signature=0123456789abcdef",))) == {LEAKED}
    assert wrong_of(replace(call, repeated=("1",))) == {REPEATED}
    assert wrong_of(replace(call, answers=(replace(call.answers[0], seconds=14.0),))) == {TOO_LONG}
    assert wrong_of(replace(call, answers=(replace(call.answers[0], seconds=13.0),))) == set()


def test_judge_of_ccxts_own() -> None:
    """An error of ccxt claims nothing. A result of ccxt loses the open orders that it omits."""
    assert wrong_of(played(BadResponse("timeout"), [0]), CCXT) == {UNCERTAIN}
    assert wrong_of(played(DONE[1:], [0]), CCXT) == {SILENT, LOST}
    assert wrong_of(replace(played(DONE[1:], [0]), requests=(request(ALL_PATH),)), CCXT) == {SILENT, LOST}
    assert wrong_of(replace(played(DONE), requests=(request(ALL_PATH),) * 2), CCXT) == set()


def test_singles_have_a_path_of_their_own() -> None:
    """The kinds have different paths. Otherwise a trouble would strike the wrong endpoint."""
    assert len({*SINGLE.values(), *ALL.values(), *LISTED.values()}) == 9
