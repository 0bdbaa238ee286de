"""The HTTP server. It runs in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from .responses import Response

MAX_BODY: int = 16 * 2**20
_POLL_SECONDS = 0.01
_ACCEPTING = 5  # rounds of the loop, at most, until asyncio hands over the connections that it has accepted

Respond = Callable[[web.Request, float], Awaitable[web.StreamResponse]]


class Stopping(Exception):
    """The server stops: every waiting request ends."""


class ServerThread:
    """An aiohttp server on the loopback interface, in a daemon thread with its own event loop."""

    def __init__(self, respond: Respond, on_error: Callable[[BaseException], None]) -> None:
        self._respond = respond
        self._on_error = on_error
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._active: dict[int, web.Request] = {}

    @property
    def is_running(self) -> bool:
        return self._thread is not None

    def start(self, port: int) -> int:
        """Listen, and return the port. Raises `OSError` if the port is taken."""
        # Bind here and not in the thread, so that the caller gets the exception for a taken port.
        listening = socket.create_server(("127.0.0.1", port), backlog=512)
        address: tuple[str, int] = listening.getsockname()
        started = threading.Event()
        thread = threading.Thread(
            target=self._run, args=(listening, started), name="bingx-simulator", daemon=True
        )
        thread.start()
        started.wait()
        self._thread = thread
        return address[1]

    def stop(self) -> None:
        if self._thread is None:
            return
        if self._loop is not None and self._stopping is not None:  # pragma: no branch - None for mypy only
            # If the loop has already ended, it has closed and recorded why.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._thread = None

    def _run(self, listening: socket.socket, started: threading.Event) -> None:
        with listening:
            try:
                asyncio.run(self._serve(listening, started))
            except Exception as error:
                self._on_error(error)
            finally:
                started.set()

    async def _serve(self, listening: socket.socket, started: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._unhandled)
        self._stopping = asyncio.Event()
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_route("*", "/{anything:.*}", self._handle)
        # The exchange limits the length of URLs, not the HTTP parser.
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=5.0, max_line_size=2**20)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        started.set()
        await self._stopping.wait()
        # aiohttp would wait for requests that a fault holds, and does not cancel them cleanly.
        for request in self._active.values():
            hang_up(request)
        server = runner.server
        await runner.cleanup()
        # A connection that asyncio was accepting meanwhile is still open: close it too.
        for _ in range(_ACCEPTING):
            await asyncio.sleep(0)
        assert server is not None
        await server.shutdown(0)
        await asyncio.sleep(0)

    def _unhandled(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._on_error(context.get("exception") or RuntimeError(context["message"]))

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        arrived = time.perf_counter()
        self._active[id(request)] = request
        try:
            return await self._respond(request, arrived)
        except (ConnectionError, Stopping):
            return hang_up(request)  # the client has gone, or the server stops: no client reads a response
        except web.HTTPException:
            raise
        except Exception as error:
            self._on_error(error)
            return web.Response(status=500, text="the simulator itself failed; see sim.errors")
        finally:
            del self._active[id(request)]

    async def pause(self, seconds: float) -> None:
        """Wait. Raises `Stopping` as soon as the server stops."""
        assert self._stopping is not None
        deadline = time.monotonic() + seconds
        while not self._stopping.is_set():
            rest = deadline - time.monotonic()
            if rest <= 0:
                return
            await asyncio.sleep(min(rest, _POLL_SECONDS))
        raise Stopping

    async def hold(self, request: web.Request, seconds: float | None) -> bool:
        """Wait until the client goes away (True) or the time has passed (False)."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while request.transport is not None and not request.transport.is_closing():
            if deadline is not None and time.monotonic() >= deadline:
                return False
            await self.pause(_POLL_SECONDS)
        return True

    async def deliver(self, request: web.Request, response: Response) -> web.StreamResponse:
        """Send a response the way its delivery fields say."""
        headers = {"Content-Type": response.content_type, **response.headers}
        if response.declared_length is None and response.chunk is None:
            return web.Response(body=response.body, status=response.status, headers=headers)
        stream = web.StreamResponse(status=response.status, headers=headers)
        whole = len(response.body) if response.declared_length is None else response.declared_length
        stream.content_length = whole
        await stream.prepare(request)
        step = response.chunk or len(response.body)
        for start in range(0, len(response.body), step):
            await stream.write(response.body[start : start + step])
            if response.pause:
                await self.pause(response.pause)
        if whole > len(response.body) and request.transport is not None:  # pragma: no branch - or it has gone
            request.transport.close()
        return stream


def hang_up(request: web.Request, *, reset: bool = False) -> web.Response:
    """Close the connection without a response. ``reset`` closes it with a TCP reset."""
    transport = request.transport
    if transport is not None:
        if reset:
            raw: socket.socket = transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()
