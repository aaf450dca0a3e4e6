"""When a chat lets the generator prefill ahead, and what."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.chat import Chat
from bot.limits import RateLimiter
from bot.messages import ConversationKey, ReplyStart
from bot.policy import MODE, Mode, Policy
from bot.prompt import RinnaFormat
from storage.store import SqlStore
from tests.bot.test_chat import read, say
from tests.fakes.generator import FakeGenerator
from tests.fakes.incoming import CHANNEL, incoming
from tests.fakes.letters import CharacterTokenizer

PERSONA = "ユーザー: Hello\nシステム: Sure\n"


async def beginning(
    store: SqlStore, generator: FakeGenerator, place: ConversationKey = CHANNEL
) -> str:
    """What the generator would prefill ahead in a conversation now."""
    return text(await generator.ahead[str(await store.find(place))]())


def text(ids: Sequence[int]) -> str:
    """The text of these tokens."""
    return CharacterTokenizer().decode(ids)


@pytest.fixture
async def always(store: SqlStore) -> None:
    """The channel's mode."""
    await store.set_setting(CHANNEL, MODE, Mode.ALWAYS)


async def overheard(chat: Chat, id: str, said: str | None = None) -> None:
    """Somebody says something to somebody else."""
    assert await say(chat, id, said, addressed=False, to_others=True) == ""


async def test_what_is_kept_without_an_answer_is_prefilled_ahead(
    chat: Chat, store: SqlStore, generator: FakeGenerator, always: None
) -> None:
    """The next prompt begins with it, up to where the next question will stand."""
    await overheard(chat, "m1", "鈴木さん、どう?")
    await overheard(chat, "m2", "いいね")
    assert await beginning(store, generator) == (
        f"{PERSONA}ユーザー: 鈴木さん、どう?\nユーザー: いいね\nユーザー: "
    )
    ids = await generator.ahead[str(await store.find(CHANNEL))]()
    await say(chat, "m3", "質問")
    assert generator.requests[0].prompt.ids[: len(ids)] == ids


async def test_what_is_said_too_fast_is_prefilled_ahead(
    store: SqlStore, generator: FakeGenerator, always: None
) -> None:
    """It is kept and not answered, too."""
    policy = Policy(per_user=RateLimiter(1))
    chat = Chat(store, generator, RinnaFormat(CharacterTokenizer()), policy=policy)
    await say(chat, "m1", addressed=False)
    generator.ahead.clear()
    assert await say(chat, "m2", "早すぎ", addressed=False) == ""
    assert (await beginning(store, generator)).endswith("ユーザー: 早すぎ\nユーザー: ")


async def test_a_reply_that_was_written_is_prefilled_ahead(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """As it stands in the next prompt: white space and tokens may differ from what was drawn."""
    generator.script = [[" はい", "。\n"]]
    await say(chat, "m1", "質問")
    assert await beginning(store, generator) == (
        f"{PERSONA}ユーザー: 質問\nシステム: はい。\nユーザー: "
    )


async def test_what_is_not_kept_is_not_prefilled_ahead(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """In `mention` mode talk among others is not the bot's; it is not in the prompt either."""
    await overheard(chat, "m1", "秘密")
    assert generator.ahead == {}
    await say(chat, "m2", "質問")
    await overheard(chat, "m3", "秘密")
    assert list(generator.ahead) == [str(await store.find(CHANNEL))]
    assert "秘密" not in await beginning(store, generator)


async def test_a_message_that_is_answered_or_delivered_again_is_not_prefilled_ahead(
    chat: Chat, generator: FakeGenerator, always: None
) -> None:
    """Its reply reads it anyway; what was delivered before was noted then."""
    stream = chat.respond(incoming("m1"))
    assert isinstance(await anext(stream), ReplyStart)
    assert generator.ahead == {}
    await read(stream)
    await overheard(chat, "m2")
    generator.ahead.clear()
    await overheard(chat, "m2")
    assert generator.ahead == {}


async def test_while_a_reply_is_written_nothing_is_read(
    chat: Chat, store: SqlStore, generator: FakeGenerator, always: None
) -> None:
    """What comes meanwhile is read at its end, together with it."""
    stream = chat.respond(incoming("m1"))
    assert isinstance(await anext(stream), ReplyStart)
    await overheard(chat, "m2")
    assert await beginning(store, generator) == ""
    await read(stream)
    assert "ユーザー: m2\n" in await beginning(store, generator)


async def test_a_persona_is_prefilled_ahead_with_its_channel(
    chat: Chat, store: SqlStore, generator: FakeGenerator, always: None
) -> None:
    """The channel's settings are those of the next prompt."""
    await store.set_setting(CHANNEL, "persona", "猫です。")
    await overheard(chat, "m1")
    assert (await beginning(store, generator)).startswith("ユーザー: 猫です。\nシステム: はい")


async def test_a_message_that_leaves_no_room_is_not_prefilled_ahead(
    chat: Chat, store: SqlStore, generator: FakeGenerator, always: None
) -> None:
    """It could not be answered either."""
    await overheard(chat, "m1", "あ" * 2_000)
    assert await beginning(store, generator) == ""


async def test_old_turns_go_before_somebody_waits(
    chat: Chat, store: SqlStore, generator: FakeGenerator, always: None
) -> None:
    """Where a question would no longer fit, memory is halved ahead, and the prompt agrees."""
    firsts = set()
    for number in range(60):
        await overheard(chat, f"m{number}", f"これは{number}番目の話です")
        ids = await generator.ahead[str(await store.find(CHANNEL))]()
        await say(chat, f"q{number}", "はい?")
        prompt = generator.requests[-1].prompt
        assert prompt.ids[: len(ids)] == tuple(ids)
        firsts.add(prompt.turns[prompt.pinned].text)
    assert len(firsts) >= 3  # the first of all, and that after each time
