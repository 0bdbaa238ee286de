"""The linear account: positions, balance, trades. The shapes are those of the examples in ccxt's source."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .. import trades
from ..calls import Call, Result
from ..markets import BALANCE, LINEAR_CONTRACTS
from ..orders import OrderBook, plain
from ..parameters import known_contract
from .payloads import linear_trade
from .positions import Holdings, Position, add_up
from .settings import Settings


class Account:
    def __init__(self, book: OrderBook, settings: Settings) -> None:
        self._book = book
        self._settings = settings

    def positions(self, call: Call) -> Result:
        """The open positions, of one symbol or all."""
        symbol = known_contract("linear", call.params, "").symbol if call.params.get("symbol") else None
        held = self._holdings(call.uid).positions
        return Result([self._position(call.uid, one) for one in held if symbol in (None, one.symbol)])

    def balance(self, call: Call) -> Result:
        """The margin account in USDT. Positions use it, open orders do not."""
        holdings = self._holdings(call.uid)
        balance = Decimal(BALANCE) + holdings.realised
        unrealised = sum((one.profit(_mark(one)) for one in holdings.positions), Decimal(0))
        used = sum((self._margin(call.uid, one) for one in holdings.positions), Decimal(0))
        usdt = {
            "userId": call.uid,
            "asset": "USDT",
            "balance": plain(balance),
            "equity": plain(balance + unrealised),
            "unrealizedProfit": plain(unrealised),
            "realisedProfit": plain(holdings.realised),
            "availableMargin": plain(balance + unrealised - used),
            "usedMargin": plain(used),
            "freezedMargin": "0",
            "shortUid": call.uid,
        }
        return Result([usdt])

    def trades(self, call: Call) -> Result:
        """The trades of the account in one contract. ``tradingUnit`` makes no difference to linear ones."""
        symbol = known_contract("linear", call.params, "AllFillOrdersRequest").symbol
        fills = self._book.fills("linear", symbol, call.uid)
        return Result({"fill_orders": [linear_trade(one) for one in trades.select(fills, call.params, "Ts")]})

    def _holdings(self, uid: str) -> Holdings:
        return add_up(self._book.fills("linear", uid=uid))

    def _margin(self, uid: str, position: Position) -> Decimal:
        leverage = self._settings.leverage_of(uid, position.symbol, position.side)
        return round(abs(position.amount) * position.entry / leverage, 8)

    def _position(self, uid: str, position: Position) -> dict[str, Any]:
        """A position. A short one has a positive amount, too: its side says that it is short."""
        margin, profit = self._margin(uid, position), position.profit(_mark(position))
        amount = plain(abs(position.amount))
        return {
            "positionId": str(position.position_id),
            "symbol": position.symbol,
            "currency": "USDT",
            "positionAmt": amount,
            "availableAmt": amount,
            "positionSide": position.side,
            "isolated": self._settings.is_isolated(uid, position.symbol),
            "avgPrice": plain(position.entry),
            "initialMargin": plain(margin),
            "margin": plain(margin + profit),
            "leverage": self._settings.leverage_of(uid, position.symbol, position.side),
            "unrealizedProfit": plain(profit),
            "realisedProfit": plain(position.realised),
            "liquidationPrice": 0,
            "pnlRatio": plain(round(profit / margin, 4)) if margin else "0",
            "maxMarginReduction": "0.0000",
            "riskRate": "0.0000",
            "markPrice": plain(_mark(position)),
            "positionValue": plain(abs(position.amount) * _mark(position)),
            "onlyOnePosition": not self._settings.is_dual(uid),
            "updateTime": position.updated_ms,
        }


def _mark(position: Position) -> Decimal:
    """The price of the contract, which never moves."""
    return Decimal(LINEAR_CONTRACTS[position.symbol].last_price)
