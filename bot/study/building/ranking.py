"""Which words are common, and what a form that several share most likely means.

From JMdict's marks (ichi1, news1, nf01 …), the level lists, and how often a word stands in the
example sentences. Points are this bot's own measure: one is a step that a learner would notice.
"""

from __future__ import annotations

import math

from bot.study.building.sentences import Counts
from bot.study.building.words import Form, RawWord
from bot.study.levels import Level
from bot.study.lexicon.tags import OLD

_MARKS = {"ichi1": 5, "news1": 3, "spec1": 3, "spec2": 2, "gai1": 2, "ichi2": 1, "news2": 1}
_LEVELS = {Level.N5: 10, Level.N4: 8, Level.N3: 6, Level.N2: 4, Level.N1: 3}
_MOST = 60  # points
_RARELY = 4  # of what is written in kanji, this share is a word that is usually in kana


def points(word: RawWord, level: Level | None, seen: Counts) -> float:
    """How common a word is. `seen`: which lemmas stand in sentences."""
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


def _count(word: RawWord, seen: Counts) -> float:
    """How often it stands in sentences, where lemma and plain form are both its own: what is
    written いる, of the lemma 居る, is not おる."""
    total = 0.0
    forms = {form.folded for form in (*word.writings, *word.readings)}
    kana = usually_kana(word)
    for place, form in enumerate(word.writings):
        if form.folded in seen and not form.irregular:
            times = sum(
                n / (_RARELY if kana and base == form.folded else 1)
                for base, n in seen[form.folded].items()
                if base in forms
            )
            total = max(total, times / (1 if place == 0 else 2))
    if in_kana(word):
        for form in word.readings[:2]:
            if form.folded in seen:
                total = max(total, seen[form.folded][form.folded])
    return total


def usually_kana(word: RawWord) -> bool:
    """Whether its first meaning is marked so."""
    return "uk" in word.meanings[0].tags


def in_kana(word: RawWord) -> bool:
    """Whether it is usually, or always, written in kana."""
    return not word.writings or usually_kana(word)


def weights(word: RawWord, total: float) -> dict[str, int]:
    """The weight of each of its folded forms: less is likelier, ten are a point."""
    found: dict[str, int] = {}
    kana_only = in_kana(word)
    for forms in (word.writings, word.readings):
        some_common = any(form.common for form in forms)
        for place, form in enumerate(forms):
            lost = _lost(form, place, some_common)
            if forms is word.readings and not kana_only:
                lost += 2
            elif forms is word.writings and kana_only:
                lost += 3  # 彼 is かれ, and hardly あれ
            key = form.folded
            weight = max(0, round(10 * (_MOST - total + lost)))
            found[key] = min(weight, found.get(key, weight))
    return found


def _lost(form: Form, place: int, some_common: bool) -> float:
    """What a form loses against the first: 事 is こと, and hardly ever こん."""
    if form.irregular:
        return 10
    if some_common and not form.common:
        return 8
    return min(place, 4)
