"""Questions made of the dictionary's entries. Reads the dictionary, and so takes its time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random

from bot.learning.quiz.cloze import cloze
from bot.learning.quiz.distractors import choices, meaning_of
from bot.learning.quiz.question import Kind, Question
from bot.study.kana import has_japanese, has_kanji, hiragana
from bot.study.levels import Level
from bot.study.lexicon.dictionary import Dictionary
from bot.study.lexicon.entries import Entry
from bot.study.lexicon.folding import folded
from bot.study.lexicon.glosses import bare

_NO_WORDS = {"prt", "suf", "pref", "ctr", "aux", "aux-v", "cop", "aux-adj", "n-suf", "n-pref"}


def of_level(
    level: Level,
    kinds: Sequence[Kind],
    count: int,
    dictionary: Dictionary,
    random: Random,
    *,
    typed: bool,
) -> list[Question]:
    """Questions about words of a level."""
    ranks = list(dictionary.stored.listed(level))
    random.shuffle(ranks)
    entries = (dictionary.stored.entry(rank) for rank in ranks)
    return of_entries(entries, kinds, count, dictionary, random, typed=typed)


def of_ids(
    ids: Iterable[int],
    kinds: Sequence[Kind],
    count: int,
    dictionary: Dictionary,
    random: Random,
    *,
    typed: bool,
) -> list[Question]:
    """Questions about entries of these numbers, in any order."""
    known = [entry for id in dict.fromkeys(ids) if (entry := dictionary.entry(id)) is not None]
    random.shuffle(known)
    return of_entries(known, kinds, count, dictionary, random, typed=typed)


def of_entries(
    entries: Iterable[Entry],
    kinds: Sequence[Kind],
    count: int,
    dictionary: Dictionary,
    random: Random,
    *,
    typed: bool,
) -> list[Question]:
    """Questions about the first entries of which there can be one; kinds take turns."""
    found: list[Question] = []
    for entry in entries:
        if len(found) == count:
            break
        turn = len(found) % len(kinds)
        for kind in (*kinds[turn:], *kinds[:turn]):
            question = of_entry(entry, kind, dictionary, random, typed=typed)
            if question is not None:
                found.append(question)
                break
    return found


def of_entry(
    entry: Entry, kind: Kind, dictionary: Dictionary, random: Random, *, typed: bool
) -> Question | None:
    """A question about an entry; None where this kind cannot be asked of it."""
    if not _is_word(entry):
        return None
    question = _MAKERS[kind](entry, dictionary)
    if question is None:
        return None
    return _typed(question, dictionary) if typed else choices(question, entry, dictionary, random)


def _typed(question: Question, dictionary: Dictionary) -> Question | None:
    """The question with one right answer where there are no choices: of words that could stand
    in a sentence its first kana names one; of words that are said alike and mean the same none
    is asked."""
    if question.kind is Kind.CLOZE:
        said = hiragana(question.readings[-1])[0]  # in this sentence
        first = next(each[0] for each in question.readings if hiragana(each)[0] == said)
        return replace(question, hint=f"{question.hint}（{first}…）")
    if question.kind is Kind.KANJI and _has_twin(question, dictionary):
        return None
    return question


def _has_twin(question: Question, dictionary: Dictionary) -> bool:
    """Whether another word of the levels is said so and means first of all that: 暑い beside
    熱い."""
    first = bare(question.hint.split("; ")[0])
    for found in dictionary.stored.find(folded(question.reading)):
        other = dictionary.stored.entry(found.rank)
        if other.id == question.entry or other.level is None:
            continue
        said = any(question.reading == each.kana for each in other.readings)
        new = any(writing.text not in question.writings for writing in other.writings)
        if said and new and first in map(bare, meaning_of(other).split("; ")):
            return True
    return False


def _is_word(entry: Entry) -> bool:
    named = has_japanese(entry.headword)
    return named and any(
        tag.code not in _NO_WORDS for sense in entry.senses[:1] for tag in sense.parts
    )


def _written(entry: Entry) -> str | None:
    """The entry's usual writing, where that has kanji."""
    if not entry.writings or entry.usually_kana or not has_kanji(entry.headword):
        return None
    return entry.headword


def _alike(form: str, dictionary: Dictionary) -> list[Entry]:
    """All entries that are written so: for a reader one is as good as the other."""
    found = dictionary.stored.find(folded(form))
    entries = [dictionary.stored.entry(each.rank) for each in found]
    return [entry for entry in entries if form in entry.spellings]


def _readings(form: str, of: Iterable[Entry]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            reading.kana
            for entry in of
            for reading in entry.readings
            if not reading.writings or form in reading.writings or form == reading.kana
        )
    )


def _glosses(of: Iterable[Entry]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(g for entry in of for sense in entry.senses for g in sense.glosses))


def _writings(entry: Entry) -> tuple[str, ...]:
    return tuple(writing.text for writing in entry.writings)


def _reading(entry: Entry, dictionary: Dictionary) -> Question | None:
    word = _written(entry)
    if word is None:
        return None
    every = _readings(word, _alike(word, dictionary))
    return Question(Kind.READING, entry.id, word, "", word, entry.reading, meaning_of(entry), every)


def _meaning(entry: Entry, dictionary: Dictionary) -> Question | None:
    word = entry.headword
    alike = _alike(word, dictionary)
    if word == entry.reading:  # in kana it may be many words, of which only some are meant
        alike = [each for each in alike if each.id == entry.id or each.common or each.level]
    return Question(
        Kind.MEANING,
        entry.id,
        word,
        "",
        word,
        entry.reading,
        meaning_of(entry),
        glosses=_glosses(alike),
    )


def _kanji(entry: Entry, dictionary: Dictionary) -> Question | None:
    word = _written(entry)
    if word is None:
        return None
    return Question(
        Kind.KANJI,
        entry.id,
        entry.reading,
        meaning_of(entry),
        word,
        entry.reading,
        meaning_of(entry),
        writings=_writings(entry),
    )


def _cloze(entry: Entry, dictionary: Dictionary) -> Question | None:
    found = cloze(entry, dictionary)
    if found is None:
        return None
    return Question(
        Kind.CLOZE,
        entry.id,
        found.sentence,
        found.english,
        entry.headword,
        entry.reading,
        meaning_of(entry),
        readings=(*_readings(entry.headword, [entry]), *found.readings),
        writings=(*_writings(entry), *found.forms),
    )


_MAKERS = {
    Kind.READING: _reading,
    Kind.MEANING: _meaning,
    Kind.KANJI: _kanji,
    Kind.CLOZE: _cloze,
}
