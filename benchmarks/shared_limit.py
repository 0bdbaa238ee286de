"""Measure how long a slot in the rate limit takes: in this process, over Redis, over Redis with TLS.

It times the call and its reply before each cancel, while nothing else uses the limit.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from ccxt_bingx_ext._bingx.errors import not_sent
from ccxt_bingx_ext._ratelimit.acquire import acquire
from ccxt_bingx_ext._ratelimit.registry import limiter_for
from ccxt_bingx_ext._ratelimit.schedule import RateLimit
from tests.helpers import unused_port

from .contenders import progress

_LIMIT = 100  # requests per second


class SharedLimit(NamedTuple):
    """Seconds per slot; None without redis-server or openssl."""

    in_process: float
    redis: float | None
    tls: float | None


def measure(*, quick: bool) -> SharedLimit:
    slots = 50 if quick else 300
    progress("a slot in the rate limit")
    in_process = _per_slot(None, slots)
    if not (shutil.which("redis-server") and shutil.which("openssl")):
        return SharedLimit(in_process, None, None)
    with TemporaryDirectory() as folder, _redis(Path(folder)) as (plain, tls):
        return SharedLimit(in_process, _per_slot(plain, slots), _per_slot(tls, slots))


def _per_slot(storage: str | None, slots: int) -> float:
    limiter = limiter_for("benchmark", "host", storage or "in process", storage)
    taken = []
    for _ in range(slots + 1):
        start = time.perf_counter()
        slot = acquire(limiter, RateLimit.of(_LIMIT, 0.0), 1.0, not_sent)
        taken.append(time.perf_counter() - start)
        slot.written()
        slot.answered()
        time.sleep(1.1 / _LIMIT)  # below the limit, so that nothing waits
    return median(taken[1:])  # the first one connects


@contextmanager
def _redis(folder: Path) -> Iterator[tuple[str, str]]:
    """The URLs of a redis-server, without and with TLS."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run(
        ["openssl", "req", *subject, "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    port, tls_port = unused_port(), unused_port()
    options = {
        "port": port, "bind": "127.0.0.1", "save": "", "dir": folder, "tls-port": tls_port,
        "tls-cert-file": certificate, "tls-key-file": key, "tls-auth-clients": "no",
    }  # fmt: skip
    command = ["redis-server", *(str(one) for name, value in options.items() for one in (f"--{name}", value))]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            time.sleep(1.0)
            yield f"redis://127.0.0.1:{port}/0", f"rediss://127.0.0.1:{tls_port}/0?ssl_cert_reqs=none"
        finally:
            server.terminate()
