"""The log reports each event once, with its fields, in both worlds, and never a secret."""

from __future__ import annotations

import ast
import asyncio
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import ccxt
import pytest
from ccxt.base.errors import BaseError

import ccxt_bingx_ext
from ccxt_bingx_ext import _log
from ccxt_bingx_ext._bingx.endpoints import SPOT
from ccxt_bingx_ext.simulator import Simulator

from .helpers import OURS, RedisServer, bot_of, config_of, forget_accounts, place, reached, unused_port

ROOT = Path(__file__).parents[1]
SYMBOL = "BTC/USDT"
BATCH = "POST spot/v1/trade/cancelOrders"
SINGLE = "POST spot/v1/trade/cancel"
ALL = "POST spot/v1/trade/cancelOpenOrders"


class Log(logging.Handler):
    """Keeps the plugin's records."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def events(self, least: int = logging.DEBUG) -> list[str]:
        """The names of the events from level `least` on."""
        return [one.event for one in self.records if one.levelno >= least]

    def one(self, name: str) -> Any:
        """The only record of the event `name`."""
        (record,) = [one for one in self.records if one.event == name]
        return record


@pytest.fixture
def log() -> Iterator[Log]:
    """The plugin's log, from DEBUG on."""
    logger, handler = logging.getLogger("ccxt_bingx_ext"), Log()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)


def fields(record: Any, *names: str) -> list[Any]:
    return [getattr(record, name) for name in names]


# A quiet session


def test_quiet_session(world: str, simulator: Simulator, log: Log) -> None:
    """From INFO on there is one line for each instance. Each request has one record on DEBUG."""
    ids = place(simulator, 3)
    with bot_of(OURS[world], config_of(simulator)) as bot:
        bot.load_markets()
        bot.cancel_orders(ids[:2], SYMBOL)
        bot.cancel_order(ids[2], SYMBOL)
        bot.cancel_all_orders(SYMBOL)
    assert log.events(logging.INFO) == ["instance"]
    requests = [one for one in log.records if one.event == "request"]
    assert [fields(one, "endpoint", "symbol", "ids", "form", "attempt", "hostname") for one in requests] == [
        [BATCH, "BTC-USDT", tuple(ids[:2]), "json", 1, None],
        [SINGLE, "BTC-USDT", (ids[2],), None, 1, None],
        [ALL, "BTC-USDT", (), None, 1, None],
    ]
    assert all(one.waited_ms >= 0 and one.took_ms >= 0 for one in requests)
    assert not any(hasattr(one, "error") for one in log.records)
    slots = [one.endpoint for one in log.records if one.event == "slot"]
    assert slots == [BATCH, SINGLE, ALL, "GET spot/v1/trade/openOrders"]
    assert log.one("look_up").endpoint == "GET spot/v1/trade/openOrders"


def test_instance(world: str, simulator: Simulator, log: Log) -> None:
    """The line of an instance names both versions, the limits and the store, without its password."""
    store = "redis://user:hunter2@127.0.0.1:1/0"
    config = config_of(simulator, storage=store, limit=1)
    with bot_of(OURS[world], config):
        pass
    record = log.one("instance")
    assert fields(record, "version", "ccxt_version", "store", "levelno") == [
        ccxt_bingx_ext.__version__, ccxt.__version__, "127.0.0.1:1", logging.INFO,
    ]  # fmt: skip
    assert (record.limits[BATCH], record.limits[SINGLE], len(record.limits)) == (1, 5, 8)
    kind = "" if world == "sync" else "async_support."
    assert f"ccxt_bingx_ext.{kind}bingx, 8 lanes in 127.0.0.1:1" in record.getMessage()


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"enableRateLimit": False}, "no rate limit"),
        ({"options": {"cancelOrders": {"limit": "many"}}}, "no rate limit"),
        ({"options": {"cancelOrders": {"limit": None}}}, "8 lanes in this process"),
    ],
)
def test_instance_without_limits(config: dict[str, Any], text: str, log: Log) -> None:
    """Without ccxt's rate limit there are no lanes. The first call raises an error for a wrong option."""
    ccxt_bingx_ext.bingx({"enableRateLimit": True, **config})
    assert log.one("instance").getMessage().endswith(f"ccxt_bingx_ext.bingx, {text}")


def test_registered(log: Log) -> None:
    """`register` says once that it took effect."""
    with ccxt_bingx_ext.register(), ccxt_bingx_ext.register():
        pass
    record = log.one("registered")
    assert record.places == ("ccxt.bingx", "ccxt.async_support.bingx", "ccxt.pro.bingx")
    assert record.levelno == logging.INFO
    assert f"of ccxt {ccxt.__version__} are" in record.getMessage()


def test_registered_on_an_old_ccxt(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """`register` warns of a ccxt below the supported ones, and takes effect all the same."""
    monkeypatch.setattr(ccxt, "__version__", "4.5.27")
    with ccxt_bingx_ext.register():
        assert ccxt.bingx is ccxt_bingx_ext.bingx
    record = log.one("old_ccxt")
    assert fields(record, "ccxt_version", "levelno") == ["4.5.27", logging.WARNING]
    assert record.getMessage().startswith("ccxt 4.5.27 is older than ")


# Ambiguity


@pytest.mark.usefixtures("without_pauses")
@pytest.mark.parametrize("single", [False, True])
def test_lost_response(world: str, simulator: Simulator, log: Log, single: bool) -> None:
    """The plugin logs ambiguity once as a warning, and the outcome of the orders as an INFO."""
    ids, path = tuple(place(simulator, 1 if single else 2)), SINGLE if single else BATCH
    simulator.faults.add("drop", path=path, when="after")
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:
        bot.load_markets()
        if single:
            bot.cancel_order(ids[0], SYMBOL)
        else:
            bot.cancel_orders(ids, SYMBOL)
    assert log.events(logging.INFO) == ["instance", "ambiguous", "resolved"]
    method = f"bingx cancelOrder{'' if single else 's'}()"
    for name in ("ambiguous", "resolved"):
        record = log.one(name)
        assert fields(record, "method", "endpoint", "symbol", "ids") == [method, path, "BTC-USDT", ids]
    assert log.one("ambiguous").levelno == logging.WARNING
    assert fields(log.one("ambiguous"), "http_status", "code", "progress") == [None, None, "written"]
    assert log.one("ambiguous").error == log.one("request").error
    assert log.one("resolved").statuses == ("canceled",) * len(ids)
    assert fields(log.one("reconcile"), "ids", "attempt") == [ids, 1]
    assert log.one("wait").waited_ms >= 10


def test_unresolved(world: str, simulator: Simulator, log: Log) -> None:
    """A warning names the orders whose outcome stays unknown."""
    ids = tuple(place(simulator, 5))
    simulator.faults.add("http", status=504)
    config = simulator.ccxt_config(options={"cancelOrders": {"resolveAttempts": 0}})
    with bot_of(OURS[world], config) as bot, pytest.raises(BaseError) as caught:
        bot.cancel_orders(ids, SYMBOL)
    assert tuple(caught.value.unresolved) == ids
    assert log.events(logging.INFO) == ["instance", "ambiguous", "unresolved"]
    assert log.one("unresolved").ids == ids
    assert log.one("unresolved").getMessage().endswith(f"{', '.join(ids[:3])} and 2 more")
    assert fields(log.one("ambiguous"), "http_status", "code") == [504, None]
    assert "(HTTP 504)" in log.one("ambiguous").getMessage()


@pytest.mark.usefixtures("without_pauses")
def test_omitted_id(world: str, simulator: Simulator, log: Log) -> None:
    """An id that the response omits is a warning until it is settled."""
    ids = place(simulator, 3)
    simulator.faults.add("forget", ids=ids[1:2])
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:
        bot.cancel_orders(ids, SYMBOL, {"process": 1})
    assert log.events(logging.INFO) == ["instance", "omitted", "resolved"]
    assert log.one("omitted").ids == log.one("resolved").ids == (ids[1],)


@pytest.mark.parametrize("listed", [True, False])
def test_lost_cancel_all(world: str, simulator: Simulator, log: Log, listed: bool) -> None:
    """If the response to cancelling all is lost, only the list of open orders can settle it."""
    place(simulator, 1)
    simulator.faults.add("drop", path=ALL, when="after")
    if not listed:
        simulator.faults.add("http", path="GET spot/v1/trade/openOrders", status=504, times=None)
    config = simulator.ccxt_config(options={"cancelOrders": {"resolveAttempts": 1}})
    with bot_of(OURS[world], config) as bot, suppress(BaseError):
        bot.cancel_all_orders(SYMBOL)
    last = "resolved" if listed else "unresolved"
    assert log.events(logging.INFO) == ["instance", "ambiguous", last]
    assert fields(log.one("ambiguous"), "method", "endpoint", "symbol", "ids") == [
        "bingx cancelAllOrders()", ALL, "BTC-USDT", (),
    ]  # fmt: skip
    text = "no order of the request is open" if listed else "may be live: all open orders of BTC-USDT"
    assert log.one(last).getMessage().endswith(text)


def test_lost_edit(world: str, simulator: Simulator, log: Log) -> None:
    """An edit whose response is lost is ambiguous, and stays so."""
    (old,) = place(simulator)
    simulator.faults.add("drop", path="POST spot/v1/trade/order/cancelReplace")
    with bot_of(OURS[world], simulator.ccxt_config()) as bot, pytest.raises(BaseError):
        bot.edit_order(old, SYMBOL, "limit", "buy", 0.001, 25000)
    assert log.events(logging.INFO) == ["instance", "ambiguous", "unresolved"]
    assert log.one("edit").ids == log.one("ambiguous").ids == log.one("unresolved").ids == (old,)
    assert log.one("edit").error == log.one("ambiguous").error


# Refusals and switches


@pytest.mark.parametrize(
    ("fault", "scope", "seconds", "text"),
    [
        ({"kind": "ban", "seconds": 300.0}, "endpoint", 300, f"requests to {BATCH} for"),
        ({"kind": "restrict"}, "account", None, "every cancel of the account until it accepts one again"),
        ({"kind": "http", "status": 403}, "host", None, "every request to the host until"),
    ],
)
def test_ban(
    world: str, simulator: Simulator, log: Log, fault: dict[str, Any], scope: str, seconds: Any, text: str
) -> None:
    """A ban is one warning, with what it closes and for how long. Calls that meet it later add none."""
    simulator.faults.add(**fault)
    with bot_of(OURS[world], config_of(simulator)) as bot:
        for _ in range(2):
            with pytest.raises(BaseError):
                bot.cancel_orders(["1"], SYMBOL)
            if seconds is None:
                break  # a ban without a time ends after a second
    assert log.events(logging.INFO) == ["instance", "ban"]
    record = log.one("ban")
    assert (record.scope, record.seconds) == (scope, pytest.approx(seconds, abs=2))
    assert text in record.getMessage()
    assert fields(record, "method", "endpoint") == ["bingx cancelOrders()", BATCH]


def test_limit(world: str, loopback: None, log: Log) -> None:
    """A refusal for the limit is a warning. The next try has the next number."""
    with Simulator(limits={"cancelOrders": 1}, ban_after=None) as simulator:
        ids = place(simulator, 2)
        with bot_of(OURS[world], simulator.ccxt_config()) as bot:
            bot.load_markets()
            for one in ids:
                bot.cancel_orders([one], SYMBOL)
    assert log.events(logging.INFO) == ["instance", "limit"]
    record = log.one("limit")
    assert (record.endpoint, record.code, record.http_status) == (BATCH, "100410", 200)
    assert 0 < record.seconds <= 1
    assert [one.attempt for one in log.records if one.event == "request"] == [1, 1, 2]


def test_host(world: str, simulator: Simulator, log: Log) -> None:
    """The switch to another host is a warning, once: the next request begins there."""
    away, there = (f"127.0.0.1:{port}" for port in (unused_port(), simulator.port))
    config = simulator.ccxt_config()
    config["urls"] = {"api": dict.fromkeys(config["urls"]["api"], "http://{hostname}/openApi")}
    config |= {"hostname": away, "options": {**config.get("options", {}), "fallbackHostnames": [there]}}
    ids = place(simulator, 2)
    with bot_of(OURS[world], config) as bot:
        for one in ids:
            bot.cancel_orders([one], SYMBOL)
    record = log.one("host")
    assert fields(record, "levelno", "unreachable", "hostname", "endpoint") == [
        logging.WARNING, None, there, BATCH,
    ]  # fmt: skip
    assert f"cannot reach the exchange's own host ({record.error}), so the request goes to {there}" in (
        record.getMessage()
    )
    assert [one.hostname for one in log.records if one.event == "request"] == [None, there, there]


@pytest.mark.parametrize(("ms", "side"), [(-60_000, "ahead"), (60_000, "behind")])
def test_clock(world: str, simulator: Simulator, log: Log, ms: int, side: str) -> None:
    """A refused timestamp is a warning with what the clocks differ by."""
    (order,) = place(simulator)
    simulator.clock_offset_ms = ms
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:
        bot.cancel_orders([order], SYMBOL)
    record = log.one("clock")
    assert record.levelno == logging.WARNING
    assert record.offset_ms == pytest.approx(-ms, abs=2000)
    said = rf"now signs by the exchange's clock \(this machine's clock is \d{{5}} ms {side}\)$"
    assert re.search(said, record.getMessage())
    assert log.one("time").took_ms >= 0


def test_form(world: str, loopback: None, log: Log) -> None:
    """The switch to the query form is a warning, once."""
    with Simulator(limits=None, forms={"cancelOrders": {"query"}}) as simulator:
        ids = place(simulator, 2)
        with bot_of(OURS[world], simulator.ccxt_config()) as bot:
            bot.load_markets()
            for one in ids:
                bot.cancel_orders([one], SYMBOL)
    assert log.events(logging.INFO) == ["instance", "form"]
    assert fields(log.one("form"), "form", "levelno") == ["query", logging.WARNING]
    requests = [one for one in log.records if one.event == "request"]
    assert [fields(one, "form", "attempt") for one in requests] == [["json", 1], ["query", 2], ["query", 1]]


# Batches of several calls, and a shared store


def gathered(simulator: Simulator, ids: list[str]) -> None:
    """Cancel `ids` by one call each, all at the same time."""

    async def main() -> None:
        exchange = OURS["async"](config_of(simulator))
        try:
            await exchange.load_markets()
            await asyncio.gather(*(exchange.cancel_order(one, SYMBOL) for one in ids))
        finally:
            await exchange.close(True)

    asyncio.run(main())


def test_merge(simulator: Simulator, log: Log) -> None:
    """Calls that share a batch are one record, and so is a call that gets the outcome of another one."""
    ids = place(simulator, 12)
    gathered(simulator, [*ids, ids[0]])
    assert log.events(logging.INFO) == ["instance"]
    assert log.one("share").ids == (ids[0],)
    merges = [one for one in log.records if one.event == "merge"]
    sent = [one.ids for one in log.records if one.event == "request" and one.endpoint == BATCH]
    assert [one.ids for one in merges] == sent
    assert {one.symbol for one in merges} == {"BTC-USDT"}
    assert merges[0].method == "bingx cancelOrder()"


@pytest.mark.usefixtures("without_pauses")
def test_lost_merge(simulator: Simulator, log: Log) -> None:
    """If the response to a shared batch is lost, a warning names its orders. Each call settles its own."""
    ids = place(simulator, 6)
    simulator.faults.add("drop", path=BATCH, when="after")
    gathered(simulator, ids)
    lost = log.one("ambiguous").ids
    assert set(lost) <= {*ids}
    assert len(lost) >= 3
    resolved = [one.ids for one in log.records if one.event == "resolved"]
    assert sorted(resolved) == sorted((one,) for one in lost)
    assert "unresolved" not in log.events()


def test_store(server: RedisServer, simulator: Simulator, log: Log) -> None:
    """A Redis that goes away, returns, and has lost its data causes a warning each, with host and port."""
    exchange = OURS["sync"](config_of(simulator, storage=server.url))
    exchange._limiter(SPOT)[0].retry_after = 0.01
    ids = place(simulator, 3)
    exchange.cancel_orders(ids[:1], SYMBOL)
    server.stop()
    exchange.cancel_orders(ids[1:2], SYMBOL)
    server.start()
    while "store_back" not in log.events():
        exchange.cancel_orders(ids[2:], SYMBOL, {"process": 1})
    assert log.events(logging.INFO)[:4] == ["instance", "store_away", "store_back", "store_reset"]
    where = f"127.0.0.1:{server.port}"
    assert {log.one(name).store for name in ("store_away", "store_back")} == {where}
    assert log.one("store_reset").endpoint == BATCH


def test_ban_of_another_process(server: RedisServer, simulator: Simulator, log: Log) -> None:
    """A ban that another process has met is a warning, once."""
    simulator.faults.add("ban", seconds=300)
    for _ in range(2):
        exchange = OURS["sync"](config_of(simulator, storage=server.url))
        for _ in range(2):
            with pytest.raises(BaseError):
                exchange.cancel_orders(["1"], SYMBOL)
        forget_accounts()  # as in a new process
    own, others = [one for one in log.records if one.event == "ban"]
    assert own.code == "100410"
    assert others.store == f"127.0.0.1:{server.port}"
    assert others.endpoint == own.endpoint == BATCH
    assert others.seconds == pytest.approx(300, abs=5)
    assert log.events(logging.WARNING) == ["ban", "ban"]


# Secrets, handlers, fields


def test_no_secrets(world: str, loopback: None, log: Log) -> None:
    """Over a stormy session no record holds a key, a secret, a signature or a URL, in any attribute."""
    key, secret, digits = "Kq7" * 20, "sEcReT9" * 9, "ab" * 32
    with Simulator(limits=None, api_key=key, secret=secret) as simulator:
        echo = f"wrong https://x/?a=1&signature={digits} apiKey {key} {secret} {digits}"
        for path in ("cancelOrders", SINGLE, ALL, "DELETE swap/v2/trade/batchOrders"):
            for code in (100001, 100413, key):
                body = json.dumps({"code": code, "msg": echo})
                simulator.faults.add("canned", path=path, body=body)
                simulator.faults.add("canned", path=path, body=body, status=404)
        fault: Any
        for fault in ("drop", "garbage", "cut_off", "ban"):
            simulator.faults.add(fault, path="cancelOrders")
        denied = json.dumps({"code": 100413, "msg": echo})
        simulator.faults.add("canned", path="GET spot/v1/trade/openOrders", body=denied, times=None)
        swap = "BTC/USDT:USDT"
        config = config_of(simulator, resolveAttempts=1, resolveTimeout=300, maxWait=0)
        with bot_of(OURS[world], {**config, "timeout": 1000}) as bot:
            bot.load_markets()
            calls: list[tuple[Callable[..., Any], str]] = [
                (bot.cancel_orders, SYMBOL),
                (lambda ids, symbol: bot.cancel_order(ids[0], symbol), SYMBOL),
                (bot.cancel_orders, swap),
            ]
            for number in range(10):
                for kind, (call, symbol) in enumerate(calls, 1):
                    with suppress(BaseError):
                        call([f"{kind}{number}", f"{kind}9{number}"], symbol)
                with suppress(BaseError):
                    bot.cancel_all_orders(SYMBOL)
            with suppress(BaseError):
                bot.edit_order("1", SYMBOL, "limit", "buy", 0.001, 25000)
        signatures = [one.query.rpartition("signature=")[2] for one in simulator.requests]
        assert {len(one) for one in signatures} >= {64}
    assert {"request", "look_up", "instance", "edit", "ambiguous", "unresolved", "ban"} <= {*log.events()}
    assert len(log.records) > 40
    hidden = [key, secret, digits, *filter(None, signatures), "://"]
    for record in log.records:
        texts = [record.getMessage(), *reached(vars(record)), repr(vars(record))]
        assert [one for one in hidden for text in texts if one in text] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"GET https://x/?a=1&signature={'ab' * 32} failed", "GET (a URL) failed"),
        (f"the key {'Kq7' * 20} is wrong", "the key *** is wrong"),
        (f"signature={'ab' * 8}", "signature=***"),
        (f"order {'x' * 40}", f"order {'x' * 40}"),
    ],
)
def test_cleaning(text: str, shown: str, log: Log) -> None:
    """Texts and fields hold no URL, key or signature. Ids stay as they are."""
    odd = ("sign:deadbeef00", "x" * 40)
    _log.event(logging.DEBUG, "name", text, why=text, ids=odd, nothing=None)
    (record,) = log.records
    assert fields(record, "event", "why", "ids", "nothing") == ["name", shown, odd, None]
    assert record.getMessage() == shown
    _log.event(logging.DEBUG, "name", ids=odd, nothing=None, none=(), ms=0)
    assert log.records[1].getMessage() == f"name ids=sign:deadbeef00, {'x' * 40} ms=0"


@pytest.mark.parametrize("shows", [True, False])
def test_broken_handler(
    bot: Any, simulator: Simulator, log: Log, shows: bool,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """A handler of the bot that raises changes no cancel. Its error goes to stderr."""
    monkeypatch.setattr(logging, "raiseExceptions", shows)
    monkeypatch.setattr(log, "emit", lambda record: 1 / 0)
    (order,) = place(simulator)
    assert bot.cancel_orders([order], SYMBOL)[0]["status"] == "canceled"
    assert ("ZeroDivisionError" in capsys.readouterr().err) is shows


def test_nothing_is_made_for_nobody(bot: Any, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """On WARNING, Python's default level, a quiet session makes no record and cleans no text."""
    made: list[object] = []
    monkeypatch.setattr(_log.log, "makeRecord", lambda *args, **named: made.append(args))
    monkeypatch.setattr(_log, "_clean", made.append)
    monkeypatch.setattr(_log, "_pairs", made.append)
    bot.cancel_orders(place(simulator, 2), SYMBOL)
    bot.cancel_all_orders(SYMBOL)
    assert made == []


def test_fields_are_not_pythons_own() -> None:
    """No event's field has the name of an attribute of Python's records, in any version."""
    own = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}
    names = {
        keyword.arg
        for path in (ROOT / "ccxt_bingx_ext").rglob("*.py")
        if "simulator" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "event"
        for keyword in node.keywords
    }
    assert {"ids", "endpoint", "symbol", "attempt", "waited_ms"} <= names
    assert names & own == set()
