from __future__ import annotations

import pytest

from bot.limits import WINDOW, RateLimiter, TooFast


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def uses(limiter: RateLimiter, key: str, count: int) -> int:
    """How many of so many uses in a row are allowed."""
    allowed = 0
    for _ in range(count):
        try:
            limiter.use(key)
        except TooFast:
            continue
        allowed += 1
    return allowed


def test_so_many_uses_a_minute_and_no_more() -> None:
    """The window slides: each use becomes free again a minute after it was made."""
    clock = Clock()
    limiter = RateLimiter(3, clock)
    assert uses(limiter, "a", 2) == 2
    clock.now += 30
    assert uses(limiter, "a", 5) == 1
    clock.now += 29.9
    assert uses(limiter, "a", 1) == 0
    clock.now += 0.1
    assert uses(limiter, "a", 5) == 2


def test_each_key_has_its_own_allowance() -> None:
    """One person who asks a lot takes nothing from another."""
    limiter = RateLimiter(1, Clock())
    assert [uses(limiter, key, 2) for key in ("a", "b")] == [1, 1]


def test_a_limit_of_zero_is_none() -> None:
    """The operator's way to say: as many as they like."""
    assert uses(RateLimiter(0, Clock()), "a", 1_000) == 1_000


def test_the_refusal_says_how_long_to_wait_and_is_nobody_elses_business() -> None:
    """In both languages, and never zero seconds."""
    clock = Clock()
    limiter = RateLimiter(1, clock)
    limiter.use("a")
    clock.now += 18
    with pytest.raises(TooFast, match=r"1 messages a minute .* in 42 seconds") as refused:
        limiter.use("a")
    assert refused.value.seconds == 42
    assert "42秒後" in refused.value.japanese
    assert refused.value.private
    clock.now += 41.9
    with pytest.raises(TooFast, match="in 1 seconds"):
        limiter.use("a")


def test_a_refused_use_does_not_count() -> None:
    """Who keeps trying is let in as soon as who waits."""
    clock = Clock()
    limiter = RateLimiter(1, clock)
    assert uses(limiter, "a", 100) == 1
    clock.now += WINDOW
    assert uses(limiter, "a", 1) == 1


def test_those_who_have_been_quiet_take_no_memory() -> None:
    """However many people there are; those of the last minute are not forgotten."""
    clock = Clock()
    limiter = RateLimiter(1, clock)
    for number in range(10_001):
        limiter.use(number)
    clock.now += WINDOW - 1
    limiter.use("recent")
    assert len(limiter._uses) == 10_002
    clock.now += 1
    limiter.use("new")
    assert set(limiter._uses) == {"recent", "new"}
    assert uses(limiter, "recent", 1) == 0


def test_who_asks_again_is_not_forgotten_with_the_others_of_their_time() -> None:
    """It is the last use that counts; who was refused only is not remembered for it."""
    clock = Clock()
    limiter = RateLimiter(2, clock)
    assert (uses(limiter, "a", 1), uses(limiter, "b", 1)) == (1, 1)
    clock.now += WINDOW - 1
    assert uses(limiter, "a", 1) == 1
    clock.now += 1
    limiter.use("c")
    assert set(limiter._uses) == {"a", "c"}


def test_to_look_counts_nothing() -> None:
    """And a limit of zero refuses nobody."""
    limiter = RateLimiter(1, Clock())
    for _ in range(3):
        limiter.check("a")
    limiter.use("a")
    with pytest.raises(TooFast):
        limiter.check("a")
    RateLimiter(0, Clock()).check("a")


def test_a_use_costs_the_same_however_many_people_there_are() -> None:
    """Each forgets at most as many as there were uses before it."""
    clock = Clock()
    limiter = RateLimiter(1, clock)
    for number in range(30_000):
        clock.now += WINDOW / 20_000
        limiter.use(number)
        assert len(limiter._uses) <= 20_001
