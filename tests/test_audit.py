"""A slice of the randomised audit (``make audit``): every claim of every client against the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest
from ccxt.base.errors import BaseError, OrderNotFound

from ccxt_bingx_ext import ClientOrderId
from ccxt_bingx_ext.simulator import Execution, Request
from ccxt_bingx_ext.simulator.faults import Condition, Kind
from tools.audit.clients import CCXT, CCXT_RETRIES, CLIENTS, OUR_CLIENTS, OURS_SYNC, Told
from tools.audit.judge import (
    BROKEN_ATOMICITY,
    COUNTS,
    DISORDER,
    LIVE_TOLD_GONE,
    LOST,
    MISREPORTED,
    NEEDLESSLY_UNCERTAIN,
    NEEDLESSLY_UNKNOWN,
    OWN_UNKNOWN,
    REPEATED,
    SILENT,
    UNCERTAIN,
    Finding,
    judge,
)
from tools.audit.play import Played
from tools.audit.run import audit, count
from tools.audit.scenario import ANYWHERE, SYMBOLS, AskedId, Placed, Scenario, State, Trouble, Where, draw
from tools.audit.speaks import draw_spoken

# The negative control needs this slice, in which ccxt with retries misreports twice.
SEED, INDEXES = 1, range(280, 350)


@pytest.fixture(scope="module")
def findings() -> list[Finding]:
    """The findings of one run of the slice, in processes of its own, shared by all tests."""
    return list(audit(SEED, INDEXES, CLIENTS, jobs=4))


@pytest.mark.parametrize("client", OUR_CLIENTS)
def test_no_false_claims(findings: list[Finding], client: str) -> None:
    """The plugin reports no order falsely and loses no id, in any scenario of the slice."""
    assert {one.index: one.wrong for one in findings if one.client == client and one.violations} == {}


@pytest.mark.parametrize("client", OUR_CLIENTS)
def test_uncertain_ids(findings: list[Finding], client: str) -> None:
    """Faults that outlast every attempt leave ids unresolved, which is not a violation."""
    uncertain = [one.index for one in findings if one.client == client and UNCERTAIN in one.wrong]
    assert uncertain
    assert not all(draw(SEED, index).settles("BTC/USDT") for index in uncertain)


def test_ccxt_fails_the_audit(findings: list[Finding]) -> None:
    """Negative control: plain ccxt drops ids in silence, and with retries reports falsely."""
    counts = count(findings)
    assert counts[CCXT][SILENT][0] > 0
    assert counts[CCXT_RETRIES][SILENT][0] > 0
    assert counts[CCXT_RETRIES][MISREPORTED][0] > 0


# The slices hold a scenario whose trouble outlasts every attempt.
@pytest.mark.parametrize(("market", "first"), [("linear", 0), ("inverse", 0), ("several", 50)])
def test_no_false_claims_on_other_markets(market: Where, first: int) -> None:
    """The plugin reports no swap order falsely and loses no id, even across several symbols."""
    found = list(audit(SEED, range(first, first + 40), OUR_CLIENTS, jobs=4, market=market))
    assert {(one.index, one.client): one.wrong for one in found if one.violations} == {}
    assert len(found) == 40 * len(OUR_CLIENTS)
    assert any(UNCERTAIN in one.wrong for one in found)


def test_ccxt_fails_on_linear_orders() -> None:
    """Negative control: plain ccxt drops failed linear orders and loses sight of live ones."""
    counts = count(list(audit(SEED, range(40), (CCXT,), jobs=4, market="linear")))
    assert counts[CCXT][SILENT][0] > 0
    assert counts[CCXT][LOST][0] > 0


def test_swap_order_without_status() -> None:
    """The judge accepts status None of a swap order that is gone, and objects if it is live."""
    second_gone = second_unknown(cancelled=(FIRST,))
    assert judge(SWAP, OURS_SYNC, second_gone).wrong == {}
    live = replace(second_gone, at_return=("canceled", "open"), in_the_end=("canceled", "open"))
    assert set(judge(SWAP, OURS_SYNC, live).wrong) == {MISREPORTED, LIVE_TOLD_GONE, LOST}


@pytest.mark.parametrize(
    ("troubles", "counts"),
    [
        ((), {OWN_UNKNOWN, NEEDLESSLY_UNKNOWN}),
        ((Trouble("drop"),), {OWN_UNKNOWN, NEEDLESSLY_UNKNOWN}),
        ((Trouble("drop", path="DELETE swap/v2/trade/batchOrders", times=None),), {OWN_UNKNOWN}),
        ((Trouble("drop", path="GET swap/v2/trade/order"),), {OWN_UNKNOWN}),
    ],
)
def test_status_of_own_cancels(troubles: tuple[Trouble, ...], counts: set[str]) -> None:
    """The judge objects to status None of an order that the call itself cancelled, unless faults last."""
    troubled = replace(SWAP, troubles=troubles)
    assert set(judge(troubled, OURS_SYNC, second_unknown(cancelled=(FIRST, SECOND))).wrong) == counts


FIRST, SECOND = (AskedId("id", str(1735964997957275648 + number), number) for number in range(2))
SCENARIO = Scenario(
    index=0,
    placed=(Placed("open"), Placed("open")),
    asked=(FIRST, SECOND),
    process=0,
    rules={"mixed_ids": "union"},
    batch_size=50,
    troubles=(),
    throttled=False,
    markets_loaded=True,
    repeated=False,
)


def orders_of(*claims: tuple[AskedId, str | None]) -> list[dict[str, Any]]:
    return [{"id": one.value, "clientOrderId": None, "status": status} for one, status in claims]


def second_unknown(cancelled: tuple[AskedId, ...]) -> Played:
    """Both orders are gone, and the call cancelled `cancelled`. It reports the second one as unknown."""
    return replace(
        BOTH_CANCELLED,
        told=Told(orders_of((FIRST, "canceled"), (SECOND, None))),
        executions=(Execution(1, "", "", tuple(int(one.value) for one in cancelled)),),
    )


def raised(text: str, orders: list[dict[str, Any]], unresolved: list[str]) -> Told:
    error = OrderNotFound(text)
    error.orders, error.unresolved = orders, unresolved
    return Told([], error)


BOTH_CANCELLED = Played(
    told=Told(orders_of((FIRST, "canceled"), (SECOND, "canceled"))),
    at_return=("canceled", "canceled"),
    in_the_end=("canceled", "canceled"),
    raced=frozenset(),
    executions=(Execution(1, "", "", (int(FIRST.value), int(SECOND.value))),),
    requests=(),
)
SWAP = replace(
    SCENARIO,
    market="linear",
    placed=(Placed("open", symbol="BTC/USDT:USDT"),) * 2,
    asked=tuple(replace(one, symbol="BTC/USDT:USDT") for one in (FIRST, SECOND)),
)
NOTHING = raised('{"code":100400} - nothing was cancelled', [], [FIRST.value, SECOND.value])


@pytest.mark.parametrize(
    ("tampered", "counts"),
    [
        (lambda played: played, set()),
        (lambda played: replace(played, told=NOTHING), {MISREPORTED}),
        (lambda played: replace(played, told=Told(orders_of((FIRST, "canceled")))), {SILENT}),
        (
            lambda played: replace(played, told=Told(orders_of((FIRST, "canceled"), (SECOND, "closed")))),
            {MISREPORTED},
        ),
        (
            lambda played: replace(played, told=Told(orders_of((FIRST, "canceled"), (SECOND, None)))),
            {MISREPORTED},
        ),
        (
            lambda played: replace(played, told=Told(orders_of((FIRST, "canceled"), (SECOND, "open")))),
            {MISREPORTED},
        ),
        (lambda played: replace(played, told=Told(list(reversed(played.told.orders)))), {DISORDER, SILENT}),
        (lambda played: replace(played, told=Told(played.told.orders * 2)), {DISORDER}),
        (lambda played: replace(played, at_return=("canceled", "open")), {MISREPORTED, LIVE_TOLD_GONE}),
        (
            lambda played: replace(played, at_return=("canceled", "open"), in_the_end=("canceled", "open")),
            {MISREPORTED, LIVE_TOLD_GONE, LOST},
        ),
        (
            lambda played: replace(played, executions=(Execution(1, "", "", (int(FIRST.value),)),)),
            {BROKEN_ATOMICITY},
        ),
        (
            lambda played: replace(
                played,
                told=raised('{"code":100400}', orders_of((FIRST, "canceled")), [SECOND.value, SECOND.value]),
            ),
            {DISORDER},
        ),
    ],
)
def test_judge_names_each_violation(tampered: Callable[[Played], Played], counts: set[str]) -> None:
    """The judge finds every kind of false or missing claim and names it."""
    assert set(judge(SCENARIO, OURS_SYNC, tampered(BOTH_CANCELLED)).wrong) == counts


SEVERAL = replace(
    SCENARIO,
    market="several",
    process=1,
    placed=tuple(Placed("open", symbol=symbol) for symbol in SYMBOLS["several"][1:3]),
    asked=(replace(FIRST, symbol="ETH/USDT"), replace(SECOND, symbol="BTC/USDT:USDT")),
)


def linear_failed(*unresolved: AskedId, **reported: str) -> Told:
    """An error of the linear symbol. `reported`: the symbol under which it reports the spot order, if any."""
    error = BaseError("bingx cancelOrdersForSymbols() BTC/USDT:USDT: timeout")
    error.orders = [{**orders_of((FIRST, "canceled"))[0], **reported}] if reported else []
    error.unresolved = [{"id": one.value, "symbol": one.symbol} for one in unresolved]
    return Told([], error)


@pytest.mark.parametrize(
    ("result", "counts"),
    [
        (linear_failed(SEVERAL.asked[1], symbol="ETH/USDT"), {UNCERTAIN}),
        (linear_failed(*SEVERAL.asked), {UNCERTAIN, NEEDLESSLY_UNCERTAIN}),
        (
            linear_failed(SEVERAL.asked[1], symbol="BTC/USDT"),
            {UNCERTAIN, NEEDLESSLY_UNCERTAIN, DISORDER, SILENT},
        ),
    ],
)
def test_failure_of_another_symbol(result: Told, counts: set[str]) -> None:
    """A failure on one symbol excuses only the unresolved ids of that symbol."""
    lasting = Trouble("drop", path="DELETE swap/v2/trade/batchOrders", times=None)
    troubled = replace(SEVERAL, troubles=(lasting,))
    assert set(judge(troubled, OURS_SYNC, replace(BOTH_CANCELLED, told=result)).wrong) == counts


POISON = Trouble("poison", times=None, details={"ids": [SECOND.value]})
BUSY = '{"code":101500,"msg":"rpc timeout"}'


@pytest.mark.parametrize(
    ("change", "told", "counts"),
    [
        # The second id is poisoned and stays unresolved. The first must still be settled.
        ({"troubles": (POISON,)}, ('{"code":100400}', [FIRST], [SECOND]), {UNCERTAIN: 0}),
        ({"troubles": (POISON,)}, ("(the exchange's code: 100400)", [FIRST], [SECOND]), {UNCERTAIN: 0}),
        (
            {"troubles": (POISON,)},
            ('{"code":100400}', [], [FIRST, SECOND]),
            {NEEDLESSLY_UNCERTAIN: 1},
        ),
        # Vague words are not a refusal: the client must reconcile.
        ({}, (BUSY, [FIRST], [SECOND]), {UNCERTAIN: 1, NEEDLESSLY_UNCERTAIN: 1}),
        ({}, ("timeout", [FIRST], [SECOND]), {UNCERTAIN: 1, NEEDLESSLY_UNCERTAIN: 1}),
        # A firewall and risk control end the call at once.
        ({"troubles": (Trouble("restrict"),)}, ("busy", [], [FIRST, SECOND]), {UNCERTAIN: 2}),
        (
            {"troubles": (Trouble("http", ANYWHERE, details={"status": 403}),)},
            ("Forbidden", [], [FIRST, SECOND]),
            {UNCERTAIN: 2},
        ),
        (
            {"troubles": (Trouble("http", details={"status": 502}),)},
            ("Bad Gateway", [], [FIRST, SECOND]),
            {UNCERTAIN: 2, NEEDLESSLY_UNCERTAIN: 2},
        ),
        # Look-ups that lag, and contradictory words, do not keep a client from reconciling.
        (
            {"troubles": (Trouble("stale", times=None), Trouble("contradict"))},
            ("timeout", [FIRST], [SECOND]),
            {UNCERTAIN: 1, NEEDLESSLY_UNCERTAIN: 1},
        ),
    ],
)
def test_what_excuses_unresolved_ids(
    change: dict[str, Any], told: tuple[str, list[AskedId], list[AskedId]], counts: dict[str, int]
) -> None:
    """Only a trouble that outlasts every attempt excuses an unresolved id."""
    text, settled, unresolved = told
    orders = orders_of(*((one, "canceled") for one in settled))
    played = replace(BOTH_CANCELLED, told=raised(text, orders, [one.value for one in unresolved]))
    finding = judge(replace(SCENARIO, process=1, **change), OURS_SYNC, played)
    assert {name: len(what) for name, what in finding.wrong.items()} == {
        name: count for name, count in counts.items() if count
    }


LIMITED = b'{"code":100410,"msg":"rate limited"}'


@pytest.mark.parametrize(("times", "counts"), [(1, {NEEDLESSLY_UNCERTAIN}), (2, set()), (None, set())])
def test_limit_beside_a_poisoned_id(times: int | None, counts: set[str]) -> None:
    """A client waits once for a limit. A second refusal ends the call, with or without a poisoned id."""
    limit = Trouble("canned", times=times, details={"body": LIMITED})
    scenario = replace(SCENARIO, process=1, troubles=(POISON, limit))
    told = raised(LIMITED.decode(), [], [FIRST.value, SECOND.value])
    played = replace(BOTH_CANCELLED, told=told, at_return=("open", "open"), executions=())
    assert set(judge(scenario, OURS_SYNC, played).wrong) == counts


THIRD = AskedId("clientOrderId", "mine", 2)


@pytest.mark.parametrize(
    ("truths", "counts"),
    [
        (("canceled", "canceled", "open"), {UNCERTAIN}),
        (("canceled", "open", "open"), {UNCERTAIN, NEEDLESSLY_UNCERTAIN}),
        (("open", "open", "open"), {UNCERTAIN, NEEDLESSLY_UNCERTAIN}),
        (("canceled", "canceled", "canceled"), {UNCERTAIN, NEEDLESSLY_UNCERTAIN}),
    ],
)
def test_half_of_a_list(truths: tuple[str, ...], counts: set[str]) -> None:
    """The rest of a list may stay unresolved only if one kind of ids is cancelled and the other open."""
    scenario = replace(SCENARIO, placed=(Placed("open"),) * 3, asked=(FIRST, SECOND, THIRD))
    settled = [(one, truth) for one, truth in zip((FIRST, SECOND), truths, strict=False)]
    played = replace(
        BOTH_CANCELLED,
        told=raised("lost", orders_of(*settled), [ClientOrderId("mine")]),
        at_return=truths,
        in_the_end=truths,
        executions=(),
    )
    assert set(judge(scenario, OURS_SYNC, played).wrong) == counts


@pytest.mark.parametrize(
    ("sent", "loaded", "counts"),
    [
        ("GET", False, {UNCERTAIN}),
        ("POST", False, {UNCERTAIN, NEEDLESSLY_UNCERTAIN}),
        ("GET", True, {UNCERTAIN, NEEDLESSLY_UNCERTAIN}),
    ],
)
def test_failure_before_any_cancel(sent: str, loaded: bool, counts: set[str]) -> None:
    """An error while the client loads the markets is about every symbol. Any other must name its symbols."""
    firewall = Trouble("http", ANYWHERE, details={"status": 403})
    scenario = replace(SEVERAL, troubles=(firewall,), markets_loaded=loaded)
    error = BaseError("bingx cancelOrdersForSymbols() 403 Forbidden")
    error.orders = []
    error.unresolved = [{"id": one.value, "symbol": one.symbol} for one in scenario.asked]
    request = Request(number=1, arrived=0.0, wall=0.0, method=sent, path="", query="", headers={})
    played = replace(BOTH_CANCELLED, told=Told([], error), requests=(request,), executions=())
    assert set(judge(scenario, OURS_SYNC, played).wrong) == counts


@pytest.mark.parametrize(
    ("kind", "counts"), [("restrict", {UNCERTAIN}), ("drop", {UNCERTAIN, NEEDLESSLY_UNCERTAIN})]
)
def test_trouble_of_another_symbol(kind: str, counts: set[str]) -> None:
    """Risk control stops every symbol of the account. Any other trouble stops only its own."""
    scenario = replace(SEVERAL, troubles=(Trouble(kind, path="DELETE cswap/v1/trade/cancelOrder"),))
    told = linear_failed(SEVERAL.asked[1], symbol="ETH/USDT")
    assert set(judge(scenario, OURS_SYNC, replace(BOTH_CANCELLED, told=told)).wrong) == counts


@pytest.mark.parametrize(
    ("stray", "counts"),
    [
        ({"id": None, "status": None}, set()),
        ({"id": None, "status": "canceled"}, {DISORDER}),
        ({"id": "9", "status": None}, {DISORDER}),
        ({"id": "9", "status": "closed"}, {DISORDER}),
    ],
)
def test_entries_that_nobody_asked_for(stray: dict[str, Any], counts: set[str]) -> None:
    """An entry without an order and a state claims nothing. Any other unrequested entry is a mistake."""
    told = Told([*BOTH_CANCELLED.told.orders, {"clientOrderId": None, **stray}])
    assert set(judge(SCENARIO, OURS_SYNC, replace(BOTH_CANCELLED, told=told)).wrong) == counts


def test_exchange_message_refuses() -> None:
    """The judge also reads the exchange's words if they are in another attribute of the error."""
    told = raised("the list was refused, nothing was cancelled", [], [FIRST.value, SECOND.value])
    assert told.error
    told.error.exchange_message = '{"code":100400,"msg":"order status :FILLED"}'
    played = replace(BOTH_CANCELLED, told=told, at_return=("open", "closed"), executions=())
    assert judge(SCENARIO, OURS_SYNC, played).wrong == {}


@pytest.mark.parametrize(("both_ids", "counts"), [(False, {REPEATED}), (True, set())])
def test_same_order_within_a_second(both_ids: bool, counts: set[str]) -> None:
    """A cancel within a second of another for the same order is the client's fault.

    An order that the caller names by both ids is excused: the client does not know that it is one order.
    """
    scenario = SCENARIO
    played = replace(BOTH_CANCELLED, repeated=(SECOND.value,))
    if both_ids:
        third = AskedId("clientOrderId", "mine", 1)
        scenario = replace(SCENARIO, asked=(FIRST, SECOND, third))
        order = {"id": SECOND.value, "clientOrderId": "mine", "status": "canceled"}
        played = replace(played, told=Told([*played.told.orders, order]))
    assert set(judge(scenario, OURS_SYNC, played).wrong) == counts


def test_scenario_follows_from_seed() -> None:
    """Seed and index determine a scenario of either exchange, so that you can play it again."""
    assert draw(SEED, 7) == draw(SEED, 7) == draw_spoken("classic", SEED, 7)
    assert draw(SEED, 7) != draw(SEED, 8)
    assert draw(SEED, 7) != draw(SEED + 1, 7)
    assert draw_spoken("speaks", SEED, 7) == draw_spoken("speaks", SEED, 7) != draw(SEED, 7)


def test_every_fault_is_drawn() -> None:
    """The scenarios contain every fault that a cancel can meet. Calls across symbols use every path."""
    scenarios = [draw(SEED, index) for index in INDEXES] + [
        draw(SEED, index, "several") for index in range(40)
    ]
    speaking = [draw_spoken("speaks", SEED, index, market) for market in SYMBOLS for index in range(60)]
    kinds = {one.kind for scenario in scenarios + speaking for one in scenario.troubles}
    assert kinds == {*get_args(Kind), *get_args(Condition)}
    states = {one.state for scenario in speaking for one in scenario.placed}
    assert states == {*get_args(State)}
    assert any(one.is_trigger for scenario in speaking for one in scenario.placed)
    several = [one for one in scenarios if one.market == "several"]
    assert {symbol for one in several for symbol in one.groups} == {*SYMBOLS["several"]}
    assert len({trouble.path for one in several for trouble in one.troubles}) == 6


@pytest.mark.parametrize("market", ["spot", "linear", "inverse", "several"])
def test_speaking_exchange(market: Where) -> None:
    """With every realistic response, the plugin reports no order falsely and repeats no cancel."""
    found = list(audit(SEED, range(25), OUR_CLIENTS, jobs=4, market=market, voice="speaks"))
    assert {(one.index, one.client): one.wrong for one in found if one.violations} == {}
    assert [one.index for one in found if REPEATED in one.wrong] == []
    assert len(found) == 25 * len(OUR_CLIENTS)


def test_ccxt_fails_where_it_speaks() -> None:
    """Negative control: with realistic responses, plain ccxt drops orders in silence."""
    counts = count(list(audit(SEED, range(25), (CCXT,), jobs=4, voice="speaks")))
    assert counts[CCXT][SILENT][0] > 0


def test_every_client_is_counted(findings: list[Finding]) -> None:
    """The table counts every client in every scenario."""
    assert count(findings).keys() == set(CLIENTS)
    assert all(set(counts) == set(COUNTS) for counts in count(findings).values())
    assert len(findings) == len(INDEXES) * len(CLIENTS)
