"""The commands about Japanese, for the table of all."""

from __future__ import annotations

from bot.chat import Chat
from bot.command import Argument, Command
from bot.study_commands import correction, forms, level, readings, sources, words


def _complete(chat: Chat, prefix: str) -> tuple[str, ...]:
    return chat.study.dictionary.complete(prefix) if prefix.strip() else ()


_TEXT = Argument("text", "文", "Japanese text", "日本語の文", required=True)

STUDY_COMMANDS = (
    Command(
        "furigana",
        "ふりがな",
        "how a text is read",
        "文の読みかた",
        readings.furigana_of,
        (
            Argument("form", "形", "how to show readings", "読みの見せかた", readings.FORMS),
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
        readings.reading,
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
        words.jisho,
        (
            Argument(
                "word", "言葉", "a word in any form", "言葉（どの形でも）", (), True, _complete
            ),
        ),
        everywhere=True,
        unmistakable=True,
    ),
    Command(
        "kanji",
        "漢字",
        "meaning, readings and strokes of kanji",
        "漢字の意味・読み・筆順",
        words.kanji,
        (Argument("kanji", "漢字", "one to four kanji", "漢字（4字まで）", required=True),),
        everywhere=True,
    ),
    Command(
        "analyze",
        "語彙",
        "the levels of a text's words",
        "文の言葉のレベル",
        words.analyze,
        (_TEXT,),
        everywhere=True,
    ),
    Command(
        "level",
        "レベル",
        "show or set the JLPT level of replies here",
        "返答のJLPTレベルを表示・変更",
        level.level,
        (Argument("level", "レベル", "n5 to n1, or off", "n5〜n1、または off", level.CHOICES),),
        administrators=True,
    ),
    Command(
        "conjugate",
        "活用",
        "take a form apart; all forms of a word",
        "活用形を分解する・活用表",
        forms.conjugate,
        (Argument("word", "言葉", "a verb or adjective", "動詞や形容詞", required=True),),
        everywhere=True,
    ),
    Command(
        "pitch",
        "アクセント",
        "where the voice falls",
        "言葉のアクセント",
        readings.pitch_of,
        (Argument("word", "言葉", "words or a sentence", "言葉や文", required=True),),
        everywhere=True,
    ),
    Command(
        "correct",
        "添削",
        "a suggestion how to write it better",
        "文の直しかたの提案",
        correction.correct,
        (
            Argument("preset", "直しかた", "what it is to be", "どう直すか", correction.PRESETS),
            _TEXT,
        ),
        private=True,
        everywhere=True,
    ),
    Command(
        "about",
        "について",
        "what I am, and whose data I use",
        "このボットと使っているデータについて",
        sources.about,
        private=True,
        everywhere=True,
    ),
)
