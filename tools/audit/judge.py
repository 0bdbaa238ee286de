"""Check every claim against the truth. The docstring of the package explains the rules."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from ccxt.base.errors import BaseError, RequestTimeout

from ccxt_bingx_ext.simulator.simulator import FIRST_ORDER_ID

from .clients import OUR_CLIENTS, Told
from .play import Played
from .scenario import AskedId, Scenario, market_of

MISREPORTED, LIVE_TOLD_GONE, SILENT, LOST = "misreported", "live reported as gone", "silent", "lost"
BROKEN_ATOMICITY, DISORDER = "broken atomicity", "disorder or duplicates"
UNCERTAIN, NEEDLESSLY_UNCERTAIN = "uncertain", "needlessly uncertain"
OWN_UNKNOWN, NEEDLESSLY_UNKNOWN = "own cancel unknown", "needlessly unknown"
REPEATED = "once per second"
COUNTS: Final = (
    MISREPORTED,
    LIVE_TOLD_GONE,
    SILENT,
    LOST,
    BROKEN_ATOMICITY,
    DISORDER,
    UNCERTAIN,
    NEEDLESSLY_UNCERTAIN,
    OWN_UNKNOWN,
    NEEDLESSLY_UNKNOWN,
    REPEATED,
)
_NO_VIOLATIONS: Final = (UNCERTAIN, OWN_UNKNOWN)

_NO_SUCH_ORDER: Final = "unknown"
_METHOD: Final = "bingx cancelOrdersForSymbols()"
_NOTHING_WAS_CANCELLED: Final = "nothing was cancelled"
_BUSY_CODES: Final = frozenset(
    ("100500", "110500", "109500", "100503", "80012", "80019", "80001", "101500", "109201", "500", "502")
) | {"503", "504"}
_REPEATED_WORDS: Final = "submitted once per second"
_REFUSES_ALL_THE_SAME: Final = re.compile(r"not exist|doesn't exist")
_NAMES_AN_ORDER: Final = re.compile(r"can not find order|order does not exist|order status", re.I)
_CODE: Final = re.compile(r"(?:\"code\"|the exchange's code):\s*(\d+)")


@dataclass
class Finding:
    """The mistakes of one client in one scenario: ids (or orders) by kind of mistake."""

    index: int
    client: str
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def note(self, count: str, what: str) -> None:
        self.wrong.setdefault(count, []).append(what)

    @property
    def violations(self) -> list[str]:
        return [name for name in self.wrong if name not in _NO_VIOLATIONS]


@dataclass(frozen=True)
class Account:
    """A client's report of each requested id: a status ("unknown": no such order), or unresolved."""

    statuses: dict[AskedId, str]
    unresolved: frozenset[AskedId]
    in_order: bool

    @property
    def mentioned(self) -> set[AskedId]:
        return {*self.statuses, *self.unresolved}


def judge(scenario: Scenario, client: str, played: Played) -> Finding:
    finding = Finding(scenario.index, client)
    ours = client in OUR_CLIENTS
    account = _read_ours(scenario, played.told) if ours else _read_ccxts(scenario, played.told)
    if not account.in_order:
        finding.note(DISORDER, "the list as a whole")
    false = _judge_statuses(scenario, played, account, finding)
    for one in scenario.asked:
        silent = one not in account.mentioned and (ours or played.told.error is None)
        if silent:
            finding.note(SILENT, one.value)
        is_live = one.order is not None and _truth(scenario, one, played.in_the_end) == "open"
        if is_live and (silent or one in false):
            finding.note(LOST, one.value)
    _judge_error(scenario, played, account, finding)
    for id in played.repeated:
        if id not in scenario.named_twice:
            finding.note(REPEATED, id)
    if ours or not scenario.is_mixed:  # ccxt drops one kind of a mixed list, which counts as silent
        _judge_atomicity(scenario, played, finding)
    return finding


def _truth(scenario: Scenario, one: AskedId, truths: tuple[str, ...]) -> str:
    if one.order is None or scenario.placed[one.order].foreign:
        return _NO_SUCH_ORDER
    return truths[one.order]


def _judge_statuses(scenario: Scenario, played: Played, account: Account, finding: Finding) -> set[AskedId]:
    false = set()
    for one, status in account.statuses.items():
        truth = _truth(scenario, one, played.at_return)
        if status == truth or (status == "open" and _ended_since(scenario, one, played)):
            continue
        if status == _NO_SUCH_ORDER and market_of(one.symbol) != "spot" and truth != "open":
            _judge_unknown(scenario, one, played, finding)
            continue
        false.add(one)
        finding.note(MISREPORTED, f"{one.value} reported {status}, is {truth}")
        if truth == "open":  # "no such order" also reports it as gone
            finding.note(LIVE_TOLD_GONE, one.value)
    return false


def _judge_unknown(scenario: Scenario, one: AskedId, played: Played, finding: Finding) -> None:
    """Judge "does not exist": true of an order that the call itself cancelled, but a look-up says more."""
    number = None if one.order is None else scenario.order_id(one.order)
    if not any(number in done.cancelled for done in played.executions):
        return
    finding.note(OWN_UNKNOWN, one.value)
    if scenario.settles(one.symbol) and scenario.look_ups_go_well(one.symbol):
        finding.note(NEEDLESSLY_UNKNOWN, one.value)


def _ended_since(scenario: Scenario, one: AskedId, played: Played) -> bool:
    """Whether the order may have been open when the exchange last responded, and has ended since."""
    if one.order in played.raced:
        return True
    late = {request.number for request in played.requests if request.fault in ("delay", "hang")}
    number = None if one.order is None else scenario.order_id(one.order)
    return any(number in done.cancelled and done.request in late for done in played.executions)


def _judge_error(scenario: Scenario, played: Played, account: Account, finding: Finding) -> None:
    error = played.told.error
    if error is None:
        return
    # An error while the client loads the markets is about every symbol, and does not name one.
    loading = not scenario.markets_loaded and all(request.method == "GET" for request in played.requests)
    failed = [*scenario.groups] if loading else _failed_symbols(scenario, error)
    cancelled = [
        str(number)
        for done in played.executions
        for number in done.cancelled
        if scenario.placed[number - FIRST_ORDER_ID].symbol in failed[:1]
    ]
    says_nothing_happened = _NOTHING_WAS_CANCELLED in str(error) or (
        finding.client not in OUR_CLIENTS and _names_an_order(error)
    )
    if cancelled and says_nothing_happened:
        finding.note(MISREPORTED, f"{type(error).__name__}, yet cancelled: {', '.join(cancelled)}")
    open_ids = [one for one in scenario.asked if one not in account.statuses]
    if loading and isinstance(error, RequestTimeout):  # this machine is busy: not the client's fault
        return
    is_refusal = _is_refusal(error)
    for one in open_ids:
        # "May still be live" is never false, but the bot still does not know.
        if not is_refusal:
            finding.note(UNCERTAIN, one.value)
        is_split = scenario.process == 1 and bool(scenario.poisoned) and not scenario.limits_twice(one.symbol)
        could_be_known = (
            (not is_refusal or is_split)
            and one.value not in scenario.poisoned
            and scenario.settles(one.symbol)
            and not (scenario.all_or_nothing(one.symbol) and _is_beyond(one, scenario, played, failed))
        )
        is_sound = scenario.process == 1 and not scenario.troubles_of(one.symbol)
        if finding.client in OUR_CLIENTS and (could_be_known or is_sound or one.symbol not in failed):
            finding.note(NEEDLESSLY_UNCERTAIN, f"{one.value}: {type(error).__name__}")


def _is_beyond(one: AskedId, scenario: Scenario, played: Played, failed: list[str]) -> bool:
    """Whether the client cannot settle ``one`` after an all-or-nothing request failed.

    A look-up that does not find a client order id proves nothing: the exchange forgets those ids (docs). The
    error does not say whether a second failed symbol was refused. And if all orders of one kind of id are
    cancelled and all of the other kind are open, the exchange may have executed half of the list: the client
    raises an error, and leaves the other half unresolved.
    """
    is_nobodys = _truth(scenario, one, ("",) * len(scenario.placed)) == _NO_SUCH_ORDER
    return (
        one.symbol in failed[1:]
        or (one.field == "clientOrderId" and is_nobodys)
        or _is_halved(scenario, one.symbol, played)
    )


def _is_halved(scenario: Scenario, symbol: str, played: Played) -> bool:
    """Whether the truth looks as if the exchange had executed only one kind of ids."""
    truths = {(one.field, _truth(scenario, one, played.at_return)) for one in scenario.groups[symbol]}
    cancelled, live = ({field for field, truth in truths if truth == state} for state in ("canceled", "open"))
    return bool(cancelled) and bool(live) and not cancelled & live


def _failed_symbols(scenario: Scenario, error: BaseError) -> list[str]:
    """The symbols that failed, according to ``error``. The error's own text is about the first."""
    words, _, others = str(error).partition(" - also failed: ")
    if scenario.market != "several":
        return [*scenario.groups]
    first = [symbol for symbol in scenario.groups if words.startswith(f"{_METHOD} {symbol}: ")]
    return first + [symbol for symbol in scenario.groups if f"{symbol} (" in others]


def _names_an_order(error: BaseError) -> bool:
    return _is_refusal(error) and _NAMES_AN_ORDER.search(str(error)) is not None


def _is_refusal(error: BaseError) -> bool:
    """Whether the error has the exchange's own words, and they say that it refused."""
    words = f"{error} {getattr(error, 'exchange_message', None) or ''}"
    code = _CODE.search(words)
    if code is None:
        return "not sent" in words  # the plugin's lane, during a ban
    if _REFUSES_ALL_THE_SAME.search(words):
        return True  # with any code: one code has many meanings
    return code[1] not in {*_BUSY_CODES, "0"} and _REPEATED_WORDS not in words


def _judge_atomicity(scenario: Scenario, played: Played, finding: Finding) -> None:
    """Judge "all or nothing": one request cancelled every requested order, or every order is untouched."""
    for symbol, group in scenario.groups.items():
        if not (scenario.all_or_nothing(symbol) and scenario.one_request_holds_all):
            continue
        asked = {None if one.order is None else scenario.order_id(one.order) for one in group}
        done = [{*execution.cancelled} for execution in played.executions if asked & {*execution.cancelled}]
        if done not in ([], [asked]):
            finding.note(BROKEN_ATOMICITY, f"requested {asked}, cancelled {done}")


def _read_ours(scenario: Scenario, told: Told) -> Account:
    """Read a result of the plugin, which promises every requested id once, in order."""
    unresolved = [_unresolved(scenario, one) for one in _attribute(told, "unresolved")]
    orders = told.orders if told.error is None else _attribute(told, "orders")
    left_open = [one for one in scenario.asked if _name(one) in unresolved]
    expected = [one for one in scenario.asked if one not in left_open]
    in_order = unresolved == [_name(one) for one in left_open]
    statuses: dict[AskedId, str] = {}
    for position, order in enumerate(orders):
        if position < len(expected) and _tells_of(order, expected[position]):
            statuses[expected[position]] = order["status"] or _NO_SUCH_ORDER
        else:
            # Only this call cancels here, so an entry that matches no requested id is a defect. Two
            # exceptions: the exchange may name a filled swap order by its order id when the call used its
            # client order id, and its words may name an unknown order: then the entry claims nothing.
            is_filled_swap = scenario.market != "spot" and order["status"] == "closed"
            claims_nothing = (order["id"], order["clientOrderId"], order["status"]) == (None, None, None)
            in_order &= position >= len(expected) and (is_filled_swap or claims_nothing)
    return Account(statuses, frozenset(left_open), in_order)


def _attribute(told: Told, name: str) -> list[Any]:
    return list(getattr(told.error, name, ()))


def _name(one: AskedId) -> tuple[str, str, str]:
    return one.field, one.value, one.symbol


def _tells_of(order: dict[str, Any], one: AskedId) -> bool:
    return bool(order[one.field] == one.value and order.get("symbol", one.symbol) == one.symbol)


def _unresolved(scenario: Scenario, one: Any) -> tuple[str, str, str]:
    if scenario.market == "several":
        ((field, value),) = ((key, one[key]) for key in one if key != "symbol")
        return field, value, one["symbol"]
    field = "clientOrderId" if type(one).__name__ == "ClientOrderId" else "id"
    return field, str(one), scenario.asked[0].symbol


def _read_ccxts(scenario: Scenario, told: Told) -> Account:
    """Read a result of ccxt. It reports the orders that the response lists. Its error is about all ids.

    ccxt does not promise a sequence (it sorts by the time of placing, in ms): only duplicates are mistakes.
    """
    statuses = {
        one: order["status"]
        for order in told.orders
        for one in scenario.asked
        if order[one.field] == one.value and order["status"] is not None
    }
    ids = [order["id"] for order in told.orders]
    return Account(statuses, frozenset(), in_order=len(set(ids)) == len(ids))
