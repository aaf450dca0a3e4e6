"""The file that Anki imports: decks of notes, the same bytes for the same words.

genanki writes the tables. Its own `write_to_file` would stamp everything with one moment, and all
notes of a package would count as changed, or none: here each note carries the moment of its last
change, the note type that of its design. The learner's schedule is not in it, so that none is
brought. The cards of recall are in a deck beside the other, for who wants to learn them.
"""

from __future__ import annotations

import io
import itertools
import sqlite3
import zipfile
from collections.abc import Sequence
from datetime import datetime

from bot.learning.anki import design
from bot.learning.anki.notes import FIELDS, Note, guids, text_of

ROOT = "Kaiwa"
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name


def package(name: str, notes: Sequence[Note], about: str = "") -> bytes:
    """An .apkg with the decks Kaiwa::NAME and "Kaiwa recall::NAME", in the order of the notes.

    `about`: what is said of the decks, as text. `name` is what Anki knows the decks by.
    """
    import genanki  # type: ignore[import-untyped]  # it takes a while, and ships no types

    model = genanki.Model(
        design.NUMBER,
        design.NAME,
        [{"name": field} for field in FIELDS],
        [{"name": name, "qfmt": front, "afmt": back} for name, front, back in design.TEMPLATES],
        css=design.STYLE,
    )
    recognition, recall = (
        genanki.Deck(number, f"{root}::{name}", text_of(about))
        for root, number in ((ROOT, _number(name)), (f"{ROOT} recall", _number(name) + 1))
    )
    database = sqlite3.connect(":memory:")
    try:
        cursor = database.cursor()
        genanki.Package([]).write_to_db(cursor, 0, itertools.count())
        for deck in (recognition, recall):
            deck.add_model(model)
            deck.write_to_db(cursor, _seconds(design.CHANGED_AT), itertools.count())
        ids = itertools.count(int(_seconds(design.CHANGED_AT)) * 1000)
        for position, (note, guid) in enumerate(zip(notes, guids(notes), strict=True)):
            written = genanki.Note(model, note.fields(), tags=note.tags(), guid=guid, due=position)
            written.write_to_db(cursor, _seconds(note.changed_at), recognition.deck_id, ids)
        cursor.execute("UPDATE cards SET did = ? WHERE ord = ?", (recall.deck_id, design.RECALL))
        database.commit()
        collection = database.serialize()
    finally:
        database.close()
    return _zipped({"collection.anki2": collection, "media": b"{}"})


def _number(name: str) -> int:
    """A deck's number, of which Anki makes little: it knows decks by their names."""
    return design.NUMBER + 2 + 2 * int.from_bytes(name.encode()[-4:].rjust(4, b"\0"))


def _seconds(moment: datetime) -> float:
    return moment.timestamp()


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.create_system = 3  # as on every system but Windows
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()
