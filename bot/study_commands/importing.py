"""/import: words from a table, in an attached file or after the command."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.chat import Chat
from bot.command import Answer
from bot.errors import BotError
from bot.learning import tables
from bot.learning.ports.words import Word
from bot.learning.tables import Problem, Row
from bot.learning.vocabulary import word_of
from bot.notices import Notice, Span, either, lines, spans
from bot.ports import Caller
from bot.study.kana import hiragana, is_kana
from bot.study.lexicon.dictionary import Dictionary
from bot.study.lexicon.entries import Entry
from bot.study_commands import given

MOST_PROBLEMS = 10  # that are told
# How a message's text names a file that came with it, and what stands below where not all of it
# could be read (adapters/reading.py).
_FILE = re.compile(r"（添付ファイル：.*）")
_CUT = re.compile(r"（ここまで。.*）")
_UNREAD = re.compile(r"（.*(?:読めません|読んでいません).*/.*read.*）")
_FENCE = re.compile(r"```\w*")

_HOW = (
    "Attach a table (CSV or TSV, at most 64 KiB) to a message with a mention of me and /import, or "
    "paste it there: a word a line, as in 食べる,たべる,to eat. Columns are word, reading, meaning "
    "and sentence; what is missing of the first three comes from the dictionary.",
    "私へのメンションと /import を書いたメッセージに表（CSVかTSV、64 KiBまで）を添付するか、"
    "貼り付けてください。1行に1語、食べる,たべる,to eat のように書きます。"
    "列は単語、読み、意味、例文の順で、読みと意味はなければ辞書から補います。",
)


async def import_words(chat: Chat, caller: Caller, argument: str) -> Answer:
    """Save the words of a table; what could not be is told by its line."""
    read = [tables.read(text) for text in _tables(argument)]
    rows = [row for table in read for row in table.rows]
    problems = [*_unread(argument), *(each for table in read for each in table.problems)]
    if not rows and not problems:
        raise BotError(*_HOW)
    if rows and chat.study.available:
        found = await chat.study.ask(lambda: _looked_up(rows, chat.study.dictionary))
    else:
        found = [(row, row.word) for row in rows]
    group = given.group(caller.place)
    new = known = 0
    for row, word in found:
        if not word.reading:
            problems.append(_no_reading(row))
            continue
        _, is_new = await chat.store.save_word(caller.platform, caller.user_id, group, word)
        new, known = new + is_new, known + (not is_new)
    yield _told(new, known, sum(table.repeated for table in read), problems)


def _tables(argument: str) -> Iterator[str]:
    """The texts of the files, and what was pasted."""
    for text in re.split(rf"^{_FILE.pattern}\n?", argument, flags=re.MULTILINE):
        read = [line for line in text.splitlines() if not _FENCE.fullmatch(line.strip())]
        cut = any(map(_CUT.fullmatch, read))
        read = [line for line in read if not (_CUT.fullmatch(line) or _UNREAD.fullmatch(line))]
        yield "\n".join(read[:-1] if cut else read)  # the last one is half of a line


def _unread(argument: str) -> Iterator[Problem]:
    read = argument.splitlines()
    if any(map(_CUT.fullmatch, read)):
        yield Problem(
            0,
            "the file is longer than I read of one; send the rest in another file",
            "ファイルが長すぎて、最後まで読めませんでした。残りは別のファイルで送ってください",
        )
    if any(map(_UNREAD.fullmatch, read)):
        yield Problem(
            0,
            "a file could not be read; save the table as CSV (UTF-8)",
            "読めないファイルがありました。表はCSV（UTF-8）で保存してください",
        )


def _looked_up(rows: list[Row], dictionary: Dictionary) -> list[tuple[Row, Word]]:
    return [(row, _completed(row.word, dictionary)) for row in rows]


def _completed(word: Word, dictionary: Dictionary) -> Word:
    """A word with what the dictionary knows of it and the table left open. What is written as the
    dictionary writes it is the dictionary's word; else it is the person's own."""
    entries = (
        entry
        for entry in dictionary.look_up(word.word)
        if word.word in entry.spellings and (not word.reading or _is_read(entry, word.reading))
    )
    entry = next(entries, None)
    if entry is None:
        reading = word.reading or (word.word if is_kana(word.word) else "")
        return Word(word.word, reading, word.meaning, None, word.sentence)
    known = word_of(entry)
    reading = word.reading or _reading_of(entry, word.word)
    return Word(word.word, reading, word.meaning or known.meaning, entry.id, word.sentence)


def _is_read(entry: Entry, reading: str) -> bool:
    return hiragana(reading) in (hiragana(each.kana) for each in entry.readings)


def _reading_of(entry: Entry, written: str) -> str:
    """How a spelling of an entry is read: kana as they stand."""
    fitting = (
        each.kana for each in entry.readings if not each.writings or written in each.writings
    )
    return written if is_kana(written) else next(fitting, entry.reading)


def _no_reading(row: Row) -> Problem:
    return Problem(
        row.line,
        f"the dictionary does not know {row.word.word}; add its reading in kana",
        f"「{row.word.word}」は辞書にありません。読みをかなで書いてください",
    )


def _told(new: int, known: int, twice: int, problems: list[Problem]) -> Notice:
    english, japanese = f"Saved: {new:,} new", f"保存しました：新しい言葉{new:,}語"
    if known:
        english += f", {known:,} that you had (their texts are up to date now)"
        japanese += f"、前からの言葉{known:,}語（内容を更新）"
    english, japanese = f"{english}.", f"{japanese}。"
    if twice:
        english += f" {twice:,} stood there twice."
        japanese += f"重複{twice:,}語。"
    if problems:
        english += f" Left out: {len(problems):,}."
        japanese += f"読み込めなかったもの：{len(problems):,}件。"
    ordered = sorted(problems, key=lambda each: each.line)
    shown = [spans(_problem(each)) for each in ordered[:MOST_PROBLEMS]]
    if len(ordered) > MOST_PROBLEMS:
        shown.append(spans(f"… +{len(ordered) - MOST_PROBLEMS:,}"))
    return Notice(english, japanese, lines(shown))


def _problem(problem: Problem) -> Span:
    if not problem.line:
        return either(problem.english, problem.japanese)
    return either(
        f"line {problem.line}: {problem.english}", f"{problem.line}行目：{problem.japanese}"
    )
