"""Levels of words: the rows of a list joined to the entries that they mean.

A row has a spelling, a reading or none, and glosses, but no number of an entry. Joined by
spelling alone, 肺 would be N5, since はい (yes) is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.study.building.learners_english import ENGLISH
from bot.study.building.level_corrections import ADDED, WRONG
from bot.study.building.words import RawWord
from bot.study.kana import hiragana, is_kana
from bot.study.levels import Level
from bot.study.lexicon.glosses import content

Row = tuple[str, str, list[str], str]  # word, reading, glosses, level as N5
_ALTERNATIVE = re.compile(r"\s*[/／、]\s*|\s+")
_REMARK = ("（", "(")
_ASIDE = re.compile(r"[（(].*?(?:[)）]|$)")
_MARKS = str.maketrans("", "", "〜～-…()（）")


@dataclass(slots=True)
class Listed:
    """What the lists say of an entry: its level, the easiest where several do, and its glosses."""

    level: Level | None = None
    english: list[str] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)  # of learners_english.py


def levels(words: Iterable[RawWord], rows: Iterable[Row]) -> dict[int, Level]:
    """The level of each entry (by its number) that a row means."""
    return {id: each.level for id, each in listed(words, rows).items() if each.level}


def listed(words: Iterable[RawWord], rows: Iterable[Row]) -> dict[int, Listed]:
    """What rows, and the corrections by hand, say of each entry, by its number."""
    index = _Index(words)
    found: dict[int, Listed] = defaultdict(Listed)

    def give(entries: Iterable[RawWord], level: Level, glosses: Iterable[str] = ()) -> None:
        for entry in entries:
            item = found[entry.id]
            item.level = min(level, item.level or level)
            item.english += glosses

    for word, reading, glosses, name in rows:
        if (word, reading) not in WRONG:
            for spelling in spellings(word):
                # Where a remark stands for the reading, the glosses are another word's.
                meaning = set() if reading.startswith(_REMARK) else content(glosses)
                for said in readings(reading):
                    give(index.meant(spelling, said, meaning), Level[name], glosses)
    for pair, number in ADDED.items():
        spelling, _, said = pair.partition(" ")
        give(index.meant(spelling, said, set()), Level[f"N{number}"])
    for pair, phrases in ENGLISH.items():
        spelling, _, said = pair.partition(" ")
        for entry in index.meant(spelling, said or spelling, set()):
            found[entry.id].by_hand += phrases
    return found


def spellings(cell: str) -> list[str]:
    """`見る 観る`, `川/河`, `コピーする`, `あげる (=やる)` as the words that they stand for."""
    words = [word.translate(_MARKS) for word in _ALTERNATIVE.split(_ASIDE.sub("", cell).strip())]
    return [_without_suru(word) for word in words if word]


def readings(cell: str) -> list[str]:
    """`なん/なに`, `し / よん`; one that is empty where nothing but a remark stands."""
    if cell.startswith(_REMARK):
        return [""]
    found = [hiragana(_without_suru(part.translate(_MARKS))) for part in _ALTERNATIVE.split(cell)]
    return [reading for reading in found if is_kana(reading)] or [""]


def _without_suru(word: str) -> str:
    return word.removesuffix("する") if len(word) > len("する") + 1 else word


class _Index:
    """Entries by their spelling, and by it and the reading."""

    def __init__(self, words: Iterable[RawWord]) -> None:
        self._by_writing: dict[str, list[RawWord]] = defaultdict(list)
        self._by_reading: dict[str, list[RawWord]] = defaultdict(list)
        for word in words:
            for form in word.writings:
                self._by_writing[form.text].append(word)
            for form in word.readings:
                self._by_reading[hiragana(form.text)].append(word)

    def meant(self, spelling: str, reading: str, glosses: set[str]) -> list[RawWord]:
        """The entry, or none. Of several, that whose glosses share most, then the common one."""
        if is_kana(spelling):
            return self._best(self._in_kana(spelling, glosses), spelling, glosses)
        entries = self._by_writing[spelling]
        read = [e for e in entries if any(hiragana(r.text) == reading for r in e.readings)]
        if reading and not read and not entries:
            read = [e for e in self._by_reading[reading] if glosses & _glosses(e)]
        return self._best(read or entries, spelling, glosses)

    def _in_kana(self, spelling: str, glosses: set[str]) -> list[RawWord]:
        """Entries with kanji only where the glosses share a word; those without kanji also where
        there is no other."""
        entries = self._by_reading[hiragana(spelling)]
        meant = [entry for entry in entries if glosses & _glosses(entry)]
        bare = [entry for entry in entries if not entry.writings]
        usual = [entry for entry in entries if "uk" in entry.meanings[0].tags]
        return meant or (bare + usual if not glosses or len(bare) == 1 else bare)

    def _best(self, entries: list[RawWord], spelling: str, glosses: set[str]) -> list[RawWord]:
        def merit(entry: RawWord) -> tuple[int, bool, int, int]:
            usual = "uk" in entry.meanings[0].tags or not entry.writings
            forms = [form.text for form in entry.writings]
            place = forms.index(spelling) if spelling in forms else 0
            first = content(entry.meanings[0].glosses)
            shared = len(glosses & _glosses(entry)) + len(glosses & first)
            common = sum(form.common for form in (*entry.writings, *entry.readings))
            return shared, usual if is_kana(spelling) else place == 0, common, -entry.id

        return [max(entries, key=merit)] if entries else []


def _glosses(entry: RawWord) -> set[str]:
    return content([gloss for meaning in entry.meanings for gloss in meaning.glosses])
