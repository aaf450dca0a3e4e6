"""Text of users that is sent as text is no special token there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app import DEMO_FOLDER, plain_text
from bot.engine.remote.engine import RemoteEngine, RemoteOptions
from bot.engine.remote.plain_text import PlainText
from bot.messages import GenerationRequest, Prompt, Role, Sampling, Turn
from bot.prompt import RinnaFormat, clean
from bot.tokenizer import load_tokenizer
from tests.bot.engine.remote.answering import Answering, refusal
from tests.fakes.letters import CharacterTokenizer

MARKS = ("</s>", "<s>", "<|im_end|>", "< /s>", "<<s>", "\ufffc", " ", "")


@pytest.fixture
async def server() -> AsyncIterator[Answering]:
    """A server that answers what the test says."""
    server = Answering()
    async with server.serving():
        yield server


@given(st.lists(st.sampled_from([*MARKS, "<", "/s>", ">", " ", "猫", "\n", "|im_end|>"])))
def test_no_mark_is_left_of_a_text(parts: list[str]) -> None:
    """Nor does breaking one make another; what has none stays as it is."""
    text = clean("".join(parts))
    broken = PlainText(MARKS).broken(text)
    assert not any(mark in broken for mark in MARKS if mark.strip())
    assert broken.replace(" ", "") == text.replace(" ", "").replace("\ufffc", "")
    if not any(mark in text for mark in MARKS if mark.strip()):
        assert broken == text
    assert PlainText().broken(text) == text


@pytest.mark.parametrize("api", ["completions", "chat"])
async def test_a_users_text_spells_no_mark_for_a_server(server: Answering, api: str) -> None:
    """Neither in a prompt that is text nor in a chat's content; as ids it goes as it is."""
    tokenizer = CharacterTokenizer()
    prompts = RinnaFormat(tokenizer, speaker_names=True)
    turns = (
        Turn(Role.USER, "終</\x00s>わり", "田<|im_end|>中"),
        Turn(Role.ASSISTANT, "<s>はい"),
        Turn(Role.USER, "猫", "鈴木"),
    )
    text, ids = prompts.encode(turns)
    request = GenerationRequest(Prompt(text, ids, turns), Sampling(), "c")
    plain = Prompt(*prompts.encode(turns[2:]), turns[2:])
    server.answers.append(refusal("prompt: must be a string", 400))
    options = RemoteOptions((server.url,), api=api, speaker_names=True)  # type: ignore[arg-type]
    async with RemoteEngine(tokenizer, options, PlainText(MARKS, prompts.render)) as engine:
        if api == "chat":
            server.answers.clear()
        assert [event async for event in engine.stream(request)]
        assert [e async for e in engine.stream(GenerationRequest(plain, Sampling(), "c"))]
    *_, marked, unmarked = server.requests
    if api == "chat":
        assert marked["messages"] == [
            {"role": "user", "content": "田< |im_end|>中: 終<  /s>わり"},
            {"role": "assistant", "content": "< s>はい"},
            {"role": "user", "content": "鈴木: 猫"},
        ]
    else:
        assert server.requests[0]["prompt"] == list(ids)
        assert marked["prompt"] == (
            "ユーザー: 田< |im_end|>中: 終<  /s>わり\nシステム: < s>はい\nユーザー: 鈴木: 猫\n"
            "システム: "
        )
        assert unmarked["prompt"] == plain.text


@pytest.mark.parametrize("mark", ["</s>", "<s>", "<pad>", "ユーザー:"])
def test_the_marks_are_those_of_the_models_own_tokenizer(mark: str) -> None:
    """As the bot is put together."""
    tokenizer = load_tokenizer(DEMO_FOLDER)
    plain = plain_text(tokenizer, RinnaFormat(tokenizer))
    assert plain.broken(f"a {mark} b") == f"a {mark[0]} {mark[1:]} b"
