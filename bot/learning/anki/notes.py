"""A word as Anki has it: the fields of a note, its tags, and the GUID by which Anki knows it again.

FIELDS are final: Anki updates no note whose note type has other fields than the learner's, and
makes a second note type for what is new. What comes later goes into a spare field.

A GUID is the word's, never its text's: the dictionary's number of it, or for a word of one's own
its writing and reading. So a word of one's own list, the group's and a level's is one note, learnt
once, in the deck that brought it first.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.study.reading.okurigana import Ruby, aligned

SPARE = ("Spare1", "Spare2", "Spare3", "Spare4")
FIELDS = (
    "Word",
    "Reading",  # in kana
    "Furigana",  # the word with its readings, for Anki's filters: 食[た]べる
    "Meaning",
    "Sentence",
    "SentenceFurigana",
    "SentenceMeaning",
    "Level",  # of the JLPT: N5 to N1
    "Pitch",  # た↘べる
    "Source",  # whose words these are
    *SPARE,
)
TAG = "kaiwa"
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Note:
    """A word for Anki. `entry`: its number in JMdict; `level`, `pitch`, `source` may be empty.

    `sentence`: in pieces, each with what it is read as. `changed_at`: when one of its texts last
    changed; only a later one than Anki's own makes Anki take it for a change.
    """

    word: str
    reading: str
    meaning: str
    changed_at: datetime
    entry: int | None = None
    sentence: tuple[Ruby, ...] = ()
    translation: str = ""
    level: str = ""
    pitch: str = ""
    source: str = ""

    def fields(self) -> list[str]:
        """What stands in each of FIELDS, as HTML."""
        return [
            text_of(self.word),
            text_of(self.reading),
            furigana(aligned(self.word, self.reading)),
            text_of(self.meaning),
            text_of("".join(piece.text for piece in self.sentence)),
            furigana(self.sentence),
            text_of(self.translation),
            text_of(self.level),
            text_of(self.pitch),
            text_of(self.source),
            *("" for _ in SPARE),
        ]

    def tags(self) -> list[str]:
        """By the word alone: the same in whichever deck it comes."""
        return [TAG, f"JLPT::{self.level}"] if self.level else [TAG]


def guids(notes: Iterable[Note]) -> list[str]:
    """The GUID of each note. Of several writings of one entry the first has the entry's own."""
    taken: set[str] = set()
    found: list[str] = []
    for note in notes:
        guid = _of_its_own(note) if note.entry is None else f"{TAG}-{note.entry}"
        if guid in taken:
            guid = f"{guid}-{_of_its_own(note).removeprefix(f'{TAG}-')}"
        taken.add(guid)
        found.append(guid)
    return found


def _of_its_own(note: Note) -> str:
    written = f"{note.word}\0{note.reading}".encode("utf-8", "replace")
    return f"{TAG}-w{hashlib.sha256(written).hexdigest()[:20]}"


def text_of(text: str) -> str:
    """A text as HTML that reads the same.

    A bracket is written as an entity: Anki would take [sound:x] and [latex] for its own, and
    brackets behind a word for its reading.
    """
    clean = _CONTROLS.sub("", text.replace("\t", " ")).encode("utf-8", "replace").decode()
    return html.escape(clean, quote=False).replace("[", "&#91;").replace("\n", "<br>")


def furigana(pieces: Sequence[Ruby]) -> str:
    """A text with its readings as Anki's filters furigana, kana and kanji want it.

    They take as a reading's base all that stands before the bracket up to an ASCII space or ">",
    and swallow that space: each base gets one of its own, and has none inside.
    """
    out = ""
    for piece in pieces:
        text = text_of(piece.text)
        if piece.reading:
            base = text.replace(" ", "&#32;").replace("<br>", "")
            text = f" {base}[{text_of(piece.reading)}]"
        out += text
    return out.removeprefix(" ") if pieces and pieces[0].reading else out
