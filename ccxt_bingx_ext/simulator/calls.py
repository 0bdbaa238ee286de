"""What an endpoint is called with, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Call:
    """A request that may be carried out: by whom, with which parameters."""

    uid: str
    params: Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """What carrying it out came to: the answer's ``data``, and the orders it cancelled."""

    data: Any
    cancelled: tuple[int, ...] = ()
    bare: bool = False
    """The answer is ``data`` itself, without a code around it."""
