"""A server on loopback that responds to each connection as a test scripts it, down to single bytes."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ccxt_bingx_ext.simulator import Simulator


class Scripted:
    """A server that passes each connection, and each request on it, to `script`, which may respond.

    `requests`: the first line and the headers of each request, in order of arrival.
    """

    def __init__(self, script: Callable[[socket.socket, str], object]) -> None:
        self.requests: list[str] = []
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def count(self, path: str) -> int:
        """How many requests went to `path`."""
        return sum(path in request.partition("\r\n")[0] for request in self.requests)

    def stop_listening(self) -> None:
        """Refuse every further connection."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def close(self) -> None:
        self.stop_listening()
        for connection in self._connections:
            connection.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            stream = connection.makefile("rb")
            while line := stream.readline():
                head = [line]
                while (line := stream.readline()).strip():
                    head.append(line)
                request = b"".join(head).decode()
                lower = request.lower()
                if "content-length:" in lower:
                    stream.read(int(lower.partition("content-length:")[2].split()[0]))
                self.requests.append(request)
                if self._script(connection, request) == "close":
                    return


@contextmanager
def scripted(script: Callable[[socket.socket, str], object]) -> Iterator[Scripted]:
    """Serve by `script`, which returns "close" to end the connection."""
    server = Scripted(script)
    try:
        yield server
    finally:
        server.close()


def answer(connection: socket.socket, body: str = "", status: str = "200 OK", **headers: str) -> None:
    """Send a whole response. Its content is JSON unless `headers` say otherwise."""
    named = {"Content-Type": "application/json", **{n.replace("_", "-"): one for n, one in headers.items()}}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {one}" for name, one in named.items())]
    content = body.encode()
    lines.append(f"Content-Length: {len(content)}")
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + content)


def canceled(*ids: str) -> str:
    """The response to a batch cancel that cancelled `ids`."""
    orders = [{"symbol": "BTC-USDT", "orderId": int(one), "status": "CANCELED"} for one in ids]
    return json.dumps({"code": 0, "msg": "", "data": {"orders": orders, "fails": []}})


def config_over(simulator: Simulator, first: str, *fallbacks: str, **more: Any) -> dict[str, Any]:
    """A configuration that reaches the exchange at the host `first`, and then at `fallbacks`."""
    config = simulator.ccxt_config(hostname=first, options={"fallbackHostnames": list(fallbacks)}, **more)
    config["urls"] = {"api": dict.fromkeys(config["urls"]["api"], "http://{hostname}/openApi")}
    return config
