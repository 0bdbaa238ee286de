"""Orders of several symbols, driven by hand: what each symbol's flow says, in the caller's order."""

from __future__ import annotations

from typing import Any

import pytest
from ccxt.base.errors import (
    BadRequest,
    BaseError,
    NetworkError,
    OrderNotFound,
    PermissionDenied,
    RequestTimeout,
)

from ccxt_bingx_ext._bingx.endpoints import SPOT
from ccxt_bingx_ext._bingx.errors import account
from ccxt_bingx_ext._cancel.arguments import Cancellations, ClientOrderId, OrderRef, parse_cancellations
from ccxt_bingx_ext._cancel.commands import Cancel, Flow
from ccxt_bingx_ext._cancel.multi_symbol import cancel_for_symbols
from ccxt_bingx_ext._runner import run

BTC, GM, SWAP = "BTC/USDT", "GM/USDT", "BTC/USDT:USDT"


def told(*ids: str) -> Flow:
    """A symbol's flow that tells of these orders."""
    yield Cancel(SPOT, {})
    return [{"id": one} for one in ids]


def failing(error: BaseError, known: tuple[str, ...] = (), unresolved: tuple[str, ...] = ()) -> Flow:
    """A symbol's flow that fails, and leaves these ids open."""
    yield Cancel(SPOT, {})
    account(error, [{"id": one} for one in known], unresolved)
    raise error


def asked(*entries: tuple[str, str]) -> Cancellations:
    return parse_cancellations([{"id": one, "symbol": symbol} for one, symbol in entries], {"process": 1})


def cancel(cancellations: Cancellations, **flows: Flow) -> Any:
    symbols = {"btc": BTC, "gm": GM, "swap": SWAP}
    by_symbol = {symbols[name]: flow for name, flow in flows.items()}
    return [order["id"] for order in run(cancel_for_symbols(cancellations, by_symbol), lambda call: None)]


def ids(orders: Any) -> list[str]:
    return [order["id"] for order in orders]


def test_orders_are_told_as_they_were_asked_for() -> None:
    """However the symbols are mixed; what an answer tells beside that comes at the end."""
    entries = asked(("1", BTC), ("2", SWAP), ("3", BTC), ("4", GM))
    assert cancel(entries, btc=told("1", "3", "stray"), swap=told("2"), gm=told("4", "other")) == [
        *("1", "2", "3", "4"),
        *("stray", "other"),
    ]


def test_one_id_under_two_symbols_is_two_orders() -> None:
    """Each is told in its own place."""
    entries = asked(("1", GM), ("1", BTC))
    orders = run(cancel_for_symbols(entries, {BTC: told("btc"), GM: told("gm")}), lambda call: None)
    assert ids(orders) == ["gm", "btc"]


def test_an_error_of_one_symbol_tells_of_all() -> None:
    """It stays what it is, names its symbol, and its lists are of every symbol, in asking order."""
    entries = asked(("1", BTC), ("2", SWAP), ("3", BTC), ("4", GM), ("5", BTC))
    error = NetworkError("bingx down")
    with pytest.raises(NetworkError, match=r"^bingx down - BTC/USDT$") as caught:
        cancel(entries, btc=failing(error, ("3", "stray"), ("1", "5")), swap=told("2"), gm=told("4"))
    assert caught.value is error
    assert ids(error.orders) == ["2", "3", "4", "stray"]
    assert error.unresolved == [{"id": "1", "symbol": BTC}, {"id": "5", "symbol": BTC}]


def test_what_is_unresolved_can_be_handed_back() -> None:
    """Client order ids keep their kind; asked for again, they are the same entries."""
    given = [{"clientOrderId": "a", "symbol": GM}, {"id": "1", "symbol": BTC}, {"id": "2", "symbol": GM}]
    entries = parse_cancellations(given, {})
    batch = entries.batches[GM]
    assert batch.asked == (OrderRef("id", "2"), OrderRef("clientOrderId", "a"))
    left = tuple(one.public for one in batch.asked)
    with pytest.raises(NetworkError) as caught:
        cancel(entries, gm=failing(NetworkError("bingx down"), (), left), btc=told("1"))
    assert caught.value.unresolved == [given[0], given[2]]
    assert parse_cancellations(caught.value.unresolved, {}).batches == {GM: batch}


def test_what_is_known_of_one_client_id_is_not_told_of_another() -> None:
    """The first stays open, the second is cancelled: neither is taken for the other."""
    given = [{"clientOrderId": one, "symbol": GM} for one in "ab"]
    error = NetworkError("bingx down")
    with pytest.raises(NetworkError):
        cancel(parse_cancellations(given, {}), gm=failing(error, ("of b",), (ClientOrderId("a"),)))
    assert ids(error.orders) == ["of b"]
    assert error.unresolved == given[:1]


def test_of_several_errors_the_gravest_is_raised_and_names_the_others() -> None:
    """What may have been executed counts before a refusal; each symbol and class is told."""
    lost = RequestTimeout("bingx lost")
    match = (
        r"lost - GM/USDT, and also failed: BTC/USDT \(PermissionDenied\), BTC/USDT:USDT \(OrderNotFound\)$"
    )
    with pytest.raises(RequestTimeout, match=match) as caught:
        cancel(
            asked(("1", BTC), ("2", GM), ("3", SWAP)),
            btc=failing(PermissionDenied("bingx no"), (), ("1",)),
            gm=failing(lost, (), ("2",)),
            swap=failing(OrderNotFound("bingx gone"), (), ("3",)),
        )
    assert caught.value is lost
    assert [one["id"] for one in lost.unresolved] == ["1", "2", "3"]


def test_one_symbols_refusal_does_not_say_gone_of_the_others() -> None:
    """A bot takes OrderNotFound for all that it asked for: BadRequest is raised, with the reason as cause."""
    gone = OrderNotFound("bingx gone")
    with pytest.raises(BadRequest, match=r"^bingx gone - BTC/USDT$") as caught:
        cancel(asked(("1", BTC), ("2", GM)), btc=failing(gone, (), ("1",)), gm=told("2"))
    assert caught.value.__cause__ is gone
    assert ids(caught.value.orders) == ["2"]
    assert caught.value.unresolved == [{"id": "1", "symbol": BTC}]


def test_where_every_symbol_was_refused_it_is_order_not_found() -> None:
    """The word is true of all that was asked for."""
    first = OrderNotFound("bingx gone")
    with pytest.raises(OrderNotFound) as caught:
        cancel(
            asked(("1", BTC), ("2", GM)),
            btc=failing(first, (), ("1",)),
            gm=failing(OrderNotFound("bingx gone, too"), (), ("2",)),
        )
    assert caught.value is first
    assert [one["id"] for one in first.unresolved] == ["1", "2"]
