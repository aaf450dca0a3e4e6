"""What is kept of somebody, on the web page: all that is theirs, from wherever they said it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from adapters.web.live import Live
from adapters.web.platform import WebPlatform
from bot.chat import Chat
from bot.learning.ports.words import Word
from bot.messages import ConversationKey, IncomingMessage
from bot.notices import Notice
from storage.store import SqlStore
from tests.adapters.web.browsing import ADMIN, GUILD, TANAKA, Browser, logged_in


async def said_on_discord(chat: Chat, text: str) -> None:
    """Say something in the guild."""
    message = IncomingMessage(GUILD, "m1", "u1", "田中", text, datetime.now(UTC))
    async for _ in chat.respond(message):
        pass


async def test_the_download_has_what_was_said_here_and_there(chat: Chat, tanaka: Browser) -> None:
    """As a file of JSON."""
    await said_on_discord(chat, "あちらで")
    await tanaka.say("こちらで")
    file = await tanaka.send("/stored/export")
    assert "attachment" in file.headers["Content-Disposition"]
    everything = json.loads(file.text)
    assert [each["text"] for each in everything["messages"]] == [
        *("あちらで", "あちらで", "こちらで", "こちらで")
    ]
    assert [each["name"] for each in everything["web_sessions"]] == ["田中"]


async def test_what_is_forgotten_needs_a_yes_and_leaves_a_receipt(
    page: WebPlatform, chat: Chat, tanaka: Browser, store: SqlStore
) -> None:
    """Everything of one's own on both platforms, the login too; nothing of anybody else's."""
    await said_on_discord(chat, "あちらで")
    await tanaka.say("こちらで")
    async with logged_in(page, chat, ADMIN) as admin:
        await admin.say("ほかの人")
        unsure = await tanaka.send("/stored/forget")
        assert "Tick the box" in unsure.text
        assert await store.count_of("discord", "u1") == 2
        receipt = await tanaka.send("/stored/forget", sure="yes")
        assert receipt.status == 200 and "Deleted 4 messages" in receipt.text
        assert await store.count_of("discord", "u1") == 0
        assert await store.count_of("web", "discord:u1") == 0
        assert (await tanaka.get("/chat")).status == 401
        assert await store.sessions_of("discord", "u1") == []
        assert (await admin.get("/chat")).text.count("ほかの人") == 2


async def test_who_forgets_on_their_platform_is_forgotten_here(
    studying: Chat, tanaka: Browser, store: SqlStore
) -> None:
    """Also what the page still held for them."""
    await tanaka.say("/kanji 語")
    (event, _) = await tanaka.say("/kanji 語")
    path = event["html"].partition('src="')[2].partition('"')[0]
    assert (await tanaka.get(path)).status == 200
    for each in (("discord", "u1"), ("web", "discord:u1")):
        await studying.forget_member(*each)
    assert (await tanaka.get(path)).status == 401  # nor are they logged in any more


async def test_who_wants_nothing_kept_is_not_answered_here_either(
    chat: Chat, tanaka: Browser, store: SqlStore
) -> None:
    """Whether they said so here or there."""
    await store.opt_out("discord", "u1", True)  # from before there was a page
    *_, told, done = await tanaka.say("ねえ")
    assert (told["kind"], done["kind"]) == ("wrong", "done") and "/privacy in" in told["html"]
    assert await store.count_of("web", "discord:u1") == 0
    await tanaka.send("/stored/keeping", choice="in")
    assert not await store.opted_out("discord", "u1")
    await tanaka.send("/stored/keeping", choice="out")
    assert await store.opted_out("discord", "u1") and await store.opted_out("web", "discord:u1")


async def test_the_page_says_how_much_there_is(
    chat: Chat, tanaka: Browser, store: SqlStore
) -> None:
    """Messages, words, settings, logins."""
    await tanaka.say("こんにちは")
    await store.save_word("discord", "u1", "1", Word("猫", "ねこ", "cat"))
    await store.set_member_setting("discord", "u1", "level", "n4")
    text = (await tanaka.get("/stored")).text
    assert "I keep 2 messages" in text and "level = n4" in text
    assert "<dd>1</dd>" in text and TANAKA.name in text


async def test_a_page_that_is_opened_after_forgetting_is_told_nothing_from_before() -> None:
    """Also where another has not noticed yet that it was ended."""
    live = Live()
    person = ConversationKey("web", "@web", "discord:u1")
    async with live.page(person.channel):
        await live.announce(person, Notice("猫", "猫"))
        live.forget(person.channel)
        async with live.page(person.channel) as another:
            assert another.empty()
            await live.announce(person, Notice("犬", "犬"))
        assert live.lately(person.channel) == [Notice("犬", "犬")]
