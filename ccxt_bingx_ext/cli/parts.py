"""Divide a long list into parts, so that the bar moves, and an interrupt loses few outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from .._bingx.endpoints import Endpoint
from .ids import Target

_MOST_SECONDS = 1.0  # a part takes less by the exchange's limits. Slow responses come on top


def requests(
    targets: Sequence[Target], endpoint_of: Callable[[str], Endpoint], *, whole: bool = False
) -> Iterator[list[Target]]:
    """Divide `targets` into lists that one request can cancel. If `whole`, each symbol has one list."""
    symbols = [*dict.fromkeys(one.symbol for one in targets)]
    for symbol, group in groupby(
        sorted(targets, key=lambda one: symbols.index(one.symbol)), lambda one: one.symbol
    ):
        its = [*group]
        size = len(its) if whole else endpoint_of(symbol).batch_size
        yield from (its[start : start + size] for start in range(0, len(its), size))


def parts(
    targets: Sequence[Target], endpoint_of: Callable[[str], Endpoint], *, whole: bool = False
) -> Iterator[list[Target]]:
    """Divide `targets` into parts of one request or more that take less than a second.

    Spot allows 2 requests/s, so a part has one of up to 50 ids. Inverse swaps allow 5 of one id each, so a
    part has 4: the outcomes of a part that is interrupted are lost.
    """
    part: list[Target] = []
    seconds = 0.0
    for request in requests(targets, endpoint_of, whole=whole):
        takes = 1 / endpoint_of(request[0].symbol).limit
        if part and seconds + takes >= _MOST_SECONDS:
            yield part
            part, seconds = [], 0.0
        part, seconds = [*part, *request], seconds + takes
    yield part
