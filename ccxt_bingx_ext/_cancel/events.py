"""The log records of a cancel: refusals, ambiguous requests, and what became of their orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ccxt.base.errors import BaseError

from .._bingx.errors import Response, Scope, response_of
from .._ids import OrderRef
from .._log import DEBUG, INFO, WARNING, event, is_on, listed
from .failures import progress_of


def values_of(refs: Iterable[OrderRef]) -> tuple[str, ...]:
    """The ids of `refs` as log records hold them."""
    return tuple(ref.value for ref in refs)


def fields_of(error: BaseException) -> dict[str, Any]:
    """The fields of a record about `error`, without its message, which may quote the request."""
    response, progress = response_of(error), progress_of(error)
    code = None if response is None else response.code
    return {
        "error": type(error).__name__,
        "http_status": None if response is None else response.http_status,
        "code": code if code is not None and code.lstrip("-").isdigit() and len(code) <= 10 else None,
        "progress": None if progress is None else progress.name.lower(),
    }


def _why(fields: dict[str, Any]) -> str:
    """The class, HTTP status and code of an error, from its `fields`."""
    status, code = fields["http_status"], fields["code"]
    details = (
        "" if status is None else f" (HTTP {status})" if code is None else f" (HTTP {status}, code {code})"
    )
    return f"{fields['error']}{details}"


def _which(symbol: str | None, ids: tuple[str, ...]) -> str:
    """The orders of a request: its `ids`, or without ids every open order."""
    return listed(ids) or ("all open orders" if symbol is None else f"all open orders of {symbol}")


def note_ambiguous(
    method: str, route: str, symbol: str | None, ids: tuple[str, ...], failure: BaseError
) -> None:
    """Log that the exchange may have executed the cancel of `ids`, or not."""
    fields, which = fields_of(failure), _which(symbol, ids)
    event(
        WARNING,
        "ambiguous",
        f"{method} the outcome is unknown after {_why(fields)}: {which}",
        method=method,
        endpoint=route,
        symbol=symbol,
        ids=ids,
        **fields,
    )


def note_omitted(method: str, route: str, symbol: str, ids: tuple[str, ...]) -> None:
    """Log that the response to a cancel omits `ids`."""
    text = f"{method} the response says nothing about {listed(ids)}"
    event(WARNING, "omitted", text, method=method, endpoint=route, symbol=symbol, ids=ids)


def note_settled(
    method: str, route: str, symbol: str | None, ids: tuple[str, ...], statuses: Sequence[str | None]
) -> None:
    """Log what became of `ids`, whose outcome was unknown."""
    if is_on(INFO):
        counts = {status: [*statuses].count(status) for status in dict.fromkeys(statuses)}
        found = ", ".join(f"{count} {status or 'not found'}" for status, count in counts.items())
        text = f"{found}: {listed(ids)}" if ids else "no order of the request is open"
        event(
            INFO,
            "resolved",
            f"{method} the outcome is known now, {text}",
            method=method,
            endpoint=route,
            symbol=symbol,
            ids=ids,
            statuses=tuple(statuses),
        )


def note_unsettled(method: str, route: str, symbol: str | None, ids: tuple[str, ...]) -> None:
    """Log that the outcome of the cancel of `ids` stays unknown. Without ids, the orders are unknown, too."""
    text = f"{method} the outcome is still unknown, so these may be live: {_which(symbol, ids)}"
    event(WARNING, "unresolved", text, method=method, endpoint=route, symbol=symbol, ids=ids)


def note_attempt(method: str, route: str, symbol: str, refs: Iterable[OrderRef], attempt: int) -> None:
    """Log that an attempt to reconcile `refs` begins."""
    if is_on(DEBUG):
        ids = values_of(refs)
        event(DEBUG, "reconcile", method=method, endpoint=route, symbol=symbol, ids=ids, attempt=attempt)


def note_merge(method: str, route: str, symbol: str, refs: Iterable[OrderRef]) -> None:
    """Log that one batch cancels `refs`, which come from several calls."""
    if is_on(DEBUG):
        event(DEBUG, "merge", method=method, endpoint=route, symbol=symbol, ids=values_of(refs))


def note_share(route: str, ref: OrderRef) -> None:
    """Log that another call wants to cancel `ref`, and gets the outcome of the first."""
    if is_on(DEBUG):
        event(DEBUG, "share", endpoint=route, ids=(ref.value,))


def note_ban(method: str, route: str, response: Response, scope: Scope, error: BaseError) -> None:
    """Log that the exchange refuses all requests of `scope`."""
    fields, seconds = fields_of(error), response.retry_after
    which = {Scope.ACCOUNT: "every cancel of the account", Scope.HOST: "every request to the host"}
    refused = which.get(scope, f"requests to {route}")
    until = "until it accepts one again" if seconds is None else f"for {seconds:.1f} s"
    event(
        WARNING,
        "ban",
        f"{method} the exchange refuses {refused} {until}: {_why(fields)}",
        method=method,
        endpoint=route,
        scope=scope.name.lower(),
        seconds=seconds,
        **fields,
    )


def note_limit(method: str, route: str, seconds: float, error: BaseError) -> None:
    """Log that the exchange has refused a request because of its rate limit."""
    fields = fields_of(error)
    text = f"{method} the exchange's limit of {route} is used up for {seconds:.2f} s: {_why(fields)}"
    event(WARNING, "limit", text, method=method, endpoint=route, seconds=seconds, **fields)


def note_window(route: str, seconds: float) -> None:
    """Log that, by the response, the limit of this window is used up."""
    event(DEBUG, "window", endpoint=route, seconds=seconds)


def note_host(
    method: str, route: str, unreachable: str | None, hostname: str | None, error: BaseError
) -> None:
    """Log that the request goes to `hostname`, in place of `unreachable`. None: the exchange's own host."""
    names = [name or "the exchange's own host" for name in (unreachable, hostname)]
    event(
        WARNING,
        "host",
        f"{method} cannot reach {names[0]} ({type(error).__name__}), so the request goes to {names[1]}",
        method=method,
        endpoint=route,
        unreachable=unreachable,
        hostname=hostname,
        **fields_of(error),
    )


def note_clock(method: str, route: str, offset: object, error: BaseError) -> None:
    """Log that the exchange refused a timestamp, and that the plugin has measured its clock."""
    ms = offset if isinstance(offset, (int, float)) else None
    text = f"{method} the exchange refused the timestamp, so the plugin now signs by the exchange's clock"
    if ms is not None:
        text += f" (this machine's clock is {abs(ms):.0f} ms {'behind' if ms < 0 else 'ahead'})"
    event(WARNING, "clock", text, method=method, endpoint=route, offset_ms=ms, **fields_of(error))
