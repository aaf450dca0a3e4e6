"""A form taken apart: 食べ・させ・られ・た is causative, passive, past."""

from __future__ import annotations

from dataclasses import dataclass

from bot.study.word_class import WordClass


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an inflected word, and what it is called. An explanation may be empty.

    `known` is False for what no table names; its name then says so.
    """

    text: str
    name_english: str
    name_japanese: str
    explanation_english: str = ""
    explanation_japanese: str = ""
    known: bool = True


@dataclass(frozen=True, slots=True)
class Chain:
    """An inflected word at `text[start:end]`; its parts' texts join to `surface`.

    `plain` is the form that dictionaries list (食べる), `kana` its reading in hiragana, or empty.
    The first part is the word's own stem.
    """

    surface: str
    start: int
    end: int
    plain: str
    kana: str
    word_class: WordClass
    parts: tuple[Part, ...]


def chain(text: str) -> tuple[Chain, ...]:
    """The inflected words of a form or a sentence, in order; none where there is none.

    Verbs and adjectives in any form, nouns with する and with the copula.
    """
    raise NotImplementedError
