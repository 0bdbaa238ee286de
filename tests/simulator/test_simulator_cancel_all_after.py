"""The dead man's switch: it cancels every open order of an account once its time has come, in batches."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from ccxt_bingx_ext.simulator import Execution, Simulator, SimulatorError
from ccxt_bingx_ext.simulator.calls import Call
from ccxt_bingx_ext.simulator.cancel_all import CancelAllRules
from ccxt_bingx_ext.simulator.cancel_all_after import TimerRule, Timers
from ccxt_bingx_ext.simulator.orders import OrderBook

PATH = {
    "spot": "/openApi/spot/v1/trade/cancelAllAfter",
    "linear": "/openApi/swap/v2/trade/cancelAllAfter",
}
OPEN = {"spot": "/openApi/spot/v1/trade/openOrders", "linear": "/openApi/swap/v2/trade/openOrders"}
both_markets = pytest.mark.parametrize("market", ["spot", "linear"])


def activate(raw: Any, market: str, seconds: Any = 10, **more: Any) -> dict[str, Any]:
    params = {"type": "ACTIVATE", "timeOut": seconds, **more}
    response: dict[str, Any] = raw.send("POST", PATH[market], params, form="query").json()
    return response


def close(raw: Any, market: str) -> dict[str, Any]:
    response: dict[str, Any] = raw.send(
        "POST", PATH[market], {"type": "CLOSE", "timeOut": 0}, form="query"
    ).json()
    return response


def trigger_ms(response: dict[str, Any]) -> int:
    assert response["data"]["status"] == "ACTIVATED"
    seconds: int = response["data"]["triggerTime"]
    return seconds * 1000


def move_clock(sim: Simulator, to_ms: int) -> None:
    sim.clock_offset_ms += to_ms - sim.now_ms()


def statuses(sim: Simulator) -> list[str]:
    return [order.status for order in sim.orders()]


@both_markets
def test_timer_runs_out(sim: Simulator, raw: Any, market: Any) -> None:
    """Once the time has come every open order of the account in this market is cancelled, and no other."""
    order, eth = sim.place(market=market), sim.place("ETH-USDT", market=market)
    others = [
        sim.place(market=market, uid="2"),
        sim.place(market="linear" if market == "spot" else "spot"),
        sim.place(market="inverse"),
    ]
    trigger = trigger_ms(activate(raw, market))
    assert 10_000 <= trigger - order.created_ms < 16_000
    move_clock(sim, trigger - 5000)
    assert (set(statuses(sim)), sim.executions) == ({"PENDING"}, [])
    move_clock(sim, trigger)
    [execution] = sim.executions
    assert execution == Execution(1, PATH[market], sim.uid, (order.order_id, eth.order_id))
    assert statuses(sim)[:2] == ["CANCELED", "CANCELED"]
    assert {sim.status(one.order_id) for one in others} == {"PENDING"}
    assert sim.order(order.order_id).updated_ms == trigger


@both_markets
def test_requests_see_it(sim: Simulator, raw: Any, market: Any) -> None:
    """A request that arrives after the time sees the cancels, even if it is the first to look."""
    sim.place(market=market)
    move_clock(sim, trigger_ms(activate(raw, market)))
    assert raw.get(OPEN[market])["data"]["orders"] == []


@both_markets
def test_close(sim: Simulator, raw: Any, market: Any) -> None:
    """CLOSE ends the timer, and is a success without one, too."""
    sim.place(market=market)
    trigger = trigger_ms(activate(raw, market))
    assert [close(raw, market)["data"]["status"] for _ in range(2)] == ["CLOSED"] * 2
    move_clock(sim, trigger + 60_000)
    assert statuses(sim) == ["PENDING"]


def test_extend(sim: Simulator, raw: Any) -> None:
    """A second ACTIVATE replaces the time, in either direction."""
    sim.place()
    first = trigger_ms(activate(raw, "spot", 60))
    second = trigger_ms(activate(raw, "spot", 120))
    move_clock(sim, first + 5000)
    assert (statuses(sim), second - first >= 60_000) == (["PENDING"], True)
    third = trigger_ms(activate(raw, "spot", 10))
    assert third < second
    move_clock(sim, third)
    assert statuses(sim) == ["CANCELED"]


@both_markets
def test_batches(raw_client: Any, market: Any) -> None:
    """The timer cancels in batches, seconds apart, and refuses ACTIVATE and CLOSE meanwhile."""
    with Simulator(limits=None, timer_batch=2, timer_pause=60) as sim:
        raw = raw_client(sim)
        ids = [sim.place(market=market).order_id for _ in range(5)]
        trigger = trigger_ms(activate(raw, market))
        move_clock(sim, trigger)
        assert statuses(sim) == ["CANCELED"] * 2 + ["PENDING"] * 3
        late = sim.place(market=market)
        sim.fill(ids[3])
        assert [activate(raw, market)["code"], close(raw, market)["code"]] == [100400, 100400]
        move_clock(sim, trigger + 60_000)
        assert statuses(sim) == ["CANCELED"] * 3 + ["FILLED", "PENDING", "PENDING"]
        assert close(raw, market)["code"] == 100400
        move_clock(sim, trigger + 120_000)
        assert statuses(sim)[-2:] == ["CANCELED", "PENDING"]
        assert [one.cancelled for one in sim.executions] == [(ids[0], ids[1]), (ids[2],), (ids[4],)]
        assert sim.status(late.order_id) == "PENDING"
        assert activate(raw, market)["code"] == 0


def test_batches_at_once(raw_client: Any) -> None:
    """Batches that are due when somebody looks have been cancelled each at its own time."""
    with Simulator(limits=None, timer_batch=1, timer_pause=2.5) as sim:
        orders = [sim.place() for _ in range(3)]
        trigger = trigger_ms(activate(raw_client(sim), "spot"))
        move_clock(sim, trigger + 60_000)
        times = [sim.order(one.order_id).updated_ms - trigger for one in orders]
        assert times == [0, 2500, 5000]


def test_all_filled_before_their_batch(raw_client: Any) -> None:
    """A batch whose orders are over by then cancels nothing, and is not logged."""
    with Simulator(limits=None, timer_batch=1, timer_pause=60) as sim:
        first, second = sim.place(), sim.place()
        trigger = trigger_ms(activate(raw_client(sim), "spot"))
        move_clock(sim, trigger)
        sim.fill(second.order_id)
        move_clock(sim, trigger + 60_000)
        assert [one.cancelled for one in sim.executions] == [(first.order_id,)]


def test_cleared_log(sim: Simulator, raw: Any) -> None:
    """clear_log forgets the cancels of a timer, even if no request has looked at the book since."""
    sim.place()
    move_clock(sim, trigger_ms(activate(raw, "spot")))
    sim.clear_log()
    assert (sim.executions, statuses(sim)) == ([], ["CANCELED"])


@pytest.mark.parametrize("cancelled", [True, False])
def test_trigger_orders(raw_client: Any, cancelled: bool) -> None:
    """Trigger orders share the fate that cancelling all open orders gives them."""
    with Simulator(limits=None, cancel_all_triggers=cancelled) as sim:
        sim.place(type="TRIGGER_LIMIT")
        move_clock(sim, trigger_ms(activate(raw_client(sim), "spot")))
        assert statuses(sim) == ["CANCELED" if cancelled else "NEW"]


@both_markets
@pytest.mark.parametrize(
    "wrong", [{"type": "STOP"}, {"type": None}, {"timeOut": 9}, {"timeOut": 121}, {"timeOut": None}]
)
def test_bad_requests(sim: Simulator, raw: Any, market: Any, wrong: dict[str, Any]) -> None:
    """A wrong type or time is refused, and leaves the running timer alone."""
    sim.place(market=market)
    trigger = trigger_ms(activate(raw, market))
    assert activate(raw, market, **{"timeOut": 60, **wrong})["code"] == 100400
    move_clock(sim, trigger)
    assert statuses(sim) == ["CANCELED"]


def test_race_after_the_time(sim: Simulator, raw: Any) -> None:
    """A race that strikes after the time sees the cancels."""
    order = sim.place()
    seen: list[str] = []
    sim.faults.add("race", action=lambda: seen.append(sim.status(order.order_id)), path="trade/query")
    move_clock(sim, trigger_ms(activate(raw, "spot")))
    raw.get("query", symbol="BTC-USDT", orderId=order.order_id)
    assert seen == ["CANCELED"]


def test_race_for_a_cancelled_order(raw_client: Any) -> None:
    """A race cannot fill an order that the timer has cancelled, even if no request has looked since."""
    sim = Simulator(limits=None).start()
    raw, order = raw_client(sim), sim.place()
    sim.faults.add("race", action="fill", order_id=order.order_id, path="trade/query")
    move_clock(sim, trigger_ms(activate(raw, "spot")))
    params = {"symbol": "BTC-USDT", "orderId": order.order_id}
    assert raw.send("GET", "query", params, form="query").status_code == 500
    with pytest.raises(SimulatorError, match="is CANCELED, no longer open"):
        sim.stop()
    assert sim.status(order.order_id) == "CANCELED"


@both_markets
@pytest.mark.parametrize("kind", ["drop", "reset", "http", "busy", "garbage", "null_data", "cut_off", "ban"])
@pytest.mark.parametrize(("when", "status"), [("before", "PENDING"), ("after", "CANCELED")])
def test_faults(sim: Simulator, raw: Any, market: Any, kind: Any, when: Any, status: str) -> None:
    """Each fault strikes before or after the timer is set, and leaves no complete response."""
    order = sim.place(market=market)
    sim.faults.add(kind, when=when, path=PATH[market])
    try:
        response = activate(raw, market)
    except (requests.ConnectionError, requests.JSONDecodeError):
        response = {}
    assert not response.get("data")
    move_clock(sim, sim.now_ms() + 20_000)
    assert (sim.status(order.order_id), sim.requests[0].fault) == (status, kind)


@both_markets
def test_limit_signature_and_permission(raw_client: Any, market: Any, clock: Any) -> None:
    """One request per second passes, and a wrong signature or a key without the permission does not."""
    with Simulator() as sim:
        raw = raw_client(sim)
        sim.add_account("reader", "secret", "1000001", permissions={"read"})
        key = {"key": "reader", "secret": "secret", "form": "query"}
        params = {"type": "ACTIVATE", "timeOut": 10}
        assert raw.send("POST", PATH[market], params, **key).json()["code"] == 100004
        assert activate(raw, market, signature="0" * 64)["code"] == 100001
        assert [activate(raw, market)["code"] for _ in range(2)] == [0, 100410]


def test_risk_control(sim: Simulator, raw: Any) -> None:
    """Risk control neither refuses the request nor keeps the timer from cancelling."""
    sim.place()
    sim.restrict(60)
    move_clock(sim, trigger_ms(activate(raw, "spot")))
    assert statuses(sim) == ["CANCELED"]


class Clock:
    """Timers on a clock that stands still."""

    def __init__(self, ms: int) -> None:
        self.ms = ms
        self.book = OrderBook(1, lambda: self.ms)
        self.logged: list[Execution] = []
        rules = CancelAllRules()
        self.timers = Timers(self.book, TimerRule(), rules, lambda: self.ms, self.logged.append)

    def activate(self) -> dict[str, Any]:
        call = Call(uid="u", params={"type": "ACTIVATE", "timeOut": "10"}, number=7, path="p")
        data: dict[str, Any] = self.timers.endpoint("spot")(call).data
        return data

    def place(self) -> int:
        return self.book.place(
            uid="u", symbol="BTC-USDT", side="BUY", type="LIMIT", price="1", quantity="1"
        ).order_id


def test_documented_response() -> None:
    """The response to the documented request at the documented time is the documented one."""
    assert Clock(1710389127_000).activate() == {
        "triggerTime": 1710389137,
        "status": "ACTIVATED",
        "note": (
            "All your spot pending orders will be closed automatically at 2024-03-14 04:05:37 UTC(+0),"
            "before that you can cancel the timer, or extend triggerTime time by this request"
        ),
    }


def test_whole_seconds() -> None:
    """The time is rounded up to a whole second, and the timer runs out exactly then."""
    clock = Clock(1_000_001)
    order_id = clock.place()
    assert clock.activate()["triggerTime"] == 1011
    seen = []
    for ms in (1_010_999, 1_011_000):
        clock.ms = ms
        clock.timers.settle()
        seen.append(clock.book.find("u", "BTC-USDT", order_id))
    assert [order and order.status for order in seen] == ["PENDING", "CANCELED"]


def test_order_placed_after_the_time() -> None:
    """An order that is placed after the time, before a request looks at the book, is not cancelled."""
    clock = Clock(1_000_000)
    before = clock.place()
    clock.activate()
    clock.ms = 1_010_001
    clock.place()
    clock.timers.settle()
    assert [order.status for order in clock.book] == ["CANCELED", "PENDING"]
    assert clock.logged == [Execution(7, "p", "u", (before,))]
