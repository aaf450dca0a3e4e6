"""The English by which a word is found, and how likely the word is what that English means.

JMdict's glosses, of which the first says what a word is and the later ones what it may be too;
what the lists for learners say; and both without what English only needs around a word (to live
in: live). Weights are as those of forms: less is likelier, ten are a step in commonness.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.study.building.levels import Listed
from bot.study.building.words import RawWord
from bot.study.levels import Level
from bot.study.lexicon.evidence import kinds_of_codes
from bot.study.lexicon.glosses import bare
from bot.study.lexicon.tags import OLD

_LONGEST = 50  # characters; nobody types a longer one
_SENSE_LOST = (0, 90, 130, 160, 180, 200)  # of weight, by the place of the sense
_GLOSS_LOST = (0, 40, 65, 85, 95)
_LISTED = {Level.N5: -80, Level.N4: -40}  # what is gained by being what a list for learners says
_BY_HAND = -140
_LOOSE_LOST = 60
_MANNER_LOST = 60  # for a way of speaking that who asks for the English hardly means
_MANNERS = OLD | {"hon", "hum", "sl", "vulg", "derog", "chn", "fem", "male", "rare", "poet"}
_GET = re.compile(r"^(?:get|become|grow) (?!(?:up|on|off|in|out|down|away|back|over|by|to)$)(\w+)$")
_IN = re.compile(r"^(\w+) (?:in|at|to|with|something|someone)$")


def meanings(word: RawWord, points: float, listed: Listed) -> Iterator[tuple[str, int, int]]:
    """Phrases as they are looked up, each with its weight and the kinds of word that it is."""
    found: dict[str, tuple[float, int]] = {}
    least = 600 - 10 * points

    def give(gloss: str, lost: float, kinds: int) -> None:
        phrase = bare(gloss)
        for each, more in ((phrase, 0), *((loose, _LOOSE_LOST) for loose in _loose(phrase))):
            if 0 < len(each) <= _LONGEST:
                weight = least + lost + more
                found[each] = min((weight, kinds), found.get(each, (weight, kinds)))

    every = kinds_of_codes(tuple(code for meaning in word.meanings for code in meaning.parts))
    gained = _LISTED.get(listed.level or Level.N1, 0)
    for place, gloss in enumerate(dict.fromkeys(listed.english)):
        give(gloss, gained + _at(_GLOSS_LOST, place), every)
    for gloss in listed.by_hand:
        give(gloss, _BY_HAND, every)
    for place, meaning in enumerate(word.meanings):
        kinds = kinds_of_codes(tuple(meaning.parts))
        lost = _at(_SENSE_LOST, place)
        lost += 0 if _MANNERS.isdisjoint(meaning.tags) else _MANNER_LOST
        for at, gloss in enumerate(meaning.glosses):
            give(gloss, lost + _at(_GLOSS_LOST, at), kinds)
    for phrase, (weight, kinds) in found.items():
        yield phrase, max(0, round(weight)), kinds


def _at(lost: Sequence[int], place: int) -> int:
    return lost[min(place, len(lost) - 1)]


def _loose(phrase: str) -> Iterator[str]:
    """`get tired` as `tired`, `live in` as `live`."""
    for pattern in (_GET, _IN):
        if match := pattern.match(phrase):
            yield match[1]
