"""Judge cancel_all_orders. The docstring of the package says how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ccxt_bingx_ext.simulator.simulator import FIRST_ORDER_ID

from ..clients import OUR_CLIENTS
from ..judge import (
    DISORDER,
    LIVE_TOLD_GONE,
    LOST,
    MISREPORTED,
    NEEDLESSLY_UNCERTAIN,
    REPEATED,
    SILENT,
    UNCERTAIN,
    Finding,
)
from ..play import SOMEBODY_ELSE
from .claims import (
    NO_SUCH_ORDER,
    SENT_AGAIN,
    TOO_LONG,
    TOUCHED,
    judge_error,
    judge_secrets,
    lists_of,
    longest,
)
from .play import FamilyPlayed
from .scenario import ALL, LISTED, FamilyScenario

_REFUSING: Final = frozenset({"ban", "restrict", "canned"})
_LISTED_BY_ID: Final = 10  # how many ids the message names


def judge_all(scenario: FamilyScenario, client: str, played: FamilyPlayed) -> Finding:
    """Judge the call of the scenario."""
    judged = _Judged(scenario, client, played)
    judged.judge_reports()
    judged.judge_silence()
    judged.judge_requests()
    if client in OUR_CLIENTS:
        judged.judge_error()
        judged.judge_time()
        judge_secrets(played.texts, judged.finding)
    return judged.finding


class _Judged:
    def __init__(self, scenario: FamilyScenario, client: str, played: FamilyPlayed) -> None:
        self.finding = Finding(scenario.index, client)
        self._scenario, self._played = scenario, played
        (self._answer,) = played.answers
        self._ours = client in OUR_CLIENTS
        orders, unresolved = lists_of(self._answer.error)
        result = self._answer.result if self._answer.error is None else orders
        self._orders: list[dict[str, Any]] = [*(result or ())]
        self._unresolved: list[dict[str, Any]] = [*(unresolved or ())]

    def _is_meant(self, number: int) -> bool:
        """Whether the call is about the order: the order is ours, and of the symbol."""
        if number not in range(len(self._played.book)):
            return False
        order = self._played.book[number]
        symbol = self._scenario.symbol
        is_of_symbol = symbol is None or order.symbol == symbol.partition(":")[0].replace("/", "-")
        return order.uid != SOMEBODY_ELSE and is_of_symbol

    def _number(self, order: Mapping[str, Any]) -> int:
        """The number of the order, by its order id, or by its client order id if the order id is missing."""
        name = str(_id_of(order)).lower()
        own = (one for one in enumerate(self._played.book) if one[1].uid != SOMEBODY_ELSE)
        named = (number for number, one in own if name in (str(one.order_id), one.client_order_id.lower()))
        is_of_other = (number for number, one in enumerate(self._played.book) if name == str(one.order_id))
        return next(named, next(is_of_other, -1))

    def judge_reports(self) -> None:
        """Judge the call's reports about single orders."""
        numbers = [self._number(one) for one in self._orders]
        for number, order in zip(numbers, self._orders, strict=True):
            if not self._is_meant(number):
                self.finding.note(DISORDER, f"reported {order['id']} {order['status']}, which is not meant")
                continue
            truth, status = self._answer.truths[number], order["status"] or NO_SUCH_ORDER
            is_vague = status == NO_SUCH_ORDER and self._scenario.market != "spot" and truth != "open"
            is_raced = status == "open" and number in self._played.raced
            if status == truth or is_vague or is_raced:
                continue
            self.finding.note(MISREPORTED, f"{order['id']} reported {status}, is {truth}")
            if truth == "open":
                self.finding.note(LIVE_TOLD_GONE, str(order["id"]))
                self._lose(number)
        named = numbers + [self._number(one) for one in self._unresolved if not _is_all(one)]
        if len({*named}) < len(named):
            self.finding.note(DISORDER, "an order twice")

    def _lose(self, number: int) -> None:
        if self._played.in_the_end[number] == "open":
            self.finding.note(LOST, str(FIRST_ORDER_ID + number))

    def judge_silence(self) -> None:
        """Look for orders that were open at the call, have not ended, and are missing from its report."""
        if self._answer.error is not None and not self._ours:
            self.finding.note(UNCERTAIN, type(self._answer.error).__name__)
            return
        if self._answer.error is None and self._ours and not self._was_listed and self._was_answered:
            return
        mentioned = {self._number(one) for one in (*self._orders, *self._unresolved)}
        covers_all = any(
            _is_all(one) and one["symbol"] in (None, self._scenario.symbol) for one in self._unresolved
        )
        for number, placed in enumerate(self._scenario.placed):
            is_open = placed.state in ("open", "partly") and self._answer.truths[number] == "open"
            if is_open and self._is_meant(number) and number not in mentioned and not covers_all:
                self.finding.note(SILENT, str(FIRST_ORDER_ID + number))
                self._lose(number)

    @property
    def _was_listed(self) -> bool:
        """Whether a list of open orders arrived."""
        return any(
            one.path.endswith(LISTED[self._scenario.market])
            and one.code == 0
            and one.fault in (None, "race", "forget")
            for one in self._played.requests
        )

    @property
    def _was_answered(self) -> bool:
        """Whether the response to the request for all was readable."""
        return any(self._is_for_all(one.path) and one.code == 0 for one in self._played.requests)

    def _is_for_all(self, path: str) -> bool:
        return path.endswith(ALL[self._scenario.market].rpartition(" ")[2])

    def judge_requests(self) -> None:
        """Judge which orders the requests touched."""
        spared = len(self._scenario.placed)
        is_refused = any(one.kind == "refuse" for one in self._scenario.troubles) or (
            self._scenario.rules.get("same_order_in_cancel_all")
        )
        for done in self._played.executions:
            by_id = not self._is_for_all(done.path)
            for number in (id - FIRST_ORDER_ID for id in done.cancelled):
                is_trigger = self._played.book[number].type != "LIMIT"
                if not self._is_meant(number):
                    self.finding.note(TOUCHED, f"{done.path} cancelled {number}, of another owner or symbol")
                elif by_id and number >= spared:
                    self.finding.note(TOUCHED, f"{done.path} cancelled {number}, placed meanwhile")
                elif by_id and is_trigger and not is_refused:
                    self.finding.note(TOUCHED, f"{done.path} cancelled {number}, a trigger order")
        for id in self._played.repeated:
            self.finding.note(REPEATED, id)
        if self._ours:
            self._judge_repeats()

    def _judge_repeats(self) -> None:
        sent = [one for one in self._played.requests if self._is_for_all(one.path)]
        for one in sent[:-1]:
            if one.executed or not (one.limited or one.fault in _REFUSING or _stops(one.http_status)):
                self.finding.note(SENT_AGAIN, f"request {one.number} (fault {one.fault}) may be executed")

    def judge_error(self) -> None:
        error = self._answer.error
        if error is None:
            return
        if not self._unresolved:
            self.finding.note(SILENT, f"{type(error).__name__} with unresolved {self._unresolved}")
        for one in self._unresolved:
            if not _is_all(one) and not self._is_meant(self._number(one)):
                self.finding.note(DISORDER, f"unresolved {one}, which is not meant")
        names = [_id_of(one) or "all open orders" for one in self._unresolved[:_LISTED_BY_ID]]
        judge_error(error, names, self.finding, "all")
        self.finding.note(UNCERTAIN, type(error).__name__)
        if self._scenario.loses_one_response and all(self._is_settleable(one) for one in self._unresolved):
            self.finding.note(NEEDLESSLY_UNCERTAIN, f"{type(error).__name__} {error}")

    def _is_settleable(self, one: dict[str, Any]) -> bool:
        """Whether the plugin could have settled an order that it left unresolved.

        It leaves alone a trigger order, and an order that may be younger than the request.
        """
        if _is_all(one):
            return True
        number = self._number(one)
        is_trigger = self._played.book[number].type != "LIMIT"
        is_young = self._scenario.age == 0 or number >= len(self._scenario.placed)
        return not (is_trigger or is_young)

    def judge_time(self) -> None:
        """Judge the call's duration. The list, the orders left, and their cancels by id add to it."""
        if self._answer.seconds > 2 * longest(self._scenario):
            self.finding.note(TOO_LONG, f"{self._answer.seconds:.1f} s")


def _id_of(order: Mapping[str, Any]) -> str | None:
    return order.get("id") or order.get("clientOrderId")


def _is_all(unresolved: Mapping[str, Any]) -> bool:
    """Whether the entry stands for all orders of a symbol, or of every symbol."""
    return _id_of(unresolved) is None


def _stops(status: int | None) -> bool:
    return status in (403, 418, 429)
