"""A server that takes less than was known: turns are dropped, and it is asked again."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

import pytest

from bot.chat import Chat
from bot.engine.remote.engine import RemoteEngine, RemoteOptions
from bot.errors import MessageTooLong
from bot.messages import ReplyEnd
from bot.prompt import RinnaFormat
from storage.store import SqlStore
from tests.bot.conftest import store  # noqa: F401, a fixture
from tests.bot.engine.remote.answering import Answering, refusal
from tests.fakes.incoming import incoming
from tests.fakes.letters import CharacterTokenizer


@pytest.fixture
async def server() -> AsyncIterator[Answering]:
    """A server that answers what the test says."""
    server = Answering()
    async with server.serving():
        yield server


async def said(chat: Chat, id: str, text: str) -> str:
    """The reply to a message."""
    *_, end = [event async for event in chat.respond(incoming(id, text))]
    assert isinstance(end, ReplyEnd)
    return end.text


@pytest.mark.parametrize("words", ["maximum context length is 200 tokens", "prompt is too long"])
async def test_turns_are_dropped_and_the_question_is_answered(
    server: Answering,
    store: SqlStore,  # noqa: F811
    words: str,
) -> None:
    """Nobody notices; the next prompts are short from the start. A reply has its quarter."""
    tokenizer = CharacterTokenizer()
    async with RemoteEngine(tokenizer, RemoteOptions((server.url,))) as engine:
        chat = Chat(store, engine, RinnaFormat(tokenizer))
        for number in range(8):
            assert await said(chat, f"m{number}", "猫" * 20) == "はい"
        before = len(server.requests[-1]["prompt"])
        server.answers.append(refusal({"error": {"message": words}}))
        assert await said(chat, "long", "犬") == "はい" and len(server.requests) == 10
        assert await said(chat, "next", "鳥") == "はい" and len(server.requests) == 11
    *_, refused, again, after = (body["prompt"] for body in server.requests)
    assert len(again) < before < len(refused) and len(after) < before
    for body in server.requests[9:]:
        assert len(body["prompt"]) + body["max_tokens"] <= engine.context_length
        assert body["max_tokens"] <= engine.context_length // 4


async def test_a_question_that_is_too_long_even_alone_is_refused(
    server: Answering,
    store: SqlStore,  # noqa: F811
) -> None:
    """Once that is known, with how much there is room for; it is not asked again later."""
    tokenizer = CharacterTokenizer()
    words = "maximum context length is 100 tokens"
    server.answers = deque([refusal({"error": {"message": words}})])
    async with RemoteEngine(tokenizer, RemoteOptions((server.url,))) as engine:
        chat = Chat(store, engine, RinnaFormat(tokenizer))
        with pytest.raises(MessageTooLong, match="I can read"):
            await said(chat, "m1", "猫" * 150)
        assert await said(chat, "m2", "犬") == "はい"
    assert len(server.requests) == 2
    assert await store.unanswered("console") == []
