"""Note whether a cancel may have been sent.

The error of a call does not say that of the whole call: an earlier request of it may have been sent.
"""

from __future__ import annotations

from typing import Any

from ccxt.base.errors import BaseError

from .. import bingx
from .._cancel.failures import was_never_sent


class NotingBingx(bingx):
    """``bingx`` that notes whether it may have sent a request that changes something."""

    has_sent = False

    def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        changes_nothing = method == "GET"
        try:
            return super().fetch(url, method, headers, body)
        except BaseError as error:
            changes_nothing = changes_nothing or was_never_sent(error)
            raise
        finally:
            if not changes_nothing:
                self.has_sent = True
