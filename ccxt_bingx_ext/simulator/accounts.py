"""API keys: who owns them, and what they permit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from . import errors
from .errors import Refused

Permission = Literal["read", "spot", "swap"]

ALL_PERMISSIONS: Final[frozenset[str]] = frozenset({"read", "spot", "swap"})


@dataclass(frozen=True)
class Account:
    """An API key. Several keys may belong to one ``uid``; the ``uid`` owns the orders and the limits."""

    api_key: str
    secret: str = field(repr=False)
    uid: str
    permissions: frozenset[str] = ALL_PERMISSIONS
    allowed_ips: frozenset[str] | None = None


def check_access(account: Account, permission: Permission | None, remote_ip: str) -> None:
    """Raise `Refused` unless the key permits the endpoint and the address."""
    if account.allowed_ips is not None and remote_ip not in account.allowed_ips:
        raise Refused(errors.IP_NOT_ALLOWED, "IP does not match IP whitelist")
    if permission is not None and permission not in account.permissions:
        raise Refused(
            errors.PERMISSION_DENIED, "Permission denied, the API key was created without the permission"
        )
