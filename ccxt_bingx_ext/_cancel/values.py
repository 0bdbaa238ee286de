"""Check one value of the caller: a symbol, an id, a param. No I/O, no exchange object."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, TypeGuard

from ccxt.base.errors import ArgumentsRequired, BadRequest, BadSymbol

from .._ids import ClientOrderId, OrderRef, exact, is_blank, shown
from .._log import WARNING, event
from .method_names import (
    CANCEL_ALL_ORDERS,
    CANCEL_ORDER,
    CANCEL_ORDERS,
    CANCEL_ORDERS_FOR_SYMBOLS,
    EDIT_ORDER,
)

LARGEST_ORDER_ID = 2**63 - 1  # int64 (seed)
MOST_DIGITS = len(str(LARGEST_ORDER_ID))
LONGEST_CLIENT_ID = 40  # (docs)
LONGEST_RECV_WINDOW = 5000  # ms (notes, which also name 60000)

# ccxt overwrites a caller's timestamp, too. Its retries would send again without the flow.
DROPPED = ("timestamp", "maxRetriesOnFailure", "maxRetriesOnFailureDelay")
# The endpoint's own names may hold the endpoint's own form. ccxt's clientOrderIds is always a list.
_COMMA_PARAMS = ("orderIds", "clientOrderIDs")
# The plugin sends these itself: a second value would contradict the first.
_OURS = {"symbol": "pass the symbol as the argument", "signature": "the plugin signs the request"}
# The exchange may ignore case, white space or brackets in names. So the plugin compares names without them.
_KNOWN = {name.casefold(): name for name in ("process", "recvWindow", *DROPPED)}
# From a name like these an endpoint may read orders, in addition to the ids that the plugin checked.
_ID_NAME = r"(?:orig|cancel|main)?(client)?(?:order)?ids?(?:list)?"
# What to do about such a name. cancel_orders reads ids from params, too, so there it is misspelt.
_PLACE_OF_IDS = {
    CANCEL_ORDER: "is not allowed: pass id, or params['clientOrderId']",
    CANCEL_ORDERS_FOR_SYMBOLS: "is not allowed: list the ids in orders",
    CANCEL_ALL_ORDERS: "is not allowed: to cancel single orders, call cancel_orders",
    EDIT_ORDER: "is not allowed: pass id, or params['cancelClientOrderID']",
}
# Control characters, and halves of surrogate pairs, which have no UTF-8 form at all.
_UNSENDABLE = r"\x00-\x1f\x7f-\x9f\ud800-\udfff"
# With one of &=?# in a value the canonical string can be read in two ways: parameter injection (notes).
_NOT_IN_VALUE = rf"[&=?#{_UNSENDABLE}]"
_NOT_IN_CLIENT_ID = rf"[,&=?#\s{_UNSENDABLE}]"  # compiled at first use: a bot starts sooner


def copied(values: Mapping[Any, Any], where: str) -> dict[Any, Any]:
    """A copy of `values`, which no other thread changes while the plugin reads it."""
    try:
        return {exact(name): value for name, value in dict(values).items()}
    except Exception as error:  # a caller's own mapping may raise anything
        raise BadRequest(f"{where} cannot be read: {shown(error)}") from error


def is_list(values: object) -> TypeGuard[Iterable[Any]]:
    """Whether `values` are several values, in any iterable."""
    return isinstance(values, Iterable) and not _is_single(values)


def _is_single(values: object) -> bool:
    # A string or a dict is iterable, too, but its items are not ids.
    return isinstance(values, (str, bytes, bytearray, memoryview, Mapping))


def parse_symbol(symbol: object, where: str = CANCEL_ORDERS) -> str:
    """The symbol. Raises ``ArgumentsRequired`` for None or "", and ``BadSymbol`` for another type."""
    if is_blank(symbol):
        raise ArgumentsRequired(f"{where} requires a symbol argument")
    if not isinstance(symbol, str):
        raise BadSymbol(f"{where} symbol is not a string: {shown(symbol)}")
    return str.__str__(symbol)


def parse_process(given: object, method: str = CANCEL_ORDERS) -> int | None:
    """``process`` as 0, 1 or None (not given). Raises ``BadRequest`` for anything else."""
    if given is None:
        return None
    value = exact(given)
    # False equals 0, and True equals 1. A float would, too, so the type counts.
    if isinstance(value, (int, str)) and value in (0, 1, "0", "1"):
        return int(value)
    raise BadRequest(f"{method} process is not 0 or 1: {shown(given)}")


def parse_id(where: str, value: object, *, client: bool) -> OrderRef:
    """The order that `value` names: by a client order id if `client`. Raises ``BadRequest``."""
    if client or isinstance(value, ClientOrderId):
        return OrderRef("clientOrderId", _parse_client_id(where, value))
    return OrderRef("id", _parse_order_id(where, value))


def _parse_order_id(where: str, given: object) -> str:
    value = exact(given)
    if isinstance(value, int) and not isinstance(value, bool):
        text = str(value) if 0 < value <= LARGEST_ORDER_ID else ""
    else:
        text = value.lstrip("0") if isinstance(value, str) and value.isascii() and value.isdigit() else ""
    # The length comes first, because int() of a very long string is slow or raises.
    if not text or len(text) > MOST_DIGITS or int(text) > LARGEST_ORDER_ID:
        raise BadRequest(f"{where} is not an order id (digits, 1 to 2^63-1): {shown(given)}")
    return text


def _parse_client_id(where: str, given: object) -> str:
    value = exact(marked(given))
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= LONGEST_CLIENT_ID
        or re.search(_NOT_IN_CLIENT_ID, value)
    ):
        raise BadRequest(
            f"{where} is not a client order id (1 to {LONGEST_CLIENT_ID} characters, "
            f"no white space, none of ,&=?#): {shown(given)}"
        )
    return value


def marked(one: object) -> object:
    """`one` as a client order id. A value of another kind stays: as a string it would be another id."""
    value = exact(one)
    is_number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**LONGEST_CLIENT_ID
    return ClientOrderId(value) if isinstance(value, str) or is_number else one


def split_at_commas(name: str, value: object) -> object:
    """The ids in the `value` of a param, if the endpoint has a comma form for this `name`; else `value`."""
    if not isinstance(value, str) or name not in _COMMA_PARAMS:
        return value
    return str.split(value, ",") if exact(value) else []


def id_field(name: object) -> str | None:
    """The field of an order that a param of this `name` holds, however it is spelt; None for other params."""
    found = re.fullmatch(_ID_NAME, bare_name(name))
    return None if found is None else "clientOrderId" if found[1] else "id"


def check_name(method: str, name: Any, own_ids: Sequence[str] = ()) -> None:
    """Refuse a param that contradicts what is sent anyway, or names orders by another name than `own_ids`.

    `own_ids`: the names under which the `method` takes client order ids. Raises ``BadRequest``.
    """
    if name in own_ids:
        return
    bare = bare_name(name)
    if not bare or bare in _OURS or re.search(_NOT_IN_VALUE, name):
        why = _OURS.get(bare, "the plugin cannot send this name")
        raise BadRequest(f"{method} params[{shown(name)}] is not allowed: {why}")
    known = {**_KNOWN, **{bare_name(one): one for one in reversed(own_ids)}}
    if known.get(bare, name) != name:
        raise BadRequest(f"{method} params['{name}'] is misspelt: write '{known[bare]}'")
    if (field := id_field(name)) is not None:
        right = "orderIds" if field == "id" else "clientOrderIds"
        why = _PLACE_OF_IDS.get(method, f"is misspelt: pass ids, or params['{right}']")
        raise BadRequest(f"{method} params['{name}'] {why}")


def check_text(where: str, given: object) -> None:
    """Refuse a value that ccxt is to sign if its text can be read in two ways. Raises ``BadRequest``."""
    value = exact(given)
    try:
        texts = [str(one) for one in (value if isinstance(value, list) else [value])]
    except Exception:  # a caller's own __str__ may raise anything
        texts = ["&"]
    if any(re.search(_NOT_IN_VALUE, text) for text in texts):
        raise BadRequest(f"{where} cannot be sent unambiguously: {shown(given)}")


def parse_extra(method: str, given_name: object, given: object) -> tuple[str, Any]:
    """A param to pass on, with a value that every library signs alike. Raises ``BadRequest``."""
    name, value = exact(given_name), exact(given)
    check_name(method, name)
    if name == "recvWindow":
        return name, _parse_recv_window(method, value)
    if isinstance(value, str) and not re.search(_NOT_IN_VALUE, value):
        return name, value
    if (isinstance(value, int) and _is_writable(value)) or (isinstance(value, float) and isfinite(value)):
        return name, _plain_number(value)
    raise BadRequest(f"{method} params['{name}'] cannot be sent unambiguously: {shown(value)}")


def bare_name(name: object) -> str:
    """`name` as the most lenient exchange might read it: "Order_Ids[0]" and "orderIds.0" are "orderids"."""
    if not isinstance(name, str):
        return ""
    letters_and_digits = re.sub(r"[\W_]", "", re.sub(r"\[.*", "", str.__str__(name).casefold()))
    return re.sub(r"\d+$", "", letters_and_digits)


def _parse_recv_window(method: str, value: object) -> int | float:
    try:
        number = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else 0.0
    except (ValueError, OverflowError):
        number = 0.0
    if not 0 < number < LARGEST_ORDER_ID:
        raise BadRequest(f"{method} recvWindow is not a positive number of ms: {shown(value)}")
    if number > LONGEST_RECV_WINDOW:
        _warn_of_recv_window()
    return _plain_number(number)


@functools.cache  # once per process
def _warn_of_recv_window() -> None:
    text = (
        f"recvWindow is longer than {LONGEST_RECV_WINDOW} ms: "
        "the sources disagree whether the exchange accepts that"
    )
    event(WARNING, "recv_window", text)


def _plain_number(value: int | float) -> int | float:
    # 5000.0 and 5000 are one number, but two texts. All libraries sign only the shorter one alike.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_writable(value: int) -> bool:
    try:
        return bool(str(value))
    except ValueError:  # Python refuses to write an int of thousands of digits
        return False
