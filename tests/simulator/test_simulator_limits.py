"""The sliding window and the bans, on a fake clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ccxt_bingx_ext.simulator.limits import BanRule, Limiter, ban_message, worst_window

TIMES = st.lists(st.floats(0, 10, allow_nan=False), max_size=40).map(sorted)


def limiter(limit: int | None = 2, rule: BanRule | None = None) -> Limiter:
    return Limiter(lambda path: limit, rule or BanRule())


def test_sliding_window() -> None:
    """Two requests pass, and a third passes once the first is a second old."""
    one = limiter()
    assert [one.admit("u", "p", now).allowed for now in (0.0, 0.5, 0.999, 1.0, 1.2, 1.5)] == [
        True,
        True,
        False,
        True,
        False,
        True,
    ]


def test_remaining_and_expiry() -> None:
    """The verdict holds the remaining budget and the time at which the oldest request expires."""
    one = limiter()
    verdicts = [one.admit("u", "p", now) for now in (0.0, 0.25, 0.5)]
    assert [(v.remaining, v.expires) for v in verdicts] == [(1, 1.0), (0, 1.0), (0, 1.0)]


def test_budgets() -> None:
    """Each uid has its own budget on each endpoint."""
    one = limiter(1)
    assert all(one.admit(uid, path, 0.0).allowed for uid in "ab" for path in "pq")
    assert not any(one.admit(uid, path, 0.1).allowed for uid in "ab" for path in "pq")


def test_no_limit() -> None:
    """An endpoint without a limit admits everything."""
    one = limiter(None)
    assert all(one.admit("u", "p", 0.0).allowed for _ in range(1000))


def test_automatic_ban() -> None:
    """One refusal more than the rule allows bans the uid from the endpoint for the rule's time."""
    one = limiter(1, BanRule(after=3, within=10, seconds=60))
    one.admit("u", "p", 0.0)
    verdicts = [one.admit("u", "p", 0.1 * n) for n in range(1, 5)]
    assert [v.banned_until for v in verdicts] == [None, None, None, 0.4 + 60]
    assert one.admit("u", "p", 60.3).banned_until == 60.4
    assert one.admit("u", "q", 60.3).allowed
    assert one.admit("v", "p", 60.3).allowed
    assert one.admit("u", "p", 60.4).allowed


def test_old_refusals() -> None:
    """Refusals that are further apart than the rule's time do not add up."""
    one = limiter(0, BanRule(after=1, within=10, seconds=60))
    assert [one.admit("u", "p", now).banned_until for now in (0.0, 11.0, 22.0)] == [None] * 3


def test_ban_and_unban() -> None:
    """A ban covers one account or all, one endpoint or all, and unban() lifts it."""
    one = limiter()
    one.ban("u", None, 10.0)
    assert one.admit("u", "p", 0.0).banned_until == 10.0
    assert one.admit("v", "p", 0.0).allowed
    one.ban(None, "p", 20.0)
    assert one.admit("v", "p", 0.0).banned_until == 20.0
    assert one.admit("u", "p", 0.0).banned_until == 20.0
    one.unban()
    assert one.admit("u", "p", 0.0).allowed


def test_ban_messages() -> None:
    """Both texts hold the words that were seen, and the end of the ban."""
    assert "in the disabled period and will be unblocked after 123" in ban_message(
        "unblocked", BanRule(), 123
    )
    text = ban_message("retry", BanRule(), 123)
    assert text.startswith("over 20 error code:100202 requests within 480000 ms")
    assert text.endswith("can retry after time: 123")


@given(TIMES, st.integers(1, 4))
def test_limit_in_any_second(times: list[float], limit: int) -> None:
    """The limiter never admits more than the limit in any second."""
    one = limiter(limit, BanRule(after=None))
    admitted = [now for now in times if one.admit("u", "p", now).allowed]
    assert worst_window(admitted) <= limit


@given(TIMES, st.sampled_from([0.5, 1.0, 3.0]))
def test_worst_window(times: list[float], seconds: float) -> None:
    """worst_window finds the fullest of the windows that begin with a request."""
    slow = max((sum(0 <= b - a < seconds for b in times) for a in times), default=0)
    assert worst_window(times, seconds) == slow
