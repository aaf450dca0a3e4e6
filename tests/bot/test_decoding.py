from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decoding import BY_NAME, BadSetting, checked, with_overrides
from bot.messages import Sampling


@pytest.mark.parametrize("option", BY_NAME.values(), ids=lambda option: option.name)
def test_every_option_takes_its_bounds_and_nothing_beyond(option) -> None:  # type: ignore[no-untyped-def]
    """The range that is shown is the range that is taken."""
    low, high = (int(v) if option.whole else v for v in (option.low, option.high))
    assert float(checked(option.name, str(low))) == low
    assert float(checked(option.name, str(high))) == high
    for beyond in (option.low - 1, option.high + 1):
        with pytest.raises(BadSetting):
            checked(option.name, str(int(beyond) if option.whole else beyond))


def test_an_unknown_option_names_the_nearest() -> None:
    """Or all there are, where none is near."""
    with pytest.raises(BadSetting, match="Did you mean 'temperature'"):
        checked("temprature", "1")
    with pytest.raises(BadSetting, match="There are: temperature, top_p"):
        checked("x", "1")


@given(st.sampled_from(sorted(BY_NAME)), st.text() | st.floats().map(str) | st.integers().map(str))
def test_whatever_is_typed_is_taken_or_refused(name: str, value: str) -> None:
    """Never another error, and what is taken can be applied."""
    try:
        stored = checked(name, value)
    except BadSetting:
        return
    sampling = with_overrides(Sampling(), {name: stored})
    assert BY_NAME[name].low <= getattr(sampling, name) <= BY_NAME[name].high


def test_settings_of_another_kind_are_left_alone() -> None:
    """A channel may have settings that are not about decoding."""
    assert with_overrides(Sampling(), {"mode": "always"}) == Sampling()
