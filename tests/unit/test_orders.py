"""What is known of an order, as ccxt's order structure."""

from __future__ import annotations

import pytest

from ccxt_bingx_ext import GONE, is_gone


@pytest.mark.parametrize(
    ("status", "gone"),
    [
        ("canceled", True),
        ("closed", True),
        ("rejected", True),
        ("expired", True),
        ("open", False),
        (None, False),
        ("pending", False),
    ],
)
def test_is_gone(status: str | None, gone: bool) -> None:
    """Only a final state is gone; an order that the exchange does not know may be live under another id."""
    assert is_gone({"id": "1", "status": status}) is gone
    assert (status in GONE) is gone


def test_is_gone_without_a_status() -> None:
    """A dict that says nothing of the status does not say that the order is gone."""
    assert is_gone({}) is False
