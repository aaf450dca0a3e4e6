"""The rules of `bot/engine/room.py`."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.engine.room import CONVERSATIONS, LEAST, Room, divide, no_room

SET = st.none() | st.integers(1, 10**6)


def test_a_model_of_a_long_context_starts_with_what_memory_holds() -> None:
    """24 GB, of which 4-bit weights of 8 B parameters leave room for 124,000 tokens."""
    assert divide(131_072, 124_000, 16, None, None) == Room(31_000, 124_000)
    assert divide(131_072, 10**7, 16, None, None) == Room(131_072, 2 * 16 * 131_072)


def test_a_short_context_is_the_models_whatever_is_free() -> None:
    """As long as the memory for one of them can be had at all."""
    assert divide(2_048, 10_000, 16, None, None) == Room(2_048, 10_000)
    assert divide(2_048, 0, 16, None, None) == Room(2_048, 2_048)


def test_what_is_set_bounds_the_context() -> None:
    """By its own setting, or by that of the cache, whatever else would be possible."""
    assert divide(131_072, 0, 16, 8_192, None) == Room(8_192, 8_192)
    assert divide(131_072, 10**6, 2, 8_192, None) == Room(8_192, 4 * 8_192)
    assert divide(131_072, 10**6, 16, None, 6_000) == Room(6_000, 6_000)
    assert divide(2_048, 10**6, 16, 8_192, 6_000) == Room(2_048, 6_000)


@given(st.integers(1, 10**6), st.integers(0, 10**7), st.integers(2, 64), SET, SET)
def test_a_context_fits_the_model_the_cache_and_what_is_set(
    model: int, fits: int, places: int, context: int | None, cache: int | None
) -> None:
    """And several of the longest fit side by side, where nothing is set and there is room."""
    room = divide(model, fits, places, context, cache)
    assert 1 <= room.context <= min(model, context or model, cache or room.cache)
    assert cache in (None, room.cache)
    if context is cache is None and fits >= CONVERSATIONS * LEAST:
        assert room.cache >= min(CONVERSATIONS * room.context, fits)


@given(st.integers(1, 10**6), st.integers(0, 10**7), SET, SET)
def test_the_setting_that_an_error_names_mends_it(
    model: int, fits: int, context: int | None, cache: int | None
) -> None:
    """Lowered to what fits, it leaves a cache that does."""
    room = divide(model, fits, 16, context, cache)
    if room.cache <= fits or not fits:
        return
    told = no_room(room, 10**10, "cuda", context, cache).english
    if "cache_tokens" in told:
        assert divide(model, fits, 16, context, fits).cache <= fits
    else:
        assert "context_length" in told
        assert divide(model, fits, 16, min(fits, context or fits), cache).cache <= fits
