"""How far a reply is above a level of the JLPT, and what is said of that below it.

Implements `bot.ports.Leveller`. Unlisted words count as nothing: they are not known to be hard.
"""

from __future__ import annotations

import math

from bot.study.levels import Level, Word, above, profile
from bot.study.study import Study

MOST_GLOSSES = 5


class StudyLeveller:
    """By the dictionary's levels."""

    def __init__(self, study: Study) -> None:
        self._study = study

    def judge(self, level: str, text: str) -> float:
        """How many different words are above the level; of as many, the longer text is better.

        A text without Japanese words says nothing at any level, and is worse than all others.
        """
        words = profile(text, self._study.dictionary).words
        if not words:
            return math.inf
        held = Level[level.upper()]
        hard = sum(word.level is not None and word.level > held for word in words)
        return hard + hard / (1 + len(text))

    def footnote(self, level: str, text: str) -> str:
        """The share of words up to the level, and what those above it mean."""
        held, dictionary = Level[level.upper()], self._study.dictionary
        words = profile(text, dictionary)
        if not words.words:
            return ""
        hard = above(text, held, dictionary)
        share = f"{held.name}: {words.share_known(held):.0%}"
        unlisted = sum(word.level is None for word in words.words)
        if unlisted:
            share += f"（リスト外 / unlisted {unlisted}）"
        return "\n".join([share, *map(_gloss, hard[:MOST_GLOSSES])])


def _gloss(word: Word) -> str:
    entry = word.entry
    assert entry is not None and entry.level is not None
    read = f"【{entry.reading}】" if entry.reading != entry.headword else ""
    return f"{entry.headword}{read}{entry.level.name} {'; '.join(entry.senses[0].glosses[:2])}"
