"""A TCP proxy that delays data, in a process of its own, which imports only asyncio."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from random import Random

# A fork would inherit the locks and sockets of the tests.
SPAWN = multiprocessing.get_context("spawn")


async def _relay(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: Callable[[], float]
) -> None:
    """Pass on each piece of data after its own delay of `seconds`, in the original sequence."""
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        while True:
            due, piece = await pieces.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not piece:
                return writer.close()
            writer.write(piece)

    async def receive() -> None:
        piece = b"-"
        while piece:
            try:
                piece = await reader.read(65536)
            except ConnectionError:
                piece = b""
            pieces.put_nowait((loop.time() + seconds(), piece))

    await asyncio.gather(receive(), deliver())


def _serve_proxy(
    messages: Connection, port: int, seed: str, latency: tuple[float, float], slow_replies: float
) -> None:
    random = Random(seed)

    def back() -> float:
        return 0.22 if random.random() < slow_replies else 0.0

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):  # the proxy ends, and asyncio would report each connection
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(
                _relay(reader, far_writer, lambda: random.uniform(*latency)), _relay(far_reader, writer, back)
            )

    async def main() -> None:
        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        messages.send(server.sockets[0].getsockname()[1])
        try:
            await asyncio.get_running_loop().run_in_executor(None, messages.recv)
        except EOFError:
            server.close()

    asyncio.run(main())


@contextmanager
def proxy_to(
    port: int, seed: str, *, latency: tuple[float, float] = (0.0, 0.0), slow_replies: float = 0.0
) -> Iterator[int]:
    """The port of a TCP proxy, in a process of its own, that delays data to and from `port`."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(
        target=_serve_proxy, args=(theirs, port, seed, latency, slow_replies), daemon=True
    )
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()
        process.join(10)
