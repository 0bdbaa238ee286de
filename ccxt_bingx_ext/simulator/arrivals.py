"""The requests that arrived at the exchange, when they arrived, and which orders they cancelled."""

from __future__ import annotations

from collections.abc import Mapping

from . import endpoints
from .cancel_all_after import Timers
from .endpoints import Endpoint
from .http.log import Execution, Request, RequestLog
from .limits import worst_window
from .repeats import Submissions


class Arrivals:
    """The part of `Simulator` that reads the log."""

    _endpoints: Mapping[str, Endpoint]
    _log: RequestLog
    _submissions: Submissions
    _timers: Timers

    def path(self, name: str) -> str:
        """The full path of an endpoint. ``name`` is the path or the end of it: ``cancelOrders``.

        If several paths end like this, the spot endpoint is meant: ``trade/order`` is spot, and
        ``swap/v2/trade/order`` is linear. That path has three methods: put one in front to name a single
        endpoint, ``DELETE swap/v2/trade/order``.
        """
        return endpoints.full_path(name, self._endpoints)

    @property
    def requests(self) -> list[Request]:
        return self._log.snapshot()

    @property
    def executions(self) -> list[Execution]:
        """Which request cancelled which orders, oldest first. A timer cancels for the request that set it."""
        self._timers.settle()
        return self._log.executions()

    @property
    def repeated_submissions(self) -> int:
        """How many cancels of an order were refused because they came within a second of another."""
        return len(self.repeats)

    @property
    def repeats(self) -> list[str]:
        """The order ids of the repeated cancels. An id that no order has is here as it was sent."""
        return [*self._submissions.refused]

    def clear_log(self) -> None:
        """Forget the requests so far. The limits still count them."""
        self._timers.settle()
        self._log.clear()

    def arrivals(self, path: str = "cancelOrders", *, accepted_only: bool = False) -> list[float]:
        """The `time.perf_counter` moments at which requests to an endpoint arrived."""
        where = self.path(path)
        return [
            request.arrived
            for request in self.requests
            if where in (request.path, request.endpoint) and (request.accepted or not accepted_only)
        ]

    def worst_window(
        self, path: str = "cancelOrders", seconds: float = 1.0, *, accepted_only: bool = False
    ) -> int:
        """The largest number of requests that arrived at an endpoint within any ``seconds``."""
        return worst_window(self.arrivals(path, accepted_only=accepted_only), seconds)
