"""Read keys from the environment or a file, never from the arguments, which other users can see."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from .. import bingx
from .._redact import redact
from .._simulated import KEYS, base_of, urls_at
from .terminal import remark
from .usage import BadUsage

E = TypeVar("E", bound=bingx)


class Keys(NamedTuple):
    """An API key and its secret."""

    api_key: str
    secret: str


def read_keys(keys_file: str | None, simulator: str | None, environment: Mapping[str, str]) -> Keys:
    """The keys to use: of the file, or of the simulator, or of the environment.

    The command never shows the keys of the environment to a simulator: they may be for the live exchange.
    """
    if keys_file is not None:
        return _usable(_keys_in(keys_file))
    if simulator is not None:
        return Keys(KEYS["apiKey"], KEYS["secret"])
    keys = Keys(environment.get("BINGX_APIKEY", ""), environment.get("BINGX_SECRET", ""))
    if not all(keys):
        raise BadUsage("no keys: set BINGX_APIKEY and BINGX_SECRET, or name a --keys-file")
    return _usable(keys)


def _usable(keys: Keys) -> Keys:
    # Such as a line end that was copied along: the libraries below refuse it, and show the key.
    if not all(re.fullmatch(r"[!-~]+", value) for value in keys):
        raise BadUsage("a key or secret holds white space, or a character that is not ASCII: copy it again")
    return keys


def open_exchange(exchange_class: type[E], keys: Keys, simulator: str | None) -> E:
    """An exchange with these keys: the live one, or a simulator on this machine."""
    return placed(exchange_class({"apiKey": keys.api_key, "secret": keys.secret}), simulator)


def placed(exchange: E, simulator: str | None) -> E:
    """`exchange`, pointed at a simulator on this machine if `simulator` names one."""
    if simulator is not None:
        exchange.urls = urls_at(on_this_machine(simulator), exchange)
    return exchange


def hidden(text: str, exchange: bingx) -> str:
    """`text` without the exchange's keys and without signatures, whoever wrote them into it."""
    return redact(text, (exchange.secret, exchange.apiKey))


def _keys_in(path: str) -> Keys:
    try:
        with open(path, encoding="utf-8-sig") as file:
            mode = os.fstat(file.fileno()).st_mode
            read: Any = json.load(file)
    except OSError as error:
        raise BadUsage(f"the keys file {path} cannot be read: {error.strerror}") from None
    except ValueError:  # the error's text may quote the file
        raise BadUsage(f"the keys file {path} is not JSON") from None
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        remark(f"warning: others may read {path}: chmod 600 {path}")
    values: Any = [read.get(name) if isinstance(read, dict) else None for name in ("apiKey", "secret")]
    if not all(isinstance(value, str) and value for value in values):
        raise BadUsage(f'the keys file {path} is not {{"apiKey": "...", "secret": "..."}}')
    return Keys(*values)


def on_this_machine(url: str) -> str:
    """The simulator's `url`, checked: `cancel` does not ask you before it cancels there."""
    try:
        return base_of(url)
    except ValueError as error:
        raise BadUsage(f"--simulator is {error}") from None


def how_to_start(simulator: str) -> str:
    """The command that starts a simulator at this URL."""
    return f"ccxt-bingx-ext simulate --port {urlsplit(simulator).port or 80}"
