"""The order book, on a fake clock."""

from __future__ import annotations

import pytest

from ccxt_bingx_ext.simulator.orders import OrderBook, plain


class Clock:
    now = 1_700_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(clock: Clock) -> OrderBook:
    return OrderBook(10**18, clock)


def place(book: OrderBook, client_order_id: str = "", **more: str) -> int:
    fields = {"symbol": "BTC-USDT", "side": "BUY", "type": "LIMIT", "price": "2", "quantity": "3", **more}
    return book.place(uid="u", client_order_id=client_order_id, **fields).order_id  # type: ignore[arg-type]


def test_ids(book: OrderBook) -> None:
    """Order ids begin with the given number and increase by one."""
    assert [place(book) for _ in range(3)] == [10**18, 10**18 + 1, 10**18 + 2]


def test_fill(book: OrderBook, clock: Clock) -> None:
    """A fill updates the status, quantity, cost, average price and time of an order."""
    order_id = place(book)
    clock.now += 5
    part = book.fill(order_id, "1.5")
    assert (part.status, part.executed, part.cost, part.average) == ("PARTIALLY_FILLED", "1.5", "3", "2")
    assert part.updated_ms - part.created_ms == 5
    whole = book.fill(order_id)
    assert (whole.status, whole.executed, whole.cost) == ("FILLED", "3", "6")


def test_finished_order(book: OrderBook) -> None:
    """Changing a finished order raises ValueError."""
    for finish in (book.cancel, book.fail, book.fill):
        order_id = place(book)
        finish(order_id)
        for again in (book.cancel, book.fail, book.fill):
            with pytest.raises(ValueError, match="no longer open"):
                again(order_id)
    with pytest.raises(ValueError, match="there is no order"):
        book.cancel(1)


def test_overfill(book: OrderBook) -> None:
    """Filling an order beyond its quantity raises ValueError."""
    with pytest.raises(ValueError, match="is left"):
        book.fill(place(book), "3.1")


def test_client_ids(book: OrderBook, clock: Clock) -> None:
    """A client order id belongs to one order, and the exchange finds it for two hours."""
    order_id = place(book, "abc")
    with pytest.raises(ValueError, match="taken"):
        place(book, "abc")
    clock.now += 2 * 3600 * 1000
    found = book.find_by_client_id("u", "BTC-USDT", "abc")
    assert found is not None
    assert found.order_id == order_id
    clock.now += 1
    assert book.find_by_client_id("u", "BTC-USDT", "abc") is None
    assert book.by_client_id("u", "abc") is not None


def test_find(book: OrderBook) -> None:
    """find() sees only orders of the given account and symbol."""
    order_id = place(book, "abc")
    assert book.find("u", "BTC-USDT", order_id)
    assert book.find("v", "BTC-USDT", order_id) is None
    assert book.find("u", "ETH-USDT", order_id) is None
    assert book.find_by_client_id("v", "BTC-USDT", "abc") is None
    assert book.find_by_client_id("u", "ETH-USDT", "abc") is None


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("0.00000398", "0.00000398"),
        ("3.98E-6", "0.00000398"),
        ("1E+3", "1000"),
        ("1.50", "1.5"),
        ("0.0", "0"),
    ],
)
def test_plain_decimals(given: str, written: str) -> None:
    """Decimals have no exponent and no trailing zeros, as in the exchange's payloads."""
    assert plain(given) == written
