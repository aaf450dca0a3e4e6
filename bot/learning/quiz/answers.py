"""What counts as a question's answer, and what is an answer at all. Knows no quiz and no clock."""

from __future__ import annotations

import re

from bot.learning import answers
from bot.learning.answers import Right
from bot.learning.english import IsOther
from bot.learning.quiz.question import Kind, Question
from bot.study.kana import has_japanese, has_kanji

LONGEST = 40  # characters of a message that may be an answer
MOST_WORDS = 6  # English ones
_PASS = {"pass", "skip", "?", "？", "パス", "ぱす", "わからない", "分からない", "わかりません"}
_LATIN = re.compile(r"[A-Za-zĀ-ſÀ-ÿ'’ ./,;()-]+")
_ENDS = re.compile(r"[?？]\s*$")


def judged(question: Question, text: str, is_other: IsOther) -> Right | None:
    """Whether what was typed is right."""
    if question.kind is Kind.MEANING:
        return answers.meaning(text, question.glosses, is_other)
    if question.kind is Kind.READING:
        return answers.reading(text, question.readings)
    found = answers.writing(text, question.writings)
    if found is None and question.kind is Kind.CLOZE:
        found = answers.reading(text, question.readings)
    return found


def written(question: Question, text: str) -> str:
    """How an answer that counted is written, where it had a slip in it; otherwise empty."""
    if not question.typed or question.kind is not Kind.MEANING:
        return ""
    found = answers.meaning(text, question.glosses, lambda given, wanted: False)
    return found.written if found else ""


def gives_up(text: str) -> bool:
    """Whether somebody wants no more of a question."""
    return text.strip().casefold().strip("。.!！") in _PASS


def chosen(question: Question, text: str) -> int | None:
    """The place of the choice that somebody typed: its number, or itself."""
    given = text.strip()
    if given.isdecimal() and len(given) == 1:
        place = int(given) - 1
        return place if 0 <= place < len(question.choices) else None
    same = [place for place, choice in enumerate(question.choices) if choice == given]
    return same[0] if same else None


def is_attempt(question: Question, text: str, *, addressed: bool, private: bool) -> bool:
    """Whether a message is an answer to a question, or the talk beside it.

    It is one line, short, no command, and in the script that is asked for: what is asked for in
    kana is one word in kana or Latin letters. What is said to the bot by a mention and is a
    question is one to the bot. Where one person alone plays, all short lines are answers but
    questions.
    """
    given = text.strip()
    if not given or "\n" in given or len(given) > LONGEST or given.startswith("/"):
        return False
    if private:
        return gives_up(given) or not _ENDS.search(given)
    if addressed and _ENDS.search(given):
        return False
    if question.kind is Kind.MEANING:
        return bool(_LATIN.fullmatch(given)) and len(given.split()) <= MOST_WORDS
    if question.kind is Kind.KANJI:
        longest = max(map(len, question.writings), default=0) + 2
        return has_kanji(given) and len(given) <= longest
    if len(given.split()) > 1:
        return False
    if not has_japanese(given):
        return bool(_LATIN.fullmatch(given))
    return question.kind is Kind.CLOZE or not has_kanji(given)
