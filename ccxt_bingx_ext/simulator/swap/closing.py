"""Linear orders and positions: which sides the position mode allows, and how much an order closes.

The codes and words are those of the error table in BingX's documentation of placing an order, and those about
``ReduceOnly`` in hedge mode were seen live.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from .. import errors
from ..errors import Refused
from ..orders import OrderBook, plain
from ..parameters import one_of
from ..placing import quantity_of
from .positions import closable, only_closes

_FLAGS: Final = ("true", "false")


def is_reduce_only(params: Mapping[str, str]) -> bool:
    return one_of({"reduceOnly": params.get("reduceOnly") or "false"}, "reduceOnly", _FLAGS) == "true"


def check_mode(params: Mapping[str, str], dual: bool) -> None:
    """Refuse what the position mode forbids. ``dual``: hedge mode. Without a side an order is not checked."""
    side = params.get("positionSide")
    if dual and is_reduce_only(params):
        raise Refused(errors.SWAP_PARAMETER, errors.HEDGE_REDUCE_ONLY_TEXT)
    if dual and side == "BOTH":
        raise Refused(errors.SWAP_PARAMETER, errors.HEDGE_SIDE_TEXT)
    if not dual and side in ("LONG", "SHORT"):
        raise Refused(errors.SWAP_PARAMETER, errors.ONE_WAY_SIDE_TEXT)


def quantity_to_place(book: OrderBook, uid: str, new: Mapping[str, str], reduce_only: bool) -> str:
    """The quantity of a new order: at most what it can close, if it can only close."""
    quantity, side, position_side = quantity_of(new), new["side"], new["position_side"]
    if not only_closes(side, position_side, reduce_only):
        return quantity
    held = closable(book.fills("linear", new["symbol"], uid), side, position_side)
    if held:
        return plain(min(Decimal(quantity), held))
    if reduce_only:
        raise Refused(errors.SWAP_REDUCE_ONLY, errors.REDUCE_ONLY_TEXT)
    raise Refused(errors.SWAP_NO_POSITION, errors.NO_POSITION_TEXT)
