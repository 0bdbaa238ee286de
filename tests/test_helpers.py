"""The helpers of the tests."""

from __future__ import annotations

from itertools import combinations, product

import pytest

from .helpers import pairwise


@pytest.mark.parametrize(
    ("sizes", "rows"), [((2, 2), 4), ((4, 3, 3), 12), ((5, 3, 3), 15), ((2,) * 7, 8), ((1, 3), 3)]
)
def test_pairwise(sizes: tuple[int, ...], rows: int) -> None:
    """Every two values of two parameters meet, in few rows, which are the same every time."""
    parameters = [[f"{name}{number}" for number in range(size)] for name, size in enumerate(sizes)]
    chosen = pairwise(*parameters)
    met = {pair for row in chosen for pair in combinations(row, 2)}
    assert met == {pair for first, second in combinations(parameters, 2) for pair in product(first, second)}
    assert set(chosen) <= set(product(*parameters))
    assert len(chosen) == len(set(chosen)) <= rows
    assert chosen == pairwise(*parameters)
