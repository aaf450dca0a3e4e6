"""Sockets in, sockets out: real client, real store, real engine with the built-in model."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from bot.chat import Chat
from bot.engine.loader import LoadedModel
from bot.engine.model_runner import ModelRunner
from bot.engine.sequence import Step
from bot.messages import ConversationKey, Role
from storage.store import SqlStore
from tests.adapters.builtin import NAMES, chatting, check_talk, talk_about
from tests.adapters.discord.serving import serving
from tests.fakes.discord_api.channels import Channel
from tests.fakes.discord_api.messages import Message
from tests.fakes.discord_server import DiscordServer


def done(message: Message) -> bool:
    """Whether a reply is complete."""
    return "kaiwa:good" in message.custom_ids


async def test_twenty_channels_at_once_get_their_own_answers_in_order(
    builtin: LoadedModel, store: SqlStore
) -> None:
    """Three questions each; what was told in a channel is given back in that channel only.

    Replies stream as edits, and what is stored is what was shown.
    """
    async with DiscordServer(privileged=["message_content"]) as server:
        tanaka = server.user("tanaka")
        guild = server.guild("N5", tanaka)
        channels = {name: server.channel(guild, f"c{n}") for n, name in enumerate(NAMES)}

        async def talk(name: str, channel: Channel) -> None:
            for number, text in enumerate(talk_about(name), start=1):
                question = server.user_says(channel, tanaka, f"{server.bot.mention} {text}")
                reply = (await server.replies(channel, number))[-1]
                await server.until(partial(done, reply))
                assert reply.reply_to is question

        async with chatting(builtin, store) as chat, serving(server, chat, edit_seconds=0.01):
            await asyncio.gather(*(talk(*each) for each in channels.items()))
        for name, channel in channels.items():
            replies = [message.text for message in server.bot_messages(channel)]
            check_talk(name, replies)
            key = ConversationKey("discord", str(guild.id), str(channel.id))
            number = await store.find(key)
            assert number is not None
            history = await store.history(number, limit=9)
            assert [m.role for m in history] == [Role.USER, Role.ASSISTANT] * 3
            assert [m.text for m in history if m.role is Role.ASSISTANT] == replies
        shown = [m for channel in channels.values() for m in server.bot_messages(channel)]
        assert any(
            early and early != m.text and m.text.startswith(early)
            for m in shown
            for early in m.history
        )


async def test_stop_frees_the_engine_before_its_next_step(
    builtin: LoadedModel, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the press at most the step that was running yields a token, and no other begins."""
    generated: list[int] = []
    run = ModelRunner.run

    def counting(self: ModelRunner, step: Step) -> list[int]:
        tokens = run(self, step)
        generated.append(len(tokens))
        return tokens

    monkeypatch.setattr(ModelRunner, "run", counting)
    pressed_at: list[int] = []
    stop = Chat.stop

    async def noting(self: Chat, conversation: ConversationKey) -> bool:
        stopped = await stop(self, conversation)
        pressed_at.append(sum(generated))
        return stopped

    monkeypatch.setattr(Chat, "stop", noting)
    endless = replace(builtin, eos_ids=frozenset())
    async with DiscordServer(privileged=["message_content"]) as server:
        tanaka = server.user("tanaka")
        channel = server.channel(server.guild("N5", tanaka), "general")
        async with chatting(endless, store) as chat, serving(server, chat, edit_seconds=0.01):
            server.user_says(channel, tanaka, f"{server.bot.mention} 話してください。")
            (reply,) = await server.replies(channel)
            server.click(reply, tanaka, "kaiwa:stop")
            await server.until(lambda: done(reply))
            assert "stopped" in reply.text
            assert 0 < sum(generated) <= pressed_at[0] + 1 < 128
