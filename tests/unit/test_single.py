"""One order, by hand: the requests and the claims. Sleeping and slow responses move the clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ccxt.base.errors import (
    AuthenticationError,
    BadRequest,
    BadResponse,
    BaseError,
    InvalidNonce,
    InvalidOrder,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
    RequestTimeout,
)

from ccxt_bingx_ext import ClientOrderId
from ccxt_bingx_ext._bingx.endpoints import INVERSE, LINEAR_SINGLE, SPOT_SINGLE, Endpoint
from ccxt_bingx_ext._bingx.errors import attach_response, parse_response, raise_refusal
from ccxt_bingx_ext._bingx.vocabulary import calls_orders_gone
from ccxt_bingx_ext._cancel.arguments import parse_single
from ccxt_bingx_ext._cancel.commands import (
    Cancel,
    FetchHistory,
    FetchOpenOrders,
    FetchOrder,
    MeasureClock,
    Received,
    Sleep,
)
from ccxt_bingx_ext._cancel.method_names import CANCEL_ORDER
from ccxt_bingx_ext._cancel.outcome import UNKNOWN_OUTCOME, conclude
from ccxt_bingx_ext._cancel.run import Pauses
from ccxt_bingx_ext._cancel.single import cancel_one
from ccxt_bingx_ext._runner import run

from .fakes import context

KINDS: dict[type, str] = {Cancel: "c", FetchOrder: "q", FetchHistory: "h", FetchOpenOrders: "o"}
every_market = pytest.mark.parametrize("endpoint", [SPOT_SINGLE, LINEAR_SINGLE, INVERSE])


def order(order_id: Any = 1, status: str = "CANCELED", client: str | None = None) -> dict[str, Any]:
    entry = {"symbol": "BTC-USDT", "orderId": order_id, "status": status, "type": "LIMIT", "side": "BUY"}
    return entry if client is None else {**entry, "clientOrderID": client}


def nested(entry: Any) -> dict[str, Any]:
    return {"code": 0, "msg": "", "data": {"order": entry}}


def flat(entry: Any) -> dict[str, Any]:
    return {"code": 0, "msg": "", "data": entry}


def listing(*entries: Any) -> dict[str, Any]:
    return {"code": 0, "msg": "", "data": {"orders": [*entries]}}


def refused(code: int, text: str, *, query: bool = False, status: int = 200) -> Callable[[], BaseError]:
    """Make the error for such a response."""

    def make() -> BaseError:
        received = parse_response(status, {}, {"code": code, "msg": text}, 0.0, 1.0, query=query)
        try:
            raise_refusal("bingx", received, f'{{"code":{code},"msg":"{text}"}}')
            error: BaseError = BadRequest("bingx")
        except BaseError as raised:
            error = raised
        attach_response(error, received)
        return error

    return make


def lost() -> BaseError:
    return RequestTimeout("bingx lost")


GONE = refused(
    100400, "the order you want to cancel is FILLED or CANCELLED already, or is not a valid order id"
)
UNKNOWN = refused(80016, "order does not exist")
NOT_FOUND = refused(109421, "order not exist", query=True)
NO_READ = refused(100004, "permission denied", query=True)
EMPTY = listing()


class Exchange:
    """Plays the exchange: each command gets the next reply of its kind. The last reply is repeated.

    A reply is a response, or makes an error. A request takes `takes` s.
    """

    def __init__(
        self, cancels: Any = (), queries: Any = (), histories: Any = (EMPTY,), opens: Any = (EMPTY,)
    ) -> None:
        self.replies = {"c": [*cancels], "q": [*queries], "h": [*histories], "o": [*opens]}
        self.sent = ""
        self.requests: list[dict[str, Any]] = []
        self.begun: list[float] = []
        self.others: list[Any] = []
        self.now, self.takes = 0.0, 0.0

    def __call__(self, command: Any) -> Any:
        kind = KINDS.get(type(command))
        if kind is None:
            self.others.append(command)
            self.now += command.seconds if isinstance(command, Sleep) else 0.0
            return None
        self.sent += kind
        self.requests.append(dict(command.request))
        self.begun.append(self.now)
        self.now += self.takes
        replies = self.replies[kind]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if callable(reply):
            reply = reply()
        if isinstance(reply, BaseError):
            raise reply
        return Received(reply) if kind == "c" else reply

    def cancel(
        self,
        given: Any = "1",
        params: dict[str, Any] | None = None,
        endpoint: Endpoint = SPOT_SINGLE,
        **more: Any,
    ) -> dict[str, Any]:
        """The result of cancel_order."""
        single = parse_single(given, params or {})
        settings: dict[str, Any] = {
            "method": CANCEL_ORDER, "endpoint": endpoint, "resolve_attempts": 3,
            "clock": lambda: self.now, "queried_meanwhile": 5, **more,
        }  # fmt: skip
        flow = cancel_one(
            single.batch, "BTC-USDT", context(**settings), known_as=single.known_as, repeats=single.repeats
        )
        return conclude(run(flow, self), CANCEL_ORDER)[0]

    def fails(self, *args: Any, **more: Any) -> Any:
        """The error that cancel_order would raise."""
        with pytest.raises(BaseError) as caught:
            self.cancel(*args, **more)
        error = caught.value
        assert bool(error.unresolved) is not isinstance(error, OrderNotFound)
        assert not (error.unresolved and (isinstance(error, InvalidOrder) or calls_orders_gone(str(error))))
        assert len(error.orders) + len(error.unresolved) == 1
        return error


def gone(error: Any, status: str | None, words: str) -> None:
    """Check that `error` calls the order gone, in this state and with these words."""
    assert isinstance(error, OrderNotFound)
    assert str(error).startswith(f"bingx cancelOrder() order not found: {words}")
    assert [one["status"] for one in error.orders] == [status]
    assert error.unresolved == []


def unresolved(error: Any, *ids: str) -> None:
    assert error.unresolved == [*ids]
    assert error.orders == []
    for one in ids:
        assert one in str(error)


# The response arrives


@every_market
@pytest.mark.parametrize("answer", [nested, flat])
def test_cancelled(endpoint: Endpoint, answer: Any) -> None:
    """One request cancels the order, nested or flat, without a query."""
    exchange = Exchange([answer(order(client="x"))])
    assert exchange.cancel(endpoint=endpoint)["status"] == "canceled"
    assert exchange.sent == "c"
    assert exchange.requests == [{"symbol": "BTC-USDT", "orderId": "1"}]


@pytest.mark.parametrize(
    ("state", "status", "words"),
    [
        ("FILLED", "closed", "already filled"),
        ("CANCELED", "canceled", "already canceled"),
        ("FAILED", "rejected", "already failed"),
        ("EXPIRED", "expired", "already expired"),
    ],
)
@every_market
def test_refused_in_a_named_state(endpoint: Endpoint, state: str, status: str, words: str) -> None:
    """A refusal that names a final state is enough, without a query."""
    exchange = Exchange([refused(100400, f"order status :{state},can not delete, please verify")])
    error = exchange.fails(endpoint=endpoint)
    gone(error, status, f"{words} - ")
    assert f"order status :{state}" in str(error)
    assert "order status" in error.exchange_message
    assert exchange.sent == "c"


@pytest.mark.parametrize("refusal", [GONE, UNKNOWN])
@pytest.mark.parametrize(
    ("state", "status", "words"),
    [("FILLED", "closed", "already filled"), ("CANCELLED", "canceled", "already canceled")],
)
def test_refused_then_queried(refusal: Any, state: str, status: str, words: str) -> None:
    """If the words do not name a state, a query finds it."""
    exchange = Exchange([refusal], [nested(order(status=state))])
    gone(exchange.fails(), status, words)
    assert exchange.sent == "cq"


@pytest.mark.parametrize("refusal", [GONE, UNKNOWN])
def test_unknown_order(refusal: Any) -> None:
    """An order that query and history twice do not know is gone."""
    exchange = Exchange([refusal], [NOT_FOUND])
    gone(exchange.fails(), None, "the exchange knows no such order")
    assert exchange.sent == "cqhqh"


@every_market
@pytest.mark.parametrize(
    "words",
    [
        "order 2 does not exist",
        "can not find order for orderId:2",
        "orderId:2 order status :CANCELED,can not delete",
        "order 1 not exist, order 2 not exist",
    ],
)
def test_query_about_another_order(endpoint: Endpoint, words: str) -> None:
    """The refusal of a query whose words name another order settles nothing. The history may."""
    another = refused(109421, words, query=True)
    for refusal in (UNKNOWN, lost):
        exchange = Exchange([refusal], [another])
        unresolved(exchange.fails(endpoint=endpoint), "1")
        exchange = Exchange([refusal], [another], [listing(order(status="FILLED"))])
        gone(exchange.fails(endpoint=endpoint), "closed", "already filled")
    assert "order not found" in str(Exchange([UNKNOWN], [refused(109421, "order 1 not exist")]).fails())


@pytest.mark.parametrize("refusal", [GONE, UNKNOWN])
@pytest.mark.parametrize(
    ("look_up", "sent"),
    [(NO_READ, "cq"), (lost, "cqqq"), (flat(None), "cqqq"), (refused(100500, "busy", query=True), "cqqq")],
)
def test_refused_and_no_query(refusal: Any, look_up: Any, sent: str) -> None:
    """Without a query, a mere "does not exist" leaves the order unresolved."""
    exchange = Exchange([refusal], [look_up])
    error = exchange.fails()
    unresolved(error, "1")
    assert isinstance(error, BadResponse)
    assert error.exchange_message
    assert exchange.sent == sent


def test_refused_and_no_attempts() -> None:
    """With resolveAttempts 0 the plugin does not query: a named state counts, "does not exist" does not."""
    exchange = Exchange([UNKNOWN])
    unresolved(exchange.fails(resolve_attempts=0), "1")
    gone(
        Exchange([refused(80018, "order is already filled")]).fails(resolve_attempts=0), "closed", "already f"
    )
    unresolved(Exchange([lost]).fails(resolve_attempts=0), "1")
    assert exchange.sent == "c"


def test_history_of_another_kind() -> None:
    """A history that lists the order in an unknown state, or in two, does not count as "not found"."""
    for entries in ([order(status="NEVER_SEEN")], [order(status="PENDING"), order(status="FILLED")]):
        exchange = Exchange([UNKNOWN], [NOT_FOUND], [listing(*entries)])
        unresolved(exchange.fails(), "1")


def test_ban_of_the_query() -> None:
    """An error that leaves the order unresolved says so if look-ups are banned."""
    banned = refused(100410, "unblocked after 1999999999999", query=True)
    exchange = Exchange([UNKNOWN], [banned])
    error = exchange.fails()
    unresolved(error, "1")
    assert error.banned
    assert exchange.sent == "cq"


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (refused(100410, "unblocked after 1999999999999"), RateLimitExceeded),
        (refused(100001, "signature"), AuthenticationError),
        (refused(100004, "permission denied"), PermissionDenied),
        (refused(109400, "invalid parameters"), BadRequest),
        (refused(100400, "order status :NEW,can not delete"), BadRequest),
    ],
)
def test_refused_otherwise(refusal: Any, kind: type) -> None:
    """The plugin raises any other refusal unchanged, and the order is unresolved."""
    exchange = Exchange([refusal])
    error = exchange.fails()
    assert isinstance(error, kind)
    unresolved(error, "1")
    assert exchange.sent == "c"


# Refused as gone, but open


def test_refused_but_open() -> None:
    """The plugin cancels an order that a query finds open again, a second after the refusal."""
    exchange = Exchange([UNKNOWN, nested(order())], [nested(order(status="PENDING"))])
    assert exchange.cancel(pauses=Pauses(same_order=1.05, lag=0.0))["status"] == "canceled"
    assert exchange.sent == "cqc"
    assert exchange.begun[2] >= 1.05


def test_refused_but_open_then_gone() -> None:
    """If the second refusal names a final state, the order was gone before."""
    again = refused(100400, "order status :CANCELED,can not delete, please verify and retry later")
    exchange = Exchange([UNKNOWN, again], [nested(order(status="PENDING"))])
    gone(exchange.fails(), "canceled", "already canceled")
    assert exchange.sent == "cqc"


def test_refused_but_open_for_good() -> None:
    """If two refusals call an order gone, and two queries find it open, it is unresolved."""
    exchange = Exchange([UNKNOWN], [nested(order(status="PENDING"))])
    error = exchange.fails()
    unresolved(error, "1")
    assert "a query finds it open" in str(error)
    assert exchange.sent == "cqcq"


def test_refused_but_open_with_restrictions() -> None:
    """With cancelRestrictions an order that a query finds open is not cancelled again."""
    for cancels, sent in (([UNKNOWN], "cq"), ([lost], "cqqq")):
        exchange = Exchange(cancels, [nested(order(status="PENDING"))])
        unresolved(exchange.fails("1", {"cancelRestrictions": "NEW"}), "1")
        assert exchange.sent == sent
        assert exchange.requests[0]["cancelRestrictions"] == "NEW"


def test_lagging_query() -> None:
    """If a query finds the order open within a second of its cancel, the plugin queries again later."""
    queries = [nested(order(status="PENDING")), nested(order())]
    exchange = Exchange([UNKNOWN], queries)
    gone(exchange.fails(pauses=Pauses(same_order=0.0, lag=1.0)), "canceled", "already canceled")
    assert exchange.sent == "cqq"
    assert exchange.begun[2] >= 1.0


def test_answered_as_open() -> None:
    """A response with PENDING is not a cancel: a query decides."""
    exchange = Exchange([nested(order(status="PENDING"))], [nested(order())])
    assert exchange.cancel()["status"] == "canceled"
    assert exchange.sent == "cq"
    exchange = Exchange([nested(order(status="PENDING"))], [nested(order(status="PENDING"))])
    unresolved(exchange.fails(), "1")
    assert exchange.sent == "cqcq"
    exchange = Exchange([nested(order(status="PENDING"))], [NO_READ])
    unresolved(exchange.fails(), "1")
    # The second request finds cancelled what the first request cancelled.
    again = refused(100400, "order status :CANCELED")
    exchange = Exchange([nested(order(status="PENDING")), again], [nested(order(status="PENDING"))])
    assert exchange.cancel()["status"] == "canceled"


def test_answered_as_filled() -> None:
    """A response with FILLED is not a cancel either."""
    exchange = Exchange([nested(order(status="FILLED"))])
    gone(exchange.fails(), "closed", "already filled")


def test_answered_about_another_order() -> None:
    """A response about another order does not settle this one: a query decides."""
    exchange = Exchange([nested(order(2))], [nested(order(status="FILLED"))])
    gone(exchange.fails(), "closed", "already filled")
    error = Exchange([nested(order(2))], [NO_READ]).fails()
    assert "no query settles" in str(error)
    unresolved(error, "1")


# Ambiguous

NOT_DOCUMENTED: list[Any] = [
    flat(None), flat({}), nested({"orderId": 0, "status": ""}), flat([]), {"code": 0}, [], None, "x",
]  # fmt: skip


@pytest.mark.parametrize("answer", [lost, *NOT_DOCUMENTED])
def test_lost(answer: Any) -> None:
    """After a lost or undocumented response, a query finds the order cancelled or otherwise ended."""
    exchange = Exchange([answer], [nested(order())])
    assert exchange.cancel()["status"] == "canceled"
    gone(Exchange([answer], [nested(order(status="FILLED"))]).fails(), "closed", "already filled")
    gone(Exchange([answer], [nested(order(status="FAILED"))]).fails(), "rejected", "already failed")
    assert exchange.sent == "cq"


@pytest.mark.parametrize("answer", [lost, *NOT_DOCUMENTED])
def test_lost_before(answer: Any) -> None:
    """The plugin cancels an open order again, a second after the first try."""
    exchange = Exchange([answer, nested(order())], [nested(order(status="PENDING"))])
    assert exchange.cancel(pauses=Pauses(same_order=1.05, lag=0.0))["status"] == "canceled"
    assert exchange.sent == "cqc"
    assert exchange.begun[2] >= 1.05


def test_lost_twice() -> None:
    """If the outcome stays ambiguous, the plugin raises the original error, not a later one."""
    for later in (lost, refused(100500, "busy"), refused(100004, "no"), UNKNOWN):
        first = RequestTimeout("bingx the first one")
        exchange = Exchange([first, later], [refused(100500, "busy", query=True)])
        error = exchange.fails()
        assert error is first
        assert UNKNOWN_OUTCOME in str(error)
        unresolved(error, "1")


def test_lost_then_refused() -> None:
    """After a lost response, "already canceled" is a success: this call cancelled the order."""
    again = refused(100400, "order status :CANCELED,can not delete, please verify and retry later")
    exchange = Exchange([lost, again], [lost])
    assert exchange.cancel()["status"] == "canceled"
    # A query that lags says "open". The second cancel finds the order as the first cancel left it.
    exchange = Exchange([lost, again], [nested(order(status="PENDING"))])
    assert exchange.cancel()["status"] == "canceled"


def test_lost_then_open_for_good() -> None:
    """If refusals say gone and queries say open until the last attempt, the original error is raised."""
    first = RequestTimeout("bingx the first one")
    exchange = Exchange([first, UNKNOWN], [nested(order(status="PENDING"))])
    assert exchange.fails() is first


def test_lost_then_stopped() -> None:
    """The original error records how long a ban in the middle lasts."""
    first = RequestTimeout("bingx the first one")
    banned = refused(100410, "unblocked after 1999999999999")
    # The last query finds the order open, and the next cancel meets a ban.
    cancels = [first, UNKNOWN, UNKNOWN, UNKNOWN, banned]
    exchange = Exchange(cancels, [nested(order(status="PENDING"))])
    assert exchange.fails() is first
    assert exchange.sent.count("c") == 5
    assert first.banned


def test_lost_and_unknown() -> None:
    """After a lost response, an order that query and history twice do not know is gone."""
    exchange = Exchange([lost, UNKNOWN], [NOT_FOUND])
    gone(exchange.fails(), None, "the exchange knows no such order")


# Client order ids

MINE = {"clientOrderId": "Mine"}


@every_market
def test_client_id(endpoint: Endpoint) -> None:
    """The plugin sends a client order id in the market's spelling, and on swaps finds it in any case."""
    name = "clientOrderId" if endpoint is INVERSE else "clientOrderID"
    client = "Mine" if endpoint is SPOT_SINGLE else "mine"
    exchange = Exchange([nested(order(7, client=client))])
    assert exchange.cancel(None, MINE, endpoint)["status"] == "canceled"
    assert exchange.requests == [{"symbol": "BTC-USDT", name: "Mine"}]


def test_client_id_queried() -> None:
    """The query goes by the client order id, and its response counts without a list."""
    exchange = Exchange([UNKNOWN], [nested(order(7, "FILLED", "Mine"))])
    gone(exchange.fails(None, MINE), "closed", "already filled")
    assert exchange.sent == "cq"
    assert exchange.requests[1] == {"symbol": "BTC-USDT", "clientOrderID": "Mine"}
    exchange = Exchange([lost], [nested(order(7, client="Mine"))])
    assert exchange.cancel(None, MINE)["status"] == "canceled"
    assert exchange.sent == "cq"


@pytest.mark.parametrize("first", [UNKNOWN, GONE])
def test_forgotten_client_id(first: Any) -> None:
    """The plugin searches the open orders for a client order id that the exchange forgot."""
    opens = listing(order(8, "PENDING", "other"), order(7, "PENDING", "Mine"))
    exchange = Exchange([first, nested(order(7, client="Mine"))], [NOT_FOUND], opens=[opens])
    assert exchange.cancel(None, MINE)["status"] == "canceled"
    assert exchange.sent == "cqhqhoc"
    assert exchange.requests[-1] == {"symbol": "BTC-USDT", "orderId": "7"}


def test_forgotten_client_id_after_a_lost_response() -> None:
    """The same holds after a lost response. If its request cancelled the order, that is a success."""
    opens = listing(order(7, "PENDING", "Mine"))
    again = refused(100400, "order status :CANCELED")
    for last in (nested(order(7, client="Mine")), again):
        exchange = Exchange([lost, UNKNOWN, last], [NOT_FOUND], opens=[opens])
        assert exchange.cancel(None, MINE)["status"] == "canceled"
        assert exchange.sent.endswith("oc")


def test_forgotten_client_id_filled_meanwhile() -> None:
    """An order that the list shows, but that fills before its cancel, is gone, with that state."""
    opens = listing(order(7, "PENDING", "Mine"))
    queries = [NOT_FOUND, NOT_FOUND, nested(order(7, "FILLED", "Mine"))]
    exchange = Exchange([UNKNOWN], queries, opens=[opens])
    error = exchange.fails(None, MINE)
    gone(error, "closed", "already filled")
    assert " order not found: already filled - order Mine" in str(error)
    assert exchange.sent == "cqhqhocq"


@pytest.mark.parametrize("last", [lost, refused(100410, "too many requests"), UNKNOWN])
def test_forgotten_client_id_not_cancelled(last: Any) -> None:
    """An order that the list shows, and that is not known to be cancelled, is unresolved."""
    opens = listing(order(7, "PENDING", "Mine"))
    queries = [NOT_FOUND, NOT_FOUND, nested(order(7, "PENDING", "Mine"))]
    error = Exchange([UNKNOWN, last], queries, opens=[opens]).fails(None, MINE)
    unresolved(error, "Mine")
    assert isinstance(error.unresolved[0], ClientOrderId)


@pytest.mark.parametrize(
    "opens",
    [EMPTY, listing(order(8, "PENDING", "other")), lost, NO_READ, flat(None), {"code": 0, "data": {}}],
)
def test_unknown_client_id(opens: Any) -> None:
    """A client order id that the exchange does not know is not gone, but unresolved."""
    error = Exchange([UNKNOWN], [NOT_FOUND], opens=[opens]).fails(None, MINE)
    assert isinstance(error, BadResponse)
    unresolved(error, "Mine")


def test_ban_of_the_list() -> None:
    """An error says so if the list of open orders is banned."""
    banned = refused(100410, "unblocked after 1999999999999", query=True)
    assert Exchange([UNKNOWN], [NOT_FOUND], opens=[banned]).fails(None, MINE).banned


def test_list_without_order_id() -> None:
    """The plugin cannot cancel an entry without an order id by its order id."""
    opens = listing({"clientOrderID": "Mine", "status": "PENDING"})
    exchange = Exchange([UNKNOWN], [NOT_FOUND], opens=[opens])
    unresolved(exchange.fails(None, MINE), "Mine")
    assert exchange.sent.count("c") == 1


def test_forgotten_client_id_with_restrictions() -> None:
    """With cancelRestrictions an order of the list is not cancelled again."""
    opens = listing(order(7, "PENDING", "Mine"))
    exchange = Exchange([UNKNOWN], [NOT_FOUND], opens=[opens])
    unresolved(exchange.fails(None, {**MINE, "cancelRestrictions": "NEW"}), "Mine")
    assert exchange.sent == "cqhqho"


def test_client_id_unknown_to_the_cancel_only() -> None:
    """An order that the query by client order id finds open is cancelled by its order id."""
    exchange = Exchange([UNKNOWN, nested(order(7))], [nested(order(7, "PENDING", "Mine"))])
    assert exchange.cancel(None, MINE)["status"] == "canceled"
    assert exchange.sent == "cqc"
    assert exchange.requests[-1] == {"symbol": "BTC-USDT", "orderId": "7"}


@pytest.mark.parametrize("first", [UNKNOWN, lost])
def test_reused_client_id(first: Any) -> None:
    """The plugin does not take a final order in the history for the requested one while another is open."""
    old = listing(order(5, "CANCELED", "Mine"))
    opens = listing(order(7, "PENDING", "Mine"))
    exchange = Exchange([first, nested(order(7, client="Mine"))], [NOT_FOUND], [old], [opens])
    told = exchange.cancel(None, MINE)
    assert (told["status"], told["info"]["orderId"]) == ("canceled", 7)
    assert exchange.requests[-1] == {"symbol": "BTC-USDT", "orderId": "7"}
    for unclear in (lost, flat(None), listing(order(7, "PENDING", "Mine"), order(8, "PENDING", "Mine"))):
        unresolved(Exchange([first], [NOT_FOUND], [old], [unclear]).fails(None, MINE), "Mine")


def test_client_id_of_the_history() -> None:
    """If no open order bears the client order id, the history counts. Lists lag: a final state outweighs."""
    old = listing(order(5, "FILLED", "Mine"))
    for opens in (EMPTY, listing(order(5, "PENDING", "Mine"))):
        exchange = Exchange([UNKNOWN], [NOT_FOUND], [old], [opens])
        gone(exchange.fails(None, MINE), "closed", "already filled")
        assert exchange.sent == "cqho"


# Both ids


def test_both_ids() -> None:
    """The plugin sends the client order id, and queries by the order id."""
    exchange = Exchange([lost], [nested(order(1, client="Mine"))])
    assert exchange.cancel("1", MINE)["status"] == "canceled"
    assert exchange.requests[0] == {"symbol": "BTC-USDT", "clientOrderID": "Mine"}
    assert exchange.requests[1] == {"symbol": "BTC-USDT", "orderId": "1"}


def test_both_ids_gone() -> None:
    """The plugin believes a query by the order id if no open order has the client order id."""
    for client in ("Mine", "", None):
        exchange = Exchange([UNKNOWN], [nested(order(1, "FILLED", client))])
        gone(exchange.fails("1", MINE), "closed", "already filled")
        assert exchange.sent == "cqo"
    exchange = Exchange([UNKNOWN], [NOT_FOUND])
    gone(exchange.fails("1", MINE), None, "the exchange knows no such order")
    assert exchange.sent == "cqhqho"


@pytest.mark.parametrize("client", ["Mine", "", None])
@pytest.mark.parametrize("state", ["FILLED", "CANCELED", "PENDING"])
@pytest.mark.parametrize("first", [UNKNOWN, lost])
def test_both_ids_of_two_orders(client: str | None, state: str, first: Any) -> None:
    """The plugin cancels the open order with the client order id, and the order id stays unresolved."""
    if client == "Mine" and state == "PENDING":
        return  # the next test covers two open orders of one client order id
    opens = listing(order(9, "PENDING", "Mine"))
    cancels = [first, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN] if state == "PENDING" and first is lost else [first]
    exchange = Exchange(
        [*cancels, nested(order(9, client="Mine"))], [nested(order(1, state, client))], opens=[opens]
    )
    of_another_order(exchange, "order 9 (canceled)", "canceled")
    assert exchange.requests[-1] == {"symbol": "BTC-USDT", "orderId": "9"}


def of_another_order(
    exchange: Exchange, owner: str, status: str, endpoint: Any = SPOT_SINGLE, belongs: str = "belongs"
) -> BaseError:
    """Check that the error reports the order that has the client order id, and leaves order 1 unresolved."""
    with pytest.raises(BadResponse) as caught:
        exchange.cancel("1", MINE, endpoint)
    error: Any = caught.value
    assert f"the client order id Mine {belongs} to {owner}, and not to order 1, which may still" in str(error)
    assert [(one["asked"], one["status"]) for one in error.orders] == [("Mine", status)]
    assert error.unresolved == ["1"]
    assert not calls_orders_gone(str(error))
    return error


@every_market
@pytest.mark.parametrize(("state", "status"), [("CANCELED", "canceled"), ("FILLED", "closed")])
def test_client_id_of_another_order(endpoint: Endpoint, state: str, status: str) -> None:
    """If the response is about another order, the order id stays unresolved."""
    client = "Mine" if endpoint is SPOT_SINGLE else "mine"
    exchange = Exchange([nested(order(9, state, client))])
    of_another_order(exchange, f"order 9 ({status})", status, endpoint)
    assert exchange.sent == "c"


@pytest.mark.parametrize("state", ["FILLED", "CANCELED", "PENDING"])
def test_refusal_about_another_order(state: str) -> None:
    """A refusal names no order id, so a query by the order id has to agree with the client order id."""
    refusal = refused(100400, "order status :FILLED")
    exchange = Exchange([refusal], [nested(order(1, state, "other"))])
    error = of_another_order(exchange, "another order (closed)", "closed", belongs="may belong")
    assert isinstance(error.__cause__, OrderNotFound)
    assert exchange.sent == "cq"
    lost_twice = Exchange(
        [lost, refused(100400, "order status :CANCELED")], [nested(order(1, state, "other"))]
    )
    of_another_order(lost_twice, "another order (canceled)", "canceled", belongs="may belong")


ORIGINAL = {**order(1, "PENDING", "generated"), "origClientOrderId": "Mine"}


@pytest.mark.parametrize(
    "query", [nested(order(1, "PENDING", "Mine")), nested(order(1, "FILLED", "")), nested(ORIGINAL)]
)
def test_refusal_about_the_same_order(query: Any) -> None:
    """The refusal counts if a query finds the same client order id, or that the order is not open."""
    exchange = Exchange([refused(100400, "order status :FILLED")], [query])
    gone(exchange.fails("1", MINE), "closed", "already filled")
    assert exchange.sent == "cq"


@pytest.mark.parametrize("query", [nested(order(1, "PENDING", "")), lost, NO_READ])
def test_refusal_about_an_unclear_order(query: Any) -> None:
    """If the order id is open without a client order id, or no query settles it, it stays unresolved."""
    exchange = Exchange([refused(100400, "order status :FILLED")], [query])
    of_another_order(exchange, "another order (closed)", "closed", belongs="may belong")


def test_refusal_after_a_failed_query() -> None:
    """One failed query is not the last: the next one settles the order id."""
    exchange = Exchange([refused(100400, "order status :FILLED")], [lost, nested(order(1, "FILLED"))])
    gone(exchange.fails("1", MINE), "closed", "already filled")


@pytest.mark.parametrize("order_id", ["001", " 1", 1, "1"])
def test_order_id_in_another_form(order_id: Any) -> None:
    """An order id that is written in another way is the same order."""
    exchange = Exchange([nested({**order(1, client="Mine"), "orderId": order_id})])
    assert exchange.cancel("1", MINE)["status"] == "canceled"
    assert exchange.sent == "c"


@pytest.mark.parametrize("order_id", [1.0, "1.0", "x", None])
def test_unreadable_order_id(order_id: Any) -> None:
    """If the response has no readable order id, a query has to say that the order is the same one."""
    done = nested({**order(1, client="Mine"), "orderId": order_id})
    exchange = Exchange([done], [nested(order(1, "CANCELED", "Mine"))])
    assert exchange.cancel("1", MINE)["status"] == "canceled"
    assert exchange.sent == "cq"


def test_both_ids_that_do_not_match() -> None:
    """An order id with another client order id settles nothing, and the plugin leaves its order alone."""
    other = nested(order(1, "PENDING", "other"))
    opens = listing(order(1, "PENDING", "other"))
    for opened in (opens, EMPTY):
        exchange = Exchange([UNKNOWN], [other], opens=[opened])
        unresolved(exchange.fails("1", MINE), "Mine")
        assert exchange.sent.count("c") == 1
    exchange = Exchange([UNKNOWN], [nested(order(1, "FILLED", "other"))])
    unresolved(exchange.fails("1", MINE), "Mine")


def test_both_ids_forgotten() -> None:
    """A forgotten client order id is cancelled by the order id, once a query or list shows it open."""
    for client in ("Mine", "", None):
        open_one = order(1, "PENDING", client)
        exchange = Exchange([UNKNOWN, nested(order(1))], [nested(open_one)], opens=[listing(open_one)])
        assert exchange.cancel("1", MINE)["status"] == "canceled"
        assert exchange.sent == ("cqc" if client == "Mine" else "cqoc")
        exchange = Exchange([UNKNOWN, nested(order(1))], [lost], opens=[listing(open_one)])
        assert exchange.cancel("1", MINE)["status"] == "canceled"
        assert exchange.requests[-1] == {"symbol": "BTC-USDT", "orderId": "1"}


def test_both_ids_answered_in_the_end() -> None:
    """A response to a query by the client order id itself needs no list."""
    open_one = nested(order(1, "PENDING", ""))
    exchange = Exchange([lost, nested(order(1, client="Mine"))], [open_one], opens=[lost])
    assert exchange.cancel("1", MINE)["status"] == "canceled"
    assert exchange.sent == "cqc"


# Time


@pytest.mark.parametrize("takes", [1.0, 3.0, 7.0, 10.0])
@pytest.mark.parametrize(
    "exchange",
    [
        lambda: Exchange([lost], [lost]),
        lambda: Exchange([lost], [nested(order(status="PENDING"))]),
        lambda: Exchange([lost, UNKNOWN], [nested(order(status="PENDING"))]),
        lambda: Exchange([UNKNOWN], [nested(order(status="PENDING"))]),
        lambda: Exchange([UNKNOWN], [NOT_FOUND], [lost]),
        lambda: Exchange([lost, UNKNOWN], [NOT_FOUND], [lost], [listing(order(7, "PENDING", "Mine"))]),
        lambda: Exchange([lost, refused(100410, "too many requests")], [lost]),
        lambda: Exchange([lost], [refused(100421, "timestamp mismatch", query=True)]),
    ],
)
@pytest.mark.parametrize("params", [{}, MINE])
@pytest.mark.parametrize("given", ["1", None])
def test_deadline(takes: float, exchange: Any, params: dict[str, Any], given: str | None) -> None:
    """No request starts after resolveTimeout: a call ends within timeout + resolveTimeout + one timeout."""
    if given is None and not params:
        return
    exchange = exchange()
    exchange.takes = takes
    with pytest.raises(BaseError) as caught:
        exchange.cancel(given, params, pauses=Pauses(), resolve_timeout=10.0)
    assert len(exchange.begun) > 1
    assert max(exchange.begun) <= takes + 10.0
    assert exchange.now <= takes + 10.0 + takes
    expected = [] if isinstance(caught.value, OrderNotFound) else ["Mine" if params else "1"]
    assert caught.value.unresolved == expected


def test_no_time_for_another_cancel() -> None:
    """If the time is over before the second cancel, the plugin does not send it."""
    exchange = Exchange([UNKNOWN], [nested(order(status="PENDING"))])
    error = exchange.fails(pauses=Pauses(same_order=20.0, lag=0.0))
    assert exchange.sent == "cq"
    assert "resolveTimeout" in str(error)
    assert UNKNOWN_OUTCOME not in str(error)
    unresolved(error, "1")
    assert exchange.now < 20.0


def test_no_time_for_the_clock() -> None:
    """If the time is over, the plugin neither measures the clock nor waits out a limit."""
    for code, text, kind in (
        (100421, "timestamp mismatch", InvalidNonce),
        (100410, "too many requests", None),
    ):
        exchange = Exchange([UNKNOWN], [refused(code, text, query=True)])
        exchange.takes = 10.5
        unresolved(exchange.fails(resolve_timeout=10.0, max_wait=5.0), "1")
        assert exchange.sent == "cq"
        assert MeasureClock() not in exchange.others or kind is None
        assert not any(isinstance(one, Sleep) for one in exchange.others)


@every_market
def test_order_that_queries_do_not_find_yet(endpoint: Endpoint) -> None:
    """The second look-up comes after queries may lag, and finds an order that was just placed."""
    found = nested(order(status="PENDING"))
    exchange = Exchange([UNKNOWN, nested(order())], [NOT_FOUND, found])
    told = exchange.cancel(endpoint=endpoint, pauses=Pauses(same_order=1.05, lag=1.0))
    assert told["status"] == "canceled"
    assert exchange.sent == "cqhqc"
    assert exchange.begun[3] >= 1.0
