"""A learner's own Anki, the real one: what it makes of a package, and what they do with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anki.collection import (
    Collection,
    ImportAnkiPackageOptions,
    ImportAnkiPackageRequest,
)
from anki.import_export_pb2 import ImportAnkiPackageUpdateCondition as When

IF_NEWER = When.IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_IF_NEWER
ALWAYS = When.IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_ALWAYS
NEVER = When.IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_NEVER


@dataclass(frozen=True, slots=True)
class Imported:
    """How many notes Anki says it has added, updated, found unchanged, and left since their note
    types differ."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    conflicting: int = 0


class Anki:
    """A collection in a folder of its own. `cards` and `note` find things by the word."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self.collection = Collection(str(folder / "collection.anki2"))

    def close(self) -> None:
        """Close it."""
        self.collection.close()

    def take(
        self,
        package: bytes,
        *,
        notes: When.ValueType = IF_NEWER,
        design: When.ValueType = IF_NEWER,
        merge: bool = False,
        reviews: bool = False,
    ) -> Imported:
        """Import a package: File, Import, with the options of its window, as they stand at first.

        `notes`: Update notes; `design`: Update note types; `merge`: Merge note types; `reviews`:
        Include reviews.
        """
        path = self._folder / "kaiwa.apkg"
        path.write_bytes(package)
        options = ImportAnkiPackageOptions(
            update_notes=notes,
            update_notetypes=design,
            merge_notetypes=merge,
            with_scheduling=reviews,
        )
        log = self.collection.import_anki_package(
            ImportAnkiPackageRequest(package_path=str(path), options=options)
        ).log
        # Its Python goes on showing the note types that it had read before.
        self.collection.close()
        self.collection = Collection(str(self._folder / "collection.anki2"))
        return Imported(len(log.new), len(log.updated), len(log.duplicate), len(log.conflicting))

    def note(self, word: str) -> Any:
        """The only note of a word."""
        (id,) = self.collection.find_notes(f'"Word:{word}"')
        return self.collection.get_note(id)

    def card(self, word: str, kind: int = 0) -> Any:
        """One of its cards."""
        return self.note(word).cards()[kind]

    def deck(self, word: str, kind: int = 0) -> str:
        """The deck in which a card is."""
        return self.collection.decks.name(self.card(word, kind).did)

    def about(self, word: str) -> str:
        """The description of the deck in which a card is."""
        deck = self.collection.decks.get(self.card(word).did)
        assert deck is not None
        return str(deck["desc"])

    def study(self, word: str, days: int) -> None:
        """Give a card a schedule, as after reviews: due after so many days."""
        self.collection.sched.set_due_date([self.card(word).id], f"{days}!")
        card = self.card(word)
        card.reps = 3
        self.collection.update_card(card)

    def schedule(self, word: str, kind: int = 0) -> tuple[int, ...]:
        """What the learner has by studying: type, queue, interval, due, ease, reviews, flag."""
        card = self.card(word, kind)
        return card.type, card.queue, card.ivl, card.due, card.factor, card.reps, card.user_flag()

    def move(self, word: str, deck: str) -> None:
        """Move a card into another deck."""
        there = self.collection.decks.id(deck)
        assert there is not None
        self.collection.set_deck([self.card(word).id], there)

    def tag(self, word: str, tag: str) -> None:
        """Add a tag to a note."""
        note = self.note(word)
        note.add_tag(tag)
        self.collection.update_note(note)

    def restyle(self, style: str) -> None:
        """Change the style of the cards."""
        model = self.collection.models.by_name("Kaiwa")
        assert model is not None
        model["css"] = style
        self.collection.models.update_dict(model)

    @property
    def style(self) -> str:
        """The style of the cards."""
        model = self.collection.models.by_name("Kaiwa")
        assert model is not None
        return str(model["css"])

    def shown(self, word: str, kind: int = 0) -> str:
        """A card's answer, as HTML, without the style."""
        return str(self.card(word, kind).answer()).partition("</style>")[2]

    def rendered(self, template: str, field: str) -> str:
        """What a template of the learner's own makes of a text in `Furigana`."""
        model = self.collection.models.by_name("Kaiwa")
        assert model is not None
        note = self.collection.new_note(model)
        note["Furigana"] = field
        kind: dict[str, str | int | None] = {"name": "own", "qfmt": template, "afmt": template}
        kind["ord"] = 0
        card = note.ephemeral_card(custom_template=kind)
        return str(card.question()).partition("</style>")[2]
