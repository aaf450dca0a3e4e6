"""Shows what a later import into Anki changes, and what stays the learner's: the real Anki imports
a package, somebody studies, words change, and it imports the next one, with each option.

    python -m tests.anki_round_trip
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.learning.anki.notes import Note
from bot.learning.anki.package import package
from tests.anki import ALWAYS, IF_NEWER, NEVER, Anki, Imported

SAVED = datetime(2026, 11, 1, 12, tzinfo=UTC)
CHANGED = datetime(2100, 1, 1, tzinfo=UTC)  # after whatever the learner does now
WORDS = (
    Note("食べる", "たべる", "to eat", SAVED, 1358280, level="N5"),
    Note("読む", "よむ", "to read", SAVED, 1456360, level="N5"),
    Note("推し活", "おしかつ", "cheering for a favourite", SAVED),
)
LATER = (
    replace(WORDS[0], meaning="to eat, to live on", changed_at=CHANGED),
    *WORDS[1:],
    Note("聞く", "きく", "to hear", SAVED, 1591110, level="N5"),
)
OPTIONS: dict[str, dict[str, Any]] = {
    "as the window has them at first": {"notes": IF_NEWER, "design": IF_NEWER},
    "Update notes: Always": {"notes": ALWAYS, "design": IF_NEWER},
    "Update notes: Never": {"notes": NEVER, "design": IF_NEWER},
    "Update note types: Always": {"notes": IF_NEWER, "design": ALWAYS},
    "Include reviews": {"reviews": True},
}


def studied(anki: Anki) -> None:
    """What a learner does with their words: three are studied, moved, tagged and edited."""
    anki.study("食べる", 30)
    anki.collection.set_user_flag_for_cards(3, [anki.card("食べる").id])
    anki.collection.sched.suspend_cards([anki.card("食べる", 1).id])
    anki.move("読む", "Hard ones")
    anki.tag("食べる", "mine")
    anki.tag("読む", "mine")
    note = anki.note("読む")
    note["Meaning"] = "to read (edited)"
    anki.collection.update_note(note)
    anki.restyle(".card { color: teal }")


def state(anki: Anki, word: str) -> list[str]:
    """A word's row: its meaning, tags, deck, and the schedules of both cards."""
    note = anki.note(word)
    schedules = [_schedule(anki.schedule(word, kind)) for kind in range(len(note.cards()))]
    tags = " ".join(tag for tag in note.tags if tag == "mine") or "-"
    return [word, note["Meaning"], tags, anki.deck(word), *schedules]


def _schedule(values: tuple[int, ...]) -> str:
    kind, queue, interval, _, _, reviews, flag = values
    known = f"{interval} days, {reviews} reviews" if kind else "new"
    return known + (", suspended" if queue == -1 else "") + (f", flag {flag}" if flag else "")


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as Markdown, the first as its head."""
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def counted(what: str, counts: Imported) -> list[str]:
    """A row of counts."""
    numbers = (counts.new, counts.updated, counts.unchanged, counts.conflicting)
    return [what, *map(str, numbers)]


def main() -> None:
    """Print it all."""
    head = ["word", "Meaning", "own tag", "deck", "recognition", "recall"]
    counts = [["import", "new", "updated", "unchanged", "conflicting"]]
    states: list[str] = []
    with TemporaryDirectory() as folder:
        for number, (name, options) in enumerate(OPTIONS.items()):
            anki = Anki(Path(folder) / str(number))
            try:
                first = anki.take(package("My words", WORDS))
                if not number:
                    counts.append(counted("the first", first))
                    again = anki.take(package("My words", WORDS))
                    counts.append(counted("the same again", again))
                studied(anki)
                if not number:
                    before = [state(anki, note.word) for note in WORDS]
                    states.append("Before, after studying:\n\n" + table([head, *before]))
                counts.append(counted(name, anki.take(package("My words", LATER), **options)))
                after = [state(anki, note.word) for note in LATER]
                style = "the learner's" if "teal" in anki.style else "the package's"
                states.append(f"{name}; the design is {style}:\n\n" + table([head, *after]))
            finally:
                anki.close()
    print(table(counts), *states, sep="\n\n")


if __name__ == "__main__":
    main()
