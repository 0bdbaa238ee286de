"""A market maker that never quotes twice: it places new quotes only when the old quotes are certainly gone.

It invents its prices, so it runs on the simulator only::

    python -m ccxt_bingx_ext simulate
    BINGX_SIMULATOR=http://127.0.0.1:8000 python examples/market_maker.py

``test_my_bot.py`` tests it.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import ccxt

from _exchange import config
from ccxt_bingx_ext import ClientOrderId, bingx, is_gone

SYMBOL = "BTC/USDT"
AMOUNT = Decimal("0.001")
HALF_SPREAD = 10.0
PREFIX = "mm_"
RECV_WINDOW = 5.0  # s; the exchange refuses a request that arrives later
NEVER_PLACED_AFTER = 30.0  # s; later the exchange cannot place the order, even if the clocks differ


@dataclass
class Quote:
    """An order that may be live. The bot chooses its client order id first, so it can always cancel it."""

    side: str
    client_id: str = field(default_factory=lambda: PREFIX + secrets.token_hex(8))
    id: str | None = None  # None until `create_order` returns
    lost: float = math.inf  # when `create_order` failed

    @property
    def name(self) -> str:
        return self.id or ClientOrderId(self.client_id)

    def is_named_by(self, order: dict[str, Any]) -> bool:
        """Whether `order` is this quote. A client order id may be spelled like another order's id."""
        return bool(order["id"] == self.id if self.id else order["clientOrderId"] == self.client_id)


class MarketMaker:
    """One buy and one sell order around a fair price, replaced in every round."""

    def __init__(self, exchange: Any, fair_price: Callable[[], float]) -> None:
        self.exchange = exchange
        self.fair_price = fair_price
        self.quotes: list[Quote] = []
        """The quotes that may be live, or are not booked yet."""
        self.position = Decimal(0)

    def adopt(self) -> None:
        """Take over the quotes of an earlier run that crashed."""
        for order in self.exchange.fetch_open_orders(SYMBOL):
            client_id = order["clientOrderId"] or ""
            if client_id.startswith(PREFIX):
                self.quotes.append(Quote(order["side"], client_id, order["id"]))

    def requote(self) -> bool:
        """Run one round. Return whether new quotes are out on both sides."""
        self.withdraw()
        if self.quotes:
            return False
        price = self.fair_price()
        return self._place("buy", price - HALF_SPREAD) and self._place("sell", price + HALF_SPREAD)

    def withdraw(self) -> None:
        """Cancel the quotes. Book and forget quotes that are certainly gone, and keep all others."""
        if not self.quotes:
            return
        try:
            orders = self.exchange.cancel_orders([one.name for one in self.quotes], SYMBOL, {"process": 1})
        except ccxt.BaseError as error:
            # An order in error.unresolved is not in error.orders. The bot keeps its quote for the next round.
            print(error)
            orders = getattr(error, "orders", [])
        for quote in [*self.quotes]:
            for order in filter(quote.is_named_by, orders):
                self._settle(quote, order)
                break

    def _settle(self, quote: Quote, order: dict[str, Any]) -> None:
        """Book and forget the quote if `order`, as the cancel reported it, proves that it is gone."""
        try:
            if order["status"] is None or order["filled"] is None:
                # Cancelled or filled before: the exchange does not report the amounts.
                order = self._look_up(quote)
        except ccxt.OrderNotFound:
            if order["status"] is None and time.monotonic() - quote.lost > NEVER_PLACED_AFTER:
                self.quotes.remove(quote)
            return
        except ccxt.BaseError as error:
            print(error)
            return
        if is_gone(order) and order["filled"] is not None:
            filled = Decimal(str(order["filled"]))
            self.position += filled if quote.side == "buy" else -filled
            self.quotes.remove(quote)

    def _look_up(self, quote: Quote) -> dict[str, Any]:
        market = self.exchange.load_markets()[SYMBOL]
        # ccxt's fetch_order does not accept a client order id.
        name = {"clientOrderID": quote.client_id} if quote.id is None else {"orderId": quote.id}
        response = self.exchange.spotV1PrivateGetTradeQuery({"symbol": market["id"], **name})
        order: dict[str, Any] = self.exchange.parse_order(response["data"], market)
        return order

    def _place(self, side: str, price: float) -> bool:
        quote = Quote(side)
        # Before the request: even if the response is lost, the bot knows of the order.
        self.quotes.append(quote)
        params = {"clientOrderId": quote.client_id, "recvWindow": round(RECV_WINDOW * 1000)}
        try:
            order = self.exchange.create_order(SYMBOL, "limit", side, float(AMOUNT), price, params)
        except ccxt.BaseError as error:
            print(error)
            quote.lost = time.monotonic()
            return False
        quote.id = order["id"]
        return True


def main() -> int:
    parser = argparse.ArgumentParser(description="Quote on the simulator.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between rounds (default: 1)")
    arguments = parser.parse_args()
    if "BINGX_SIMULATOR" not in os.environ:
        sys.exit("BINGX_SIMULATOR is not set: this example runs on the simulator only")
    maker = MarketMaker(bingx(config()), fair_price=lambda: 25_000 + random.uniform(-50, 50))
    maker.adopt()
    try:
        for number in range(arguments.rounds):
            print(f"round {number}: {'quoted' if maker.requote() else 'waiting'}, position {maker.position}")
            time.sleep(arguments.pause)
    finally:
        for _ in range(3):
            maker.withdraw()
            if not maker.quotes:
                break
            time.sleep(1)
        print(f"position {maker.position}, may be live: {[quote.name for quote in maker.quotes]}")
    return 1 if maker.quotes else 0


if __name__ == "__main__":
    sys.exit(main())
