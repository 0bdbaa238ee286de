"""The ledger: what a response says about each requested id."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ccxt.base.errors import OrderNotFound
from hypothesis import given
from hypothesis import strategies as st

from ccxt_bingx_ext._bingx.endpoints import LINEAR, SPOT_ALL, ResponseSchema
from ccxt_bingx_ext._bingx.errors import Response, attach_response
from ccxt_bingx_ext._bingx.vocabulary import Words
from ccxt_bingx_ext._cancel.ledger import (
    Ledger,
    OrderReport,
    UnexpectedResponse,
    Weight,
    listed_orders,
    report_of_query,
    report_of_refusal,
    reports_of,
)
from ccxt_bingx_ext._ids import OrderRef

from .fakes import (
    IDS,
    JSON,
    PARTIAL_NOT_FOUND,
    RESPONSE,
    TWO_CANCELED,
    canceled,
    in_state,
    not_found,
    response,
)


def ledger(*ids: str, clients: tuple[str, ...] = ()) -> Ledger:
    return Ledger([OrderRef("id", one) for one in ids] + [OrderRef("clientOrderId", one) for one in clients])


def read(book: Ledger, received: Any) -> list[OrderReport]:
    return book.read(received, book.refs)


def strays(book: Ledger) -> list[OrderReport]:
    return book.strays


def spoken_of(book: Ledger) -> list[OrderRef]:
    """The ids that the entries concern, settled or not."""
    return [asked for asked in book.refs if book.words(asked)]


def statuses(book: Ledger) -> list[str | None]:
    return [report.status for _, report in book.known]


def everything(book: Ledger) -> list[tuple[OrderRef | None, OrderReport]]:
    return [*book.known, *((None, stray) for stray in book.strays)]


def test_documented_success() -> None:
    """The exchange's own example settles both ids as cancelled."""
    book = ledger("1735964997957275648", "1735965127519326208")
    read(book, json.loads(TWO_CANCELED))
    assert statuses(book) == ["canceled", "canceled"]
    assert book.unsettled == ()


def test_live_partial_response() -> None:
    """The response captured live has an integer orderId in orders and a string in fails."""
    book = ledger("1885778991827025921", "1885778991827025920")
    read(book, json.loads(PARTIAL_NOT_FOUND))
    assert statuses(book) == [None, "canceled"]


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("CANCELED", "canceled"), ("CANCELLED", "canceled"), ("FILLED", "closed"), ("FAILED", "rejected"),
        ("NEW", "open"), ("PENDING", "open"), ("PARTIALLY_FILLED", "open"), ("WEIRD", None),
    ],
)  # fmt: skip
def test_states(state: str, status: str | None) -> None:
    """The state in an entry becomes the status, FAILED becomes rejected, unknown states settle nothing."""
    for said in ({"fails": [in_state("5", state)]}, {"orders": [canceled(5, status=state)]}):
        book = ledger("5")
        read(book, response(**said))
        assert statuses(book) == ([status] if status else [])
        assert len(book.unsettled) == (0 if status else 1)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("the  orderId:1 order status :CANCELED,can not delete", "canceled"),
        ("the  orderId:1 order status :EXPIRED,can not delete, please verify and retry later", "expired"),
        ("order status: FILLED", "closed"),
        ("order status:partially_filled", "open"),
        ("order status :CANCELED, was order status :PENDING", None),
        ("order status :CANCELED; order status :CANCELED", "canceled"),
        ("order status :CANCELED; order status :FILLED", None),
        ("order status :CANCELED, order status :CANCELED", None),
        ("has not reached order status :CANCELED yet", None),
        ("can not change to order status :CANCELED, system busy", None),
        ("order status :CANCELED-PENDING", None),
        ("order is already filled", "closed"),
        ("order is already filled, The order doesn't exist", None),
        ("status :CANCELED", None),
        ("orderstatus:CANCELED", None),
        ("order status :SOMETHING", None),
        ("", None),
    ],
)
def test_states_in_words(text: str, status: str | None) -> None:
    """Only the documented sentence as a whole names a state, and two different states settle nothing."""
    assert Words(text).status == status


@pytest.mark.parametrize(
    "bad",
    [
        None, "", "<html>", [], 5, {}, {"code": 0}, {"code": 0, "data": None}, {"code": 0, "data": []},
        {"code": 0, "data": "x"},
        {"code": 1, "data": {}}, {"code": None, "data": {}}, {"data": {"orders": []}},
    ],
)  # fmt: skip
def test_unexpected_response(bad: Any) -> None:
    """An undocumented response raises UnexpectedResponse and enters nothing (ccxt returns [])."""
    book = ledger("5")
    with pytest.raises(UnexpectedResponse):
        read(book, bad)
    assert everything(book) == []


@pytest.mark.parametrize("empty", [{}, {"orders": None}, {"orders": [], "fails": None}, {"fails": []}])
def test_empty_lists(empty: dict[str, Any]) -> None:
    """Absent, null and empty lists settle nothing."""
    book = ledger("5")
    assert read(book, {"code": "0", "data": empty}) == []
    assert book.unsettled == (OrderRef("id", "5"),)


@pytest.mark.parametrize(
    "entry",
    [
        {"clientOrderID": "abc", "error": "x"},
        {"clientOrderId": "abc", "error": "x"},
        {"origClientOrderId": "abc", "error": "x"},
        {"orderId": "abc", "error": "x"},
        {"orderId": 0, "clientOrderID": "abc", "error": "x"},
        {"error": "can not find order for clientOrderID:abc for symbol: BTC-USDT, please verify"},
        {"error": "can not find order for clientOrderId: abc for symbol: BTC-USDT"},
        {"error": "can not find order for orderId:abc"},
        {"orderId": "", "error": "order abc does not exist."},
        {"orderId": "abc", "error": "the clientOrderID:abc is unknown"},
        {"error": "'abc' not found"},
        "order abc does not exist",
        "Order abc does not exist",
    ],
)
def test_keys_of_client_ids(entry: Any) -> None:
    """The ledger finds a failed client order id under every key and in the text alone."""
    book = ledger("7", clients=("xyz", "abc"))
    read(book, response(fails=[entry]))
    assert spoken_of(book) == [OrderRef("clientOrderId", "abc")]
    assert set(statuses(book)) <= {None}


@pytest.mark.parametrize(
    "entry",
    [
        "order 5 does not exist",
        {"error": "order 5 does not exist"},
        {"error": "can not find order for orderId:5 for symbol: BTC-USDT, please verify"},
        {"error": "'5' not found."},
    ],
)
def test_order_id_in_text(entry: Any) -> None:
    """The ledger finds a failed order id in the text, unless the text calls it a client order id."""
    book = ledger("5", "6")
    read(book, response(fails=[entry]))
    assert spoken_of(book) == [OrderRef("id", "5")]
    other = ledger("5", "6")
    read(other, response(fails=[{"error": "can not find order for clientOrderID:5"}]))
    assert len(other.unsettled) == 2


@pytest.mark.parametrize("entry", ["order 5 does not exist", {"error": "order 5 does not exist"}, {}])
def test_keys_of_cancelled_orders(entry: Any) -> None:
    """Among cancelled orders only a key names an order, never a text."""
    book = ledger("5", "6")
    read(book, response(orders=[entry]))
    assert len(book.unsettled) == 2
    assert [claim.entry for claim in strays(book)] == [entry]


def test_ambiguous_text() -> None:
    """A text that could mean two ids settles neither, and its entry is a stray."""
    book = ledger(clients=("xyz", "abc"))
    read(book, response(fails=[{"error": "'abc' does not exist, 'xyz' does not exist"}]))
    assert len(book.unsettled) == 2
    assert len(strays(book)) == 1


@pytest.mark.parametrize("client", ["a", "o", "not", "find", "nobody_1"])
def test_id_like_a_letter(client: str) -> None:
    """A client order id that is a letter or a word of the text does not change the text's meaning."""
    book = ledger(clients=(client,))
    error = f"can not find order for clientOrderID:{client} for symbol: BTC-USDT"
    read(book, response(fails=[{"clientOrderID": client, "error": error}]))
    assert statuses(book) == [None]


@pytest.mark.parametrize("client", ["CANCELED", "BTC-USDT", "orderId"])
def test_id_like_boilerplate(client: str) -> None:
    """A word of the exchange's own text does not match a client order id of the same spelling."""
    book = ledger(clients=(client,))
    read(book, response(fails=[{"error": "order status :CANCELED,can not delete, symbol: BTC-USDT"}]))
    read(book, response(fails=[in_state("999", "CANCELED")]))
    assert book.unsettled == (OrderRef("clientOrderId", client),)


def test_both_ids_in_one_entry() -> None:
    """One entry settles both ids of its order."""
    book = ledger("5", clients=("abc",))
    read(book, response(orders=[canceled(5, "abc")]))
    assert statuses(book) == ["canceled", "canceled"]


def test_order_id_like_client_id() -> None:
    """The orderId of a cancelled order does not settle an equal client order id."""
    book = ledger(clients=("5",))
    read(book, response(orders=[canceled(5, "other")]))
    assert book.unsettled == (OrderRef("clientOrderId", "5"),)


@pytest.mark.parametrize(
    "entries",
    [
        {"orders": [canceled(5), canceled(5, status="PENDING")]},
        {"orders": [canceled(5)], "fails": [in_state("5", "PENDING")]},
        {"orders": [canceled(5)], "fails": [in_state("5", "FILLED")]},
        {"fails": [in_state("5", "CANCELED"), in_state("5", "FILLED")]},
        {"fails": [in_state("5", "CANCELED"), in_state("5", "FILLED"), in_state("5", "CANCELED")]},
        {"fails": [in_state("5", "PENDING"), not_found("5")]},
    ],
)
def test_disagreement_within_a_response(entries: dict[str, Any]) -> None:
    """Contradictory entries of one response settle nothing, in any sequence."""
    for turned in (entries, {name: its[::-1] for name, its in entries.items()}):
        book = ledger("5")
        read(book, response(**turned))
        assert (statuses(book), book.unsettled) == ([], book.refs)


def test_final_state_is_absorbing() -> None:
    """Across responses a final state outweighs "open", whichever came first: lists and queries lag."""
    for first, second in (("PENDING", "CANCELED"), ("CANCELED", "PENDING")):
        book = ledger("5")
        read(book, response(fails=[in_state("5", first)]))
        read(book, response(fails=[in_state("5", second)]))
        assert statuses(book) == ["canceled"]


def test_no_such_order_is_not_final() -> None:
    """Across responses "does not exist" never outweighs "open" or a final state."""
    for state, status in (("PENDING", "open"), ("FILLED", "closed")):
        for entries in ([in_state("5", state), not_found("5")], [not_found("5"), in_state("5", state)]):
            book = ledger("5")
            for entry in entries:
                read(book, response(fails=[entry]))
            assert statuses(book) == [status]


def test_query_decides_between_final_states() -> None:
    """Two different final states of two responses settle nothing, until a query decides."""
    book = ledger("5")
    read(book, response(orders=[canceled(5)]))
    read(book, response(fails=[in_state("5", "FILLED")]))
    assert book.unsettled == book.refs
    book.enter_found(book.refs[0], OrderReport("orders", canceled(5, status="FILLED"), "closed"))
    assert statuses(book) == ["closed"]
    book.enter_found(book.refs[0], OrderReport("orders", canceled(5), "canceled"))
    assert statuses(book) == ["canceled"]


@pytest.mark.parametrize("state", ["EXPIRED", "WORKING", "RUNNING", "Pending", "PartiallyFilled", "Unknown"])
def test_other_spellings_of_states(state: str) -> None:
    """States that were seen beside the documented ones. An unknown state settles nothing."""
    book = ledger("5")
    read(book, response(orders=[canceled(5, status=state)]))
    status = {"EXPIRED": "expired", "Unknown": None}.get(state, "open")
    assert statuses(book) == ([status] if status else [])


def test_all_zero_order() -> None:
    """The object that stands in place of an order is not an order, and not a stray."""
    zero = {"symbol": "", "orderId": 0, "price": "0", "origQty": "0", "status": "", "type": "", "side": ""}
    book = ledger("5")
    read(book, response(orders=[zero]))
    assert (everything(book), book.unsettled) == ([], book.refs)


@pytest.mark.parametrize(
    "entry",
    [
        {"orderId": "5", "error": "the  orderId:22 order status :CANCELED,can not delete"},
        {"orderId": "5", "error": "has not reached order status :CANCELED yet"},
        {"orderId": "5", "error": "can not change to order status :CANCELED, system busy"},
        {"orderId": "5", "error": "the  orderId:5 order status :CANCELED-PENDING,can not delete"},
        {"orderId": "5", "error": "the order you want to cancel is FILLED or CANCELLED already, or is not a "
         "valid order id ,please verify"},
        {"orderId": "5", "error": "the order is FILLED or CANCELLED already before, or is not valid"},
        {"orderId": "5", "error": "service has some errors, The order doesn't exist"},
        {"orderId": "5", "error": "order is already filled, The order doesn't exist"},
    ],
)  # fmt: skip
def test_words_that_name_no_single_state(entry: dict[str, Any]) -> None:
    """Words about another order, or about no single final state, settle nothing."""
    book = ledger("5", "22")
    read(book, response(fails=[entry]))
    assert (statuses(book), book.unsettled) == ([], book.refs)


def test_doubt() -> None:
    """An ambiguous request withdraws "does not exist", but not a state."""
    book = ledger("5", "6")
    read(book, response(fails=[not_found("5"), in_state("6", "FILLED")]))
    book.forget_unknown(book.refs)
    assert (statuses(book), book.unsettled) == (["closed"], book.refs[:1])


def test_cancelled_outweighs_not_found() -> None:
    """An order that one entry cancels and another does not find is cancelled."""
    book = ledger("5", clients=("abc",))
    read(
        book,
        response(
            orders=[canceled(5, "abc")], fails=[{"clientOrderID": "abc", "error": "can not find order"}]
        ),
    )
    assert statuses(book) == ["canceled", "canceled"]


def test_strays() -> None:
    """The ledger keeps an entry about another id once, at the end."""
    book = ledger("5")
    for _ in range(2):
        read(book, response(orders=[canceled(9), canceled(5), "junk"], fails=[not_found("8")]))
    assert [asked for asked, _ in everything(book)] == [OrderRef("id", "5"), None, None, None]
    assert [claim.entry for claim in strays(book)] == [canceled(9), "junk", not_found("8")]


@pytest.mark.parametrize(
    "text",
    [
        "'abc' not found",
        "clientOrderID:'abc'",
        "clientOrderID:abc.",
        "clientOrderID:abc; sorry",
        "orderId=abc",
    ],
)
def test_punctuation(text: str) -> None:
    """Quotes and full stops around an id are not part of the id."""
    book = ledger(clients=("abc", "x"))
    read(book, response(fails=[{"error": text}]))
    assert spoken_of(book) == [OrderRef("clientOrderId", "abc")]


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        ("the clientOrderID:5 order status :CANCELED,can not delete", "clientOrderId"),
        ("the  orderId:5 order status :CANCELED,can not delete", "id"),
        ("can not find order", "id"),
    ],
)
def test_equal_ids_of_two_kinds(text: str, answered: str) -> None:
    """The label in the text decides between an order id and an equal client order id."""
    book = ledger("5", clients=("5",))
    read(book, response(fails=[{"orderId": "5", "error": text}]))
    assert spoken_of(book) == [OrderRef(answered, "5")]


def test_ids_of_the_request_first() -> None:
    """An entry means an id of its own request before an id of an earlier one."""
    book = ledger("5", clients=("5",))
    book.read(response(fails=[in_state("5", "FILLED")]), [OrderRef("clientOrderId", "5")])
    assert [asked for asked, _ in everything(book)] == [OrderRef("clientOrderId", "5")]
    book.read(response(orders=[canceled(5)]), [OrderRef("clientOrderId", "5")])
    assert statuses(book) == ["canceled", "closed"]


@pytest.mark.parametrize(
    ("clients", "entry", "kept"),
    [
        (
            ("A1", "later"),
            {"clientOrderID": "a1", "error": "order a1 order status :CANCELED, verify and retry later"},
            1,
        ),
        (
            ("please", "x1"),
            {"error": "order status :CANCELED,can not delete, please verify and retry later"},
            1,
        ),
        (("5",), {"orderId": "999", "error": "the  orderId:5 order status :CANCELED,can not delete"}, 0),
        (("abc",), {"error": "order abc. order status :CANCELED"}, 1),
    ],
)
def test_text_about_something_else(clients: tuple[str, ...], entry: Any, kept: int) -> None:
    """A word in a text about another order, or in an unknown place, settles nothing."""
    book = ledger(clients=clients)
    read(book, response(fails=[entry]))
    assert len(book.unsettled) == len(clients)
    assert len(strays(book)) == kept


def test_id_like_a_state() -> None:
    """A client order id that looks like a state is still an id."""
    book = ledger(clients=("status:CANCELED",))
    read(book, response(fails=[{"error": "order status:CANCELED does not exist"}]))
    assert "canceled" not in statuses(book)
    book = ledger(clients=("status:CANCELED",))
    entry = {"clientOrderID": "status:CANCELED", "error": "order status:CANCELED does not exist"}
    read(book, response(fails=[entry]))
    assert statuses(book) == [None]


@pytest.mark.parametrize("other", ["FILLED", "", "FAILED"])
def test_two_final_states(other: str) -> None:
    """Two different final states of one order settle nothing, in either order."""
    for states in (("CANCELED", other), (other, "CANCELED"), ("CANCELED", other, "CANCELED")):
        book = ledger("5")
        read(book, response(orders=[canceled(5, status=state) for state in states]))
        assert statuses(book) == []
        assert len(book.unsettled) == 1


def test_disagreement_by_two_ids() -> None:
    """If one entry names both ids, entries about either id are about one order."""
    book = ledger("5", clients=("abc",))
    entry = {"clientOrderID": "abc", "error": "the order status :PENDING,can not delete"}
    read(book, response(orders=[canceled(5, "abc")], fails=[entry]))
    assert (statuses(book), book.unsettled) == ([], book.refs)


def test_final_by_either_id() -> None:
    """Once an entry names both ids, an earlier response about one id counts for the other."""
    book = ledger("5", clients=("abc",))
    read(book, response(fails=[{"clientOrderID": "abc", "error": "order status :PENDING"}]))
    read(book, response(orders=[canceled(5, "abc")]))
    assert statuses(book) == ["canceled", "canceled"]


def test_entry_without_list() -> None:
    """A single entry in place of a list counts as a list of one."""
    book = ledger("5", "6")
    read(book, response(orders=canceled(5), fails=not_found("6")))
    assert statuses(book) == ["canceled", None]


def says_canceled(entry: Any) -> bool:
    return "CANCEL" in json.dumps(entry)


@given(answers=st.lists(RESPONSE, max_size=3))
def test_every_id_once(answers: list[Any]) -> None:
    """After any responses, every id is either known or unsettled, exactly once."""
    book = ledger(*IDS, clients=("a", "b"))
    for one in answers:
        try:
            claims = read(book, one)
        except UnexpectedResponse:
            continue
        kept = [claim for _, claim in everything(book)]
        assert all(claim in kept for claim in strays(book))
        settling = [claim for claim in claims if claim.settles]
        assert book.unsettled or all(any(k.weight >= claim.weight for k in kept) for claim in settling)
    known = [asked for asked, _ in book.known]
    assert sorted([*known, *book.unsettled]) == sorted(book.refs)
    assert known == [asked for asked in book.refs if asked in known]
    for _, claim in everything(book):
        assert claim.status != "canceled" or says_canceled(claim.entry)


def test_weights() -> None:
    """Across responses a final state outweighs "open", and "open" outweighs "does not exist"."""
    said = [
        ("fails", "open"),
        ("orders", "open"),
        ("orders", "canceled"),
        ("orders", None),
        ("fails", "closed"),
    ]
    assert [OrderReport(listed, {}, status).weight for listed, status in said] == [
        *(Weight.LIVE, Weight.LIVE, Weight.FINAL, Weight.REASON, Weight.FINAL)
    ]
    assert OrderReport("fails", {}, None, unknown=True).weight is Weight.NO_SUCH_ORDER
    assert OrderReport("fails", {}, None).weight is Weight.REASON
    assert sorted(Weight) == [Weight.REASON, Weight.NO_SUCH_ORDER, Weight.LIVE, Weight.FINAL]


SWAP = ResponseSchema(
    done="success", failed="failed", lower_case=True, names_states=False, may_be_unnamed=True
)


def swap_ledger(*ids: str, clients: tuple[str, ...] = ()) -> Ledger:
    return Ledger(ledger(*ids, clients=clients).refs, SWAP)


def swap_response(success: Any = None, failed: Any = None) -> dict[str, Any]:
    return {"code": 0, "msg": "", "data": {"success": success, "failed": failed}}


def failed(code: int, text: str = "order does not exist", **named: Any) -> dict[str, Any]:
    return {**named, "errorCode": code, "errorMessage": text}


def test_swap_response() -> None:
    """A swap response has other names for its lists, and its code says only what is filled."""
    book = swap_ledger("1", "2", "3", "4")
    done = {"orderId": 1, "status": "CANCELLED", "clientOrderId": ""}
    lost = [
        failed(80018, "order already filled", orderId=2),
        failed(80016, orderId=3),
        failed(109421, orderId="4"),
    ]
    read(book, swap_response([done], lost))
    assert statuses(book) == ["canceled", "closed", None, None]
    assert [claim.entry for _, claim in everything(book)] == [done, *lost]


def test_words_before_codes() -> None:
    """A state in the words outranks the code."""
    book = swap_ledger("1")
    read(book, swap_response(failed=[failed(80016, "order status :FILLED,can not delete", orderId=1)]))
    assert statuses(book) == ["closed"]
    book = swap_ledger("1")
    read(
        book, swap_response(failed=[failed(80018, "order status :CANCELED, order status :FILLED", orderId=1)])
    )
    assert book.unsettled == book.refs


def test_lower_case_client_ids() -> None:
    """A client order id in lower case settles every spelling that the bot asked for."""
    book = swap_ledger(clients=("AbC", "abc", "Other"))
    read(book, swap_response([{"orderId": 9, "clientOrderId": "abc", "status": "CANCELLED"}]))
    assert [asked.value for asked, _ in book.known] == ["AbC", "abc"]
    assert ledger(clients=("AbC",)).read(response(orders=[canceled(9, "abc")]), ledger(clients=("AbC",)).refs)
    spot = ledger(clients=("AbC",))
    read(spot, response(orders=[canceled(9, "abc")]))
    assert spot.unsettled == (OrderRef("clientOrderId", "AbC"),)


@pytest.mark.parametrize("code", [100500, 110500, 109500, "100503", 500, 504])
def test_busy_entry(code: Any) -> None:
    """A failed entry that says "busy" does not settle an order."""
    book = swap_ledger("1")
    for words in ("try again", "order does not exist"):
        read(book, swap_response(failed=[failed(code, words, orderId=1)]))
        assert everything(book) == []


@pytest.mark.parametrize(
    "words", ["", "system busy", "rate limited", "order is being matched", "user not found"]
)
def test_words_without_state(words: str) -> None:
    """A failed entry that says nothing about the order does not settle it."""
    spot = ledger("5")
    read(spot, response(fails=[{"orderId": "5", "error": words}]))
    assert (spot.unsettled, everything(spot), spot.words(spot.refs[0])) == (spot.refs, [], words)
    for code in (100410, 109429, 100421, 80012, 1, None):
        swap = swap_ledger("5")
        read(swap, swap_response(failed=[failed(code, words, orderId=5)]))  # type: ignore[arg-type]
        assert (swap.unsettled, everything(swap)) == (swap.refs, [])


def test_later_state() -> None:
    """A later state settles an order, and a later unclear entry does not unsettle it."""
    book = ledger("5")
    read(book, response(orders=[canceled(5, status="?")]))
    read(book, response(fails=[in_state("5", "FILLED")]))
    assert statuses(book) == ["closed"]
    read(book, response(fails=[{"orderId": "5", "error": "busy"}]))
    assert statuses(book) == ["closed"]


def test_cancelled_under_both_ids() -> None:
    """A cancelled order is cancelled under every id that the bot asked for, in any request."""
    book = swap_ledger("5", clients=("X",))
    book.read(swap_response([{"orderId": 5, "clientOrderId": "x", "status": "CANCELLED"}]), book.refs[:1])
    book.read(swap_response(failed=[failed(80016, clientOrderId="x")]), book.refs[1:])
    assert statuses(book) == ["canceled", "canceled"]


@pytest.mark.parametrize("order_id", [0, "0", "", None, 999])
def test_unnamed_failure(order_id: Any) -> None:
    """A failed entry without a known id means the only id of its request."""
    entry = failed(80018, "order already filled", orderId=order_id)
    book = swap_ledger(clients=("x",))
    read(book, swap_response(failed=[entry]))
    assert statuses(book) == ["closed"]
    several = swap_ledger(clients=("x", "y"))
    read(several, swap_response(failed=[entry]))
    assert len(several.unsettled) == 2
    assert len(strays(several)) == (1 if order_id == 999 else 0)
    several.read(swap_response(failed=[entry]), several.refs[:1])
    assert (statuses(several), strays(several)) == (["closed"], [])
    spot = ledger(clients=("x",))
    read(spot, response(fails=[entry]))
    assert len(spot.unsettled) == 1


@pytest.mark.parametrize(
    "entry",
    [
        failed(80018, "order already filled", orderId=0, clientOrderId="other"),
        failed(80018, "clientOrderId:other is filled", orderId=0),
        failed(80018, "the  orderId:5 was filled", orderId=0),
    ],
)
def test_failure_of_another_id(entry: Any) -> None:
    """A failed entry that names another order does not settle the only id of its request."""
    book = swap_ledger(clients=("x",))
    read(book, swap_response(failed=[entry]))
    assert len(book.unsettled) == 1


def test_other_order_id() -> None:
    """An entry about order 6, or about none, does not settle order 5."""
    for entry in ({"orderId": 6, "status": "CANCELLED"}, {"status": "CANCELLED"}):
        book = swap_ledger("5")
        read(book, swap_response([entry]))
        assert book.unsettled == (OrderRef("id", "5"),)


def test_client_id_in_text() -> None:
    """A text may name a client order id beside the key of its order id."""
    book = swap_ledger("7", clients=("X", "y"))
    read(book, swap_response(failed=[failed(80018, "order filled, clientOrderId:x", orderId=999)]))
    assert [asked for asked, _ in everything(book)] == [OrderRef("clientOrderId", "X")]


@pytest.mark.parametrize(
    "entry",
    [
        failed(80018, "the  orderId:7 was filled", orderId=999),
        failed(80018, "clientOrderId:x was filled", clientOrderId="other"),
    ],
)
def test_text_beside_another_key(entry: Any) -> None:
    """Next to the key of another order, a text can name only a client order id."""
    book = swap_ledger("7", clients=("x",))
    read(book, swap_response(failed=[entry]))
    assert len(book.unsettled) == 2


def test_client_id_like_order_id() -> None:
    """The only order of a response settles the only client order id, also one like the order id."""
    entry = {"orderId": 5, "clientOrderId": "", "status": "CANCELLED"}
    book = swap_ledger(clients=("5",))
    read(book, swap_response([entry]))
    assert statuses(book) == ["canceled"]
    assert (
        report_of_query({"code": 0, "data": entry}, OrderRef("clientOrderId", "5"), SWAP).status == "canceled"
    )


def test_order_instead_of_list() -> None:
    """The inverse endpoint responds with one order in place of a list."""
    book = Ledger(
        [OrderRef("clientOrderId", "x")], ResponseSchema(done="order", failed=None, may_be_unnamed=True)
    )
    read(book, {"code": 0, "data": {"order": {"orderId": 5, "clientOrderId": "", "status": "CANCELLED"}}})
    assert statuses(book) == ["canceled"]


def test_look_up() -> None:
    """A look-up finds the order in data or in data.order, under either id."""
    order = {"orderId": 5, "clientOrderId": "abc", "status": "Filled"}
    by_client = OrderRef("clientOrderId", "AbC")
    assert report_of_query({"code": 0, "data": {"order": order}}, by_client, SWAP).status == "closed"
    assert report_of_query({"code": 0, "data": order}, OrderRef("id", "5")) == OrderReport(
        "orders", order, "closed"
    )
    with pytest.raises(UnexpectedResponse):
        report_of_query({"code": 0, "data": order}, OrderRef("clientOrderId", "5"))
    for data in ({"order": None}, {"order": order}, {}, None):
        with pytest.raises(UnexpectedResponse):
            report_of_query({"code": 0, "data": data}, OrderRef("id", "6"), SWAP)
    with pytest.raises(UnexpectedResponse):
        report_of_query({"code": 0, "data": {"order": {**order, "status": "?"}}}, by_client, SWAP)


SWAP_ENTRY = st.one_of(
    st.fixed_dictionaries({
        "orderId": st.sampled_from([0, 1, 2, 3, "4", 9]),
        "clientOrderId": st.sampled_from(["", "a", "B", "z"]),
        "status": st.sampled_from(["CANCELLED", "FILLED", "Pending", "?"]),
    }),
    st.fixed_dictionaries({
        "orderId": st.sampled_from([0, 1, 2, 3, "4", 9, "a"]),
        "errorCode": st.sampled_from([80016, 80018, 109421, 109500, 5]),
        "errorMessage": st.sampled_from(["", "order does not exist", "clientOrderId:b", "order status :NEW"]),
    }),
    JSON,
)  # fmt: skip
SWAP_LISTED = st.none() | st.lists(SWAP_ENTRY, max_size=6) | JSON


@given(answers=st.lists(st.tuples(st.builds(swap_response, SWAP_LISTED, SWAP_LISTED), st.integers(0, 5))))
def test_every_swap_id_once(answers: list[tuple[Any, int]]) -> None:
    """After any swap responses, every id is either known or unsettled, exactly once."""
    book = swap_ledger(*IDS, clients=("A", "b"))
    for one, only in answers:
        book.read(one, book.refs if only == 0 else book.refs[only : only + 1])
    known = [asked for asked, _ in book.known]
    assert sorted([*known, *book.unsettled]) == sorted(book.refs)
    assert known == [asked for asked in book.refs if asked in known]
    for _, claim in everything(book):
        assert claim.status != "canceled" or says_canceled(claim.entry)


@pytest.mark.parametrize("named", [{}, {"orderId": "7"}])
def test_state_of_nobody(named: Any) -> None:
    """A stray gets the state in the words about an unknown order only if the entry has an id."""
    book = ledger("5", "6")
    entry = {**named, "error": "the  orderId:7 order status :CANCELED,can not delete, please verify"}
    read(book, response(orders=[{"status": "CANCELED"}, canceled(9)], fails=[entry]))
    told = {repr(claim.entry): claim.status for claim in strays(book)}
    assert told == {
        repr({"status": "CANCELED"}): None,
        repr(canceled(9)): "canceled",
        repr(entry): "canceled" if named else None,
    }


@pytest.mark.parametrize("order_id", [999, "999"])
def test_reasons_are_not_strays(order_id: Any) -> None:
    """A reason under an unknown order id adds no stray order, but a state does."""
    book = swap_ledger(clients=("x", "y"))
    read(book, swap_response(failed=[failed(100410, "limited", orderId=order_id)]))
    assert strays(book) == []
    filled = failed(80018, "order already filled", orderId=order_id)
    read(book, swap_response(failed=[filled, failed(80016, orderId="0"), "nonsense"]))
    assert [claim.entry for claim in strays(book)] == [filled]
    order = {"orderId": order_id, "clientOrderId": "x", "status": "FILLED"}
    read(book, swap_response([order]))
    assert (statuses(book), strays(book)) == (["closed"], [])


def test_look_up_settles_both_ids() -> None:
    """A look-up settles both ids of its order, and no other id."""
    book = swap_ledger("5", "6", clients=("X",))
    order = {"orderId": 5, "clientOrderId": "x", "status": "CANCELLED"}
    book.enter_found(book.refs[0], OrderReport("orders", order, "canceled"))
    assert [asked.value for asked, _ in book.known] == ["5", "X"]
    book.enter_found(
        book.refs[1], OrderReport("fails", {"error": "order does not exist"}, None, unknown=True)
    )
    assert statuses(book) == ["canceled", None, "canceled"]


def test_report_of_refusal() -> None:
    """The words of a refusal settle its order before the code does. Unclear words settle nothing."""
    error = OrderNotFound("bingx order does not exist")
    assert report_of_refusal(error, OrderRef("id", "1"))[2:4] == (None, True)
    error = OrderNotFound("bingx the order is FILLED or CANCELLED already before, or is not a valid order id")
    assert report_of_refusal(error, OrderRef("id", "1"))[2:] == (None, False, True, False)
    error = OrderNotFound("bingx order 2 does not exist")
    assert report_of_refusal(error, OrderRef("id", "1"))[2:] == (None, False, True, True)
    error = OrderNotFound("bingx x")
    attach_response(error, Response(200, "80018"))
    assert report_of_refusal(error, OrderRef("id", "1")).status == "closed"
    words = "the order status :CANCELED,can not delete"
    attach_response(error, Response(200, "80018", words))
    assert report_of_refusal(error, OrderRef("id", "1")) == OrderReport(
        "fails", {"error": words}, "canceled", gone=True
    )


def test_reports_of_all_orders() -> None:
    """Each order has one report, in which its entries agree. An entry without an id has its own report."""
    done = {"orderId": 1, "status": "CANCELLED", "symbol": "A-B"}
    nameless = failed(80012, "cancel order failed")
    twice = [failed(80012, "cancel order failed", orderId=2)] * 2
    filled = failed(100400, "orderId:1 order status :FILLED", orderId="1")
    reports = reports_of(swap_response([done], [*twice, filled, nameless, nameless, "x"]), LINEAR.schema)
    assert [(one.entry, one.status) for one in reports] == [
        (done, None),
        (twice[0], None),
        (nameless, None),
        (nameless, None),
        ("x", None),
    ]
    (report,) = reports_of(swap_response([done], None), LINEAR.schema)
    assert report.status == "canceled"


@pytest.mark.parametrize(
    "body",
    [None, "x", {"code": 0}, {"code": 1, "data": {"orders": []}}, {"code": 0, "data": {"success": []}}],
)
def test_no_reports_of_all_orders(body: Any) -> None:
    """A response without the documented list does not prove that no order was open."""
    with pytest.raises(UnexpectedResponse):
        reports_of(body, SPOT_ALL.schema)
    assert reports_of({"code": 0, "data": {"orders": None}}, SPOT_ALL.schema) == []


def test_listed_orders() -> None:
    """A list names each order. An unreadable entry stays as an order without an id."""
    order, zero = {"orderId": 1}, {"orderId": 0}
    assert listed_orders({"code": 0, "data": {"orders": [order, zero, None]}}) == [order, {}]
    assert listed_orders({"code": "0", "data": {"orders": None}}) == []
    for body in ({"code": 0, "data": {}}, {"code": 0, "data": []}, {"code": 0, "data": {"orders": {}}}, None):
        with pytest.raises(UnexpectedResponse):
            listed_orders(body)
