"""The levels of the JLPT: which a word has, and how those of a text are spread.

The lists are unofficial: since 2010 none is published. A word on no list is unlisted, which
does not say that it is hard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.study.lexicon.dictionary import Dictionary
    from bot.study.lexicon.entries import Entry
    from bot.study.lexicon.expressions import Expression


_NUMERALS = tuple("0123456789０１２３４５６７８９〇一二三四五六七八九十百千万億兆")


class Level(IntEnum):
    """A level of the JLPT; the easier is the smaller."""

    N5 = 1
    N4 = 2
    N3 = 3
    N2 = 4
    N1 = 5


@dataclass(frozen=True, slots=True)
class Word:
    """A different word of a text: as it stands there first, and how often it does.

    `entry` is None where the dictionary has none. `start`, `end`: its first place.
    """

    surface: str
    start: int
    end: int
    count: int
    entry: Entry | None

    @property
    def level(self) -> Level | None:
        """None: unlisted."""
        return self.entry.level if self.entry else None


@dataclass(frozen=True, slots=True)
class Profile:
    """The content words of a text, each different one once, in their order.

    Particles, auxiliaries, numbers and names are none.
    """

    words: tuple[Word, ...]

    @property
    def total(self) -> int:
        """How many words, repeated ones counted again."""
        return sum(word.count for word in self.words)

    def shares(self) -> Mapping[Level | None, float]:
        """The share of each level (0 to 1) in the words as they are repeated; None: unlisted."""
        total = self.total or 1
        levels: tuple[Level | None, ...] = (*Level, None)
        return {
            level: sum(word.count for word in self.words if word.level == level) / total
            for level in levels
        }

    def share_known(self, level: Level) -> float:
        """The share (0 to 1) of words of this level and easier; 1 for a text without words.

        Unlisted words are not counted as known.
        """
        if not self.words:
            return 1.0
        known = sum(word.count for word in self.words if word.level and word.level <= level)
        return known / self.total


def profile(text: str, dictionary: Dictionary) -> Profile:
    """The words of a text with their levels. Some 20 ms for 1,000 characters."""
    found: dict[int | str, Word] = {}
    for item in _words(text, dictionary):
        key = item.candidates[0].rank if item.candidates else item.token.base
        if key in found:
            found[key] = replace(found[key], count=found[key].count + 1)
        else:
            entry = dictionary.stored.entry(item.candidates[0].rank) if item.candidates else None
            found[key] = Word(text[item.start : item.end], item.start, item.end, 1, entry)
    return Profile(tuple(found.values()))


def placed(text: str, dictionary: Dictionary) -> tuple[tuple[int, int, Level | None], ...]:
    """Where each content word of a text stands (start, end), with its level, in their order."""
    return tuple((item.start, item.end, item.level) for item in _words(text, dictionary))


def above(text: str, level: Level, dictionary: Dictionary) -> tuple[Word, ...]:
    """The different words of a text that are listed above a level, in their order."""
    words = profile(text, dictionary).words
    return tuple(word for word in words if word.level and word.level > level)


def _words(text: str, dictionary: Dictionary) -> Iterator[Expression]:
    """Content words, but no お, names, prefixes and numbers that are no words of a list, and
    nothing Latin. What can be done is known by whom the verb is: 読める is of the level of 読む."""
    from bot.study.analysis import tokens
    from bot.study.kana import has_japanese
    from bot.study.lexicon.expressions import expressions
    from bot.study.lexicon.folding import folded

    for item in expressions(text, tokens(text), dictionary.stored, listed=True):
        token = item.token
        can = token.pos[0] == "動詞" and token.base[:1] == token.lemma[:1] != token.base
        if can and item.level is None:
            verbs = [c for c in dictionary.stored.find(folded(token.lemma)) if c.level]
            item = replace(item, candidates=(*verbs[:1], *item.candidates))
        if token.pos[0] == "接頭辞" and token.lemma == "御":
            continue
        minor = token.pos[1] == "固有名詞" or token.pos[0] == "接頭辞"
        counted = text[: item.start].endswith(_NUMERALS) and token.pos[2] == "助数詞可能"
        japanese = has_japanese(text[item.start : item.end])
        if japanese and not (minor and item.level is None) and not counted:
            yield item
