"""Wrong answers beside the right one: alike enough to think about, and none of them right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

from bot.learning.answers import reading as read_as
from bot.learning.quiz.question import Kind, Question
from bot.study.kana import has_kanji
from bot.study.lexicon.dictionary import Dictionary
from bot.study.lexicon.entries import Entry
from bot.study.lexicon.folding import folded
from bot.study.lexicon.glosses import bare, content

MOST_CHOICES = 4
_LOOKED_AT = 400  # entries of a level, until enough are alike
LONGEST_SHOWN = 60  # characters of a meaning that is a choice
_BEST = 12  # from which the wrong ones are drawn


def choices(
    question: Question, entry: Entry, dictionary: Dictionary, random: Random
) -> Question | None:
    """The question with four answers to choose from; None where there are not enough words."""
    show = _SHOWN[question.kind]
    right = show(entry)
    if question.kind is Kind.CLOZE:
        right = entry.headword
    near: list[tuple[float, str]] = []
    seen = {folded(right)}
    for other in _others(entry, dictionary, random):
        shown = show(other)
        if not shown or folded(shown) in seen or not _is_wrong(question, entry, other, shown):
            continue
        seen.add(folded(shown))
        near.append((_distance(entry, other, right, shown), shown))
    near.sort(key=lambda pair: pair[0])
    wrong = [shown for _, shown in near[:_BEST]]
    if len(wrong) < MOST_CHOICES - 1:
        return None
    drawn = [*random.sample(wrong, MOST_CHOICES - 1), right]
    random.shuffle(drawn)
    return replace(question, choices=tuple(drawn), right=drawn.index(right))


def meaning_of(entry: Entry) -> str:
    """What a word means, in a line."""
    line = ""
    for gloss in entry.senses[0].glosses[:3]:
        longer = f"{line}; {gloss}" if line else gloss
        if line and len(longer) > LONGEST_SHOWN:
            break
        line = longer
    return line if len(line) <= LONGEST_SHOWN else f"{line[: LONGEST_SHOWN - 1]}…"


def _others(entry: Entry, dictionary: Dictionary, random: Random) -> Iterator[Entry]:
    """Entries of the same level, or of any where it has none."""
    stored = dictionary.stored
    ranks = list(stored.listed(entry.level))
    for rank in random.sample(ranks, min(_LOOKED_AT, len(ranks))):
        other = stored.entry(rank)
        if other.id != entry.id:
            yield other


def _is_wrong(question: Question, entry: Entry, other: Entry, shown: str) -> bool:
    """Whether another word's answer cannot be right: no homonym, no synonym, no other reading."""
    if {*map(folded, entry.spellings)} & {*map(folded, other.spellings)}:
        return False
    if question.kind is Kind.READING:
        return read_as(shown, question.readings) is None
    mine = [gloss for sense in entry.senses for gloss in sense.glosses]
    theirs = [gloss for sense in other.senses for gloss in sense.glosses]
    if question.kind is Kind.CLOZE and (
        shown in question.asked or content([question.hint]) & content(theirs)
    ):  # it stands there already, or the translation may mean it
        return False
    mine += question.glosses
    if {*map(bare, mine)} & {*map(bare, theirs)}:
        return False
    return not content(mine[:12]) & content(theirs[:6])


def _distance(entry: Entry, other: Entry, right: str, shown: str) -> float:
    """How unlike another word is: in its part of speech, its length, its characters."""
    mine = {tag.code[:2] for tag in entry.senses[0].parts}
    theirs = {tag.code[:2] for tag in other.senses[0].parts}
    distance = 0.0 if mine & theirs else 4.0
    distance += min(abs(len(right) - len(shown)), 6) / 2
    distance -= 1.5 * bool(set(right) & set(shown) and has_kanji(right))
    distance -= 0.5 * (right[-1:] == shown[-1:])
    return distance


def _reading(entry: Entry) -> str:
    return entry.reading


def _word(entry: Entry) -> str:
    return entry.headword


def _kanji(entry: Entry) -> str:
    return entry.headword if has_kanji(entry.headword) else ""


_SHOWN: dict[Kind, Callable[[Entry], str]] = {
    Kind.READING: _reading,
    Kind.MEANING: meaning_of,
    Kind.CLOZE: _word,
    Kind.KANJI: _kanji,
}
