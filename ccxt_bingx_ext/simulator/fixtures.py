"""A pytest fixture. Load it with ``pytest_plugins = ["ccxt_bingx_ext.simulator.fixtures"]``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .simulator import Simulator

__all__ = ["bingx_simulator"]


@pytest.fixture
def bingx_simulator() -> Iterator[Simulator]:
    """A fresh exchange on a free port for each test."""
    with Simulator() as simulator:
        yield simulator
