"""What a quiz is to be: what it asks about, which kinds of questions, how many, how long each."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from typing import Self

from bot.errors import BotError, repeated
from bot.learning.quiz.question import Kind

MOST, LONGEST, SHORTEST = 30, 120, 5  # questions; seconds for each
COUNT, SECONDS, TYPED_SECONDS = 10, 20, 30

LEVELS = ("n5", "n4", "n3", "n2", "n1")
SOURCES = (*LEVELS, "saved", "talk", "mistakes")
_SOURCES = {
    **{source: source for source in SOURCES},
    "単語帳": "saved",
    "会話": "talk",
    "間違い": "mistakes",
    "まちがい": "mistakes",
}
_KINDS: dict[str, tuple[Kind, ...]] = {
    **{kind.value: (kind,) for kind in Kind},
    **{kind.japanese: (kind,) for kind in Kind},
    "mixed": tuple(Kind),
    "全部": tuple(Kind),
}
_TYPED = {"typed": True, "入力": True, "buttons": False, "ボタン": False}
_SECONDS = re.compile(r"(\d{1,4})(?:s|sec|secs|seconds|秒)", re.ASCII)
_COUNT = re.compile(r"(\d{1,4})(?:問|題)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A quiz as it is asked for. `source`: a level, or where its words come from."""

    source: str
    kinds: tuple[Kind, ...] = tuple(Kind)
    count: int = COUNT
    seconds: int = SECONDS
    typed: bool = False

    def stored(self) -> str:
        """It as JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def load(cls, text: str) -> Self:
        """What was stored."""
        given = json.loads(text)
        known = {name: given[name] for name in cls.__slots__ if name in given}
        return cls(**{**known, "kinds": tuple(map(Kind, known["kinds"]))})


def wanted(argument: str, level: str) -> Wanted:
    """What the words of an argument ask for, in any order; `level`: where they name no source.

    Raises BotError for a word that is none.
    """
    found, seconds = Wanted(level), None
    for word in argument.casefold().split():
        if word in _SOURCES:
            found = replace(found, source=_SOURCES[word])
        elif word in _KINDS:
            found = replace(found, kinds=_KINDS[word])
        elif word in _TYPED:
            found = replace(found, typed=_TYPED[word])
        elif match := _SECONDS.fullmatch(word):
            seconds = min(max(int(match[1]), SHORTEST), LONGEST)
        elif match := _COUNT.fullmatch(word):
            found = replace(found, count=min(max(int(match[1]), 1), MOST))
        else:
            raise UnknownWord(word)
    usual = TYPED_SECONDS if found.typed else SECONDS
    return replace(found, seconds=seconds or usual)


class UnknownWord(BotError):
    """A word after /quiz that means nothing there."""

    def __init__(self, word: str) -> None:
        word = repeated(word)
        super().__init__(
            f"I do not know {word!r}. Write /quiz, then what you want of: n5 to n1, saved, talk, "
            "mistakes; reading, meaning, cloze, kanji; typed; a number of questions (10); "
            "seconds for each (20s). Or /quiz stop, scores, again.",
            f"「{word}」がわかりません。/quiz のあとに、n5〜n1・saved（単語帳）・talk（会話）・"
            "mistakes（間違い）、reading（読み）・meaning（意味）・cloze（穴埋め）・kanji（漢字）、"
            "typed（入力）、問題数（10）、1問の秒数（20s）を好きな順に書いてください。"
            "/quiz stop、scores、again もあります。",
        )
