"""Fixtures of the command's tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_environment_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither your keys nor the width of your terminal changes a test."""
    for name in ("BINGX_APIKEY", "BINGX_SECRET", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
