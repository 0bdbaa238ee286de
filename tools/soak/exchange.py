"""The exchange of the soak, in a process of its own: its log and book take no memory in the measured one."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final, Literal

from ccxt_bingx_ext.simulator import Simulator
from ccxt_bingx_ext.simulator.limits import worst_window

from ..audit.scenario import CANCEL, LOOK_UP

_WAITING_FAULTS: Final = 20
_TOP_UP_EVERY: Final = 0.02  # s
_STATUS_OF_STATE: Final = {"FILLED": "closed", "CANCELED": "canceled", "FAILED": "rejected"}


@dataclass(frozen=True)
class SoakRules:
    """How the exchange behaves: requests per second and account, the share of faults, and their seed."""

    limit: int
    fault_rate: float
    seed: int
    accounts: tuple[str, ...]
    market: Literal["spot", "linear"] = "spot"

    @property
    def paths(self) -> tuple[str, str]:
        """The path of the cancels, and the path of the look-ups."""
        return CANCEL[self.market], LOOK_UP[self.market]


@dataclass(frozen=True)
class Job:
    """Orders to cancel in one call. Some of them have already ended, or never existed."""

    ids: tuple[str, ...]
    process: int


@dataclass(frozen=True)
class Seen:
    """The exchange's observations. ``worst_windows``: by account, the most cancels within any second."""

    cancels: int
    look_ups: int
    faults: int
    refused_for_limit: int
    worst_windows: dict[str, int]
    still_open: int


class SoakExchange:
    """The exchange as the soak sees it. You may call its methods from any thread."""

    def __init__(self, connection: Connection, config: dict[str, Any]) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self.config = config

    def _request(self, *message: Any) -> Any:
        with self._lock:
            self._connection.send(message)
            return self._connection.recv()

    def jobs(self, account: str, orders: int) -> list[Job]:
        """Place this many orders, in jobs of a few orders each. Some of the orders end at once."""
        return list(self._request("jobs", account, orders))

    def truths(self, ids: Sequence[str]) -> dict[str, str | None]:
        """The statuses of orders. None means that the order does not exist."""
        return dict(self._request("truths", tuple(ids)))

    def seen(self) -> Seen:
        seen: Seen = self._request("seen")
        return seen


@contextmanager
def soak_exchange(rules: SoakRules) -> Iterator[SoakExchange]:
    """Run the exchange until the block ends."""
    context = get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_serve, args=(there, rules), daemon=True)
    child.start()
    there.close()
    try:
        yield SoakExchange(here, here.recv())
    finally:
        here.close()  # this ends the child
        child.join(20)
        child.close()


def _serve(connection: Connection, rules: SoakRules) -> None:
    limits = dict(zip(rules.paths, (rules.limit, None), strict=True))
    with Simulator(limits=limits, ban_after=None) as simulator:
        for account in rules.accounts:
            simulator.add_account(f"key-{account}", f"secret-{account}", account)
        stop = threading.Event()
        feeder = threading.Thread(target=_feed, args=(simulator, rules, stop))
        feeder.start()
        handlers = _Handlers(simulator, rules)
        try:
            connection.send(simulator.ccxt_config())
            while True:
                name, *arguments = connection.recv()
                connection.send(getattr(handlers, name)(*arguments))
        except EOFError:
            pass
        finally:
            stop.set()
            feeder.join()


class _Handlers:
    def __init__(self, simulator: Simulator, rules: SoakRules) -> None:
        self._simulator = simulator
        self._rules = rules
        self._random = random.Random(f"jobs/{rules.seed}")

    def jobs(self, account: str, orders: int) -> list[Job]:
        jobs = []
        while orders > 0:
            count = min(orders, self._random.randint(1, 5))
            ids = [
                str(self._simulator.place(uid=account, market=self._rules.market).order_id)
                for _ in range(count)
            ]
            orders -= count
            process = self._random.choice((0, 1)) if self._rules.market == "spot" else 1
            if self._random.random() < 0.1:  # the exchange rightly refuses process=0 with one of these
                ending = self._random.choice(("fill", "cancel", "fail"))
                getattr(self._simulator, ending)(self._random.choice(ids))
            if self._random.random() < 0.03:
                ids.append(str(self._random.randint(1, 10**9)))
            jobs.append(Job(tuple(dict.fromkeys(ids)), process))
        return jobs

    def truths(self, ids: tuple[str, ...]) -> dict[str, str | None]:
        truths: dict[str, str | None] = {}
        for one in ids:
            try:
                truths[one] = _STATUS_OF_STATE.get(self._simulator.status(one), "open")
            except LookupError:
                truths[one] = None
        return truths

    def seen(self) -> Seen:
        requests = self._simulator.requests
        cancel, look_up = (self._simulator.path(path) for path in self._rules.paths)
        cancels = [one for one in requests if cancel in (one.path, one.endpoint)]
        keys = {account: f"key-{account}" for account in self._rules.accounts}
        return Seen(
            cancels=len(cancels),
            look_ups=sum(look_up in (one.path, one.endpoint) for one in requests),
            faults=sum(one.fault is not None for one in requests),
            refused_for_limit=sum(one.limited for one in requests),
            worst_windows={
                account: worst_window(one.arrived for one in cancels if one.headers.get("x-bx-apikey") == key)
                for account, key in keys.items()
            },
            still_open=sum(order.is_open for order in self._simulator.orders()),
        )


def _feed(simulator: Simulator, rules: SoakRules, stop: threading.Event) -> None:
    """Keep faults waiting, each a random number of requests after the previous fault."""
    dice = random.Random(f"faults/{rules.seed}")
    while rules.fault_rate and not stop.wait(_TOP_UP_EVERY):
        for path in rules.paths:
            waiting = [one.skip for one in simulator.faults.waiting if one.path == simulator.path(path)]
            furthest = max(waiting, default=-1)
            for _ in range(_WAITING_FAULTS - len(waiting)):
                furthest += 1 + _gap(dice, rules.fault_rate)
                _add_fault(simulator, dice, path, furthest)


def _gap(dice: random.Random, rate: float) -> int:
    """The number of requests before the next fault."""
    gap = 0
    while dice.random() >= rate:
        gap += 1
    return gap


def _add_fault(simulator: Simulator, dice: random.Random, path: str, skip: int) -> None:
    kinds: list[tuple[Any, dict[str, Any]]] = [
        ("drop", {}),
        ("reset", {}),
        ("hang", {"seconds": 10.0}),
        ("delay", {"seconds": 0.2}),
        ("http", {"status": dice.choice((500, 502, 503, 504))}),
        ("busy", {"code": dice.choice((100500, 110500))}),
        ("garbage", {}),
        ("cut_off", {"keep": dice.random(), "declare_whole": dice.random() < 0.5}),
        ("null_data", {}),
    ]
    when: Any = dice.choice(("before", "after"))
    if path in CANCEL.values() and dice.random() < 0.2:
        simulator.faults.add(dice.choice(("forget", "refuse")), path=path, skip=skip, fraction=dice.random())
    elif dice.random() < 0.1:
        simulator.faults.add("dribble", path=path, skip=skip, seconds=0.002, chunk=32)
    else:
        kind, details = dice.choice(kinds)
        simulator.faults.add(kind, when=when, path=path, skip=skip, **details)
