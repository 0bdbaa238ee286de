"""How a list of orders is cancelled: send, account, ask again. A generator, so that it is written once.

The flow yields calls (frozen descriptions of I/O) and is sent their results, or has the ccxt error thrown
into it. It does no I/O itself and knows neither sync nor async: `_drive` runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from ccxt.base.errors import BadRequest, BadResponse, BadSymbol, BaseError, OrderNotFound, RateLimitExceeded

from ._batch import METHOD, Asked, Batch
from ._errors import REST_OF_WINDOW, account, add_to_message, scrub_chain
from ._limits import BACK_OFF
from ._outcome import Claim, Ledger, Undocumented, states_in_words, status_in_words
from ._storage import Close, Hold

Order: TypeAlias = dict[str, Any]
Present: TypeAlias = Callable[["Asked | None", Claim], Order]

REFUSED_AS_A_WHOLE = 'nothing was cancelled: one id failed the whole request, {"process": 1} cancels the rest'


class LoadMarkets(NamedTuple):
    """Load the markets, unless they are loaded."""


class AskUpstream(NamedTuple):
    """Let ccxt's own ``cancel_orders`` do it (markets that are not spot)."""

    ids: Any
    symbol: str
    params: Mapping[str, Any]


class Cancel(NamedTuple):
    """Send `request` to ``POST /openApi/spot/v1/trade/cancelOrders``. Its result is the decoded answer."""

    request: Mapping[str, Any]


class Sleep(NamedTuple):
    """Wait for `seconds`."""

    seconds: float


# Named tuples, not dataclasses: a dozen of those would take 5 ms of a bot's start (measured).
Call: TypeAlias = LoadMarkets | AskUpstream | Cancel | Sleep | Hold | Close
Steps: TypeAlias = Generator[Call, Any, Any]
Flow: TypeAlias = Generator[Call, Any, list[Order]]


class Plan(NamedTuple):
    """What a flow needs to know beside the batch.

    `batch_size`: most ids per request. `max_wait`: s that a refusal for the limit may be waited out.
    `present` makes the order structure of what is known.
    """

    batch_size: int
    max_wait: float
    present: Present


def cancel_batch(batch: Batch, market_id: str, plan: Plan) -> Flow:
    """Cancel `batch` and return one order structure per asked id, in asking order.

    A ccxt error, thrown in or raised here, leaves with ``orders`` and ``unresolved``; anything else passes
    through untouched.
    """
    ledger = Ledger(batch.asked)
    try:
        askable: list[Asked] = []
        for part in batch.parts(plan.batch_size):
            askable += yield from _send(part, market_id, ledger, plan)
        forgotten = [asked for asked in askable if ledger[asked] is None]
        for part in batch.again(forgotten).parts(plan.batch_size):
            yield from _send(part, market_id, ledger, plan)
        if ledger.unmentioned:
            raise _unaccounted(ledger.unmentioned)
    except BaseError as error:
        scrub_chain(error)
        account(error, _orders(ledger, plan.present), [asked.public for asked in ledger.unmentioned])
        raise
    return _orders(ledger, plan.present)


def cancel_unloaded(
    batch: Batch, guessed_id: str, plan: Plan, loaded: Callable[[], tuple[str, Plan]]
) -> Flow:
    """`cancel_batch` before the markets are loaded: the market id is told from the symbol.

    If the exchange then knows neither symbol nor order, the markets are loaded, and where `loaded` names
    another market id (and the plan that goes with it), the batch is asked for again there.
    """
    refused: BaseError | None = None
    orders: list[Order] = []
    try:
        orders = yield from cancel_batch(batch, guessed_id, plan)
    except BaseError as error:
        if not _knows_nothing(error):
            raise
        refused = error
    if any(order["status"] is not None for order in orders):
        return orders
    market_id, right_plan = guessed_id, plan
    try:
        yield LoadMarkets()
        market_id, right_plan = loaded()
    except BaseError as error:
        # What the exchange said of the orders matters more than why it cannot be checked; but a symbol
        # that does not exist is why.
        if refused is not None and isinstance(error, BadSymbol):
            account(error, refused.orders, refused.unresolved)
            raise
    if market_id != guessed_id:
        return (yield from cancel_batch(batch, market_id, right_plan))
    if refused is not None:
        raise refused
    return orders


def _knows_nothing(error: BaseError) -> bool:
    """Whether the exchange said that it knows no such symbol or order: under another market id it may."""
    says_so = isinstance(error, (BadSymbol, BadRequest, OrderNotFound)) or isinstance(
        error.__cause__, OrderNotFound
    )
    return says_so and not error.orders and not states_in_words(str(error))


def _send(part: Batch, market_id: str, ledger: Ledger, plan: Plan) -> Generator[Call, Any, Sequence[Asked]]:
    """Send `part`, enter the answer, and return the ids that may be asked again where it forgot them."""
    try:
        answer = yield from _answer_to(Cancel(part.request(market_id)), plan.max_wait)
    except OrderNotFound as error:
        if part.all_or_nothing:
            add_to_message(error, REFUSED_AS_A_WHOLE)
            raise
        if len(part.asked) > 1:
            # The documentation knows no such answer to process=1. A bot takes OrderNotFound for "gone".
            raise BadResponse(
                f"{error} - which of these orders it means is unknown, they may be live"
            ) from error
        text = getattr(error, "exchange_message", str(error))
        ledger.enter(part.asked[0], Claim("fails", {"error": text}, status_in_words(text)))
        return ()
    try:
        claims = ledger.read(answer, part.asked)
    except Undocumented as undocumented:
        raise BadResponse(
            f"{METHOD} the exchange's answer is not the documented one ({undocumented}): "
            "whether it was executed is unknown, these orders may still be live"
        ) from undocumented
    if part.all_or_nothing and len(part.asked) > 1 and not _shows_execution(part, ledger, claims):
        # Asking one by one would cancel some of what had to be cancelled together or not at all.
        return ()
    return part.asked


def _answer_to(call: Cancel, max_wait: float) -> Steps:
    """The answer to `call`; a refusal for the limit is waited out, once, if that takes no longer."""
    try:
        return (yield from _told(call))
    except RateLimitExceeded as error:
        seconds = _rest(error)
        if seconds > max_wait:
            raise
    yield Sleep(seconds)
    return (yield from _told(call))


def _told(call: Cancel) -> Steps:
    """The answer to `call`; what it says of the limit is told to the lane."""
    try:
        answer = yield call
    except RateLimitExceeded as error:
        yield Close(_rest(error)) if getattr(error, "banned", False) else Hold(_rest(error))
        raise
    if isinstance(answer, dict) and REST_OF_WINDOW in answer:
        yield Hold(answer.pop(REST_OF_WINDOW))
    return answer


def _rest(error: BaseError) -> float:
    rest: float | None = getattr(error, "retry_after", None)
    return BACK_OFF if rest is None else max(rest, 0.0)


def _shows_execution(part: Batch, ledger: Ledger, claims: Sequence[Claim]) -> bool:
    """Whether the all-or-nothing request for `part` was executed: something is cancelled, nothing failed."""
    known = [ledger[asked] for asked in part.asked]
    cancelled = any(claim is not None and claim.status == "canceled" for claim in known)
    return cancelled and all(claim.listed == "orders" for claim in claims)


def _unaccounted(unmentioned: Sequence[Asked]) -> BaseError:
    shown = ", ".join(asked.value for asked in unmentioned[:10])
    more = f" and {len(unmentioned) - 10} more" if len(unmentioned) > 10 else ""
    return BadResponse(
        f"{METHOD} the exchange's answer does not mention every id asked, "
        f"these orders may still be live: {shown}{more}"
    )


def _orders(ledger: Ledger, present: Present) -> list[Order]:
    return [present(asked, claim) for asked, claim in ledger.known]
