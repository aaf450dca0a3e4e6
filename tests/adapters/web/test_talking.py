"""Talking on the web page: replies, commands, notices, and what is said unasked."""

from __future__ import annotations

import asyncio
import json

from aiohttp import StreamReader

from adapters.web.platform import WebPlatform
from adapters.web.visitor import WORKSPACE
from bot.chat import Chat
from bot.messages import ConversationKey
from bot.notices import Notice, Offer
from storage.store import SqlStore
from tests.adapters.web.browsing import ADMIN, TANAKA, Browser, logged_in, serving
from tests.fakes.generator import FakeGenerator

HERE = ConversationKey("web", WORKSPACE, "discord:u1")


async def until(somebody: Browser, shown: str) -> None:
    """Look at the chat until it shows this."""
    while shown not in (await somebody.get("/chat")).text:
        pass


async def until_written(somebody: Browser, generator: FakeGenerator) -> None:
    """Wait until the model writes, and the chat shows that it does."""
    await until(somebody, " data-busy")
    while not generator.running:  # the page is busy from when the reply is opened
        await somebody.get("/chat")


async def test_a_reply_streams_and_is_kept(
    tanaka: Browser, generator: FakeGenerator, store: SqlStore
) -> None:
    """What was said, its pieces as they are written, the whole; and after a reload both."""
    generator.script = [["はい", "、元気です。"]]
    events = await tanaka.say("元気ですか。")
    assert [event["kind"] for event in events] == [
        *("said", "start", "delta", "delta", "reply", "done")
    ]
    assert "元気ですか。" in events[0]["html"] and "はい、元気です。" in events[4]["html"]
    text = (await tanaka.get("/chat")).text
    assert text.index("元気ですか。") < text.index("はい、元気です。")
    assert await store.undelivered("web") == [] and await store.unanswered("web") == []
    assert [key for key, _ in await store.messages_of("web", "discord:u1")] == [HERE, HERE]


async def test_without_a_script_a_message_is_answered_by_the_page(tanaka: Browser) -> None:
    """The form leads back to the chat, where the reply stands."""
    answer = await tanaka.send("/say", text="こだま")
    assert (answer.status, answer.headers["Location"]) == (303, "/chat")
    assert (await tanaka.get("/chat")).text.count("こだま") == 2


async def test_a_commands_notice_is_shown_with_its_offers_as_buttons(
    studying: Chat, tanaka: Browser
) -> None:
    """Each button is a form that gives the next command; without a script too."""
    (event, done) = await tanaka.say("/jisho 食べる")
    assert (event["kind"], done["kind"]) == ("notice", "done")
    assert "to eat" in event["html"] and 'value="/conjugate 食べる"' in event["html"]
    page = await tanaka.send("/say", text="/conjugate 食べる")
    assert page.status == 200 and "食べられる" in page.text


async def test_a_wrong_command_is_told(tanaka: Browser) -> None:
    """As on every platform; two slashes are a message that begins with one."""
    (event, _) = await tanaka.say("/jishoo x")
    assert event["kind"] == "wrong" and "There is no command" in event["html"]
    assert "//x" not in (await tanaka.say("//x"))[0]["html"]
    assert [event["kind"] for event in await tanaka.say("  ")] == ["wrong", "done"]


async def test_stop_ends_the_reply_that_is_written(
    tanaka: Browser, generator: FakeGenerator
) -> None:
    """What there is of it stays, and is marked."""
    held = asyncio.Event()
    generator.script = [["はい", held, "。"]]
    saying = asyncio.create_task(tanaka.say("どうぞ"))
    await until_written(tanaka, generator)
    await tanaka.send("/stop")
    reply = next(event for event in await saying if event["kind"] == "reply")
    assert "Stopped" in reply["html"]
    assert "Stopped" in (await tanaka.get("/chat")).text


async def test_the_last_reply_is_written_again(tanaka: Browser, generator: FakeGenerator) -> None:
    """In place of the one before."""
    generator.script = [["古い返答"], ["新しい返答"]]
    await tanaka.say("どうぞ")
    events = await tanaka.say("/regenerate")
    assert "新しい返答" in next(e["html"] for e in events if e["kind"] == "reply")
    text = (await tanaka.get("/chat")).text
    assert "新しい返答" in text and "古い返答" not in text


async def test_a_reply_nobody_reads_any_more_is_written_to_its_end(
    page: WebPlatform, chat: Chat, tanaka: Browser, generator: FakeGenerator
) -> None:
    """It is there after a reload, and shown in pages that are open."""
    held = asyncio.Event()
    generator.script = [["長い", held, "返答"]]
    saying = asyncio.create_task(tanaka.say("どうぞ"))
    await until_written(tanaka, generator)
    saying.cancel()
    await asyncio.gather(saying, return_exceptions=True)
    held.set()
    await until(tanaka, "長い返答")


async def test_what_waited_when_the_process_ended_is_answered_by_the_next(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """A message that was stored is never lost."""
    held = asyncio.Event()
    generator.script = [[held]]
    async with serving(chat) as page, logged_in(page, chat, TANAKA) as tanaka:
        saying = asyncio.create_task(tanaka.say("どうぞ"))
        await until_written(tanaka, generator)
        await page.close(0.0)
        await asyncio.gather(saying, return_exceptions=True)
    assert len(await store.unanswered("web")) == 1
    chat.logins = None
    async with serving(chat) as page, logged_in(page, chat, TANAKA) as tanaka:
        await until(tanaka, "assistant")
        assert (await tanaka.get("/chat")).text.count("どうぞ") == 2


async def test_what_is_said_unasked_reaches_open_pages_and_those_opened_soon_after(
    page: WebPlatform, chat: Chat, tanaka: Browser
) -> None:
    """A quiz's next question; nobody else's pages show it."""
    notice = Notice("Next", "次", "猫は?", offers=(Offer("ねこ", "ねこ", "answer", "1"),))
    assert chat.announcements.connected("web")
    await chat.announcements.say(HERE, notice)
    async with tanaka.session.get(f"{tanaka.url}/events?section=quiz") as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        first = await told(stream.content)
        assert "猫は?" in first and 'value="/answer 1"' in first and 'value="quiz"' in first
        await chat.announcements.say(HERE, Notice("Second", "二"))
        assert "Second" in await told(stream.content)
    async with logged_in(page, chat, ADMIN) as other:
        await chat.announcements.say(
            ConversationKey("web", WORKSPACE, "discord:u9"), Notice("Own", "自分")
        )
        async with other.session.get(f"{other.url}/events") as stream:
            assert "Own" in await told(stream.content)


async def told(stream: StreamReader) -> str:
    """The next event's HTML."""
    while not (line := await stream.readline()).startswith(b"data: "):
        assert line
    return str(json.loads(line.removeprefix(b"data: "))["html"])


async def test_an_event_that_a_page_has_is_not_sent_again(chat: Chat, tanaka: Browser) -> None:
    """A browser that connects anew names the last."""
    first = await chat.announcements.say(HERE, Notice("First", "一"))
    await chat.announcements.say(HERE, Notice("Second", "二"))
    headers = {"Last-Event-ID": first}
    async with tanaka.session.get(f"{tanaka.url}/events", headers=headers) as stream:
        assert "Second" in await told(stream.content)


async def test_one_may_set_the_persona_of_ones_own_conversation(
    tanaka: Browser, store: SqlStore
) -> None:
    """It is nobody else's; the channel's that they came from stays as it is."""
    await tanaka.say("/persona You are a pirate.")
    assert (await store.settings(HERE))["persona"] == "You are a pirate."
    assert not await store.settings(TANAKA.conversation)


async def test_a_file_is_for_whom_it_was_made(
    page: WebPlatform, chat: Chat, studying: Chat, tanaka: Browser
) -> None:
    """A picture is shown in the page; nobody else can fetch it."""
    (event, _) = await tanaka.say("/kanji 語")
    path = event["html"].partition('src="')[2].partition('"')[0]
    picture = await tanaka.get(path)
    assert picture.headers["Content-Type"] == "image/png" and picture.body.startswith(b"\x89PNG")
    async with logged_in(page, chat, ADMIN) as other:
        assert (await other.get(path)).status == 404
