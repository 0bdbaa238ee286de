"""The simulator as a program: its log."""

from __future__ import annotations

import os
import re
import signal
import urllib.request
from typing import Any

import pytest

from ccxt_bingx_ext.simulator import Request, Simulator, serve
from ccxt_bingx_ext.simulator.serving import line_of


def request_of(**fields: Any) -> Request:
    named = {"number": 1, "arrived": 0.0, "wall": 0.0625, "method": "POST", "query": "", "headers": {}}
    path = "/openApi/spot/v1/trade/cancelOrders"
    return Request(**{**named, "path": path, **fields})


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"http_status": 200, "code": 0, "cancelled": (1, 2)}, "code 0, 2 cancelled"),
        ({"http_status": 200, "code": 100410, "limited": True}, "code 100410, over the limit"),
        ({"http_status": 504, "fault": "http"}, "HTTP 504, fault http"),
        ({"fault": "drop", "conditions": ("stale",)}, "no response, fault drop+stale"),
    ],
)
def test_line(fields: dict[str, Any], outcome: str) -> None:
    """A line of the log names time, method, path and outcome of a request, in 80 columns."""
    line = line_of(request_of(**fields))
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.062 POST spot/v1/trade/cancelOrders: (.*)", line)
    assert line.endswith(f": {outcome}")
    assert len(line) <= 80


def test_on_response() -> None:
    """The simulator reports each request once, after its outcome is known, and also one without response."""
    seen: list[tuple[str, int | None]] = []
    with Simulator() as simulator:
        assert simulator.on_response is None
        simulator.on_response = lambda request: seen.append((request.path[-7:], request.http_status))
        with urllib.request.urlopen(f"{simulator.url}/openApi/spot/v1/common/symbols"):
            pass
        simulator.faults.add("drop", path="common/symbols")
        with pytest.raises(OSError, match=r"without response|closed"):
            urllib.request.urlopen(f"{simulator.url}/openApi/spot/v1/common/symbols")
    assert seen == [("symbols", 200), ("symbols", None)]


def test_serve(capsys: pytest.CaptureFixture[str]) -> None:
    """serve prints the address, passes on a line per request, ends on SIGTERM and restores the handlers."""
    before = signal.getsignal(signal.SIGTERM)
    lines: list[str] = []
    asked: list[str] = []

    def announce(text: str) -> None:
        asked.append(text)
        with urllib.request.urlopen(f"{text.split()[3]}/openApi/spot/v1/common/symbols"):
            pass

    def log(line: str) -> None:
        lines.append(line)
        os.kill(os.getpid(), signal.SIGTERM)

    serve(0, announce=announce, log=log)
    assert [line.partition(" ")[2] for line in lines] == ["GET spot/v1/common/symbols: code 0"]
    assert signal.getsignal(signal.SIGTERM) is before
    assert max(map(len, asked[0].splitlines())) <= 80
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("port", [-1, 65536])
def test_bad_port(port: int) -> None:
    """A port that cannot be raises ValueError before the simulator starts."""
    with pytest.raises(ValueError, match=f"port must be 0 to 65535, not {port}"):
        Simulator(port)
