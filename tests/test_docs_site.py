"""`make docs` fails on mistakes that a reader would meet. `.ci/run` builds the site itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ccxt_bingx_ext

pytest.importorskip("mkdocs", reason="`make docs` installs it, and CI runs that first")

ROOT = Path(__file__).parents[1]
GOOD_DIAGRAM = "```mermaid\nsequenceDiagram\n    Note over exchange: cancels 1\n```\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the settings of ours, and one page."""
    (tmp_path / "docs").mkdir()
    for name in ("pyproject.toml", "SECURITY.md"):
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    settings = f"INHERIT: {ROOT / 'mkdocs.yml'}\nsite_dir: site\nnav: [index.md]\n"
    settings += f"hooks: ['{ROOT / 'tools' / 'docs' / 'hooks.py'}']\n"
    (tmp_path / "mkdocs.yml").write_text(settings, "utf-8")
    return tmp_path


def build(project: Path, page: str) -> subprocess.CompletedProcess[str]:
    (project / "docs" / "index.md").write_text(f"# Title\n\n{page}", "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )


def test_site(project: Path) -> None:
    """A diagram becomes a picture, a link leads to the repository, a name brings its docstring."""
    links = "[keys](../SECURITY.md#the-key-to-use), [up](#title)\n\n"
    built = build(project, GOOD_DIAGRAM + links + "::: ccxt_bingx_ext.is_gone\n")
    assert built.returncode == 0, built.stderr
    html = (project / "site" / "index.html").read_text("utf-8")
    assert 'src="data:image/svg+xml;base64,' in html
    assert "/blob/HEAD/SECURITY.md#the-key-to-use" in html
    assert (ccxt_bingx_ext.is_gone.__doc__ or "").partition(".")[0] in re.sub(r"<[^>]+>", "", html)


def test_readers_load_nothing_else(project: Path) -> None:
    """A page never makes a browser load from another host."""
    built = build(project, GOOD_DIAGRAM)
    assert built.returncode == 0, built.stderr
    html = (project / "site" / "index.html").read_text("utf-8")
    assert re.findall(r'<(?:script|img|iframe)[^>]* src="(?!data:|assets/)[^"]*"', html) == []
    assert re.findall(r'<link[^>]* href="(?:https?:)?//[^"]*"', html) == []
    assert "data-md-component=source" not in html  # the theme would ask GitHub for the repository's stars


@pytest.mark.parametrize(
    ("page", "says"),
    [
        pytest.param(
            GOOD_DIAGRAM.replace("cancels 1", "cancels 1; 2 was filled"), "Parse error", id="diagram"
        ),
        pytest.param("[a](nowhere.md)", "'nowhere.md'", id="page"),
        pytest.param("[a](#nowhere)", "'#nowhere'", id="heading"),
        pytest.param("[a](../NOWHERE.md)", "../NOWHERE.md, which does not exist", id="file"),
        pytest.param("[a](../../pyproject.toml)", "which does not exist", id="outside of the repository"),
        pytest.param("[a][b]\n\n[b]: ../SECURITY.md", "../SECURITY.md", id="link that GitHub alone follows"),
        pytest.param("::: ccxt_bingx_ext.nothing", "ccxt_bingx_ext.nothing", id="name"),
    ],
)
def test_build_fails(project: Path, page: str, says: str) -> None:
    """The build fails on a broken diagram, link or name, and the message names it."""
    built = build(project, page)
    assert built.returncode != 0
    assert says in built.stderr


def test_page_without_a_place_fails(project: Path) -> None:
    """The build fails on a page that the navigation does not list."""
    (project / "docs" / "lost.md").write_text("# Lost\n", "utf-8")
    built = build(project, "text")
    assert built.returncode != 0
    assert "lost.md" in built.stderr
