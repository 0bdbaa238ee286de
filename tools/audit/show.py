"""Print the findings of many scenarios, and the requests of one, for ``python -m tools.audit``."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from ccxt_bingx_ext.simulator import Request

from .clients import OUR_CLIENTS
from .judge import COUNTS, Finding
from .run import table

_SHOWN_VIOLATIONS = 20


def report(what: str, findings: Iterable[Finding], chosen: str, names: Sequence[str] = COUNTS) -> bool:
    """Print the findings. Return whether the plugin passed.

    ``what``: the kind of call. ``chosen``: its options on the command line. ``names``: the kinds of mistakes.
    """
    began = time.perf_counter()
    found = list(findings)
    took = time.perf_counter() - began
    print(f"{what}: {chosen}, {len({one.index for one in found})} scenarios, {took:.0f} s")
    print(table(found, names))
    violations = [one for one in found if one.client in OUR_CLIENTS and one.violations]
    for one in violations[:_SHOWN_VIOLATIONS]:
        print(f"\n{one.client}, scenario {one.index}: {', '.join(one.violations)}")
        for name in one.violations:
            print(f"  {name}: {'; '.join(one.wrong[name])}")
        print(f"  alone: python -m tools.audit {chosen} --replay {one.index}")
    if len(violations) > _SHOWN_VIOLATIONS:
        print(f"\n… and {len(violations) - _SHOWN_VIOLATIONS} more")
    return not violations


def show_request(request: Request, started: float) -> None:
    """Print a request, and what became of it."""
    sent = {name: value for name, value in request.params.items() if name != "timestamp"}
    print(
        f"   {request.arrived - started:6.3f} {request.path.rpartition('/')[2]} {sent}"
        f" fault={request.fault} {request.conditions or ''} cancelled={request.cancelled}"
        f" -> HTTP {request.http_status} code {request.code}"
    )
