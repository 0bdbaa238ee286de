"""What an answer says of each asked id."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ccxt.base.errors import OrderNotFound
from hypothesis import given
from hypothesis import strategies as st

from ccxt_bingx_ext._bingx.endpoints import ResponseSchema
from ccxt_bingx_ext._bingx.errors import Response, attach_response
from ccxt_bingx_ext._bingx.vocabulary import Words
from ccxt_bingx_ext._cancel.ledger import (
    Ledger,
    OrderReport,
    UnexpectedResponse,
    Weight,
    report_of_query,
    report_of_refusal,
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
    """The ids that an entry was about, whether or not it settles them."""
    return [asked for asked in book.refs if book.words(asked)]


def statuses(book: Ledger) -> list[str | None]:
    return [report.status for _, report in book.known]


def everything(book: Ledger) -> list[tuple[OrderRef | None, OrderReport]]:
    return [*book.known, *((None, stray) for stray in book.strays)]


def test_the_documented_success_accounts_for_both() -> None:
    """The exchange's own example: two ids, two cancelled orders."""
    book = ledger("1735964997957275648", "1735965127519326208")
    read(book, json.loads(TWO_CANCELED))
    assert statuses(book) == ["canceled", "canceled"]
    assert book.unsettled == ()


def test_the_live_partial_answer_accounts_for_both() -> None:
    """Captured live: orderId is an integer in orders and a string in fails."""
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
def test_the_state_in_the_exchanges_words_becomes_the_status(state: str, status: str | None) -> None:
    """A failed cancel's text tells the order's state; FAILED is not cancelled; other words settle nothing."""
    for said in ({"fails": [in_state("5", state)]}, {"orders": [canceled(5, status=state)]}):
        book = ledger("5")
        read(book, response(**said))
        assert statuses(book) == ([status] if status else [])
        assert len(book.unsettled) == (0 if status else 1)


@pytest.mark.parametrize(
    ("text", "states", "status"),
    [
        ("the  orderId:1 order status :CANCELED,can not delete", {"CANCELED"}, "canceled"),
        ("order status: FILLED", {"FILLED"}, "closed"),
        ("order status:partially_filled", {"PARTIALLY_FILLED"}, "open"),
        ("order status :CANCELED, was order status :PENDING", {"CANCELED", "PENDING"}, None),
        ("order status :CANCELED, order status :CANCELED", {"CANCELED"}, "canceled"),
        ("status :CANCELED", set(), None),
        ("orderstatus:CANCELED", set(), None),
        ("order status :SOMETHING", {"SOMETHING"}, None),
        ("", set(), None),
    ],
)
def test_only_one_clear_state_counts(text: str, states: set[str], status: str | None) -> None:
    """Two different states, or words that are no state, say nothing."""
    assert Words(text).states == states
    assert Words(text).status == status


@pytest.mark.parametrize(
    "bad",
    [
        None, "", "<html>", [], 5, {}, {"code": 0}, {"code": 0, "data": None}, {"code": 0, "data": []},
        {"code": 0, "data": "x"},
        {"code": 1, "data": {}}, {"code": None, "data": {}}, {"data": {"orders": []}},
    ],
)  # fmt: skip
def test_what_is_not_the_documented_shape_is_undocumented(bad: Any) -> None:
    """ccxt returns [] for these: an order is lost. Here the outcome is unknown, and nothing is entered."""
    book = ledger("5")
    with pytest.raises(UnexpectedResponse):
        read(book, bad)
    assert everything(book) == []


@pytest.mark.parametrize("empty", [{}, {"orders": None}, {"orders": [], "fails": None}, {"fails": []}])
def test_absent_null_and_empty_lists_mention_nobody(empty: dict[str, Any]) -> None:
    """Either list may be absent or null (live)."""
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
def test_a_failed_client_id_is_found_however_it_is_keyed(entry: Any) -> None:
    """How the exchange keys a failed client id is unknown: every name, and the text alone, is understood."""
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
def test_a_failed_order_id_may_stand_in_the_text_alone(entry: Any) -> None:
    """Where no key names it; but what a text calls a client order id is no order id."""
    book = ledger("5", "6")
    read(book, response(fails=[entry]))
    assert spoken_of(book) == [OrderRef("id", "5")]
    other = ledger("5", "6")
    read(other, response(fails=[{"error": "can not find order for clientOrderID:5"}]))
    assert len(other.unsettled) == 2


@pytest.mark.parametrize("entry", ["order 5 does not exist", {"error": "order 5 does not exist"}, {}])
def test_among_the_cancelled_only_a_key_names_an_order(entry: Any) -> None:
    """A text there is not about a cancelled order."""
    book = ledger("5", "6")
    read(book, response(orders=[entry]))
    assert len(book.unsettled) == 2
    assert [claim.entry for claim in strays(book)] == [entry]


def test_a_text_that_could_mean_two_ids_names_neither() -> None:
    """Rather ask again than guess: the entry is kept as a stray."""
    book = ledger(clients=("xyz", "abc"))
    read(book, response(fails=[{"error": "'abc' does not exist, 'xyz' does not exist"}]))
    assert len(book.unsettled) == 2
    assert len(strays(book)) == 1


@pytest.mark.parametrize("client", ["a", "o", "not", "find", "nobody_1"])
def test_an_id_does_not_spoil_the_words_around_it(client: str) -> None:
    """An unknown client id may be a letter, or a word, of the exchange's own text."""
    book = ledger(clients=(client,))
    error = f"can not find order for clientOrderID:{client} for symbol: BTC-USDT"
    read(book, response(fails=[{"clientOrderID": client, "error": error}]))
    assert statuses(book) == [None]


@pytest.mark.parametrize("client", ["CANCELED", "BTC-USDT", "orderId"])
def test_the_boilerplate_of_a_text_is_no_id(client: str) -> None:
    """An id that looks like a word of the exchange's own text is not matched by that word."""
    book = ledger(clients=(client,))
    read(book, response(fails=[{"error": "order status :CANCELED,can not delete, symbol: BTC-USDT"}]))
    read(book, response(fails=[in_state("999", "CANCELED")]))
    assert book.unsettled == (OrderRef("clientOrderId", client),)


def test_an_order_named_by_both_ids_answers_both() -> None:
    """Asked by id and by client id, one entry accounts for the two."""
    book = ledger("5", clients=("abc",))
    read(book, response(orders=[canceled(5, "abc")]))
    assert statuses(book) == ["canceled", "canceled"]


def test_an_order_id_is_no_client_id() -> None:
    """In orders, orderId is an order id: it does not answer an equal client id."""
    book = ledger(clients=("5",))
    read(book, response(orders=[canceled(5, "other")]))
    assert book.unsettled == (OrderRef("clientOrderId", "5"),)


def test_that_an_order_is_live_outweighs_every_other_claim() -> None:
    """An answer that contradicts itself never makes a live order disappear."""
    for entries in (
        {"orders": [canceled(5), canceled(5, status="PENDING")]},
        {"orders": [canceled(5)], "fails": [in_state("5", "PENDING")]},
    ):
        book = ledger("5")
        read(book, response(**entries))
        assert statuses(book) == ["open"]


def test_a_cancelled_order_outweighs_a_failure_to_find_it_again() -> None:
    """Named twice in one request, an order is cancelled once and not found once: it is cancelled."""
    book = ledger("5", clients=("abc",))
    read(
        book,
        response(
            orders=[canceled(5, "abc")], fails=[{"clientOrderID": "abc", "error": "can not find order"}]
        ),
    )
    assert statuses(book) == ["canceled", "canceled"]


def test_what_matches_nothing_asked_is_kept_at_the_end_and_once() -> None:
    """An entry about somebody else's id is not thrown away."""
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
def test_punctuation_around_an_id_is_not_part_of_it(text: str) -> None:
    """Quotes and full stops are the exchange's, not the id's."""
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
def test_a_value_asked_as_both_kinds_is_told_apart_by_the_text(text: str, answered: str) -> None:
    """Order id 5 and client id 5, and a failed client id keyed as "orderId": the label decides."""
    book = ledger("5", clients=("5",))
    read(book, response(fails=[{"orderId": "5", "error": text}]))
    assert spoken_of(book) == [OrderRef(answered, "5")]


def test_an_answer_speaks_of_its_own_request_first() -> None:
    """Asked again for client id 5 only, "orderId":"5" is that one."""
    book = ledger("5", clients=("5",))
    book.read(response(fails=[in_state("5", "FILLED")]), [OrderRef("clientOrderId", "5")])
    assert [asked for asked, _ in everything(book)] == [OrderRef("clientOrderId", "5")]
    book.read(response(orders=[canceled(5)]), [OrderRef("clientOrderId", "5")])
    assert statuses(book) == ["canceled", "closed"]


@pytest.mark.parametrize(
    ("clients", "entry"),
    [
        (
            ("A1", "later"),
            {"clientOrderID": "a1", "error": "order a1 order status :CANCELED, verify and retry later"},
        ),
        (("please", "x1"), {"error": "order status :CANCELED,can not delete, please verify and retry later"}),
        (("5",), {"orderId": "999", "error": "the  orderId:5 order status :CANCELED,can not delete"}),
        (("abc",), {"error": "order abc. order status :CANCELED"}),
    ],
)
def test_a_word_of_a_text_about_something_else_is_no_id(clients: tuple[str, ...], entry: Any) -> None:
    """Where a key names somebody else, or the word stands in no known place, nothing is claimed."""
    book = ledger(clients=clients)
    read(book, response(fails=[entry]))
    assert len(book.unsettled) == len(clients)
    assert len(strays(book)) == 1


def test_an_id_cannot_forge_a_state() -> None:
    """A client id may hold a colon; inside the exchange's words it is still an id."""
    book = ledger(clients=("status:CANCELED",))
    read(book, response(fails=[{"error": "order status:CANCELED does not exist"}]))
    assert "canceled" not in statuses(book)
    book = ledger(clients=("status:CANCELED",))
    entry = {"clientOrderID": "status:CANCELED", "error": "order status:CANCELED does not exist"}
    read(book, response(fails=[entry]))
    assert statuses(book) == [None]


@pytest.mark.parametrize("other", ["FILLED", "", "FAILED"])
def test_two_final_states_of_one_order_are_none(other: str) -> None:
    """Whichever comes first: an answer that contradicts itself settles nothing."""
    for states in (("CANCELED", other), (other, "CANCELED"), ("CANCELED", other, "CANCELED")):
        book = ledger("5")
        read(book, response(orders=[canceled(5, status=state) for state in states]))
        assert statuses(book) == []
        assert len(book.unsettled) == 1


def test_that_it_is_live_by_one_id_makes_it_live_by_the_other() -> None:
    """One entry names the order by both its ids: what is said of one is said of both."""
    book = ledger("5", clients=("abc",))
    entry = {"clientOrderID": "abc", "error": "the order status :PENDING,can not delete"}
    read(book, response(orders=[canceled(5, "abc")], fails=[entry]))
    assert statuses(book) == ["open", "open"]


def test_a_list_that_is_no_list_is_its_only_entry() -> None:
    """What can be understood is understood, whatever surrounds it."""
    book = ledger("5", "6")
    read(book, response(orders=canceled(5), fails=not_found("6")))
    assert statuses(book) == ["canceled", None]


def says_canceled(entry: Any) -> bool:
    return "CANCEL" in json.dumps(entry)


@given(answers=st.lists(RESPONSE, max_size=3))
def test_every_asked_id_is_known_or_unsettled_exactly_once(answers: list[Any]) -> None:
    """Whatever comes back, known and unsettled together are what was asked, in order, without loss."""
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


def test_a_claim_weighs_the_same_from_wherever_it_came() -> None:
    """Live, then a listed order, then a known state, then an unknown one."""
    said = [
        ("fails", "open"),
        ("orders", "open"),
        ("orders", "canceled"),
        ("orders", None),
        ("fails", "closed"),
    ]
    assert [OrderReport(listed, {}, status).weight for listed, status in said] == [
        *(Weight.LIVE, Weight.LIVE, Weight.CANCELLED, Weight.CANCELLED, Weight.STATE)
    ]
    assert OrderReport("fails", {}, None, unknown=True).weight is Weight.NO_SUCH_ORDER
    assert OrderReport("fails", {}, None).weight is Weight.REASON
    assert sorted(Weight) == [
        Weight.REASON,
        Weight.NO_SUCH_ORDER,
        Weight.STATE,
        Weight.CANCELLED,
        Weight.LIVE,
    ]


SWAP = ResponseSchema(
    done="success", failed="failed", lower_case=True, tells_states=False, may_be_unnamed=True
)


def swap_ledger(*ids: str, clients: tuple[str, ...] = ()) -> Ledger:
    return Ledger(ledger(*ids, clients=clients).refs, SWAP)


def swap_response(success: Any = None, failed: Any = None) -> dict[str, Any]:
    return {"code": 0, "msg": "", "data": {"success": success, "failed": failed}}


def failed(code: int, text: str = "order does not exist", **named: Any) -> dict[str, Any]:
    return {**named, "errorCode": code, "errorMessage": text}


def test_a_swap_answer_names_its_lists_otherwise() -> None:
    """success and failed; CANCELLED with two Ls; the code tells what is filled, and nothing of the rest."""
    book = swap_ledger("1", "2", "3", "4")
    done = {"orderId": 1, "status": "CANCELLED", "clientOrderId": ""}
    lost = [failed(80018, orderId=2), failed(80016, orderId=3), failed(109421, orderId="4")]
    read(book, swap_response([done], lost))
    assert statuses(book) == ["canceled", "closed", None, None]
    assert [claim.entry for _, claim in everything(book)] == [done, *lost]


def test_words_about_a_state_count_before_a_code() -> None:
    """Whatever the code says, the exchange's own words are understood as everywhere."""
    book = swap_ledger("1")
    read(book, swap_response(failed=[failed(80016, "order status :FILLED,can not delete", orderId=1)]))
    assert statuses(book) == ["closed"]
    book = swap_ledger("1")
    read(
        book, swap_response(failed=[failed(80018, "order status :CANCELED, order status :FILLED", orderId=1)])
    )
    assert book.unsettled == book.refs


def test_client_ids_come_back_in_lower_case() -> None:
    """Each spelling that was asked for is accounted for by the exchange's one."""
    book = swap_ledger(clients=("AbC", "abc", "Other"))
    read(book, swap_response([{"orderId": 9, "clientOrderId": "abc", "status": "CANCELLED"}]))
    assert [asked.value for asked, _ in book.known] == ["AbC", "abc"]
    assert ledger(clients=("AbC",)).read(response(orders=[canceled(9, "abc")]), ledger(clients=("AbC",)).refs)
    spot = ledger(clients=("AbC",))
    read(spot, response(orders=[canceled(9, "abc")]))
    assert spot.unsettled == (OrderRef("clientOrderId", "AbC"),)


@pytest.mark.parametrize("code", [100500, 110500, 109500, "100503", 500, 504])
def test_busy_is_no_word_on_an_order(code: Any) -> None:
    """Such a failed entry leaves the id unsettled, so that it is asked for again."""
    book = swap_ledger("1")
    for words in ("try again", "order does not exist"):
        read(book, swap_response(failed=[failed(code, words, orderId=1)]))
        assert everything(book) == []


@pytest.mark.parametrize(
    "words", ["", "system busy", "rate limited", "order is being matched", "user not found"]
)
def test_words_that_tell_nothing_of_the_order_settle_nothing(words: str) -> None:
    """Not cancelled, for whatever reason: the order may be live, so "no such order" must not be said."""
    spot = ledger("5")
    read(spot, response(fails=[{"orderId": "5", "error": words}]))
    assert (spot.unsettled, everything(spot), spot.words(spot.refs[0])) == (spot.refs, [], words)
    for code in (100410, 109429, 100421, 80012, 1, None):
        swap = swap_ledger("5")
        read(swap, swap_response(failed=[failed(code, words, orderId=5)]))  # type: ignore[arg-type]
        assert (swap.unsettled, everything(swap)) == (swap.refs, [])


def test_what_settles_nothing_is_replaced_by_what_does() -> None:
    """Asked again, the exchange tells more; and what was known does not become unclear by less."""
    book = ledger("5")
    read(book, response(orders=[canceled(5, status="?")]))
    read(book, response(fails=[in_state("5", "FILLED")]))
    assert statuses(book) == ["closed"]
    read(book, response(fails=[{"orderId": "5", "error": "busy"}]))
    assert statuses(book) == ["closed"]


def test_a_cancelled_order_is_told_by_every_id_that_it_was_asked_by() -> None:
    """In one request or in another: else its second id would be one that does not exist."""
    book = swap_ledger("5", clients=("X",))
    book.read(swap_response([{"orderId": 5, "clientOrderId": "x", "status": "CANCELLED"}]), book.refs[:1])
    book.read(swap_response(failed=[failed(80016, clientOrderId="x")]), book.refs[1:])
    assert statuses(book) == ["canceled", "canceled"]


@pytest.mark.parametrize("order_id", [0, "0", "", None, 999])
def test_an_unnamed_failure_is_of_the_only_id_asked(order_id: Any) -> None:
    """orderId, errorCode and errorMessage are all that is documented: a client id may be named nowhere."""
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
        failed(80018, orderId=0, clientOrderId="other"),
        failed(80018, "clientOrderId:other is filled", orderId=0),
        failed(80018, "the  orderId:5 was filled", orderId=0),
    ],
)
def test_a_failure_that_names_another_is_not_the_only_ones(entry: Any) -> None:
    """What speaks of somebody else claims nothing of the id asked."""
    book = swap_ledger(clients=("x",))
    read(book, swap_response(failed=[entry]))
    assert len(book.unsettled) == 1


def test_an_order_id_is_not_accounted_for_by_another_one() -> None:
    """Asked for order 5, the exchange speaks of order 6, or of none: that says nothing of 5."""
    for entry in ({"orderId": 6, "status": "CANCELLED"}, {"status": "CANCELLED"}):
        book = swap_ledger("5")
        read(book, swap_response([entry]))
        assert book.unsettled == (OrderRef("id", "5"),)


def test_a_client_id_may_stand_in_the_text_beside_the_order_id() -> None:
    """The order id is not what was asked for; the text says what was."""
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
def test_a_text_beside_the_key_of_another_order_names_nobody(entry: Any) -> None:
    """Only a client order id may be told by the text while the key holds its order's id."""
    book = swap_ledger("7", clients=("x",))
    read(book, swap_response(failed=[entry]))
    assert len(book.unsettled) == 2


def test_a_client_id_like_the_order_id_is_the_only_one_all_the_same() -> None:
    """Client id 5, and the one order in the answer has id 5 and no client id: it is what was asked for."""
    entry = {"orderId": 5, "clientOrderId": "", "status": "CANCELLED"}
    book = swap_ledger(clients=("5",))
    read(book, swap_response([entry]))
    assert statuses(book) == ["canceled"]
    assert (
        report_of_query({"code": 0, "data": entry}, OrderRef("clientOrderId", "5"), SWAP).status == "canceled"
    )


def test_one_order_may_stand_in_the_place_of_a_list() -> None:
    """The inverse endpoint cancels one, and answers with one."""
    book = Ledger(
        [OrderRef("clientOrderId", "x")], ResponseSchema(done="order", failed=None, may_be_unnamed=True)
    )
    read(book, {"code": 0, "data": {"order": {"orderId": 5, "clientOrderId": "", "status": "CANCELLED"}}})
    assert statuses(book) == ["canceled"]


def test_a_look_up_answers_with_the_order_or_around_it() -> None:
    """Spot has it in data, swaps in data.order; in lower case where the exchange writes it so."""
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
def test_every_swap_id_is_known_or_unsettled_exactly_once(answers: list[tuple[Any, int]]) -> None:
    """Whatever comes back, to a request for all or for one: no id is lost, none is called canceled unsaid."""
    book = swap_ledger(*IDS, clients=("A", "b"))
    for one, only in answers:
        book.read(one, book.refs if only == 0 else book.refs[only : only + 1])
    known = [asked for asked, _ in book.known]
    assert sorted([*known, *book.unsettled]) == sorted(book.refs)
    assert known == [asked for asked in book.refs if asked in known]
    for _, claim in everything(book):
        assert claim.status != "canceled" or says_canceled(claim.entry)


@pytest.mark.parametrize("order_id", [999, "999"])
def test_why_an_order_was_not_cancelled_is_no_order_of_its_own(order_id: Any) -> None:
    """Beside what was asked it would read "no such order", of an order that is live; a state is told."""
    book = swap_ledger(clients=("x", "y"))
    read(book, swap_response(failed=[failed(100410, "limited", orderId=order_id)]))
    assert strays(book) == []
    filled = failed(80018, orderId=order_id)
    read(book, swap_response(failed=[filled, failed(80016, orderId="0"), "nonsense"]))
    assert [claim.entry for claim in strays(book)] == [filled]
    order = {"orderId": order_id, "clientOrderId": "x", "status": "FILLED"}
    read(book, swap_response([order]))
    assert (statuses(book), strays(book)) == (["closed"], [])


def test_what_is_found_of_an_order_is_told_by_both_its_names() -> None:
    """Also of the name that was not looked up; of nobody else."""
    book = swap_ledger("5", "6", clients=("X",))
    order = {"orderId": 5, "clientOrderId": "x", "status": "CANCELLED"}
    book.enter_found(book.refs[0], OrderReport("orders", order, "canceled"))
    assert [asked.value for asked, _ in book.known] == ["5", "X"]
    book.enter_found(
        book.refs[1], OrderReport("fails", {"error": "order does not exist"}, None, unknown=True)
    )
    assert statuses(book) == ["canceled", None, "canceled"]


def test_two_claims_together() -> None:
    """The weightier; of two that say the same the first; of two that contradict each other neither."""
    first, same = OrderReport("orders", 1, "canceled"), OrderReport("orders", 2, "canceled")
    assert first.combined_with(same) is first
    assert first.combined_with(OrderReport("fails", 3, "closed")) is first
    assert first.combined_with(OrderReport("orders", 4, "closed")) == OrderReport("orders", 1, None)
    unknown = OrderReport("fails", 5, None, unknown=True)
    assert OrderReport("fails", 6, None).combined_with(unknown) is unknown
    assert unknown.combined_with(OrderReport("fails", 7, "closed")) == OrderReport("fails", 7, "closed")
    assert not first.combined_with(OrderReport("orders", 4, "closed")).settles


def test_a_refusal_tells_of_its_order_in_words_or_by_its_code() -> None:
    """The words count before the code, and neither is guessed."""
    error = OrderNotFound("bingx order already filled")
    assert report_of_refusal(error)[2:] == (None, True)
    attach_response(error, Response(200, "80018"))
    assert report_of_refusal(error).status == "closed"
    words = "the order status :CANCELED,can not delete"
    attach_response(error, Response(200, "80018", words))
    assert report_of_refusal(error) == OrderReport("fails", {"error": words}, "canceled")
