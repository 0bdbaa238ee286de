"""Types for bots that use mypy or pyright."""

from __future__ import annotations

from typing import Any, Literal, Protocol, TypedDict, runtime_checkable

from ccxt.base.types import Order


class LinearOptions(TypedDict, total=False):
    """``options["cancelOrders"]["linear"]``."""

    batchSize: int
    limit: float | None
    singleLimit: float | None
    allLimit: float | None


class InverseOptions(TypedDict, total=False):
    """``options["cancelOrders"]["inverse"]``."""

    limit: float | None
    allLimit: float | None


class CancelOrdersOptions(TypedDict, total=False):
    """``options["cancelOrders"]``. A type checker refuses a misspelt name; at run time it is logged."""

    requestFormat: Literal["auto", "json", "query"]
    process: Literal[0, 1] | None
    batchSize: int
    limit: float | None
    singleLimit: float | None
    allLimit: float | None
    linear: LinearOptions
    inverse: InverseOptions
    family: bool
    coalesce: bool
    verifyAll: bool
    margin: float
    inFlight: float
    storage: str | None
    maxWait: float
    resolveAttempts: int
    resolveTimeout: float


class _OfOneSymbol(TypedDict):
    symbol: str


class CancellationRequest(_OfOneSymbol, total=False):
    """An entry of `cancel_orders_for_symbols`. ccxt's type of this name demands both ids; one is enough."""

    id: str | int | None
    clientOrderId: str | None


@runtime_checkable
class AccountsForIds(Protocol):
    """What an error of `cancel_orders` or `cancel_orders_for_symbols` carries beside ccxt's class.

    ccxt's classes do not declare these attributes. This protocol declares them for a type checker:

        except ccxt.BaseError as error:
            if isinstance(error, AccountsForIds):
                exchange.cancel_orders(error.unresolved, symbol, {"process": 1})

    `unresolved_as_json` gives ``unresolved`` a form that survives JSON.

    It is not an exception class, and cannot stand behind ``except``. An error of another call carries
    neither list, which does not mean that nothing is unresolved.
    """

    orders: list[Order]
    """Order structures: what is known."""

    # Any: strings or `CancellationRequest`s, whichever the method that raised accepts again.
    unresolved: list[Any]
    """Orders that may still be live, sent or not.

    Those of `cancel_all_orders` are entries for `cancel_orders_for_symbols`. An entry whose id is None stands
    for all orders of its symbol: nobody knows which of them are open.
    """
