"""Log every command: one DEBUG record, when the command has ended."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager

from ._cancel.commands import (
    Cancel,
    CancelAll,
    Command,
    EditOrder,
    FetchTime,
    LoadMarkets,
    MeasureClock,
    Query,
    Sleep,
)
from ._cancel.events import fields_of, values_of
from ._log import DEBUG, event
from ._wire.call import Call

_NAMES: dict[type, str] = {
    LoadMarkets: "markets",
    EditOrder: "edit",
    MeasureClock: "time",
    FetchTime: "time",
    Sleep: "wait",
}


class Trace(AbstractContextManager[None]):
    """The context in which `call` executes `command`."""

    def __init__(self, command: Command, call: Call) -> None:
        self._command, self._call = command, call

    def __enter__(self) -> None:
        self._began_at = time.monotonic()

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        command, ended_at = self._command, time.monotonic()
        failed = {} if error is None else fields_of(error)
        if isinstance(command, (Cancel, CancelAll, Query)):
            # Until it is signed the request waits, mostly for its limiter.
            sent_at = self._call.signed_at
            hostname, form = command.hostname, command.form if isinstance(command, Cancel) else None
            event(
                DEBUG,
                "look_up" if isinstance(command, Query) else "request",
                endpoint=command.limited.route,
                symbol=command.request.get("symbol"),
                ids=values_of(command.refs),
                hostname=hostname,
                form=form,
                attempt=command.attempt,
                waited_ms=_ms((ended_at if sent_at is None else sent_at) - self._began_at),
                took_ms=None if sent_at is None else _ms(ended_at - sent_at),
                **failed,
            )
        elif (name := _NAMES.get(type(command))) is not None:  # the limiters write records of their own
            # Without an order id, the client order id is among the params of ccxt's method.
            old_id = command.arguments[0] if isinstance(command, EditOrder) else None
            ids = {"ids": (str(old_id),)} if old_id else {}
            field = "waited_ms" if isinstance(command, Sleep) else "took_ms"
            event(DEBUG, name, **ids, **{field: _ms(ended_at - self._began_at)}, **failed)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
