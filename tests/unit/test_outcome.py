"""What came of a call, at the edge."""

from __future__ import annotations

from ccxt.base.errors import BadRequest, OrderNotFound, PermissionDenied, RequestTimeout

from ccxt_bingx_ext._cancel.outcome import most_severe


def test_most_severe() -> None:
    """An ambiguous error outranks a refusal, and OrderNotFound comes last."""
    unknown, refused, other, gone = (
        RequestTimeout("x"),
        BadRequest("x"),
        PermissionDenied("x"),
        OrderNotFound("x"),
    )
    assert most_severe([gone, refused, unknown]) is unknown
    assert most_severe([gone, refused, other]) is refused
    assert most_severe([other, refused]) is other
    assert most_severe([gone]) is gone
