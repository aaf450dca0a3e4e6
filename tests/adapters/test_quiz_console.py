"""A quiz through a pipe: what is announced has lines of its own."""

from __future__ import annotations

from bot.study.study import Study
from storage.store import SqlStore
from tests.adapters.test_study_console import piped
from tests.fakes.generator import FakeGenerator


async def test_a_quiz_is_played_line_by_line(
    store: SqlStore, generator: FakeGenerator, study: Study
) -> None:
    """By the number of a choice, or "pass"; then the next question comes at once. Where the choice
    was right by chance, one "pass" is left over."""
    lines = ["/quiz n5 reading 2", "1", "パス", *["パス"] * 2, "/quiz scores", "こんにちは"]
    said = await piped(store, generator, study, lines)
    assert said[0].startswith("クイズを始めます：N5（非公式のリスト）・読み、2問、1問20秒。")
    assert "1/2" in said[1] and "1. " in said[1] and "4. " in said[1]
    assert said[2].startswith(("正解！", "答え：")) and "2/2" in said[3]
    assert said[4].startswith("答え：") and "Once more: 1/" in said[5]
    assert any("終了！" in line for line in said)
    assert "last seven days" in said[-2]
    assert "こんにちは" in generator.requests[-1].prompt.text


async def test_a_quiz_may_be_typed_and_stopped(
    store: SqlStore, generator: FakeGenerator, study: Study
) -> None:
    """What is wrong may be tried again; a line that is a question goes to the model."""
    lines = ["/quiz n5 reading typed", "ちがうよ", "読みは何ですか？", "/quiz stop", "/quiz stop"]
    said = await piped(store, generator, study, lines)
    assert "読みは？入力してください。（30秒）" in said[1]
    assert said[2].startswith("ちがいます。もう一度どうぞ。")
    assert len(generator.requests) == 1
    assert said[-2].startswith("クイズを終わります。") and "クイズをしていません" in said[-1]


async def test_what_cannot_be_asked_is_said(
    store: SqlStore, generator: FakeGenerator, study: Study
) -> None:
    """No such word, nothing saved, no talk, no mistakes."""
    lines = ["/quiz n9", "/quiz saved", "/quiz talk", "/quiz mistakes", "/クイズ 成績"]
    said = await piped(store, generator, study, lines)
    parts = ["「n9」がわかりません", "保存された言葉", "この会話から", "まちがえた問題", "7日間"]
    assert [part in line for part, line in zip(parts, said, strict=True)] == [True] * 5


async def test_words_of_the_conversation_are_asked(
    store: SqlStore, generator: FakeGenerator, study: Study
) -> None:
    """Those that a dictionary explains."""
    lines = ["昨日、図書館で新聞を読みました。", "/quiz talk reading 2"]
    said = await piped(store, generator, study, lines)
    asked = [line for line in said if "1/2" in line]
    assert len(asked) == 1 and any(word in asked[0] for word in ("昨日", "図書館", "新聞", "読む"))


async def test_a_quiz_goes_on_at_the_next_start(
    store: SqlStore, generator: FakeGenerator, study: Study
) -> None:
    """Of the program, where it stood."""
    await piped(store, generator, study, ["/quiz n5 reading 2"])
    said = await piped(store, generator, study, ["パス", "/quiz stop"])
    assert said[0].startswith("答え：") and "2/2" in said[1]
