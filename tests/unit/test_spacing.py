"""The same order goes at most once per second."""

from __future__ import annotations

import multiprocessing
import threading

import pytest

from ccxt_bingx_ext._cancel.spacing import Spacing, forget, spacing_for
from ccxt_bingx_ext._ids import OrderRef

ORDER, CLIENT, OTHER = OrderRef("id", "1"), OrderRef("clientOrderId", "a"), OrderRef("id", "2")


def submitted(*refs: OrderRef, at: float) -> Spacing:
    """A spacing in which `refs` were submitted at `at` s."""
    spacing = Spacing()
    assert spacing.reserve(refs, at) == (0.0, True)
    spacing.release(refs, at + 1.05)
    return spacing


def test_a_second_cancel_waits() -> None:
    """The order of a list that was submitted last decides. Another order goes at once."""
    spacing = submitted(ORDER, at=10.0)
    assert spacing.reserve([OTHER], 10.2) == (0.0, True)
    spacing.release([OTHER], 11.25)
    assert spacing.reserve([ORDER, OTHER], 10.5) == (0.75, True)


def test_refused_before_order_handling() -> None:
    """A request that did not reach an order does not count."""
    spacing = Spacing()
    assert spacing.reserve([ORDER], 10.0) == (0.0, True)
    spacing.release([ORDER], None)
    assert spacing.reserve([ORDER], 10.0) == (0.0, True)


def test_under_way_elsewhere() -> None:
    """While a cancel of an order is under way, another cancel must ask again."""
    spacing = Spacing()
    spacing.reserve([ORDER], 10.0)
    delay, reserved = spacing.reserve([ORDER, OTHER], 10.0)
    assert delay > 0
    assert not reserved
    assert spacing.reserve([OTHER], 10.0) == (0.0, True), "what is not reserved is free"


def test_submitted_by_another_request() -> None:
    """A request for all orders submits each of them, and takes no turn from a cancel that is under way."""
    spacing = submitted(ORDER, at=10.0)
    spacing.submitted([ORDER, OTHER], 10.5)
    assert spacing.reserve([OTHER], 10.2)[0] == pytest.approx(0.3)
    assert spacing.reserve([ORDER], 10.2)[0] == pytest.approx(0.85), "the later time stays"
    spacing.submitted([ORDER, OTHER], 12.0)
    assert spacing.reserve([ORDER], 10.2)[1] is False


def test_entries_expire() -> None:
    """The spacing forgets an order after two seconds."""
    spacing = submitted(ORDER, at=10.0)
    spacing.reserve([OTHER], 13.1)
    assert spacing._free_at == {}


@pytest.mark.parametrize("before", [None, 9.0, 12.0])
def test_both_names_are_one_order(before: float | None) -> None:
    """The order waits as long by its other id. A later time of that id stays."""
    spacing = submitted(ORDER, at=10.0)
    if before is not None:
        spacing.release([CLIENT], before)
    spacing.link(ORDER, [ORDER, CLIENT])
    delay, reserved = spacing.reserve([CLIENT], 10.0)
    assert delay == pytest.approx(max(11.05, before or 0.0) - 10.0)
    assert reserved


def test_links_leave_what_is_under_way() -> None:
    """An id whose cancel is under way stays reserved. An unknown order links no ids."""
    spacing = submitted(ORDER, at=10.0)
    spacing.reserve([CLIENT], 10.0)
    spacing.link(ORDER, [ORDER, CLIENT])
    assert not spacing.reserve([CLIENT], 10.0)[1]
    spacing.link(OTHER, [ORDER])
    assert spacing.reserve([OTHER], 10.0) == (0.0, True)


def test_overdue_cancel() -> None:
    """A cancel whose event loop has stopped does not reserve its order forever."""
    spacing = Spacing()
    spacing.reserve([ORDER], 10.0)
    assert not spacing.reserve([ORDER], 69.0)[1]
    assert spacing.reserve([ORDER], 71.0) == (0.0, True)


def test_one_spacing_per_account() -> None:
    """All instances of an account share one, until it is dropped."""
    forget()
    first = spacing_for("a")
    assert spacing_for("a") is first
    assert spacing_for("b") is not first
    forget()
    assert spacing_for("a") is not first


def _reserve_in_child() -> None:
    assert spacing_for("a").reserve([ORDER], 10.0) == (0.0, True)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork")
def test_forked_child_begins_anew() -> None:
    """A lock that was held when the process forked does not stop the child."""
    with spacing_for("a")._lock:
        child = multiprocessing.get_context("fork").Process(target=_reserve_in_child)
        child.start()
    child.join(30)
    assert child.exitcode == 0
    forget()


def test_asking_again() -> None:
    """An owner may ask again. A request for all orders may have submitted its order meanwhile."""
    spacing, mine = Spacing(), object()
    assert spacing.reserve([ORDER], 10.0, mine) == (0.0, True)
    assert spacing.reserve([ORDER], 10.2, mine) == (0.0, True)
    spacing.submitted([ORDER], 11.25)
    assert spacing.reserve([ORDER], 10.25, mine) == (1.0, True)


def test_signal_handler_takes_over() -> None:
    """A handler takes the order over from the cancel that it interrupts, and both keep the second."""
    spacing, interrupted, handler = Spacing(), object(), object()
    spacing.reserve([ORDER], 10.0, interrupted, 1.05)
    delay, reserved = spacing.reserve([ORDER, OTHER], 10.5, handler, 1.05)
    assert delay == pytest.approx(1.05)
    assert reserved
    assert spacing.reserve([ORDER, OTHER], 12.0, handler, 1.05) == (0.0, True)
    spacing.release([ORDER, OTHER], 13.25, handler)
    assert spacing.reserve([ORDER], 12.25, interrupted, 1.05) == (1.0, True)
    assert not spacing.reserve([ORDER], 13.5, handler)[1], "a task of an event loop takes nothing over"


def test_no_other_thread_takes_over() -> None:
    """A cancel of another thread goes on, so its order stays reserved."""
    spacing = Spacing()
    thread = threading.Thread(target=spacing.reserve, args=([ORDER], 10.0, object(), 1.05))
    thread.start()
    thread.join()
    assert not spacing.reserve([ORDER], 10.5, object(), 1.05)[1]


def test_release_of_another_owner() -> None:
    """A release by one owner neither frees the orders of another, nor shortens their second."""
    spacing, mine, theirs = Spacing(), object(), object()
    spacing.release([ORDER], 11.0)
    assert spacing.reserve([ORDER], 10.0, theirs) == (1.0, True)
    spacing.release([ORDER], None, mine)
    assert not spacing.reserve([ORDER], 10.0, mine)[1]
    spacing.release([ORDER], None, theirs)
    assert spacing.reserve([ORDER], 10.0, mine) == (1.0, True)


def test_overdue_cancel_frees_no_other() -> None:
    """If an order's reservation has gone to another cancel, the end of the first does not free it."""
    spacing, slow, other = Spacing(), object(), object()
    spacing.reserve([ORDER], 10.0, slow)
    assert spacing.reserve([ORDER], 71.0, other) == (0.0, True)
    spacing.release([ORDER], 73.05, slow)
    assert not spacing.reserve([ORDER], 74.0, slow)[1]
