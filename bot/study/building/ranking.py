"""Which words are common, and what a form that several share most likely means.

From JMdict's marks (ichi1, news1, nf01 …), the level lists, and how often a word stands in the
example sentences. Points are this bot's own measure: one is a step that a learner would notice.
"""

from __future__ import annotations

import math
from collections import Counter

from bot.study.building.words import Form, RawWord
from bot.study.kana import is_kana
from bot.study.levels import Level
from bot.study.tags import IRREGULAR, OLD

_MARKS = {"ichi1": 5, "news1": 3, "spec1": 3, "spec2": 2, "gai1": 2, "ichi2": 1, "news2": 1}
_LEVELS = {Level.N5: 10, Level.N4: 8, Level.N3: 6, Level.N2: 4, Level.N1: 3}
_MOST = 60  # points


def points(word: RawWord, level: Level | None, seen: Counter[str]) -> float:
    """How common a word is. `seen`: how often each folded lemma stands in sentences."""
    marks = {mark for form in (*word.writings, *word.readings) for mark in form.priority}
    newspaper = min((int(mark[2:]) for mark in marks if mark.startswith("nf")), default=49)
    total = _LEVELS[level] if level else 0.0
    total += max((_MARKS.get(mark, 0) for mark in marks), default=0)
    total += (49 - newspaper) / 12
    total += 2 * math.log2(1 + _count(word, seen))
    first = set(word.meanings[0].tags)
    total -= 4 if first & OLD else 0
    total -= 3 if "vulg" in first or "sl" in first else 0
    return total


def _count(word: RawWord, seen: Counter[str]) -> float:
    """How often it stands in sentences; another word's spelling counts little."""
    written = [
        seen[form.folded] / (1 if place == 0 else 4)
        for place, form in enumerate(word.writings)
        if not IRREGULAR.intersection(form.tags)
    ]
    in_kana = not word.writings or usually_kana(word)
    said = [seen[form.folded] for form in word.readings[:2]] if in_kana else []
    return max((*written, *said), default=0)


def usually_kana(word: RawWord) -> bool:
    """Whether its first meaning is marked so."""
    return "uk" in word.meanings[0].tags


def weights(word: RawWord, total: float) -> dict[str, int]:
    """The weight of each of its folded forms: less is likelier, ten are a point."""
    found: dict[str, int] = {}
    kana_only = not word.writings or usually_kana(word)
    for forms in (word.writings, word.readings):
        for place, form in enumerate(forms):
            lost = _lost(form, place)
            if forms is word.readings and not kana_only:
                lost += 2
            key = form.folded
            weight = max(0, round(10 * (_MOST - total + lost)))
            found[key] = min(weight, found.get(key, weight))
    return found


def _lost(form: Form, place: int) -> float:
    if IRREGULAR.intersection(form.tags):
        return 10
    return min(place, 4) * (1.0 if form.common or is_kana(form.text) else 2.0)
