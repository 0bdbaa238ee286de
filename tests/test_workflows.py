"""The workflows run every supported Python. `make lint` checks that they are valid and safe."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".github" / "workflows"


def workflow(name: str) -> dict[Any, Any]:
    parsed = yaml.safe_load((FOLDER / name).read_text("utf-8"))
    assert isinstance(parsed, dict)
    return parsed


def test_ci_runs_on_every_supported_python() -> None:
    """CI runs `.ci/run` on each Python that the classifiers name."""
    job = workflow("ci.yml")["jobs"]["check"]
    pyproject = (ROOT / "pyproject.toml").read_text("utf-8")
    named = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', pyproject)
    assert len(named) >= 4
    assert job["strategy"]["matrix"]["python"] == named
    assert [step["env"] for step in job["steps"] if step.get("run") == ".ci/run"] == [
        {"PYTHON": "python${{ matrix.python }}"}
    ]


def test_scheduled_targets_exist() -> None:
    """The scheduled workflow runs make targets that exist."""
    targets = workflow("scheduled.yml")["jobs"]["run"]["strategy"]["matrix"]["target"]
    assert {"upstream", "newest"} <= {*targets}
    assert {*targets} <= {*re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)}


def test_only_a_tag_releases() -> None:
    """Only a pushed version tag starts a release, and only its last job may request PyPI's token."""
    release = workflow("release.yml")
    assert release[True] == {"push": {"tags": ["v*"]}}  # YAML 1.1 reads the key "on" as true
    allowed = {name: job["permissions"] for name, job in release["jobs"].items()}
    assert allowed == {"build": {"contents": "read"}, "publish": {"id-token": "write"}}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yml")), ids=lambda path: path.name)
def test_actions_are_pinned(path: Path) -> None:
    """Every action is pinned to a commit: a tag can be moved."""
    uses = re.findall(r"uses: (.+)", path.read_text("utf-8"))
    assert uses
    assert [one for one in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", one)] == []
