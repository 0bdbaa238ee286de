"""The log: which requests arrived, and what became of them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .parsing import Form


@dataclass
class Request:
    """A request as the server saw it. The server logs it at arrival and completes it later."""

    number: int
    arrived: float
    """`time.perf_counter` when the server first saw it."""
    wall: float
    """`time.time` at that moment."""
    method: str
    path: str
    query: str
    """The query of the URL, as sent."""
    headers: Mapping[str, str]
    """By lower-case name."""
    body: str = ""
    """The body, as sent, with undecodable bytes escaped."""
    form: Form = "none"
    params: Mapping[str, str] = field(default_factory=dict)
    """The parameters, without the signature."""
    signature_valid: bool | None = None
    """None if the server verified no signature."""
    uid: str | None = None
    accepted: bool = False
    """Whether the gate accepted it: known, signed, in time and within the limits."""
    limited: bool = False
    """Whether a limit or a ban refused it."""
    executed: bool = False
    """Whether the endpoint executed it, whether or not the client got the response."""
    cancelled: tuple[int, ...] = ()
    fault: str | None = None
    """The kind of the fault that struck it."""
    conditions: tuple[str, ...] = ()
    """The kinds of the faults that changed what it saw or said."""
    http_status: int | None = None
    """None if the server sent no response, or not yet."""
    code: int | None = None
    """The business code of the response, if it had one."""

    @property
    def endpoint(self) -> str:
        """The method and the path, because several endpoints may share one path."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Execution:
    """A request that cancelled orders: which request, and which orders."""

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
                self._executions.append(Execution(request.number, request.path, request.uid or "", cancelled))

    def later_execution(self, execution: Execution) -> None:
        """Log what a request caused after its response."""
        with self._lock:
            self._executions.append(execution)

    def executions(self) -> list[Execution]:
        """All executions, oldest first."""
        with self._lock:
            return list(self._executions)

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()
            self._executions.clear()
