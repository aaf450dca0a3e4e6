"""The administration's page: the channel from which one came, and what the bot is doing."""

from __future__ import annotations

from bot.messages import ConversationKey
from storage.store import SqlStore
from tests.adapters.web.browsing import GUILD, Browser


async def test_a_channels_settings_are_changed_as_its_commands_do(
    admin: Browser, store: SqlStore
) -> None:
    """In the channel from which one came; empty is the default again."""
    await admin.send("/admin", setting="mode", value="always")
    await admin.send("/admin", setting="persona", value="You are a pirate.")
    saved = await admin.send("/admin", setting="temperature", value="0.5")
    assert "Saved." in saved.text
    assert await store.settings(GUILD) == {
        "mode": "always",
        "persona": "You are a pirate.",
        "temperature": "0.5",
    }
    text = (await admin.get("/admin")).text
    assert "<option selected>always</option>" in text and "You are a pirate." in text
    for setting in ("mode", "persona", "temperature"):
        await admin.send("/admin", setting=setting, value="")
    assert await store.settings(GUILD) == {}
    elsewhere = ConversationKey("web", "@web", "discord:u9")
    assert await store.settings(elsewhere) == {}


async def test_a_wrong_value_is_told_and_changes_nothing(admin: Browser, store: SqlStore) -> None:
    """In the page; what is no setting is no form of ours."""
    wrong = await admin.send("/admin", setting="temperature", value="hot")
    assert 'role="alert"' in wrong.text
    assert (await admin.send("/admin", setting="language", value="x")).status == 400
    assert await store.settings(GUILD) == {}


async def test_it_says_what_the_bot_is_doing(admin: Browser) -> None:
    """Platforms, the model, how many are answered and wait."""
    text = (await admin.get("/admin")).text
    assert "<dt>Web</dt><dd>connected</dd>" in text
    assert "<dt>Discord</dt><dd>not connected</dd>" in text
    assert "<dd>demo</dd>" in text and "<dd>1</dd>" in text and "<dd>2</dd>" in text
