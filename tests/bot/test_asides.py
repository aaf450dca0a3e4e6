"""What the model writes outside of conversations."""

from __future__ import annotations

import asyncio

import pytest

from bot.chat import Chat
from bot.errors import MessageTooLong
from bot.limits import RateLimiter, TooFast
from bot.messages import Role, Turn
from bot.policy import Policy
from bot.ports import Caller
from bot.prompt import RinnaFormat
from storage.store import SqlStore
from tests.fakes.generator import FakeGenerator
from tests.fakes.incoming import CHANNEL
from tests.fakes.letters import CharacterTokenizer

CALLER = Caller(CHANNEL, "u1")
TURNS = (Turn(Role.USER, "直してください"),)


async def test_an_aside_is_the_likeliest_answer_and_is_kept_nowhere(
    chat: Chat, generator: FakeGenerator, store: SqlStore
) -> None:
    """Neither in the store nor in the engine's cache, and no conversation's prompt has it."""
    generator.script = [["  直し", "ました。 "]]
    assert await chat.aside(CALLER, TURNS, max_new_tokens=50) == "直しました。"
    (request,) = generator.requests
    assert request.sampling.temperature == 0 and request.sampling.max_new_tokens == 50
    assert generator.forgotten == [{request.conversation}]
    assert await store.find(CHANNEL) is None


async def test_an_aside_that_nobody_waits_for_stops_the_model(
    chat: Chat, generator: FakeGenerator
) -> None:
    """And is forgotten all the same."""
    generator.script = [["あ", asyncio.Event()]]
    asking = asyncio.create_task(chat.aside(CALLER, TURNS, max_new_tokens=50))
    while not generator.running:  # noqa: ASYNC110  the fake tells nobody
        await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert not generator.running and len(generator.forgotten) == 1


async def test_an_aside_counts_as_a_question(store: SqlStore, generator: FakeGenerator) -> None:
    """Against who asks for it."""
    policy = Policy(per_user=RateLimiter(1))
    chat = Chat(store, generator, RinnaFormat(CharacterTokenizer()), policy=policy)
    await chat.aside(CALLER, TURNS, max_new_tokens=10)
    with pytest.raises(TooFast):
        await chat.aside(CALLER, TURNS, max_new_tokens=10)


async def test_a_text_that_is_too_long_for_the_model_is_refused(chat: Chat) -> None:
    """With the numbers, as a message is."""
    with pytest.raises(MessageTooLong):
        await chat.aside(CALLER, (Turn(Role.USER, "あ" * 5_000),), max_new_tokens=10)
