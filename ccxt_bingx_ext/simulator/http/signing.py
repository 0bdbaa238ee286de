"""Who is asking, and did they sign what they ask? Pure: no network, no clock of its own.

The three forms a request may take (parameters in the URL, a JSON object, a form-encoded body) are parsed
into the same flat mapping of texts, from which the canonical string is built.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NoReturn
from urllib.parse import parse_qsl

from .. import errors
from ..errors import Refused

Form = Literal["none", "query", "json", "form"]
Permission = Literal["read", "spot", "swap"]

ALL_PERMISSIONS: Final[frozenset[str]] = frozenset({"read", "spot", "swap"})
DEFAULT_RECV_WINDOW_MS: Final = 5000.0


class NumberText(str):
    """A JSON number exactly as it was written: 5000 stays "5000", 1.50 stays "1.50"."""

    __slots__ = ()


@dataclass(frozen=True)
class Account:
    """An API key. Several keys may belong to one ``uid``, which is what owns orders and limits."""

    api_key: str
    secret: str = field(repr=False)
    uid: str
    permissions: frozenset[str] = ALL_PERMISSIONS
    allowed_ips: frozenset[str] | None = None


@dataclass(frozen=True)
class Parsed:
    """The parameters of a request, in whatever form they came."""

    form: Form
    params: Mapping[str, str]

    @property
    def unsigned(self) -> dict[str, str]:
        return {key: value for key, value in self.params.items() if key != "signature"}


def canonical(params: Mapping[str, str]) -> str:
    """The string that is signed: keys in ASCII order, values not URL-encoded."""
    return "&".join(f"{key}={params[key]}" for key in sorted(params) if key != "signature")


def sign(secret: str, params: Mapping[str, str]) -> str:
    return hmac.new(secret.encode(), canonical(params).encode(), hashlib.sha256).hexdigest()


def parse(query: str, content_type: str, body: bytes) -> Parsed:
    """Read the parameters from wherever they are; raise `Refused` where they cannot be read one way only."""
    if not body:
        return Parsed("query" if query else "none", _pairs(_decode_form(query)))
    if query:
        raise _malformed("parameters both in the URL and in the body")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/json":
        return Parsed("json", _decode_json(body))
    if media_type == "application/x-www-form-urlencoded":
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise _malformed("the body is not UTF-8") from None
        return Parsed("form", _pairs(_decode_form(text)))
    raise _malformed(f"unsupported content type {content_type!r}")


def _malformed(why: str) -> Refused:
    return Refused(errors.INVALID_PARAMETER, f"Invalid parameters, err: {why}")


def _decode_form(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except ValueError:
        raise _malformed("the parameters are not UTF-8") from None


def _pairs(pairs: Iterable[tuple[str, object]]) -> dict[str, str]:
    params: dict[str, str] = {}
    for key, value in pairs:
        if key in params:
            raise _malformed(f"parameter {key!r} is given twice")
        if isinstance(value, bool):
            params[key] = "true" if value else "false"
        elif isinstance(value, str):
            params[key] = value
        else:
            raise _malformed(f"parameter {key!r} is neither a string, a number nor a boolean")
    return params


def _decode_json(body: bytes) -> dict[str, str]:
    def refuse_constant(name: str) -> NoReturn:
        raise _malformed(f"{name} is not JSON")

    try:
        # As lists of pairs, so that a key given twice is noticed rather than overwritten.
        decoded = json.loads(
            body.decode(),
            parse_float=NumberText,
            parse_int=NumberText,
            parse_constant=refuse_constant,
            object_pairs_hook=tuple,
        )
    except (ValueError, RecursionError):
        raise _malformed("the body is not JSON") from None
    if not isinstance(decoded, tuple):
        raise _malformed("the body is not a JSON object")
    return _pairs(decoded)


def check_signature(
    accounts: Mapping[str, Account], api_key: str | None, params: Mapping[str, str]
) -> Account:
    """The account whose key and signature these are."""
    signature = params.get("signature", "")
    if not signature:
        raise Refused(errors.NO_SIGNATURE, "Null signature")
    account = accounts.get(api_key or "")
    if account is None:
        raise Refused(errors.BAD_API_KEY, "Incorrect apiKey, please check your valid api key")
    expected = sign(account.secret, params)
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise Refused(errors.BAD_SIGNATURE, "Signature verification failed")
    return account


def check_timestamp(params: Mapping[str, str], now_ms: int) -> None:
    """Refuse a request from outside its time window, whichever side."""
    text = params.get("timestamp", "")
    if not text:
        raise Refused(errors.CLOCK_OR_PAIR, "null timestamp or timestamp mismatch")
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Refused(errors.BAD_TIMESTAMP, "timestamp is invalid")
    window = _receive_window(params)
    if abs(now_ms - int(text)) > window:
        raise Refused(errors.CLOCK_OR_PAIR, "null timestamp or timestamp mismatch")


def _receive_window(params: Mapping[str, str]) -> float:
    text = params.get("recvWindow", "")
    if not text:
        return DEFAULT_RECV_WINDOW_MS
    try:
        window = float(text)
    except ValueError:
        window = math.nan
    if not (math.isfinite(window) and window > 0):
        raise _malformed("recvWindow is not a positive number")
    return window


def check_access(account: Account, permission: Permission | None, remote_ip: str) -> None:
    if account.allowed_ips is not None and remote_ip not in account.allowed_ips:
        raise Refused(errors.IP_NOT_ALLOWED, "IP does not match IP whitelist")
    if permission is not None and permission not in account.permissions:
        raise Refused(
            errors.PERMISSION_DENIED, "Permission denied, the API key was created without the permission"
        )
