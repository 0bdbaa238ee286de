"""mkdocs hooks: render every diagram, and make links to files outside of docs/ absolute.

A diagram that mermaid refuses, or a link to a file that does not exist, ends the build.
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
    """Link the repository, and take over the fences of mermaid."""
    # Not as `repo_url`: for that, the theme asks GitHub for the number of stars in the reader's browser.
    config.extra["social"] = [{"icon": "fontawesome/brands/github", "link": _repository(config)}]
    fence = {"name": "mermaid", "class": "mermaid", "format": render_diagram}
    config.mdx_configs["pymdownx.superfences"] = {"custom_fences": [fence]}
    return config


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Let links that leave docs/ lead to the repository. The site does not have those files."""
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
    """The picture of a mermaid diagram. No script in the reader's browser has to draw it."""
    try:
        picture = mermaidx.render(source).svg()
    except RuntimeError as error:
        # superfences shows the source instead of a diagram that raises another class.
        raise SuperFencesException(f"{error}\n\n{source}") from error
    encoded = base64.b64encode(picture.encode()).decode()
    return f'<p><img alt="{html.escape(source)}" src="data:image/svg+xml;base64,{encoded}"></p>'


def _root(config: MkDocsConfig) -> Path:
    return Path(config.config_file_path).parent


def _repository(config: MkDocsConfig) -> str:
    return repository_of((_root(config) / "pyproject.toml").read_text("utf-8"))
