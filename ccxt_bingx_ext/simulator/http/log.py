"""What arrived, and what came of it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .parsing import Form


@dataclass
class Request:
    """One request as the server saw it. It is logged at arrival and completed as it is dealt with."""

    number: int
    arrived: float
    """`time.perf_counter` at the first moment the server saw it."""
    wall: float
    """`time.time` at that moment."""
    method: str
    path: str
    query: str
    """The URL's query, as sent."""
    headers: Mapping[str, str]
    """By lower-case name."""
    body: str = ""
    """The body, as sent (undecodable bytes escaped)."""
    form: Form = "none"
    params: Mapping[str, str] = field(default_factory=dict)
    """The parameters, without the signature."""
    signature_valid: bool | None = None
    """None where there was nothing to verify, or it did not come to that."""
    uid: str | None = None
    accepted: bool = False
    """Let in: known, signed, in time and within the limits."""
    limited: bool = False
    """Refused for coming too often, or for a ban."""
    executed: bool = False
    """Whether the endpoint did its work, whatever then became of the answer."""
    cancelled: tuple[int, ...] = ()
    fault: str | None = None
    """The kind of the fault that befell it."""
    http_status: int | None = None
    """None: no answer was sent (not yet, or not at all)."""
    code: int | None = None
    """The business code of the answer sent, where it had one."""

    @property
    def endpoint(self) -> str:
        """What was asked for: the method and the path, since one path may lead to several endpoints."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Execution:
    """One request that cancelled something: which request, and which orders."""

    request: int
    path: str
    uid: str
    cancelled: tuple[int, ...]


class RequestLog:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._executions: list[Execution] = []
        self._count = 0

    def arrival(
        self, arrived: float, wall: float, method: str, path: str, query: str, headers: Mapping[str, str]
    ) -> Request:
        with self._lock:
            self._count += 1
            request = Request(self._count, arrived, wall, method, path, query, headers)
            self._requests.append(request)
            return request

    def snapshot(self) -> list[Request]:
        """Copies, in the order of arrival."""
        with self._lock:
            return [replace(request) for request in self._requests]

    def execution(self, request: Request, cancelled: tuple[int, ...]) -> None:
        with self._lock:
            request.executed = True
            request.cancelled = cancelled
            if cancelled:
                execution = Execution(request.number, request.path, request.uid or "", cancelled)
                self._executions.append(execution)

    def executions(self) -> list[Execution]:
        """In the order they happened."""
        with self._lock:
            return list(self._executions)

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()
            self._executions.clear()
