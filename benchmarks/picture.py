"""The two charts of the README: time to wire, and wall time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from .contenders import CONTENDERS, Contender
from .many_orders import Work
from .rows import Results
from .time_to_wire import WireTime

matplotlib.use("Agg")

_LABELS = {"ours": "this plugin", "ccxt": "ccxt's cancel_orders", "loop": "loop of cancel_order"}
# Colors that color-blind readers can tell apart. The loop covers ccxt's line, so it is thin and dashed.
_STYLES: dict[Contender, dict[str, Any]] = {
    "ours": {"color": "#0072B2", "marker": "o", "linewidth": 2.2, "zorder": 4},
    "ccxt": {"color": "#D55E00", "marker": "s", "linewidth": 3.2, "zorder": 2},
    "loop": {"color": "#333333", "marker": "D", "linewidth": 1.3, "linestyle": "--", "zorder": 3},
}
_SIZES = {"ours": 6, "ccxt": 8, "loop": 4}


def draw(results: Results, path: Path) -> None:
    figure = Figure(figsize=(9, 4.1), dpi=200, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.06, wspace=0.04)
    left, right = figure.subplots(1, 2)
    _draw_wire_times(left, [wire for wire in results.wire_times if wire.case.world == "async"])
    _draw_wall_times(right, results.works)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=10)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path)


def _draw_wire_times(axes: Any, wires: Sequence[WireTime]) -> None:
    queued = [wire.case.queued for wire in wires]
    for one in CONTENDERS:
        _plot(axes, one, queued, [wire.seconds[one] * 1e3 for wire in wires])
    axes.set_yscale("log")
    axes.set_ylim(0.3, 20_000)
    axes.set_yticks([1, 10, 100, 1000, 10_000], ["1 ms", "10 ms", "100 ms", "1 s", "10 s"])
    axes.set_xticks(queued)
    axes.set_title("Time until a cancel reaches the wire", fontsize=11, loc="left")
    axes.set_xlabel("ordinary calls queued before it (async)")
    axes.set_ylabel("time to wire (log scale)")
    last = wires[-1]
    texts: tuple[tuple[Contender, str], ...] = (
        ("ours", f"{last.seconds['ours'] * 1e3:.1f} ms"),
        ("ccxt", f"{last.seconds['ccxt']:.1f} s"),
    )
    for one, text in texts:
        place = (last.case.queued, last.seconds[one] * 1e3)
        _note(axes, text, place, (-4, 9), ha="right", color=_STYLES[one]["color"])
    _finish(axes)


def _draw_wall_times(axes: Any, works: Sequence[Work]) -> None:
    for one in CONTENDERS:
        done = [work for work in works if work.outcomes[one].refusal is None]
        _plot(axes, one, [work.orders for work in done], [work.outcomes[one].seconds for work in done])
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(0.002, 1000)
    axes.set_yticks([0.01, 0.1, 1, 10, 100], ["10 ms", "100 ms", "1 s", "10 s", "100 s"])
    axes.xaxis.set_major_locator(FixedLocator([work.orders for work in works]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_title("Time until many orders are cancelled", fontsize=11, loc="left")
    axes.set_xlabel("orders, every tenth already gone (log scale)")
    axes.set_ylabel("wall time (log scale)")
    most = works[-1]
    ends: tuple[tuple[Contender, int], ...] = (("ours", -17), ("loop", 9))
    for one, above in ends:
        outcome = most.outcomes[one]
        text = f"{outcome.seconds:.3g} s"
        if outcome.left_open:
            text += f", {outcome.left_open} left open"
        _note(
            axes, text, (most.orders, outcome.seconds), (12, above), ha="right", color=_STYLES[one]["color"]
        )
    color = _STYLES["ccxt"]["color"]
    for work in works:
        ccxts = work.outcomes["ccxt"]
        if ccxts.refusal is not None:
            axes.plot([work.orders], [0.006], marker="x", color=color, markersize=8, markeredgewidth=2.2)
    refused = [work.orders for work in works if work.outcomes["ccxt"].refusal is not None]
    if refused:
        between = (refused[0] * refused[-1]) ** 0.5
        _note(axes, "refused: the\nURL is too long", (between, 0.006), (0, 10), ha="center", color=color)
    _finish(axes)


def _plot(axes: Any, contender: Contender, x: Sequence[float], y: Sequence[float]) -> None:
    axes.plot(x, y, label=_LABELS[contender], markersize=_SIZES[contender], **_STYLES[contender])


def _note(axes: Any, text: str, place: tuple[float, float], offset: tuple[int, int], **style: Any) -> None:
    axes.annotate(text, place, offset, textcoords="offset points", fontsize=9, **style)


def _finish(axes: Any) -> None:
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(True, color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
