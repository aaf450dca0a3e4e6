"""What is given to a command about Japanese: is it there, is it Japanese, is it not too long?"""

from __future__ import annotations

from bot import level
from bot.errors import BotError
from bot.learning.group import group_of as group
from bot.study.kana import has_japanese, has_kanji, seen

__all__ = ["group"]  # whose readings, words and quizzes they are

FORMS = ("inline", "hidden", "kana", "romaji", "picture")  # of /furigana
PRESETS = ("correct", "polite", "casual")  # of /correct: bot.study.correction.rewriting.Preset
MINE = "me"  # the caller's own level
LEVELS = (*level.LEVELS, "off", MINE)  # of /level
DECKS = ("mine", "group", *level.LEVELS)  # of /anki
FILES = ("apkg", "csv", "tsv")
REVIEWS = ("due", "undo", "new", "hard", "zone")  # of /review
# Of /quiz: bot.learning.quiz.wanted, and what else can be done with one.
QUIZZES = (*level.LEVELS, "saved", "talk", "mistakes", "stop", "scores", "again")
QUIZ_KINDS = ("reading", "meaning", "cloze", "kanji", "mixed")
LONGEST = 4_000  # characters of a text; no platform's message is longer for people
LONGEST_SENTENCE = 500  # where what is asked for is long, or takes long


def text(argument: str, usage: str, longest: int = LONGEST) -> str:
    """A text. Raises BotError where there is none, or too much of it."""
    if not argument.strip():
        raise BotError(f"Write a text after it: {usage}", f"うしろに文を書いてください：{usage}")
    if len(argument) > longest:
        raise BotError(
            f"That is {len(argument):,} characters; I take {longest:,} at a time.",
            f"{len(argument):,}文字あります。一度に扱えるのは{longest:,}文字までです。",
        )
    # Half of a pair of UTF-16, which JSON may carry, can be neither looked up nor shown.
    return argument.encode("utf-8", "replace").decode().strip()


def japanese(argument: str, usage: str, longest: int = LONGEST) -> str:
    """A text with Japanese in it. Raises BotError as `text` does, and where there is none."""
    given = text(argument, usage, longest)
    if not has_japanese(given):
        raise BotError(
            f"I see no Japanese in that. Like this: {usage}",
            f"日本語が見つかりません。例：{usage}",
        )
    return given


def kanji(argument: str, usage: str) -> str:
    """A text with kanji in it. Raises BotError as `text` does, and where there is none."""
    given = seen(text(argument, usage))
    if not has_kanji(given):
        raise BotError(
            f"I see no kanji in that. Like this: {usage}", f"漢字が見つかりません。例：{usage}"
        )
    return given


def option(argument: str, choices: tuple[str, ...], default: str) -> tuple[str, str]:
    """The choice with which an argument begins, or the default, and the rest."""
    first, *rest = argument.split(maxsplit=1) or [""]  # by the Japanese space and a line's end too
    if first.lower() in choices:
        return first.lower(), "".join(rest).strip()
    return default, argument.strip()
