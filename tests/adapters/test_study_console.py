"""Commands about Japanese through a pipe: a line in, a line out, whatever comes."""

from __future__ import annotations

import io

import pytest

from adapters.console import conversation_key, run_pipe
from bot.chat import Chat
from bot.prompt import RinnaFormat
from bot.study.study import Study
from bot.study_commands.table import STUDY_COMMANDS
from storage.store import SqlStore
from tests.adapters.test_study import BAD, LONG
from tests.fakes.generator import FakeGenerator
from tests.fakes.letters import CharacterTokenizer

GOOD = {
    "/furigana 三本の映画を見ました。": "三本(さんぼん)の映画(えいが)を見(み)ました。",
    "/ふりがな romaji 東京へ行く": "Tōkyō e iku",
    "/reading 市場": "いちば",
    "/jisho 食べられませんでした": "to eat",
    "/辞書 cat": "猫",
    "/save 食べられませんでした": "食べる【たべる】",
    "/単語帳": "食べる【たべる】",
    "/review": "食べる",
    "/review =1.0": "to eat",
    "/review =1.0.4": "「食べる」：簡単",
    "/復習 取り消し": "「食べる」への最後の回答を取り消しました",
    "/復習 新規 5": "1日5語まで",
    "/progress": "保存した言葉1語",
    "/kanji 語": "14画",
    "/analyze 日本語を勉強しています。": "N5",
    "/level": "held to no level",
    "/level n4": "N4",
    "/level me": "/me level n4",
    "/conjugate 食べさせられた": "食べ・させ・られ・た",
    "/pitch 箸": "は↘し",
    "/correct 映画を見るました。": "[-",
    "/daily 8:30 topic Asia/Tokyo": "8:30 Asia/Tokyo",
    "/week": "Looked up: 猫、食べる",
    "/me level n4": "n4",
    "/quiz scores": "last seven days",
    "/about": "JMdict",
    "/import 推し活,おしかつ,cheering for a favourite": "1 new",
    "/anki": "kaiwa-mine.apkg",
    "/アンキ group tsv": "kaiwa-group.tsv",
}


async def piped(
    store: SqlStore, generator: FakeGenerator, study: Study, lines: list[str]
) -> list[str]:
    """What the console prints for these lines."""
    chat = Chat(store, generator, RinnaFormat(CharacterTokenizer()), study=study)
    source = io.BytesIO("".join(f"{line}\n" for line in lines).encode())
    sink = io.StringIO()
    await run_pipe(chat, conversation_key("study"), source, sink, io.StringIO())
    return sink.getvalue().splitlines()


async def test_each_command_answers_in_a_line(
    store: SqlStore, generator: FakeGenerator, study: Study
) -> None:
    """Without decoration."""
    generator.script = [["映画を見ました。"]]
    said = await piped(store, generator, study, list(GOOD))
    assert len(said) == len(GOOD)
    wrong = {
        line: answer for line, answer in zip(GOOD, said, strict=True) if GOOD[line] not in answer
    }
    assert not wrong


@pytest.mark.parametrize("kind", [*BAD, "very long"])
async def test_bad_input_is_answered_with_what_to_do(
    store: SqlStore, generator: FakeGenerator, study: Study, kind: str
) -> None:
    """Every command, and the next line is read."""
    text = BAD.get(kind, LONG)
    # A quiz with nothing after it begins, and says more than a line.
    lines = [f"/{entry.name} {text}" for entry in STUDY_COMMANDS if entry.name != "quiz" or text]
    said = await piped(store, generator, study, lines)
    assert len(said) == len(lines) and all(said)
    assert not any("Something went wrong" in answer for answer in said)


async def test_hidden_readings_are_blanks(
    store: SqlStore, generator: FakeGenerator, study: Study
) -> None:
    """A terminal has no spoilers."""
    (said,) = await piped(store, generator, study, ["/furigana hidden 映画"])
    assert said.endswith("映画(＿＿＿)")
