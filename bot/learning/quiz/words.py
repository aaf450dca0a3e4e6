"""Whether what was typed is an English word of its own, by the dictionary's meanings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.learning.english import IsOther, singular
from bot.study.study import Study

_LOOKED_AT = 20  # entries that mention such a word, by its stem
_WORD = re.compile(r"[a-z]+")
_SUFFIXES = ("ed", "ing")


def other_words(study: Study) -> IsOther:
    """Tells whether a slip makes another word: `house` is one beside `horse`, `hores` is none.

    Reads the dictionary. Raises BotError where there is none.
    """
    stored = study.dictionary.stored

    def is_other(given: str, wanted: str) -> bool:
        if stored.meaning(given):
            return True
        near = set(_bases(wanted))
        return any(base not in near and is_word(base) for base in _bases(given))

    def is_word(word: str) -> bool:
        """Whether a meaning has it, to the letter: the index knows stems only."""
        for rank in stored.mentioning([word], _LOOKED_AT):
            for sense in stored.entry(rank).senses:
                for gloss in sense.glosses:
                    if word in map(singular, _WORD.findall(gloss.casefold())):
                        return True
        return False

    return is_other


def _bases(word: str) -> Iterator[str]:
    """A word as glosses may have it: without plural, -ed and -ing."""
    yield singular(word)
    for suffix in _SUFFIXES:
        stem = word.removesuffix(suffix)
        if stem != word and len(stem) > 2:
            yield from (stem, stem + "e")
            if stem[-1] == stem[-2]:
                yield stem[:-1]
