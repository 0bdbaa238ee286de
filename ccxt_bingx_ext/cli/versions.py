"""Which versions are at work: what a report of a problem has to name first."""

from __future__ import annotations

import platform
from importlib import metadata

from .. import __version__
from .._ccxt_releases import release


def versions() -> str:
    """The versions of the package, of ccxt and of Python, in one line."""
    return f"ccxt-bingx-ext {__version__} ({release()}, Python {platform.python_version()})"


def version_of(distribution: str) -> str | None:
    """The version of an optional package; None if it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def documentation() -> str:
    """Where the documentation is: the address that the package's metadata names, if it names one."""
    try:
        addresses: list[str] = metadata.metadata("ccxt-bingx-ext").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:  # run from its source
        addresses = []
    named: dict[str, str] = dict(one.split(", ", 1) for one in addresses)
    return named.get("Documentation", "docs/command-line.md in the source of the package")
