"""/compare: two settings answer side by side, and people vote blindly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bot import comparing
from bot.chat import Chat
from bot.comparing import NothingToCompare, wanted
from bot.decoding import BadSetting
from bot.errors import BotError, EngineBusy, OptedOut
from bot.notices import Notice, Span
from bot.ports import Caller
from bot.recall import NoQuestion
from storage.store import SqlStore
from tests.bot.test_commands import MEMBER, notice, say
from tests.fakes.generator import FakeGenerator
from tests.fakes.incoming import CHANNEL

PAIR = "/compare temperature=0.5 vs temperature=1.2"


class Order:
    """Shuffles as a test wants it."""

    def __init__(self, *, swap: bool) -> None:
        self.swap = swap

    def shuffle(self, items: list[Any]) -> None:
        """As ever, or turned around."""
        if self.swap:
            items.reverse()


def text(said: Notice) -> str:
    """Its detail."""
    assert not isinstance(said.detail, str)
    return "".join(span.text for span in said.detail)


def person(user_id: str) -> Caller:
    """Somebody in the channel."""
    return Caller(CHANNEL, user_id)


@pytest.mark.parametrize(
    ("argument", "first", "second", "question"),
    [
        ("temperature=0.5 vs temperature=1.2", {"temperature": "0.5"}, {"temperature": "1.2"}, ""),
        ("top_k=5", {"top_k": "5"}, {}, ""),
        ("vs top_k=5 猫は？", {}, {"top_k": "5"}, "猫は？"),
        (
            "Temperature＝0.5 top_p=0.9 対 top_p=1　日本の 首都\nは？",
            {"temperature": "0.5", "top_p": "0.9"},
            {"top_p": "1.0"},
            "日本の 首都\nは？",
        ),
        ("top_k=5 vs vs code?", {"top_k": "5"}, {}, "vs code?"),
    ],
)
def test_a_command_names_settings_and_perhaps_a_question(
    argument: str, first: dict[str, str], second: dict[str, str], question: str
) -> None:
    """What is not named is as it is set; the question is all that follows, as it was typed."""
    found = wanted(argument)
    assert (found.first, found.second, found.question) == (first, second, question)


@pytest.mark.parametrize(
    ("argument", "error"),
    [
        ("", NothingToCompare),
        ("cats vs dogs", NothingToCompare),
        ("vs", NothingToCompare),
        ("temprature=0.5", BadSetting),
        ("temperature=9", BadSetting),
        ("temperature=0.5 vs temperature=hot", BadSetting),
    ],
)
def test_what_is_no_setting_is_told(argument: str, error: type[BotError]) -> None:
    """With what to write instead."""
    with pytest.raises(error):
        wanted(argument)


@pytest.mark.parametrize("swap", [False, True])
async def test_both_answer_the_last_question_in_an_order_that_nobody_knows(
    chat: Chat, generator: FakeGenerator, monkeypatch: pytest.MonkeyPatch, swap: bool
) -> None:
    """The notice names both settings, the same way whichever is A."""
    monkeypatch.setattr(comparing, "_RANDOM", Order(swap=swap))
    await say(chat, "q", "猫は？")
    before = len(generator.requests)
    generator.script = [["涼しい"], ["暑い"]]
    said = await notice(chat, PAIR, MEMBER)
    first, second = generator.requests[before:]
    assert (
        [turn.text for turn in first.prompt.turns][-1] == "猫は？" == second.prompt.turns[-1].text
    )
    temperatures = (first.sampling.temperature, second.sampling.temperature)
    assert temperatures == ((1.2, 0.5) if swap else (0.5, 1.2))
    assert text(said) == "A 涼しい\nB 暑い"
    assert "One is written with temperature=0.5, the other with temperature=1.2" in said.english
    assert [offer.command for offer in said.offers] == [
        "compare =1.a",
        "compare =1.b",
        "compare =1.same",
    ]


async def test_a_vote_tells_which_was_which_and_the_first_one_counts(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And results count by settings, whichever was A."""
    for swap in (False, True):
        monkeypatch.setattr(comparing, "_RANDOM", Order(swap=swap))
        await notice(chat, f"{PAIR} 猫は？", MEMBER)
    told = await notice(chat, "/compare =1.a", person("u1"))
    assert told.english.startswith("Your vote: A. So far 1 for A, 0 for B")
    assert text(told) == "A temperature=0.5\nB temperature=1.2"
    again = await notice(chat, "/compare =1.b", person("u1"))
    assert again.english.startswith("You had voted: A. So far 1 for A, 0 for B")
    told = await notice(chat, "/compare =2.b", person("u1"))
    assert text(told) == "A temperature=1.2\nB temperature=0.5"
    await notice(chat, "/compare =2.a", person("u2"))
    await notice(chat, "/compare =2.same", person("u3"))
    results = await notice(chat, "/compare results", person("u4"))
    assert isinstance(results.detail, tuple)
    assert Span("temperature=0.5  ") in results.detail
    assert "2 : 1" in text(results) and "(no difference: 1)" in text(results)
    assert results == await notice(chat, "/比較 結果", person("u4"))


async def test_a_question_may_be_given_and_stays_out_of_the_conversation(
    chat: Chat, generator: FakeGenerator
) -> None:
    """It comes after what was said; nothing of it, nor of the replies, is kept."""
    await say(chat, "q", "猫は？")
    before = await chat.context(CHANNEL)
    await notice(chat, "/compare top_k=5 犬は？", MEMBER)
    asked = generator.requests[-1].prompt.turns
    assert [turn.text for turn in asked[-3:]] == ["猫は？", "猫は？", "犬は？"]
    assert await chat.context(CHANNEL) == before
    assert len([names for names in generator.forgotten if names]) == 2
    rows = [row async for row in chat.store.everything_in(CHANNEL)]
    assert not any("犬" in str(row) for row in rows)
    assert [row["table"] for row in rows if row["table"].startswith("compar")] == ["comparisons"]


async def test_what_cannot_be_compared_is_told_and_asks_no_model(
    chat: Chat, generator: FakeGenerator
) -> None:
    """Nothing was asked yet; both are the same, as things are set."""
    for words, error in (
        (PAIR, NoQuestion),
        ("/compare temperature=1", NothingToCompare),
        ("/compare top_k=5 vs top_k=5 猫は？", NothingToCompare),
        ("/compare =77.a", BotError),
    ):
        with pytest.raises(error):
            await notice(chat, words, MEMBER)
    assert not generator.requests
    assert "Nothing was compared" in (await notice(chat, "/compare results", MEMBER)).english


async def test_a_reply_that_fails_is_an_error_and_no_comparison(
    chat: Chat, generator: FakeGenerator
) -> None:
    """There is nothing to vote on; one that says nothing says so."""
    generator.script = [["はい"], EngineBusy(3)]
    with pytest.raises(EngineBusy):
        await notice(chat, f"{PAIR} 猫は？", MEMBER)
    assert await chat.store.comparisons(CHANNEL, 9) == []
    generator.script = [["はい"], [" "]]
    said = await notice(chat, f"{PAIR} 猫は？", MEMBER)
    assert "B (nothing)" in text(said)


async def test_who_wants_nothing_kept_has_no_vote(chat: Chat, store: SqlStore) -> None:
    """As they have no answer in a quiz."""
    await notice(chat, f"{PAIR} 猫は？", MEMBER)
    await store.opt_out("console", "u9", True)
    with pytest.raises(OptedOut):
        await notice(chat, "/compare =1.a", person("u9"))
    (found,) = await store.comparisons(CHANNEL, 9)
    assert not found.votes


def test_what_one_may_go_on_with_is_shown(chat: Chat) -> None:
    """From its beginning."""
    found: Sequence[str] = comparing.completed(chat, "Temp")
    assert found == ("temperature=0.5 vs temperature=1.2",)
    assert "results" in comparing.completed(chat, "")
