"""Watch aiohttp's sessions.

aiohttp (3.10 to 3.14 seen) repeats a GET or DELETE by itself if its connection breaks: HTTP calls them
idempotent. For a bot a cancel is not idempotent: the response to the first one is lost, and the response to
the second one says that the order does not exist. It also follows redirects, and takes the API key along.
Trace hooks see each attempt before it is written, and each redirect before it is followed.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import aiohttp

from .call import Redirected, current_call, warn_unwatched


async def _on_start(
    session: aiohttp.ClientSession, context: SimpleNamespace, start: aiohttp.TraceRequestStartParams
) -> None:
    if (call := current_call()) is not None:
        call.begun = True


async def _before_headers(
    session: aiohttp.ClientSession, context: SimpleNamespace, attempt: aiohttp.TraceRequestHeadersSentParams
) -> None:
    if (call := current_call()) is not None:
        await call.before_write_async()


async def _before_redirect(
    session: aiohttp.ClientSession, context: SimpleNamespace, redirect: aiohttp.TraceRequestRedirectParams
) -> None:
    if current_call() is not None:
        redirect.response.close()
        raise Redirected(redirect.response.status)


async def _on_response(
    session: aiohttp.ClientSession, context: SimpleNamespace, end: aiohttp.TraceRequestEndParams
) -> None:
    if (call := current_call()) is not None:
        call.answer()


_trace = aiohttp.TraceConfig()
_trace.on_request_start.append(_on_start)
_trace.on_request_headers_sent.append(_before_headers)
_trace.on_request_redirect.append(_before_redirect)
_trace.on_request_end.append(_on_response)
_trace.freeze()


def watch_session(session: Any) -> None:
    """Make `session`, aiohttp's or one like it, report to the call that it carries out."""
    if session is None:
        return
    configs = getattr(session, "trace_configs", None)
    if not isinstance(configs, list):
        warn_unwatched(session)
    elif _trace not in configs:
        configs.append(_trace)
