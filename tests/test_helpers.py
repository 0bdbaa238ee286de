"""The helpers of the tests, and the rule that test modules share only through them."""

from __future__ import annotations

import ast
from itertools import combinations, product
from pathlib import Path

import pytest

from .helpers import pairwise

TESTS = Path(__file__).parent


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


def imported(path: Path) -> set[str]:
    """The last part of every module name that the file imports, and of every name it imports from one."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {one.name.rpartition(".")[2] for one in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.rpartition(".")[2])
    return names


def test_no_test_module_imports_another() -> None:
    """Code that two test modules need stands in helpers.py or in a conftest.py."""
    modules = {path.stem: path for path in TESTS.rglob("test_*.py")}
    assert len(modules) > 30
    importers = {name: imported(path) & modules.keys() for name, path in modules.items()}
    assert {name: others for name, others in importers.items() if others} == {}
