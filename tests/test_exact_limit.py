"""The limit is exact: a server in a process of its own never sees more than the limit in any second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from benchmarks.exchange_process import ExchangeProcess
from ccxt_bingx_ext._ratelimit.acquire import Slot
from ccxt_bingx_ext._ratelimit.schedule import RateLimit
from tools.audit.steady import watching

from .delaying_proxy import proxy_to
from .helpers import RedisServer, pairwise
from .judge import Fleet, Judgement, Trouble, cancel_as, judge

# Each trouble let 3 to 10 requests through in a second when a request counted from its grant.
TROUBLES = {
    "fresh": Trouble(),
    "handshake 40 ms": Trouble(handshake=(0.04, 0.04)),
    "handshake 80-300 ms": Trouble(handshake=(0.08, 0.3)),
    "computing": Trouble(burners=2),
    "latency": Trouble(latency=(0.0, 0.15)),
}
BLOCKED = {"blocked loop": Trouble(block=(0.0, 0.4))}
SLOW_REDIS = {"slow Redis": Trouble(slow_replies=0.1)}
KINDS = ("sync", "threads", "async", "redis")
LIMITS = (2, 5)
ROWS = [
    *pairwise(KINDS, TROUBLES, LIMITS),
    *pairwise(("async", "redis"), BLOCKED, LIMITS),
    *pairwise(("redis",), SLOW_REDIS, LIMITS),
    ("pro", "fresh", 2),
]
# The least share of the limit if requests are not delayed. A quiet machine reaches 0.98 or more (make bench).
# Other tests run at the same time: with a load of 12 on two cores the bots reached 0.97.
AIM = 0.94
START = 0.7  # the least share of that, because bots in trouble start slowly
TRIES = 5  # the limit must hold in each, unless the machine stalled; other load may slow it down in a few
# The limit holds if requests arrive within 250 ms. A longer stall and a latency of 150 ms exceed that.
LONGEST_STALL = 0.1
WINDOWS = 3  # windows per row: with new connections, kept connections, and new connections again


@pytest.fixture(scope="module")
def exchange() -> Iterator[ExchangeProcess]:
    """An exchange in a process of its own that counts requests and never refuses one."""
    with ExchangeProcess(limits=None) as exchange:
        yield exchange


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    """Three bots in processes of their own."""
    fleet = Fleet(3)
    yield fleet
    fleet.close()


def least_pace(kind: str, name: str) -> float:
    """The share of the limit that bots use once they have started.

    Each request may follow an earlier one by a period, and by the time that the earlier one took. Over Redis
    trouble comes twice: it delays the question for a slot, and then the request. Without trouble, Redis
    reached 96 to 99 %. Its three processes take turns on a machine with two busy cores: 74 to 97 %.
    """
    longest = {**TROUBLES, **BLOCKED, **SLOW_REDIS}[name].longest
    return AIM / (1 + (0.25 + 2 * longest if kind == "redis" else longest))


def measure(
    exchange: ExchangeProcess, kind: str, name: str, limit: int, request: Any, **settings: Any
) -> Judgement:
    """Cancel as a bot of this kind in this trouble, and judge the arrivals by the exchange's clock."""
    trouble, seed = {**TROUBLES, **BLOCKED, **SLOW_REDIS}[name], f"{kind} {name} {limit}"
    account = exchange.new_account()
    config = exchange.config(account, enableRateLimit=True)
    with ExitStack() as stack:
        if trouble.latency[1]:
            port = stack.enter_context(proxy_to(exchange.port, seed, latency=trouble.latency))
            url = f"http://127.0.0.1:{port}/openApi"
            config["urls"] = {"api": dict.fromkeys(config["urls"]["api"], url)}
        ids = exchange.place(account, WINDOWS * limit)
        config["options"] = {"cancelOrders": {"limit": limit, **settings}}
        if kind == "redis":
            server: RedisServer = request.getfixturevalue("server")
            port = server.port
            if trouble.slow_replies:
                port = stack.enter_context(proxy_to(port, seed, slow_replies=trouble.slow_replies))
            # A busy machine may see a Redis outage, and then each process counts by itself.
            config["options"]["cancelOrders"]["storage"] = (
                f"redis://127.0.0.1:{port}/0?socket_timeout=5&socket_connect_timeout=5"
            )
            fleet: Fleet = request.getfixturevalue("fleet")
            fleet.cancel_as(("threads", "async", "async"), config, ids, trouble, seed)
        else:
            cancel_as(kind, config, ids, trouble, seed)
    arrivals = exchange.cancels(account)
    assert len(arrivals) == len(ids)
    return judge(arrivals, limit)


@pytest.mark.parametrize(("kind", "name", "limit"), ROWS)
def test_exact(
    kind: str, name: str, limit: int, exchange: ExchangeProcess, loopback: None, request: Any
) -> None:
    """For every delay of requests, no second sees more than the limit, and the bots use most of it."""
    least = least_pace(kind, name)
    for _ in range(TRIES):
        with watching() as stalls:
            judgement = measure(exchange, kind, name, limit, request)
        stall = max((late for _, late in stalls.late), default=0.0)
        said = f"{kind}, {name}, limit {limit}: {judgement}, least pace {least:.3f}, stall {stall:.3f} s"
        print(said)  # pytest -s
        if judgement.worst > limit and stall > LONGEST_STALL:
            continue
        assert judgement.worst <= limit
        if judgement.pace >= least and judgement.use >= least * START:
            break
    assert judgement.worst <= limit
    assert judgement.pace >= least
    assert judgement.use >= least * START


@pytest.mark.parametrize(
    ("kind", "name", "limit", "margin"),
    [
        ("threads", "handshake 40 ms", 2, 0),
        ("async", "handshake 80-300 ms", 5, 50),
    ],
)
def test_judge_catches_times_of_grants(
    kind: str,
    name: str,
    limit: int,
    margin: int,
    exchange: ExchangeProcess,
    loopback: None,
    request: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Negative control: a limiter that counts a request when it may go exceeds the limit."""
    of = RateLimit.of
    monkeypatch.setattr(RateLimit, "of", lambda *args: of(*args)._replace(slack=0.0))
    monkeypatch.setattr(Slot, "usable", lambda slot, now: True)
    judgement = measure(exchange, kind, name, limit, request, margin=margin, inFlight=0)
    assert judgement.worst > limit
