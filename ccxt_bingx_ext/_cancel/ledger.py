"""Keep what the responses report about each id of a call. No I/O, no exchange object.

A response is ``{"code": 0, "data": {"orders": [...], "fails": [...]}}``; either list may be absent or null
(live). Swap endpoints give the lists other names (`ResponseSchema`). For every id, `Ledger` keeps the one
report that counts. A report settles the id if it names the state of the order, or says that there is no such
order. The ledger keeps an entry that does not mean an id of the call as a stray.

The report that counts:

- Within one response, reports that disagree settle nothing. A query has to settle the id.
- Across responses, a final state outweighs a later "open", because lists and queries lag (live). Two
  different final states settle nothing, until a query decides.
- "No such order" is not a final state. It never outweighs "open".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from ccxt.base.errors import BaseError

from .._bingx.endpoints import SPOT, ResponseSchema
from .._bingx.errors import response_of, words_of
from .._bingx.vocabulary import STATUS_OF_STATE, Words, spelled_out, state_of
from .._ids import OrderRef
from .matching import IdIndex, ids_of, names_of, order_id_of, text_of


class UnexpectedResponse(Exception):
    """The response does not have the documented form, so the outcome is unknown."""


class Weight(IntEnum):
    """The weight of a report. Of two reports about one id, in two responses, the weightier counts."""

    REASON = 0  # only a reason why the order was not cancelled
    NO_SUCH_ORDER = 1
    LIVE = 2
    FINAL = 3


class OrderReport(NamedTuple):
    """One entry of a response, about one order.

    `listed`: the list with the entry, ``"orders"`` (cancelled ones) or ``"fails"``. `status`: a ccxt status
    or None. `unknown`: the exchange says that there is no such order. `gone`: the exchange says that the
    order is either in a final state or unknown, so that a query has to settle which. `names_another`: the
    words name another order, so that they settle neither.
    """

    listed: str
    entry: Any
    status: str | None
    unknown: bool = False
    gone: bool = False
    names_another: bool = False

    @property
    def settles(self) -> bool:
        """Whether the report says what became of the order, and not only why it was not cancelled."""
        return self.status is not None or self.unknown

    @property
    def weight(self) -> Weight:
        """The weight of the report against a report in another response."""
        if self.status == "open":
            return Weight.LIVE
        if self.status is not None:
            return Weight.FINAL
        return Weight.NO_SUCH_ORDER if self.unknown else Weight.REASON

    def unsettled(self) -> OrderReport:
        """The same entry in a report that settles nothing."""
        return self._replace(status=None, unknown=False)


class Ledger:
    """Every id of a call, with the report that counts so far, from responses with that `schema`."""

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
        """The ids that no report settles, in asking order."""
        return tuple(ref for ref in self.refs if self[ref] is None)

    @property
    def known(self) -> list[tuple[OrderRef, OrderReport]]:
        """The settled ids and the reports that settle them, in asking order."""
        return [(ref, report) for ref in self.refs if (report := self[ref]) is not None]

    @property
    def strays(self) -> list[OrderReport]:
        """The entries that mean neither an id of the call nor an order that is known by another name.

        An entry without an id keeps no state. Otherwise a bot could take its "canceled" for any order.
        """
        if not self._strays:
            return []
        known = {order_id_of(report.entry) for _, report in self.known} - {None}
        strays = (stray for stray in self._strays.values() if order_id_of(stray.entry) not in known)
        return [stray if ids_of(stray.entry) else stray.unsettled() for stray in strays]

    def words(self, ref: OrderRef) -> str:
        """The exchange's words about `ref`, or ""."""
        report = self._reports[ref]
        return "" if report is None else text_of(report.entry)

    def report_on(self, ref: OrderRef) -> OrderReport | None:
        """The report on `ref` that counts, whether or not it settles the id."""
        return self._reports[ref]

    def is_final(self, ref: OrderRef) -> bool:
        """Whether `ref` is known to be in a final state."""
        report = self[ref]
        return report is not None and report.weight is Weight.FINAL

    @property
    def unclear(self) -> list[OrderRef]:
        """The ids with a report that does not settle them."""
        return [ref for ref in self.unsettled if self._reports[ref] is not None]

    @property
    def has_reports(self) -> bool:
        """Whether there is a report on any id."""
        return any(report is not None for report in self._reports.values())

    def read(self, response: object, refs: Sequence[OrderRef]) -> list[OrderReport]:
        """Enter the `response` to a request for `refs`, and return its reports.

        Raises `UnexpectedResponse`, and then enters nothing.
        """
        requested = IdIndex(refs, self._schema)
        reports: list[OrderReport] = []
        by_order: list[tuple[set[OrderRef], list[OrderReport]]] = []
        for listed, entry in _entries_of(response, self._schema):
            meant = self._meant(listed, entry, requested)
            report = _report_of_entry(listed, entry, meant)
            reports.append(report)
            self._keep_stray(report, meant, requested)
            if meant:
                by_order = _with(by_order, meant, report)
        for names, its_reports in by_order:
            for ref in names:
                self.enter(ref, _agreed(its_reports))
            self._join(names)
        return reports

    def enter(self, ref: OrderRef, report: OrderReport, *, from_query: bool = False) -> None:
        """Keep `report` on `ref` unless a weightier one is known. A query decides between final states."""
        before = self._reports[ref]
        if before is not None and before.settles:
            report = _weighed(before, report, from_query=from_query)
        self._reports[ref] = report

    def enter_found(self, ref: OrderRef, found: OrderReport) -> None:
        """Keep the report that the query of `ref` has `found`, also for the order's other id in this call."""
        for one in {ref, *self._index.of("orders", found.entry)}:
            self.enter(one, found, from_query=True)

    def forget(self, ref: OrderRef) -> None:
        """Drop the report on `ref`, which was about another order."""
        self._reports[ref] = None

    def forget_live(self, refs: Iterable[OrderRef]) -> None:
        """Drop the reports that `refs` are open, because a new cancel of them is on its way."""
        for ref in refs:
            report = self._reports[ref]
            if report is not None and report.weight is Weight.LIVE:
                self._reports[ref] = report.unsettled()

    def forget_unknown(self, refs: Iterable[OrderRef]) -> None:
        """Drop the reports that `refs` are unknown, because an earlier request may have cancelled them."""
        for ref in refs:
            report = self._reports[ref]
            if report is not None and report.status is None:
                self._reports[ref] = report.unsettled()

    def _meant(self, listed: str, entry: Any, requested: IdIndex) -> set[OrderRef]:
        """The refs that an entry means, from its request or from another request of this call."""
        if listed == "orders":  # by any of its ids in this call
            return self._index.of(listed, entry) or requested.the_only_one(listed, entry)
        named = requested.of(listed, entry) or self._index.of(listed, entry)
        return named or requested.the_only_one(listed, entry)

    def _keep_stray(self, report: OrderReport, meant: set[OrderRef], requested: IdIndex) -> None:
        key = (report.listed, spelled_out(report.entry) or str(id(report.entry)))
        if meant:
            self._strays.pop(key, None)  # an earlier response could not match the entry
        elif not requested.is_unnamed(report.listed, report.entry) and not _is_only_a_reason(report):
            self._strays.setdefault(key, report)

    def _join(self, names: set[OrderRef]) -> None:
        """Share the report among `names`, which are several ids of one order."""
        known = [report for name in names if (report := self._reports[name]) is not None and report.settles]
        if known:
            together = known[0]
            for report in known[1:]:
                together = _weighed(together, report, from_query=False) if together.settles else together
            self._reports.update(dict.fromkeys(names, together))


def report_of_query(response: object, ref: OrderRef, schema: ResponseSchema = SPOT.schema) -> OrderReport:
    """The report on `ref` in the response to a query. Raises `UnexpectedResponse` if there is none."""
    data = _data_of(response)
    entry = data.get("order", data) if isinstance(data, Mapping) else None
    index = IdIndex([ref], schema)
    if not isinstance(entry, Mapping) or not (
        index.of("orders", entry) or index.the_only_one("orders", entry)
    ):
        raise UnexpectedResponse("the response to a query says nothing about the order")
    report = _report_of_entry("orders", entry, ())
    if not report.settles:
        raise UnexpectedResponse("the response to a query does not name the order's state")
    return report


def report_of_history(
    response: object, ref: OrderRef, schema: ResponseSchema = SPOT.schema
) -> OrderReport | None:
    """The report on `ref` in a list of orders; None if the list does not hold the order.

    Raises `UnexpectedResponse` if the response is not a list. The report settles nothing if the list
    contradicts itself, or names an unknown state.
    """
    data = _data_of(response)
    # Some empty lists are null, or absent (live, of cancels).
    entries = (data.get("orders") or []) if isinstance(data, Mapping) else None
    if not isinstance(entries, list):
        raise UnexpectedResponse("the response has no list of orders")
    index = IdIndex([ref], schema)
    reports = [_report_of_entry("orders", one, ()) for one in entries if index.of("orders", one)]
    if not reports:
        return None
    # A bot may have used a client order id again. Then the orders differ, and the list settles nothing.
    agree = len({(order_id_of(one.entry), one.status) for one in reports}) == 1
    return reports[0] if agree else reports[0].unsettled()


def reports_of(response: object, schema: ResponseSchema) -> list[OrderReport]:
    """One report for each order that the `response` names, and one for each entry without an id.

    Raises `UnexpectedResponse`, also for a response without lists, which does not say that no order was open.
    """
    entries = [*_entries_of(response, schema)]
    if not {schema.done, schema.failed} & _data_of(response).keys():
        raise UnexpectedResponse("the response has no list of orders")
    by_order: dict[object, list[OrderReport]] = {}
    for position, (listed, entry) in enumerate(entries):
        name = next(iter(names_of(entry)), position)
        by_order.setdefault(name, []).append(_report_of_entry(listed, entry, ()))
    return [_agreed(reports) for reports in by_order.values()]


def listed_orders(response: object) -> list[dict[str, Any]]:
    """The orders in a list of orders, {} for an unreadable entry. Raises `UnexpectedResponse`."""
    data = _data_of(response)
    if not isinstance(data, Mapping) or not isinstance(data.get("orders", ""), list | None):
        raise UnexpectedResponse("the response has no list of orders")
    orders = (one for one in data["orders"] or () if not _is_all_zero(one))
    return [one if isinstance(one, dict) else {} for one in orders]


def report_of_refusal(error: BaseError, ref: OrderRef) -> OrderReport:
    """The report on `ref` in a refusal: the state of the order, that it is gone, or nothing."""
    response, text = response_of(error), words_of(error)
    code, query = (response.code, response.query) if response is not None else (None, False)
    return _report_of_words({"error": text}, Words(text, code, (ref.value,), query))


def _report_of_entry(listed: str, entry: Any, meant: Iterable[OrderRef]) -> OrderReport:
    if listed == "orders":
        state = state_of(entry.get("status")) if isinstance(entry, dict) else ""
        return OrderReport(listed, entry, STATUS_OF_STATE.get(state))
    code = entry.get("errorCode", entry.get("code")) if isinstance(entry, dict) else None
    about = (*(ref.value for ref in meant), *ids_of(entry))
    return _report_of_words(entry, Words(text_of(entry), None if code is None else spelled_out(code), about))


def _report_of_words(entry: Any, words: Words) -> OrderReport:
    # If words and keys disagree, neither counts.
    if words.about and words.names_other_ids:
        return OrderReport("fails", entry, None, gone=words.call_it_gone, names_another=True)
    return OrderReport("fails", entry, words.status, unknown=words.deny_the_order, gone=words.call_it_gone)


def _with(
    by_order: list[tuple[set[OrderRef], list[OrderReport]]], names: set[OrderRef], report: OrderReport
) -> list[tuple[set[OrderRef], list[OrderReport]]]:
    """`by_order` with a `report` on the order of `names`. Orders that share a name are one order."""
    others = []
    all_names, reports = {*names}, []
    for known_names, its_reports in by_order:
        if known_names & all_names:
            all_names |= known_names
            reports += its_reports
        else:
            others.append((known_names, its_reports))
    return [*others, (all_names, [*reports, report])]


def _agreed(reports: Sequence[OrderReport]) -> OrderReport:
    """The reports of one response as one report, which settles nothing if they disagree.

    An entry whose state is unknown disagrees with every state. "No such order", or "gone" without a state,
    agrees with a final state: by its second id, an order that was just cancelled does not exist.
    """
    speaking = [*reports]
    if any(report.weight is Weight.FINAL for report in reports):
        speaking = [report for report in reports if report.status is not None or not report.gone]
    first = speaking[0]
    agree = all((one.status, one.unknown) == (first.status, first.unknown) for one in speaking)
    return max(speaking, key=lambda one: one.listed == "orders") if agree else first.unsettled()


def _weighed(before: OrderReport, report: OrderReport, *, from_query: bool) -> OrderReport:
    """The report that counts of two in different responses. `before` settles its id."""
    if report.weight is not before.weight:
        return max(before, report, key=lambda one: one.weight)
    if report.status == before.status:
        return report if (report.listed, before.listed) == ("orders", "fails") else before
    return report if from_query else before.unsettled()


def _is_only_a_reason(report: OrderReport) -> bool:
    """Whether the report only gives a reason. As a result, a bot would read it as "no such order"."""
    return (
        report.weight is Weight.REASON and report.listed == "fails" and order_id_of(report.entry) is not None
    )


def _data_of(response: object) -> Any:
    if not isinstance(response, Mapping) or spelled_out(response.get("code")) != "0":
        raise UnexpectedResponse("the response is not JSON with code 0")
    return response.get("data")


def _entries_of(response: object, schema: ResponseSchema) -> Iterator[tuple[str, Any]]:
    data = _data_of(response)
    if not isinstance(data, Mapping):
        raise UnexpectedResponse("the response has no data")
    if schema.is_one_order:
        entry = data.get(schema.done)
        entry = entry if isinstance(entry, Mapping) else data
        if not ids_of(entry):
            raise UnexpectedResponse("the response names no order")
        yield "orders", entry
        return
    for listed, key in (("orders", schema.done), ("fails", schema.failed)):
        entries = data.get(key)
        if entries is None:
            continue
        for entry in entries if isinstance(entries, list) else [entries]:
            if not _is_all_zero(entry):
                yield listed, entry


def _is_all_zero(entry: Any) -> bool:
    """Whether `entry` is the object that stands for "no order" (docs: cancelReplace)."""
    return (
        isinstance(entry, dict)
        and "orderId" in entry
        and not ids_of(entry)
        and not text_of(entry)
        and (not entry.get("status") and not entry.get("errorCode"))
    )
