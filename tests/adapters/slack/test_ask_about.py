"""The shortcut "Ask about this": a form, the question in the message's thread, and the answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.ask_about import LONGEST_QUESTION, SHORTCUT, form, read
from adapters.slack.blocks import escape
from adapters.slack.markup import Names
from adapters.slack.reading import quoted
from adapters.slack.shares import share_authors
from bot.chat import Chat
from bot.messages import ConversationKey
from storage.store import SqlStore
from tests.adapters.slack.answers import whispered
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished
from tests.fakes.generator import FakeGenerator
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_api.views import View
from tests.fakes.slack_api.world import Notice
from tests.fakes.slack_server import SlackServer


async def opened(server: SlackServer, person: Person, about: Message) -> View:
    """The form that the shortcut opens."""
    outcome = person.uses_shortcut(SHORTCUT, about)
    await server.until(lambda: outcome.acked and server.modals)
    (view,) = server.modals
    assert view.user is person
    return view


def entered(question: str | None) -> dict[str, Any]:
    """What somebody wrote into the form."""
    return {"question": {"question": {"type": "plain_text_input", "value": question}}}


async def ask(server: SlackServer, person: Person, about: Message, question: str) -> None:
    """Ask about a message: open the form and send it."""
    view = await opened(server, person, about)
    outcome = person.submits(view, entered(question))
    await server.until(lambda: outcome.acked and not view.open)


@pytest.mark.parametrize("mode", ["socket", "http"])
@pytest.mark.parametrize("threads", ["thread", "channel"])
async def test_the_message_stands_above_the_question_in_the_prompt(
    server: SlackServer, chat: Chat, generator: FakeGenerator, mode: str, threads: str
) -> None:
    """The question is shown in the message's thread, and so is the answer; nobody is notified."""
    tanaka, suzuki = server.person("tanaka"), server.person("suzuki")
    channel = server.channel("general", tanaka, suzuki)
    generator.script = [["困っています、という意味です。"]]
    async with serving(server, chat, mode=mode, reply_in=threads):
        about = suzuki.says(channel, f"{tanaka.mention} 猫の手も\n借りたい &amp; 忙しい")
        await ask(server, tanaka, about, "<意味>は？")
        question, reply = await finished(server, channel, about)
    assert question.shown == "tanaka: <意味>は？" and question.thread_ts == about.ts
    assert reply.shown == "困っています、という意味です。" and reply.thread_ts == about.ts
    quoted = "> suzuki: @tanaka 猫の手も\n> 借りたい & 忙しい\n<意味>は？"
    assert generator.requests[0].prompt.turns[-1].text == quoted
    assert len(channel.messages()) == 3


async def test_a_form_whose_acknowledgement_was_lost_asks_once(
    server: SlackServer, chat: Chat, generator: FakeGenerator
) -> None:
    """Slack gives it once more as it was, over the next connection."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    async with serving(server, chat, mode="socket"):
        about = tanaka.says(channel, "猫")
        view = await opened(server, tanaka, about)
        server.deliveries.drop = 1.0
        outcome = tanaka.submits(view, entered("意味は？"))
        await server.until(lambda: server.deliveries.all[-1].broken)
        server.deliveries.drop = 0.0
        await server.until(lambda: outcome.acked)
        await finished(server, channel, about)
        await server.settled()
    assert len(server.bot_messages(channel)) == 2 and len(generator.requests) == 1


async def test_about_a_message_in_a_thread_it_is_asked_there(
    server: SlackServer, chat: Chat, generator: FakeGenerator
) -> None:
    """And the thread goes on: what is said there next needs no mention."""
    tanaka, suzuki = server.person("tanaka"), server.person("suzuki")
    channel = server.channel("general", tanaka, suzuki)
    async with serving(server, chat, mode="socket"):
        root = suzuki.says(channel, "一")
        about = suzuki.says(channel, "二", root.ts)
        await ask(server, tanaka, about, "三")
        await finished(server, channel, root)
        suzuki.says(channel, "四", root.ts)
        await finished(server, channel, root, 2)
    assert [each.thread_ts for each in server.bot_messages(channel)] == [root.ts] * 3
    assert "> suzuki: 二\n三" in generator.requests[-1].prompt.text


async def test_what_was_said_before_it_in_the_thread_is_not_answered_though_it_comes_in_later(
    server: SlackServer, chat: Chat, generator: FakeGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was said to others: the bot was not there yet."""
    tanaka, suzuki = server.person("tanaka"), server.person("suzuki")
    channel = server.channel("general", tanaka, suzuki)
    held: list[Notice] = []
    async with serving(server, chat, mode="socket"):
        root = suzuki.says(channel, "一")
        await server.settled()
        with monkeypatch.context() as late:
            late.setattr(server.world, "emit", held.append)
            about = suzuki.says(channel, "二", root.ts)
        await ask(server, tanaka, about, "三")
        await finished(server, channel, root)
        for notice in held:
            server.world.emit(notice)
        await server.settled()
        suzuki.says(channel, "四", root.ts)
        await finished(server, channel, root, 2)
    assert held and len(generator.requests) == 2
    assert "> suzuki: 二\n三" in generator.requests[-1].prompt.text


async def test_in_direct_messages_it_works_as_anywhere(server: SlackServer, chat: Chat) -> None:
    """About a reply of the bot's, for one, which it knows by its name."""
    tanaka = server.person("tanaka")
    async with serving(server, chat, mode="socket"):
        message = tanaka.says(tanaka.dm, "猫")
        (reply,) = await finished(server, tanaka.dm, message)
        await ask(server, tanaka, reply, "どうして？")
        shown = (await finished(server, tanaka.dm, message, 2))[-1].shown
    assert shown == "> kaiwa: 猫\nどうして？"


async def test_what_somebody_wants_kept_out_is_not_looked_at(
    server: SlackServer, chat: Chat, store: SqlStore
) -> None:
    """The author of the message opted out: who asks is told so, and the question is not shown."""
    tanaka, suzuki = server.person("tanaka"), server.person("suzuki")
    channel = server.channel("general", tanaka, suzuki)
    await store.opt_out("slack", suzuki.id, True)
    async with serving(server, chat, mode="socket"):
        await ask(server, tanaka, suzuki.says(channel, "秘密"), "どういう意味？")
        refusal = await whispered(server, channel)
    # Slack shows nothing private in a thread that has no messages yet.
    assert "keep nothing" in refusal.shown and refusal.thread_ts is None
    assert refusal.only_for is tanaka and server.bot_messages(channel) == []


async def test_who_opted_out_asks_nothing(server: SlackServer, chat: Chat, store: SqlStore) -> None:
    """Their question is not shown to everybody before they are told so."""
    tanaka, suzuki = server.person("tanaka"), server.person("suzuki")
    channel = server.channel("general", tanaka, suzuki)
    await store.opt_out("slack", tanaka.id, True)
    async with serving(server, chat, mode="socket"):
        await ask(server, tanaka, suzuki.says(channel, "猫"), "意味は？")
        refusal = await whispered(server, channel)
    assert "/kaiwa privacy in" in refusal.shown and refusal.only_for is tanaka
    assert server.bot_messages(channel) == [] and refusal.thread_ts is None


async def test_in_a_channel_that_is_switched_off_nothing_is_asked(
    server: SlackServer, chat: Chat, store: SqlStore
) -> None:
    """Who tries is told so, with the command that changes it."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    await store.set_setting(ConversationKey("slack", server.team.id, channel.id), "mode", "off")
    async with serving(server, chat, mode="socket"):
        await ask(server, tanaka, tanaka.says(channel, "猫"), "意味は？")
        assert "/kaiwa mode" in (await whispered(server, channel)).shown
    assert server.bot_messages(channel) == []


@pytest.mark.parametrize("kind", ["channel", "group"])
async def test_where_the_bot_may_not_write_who_asks_is_told_in_direct_messages(
    server: SlackServer, chat: Chat, store: SqlStore, kind: str
) -> None:
    """Shortcuts can be used everywhere, also where the bot is not a member."""
    tanaka = server.person("tanaka")
    channel = server.channel("elsewhere", tanaka, type=kind, bot=False)
    async with serving(server, chat, mode="socket"):
        await ask(server, tanaka, tanaka.says(channel, "猫"), "意味は？")
        (told,) = await server.replies(tanaka.dm)
    assert "/invite" in told.shown
    assert await store.messages_of("slack", tanaka.id) == []


async def test_a_form_that_is_sent_empty_or_closed_asks_nothing(
    server: SlackServer, chat: Chat, generator: FakeGenerator
) -> None:
    """Nothing is said either."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    async with serving(server, chat, mode="socket"):
        about = tanaka.says(channel, "猫")
        for text in (None, " \n "):
            view = await opened(server, tanaka, about)
            tanaka.submits(view, entered(text))
            await server.until(lambda: not server.modals)
        tanaka.closes(await opened(server, tanaka, about))
        await server.settled()
    assert generator.requests == [] and server.bot_messages(channel) == []


@given(
    st.text(max_size=4_000) | st.text('"\\\n\x01', min_size=2_000, max_size=4_000),
    st.text(max_size=1_000),
)
def test_whatever_is_quoted_fits_into_the_form(text: str, shared: str) -> None:
    """Slack takes 3,000 characters; what is carried along is quoted as the message itself."""
    share = {"is_share": True, "author_id": "U2", "text": escape(shared)}
    about = {"user": "U1", "text": escape(text), "attachments": [share]}
    view = form("C1", "1.2", about, "UKAIWA")
    assert len(view["private_metadata"]) <= 3_000
    channel, thread, carried, question = read(view | {"state": {"values": entered(" 何？ ")}})
    assert (channel, thread, question) == ("C1", "1.2", "何？")
    names = Names({"U1": "tanaka"})
    whole, small = quoted(about, "UKAIWA", names), quoted(carried, "UKAIWA", names)
    assert small == whole or whole.startswith(small.rstrip("…")) or len(text + shared) > 100
    assert len(shared) > 100 or share_authors(carried) <= {"U2"}
    assert view["blocks"][0]["element"]["max_length"] == LONGEST_QUESTION


def test_emoji_in_a_form_are_read_as_elsewhere() -> None:
    """Slack sends their names; it marks up nothing in a form."""
    view = form("C1", "1.2", {"text": "猫"}, "UKAIWA")
    asked = entered(":sushi: と <b> &amp;amp; <@U1>？")
    assert read(view | {"state": {"values": asked}})[3] == "🍣 と <b> &amp; <@U1>？"


@pytest.mark.parametrize("code", ["msg_too_long", "invalid_auth", "unheard_of"])
async def test_who_sends_a_form_whose_question_slack_does_not_show_is_told(
    server: SlackServer, chat: Chat, generator: FakeGenerator, code: str
) -> None:
    """Whatever Slack's reason is."""
    tanaka = server.person("tanaka")
    channel = server.channel("general", tanaka)
    async with serving(server, chat, mode="socket"):
        about = tanaka.says(channel, "猫")
        view = await opened(server, tanaka, about)
        server.faults.add("chat.postMessage", error=code, times=1)
        tanaka.submits(view, entered("意味は？"))
        await server.until(lambda: channel.ephemerals or server.bot_messages(tanaka.dm))
    assert not generator.requests
