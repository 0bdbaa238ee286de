"""Single cancels that share a batch, by hand: each caller's result, and the requests for it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import pytest
from ccxt.base.errors import (
    AuthenticationError,
    BadRequest,
    BadResponse,
    BaseError,
    DDoSProtection,
    ExchangeError,
    NetworkError,
    OperationFailed,
    OrderNotFound,
    RateLimitExceeded,
    RequestTimeout,
)

from ccxt_bingx_ext._bingx.endpoints import LINEAR, LINEAR_SINGLE, SPOT, SPOT_SINGLE, Endpoint
from ccxt_bingx_ext._bingx.errors import Response, attach_response
from ccxt_bingx_ext._cancel.commands import Cancel, FetchHistory, FetchOrder, Join, Received, Sleep
from ccxt_bingx_ext._cancel.failures import Progress, attach_progress
from ccxt_bingx_ext._cancel.method_names import CANCEL_ORDER
from ccxt_bingx_ext._cancel.outcome import conclude
from ccxt_bingx_ext._cancel.run import Pauses
from ccxt_bingx_ext._cancel.single import cancel_one
from ccxt_bingx_ext._cancel.spacing import Spacing
from ccxt_bingx_ext._cancel.together import (
    Coalescing,
    Joined,
    Refused,
    cancel_together,
    coalescing_of,
    forget,
    list_refused,
)
from ccxt_bingx_ext._ids import Batch, OrderRef
from ccxt_bingx_ext._runner import run

from .fakes import canceled, context, in_state, not_found, response


class Exchange:
    """Plays the exchange on a clock of its own. Sleeping takes time, requests take none.

    Each batch gets the next reply of `batches`, and the last reply is repeated. The same holds for `singles`
    and `queries`. A reply that is an error is raised. After the batch, a call waits `waits` s for its turn.
    """

    def __init__(
        self,
        batches: Iterable[Any],
        singles: Iterable[Any] = (),
        queries: Iterable[Any] = (),
        histories: Iterable[Any] = (),
    ) -> None:
        self.replies = {"batch": [*batches], "single": [*singles], "query": [*queries]}
        self.histories = [*histories]
        self.listed_from: list[str] = []
        self.sent: list[tuple[str, str]] = []
        self.now = 0.0
        self.waits = 0.0

    def __call__(self, command: Any) -> Any:
        if isinstance(command, Sleep):
            self.now += command.seconds
        if isinstance(command, Cancel):
            kind = "single" if command.endpoint.limit_name == "singleLimit" else "batch"
            return Received(self._reply(kind, command.request))
        if isinstance(command, FetchOrder):
            return self._reply("query", command.request)
        if isinstance(command, FetchHistory):
            self.listed_from.append(command.request["orderId"])
            reply = self.histories.pop(0) if self.histories else response([])
            if isinstance(reply, BaseException):
                raise reply
            return reply
        return None

    def _reply(self, kind: str, request: Any) -> Any:
        ids = next(request[name] for name in ("orderIds", "orderIdList", "orderId") if name in request)
        self.sent.append((kind, ids.strip("[]")))
        replies = self.replies[kind]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, BaseException):
            raise reply
        return reply


def refs(*ids: str) -> tuple[OrderRef, ...]:
    return tuple(OrderRef("id", one) for one in ids)


def cancel(
    exchange: Exchange,
    ids: tuple[str, ...] = ("1", "2", "3"),
    endpoints: tuple[Endpoint, Endpoint] = (SPOT, SPOT_SINGLE),
) -> dict[str, Any]:
    """Cancel `ids` by calls that share a batch. Returns what each call returned or raised."""
    spacing, pauses = Spacing(), Pauses()
    common: dict[str, Any] = {
        "method": CANCEL_ORDER, "resolve_attempts": 3, "clock": lambda: exchange.now, "spacing": spacing,
        "pauses": pauses, "queried_meanwhile": 5,
    }  # fmt: skip
    together, single = (context(endpoint=one, **common) for one in endpoints)
    batch = run(cancel_together(Batch(refs(*ids), 1), "BTC-USDT", together), exchange)
    if isinstance(batch, Joined) and batch.without_state:
        run(list_refused(batch.run), exchange)

    def execute(command: Any) -> Any:
        if isinstance(command, Join):
            exchange.now += exchange.waits
            return batch if batch.run is not None else None
        return exchange(command)

    def call(one: str) -> Any:
        flow = cancel_one(Batch(refs(one), 1), "BTC-USDT", single, joins=True)
        try:
            return conclude(run(flow, execute), CANCEL_ORDER)[0]
        except BaseError as error:
            return error

    return {one: call(one) for one in ids}


def of_single(entry: Any) -> Any:
    return {"code": 0, "msg": "", "data": entry}


def refusal(
    kind: type[BaseError], http_status: int = 200, code: str | None = None, message: str = ""
) -> BaseError:
    error = kind(f"bingx {message}")
    attach_response(error, Response(http_status, code, message))
    return error


def unresolved(error: Any) -> tuple[type, list[str], list[Any]]:
    return type(error), error.unresolved, error.orders


LOST = RequestTimeout("bingx lost")
GONE = refusal(OrderNotFound, code="100400", message="order not exist")


def test_canceled() -> None:
    """One request cancels all orders, and each caller gets its own order."""
    exchange = Exchange([response([canceled(1), canceled(2), canceled(3)])])
    results = cancel(exchange)
    assert {one: (order["asked"], order["status"]) for one, order in results.items()} == {
        one: (one, "canceled") for one in ("1", "2", "3")
    }
    assert exchange.sent == [("batch", "1,2,3")]


@pytest.mark.parametrize(
    ("state", "status", "words"),
    [
        ("FILLED", "closed", "already filled"),
        ("CANCELED", "canceled", "already canceled"),
        ("FAILED", "rejected", "already failed"),
    ],
)
def test_named_final_state(state: str, status: str, words: str) -> None:
    """A named final state needs no query: it raises OrderNotFound with that state, as a single cancel."""
    exchange = Exchange([response([canceled(1), canceled(3)], [in_state("2", state)])])
    results = cancel(exchange)
    error = results.pop("2")
    assert type(error) is OrderNotFound
    assert str(error).startswith(
        f"{CANCEL_ORDER} order not found: {words} - order 2 - the  orderId:2 order status"
    )
    assert [order["status"] for order in error.orders] == [status]
    assert error.unresolved == []
    assert [order["status"] for order in results.values()] == ["canceled"] * 2
    assert len(exchange.sent) == 1


def test_does_not_exist() -> None:
    """A mere "does not exist" is not final: the plugin queries the order twice."""
    exchange = Exchange([response([canceled(1), canceled(3)], [not_found("2")])], queries=[GONE])
    error = cancel(exchange)["2"]
    assert str(error).startswith(
        f"{CANCEL_ORDER} order not found: the exchange knows no such order - order 2 - can not find"
    )
    assert unresolved(error)[:2] == (OrderNotFound, [])
    assert exchange.sent == [("batch", "1,2,3"), ("query", "2"), ("query", "2")]


def test_does_not_exist_but_is_open() -> None:
    """The plugin cancels an order that a query finds open again, by itself, a second after the batch."""
    exchange = Exchange(
        [response([canceled(1), canceled(3)], [not_found("2")])],
        singles=[of_single(canceled(2))],
        queries=[of_single(canceled(2, status="NEW"))],
    )
    assert cancel(exchange)["2"]["status"] == "canceled"
    assert exchange.sent[-1] == ("single", "2")
    assert exchange.now >= Pauses().same_order


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [{"orderId": "2", "error": "system busy"}],
        [{"orderId": "2", "error": "The same order can only be submitted once per second."}],
    ],
)
def test_says_nothing(entries: list[Any]) -> None:
    """The plugin reconciles an order that the response omits by itself."""
    exchange = Exchange(
        [response([canceled(1), canceled(3)], entries)], queries=[of_single(canceled(2, status="CANCELED"))]
    )
    assert cancel(exchange)["2"]["status"] == "canceled"
    assert exchange.sent == [("batch", "1,2,3"), ("query", "2")]


def test_says_nothing_and_nothing_else_tells() -> None:
    """The error of the one caller names its id, and says that the response left it open."""
    exchange = Exchange([response([canceled(1), canceled(3)], [{"orderId": "2", "error": "system busy"}])],
                        singles=[LOST], queries=[LOST])  # fmt: skip
    results = cancel(exchange)
    error = results["2"]
    assert unresolved(error) == (BadResponse, ["2"], [])
    assert "the response does not settle every id: 2 (system busy)" in str(error)
    assert results["1"]["status"] == results["3"]["status"] == "canceled"


def test_filled_in_between() -> None:
    """An order that ended before the lost batch is "not found", with its state."""
    exchange = Exchange(
        [LOST, response([canceled(1)], [in_state("3", "CANCELED")])],
        queries=[of_single(canceled(1, status="NEW")), of_single(canceled(2, status="FILLED")),
                 of_single(canceled(3, status="NEW"))],
    )  # fmt: skip
    results = cancel(exchange)
    assert (results["1"]["status"], results["3"]["status"]) == ("canceled", "canceled")
    assert unresolved(results["2"])[:2] == (OrderNotFound, [])
    assert [kind for kind, _ in exchange.sent] == ["batch", "query", "query", "query", "batch"]
    assert exchange.sent[-1] == ("batch", "1,3")


def test_lost_and_nothing_tells() -> None:
    """Each caller gets an error of its own with its one id. The plugin sends nothing more for it."""
    exchange = Exchange([LOST], queries=[LOST])
    results = cancel(exchange)
    assert [unresolved(error) for error in results.values()] == [
        (RequestTimeout, [one], []) for one in results
    ]
    assert len({id(error) for error in results.values()}) == 3
    assert {kind for kind, _ in exchange.sent} == {"batch", "query"}


def test_lost_and_open() -> None:
    """An order that reconciling finds open, but cannot cancel, goes on by itself."""
    exchange = Exchange(
        [LOST, GONE], singles=[of_single(canceled(1))], queries=[of_single(canceled(1, status="NEW"))]
    )
    results = cancel(exchange, ("1",))
    assert results["1"]["status"] == "canceled"
    assert exchange.sent[-1] == ("single", "1")


def test_undocumented_response() -> None:
    """A response without data is ambiguous: the batch is reconciled."""
    exchange = Exchange([{"code": 0, "data": None}, response(None, [in_state("1", "CANCELED")])],
                        queries=[of_single(canceled(1, status="NEW"))])  # fmt: skip
    assert cancel(exchange, ("1",))["1"]["status"] == "canceled"
    assert [kind for kind, _ in exchange.sent] == ["batch", "query", "batch"]


STRANGE = refusal(ExchangeError, code="987654", message="too many of something")


@pytest.mark.parametrize("strange", [STRANGE, refusal(ExchangeError, 422)])
def test_unknown_code(strange: BaseError) -> None:
    """After an unknown refusal the plugin does not repeat the batch. Each order is cancelled by itself."""
    exchange = Exchange([strange], singles=[of_single(canceled(one)) for one in (1, 2, 3)])
    assert [order["status"] for order in cancel(exchange).values()] == ["canceled"] * 3
    assert exchange.sent == [("batch", "1,2,3"), ("single", "1"), ("single", "2"), ("single", "3")]
    assert exchange.now >= Pauses().same_order


@pytest.mark.parametrize("single", [refusal(OrderNotFound, code="1", message="order not exist"), LOST])
@pytest.mark.parametrize(("state", "status"), [("CANCELED", "canceled"), ("FILLED", "closed")])
def test_unknown_code_of_an_executed_batch(single: BaseError, state: str, status: str) -> None:
    """The batch may have cancelled the order that its single cancel finds gone. Then that is a success."""
    exchange = Exchange([STRANGE], singles=[single], queries=[of_single(canceled(1, status=state))])
    result = cancel(exchange, ("1",))["1"]
    if status == "canceled":
        assert result["status"] == status
    else:
        assert ends({"1": result}) == {"1": status}
    assert exchange.sent == [("batch", "1"), ("single", "1"), ("query", "1")]


def test_unknown_code_and_a_named_state() -> None:
    """No query is necessary if the single cancel names the state."""
    words = "the order status :CANCELED,can not delete"
    exchange = Exchange([STRANGE], singles=[refusal(OrderNotFound, code="1", message=words)])
    assert cancel(exchange, ("1",))["1"]["status"] == "canceled"
    assert exchange.sent == [("batch", "1"), ("single", "1")]


def test_unknown_code_and_nothing_tells() -> None:
    """If the single cancels do not settle the orders, each caller gets a copy of the batch's error."""
    exchange = Exchange([STRANGE], singles=[LOST], queries=[LOST])
    results = cancel(exchange)
    assert [unresolved(error) for error in results.values()] == [
        (ExchangeError, [one], []) for one in results
    ]
    assert len({id(error) for error in results.values()}) == 3
    assert all("too many of something" in str(error) for error in results.values())


@pytest.mark.parametrize(
    ("batch", "singles", "sent"),
    [
        (STRANGE, [LOST, of_single(canceled(1))], ["single", "query", "single"]),
        (response([], [{"orderId": "1", "error": "busy"}]), [of_single(canceled(1))], ["query", "single"]),
    ],
)
def test_time_of_its_own(batch: Any, singles: list[Any], sent: list[str]) -> None:
    """A call that waits for its turn after the batch has all of its time to reconcile left."""
    exchange = Exchange([batch], singles, [of_single(canceled(1, status="NEW"))])
    exchange.waits = 60.0
    assert cancel(exchange, ("1",))["1"]["status"] == "canceled"
    assert [kind for kind, _ in exchange.sent] == ["batch", *sent]


@pytest.mark.parametrize(
    "failure",
    [
        refusal(OperationFailed, code="100500", message="system busy"),
        refusal(BadResponse, 504),
        refusal(ExchangeError, code="0"),
    ],
)
def test_ambiguous_answers(failure: BaseError) -> None:
    """A batch with an ambiguous response of a known kind is reconciled as a batch."""
    exchange = Exchange([failure, response([canceled(1)])], queries=[of_single(canceled(1, status="NEW"))])
    assert cancel(exchange, ("1",))["1"]["status"] == "canceled"
    assert [kind for kind, _ in exchange.sent] == ["batch", "query", "batch"]


@pytest.mark.parametrize(
    "failure",
    [
        refusal(BadRequest, code="100400", message="more than 20 ids"),
        GONE,
        refusal(AuthenticationError, code="100413", message="incorrect apiKey"),
        refusal(RateLimitExceeded, code="100410", message="rate limited"),
        refusal(DDoSProtection, 418),
        RateLimitExceeded("bingx cancels are banned: not sent"),
    ],
)
def test_refused_as_a_whole(failure: BaseError) -> None:
    """A refused batch has cancelled no order: the plugin cancels each order by itself."""
    exchange = Exchange(
        [failure], singles=[of_single(canceled(1)), of_single(canceled(2)), of_single(canceled(3))]
    )
    results = cancel(exchange)
    assert [order["status"] for order in results.values()] == ["canceled"] * 3
    assert [kind for kind, _ in exchange.sent if kind == "single"] == ["single"] * 3


def test_never_sent() -> None:
    """If no host takes a batch, each caller gets its own error, and the plugin sends no singles."""
    failure = NetworkError("bingx no connection")
    attach_progress(failure, Progress.NOT_WRITTEN)
    exchange = Exchange([failure])
    results = cancel(exchange)
    assert [unresolved(error) for error in results.values()] == [(NetworkError, [one], []) for one in results]
    assert len({id(error) for error in results.values()}) == 3
    assert len(exchange.sent) == 1


@pytest.mark.parametrize(("code", "status"), [(80018, "closed"), (None, None)])
def test_linear(code: int | None, status: str | None) -> None:
    """Entries of the linear batch have another form. "Does not exist" leads to a query, "filled" does not."""
    entry: dict[str, Any] = {"orderId": "2", "errorCode": 109414, "errorMessage": "order does not exist"}
    if code is not None:
        entry = {"orderId": "2", "errorCode": code, "errorMessage": "order is already filled"}
    answer = {"code": 0, "data": {"success": [canceled(1), canceled(3)], "failed": [entry]}}
    exchange = Exchange([answer], queries=[GONE])
    error = cancel(exchange, endpoints=(LINEAR, LINEAR_SINGLE))["2"]
    assert unresolved(error)[:2] == (OrderNotFound, [])
    assert [order["status"] for order in error.orders] == [status]
    assert error.exchange_message == entry["errorMessage"]
    assert ("query", "2") in exchange.sent or code is not None


def test_ended_by_the_caller() -> None:
    """An error in place of a turn ends the call: no request follows, even if the error is ambiguous."""

    def execute(command: Any) -> Any:
        assert isinstance(command, Join), "nothing may be sent"
        raise failure

    failure = NetworkError("bingx closed")
    attach_progress(failure, Progress.WRITTEN)
    flow = cancel_one(
        Batch(refs("1"), 1), "BTC-USDT", context(endpoint=SPOT_SINGLE, resolve_attempts=3), joins=True
    )
    outcome = run(flow, execute)
    assert (outcome.error, [*outcome.unresolved]) == (failure, [*refs("1")])


def test_coalescing_ends_once(caplog: pytest.LogCaptureFixture) -> None:
    """The end of coalescing holds for one account and endpoint, and is logged once."""
    refused = Refused(BadRequest("bingx no"))
    with caplog.at_level(logging.WARNING, "ccxt_bingx_ext"):
        for _ in range(2):
            coalescing_of("key", SPOT.route).end(refused)
    assert [record.getMessage()[-8:] for record in caplog.records] == ["bingx no"]
    off = {
        (key, one.route): coalescing_of(key, one.route).is_off
        for key in ("key", "other")
        for one in (SPOT, LINEAR)
    }
    assert [name for name, is_off in off.items() if is_off] == [("key", SPOT.route)]
    forget()
    assert not coalescing_of("key", SPOT.route).is_off
    assert not Coalescing().is_off


@pytest.mark.parametrize(
    ("error", "is_about_limit"),
    [
        (RateLimitExceeded("bingx"), True),
        (DDoSProtection("bingx"), True),
        (refusal(BadRequest, code="1"), False),
        (refusal(OrderNotFound), False),
    ],
)
def test_about_the_limit(error: BaseError, is_about_limit: bool) -> None:
    """Only a refusal for another reason than the limit shows that the exchange takes no such batch."""
    assert Refused(error).is_about_limit is is_about_limit


REFUSED = [response(fails=[not_found(one) for one in "123"])]


def ends(results: dict[str, Any]) -> dict[str, Any]:
    """The state in each caller's OrderNotFound. Fails if an error leaves an order unresolved."""
    assert all(isinstance(one, OrderNotFound) and one.unresolved == [] for one in results.values()), results
    return {name: one.orders[0]["status"] for name, one in results.items()}


def test_lists_settle_what_is_gone() -> None:
    """One list settles the orders that the batch calls gone, and no caller queries."""
    listed = response([canceled(1, status="FILLED"), canceled(2), canceled(3, status="FAILED")])
    exchange = Exchange(REFUSED, histories=[listed])
    assert ends(cancel(exchange)) == {"1": "closed", "2": "canceled", "3": "rejected"}
    assert (exchange.listed_from, exchange.sent) == (["1"], [("batch", "1,2,3")])


def test_lists_go_on() -> None:
    """If a list ends before the last order, the plugin requests the next list."""
    lists = [response([canceled(1), canceled(2)]), response([canceled(3)])]
    exchange = Exchange(REFUSED, histories=lists)
    assert ends(cancel(exchange)) == dict.fromkeys("123", "canceled")
    assert (exchange.listed_from, len(exchange.sent)) == (["1", "3"], 1)


def test_lists_settle_what_a_lost_batch_has_cancelled() -> None:
    """One list settles the orders that do not exist for the second batch. Cancelled ones are a success."""
    ids = tuple("123456")
    again = response([canceled(6)], [not_found(one) for one in ids[:5]])
    listed = response([*map(canceled, range(1, 5)), canceled(5, status="FILLED")])
    exchange = Exchange([LOST, again], histories=[listed])
    results = cancel(exchange, ids)
    assert ends({"5": results.pop("5")}) == {"5": "closed"}
    assert [order["status"] for order in results.values()] == ["canceled"] * 5
    assert [kind for kind, _ in exchange.sent] == ["batch"] * 2


def test_entries_without_an_id_in_a_list() -> None:
    """An entry without a readable id is about no order of the batch, and does not end the lists."""
    odd = [None, {}, {"orderId": "abc"}, {"orderId": "\u0661"}, {"orderId": "9" * 5000}]
    lists = [response([*odd, canceled(2), canceled(1)]), response([canceled(3)])]
    exchange = Exchange(REFUSED, histories=lists)
    assert ends(cancel(exchange)) == dict.fromkeys("123", "canceled")
    assert (exchange.listed_from, len(exchange.sent)) == (["1", "3"], 1)


@pytest.mark.parametrize(
    "listed",
    [
        response([]),
        response([{"orderId": "abc", "status": "FILLED"}]),
        response([canceled(9)]),
        response([canceled(one, status="PENDING") for one in (1, 2, 3)]),  # it may lag
        {"code": 0, "data": None},
        refusal(RateLimitExceeded, code="100410", message="rate limited"),
    ],
)
def test_lists_that_settle_nothing(listed: Any) -> None:
    """If the list does not settle the orders, each caller queries its own order."""
    exchange = Exchange(REFUSED, queries=[of_single(canceled(one)) for one in (1, 2, 3)], histories=[listed])
    assert ends(cancel(exchange)) == dict.fromkeys("123", "canceled")
    assert exchange.sent == [("batch", "1,2,3"), ("query", "1"), ("query", "2"), ("query", "3")]
