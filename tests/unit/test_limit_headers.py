"""The exchange's headers and texts about its limits."""

from __future__ import annotations

from typing import Any

import pytest

from ccxt_bingx_ext._bingx.limit_headers import (
    rest_of_ban,
    rest_of_window,
)
from ccxt_bingx_ext._bingx.vocabulary import ban_end

NOW = 1_727_193_814.0


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("in the disabled period and will be unblocked after 1727193814249", 1727193814.249),
        (
            "over 20 error code:100202 requests within 480000 ms, can retry after time: 1727193970155",
            1727193970.155,
        ),
        ("rate limited", None),
        ("within 480000 ms", None),
        ("after 1727193814", None),
        ("", None),
    ],
)
def test_end_of_a_ban(text: str, until: float | None) -> None:
    """The end of a ban is the epoch in ms in either of the texts seen live."""
    assert ban_end(text) == until


@pytest.mark.parametrize(
    ("remain", "expire", "rest"),
    [
        ("0", "1727193814700", 0.7),  # epoch, ms
        ("0", "1727193819", 1.0),
        ("0", "1727193816", 1.0),  # epoch, s; at most the limit's second, because the clocks may differ
        ("0", "1727193817500", 1.0),
        ("0", "800", 0.8),  # rest, ms
        ("0", "2", 0.002),
        (" 0 ", "800", 0.8),
        (0, 800, 0.8),
        ("1", "1727193814700", None),
        ("0", "5", 0.005),
        ("0", "5000", 5.0),
        ("0", "1727193813000", None),  # past
        ("0", "1727193814", None),  # now
        ("0", "0", None),
        ("0", "1727193999000", None),  # far off
        ("0", "5500", None),
        ("0", "soon", None),
        ("0", "nan", None),
        ("", "800", None),
    ],
)
def test_rest_of_the_window(remain: Any, expire: Any, rest: float | None) -> None:
    """The headers give a plausible rest of the window, be it s or ms, an epoch or a rest."""
    headers = {"X-RateLimit-Requests-Remain": remain, "x-ratelimit-requests-expire": expire}
    told = rest_of_window(headers, NOW)
    assert told == (None if rest is None else pytest.approx(rest))


@pytest.mark.parametrize(
    ("until", "rest"),
    [(NOW + 300, 300), (NOW + 0.2, 1), (NOW - 5, 1), (NOW + 1e9, 3600), (9999999999.999, 3600)],
)
def test_plausible_ban(until: float, rest: float) -> None:
    """A ban lasts at least a second and at most an hour, for every end in its text."""
    assert rest_of_ban(until, NOW) == pytest.approx(rest)


@pytest.mark.parametrize("headers", [None, {}, {"X-RateLimit-Requests-Remain": "0"}])
def test_missing_headers(headers: Any) -> None:
    """Missing headers give no rest of the window."""
    assert rest_of_window(headers, NOW) is None
