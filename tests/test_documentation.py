"""The pages name only links, snippets, options, errors and make targets that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import ccxt
import pytest

import ccxt_bingx_ext
from ccxt_bingx_ext._bingx import errors as _errors
from ccxt_bingx_ext._settings import DEFAULTS
from ccxt_bingx_ext.simulator import Simulator

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    return _FENCED.sub("", text_of(page))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes from the headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def rows(text: str) -> Iterator[list[str]]:
    """The cells of every table row that begins with a name, without their backticks."""
    for line in text.splitlines():
        if line.startswith("| `"):
            yield [cell.strip().strip("`") for cell in line.strip("|").split("|")]


@each_page
def test_links(page: Path) -> None:
    """Every relative link leads to a file that exists, and to a heading in it."""
    for link in _LINK.findall(prose(page)):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@each_page
def test_python_snippets_compile(page: Path) -> None:
    """Every Python snippet on a page compiles."""
    for language, code in _FENCED.findall(text_of(page)):
        if language == "python":
            ast.parse(code)


def test_options() -> None:
    """docs/options.md has a row for each option, with its default."""
    table = prose(ROOT / "docs" / "options.md").partition("Outside of that dict")[0]
    assert {name: ast.literal_eval(default) for name, default, _ in rows(table)} == DEFAULTS


def test_errors() -> None:
    """docs/errors.md names classes of ccxt only, and every class that the plugin raises."""
    documented = {name for name, *_ in rows(prose(ROOT / "docs" / "errors.md"))}
    assert {
        name for name in documented if not issubclass(getattr(ccxt, name, object), ccxt.BaseError)
    } == set()
    hierarchy = set(re.findall(r"^ +[│├└─ ]*([A-Z][A-Za-z]+)(?:  .*)?$", _errors.__doc__ or "", re.MULTILINE))
    assert "OrderNotFound" in hierarchy
    assert hierarchy - documented == {"BaseError", "InvalidOrder"}


def test_endpoints() -> None:
    """docs/simulator.md lists every endpoint of the simulator, with its limit."""
    simulator = Simulator()
    documented = {
        name.replace(" ", " /openApi/"): None if limit == "none" else int(limit)
        for names, limit, *_ in rows(prose(ROOT / "docs" / "simulator.md"))
        for name in re.findall(r"(?:GET|POST|PUT|DELETE) [\w/]+", names)
    }
    assert documented == {
        name: simulator._limit_of(name) if endpoint.private else None
        for name, endpoint in simulator._endpoints.items()
    }


def test_api_reference() -> None:
    """docs/api.md has every public name of the package, and the classes of each world."""
    listed = set(re.findall(r"^::: ccxt_bingx_ext\.(.+)$", text_of(ROOT / "docs" / "api.md"), re.MULTILINE))
    public = {name for name in ccxt_bingx_ext.__all__ if not name.startswith("__")}
    assert public | {"async_support.bingx", "pro.bingx"} <= listed
    assert {name for name in listed if "." not in name} == public


def test_glossary() -> None:
    """docs/glossary.md explains the terms in one sentence each, in alphabetical order."""
    lines = prose(ROOT / "docs" / "glossary.md").splitlines()
    table = [line.strip("|").split("|") for line in lines if line.startswith("| ")][1:]
    terms = [term.strip() for term, _ in table]
    assert terms == sorted(terms)
    assert {"ambiguous", "reconcile", "settled", "unresolved", "gone", "live", "stray", "batch"} <= {*terms}
    assert {"lane", "all or nothing", "order structure", "unified symbol"} <= {*terms}
    assert [meaning for _, meaning in table if len(re.findall(r"\.(?: |$)", meaning.strip())) != 1] == []


def test_module_table() -> None:
    """Every module that CONTRIBUTING's table names exists, and every module that cancels has a row."""
    _, table = prose(ROOT / "CONTRIBUTING.md").split("| to | edit |\n")
    named = re.findall(r"`([\w/]+(?:\.\w+|/))`", table.partition("\n\n")[0])
    roots = {one: ROOT if one.startswith("docs/") else ROOT / "ccxt_bingx_ext" for one in named}
    assert [one for one, root in roots.items() if not (root / one).exists()] == []
    own = {f"_cancel/{path.name}" for path in (ROOT / "ccxt_bingx_ext" / "_cancel").glob("[a-z]*.py")}
    assert own - {*named} == set()


def test_make_targets() -> None:
    """Every make target that a page names exists."""
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = {
        one for page in PAGES for one in re.findall(r"(?:`|^\$ )make ([a-z]+)", text_of(page), re.MULTILINE)
    }
    assert {"demo", "test"} <= named
    assert named <= targets


def test_readme_is_one_page() -> None:
    """The README has at most 110 lines and links every page in docs."""
    readme = text_of(ROOT / "README.md")
    assert len(readme.splitlines()) <= 110
    for page in (ROOT / "docs").glob("*.md"):
        assert f"docs/{page.name}" in readme
