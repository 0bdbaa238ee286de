"""No signature leaves in a message."""

from __future__ import annotations

import re
import traceback

import pytest

from ccxt_bingx_ext._redact import redact, redact_chain


def test_scrub_masks_signatures_and_nothing_else() -> None:
    """64 hexadecimal digits are a signature; ids and words are not."""
    for digits in ("0a", "F9"):
        assert redact(f"?orderIds=1735964997957275648&signature={digits * 32}&x") == (
            "?orderIds=1735964997957275648&signature=***&x"
        )


@pytest.mark.parametrize("before", ["signature=", "signature%3D", "signature%253D"])
def test_a_signature_is_masked_however_it_is_encoded(before: str) -> None:
    """A proxy's URL holds the exchange's, encoded: the D of %3D is a hexadecimal digit, too."""
    assert "a1a1" not in redact(f"https://proxy/?url=x%3F{before}{'a1' * 32}")


def test_scrubbing_follows_a_chain_that_bites_its_tail() -> None:
    """Exceptions can be chained in a circle; each is visited once."""
    first, second = ValueError("a" * 64), ValueError("b" * 64)
    first.__cause__, second.__cause__ = second, first
    above = ValueError("c" * 64)
    above.__cause__ = first
    redact_chain(above)
    assert (str(above), str(first), str(second)) == ("***", "***", "***")


def test_what_was_being_handled_is_scrubbed_too() -> None:
    """A traceback shows the context where there is no cause."""
    error = ValueError("fine")
    error.__context__ = ValueError("a" * 64)
    redact_chain(error)
    assert str(error.__context__) == "***"


def test_an_error_that_writes_its_message_itself_is_replaced() -> None:
    """Some of aiohttp's errors show the request's URL whatever their args are."""

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
