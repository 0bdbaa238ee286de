"""Draw scenarios of single cancels and of cancelling all orders. The seed determines everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Final, get_args

from ccxt_bingx_ext.simulator.markets import Market
from ccxt_bingx_ext.simulator.simulator import FIRST_ORDER_ID

from ..scenario import (
    CANCEL,
    LOOK_UP,
    AskedId,
    Placed,
    Trouble,
    draw_placed,
    draw_rules,
    draw_trouble,
)
from ..speaks import (
    VOICES,
    Voice,
    draw_settings,
    draw_speaking_troubles,
    in_drawn_words,
    speaking_placed,
)
from .scenario import ALL, LISTED, SINGLE, SYMBOLS, Asking, FamilyScenario, Kind

_MINUTE: Final = 60.0
_FORGOTTEN: Final = 3 * 3600.0  # s: the exchange does not find client order ids of this age (docs)
_LIMITS: Final = {"single": 20, "batch": 5}  # requests per second
_MOST_CALLS: Final = 60
_MOST_PLACED: Final[Mapping[Kind, int]] = {"cancel_order": 3, "gather": _MOST_CALLS, "cancel_all_orders": 12}


def draw_family(kind: Kind, seed: int, index: int, only: Market | None = None) -> FamilyScenario:
    """Scenario `index` of `seed`, of any market or one. The same arguments draw the same scenario."""
    rng = Random(f"{kind}/{seed}/{index}/{only}")
    market: Market = rng.choice(get_args(Market)) if only is None else only
    voice = rng.choice(VOICES)
    symbols = SYMBOLS[market]
    placed = _draw_book(rng, kind, voice, symbols)
    calls = _draw_calls(rng, kind, placed, symbols)
    rules: dict[str, Any] = {**draw_rules(rng, market), "inverse_cancel_flat": rng.random() < 0.5}
    if voice == "speaks":
        rules |= draw_settings(rng)
    symbol: str | None = None
    if kind == "cancel_all_orders":
        rules |= {"cancel_all_triggers": rng.random() < 0.7, "same_order_in_cancel_all": rng.random() < 0.3}
        symbol = symbols[0] if market == "inverse" else rng.choice((None, *symbols))
    troubles = _draw_troubles(rng, kind, voice, market, placed, calls)
    age = rng.choice((0.0, _MINUTE, _MINUTE, _FORGOTTEN))
    if age == 0.0 and any(one.kind == "stale" for one in troubles):
        age = _MINUTE  # old enough for a stale look-up to know the state before the call
    return FamilyScenario(
        index=index,
        kind=kind,
        voice=voice,
        market=market,
        placed=placed,
        age=age,
        clock_offset_ms=rng.choice((0, 0, 0, 2000, -2000)),
        calls=calls,
        symbol=symbol,
        rules=rules,
        troubles=troubles,
        markets_loaded=rng.random() < 0.9,
        throttled=rng.random() < 0.3,
        limits=_LIMITS if kind == "gather" and rng.random() < 0.5 else None,
    )


def _draw_book(rng: Random, kind: Kind, voice: Voice, symbols: Sequence[str]) -> tuple[Placed, ...]:
    placed = draw_placed(rng, symbols, _MOST_PLACED[kind])
    return tuple(speaking_placed(one, rng) for one in placed) if voice == "speaks" else placed


def _draw_calls(
    rng: Random, kind: Kind, placed: Sequence[Placed], symbols: Sequence[str]
) -> tuple[Asking, ...]:
    if kind == "cancel_all_orders":
        return ()
    if kind == "cancel_order":
        return (_draw_call(rng, placed, rng.randrange(len(placed)), symbols),)
    number = min(_MOST_CALLS, max(3, len(placed)))
    numbers = rng.sample(range(len(placed)), min(number, len(placed)))
    calls = [_draw_call(rng, placed, one, symbols) for one in numbers]
    while len(calls) < 3 or rng.random() < 0.3:
        calls.append(rng.choice(calls))  # some twice
    rng.shuffle(calls)
    return tuple(calls[:_MOST_CALLS])


def _draw_call(rng: Random, placed: Sequence[Placed], number: int, symbols: Sequence[str]) -> Asking:
    one = placed[number]
    by = rng.choices(("id", "client id", "both"), (60, 20, 20))[0]
    if rng.random() < 0.07:  # an order that does not exist
        order_id, client_id = str(rng.randint(1, 10**6)), f"nobodys_{rng.randint(1, 10**6)}"
        return _asking(by, None, order_id, client_id, rng.choice(symbols))
    symbol = one.symbol if rng.random() < 0.95 else rng.choice(symbols)
    return _asking(by, number, str(FIRST_ORDER_ID + number), one.client_id, symbol)


def _asking(by: str, order: int | None, order_id: str, client_id: str | None, symbol: str) -> Asking:
    return Asking(
        order=order,
        order_id=None if by == "client id" and client_id is not None else order_id,
        client_id=None if by == "id" else client_id,
        symbol=symbol,
    )


def _draw_troubles(
    rng: Random,
    kind: Kind,
    voice: Voice,
    market: Market,
    placed: tuple[Placed, ...],
    calls: Sequence[Asking],
) -> tuple[Trouble, ...]:
    asked = _named_by(calls) or [
        AskedId("id", str(FIRST_ORDER_ID + number), number, one.symbol) for number, one in enumerate(placed)
    ]
    troubles: list[Trouble] = []
    if voice == "classic":
        troubles += [
            draw_trouble(rng, placed, market) for _ in range(rng.choices(range(4), (15, 50, 25, 10))[0])
        ]
    else:
        troubles += [in_drawn_words(draw_trouble(rng, placed, market)) for _ in range(rng.choice((0, 1, 1)))]
        for _ in range(rng.choices((0, 1, 2, 3), (10, 55, 25, 10))[0]):
            troubles += draw_speaking_troubles(rng, market, asked)
    aimed = [_aimed(rng, kind, market, one) for one in troubles]
    if kind == "cancel_order" and calls[0].order is not None:
        aimed = [replace(one, order=calls[0].order) if one.kind == "race" else one for one in aimed]
    if kind == "cancel_all_orders" and rng.random() < 0.5:
        aimed.insert(0, _placing(rng, market))
    return tuple(aimed)


def _named_by(calls: Sequence[Asking]) -> list[AskedId]:
    return [
        AskedId("id" if one.client_id is None else "clientOrderId", one.value, one.order, one.symbol)
        for one in calls
    ]


def _aimed(rng: Random, kind: Kind, market: Market, trouble: Trouble) -> Trouble:
    """The trouble, moved from the endpoint of lists to an endpoint of this kind of call."""
    cancels: Mapping[Kind, Sequence[Mapping[Market, str]]] = {
        "cancel_order": (SINGLE,),
        "gather": (SINGLE, SINGLE, CANCEL),
        "cancel_all_orders": (ALL, ALL, CANCEL),
    }
    look_ups = (LISTED, LOOK_UP) if kind == "cancel_all_orders" else (LOOK_UP, LOOK_UP, LISTED)
    chosen: Mapping[str, Mapping[Market, str]] = {
        CANCEL[market]: rng.choice(cancels[kind]),
        LOOK_UP[market]: rng.choice(look_ups) if not trouble.is_condition else LOOK_UP,
    }
    return replace(trouble, path=chosen[trouble.path][market]) if trouble.path in chosen else trouble


def _placing(rng: Random, market: Market) -> Trouble:
    """Another task places an order while the call is under way."""
    places: Sequence[Mapping[Market, str]] = (ALL, ALL, LISTED)
    order = Placed("open", None, symbol=rng.choice(SYMBOLS[market]))
    return Trouble(
        "race", rng.choice(places)[market], when=rng.choice(("before", "after")), details={"action": order}
    )
