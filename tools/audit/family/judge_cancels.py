"""Judge calls of cancel_order, alone or many at once. The docstring of the package says how."""

from __future__ import annotations

from typing import Any

from ccxt.base.errors import InvalidOrder, OrderNotFound

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
from .claims import (
    DENIED,
    GONE_WORDS,
    NO_SUCH_ORDER,
    TOO_LONG,
    calls_gone,
    judge_error,
    judge_secrets,
    lists_of,
    longest,
)
from .clients import Answer
from .play import FamilyPlayed
from .scenario import Asking, FamilyScenario


def judge_cancels(scenario: FamilyScenario, client: str, played: FamilyPlayed) -> Finding:
    """Judge every call of the scenario."""
    finding = Finding(scenario.index, client)
    ours = client in OUR_CLIENTS
    for asking, answer in zip(scenario.calls, played.answers, strict=True):
        call = _Call(scenario, asking, answer, played, finding)
        call.judge_ours() if ours else call.judge_ccxts()
        if ours and answer.seconds > longest(scenario):
            finding.note(TOO_LONG, f"{asking.value}: {answer.seconds:.1f} s")
    for id in played.repeated:
        if not _is_named_variously(scenario, id):
            finding.note(REPEATED, id)
    if ours:
        judge_secrets(played.texts, finding)
    return finding


def _is_named_variously(scenario: FamilyScenario, id: str) -> bool:
    """Whether several calls name an order by different ids: a client cannot know that it is one order."""
    calls = [one for one in scenario.calls if one.order is not None and id == str(FIRST_ORDER_ID + one.order)]
    return len({*calls}) > 1


class _Call:
    """One call, and its order."""

    def __init__(
        self,
        scenario: FamilyScenario,
        asking: Asking,
        answer: Answer,
        played: FamilyPlayed,
        finding: Finding,
    ) -> None:
        self._scenario, self._asking, self._answer = scenario, asking, answer
        self._played, self._finding = played, finding
        self._name = asking.value
        self._truth = self._truth_in(answer.truths)

    def _truth_in(self, truths: tuple[str, ...]) -> str:
        order = self._asking.order
        if order is None:
            return NO_SUCH_ORDER
        placed = self._scenario.placed[order]
        is_reached = not placed.foreign and placed.symbol == self._asking.symbol
        return truths[order] if is_reached else NO_SUCH_ORDER

    def _note(self, count: str, what: str) -> None:
        self._finding.note(count, f"{self._name}: {what}")

    def _is_false(self, what: str) -> None:
        self._note(MISREPORTED, f"reported {what}, is {self._truth}")
        if self._truth == "open":
            self._note(LIVE_TOLD_GONE, what)
            self._lose(what)

    def _lose(self, what: str) -> None:
        if self._truth_in(self._played.in_the_end) == "open":
            self._note(LOST, what)

    def judge_ours(self) -> None:
        error = self._answer.error
        if error is None:
            self._judge_structure()
        elif isinstance(error, InvalidOrder):
            self._judge_not_found(error)
        else:
            self._judge_unresolved(error)

    def _judge_structure(self) -> None:
        order, asking = self._answer.result, self._asking
        if not isinstance(order, dict) or order.get("status") != "canceled":
            self._note(SILENT, f"returned {order!r}")
            self._lose("no status")
            return
        if self._truth != "canceled":
            self._is_false("canceled")
        elif str(order["id"]) != str(FIRST_ORDER_ID + (asking.order or 0)) and order["id"] is not None:
            self._note(DISORDER, f"returned the order {order['id']}")
        if order["symbol"] != asking.symbol or not self._is_named(order):
            self._note(DISORDER, f"returned {order['symbol']} {order['id']} {order['clientOrderId']}")

    def _is_named(self, order: dict[str, Any]) -> bool:
        field = "id" if self._asking.client_id is None else "clientOrderId"
        return bool(order[field] == self._asking.value)

    def _judge_not_found(self, error: InvalidOrder) -> None:
        orders, unresolved = lists_of(error)
        if unresolved != [] or not isinstance(error, OrderNotFound):
            self._note(GONE_WORDS, f"{type(error).__name__} with unresolved {unresolved}")
        if orders is None or len(orders) != 1 or not self._is_named(orders[0]):
            self._note(SILENT, f"{type(error).__name__} with orders {orders}")
            self._lose("not found")
            return
        status = orders[0]["status"] or NO_SUCH_ORDER
        is_vague = status == NO_SUCH_ORDER and self._scenario.market != "spot" and self._truth != "open"
        if status != self._truth and not is_vague:
            self._is_false(status)
        elif self._truth == "canceled" and self._is_own and not self._is_shared:
            self._note(DENIED, f"not found: {status}")

    @property
    def _is_own(self) -> bool:
        """Whether the call itself cancelled the order."""
        number = FIRST_ORDER_ID + self._asking.order if self._asking.order is not None else None
        return any(number in done.cancelled for done in self._played.executions)

    @property
    def _is_shared(self) -> bool:
        """Whether another call cancels the same order: one of the two may come too late."""
        return self._asking.order is not None and len(self._scenario.named_by(self._asking.order)) > 1

    def _judge_unresolved(self, error: Exception) -> None:
        orders, unresolved = lists_of(error)
        kind = "id" if self._asking.client_id is None else "ClientOrderId"
        named = [str(one) for one in unresolved or ()]
        is_of_kind = all(
            (type(one).__name__ == "ClientOrderId") == (kind != "id") for one in unresolved or ()
        )
        if named != [self._asking.value] or not is_of_kind:
            self._note(SILENT, f"{type(error).__name__} with unresolved {unresolved}")
            self._lose("neither reported nor unresolved")
        if orders:
            self._note(DISORDER, f"unresolved, and reported {[one['status'] for one in orders]}")
        judge_error(error, [self._asking.value], self._finding, self._name)
        self._note(UNCERTAIN, type(error).__name__)
        if self._could_be_known():
            self._note(NEEDLESSLY_UNCERTAIN, f"{type(error).__name__} {error}")

    def _could_be_known(self) -> bool:
        """Whether a client can find out what became of the order.

        A client order id that is not found proves nothing: the exchange forgets the id, but not its order
        (docs).
        """
        is_nameless = self._asking.client_id is not None and self._truth == NO_SUCH_ORDER
        is_forgotten = self._asking.client_id is not None and self._scenario.age > 7200
        is_excused = is_nameless or is_forgotten or (self._scenario.kind == "gather" and self._is_crowded())
        return self._scenario.loses_one_response and not is_excused

    def _is_crowded(self) -> bool:
        """Whether the other calls of a gather may have kept this call from reconciling.

        They meet the troubles in its place, use up the limit of the look-ups, and keep this machine busy.
        """
        is_limited = self._scenario.limits is not None
        is_late = self._answer.seconds > self._scenario.timeout_ms / 1000
        return bool(self._scenario.troubles) or is_limited or is_late

    def judge_ccxts(self) -> None:
        error, order = self._answer.error, self._answer.result
        if error is None:
            if order["status"] is None or order["id"] is None:
                self._note(SILENT, f"returned status {order['status']} of {order['id']}")
                self._lose("no status")
            elif order["status"] != self._truth:
                self._is_false(order["status"])
        elif not calls_gone(error):
            self._note(UNCERTAIN, type(error).__name__)
        elif self._truth == "open":
            self._is_false("gone")
        elif self._truth == "canceled" and self._is_own and not self._is_shared:
            self._note(MISREPORTED, "not found, yet cancelled")
