"""mkdocs hooks: render every diagram, and make links to files outside of docs/ absolute.

The build fails on a diagram that mermaid refuses, and on a link to a file that does not exist.
"""

from __future__ import annotations

import base64
import html
from pathlib import Path
from typing import Any

import mermaidx
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.pages import Page
from pymdownx.superfences import SuperFencesException

from tools.docs.links import absolute, path_of, replace_targets, repository_of


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Link the repository, and render mermaid's fences."""
    # Not as `repo_url`: with that, the reader's browser asks GitHub for the number of stars.
    config.extra["social"] = [{"icon": "fontawesome/brands/github", "link": _repository(config)}]
    fence = {"name": "mermaid", "class": "mermaid", "format": render_diagram}
    config.mdx_configs["pymdownx.superfences"] = {"custom_fences": [fence]}
    return config


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Let links that leave docs/ lead to the repository. The site has no such files."""
    root = _root(config)
    docs = Path(config.docs_dir).relative_to(root).as_posix()
    uri = f"{docs}/{page.file.src_uri}"

    def replaced(target: str) -> str:
        path = path_of(target, uri)
        if path.startswith(f"{docs}/"):
            return target  # mkdocs checks it
        if path.startswith("../") or not (root / path).exists():
            raise PluginError(f"{uri} links to {target}, which does not exist")
        return absolute(target, uri, _repository(config), "HEAD")

    return replace_targets(markdown, replaced)


def render_diagram(source: str, *_: Any, **__: Any) -> str:
    """The picture of a mermaid diagram, so that the reader's browser needs no script to draw it."""
    try:
        picture = mermaidx.render(source).svg()
    except RuntimeError as error:
        # If a diagram raises another class, superfences shows its source instead.
        raise SuperFencesException(f"{error}\n\n{source}") from error
    encoded = base64.b64encode(picture.encode()).decode()
    return f'<p><img alt="{html.escape(source)}" src="data:image/svg+xml;base64,{encoded}"></p>'


def _root(config: MkDocsConfig) -> Path:
    return Path(config.config_file_path).parent


def _repository(config: MkDocsConfig) -> str:
    return repository_of((_root(config) / "pyproject.toml").read_text("utf-8"))
