"""The commands about Japanese, for the table of all.

What they do is imported when one is given: nobody waits for that who does not study.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from importlib import import_module

from bot.chat import Chat
from bot.command import Answer, Argument, Command, Run
from bot.learning.day.plan import KINDS
from bot.learning.profile import BY_NAME
from bot.level import LEVELS
from bot.ports import Caller
from bot.study_commands import given


def _by(module: str, function: str) -> Run:
    """What a function of a module here does; the module is imported when it is asked for."""

    async def run(chat: Chat, caller: Caller, argument: str) -> Answer:
        found = await asyncio.to_thread(import_module, f"bot.study_commands.{module}")
        async with aclosing(getattr(found, function)(chat, caller, argument)) as answer:
            async for notice in answer:
                yield notice

    return run


def _complete(chat: Chat, prefix: str) -> tuple[str, ...]:
    return chat.study.dictionary.complete(prefix) if prefix.strip() else ()


_TEXT = Argument("text", "文", "Japanese text", "日本語の文", required=True)

STUDY_COMMANDS = (
    Command(
        "furigana",
        "ふりがな",
        "how a text is read",
        "文の読みかた",
        _by("readings", "furigana_of"),
        (
            Argument("form", "形", "how to show readings", "読みの見せかた", given.FORMS),
            _TEXT,
        ),
        everywhere=True,
        unmistakable=True,
    ),
    Command(
        "reading",
        "読み",
        "correct how a word is read here",
        "言葉の読みを直す",
        _by("readings", "reading"),
        (
            Argument("word", "言葉", "a word with kanji", "漢字の言葉"),
            Argument(
                "kana", "かな", "its reading in kana, or default", "正しい読み、または default"
            ),
        ),
    ),
    Command(
        "jisho",
        "辞書",
        "look a word up, in Japanese, romaji or English",
        "言葉を調べる（日本語・ローマ字・英語）",
        _by("words", "jisho"),
        (
            Argument(
                "word", "言葉", "a word in any form", "言葉（どの形でも）", (), True, _complete
            ),
        ),
        everywhere=True,
        unmistakable=True,
    ),
    Command(
        "save",
        "保存",
        "save a word to review it",
        "復習する言葉を保存",
        _by("saving", "save"),
        (
            Argument(
                "word",
                "言葉",
                "a word, or a sentence to choose from",
                "言葉、または言葉を選ぶ文",
                (),
                True,
                _complete,
            ),
        ),
        private=True,
        everywhere=True,
    ),
    Command(
        "words",
        "単語帳",
        "the words that you saved; group: those of all here",
        "保存した言葉の一覧・検索（group で全員の言葉）",
        _by("saving", "words"),
        (Argument("search", "検索", "what is in them, or group", "検索する文字、または group"),),
        private=True,
        everywhere=True,
    ),
    Command(
        "review",
        "復習",
        "review your saved words, one card at a time",
        "保存した言葉を1枚ずつ復習",
        _by("reviews", "review"),
        (
            Argument(
                "what",
                "内容",
                "what waits, undo, new words a day, hard words, time zone",
                "予定、取り消し、1日の新規数、苦手、地域の時刻",
                given.REVIEWS,
            ),
            Argument("value", "値", "a number, or a zone", "数、または地域"),
        ),
        private=True,
        everywhere=True,
    ),
    Command(
        "progress",
        "進み具合",
        "how far you have come with your words",
        "保存した言葉の進み具合",
        _by("progress", "progress_of"),
        private=True,
        everywhere=True,
    ),
    Command(
        "kanji",
        "漢字",
        "meaning, readings and strokes of kanji",
        "漢字の意味・読み・筆順",
        _by("words", "kanji"),
        (Argument("kanji", "漢字", "one to four kanji", "漢字（4字まで）", required=True),),
        everywhere=True,
    ),
    Command(
        "analyze",
        "語彙",
        "the levels of a text's words",
        "文の言葉のレベル",
        _by("words", "analyze"),
        (_TEXT,),
        everywhere=True,
    ),
    Command(
        "level",
        "レベル",
        "show or set the JLPT level of replies here",
        "返答のJLPTレベルを表示・変更",
        _by("level", "level"),
        (
            Argument(
                "level",
                "レベル",
                "n5 to n1, me for your own, or off",
                "n5〜n1、自分のなら me、または off",
                given.LEVELS,
            ),
        ),
        administrators=True,
    ),
    Command(
        "conjugate",
        "活用",
        "take a form apart; all forms of a word",
        "活用形を分解する・活用表",
        _by("forms", "conjugate"),
        (Argument("word", "言葉", "a verb or adjective", "動詞や形容詞", required=True),),
        everywhere=True,
    ),
    Command(
        "pitch",
        "アクセント",
        "where the voice falls",
        "言葉のアクセント",
        _by("readings", "pitch_of"),
        (Argument("word", "言葉", "words or a sentence", "言葉や文", required=True),),
        everywhere=True,
    ),
    Command(
        "correct",
        "添削",
        "a suggestion how to write it better",
        "文の直しかたの提案",
        _by("correction", "correct"),
        (
            Argument("preset", "直しかた", "what it is to be", "どう直すか", given.PRESETS),
            _TEXT,
        ),
        private=True,
        everywhere=True,
    ),
    Command(
        "daily",
        "毎日",
        "a word, sentence or topic each day, at your time",
        "毎日決まった時刻に言葉・文・話題を届ける",
        _by("daily", "daily"),
        (
            Argument("time", "時刻", "such as 08:30, or off", "08:30 のような時刻、または off"),
            Argument("zone", "タイムゾーン", "such as Asia/Tokyo", "Asia/Tokyo など"),
            Argument("level", "レベル", "n5 to n1", "n5〜n1", LEVELS),
            Argument("kind", "種類", "what it is to be", "届けるもの", KINDS),
        ),
        administrators=True,
    ),
    Command(
        "week", "今週", "what this group did in a week", "この1週間のまとめ", _by("daily", "week")
    ),
    Command(
        "me",
        "自分",
        "what you tell me of yourself: level, language, zone",
        "自分について：レベル・言語・タイムゾーン",
        _by("me", "me"),
        (
            Argument("name", "項目", "which of it", "項目", tuple(BY_NAME)),
            Argument("value", "値", "what it is, or default", "値、または default"),
        ),
        private=True,
        everywhere=True,
    ),
    Command(
        "anki",
        "アンキ",
        "words for Anki: yours, the group's, a level's",
        "Anki用の単語ファイル（自分・グループ・レベル）",
        _by("anki", "anki"),
        (
            Argument("words", "言葉", "whose words", "どの言葉か", given.DECKS),
            Argument("file", "ファイル", "for Anki, or a table", "Anki用か表か", given.FILES),
        ),
        private=True,
        everywhere=True,
    ),
    Command(
        "import",
        "取り込み",
        "save the words of a table",
        "表の言葉を単語帳に保存",
        _by("importing", "import_words"),
        (Argument("table", "表", "word,reading,meaning", "単語,読み,意味"),),
        private=True,
        everywhere=True,
    ),
    Command(
        "quiz",
        "クイズ",
        "questions about words, for all who are here",
        "みんなでできる言葉のクイズ",
        _by("quiz", "quiz"),
        (
            Argument(
                "what",
                "出題",
                "a level, saved, talk, mistakes; stop, scores, again",
                "レベル・saved・talk・mistakes、または stop・scores・again",
                given.QUIZZES,
            ),
            Argument("kind", "種類", "what is asked of the words", "問題の種類", given.QUIZ_KINDS),
            Argument("more", "設定", "how many, 20s, typed", "問題数・20s・typed（入力）"),
        ),
    ),
    Command(
        "about",
        "について",
        "what I am, and whose data I use",
        "このボットと使っているデータについて",
        _by("sources", "about"),
        private=True,
        everywhere=True,
    ),
)
