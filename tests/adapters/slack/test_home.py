"""The app's home as people on Slack see it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.slack import home
from bot.chat import Chat
from bot.commands import COMMANDS
from bot.messages import ConversationKey
from bot.persona import LONGEST, PERSONA
from storage.store import SqlStore
from tests.adapters.slack.answers import asked
from tests.adapters.slack.serving import serving
from tests.fakes.generator import FakeGenerator
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_api.views import View
from tests.fakes.slack_server import SlackServer


async def at_home(server: SlackServer, person: Person, *words: str) -> str:
    """Wait until a person's home has these words; what it shows."""

    def text() -> str:
        view = server.home(person)
        return Message("", "", person, blocks=view.given["blocks"]).shown if view else ""

    await server.until(lambda: text() and all(word in text() for word in words))
    return text()


def home_of(server: SlackServer, person: Person) -> View:
    """A home that was published."""
    view = server.home(person)
    assert view is not None
    return view


def menu_of(view: View) -> dict[str, Any]:
    """The only menu of a home."""
    (menu,) = [block["accessory"] for block in view.given["blocks"] if "accessory" in block]
    assert isinstance(menu, dict)
    return menu


def chooses(server: SlackServer, person: Person, channel: Channel) -> None:
    """Choose a channel in the home's menu."""
    view = home_of(server, person)
    assert menu_of(view)["action_id"] == home.CHANNEL
    done = {"action_id": home.CHANNEL, "type": "conversations_select", "action_ts": "1.1"}
    done["selected_conversation"] = channel.id
    server.stage.interactions.action_in_view(person, view, done, {})


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_the_home_is_published_to_who_opens_it(
    server: SlackServer, chat: Chat, mode: str
) -> None:
    """What the bot is, its commands as they are typed here, and what is kept of that person."""
    tanaka, suzuki = server.person("tanaka"), server.person("suzuki")
    channel = server.channel("general", tanaka)
    async with serving(server, chat, mode=mode):
        await asked(server, tanaka, channel, "猫")
        for person, kept in ((tanaka, 2), (suzuki, 0)):
            person.opens_home()
            text = await at_home(server, person, "会話 Kaiwa")
            assert f"I keep {kept} messages" in text
            assert all(f"/kaiwa {entry.name}" in text for entry in COMMANDS)


async def test_the_home_shows_the_settings_of_a_channel(
    server: SlackServer, chat: Chat, store: SqlStore
) -> None:
    """Of the one that is chosen; the longest persona fits, and is text whatever it holds."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    key = ConversationKey("slack", server.team.id, channel.id)
    persona = "<!channel>" + "&" * (LONGEST - 10)
    for name, value in ((PERSONA, persona), ("mode", "always"), ("temperature", "0.3")):
        await store.set_setting(key, name, value)
    async with serving(server, chat, mode="socket"):
        tanaka.opens_home()
        before = await at_home(server, tanaka)
        assert "mode: `" not in before
        chooses(server, tanaka, channel)
        text = await at_home(server, tanaka, "mode: `always`", "temperature: `0.3`", "/kaiwa mode")
        assert f"persona: {persona}" in text
        assert "&lt;!channel&gt;" in str(home_of(server, tanaka).given)
        assert menu_of(home_of(server, tanaka))["initial_conversation"] == channel.id
        chooses(server, tanaka, server.channel("other", tanaka))
        await at_home(server, tanaka, "mode: `mention`", "persona: —")


async def test_the_home_hands_over_and_deletes_what_is_kept(
    server: SlackServer, chat: Chat, store: SqlStore
) -> None:
    """By two buttons; the answers come in direct messages, and deleting asks first."""
    tanaka, suzuki = server.person("tanaka"), server.person("suzuki")
    channel = server.channel("general", tanaka, suzuki)
    async with serving(server, chat, mode="socket"):
        await asked(server, tanaka, channel, "秘密")
        await asked(server, suzuki, channel, "他人")
        tanaka.opens_home()
        await at_home(server, tanaka, "I keep 2 messages")
        buttons = home_of(server, tanaka).given["blocks"][-1]["elements"]
        assert "2 messages" in buttons[1]["confirm"]["text"]["text"]
        tanaka.presses_in(home_of(server, tanaka), home.EXPORT)
        await server.until(lambda: any(each.files for each in server.bot_messages(tanaka.dm)))
        (file,) = [file for each in server.bot_messages(tanaka.dm) for file in each.files]
        texts = [each["text"] for each in json.loads(file.content or b"")["messages"]]
        assert texts == ["秘密", "秘密"]
        tanaka.presses_in(home_of(server, tanaka), home.FORGET)
        await at_home(server, tanaka, "I keep 0 messages")
    assert "Deleted 2 messages" in server.bot_messages(tanaka.dm)[-1].shown
    assert await store.messages_of("slack", tanaka.id) == []
    assert len(await store.messages_of("slack", suzuki.id)) == 2
    assert not channel.ephemerals


@pytest.mark.parametrize("method", ["conversations.open", "chat.postMessage"])
@pytest.mark.parametrize("fault", [{"error": "missing_scope"}, {"status": 503}])
async def test_the_home_deletes_though_nothing_can_be_said_in_direct_messages(
    server: SlackServer, chat: Chat, store: SqlStore, method: str, fault: dict[str, Any]
) -> None:
    """The home itself shows that it is done."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    async with serving(server, chat, mode="socket"):
        await asked(server, tanaka, channel, "秘密")
        tanaka.opens_home()
        await at_home(server, tanaka, "I keep 2 messages")
        server.faults.add(method, **fault, times=9)
        tanaka.presses_in(home_of(server, tanaka), home.FORGET)
        await at_home(server, tanaka, "I keep 0 messages")
    assert await store.messages_of("slack", tanaka.id) == []
    assert not server.bot_messages(tanaka.dm)


@pytest.mark.parametrize("remote", [False, True])
async def test_the_home_says_where_what_is_said_goes(
    server: SlackServer, chat: Chat, generator: FakeGenerator, remote: bool
) -> None:
    """Nowhere, or to the servers that run the model."""
    generator.remote = remote
    tanaka = server.person("tanaka")
    async with serving(server, chat, mode="socket"):
        tanaka.opens_home()
        text = await at_home(server, tanaka, "会話 Kaiwa")
    for sentence in ("外には送られません", "nowhere else"):
        assert (sentence in text) is not remote
    assert ("the servers that my operator chose" in text) is remote
