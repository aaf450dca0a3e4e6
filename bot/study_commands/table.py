"""The commands about Japanese, for the table of all."""

from __future__ import annotations

from bot.command import Argument, Command
from bot.study_commands import given
from bot.study_commands.late import by, complete
from bot.study_commands.learning_table import LEARNING_COMMANDS

_TEXT = Argument("text", "文", "Japanese text", "日本語の文", required=True)

STUDY_COMMANDS = (
    Command(
        "furigana",
        "ふりがな",
        "how a text is read",
        "文の読みかた",
        by("readings", "furigana_of"),
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
        by("readings", "reading"),
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
        by("words", "jisho"),
        (Argument("word", "言葉", "a word in any form", "言葉（どの形でも）", (), True, complete),),
        everywhere=True,
        unmistakable=True,
    ),
    Command(
        "kanji",
        "漢字",
        "meaning, readings and strokes of kanji",
        "漢字の意味・読み・筆順",
        by("words", "kanji"),
        (Argument("kanji", "漢字", "one to four kanji", "漢字（4字まで）", required=True),),
        everywhere=True,
    ),
    Command(
        "analyze",
        "語彙",
        "the levels of a text's words",
        "文の言葉のレベル",
        by("words", "analyze"),
        (_TEXT,),
        everywhere=True,
    ),
    Command(
        "level",
        "レベル",
        "show or set the JLPT level of replies here",
        "返答のJLPTレベルを表示・変更",
        by("level", "level"),
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
        by("forms", "conjugate"),
        (Argument("word", "言葉", "a verb or adjective", "動詞や形容詞", required=True),),
        everywhere=True,
    ),
    Command(
        "pitch",
        "アクセント",
        "where the voice falls",
        "言葉のアクセント",
        by("readings", "pitch_of"),
        (Argument("word", "言葉", "words or a sentence", "言葉や文", required=True),),
        everywhere=True,
    ),
    Command(
        "correct",
        "添削",
        "a suggestion how to write it better",
        "文の直しかたの提案",
        by("correction", "correct"),
        (
            Argument("preset", "直しかた", "what it is to be", "どう直すか", given.PRESETS),
            _TEXT,
        ),
        private=True,
        everywhere=True,
    ),
    *LEARNING_COMMANDS,
    Command(
        "about",
        "について",
        "what I am, and whose data I use",
        "このボットと使っているデータについて",
        by("sources", "about"),
        private=True,
        everywhere=True,
    ),
)
