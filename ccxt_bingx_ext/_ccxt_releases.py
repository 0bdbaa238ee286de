"""Which ccxt is at work, the lowest one that the plugin runs on, and where the releases since then differ.

The plugin prefers code that fits every release to a question about the version. What differs all the same:

- Until 4.5.59 the ``close()`` of the async classes takes no argument: `takes_clean_instance_data`. 4.5.60 and
  4.5.61 leave the session open, unless the argument is True.
- Until 4.5.59 `fetch2` writes ``lastRestRequestTimestamp`` itself. From 4.5.60 on it calls a method. The sync
  class guards the attribute, which both ways reach.
- Until 4.5.52 `fetch2` signs once, before its retry loop; from 4.5.53 on, each time. The plugin's flows never
  let it retry.
- Until 4.5.42 a ``clientOrderId`` in params beats the argument of `edit_order_with_client_order_id`:
  `BingxMixin` overrides that.
- Until 4.5.40 the sandbox has a URL for linear swaps only: `BingxMixin._url`.
- Until 4.5.39 `cancel_all_orders` needs a symbol. The plugin's own does not.
- 4.5.76 and older releases pass headers and body to `sign`, 4.5.90 does not: `BingxMixin.sign` passes on what
  it gets.
- octobot-ccxt subtracts the measured time difference in `nonce` from 0.0.11 on; ccxt does not.
  `BingxMixin.nonce` does it once on both.

We read this in ccxt's source. `docs/compatibility.md` says which releases the tests ran on.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from importlib import metadata
from typing import Any

import ccxt

LOWEST = "4.5.28"
"""The lower bound in pyproject.toml, which a test compares with this."""

_FORKS = ("octobot-ccxt",)
"""Distributions that bring a module ``ccxt`` under version numbers of their own: 0.0.15, not 4.5.64."""


def release() -> str:
    """The ccxt at work, by name and version, such as "ccxt 4.5.90" or "octobot-ccxt 0.0.15"."""
    return f"{_fork() or 'ccxt'} {ccxt.__version__}"


def too_old() -> str | None:
    """What is wrong if ccxt is older than `LOWEST`, and what to do. None if it is not.

    The version in the module counts, not that of an installed distribution, which another one may have
    overwritten. The plugin knows no lowest version of a fork.
    """
    if _is_supported() or _fork() is not None:
        return None
    return (
        f"{release()} is older than {LOWEST}, the lowest ccxt that the plugin was tested on. Cancels may "
        f"fail or report a wrong outcome: pip install 'ccxt>={LOWEST},<5'"
    )


def takes_clean_instance_data(close: Callable[..., Any]) -> bool:
    """Whether `close`, a method of ccxt's, has that parameter: from 4.5.60 on."""
    return "clean_instance_data" in inspect.signature(close).parameters


def _is_supported() -> bool:
    return numbers(ccxt.__version__) >= numbers(LOWEST)


def _fork() -> str | None:
    """The distribution that the module comes from, if it is a fork: it has the module's version."""
    if _is_supported():  # no fork has numbers that high, and a look at the disk takes a millisecond
        return None
    return next((name for name in _FORKS if _installed(name) == ccxt.__version__), None)


def _installed(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def numbers(version: str) -> tuple[int, ...]:
    """`version` in a form that compares."""
    return tuple(int(part) for part in re.findall(r"\d+", version))
