"""The rules of `bot/engine/pace.py`."""

from __future__ import annotations

from bot.engine.pace import FEWEST, FIRST, STEP_SECONDS, Pace


def run(pace: Pace, speed: float, steps: int, waiting: int = 10_000) -> None:
    """Steps on a machine that prefills `speed` tokens a second."""
    for _ in range(steps):
        tokens = min(pace.tokens, waiting)
        pace.note(tokens, tokens / speed)


def test_it_settles_where_a_step_takes_the_time_it_may() -> None:
    """On a slow machine and on a fast one, within a few steps."""
    for speed in (40, 400, 1_200):
        pace = Pace(2_048)
        run(pace, speed, 8)
        assert abs(pace.tokens - speed * STEP_SECONDS) <= 0.1 * speed * STEP_SECONDS


def test_it_stays_between_its_bounds() -> None:
    """A machine that is too slow still gets on; the setting is never passed."""
    slow, fast = Pace(2_048), Pace(100)
    run(slow, 1, 10)
    run(fast, 1e6, 10)
    assert slow.tokens == FEWEST and fast.tokens == 100
    assert Pace(11).tokens == 11


def test_one_slow_step_halves_it_at_most() -> None:
    """A machine that was busy for a moment is not taken for a slow one."""
    pace = Pace(2_048)
    pace.note(FIRST, 100.0)
    assert pace.tokens == FIRST // 2


def test_short_prompts_say_nothing_about_long_ones() -> None:
    """A fast step of a few tokens does not shrink the budget; a slow one does."""
    pace = Pace(2_048)
    pace.note(4, 0.1)
    assert pace.tokens == FIRST
    pace.note(4, 2 * STEP_SECONDS)
    assert pace.tokens == FIRST // 2
