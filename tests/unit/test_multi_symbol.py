"""Orders of several symbols, by hand: the outcomes of each symbol's flow, in asking order."""

from __future__ import annotations

from typing import Any

import pytest
from ccxt.base.errors import (
    BadRequest,
    BadResponse,
    BaseError,
    InvalidOrder,
    NetworkError,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
    RequestTimeout,
)

from ccxt_bingx_ext._bingx.endpoints import SPOT
from ccxt_bingx_ext._cancel.arguments import Cancellations, parse_cancellations
from ccxt_bingx_ext._cancel.commands import Cancel
from ccxt_bingx_ext._cancel.flow import Flow
from ccxt_bingx_ext._cancel.method_names import CANCEL_ORDERS_FOR_SYMBOLS
from ccxt_bingx_ext._cancel.multi_symbol import cancel_for_symbols
from ccxt_bingx_ext._cancel.outcome import Outcome, conclude
from ccxt_bingx_ext._ids import OrderRef
from ccxt_bingx_ext._runner import run

BTC, GM, SWAP = "BTC/USDT", "GM/USDT", "BTC/USDT:USDT"


def found(*ids: str, strays: tuple[str, ...] = (), client: str | None = None) -> Flow:
    """A symbol's flow that knows these orders, by order id or by the client order id `client`."""
    yield Cancel(SPOT, {})
    refs = [OrderRef("clientOrderId", client)] if client else [OrderRef("id", one) for one in ids]
    orders = {ref: {"id": one} for ref, one in zip(refs, ids, strict=True)}
    return Outcome(orders, [{"id": one} for one in strays], ())


def failing(error: BaseError, flow: Flow | None = None) -> Flow:
    """A symbol's flow that fails, and knows the same orders as `flow`."""
    known = (yield from flow) if flow is not None else Outcome({}, (), ())
    return known._replace(error=error)


def asked(*entries: tuple[str, str]) -> Cancellations:
    return parse_cancellations([{"id": one, "symbol": symbol} for one, symbol in entries], {"process": 1})


def concluded(cancellations: Cancellations, by_symbol: dict[str, Flow]) -> Any:
    outcome = run(cancel_for_symbols(cancellations.refs, by_symbol), lambda command: None)
    return conclude(outcome, CANCEL_ORDERS_FOR_SYMBOLS)


def cancel(cancellations: Cancellations, **flows: Flow) -> Any:
    symbols = {"btc": BTC, "gm": GM, "swap": SWAP}
    return ids(concluded(cancellations, {symbols[name]: flow for name, flow in flows.items()}))


def ids(orders: Any) -> list[str]:
    return [order["id"] for order in orders]


def test_asking_order() -> None:
    """The orders come back in asking order for any mix of symbols, and strays follow."""
    entries = asked(("1", BTC), ("2", SWAP), ("3", BTC), ("4", GM))
    btc, gm = found("1", "3", strays=("stray",)), found("4", strays=("other",))
    assert cancel(entries, btc=btc, swap=found("2"), gm=gm) == ["1", "2", "3", "4", "stray", "other"]


def test_one_id_under_two_symbols() -> None:
    """One id under two symbols means two orders, each in its own place."""
    entries = asked(("1", GM), ("1", BTC))

    def of(symbol: str) -> Flow:
        yield Cancel(SPOT, {})
        return Outcome({OrderRef("id", "1"): {"id": symbol}}, (), ())

    assert ids(concluded(entries, {BTC: of(BTC), GM: of(GM)})) == [GM, BTC]


def test_error_of_one_symbol() -> None:
    """The error stays the same object, names the symbol, and its lists cover every symbol."""
    entries = asked(("1", BTC), ("2", SWAP), ("3", BTC), ("4", GM), ("5", BTC))
    error = NetworkError("bingx down")
    message = r"^bingx cancelOrdersForSymbols\(\) BTC/USDT: down - the outcome is unknown"
    with pytest.raises(NetworkError, match=message) as caught:
        cancel(entries, btc=failing(error, found("3", strays=("stray",))), swap=found("2"), gm=found("4"))
    assert caught.value is error
    assert ids(error.orders) == ["2", "3", "4", "stray"]
    assert error.unresolved == [{"id": "1", "symbol": BTC}, {"id": "5", "symbol": BTC}]


def test_unresolved_can_be_passed_back() -> None:
    """Client order ids keep their kind: passed back, the unresolved entries make the same batches."""
    given = [{"clientOrderId": "a", "symbol": GM}, {"id": "1", "symbol": BTC}, {"id": "2", "symbol": GM}]
    entries = parse_cancellations(given, {})
    batch = entries.batches[GM]
    assert batch.refs == (OrderRef("id", "2"), OrderRef("clientOrderId", "a"))
    with pytest.raises(NetworkError) as caught:
        cancel(entries, gm=failing(NetworkError("bingx down")), btc=found("1"))
    assert caught.value.unresolved == [given[0], given[2]]
    assert parse_cancellations(caught.value.unresolved, {}).batches == {GM: batch}


def test_client_ids_are_kept_apart() -> None:
    """Knowledge about one client order id does not count for another."""
    given = [{"clientOrderId": one, "symbol": GM} for one in "ab"]
    error = NetworkError("bingx down")
    with pytest.raises(NetworkError):
        cancel(parse_cancellations(given, {}), gm=failing(error, found("of b", client="b")))
    assert ids(error.orders) == ["of b"]
    assert error.unresolved == given[:1]


def test_most_severe_error_is_raised() -> None:
    """An unknown outcome outranks a refusal, and the message names the other symbols with their classes."""
    lost = RequestTimeout("bingx lost")
    match = (
        r"GM/USDT: lost - also failed: BTC/USDT \(PermissionDenied\), BTC/USDT:USDT \(OrderNotFound\) - the "
    )
    with pytest.raises(RequestTimeout, match=match) as caught:
        cancel(
            asked(("1", BTC), ("2", GM), ("3", SWAP)),
            btc=failing(PermissionDenied("bingx no")),
            gm=failing(lost),
            swap=failing(OrderNotFound("bingx gone")),
        )
    assert caught.value is lost
    assert [one["id"] for one in lost.unresolved] == ["1", "2", "3"]


@pytest.mark.parametrize("error_class", [OrderNotFound, InvalidOrder])
def test_refusal_of_one_symbol_is_not_gone(error_class: type[BaseError]) -> None:
    """A bot applies InvalidOrder to all orders of its call, so the call raises BadRequest, with its cause."""
    gone = error_class("bingx gone")
    match = r"^bingx cancelOrdersForSymbols\(\) BTC/USDT: gone - unresolved: 1 \(BTC/USDT\)$"
    with pytest.raises(BadRequest, match=match) as caught:
        cancel(asked(("1", BTC), ("2", GM)), btc=failing(gone), gm=found("2"))
    assert caught.value.__cause__ is gone
    assert ids(caught.value.orders) == ["2"]
    assert caught.value.unresolved == [{"id": "1", "symbol": BTC}]


def test_refusal_of_every_symbol() -> None:
    """If every symbol's only order is known to be gone, OrderNotFound is true of every requested order."""
    first, second = OrderNotFound("bingx gone"), OrderNotFound("bingx gone, too")
    entries = asked(("1", BTC), ("2", GM))
    with pytest.raises(OrderNotFound) as caught:
        cancel(entries, btc=failing(first, found("1")), gm=failing(second, found("2")))
    assert caught.value is first
    assert (ids(first.orders), first.unresolved) == (["1", "2"], [])


def test_refusal_that_leaves_orders_open() -> None:
    """While an order may be live, no error calls it gone, by its class or by its words."""
    first, second = OrderNotFound("bingx order not exist"), OrderNotFound("bingx order not exist")
    with pytest.raises(BadRequest) as caught:
        cancel(asked(("1", BTC), ("2", GM)), btc=failing(first), gm=failing(second, found("2")))
    assert "not exist" not in str(caught.value)
    assert caught.value.exchange_message == "BTC/USDT: order not exist - also failed: GM/USDT (OrderNotFound)"
    assert caught.value.unresolved == [{"id": "1", "symbol": BTC}]


def test_message_without_method() -> None:
    """A message that names the method already names it once, before the symbol."""
    error = BadResponse("bingx cancelOrdersForSymbols() the response does not settle every id: 1")
    match = r"^bingx cancelOrdersForSymbols\(\) BTC/USDT: the response does not settle every id: 1 - "
    with pytest.raises(BadResponse, match=match):
        cancel(asked(("1", BTC)), btc=failing(error))
    with pytest.raises(BadResponse, match=r"^bingx cancelOrdersForSymbols\(\) BTC/USDT: no prefix"):
        cancel(asked(("1", BTC)), btc=failing(BadResponse("no prefix")))


def test_ban_of_one_symbol_is_told() -> None:
    """An error that outweighs the ban of another symbol says how long that ban lasts."""
    lost, ban = RequestTimeout("bingx lost"), RateLimitExceeded("bingx banned")
    ban.banned, ban.retry_after = True, 60.0
    with pytest.raises(RequestTimeout) as caught:
        cancel(asked(("1", BTC), ("2", GM)), btc=failing(lost), gm=failing(ban))
    assert (caught.value.banned, caught.value.retry_after) == (True, 60.0)


def test_ban_beside_a_refused_symbol() -> None:
    """The BadRequest in place of an InvalidOrder also says how long the ban of another symbol lasts."""
    ban = RateLimitExceeded("bingx banned")
    ban.banned, ban.retry_after = True, 60.0
    match = r"^bingx cancelOrdersForSymbols\(\) BTC/USDT: invalid - also failed: GM/USDT"
    with pytest.raises(BadRequest, match=match) as caught:
        cancel(asked(("1", BTC), ("2", GM)), btc=failing(InvalidOrder("bingx invalid")), gm=failing(ban))
    assert (caught.value.banned, caught.value.retry_after) == (True, 60.0)
