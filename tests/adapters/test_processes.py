"""Several processes of the bot on one platform and one database: one contract, over both
platforms' servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from adapters.controls import Controls
from adapters.delivery import Deliveries
from adapters.discord.platform import prepare_library
from adapters.sentences import NOT_WRITING, NOTHING_TO_STOP, STOPPED
from bot.chat import Chat
from bot.command import Command
from bot.commands import typed
from bot.messages import FinishReason, ReplyStart
from bot.notices import Notice
from bot.ports import Caller
from bot.prompt import RinnaFormat
from bot.signals import Left
from storage.store import SqlStore
from tests.adapters.discord.serving import servers_restored, settings_for
from tests.adapters.stages.discord import DiscordStage
from tests.adapters.stages.running import Process
from tests.adapters.stages.stage import Stage
from tests.bot.test_chat import until
from tests.fakes.generator import FakeGenerator
from tests.fakes.incoming import CHANNEL, incoming
from tests.fakes.letters import CharacterTokenizer
from tests.fakes.wire import Wire
from tests.storage.processes import another_process, join, lapse

everywhere = pytest.mark.parametrize("stage", ["discord", "slack", "slack-http"], indirect=True)


class Bot:
    """A process that serves a stage's platform."""

    def __init__(self, stage: Stage, store: SqlStore, wire: Wire) -> None:
        self.store = store
        self.generator = FakeGenerator()
        self.process = Process(store, self.generator, stage._serve, signals=wire.end())


@pytest.fixture
async def bots(stage: Stage, store: SqlStore) -> AsyncIterator[list[Bot]]:
    """Two, none of which runs yet."""
    wire = Wire()
    async with AsyncExitStack() as stack:
        if isinstance(stage, DiscordStage):  # or the first that ends takes Discord from the second
            await stack.enter_async_context(servers_restored())
            prepare_library(settings_for(stage.server))
        await join(store)
        other = await stack.enter_async_context(another_process(store))
        bots = [Bot(stage, each, wire) for each in (store, other)]
        yield bots
        for bot in bots:
            if bot.process._main is not None and not bot.process.dead:
                await bot.process.stop()


@pytest.mark.parametrize("stage", ["discord", "slack"], indirect=True)
async def test_each_message_is_answered_by_one_of_two(stage: Stage, bots: list[Bot]) -> None:
    """Whichever of them hears it, and where both do."""
    tanaka = stage.person("田中")
    channel, direct = stage.channel(tanaka), stage.dm(tanaka)
    for bot in bots:
        await bot.process.start()
    if isinstance(stage, DiscordStage):  # which tells both of everything
        await stage.until(lambda: len(stage.server.gateway.sessions) == 2)
    for number in range(4):
        for place in (channel, direct):
            stage.ask(place, tanaka, f"質問{number}")
        for place in (channel, direct):
            await stage.answered(place, f"質問{number}")
    for bot in bots:
        await bot.process.stop()
    for place in (channel, direct):
        assert sorted(stage.texts(place)) == [f"質問{number}" for number in range(4)]


@pytest.mark.parametrize("stage", ["discord", "slack"], indirect=True)
async def test_what_a_killed_process_left_is_answered_by_another(
    stage: Stage, bots: list[Bot]
) -> None:
    """What it wrote is written anew in the same message, and what waited behind it, once."""
    one, two = bots
    tanaka = stage.person("田中")
    channel, direct = stage.channel(tanaka), stage.dm(tanaka)
    one.generator.script = [["はじめ", asyncio.Event()]]
    await one.process.start()
    stage.ask(channel, tanaka, "一")
    await stage.until(lambda: any(each.writing for each in stage.shown(channel)))
    one.generator.gate.clear()
    stage.ask(direct, tanaka, "二")
    await until(lambda: len(one.generator.requests) == 2)
    read = stage.histories()
    await two.process.start()
    await stage.until(lambda: stage.histories() > read)
    assert not two.generator.requests
    await one.process.kill()
    await lapse(one.store)
    two.process.chat._heard(Left())
    await stage.answered(channel, "一")
    await stage.answered(direct, "二")
    await two.process.stop()
    assert (stage.texts(channel), stage.texts(direct)) == (["一"], ["二"])


@pytest.mark.parametrize("stage", ["discord", "slack"], indirect=True)
async def test_a_finished_reply_that_was_not_shown_is_shown_by_another(
    stage: Stage, bots: list[Bot]
) -> None:
    """Once, and by one that lives."""
    one, two = bots
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    one.generator.script = [["はじめ", asyncio.Event()]]
    await one.process.start()
    said = stage.ask(channel, tanaka, "一")
    await stage.until(lambda: any(each.writing for each in stage.shown(channel)))
    await two.process.start()
    await one.process.kill()
    here = await one.store.find(stage.key(said))
    assert here is not None
    await one.store.abandon(here)
    (left,) = await one.store.history(here, limit=1)
    reply = await one.store.start_reply(here, left.id)
    assert reply is not None

    await one.store.finish_reply(reply.id, "はじめと終わり", FinishReason.END)
    two.process.chat._heard(Left())
    await lapse(one.store)
    two.process.chat._heard(Left())
    await stage.answered(channel, "はじめと終わり")
    await two.process.stop()
    assert stage.texts(channel) == ["はじめと終わり"] and not two.generator.requests


async def test_a_button_and_a_command_stop_what_another_process_writes(store: SqlStore) -> None:
    """And say truly whether there was anything."""
    wire, generator = Wire(), FakeGenerator()
    prompts = RinnaFormat(CharacterTokenizer())
    await join(store)
    async with another_process(store) as other:
        writes = Chat(store, generator, prompts, signals=wire.end())
        asked = Chat(other, FakeGenerator(), prompts, signals=wire.end())
        controls = Controls(asked, Deliveries(asked, 1.0), opens_threads=True)
        said = list[str]()

        async def tell(notice: Notice, private: bool) -> None:
            said.append(notice.english)

        async def write(id: str, shown: str) -> None:
            message = incoming(id, conversation=replace(CHANNEL, thread=id), opens_thread=True)
            async for event in writes.respond(message):
                if isinstance(event, ReplyStart):
                    await store.record_sent(event.reply_id, [shown])

        stop = typed("/stop", bare=True)
        assert stop is not None and isinstance(stop[0], Command)
        caller = Caller(CHANNEL, "u1")
        generator.script = [["はい", asyncio.Event()], ["はい", asyncio.Event()]]
        first = asyncio.create_task(write("m1", "p1"))
        await until(lambda: generator.running == 1)
        thread = replace(CHANNEL, thread="m1")
        assert await controls.stop(thread, "p0") is NOT_WRITING
        assert await controls.stop(thread, "p1") is None
        await first
        assert await controls.stop(thread, "p1") is NOT_WRITING
        await controls.run(stop[0], "", caller, tell)
        second = asyncio.create_task(write("m2", "p2"))
        await until(lambda: generator.running == 1)
        await controls.run(stop[0], "", caller, tell)
        await second
        assert said == [NOTHING_TO_STOP.english, STOPPED.english]
