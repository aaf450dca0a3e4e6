"""What a rewrite changed, word by word.

A word here is an inflected word with all that is attached to it (食べました), or one word of
UniDic. Whether a change is right is nobody's to say here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise

from bot.study.analysis import Token, tokens
from bot.study.forms.conjugation import chain
from bot.study.forms.heads import potential, readable
from bot.study.forms.word_class import WordClass
from bot.study.kana import has_japanese

QUICK = 600  # words, or characters, that are compared without a shortcut
_NOUNS = (WordClass.NOUN, WordClass.NA_ADJECTIVE, WordClass.NOUN_SURU)
_KATAKANA = re.compile("[ァ-ヺー]{2,}")
_NOT_ASKED = ("固有名詞", "数詞", "助数詞可能")


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of both texts: kept where they agree, otherwise removed and added.

    All `before` join to the text before, all `after` to the text after. `unknown`: words in
    `after` that the dictionary does not have; see `check`.
    """

    before: str
    after: str
    unknown: tuple[str, ...] = ()

    @property
    def is_kept(self) -> bool:
        """Whether both texts have it."""
        return self.before == self.after


@dataclass(frozen=True, slots=True)
class _Unit:
    """A word of a text, and its kind: only words of one kind are shown as each other."""

    text: str
    kind: str


def differences(before: str, after: str) -> tuple[Change, ...]:
    """The texts beside each other, on the borders of words; none where both are empty."""
    old, new = _units(before), _units(after)
    was, now = [unit.text for unit in old], [unit.text for unit in new]
    matcher = SequenceMatcher(None, was, now, autojunk=max(len(was), len(now)) > QUICK)
    changes: list[Change] = []
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "replace" and _alike(old[i:j], new[k:m]):
            changes += map(Change, was[i:j], now[k:m])
        else:
            changes.append(Change("".join(was[i:j]), "".join(now[k:m])))
    return _together(changes)


def _units(text: str) -> list[_Unit]:
    """The words of a text with the spaces between them; their texts join to it."""
    words = tokens(readable(text))
    kinds = {word.start: word.pos[0] for word in words}
    starts = {0, len(text)} | {place for word in words for place in (word.start, word.end)}
    for found in chain(text):
        inner = found.start
        if found.word_class in _NOUNS:  # the noun is a word, its する or です another
            inner += len(found.parts[0].text)
        starts -= {place for place in starts if inner < place < found.end}
        starts.add(inner)
    borders = sorted(starts)
    return [_Unit(text[a:b], kinds.get(a, "")) for a, b in pairwise(borders)]


def _alike(old: Sequence[_Unit], new: Sequence[_Unit]) -> bool:
    """Whether words stand for each other one by one: に行った and へ行きます."""
    return [unit.kind for unit in old] == [unit.kind for unit in new]


def _together(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Kept stretches as one, changes with nothing but space between them as one, no empty ones."""
    found: list[Change] = []
    for change in changes:
        if not change.before and not change.after:
            continue
        run = [change]
        if found and found[-1].is_kept and change.is_kept:
            run = [found.pop(), change]
        elif _only_space_between(found[-2:], change):
            run = [*found[-2:], change]
            del found[-2:]
        found.append(Change("".join(one.before for one in run), "".join(one.after for one in run)))
    return tuple(found)


def _only_space_between(last: Sequence[Change], change: Change) -> bool:
    if len(last) < 2 or last[0].is_kept or change.is_kept:
        return False
    return last[1].is_kept and last[1].before.isspace()


def is_same(before: str, after: str) -> bool:
    """Whether nothing changed but space, width and the full stop at the end."""
    return _folded(before) == _folded(after)


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).rstrip("。.")


def similarity(before: str, after: str) -> float:
    """How much of the texts agree, by characters or by words (which count for 0.9), whichever is
    more: 1.0 is the same text, 0.0 nothing in common. 行きますか and 行く？ share their word."""
    old, new = _folded(before), _folded(after)
    if old == new:
        return 1.0
    shortcut = max(len(old), len(new)) > QUICK
    by_characters = SequenceMatcher(None, old, new, autojunk=shortcut).ratio()
    mine, theirs = _lemmas(before), _lemmas(after)
    shared = 2 * len(mine & theirs) / (len(mine) + len(theirs)) if mine and theirs else 0.0
    return max(by_characters, 0.9 * shared)


def _lemmas(text: str) -> set[str]:
    return {word.lemma for word in tokens(readable(text)) if word.is_content}


def check(changes: Sequence[Change], known: Callable[[str], bool]) -> tuple[Change, ...]:
    """The changes with their added words that `known` has under no plain form.

    `known`: whether the dictionary has a word. Names, numbers, particles, auxiliaries and signs
    are not asked for; katakana that UniDic cuts into names are, as one word. An invented word
    that can be cut into real ones is taken for those.
    """
    after = "".join(change.after for change in changes)
    words = list(_words(after))
    checked, start = [], 0
    for change in changes:
        end = start + len(change.after)
        inside = [] if change.is_kept else [one for at, one in words if start <= at < end]
        unknown = (one[-1] for one in inside if not any(map(known, one)))
        checked.append(replace(change, unknown=tuple(dict.fromkeys(unknown))))
        start = end
    return tuple(checked)


def _words(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The words of a text that may be asked for: their places, and the forms under which a
    dictionary may have them, the last as it stands in the text."""
    words = tokens(readable(text))
    of_run = {}
    for run in _KATAKANA.finditer(text):
        inside = [word for word in words if run.start() <= word.start < run.end()]
        if len(inside) > 1 and any("固有名詞" in word.pos for word in inside):
            of_run.update(dict.fromkeys((word.start for word in inside), run))
    for word in words:
        cut = of_run.get(word.start)
        if cut is None:
            if _asked(word):
                yield word.start, _forms(word)
        elif cut.start() == word.start:
            yield word.start, (cut.group(),)


def _asked(word: Token) -> bool:
    # UniDic guesses that what it does not have (no kana) is a name.
    of_no_dictionary = any(kind in _NOT_ASKED for kind in word.pos) and word.kana
    return word.is_content and not of_no_dictionary and has_japanese(word.surface)


def _forms(word: Token) -> tuple[str, ...]:
    found = potential(word)
    width = unicodedata.normalize("NFKC", word.surface)
    forms = (word.base, word.lemma, width, *([found[0]] if found else []))
    return (*dict.fromkeys(form for form in forms if form != word.surface), word.surface)
