"""Slack's events in, messages out: real client, real store, real engine with the built-in model."""

from __future__ import annotations

import asyncio

import pytest

from bot.engine.loader import LoadedModel
from bot.messages import ConversationKey, Role
from storage.store import SqlStore
from tests.adapters.builtin import NAMES, chatting, check_talk, talk_about
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_twenty_people_at_once_get_their_own_answers_in_order(
    server: SlackServer, builtin: LoadedModel, store: SqlStore, mode: str
) -> None:
    """In threads of one channel, in channels of their own, and in direct messages.

    Three messages each; what was told by one person is given back to nobody else. What is
    stored is what was shown.
    """
    everybody = [server.person(name) for name in NAMES]
    general = server.channel("general", *everybody)
    places: dict[str, Channel] = {}
    threads: dict[str, Message] = {}

    async def talk(number: int, person: Person) -> None:
        # A thread of a common channel would begin with what others said of themselves before.
        places[person.name] = person.dm if number % 2 else server.channel(f"c{number}", person)
        place, root = places[person.name], None
        for turn, text in enumerate(talk_about(person.name), start=1):
            mention = "" if place.is_dm or root else f"{server.bot.mention} "
            said = person.says(place, mention + text, root.ts if root else None)
            root = threads.setdefault(person.name, said)
            await finished(server, place, root, turn)

    async with (
        chatting(builtin, store) as chat,
        serving(server, chat, mode=mode, edit_seconds=0.01),
    ):
        await asyncio.gather(*(talk(*each) for each in enumerate(everybody)))
        question = f"{server.bot.mention} VRはなんですか。"
        asked = [person.says(general, question) for person in everybody]
        for each in asked:
            (reply,) = await finished(server, general, each)
            assert "バーチャルリアリティ" in reply.shown
    for name in NAMES:
        root = threads[name]
        replies = [m.shown for m in server.bot_messages(places[name], root.ts)]
        check_talk(name, replies)
        key = ConversationKey("slack", server.team.id, places[name].id, root.ts)
        number = await store.find(key)
        assert number is not None
        history = await store.history(number, limit=9)
        assert [m.role for m in history] == [Role.USER, Role.ASSISTANT] * 3
        assert [m.text for m in history if m.role is Role.ASSISTANT] == replies
    assert server.counts["chat.startStream"] and server.counts["chat.update"]
