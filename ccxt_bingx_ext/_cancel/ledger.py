"""What a response says of each id that was asked for. No I/O, no exchange object.

A response is ``{"code": 0, "data": {"orders": [...], "fails": [...]}}``; either list may be absent or null
(live). Swap endpoints give the lists other names (`ResponseSchema`). `Ledger` keeps, for every id, the one
report that counts. A report settles the id if it says in which state the order is, or that there is no such
order. An entry that means no id of the call is kept as a stray.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from ccxt.base.errors import BaseError

from .._bingx.endpoints import SPOT, ResponseSchema
from .._bingx.errors import response_of
from .._bingx.vocabulary import DOES_NOT_EXIST_CODES, STATUS_OF_CODE, STATUS_OF_STATE, Words, is_busy
from .._ids import OrderRef
from .matching import IdIndex, order_id_of, text_of


class UnexpectedResponse(Exception):
    """The response does not have the documented shape: what happened is unknown."""


class Weight(IntEnum):
    """Which of two reports about one id counts."""

    REASON = 0  # only why the order was not cancelled
    NO_SUCH_ORDER = 1
    STATE = 2
    CANCELLED = 3  # it stood among the cancelled orders
    LIVE = 4  # outweighs all others: no bot may lose sight of a live order


class OrderReport(NamedTuple):
    """What one entry of a response says of one order.

    `listed`: where it stood, among the ``"orders"`` (cancelled ones) or the ``"fails"``. `status`: a ccxt
    status or None. `unknown`: the exchange says that there is no such order.
    """

    listed: str
    entry: Any
    status: str | None
    unknown: bool = False

    @property
    def settles(self) -> bool:
        """Whether it says what became of the order, and not only why the order was not cancelled."""
        return self.status is not None or self.unknown

    @property
    def weight(self) -> Weight:
        """Which of two reports about one id counts: the weightier."""
        if self.status == "open":
            return Weight.LIVE
        if self.listed == "orders":
            return Weight.CANCELLED
        if self.status is not None:
            return Weight.STATE
        return Weight.NO_SUCH_ORDER if self.unknown else Weight.REASON

    def combined_with(self, other: OrderReport) -> OrderReport:
        """What the two say together: the weightier, and nothing if they contradict each other."""
        if other.weight > self.weight:
            return other
        if other.weight == self.weight and other.status != self.status:
            return self._replace(status=None, unknown=False)
        return self


class Ledger:
    """Every id of a call, and what is known of it so far, from responses with that `schema`."""

    def __init__(self, refs: Sequence[OrderRef], schema: ResponseSchema = SPOT.schema) -> None:
        self.refs = tuple(refs)
        self._schema = schema
        self._index = IdIndex(self.refs, schema)
        self._reports: dict[OrderRef, OrderReport | None] = dict.fromkeys(refs)
        self._strays: dict[tuple[str, str], OrderReport] = {}

    def __getitem__(self, ref: OrderRef) -> OrderReport | None:
        """The report that settles `ref`, if there is one."""
        report = self._reports[ref]
        return report if report is not None and report.settles else None

    @property
    def unsettled(self) -> tuple[OrderRef, ...]:
        """The ids of which nothing settles what became of them, in asking order."""
        return tuple(ref for ref in self.refs if self[ref] is None)

    @property
    def known(self) -> list[tuple[OrderRef, OrderReport]]:
        """What settles the ids, in asking order."""
        return [(ref, report) for ref in self.refs if (report := self[ref]) is not None]

    @property
    def strays(self) -> list[OrderReport]:
        """The entries that mean no id of the call, and no order that is known by another name."""
        if not self._strays:
            return []
        known = {order_id_of(report.entry) for _, report in self.known} - {None}
        return [stray for stray in self._strays.values() if order_id_of(stray.entry) not in known]

    def words(self, ref: OrderRef) -> str:
        """What the exchange said of `ref`, if anything, that does not settle it."""
        report = self._reports[ref]
        return "" if report is None else text_of(report.entry)

    def read(self, response: object, refs: Sequence[OrderRef]) -> list[OrderReport]:
        """Enter the `response` to a request for `refs`, and return its reports.

        Raises `UnexpectedResponse`; then nothing has been entered.
        """
        requested = IdIndex(refs, self._schema)
        reports: list[OrderReport] = []
        combined: dict[OrderRef, OrderReport] = {}
        several: list[set[OrderRef]] = []
        for listed, entry in _entries_of(response, self._schema):
            meant = self._meant(listed, entry, requested)
            report = _report_of_entry(listed, entry, meant)
            reports.append(report)
            for ref in meant:
                combined[ref] = combined[ref].combined_with(report) if ref in combined else report
            if len(meant) > 1:
                several.append(meant)
            self._keep_stray(report, meant, requested)
        for ref, report in combined.items():
            self.enter(ref, report)
        for meant in several:
            self._join(meant)
        return reports

    def enter(self, ref: OrderRef, report: OrderReport) -> None:
        """Keep `report` of `ref`, unless something weightier is known."""
        before = self[ref]
        self._reports[ref] = report if before is None else before.combined_with(report)

    def enter_found(self, ref: OrderRef, found: OrderReport) -> None:
        """Keep what the query of `ref` has `found`, for the order's other name, too, if that was asked."""
        for one in {ref, *self._index.of("orders", found.entry)}:
            self.enter(one, found)

    def _meant(self, listed: str, entry: Any, requested: IdIndex) -> set[OrderRef]:
        """The refs that an entry means: of its request, or of another request of this call."""
        if listed == "orders":  # by whichever of its ids the call asked for it
            return self._index.of(listed, entry) or requested.the_only_one(listed, entry)
        named = requested.of(listed, entry) or self._index.of(listed, entry)
        return named or requested.the_only_one(listed, entry)

    def _keep_stray(self, report: OrderReport, meant: set[OrderRef], requested: IdIndex) -> None:
        key = (report.listed, repr(report.entry))
        if meant:
            self._strays.pop(key, None)  # an earlier response could not place it
        elif not requested.is_unnamed(report.listed, report.entry) and not _is_only_a_reason(report):
            self._strays.setdefault(key, report)

    def _join(self, names: set[OrderRef]) -> None:
        """Two ids of one order: if it is live by one of them, it is live by the other."""
        known = [report for name in names if (report := self._reports[name]) is not None]
        live = next((report for report in known if report.status == "open"), None)
        if live is not None:
            self._reports.update(dict.fromkeys(names, live))


def report_of_query(response: object, ref: OrderRef, schema: ResponseSchema = SPOT.schema) -> OrderReport:
    """What the response to a query says of `ref`; `UnexpectedResponse` if it says nothing of it."""
    data = _data_of(response)
    entry = data.get("order", data) if isinstance(data, Mapping) else None
    index = IdIndex([ref], schema)
    if not isinstance(entry, Mapping) or not (
        index.of("orders", entry) or index.the_only_one("orders", entry)
    ):
        raise UnexpectedResponse("a query whose response says nothing of the order")
    report = _report_of_entry("orders", entry, ())
    if not report.settles:
        raise UnexpectedResponse("a query whose response does not say the order's state")
    return report


def report_of_refusal(error: BaseError) -> OrderReport:
    """What an ``OrderNotFound`` says of the one order that was asked for."""
    response = response_of(error)
    text = (response.message if response is not None else "") or str(error)
    status = Words(text).status or STATUS_OF_CODE.get(str(response.code) if response is not None else "")
    return OrderReport("fails", {"error": text}, status, unknown=status is None)


def _report_of_entry(listed: str, entry: Any, meant: Iterable[OrderRef]) -> OrderReport:
    if listed == "orders":
        state = str(entry.get("status")) if isinstance(entry, dict) else ""
        return OrderReport(listed, entry, STATUS_OF_STATE.get(state.upper()))
    words = Words(text_of(entry), about=tuple(ref.value for ref in meant))
    if words.states:
        return OrderReport(listed, entry, words.status)
    code = str(entry.get("errorCode", "")) if isinstance(entry, dict) else ""
    if status := STATUS_OF_CODE.get(code):
        return OrderReport(listed, entry, status)
    # Other words, such as "busy", do not settle the order: the flow asks for it again.
    unknown = (words.deny_the_order and not is_busy(code)) or code in DOES_NOT_EXIST_CODES
    return OrderReport(listed, entry, None, unknown=unknown)


def _is_only_a_reason(report: OrderReport) -> bool:
    """Whether it only says why an order was not cancelled: as a result it would read "no such order"."""
    return report.weight is Weight.REASON and order_id_of(report.entry) is not None


def _data_of(response: object) -> Any:
    if not isinstance(response, Mapping) or str(response.get("code")) != "0":
        raise UnexpectedResponse("no object with code 0")
    return response.get("data")


def _entries_of(response: object, schema: ResponseSchema) -> Iterator[tuple[str, Any]]:
    data = _data_of(response)
    if not isinstance(data, Mapping):
        raise UnexpectedResponse("no data")
    for listed, key in (("orders", schema.done), ("fails", schema.failed)):
        entries = data.get(key)
        if entries is not None:
            yield from ((listed, entry) for entry in (entries if isinstance(entries, list) else [entries]))
