"""Record the cassettes again: ``python -m tools.recording.record``, from the simulator, into cassettes/.

A cassette stays unchanged if only its times would change.

With ``--live`` it records the real exchange, with your own keys, into cassettes/live/.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from ccxt_bingx_ext import bingx
from ccxt_bingx_ext.simulator import Simulator

from .edits import EDITS
from .live import Far, record_live
from .play import play
from .scenarios import SCENARIOS, Scenario
from .singles import SINGLES
from .speaks import SPEAKS
from .tape import CASSETTES, tape, timeless

ALL = (*SCENARIOS, *SINGLES, *SPEAKS, *EDITS)


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


def record_again(scenario: Scenario, folder: Path) -> Path:
    """Record ``scenario`` into ``folder``, unless only the times of its recording there would change."""
    stored = folder / f"{scenario.name}.yaml"
    with TemporaryDirectory() as temporary:
        fresh = record(scenario, Path(temporary))
        if not stored.exists() or timeless(fresh) != timeless(stored):
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(fresh, stored)
    return stored


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--live", action="store_true", help="record the real exchange: places and cancels orders"
    )
    parser.add_argument("--symbol", default="BTC/USDT")
    parser.add_argument("--price", type=float, help="of the limit buy orders: far below the market")
    parser.add_argument("--amount", type=float, help="of each limit buy")
    parser.add_argument(
        "--swap",
        nargs=3,
        action="append",
        default=[],
        metavar=("SYMBOL", "PRICE", "AMOUNT"),
        help="also record a swap: BTC/USDT:USDT (linear) or BTC/USD:BTC (inverse)",
    )
    parser.add_argument("--hedged", action="store_true", help="the account is in hedge mode")
    parser.add_argument("--into", type=Path, default=CASSETTES, help="a folder; cassettes/ by default")
    chosen = parser.parse_args()
    if not chosen.live:
        paths = [record_again(scenario, chosen.into) for scenario in ALL]
    elif chosen.price is None or chosen.amount is None:
        parser.error("--live needs --price and --amount")
    else:
        orders = [Far(chosen.symbol, chosen.price, chosen.amount)]
        orders += [Far(symbol, float(price), float(amount)) for symbol, price, amount in chosen.swap]
        paths = record_live(CASSETTES / "live", orders, hedged=chosen.hedged)
    print(*paths, sep="\n")


if __name__ == "__main__":
    main()
