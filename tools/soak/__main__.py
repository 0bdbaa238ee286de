"""``python -m tools.soak``: many cancels, often with faults, from threads and tasks at once.

Each account has one sync instance that several threads share, and one async instance for several tasks. The
soak sends unresolved ids again until they are settled, and then compares them with the truth. It keeps
nothing about a settled order, so any growth of memory is the plugin's.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final, Literal, NamedTuple

from ccxt.base.errors import BaseError

from tests.helpers import OURS

from ..audit.scenario import SYMBOLS
from .exchange import Job, Seen, SoakExchange, SoakRules, soak_exchange

THREADS, TASKS = 3, 6  # per account
_ORDERS_AT_ONCE: Final = 30
_ROUNDS: Final = 30
_QUIET_WITHIN: Final = 0.01  # s
_FINAL: Final = ("canceled", "closed", "rejected")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Sample:
    settled: int
    resident: float  # MB
    descriptors: int
    """Those opened since the soak began: whatever else this process has open may close meanwhile."""


@dataclass
class Report:
    """The results of a soak. ``problems`` lists the calls and orders that broke a promise."""

    rules: SoakRules
    settled: int = 0
    calls: int = 0
    errors: int = 0
    problems: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    seconds: float = 0.0
    seen: Seen | None = None
    left_open: int = 0
    """The descriptors that are left after the last instance is closed."""

    @property
    def growth(self) -> tuple[float, int]:
        """The growth from the second third to the last tenth: MB of memory, and descriptors."""
        third, tenth = len(self.samples) // 3, max(1, len(self.samples) // 10)
        warm, late = self.samples[third : 2 * third] or self.samples, self.samples[-tenth:]
        return (
            median(one.resident for one in late) - median(one.resident for one in warm),
            round(median(one.descriptors for one in late) - median(one.descriptors for one in warm)),
        )

    def verdicts(self) -> dict[str, bool]:
        assert self.seen is not None
        megabytes, descriptors = self.growth
        pools = len(self.rules.accounts) * (THREADS + TASKS)
        return {
            "every id is reported once, and truly": not self.problems,
            "no order is left open": self.seen.still_open == 0,
            "the limit was never exceeded": max(self.seen.worst_windows.values()) <= self.rules.limit
            and self.seen.refused_for_limit == 0,
            "memory is flat": megabytes < 15,
            # Each thread and task has a connection, and a fault closes it.
            "descriptors are flat": abs(descriptors) <= pools,
            "descriptors are released": self.left_open <= 2,
        }


class Asking(NamedTuple):
    ids: list[str]
    params: dict[str, Any]


class _Soak:
    def __init__(self, exchange: SoakExchange, report: Report, cancels: int) -> None:
        self.exchange = exchange
        self.report = report
        self.symbol = SYMBOLS[report.rules.market][0]
        # The swap endpoints say that such orders do not exist.
        self._told_as_unknown = () if report.rules.market == "spot" else ("canceled", "rejected")
        self._lock = threading.Lock()
        self._to_place = cancels
        self._jobs: dict[str, list[Job]] = {account: [] for account in report.rules.accounts}
        self._at_work = 0
        self._others = open_descriptors()
        self._sample_at = self._sample_every = max(1, cancels // 30)

    def next_job(self, account: str) -> Job | Literal["wait"] | None:
        """The next job. None: no job is left. "wait": a sample is due, and needs a quiet moment."""
        with self._lock:
            if self.report.settled >= self._sample_at:
                if self._at_work:
                    return "wait"
                # If a request were on its way to the wire, a pause of 0.1 s would look like a burst.
                self._sample_at = self.report.settled + self._sample_every
                self._sample()
            if not self._jobs[account] and self._to_place > 0:
                orders = min(self._to_place, _ORDERS_AT_ONCE)
                self._to_place -= orders
                self._jobs[account] += self.exchange.jobs(account, orders)
            if not self._jobs[account]:
                return None
            self._at_work += 1
            return self._jobs[account].pop()

    def cancelling(self, job: Job) -> Generator[Asking, Any, None]:
        """Yield each call to make, and receive its result or its error, until every id is settled."""
        told: dict[str, str | None] = {}
        remaining, process = list(job.ids), job.process
        for _ in range(_ROUNDS):
            result = yield Asking(remaining, {"process": process})
            orders = result.orders if isinstance(result, BaseError) else result
            unresolved = [*result.unresolved] if isinstance(result, BaseError) else []
            if sorted([*(order["id"] for order in orders), *unresolved]) != sorted(remaining):
                self._problem(f"requested {remaining}, got {orders}, unresolved {unresolved}: {result!r}")
            with self._lock:
                self.report.calls += 1
                self.report.errors += isinstance(result, BaseError)
            told |= {order["id"]: order["status"] for order in orders}
            remaining = [one for one in remaining if one in unresolved or told.get(one) == "open"]
            process = 1
            if not remaining:
                break
        else:
            self._problem(f"not settled after {_ROUNDS} rounds: {remaining}")
        self._compare(job, told)

    def _compare(self, job: Job, told: dict[str, str | None]) -> None:
        truths = self.exchange.truths(job.ids)
        false = {
            one: (told.get(one), truth)
            for one, truth in truths.items()
            if told.get(one) != truth and not (told.get(one) is None and truth in self._told_as_unknown)
        }
        if false:
            self._problem(f"reported and true status differ: {false}")
        if any(truth not in (*_FINAL, None) for truth in truths.values()):
            self._problem(f"reported as settled, but open: {truths}")
        with self._lock:
            self.report.settled += len(job.ids)
            self._at_work -= 1

    def _problem(self, what: str) -> None:
        with self._lock:
            self.report.problems.append(what)

    def _sample(self) -> None:
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        own = (open_descriptors() - self._others).total()
        self.report.samples.append(Sample(self.report.settled, pages * _PAGE / 2**20, own))

    def work(self, account: str, instance: Any) -> None:
        """Run one thread."""
        while (job := self.next_job(account)) is not None:
            if job == "wait":
                time.sleep(_QUIET_WITHIN)
                continue
            steps = self.cancelling(job)
            asking = next(steps, None)
            while asking is not None:
                try:
                    result = instance.cancel_orders(asking.ids, self.symbol, asking.params)
                except BaseError as error:
                    result = error
                asking = _next(steps, result)

    async def work_async(self, account: str, instance: Any) -> None:
        """Run one task. All work but requests runs in a thread, because the event loop must be on time."""
        while (job := await asyncio.to_thread(self.next_job, account)) is not None:
            if job == "wait":
                await asyncio.sleep(_QUIET_WITHIN)
                continue
            steps = self.cancelling(job)
            asking = next(steps, None)
            while asking is not None:
                try:
                    result = await instance.cancel_orders(asking.ids, self.symbol, asking.params)
                except BaseError as error:
                    result = error
                asking = await asyncio.to_thread(_next, steps, result)


def _next(steps: Generator[Asking, Any, None], result: Any) -> Asking | None:
    try:
        return steps.send(result)
    except StopIteration:
        return None


def open_descriptors() -> Counter[str]:
    """What the open descriptors are, such as "socket:[4711]". A number is soon used again."""
    names: Counter[str] = Counter()
    for number in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # closed meanwhile
            names[os.readlink(f"/proc/self/fd/{number}")] += 1
    return names


def soak(rules: SoakRules, cancels: int) -> Report:
    """Cancel this many orders, and report."""
    report = Report(rules)
    with soak_exchange(rules) as exchange:
        run = _Soak(exchange, report, cancels)
        began = time.perf_counter()
        sync = {account: OURS["sync"](_config(exchange, rules, account)) for account in rules.accounts}
        workers = [
            threading.Thread(target=_guarded, args=(run, run.work, account, sync[account]))
            for account in rules.accounts
            for _ in range(THREADS)
        ]
        workers.append(threading.Thread(target=_guarded, args=(run, _run_tasks, run)))
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        for instance in sync.values():
            instance.session.close()
        report.seconds = time.perf_counter() - began
        gc.collect()
        report.left_open = (open_descriptors() - run._others).total()
        report.seen = exchange.seen()
    return report


def _guarded(run: _Soak, work: Any, *arguments: Any) -> None:
    try:
        work(*arguments)
    except BaseException as error:
        run._problem(f"a worker failed: {error!r}")


def _run_tasks(run: _Soak) -> None:
    asyncio.run(_tasks(run))


async def _tasks(run: _Soak) -> None:
    rules = run.report.rules
    instances = {account: OURS["async"](_config(run.exchange, rules, account)) for account in rules.accounts}
    try:
        await asyncio.gather(
            *(
                run.work_async(account, instance)
                for account, instance in instances.items()
                for _ in range(TASKS)
            )
        )
    finally:
        for instance in instances.values():
            await instance.close(True)


def _config(exchange: SoakExchange, rules: SoakRules, account: str) -> dict[str, Any]:
    return {
        **exchange.config,
        "apiKey": f"key-{account}",
        "secret": f"secret-{account}",
        "enableRateLimit": True,
        "timeout": 1000,
        "timeout_on_exit": 0,
        "options": {"cancelOrders": {"limit": rules.limit, "linear": {"limit": rules.limit}}},
    }


def show(report: Report) -> str:
    seen = report.seen
    assert seen is not None
    first, last = report.samples[0], report.samples[-1]
    megabytes, descriptors = report.growth
    windows = ", ".join(f"{account}: {worst}" for account, worst in seen.worst_windows.items())
    lines = [
        f"{report.rules.market}, seed {report.rules.seed}: {report.settled} ids in {report.seconds:.0f} s, "
        f"{report.calls} calls, {report.errors} of them raised",
        f"requests: {seen.cancels} cancels and {seen.look_ups} look-ups, {seen.faults} with a fault",
        f"most cancels in any second: {windows} (limit {report.rules.limit}); "
        f"refused by the limit: {seen.refused_for_limit}",
        f"memory: {first.resident:.1f} MB at the start, {last.resident:.1f} MB at the end, "
        f"{megabytes:+.1f} MB once warm",
        f"descriptors: {first.descriptors} at the start, {last.descriptors} at the end, "
        f"{descriptors:+d} once warm, {report.left_open} after closing",
    ]
    lines += [f"{'yes' if holds else 'NO '}  {name}" for name, holds in report.verdicts().items()]
    return "\n".join([*lines, *report.problems[:20]])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.soak", description="Cancel many orders with many faults."
    )
    parser.add_argument("--cancels", type=int, default=20_000)
    parser.add_argument("--fault-rate", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=50, help="requests per second and account")
    parser.add_argument("--accounts", type=int, default=3)
    parser.add_argument("--market", choices=("spot", "linear"), default="spot")
    given = parser.parse_args(arguments)
    accounts = tuple(f"account{number}" for number in range(given.accounts))
    report = soak(SoakRules(given.limit, given.fault_rate, given.seed, accounts, given.market), given.cancels)
    print(show(report))
    return 0 if all(report.verdicts().values()) else 1


if __name__ == "__main__":
    sys.exit(main())
