"""No signature leaves in a message."""

from __future__ import annotations

import re
import traceback

import pytest

from ccxt_bingx_ext._redact import redact, redact_chain


def test_redact() -> None:
    """redact masks 64 hexadecimal digits, and neither ids nor words."""
    for digits in ("0a", "F9"):
        assert redact(f"?orderIds=1735964997957275648&signature={digits * 32}&x") == (
            "?orderIds=1735964997957275648&signature=***&x"
        )


@pytest.mark.parametrize("before", ["signature=", "signature%3D", "signature%253D"])
def test_encoded_signature(before: str) -> None:
    """redact masks a signature in an encoded URL too, in which the D of %3D is hexadecimal."""
    assert "a1a1" not in redact(f"https://proxy/?url=x%3F{before}{'a1' * 32}")


def test_circular_chain() -> None:
    """redact_chain visits each exception of a circular chain once."""
    first, second = ValueError("a" * 64), ValueError("b" * 64)
    first.__cause__, second.__cause__ = second, first
    above = ValueError("c" * 64)
    above.__cause__ = first
    redact_chain(above)
    assert (str(above), str(first), str(second)) == ("***", "***", "***")


def test_context_of_an_error() -> None:
    """redact_chain also masks the context, which a traceback shows."""
    error = ValueError("fine")
    error.__context__ = ValueError("a" * 64)
    redact_chain(error)
    assert str(error.__context__) == "***"


def test_error_with_own_message() -> None:
    """redact_chain replaces an error whose message does not come from its args."""

    class Stubborn(Exception):
        def __str__(self) -> str:
            return "GET /x?signature=" + "ab" * 32

    below, error = ValueError("c" * 64), ValueError("fine")
    stubborn = Stubborn()
    stubborn.__context__ = below
    error.__cause__, error.__context__ = stubborn, stubborn
    try:
        raise stubborn
    except Stubborn:
        redact_chain(error)
    assert error.__cause__ is not stubborn
    shown = "".join(traceback.format_exception(error))
    assert "raise stubborn" in shown
    assert "Stubborn: GET /x?signature=***" in shown
    assert not re.search("[0-9a-f]{64}", shown)
