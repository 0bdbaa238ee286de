"""Types for bots that use mypy or pyright."""

from __future__ import annotations

from typing import Any, Literal, Protocol, TypedDict, runtime_checkable

from ccxt.base.types import Order


class LinearOptions(TypedDict, total=False):
    """``options["cancelOrders"]["linear"]``: for linear swaps. Units as in `CancelOrdersOptions`."""

    batchSize: int
    limit: float | None
    singleLimit: float | None
    allLimit: float | None


class InverseOptions(TypedDict, total=False):
    """``options["cancelOrders"]["inverse"]``: for inverse swaps. Units as in `CancelOrdersOptions`."""

    limit: float | None
    allLimit: float | None


class CancelOrdersOptions(TypedDict, total=False):
    """``options["cancelOrders"]``. A type checker refuses a misspelt name. At run time, the plugin logs it.

    `limit`, `singleLimit` and `allLimit` are in requests per second and account. None means that the plugin
    sets no limit. `margin`, `inFlight`, `maxWait` and `resolveTimeout` are in ms. Every key is optional: the
    page "Options" has the defaults.
    """

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
    """One order for `cancel_orders_for_symbols`: a unified ``symbol``, and an ``id`` or a ``clientOrderId``.

    ccxt's type of this name requires both ids.
    """

    id: str | int | None
    clientOrderId: str | None


@runtime_checkable
class AccountsForIds(Protocol):
    """The two lists on every ccxt error of the cancel methods and of `edit_order`, for a type checker.

    ccxt's classes do not declare these attributes. Check for them with ``isinstance``:

        except ccxt.BaseError as error:
            if isinstance(error, AccountsForIds):
                exchange.cancel_orders(error.unresolved, symbol, {"process": 1})

    `unresolved_as_json` gives ``unresolved`` a form that survives JSON.

    It is not an exception class, so you cannot use it after ``except``. An error of another call has neither
    list, which does not mean that no order is live.
    """

    orders: list[Order]
    """Order structures of the orders whose state is known."""

    # Any: strings or `CancellationRequest`s, as the method that raised accepts them again.
    unresolved: list[Any]
    """Orders that may still be live, sent or not.

    Strings, in an error of `cancel_orders`, `cancel_order` and `edit_order`. Dicts that
    `cancel_orders_for_symbols` accepts, in an error of that method and of `cancel_all_orders`. In an error of
    `cancel_all_orders`, an entry whose id is None stands for all orders of its symbol: the plugin does not
    know which of them are open.
    """
