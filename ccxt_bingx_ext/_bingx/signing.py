"""Write the documented body of the spot batch cancel: one signed JSON object. No I/O, no exchange object.

The signature is the lower-case hexadecimal HMAC-SHA256 of the canonical string: every parameter as
``name=value``, names in ASCII order, joined by ``&``, values not URL-encoded (docs, notes).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from ccxt.base.errors import AuthenticationError


def check_api_key(api_key: str | None) -> None:
    """Raise ``AuthenticationError`` for a key that no header can hold, such as one copied with a line break.

    Otherwise requests and aiohttp refuse the header with a message that holds the key.
    """
    if api_key and not re.fullmatch(r"[!-~]([ -~]*[!-~])?", api_key):
        raise AuthenticationError(
            "bingx apiKey has white space at an end, or holds characters that are not ASCII: copy it again"
        )


def canonical(params: Mapping[str, Any]) -> str:
    """The string to sign. It holds values as the JSON body does, without quotes."""
    return "&".join(f"{name}={_text(params[name])}" for name in sorted(params))


def signed_json(params: Mapping[str, Any], secret: str) -> str:
    """`params` (``timestamp`` included) and their ``signature`` as one JSON object."""
    digest = hmac.new(secret.encode(), canonical(params).encode(), hashlib.sha256).hexdigest()
    return json.dumps({**params, "signature": digest}, separators=(",", ":"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
