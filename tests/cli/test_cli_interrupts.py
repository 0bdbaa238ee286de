"""SIGTERM, handled like Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from ccxt_bingx_ext.cli.interrupts import Terminated, sigterm_interrupts


def test_sigterm() -> None:
    """Within the block SIGTERM raises Terminated. After it, the former handler is back."""
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Terminated), sigterm_interrupts():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_handler_of_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that Python did not set, and cannot set again, becomes the default."""
    set_to: list[object] = []
    monkeypatch.setattr(signal, "signal", lambda number, handler: set_to.append(handler))
    with sigterm_interrupts():
        pass
    assert set_to[1:] == [signal.SIG_DFL]


def test_other_thread() -> None:
    """In a thread, which can set no handler, the block runs as it is."""
    ran: list[bool] = []

    def run() -> None:
        with sigterm_interrupts():
            ran.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert ran == [True]
