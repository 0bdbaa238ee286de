"""Watch aiohttp's sessions.

aiohttp (3.10 to 3.14 seen) repeats a GET or DELETE by itself if its connection breaks: HTTP calls them
idempotent. For a bot a cancel is not idempotent: the response to the first request is lost, and the response
to the second says that the order does not exist. aiohttp also follows redirects, and sends the API key along.
Trace hooks see each attempt before it is written, and each redirect before it is followed, in every task that
the session sends from.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import aiohttp

from .._bingx.endpoints import concerns_orders, route_of
from .call import LARGEST_RESPONSE, Redirected, Replayed, TooLarge, current_call, warn_unwatched


async def _before_headers(
    session: aiohttp.ClientSession, context: SimpleNamespace, attempt: aiohttp.TraceRequestHeadersSentParams
) -> None:
    url = str(attempt.url)
    if not concerns_orders(route_of(attempt.method, url)):
        return
    if (call := current_call(attempt.method, url)) is not None:
        await call.before_write_async()
    elif attempt.method == "DELETE" and vars(context).get("is_written"):  # the bot gave up waiting
        raise Replayed("the plugin does not repeat the request")
    context.is_written = True


async def _before_body(
    session: aiohttp.ClientSession, context: SimpleNamespace, piece: aiohttp.TraceRequestChunkSentParams
) -> None:
    if (call := current_call(piece.method, str(piece.url))) is not None:
        await call.before_body_async()


async def _before_redirect(
    session: aiohttp.ClientSession, context: SimpleNamespace, redirect: aiohttp.TraceRequestRedirectParams
) -> None:
    if concerns_orders(route_of(redirect.method, str(redirect.url))):
        redirect.response.close()
        raise Redirected(redirect.response.status)


async def _on_response(
    session: aiohttp.ClientSession, context: SimpleNamespace, end: aiohttp.TraceRequestEndParams
) -> None:
    if (call := current_call(end.method, str(end.url))) is not None:
        call.answer()
        end.response.content = _Bounded(end.response.content)  # type: ignore[assignment]


class _Bounded:
    """The decoded content of a response. It raises `TooLarge` before it fills the memory."""

    def __init__(self, upstream: aiohttp.StreamReader) -> None:
        self._upstream = upstream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._upstream, name)

    async def read(self, size: int = -1) -> bytes:
        if size >= 0:
            return await self._upstream.read(size)
        pieces, read = [], 0
        while piece := await self._upstream.readany():
            read += len(piece)
            if read > LARGEST_RESPONSE:
                raise TooLarge
            pieces.append(piece)
        return b"".join(pieces)


async def _on_failure(
    session: aiohttp.ClientSession, context: SimpleNamespace, failed: aiohttp.TraceRequestExceptionParams
) -> None:
    if (call := current_call(failed.method, str(failed.url))) is not None:
        call.failure = failed.exception


_trace = aiohttp.TraceConfig()
_trace.on_request_headers_sent.append(_before_headers)
_trace.on_request_chunk_sent.append(_before_body)
_trace.on_request_redirect.append(_before_redirect)
_trace.on_request_end.append(_on_response)
_trace.on_request_exception.append(_on_failure)
_trace.freeze()


def watch_session(session: Any) -> None:
    """Make `session` (aiohttp's or similar) report to the call that it carries out."""
    if session is None:
        return
    configs = getattr(session, "trace_configs", None)
    if not isinstance(configs, list):
        warn_unwatched(session)
    elif _trace not in configs:
        configs.append(_trace)
