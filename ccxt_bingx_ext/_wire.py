"""What happens on the wire: no cancel is sent a second time behind the flow's back.

aiohttp (3.10 to 3.14 seen) repeats a GET or DELETE by itself if its connection breaks: HTTP calls them
idempotent. For a bot a cancel is not idempotent: the response to the first one is lost, and the response to
the second one says that the order does not exist. A trace hook sees each attempt before it is written, and
ends the second one.
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
        raise aiohttp.ServerDisconnectedError("the response was lost; the plugin does not repeat the request")
    sent_to.add(url)


_trace = aiohttp.TraceConfig()
_trace.on_request_headers_sent.append(_before_headers)
_trace.freeze()


def forbid_replay(session: Any) -> None:
    """Keep `session` (aiohttp's) from repeating a cancel by itself."""
    if session is not None and _trace not in session.trace_configs:
        session.trace_configs.append(_trace)
