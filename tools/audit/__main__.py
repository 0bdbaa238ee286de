"""``python -m tools.audit``: check every claim of every client against the truth, in random scenarios."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import get_args

from ccxt_bingx_ext.simulator.markets import Market

from .clients import CCXT, CCXT_ASYNC, CCXT_RETRIES, CLIENTS, OUR_CLIENTS, Told, load_markets
from .family.claims import COUNTS as FAMILY_COUNTS
from .family.clients import CLIENTS as FAMILY_CLIENTS
from .family.run import audit_family
from .family.scenario import KINDS as FAMILY
from .family.scenario import Kind
from .family.show import replay_family
from .judge import judge
from .play import Played, play, set_pauses
from .run import audit
from .scenario import SYMBOLS, Scenario, Where
from .show import report, show_request
from .speaks import VOICES, Voice, draw_spoken

_LISTS = "cancel_orders"
_ONLY = {"ours": OUR_CLIENTS, "ccxt": (CCXT, CCXT_ASYNC), "ccxt-retries": (CCXT_RETRIES,)}


def replay(seed: int, index: int, clients: Sequence[str], market: Where, voice: Voice = "classic") -> bool:
    """Play one scenario alone, and show everything. Return whether the plugin passed."""
    set_pauses(voice)
    markets = load_markets()
    scenario = draw_spoken(voice, seed, index, market)
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
        show_request(request, started)
    if told.error is not None:
        print(f"   raised {type(told.error).__name__}: {told.error}")
        print(f"   unresolved: {getattr(told.error, 'unresolved', None)}")
    for order in told.orders or getattr(told.error, "orders", []):
        print(f"   reported {order['symbol']} {order['id']} {order['clientOrderId']}: {order['status']}")
    print(f"   true at return: {played.at_return}\n   true in the end: {played.in_the_end}")


def _clients(only: str | None, market: Where) -> tuple[str, ...]:
    clients = _chosen(only, CLIENTS)
    if market in ("inverse", "several"):  # ccxt has no method for these
        return tuple(client for client in clients if client in OUR_CLIENTS)
    return clients


def _chosen(only: str | None, clients: Sequence[str]) -> tuple[str, ...]:
    return tuple(one for one in clients if one in _ONLY.get(only or "", clients))


def audit_market(given: argparse.Namespace, market: Where) -> bool:
    """Play the scenarios of one market and show the findings. Returns whether the plugin passed."""
    clients = _clients(given.only, market)
    findings = audit(given.seed, range(given.scenarios), clients, given.jobs, market, given.exchange)
    chosen = f"--kind {_LISTS} --market {market} --exchange {given.exchange} --seed {given.seed}"
    return report(f"{market} ({given.exchange})", findings, chosen)


def audit_kind(given: argparse.Namespace, kind: Kind) -> bool:
    """Play the scenarios of one kind of call and show the findings. Returns whether the plugin passed."""
    clients = _chosen(given.only, FAMILY_CLIENTS[kind])
    market = given.market
    findings = audit_family(kind, given.seed, range(given.scenarios), clients, given.jobs, market)
    chosen = f"--kind {kind}{f' --market {market}' if market else ''} --seed {given.seed}"
    return report(kind, findings, chosen, FAMILY_COUNTS)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.audit", description=__doc__)
    parser.add_argument("--scenarios", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=_ONLY, help="audit these clients only")
    parser.add_argument("--replay", type=int, metavar="INDEX", help="play this scenario alone, and show it")
    parser.add_argument("--market", choices=SYMBOLS, help="audit this kind of market only")
    parser.add_argument("--kind", choices=(_LISTS, *FAMILY), help="audit this kind of call only")
    parser.add_argument(
        "--exchange",
        choices=VOICES,
        default="classic",
        help=f"how the exchange responds to {_LISTS}. For the other kinds, each scenario draws this",
    )
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1), help="processes at once")
    given = parser.parse_args(arguments)
    family: Sequence[Kind] = [one for one in FAMILY if given.kind in (None, one)]
    is_of_family = given.market is None or given.market in get_args(Market)
    if given.kind in FAMILY and not is_of_family:
        parser.error(f"--kind {given.kind} needs one of these markets: {', '.join(get_args(Market))}")
    if given.replay is not None:
        return 0 if _replay(given) else 1
    passed: list[bool] = []  # play all of them, even if the first fails
    if given.kind in (None, _LISTS):
        passed += [audit_market(given, one) for one in ([given.market] if given.market else SYMBOLS)]
    if is_of_family:
        passed += [audit_kind(given, one) for one in family]
    return 0 if all(passed) else 1


def _replay(given: argparse.Namespace) -> bool:
    if given.kind not in FAMILY:
        market: Where = given.market or "spot"
        clients = _clients(given.only, market)
        return replay(given.seed, given.replay, clients, market, given.exchange)
    clients = _chosen(given.only, FAMILY_CLIENTS[given.kind])
    return replay_family(given.kind, given.seed, given.replay, clients, given.market)


if __name__ == "__main__":
    sys.exit(main())
