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
    """is_gone is true for the final states only, because an unknown order may be live elsewhere."""
    assert is_gone({"id": "1", "status": status}) is gone
    assert (status in GONE) is gone


def test_is_gone_without_a_status() -> None:
    """is_gone is false for a dict without a status."""
    assert is_gone({}) is False
