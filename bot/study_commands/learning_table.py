"""The commands of those who learn together, for the table of all."""

from __future__ import annotations

from bot.command import Argument, Command
from bot.learning.day.plan import KINDS
from bot.learning.profile import BY_NAME
from bot.level import LEVELS
from bot.study_commands import given
from bot.study_commands.late import by, complete

LEARNING_COMMANDS = (
    Command(
        "quiz",
        "クイズ",
        "questions about words, for all who are here",
        "みんなでできる言葉のクイズ",
        by("quiz", "quiz"),
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
        "save",
        "保存",
        "save a word to review it",
        "復習する言葉を保存",
        by("saving", "save"),
        (
            Argument(
                "word",
                "言葉",
                "a word, or a sentence to choose from",
                "言葉、または言葉を選ぶ文",
                (),
                True,
                complete,
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
        by("saving", "words"),
        (Argument("search", "検索", "what is in them, or group", "検索する文字、または group"),),
        private=True,
        everywhere=True,
    ),
    Command(
        "review",
        "復習",
        "review your saved words, one card at a time",
        "保存した言葉を1枚ずつ復習",
        by("reviews", "review"),
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
        by("progress", "progress_of"),
        private=True,
        everywhere=True,
    ),
    Command(
        "anki",
        "アンキ",
        "words for Anki: yours, the group's, a level's",
        "Anki用の単語ファイル（自分・グループ・レベル）",
        by("anki", "anki"),
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
        by("importing", "import_words"),
        (Argument("table", "表", "word,reading,meaning", "単語,読み,意味"),),
        private=True,
        everywhere=True,
    ),
    Command(
        "daily",
        "毎日",
        "a word, sentence or topic each day, at your time",
        "毎日決まった時刻に言葉・文・話題を届ける",
        by("daily", "daily"),
        (
            Argument("time", "時刻", "such as 08:30, or off", "08:30 のような時刻、または off"),
            Argument("zone", "タイムゾーン", "such as Asia/Tokyo", "Asia/Tokyo など"),
            Argument("level", "レベル", "n5 to n1", "n5〜n1", LEVELS),
            Argument("kind", "種類", "what it is to be", "届けるもの", KINDS),
        ),
        administrators=True,
    ),
    Command(
        "week", "今週", "what this group did in a week", "この1週間のまとめ", by("daily", "week")
    ),
    Command(
        "me",
        "自分",
        "what you tell me of yourself: level, language, zone",
        "自分について：レベル・言語・タイムゾーン",
        by("me", "me"),
        (
            Argument("name", "項目", "which of it", "項目", tuple(BY_NAME)),
            Argument("value", "値", "what it is, or default", "値、または default"),
        ),
        private=True,
        everywhere=True,
    ),
)
