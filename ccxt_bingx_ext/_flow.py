"""How a list of orders is cancelled: send, account, ask again. A generator, so that it is written once.

The flow yields calls (frozen descriptions of I/O) and is sent their results, or has the ccxt error thrown
into it. It does no I/O itself and knows neither sync nor async: `_drive` runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ccxt.base.errors import BadResponse, BaseError, OrderNotFound

from ._batch import METHOD, Asked, Batch
from ._errors import account, add_to_message, scrub_chain
from ._outcome import Claim, Ledger, Undocumented

Order: TypeAlias = dict[str, Any]
Present: TypeAlias = Callable[["Asked | None", Claim], Order]

REFUSED_AS_A_WHOLE = 'nothing was cancelled: one id failed the whole request, {"process": 1} cancels the rest'


@dataclass(frozen=True)
class LoadMarkets:
    """Load the markets, unless they are loaded."""


@dataclass(frozen=True)
class AskUpstream:
    """Let ccxt's own ``cancel_orders`` do it (markets that are not spot)."""

    ids: Any
    symbol: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Cancel:
    """Send `request` to ``POST /openApi/spot/v1/trade/cancelOrders``. Its result is the decoded answer."""

    request: Mapping[str, Any]


Call: TypeAlias = LoadMarkets | AskUpstream | Cancel
Flow: TypeAlias = Generator[Call, Any, list[Order]]


def cancel_batch(batch: Batch, market_id: str, batch_size: int, present: Present) -> Flow:
    """Cancel `batch` and return one order structure per asked id, in asking order.

    `present` makes the order structure of what is known. A ccxt error, thrown in or raised here, leaves
    with ``orders`` and ``unresolved``; anything else passes through untouched.
    """
    ledger = Ledger(batch.asked)
    try:
        askable: list[Asked] = []
        for part in batch.parts(batch_size):
            askable += yield from _send(part, market_id, ledger)
        forgotten = [asked for asked in askable if ledger[asked] is None]
        for part in batch.again(forgotten).parts(batch_size):
            yield from _send(part, market_id, ledger)
        if ledger.unmentioned:
            raise _unaccounted(ledger.unmentioned)
    except BaseError as error:
        scrub_chain(error)
        account(error, _orders(ledger, present), [asked.public for asked in ledger.unmentioned])
        raise
    return _orders(ledger, present)


def _send(part: Batch, market_id: str, ledger: Ledger) -> Generator[Call, Any, Sequence[Asked]]:
    """Send `part`, enter the answer, and return the ids that may be asked again where it forgot them."""
    try:
        answer = yield Cancel(part.request(market_id))
    except OrderNotFound as error:
        if part.all_or_nothing:
            add_to_message(error, REFUSED_AS_A_WHOLE)
        raise
    try:
        claims = ledger.read(answer)
    except Undocumented as undocumented:
        raise BadResponse(
            f"{METHOD} the exchange's answer is not the documented one ({undocumented}): "
            "whether it was executed is unknown, these orders may still be live"
        ) from undocumented
    if part.all_or_nothing and len(part.asked) > 1 and not _shows_execution(claims):
        # Asking one by one would cancel some of what had to be cancelled together or not at all.
        return ()
    return part.asked


def _shows_execution(claims: Sequence[Claim]) -> bool:
    return bool(claims) and all(claim.listed == "orders" for claim in claims)


def _unaccounted(unmentioned: Sequence[Asked]) -> BaseError:
    shown = ", ".join(asked.value for asked in unmentioned[:10])
    more = f" and {len(unmentioned) - 10} more" if len(unmentioned) > 10 else ""
    return BadResponse(
        f"{METHOD} the exchange's answer does not mention every id asked, "
        f"these orders may still be live: {shown}{more}"
    )


def _orders(ledger: Ledger, present: Present) -> list[Order]:
    return [present(asked, claim) for asked, claim in ledger.known]
