"""Responses: their bytes, and how the server delivers them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..errors import Refused

JSON_TYPE: Final = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Response:
    """A complete HTTP response. Only faults set the delivery fields."""

    body: bytes
    status: int = 200
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    declared_length: int | None = None
    """Announce this many bytes instead of the length of the body, and hang up after the body."""
    chunk: int | None = None
    """Send this many bytes at a time."""
    pause: float = 0.0
    """Wait this many seconds between the pieces."""

    @property
    def code(self) -> int | None:
        """The business code, if the body has one."""
        try:
            decoded = json.loads(self.body)
        except ValueError:
            return None
        code = decoded.get("code") if isinstance(decoded, dict) else None
        return code if isinstance(code, int) else None


def encode(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def success(data: Any) -> Response:
    return Response(encode({"code": 0, "msg": "", "debugMsg": "", "data": data}))


def refusal(refused: Refused) -> Response:
    body = encode({"code": refused.code, "msg": refused.message, "debugMsg": ""})
    return Response(body, status=refused.status)


def html_page(status: int, reason: str) -> Response:
    """An error page, as a gateway in front of the exchange sends it."""
    page = (
        f"<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {reason}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
    return Response(page.encode(), status=status, content_type="text/html")
