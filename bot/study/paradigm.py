"""All forms of a word as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.study.word_class import WordClass


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is written, and its reading in hiragana (empty where it is not known)."""

    text: str
    kana: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. A cell has no form where the language has none, and several where
    several are said (行きません, 行かないです)."""

    name_english: str
    name_japanese: str
    plain: tuple[Form, ...]
    polite: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Paradigm:
    """The forms of `word`, in the order in which textbooks teach them."""

    word: str
    kana: str
    word_class: WordClass
    rows: tuple[Row, ...]


def paradigms(word: str, tags: Iterable[str] = ()) -> tuple[Paradigm, ...]:
    """The tables of a word given in any form, one for each class it may have (いる: 居る, 要る).

    `tags`: a dictionary's parts of speech for it (`v1`, or JMdict's long words); they go before
    UniDic's opinion. Empty for what does not inflect, and for a sentence.
    """
    raise NotImplementedError


def paradigm(word: str, word_class: WordClass | None = None, kana: str = "") -> Paradigm | None:
    """The table of a word's plain form; of its likeliest class where none is given."""
    raise NotImplementedError
