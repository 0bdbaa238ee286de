"""The simulator in a process of its own, so that it shares no interpreter lock with the client.

Its arrival times and the client's clock are both `time.perf_counter`. On Linux all processes of a machine
share that clock.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, NamedTuple

from ccxt_bingx_ext.simulator import Simulator


class Account(NamedTuple):
    api_key: str
    secret: str
    uid: str


class Tally(NamedTuple):
    """Requests since the log was cleared: all, refused by a limit or a ban, and refused for a long URL."""

    sent: int
    limited: int
    too_long: int


class _Handlers:
    """The work of the process. Each method handles a message of `ExchangeProcess`."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def config(self) -> dict[str, Any]:
        return self._simulator.ccxt_config()

    def port(self) -> int:
        return self._simulator.port

    def add_account(self, account: Account) -> None:
        self._simulator.add_account(*account)

    def place(self, uid: str, count: int) -> list[str]:
        return [str(self._simulator.place(uid=uid).order_id) for _ in range(count)]

    def end(self, ids: Sequence[str]) -> None:
        for number, one in enumerate(ids):
            (self._simulator.cancel if number % 2 else self._simulator.fill)(one)

    def count_open(self, ids: Sequence[str]) -> int:
        return sum(self._simulator.order(one).is_open for one in ids)

    def arrivals(self, uid: str, names: Sequence[str]) -> list[float]:
        paths = {self._simulator.path(name) for name in names}
        requests = self._simulator.requests
        return [one.arrived for one in requests if one.uid == uid and one.path in paths]

    def tally(self) -> Tally:
        requests = self._simulator.requests
        return Tally(
            len(requests),
            sum(one.limited for one in requests),
            sum(one.http_status == 414 for one in requests),
        )

    def clear_log(self) -> None:
        self._simulator.clear_log()


def _serve(messages: Connection, settings: dict[str, Any]) -> None:
    """Handle messages until the other end closes, or its process ends."""
    with Simulator(**settings) as simulator:
        handlers = _Handlers(simulator)
        while True:
            try:
                name, args = messages.recv()
            except (EOFError, KeyboardInterrupt):
                return
            messages.send(getattr(handlers, name)(*args))


class ExchangeProcess:
    """A simulator in a process of its own, with its `settings`. Every account is new, with full limits."""

    def __init__(self, **settings: Any) -> None:
        # Spawn, not fork: if the child inherited the parent's end of the pipe, it would never end.
        context = multiprocessing.get_context("spawn")
        self._messages, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, settings), daemon=True)
        self._process.start()
        theirs.close()
        self._accounts = 0
        self._config: dict[str, Any] = self._request("config")
        self.port: int = self._request("port")

    def __enter__(self) -> ExchangeProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._messages.close()
        self._process.join(10)

    def _request(self, name: str, *args: Any) -> Any:
        self._messages.send((name, args))
        return self._messages.recv()

    def new_account(self) -> Account:
        self._accounts += 1
        account = Account(f"bench-key-{self._accounts}", "bench-secret", str(2_000_000 + self._accounts))
        self._request("add_account", account)
        return account

    def config(self, account: Account, **more: Any) -> dict[str, Any]:
        """The configuration of a ccxt class for ``account``."""
        return {**self._config, "apiKey": account.api_key, "secret": account.secret, **more}

    def place(self, account: Account, count: int) -> list[str]:
        """Place orders of ``account``. Returns their ids."""
        placed: list[str] = self._request("place", account.uid, count)
        return placed

    def end(self, ids: Sequence[str]) -> None:
        """Fill the first of these orders, cancel the second, and so on, without the bot."""
        self._request("end", ids)

    def count_open(self, ids: Sequence[str]) -> int:
        """How many of these orders are still live on the simulator."""
        return int(self._request("count_open", ids))

    def cancels(self, account: Account) -> list[float]:
        """The `time.perf_counter` moments at which cancels of ``account`` arrived."""
        arrived: list[float] = self._request("arrivals", account.uid, ("trade/cancelOrders", "trade/cancel"))
        return arrived

    def tally(self) -> Tally:
        counted: Tally = self._request("tally")
        return counted

    def clear_log(self) -> None:
        self._request("clear_log")
