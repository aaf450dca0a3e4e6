"""Settings that change while the bot runs: what can takes effect, and the rest is named."""

from __future__ import annotations

import logging

import pytest

from bot.config import Settings, load_settings
from bot.live import LIVE, Live


def changed(settings: Settings, **sections: dict[str, object]) -> Settings:
    """The same with other values."""
    update = {
        name: getattr(settings, name).model_copy(update=values) for name, values in sections.items()
    }
    return settings.model_copy(update=update)


def test_every_live_setting_is_one() -> None:
    """A setting that was renamed would wait for the next start, unnoticed."""
    for section, keys in LIVE.items():
        assert keys <= set(type(getattr(Settings(), section)).model_fields)


def test_what_can_change_does_and_what_cannot_is_named_a_line_each(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever uses the settings gets those in force: the old port with the new mode."""
    live, taken = Live(load_settings()), list[Settings]()
    live.when_changed(taken.append)
    wanted = changed(
        live.now,
        chat={"mode": "always", "shutdown_seconds": 5.0},
        discord={"blocked_users": ("1", "2")},
        storage={"url": "sqlite+aiosqlite:///hunter2.db"},
    )
    with caplog.at_level(logging.INFO):
        live.change(wanted)
    (now,) = taken
    assert now is live.now
    assert (now.chat.mode, now.chat.shutdown_seconds) == ("always", 20.0)
    assert now.discord.blocked_users == ("1", "2")
    assert caplog.messages == [
        '[chat] mode is "always" from now on',
        '[discord] blocked_users is ["1", "2"] from now on',
        "[storage] url has changed, which takes effect when Kaiwa is started again",
        "[chat] shutdown_seconds has changed, which takes effect when Kaiwa is started again",
    ]


def test_without_a_change_nobody_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """A supervisor may ask for it at any time."""
    live = Live(load_settings())
    live.when_changed(lambda _: pytest.fail("told of nothing"))
    with caplog.at_level(logging.INFO):
        live.change(load_settings())
    assert caplog.messages == ["no setting has changed"]
