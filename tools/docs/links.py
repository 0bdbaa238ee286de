"""Turn relative links into absolute URLs, for PyPI and the site, which lack the linked files.

hatchling loads this file by its path when it builds the package, so it imports nothing of this repository.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

# A fenced block or a code span shows its text unchanged: an apparent link there is not a link.
_CODE = re.compile(r"(^```.*?^```$|`[^`\n]*`)", re.MULTILINE | re.DOTALL)
_TARGET = re.compile(r"(?<=\]\()[^)\s]+")
_PICTURES = (".gif", ".jpg", ".png", ".svg", ".webp")


def repository_of(pyproject: str) -> str:
    """The repository's URL, from pyproject.toml."""
    found = re.search(r'^Repository = "(.+)"$', pyproject, re.MULTILINE)
    assert found is not None
    return found[1]


def is_relative(target: str) -> bool:
    """Whether a link's `target` depends on the path of its page."""
    return re.match(r"[a-z][a-z0-9+.-]*:|//", target, re.IGNORECASE) is None


def path_of(target: str, page: str) -> str:
    """The path (from the repository's root) of the file that a link on `page` to `target` names."""
    name = target.partition("#")[0]
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), name)) if name else page


def absolute(target: str, page: str, repository: str, revision: str) -> str:
    """The URL of the file that a link on `page` to `target` names, in `repository` at `revision`."""
    path = path_of(target, page)
    view = "raw" if path.lower().endswith(_PICTURES) else "blob"
    return f"{repository}/{view}/{revision}/{path}{''.join(target.partition('#')[1:])}"


def replace_targets(markdown: str, replaced: Callable[[str], str]) -> str:
    """Replace the target of each relative link in `markdown` by ``replaced(target)``."""

    def replace(match: re.Match[str]) -> str:
        return replaced(match[0]) if is_relative(match[0]) else match[0]

    pieces = _CODE.split(markdown)
    pieces[::2] = [_TARGET.sub(replace, text) for text in pieces[::2]]
    return "".join(pieces)


class PyPIReadme(MetadataHookInterface):
    """Put the README into the package's metadata, with links and a picture that work on PyPI."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set ``readme``. Its links lead to the files at the release's tag."""
        repository, revision = metadata["urls"]["Repository"], f"v{metadata['version']}"
        text = replace_targets(
            (Path(self.root) / "README.md").read_text("utf-8"),
            lambda target: absolute(target, "README.md", repository, revision),
        )
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
