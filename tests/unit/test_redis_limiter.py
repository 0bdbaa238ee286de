"""The limiter in Redis, without a Redis: the tests reply to its calls, or let them fail."""

from __future__ import annotations

import re
import sys
import time
from functools import partial
from typing import Any

import pytest

from ccxt_bingx_ext._ratelimit import redis as module
from ccxt_bingx_ext._ratelimit.acquire import try_acquire
from ccxt_bingx_ext._ratelimit.connection import Connection
from ccxt_bingx_ext._ratelimit.local import LocalLimiter
from ccxt_bingx_ext._ratelimit.messages import (
    GO,
    Acquire,
    Answered,
    Ban,
    Pause,
    Renew,
    Resume,
    Signal,
    Ticket,
    Withdraw,
    Written,
)
from ccxt_bingx_ext._ratelimit.redis import LONGEST_BAN, RedisLimiter
from ccxt_bingx_ext._ratelimit.schedule import Decision, RateLimit
from ccxt_bingx_ext._runner import run

LIMIT = RateLimit.of(2, 0.05)
GRANTED, DELAYED, BANNED = ["0", 0], ["3.000000", 0], ["300.000000", 1]


class Redis:
    """Replies with `reply`, and keeps the messages that it got."""

    def __init__(self) -> None:
        self.reply: Any = GRANTED
        self.messages: list[str] = []
        self.born, self.calls, self.now = "0.5", 0, 0.0
        self.posted: list[list[Any]] = []
        limiter: Any = RedisLimiter("redis://user:secret@there:1/0", "name", LocalLimiter())
        self.limiter, limiter._connection = limiter, self

    def post(self, keys: list[str], arguments: list[Any]) -> None:
        assert len(keys) == 4
        self.posted.append(arguments)

    def do(self, signal: Signal) -> Decision:
        return run(self.limiter._steps(signal), self._execute)  # type: ignore[no-any-return]

    def _execute(self, arguments: list[Any]) -> Any:
        self.messages.append(arguments[0])
        self.calls += 1
        state = [self.born, self.calls, f"{self.now:.6f}"]
        return [*self.reply, *state] if isinstance(self.reply, list) else self.reply


def ticket() -> Ticket:
    return Ticket(lambda: True)


def test_each_signal_is_a_message() -> None:
    """A grant is final. `check_every` caps a delay, because another process cannot wake the ticket."""
    redis = Redis()
    assert redis.do(Acquire(ticket(), LIMIT)) == GO
    redis.reply, waiting = DELAYED, ticket()
    assert redis.do(Acquire(waiting, LIMIT)) == Decision(redis.limiter.check_every)
    assert [redis.do(one) for one in (Withdraw(waiting), Pause(1.0), Ban(1.0))] == [GO] * 3
    assert redis.messages == ["acquire", "acquire", "withdraw", "pause", "ban"]


def test_acknowledgements() -> None:
    """The limiter reports a response to Redis at once, without waiting. The next call repeats the report."""
    redis, first = Redis(), ticket()
    assert redis.do(Acquire(first, LIMIT)) == GO
    for signal in (Written(first, LIMIT), Answered(first)):
        assert redis.do(signal) == GO
    assert redis.messages == ["acquire"]
    ((message, _, *posted),) = redis.posted
    assert message == "arrived"
    for name, age in (posted, redis.limiter._arguments(Acquire(ticket(), LIMIT))[-2:]):
        assert name == first.name
        assert age >= 0, "it has arrived"


def test_acknowledgements_that_nobody_needs() -> None:
    """The limiter does not post a response to a forgotten request, or during an outage."""
    redis, first = Redis(), ticket()
    redis.do(Answered(first))
    redis.reply = ConnectionError("nobody there")
    assert redis.do(Acquire(first, LIMIT)) == GO
    redis.do(Answered(first))
    assert redis.posted == []


def test_renew() -> None:
    """Redis decides whether a late slot may be used now, and during an outage the process does."""
    redis, late = Redis(), ticket()
    assert redis.do(Acquire(late, LIMIT)) == GO
    assert redis.do(Renew(late, LIMIT)) == GO
    redis.reply = DELAYED
    assert redis.do(Renew(late, LIMIT)) == Decision(3.0)
    assert redis.limiter._local.arrivals(60.0) == []
    redis.reply = ConnectionError("nobody there")
    assert redis.do(Renew(late, LIMIT)) == GO
    assert redis.messages == ["acquire", "renew", "renew", "renew"]


def test_instance_without_a_store() -> None:
    """Another instance may use the last slot while Redis grants it. The ticket keeps its place in Redis."""
    redis = Redis()
    for _ in range(LIMIT.requests):
        assert redis.limiter._local.do(Acquire(ticket(), LIMIT)) == GO
    assert redis.do(Acquire(ticket(), LIMIT)).delay > 0
    assert redis.messages == ["acquire", "defer"]


def test_withdraw_of_a_silent_ticket() -> None:
    """A ticket that never asked Redis withdraws without a call, because Redis does not know it."""
    redis = Redis()
    assert redis.do(Withdraw(ticket())) == GO
    assert redis.messages == []


def test_a_known_ban_needs_no_call() -> None:
    """The local limiter remembers the ban that Redis reported."""
    redis = Redis()
    redis.reply = BANNED
    assert redis.do(Acquire(ticket(), LIMIT)) == Decision(300.0, banned=True)
    decision = redis.do(Acquire(ticket(), LIMIT))
    assert decision.banned
    assert decision.delay == pytest.approx(300, abs=5)
    assert len(redis.messages) == 1


def test_one_ticket_asks_for_the_first_time() -> None:
    """The tickets behind the first ticket wait for its reply. Then it wakes the next one."""

    def note(name: str) -> bool:
        woken.append(name)
        return True

    redis, woken = Redis(), list[str]()
    tickets = [Ticket(partial(note, name)) for name in "abc"]
    first = redis.limiter._steps(Acquire(tickets[0], LIMIT))
    next(first)  # the call is under way
    delays = [redis.do(Acquire(one, LIMIT)).delay for one in tickets[1:]]
    assert delays == [redis.limiter.check_every, LIMIT.period], "its turn comes no sooner"
    assert (redis.messages, woken) == ([], [])
    with pytest.raises(StopIteration):
        first.send([*DELAYED, "0", 1, "0"])
    assert woken == ["b"]


def test_leaving_moves_the_others_up() -> None:
    """A ticket that leaves wakes the next ticket without a reply whose event loop is still open."""
    redis, woken = Redis(), list[str]()
    redis.reply, redis.limiter.most_asking = DELAYED, 1

    def queue(name: str, is_there: bool = True) -> Ticket:
        one = Ticket(lambda: woken.append(name) or is_there, lambda: not is_there)  # type: ignore[func-returns-value]
        redis.do(Acquire(one, LIMIT))
        return one

    first = [queue("front") for _ in range(1 + LIMIT.requests)]
    queue("closed", is_there=False)
    behind = queue("behind")
    redis.do(Withdraw(first[0]))
    assert woken == ["closed", "behind"]
    assert redis.limiter._queue.tickets == [*first[1:], behind]


@pytest.mark.parametrize("known", [True, False])
def test_ban_wakes_all(known: bool) -> None:
    """A ban wakes tickets far back, which would sleep for long: now they must give up."""
    redis, woken = Redis(), list[int]()
    redis.reply, redis.limiter.most_asking = DELAYED, 1

    def wake(number: int) -> bool:
        woken.append(number)
        return number != 9  # its event loop is closed

    tickets = [Ticket(partial(wake, number)) for number in range(10)]
    for one in tickets:
        redis.do(Acquire(one, LIMIT))
    redis.reply = BANNED
    redis.do(Ban(300.0) if known else Acquire(tickets[0], LIMIT))
    assert woken == [*range(10)]
    assert redis.limiter._queue.tickets == tickets[:9]


def test_resume_wakes_all_after_a_hold() -> None:
    """Every response sends a `Resume`. If each woke the queue, every waiting ticket would call Redis."""
    redis, woken = Redis(), list[int]()
    redis.reply = DELAYED

    def wake(number: int) -> bool:
        woken.append(number)
        return True

    for number in range(3):
        redis.do(Acquire(Ticket(partial(wake, number)), LIMIT))
    woken.clear()  # each ticket woke the next when it had its first reply
    redis.do(Resume())
    assert woken == []
    redis.do(Ban(None))
    redis.do(Resume())
    assert woken == [*range(3)] * 2
    assert redis.limiter._local.banned_for == 0


def test_closed_event_loops() -> None:
    """Tickets of closed event loops leave when others ask."""
    redis, closed = Redis(), list[Ticket]()
    redis.reply, redis.limiter.stale_after = DELAYED, -1.0
    for _ in range(5):
        closed.append(Ticket(lambda: True, lambda: True))
        redis.do(Acquire(closed[-1], LIMIT))
    staying = ticket()
    for _ in range(6):
        redis.do(Acquire(staying, LIMIT))
    assert redis.limiter._queue.tickets == [staying]


def test_so_many_tickets_ask_at_a_time() -> None:
    """Only `most_asking` tickets, beside the requests that may go now, call Redis."""
    redis = Redis()
    redis.reply, redis.limiter.most_asking = DELAYED, 3
    for _ in range(10):
        redis.do(Acquire(ticket(), LIMIT))
    assert len(redis.messages) == 3 + LIMIT.requests


def test_silent_tickets_hold_nobody_up() -> None:
    """A ticket that has not asked for `stale_after` s does not count."""
    redis = Redis()
    next(redis.limiter._steps(Acquire(ticket(), LIMIT)))  # its call never ends
    assert redis.do(Acquire(ticket(), LIMIT)).delay > 0
    redis.limiter.stale_after = -1.0
    assert redis.do(Acquire(ticket(), LIMIT)) == GO


def test_outage(caplog: pytest.LogCaptureFixture) -> None:
    """The local limiter decides, and the process makes no call for `retry_after` s. Two warnings say so."""
    redis = Redis()
    redis.reply = ConnectionError("nobody there")
    assert [redis.do(Acquire(ticket(), LIMIT)).delay for _ in range(2)] == [0, 0]
    assert redis.do(Acquire(ticket(), LIMIT)).delay > 0, "the local limiter keeps the limit"
    assert redis.messages == ["acquire"]
    redis.limiter._outage.begin(redis.reply, 0.0)
    redis.reply = GRANTED
    assert redis.do(Acquire(ticket(), LIMIT)).delay > 0, "the process has used its own slots"
    assert redis.messages == ["acquire", "acquire", "defer"]
    lost, back = [record.getMessage() for record in caplog.records]
    assert "at there:1 cannot be reached (ConnectionError: nobody there)" in lost
    assert back == "the shared rate limit is back: there:1"


def test_outage_of_a_store(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limiters of a Redis are away together: one call finds the outage, and one call finds its end."""
    now, asked, is_back = 0.0, list[str](), False
    first, *others = limiters = [RedisLimiter("redis://there:1", name, LocalLimiter()) for name in "abcde"]

    def call(connection: object, keys: list[str], arguments: list[Any]) -> Any:
        asked.append(arguments[0])
        if is_back:
            return [*GRANTED, "0", len(asked), "0"]
        if now:  # it is time to try again: this call does
            assert [one.do(Acquire(ticket(), LIMIT)) for one in others] == [GO] * 4
        return TimeoutError("no reply in time")

    monkeypatch.setattr(Connection, "call", call)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert [one.do(Acquire(ticket(), LIMIT)) for one in limiters] == [GO] * 5
    assert asked == ["acquire"]
    now = first.retry_after + 0.1
    assert first.do(Acquire(ticket(), LIMIT)) == GO
    assert asked == ["acquire"] * 2
    (lost,) = [record.getMessage() for record in caplog.records]
    assert "at there:1 cannot be reached (TimeoutError: no reply in time)" in lost
    now, is_back = 2 * now, True
    for one in limiters:
        one.do(Acquire(ticket(), LIMIT))
    assert asked.count("acquire") == 7
    assert [record.getMessage() for record in caplog.records[1:]] == [
        "the shared rate limit is back: there:1"
    ]


def test_reply_to_a_call_before_the_outage(caplog: pytest.LogCaptureFixture) -> None:
    """A late reply does not end an outage that another call has met since."""
    redis = Redis()
    before = redis.limiter._steps(Acquire(ticket(), LIMIT))
    next(before)
    redis.limiter._outage.begin(ConnectionError("nobody there"), 3600.0)
    with pytest.raises(StopIteration):
        before.send([*GRANTED, "0", 1, "0"])
    assert redis.limiter._outage.is_on
    assert "limit is back" not in caplog.text


def test_ban_is_written_back() -> None:
    """A process writes a ban back, which Redis may have lost or missed, at intervals, not on every call."""
    redis = Redis()
    redis.reply = ConnectionError("nobody there")
    redis.do(Ban(300.0))
    redis.limiter._outage.begin(redis.reply, 0.0)
    redis.reply = GRANTED
    for _ in range(3):
        assert redis.do(Acquire(ticket(), LIMIT)).banned
    assert redis.messages == ["ban", "restore"]
    redis.limiter.check_every = 0.0
    redis.do(Ban(400.0))
    for _ in range(2):
        assert redis.do(Acquire(ticket(), LIMIT)).banned
    assert redis.messages == ["ban", "restore", "ban", "restore", "restore"]


def test_hold_is_not_written_back() -> None:
    """A ban without a time ends only in this process: the others would wait until its end."""
    redis = Redis()
    redis.limiter.check_every = 0.0
    redis.do(Ban(None))
    assert redis.do(Acquire(ticket(), LIMIT)).banned
    assert redis.messages == ["ban"]


@pytest.mark.parametrize(("late", "rest"), [(0.25, 0.05), (60.0, 1e-6)])
def test_reply_that_comes_late(late: float, rest: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ticket waits from its call on, not from when its event loop read the reply."""
    redis, now = Redis(), 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    steps = redis.limiter._steps(Acquire(ticket(), LIMIT))
    next(steps)
    now += late
    with pytest.raises(StopIteration) as end:
        steps.send(["0.300000", 0, "0", 1, "0"])
    assert end.value.value.delay == pytest.approx(rest)


def test_who_waits() -> None:
    """The limiter knows without a call whether this process waits. If so, `try_acquire` makes no call."""
    redis, waiting = Redis(), ticket()
    assert not redis.limiter.has_waiting
    redis.reply = DELAYED
    redis.do(Acquire(waiting, LIMIT))
    assert redis.limiter.has_waiting
    assert try_acquire(redis.limiter, LIMIT) is None
    assert redis.messages == ["acquire"]
    redis.do(Withdraw(waiting))
    assert not redis.limiter.has_waiting
    redis.reply = ConnectionError("nobody there")
    for _ in range(1 + LIMIT.requests):
        redis.do(Acquire(ticket(), LIMIT))
    assert redis.limiter.has_waiting, "in the local queue"


def test_who_waits_no_more() -> None:
    """A ticket that has not asked for `stale_after` s does not count."""
    redis = Redis()
    redis.reply, redis.limiter.stale_after = DELAYED, -1.0
    redis.do(Acquire(ticket(), LIMIT))
    assert not redis.limiter.has_waiting


def test_what_happened_to_redis(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that has lost data, and a Redis whose clock stepped forward, cause one warning each."""
    redis = Redis()

    def warnings(calls: int, now: float) -> list[str]:
        caplog.clear()
        redis.calls, redis.now = calls, now
        redis.do(Pause(0.0))
        return [record.getMessage() for record in caplog.records]

    assert warnings(7, 1000.0) == []
    assert warnings(8, 1000.5) == []
    (lost,) = warnings(7, 1000.5)
    assert lost.startswith("Redis has lost its data")
    redis.born = "0.6"
    (flushed,) = warnings(8, 1000.5)
    assert flushed.startswith("Redis has lost its data")
    (stepped,) = warnings(9, 1060.5)
    assert stepped.startswith("the clock of Redis stepped forward by 60 s: requests may exceed")
    assert warnings(10, 1000.0) == [], "acquire.lua takes care of a step back"
    monkeypatch.setattr(module, "EXPIRY", -1.0)
    assert warnings(0, 1000.0) == [], "the keys had expired"


@pytest.mark.parametrize(
    "state", [[], ["0", 1], [None, 1, "1"], ["0", None, "1"], ["0", 1, None], ["x", 1, "1"], ["0", 1, "1", 1]]
)
def test_odd_state(state: list[Any], caplog: pytest.LogCaptureFixture) -> None:
    """The other fields of a reply must be valid, too."""
    redis = Redis()
    run(redis.limiter._steps(Pause(0.0)), lambda _: [*GRANTED, *state])
    assert "an unexpected reply" in caplog.text


@pytest.mark.parametrize(
    "reply",
    [
        None, True, 0, "OK", b"", {}, {"0": 0, "1": 0}, (), [], ["0"], ["0", 0, 0], [None, 0], ["0", None],
        ["0", 2], ["0", "0"], ["", 0], ["soon", 0], [[], 0], [{}, 1], ["nan", 0], ["inf", 0], ["-inf", 0],
        ["-1", 0], [10**400, 0], ["1e999", 0], ["3601", 1], ["1e12", 1], ["nan", 1], "00", [b"\xff", 0],
        [1j, 0], ["0", [0]],
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("kind", ["acquire", "withdraw", "pause", "ban"])
def test_odd_replies(reply: Any, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """A reply that the script does not give counts as an outage: the process keeps the limit by itself."""
    redis, known = Redis(), ticket()
    known.has_asked = True
    redis.reply = reply
    signal: dict[str, Signal] = {
        "acquire": Acquire(known, LIMIT),
        "withdraw": Withdraw(known),
        "pause": Pause(0.0),
        "ban": Ban(0.0),
    }
    assert redis.do(signal[kind]) == GO
    (lost,) = [record.getMessage() for record in caplog.records]
    assert "cannot be reached (UnexpectedReply: an unexpected reply: " in lost
    decisions = [redis.do(Acquire(ticket(), LIMIT)) for _ in range(3)]
    assert decisions[-1].delay > 0, "the local limiter keeps the limit"
    assert not decisions[-1].banned
    assert redis.messages == [kind]


@pytest.mark.parametrize("reply", [["0", 0], [b"0", 0], ["3600.000000", 1], ["86400.5", 0], [2, 1]])
def test_usual_replies(reply: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Replies of the script pass in every type to which redis-py may decode them."""
    redis = Redis()
    redis.reply = reply
    decision = redis.do(Acquire(ticket(), LIMIT))
    assert decision.banned is bool(reply[1])
    assert decision.delay == min(float(reply[0]), LONGEST_BAN if reply[1] else redis.limiter.check_every)
    assert [record.event for record in caplog.records] == (["ban"] if reply[1] else [])  # type: ignore[attr-defined]


def test_end_of_a_ban_of_another_process(caplog: pytest.LogCaptureFixture) -> None:
    """The limiter logs a ban once, even if Redis names a later end when this process believes it over."""
    redis, waiting = Redis(), ticket()
    redis.reply = ["0.01", 1]
    for _ in range(3):
        assert redis.do(Acquire(waiting, LIMIT)).banned
        time.sleep(0.02)
    assert redis.messages == ["acquire"] * 3
    (record,) = caplog.records
    assert "the exchange refuses requests to" in record.getMessage()


def test_package_redis_is_missing(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package redis, cancels go on, and the warning says how to install it."""
    monkeypatch.setitem(sys.modules, "redis", None)
    limiter = RedisLimiter("redis://there:2", "name", LocalLimiter())
    assert limiter.do(Acquire(ticket(), LIMIT)) == GO
    assert [record.getMessage() for record in caplog.records] == [
        "the shared rate limit at there:2 needs the package redis, which is not installed. "
        "Each process keeps the limit by itself. Run pip install redis, and restart the bot"
    ]


def test_whether_a_ban_has_a_time() -> None:
    """The decision says whether the exchange named the end of the ban, or this process holds by itself."""
    redis = Redis()
    redis.do(Ban(None))
    held = redis.do(Acquire(ticket(), LIMIT))
    assert (held.banned, held.is_named) == (True, False)
    assert held.delay == pytest.approx(1.0, abs=0.5)
    redis.do(Ban(300.0))
    banned = redis.do(Acquire(ticket(), LIMIT))
    assert (banned.banned, banned.is_named) == (True, True)
    assert banned.delay == pytest.approx(300, abs=5)


def test_no_password_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """redis-py's ValueErrors quote the URL. The log gets their class only."""
    redis = Redis()
    redis.reply = ValueError("not a port: redis://user:secret@there")
    assert redis.do(Acquire(ticket(), LIMIT)) == GO
    assert "at there:1 cannot be reached (ValueError)" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
@pytest.mark.parametrize(
    "character", ["/", "#", "?", "@", "[", "]", ":", "%", "\\", " ", "//", "@/", "1/", "/@", "#@"]
)
@pytest.mark.parametrize("user", ["", "user", "secret"])
def test_unescaped_password(user: str, character: str, scheme: str, caplog: pytest.LogCaptureFixture) -> None:
    """No part of a password that should have been escaped is logged as a host or a port."""
    limiter = RedisLimiter(
        f"{scheme}://{user}:11{character}secret{character}22@there:1/0", "name", LocalLimiter()
    )
    limiter.do(Acquire(ticket(), LIMIT))
    assert "cannot be reached" in caplog.text
    for part in ("secret", "11", "22", "user"):
        assert part not in caplog.text


@pytest.mark.parametrize("address", ["redis://there:1/0", "rediss://there:1/0", "unix:///run/no.sock"])
@pytest.mark.parametrize(
    "option", ["secret=5", "db=secret", "socket_timeout=secret", "protocol=secret", "ssl_cert_reqs=secret"]
)
def test_password_with_an_ampersand(address: str, option: str, caplog: pytest.LogCaptureFixture) -> None:
    """What redis-py takes for an option of the URL may be a part of a password, and is in no log record."""
    limiter = RedisLimiter(f"{address}?password=ab&{option}", "name", LocalLimiter())
    assert limiter.do(Acquire(ticket(), LIMIT)) == GO
    (record,) = caplog.records
    said = re.search(r"cannot be reached \((\w+)\)\. Until", record.getMessage())
    assert said is not None
    assert said[1] == record.error  # type: ignore[attr-defined]
    assert "secret" not in str(vars(record))


def test_option_that_fails_later(caplog: pytest.LogCaptureFixture) -> None:
    """An error about an option of the URL that redis-py reads when it sends is logged without its text."""
    redis = Redis()
    redis.reply = LookupError("unknown encoding: secret")
    assert redis.do(Acquire(ticket(), LIMIT)) == GO
    assert "at there:1 cannot be reached (LookupError)." in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://there", "there:6379"),
        ("redis://user:p%2Fw%40@there:1/0?db=1", "there:1"),
        ("redis://:p@w@there:1", "there:1"),
        ("unix:///run/redis.sock", "this machine:6379"),
        ("redis://:p/w@there:1", "an unreadable URL"),
        ("redis://there:port", "an unreadable URL"),
    ],
)
def test_where_it_is(url: str, shown: str) -> None:
    """The log names host and port, or says that the URL is unreadable, and how to write the password."""
    assert RedisLimiter(url, "name", LocalLimiter())._outage.where.startswith(shown)


def test_ban_without_a_time() -> None:
    """Redis keeps the hold that the local limiter chose: a second, then twice as long each time."""
    redis = Redis()
    seconds = list[float]()

    def keep(arguments: list[Any]) -> Any:
        seconds.append(float(arguments[-1]))
        return [*GRANTED, "0", len(seconds), "0"]

    for _ in range(3):
        run(redis.limiter._steps(Ban(None)), keep)
    assert seconds == sorted(seconds)
    assert seconds[0] == pytest.approx(1.0, abs=0.5)
    assert redis.limiter._local.banned_for > 1.5


def test_end_of_an_outage_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """Two threads may meet the end of an outage at the same time."""
    outage = Redis().limiter._outage
    outage.begin(ConnectionError(), 0.0)
    for _ in range(2):
        outage.end()
    assert caplog.text.count("limit is back") == 1


def test_known_ban() -> None:
    """How long a ban lasts is known in this process, without a call."""
    redis = Redis()
    assert redis.limiter.banned_for == 0
    redis.do(Ban(60.0))
    redis.messages.clear()
    assert 59 < redis.limiter.banned_for <= 60
    assert redis.messages == []
