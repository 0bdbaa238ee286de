"""Cancel all after: a dead man's switch, which cancels every open order unless the client renews it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Final

from . import errors
from .calls import Call, Result
from .cancel_all import CancelAllRules
from .errors import Refused, invalid
from .http.log import Execution
from .markets import Market
from .orders import OrderBook
from .parameters import one_of, whole_number

MIN_SECONDS: Final = 10
MAX_SECONDS: Final = 120

# The exchange refuses such requests. No source has its words.
_CANCELLING: Final = Refused(errors.INVALID_PARAMETER, "the timer has run out, orders are being cancelled")


@dataclass(frozen=True)
class TimerRule:
    """How the exchange cancels when a timer runs out."""

    batch: int = 10
    """How many orders it cancels at a time."""
    pause: float = 1.0
    """How many seconds pass from one batch to the next."""


@dataclass
class _Timer:
    request: int
    path: str
    next_ms: int
    """When it runs out, and then when the next batch is due."""
    remaining: list[int] | None = None
    """The orders that are still to be cancelled. None: it has not run out."""


class Timers:
    """The timers of every account, one for each market. The clock of the exchange drives them.

    Nothing happens in the background: `settle` catches up with the clock. Call it before each look at the
    book.
    """

    def __init__(
        self,
        book: OrderBook,
        rule: TimerRule,
        cancel_all_rules: CancelAllRules,
        now_ms: Callable[[], int],
        on_execution: Callable[[Execution], None],
    ) -> None:
        self._book = book
        self._rule = rule
        self._cancel_all_rules = cancel_all_rules
        self._now_ms = now_ms
        self._on_execution = on_execution
        self._timers: dict[tuple[str, Market], _Timer] = {}

    def endpoint(self, market: Market) -> Callable[[Call], Result]:
        return lambda call: Result(self._set(call, market))

    def _set(self, call: Call, market: Market) -> dict[str, Any]:
        activate = one_of(call.params, "type", ("ACTIVATE", "CLOSE")) == "ACTIVATE"
        seconds = whole_number(call.params, "timeOut", 0) if activate else 0
        if activate and not MIN_SECONDS <= seconds <= MAX_SECONDS:
            raise invalid(f"timeOut is {MIN_SECONDS} to {MAX_SECONDS}")
        with self._book.lock:
            timer = self._timers.pop((call.uid, market), None)
            if timer and timer.remaining is not None:
                self._timers[call.uid, market] = timer
                raise _CANCELLING
            if not activate:
                return {"triggerTime": 0, "status": "CLOSED", "note": ""}
            # The response names whole seconds. Round up: the timer must not run out early.
            trigger = -(-self._now_ms() // 1000) + seconds
            self._timers[call.uid, market] = _Timer(call.number, call.path, trigger * 1000)
        return {"triggerTime": trigger, "status": "ACTIVATED", "note": _note(trigger)}

    def settle(self) -> None:
        """Cancel what the timers have cancelled by now."""
        with self._book.lock:
            now = self._now_ms()
            for (uid, market), timer in list(self._timers.items()):
                if timer.next_ms <= now:
                    self._run(uid, market, timer, now)
                if timer.remaining == []:
                    del self._timers[uid, market]

    def _run(self, uid: str, market: Market, timer: _Timer, now: int) -> None:
        if timer.remaining is None:
            orders = [one for one in self._book.of(uid, market) if one.created_ms <= timer.next_ms]
            timer.remaining = [one.order_id for one in orders if self._cancel_all_rules.covers(one)]
        size = self._rule.batch
        while timer.remaining and timer.next_ms <= now:
            batch, timer.remaining = timer.remaining[:size], timer.remaining[size:]
            still_open = [id for id in batch if (order := self._book.get(id)) and order.is_open]
            cancelled = tuple(self._book.cancel(id, timer.next_ms).order_id for id in still_open)
            if cancelled:
                self._on_execution(Execution(timer.request, timer.path, uid, cancelled))
            timer.next_ms += round(self._rule.pause * 1000)


def _note(trigger: int) -> str:
    """The documented text, which says "spot" on swap, too."""
    moment = datetime.fromtimestamp(trigger, timezone.utc)
    return (
        f"All your spot pending orders will be closed automatically at {moment:%Y-%m-%d %H:%M:%S} UTC(+0),"
        "before that you can cancel the timer, or extend triggerTime time by this request"
    )
