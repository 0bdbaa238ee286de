"""Read and check ``options["cancelOrders"]``. Every setting has a default."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ccxt.base.errors import BadRequest

from ._bingx.endpoints import (
    INVERSE,
    INVERSE_ALL,
    LINEAR,
    LINEAR_ALL,
    LINEAR_SINGLE,
    SPOT,
    SPOT_ALL,
    SPOT_SINGLE,
    Limited,
    LookUp,
)
from ._cancel.forms import AUTO, JSON, QUERY
from ._cancel.values import copied
from ._ids import exact, shown
from ._log import WARNING, event
from ._ratelimit.schedule import RateLimit

DEFAULTS: Mapping[str, Any] = {
    # Spot:
    "requestFormat": AUTO,  # JSON, or the query form if the exchange refuses JSON (forms.py)
    "process": None,  # not sent. The exchange's default is 0 (seed)
    "batchSize": SPOT.batch_size,
    "limit": SPOT.limit,  # requests per second and account; None: the plugin sets no limit
    "singleLimit": SPOT_SINGLE.limit,  # the same for cancel_order, which has an endpoint of its own
    "allLimit": SPOT_ALL.limit,  # the same for cancel_all_orders
    # Swaps:
    LINEAR.market_type: {
        "batchSize": LINEAR.batch_size,
        "limit": LINEAR.limit,
        "singleLimit": LINEAR_SINGLE.limit,
        "allLimit": LINEAR_ALL.limit,
    },
    INVERSE.market_type: {"limit": INVERSE.limit, "allLimit": INVERSE_ALL.limit},
    # All markets:
    "family": True,  # also cancel_order, cancel_all_orders, edit_order; False: ccxt's own
    "coalesce": True,  # concurrent calls of cancel_order share batches (async)
    "verifyAll": True,  # cancel_all_orders reads the list of open orders afterwards
    "margin": 0,  # ms added between two windows of the limit
    "inFlight": 250,  # ms that a written request takes to reach the exchange, at most
    "storage": None,  # None: this process. Or the URL of a Redis that several processes share
    "maxWait": 1000,  # ms that a call waits for the limit or the end of a ban; otherwise it raises
    "resolveAttempts": 3,  # attempts to reconcile an ambiguous request; 0: none
    "resolveTimeout": 10_000,  # ms after which no further attempt begins
}
_NONE_MEANS_SOMETHING = ("process", "limit", "singleLimit", "allLimit", "storage")
_LARGEST = 2**63 - 1  # the largest number: a larger one may have no float, or no text
_REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


class Settings(NamedTuple):
    """How to send cancels.

    `request_format`: "auto", "json" (the documented form) or "query" (ccxt's own). `process`: the value to
    send if the call's params have none. `batch_size`: the most ids per request. `rate_limit`: that of the
    limiter. `storage`: where the limiter keeps its state, None for this process. `max_wait`,
    `resolve_timeout`: s. `fallbacks`: ``options["fallbackHostnames"]``. `family`: whether the plugin's
    promise holds for every cancel, not for `cancel_orders` and `cancel_orders_for_symbols` alone. `coalesce`:
    whether concurrent calls of `cancel_order` may share a batch. `verifies_all`: whether `cancel_all_orders`
    reads the list of open orders afterwards.
    """

    request_format: str
    process: Any
    batch_size: int
    rate_limit: RateLimit
    storage: str | None
    max_wait: float
    resolve_attempts: int
    resolve_timeout: float
    fallbacks: tuple[str, ...]
    family: bool
    coalesce: bool
    verifies_all: bool


def parse_settings(options: Mapping[str, Any], endpoint: Limited = SPOT) -> Settings:
    """The settings in an exchange's `options` for `endpoint`. Raises ``BadRequest`` for an unusable one.

    No option sets the limit of a look-up.
    """
    shared = own = _Values("['cancelOrders']", options.get("cancelOrders"), DEFAULTS)
    limit_name, most = "limit", None
    if isinstance(endpoint, LookUp):
        own["limit"] = endpoint.limit
    else:
        limit_name, name = endpoint.limit_name, endpoint.market_type
        if name != SPOT.market_type:
            own = _Values(f"{shared.where}['{name}']", shared[name], {"batchSize": 1, **DEFAULTS[name]})
            most = LINEAR.batch_size if name == LINEAR.market_type else INVERSE.batch_size
    limit, storage = own[limit_name], shared["storage"]
    whole = f"a whole number from 1{f' to {most}' if most else ''}"
    shared.check(
        "requestFormat",
        isinstance(shared["requestFormat"], str) and shared["requestFormat"] in (AUTO, JSON, QUERY),
        f"{AUTO!r}, {JSON!r} or {QUERY!r}",
    )
    own.check("batchSize", _is_number(own["batchSize"], int, 1, most), whole)
    own.check(
        limit_name, limit is None or _is_number(limit, least=1e-3), "a number of requests per second, or None"
    )
    for name in ("family", "coalesce", "verifyAll"):
        shared.check(name, isinstance(shared[name], bool), "True or False")
    shared.check("resolveAttempts", _is_number(shared["resolveAttempts"], int), "a whole number from 0")
    for name in ("margin", "inFlight", "maxWait", "resolveTimeout"):
        shared.check(name, _is_number(shared[name]), "a number of ms")
    is_redis = isinstance(storage, str) and storage.startswith(_REDIS_SCHEMES)
    if storage is not None and not is_redis:  # the message does not show it: it may hold a password
        raise BadRequest(
            "bingx options['cancelOrders']['storage'] has a value that the plugin cannot use: "
            "pass the URL of a Redis (redis://…), or None"
        )
    return Settings(
        request_format=shared["requestFormat"],
        process=shared["process"],
        batch_size=own["batchSize"],
        rate_limit=RateLimit.of(limit, shared["margin"] / 1000)._replace(in_flight=shared["inFlight"] / 1000),
        storage=storage,
        max_wait=shared["maxWait"] / 1000,
        resolve_attempts=shared["resolveAttempts"],
        resolve_timeout=shared["resolveTimeout"] / 1000,
        fallbacks=_parse_hostnames(options.get("fallbackHostnames")),
        family=shared["family"],
        coalesce=shared["coalesce"],
        verifies_all=shared["verifyAll"],
    )


class _Values(dict[str, Any]):
    """The settings of one dict in the options, over their defaults. `where`: its place, for messages."""

    def __init__(self, where: str, given: Any, defaults: Mapping[str, Any]) -> None:
        if given is not None and not isinstance(given, Mapping):
            raise BadRequest(f"bingx options{where} is {shown(given)}: pass a dict")
        own = {} if given is None else copied(given, f"bingx options{where}")
        for name in own.keys() - defaults.keys():
            _warn_of_name(where, name, tuple(defaults))
        used = {name: exact(one) for name, one in own.items()
                if one is not None or name in _NONE_MEANS_SOMETHING}  # fmt: skip
        super().__init__({**defaults, **used})
        self.where = where

    def check(self, name: str, usable: bool, wanted: str) -> None:
        if not usable:
            raise BadRequest(f"bingx options{self.where}['{name}'] is {shown(self[name])}: pass {wanted}")


@functools.cache  # once per process and name, because every request reads the settings
def _warn_of_name(where: str, name: object, known: Iterable[str]) -> None:
    # Without the value: under a misspelt name, that may be a URL with a password.
    from difflib import get_close_matches  # only misspelt names pay for this import

    by_text = {one.casefold(): one for one in known}
    near = get_close_matches(name.casefold(), by_text, 1) if isinstance(name, str) else []
    hint = f"did you mean {by_text[near[0]]!r}?" if near else f"the names are {', '.join(known)}"
    text = f"bingx options{where} has no setting {shown(name)}, so the plugin ignores it: {hint}"
    event(WARNING, "option", text, setting=shown(name))


def _parse_hostnames(given: Any) -> tuple[str, ...]:
    """``options["fallbackHostnames"]``: names for {hostname} in ccxt's URLs, such as "bingx.pro"."""
    if given is None or (isinstance(given, str) and not given):
        return ()
    named = tuple(given) if isinstance(given, (list, tuple)) else (None,)
    if not all(isinstance(one, str) and re.fullmatch(r"[A-Za-z0-9.\-]+(:\d+)?", one) for one in named):
        raise BadRequest(f"bingx options['fallbackHostnames'] is {shown(given)}: pass a list of hostnames")
    return named


def _is_number(value: object, kind: Any = (int, float), least: float = 0, most: float | None = None) -> bool:
    if not isinstance(value, kind) or isinstance(value, bool):
        return False
    return bool(least <= value <= (_LARGEST if most is None else most))
