"""Scenarios in which the exchange responds as the real one does: ``--exchange speaks``.

The exchange draws its words and codes from all that were seen, accepts the same order at most once per
second, returns stale look-ups, closes by risk control and firewalls, and sends unusable responses. The seed
determines everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Final, Literal

from ccxt_bingx_ext.simulator.markets import Market

from .scenario import (
    ANYWHERE,
    CANCEL,
    LONG_BAN,
    LOOK_UP,
    SYMBOLS,
    AskedId,
    Placed,
    Scenario,
    Trouble,
    Where,
    draw,
    market_of,
)

Voice = Literal["classic", "speaks"]
VOICES: Final[tuple[Voice, ...]] = ("classic", "speaks")

OPEN_ORDERS: Final[Mapping[Market, str]] = {
    "spot": "spot/v1/trade/openOrders",
    "linear": "swap/v2/trade/openOrders",
    "inverse": "cswap/v1/trade/openOrders",
}
STALE: Final = 0.3  # s
_UNSEEN: Final = 0.6  # s
_SHORT: Final = 0.3  # s
_OWN_WORDS: Final = frozenset({"code", "text"})
_SPELLINGS: Final = (
    {"PENDING": "WORKING", "Pending": "RUNNING", "CANCELED": "CANCELLED"},
    {"PENDING": "Pending", "PARTIALLY_FILLED": "PartiallyFilled", "CANCELLED": "Cancelled"},
    {"PENDING": "RUNNING", "PARTIALLY_FILLED": "PartiallyFilled", "FILLED": "Filled"},
)


def draw_spoken(voice: Voice, seed: int, index: int, market: Where = "spot") -> Scenario:
    """Scenario `index` of `seed`, with an exchange of either voice."""
    scenario = draw(seed, index, market)
    return scenario if voice == "classic" else _speaking(scenario, Random(f"speaks/{seed}/{index}/{market}"))


def _speaking(scenario: Scenario, rng: Random) -> Scenario:
    placed = tuple(speaking_placed(one, rng) for one in scenario.placed)
    market = market_of(rng.choice(SYMBOLS[scenario.market]))
    settings = draw_settings(rng)
    troubles = [in_drawn_words(one) for one in scenario.troubles[: rng.choice((0, 1, 1))]]
    for _ in range(rng.choices((1, 2, 3), (60, 30, 10))[0]):
        troubles += draw_speaking_troubles(rng, market, scenario.asked)
    return replace(scenario, placed=placed, rules={**scenario.rules, **settings}, troubles=tuple(troubles))


def draw_settings(rng: Random) -> dict[str, Any]:
    """Draw the settings of the exchange's responses."""
    settings: dict[str, Any] = {
        "same_order_seconds": 1.0,
        "inverse_cancel_id": "clientOrderId",
        "inverse_case_kept": False,
        "same_order_in_batch": rng.choice(("entry", "entry", "whole")),
        "wording": rng.randrange(10**6),
    }
    if rng.random() < 0.1:
        settings["forms"] = {CANCEL["spot"]: {"query"}}
        settings["form_refusal"] = rng.choice(("signature", "required"))
    elif rng.random() < 0.1:
        settings["process_ignored"] = ("json",)
    return settings


def draw_speaking_troubles(rng: Random, market: Market, asked: Sequence[AskedId]) -> list[Trouble]:
    """Draw one trouble, of one or several faults, with the orders of a market."""
    return rng.choice(_DRAWN)(rng, market, asked)


def speaking_placed(one: Placed, rng: Random) -> Placed:
    """The order with triggers and expiry, which only the realistic exchange has."""
    is_trigger = one.state != "partly" and market_of(one.symbol) != "spot" and rng.random() < 0.15
    state = "expired" if one.state == "failed" and rng.random() < 0.5 else one.state
    return replace(one, state=state, is_trigger=is_trigger)


def in_drawn_words(trouble: Trouble) -> Trouble:
    """The trouble without words of its own, if the exchange draws them."""
    if trouble.kind not in ("busy", "refuse"):
        return trouble
    kept = {name: value for name, value in trouble.details.items() if name not in _OWN_WORDS}
    return replace(trouble, details=kept)


def _lost(rng: Random, market: Market, asked: Sequence[AskedId]) -> list[Trouble]:
    """A response that is lost after execution, so that a client must look up and cancel again."""
    kind = rng.choice(("drop", "http", "busy", "null_data", "cut_off"))
    return [Trouble(kind, CANCEL[market], when="after", times=rng.choice((1, 1, 2)))]


def _stale(rng: Random, market: Market, asked: Sequence[AskedId]) -> list[Trouble]:
    details = {"seconds": STALE}
    paths = (LOOK_UP[market], OPEN_ORDERS[market])
    stale = [Trouble("stale", path, times=None, details=details) for path in paths]
    return stale + (_lost(rng, market, asked) if rng.random() < 0.7 else [])


def _unseen(rng: Random, market: Market, asked: Sequence[AskedId]) -> list[Trouble]:
    unseen = Trouble("unseen", LOOK_UP[market], times=None, details={"seconds": _UNSEEN})
    return [unseen, *(_lost(rng, market, asked) if rng.random() < 0.7 else [])]


def _restricted(rng: Random, market: Market, asked: Sequence[AskedId]) -> list[Trouble]:
    details: dict[str, Any] = {"seconds": _SHORT} if rng.random() < 0.4 else {}
    code = rng.choice((None, 109403, 109415, 80020, 101413))
    details |= {} if code is None else {"code": code}
    return [Trouble("restrict", CANCEL[market], when="before", skip=rng.choice((0, 0, 1)), details=details)]


def _firewall(rng: Random, market: Market, asked: Sequence[AskedId]) -> list[Trouble]:
    details: dict[str, Any] = {"status": rng.choice((403, 418, 429))}
    if rng.random() < 0.3:
        details["retry_after"] = 1
    path = CANCEL[market]
    if rng.random() < 0.5:
        path, details["lasting"] = ANYWHERE, _SHORT
    return [Trouble("http", path, when="before", skip=rng.choice((0, 0, 1)), details=details)]


def _ban(rng: Random, market: Market, asked: Sequence[AskedId]) -> list[Trouble]:
    path = rng.choice((CANCEL[market], CANCEL[market], LOOK_UP[market]))
    details = {
        "seconds": rng.choice((0.1, LONG_BAN)),
        "code": rng.choice((100410, 109429)),
        "status": rng.choice((200, 403, 429, 503)),
        "text": rng.choice(("unblocked", "retry", "retry_only", "risk")),
    }
    return [Trouble("ban", path, when="before", details=details)]


def _poison(rng: Random, market: Market, asked: Sequence[AskedId]) -> list[Trouble]:
    poisoned = rng.choice(asked)
    path = CANCEL[market_of(poisoned.symbol)]
    return [Trouble("poison", path, times=None, details={"ids": [poisoned.value]})]


def _respelled(rng: Random, market: Market, asked: Sequence[AskedId]) -> list[Trouble]:
    details = {"states": rng.choice(_SPELLINGS)}
    paths = (CANCEL[market], LOOK_UP[market])
    respelled = [Trouble("respell", path, times=None, details=details) for path in paths]
    return respelled + (_lost(rng, market, asked) if rng.random() < 0.5 else [])


def _zero_order(rng: Random, market: Market, asked: Sequence[AskedId]) -> list[Trouble]:
    return [Trouble("zero_order", CANCEL[market], times=None)]


def _disagreeing(rng: Random, market: Market, asked: Sequence[AskedId]) -> list[Trouble]:
    return [Trouble(rng.choice(("contradict", "misname")), CANCEL[market])]


_DRAWN: Final[tuple[Callable[[Random, Market, Sequence[AskedId]], list[Trouble]], ...]] = (
    _lost,
    _lost,
    _stale,
    _stale,
    _unseen,
    _unseen,
    _restricted,
    _firewall,
    _ban,
    _poison,
    _respelled,
    _zero_order,
    _disagreeing,
)
