"""The measurements as rows of a table, and whether they meet the aims."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from . import time_to_wire
from .contenders import CONTENDERS, Contender
from .costs import COLD_IDS, PARSED_ORDERS, SIGNED_IDS, Costs
from .many_orders import Work
from .shared_limit import SharedLimit
from .time_to_wire import WireTime
from .unchanged_bot import Outcome, Run

Cell: TypeAlias = float | int | str | None

_FASTER = 4
_IMPORT = 0.015
_SATURATION = 0.98
_UNCHANGED = {"gather": "asyncio.gather of cancel_order", "loop": "a loop of cancel_order (sync)"}
_UNCHANGED_AIMS = {("gather", 50): (1.5, 8), ("gather", 500): (6, 20), ("gather", 1000): (12, 40)}
"""Seconds, and requests."""


class Results(NamedTuple):
    wire_times: Sequence[WireTime]
    works: Sequence[Work]
    unchanged: Sequence[Run]
    costs: Costs
    shared_limit: SharedLimit


class Aim(NamedTuple):
    text: str
    met: bool

    def __str__(self) -> str:
        return f"{self.text}: {'met' if self.met else 'NOT MET'}"


class Row(NamedTuple):
    """A row. A cell is a float in ``unit``, an int that counts, or a text that says why there is no value."""

    what: str
    unit: str
    cells: Mapping[Contender, Cell]
    aim: Aim | None = None

    @property
    def ratio(self) -> str:
        """The ratio of our value to ccxt's: of the same call if it has one, or of the loop of cancels."""
        ours, ccxts = self.cells.get("ours"), self.cells.get("ccxt", self.cells.get("loop"))
        if not self.unit or not isinstance(ours, (int, float)) or not isinstance(ccxts, (int, float)):
            return ""
        if not ours or not ccxts:
            return ""
        return f"1 : {_short(ccxts / ours)}" if ours <= ccxts else f"{_short(ours / ccxts)} : 1"

    def cell(self, contender: Contender) -> str:
        value = self.cells.get(contender)
        if value is None:
            return "-"
        if isinstance(value, str):
            return value
        if isinstance(value, int):
            return str(value)
        if self.unit == "s" and value < 1:
            return f"{_short(value * 1e3)} ms"
        return f"{_short(value)} {self.unit}"


class Section(NamedTuple):
    title: str
    rows: Sequence[Row]


def sections(results: Results) -> list[Section]:
    """All sections of the table."""
    return [
        Section(
            "Time to wire: from the call to its first request's arrival",
            [_wire_row(one) for one in results.wire_times],
        ),
        *(
            Section(f"{work.orders} orders, every tenth already gone", _work_rows(work))
            for work in results.works
        ),
        *(
            Section(f"An unchanged bot: {_UNCHANGED[one.how]}", _unchanged_rows(one))
            for one in results.unchanged
        ),
        Section("Costs", _cost_rows(results.costs)),
        Section("A slot in the rate limit, per request", _slot_rows(results.shared_limit)),
    ]


def _scaled(seconds: Mapping[Contender, float], factor: float) -> dict[Contender, Cell]:
    return {one: taken * factor for one, taken in seconds.items()}


def _wire_row(wire: WireTime) -> Row:
    aim = Aim(f"≤ {time_to_wire.AIM * 1e3:g} ms", wire.seconds["ours"] <= time_to_wire.AIM)
    return Row(wire.case.label, "ms", _scaled(wire.seconds, 1e3), aim)


def _work_rows(work: Work) -> list[Row]:
    outcomes = work.outcomes
    ours = outcomes["ours"]
    rows = [
        Row(
            "wall time",
            "s",
            {
                one: f"refused: {outcomes[one].refusal}" if outcomes[one].refusal else outcomes[one].seconds
                for one in CONTENDERS
            },
        ),
        Row("requests sent", "", {one: outcomes[one].requests for one in CONTENDERS}),
        Row(
            "refused by the limit, or by the ban that follows",
            "",
            {one: outcomes[one].limited for one in CONTENDERS},
            Aim("0", ours.limited == 0),
        ),
        Row(
            "ids missing from the result",
            "",
            {one: outcomes[one].missing for one in CONTENDERS},
            Aim("0", ours.missing == 0),
        ),
        Row("orders left open", "", {one: outcomes[one].left_open for one in CONTENDERS}),
    ]
    if ours.saturation is not None and work.orders >= 1000:
        aim = Aim(f"≥ {_SATURATION:.0%}", ours.saturation >= _SATURATION)
        rows.append(Row("used share of the limit (2/s)", "", {"ours": f"{ours.saturation:.1%}"}, aim))
    return rows


def _unchanged_rows(run: Run) -> list[Row]:
    ours = run.outcomes["ours"]
    aim = _UNCHANGED_AIMS.get((run.how, run.orders))
    names: Mapping[str, Callable[[Outcome], Cell]] = {
        "requests that cancel": lambda one: one.requests,
        "refused by the limit, or by the ban that follows": lambda one: one.limited,
        "orders left open": lambda one: one.left_open,
    }
    aims = {
        "requests that cancel": Aim(f"≤ {aim[1]}", ours.requests <= aim[1]) if aim else None,
        "refused by the limit, or by the ban that follows": Aim("0", ours.limited == 0),
        "orders left open": Aim("0", ours.left_open == 0),
    }
    seconds: dict[Contender, Cell] = {one: outcome.seconds for one, outcome in run.outcomes.items()}
    return [
        Row(
            f"{run.orders} orders: wall time",
            "s",
            seconds,
            Aim(f"≤ {aim[0]:g} s", ours.seconds <= aim[0]) if aim else None,
        ),
        *(
            Row(what, "", {one: value(outcome) for one, outcome in run.outcomes.items()}, aims[what])
            for what, value in names.items()
        ),
    ]


def _slot_rows(slot: SharedLimit) -> list[Row]:
    rows = {
        "kept by this process": slot.in_process,
        "shared over a Redis on this machine": slot.redis,
        "… with TLS": slot.tls,
    }
    return [
        Row(what, "µs", {"ours": "not measured" if seconds is None else seconds * 1e6})
        for what, seconds in rows.items()
    ]


def _cost_rows(costs: Costs) -> list[Row]:
    signing, response = costs.signing, costs.response
    faster = Aim(f"{_FASTER} times faster", signing["ours"] * _FASTER <= signing["ccxt"])
    not_slower = Aim("not slower", response["ours"] <= response["ccxt"])
    own_import = f"import, on top of `import ccxt` ({costs.ccxt_import * 1e3:.0f} ms)"
    return [
        Row(f"signing {SIGNED_IDS} ids", "µs", _scaled(signing, 1e6), faster),
        Row(f"response → structures, per order of {PARSED_ORDERS}", "µs", _scaled(response, 1e6), not_slower),
        Row("… ccxt's bare parse_order, for reference", "µs", {"ccxt": costs.parse_order * 1e6}),
        Row("… the whole call without the network, per order", "µs", _scaled(costs.call, 1e6)),
        Row(
            own_import,
            "ms",
            {"ours": costs.added_import * 1e3},
            Aim(f"≤ {_IMPORT * 1e3:g} ms", costs.added_import <= _IMPORT),
        ),
        Row(
            f"cold start: requests of the first cancel ({COLD_IDS} ids)",
            "",
            {one: costs.cold[one][0] for one in CONTENDERS},
            Aim("1", costs.cold["ours"][0] == 1),
        ),
        Row("cold start: its wall time", "ms", _scaled({one: costs.cold[one][1] for one in CONTENDERS}, 1e3)),
    ]


def _short(value: float) -> str:
    """Two or three significant digits: 0.91, 1.74, 12.3, 5104."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
