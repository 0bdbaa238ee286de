"""Faults on demand: which, when, and how often."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, get_args

from . import errors
from .calls import CancelRefusal
from .errors import Refused
from .wording import Wording

Kind = Literal[
    "drop",
    "reset",
    "hang",
    "delay",
    "http",
    "busy",
    "garbage",
    "cut_off",
    "null_data",
    "forget",
    "refuse",
    "dribble",
    "ban",
    "race",
    "canned",
    "restrict",
]
Condition = Literal["stale", "unseen", "poison", "respell", "zero_order", "contradict", "misname"]
"""The kinds that strike beside another fault: they change what a request sees or says."""
ReplaceKind = Literal["refuse_new"]
"""The kinds that only a replacement of an order can meet."""
EventKind = Literal["lost_event", "late_event", "doubled_event"]
"""The kinds that strike order events of the websocket, not requests."""
AnyKind = Kind | Condition | ReplaceKind | EventKind
Ending = Literal["fill", "cancel", "fail", "expire"]
When = Literal["before", "after"]

ENDINGS: Final = get_args(Ending)
KINDS: Final[tuple[str, ...]] = (
    *get_args(Kind),
    *get_args(Condition),
    *get_args(ReplaceKind),
    *get_args(EventKind),
)
CONDITIONS: Final = frozenset(get_args(Condition))
EVENTS: Final = frozenset(get_args(EventKind))
EVERY_PATH: Final = "*"

_AFTER_BY_DEFAULT: Final = frozenset({"cut_off", "forget", "dribble"})
_ALLOWED: Final[dict[str, frozenset[str]]] = {
    "drop": frozenset(),
    "reset": frozenset(),
    "hang": frozenset({"seconds"}),
    "delay": frozenset({"seconds"}),
    "http": frozenset({"status", "body", "content_type", "retry_after"}),
    "busy": frozenset({"code", "text"}),
    "garbage": frozenset({"body"}),
    "cut_off": frozenset({"keep", "declare_whole"}),
    "null_data": frozenset(),
    "forget": frozenset({"ids", "fraction"}),
    "refuse": frozenset({"ids", "fraction", "code", "text"}),
    "refuse_new": frozenset({"code", "text"}),
    "dribble": frozenset({"seconds", "chunk"}),
    "ban": frozenset({"seconds", "code", "status", "text"}),
    "restrict": frozenset({"seconds", "code", "text"}),
    "race": frozenset({"action", "order_id", "quantity"}),
    "canned": frozenset({"body", "status", "content_type"}),
    "stale": frozenset({"seconds"}),
    "unseen": frozenset({"seconds"}),
    "poison": frozenset({"ids", "code", "text"}),
    "respell": frozenset({"states"}),
    "zero_order": frozenset(),
    "contradict": frozenset({"ids"}),
    "misname": frozenset({"ids", "order_id"}),
    "lost_event": frozenset({"ids"}),
    "late_event": frozenset({"ids", "seconds"}),
    "doubled_event": frozenset({"ids"}),
}
_NEEDED: Final[dict[str, frozenset[str]]] = {
    "stale": frozenset({"seconds"}),
    "unseen": frozenset({"seconds"}),
    "poison": frozenset({"ids"}),
    "respell": frozenset({"states"}),
}


@dataclass(frozen=True)
class Fault:
    """One fault. Each ``kind`` does this, and takes these details:

    ========== ================================================================================
    drop       closes the connection without a response
    reset      does the same with a TCP reset
    hang       holds the request until the client goes away, or for ``seconds``
    delay      waits ``seconds``, whether or not the client is still there
    http       responds with ``status`` and a gateway's HTML page, or with ``body``; with a
               Retry-After header if ``retry_after`` is given
    busy       responds with ``code`` and ``text``. Without them it draws words that say nothing
               about the order (``wording``; 100500 "busy" by default)
    garbage    responds with HTTP 200 and a ``body`` that is not JSON
    cut_off    sends only the first part of the response: ``keep``, a fraction. With
               ``declare_whole`` the Content-Length announces the whole response, and the
               connection closes after the part
    null_data  responds with success, and ``data`` null
    forget     omits ``ids`` from the response (order ids or client order ids, as the response
               writes them), or a ``fraction`` of the entries of each of its lists
    refuse     refuses to cancel the open orders in ``ids``, or a ``fraction`` of the orders that
               the cancel names. It lists them as failed with ``text`` and ``code`` (spot sends
               the code for all or nothing only). Without them: as busy. For cancels only
    refuse_new refuses the new order of a replacement, after the cancel of the old one, with ``code``
               and ``text``
    dribble    sends the response in pieces of ``chunk`` bytes, ``seconds`` apart
    ban        bans the account from the endpoint for ``seconds``, starting with this request.
               ``code``, ``status`` and ``text`` (a `BanText`) say how this and later bans respond
    restrict   refuses the request as risk control does, with ``code`` and ``text``. With
               ``seconds`` risk control refuses all cancels of the account for so long
    race       runs ``action``: "fill", "cancel", "fail" or "expire" on ``order_id``, or a callable
    canned     responds with exactly the bytes of ``body``
    ========== ================================================================================

    The conditions strike beside another fault, and beside each other:

    ========== ================================================================================
    stale      lets a look-up see the book as it was ``seconds`` ago. A query shows an order that
               is younger as it was placed, and a list does not show it yet
    unseen     lets a query by id not find an order for ``seconds`` after it was cancelled
    poison     refuses the whole request if it names one of ``ids``: 100400, or ``code`` and ``text``
    respell    writes other words for some states: ``states``, such as {"CANCELED": "Cancelled"}
    zero_order adds an order object of zeros to the cancelled orders
    contradict adds a failed entry "order status :FILLED" for cancelled orders, or for ``ids``
    misname    lets the words of failed entries (of ``ids``) say that ``order_id`` is CANCELED
    ========== ================================================================================

    These strike an order event of the websocket that somebody would receive, of any order or of ``ids``:

    ============= =============================================================================
    lost_event    sends nothing
    late_event    sends the event ``seconds`` later (1 by default), after newer ones
    doubled_event sends the event twice
    ============= =============================================================================

    ``when="before"``: the fault strikes before the exchange executes the request. If the fault sends a
    response of its own, the exchange never executes the request. ``when="after"``: the exchange executes the
    request, and the fault spoils the response.
    """

    kind: AnyKind
    path: str
    """The full path, with a method in front if only that method is meant."""
    when: When
    times: int | None = 1
    """How often the fault strikes. None: until `Faults.clear`."""
    lasting: float | None = None
    """For how many seconds it strikes, beginning with the first time."""
    until: float | None = None
    """When it ends, on the scale of `time.monotonic`. None: it has not struck, or lasts."""
    skip: int = 0
    """How many requests pass before it strikes."""
    seconds: float | None = None
    status: int | None = None
    code: int | None = None
    text: str | None = None
    body: bytes | None = None
    content_type: str = ""
    keep: float = 0.5
    declare_whole: bool = False
    ids: frozenset[str] = frozenset()
    fraction: float = 0.5
    chunk: int = 16
    action: Callable[[], object] | Ending | None = None
    order_id: int = 0
    quantity: str | None = None
    retry_after: object = None
    states: Mapping[str, str] = field(default_factory=dict)

    @property
    def replaces_response(self) -> bool:
        """Whether the fault sends a response of its own, or closes the connection."""
        return self.kind in ("drop", "reset", "http", "busy", "garbage", "cut_off", "null_data", "canned")

    @property
    def cancel_refusal(self) -> CancelRefusal | None:
        """The cancels that the struck request refuses."""
        return CancelRefusal(self.words, self.ids, self.fraction) if self.kind == "refuse" else None

    @property
    def new_refusal(self) -> Refused | None:
        """The refusal of the new order of a replacement."""
        return self.words if self.kind == "refuse_new" else None

    @property
    def words(self) -> Refused:
        return Refused(
            errors.BUSY if self.code is None else self.code,
            errors.BUSY_TEXT if self.text is None else self.text,
        )

    def worded(self, wording: Wording) -> Fault:
        """The fault with drawn words, if it takes words and has none of its own."""
        if self.kind == "restrict":
            drawn = wording.restricted(self.path, self.code)
            return replace(self, code=drawn.code, text=drawn.message if self.text is None else self.text)
        if self.kind not in ("busy", "refuse", "refuse_new") or (self.code, self.text) != (None, None):
            return self
        drawn = wording.busy(self.path)
        return replace(self, code=drawn.code, text=drawn.message)


class Faults:
    """The faults that wait for requests. You may change them while the server runs."""

    def __init__(self, full_path: Callable[[str], str]) -> None:
        self._full_path = full_path
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(
        self,
        kind: AnyKind,
        *,
        when: When | None = None,
        times: int | None = 1,
        lasting: float | None = None,
        skip: int = 0,
        path: str | None = None,
        **details: Any,
    ) -> Fault:
        """Let the next ``times`` requests to an endpoint, or order events, meet a fault. See `Fault`.

        ``path`` defaults to "cancelOrders". A fault of order events takes none.
        ``when`` defaults to "before", and to "after" for the kinds that spoil a real response: cut_off,
        forget and dribble. A ``path`` with several methods means all of them. Put one in front to name it
        alone: ``DELETE swap/v2/trade/order``. "*" means every endpoint. With ``lasting`` the fault strikes
        for so many seconds instead of ``times``, beginning with its first request. The gate comes first: no
        fault strikes a request that it refuses (signature, limit, ban).
        """
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}; use one of {', '.join(KINDS)}")
        if unknown := sorted(details.keys() - _ALLOWED[kind]):
            raise ValueError(f"{kind} does not take {', '.join(unknown)}")
        if when not in (None, "before", "after"):
            raise ValueError(f"when must be 'before' or 'after', not {when!r}")
        if kind in ("forget", "dribble") and when == "before":
            raise ValueError(f"{kind} spoils the response of an executed request: use when='after'")
        if kind in CONDITIONS and when:
            raise ValueError(f"{kind} strikes before and after: it takes no when")
        if kind in EVENTS and (when or path):
            raise ValueError(f"{kind} strikes events, not requests: it takes neither when nor path")
        if needed := _NEEDED.get(kind, frozenset()) - details.keys():
            raise ValueError(f"{kind} needs {', '.join(sorted(needed))}")
        if kind in ("refuse", "refuse_new", "restrict") and when == "after":
            raise ValueError(f"{kind} changes the execution itself: use when='before'")
        if (times is not None and times < 1) or skip < 0:
            raise ValueError(f"times must be at least 1 and skip at least 0, not {times} and {skip}")
        action = details.get("action")
        if kind == "race" and not (callable(action) or action in ENDINGS):
            raise ValueError(f"race needs an action: {', '.join(ENDINGS)} or a callable, not {action!r}")
        fault = Fault(
            kind=kind,
            path=EVERY_PATH
            if kind in EVENTS or path == EVERY_PATH
            else self._full_path(path or "cancelOrders"),
            when=when or ("after" if kind in _AFTER_BY_DEFAULT else "before"),
            times=None if lasting is not None else times,
            lasting=lasting,
            skip=skip,
            **_normal(kind, details),
        )
        with self._lock:
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    @property
    def waiting(self) -> list[Fault]:
        """The faults that will still strike, with the remaining ``times`` and ``skip``."""
        with self._lock:
            return list(self._waiting)

    def strike(self, *names: str) -> Fault | None:
        """Return the fault that strikes this request, if any; ``names`` are those of its endpoint.

        If several are due, the oldest strikes. `conditions` are apart.
        """
        struck = self._strike(
            lambda fault: fault.kind not in CONDITIONS | EVENTS and fault.path in (*names, EVERY_PATH),
            at_most=1,
        )
        return struck[0] if struck else None

    def conditions(self, *names: str) -> list[Fault]:
        """Return the faults of the kinds `CONDITIONS` that strike this request."""
        return self._strike(lambda fault: fault.kind in CONDITIONS and fault.path in (*names, EVERY_PATH))

    def events(self, order_id: int, client_order_id: str) -> list[Fault]:
        """Return the faults of the kinds `EVENTS` that strike an event about this order."""
        ids = {str(order_id), client_order_id}
        return self._strike(lambda fault: fault.kind in EVENTS and bool(not fault.ids or fault.ids & ids))

    def _strike(self, concerns: Callable[[Fault], bool], at_most: int | None = None) -> list[Fault]:
        with self._lock:
            now = time.monotonic()
            struck: list[Fault] = []
            still: list[Fault | None] = []
            for fault in self._waiting:
                if fault.until is not None and fault.until <= now:
                    continue
                if not concerns(fault):
                    still.append(fault)
                elif fault.skip:
                    still.append(replace(fault, skip=fault.skip - 1))
                elif len(struck) == at_most:
                    still.append(fault)
                else:
                    struck.append(fault)
                    still.append(_rest(fault, now))
            self._waiting = [fault for fault in still if fault]
            return struck


def _rest(fault: Fault, now: float) -> Fault | None:
    """What is left of a fault after it has struck."""
    if fault.lasting is not None and fault.until is None:
        return replace(fault, until=now + fault.lasting)
    if fault.times is None:
        return fault
    return replace(fault, times=fault.times - 1) if fault.times > 1 else None


def _normal(kind: str, details: dict[str, Any]) -> dict[str, Any]:
    normal = dict(details)
    if isinstance(normal.get("body"), str):
        normal["body"] = normal["body"].encode()
    if "ids" in normal:
        normal["ids"] = frozenset(str(one) for one in normal["ids"])
    if "order_id" in normal:
        normal["order_id"] = int(normal["order_id"])
    return normal
