"""Write the log excerpts on docs/logging.md, from the simulator: python -m tools.docs.excerpts"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ccxt.base.errors import RateLimitExceeded

from ccxt_bingx_ext import bingx
from ccxt_bingx_ext.simulator import Simulator

PAGE = Path(__file__).parents[2] / "docs" / "logging.md"
FORMAT = "%(levelname)-7s %(message)s"
SYMBOL = "BTC/USDT"


def lost_response(exchange: Any, simulator: Simulator) -> None:
    """The exchange cancels two orders, and the response is lost."""
    simulator.faults.add("drop", when="after")
    exchange.cancel_orders(_placed(simulator, 2), SYMBOL)


def ban(exchange: Any, simulator: Simulator) -> None:
    """The exchange bans the account. A second call meets the ban before it sends anything."""
    simulator.faults.add("ban", seconds=600)
    for one in _placed(simulator, 2):
        with suppress(RateLimitExceeded):
            exchange.cancel_orders([one], SYMBOL)


def long_list(exchange: Any, simulator: Simulator) -> None:
    """A list of 120 orders takes three requests, and the limit allows two in a second."""
    exchange.cancel_orders(_placed(simulator, 120), SYMBOL, {"process": 1})


SCENES: tuple[Callable[[Any, Simulator], None], ...] = (lost_response, ban, long_list)


def excerpts() -> dict[str, str]:
    """The plugin's log of each scene, by the scene's name."""
    return {scene.__name__: _logged_in(scene) for scene in SCENES}


def page_with(page: str, texts: Mapping[str, str]) -> str:
    """`page`, with `texts` in the blocks below their names."""
    for name, text in texts.items():
        page, count = re.subn(
            rf"(<!-- {name} -->\n\n```text\n).*?(?=^```$)",
            lambda found, text=text: found[1] + text,  # type: ignore[misc]
            page,
            flags=re.MULTILINE | re.DOTALL,
        )
        assert count == 1, name
    return page


def _logged_in(scene: Callable[[Any, Simulator], None]) -> str:
    # A rate limiter belongs to a key and a port. So every scene has its own key.
    with Simulator(api_key=f"key of {scene.__name__}") as simulator:
        exchange = bingx(simulator.ccxt_config())
        exchange.load_markets()
        with _listening() as lines:
            scene(exchange, simulator)
    return "".join(f"{line}\n" for line in lines)


@contextmanager
def _listening() -> Iterator[list[str]]:
    lines: list[str] = []
    logger, handler, formatter = (
        logging.getLogger("ccxt_bingx_ext"),
        logging.Handler(),
        logging.Formatter(FORMAT),
    )
    handler.emit = lambda record: lines.append(formatter.format(record))  # type: ignore[method-assign]
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate


def _placed(simulator: Simulator, count: int) -> list[str]:
    return [str(simulator.place().order_id) for _ in range(count)]


if __name__ == "__main__":
    PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8"), excerpts()), encoding="utf-8")
