"""Play one scenario of single cancels, or of cancelling all orders, and show everything."""

from __future__ import annotations

from collections.abc import Sequence

from ccxt_bingx_ext.simulator.markets import Market

from ..clients import OUR_CLIENTS, load_markets
from ..show import show_request
from .claims import lists_of
from .draw import draw_family
from .play import FamilyPlayed, play_family
from .run import judge_family
from .scenario import FamilyScenario, Kind


def replay_family(
    kind: Kind, seed: int, index: int, clients: Sequence[str], market: Market | None = None
) -> bool:
    """Play one scenario alone, and show everything. Return whether the plugin passed."""
    markets = load_markets()
    scenario = draw_family(kind, seed, index, market)
    _show_scenario(scenario)
    passed = True
    for client in clients:
        played = play_family(scenario, client, markets)
        finding = judge_family(scenario, client, played)
        passed &= client not in OUR_CLIENTS or not finding.violations
        print(f"-- {client}")
        _show_play(scenario, played)
        print(f"   wrong: {finding.wrong or 'nothing'}")
    return passed


def _show_scenario(scenario: FamilyScenario) -> None:
    print(f"{scenario.market}, {scenario.voice}, {dict(scenario.rules)}, limits {scenario.limits}")
    print(f"placed {scenario.age:g} s ago, clock {scenario.clock_offset_ms:+} ms, symbol {scenario.symbol}")
    for number, placed in enumerate(scenario.placed):
        print(f"  placed {number}: {placed}")
    for asking in scenario.calls:
        print(f"  call   {asking}")
    for trouble in scenario.troubles:
        print(f"  fault  {trouble}")


def _show_play(scenario: FamilyScenario, played: FamilyPlayed) -> None:
    started = played.requests[0].arrived if played.requests else 0.0
    for request in played.requests:
        show_request(request, started)
    for asking, answer in zip(scenario.calls or (None,), played.answers, strict=True):
        print(f"   {asking.value if asking else 'all'}, {answer.seconds:.3f} s:")
        orders, unresolved = lists_of(answer.error)
        if answer.error is not None:
            print(f"     raised {type(answer.error).__name__}: {answer.error}")
            print(f"     unresolved: {unresolved}")
        else:
            orders = answer.result if isinstance(answer.result, list) else [answer.result]
        for order in orders or ():
            print(
                f"     reported {order['symbol']} {order['id']} {order['clientOrderId']}: {order['status']}"
            )
    print(f"   true in the end: {played.in_the_end}")
