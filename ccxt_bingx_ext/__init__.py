"""BingX classes for ccxt that report what became of every order that you cancel.

::

    from ccxt_bingx_ext import bingx                 # sync
    from ccxt_bingx_ext.async_support import bingx   # async
    from ccxt_bingx_ext.pro import bingx             # websocket

For bots that look the class up in ccxt by name, call ``ccxt_bingx_ext.register()``.
"""

from __future__ import annotations

from ._cancel.orders import GONE, is_gone
from ._ids import ClientOrderId, unresolved_as_json
from ._register import Registration, register, unregister
from ._sync import bingx
from ._types import AccountsForIds, CancellationRequest, CancelOrdersOptions

__version__ = "0.1.0"

__all__ = [
    "GONE",
    "AccountsForIds",
    "CancelOrdersOptions",
    "CancellationRequest",
    "ClientOrderId",
    "Registration",
    "__version__",
    "bingx",
    "is_gone",
    "register",
    "unregister",
    "unresolved_as_json",
]
