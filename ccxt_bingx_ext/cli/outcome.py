"""What became of the orders, and the exit code for it. No I/O."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ccxt.base.errors import AuthenticationError, BaseError

from .. import ClientOrderId, is_gone
from .._bingx.vocabulary import spelled_out
from .ids import Target, key_of
from .reasons import is_ban

CANCELLED, NOT_CANCELLED, UNRESOLVED = 0, 1, 2

Order = dict[str, Any]


class Outcome(NamedTuple):
    """Together `orders` (order structures) and `unresolved` (may be live) name every order asked for."""

    orders: list[Order]
    unresolved: list[Target]
    error: BaseException | None = None

    @property
    def exit_code(self) -> int:
        """0 only if everything asked for is cancelled, 2 if an order is or may be live."""
        if self.unresolved or self.open:
            return UNRESOLVED
        cancelled = all(order["status"] == "canceled" for order in self.orders)
        return CANCELLED if cancelled and self.error is None else NOT_CANCELLED

    @property
    def open(self) -> list[Order]:
        """The orders that the exchange says are live. It knows no order whose status is None."""
        return [order for order in self.orders if order["status"] is not None and not is_gone(order)]

    @property
    def to_cancel_again(self) -> list[Target]:
        """The orders that a next run has to cancel: open and unresolved ones."""
        return [*_named(self.open), *self.unresolved]

    @property
    def maybe_live(self) -> list[Target]:
        """All orders that may be live: unresolved ones, and those in a state that is not final."""
        return [*_named(order for order in self.orders if not is_gone(order)), *self.unresolved]

    @property
    def summary(self) -> str:
        """How many orders ended in which way: "20 canceled, 281 unknown of 301"."""
        counts = Counter(status_of(order) for order in self.orders)
        counts["unresolved"] += len(self.unresolved) - len(self.unlisted)
        parts = [f"{count} {status}" for status, count in counts.items() if count]
        counted = f"{', '.join(parts)} of {counts.total()}" if parts else ""
        if self.unlisted:
            other = "other orders" if counted else "orders"
            unknown = f"the plugin does not know which {other} of {self.unlisted[0]} are open"
            return f"{counted}, but {unknown}" if counted else unknown
        return counted or "no open orders: nothing to cancel"

    @property
    def unlisted(self) -> list[str]:
        """The symbols whose open orders are unknown: `unresolved` has no ids for them."""
        return [one.symbol for one in self.unresolved if one.id is None]


def _named(orders: Iterable[Order]) -> list[Target]:
    """Name each order by its order id, or without one by its client order id."""
    named = [(one["id"] or ClientOrderId(one["clientOrderId"] or ""), one.get("symbol")) for one in orders]
    return [Target(symbol or "", id) for id, symbol in named if id]


def document(
    outcome: Outcome, symbol: str | None, describe: Callable[[BaseException], str]
) -> dict[str, Any]:
    """`outcome` for scripts. Without a `symbol`, each unresolved id has its symbol in front.

    "unresolved" is what a script feeds back, so it names open orders, too.
    """
    left = [one.line if symbol is None else one.word for one in outcome.to_cancel_again]
    named = ("id", "clientOrderId", "symbol", "status", "info")
    error = outcome.error
    return {
        "symbol": symbol,
        "orders": [{name: _writable(order.get(name)) for name in named} for order in outcome.orders],
        "unresolved": [*dict.fromkeys(left)],  # an error may name an order as open and as unresolved
        "error": None if error is None else {"class": type(error).__name__, "message": describe(error)},
    }


def what_next(outcome: Outcome) -> str:
    """The advice if an order is live or may be."""
    is_unlisted = bool(outcome.unlisted)
    left = "Some orders may be live." if is_unlisted else f"{_counted_left(outcome)}."
    if isinstance(outcome.error, AuthenticationError):
        return f"{left} Run ccxt-bingx-ext doctor: it says what is wrong with the key."
    if is_unlisted:
        return f"{left} Run --all again."
    many = len(outcome.open) + len(outcome.unresolved) > 1
    them = "them" if many else "it"
    live = "may be live" if outcome.unresolved else ("are live" if many else "is live")
    return f"{left} {'They' if many else 'It'} {live}: cancel {them} again."


def _counted_left(outcome: Outcome) -> str:
    counts = {"open": len(outcome.open), "unresolved": len(outcome.unresolved)}
    return ", ".join(f"{count} {status}" for status, count in counts.items() if count)


def cancel_in_parts(
    cancel: Callable[[Sequence[Target]], list[Order]],
    parts: Iterable[Sequence[Target]],
    advance: Callable[[int], object],
    unified: Callable[[str], str] = lambda symbol: "",
) -> Outcome:
    """Hand `parts` to `cancel`, one after the other, and account for every order in them.

    If a part fails, this function does not send the rest of the symbols that have unresolved orders, but goes
    on with other symbols. It stops after a ban, a refused key, Ctrl-C or a defect. It keeps what is known by
    then. The rest is unresolved.

    `advance` gets the number of orders that each part has done. `unified` spells a symbol as order structures
    do. By default all orders are of one symbol, and its spelling does not matter.
    """
    parts = [*parts]
    orders: list[Order] = []
    errors: list[BaseException] = []
    ended: set[str] = set()
    try:
        for part in parts:
            left = [one for one in part if one.symbol not in ended]
            try:
                orders += cancel(left) if left else []
            except BaseError as error:
                errors.append(error)
                orders += getattr(error, "orders", ())
                ended |= {one.symbol for one in _unsettled(left, orders, errors, unified)}
                if is_ban(error) or isinstance(error, AuthenticationError):
                    break
            advance(len(part))
    except (Exception, KeyboardInterrupt) as error:
        errors.append(error)
        orders += getattr(error, "orders", ())
    asked = [one for part in parts for one in part]
    return Outcome(orders, _unsettled(asked, orders, errors, unified), errors[-1] if errors else None)


def _unsettled(
    asked: Sequence[Target],
    orders: Sequence[Order],
    errors: Sequence[BaseException],
    unified: Callable[[str], str],
) -> list[Target]:
    """Return the orders whose outcome is unknown.

    Only an order structure settles an id. A call that returns, and omits an id, does not settle it.
    """

    def key(symbol: Any, id: str) -> tuple[str, bool, str]:
        return key_of(Target(unified(symbol or ""), id))

    spoken_of = set()
    for order in orders:
        if order["id"] is not None:
            spoken_of.add(key(order.get("symbol"), str(order["id"])))
        if order["clientOrderId"] is not None:
            spoken_of.add(key(order.get("symbol"), ClientOrderId(order["clientOrderId"])))
    for error in errors:
        spoken_of -= {key(one.symbol, one.id or "") for one in unresolved_of(error)}
    return [one for one in asked if key(one.symbol, one.id or "") not in spoken_of]


def unresolved_of(error: BaseException) -> list[Target]:
    """Return the orders that `error` names as unresolved: ids, or entries of several symbols."""
    return [
        Target(one.get("symbol") or "", _id_of(one)) if isinstance(one, dict) else Target("", one)
        for one in getattr(error, "unresolved", ())
    ]


def _id_of(entry: dict[str, Any]) -> str | None:
    client_id = entry.get("clientOrderId")
    return ClientOrderId(client_id) if client_id is not None else entry.get("id")


def _writable(value: Any) -> Any:
    """`value` if it can be written as JSON: an odd response must not hide what became of the orders."""
    try:
        json.dumps(value, default=str)
    except RecursionError:
        return "nested too deeply to show it"
    return value


def status_of(order: Order) -> str:
    """The status of `order`, or "unknown"."""
    return order["status"] or "unknown"


def words_of(order: Order) -> str:
    """The exchange's own words about `order`."""
    info = order["info"]
    if not isinstance(info, dict):
        return spelled_out(info)
    said = (info.get(name) for name in ("error", "errorMessage", "status"))
    return next((spelled_out(one) for one in said if one), "")
