"""Who signed a request, and when? Pure: no network, no clock of its own."""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Mapping
from typing import Final

from .. import errors
from ..accounts import Account
from ..errors import Refused

DEFAULT_RECV_WINDOW_MS: Final = 5000.0


def canonical(params: Mapping[str, str]) -> str:
    """The string to sign: keys in ASCII order, values not URL-encoded."""
    return "&".join(f"{key}={params[key]}" for key in sorted(params) if key != "signature")


def sign(secret: str, params: Mapping[str, str]) -> str:
    return hmac.new(secret.encode(), canonical(params).encode(), hashlib.sha256).hexdigest()


def check_signature(
    accounts: Mapping[str, Account], api_key: str | None, params: Mapping[str, str]
) -> Account:
    """Return the account that signed the parameters, or raise `Refused`."""
    signature = params.get("signature", "")
    if not signature:
        raise Refused(errors.NO_SIGNATURE, "Null signature")
    account = accounts.get(api_key or "")
    if account is None:
        raise Refused(errors.BAD_API_KEY, "Incorrect apiKey, please check your valid api key")
    expected = sign(account.secret, params)
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise Refused(errors.BAD_SIGNATURE, errors.BAD_SIGNATURE_TEXT)
    return account


def check_timestamp(params: Mapping[str, str], now_ms: int) -> None:
    """Refuse a request that is too old, or from too far in the future."""
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
        raise errors.invalid("recvWindow is not a positive number")
    return window
