"""The markets: spot pairs, and linear and inverse contracts that share ids and coins with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

Market = Literal["spot", "linear", "inverse"]
SwapMarket = Literal["linear", "inverse"]


@dataclass(frozen=True)
class SpotPair:
    symbol: str
    tick: float
    step: float
    last_price: str
    """The price at which market orders fill."""
    active: bool = True

    @property
    def base(self) -> str:
        return self.symbol.partition("-")[0]

    @property
    def quote(self) -> str:
        return self.symbol.partition("-")[2]


SPOT_PAIRS: Final = {
    pair.symbol: pair
    for pair in (
        SpotPair("BTC-USDT", 0.01, 0.00001, "60000"),
        SpotPair("ETH-USDT", 0.01, 0.0001, "3000"),
        SpotPair("SOL-USDT", 0.001, 0.001, "150"),
        SpotPair("GM-USDT", 0.00000001, 1, "0.00000398"),
        SpotPair("BARS-USDT", 0.000001, 0.01, "0.001"),
        SpotPair("SNOW-USDT", 0.0001, 0.01, "0.5"),
        SpotPair("TRUMP-USDT", 0.001, 0.001, "10"),
        SpotPair("LUNA-USDT", 0.0001, 0.01, "1", active=False),
    )
}
BALANCE: Final = "1000000"
"""The amount of each coin that every account has before its first trade."""


@dataclass(frozen=True)
class Contract:
    symbol: str
    price_precision: int
    quantity_precision: int
    last_price: str
    """The price at which market orders fill."""
    size: str
    """Linear: the smallest step, in coins. Inverse: the value of one contract, in USD."""
    active: bool = True


LINEAR_CONTRACTS: Final = {
    contract.symbol: contract
    for contract in (
        Contract("BTC-USDT", 1, 4, "60000", "0.0001"),
        Contract("ETH-USDT", 2, 2, "3000", "0.01"),
        Contract("FTT-USDT", 4, 0, "1", "1", active=False),
    )
}
MAX_LEVERAGE: Final = 125
INVERSE_CONTRACTS: Final = {
    contract.symbol: contract for contract in (Contract("BTC-USD", 1, 0, "60000", "100"),)
}
CONTRACTS: Final[dict[SwapMarket, dict[str, Contract]]] = {
    "linear": LINEAR_CONTRACTS,
    "inverse": INVERSE_CONTRACTS,
}


def spot_symbols(symbol: str | None = None) -> dict[str, Any]:
    return {
        "symbols": [
            {
                "symbol": pair.symbol,
                "minQty": pair.step,
                "maxQty": pair.step * 10**9,
                "minNotional": 5,
                "maxNotional": 500000,
                "status": 1 if pair.active else 0,
                "tickSize": pair.tick,
                "stepSize": pair.step,
                "apiStateSell": pair.active,
                "apiStateBuy": pair.active,
                "timeOnline": 0,
                "offTime": 0,
                "maintainTime": 0,
            }
            for pair in SPOT_PAIRS.values()
            if symbol in (None, pair.symbol)
        ]
    }


def linear_contracts() -> list[dict[str, Any]]:
    """The linear contracts. Some share a market id with a spot pair: the id alone does not name a market."""
    return [
        {
            "contractId": str(100 + number),
            "symbol": contract.symbol,
            "size": contract.size,
            "quantityPrecision": contract.quantity_precision,
            "pricePrecision": contract.price_precision,
            "feeRate": 0.0005,
            "makerFeeRate": 0.0002,
            "takerFeeRate": 0.0005,
            "tradeMinLimit": 0,
            "tradeMinQuantity": float(contract.size),
            "tradeMinUSDT": 2,
            "maxLongLeverage": MAX_LEVERAGE,
            "maxShortLeverage": MAX_LEVERAGE,
            "currency": "USDT",
            "asset": contract.symbol.partition("-")[0],
            "status": 1 if contract.active else 0,
            "apiStateOpen": "true" if contract.active else "false",
            "apiStateClose": "true" if contract.active else "false",
            "ensureTrigger": True,
            "triggerFeeRate": "0.00020000",
        }
        for number, contract in enumerate(LINEAR_CONTRACTS.values())
    ]


def inverse_contracts() -> list[dict[str, Any]]:
    return [
        {
            "symbol": contract.symbol,
            "pricePrecision": contract.price_precision,
            "minTickSize": contract.size,
            "minTradeValue": contract.size,
            "minQty": "1.00000000",
            "status": 1 if contract.active else 0,
            "timeOnline": 1713175200000,
        }
        for contract in INVERSE_CONTRACTS.values()
    ]


def coins() -> list[str]:
    return list(dict.fromkeys(coin for pair in SPOT_PAIRS.values() for coin in (pair.base, pair.quote)))


def currencies() -> list[dict[str, Any]]:
    return [
        {
            "coin": coin,
            "name": coin,
            "networkList": [
                {
                    "name": coin,
                    "network": coin,
                    "isDefault": True,
                    "minConfirm": 2,
                    "withdrawEnable": True,
                    "depositEnable": True,
                    "withdrawFee": "0.001",
                    "withdrawMax": "1000000",
                    "withdrawMin": "0.002",
                    "depositMin": "0.001",
                    "withdrawPrecision": 8,
                    "depositPrecision": 8,
                    "contractAddress": "",
                    "needTagOrMemo": False,
                    "displayName": coin,
                }
            ],
        }
        for coin in coins()
    ]
