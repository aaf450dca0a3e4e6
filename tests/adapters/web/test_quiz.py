"""A quiz on the web page: its questions come unasked, answers count for whoever one is at home."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from aiohttp import StreamReader

from bot.chat import Chat
from storage.store import SqlStore
from tests.adapters.web.browsing import Browser

CHOICE = re.compile(r'value="(/quiz =\d+\.\d+\.\d)"')


@asynccontextmanager
async def page_of(somebody: Browser) -> AsyncIterator[StreamReader]:
    """The stream of an open page of the quiz."""
    async with somebody.session.get(f"{somebody.url}/events?section=quiz") as stream:
        yield stream.content


async def told(stream: StreamReader) -> str:
    """What is said next, as HTML."""
    while not (line := await stream.readline()).startswith(b"data: "):
        assert line
    return str(json.loads(line.removeprefix(b"data: "))["html"])


async def test_a_quiz_is_played_by_buttons(
    studying: Chat, tanaka: Browser, store: SqlStore
) -> None:
    """Each answer leads to the next question; mistakes are those of whom it is at home."""
    async with page_of(tanaka) as stream:
        begun = await tanaka.say("/quiz n5 2", "quiz")
        assert begun[0]["kind"] == "notice"
        asked, said = 0, ""
        while "The end." not in said:
            said = await told(stream)
            if choices := CHOICE.findall(said):
                asked += 1
                assert 'name="section" value="quiz"' in said
                await tanaka.say(choices[0], "quiz")
    due = datetime.now(UTC) + timedelta(days=30)
    mistakes = await store.mistakes("discord", "u1", due, 10)
    assert len(mistakes) == asked - 2  # what was wrong is asked once more
    assert not await store.mistakes("web", "u1", due, 10)


async def test_a_typed_answer_counts_and_is_no_message(
    studying: Chat, tanaka: Browser, store: SqlStore
) -> None:
    """On the quiz's page nothing else reaches the model either."""
    (event, _) = (await tanaka.say("こんにちは", "quiz"))[-2:]
    assert "No question waits" in event["html"]
    async with page_of(tanaka) as stream:
        await tanaka.say("/quiz n5 1 typed", "quiz")
        await told(stream)
        await tanaka.say("わかりません", "quiz")
        assert await told(stream)
    assert await store.count_of("web", "discord:u1") == 0


async def test_without_a_script_the_next_question_stands_on_the_page(
    studying: Chat, tanaka: Browser
) -> None:
    """The form's answer has it; and so has the page when it is opened."""
    page = await tanaka.send("/say", text="/quiz n5 1", section="quiz")
    assert CHOICE.search(page.text.partition("<noscript>")[2])
    assert CHOICE.search((await tanaka.get("/quiz")).text)
