"""Record the cassettes again: ``python -m tools.recording.record``, from the simulator, into cassettes/.

With ``--live`` it records the real exchange, with your own keys, into cassettes/live/.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ccxt_bingx_ext import bingx
from ccxt_bingx_ext.simulator import Simulator

from .live import record_live
from .play import play
from .scenarios import SCENARIOS, Scenario
from .tape import CASSETTES, tape


def record(scenario: Scenario, folder: Path) -> Path:
    """Play ``scenario`` against a fresh simulator, check it, and record the requests and responses."""
    path = folder / f"{scenario.name}.yaml"
    path.unlink(missing_ok=True)
    with Simulator(**scenario.settings) as simulator:
        scenario.arrange(simulator)
        config = simulator.ccxt_config()
        with tape("all").use_cassette(str(path)):
            play(scenario, bingx, {"urls": config["urls"]})
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--live", action="store_true", help="record the real exchange: places and cancels orders"
    )
    parser.add_argument("--symbol", default="BTC/USDT")
    parser.add_argument("--price", type=float, help="price of the limit buy orders: far below the market")
    parser.add_argument("--amount", type=float, help="amount of each limit buy order")
    chosen = parser.parse_args()
    if not chosen.live:
        paths = [record(scenario, CASSETTES) for scenario in SCENARIOS]
    elif chosen.price is None or chosen.amount is None:
        parser.error("--live needs --price and --amount")
    else:
        paths = record_live(CASSETTES / "live", chosen.symbol, chosen.price, chosen.amount)
    print(*paths, sep="\n")


if __name__ == "__main__":
    main()
