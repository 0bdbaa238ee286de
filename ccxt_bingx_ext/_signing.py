"""The endpoint's documented request body: one JSON object, signed. No I/O, no exchange object.

The signature is the lower-case hexadecimal HMAC-SHA256 of the canonical string: every parameter as
``name=value``, names in ASCII order, joined by ``&``, values not URL-encoded (docs, notes).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any


def canonical(params: Mapping[str, Any]) -> str:
    """The string that is signed. Values stand in it as they stand in the JSON body, without quotes."""
    return "&".join(f"{name}={_text(params[name])}" for name in sorted(params))


def signed_json(params: Mapping[str, Any], secret: str) -> str:
    """`params` (``timestamp`` included) and their ``signature`` as one JSON object."""
    digest = hmac.new(secret.encode(), canonical(params).encode(), hashlib.sha256).hexdigest()
    return json.dumps({**params, "signature": digest}, separators=(",", ":"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
