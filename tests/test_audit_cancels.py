"""The audit of cancel_order, alone and many at once (``make audit``): a slice of it, and its judge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest
from ccxt.base.errors import BadResponse, BaseError, DuplicateOrderId, InvalidOrder, OrderNotFound

from ccxt_bingx_ext import ClientOrderId
from ccxt_bingx_ext.simulator import Execution
from ccxt_bingx_ext.simulator.markets import Market
from ccxt_bingx_ext.simulator.simulator import FIRST_ORDER_ID
from tools.audit.clients import CCXT, CCXT_ASYNC, CCXT_RETRIES, OUR_CLIENTS, OURS_SYNC
from tools.audit.family.claims import COUNTS, DENIED, GONE_WORDS, LEAKED, TOO_LONG, UNNAMED
from tools.audit.family.clients import CLIENTS, Answer
from tools.audit.family.draw import draw_family
from tools.audit.family.judge_cancels import judge_cancels
from tools.audit.family.play import FamilyPlayed
from tools.audit.family.run import audit_family
from tools.audit.family.scenario import SINGLE, Asking, FamilyScenario, Kind
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
from tools.audit.run import count
from tools.audit.scenario import LOOK_UP, Placed, Trouble
from tools.audit.speaks import VOICES

SEED = 1


@pytest.mark.parametrize(("kind", "scenarios"), [("cancel_order", 25), ("gather", 8)])
def test_no_false_claims(kind: Kind, scenarios: int) -> None:
    """The plugin reports no order falsely, and loses no id, in any scenario of the slice."""
    found = list(audit_family(kind, SEED, range(scenarios), OUR_CLIENTS, jobs=4))
    assert {(one.index, one.client): one.wrong for one in found if one.violations} == {}
    assert len(found) == scenarios * len(OUR_CLIENTS)
    assert {one.client for one in found if UNCERTAIN in one.wrong} == {*OUR_CLIENTS}


def test_ccxt_fails_the_audit() -> None:
    """Negative control: plain ccxt loses orders, and with retries calls its own cancels "not found"."""
    counts = count(list(audit_family("cancel_order", SEED, range(25), (CCXT, CCXT_RETRIES), jobs=4)), COUNTS)
    assert counts[CCXT][SILENT][0] > 0
    assert counts[CCXT][UNCERTAIN][0] > 0
    assert counts[CCXT_RETRIES][MISREPORTED][0] > 0
    gathers = count(list(audit_family("gather", SEED, range(8), (CCXT_ASYNC,), jobs=4)), COUNTS)
    assert gathers[CCXT_ASYNC][SILENT][0] > 0


def test_scenario_follows_from_seed() -> None:
    """Kind, seed and index determine a scenario, so that you can play it again."""
    assert draw_family("gather", SEED, 7) == draw_family("gather", SEED, 7)
    assert draw_family("gather", SEED, 7) != draw_family("gather", SEED, 8)
    assert draw_family("gather", SEED, 7) != draw_family("gather", SEED + 1, 7)
    assert draw_family("gather", SEED, 7) != draw_family("cancel_order", SEED, 7)
    assert draw_family("gather", SEED, 7, "inverse").market == "inverse"


def test_what_is_drawn() -> None:
    """Single cancels and gathers meet every market, exchange, kind of id, state, and endpoint."""
    singles = [draw_family("cancel_order", SEED, index) for index in range(200)]
    gathers = [draw_family("gather", SEED, index) for index in range(100)]
    for drawn in (singles, gathers):
        assert {one.market for one in drawn} == {*get_args(Market)}
        assert {one.voice for one in drawn} == {*VOICES}
        calls = [call for one in drawn for call in one.calls]
        ids = {(call.order_id is None, call.client_id is None) for call in calls}
        assert ids == {(False, False), (True, False), (False, True)}
        assert any(call.order is None for call in calls)
        assert any(
            one.placed[call.order].symbol != call.symbol
            for one in drawn
            for call in one.calls
            if call.order is not None
        )
    assert {len(one.calls) for one in singles} == {1}
    sizes = {len(one.calls) for one in gathers}
    assert (min(sizes), max(sizes)) == (3, 60)
    assert any(len({*one.calls}) < len(one.calls) for one in gathers)
    assert any(len({call.symbol for call in one.calls}) == 2 for one in gathers)
    assert {one.limits is None for one in gathers} == {True, False}
    assert len({trouble.path for one in gathers for trouble in one.troubles}) == 12  # and every endpoint


FIRST = str(FIRST_ORDER_ID)
BY_ID = Asking(0, FIRST, None, "BTC/USDT")
BY_CLIENT_ID = Asking(0, FIRST, "mine", "BTC/USDT")
NOBODYS = Asking(None, "7", None, "BTC/USDT")
SCENARIO = FamilyScenario(
    index=0,
    kind="cancel_order",
    voice="speaks",
    market="spot",
    placed=(Placed("open", "mine"),),
    age=60.0,
    clock_offset_ms=0,
    calls=(BY_ID,),
    symbol=None,
    rules={},
    troubles=(),
    markets_loaded=True,
)
ENDURING = (Trouble("drop", SINGLE["spot"], times=None),)


def structure(
    status: str | None = "canceled", id: str | None = FIRST, client_id: str | None = "mine"
) -> dict[str, Any]:
    return {"id": id, "clientOrderId": client_id, "symbol": "BTC/USDT", "status": status}


def raised(error: BaseError, orders: list[dict[str, Any]], unresolved: list[Any]) -> BaseError:
    error.orders, error.unresolved = orders, unresolved
    return error


def not_found(status: str | None, id: str = FIRST) -> BaseError:
    return raised(OrderNotFound("bingx order not found"), [structure(status, id)], [])


def unresolved(text: str = f"timeout - unresolved: {FIRST}", *ids: Any) -> BaseError:
    return raised(BadResponse(text), [], [*(ids or (FIRST,))])


def played(
    result: object, truth: str = "canceled", in_the_end: str | None = None, *, is_own: bool = True
) -> FamilyPlayed:
    """A call that returned or raised `result`, and its order. `is_own`: whether the call cancelled it."""
    error = result if isinstance(result, Exception) else None
    return FamilyPlayed(
        answers=(Answer(None if error else result, error, 0.1, (truth,)),),
        in_the_end=(in_the_end or truth,),
        book=(),
        raced=frozenset(),
        executions=(Execution(1, "", "", (FIRST_ORDER_ID,)),) if is_own else (),
        requests=(),
    )


GONE = {MISREPORTED, LIVE_TOLD_GONE}


@pytest.mark.parametrize(
    ("call", "counts"),
    [
        (played(structure()), set()),
        (played(structure(), "open"), {*GONE, LOST}),
        (played(structure(), "open", "canceled"), GONE),  # a lucky guess: true only afterwards
        (played(structure(), "closed"), {MISREPORTED}),
        (played(structure(None)), {SILENT}),
        (played(structure("closed"), "closed"), {SILENT}),
        (played(None, "open"), {SILENT, LOST}),
        (played([]), {SILENT}),
        (played(structure(id="9")), {DISORDER}),
        (played({**structure(), "symbol": "ETH/USDT"}), {DISORDER}),
        (played(not_found("closed"), "closed", is_own=False), set()),
        (played(not_found("canceled"), is_own=False), set()),
        (played(not_found("canceled")), {DENIED}),
        (played(not_found("canceled"), "closed", is_own=False), {MISREPORTED}),
        (played(not_found(None), is_own=False), {MISREPORTED}),
        (played(not_found("closed"), "open"), {*GONE, LOST}),
        (played(not_found(None), "open", "canceled"), GONE),
        (played(raised(OrderNotFound("gone"), [], []), "closed"), {SILENT}),
        (played(raised(OrderNotFound("gone"), [], []), "open"), {SILENT, LOST}),
        (played(OrderNotFound("gone"), "closed"), {GONE_WORDS, SILENT}),
        (played(raised(OrderNotFound("gone"), [structure("closed")], [FIRST]), "closed"), {GONE_WORDS}),
        (played(raised(DuplicateOrderId("gone"), [structure("closed")], []), "closed"), {GONE_WORDS}),
        (played(not_found("closed", "9"), "closed", is_own=False), {SILENT}),
    ],
)
def test_judge_of_settled_orders(call: FamilyPlayed, counts: set[str]) -> None:
    """The judge finds every false or missing claim about an order that a call reports as gone."""
    assert set(judge_cancels(SCENARIO, OURS_SYNC, call).wrong) == counts


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (unresolved(), set()),
        (unresolved("timeout"), {UNNAMED}),
        (unresolved(f"order not found: {FIRST}"), {GONE_WORDS}),
        (unresolved(f"Order does not exist {FIRST}"), {GONE_WORDS}),
        (unresolved(f"{FIRST} is already filled"), {GONE_WORDS}),
        (unresolved(f"{FIRST} order status :CANCELED"), {GONE_WORDS}),
        (unresolved(f"{FIRST} order status :PENDING"), set()),  # the message says that it is live
        (unresolved(f"timeout {FIRST}", "9"), {SILENT, LOST}),
        (unresolved(f"timeout {FIRST}", FIRST, FIRST), {SILENT, LOST}),
        (unresolved(f"timeout {FIRST}", ClientOrderId(FIRST)), {SILENT, LOST}),
        (raised(BadResponse(FIRST), [], []), {SILENT, LOST}),
        (BadResponse(FIRST), {SILENT, LOST}),
        (raised(BadResponse(FIRST), [structure()], [FIRST]), {DISORDER}),
        (KeyError(FIRST), {SILENT, LOST}),
    ],
)
def test_judge_of_unresolved_orders(error: Exception, counts: set[str]) -> None:
    """The judge finds errors that lose the id, or call its order gone, or do not name it."""
    scenario = replace(SCENARIO, troubles=ENDURING)
    assert set(judge_cancels(scenario, OURS_SYNC, played(error, "open")).wrong) == {UNCERTAIN, *counts}


LOSS = Trouble("drop", SINGLE["spot"])
UNKNOWN = unresolved("unresolved: mine", ClientOrderId("mine"))


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({}, {NEEDLESSLY_UNCERTAIN}),
        ({"troubles": (LOSS,)}, {NEEDLESSLY_UNCERTAIN}),
        ({"troubles": (LOSS, Trouble("stale", LOOK_UP["spot"], times=None))}, {NEEDLESSLY_UNCERTAIN}),
        ({"troubles": (LOSS, LOSS)}, set()),
        ({"troubles": (Trouble("drop", LOOK_UP["spot"]),)}, set()),
        ({"troubles": (Trouble("http", SINGLE["spot"], details={"status": 403}),)}, set()),
        ({"troubles": (Trouble("restrict", SINGLE["spot"]),)}, set()),
        ({"kind": "gather"}, {NEEDLESSLY_UNCERTAIN}),
        ({"kind": "gather", "troubles": (LOSS,)}, set()),  # another call may have met the trouble
        ({"kind": "gather", "limits": {"single": 1}}, set()),  # the others use up the limit of the look-ups
    ],
)
def test_what_excuses_an_unresolved_order(change: dict[str, Any], counts: set[str]) -> None:
    """Without a trouble, or after one lost response, a single cancel must settle its order."""
    call = played(unresolved(), "open")
    assert set(judge_cancels(replace(SCENARIO, **change), OURS_SYNC, call).wrong) == {UNCERTAIN, *counts}


@pytest.mark.parametrize(
    ("kind", "seconds", "counts"),
    [
        ("gather", 1.6, set()),
        ("gather", 1.4, {NEEDLESSLY_UNCERTAIN}),
        ("cancel_order", 1.6, {NEEDLESSLY_UNCERTAIN}),
    ],
)
def test_busy_machine(kind: Kind, seconds: float, counts: set[str]) -> None:
    """Of many calls at once, some may time out because this machine is busy. A single call may not."""
    scenario, call = replace(SCENARIO, kind=kind), played(unresolved(), "open")
    call = replace(call, answers=(replace(call.answers[0], seconds=seconds),))
    assert set(judge_cancels(scenario, OURS_SYNC, call).wrong) == {UNCERTAIN, *counts}


@pytest.mark.parametrize(
    ("asking", "age", "counts"),
    [
        (BY_CLIENT_ID, 60.0, {NEEDLESSLY_UNCERTAIN}),
        (BY_CLIENT_ID, 3 * 3600.0, set()),  # the exchange has forgotten the id, not the order
        (replace(BY_CLIENT_ID, order=None), 60.0, set()),
        (replace(BY_CLIENT_ID, symbol="ETH/USDT"), 60.0, set()),
    ],
)
def test_unresolved_client_order_ids(asking: Asking, age: float, counts: set[str]) -> None:
    """If the exchange does not find a client order id, the order is not gone, and may stay unresolved."""
    scenario = replace(SCENARIO, calls=(asking,), age=age)
    wrong = judge_cancels(scenario, OURS_SYNC, played(UNKNOWN, "open")).wrong
    assert set(wrong) == {UNCERTAIN, *counts}
    assert set(judge_cancels(scenario, OURS_SYNC, played(unresolved(), "open")).wrong) >= {SILENT}


@pytest.mark.parametrize(
    ("asking", "placed", "market", "truth", "counts"),
    [
        (NOBODYS, Placed("open"), "spot", "open", set()),
        (replace(BY_ID, symbol="ETH/USDT"), Placed("open"), "spot", "open", set()),
        (BY_ID, Placed("open", foreign=True), "spot", "open", set()),
        (BY_ID, Placed("open"), "linear", "rejected", set()),  # swaps say the same of ended orders
        (BY_ID, Placed("open"), "linear", "open", {*GONE, LOST}),
        (BY_ID, Placed("open"), "spot", "rejected", {MISREPORTED}),
    ],
)
def test_orders_that_do_not_exist(
    asking: Asking, placed: Placed, market: Market, truth: str, counts: set[str]
) -> None:
    """No status means that there is no such order of this account and symbol."""
    scenario = replace(SCENARIO, calls=(asking,), placed=(placed,), market=market)
    call = played(not_found(None, asking.order_id or ""), truth, is_own=False)
    assert set(judge_cancels(scenario, OURS_SYNC, call).wrong) == counts


def test_two_calls_of_one_order() -> None:
    """One of two callers may come too late. Both must get a true report."""
    both = replace(SCENARIO, kind="gather", calls=(BY_ID, BY_ID))
    one, late = played(structure()), played(not_found("canceled"))
    call = replace(one, answers=(*one.answers, *late.answers))
    assert judge_cancels(both, OURS_SYNC, call).wrong == {}
    false = replace(one, answers=(*one.answers, *played(not_found("closed")).answers))
    assert set(judge_cancels(both, OURS_SYNC, false).wrong) == {MISREPORTED}


@pytest.mark.parametrize(
    ("calls", "counts"),
    [((BY_ID,), {REPEATED}), ((BY_ID, BY_ID), {REPEATED}), ((BY_ID, BY_CLIENT_ID), set())],
)
def test_same_order_within_a_second(calls: tuple[Asking, ...], counts: set[str]) -> None:
    """A second cancel within a second is a fault, unless two calls name the order by different ids."""
    call = played(structure())
    call = replace(call, answers=call.answers * len(calls), repeated=(FIRST,))
    scenario = replace(SCENARIO, kind="gather", calls=calls)
    assert set(judge_cancels(scenario, OURS_SYNC, call).wrong) == counts


@pytest.mark.parametrize(
    ("seconds", "change", "counts"),
    [
        (6.0, {}, set()),
        (8.0, {}, {TOO_LONG}),
        (8.0, {"troubles": (Trouble("ban", SINGLE["spot"]),)}, set()),
        (8.0, {"limits": {"single": 1}}, set()),
        (8.0, {"calls": (BY_ID, BY_ID)}, set()),
        (15.0, {"calls": (BY_ID, BY_ID)}, {TOO_LONG}),
    ],
)
def test_how_long_a_call_may_take(seconds: float, change: dict[str, Any], counts: set[str]) -> None:
    """A call may take its request, the time to reconcile and another request, and the queue before it."""
    scenario = replace(SCENARIO, **change)
    call = played(structure())
    answers = tuple(replace(one, seconds=seconds) for one in call.answers * len(scenario.calls))
    assert set(judge_cancels(scenario, OURS_SYNC, replace(call, answers=answers)).wrong) == counts


@pytest.mark.parametrize(
    ("result", "truth", "is_own", "counts"),
    [
        (structure(), "canceled", True, set()),
        (structure(), "open", False, {*GONE, LOST}),
        (structure("closed"), "canceled", True, {MISREPORTED}),
        (structure(None, None), "open", False, {SILENT, LOST}),
        (structure(None, None), "canceled", True, {SILENT}),
        (BadResponse("timeout"), "open", False, {UNCERTAIN}),
        (OrderNotFound("order not exist"), "closed", False, set()),
        (OrderNotFound("order not exist"), "canceled", False, set()),
        (OrderNotFound("order not exist"), "canceled", True, {MISREPORTED}),
        (BadResponse("order not exist"), "open", False, {*GONE, LOST}),
        (InvalidOrder("busy"), "open", False, {*GONE, LOST}),
    ],
)
def test_judge_of_ccxts_own(result: object, truth: str, is_own: bool, counts: set[str]) -> None:
    """The judge reads the class and the words of ccxt's errors as bots do."""
    assert set(judge_cancels(SCENARIO, CCXT, played(result, truth, is_own=is_own)).wrong) == counts


SIGNED = "bingx GET http://127.0.0.1/?timestamp=1&signature=0123456789abcdef"


def test_signatures() -> None:
    """A signature in a message or the log is the plugin's fault. ccxt shows many, which do not count."""
    call = played(structure())
    assert set(judge_cancels(SCENARIO, OURS_SYNC, replace(call, logged=(SIGNED,))).wrong) == {LEAKED}
    assert judge_cancels(SCENARIO, OURS_SYNC, replace(call, logged=("signature=***",))).wrong == {}
    error = unresolved(f"{SIGNED} {FIRST}")
    scenario = replace(SCENARIO, troubles=ENDURING)
    assert set(judge_cancels(scenario, OURS_SYNC, played(error, "open")).wrong) == {UNCERTAIN, LEAKED}
    assert set(judge_cancels(scenario, CCXT, played(error, "open")).wrong) == {UNCERTAIN}


def test_clients_of_the_audit() -> None:
    """Each kind is audited with both of the plugin's classes, and with ccxt's own."""
    for clients in CLIENTS.values():
        assert {*OUR_CLIENTS} < {*clients}
