"""``python -m tools.audit``: check every claim of every client against the truth, in random scenarios."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

from .clients import CCXT, CCXT_RETRIES, CLIENTS, OUR_CLIENTS, Told, load_markets
from .judge import judge
from .play import Played, hasten, play
from .run import audit, table
from .scenario import SYMBOLS, Scenario, Where
from .speaks import KINDS, Kind, draw_kind

_ONLY = {"ours": OUR_CLIENTS, "ccxt": (CCXT,), "ccxt-retries": (CCXT_RETRIES,)}
_SHOWN_VIOLATIONS = 20


def replay(seed: int, index: int, clients: Sequence[str], market: Where, kind: Kind = "classic") -> bool:
    """Play one scenario alone, and show everything; whether the plugin passed."""
    if kind == "classic":
        hasten()
    markets = load_markets()
    scenario = draw_kind(kind, seed, index, market)
    _show_scenario(scenario)
    passed = True
    for client in clients:
        played = play(scenario, client, markets)
        finding = judge(scenario, client, played)
        passed &= client not in OUR_CLIENTS or not finding.violations
        _show_play(client, played)
        print(f"   wrong: {finding.wrong or 'nothing'}")
    return passed


def _show_scenario(scenario: Scenario) -> None:
    print(f"process {scenario.process}, batchSize {scenario.batch_size}, {dict(scenario.rules)}")
    print(f"throttled {scenario.throttled}, markets loaded {scenario.markets_loaded}")
    for number, placed in enumerate(scenario.placed):
        print(f"  placed {number}: {scenario.order_id(number)} {placed}")
    for one in scenario.asked:
        print(f"  asked  {one.field} {one.value} of {one.symbol} -> placed {one.order}")
    for trouble in scenario.troubles:
        print(f"  fault  {trouble}")


def _show_play(client: str, played: Played) -> None:
    told: Told = played.told
    print(f"-- {client}")
    started = played.requests[0].arrived if played.requests else 0.0
    for request in played.requests:
        sent = {name: value for name, value in request.params.items() if name != "timestamp"}
        print(
            f"   {request.arrived - started:6.3f} {request.path.rpartition('/')[2]} {sent}"
            f" fault={request.fault} {request.conditions or ''} cancelled={request.cancelled}"
            f" -> HTTP {request.http_status} code {request.code}"
        )
    if told.error is not None:
        print(f"   raised {type(told.error).__name__}: {told.error}")
        print(f"   unresolved: {getattr(told.error, 'unresolved', None)}")
    for order in told.orders or getattr(told.error, "orders", []):
        print(f"   reported {order['symbol']} {order['id']} {order['clientOrderId']}: {order['status']}")
    print(f"   true at return: {played.at_return}\n   true in the end: {played.in_the_end}")


def _clients(only: str | None, market: Where) -> tuple[str, ...]:
    clients = _ONLY.get(only or "", CLIENTS)
    if market in ("inverse", "several"):  # ccxt has no method for these
        return tuple(client for client in clients if client in OUR_CLIENTS)
    return clients


def audit_market(given: argparse.Namespace, market: Where) -> bool:
    """Play the scenarios of one market and show the findings. Returns whether the plugin passed."""
    clients = _clients(given.only, market)
    began = time.perf_counter()
    findings = list(audit(given.seed, range(given.scenarios), clients, given.jobs, market, given.kind))
    took = time.perf_counter() - began
    print(f"{market} ({given.kind}): seed {given.seed}, {given.scenarios} scenarios, {took:.0f} s")
    print(table(findings))
    violations = [one for one in findings if one.client in OUR_CLIENTS and one.violations]
    for one in violations[:_SHOWN_VIOLATIONS]:
        print(f"\n{one.client}, scenario {one.index}: {', '.join(one.violations)}")
        for name in one.violations:
            print(f"  {name}: {'; '.join(one.wrong[name])}")
        chosen = f"--kind {given.kind} --market {market} --seed {given.seed}"
        print(f"  alone: python -m tools.audit {chosen} --replay {one.index}")
    if len(violations) > _SHOWN_VIOLATIONS:
        print(f"\n… and {len(violations) - _SHOWN_VIOLATIONS} more")
    return not violations


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.audit", description=__doc__)
    parser.add_argument("--scenarios", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=_ONLY, help="audit these clients only")
    parser.add_argument("--replay", type=int, metavar="INDEX", help="play this scenario alone, and show it")
    parser.add_argument("--market", choices=SYMBOLS, help="audit this kind of market only")
    parser.add_argument("--kind", choices=KINDS, default="classic", help="the kind of scenarios")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1), help="processes at once")
    given = parser.parse_args(arguments)
    markets: Sequence[Where] = (given.market,) if given.market else tuple(SYMBOLS)
    if given.replay is not None:
        clients = _clients(given.only, markets[0])
        return 0 if replay(given.seed, given.replay, clients, markets[0], given.kind) else 1
    passed = [audit_market(given, market) for market in markets]  # every one, whatever is found in the first
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
