"""What a model thinks is not shown, however it comes; what it says is, to the letter."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.remote.reply import RemoteReply
from bot.engine.remote.wire import Piece, read_piece
from bot.thinking import Thoughts, opens, without_thoughts
from bot.tokenizer import StreamingDetokenizer
from tests.fakes.letters import CharacterTokenizer


def shown(text: str, cuts: list[int], opened: bool = False) -> str:
    """The answer in a text that comes in pieces."""
    thoughts, at = Thoughts(opened), 0
    answer = ""
    for cut in [*sorted(cuts), len(text)]:
        answer += thoughts.push(text[at : max(at, cut)])
        at = max(at, cut)
    return answer + thoughts.finish()


@pytest.mark.parametrize(
    ("text", "opened", "answer"),
    [
        ("はい。", False, "はい。"),
        ("<think>\nhm\n</think>\n\nはい。\n", False, "はい。\n"),
        (" \n<think></think>a", False, "a"),
        ("<think>a</think> <think>b</think> c", False, "c"),
        ("hm</think>\n\nはい。", True, "はい。"),
        ("hm", True, ""),
        ("<think>hm", False, ""),
        ("<thin", False, "<thin"),
        ("\n  a", False, "\n  a"),
        ("a <think>b</think> c", False, "a <think>b</think> c"),
        ("</think> a", False, "</think> a"),
    ],
)
@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=6))
def test_thoughts_stand_before_an_answer(
    text: str, opened: bool, answer: str, cuts: list[int]
) -> None:
    """In whatever pieces the text comes; the same marks in an answer are text."""
    assert shown(text, cuts, opened) == answer


def test_a_stop_string_in_a_thought_stops_nothing() -> None:
    """It ends a reply that people see; the first word of an answer comes at once."""
    stream = StreamingDetokenizer(CharacterTokenizer(), ["。"])
    seen = [stream.push(ord(c)) for c in "<think>a。b</think>\nはい。x"]
    assert "".join(seen) == "はい"
    assert seen.index("は") == len("<think>a。b</think>\n")
    assert stream.stopped and not stream.thinking


def test_a_prompt_may_begin_the_thought() -> None:
    """Some templates do, and then the reply has its end only; others close it at once."""
    assert opens("<|im_start|>assistant\n<think>\n")
    assert not opens("<|im_start|>assistant\n<think>\n\n</think>\n\n")
    stream = StreamingDetokenizer(CharacterTokenizer(), (), thinking=True)
    assert stream.thinking
    assert "".join(stream.push(ord(c)) for c in "hm</think>a") == "a"


def test_a_stored_thought_is_not_fed_back() -> None:
    """Should one have been stored; an answer that mentions the mark is left alone."""
    assert without_thoughts("<think>hm</think>\n\na") == "a"
    assert without_thoughts("write </think> there") == "write </think> there"


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
@pytest.mark.parametrize("opened", [False, True])
def test_what_a_server_calls_a_thought_is_one(name: str, opened: bool) -> None:
    """Its answer then has no mark, even where the prompt has begun the thought."""
    reply = RemoteReply(CharacterTokenizer(), (), (), opened)
    begins = read_piece({"choices": [{"delta": {"role": "assistant", "content": ""}}]})
    thought = read_piece({"choices": [{"delta": {name: "hm", "content": None}}]})
    assert thought.thought and not thought.is_written
    texts = [reply.push(piece) for piece in (begins, thought, thought)]
    assert reply.thinking and texts == [""] * 3
    assert reply.push(Piece(text="はい")) == "はい"
    assert not reply.thinking and reply.tokens == 3


def test_a_server_that_does_not_tell_thoughts_apart_is_read_the_same() -> None:
    """By its text, and by its ids."""
    text = "<think>hm</think>\nはい"
    for piece in (Piece(text=text), Piece(tokens=tuple(map(ord, text)))):
        assert RemoteReply(CharacterTokenizer(), ()).push(piece) == "はい"
    reply = RemoteReply(CharacterTokenizer(), ())
    reply.push(Piece(tokens=tuple(map(ord, "<think>h"))))
    assert reply.thinking
