"""What Slack refuses of a reply: it is written on, and its end is shown in another way."""

from __future__ import annotations

import asyncio

import pytest

from adapters import streaming
from adapters.outlet import Form, MessageGone, State
from adapters.slack.blocks import REGENERATE
from adapters.slack.errors import CannotWrite
from adapters.slack.places import Places
from adapters.slack.transport.workspaces import Workspaces
from bot.chat import Chat
from bot.messages import ConversationKey
from storage.store import SqlStore
from tests.adapters.slack.serving import secrets_of, serving, settings_for
from tests.adapters.slack.steps import finished, shown
from tests.fakes.generator import FakeGenerator
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer

POST, UPDATE, APPEND = "chat.postMessage", "chat.update", "chat.appendStream"
REFUSALS = ["invalid_blocks", "msg_too_long", "msg_blocks_too_long", "unheard_of"]
UNCHANGEABLE = ["cant_update_message", "edit_window_closed"]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "FIRST_PAUSE", 0.0)


def key_of(server: SlackServer, channel: Channel, thread: Message) -> ConversationKey:
    """The conversation of a thread."""
    return ConversationKey("slack", server.team.id, channel.id, thread.ts)


async def begun(server: SlackServer, person: Person, channel: Channel) -> tuple[Message, Message]:
    """A question, and the reply to it, of which something can be read."""
    asked = person.says(channel, f"{server.bot.mention} a")
    await server.until(lambda: shown(server.bot_messages(channel, asked.ts)))
    (reply,) = server.bot_messages(channel, asked.ts)
    return asked, reply


@pytest.mark.parametrize("error", [*REFUSALS, *UNCHANGEABLE, "restricted_action"])
@pytest.mark.parametrize("streams", [True, False])
async def test_no_refused_edit_ends_a_reply_that_is_being_written(
    server: SlackServer,
    tanaka: Person,
    general: Channel,
    chat: Chat,
    generator: FakeGenerator,
    streams: bool,
    error: str,
) -> None:
    """It is left out, and the next one shows all; a stream becomes a message that is changed."""
    server.team.streams = streams
    steps = [asyncio.Event() for _ in range(3)]
    generator.script = [["一", steps[0], "二", steps[1], "三", steps[2], "四"]]
    method = APPEND if streams else UPDATE
    async with serving(server, chat):
        asked, reply = await begun(server, tanaka, general)
        server.faults.add(method, error=error)
        before = server.counts[method]
        steps[0].set()
        await server.until(lambda: server.counts[method] > before)
        steps[1].set()
        await server.until(lambda: reply.shown == "一二三")
        steps[2].set()
        assert await finished(server, general, asked) == [reply]
    assert reply.shown == "一二三四"


@pytest.mark.parametrize("error", REFUSALS)
@pytest.mark.parametrize("times", [1, 2])
async def test_an_end_that_is_refused_is_shown_without_buttons_and_then_as_plain_text(
    server: SlackServer,
    tanaka: Person,
    general: Channel,
    chat: Chat,
    generator: FakeGenerator,
    store: SqlStore,
    error: str,
    times: int,
) -> None:
    """In the same message, and nothing more is tried at the next start."""
    server.team.streams = False
    end = asyncio.Event()
    generator.script = [["はい & <b>。", end]]
    async with serving(server, chat):
        asked, reply = await begun(server, tanaka, general)
        server.faults.add(UPDATE, error=error, times=times)
        end.set()
        await server.until(lambda: not reply.actions())
    assert server.bot_messages(general, asked.ts) == [reply]
    assert reply.shown == "はい & <b>。"
    assert [block["type"] for block in reply.blocks] == ["markdown"][times - 1 :]
    assert await store.undelivered("slack") == []


@pytest.mark.parametrize(
    ("error", "times"), [*((error, 3) for error in REFUSALS), *((e, 1) for e in UNCHANGEABLE)]
)
async def test_an_end_that_is_refused_in_every_form_is_shown_in_another_message(
    server: SlackServer,
    tanaka: Person,
    general: Channel,
    chat: Chat,
    generator: FakeGenerator,
    store: SqlStore,
    error: str,
    times: int,
) -> None:
    """The ledger knows that one from then on; the old one goes."""
    server.team.streams = False
    end = asyncio.Event()
    generator.script = [["はい。", end]]
    async with serving(server, chat):
        asked, old = await begun(server, tanaka, general)
        server.faults.add(UPDATE, error=error, times=times)
        end.set()
        await server.until(lambda: old.deleted)
        (reply,) = await finished(server, general, asked)
        assert reply.shown == "はい。" and reply.actions()[-1]["action_id"] == REGENERATE
        assert await store.reply_at(key_of(server, general, asked), reply.ts) is not None
    assert await store.undelivered("slack") == []


@pytest.mark.parametrize("after", [True, False])
async def test_another_message_of_which_slack_does_not_say_whether_it_is_there_is_there_once(
    server: SlackServer,
    tanaka: Person,
    general: Channel,
    chat: Chat,
    generator: FakeGenerator,
    after: bool,
) -> None:
    """It is looked for, and the one that cannot be changed is not taken for it."""
    server.team.streams = False
    end = asyncio.Event()
    generator.script = [["はい。", end]]
    async with serving(server, chat):
        asked, old = await begun(server, tanaka, general)
        server.faults.add(UPDATE, error="edit_window_closed")
        server.faults.add(POST, status=500, after=after)
        end.set()
        await server.until(lambda: old.deleted)
        (reply,) = await finished(server, general, asked)
    assert reply.shown == "はい。"


async def test_a_stream_whose_end_is_refused_is_shown_in_another_form(
    server: SlackServer, tanaka: Person, general: Channel, chat: Chat, generator: FakeGenerator
) -> None:
    """It is ended all the same, and its message then changed."""
    end = asyncio.Event()
    generator.script = [["はい。", end]]
    async with serving(server, chat):
        _, reply = await begun(server, tanaka, general)
        server.faults.add("chat.stopStream", error="invalid_blocks")
        server.faults.add(UPDATE, error="invalid_blocks")
        end.set()
        await server.until(lambda: server.counts[UPDATE] == 2)
    assert reply.shown == "はい。" and not reply.actions()


@pytest.mark.parametrize("error", ["rate_limited", "ratelimited"])
async def test_a_post_for_which_it_is_too_early_is_made_later(
    server: SlackServer, tanaka: Person, general: Channel, chat: Chat, error: str
) -> None:
    """Slack has two words for that."""
    server.team.streams = False
    async with serving(server, chat):
        server.faults.add(POST, error=error, times=2)
        (reply,) = await finished(server, general, tanaka.says(general, f"{server.bot.mention} a"))
    assert reply.shown == "a"


async def test_a_table_that_slacks_converter_rejects_is_shown_as_plain_text(
    server: SlackServer, tanaka: Person, general: Channel, chat: Chat, generator: FakeGenerator
) -> None:
    """Also where it stands at the beginning, so that nothing of the reply could be shown so far."""
    server.team.streams = False
    row = "|" + "a|" * 30
    table = f"{row}\n|{'-|' * 30}\n{row}"
    generator.script = [[f"{row}\n", f"|{'-|' * 30}\n", row]]
    async with serving(server, chat):
        asked = tanaka.says(general, f"{server.bot.mention} 表")
        await server.until(lambda: shown(server.bot_messages(general, asked.ts)))
        (reply,) = server.bot_messages(general, asked.ts)
    assert reply.shown == table and reply.blocks == []


async def test_it_is_known_beforehand_where_a_reply_cannot_be_written(
    server: SlackServer, general: Channel, tanaka: Person
) -> None:
    """So that no reply is taken back for one that cannot be shown."""
    elsewhere = server.channel("elsewhere", tanaka)
    elsewhere.members.remove(server.bot)
    archived = server.channel("archived", tanaka)
    archived.archived = True
    async with Workspaces(server.api_url, secrets_of(server), None) as workspaces:
        workspace = await workspaces.login()
        assert workspace is not None
        places, codes = Places(settings_for(server)), []
        for channel in (general, elsewhere, archived, tanaka.dm):
            key = ConversationKey("slack", workspace.team, channel.id)
            lacking = await places.at(workspace, key, "1.0", tanaka.id).can_write()
            codes.append(lacking.code if isinstance(lacking, CannotWrite) else lacking)
        assert codes == [None, "not_in_channel", "is_archived", None]
        server.faults.add("conversations.info", error="missing_scope")
        key = ConversationKey("slack", workspace.team, general.id)
        assert await places.at(workspace, key, "1.0", tanaka.id).can_write() is None


async def test_nothing_is_remembered_of_a_reply_that_somebody_deleted_while_it_streamed(
    server: SlackServer, general: Channel, tanaka: Person
) -> None:
    """However many there are: of what streams, only what streams now is known."""
    settings, asked = settings_for(server), tanaka.says(general, "a")
    async with Workspaces(server.api_url, secrets_of(server), None) as workspaces:
        workspace = await workspaces.login()
        assert workspace is not None
        places = Places(settings)
        for _ in range(3):
            key = key_of(server, general, asked)
            outlet = places.at(workspace, key, asked.ts, tanaka.id)
            async with outlet.thinking():
                ts = await outlet.send(0, "はい", State.WRITING, Form.RICH, "")
            assert outlet.writing.streams == {(general.id, ts)}
            server.world.delete(general, server.bot_messages(general)[-1])
            with pytest.raises(MessageGone):
                await outlet.edit(ts, "はい。", State.DONE, Form.RICH)
            await outlet.leave(cut_off=False)
            assert outlet.writing.streams == outlet.writing.unsure == set()
