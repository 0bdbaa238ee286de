"""No cancel is sent a second time behind the flow's back.

aiohttp (3.10 to 3.14 seen) sends a GET or DELETE whose connection breaks once more, by itself: HTTP calls
them idempotent. A cancel is not, to the bot: the first one's answer is lost, and the second one's says that
the order does not exist. A trace hook sees each attempt before it is written, and ends the second one.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import aiohttp

from ._bingx.endpoints import concerns_orders, route_of


async def _before_headers(
    session: aiohttp.ClientSession, call: SimpleNamespace, attempt: aiohttp.TraceRequestHeadersSentParams
) -> None:
    url = str(attempt.url)
    sent_to = vars(call).setdefault("sent_to", set())  # a redirect leads to another URL
    if url in sent_to and attempt.method == "DELETE" and concerns_orders(route_of(attempt.method, url)):
        raise aiohttp.ServerDisconnectedError("the answer was lost; the request is not sent again unasked")
    sent_to.add(url)


_trace = aiohttp.TraceConfig()
_trace.on_request_headers_sent.append(_before_headers)
_trace.freeze()


def forbid_replay(session: Any) -> None:
    """From now on `session` (aiohttp's) sends no cancel again by itself."""
    if session is not None and _trace not in session.trace_configs:
        session.trace_configs.append(_trace)
