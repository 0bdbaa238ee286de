"""The package's metadata, as PyPI shows them."""

from __future__ import annotations

import re
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

pytest.importorskip("hatchling", reason="it builds the package; `make test` installs it")

from hatchling.build import prepare_metadata_for_build_wheel

from ccxt_bingx_ext import __version__
from tools.docs.links import absolute, is_relative, replace_targets, repository_of

ROOT = Path(__file__).parents[1]
REPOSITORY = "https://example.org/repository"


@pytest.fixture
def metadata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Message:
    monkeypatch.chdir(ROOT)
    folder = tmp_path / prepare_metadata_for_build_wheel(str(tmp_path))
    return BytesParser().parsebytes((folder / "METADATA").read_bytes())


def targets(markdown: str) -> list[str]:
    """The targets of a page's links and pictures, by a parser that shares no code with the build."""
    html = MarkdownIt("commonmark").enable("table").render(markdown)
    return re.findall(r'(?:href|src)="([^"]*)"', html)


def test_no_relative_link_is_built(metadata: Message) -> None:
    """The README in the built metadata has the README's links, and every one of them is absolute."""
    built = metadata.get_payload()
    assert isinstance(built, str)
    given = targets((ROOT / "README.md").read_text("utf-8"))
    assert any(is_relative(target) for target in given)
    assert len(targets(built)) == len(given)
    assert [target for target in targets(built) if not target.startswith("https://")] == []


def test_links_lead_to_the_release(metadata: Message) -> None:
    """The README's links lead to the tag of the version, in the repository that pyproject.toml names."""
    repository = repository_of((ROOT / "pyproject.toml").read_text("utf-8"))
    built = str(metadata.get_payload())
    assert f"({repository}/raw/v{__version__}/docs/benchmark.png)" in built
    assert f"({repository}/blob/v{__version__}/docs/semantics.md)" in built
    assert metadata.get_all("Project-URL") == [f"Repository, {repository}"]
    assert metadata["Description-Content-Type"] == "text/markdown"


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("../SECURITY.md", "blob/v1/SECURITY.md"),
        ("../examples/", "blob/v1/examples"),
        ("errors.md#the-two-lists", "blob/v1/docs/errors.md#the-two-lists"),
        ("#process", "blob/v1/docs/page.md#process"),
        ("benchmark.png", "raw/v1/docs/benchmark.png"),
    ],
)
def test_absolute(target: str, url: str) -> None:
    """A link becomes the URL of the file that it names. A picture's target becomes the file itself."""
    assert absolute(target, "docs/page.md", REPOSITORY, "v1") == f"{REPOSITORY}/{url}"


@pytest.mark.parametrize(
    ("markdown", "replaced"),
    [
        ("[a](b.md) and [c](d.md)", "[a](B.MD) and [c](D.MD)"),
        ("[`a`](b.md)", "[`a`](B.MD)"),
        ("[![a](b.png)](c.md)", "[![a](B.PNG)](C.MD)"),
        ('[a](b.md "the title")', '[a](B.MD "the title")'),
        ("[a](https://b.c/d)", "[a](https://b.c/d)"),
        ("[a](mailto:b@c.d)", "[a](mailto:b@c.d)"),
        ("`[a](b.md)`", "`[a](b.md)`"),
        ("```text\n[a](b.md)\n```\n[c](d.md)", "```text\n[a](b.md)\n```\n[c](D.MD)"),
    ],
)
def test_replace_targets(markdown: str, replaced: str) -> None:
    """The build replaces relative links and pictures, but not other links or text in code."""
    assert replace_targets(markdown, str.upper) == replaced
