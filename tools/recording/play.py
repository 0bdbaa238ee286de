"""Play a scenario, inside a recorder or against a cassette."""

from __future__ import annotations

from typing import Any

from ccxt.base.errors import BaseError

from ccxt_bingx_ext.simulator.markets import inverse_contracts, linear_contracts
from tests.helpers import Bot, bot_of, forget_accounts

from .scenarios import KEY, SECRET, Scenario

MARKETS = ("BTC-USDT", "GM-USDT", "BARS-USDT", "SOL-USDT", "NEMS-USDT", "BRG-USDT")
LINEAR_MARKETS = ("BTC-USDT", "LTC-USDT", "RNDR-USDT")


def play(scenario: Scenario, exchange_class: type, config: dict[str, Any]) -> None:
    """Play ``scenario`` and check the result. The markets are preset, so the bot sends only cancels."""
    forget_accounts()
    with bot_of(exchange_class, {"apiKey": KEY, "secret": SECRET, **config, **scenario.config}) as bot:
        set_markets(bot)
        bot.exchange._pauses = scenario.pauses
        try:
            orders: list[Any] = scenario.act(bot)
            unresolved: list[Any] = []
            error: BaseError | None = None
        except BaseError as raised:
            error = raised
            orders, unresolved = getattr(raised, "orders", []), getattr(raised, "unresolved", [])
    assert type(error) is (scenario.error or type(None)), error
    told = [(order["id"] if scenario_id == order["id"] else order["clientOrderId"], order["status"])
            for order, (scenario_id, _) in zip(orders, scenario.statuses, strict=True)]  # fmt: skip
    assert told == scenario.statuses, f"{told} instead of {scenario.statuses}"
    assert unresolved == scenario.unresolved, f"unresolved: {unresolved}"


def set_markets(bot: Bot) -> None:
    """Set the markets of the scenarios, as ccxt parses the entries of the exchange."""
    spot = [
        {"symbol": one, "tickSize": 0.01, "stepSize": 0.00001, "minNotional": 5, "status": 1}
        for one in MARKETS
    ]
    contract = linear_contracts()[0]
    linear = [{**contract, "symbol": one, "asset": one.partition("-")[0]} for one in LINEAR_MARKETS]
    entries = [*spot, *linear, inverse_contracts()[0]]
    bot.exchange.set_markets([bot.exchange.parse_market(one) for one in entries])
