"""Every claim against the truth. See the package's docstring for how, and why that is fair."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from ccxt.base.errors import BaseError

from .clients import OUR_CLIENTS, Told
from .play import Played
from .scenario import AskedId, Scenario

MISREPORTED, LIVE_TOLD_GONE, SILENT, LOST = "misreported", "live told gone", "silent", "lost"
BROKEN_ATOMICITY, DISORDER = "broken atomicity", "order or duplicates"
UNCERTAIN, NEEDLESSLY_UNCERTAIN = "uncertain", "needlessly uncertain"
COUNTS: Final = (
    MISREPORTED,
    LIVE_TOLD_GONE,
    SILENT,
    LOST,
    BROKEN_ATOMICITY,
    DISORDER,
    UNCERTAIN,
    NEEDLESSLY_UNCERTAIN,
)
VIOLATIONS: Final = tuple(name for name in COUNTS if name != UNCERTAIN)

_FINAL: Final = ("canceled", "closed", "rejected")
_NO_SUCH_ORDER: Final = "unknown"
_NOTHING_WAS_CANCELLED: Final = "nothing was cancelled"
_BUSY_CODES: Final = frozenset(("100500", "110500", "500", "502", "503", "504"))
_NAMES_AN_ORDER: Final = re.compile(r"can not find order|order does not exist|order status", re.I)
_CODE: Final = re.compile(r'"code":\s*(\d+)')


@dataclass
class Finding:
    """What is wrong with what one client told in one scenario: by count, the ids (or orders) concerned."""

    index: int
    client: str
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def note(self, count: str, what: str) -> None:
        self.wrong.setdefault(count, []).append(what)

    @property
    def violations(self) -> list[str]:
        return [name for name in VIOLATIONS if name in self.wrong]


@dataclass(frozen=True)
class Account:
    """What was told of each asked id: a status ("unknown": no such order), or that it is unresolved."""

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
    if ours or not scenario.is_mixed:  # of a mixed list ccxt drops one kind: that is counted as silent
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
        if status == _NO_SUCH_ORDER and scenario.market != "spot" and truth != "open":
            continue
        false.add(one)
        finding.note(MISREPORTED, f"{one.value} told {status}, is {truth}")
        if truth == "open" and status in _FINAL:
            finding.note(LIVE_TOLD_GONE, one.value)
    return false


def _ended_since(scenario: Scenario, one: AskedId, played: Played) -> bool:
    """Whether it may have been open when the exchange last said so: a race or a late request ended it."""
    if one.order in played.raced:
        return True
    late = {request.number for request in played.requests if request.fault in ("delay", "hang")}
    number = None if one.order is None else scenario.order_id(one.order)
    return any(number in done.cancelled and done.request in late for done in played.executions)


def _judge_error(scenario: Scenario, played: Played, account: Account, finding: Finding) -> None:
    error = played.told.error
    if error is None:
        return
    cancelled = [str(number) for done in played.executions for number in done.cancelled]
    says_nothing_happened = _NOTHING_WAS_CANCELLED in str(error) or (
        finding.client not in OUR_CLIENTS and _names_an_order(error)
    )
    if cancelled and says_nothing_happened:
        finding.note(MISREPORTED, f"{type(error).__name__}, yet cancelled: {', '.join(cancelled)}")
    open_ids = [one for one in scenario.asked if one not in account.statuses]
    if _is_refusal(error) or not open_ids:
        return
    # Each id that is live after all was rightly said to be possibly so; it still was not known.
    for one in open_ids:
        finding.note(UNCERTAIN, one.value)
        if finding.client in OUR_CLIENTS and scenario.settles:
            finding.note(NEEDLESSLY_UNCERTAIN, f"{one.value}: {type(error).__name__}")


def _names_an_order(error: BaseError) -> bool:
    return _is_refusal(error) and _NAMES_AN_ORDER.search(str(error)) is not None


def _is_refusal(error: BaseError) -> bool:
    """Whether the exchange's own words are in it, and say that it refused: then nothing is uncertain."""
    code = _CODE.search(str(error))
    if code is None:
        return "not sent" in str(error)  # the plugin's lane, during a ban
    return code[1] not in {*_BUSY_CODES, "0"}


def _judge_atomicity(scenario: Scenario, played: Played, finding: Finding) -> None:
    """All or nothing: one request cancelled every order asked for, or no request cancelled any."""
    if not (scenario.all_or_nothing and scenario.one_request_holds_all and played.executions):
        return
    asked = {None if one.order is None else scenario.order_id(one.order) for one in scenario.asked}
    done = [set(execution.cancelled) for execution in played.executions]
    if done != [asked]:
        finding.note(BROKEN_ATOMICITY, f"asked for {asked}, cancelled {done}")


def _read_ours(scenario: Scenario, told: Told) -> Account:
    """The plugin's promise: every asked id once, in asking order, told or unresolved."""
    unresolved = [] if told.error is None else [_unresolved(one) for one in _attribute(told, "unresolved")]
    orders = told.orders if told.error is None else _attribute(told, "orders")
    expected = [one for one in scenario.asked if (one.field, one.value) not in unresolved]
    in_order = unresolved == [
        (one.field, one.value) for one in scenario.asked if (one.field, one.value) in unresolved
    ]
    statuses: dict[AskedId, str] = {}
    for position, order in enumerate(orders):
        if position < len(expected) and order[expected[position].field] == expected[position].value:
            statuses[expected[position]] = order["status"] or _NO_SUCH_ORDER
        else:
            # Nobody but us asks here: an entry that answers nothing asked is a defect. But a filled swap
            # order may come back by its order id only, where it was asked for by its client order id.
            in_order &= (
                scenario.market != "spot" and position >= len(expected) and order["status"] == "closed"
            )
    return Account(
        statuses,
        frozenset(one for one in scenario.asked if (one.field, one.value) in unresolved),
        in_order,
    )


def _attribute(told: Told, name: str) -> list[Any]:
    return list(getattr(told.error, name, ()))


def _unresolved(one: str) -> tuple[str, str]:
    return ("clientOrderId" if type(one).__name__ == "ClientOrderId" else "id", str(one))


def _read_ccxts(scenario: Scenario, told: Told) -> Account:
    """ccxt tells of whatever the answer lists; an error is about all ids, and accounts for none.

    It promises no order (it sorts by the time of placing, to the ms), so only duplicates are held against it.
    """
    statuses = {
        one: order["status"]
        for order in told.orders
        for one in scenario.asked
        if order[one.field] == one.value and order["status"] is not None
    }
    ids = [order["id"] for order in told.orders]
    return Account(statuses, frozenset(), in_order=len(set(ids)) == len(ids))
