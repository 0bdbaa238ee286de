"""The scenarios of an order, what a bot believes after its cancel, and the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ccxt_bingx_ext.simulator import Simulator

World: TypeAlias = Literal["ccxt", "plugin"]
Scenario: TypeAlias = Literal["cancelled", "response lost", "filled before"]

WORLDS: Final[tuple[World, ...]] = ("ccxt", "plugin")
SCENARIOS: Final[tuple[Scenario, ...]] = ("cancelled", "response lost", "filled before")

SPOT: Final = "POST spot/v1/trade/cancel"
LINEAR: Final = "DELETE swap/v2/trade/order"
"""The endpoints that cancel one order."""

_TRUTH: Final[Mapping[str, str]] = {"PENDING": "open", "CANCELED": "canceled", "FILLED": "filled"}


@dataclass(frozen=True)
class Result:
    """What one bot believes of one order, right after its own cancel code has ended."""

    bot: str
    world: World
    scenario: Scenario
    believed: str  # a state like `true`, or the name of the exception that the bot got
    true: str
    requests: int  # how many cancels of this order the bot sent

    @property
    def is_state(self) -> bool:
        """Whether the bot believes in a state. An exception leaves the question to the strategy."""
        return self.believed in _TRUTH.values()

    @property
    def is_wrong(self) -> bool:
        return self.is_state and self.believed != self.true


def arrange(simulator: Simulator, scenario: Scenario, endpoint: str) -> None:
    """Apply the scenario to the last order, when the next cancel arrives."""
    if scenario == "response lost":
        simulator.faults.add("http", status=504, when="after", path=endpoint)
    elif scenario == "filled before":
        simulator.faults.add(
            "race", path=endpoint, action=lambda: simulator.fill(simulator.orders()[-1].order_id)
        )


def measured(
    bot: str, world: World, scenario: Scenario, believed: str, simulator: Simulator, order_id: int | str
) -> Result:
    """The result, with the truth about this order."""
    true = _TRUTH[simulator.status(order_id)]
    return Result(bot, world, scenario, believed, true, cancels_sent(simulator, order_id))


def cancels_sent(simulator: Simulator, order_id: int | str) -> int:
    """How many requests came to cancel this one order."""
    endpoints = {simulator.path(SPOT), simulator.path(LINEAR)}
    return sum(
        f"{one.method} {one.path}" in endpoints and one.params.get("orderId") == str(order_id)
        for one in simulator.requests
    )
