"""The caller's input -> a validated batch."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from ccxt.base.errors import ArgumentsRequired, BadRequest, BadSymbol, NetworkError
from hypothesis import given
from hypothesis import strategies as st

from ccxt_bingx_ext._bingx.endpoints import SPOT
from ccxt_bingx_ext._cancel.arguments import (
    Cancellations,
    adopt,
    old_ids,
    parse_all,
    parse_batch,
    parse_cancellations,
    parse_edited,
    parse_single,
    parse_symbol_or_all,
)
from ccxt_bingx_ext._cancel.method_names import CANCEL_ORDER, CANCEL_ORDERS_FOR_SYMBOLS
from ccxt_bingx_ext._cancel.reading import CallArguments, distinct
from ccxt_bingx_ext._cancel.values import LARGEST_ORDER_ID, parse_symbol
from ccxt_bingx_ext._ids import Batch, ClientOrderId, OrderRef


def ids_of(batch: Batch) -> list[tuple[str, str]]:
    return [tuple(asked) for asked in batch.refs]  # type: ignore[misc]


def public(cancellations: Cancellations) -> list[dict[str, str]]:
    return [ref.public for ref in cancellations.refs]


def parsed(call: CallArguments) -> Batch:
    """The batches that cancel_orders makes from a call's arguments."""
    call.read()
    return parse_batch(call.ids, call.params, "A/B")


def order_ids(*values: str) -> list[tuple[str, str]]:
    return [("id", value) for value in values]


def client_ids(*values: str) -> list[tuple[str, str]]:
    return [("clientOrderId", value) for value in values]


@pytest.mark.parametrize(
    "ids",
    [
        ["7", "8"],
        [7, 8],
        ("7", 8),
        {"7": None, "8": None}.keys(),
        iter(["7", "8"]),
        (str(n) for n in (7, 8)),
        ["7", "8", 7, "007"],
    ],
)
def test_iterables_of_ids(ids: Any) -> None:
    """parse_batch takes any iterable of str or int and keeps each id once, in asking order."""
    assert ids_of(parse_batch(ids, {})) == order_ids("7", "8")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"clientOrderIds": ["a", "b", "a"]}, client_ids("a", "b")),
        ({"clientOrderIDs": "a,b"}, client_ids("a", "b")),
        ({"clientOrderIDs": ["a", "b"]}, client_ids("a", "b")),
        ({"clientOrderIDs": "", "orderIds": ""}, []),
        ({"orderIds": "8,9"}, order_ids("8", "9")),
        ({"orderIds": [8, "9"]}, order_ids("8", "9")),
        (
            {"clientOrderIds": ["a"], "clientOrderIDs": "b", "orderIds": "8"},
            order_ids("8") + client_ids("a", "b"),
        ),
        ({"clientOrderIds": [12, 0, 10**39]}, client_ids("12", "0", f"1{'0' * 39}")),
        ({"clientOrderIds": ["a" * 40]}, client_ids("a" * 40)),
        ({"clientOrderIds": []}, []),
    ],
)
def test_ids_in_params(params: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    """parse_batch takes ccxt's clientOrderIds and the endpoint's own names, alone and beside ids."""
    assert ids_of(parse_batch(None, params)) == expected
    order_ids_first = order_ids("7") + expected
    assert ids_of(parse_batch(["7"], params)) == order_ids_first


def test_equal_ids_of_two_kinds() -> None:
    """An order id and a client order id of the same digits are two ids."""
    assert ids_of(parse_batch([7], {"clientOrderIds": ["7"]})) == order_ids("7") + client_ids("7")


def test_unresolved_ids_as_input() -> None:
    """A ClientOrderId among ids counts as a client order id, and unresolved returns one."""
    batch = parse_batch(["7", ClientOrderId("a")], {})
    assert ids_of(batch) == order_ids("7") + client_ids("a")
    assert [asked.public for asked in batch.refs] == ["7", "a"]
    assert [type(asked.public) for asked in batch.refs] == [str, ClientOrderId]


BAD_ORDER_IDS = [
    "", "abc", "0", "-1", "+1", "1.0", " 1", "1 ", "1,2", "1e3", "٣", "²",
    "9223372036854775808", "9" * 5000, 0, -1, 9223372036854775808, 1.0, True, False, None, b"1", ["1"],
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_ORDER_IDS)
def test_bad_order_id(bad: Any) -> None:
    """The error names a value that is not an int64 order id, and its position."""
    with pytest.raises(BadRequest, match=r"^bingx cancelOrders\(\) ids\[1\] is not an order id") as caught:
        parse_batch(["1", bad], {})
    assert str(caught.value).endswith(f": {bad!r}" if len(repr(bad)) <= 100 else f": {repr(bad)[:100]}…")


class Odd(str):
    """A string whose methods return another text."""

    def __str__(self) -> str:
        return "evil&x=1"


class Side(str, Enum):
    BUY = "buy"


class Number(int, Enum):
    FIVE = 5


def test_subclasses_of_str_and_int() -> None:
    """The plugin sends the value of a subclass (an enum, say), not what the subclass prints."""
    batch = parse_batch(
        [Number.FIVE, Odd("6")], {"clientOrderIds": [Side.BUY, Odd("abc")], "foo": Odd("bar")}
    )
    request = SPOT.request(batch, "BTC-USDT")
    assert request["orderIds"] == "5,6"
    assert request["clientOrderIDs"] == "buy,abc"
    assert request["foo"] == "bar"
    assert {type(value) for value in request.values()} == {str}


@pytest.mark.parametrize(
    ("ids", "params"),
    [
        ([10**6000], {}),
        ([{"id": 10**6000}], {}),
        *(([1], {name: [10**6000]}) for name in ("clientOrderIds", "orderIds")),
        *(([1], {name: 10**6000}) for name in ("process", "recvWindow", "foo", "clientOrderIds")),
    ],
    ids=lambda _: "",
)
def test_huge_number(ids: Any, params: dict[str, Any]) -> None:
    """The plugin refuses an int of thousands of digits, which Python does not write out."""
    with pytest.raises(BadRequest, match="a very large int"):
        parsed(CallArguments(ids, params))


def test_largest_order_id() -> None:
    """2^63-1 is an order id, as a string and as an int."""
    largest = "9223372036854775807"
    assert ids_of(parse_batch([int(largest), largest], {})) == order_ids(largest)


@pytest.mark.parametrize(
    "bad", ["", "a" * 41, *(f"a{c}b" for c in ",&=?# \t\n\r\x00\x7f\x85\u2003\ud800"), None, 1.5]
)
def test_bad_client_id(bad: Any) -> None:
    """A client order id has 1 to 40 characters that cannot break the list or the canonical string."""
    with pytest.raises(
        BadRequest, match=r"params\['clientOrderIds'\]\[1\] is not a client order id"
    ) as caught:
        parse_batch(None, {"clientOrderIds": ["ok", bad]})
    assert str(caught.value).endswith(f": {bad!r}")


@pytest.mark.parametrize(
    "bad", ["12345", b"12345", bytearray(b"1"), {"1": 2}, UserDict({"1": 2}), 12345, 1.5, object()]
)
def test_ids_of_other_types(bad: Any) -> None:
    """parse_batch refuses a bare string, bytes, a mapping or a number (ccxt sends 1,2,3,4,5)."""
    with pytest.raises(BadRequest, match=r"ids is not a list of ids") as caught:
        parse_batch(bad, {})
    assert str(caught.value).endswith(f": {bad!r}")
    with pytest.raises(BadRequest, match=r"clientOrderIds'\] is not a list of ids"):
        parse_batch(["1"], {"clientOrderIds": bad})


@pytest.mark.parametrize("params", [{}, {"clientOrderIds": None}, {"process": 1}])
def test_no_ids(params: dict[str, Any]) -> None:
    """ids=None without client order ids is a missing argument, not an empty list."""
    with pytest.raises(ArgumentsRequired, match="requires ids"):
        parse_batch(None, params)


@pytest.mark.parametrize("bad", [[], "process=1", None])
def test_params_of_other_types(bad: Any) -> None:
    """parse_batch refuses params that are not a dict."""
    with pytest.raises(BadRequest, match="params is not a dict") as caught:
        parse_batch(["1"], bad)
    assert str(caught.value).endswith(f": {bad!r}")


@pytest.mark.parametrize(
    ("value", "expected"), [(0, 0), (1, 1), ("0", 0), ("1", 1), (False, 0), (True, 1), (None, None)]
)
def test_process(value: Any, expected: int | None) -> None:
    """process may be 0, 1, their strings or booleans. None counts as not given."""
    assert parse_batch(["1"], {"process": value}).process == expected
    assert adopt(parse_batch(["1"], {}), SPOT, value).process == expected
    assert adopt(parse_batch(["1"], {"process": 1}), SPOT, value).process == 1


@pytest.mark.parametrize("bad", [2, -1, "2", "", "true", 1.0, [1], object()])
def test_bad_process(bad: Any) -> None:
    """parse_batch refuses every process but 0 and 1."""
    with pytest.raises(BadRequest, match="process is not 0 or 1") as caught:
        parse_batch(["1"], {"process": bad})
    assert str(caught.value).endswith(f": {bad!r}")


@pytest.mark.parametrize(
    ("value", "sent"), [(5000, 5000), (5000.0, 5000), ("5000", 5000), (2500.5, 2500.5), (0.5, 0.5)]
)
def test_recv_window(value: Any, sent: Any) -> None:
    """recvWindow is a positive number of ms, and the plugin sends a whole float as an int."""
    request = SPOT.request(parse_batch(["1"], {"recvWindow": value}), "BTC-USDT")
    assert repr(request["recvWindow"]) == repr(sent)


@pytest.mark.parametrize("bad", [0, -1, "abc", "", float("nan"), float("inf"), True, [5000], 10**400])
def test_bad_recv_window(bad: Any) -> None:
    """parse_batch refuses a recvWindow that is not a positive number."""
    with pytest.raises(BadRequest, match="recvWindow is not a positive number") as caught:
        parse_batch(["1"], {"recvWindow": bad})
    assert repr(bad)[:100] in str(caught.value)


@pytest.mark.parametrize("value", ["x", 1, 1.5, True, 10**400])
def test_further_params(value: Any) -> None:
    """The plugin sends params that it does not know as they are."""
    assert SPOT.request(parse_batch(["1"], {"foo": value}), "BTC-USDT")["foo"] == value


@pytest.mark.parametrize(
    "bad", ["a&b=c", "a=b", "a?b", "a#b", "a\rb", "a\nb", "\ud800", ["a"], {"a": 1}, float("nan")]
)
def test_ambiguous_params(bad: Any) -> None:
    """The plugin never signs a value that the exchange could read as a further parameter."""
    with pytest.raises(BadRequest, match=r"params\['foo'\] cannot be sent unambiguously") as caught:
        parse_batch(["1"], {"foo": bad})
    assert str(caught.value).endswith(f": {bad!r}")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("symbol", "pass the symbol as the argument"),
        ("Symbol", "pass the symbol as the argument"),
        ("signature", "the plugin signs the request"),
        *((one, "the plugin cannot send this name") for one in ("a&b", "", 5)),
    ],
)
def test_reserved_params(name: Any, why: str) -> None:
    """parse_batch refuses symbol, signature and every name that cannot be sent, and says what to do."""
    with pytest.raises(BadRequest) as caught:
        parse_batch(["1"], {name: "x"})
    assert str(caught.value) == f"bingx cancelOrders() params[{name!r}] is not allowed: {why}"


def test_empty_symbol_of_all() -> None:
    """cancel_all_orders takes None for every symbol, and no empty symbol, which may be a mistake."""
    assert parse_symbol_or_all(None) is None
    assert parse_symbol_or_all("A/B") == "A/B"
    with pytest.raises(ArgumentsRequired) as caught:
        parse_symbol_or_all("")
    assert str(caught.value) == "bingx cancelAllOrders() symbol is empty: pass None for every symbol"


def test_params_of_ccxt() -> None:
    """The plugin sends neither the caller's timestamp nor a retry setting of ccxt."""
    params = {"timestamp": 1, "maxRetriesOnFailure": 3, "maxRetriesOnFailureDelay": 5}
    assert SPOT.request(parse_batch(["1"], params), "BTC-USDT") == {"symbol": "BTC-USDT", "orderIds": "1"}


def test_arguments_unchanged() -> None:
    """The plugin does not change the caller's ids and params."""
    ids, params = ["2", "1", "2"], {"clientOrderIds": ["b", "a"], "process": "1", "orderIds": "9"}
    SPOT.request(parse_batch(ids, params), "BTC-USDT")
    assert ids == ["2", "1", "2"]
    assert params == {"clientOrderIds": ["b", "a"], "process": "1", "orderIds": "9"}


def test_request() -> None:
    """The request holds comma-joined strings, and omits an empty list and a process not given."""
    batch = parse_batch([1, 2], {"clientOrderIds": ["a"], "process": True, "recvWindow": 3000})
    assert SPOT.request(batch, "BTC-USDT") == {
        "symbol": "BTC-USDT", "orderIds": "1,2", "clientOrderIDs": "a", "process": 1, "recvWindow": 3000
    }  # fmt: skip
    assert SPOT.request(parse_batch(None, {"clientOrderIds": ["a"]}), "X-Y") == {
        "symbol": "X-Y",
        "clientOrderIDs": "a",
    }


@pytest.mark.parametrize(
    ("symbol", "error", "says"),
    [
        (None, ArgumentsRequired, "requires a symbol argument"),
        ("", ArgumentsRequired, "requires a symbol argument"),
        (5, BadSymbol, "symbol is not a string: 5"),
        (["BTC/USDT"], BadSymbol, "symbol is not a string: ['BTC/USDT']"),
        (b"BTC/USDT", BadSymbol, "symbol is not a string: b'BTC/USDT'"),
    ],
)
def test_bad_symbol(symbol: Any, error: type[Exception], says: str) -> None:
    """A missing symbol raises ArgumentsRequired, a symbol of another type BadSymbol."""
    with pytest.raises(error) as caught:
        parse_symbol(symbol)
    assert str(caught.value) == f"bingx cancelOrders() {says}"


def test_long_value() -> None:
    """A message cuts a long value."""
    for value, shown in (
        ("x" * 98, f"'{'x' * 98}'"),
        ("x" * 99, f"'{'x' * 99}…"),
        ("x" * 10**5, f"'{'x' * 99}…"),
    ):
        with pytest.raises(BadRequest) as caught:
            parse_batch([value], {})
        assert str(caught.value).endswith(f": {shown}")


def test_entries_of_several_symbols() -> None:
    """Each symbol gets one batch in asking order, and an order id outranks a client order id."""
    entries = [
        {"symbol": "B/C", "clientOrderId": "a"},
        {"symbol": "A/C", "id": 1, "clientOrderId": "b"},
        {"symbol": "B/C", "id": "2", "clientOrderId": None},
        {"symbol": "A/C", "id": "01"},
        {"symbol": "A/C", "id": None, "clientOrderId": "b"},
        {"symbol": "A/C", "id": "", "clientOrderId": "c"},
        {"symbol": "A/C", "id": ClientOrderId("d")},
    ]
    read = parse_cancellations(iter(entries), {"process": 1, "foo": "x", "bar": None})
    assert list(read.batches) == ["B/C", "A/C"]
    assert ids_of(read.batches["A/C"]) == order_ids("1") + client_ids("b", "c", "d")
    assert ids_of(read.batches["B/C"]) == order_ids("2") + client_ids("a")
    assert {(one.process, one.extra) for one in read.batches.values()} == {(1, (("foo", "x"),))}
    assert public(read) == [
        {"clientOrderId": "a", "symbol": "B/C"},
        {"id": "1", "symbol": "A/C"},
        {"id": "2", "symbol": "B/C"},
        *({"clientOrderId": one, "symbol": "A/C"} for one in "bcd"),
    ]


ENTRY = {"id": "1", "symbol": "A/C"}


@pytest.mark.parametrize(
    ("entries", "error", "says"),
    [
        (None, BadRequest, "orders is not a list: None"),
        (ENTRY, BadRequest, "orders is not a list: {'id': '1', 'symbol': 'A/C'}"),
        ("12", BadRequest, "orders is not a list: '12'"),
        (b"12", BadRequest, "orders is not a list: b'12'"),
        (bytearray(b"1"), BadRequest, "orders is not a list: bytearray(b'1')"),
        (memoryview(b"1"), BadRequest, "orders is not a list: <memory"),
        ([ENTRY, "2"], BadRequest, "orders[1] is not a dict: '2'"),
        ([ENTRY, {"id": "2"}], ArgumentsRequired, "orders[1] requires a symbol"),
        ([ENTRY, {"id": "2", "symbol": 5}], BadSymbol, "orders[1] symbol is not a string: 5"),
        (
            [{"symbol": "A/C", "id": None}],
            ArgumentsRequired,
            "orders[0] has neither an id nor a clientOrderId",
        ),
        ([ENTRY, {**ENTRY, "id": "x"}], BadRequest, "orders[1]['id'] is not an order id"),
        ([{**ENTRY, "id": 0}], BadRequest, "orders[0]['id'] is not an order id"),
        (
            [{"symbol": "A/C", "clientOrderId": "a,b"}],
            BadRequest,
            "orders[0]['clientOrderId'] is not a client order id",
        ),
    ],
)
def test_bad_entry(entries: Any, error: type[Exception], says: str) -> None:
    """The error names a bad entry and its position."""
    with pytest.raises(error) as caught:
        parse_cancellations(entries, {})
    assert str(caught.value).startswith(f"bingx cancelOrdersForSymbols() {says}")


@pytest.mark.parametrize("name", ["clientOrderIds", "clientOrderIDs", "orderIds"])
def test_ids_in_params_without_symbol(name: str) -> None:
    """parse_cancellations refuses ids in params, because no symbol goes with them."""
    with pytest.raises(
        BadRequest, match=rf"^bingx cancelOrdersForSymbols\(\) params\['{name}'\] has ids without a symbol"
    ):
        parse_cancellations([ENTRY], {name: ["1"]})
    assert public(parse_cancellations([ENTRY], {name: None})) == [ENTRY]


@given(count=st.integers(0, 300), size=st.integers(1, 120), process=st.sampled_from([None, 0, 1]))
def test_parts(count: int, size: int, process: int | None) -> None:
    """The parts of a batch are the whole list in order, and all or nothing stays in one part."""
    asked = tuple(OrderRef("id", str(n)) for n in range(1, count + 1))
    parts = [*Batch(asked, process).parts(size)]
    assert tuple(one for part in parts for one in part.refs) == asked
    assert all(part.refs for part in parts)
    if process == 1:
        assert all(len(part.refs) <= size for part in parts)
        assert len(parts) == -(-count // size)
    else:
        assert len(parts) == min(count, 1)


@given(
    ids=st.lists(st.integers(1, LARGEST_ORDER_ID)),
    clients=st.lists(st.from_regex(r"[A-Za-z0-9_]{1,40}", fullmatch=True)),
)
def test_every_id_once(ids: list[int], clients: list[str]) -> None:
    """The request names each distinct id once, in order of first mention."""
    request = SPOT.request(parse_batch(ids, {"clientOrderIds": clients}), "BTC-USDT")
    assert request.get("orderIds", "") == ",".join(map(str, dict.fromkeys(ids)))
    assert request.get("clientOrderIDs", "") == ",".join(dict.fromkeys(clients))


def asked(ids: Any, params: Any = {}, **method: str) -> CallArguments:
    read = CallArguments(ids, params, **method)
    read.read()
    return read


def test_ids_as_given() -> None:
    """CallArguments.unresolved holds every id as the bot gave it, for errors before validation."""
    params = {"clientOrderIds": ["a", 7, 1.5], "orderIds": "3,4", "clientOrderIDs": "b,c"}
    told = asked(["1", 2, None], params).unresolved
    assert told == ["1", 2, None, "3", "4", "a", "7", 1.5, "b", "c"]
    assert [str(one) for one in told if isinstance(one, ClientOrderId)] == ["a", "7", "b", "c"]
    for single in ("12", 12, b"12", {"id": "12"}, 1.5):
        assert asked(single).unresolved == [single]
    assert asked(None).unresolved == asked(None, []).unresolved == asked([]).unresolved == []


@pytest.mark.parametrize("bad", [True, -5, 10**40, 10**5000], ids=["bool", "negative", "long", "huge"])
def test_bad_client_id_as_given(bad: Any) -> None:
    """A refused client order id comes back unchanged: as a string it would be another, valid id."""
    (back,) = asked(None, {"clientOrderIds": [bad]}).unresolved
    assert back is bad
    with pytest.raises(BadRequest):
        parse_batch([back], {})


def test_misspelt_ids_as_given() -> None:
    """Ids under a name that parse_batch refuses are among the unresolved ones."""
    params = {"orderids": ["2"], "CLIENTORDERIDS": iter(["a"]), "orderId": 3, "foo": ["x"]}
    others = {"id": "4", "ids": ["5"], "orderId.0": "6", "origClientOrderId": "b"}
    told = asked(["1"], {**params, **others}).unresolved
    assert told == ["1", "2", 3, "4", "5", "6", "a", "b"]
    assert [type(one) for one in told] == [str, str, int, str, str, str, ClientOrderId, ClientOrderId]


def test_iterators_are_read_once() -> None:
    """CallArguments replaces iterators in ids and params by lists, and leaves the caller's params alone."""
    params = {"clientOrderIds": iter(["a", "b"]), "orderIds": (one for one in ("3",))}
    given = dict(params)
    read = CallArguments(iter(["1"]), params)
    assert ids_of(parsed(read)) == order_ids("1", "3") + client_ids("a", "b")
    assert read.unresolved == ["1", "3", "a", "b"]
    assert params == given


def test_ids_in_params_of_symbols() -> None:
    """For several symbols the ids in params are unresolved as dicts, like all others."""
    params = {"clientOrderIds": ["a"], "orderIds": "3"}
    read = asked([{"id": "1", "symbol": "A/B"}], params, method=CANCEL_ORDERS_FOR_SYMBOLS)
    assert read.unresolved == [{"id": "1", "symbol": "A/B"}, {"id": "3"}, {"clientOrderId": "a"}]


def breaking(error: Exception, *ids: str) -> Iterator[str]:
    yield from ids
    raise error


@pytest.mark.parametrize(
    ("ids", "params", "unresolved"),
    [
        (["1", "1", "2"], {}, ["1", "2"]),
        (["1"], {"orderids": ["1", "2"]}, ["1", "2"]),
        (["1", ClientOrderId("1")], {"clientOrderIds": ["1"]}, ["1", ClientOrderId("1")]),
        ([1, "1"], {}, [1, "1"]),
        ([{"id": "1"}, {"id": "1"}, {"id": "2"}], {}, [{"id": "1"}, {"id": "2"}]),
        ([{"id": [1]}, {"id": [2]}], {}, [{"id": [1]}, {"id": [2]}]),
        ([None, None], {}, [None, None]),
    ],
)
def test_repeated_ids_are_unresolved_once(ids: Any, params: Any, unresolved: list[Any]) -> None:
    """Wrong input leaves each id unresolved once. Values that the plugin cannot compare all stay."""
    read = CallArguments(ids, params)
    read.read()
    assert [(type(one), one) for one in read.unresolved] == [(type(one), one) for one in unresolved]


def test_iterator_raises_ccxt_error() -> None:
    """A ccxt error of the caller's iterator leaves after the plugin has read every other id."""
    error = NetworkError("no list")
    read = CallArguments(breaking(error, "1", "2"), {"clientOrderIds": iter(["a"]), "orderIds": ["3"]})
    with pytest.raises(NetworkError) as caught:
        read.read()
    assert caught.value is error
    assert read.unresolved == ["1", "2", "3", "a"]


def test_iterator_raises_error_with_lists() -> None:
    """If the error has the list of another call, the ids of both calls are unresolved."""
    error = NetworkError("no list")
    error.orders, error.unresolved = [], ["9"]
    read = CallArguments(breaking(error, "1"), {})
    with pytest.raises(NetworkError) as caught:
        read.read()
    assert not hasattr(caught.value, "unresolved")
    assert read.unresolved == ["1", "9"]


def test_iterator_raises_own_error() -> None:
    """The caller's own exception passes through."""
    with pytest.raises(ZeroDivisionError):
        CallArguments(breaking(ZeroDivisionError(), "1"), {}).read()


class Hostile:
    """Raises an exception from every method."""

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError

    __str__ = __repr__ = __bool__ = __len__ = __index__ = __eq__  # type: ignore[assignment]
    __hash__ = object.__hash__


class HostileText(str):
    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError

    __str__ = __repr__ = __len__ = __bool__ = __eq__  # type: ignore[assignment]
    __hash__ = str.__hash__


class HostileMapping(Mapping[str, Any]):
    """A mapping that another thread changes while it is read."""

    def __iter__(self) -> Iterator[str]:
        yield "id"
        raise RuntimeError("dictionary changed size during iteration")

    def __len__(self) -> int:
        return 1

    def __getitem__(self, name: str) -> str:
        return "1"


HOSTILE = (Hostile(), HostileText("x y"), HostileMapping())


@pytest.mark.parametrize("odd", HOSTILE, ids=lambda one: type(one).__name__)
def test_hostile_values(odd: Any) -> None:
    """A value whose methods raise is bad input, in every place."""
    for ids, params in (
        (odd, {}),
        ([odd], {}),
        (["1"], {"clientOrderIds": [odd]}),
        (["1"], {"clientOrderIds": odd}),
        (["1"], {"orderIds": [odd]}),
        (["1"], {"process": odd}),
        (["1"], {"recvWindow": odd}),
        ([{"clientOrderId": odd}], {}),
        ([{"id": "1", "symbol": odd}], {}),
    ):
        with pytest.raises((BadRequest, ArgumentsRequired)):
            parsed(CallArguments(ids, params))
    for entry in ({"id": odd, "symbol": "A/B"}, {"id": None, "clientOrderId": odd, "symbol": "A/B"}, odd):
        with pytest.raises((BadRequest, ArgumentsRequired)):
            parse_cancellations([entry], {})


@pytest.mark.parametrize("odd", [Hostile(), HostileMapping()], ids=lambda one: type(one).__name__)
def test_hostile_symbols_and_params(odd: Any) -> None:
    """A symbol or params whose methods raise are bad input."""
    with pytest.raises(BadSymbol):
        parse_symbol(odd)
    read = CallArguments(["1"], odd)
    with pytest.raises(BadRequest):
        parsed(read)
    assert read.unresolved == ["1"]


def test_hostile_text_as_itself() -> None:
    """A string subclass counts as the text that it holds, regardless of its methods."""
    batch = parse_batch([HostileText("7")], {HostileText("process"): HostileText("1")}, "A/B")
    assert (ids_of(batch), batch.process) == (order_ids("7"), 1)
    assert type(parse_symbol(HostileText("A/B"))) is str


class Index:
    """As numpy.int64: not an int, though it equals one, has its hash and its text, and shows another repr."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value

    def __int__(self) -> int:
        return self.value

    def __eq__(self, other: object) -> bool:
        return self.value == other

    def __hash__(self) -> int:
        return hash(self.value)

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return f"np.int64({self.value})"


# As numpy's booleans, under both of their names. numpy 2.2 gives them an __index__.
BOOLEANS = [type(name, (Index,), {})(1) for name in ("bool", "bool_")]


class Float(float):
    """As numpy.float64."""

    def __repr__(self) -> str:
        return f"np.float64({float(self)})"


class Array:
    """As numpy's array: iterable, and not hashable. Its comparison, truth value and index raise."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, *items: Index) -> None:
        self.items = items

    def __iter__(self) -> Iterator[Index]:
        return iter(self.items)

    def __eq__(self, other: object) -> bool:
        raise ValueError("The truth value of an array with more than one element is ambiguous")

    def __bool__(self) -> bool:
        raise ValueError("The truth value of an array with more than one element is ambiguous")

    def __index__(self) -> int:
        raise TypeError("only integer scalar arrays can be converted to a scalar index")


def test_ids_with_index() -> None:
    """A value with __index__, as in numpy, is a valid id, process and parameter."""
    batch = parse_batch([Index(7)], {"clientOrderIds": [Index(8)], "process": Index(1), "foo": Index(5)})
    assert ids_of(batch) == order_ids("7") + client_ids("8")
    assert (batch.process, batch.extra) == (1, (("foo", 5),))
    assert [type(ref.value) for ref in batch.refs] == [str, str]
    assert ids_of(parse_batch([{"id": Index(7)}, Index(7), 7, "7"], {})) == order_ids("7")
    assert type(asked(None, {"clientOrderIds": [Index(8)]}).unresolved[0]) is ClientOrderId
    for bad in (Index(0), Index(2**63)):
        with pytest.raises(BadRequest, match=r"is not an order id .*: np\.int64"):
            parse_batch([bad], {})


def test_arrays_of_ids() -> None:
    """An array of numpy's integers is a list of ids. numpy's booleans, floats and arrays are not ids."""
    assert ids_of(parse_batch(Array(Index(7), Index(8)), {})) == order_ids("7", "8")
    for bad in (*BOOLEANS, Float(7.0), Array(Index(7), Index(8))):
        with pytest.raises(BadRequest, match="is not an order id"):
            parse_batch([bad], {})
        with pytest.raises(BadRequest, match="process is not 0 or 1"):
            parse_batch(["7"], {"process": bad})


def test_entries_among_ids() -> None:
    """Dicts among ids name orders as in cancel_orders_for_symbols. A symbol must be the call's symbol."""
    ids = [
        {"id": "7"},
        {"clientOrderId": "7"},
        {"id": 8, "clientOrderId": "a", "symbol": "A/B"},
        {"id": ClientOrderId("9")},
        {"id": None, "clientOrderId": "c", "symbol": None},
        "10",
    ]
    expected = order_ids("7", "8", "10") + client_ids("7", "9", "c")
    assert ids_of(parse_batch(ids, {}, "A/B")) == expected


@pytest.mark.parametrize(
    ("entry", "error", "says"),
    [
        ({}, ArgumentsRequired, "ids[1] has neither an id nor a clientOrderId"),
        ({"id": "x"}, BadRequest, "ids[1]['id'] is not an order id"),
        ({"clientOrderId": "a,b"}, BadRequest, "ids[1]['clientOrderId'] is not a client order id"),
        ({"id": "1", "symbol": "C/D"}, BadRequest, "ids[1] is an order of 'C/D', not of 'A/B'"),
        ({"id": "1", "symbol": 5}, BadSymbol, "ids[1] symbol is not a string: 5"),
    ],
)
def test_bad_entry_among_ids(entry: Any, error: type[Exception], says: str) -> None:
    """The error names a bad dict among ids and its position."""
    with pytest.raises(error) as caught:
        parse_batch(["1", entry], {}, "A/B")
    assert str(caught.value).startswith(f"bingx cancelOrders() {says}")


ORDER_IDS = "is misspelt: pass ids, or params['orderIds']"
CLIENT_ORDER_IDS = "is misspelt: pass ids, or params['clientOrderIds']"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        *((one, ORDER_IDS) for one in ("orderids", "ORDERIDS", "orderID", "orderidlist")),
        *((one, ORDER_IDS) for one in ("orderIds ", "orderIds[0]", "order_id")),
        *((one, ORDER_IDS) for one in ("id", "ids", "orderId0", "orderId.0", "order_id_0", "orderId1[0]")),
        *((one, CLIENT_ORDER_IDS) for one in ("ClientOrderIDs", "CLIENTORDERID")),
        *((one, CLIENT_ORDER_IDS) for one in ("origClientOrderId", "cancelClientOrderID", "clientId")),
        *((one, "is not allowed: pass the symbol as the argument") for one in ("Symbol", "\u017fymbol")),
        ("SIGNATURE", "is not allowed: the plugin signs the request"),
        *((one, "is misspelt: write 'process'") for one in ("Process", "PROCESS")),
        *((one, "is misspelt: write 'recvWindow'") for one in ("recvwindow", "RecvWindow")),
        ("Timestamp", "is misspelt: write 'timestamp'"),
    ],
)
def test_names_in_any_case(name: str, says: str) -> None:
    """The check of reserved names ignores case, because the exchange may do so."""
    with pytest.raises(BadRequest) as caught:
        parse_batch(["1"], {name: "1"})
    assert str(caught.value).endswith(f"] {says}")
    with pytest.raises(BadRequest) as caught:
        parse_cancellations([ENTRY], {name: "1"})
    for_symbols = "is not allowed: list the ids in orders" if "pass ids" in says else says
    assert str(caught.value).endswith(f"] {for_symbols}")


@pytest.mark.parametrize(
    "name", ["positionId", "side", "guid", "workingType", "selfTradePreventionMode", "c"]
)
def test_other_names(name: str) -> None:
    """A name that only resembles the name of an id passes."""
    assert parse_all({name: "1"}) == {name: "1"}


def test_entries_as_given() -> None:
    """The entries of several symbols come back as the bot would send them again."""
    asked = [{"id": "1", "symbol": "A/B"}, {"clientOrderId": "x", "symbol": "C/D"}]
    cancellations = parse_cancellations(asked, {})
    assert public(cancellations) == asked


def test_id_from_unresolved() -> None:
    """An id from unresolved means the same order when passed back, for both kinds, and is a plain string."""
    for one in (OrderRef("id", "5"), OrderRef("clientOrderId", "5")):
        (again,) = parse_batch([one.public], {}).refs
        assert again == one
        assert type(again.value) is str


@pytest.mark.parametrize(
    ("given", "params", "sent", "known_as"),
    [
        ("7", {}, ("id", "7"), None),
        (7, {}, ("id", "7"), None),
        ("007", {"clientOrderId": None, "clientOrderID": ""}, ("id", "7"), None),
        (ClientOrderId("a"), {}, ("clientOrderId", "a"), None),
        ("", {"clientOrderId": "a"}, ("clientOrderId", "a"), None),
        (None, {"clientOrderID": "a"}, ("clientOrderId", "a"), None),
        (None, {"clientOrderId": 12}, ("clientOrderId", "12"), None),
        (None, {"clientOrderId": "a", "clientOrderID": "a"}, ("clientOrderId", "a"), None),
        (ClientOrderId("a"), {"clientOrderId": "a"}, ("clientOrderId", "a"), None),
        ("7", {"clientOrderId": "a"}, ("clientOrderId", "a"), ("id", "7")),
        ("7", {"clientOrderId": "7"}, ("clientOrderId", "7"), ("id", "7")),
    ],
)
def test_single(given: Any, params: Any, sent: tuple[str, str], known_as: Any) -> None:
    """cancel_order uses the client order id if there is one, and an order id beside it for queries."""
    before = dict(params)
    single = parse_single(given, params)
    assert single.batch.refs == (OrderRef(*sent),)
    assert single.known_as == (known_as and OrderRef(*known_as))
    assert single.batch.process == 1
    assert single.batch.extra == ()
    assert params == before


@pytest.mark.parametrize(
    ("given", "params", "error", "says"),
    [
        (None, {}, ArgumentsRequired, r"cancelOrder\(\) requires an id, or params\['clientOrderId'\]"),
        ("", {"clientOrderId": ""}, ArgumentsRequired, "requires an id"),
        ("", {"clientOrderId": None}, ArgumentsRequired, "requires an id"),
        ("1,2", {}, BadRequest, r"cancelOrder\(\) id is not an order id .*: '1,2'"),
        (True, {}, BadRequest, "id is not an order id .*: True"),
        (["1"], {}, BadRequest, "id is not an order id"),
        ({"id": "1"}, {}, BadRequest, "id is not an order id"),
        (" ", {}, BadRequest, "id is not an order id"),
        ("x", {"clientOrderId": "a"}, BadRequest, "id is not an order id"),
        ("1", {"clientOrderId": "a b"}, BadRequest, r"params\['clientOrderId'\] is not a client order id"),
        ("1", {"clientOrderId": ["a"]}, BadRequest, r"params\['clientOrderId'\] is not a client order id"),
        (
            "1",
            {"clientOrderId": "a", "clientOrderID": "b"},
            BadRequest,
            "takes one client order id, not two: a, b",
        ),
        (ClientOrderId("b"), {"clientOrderId": "a"}, BadRequest, "takes one client order id, not two: a, b"),
        (
            "1",
            {"orderId": "2"},
            BadRequest,
            r"params\['orderId'\] is not allowed: pass id, or params\['clientOrderId'\]",
        ),
        ("1", {"clientOrderIds": ["a"]}, BadRequest, r"params\['clientOrderIds'\] is not allowed: pass id"),
        ("1", {"symbol": "X"}, BadRequest, r"params\['symbol'\] is not allowed: pass the symbol"),
        ("1", {"process": 2}, BadRequest, "process is not 0 or 1"),
        ("1", None, BadRequest, "params is not a dict"),
    ],
)
def test_bad_single(given: Any, params: Any, error: type[Exception], says: str) -> None:
    """The error for wrong input names the value and the problem."""
    with pytest.raises(error, match=says):
        parse_single(given, params)


def test_params_of_single() -> None:
    """The plugin sends all params except ccxt's internal ones. cancelRestrictions forbid a second cancel."""
    kept = {"stop": True, "trigger": False, "recvWindow": 3000}
    single = parse_single("1", {**kept, "type": "swap", "subType": "linear", "twap": False, "timestamp": 1})
    assert dict(single.batch.extra) == kept
    assert single.repeats
    for name in ("cancelRestrictions", "CancelRestrictions", "cancel_restrictions"):
        assert not parse_single("1", {name: "NEW"}).repeats


def test_single_ids_as_given() -> None:
    """Until the plugin has checked the ids, an error holds them as the caller passed them."""
    asked = CallArguments("x", {"clientOrderId": 7}, CANCEL_ORDER)
    asked.read()
    assert asked.unresolved == ["x", "7"]
    assert [type(one) for one in asked.unresolved] == [str, ClientOrderId]


def test_params_of_all() -> None:
    """The plugin sends parameters without ids unchanged, and drops its own and ccxt's."""
    params = {"type": "swap", "recvWindow": 3000, "timestamp": 1, "maxRetriesOnFailure": 3, "side": None}
    assert parse_all(params) == {"type": "swap", "recvWindow": 3000}
    assert parse_all({}) == {}


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"orderId": "1"}, r"params\['orderId'\] is not allowed: .* call cancel_orders"),
        ({"clientOrderIds": ["a"]}, r"params\['clientOrderIds'\] is not allowed: .* call cancel_orders"),
        ({"id": "1"}, r"params\['id'\] is not allowed: .* call cancel_orders"),
        ({"symbol": "BTC-USDT"}, r"params\['symbol'\] is not allowed: pass the symbol as the argument"),
        ({"side": "a&b"}, "cannot be sent unambiguously"),
        ({"process": 2}, "process is not 0 or 1"),
        ("x", "params is not a dict"),
    ],
)
def test_bad_params_of_all(params: Any, words: str) -> None:
    """The plugin refuses parameters that name orders, or that it cannot send."""
    with pytest.raises(BadRequest, match=rf"^bingx cancelAllOrders\(\) .*{words}"):
        parse_all(params)


EDIT = "bingx editOrder() params"
NOT_AN_ARGUMENT = "is not allowed: pass id, or params['cancelClientOrderID']"


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"symbol": "ETH-USDT"}, f"{EDIT}['symbol'] is not allowed: pass the symbol as the argument"),
        ({"Symbol": None}, f"{EDIT}['Symbol'] is not allowed: pass the symbol as the argument"),
        ({"signature": "a"}, f"{EDIT}['signature'] is not allowed: the plugin signs the request"),
        ({"a&b": 1}, f"{EDIT}['a&b'] is not allowed: the plugin cannot send this name"),
        ({5: 6}, f"{EDIT}[5] is not allowed: the plugin cannot send this name"),
        ({"Timestamp": 5}, f"{EDIT}['Timestamp'] is misspelt: write 'timestamp'"),
        *(
            ({name: "5"}, f"{EDIT}['{name}'] {NOT_AN_ARGUMENT}")
            for name in ("orderId", "cancelOrderId", "cancelOrderID", "id", "clientOrderIds", "orderId.0")
        ),
        *(
            ({name: "a"}, f"{EDIT}['{name}'] is misspelt: write '{right}'")
            for name, right in (
                ("CancelClientOrderID", "cancelClientOrderID"),
                ("cancel_client_order_id", "cancelClientOrderID"),
                ("cancelClientOrderId[]", "cancelClientOrderID"),
                ("client_order_id", "clientOrderId"),
                ("newClientOrderID", "newClientOrderId"),
            )
        ),
        *(
            ({"x": value}, f"{EDIT}['x'] cannot be sent unambiguously: {value!r}")
            for value in ("1&quantity=9", "a\nb", "\ud800", ["a", "b\n"], {"stopPrice": "1&a=2"}, {"a&b": 1})
        ),
        ({"x": 10**5000}, f"{EDIT}['x'] cannot be sent unambiguously: a very large int"),
        ({"x": Hostile()}, f"{EDIT}['x'] cannot be sent unambiguously: a value of type Hostile"),
        ({"newClientOrderId": "a=b"}, f"{EDIT}['newClientOrderId'] cannot be sent unambiguously: 'a=b'"),
    ],
)
def test_bad_params_of_edit(params: Any, says: str) -> None:
    """An edit takes no param that contradicts its request, and none that could be read in two ways."""
    with pytest.raises(BadRequest) as caught:
        parse_edited("7", params)
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize("name", ["type", "side"])
def test_bad_text_of_edit(name: str) -> None:
    """An edit's type and side become params, so that they must not hold further ones."""
    with pytest.raises(
        BadRequest, match=rf"^bingx editOrder\(\) {name} cannot be sent unambiguously: 'a&b=1'"
    ):
        parse_edited("7", {}, {name: "a&b=1"})


def test_params_of_edit() -> None:
    """The params that ccxt or the exchange reads pass as they are."""
    params = {
        "cancelReplaceMode": "ALLOW_FAILURE",
        "cancelRestrictions": "ONLY_NEW",
        "newClientOrderId": "new_1",
        "clientOrderId": "new_1",
        "clientOrderID": "new_1",
        "takeProfit": {"triggerPrice": 1.5, "type": "TAKE_PROFIT_MARKET", "workingType": "MARK_PRICE"},
        "stopLoss": {"triggerPrice": "1.5", "price": Decimal("1.4")},
        "triggerPrice": Decimal("1"),
        "reduceOnly": True,
        "postOnly": False,
        "positionId": 5,
        "recvWindow": 10**9,
        "timestamp": 5,
        "maxRetriesOnFailure": 3,
        "quoteOrderQty": None,
        "x": ["a", 1],
    }
    edited = parse_edited("7", params, {"type": "limit", "side": None})
    assert edited.sent("spot") == ("7", params)


@pytest.mark.parametrize(
    ("given_id", "params", "ids"),
    [
        ("7", {"orderId": 5, "clientOrderId": "new"}, ["7", 5]),
        ("", {"cancel_client_order_id": "5"}, [ClientOrderId("5")]),
        ("", {"cancel_client_order_id": "5", "clientOrderId": "6"}, [ClientOrderId("6"), ClientOrderId("5")]),
        ("", {"cancelClientOrderID": "5", "clientOrderId": "6"}, [ClientOrderId("5")]),
        (ClientOrderId("5"), {"clientOrderId": "6", "id": ""}, [ClientOrderId("5")]),
        (None, {"ids": ["5"], "symbol": "x"}, [["5"]]),
        ("7", "x", ["7"]),
        ("7", HostileMapping(), ["7"]),
    ],
)
def test_ids_of_edit_as_given(given_id: Any, params: Any, ids: list[Any]) -> None:
    """Until an edit's arguments are checked, an error names each id that may mean the old order."""
    named = list(old_ids(given_id, params).values())
    assert [(type(one), one) for one in named] == [(type(one), one) for one in ids]


def test_names_of_an_edited_order_once() -> None:
    """An id that a refused param repeats is among the unresolved ids once."""
    params = {"cancelOrderId": "5", "orderId": "6", "cancelClientOrderID": "a"}
    assert distinct(old_ids("5", params).values()) == ["5", "a", "6"]
